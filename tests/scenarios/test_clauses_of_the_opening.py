"""One scenario per clause of the opening, with the edges that a court would ask about."""

from __future__ import annotations

import base64

import pytest

from hall.errors import NotPermitted, Refused
from hall.procurement.parties import Role
from hall.procurement.tender import HOUR, MINUTE, Mode
from hall.session import commands as c
from hall.session import events as e
from hall.session.decide import check_plan
from hall.session.duties import Disclose, duties
from hall.session.rules import LotStage
from tests.playbook import (
    ANNOUNCER,
    DEADLINE,
    HOST,
    MIDNIGHT,
    OWNER,
    SUPERVISOR,
    Playbook,
    bidder,
    key_of,
    plan,
    replayed,
    with_rules,
)

THREE = ("jia", "yi", "bing")


def test_clause_4_2_the_host_declares_only_after_a_fresh_hash_and_every_answer() -> None:
    play = Playbook().until_announced(*THREE)
    assert play.refuses(HOST, "declare_sealing") == "recheck_not_done"
    items = tuple(e.Rechecked(d.bidder, d.sha256, d.bidder != "yi") for d in play.state.deposits)
    play.hall(c.NoteRecheck("1", items))
    assert [i.clause for i in play.state.incidents] == ["b"]

    # Whoever does not answer within five minutes did not answer; then the host may go on.
    play.after(5 * MINUTE)
    assert play.refuses(HOST, "declare_sealing") == "sealing_answers_missing"
    play.after(1)
    assert set(play.state.lots["1"].answers.values()) == {e.SealingAnswer.NO_ANSWER}
    declared, asked = play.says(HOST, "declare_sealing")
    assert isinstance(declared, e.SealingDeclared)
    assert declared.held == ("yi",)  # one damaged bid is held, the others go on
    assert isinstance(asked, e.ConsultationOpened)
    assert (asked.about, asked.lot, asked.bidder) == (e.About.BID, "1", "yi")


def test_clause_4_4_who_may_not_do_something_is_told_so_and_nothing_happens() -> None:
    play = Playbook().until_announced(*THREE)
    for actor in (OWNER, SUPERVISOR, ANNOUNCER):
        with pytest.raises(NotPermitted):
            play.says(actor, "declare_sealing")
    with pytest.raises(NotPermitted):
        play.hall(play.command(HOST, "declare_sealing"))
    impostor = bidder("jia")
    with pytest.raises(NotPermitted):
        play.says(impostor, "command_decryption", minutes=60)


def test_clause_4_11_nobody_can_release_for_a_bidder() -> None:
    play = Playbook().until_commanded(*THREE)
    body = play.release_body("jia")
    assert play.refuses(bidder("yi"), "release", **body) == "not_the_deposit"
    for actor in (HOST, OWNER, SUPERVISOR):
        with pytest.raises(NotPermitted):
            play.says(actor, "release", **body)
    wrong = {**play.release_body("yi"), "content_key": base64.b64encode(key_of("jia")).decode()}
    assert play.refuses(bidder("yi"), "release", **wrong) == "commit_mismatch"
    assert not play.state.lots["1"].released


@pytest.mark.parametrize(
    ("moment", "code"),
    [(MIDNIGHT - 1, "sign_in_not_open"), (MIDNIGHT, ""), (DEADLINE - 1, ""), (DEADLINE, "sign_in_closed")],
)
def test_clause_5_3_3_sign_in_runs_from_midnight_to_the_deadline(moment: int, code: str) -> None:
    play = Playbook().at(moment)
    try:
        play.sign_in("jia")
        assert not code
    except Refused as refusal:
        assert refusal.code == code
        assert refusal.weighty


@pytest.mark.parametrize(("after", "code"), [(HOUR, ""), (HOUR + 1, "window_closed")])
def test_clause_5_3_3_a_release_counts_up_to_60_minutes_sharp(after: int, code: str) -> None:
    play = Playbook().until_commanded(*THREE)
    opened = play.now
    # The stamp decides, also when the tick has not come yet.
    command = play.command(bidder("jia"), "release", **play.release_body("jia"))
    from hall.session.decide import decide

    if code:
        with pytest.raises(Refused) as refused:
            decide(play.state, command, actor=bidder("jia"), now=opened + after)
        assert refused.value.code == code
        assert refused.value.weighty
    else:
        assert decide(play.state, command, actor=bidder("jia"), now=opened + after)
    play.at(opened + HOUR)
    assert play.state.lots["1"].closed is None
    play.after(1)
    assert play.state.lots["1"].closed == e.WindowClosed("1", opened + HOUR, False, THREE)


