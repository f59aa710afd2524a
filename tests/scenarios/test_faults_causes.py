"""Causes of missing sign-ins and failed decryptions, own windows, and who is left (clauses 4.7, 5.3.2, 5.3.4)."""

from __future__ import annotations

import pytest

from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.duties import Disclose, duties
from hall.session.register import unexplained
from hall.session.rules import LotStage
from tests.playbook import CLERK, HOST, MIDNIGHT, OWNER, bidder, replayed
from tests.scenarios.faultbook import THREE, FaultBook, with_all_parties

FOUR = (*THREE, "ding")


def undecrypted(*, incident: tuple[int, int | None] | None = None, scope: tuple[str, ...] = ()) -> FaultBook:
    """Three of four have decrypted; the window has run out; a platform fault stands in the register if one is given,
    as (start, end) in minutes of the window."""
    play = FaultBook().commanded(*FOUR)
    opened = play.now
    play.opens(*THREE)
    if incident is not None:
        start, end = incident
        play.at(opened + start * MINUTE)
        play.fault(
            opened + start * MINUTE,
            end=None if end is None else opened + end * MINUTE,
            suspends=False,
            scope=scope,
        )
    play.at(opened + HOUR + 1)
    play.until_results(*FOUR)
    return play


def test_clause_5_3_4_an_own_window_is_the_unused_rest_and_every_second_is_accounted_for() -> None:
    play = undecrypted(incident=(20, 45))
    decided, window = play.decides("ding", "platform_fault", 1)
    assert isinstance(decided, e.CauseDecided)
    assert isinstance(window, e.OwnWindowOpened)
    # 25 of the 60 minutes were the fault's.
    assert window.closes_at == window.opened_at + 25 * MINUTE
    assert not any(isinstance(d, Disclose) for d in duties(play.state))
    play.after(25 * MINUTE)
    assert isinstance(play.releases("ding")[0], e.ReleaseReceived)
    play.after(1)
    closed = play.events[-1]
    assert closed == e.OwnWindowClosed("1", "ding", window.closes_at, True)
    play.hall(c.NoteBidOpened("1", "ding", "11" * 32))
    assert any(isinstance(d, Disclose) and len(d.bidders) == 4 for d in duties(play.state))
    assert play.spans("ding") == [("running", 20), ("given_back", 25), ("running", 15), ("running", 25)]
    assert play.ran("ding") == HOUR
    assert play.ran() == HOUR
    assert replayed(play) == play.state


def test_clause_5_3_4_an_own_window_that_is_not_used_asks_for_a_second_decision() -> None:
    play = undecrypted(incident=(50, None), scope=("ding",))
    play.decides("ding", "platform_fault", 1)
    assert play.refuses(OWNER, "fail_tender", reason="不足") == "lot_goes_on"
    bids = tuple(play.bid(name) for name in THREE)
    assert play.code(c.DisclosePrices("1", bids)) == "disclosure_locked"
    play.after(10 * MINUTE)
    assert play.lot.own_running == ("ding",)
    play.after(1)
    assert play.lot.undecided == ("ding",)
    assert play.refuses(bidder("ding"), "release", **play.release_body("ding")) == "window_closed"
    play.decides("ding", "deemed_withdrawn")
    play.hall(c.DisclosePrices("1", bids))
    assert play.lot.stage is LotStage.READ_OUT
    assert play.ran("ding") == HOUR


def test_clause_5_3_4_a_platform_cause_rests_on_an_entry_of_clause_4_7_that_covers_the_bidder() -> None:
    play = undecrypted(incident=(50, None), scope=("yi",))
    play.hall(c.NoteIncident("page_slow", "", "bidder-ding", ""))
    body = {"bidder": "ding", "cause": "platform_fault", "reason": "依据"}
    assert play.refuses(OWNER, "decide_cause", incident=0, **body) == "incident_needed"
    assert play.refuses(OWNER, "decide_cause", incident=9, **body) == "incident_needed"
    assert play.refuses(OWNER, "decide_cause", incident=2, **body) == "incident_needed"
    assert play.refuses(OWNER, "decide_cause", incident=1, **body) == "incident_covers_others"
    assert play.refuses(HOST, "decide_cause", incident=1, **body) == "not_permitted"
    assert (
        play.refuses(OWNER, "decide_cause", incident=0, **{**body, "bidder": "jia"}) == "no_cause_to_decide"
    )


def test_clause_5_3_4_a_fault_outside_the_window_cost_nobody_time() -> None:
    play = undecrypted()
    opened = play.lot.command.opened_at if play.lot.command else 0
    play.fault(opened - HOUR, end=opened, suspends=False)
    body = {"bidder": "ding", "cause": "platform_fault", "incident": 1, "reason": "依据"}
    assert play.refuses(OWNER, "decide_cause", **body) == "no_time_lost"


