"""Who deposited and did not sign in, in a lot that went on: its bid is undecrypted too, and nothing is disclosed before
its cause is decided; a cause of clause 4.7 brings it back (clause 5.3.4: no sign-in or no decryption)."""

from __future__ import annotations

from typing import Any

import pytest

from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may, waiting
from hall.session.duties import Disclose, RecheckSealing, duties
from hall.session.gaps import Gap, gaps
from hall.session.rules import LotStage
from hall.session.sheet import sheet, subjects
from hall.session.views import Beside, view
from tests.playbook import ANNOUNCER, DEADLINE, HOST, MIDNIGHT, OWNER, bidder, replayed
from tests.scenarios.faultbook import THREE, FaultBook, with_all_parties

FOUR = (*THREE, "ding")


def absent(*, incident: tuple[int, int] | None = None) -> FaultBook:
    """Four deposited, `ding` did not sign in; the others are decrypted, and the results are declared. incident: a fault
    of the platform, (start, end) in ms UTC."""
    play = FaultBook()
    play.at(MIDNIGHT)
    if incident is not None:
        start, end = incident
        play.fault(start, end=end, suspends=False, clause="a")
    play.until_announced(*THREE, deposited=FOUR)
    play.checked(*THREE)
    play.says(HOST, "command_decryption", minutes=60)
    play.opens(*THREE)
    play.until_results(*THREE)
    return play


def disclose(play: FaultBook) -> None:
    (owed,) = [duty for duty in duties(play.state) if isinstance(duty, Disclose)]
    play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in owed.bidders)))


@pytest.mark.parametrize("cause", ["deemed_revoked", "deemed_withdrawn"])
def test_clause_5_3_4_no_price_is_disclosed_before_the_cause_of_an_absent_depositor_is_decided(
    cause: str,
) -> None:
    play = absent()
    assert play.lot.undecided == ("ding",)
    assert Gap("cause_undecided", "1", "ding") in gaps(play.state)
    awaited = waiting(play.state)
    assert awaited is not None
    assert awaited.act == "decide_cause"
    bids = tuple(play.bid(name) for name in THREE)
    assert play.code(c.DisclosePrices("1", bids)) == "disclosure_locked"
    (decided,) = play.decides("ding", cause)
    assert isinstance(decided, e.CauseDecided)
    disclose(play)
    assert play.lot.disclosed.keys() == set(THREE)
    assert replayed(play) == play.state


def test_clause_5_3_4_a_cause_of_clause_4_7_brings_an_absent_depositor_back_with_its_whole_hour() -> None:
    play = absent(incident=(MIDNIGHT, DEADLINE - HOUR))
    ding = bidder("ding")
    assert play.refuses(ding, "release", **play.release_body("ding")) == "not_signed_in"
    decided, window = play.decides("ding", "platform_fault", 1)
    assert isinstance(decided, e.CauseDecided)
    assert isinstance(window, e.OwnWindowOpened)
    assert window.closes_at == window.opened_at + HOUR
    assert "release:1" in may(play.state, ding)
    assert not any(isinstance(duty, Disclose) for duty in duties(play.state))

    # It takes part from now on; the list that was announced stays as it was announced.
    assert play.lot.bidders == THREE
    assert play.lot.readmitted == ("ding",)
    play.after(HOUR)
    play.opens("ding")
    play.after(1)
    assert play.lot.own_running == ()
    disclose(play)
    assert tuple(play.lot.disclosed) == FOUR
    seen = view(play.state, bidder("jia"), Beside()).lots[0].bidders
    assert [(b.bidder, b.status, b.own_window is not None) for b in seen] == [
        *((name, "listed", False) for name in THREE),
        ("ding", "absent", True),
    ]
    for name in FOUR:
        play.says(ANNOUNCER, "read_out", bidder=name)
        play.says(bidder(name), "confirm_price", answer="confirmed", price="123456.78")
    play.says(HOST, "open_objections")
    assert play.spans("ding")[-1] == ("running", 60)
    assert play.ran("ding") == HOUR
    assert replayed(play) == play.state