def test_clause_5_3_3_a_deadline_at_midnight_and_a_shorter_window_are_refused_at_scheduling() -> None:
    for wrong, code in (
        (plan(deadline=MIDNIGHT), "deadline_at_midnight"),
        (with_rules(decryption_window=59 * MINUTE), "window_too_short"),
        (with_rules(minimum_bidders=2), "minimum_too_low"),
    ):
        with pytest.raises(Refused) as refused:
            check_plan(wrong)
        assert refused.value.code == code
    check_plan(plan())
    play = Playbook().until_announced(*THREE)
    play.hall(c.NoteRecheck("1", tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)))
    for name in THREE:
        play.says(bidder(name), "answer_sealing", answer="intact", sha256="00" * 32)
    play.says(HOST, "declare_sealing")
    assert play.refuses(HOST, "command_decryption", minutes=59) == "wrong_window"


def test_clause_5_3_3_the_window_ends_early_only_when_each_has_released_or_declined() -> None:
    play = Playbook().until_commanded(*THREE)
    play.release("jia")
    play.release("yi")
    play.hall(c.Tick())
    assert play.state.lots["1"].closed is None
    play.says(bidder("bing"), "decline_release")
    play.hall(c.Tick())
    closed = play.state.lots["1"].closed
    assert closed is not None
    assert closed.early
    assert closed.undecrypted == ("bing",)


def test_clause_5_3_2_the_list_is_generated_from_deposits_and_sign_ins() -> None:
    play = Playbook().at(MIDNIGHT)
    for name in ("jia", "yi", "bing", "guest"):
        play.sign_in(name)
    play.at(DEADLINE)
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits("jia", "yi", "bing", "late")))
    (announced,) = play.says(HOST, "announce_bidders")
    assert isinstance(announced, e.BiddersAnnounced)
    assert announced.bidders == THREE
    assert announced.not_signed_in == ("late",)
    assert announced.without_deposit == ("guest",)
    assert (
        play.refuses(bidder("late"), "answer_sealing", answer="intact", sha256="00" * 32) == "not_signed_in"
    )
    assert play.says(bidder("late"), "raise_objection", text="我未能签到")


def test_clause_5_3_2_fewer_than_three_locks_the_lot_and_it_stays_sealed() -> None:
    play = Playbook().until_announced("jia", "yi", deposited=THREE)
    lot = play.state.lots["1"]
    assert lot.stage is LotStage.LOCKED
    assert play.refuses(HOST, "command_decryption", minutes=60) == "lot_locked"
    assert play.refuses(bidder("jia"), "release", **play.release_body("jia")) == "lot_locked"
    # Sealed, not yet failed: why the third did not sign in is decided first.
    assert play.refuses(OWNER, "fail_tender", reason="投标人少于三个") == "causes_pending"
    play.says(OWNER, "decide_cause", bidder="bing", cause="deemed_revoked", incident=0, reason="未签到")
    assert isinstance(play.says(OWNER, "fail_tender", reason="投标人少于三个")[0], e.TenderFailed)


def test_clause_5_3_4_disclosure_waits_for_every_cause() -> None:
    names = (*THREE, "ding")
    play = Playbook().until_commanded(*names)
    for name in THREE:
        play.release(name)
        play.hall(c.NoteBidOpened("1", name, "11" * 32))
    play.after(HOUR + 1)
    play.until_results(*names)
    assert play.state.lots["1"].undecided == ("ding",)
    bids = tuple(play.bid(name) for name in THREE)
    with pytest.raises(Refused, match="disclosure_locked"):
        play.hall(c.DisclosePrices("1", bids))
    assert not any(isinstance(duty, Disclose) for duty in duties(play.state))
    play.says(
        OWNER, "decide_cause", bidder="ding", cause="deemed_revoked", incident=0, reason="投标人自身原因"
    )
    play.hall(c.DisclosePrices("1", bids))
    assert play.state.lots["1"].stage is LotStage.READ_OUT


def test_clause_5_3_4_prices_stay_sealed_while_the_window_is_open() -> None:
    play = Playbook().until_commanded(*THREE)
    for name in THREE[:2]:
        play.release(name)
        play.hall(c.NoteBidOpened("1", name, "11" * 32))
    assert play.hall(c.DisclosePrices("1", (play.bid("jia"), play.bid("yi")))) == []
    play.release("bing")
    play.hall(c.Tick())
    # Released, but not opened yet: no results to declare, and nothing is disclosed.
    assert play.refuses(HOST, "declare_results") == "results_not_shown"
    assert play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in THREE))) == []