def test_clause_5_3_4_a_second_fault_in_the_own_window_gives_its_unused_rest_again() -> None:
    play = undecrypted(incident=(30, None))
    play.hall(c.NoteFaultEnded(1, play.now))
    _, first = play.decides("ding", "platform_fault", 1)
    assert isinstance(first, e.OwnWindowOpened)
    play.after(20 * MINUTE)
    play.fault(kind="storage_fault", clause="b", suspends=False)
    play.after(10 * MINUTE + 1)
    assert play.lot.undecided == ("ding",)
    _, second = play.decides("ding", "platform_fault", 2)
    assert isinstance(second, e.OwnWindowOpened)
    assert second.closes_at - second.opened_at == 10 * MINUTE
    play.after(10 * MINUTE + 1)
    assert play.ran("ding") == HOUR
    assert replayed(play) == play.state


def test_clause_5_3_4_an_own_window_freezes_in_a_suspension_like_any_other() -> None:
    play = undecrypted(incident=(30, None))
    play.decides("ding", "platform_fault", 1)
    play.after(10 * MINUTE)
    play.fault(kind="storage_fault")
    play.after(HOUR)
    play.resumed()
    assert play.lot.own["ding"].closes_at == play.now + 20 * MINUTE
    play.after(20 * MINUTE + 1)
    assert play.lot.undecided == ("ding",)
    assert play.ran("ding") == HOUR


def test_clause_4_2_a_held_bid_is_consulted_about_and_its_cause_decided_before_any_price() -> None:
    play = FaultBook()
    play.until_announced(*FOUR)
    _, asked = play.checked(*FOUR, damaged=("ding",))
    assert isinstance(asked, e.ConsultationOpened)
    assert (asked.about, asked.bidder) == (e.About.BID, "ding")
    play.says(HOST, "command_decryption", minutes=60)
    assert play.refuses(bidder("ding"), "release", **play.release_body("ding")) == "bid_held"
    play.opens(*THREE)
    play.until_results(*FOUR)
    assert play.code(c.DisclosePrices("1", tuple(play.bid(n) for n in THREE))) == "disclosure_locked"
    body = {"bidder": "ding", "incident": 1, "reason": "依据"}
    assert play.refuses(OWNER, "decide_cause", cause="deemed_withdrawn", **body) == "consultation_running"
    play.consulted("disagrees")
    assert play.refuses(OWNER, "decide_cause", cause="deemed_revoked", **body) == "platform_damaged_it"
    _, window = play.decides("ding", "platform_fault", 1)
    assert isinstance(window, e.OwnWindowOpened)
    assert window.closes_at - window.opened_at == HOUR  # it never had a minute
    play.releases("ding")
    play.hall(c.NoteBidFailed("1", "ding", "not_the_deposit", None))
    play.after(HOUR + 1)
    assert play.lot.undecided == ("ding",)
    play.decides("ding", "deemed_withdrawn")
    play.hall(c.DisclosePrices("1", tuple(play.bid(n) for n in THREE)))
    assert replayed(play) == play.state


def test_clause_4_3_a_bid_that_would_not_open_is_an_entry_that_frees_nobody_and_is_explained() -> None:
    play = FaultBook().commanded(*FOUR)
    play.opens(*THREE)
    play.releases("ding")
    _, entry = play.hall(c.NoteBidFailed("1", "ding", "container_malformed", None))
    assert isinstance(entry, e.IncidentRecorded)
    assert (entry.kind, entry.clause, entry.subject) == ("bid_not_opened", "", "bidder-ding")
    assert entry.detail == "container_malformed"
    assert unexplained(play.state) == (entry.incident,)
    play.until_results(*FOUR)
    body = {"bidder": "ding", "cause": "platform_fault", "incident": entry.incident, "reason": "依据"}
    assert play.refuses(OWNER, "decide_cause", **body) == "incident_needed"
    play.decides("ding", "deemed_revoked")
    play.says(CLERK, "explain_incidents", incidents=[entry.incident], text="文件自身不能打开")
    assert unexplained(play.state) == ()


def locked(*, fewer: bool = False) -> FaultBook:
    """Three deposited, two signed in."""
    play = FaultBook(with_all_parties(fewer_allowed=fewer))
    play.until_announced("jia", "yi", deposited=THREE)
    assert play.lot.stage is LotStage.LOCKED
    return play


def test_clause_5_3_2_a_locked_lot_fails_only_when_the_cause_of_each_missing_sign_in_is_decided() -> None:
    play = locked()
    assert play.refuses(OWNER, "fail_tender", reason="不足三家") == "causes_pending"
    assert (
        play.refuses(OWNER, "decide_cause", bidder="jia", cause="deemed_revoked", incident=0, reason="x")
        == "no_cause_to_decide"
    )
    play.decides("bing", "deemed_revoked")
    (failed,) = play.says(OWNER, "fail_tender", reason="不足三家")
    assert isinstance(failed, e.TenderFailed)
    assert not play.lot.opened