def test_clause_5_3_4_a_readmitted_bidder_that_lets_its_hour_pass_is_decided_about_again() -> None:
    play = absent(incident=(MIDNIGHT, DEADLINE - HOUR))
    play.decides("ding", "platform_fault", 1)
    play.after(HOUR + 1)
    assert play.lot.undecided == ("ding",)
    assert play.refuses(bidder("ding"), "release", **play.release_body("ding")) == "window_closed"
    play.decides("ding", "deemed_revoked")
    disclose(play)
    assert play.lot.disclosed.keys() == set(THREE)


def test_clause_5_3_4_a_fault_after_the_sign_in_kept_nobody_from_signing_in() -> None:
    play = absent()
    play.fault(DEADLINE, end=DEADLINE + MINUTE, suspends=False)
    body: dict[str, Any] = {"bidder": "ding", "cause": "platform_fault", "incident": 1, "reason": "依据"}
    assert play.refuses(OWNER, "decide_cause", **body) == "no_time_lost"


def test_clause_5_3_4_a_suspension_freezes_a_readmitted_bidders_hour_too() -> None:
    play = absent(incident=(MIDNIGHT, DEADLINE - HOUR))
    play.decides("ding", "platform_fault", 1)
    play.after(10 * MINUTE)
    play.fault()
    play.after(HOUR)
    play.resumed()
    assert play.lot.own["ding"].closes_at == play.now + 50 * MINUTE


def test_clause_4_2_the_bids_of_absent_depositors_are_hashed_again_with_the_others() -> None:
    play = FaultBook()
    play.until_announced(*THREE, deposited=FOUR)
    (owed,) = [duty for duty in duties(play.state) if isinstance(duty, RecheckSealing)]
    assert [d.bidder for d in owed.deposits] == list(FOUR)
    play.checked(*THREE, damaged=("ding",))
    assert play.lot.held == ()  # nobody declares about a bid that takes no part
    play.says(HOST, "command_decryption", minutes=60)
    play.opens(*THREE)
    play.until_results(*THREE)
    body: dict[str, Any] = {"bidder": "ding", "cause": "deemed_revoked", "incident": 0, "reason": "依据"}
    assert play.refuses(OWNER, "decide_cause", **body) == "platform_damaged_it"


def test_clause_5_3_2_a_platform_cause_in_a_locked_lot_that_goes_on_gives_its_hour_when_it_comes_to_that() -> (
    None
):
    play = FaultBook(with_all_parties(fewer_allowed=True)).at(MIDNIGHT)
    assert isinstance(play, FaultBook)
    play.fault(MIDNIGHT, end=MIDNIGHT + HOUR, suspends=False)
    play.until_announced("jia", "yi", deposited=THREE)
    assert play.lot.stage is LotStage.LOCKED
    play.decides("bing", "platform_fault", 1)
    play.after(15 * MINUTE + 1)
    play.says(OWNER, "go_on_with_fewer", reason="经批准", approval="ab" * 32)
    play.checked("jia", "yi")
    play.says(HOST, "command_decryption", minutes=60)
    play.opens("jia", "yi")
    play.until_results("jia", "yi")
    assert play.lot.undecided == ("bing",)
    play.decides("bing", "platform_fault", 1)
    play.opens("bing")
    play.after(1)
    disclose(play)
    assert play.lot.disclosed.keys() == set(THREE)


def test_clause_5_3_5_the_sheet_of_an_absent_depositor_looks_at_the_sign_in_and_then_at_its_own_hour() -> (
    None
):
    play = absent(incident=(MIDNIGHT, DEADLINE - HOUR))
    assert subjects(play.lot) == ("ding",)
    shown = sheet(play.state, play.lot, "ding")
    assert (shown.since, shown.until) == (MIDNIGHT, DEADLINE)
    assert (shown.proposal, shown.incident) == (e.Cause.PLATFORM_FAULT, 1)
    play.decides("ding", "platform_fault", 1)
    assert sheet(play.state, play.lot, "ding").until == play.now + HOUR
    play.hall(c.NoteAttempt("1", "ding", "release", "wrong_password"))
    assert isinstance(play.events[-1], e.AttemptNoted)