def test_clause_5_5_2_a_confirmation_is_for_the_disclosed_price_and_silence_does_not_block() -> None:
    play = Playbook().until_disclosed(*THREE)
    for name in THREE:
        play.says(ANNOUNCER, "read_out", bidder=name)
    assert play.refuses(bidder("jia"), "confirm_price", answer="confirmed", price="1.00") == "price_mismatch"
    play.says(bidder("jia"), "confirm_price", answer="confirmed", price="123456.78")
    assert play.refuses(HOST, "open_objections") == "prices_unanswered"
    play.after(10 * MINUTE + 1)
    assert play.state.lots["1"].price_answers["yi"] is e.PriceAnswer.NO_ANSWER
    play.says(bidder("yi"), "confirm_price", answer="objects", price="123456.78")  # late, but not lost
    play.says(HOST, "open_objections")


def test_clause_6_1_the_agenda_does_not_go_on_without_a_writing_recorder() -> None:
    play = Playbook().at(MIDNIGHT)
    for name in THREE:
        play.sign_in(name)
    play.at(DEADLINE)
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE)))
    play.recorder_writes = False
    assert play.refuses(HOST, "announce_bidders") == "recorder_not_proved"
    play.recorder_writes = True
    command = play.command(HOST, "announce_bidders")
    play.now += 6_000  # a proof older than five seconds proves nothing
    from hall.session.decide import decide

    with pytest.raises(Refused, match="recorder_not_proved"):
        decide(play.state, command, actor=HOST, now=play.now)
    assert play.says(HOST, "announce_bidders")


def test_clause_4_1_hall_time_moves_forward_in_rehearsals_only() -> None:
    with pytest.raises(NotPermitted, match="clock_is_not_movable"):
        Playbook().at(MIDNIGHT).says(HOST, "advance_clock", by_ms=1000)
    play = Playbook(plan(mode=Mode.REHEARSAL)).at(MIDNIGHT)
    play.says(bidder("jia"), "advance_clock", by_ms=MINUTE)
    assert play.state.clock_advanced == MINUTE


def test_an_act_for_another_opening_deadline_or_history_does_not_count() -> None:
    play = Playbook().until_announced(*THREE)
    play.hall(c.NoteRecheck("1", tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)))
    answer = {"answer": "intact", "sha256": "00" * 32}
    assert (
        play.refuses(bidder("jia"), "answer_sealing", manifest="aa" * 32, **answer)
        == "act_for_another_history"
    )
    assert (
        play.refuses(bidder("jia"), "answer_sealing", manifest="00" * 32, **answer)
        == "act_for_another_history"
    )
    play.says(bidder("jia"), "answer_sealing", **answer)
    assert replayed(play) == play.state


def test_fewer_than_three_left_after_decryption_discloses_nothing() -> None:
    play = Playbook().until_commanded(*THREE)
    for name in THREE[:2]:
        play.release(name)
        play.hall(c.NoteBidOpened("1", name, "11" * 32))
    play.after(HOUR + 1)
    play.until_results(*THREE)
    assert play.refuses(OWNER, "fail_tender", reason="有效投标不足三个") == "causes_pending"
    play.says(OWNER, "decide_cause", bidder="bing", cause="deemed_withdrawn", incident=0, reason="停电证明")
    assert not any(isinstance(duty, Disclose) for duty in duties(play.state))
    assert isinstance(play.says(OWNER, "fail_tender", reason="有效投标不足三个")[0], e.TenderFailed)
    assert not play.state.lots["1"].disclosed
    assert {a.role for a in play.state.scheduled.staff} >= {Role.HOST}


def test_clause_5_5_2_the_base_price_is_announced_with_the_read_out_and_not_before() -> None:
    play = Playbook().until_commanded(*THREE)
    assert play.refuses(OWNER, "state_base_price", price="1000000.00") == "not_now"
    play = Playbook().until_disclosed(*THREE)
    assert play.refuses(HOST, "state_base_price", price="1000000.00") == "not_permitted"
    assert play.refuses(OWNER, "state_base_price", price="1,000,000") == "amount_malformed"
    (stated,) = play.says(OWNER, "state_base_price", price="1000000.00")
    assert isinstance(stated, e.BasePriceStated)
    assert play.says(OWNER, "state_base_price", price="1000000.00") == []
    assert play.refuses(OWNER, "state_base_price", price="2.00") == "base_price_stated"
    assert play.state.lots["1"].base_price == "1000000.00"