def test_clause_5_3_2_a_platform_cause_of_a_missing_sign_in_goes_to_the_three_parties_first() -> None:
    play = locked()
    play.fault(MIDNIGHT, end=MIDNIGHT + HOUR, suspends=False, scope=("bing",))
    decided, asked = play.decides("bing", "platform_fault", 1)
    assert isinstance(decided, e.CauseDecided)
    assert isinstance(asked, e.ConsultationOpened)
    assert not play.lot.own
    assert play.refuses(OWNER, "fail_tender", reason="不足三家") == "consultation_running"
    play.after(15 * MINUTE + 1)
    play.says(OWNER, "fail_tender", reason="不足三家")


def test_clause_5_3_2_going_on_with_fewer_needs_the_method_and_an_approval() -> None:
    body = {"reason": "经批准", "approval": "ab" * 32}
    play = locked()
    assert play.refuses(OWNER, "go_on_with_fewer", **body) == "fewer_not_allowed"
    play = locked(fewer=True)
    assert play.refuses(OWNER, "go_on_with_fewer", **body) == "causes_pending"
    play.decides("bing", "deemed_withdrawn")
    play.says(OWNER, "go_on_with_fewer", **body)
    assert play.lot.stage is LotStage.CHECK
    play.checked("jia", "yi")
    play.says(HOST, "command_decryption", minutes=60)
    play.opens("jia", "yi")
    play.until_results("jia", "yi")
    assert any(isinstance(d, Disclose) for d in duties(play.state))


@pytest.mark.parametrize("opened", [(), ("jia",), ("jia", "yi")])
def test_fewer_than_three_left_after_decryption_discloses_nothing_unless_approved(
    opened: tuple[str, ...],
) -> None:
    play = FaultBook(with_all_parties(fewer_allowed=True)).commanded(*THREE)
    play.opens(*opened)
    play.after(HOUR + 1)
    play.until_results(*THREE)
    body = {"reason": "经批准", "approval": "ab" * 32}
    for name in THREE:
        if name not in opened:
            assert play.refuses(OWNER, "go_on_with_fewer", **body) == "causes_pending"
            play.decides(name, "deemed_withdrawn")
    assert not any(isinstance(d, Disclose) for d in duties(play.state))
    if not opened:
        assert play.refuses(OWNER, "go_on_with_fewer", **body) == "nobody_left"
        play.says(OWNER, "fail_tender", reason="无有效投标")
    else:
        play.says(OWNER, "go_on_with_fewer", **body)
        assert any(isinstance(d, Disclose) for d in duties(play.state))
        assert play.refuses(OWNER, "fail_tender", reason="不足三家") == "lot_goes_on"


def test_too_few_in_one_lot_and_enough_in_the_other_are_two_outcomes() -> None:
    play = FaultBook(with_all_parties(lots=("1", "2"))).commanded(*THREE, lots=("1", "2"))
    play.opens(*THREE, lot="1")
    play.opens("jia", lot="2")
    play.after(HOUR + 1)
    for lot in ("1", "2"):
        play.until_results(*THREE, lot=lot)
    for name in ("yi", "bing"):
        play.decides(name, "deemed_revoked", lot="2")
    assert [d.lot for d in duties(play.state) if isinstance(d, Disclose)] == ["1"]
    play.says(OWNER, "fail_tender", lot="2", reason="有效投标不足三个")
    play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in THREE)))
    assert play.state.lots["1"].stage is LotStage.READ_OUT
    assert play.state.lots["2"].stage is LotStage.FAILED
    assert not play.state.lots["2"].disclosed


def test_clause_4_7_one_bidders_own_trouble_frees_it_only_after_the_three_were_asked() -> None:
    play = undecrypted(incident=None)
    began = play.now - 30 * MINUTE
    _, asked = play.says(
        OWNER,
        "record_incident",
        kind="other",
        clause="f",
        subject="bidder-ding",
        scope=["ding"],
        text="该投标人所在园区停电",
        corrects=0,
        start=began,
    )
    assert isinstance(asked, e.ConsultationOpened)
    body = {"bidder": "ding", "cause": "platform_fault", "incident": 1, "reason": "依据"}
    assert play.refuses(OWNER, "decide_cause", **body) == "consultation_running"
    play.at(asked.answer_by + 1)
    decided, window = play.decides("ding", "platform_fault", 1)
    assert isinstance(decided, e.CauseDecided)
    assert isinstance(window, e.OwnWindowOpened)


def test_clause_4_7_an_entry_by_hand_that_names_nobody_frees_nobody() -> None:
    play = undecrypted(incident=None)
    entry = {"kind": "other", "clause": "f", "subject": "", "scope": [], "text": "停电", "corrects": 0}
    assert len(play.says(OWNER, "record_incident", **entry, start=play.now - 30 * MINUTE)) == 1
    body = {"bidder": "ding", "cause": "platform_fault", "incident": 1, "reason": "依据"}
    assert play.refuses(OWNER, "decide_cause", **body) == "incident_covers_others"
