"""Content keys in the custody of supervisor and notary: decryption is not disclosure (clauses 4.11, 5.3.3 to 5.3.5)."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from hall.procurement.parties import Actor, Appointment, Role
from hall.procurement.tender import MINUTE, Custody
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may, waiting
from hall.session.causes import open_causes
from hall.session.duties import Disclose, OpenBid, duties
from hall.session.ledger import running
from tests.playbook import HOST, OWNER, SUPERVISOR, bidder, certificate_of, key_of, replayed, staff
from tests.scenarios.faultbook import THREE, FaultBook, with_all_parties

NOTARY = staff(Role.NOTARY)
SUCCESSOR = Actor(Role.SUPERVISOR, "successor", "successor person", certificate_of("successor"))
NAMES = (*THREE, "ding")


def kept(*, notary: bool = False, lots: tuple[str, ...] = ("1",), **rules: Any) -> e.OpeningScheduled:
    scheduled = with_all_parties(lots=lots, custody=Custody.CUSTODIANS, **rules)
    post = Appointment(Role.NOTARY, "notary", NOTARY.name, "公证处", NOTARY.certificate)
    return replace(scheduled, staff=(*scheduled.staff, *([post] if notary else [])))


def all_entrusted(**settings: Any) -> FaultBook:
    """Three have released, the window is over, the results are declared: the keys are with the custodians."""
    play = FaultBook(kept(**settings)).commanded(*THREE)
    for name in THREE:
        play.releases(name)
    play.until_results(*THREE)
    return play


def opened(play: FaultBook, *names: str) -> list[e.Event]:
    return play.says(SUPERVISOR, "open_entrusted", keys=play.entrusted(*names))


def owed_to_open(play: FaultBook) -> set[str]:
    return {duty.bidder for duty in duties(play.state) if isinstance(duty, OpenBid)}


def lost_and_replaced(play: FaultBook) -> None:
    """The project owner appoints a successor and names it custodian."""
    post = {"role": "supervisor", "party": "successor", "name": "successor person", "unit": "监督局"}
    play.says(OWNER, "appoint_substitute", **post, certificate=SUCCESSOR.certificate, reason="证书遗失")
    play.says(OWNER, "name_custodians", custodians=[SUCCESSOR.certificate], reason="监督人证书遗失")
    play.hall(c.Tick())


def test_clause_4_11_the_hall_can_open_nothing_before_the_custodians_act() -> None:
    play = all_entrusted()
    assert play.state.lots["1"].decrypted == THREE, "the bidders have decrypted, and proved it"
    assert not owed_to_open(play)
    first = waiting(play.state)
    assert first is not None and (first.role, first.act) == ("supervisor", "open_entrusted")
    assert may(play.state, SUPERVISOR).count("open_entrusted:1") == 1

    opened(play, *THREE)

    assert owed_to_open(play) == set(THREE)
    assert not any(isinstance(duty, Disclose) for duty in duties(play.state))
    for name in THREE:
        play.hall(c.NoteBidOpened("1", name, "11" * 32))
    assert Disclose("1", THREE) in duties(play.state)
    assert replayed(play) == play.state


def test_clause_4_11_no_content_key_stands_in_the_journal() -> None:
    play = all_entrusted()
    opened(play, *THREE)
    told = repr(play.events)
    for name in THREE:
        assert base64.b64encode(key_of(name)).decode() not in told
        assert repr(key_of(name)) not in told and key_of(name).hex() not in told


def test_clause_5_3_4_the_custodians_are_asked_when_every_window_is_closed_and_every_cause_decided() -> None:
    play = FaultBook(kept()).commanded(*NAMES)
    for name in THREE:
        play.releases(name)
    keys = play.entrusted(*THREE)
    assert play.refuses(SUPERVISOR, "open_entrusted", keys=keys) == "not_now"
    play.after(60 * MINUTE + 1)
    play.until_results(*NAMES)
    assert play.refuses(SUPERVISOR, "open_entrusted", keys=keys) == "disclosure_locked"
    first = waiting(play.state)
    assert first is not None and (first.role, first.act) == ("procuring_entity", "decide_cause")

    play.decides("ding", "deemed_revoked")

    assert isinstance(opened(play, *THREE)[0], e.EntrustedOpened)


def test_clause_5_3_4_another_lots_window_keeps_the_custodians_from_opening() -> None:
    play = FaultBook(kept(lots=("1", "2"))).commanded(*THREE, lots=("1", "2"))
    for name in THREE:
        play.releases(name)
    play.until_results(*THREE)
    keys = play.entrusted(*THREE)
    assert play.refuses(SUPERVISOR, "open_entrusted", keys=keys) == "disclosure_locked"


def test_clause_4_8_nothing_is_opened_while_the_opening_stands_still() -> None:
    play = all_entrusted()
    play.says(OWNER, "suspend", kind="dispute", clause="", reason="争议")
    assert play.refuses(SUPERVISOR, "open_entrusted", keys=play.entrusted(*THREE)) == "suspended"


def test_clause_4_11_a_notary_opens_what_the_supervisor_hands_on() -> None:
    play = FaultBook(kept(notary=True))
    play.until_announced(*THREE)
    play.hall(c.NoteRecheck("1", tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)))
    play.says(NOTARY, "declare_sealing")
    play.says(HOST, "command_decryption", minutes=60)
    for name in THREE:
        play.releases(name)
    while play.hall(c.Tick()):
        pass
    play.says(NOTARY, "declare_results")
    assert play.refuses(NOTARY, "open_entrusted", keys=play.entrusted(*THREE)) == "nothing_entrusted"

    handed = opened(play, *THREE)[0]

    assert isinstance(handed, e.EntrustedOpened) and all(bid.envelope for bid in handed.bids)
    assert not owed_to_open(play)
    first = waiting(play.state)
    assert first is not None and first.role == "notary"
    assert play.refuses(SUPERVISOR, "open_entrusted", keys=play.entrusted(*THREE)) == "nothing_entrusted"
    play.says(NOTARY, "open_entrusted", keys=play.entrusted(*THREE))
    assert owed_to_open(play) == set(THREE)
    assert replayed(play) == play.state


def test_clause_4_11_a_release_for_another_custody_is_refused() -> None:
    play = FaultBook(kept()).commanded(*THREE)
    body = play.release_body("jia")
    key = base64.b64encode(key_of("jia")).decode()
    hall = {"sha256": body["sha256"], "custody": "hall", "content_key": key}
    assert play.refuses(bidder("jia"), "release", **hall) == "wrong_custody"
    assert play.refuses(bidder("jia"), "release", **body | {"tag": "00" * 32}) == "commit_mismatch"
    others = body | {"custodians": [certificate_of("stranger")]}
    assert play.refuses(bidder("jia"), "release", **others) == "wrong_custodians"
    assert play.refuses(bidder("jia"), "release", **body | {"content_key": key}) == "malformed_act"
    assert isinstance(play.release("jia")[0], e.ReleaseReceived)


def test_under_custody_of_the_hall_nothing_can_be_entrusted() -> None:
    play = FaultBook().commanded(*THREE)
    entrusted = FaultBook(kept()).commanded(*THREE).release_body("jia")
    assert play.refuses(bidder("jia"), "release", **entrusted) == "wrong_custody"
    named = {"custodians": [SUPERVISOR.certificate], "reason": "无"}
    assert play.refuses(OWNER, "name_custodians", **named) == "custody_is_hall"


def test_clause_4_11_a_custodian_hands_over_everything_rightly_or_is_told_what_is_missing() -> None:
    play = all_entrusted()
    keys = play.entrusted(*THREE)
    before = play.state
    assert play.refuses(SUPERVISOR, "open_entrusted", keys=keys[1:]) == "entrusted_key_missing"
    swapped = [keys[0] | {"content": keys[1]["content"]}, *keys[1:]]
    assert play.refuses(SUPERVISOR, "open_entrusted", keys=swapped) == "entrusted_key_wrong"
    stranger = [*keys, keys[0] | {"bidder": "stranger"}]
    assert play.refuses(SUPERVISOR, "open_entrusted", keys=stranger) == "entrusted_key_wrong"
    assert play.state == before, "and it can be repeated"
    opened(play, *THREE)
    assert owed_to_open(play) == set(THREE)


def test_clause_5_3_4_what_a_custodian_cannot_open_waits_for_its_cause() -> None:
    play = all_entrusted()
    keys = play.entrusted(*THREE)
    keys[0] = {"bidder": "jia", "content": "", "code": "envelope_damaged"}
    play.says(SUPERVISOR, "open_entrusted", keys=keys)
    failed, entered = play.hall(c.Tick())
    assert isinstance(failed, e.BidOpenFailed) and (failed.bidder, failed.code) == ("jia", "envelope_damaged")
    assert isinstance(entered, e.IncidentRecorded) and entered.subject == "bidder-jia"
    assert open_causes(play.state.lots["1"]) == ("jia",)
    assert owed_to_open(play) == {"yi", "bing"}
    assert replayed(play) == play.state


def test_with_too_few_left_the_custodians_open_nothing() -> None:
    play = FaultBook(kept()).commanded(*THREE)
    for name in THREE[:2]:
        play.releases(name)
    keys = play.entrusted("jia", "yi")
    play.after(60 * MINUTE + 1)
    play.until_results(*THREE)
    play.decides("bing", "deemed_revoked")
    assert play.refuses(SUPERVISOR, "open_entrusted", keys=keys) == "disclosure_locked"
    play.says(OWNER, "fail_tender", reason="不足三家")


def test_clause_4_7_when_a_custodian_is_lost_the_bidders_release_again() -> None:
    play = all_entrusted()
    play.after(10 * MINUTE)
    lost_and_replaced(play)

    lot = play.state.lots["1"]
    entry = play.state.incidents[-1]
    assert (entry.kind, entry.clause, entry.scope) == ("custodian_lost", "f", THREE)
    assert lot.own_running == THREE and not lot.released
    for name in THREE:
        assert lot.own[name].closes_at - lot.own[name].opened_at == 60 * MINUTE
        assert play.ran(name) == 0, "the whole window in which it released in vain is given again"
    assert play.refuses(SUPERVISOR, "open_entrusted", keys=[]) in ("not_appointed", "nothing_entrusted")
    for name in THREE:
        assert play.release_body(name)["custodians"] == [SUCCESSOR.certificate]
        assert isinstance(play.releases(name)[0], e.ReleaseReceived)
    play.hall(c.Tick())
    assert not play.state.lots["1"].own_running

    play.says(SUCCESSOR, "open_entrusted", keys=play.entrusted(*THREE))

    assert owed_to_open(play) == set(THREE)
    assert all(running(play.account(name)) <= 60 * MINUTE for name in THREE)
    assert replayed(play) == play.state


def test_clause_5_3_4_who_does_not_release_again_waits_for_its_cause() -> None:
    play = all_entrusted()
    lost_and_replaced(play)
    play.releases("jia")
    play.releases("yi")
    play.after(60 * MINUTE + 1)
    assert play.state.lots["1"].undecided == ("bing",)
    keys = play.entrusted("jia", "yi")
    assert play.refuses(SUCCESSOR, "open_entrusted", keys=keys) == "disclosure_locked"


def test_other_custodians_are_named_for_a_reason_and_never_while_a_window_runs() -> None:
    play = FaultBook(kept()).commanded(*THREE)
    play.releases("jia")
    same = {"custodians": [SUPERVISOR.certificate], "reason": "无"}
    assert play.refuses(OWNER, "name_custodians", **same) == "custodians_unchanged"
    stranger = {"custodians": [certificate_of("stranger")], "reason": "无"}
    assert play.refuses(OWNER, "name_custodians", **stranger) == "wrong_custodians"
    post = {"role": "supervisor", "party": "successor", "name": "successor person", "unit": "监督局"}
    play.says(OWNER, "appoint_substitute", **post, certificate=SUCCESSOR.certificate, reason="证书遗失")
    named = {"custodians": [SUCCESSOR.certificate], "reason": "证书遗失"}
    assert play.refuses(OWNER, "name_custodians", **named) == "window_running"
    assert play.refuses(HOST, "name_custodians", **named) == "not_permitted"


def test_a_key_is_for_a_certificate_whoever_holds_the_post() -> None:
    """Another supervisor took the post and nobody was named: the first one can still open what lies with it."""
    play = all_entrusted()
    post = {"role": "supervisor", "party": "successor", "name": "successor person", "unit": "监督局"}
    play.says(OWNER, "appoint_substitute", **post, certificate=SUCCESSOR.certificate, reason="换班")
    assert "open_entrusted:1" in may(play.state, SUPERVISOR)
    assert "open_entrusted:1" not in may(play.state, SUCCESSOR)
    assert play.refuses(SUCCESSOR, "open_entrusted", keys=play.entrusted(*THREE)) == "not_appointed"
    opened(play, *THREE)
    assert owed_to_open(play) == set(THREE)
