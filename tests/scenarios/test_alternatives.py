"""Alternative bids (备选方案): a lot of their own beside the main one, which they follow and never lead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.errors import Refused
from hall.procurement.tender import HOUR, Lot
from hall.session import commands as c
from hall.session import events as e
from hall.session.disclosure import may_disclose
from hall.session.rules import LotStage
from hall.session.waits import waits
from tests.playbook import HOST, MIDNIGHT, OWNER, Playbook, bidder, plan

THREE = ("jia", "yi", "bing")
ALT = "1-alt-1"


class Beside(Playbook):
    """Up to the deposit list: `main` bid, and `alternatives` offered one beside it."""

    def __init__(self, *alternatives: str, main: tuple[str, ...] = THREE, **rules: bool) -> None:
        scheduled = plan()
        lots = (Lot("1", "一标段"), Lot(ALT, "一标段（备选方案1）", alternative_to="1"))
        super().__init__(replace(scheduled, lots=lots, rules=replace(scheduled.rules, **rules), texts=()))
        self.at(MIDNIGHT + HOUR)
        for name in main:
            self.sign_in(name)
        self.at(self.state.scheduled.bid_deadline)
        deposits = (*self.deposits(*main), *self.deposits(*alternatives, lot=ALT))
        self.hall(c.HandOverDeposits("ef" * 32, deposits))

    def opened(self, lot: str, *names: str) -> None:
        """From the announced list to the declared results."""
        deposits = (d for d in self.state.deposits if d.lot == lot)
        self.hall(c.NoteRecheck(lot, tuple(e.Rechecked(d.bidder, d.sha256, True) for d in deposits)))
        for name in names:
            self.says(bidder(name), "answer_sealing", lot=lot, answer="intact", sha256="00" * 32)
        self.says(HOST, "declare_sealing", lot=lot)
        self.says(HOST, "command_decryption", lot=lot, minutes=60)
        for name in names:
            deposit = self.state.deposit(lot, name)
            assert deposit is not None
            self.says(
                bidder(name), "release", lot=lot, **(self.release_body(name) | {"sha256": deposit.sha256})
            )
            self.hall(c.NoteBidOpened(lot, name, "11" * 32))
        self.until_results(*names, lot=lot)


def test_clause_5_2_2_an_alternative_is_announced_after_the_main_bids_and_needs_no_minimum() -> None:
    play = Beside("jia")
    assert play.refuses(HOST, "announce_bidders", lot=ALT) == "main_lot_first"
    play.says(HOST, "announce_bidders", lot="1")
    (told,) = play.says(HOST, "announce_bidders", lot=ALT)
    assert isinstance(told, e.BiddersAnnounced)
    assert told.bidders == ("jia",)


def test_clause_5_2_2_where_nobody_offers_an_alternative_its_lot_is_over_with_its_announcement() -> None:
    play = Beside()
    play.says(HOST, "announce_bidders", lot="1")
    (told,) = play.says(HOST, "announce_bidders", lot=ALT)
    assert isinstance(told, e.NoAlternatives)
    assert play.state.lots[ALT].settled
    assert all(wait.lot != ALT for wait in waits(play.state))


def test_clause_5_2_2_main_prices_wait_for_the_alternatives_windows_and_alternatives_for_the_main_prices() -> (
    None
):
    play = Beside("jia")
    play.says(HOST, "announce_bidders", lot="1")
    play.opened("1", *THREE)
    main = tuple(play.bid(name) for name in THREE)
    with pytest.raises(Refused, match="disclosure_locked"):
        play.hall(c.DisclosePrices("1", main))
    play.says(HOST, "announce_bidders", lot=ALT)
    play.opened(ALT, "jia")
    assert not may_disclose(play.state, play.state.lots[ALT])
    play.hall(c.DisclosePrices("1", main))
    play.hall(c.DisclosePrices(ALT, (play.bid("jia", "99.00"),)))
    assert play.state.lots[ALT].stage is LotStage.READ_OUT


def test_clause_5_2_2_what_becomes_of_a_locked_lot_becomes_of_its_alternatives() -> None:
    play = Beside("jia", main=THREE[:2])
    play.says(HOST, "announce_bidders", lot="1")
    assert isinstance(play.says(HOST, "announce_bidders", lot=ALT)[0], e.LotLocked)
    assert play.refuses(OWNER, "fail_tender", lot=ALT, reason="不足三家") == "decided_with_main"
    play.says(OWNER, "fail_tender", lot="1", reason="不足三家")
    assert {lot.stage for lot in play.state.lots.values()} == {LotStage.FAILED}


def test_clause_5_2_2_an_approval_for_the_main_bids_lets_the_alternatives_go_on() -> None:
    play = Beside("jia", main=THREE[:2], fewer_allowed=True)
    play.says(HOST, "announce_bidders", lot="1")
    play.says(HOST, "announce_bidders", lot=ALT)
    play.says(OWNER, "go_on_with_fewer", lot="1", reason="经批准", approval="ab" * 32)
    assert {lot.stage for lot in play.state.lots.values()} == {LotStage.CHECK}
    # Nobody has to open an alternative: without one its lot goes on to its end all the same.
    lots = {
        name: replace(lot, stage=LotStage.DISCLOSURE, bidders=()) for name, lot in play.state.lots.items()
    }
    lots["1"] = replace(lots["1"], stage=LotStage.READ_OUT)
    assert may_disclose(replace(play.state, lots=lots), lots[ALT])


def test_clause_5_2_2_a_main_lot_does_not_fail_while_an_alternatives_window_runs() -> None:
    play = Beside("jia")
    play.says(HOST, "announce_bidders", lot="1")
    play.says(HOST, "announce_bidders", lot=ALT)
    items = tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits if d.lot == "1")
    play.hall(c.NoteRecheck("1", items))
    for name in THREE:
        play.says(bidder(name), "answer_sealing", answer="intact", sha256="00" * 32)
    play.says(HOST, "declare_sealing")
    play.says(HOST, "command_decryption", minutes=60)
    play.after(HOUR + 1)
    play.until_results(*THREE)
    for name in THREE:
        play.says(OWNER, "decide_cause", bidder=name, cause="deemed_revoked", incident=0, reason="未解密")
    assert play.refuses(OWNER, "fail_tender", reason="有效投标不足三个") == "alternatives_pending"
