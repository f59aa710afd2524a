"""Who belongs to which group after three hours."""

from __future__ import annotations

import pytest

from hall.procurement.tender import HOUR, MINUTE
from hall.session import events as e
from hall.session.continuation import groups
from tests.playbook import HOST, bidder
from tests.scenarios.faultbook import THREE, FaultBook, with_all_parties


def test_each_bid_of_each_lot_counts_for_itself() -> None:
    play = FaultBook(with_all_parties(lots=("1", "2"))).commanded(*THREE, lots=("1", "2"))
    play.opens("jia")
    play.releases("yi")  # received counts, opened or not
    play.says(bidder("bing"), "decline_release")  # whoever declined by a signed act waits for nothing
    decrypted, undecrypted = groups(play.state)
    assert decrypted == (e.LotBidder("1", "jia"), e.LotBidder("1", "yi"))
    assert undecrypted == tuple(e.LotBidder("2", name) for name in THREE)


def test_a_lot_whose_window_was_not_commanded_is_undecrypted() -> None:
    play = FaultBook()
    play.until_announced(*THREE)
    assert groups(play.state) == ((), tuple(e.LotBidder("1", name) for name in THREE))


def test_before_the_announcement_nobody_is_named() -> None:
    assert groups(FaultBook().state) == ((), ())


@pytest.mark.parametrize("released", [(), ("jia",), THREE])
def test_read_per_opening_there_is_one_group(released: tuple[str, ...]) -> None:
    play = FaultBook(with_all_parties(split_reading="opening")).commanded(*THREE)
    play.opens(*released)
    decrypted, undecrypted = groups(play.state)
    assert (decrypted == ()) is (len(released) < 3)
    assert len(decrypted) + len(undecrypted) == 3


def test_whose_window_closed_undecrypted_waits_for_a_cause_and_for_no_second_window() -> None:
    play = FaultBook().commanded(*THREE)
    play.opens("jia")
    play.after(HOUR + MINUTE)
    assert groups(play.state) == ((e.LotBidder("1", "jia"),), ())
    assert play.refuses(HOST, "declare_split", opens_at=1, continues_at=1) == "not_permitted"
