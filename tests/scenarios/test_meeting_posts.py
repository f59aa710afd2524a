"""Posts that change hands in the middle of an opening: deputies, substitutes, and what a replaced person may no more
(clause 5.3.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.errors import NotPermitted
from hall.procurement.parties import Actor, Appointment, Role
from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may, waiting
from hall.session.rules import LotStage, Stage
from tests.playbook import (
    ANNOUNCER,
    CLERK,
    DEADLINE,
    HOST,
    MIDNIGHT,
    OWNER,
    SCRUTINEER,
    SUPERVISOR,
    Playbook,
    bidder,
    certificate_of,
    plan,
    replayed,
    staff,
)

THREE = ("jia", "yi", "bing")


def stand_in(role: Role, name: str = "deputy") -> Actor:
    """Another person for a post, with a certificate of its own."""
    return Actor(role, f"{name}-{role.value}", f"{name} {role.value}", certificate_of(f"{name} {role.value}"))


def appointment(actor: Actor) -> Appointment:
    return Appointment(actor.role, actor.party, actor.name, "unit", actor.certificate)


def with_deputies(*roles: Role) -> e.OpeningScheduled:
    return replace(plan(), deputies=tuple(appointment(stand_in(role)) for role in roles))


def appoint(play: Playbook, actor: Actor, reason: str = "突发疾病") -> list[e.Event]:
    return play.says(OWNER, "appoint_substitute", **body_of(actor), reason=reason)


def body_of(actor: Actor) -> dict[str, str]:
    post = appointment(actor)
    return {
        "role": post.role.value,
        "party": post.party,
        "name": post.name,
        "unit": post.unit,
        "certificate": post.certificate,
    }


def test_clause_5_3_1_a_host_silent_for_three_minutes_is_relieved_by_the_deputy_and_countdowns_run_on() -> (
    None
):
    play = Playbook(with_deputies(Role.HOST))
    deputy = stand_in(Role.HOST)
    play.at(MIDNIGHT + HOUR)
    for name in THREE:
        play.sign_in(name)
    # Nobody is relieved of a post that nobody waits for, however quiet its holder is.
    assert play.refuses(deputy, "take_post") == "holder_not_silent"
    assert "take_post" not in may(play.state, deputy)

    play.at(DEADLINE)
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE)))
    assert waiting(play.state).role == "host"
    assert "take_post" in may(play.state, deputy)
    play.after(3 * MINUTE - 1)
    assert play.refuses(deputy, "take_post") == "silence_running"
    play.after(1)
    (taken,) = play.says(deputy, "take_post")
    assert isinstance(taken, e.PostTaken)
    assert taken.before == HOST.certificate
    assert play.says(deputy, "take_post") == []  # once is enough

    # From now on the deputy hosts; the former host is told that it no longer does.
    assert play.refuses(HOST, "announce_bidders") == "not_appointed"
    assert may(play.state, HOST) == []
    play.says(deputy, "announce_bidders")
    assert play.state.stage is Stage.OPENING
    assert replayed(play) == play.state


def test_clause_5_3_1_any_act_of_the_host_breaks_its_silence() -> None:
    play = Playbook(with_deputies(Role.HOST)).until_announced(*THREE)
    items = tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)
    play.hall(c.NoteRecheck("1", items))
    for name in THREE:
        play.says(bidder(name), "answer_sealing", answer="intact", sha256="00" * 32)
    play.after(2 * MINUTE)
    play.says(HOST, "make_announcement", text="请稍候")
    play.after(2 * MINUTE)
    assert play.refuses(stand_in(Role.HOST), "take_post") == "silence_running"
    play.after(MINUTE)
    play.says(stand_in(Role.HOST), "take_post")


def test_clause_5_3_1_a_bidders_objections_give_a_silent_host_no_time() -> None:
    play = Playbook(with_deputies(Role.HOST)).until_commanded(*THREE)
    play.after(HOUR + 1)
    play.hall(c.Tick())
    for name in THREE:
        play.says(bidder(name), "answer_results", answer="intact", summary="")
    play.after(2 * MINUTE)
    play.says(bidder("jia"), "raise_objection", text="请主持人尽快继续")
    play.after(MINUTE)
    play.says(stand_in(Role.HOST), "take_post")


def test_clause_5_3_1_a_host_cut_off_for_three_minutes_is_relieved_unless_the_hall_itself_was_ill() -> None:
    for confidence, code in (("high", ""), ("low", "holder_not_silent")):
        play = Playbook(with_deputies(Role.HOST)).until_commanded(*THREE)
        gone = play.now
        play.hall(c.NotePresence("host", 1, "offline", gone, None, 2000, "heartbeat_timeout", confidence))
        assert play.refuses(stand_in(Role.HOST), "take_post") in ("silence_running", "holder_not_silent")
        play.after(3 * MINUTE)
        if code:
            assert play.refuses(stand_in(Role.HOST), "take_post") == code
            continue
        before = play.state.lots["1"].closes_at
        play.says(stand_in(Role.HOST), "take_post")
        assert play.state.lots["1"].closes_at == before  # the bidders' hour is not touched


def test_clause_5_3_1_only_a_named_deputy_takes_a_post_and_no_bidder_does() -> None:
    play = Playbook(with_deputies(Role.CLERK)).until_announced(*THREE)
    assert play.refuses(stand_in(Role.HOST), "take_post") == "not_appointed"
    with pytest.raises(NotPermitted):
        play.says(bidder("jia"), "take_post")


@pytest.mark.parametrize(
    "role",
    [
        Role.HOST,
        Role.PROCURING_ENTITY,
        Role.SUPERVISOR,
        Role.ANNOUNCER,
        Role.SCRUTINEER,
        Role.CLERK,
    ],
)
def test_clause_5_3_1_each_post_is_replaced_in_the_middle_and_the_opening_goes_on(role: Role) -> None:
    play = Playbook().until_commanded(*THREE)
    substitute = stand_in(role, "substitute")
    (appointed,) = appoint(play, substitute)
    assert isinstance(appointed, e.SubstituteAppointed)
    assert (appointed.before, appointed.reason) == (staff(role).certificate, "突发疾病")
    if role is not Role.PROCURING_ENTITY:
        assert appoint(play, substitute) == []

    who = {r: staff(r) for r in Role if r is not Role.BIDDER} | {role: substitute}
    for name in THREE:
        play.release(name)
        play.hall(c.NoteBidOpened("1", name, "11" * 32))
    play.hall(c.Tick())
    play.hall(c.Tick())
    for name in THREE:
        play.says(bidder(name), "answer_results", answer="intact", summary="11" * 32)
    play.says(who[Role.HOST], "declare_results")
    play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in THREE)))
    for name in THREE:
        play.says(who[Role.ANNOUNCER], "read_out", bidder=name)
        play.says(bidder(name), "confirm_price", answer="confirmed", price="123456.78")
    play.says(who[Role.HOST], "open_objections")
    play.says(bidder("jia"), "raise_objection", text="请说明")
    play.says(who[Role.PROCURING_ENTITY], "answer_objection", objection=1, outcome="rejected", text="已说明")
    play.says(who[Role.SUPERVISOR], "make_remark", stance="seen", about="answer_objection:1", text="")
    play.after(5 * MINUTE)
    play.says(who[Role.HOST], "close_objections")
    play.says(who[Role.CLERK], "record_incident", **NOTE)
    digest, entries = play_digest(play)
    play.says(who[Role.PROCURING_ENTITY], "sign_register", entries=entries, digest=digest)
    play.hall(c.NoteRecordPrepared("01" * 32, "02" * 32, 40, "03" * 32))
    revision = "01" * 32
    for number, post in enumerate((Role.PROCURING_ENTITY, Role.SCRUTINEER, Role.CLERK), start=4):
        signer, after = who[post], f"{number:02x}" * 32
        if post is role:  # the person who was replaced signs no more
            old = staff(role)
            note = c.NoteRecordSigned(revision, post.value, old.name, old.certificate, after)
            with pytest.raises(Exception, match="not_appointed"):
                play.hall(note)
        play.hall(c.NoteRecordSigned(revision, post.value, signer.name, signer.certificate, after))
        revision = after
    play.hall(c.NoteRecordCompleted("09" * 32))
    play.says(who[Role.HOST], "close_opening", record_later=False)
    assert play.refuses(staff(role), "take_over", fence=1) == "not_appointed"
    assert play.state.lots["1"].stage is LotStage.DONE
    assert replayed(play) == play.state


NOTE = {
    "kind": "note",
    "clause": "",
    "subject": "",
    "scope": [],
    "text": "人员更换已记录",
    "corrects": 0,
    "start": 0,
}


def play_digest(play: Playbook) -> tuple[str, int]:
    from hall.session.register import register_digest

    return register_digest(play.state), len(play.state.incidents)


def test_clause_5_3_1_announcer_and_scrutineer_stay_two_persons() -> None:
    play = Playbook(with_deputies()).until_announced(*THREE)
    for actor in (ANNOUNCER, SCRUTINEER):
        other = Role.SCRUTINEER if actor is ANNOUNCER else Role.ANNOUNCER
        same_key = replace(stand_in(other), certificate=actor.certificate)
        same_party = replace(stand_in(other), party=actor.party)
        for double in (same_key, same_party):
            body = body_of(double)
            assert play.refuses(OWNER, "appoint_substitute", **body, reason="x") == "announcer_is_scrutineer"
    # A deputy is named before anybody knows who else will serve, so taking the post asks again.
    double = replace(appointment(stand_in(Role.ANNOUNCER)), party=SCRUTINEER.party)
    play = Playbook(replace(plan(), deputies=(double,))).until_disclosed(*THREE)
    play.after(3 * MINUTE)
    deputy = Actor(Role.ANNOUNCER, double.party, double.name, double.certificate)
    assert play.refuses(deputy, "take_post") == "announcer_is_scrutineer"


def test_clause_5_3_1_a_bidder_gets_no_post_and_nobody_but_the_owner_appoints() -> None:
    play = Playbook().until_announced(*THREE)
    body = body_of(replace(stand_in(Role.CLERK), party="jia"))
    assert play.refuses(OWNER, "appoint_substitute", **body, reason="x") == "bidder_in_a_post"
    for actor in (HOST, CLERK, SUPERVISOR):
        with pytest.raises(NotPermitted):
            play.says(actor, "appoint_substitute", **body_of(stand_in(Role.CLERK)), reason="x")


def test_clause_4_4_before_the_announcement_an_appointment_betrays_nobody() -> None:
    """The answer is the same whether or not that party has signed in."""
    for signed_in in ((), ("jia",)):
        play = Playbook().at(MIDNIGHT)
        for name in signed_in:
            play.sign_in(name)
        assert appoint(play, replace(stand_in(Role.CLERK), party="jia"))
