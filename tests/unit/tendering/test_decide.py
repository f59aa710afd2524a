"""What a tender answers before its opening: the deadline is the opening's, and lateness is the receipt stamp's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hall.errors import NotPermitted, Refused
from hall.procurement.acts import SignedAct
from hall.procurement.canonical import dumps
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import MINUTE, Deposit, Lot
from hall.tendering import commands as c
from hall.tendering import events as e
from hall.tendering.decide import MOST_UPLOADS_NOTED, decide, refusal
from hall.tendering.state import TenderState, evolve

DEADLINE = 1_795_312_800_000
CERTIFICATE, SHA = "c1" * 32, "5a" * 32
BIDDER = Actor(Role.BIDDER, "jia", "甲公司", CERTIFICATE)
PLAN = e.TenderPublished(
    "T-1", "测试", "N-1", "hall.example", "O-1", (Lot("1", "一标段"),), DEADLINE, "suite", "ab" * 32
)


class Tender:
    """A tender that is told things, one after the other."""

    def __init__(self, lots: tuple[Lot, ...] = PLAN.lots) -> None:
        self.state = TenderState()
        self.now = DEADLINE - MINUTE
        self.tell(c.PublishTender(replace(PLAN, lots=lots)), None)

    def tell(self, command: c.Command, actor: Actor | None = BIDDER) -> list[e.Event]:
        events = decide(self.state, command, actor=actor, now=self.now)
        for event in events:
            self.state = evolve(self.state, event)
        return events

    def act(self, kind: str, **body: object) -> SignedAct:
        return SignedAct(
            type=kind,
            origin=PLAN.origin,
            tender=PLAN.tender,
            lot="1",
            deadline=self.state.published.bid_deadline,
            certificate=CERTIFICATE,
            server_nonce=f"{len(self.state.nonces):032x}",
            client_nonce="00" * 16,
            body=dumps(body).decode(),
        )

    def deposit(self, **how: Any) -> c.ReceiveDeposit:
        found = Deposit("1", "jia", "甲公司", 9, SHA, "1c" * 32, "2c" * 32, "3c" * 16, CERTIFICATE, self.now)
        said = {
            "size": 9,
            "sha256": SHA,
            "commit": found.commit,
            "tag_commit": found.tag_commit,
            "salt": found.salt,
            "recipient": CERTIFICATE,
            "self_test": True,
            "client": "test",
        }
        return c.ReceiveDeposit("T-1", found, self.act("deposit", **said), **how)


def code_of(tender: Tender, command: c.Command) -> str:
    before = tender.state
    with pytest.raises(Refused) as refused:
        tender.tell(command)
    assert tender.state == before
    assert refused.value.weighty
    return refused.value.code


@pytest.mark.parametrize(("early", "taken"), [(1, True), (0, False), (-1, False)])
def test_clause_5_2_2_a_deposit_counts_to_the_last_millisecond_before_the_deadline(
    early: int, taken: bool
) -> None:
    tender = Tender()
    tender.now = DEADLINE - early
    if taken:
        assert [type(x) for x in tender.tell(tender.deposit())] == [e.DepositReceived]
    else:
        assert code_of(tender, tender.deposit()) == "deadline_passed"


def test_clause_5_2_2_an_alternative_stands_beside_a_main_bid_of_the_same_bidder() -> None:
    tender = Tender(lots=(Lot("1", "一标段"), Lot("1-alt-1", "备选方案1", alternative_to="1")))
    alternative = tender.deposit()
    beside = replace(
        alternative,
        deposit=replace(alternative.deposit, lot="1-alt-1"),
        act=replace(alternative.act, lot="1-alt-1", server_nonce="fe" * 16),
    )
    with pytest.raises(Refused, match="main_bid_first"):
        tender.tell(c.AnnounceUpload("1-alt-1", 9, SHA))
    with pytest.raises(Refused, match="main_bid_first"):
        tender.tell(beside)
    tender.tell(alternative)
    tender.tell(beside)
    with pytest.raises(Refused, match="alternative_first"):
        tender.tell(c.Withdraw("1", tender.act("withdraw")))
    tender.tell(c.Withdraw("1-alt-1", replace(tender.act("withdraw"), lot="1-alt-1")))
    tender.tell(c.Withdraw("1", tender.act("withdraw")))
    assert all(deposit.superseded for deposit in tender.state.deposits)


def test_time_alone_closes_nothing_and_the_opening_closes_once() -> None:
    tender = Tender()
    with pytest.raises(Refused, match="too_early"):
        tender.tell(c.CloseDeposits(), None)
    tender.now = DEADLINE
    assert tender.state.closed is None
    (closed,) = tender.tell(c.CloseDeposits(), None)
    assert isinstance(closed, e.DepositsClosed)
    assert closed.at == DEADLINE
    assert tender.tell(c.CloseDeposits(), None) == []


def test_clause_4_7_while_the_deadline_is_held_nothing_is_refused_for_good() -> None:
    tender = Tender()
    tender.now = DEADLINE + MINUTE
    assert code_of(tender, tender.deposit(held=True)) == "deadline_held"
    assert code_of(tender, c.Withdraw("1", tender.act("withdraw"), held=True)) == "deadline_held"
    assert code_of(tender, c.AnnounceUpload("1", 9, SHA, held=True)) == "deadline_held"
    moved = tender.tell(c.MoveDeadline(DEADLINE + 60 * MINUTE), None)
    assert moved == [e.DepositDeadlineMoved(DEADLINE, DEADLINE + 60 * MINUTE)]
    assert [type(x) for x in tender.tell(tender.deposit())] == [e.DepositReceived]


def test_a_deadline_that_was_moved_keeps_what_was_deposited_before() -> None:
    tender = Tender()
    tender.tell(tender.deposit())
    tender.tell(c.MoveDeadline(DEADLINE + MINUTE), None)
    assert tender.tell(c.MoveDeadline(DEADLINE + MINUTE), None) == []
    tender.now = DEADLINE + MINUTE
    (closed,) = tender.tell(c.CloseDeposits(), None)
    assert isinstance(closed, e.DepositsClosed)
    assert (closed.at, len(closed.deposits)) == (DEADLINE + MINUTE, 1)


def test_a_closed_list_is_never_opened_again() -> None:
    tender = Tender()
    tender.now = DEADLINE
    tender.tell(c.CloseDeposits(), None)
    assert tender.tell(c.MoveDeadline(DEADLINE + MINUTE), None) == []
    assert code_of(tender, tender.deposit()) == "deadline_passed"


def test_a_late_upload_a_late_deposit_and_a_late_withdrawal_leave_a_row_each() -> None:
    tender = Tender()
    late = tender.deposit()
    assert refusal(tender.state, late, BIDDER, "deadline_passed") == e.DepositRefused(
        "1", "jia", "deadline_passed", SHA, 9, DEADLINE, e.What.DEPOSIT
    )
    upload = refusal(tender.state, c.AnnounceUpload("1", 9, SHA), BIDDER, "deadline_passed")
    assert upload is not None
    assert upload.what is e.What.UPLOAD
    gone = refusal(tender.state, c.Withdraw("1", tender.act("withdraw")), BIDDER, "deadline_passed")
    assert gone is not None
    assert (gone.what, gone.sha256) == (e.What.WITHDRAWAL, "")


def test_a_bid_is_withdrawn_before_the_deadline_and_stays_in_the_list_marked() -> None:
    tender = Tender()
    tender.tell(tender.deposit())
    assert [type(x) for x in tender.tell(c.Withdraw("1", tender.act("withdraw")))] == [e.DepositWithdrawn]
    assert [d.superseded for d in tender.state.deposits] == [True]
    with pytest.raises(Refused, match="no_deposit"):
        tender.tell(c.Withdraw("1", tender.act("withdraw")))


def test_only_a_bidder_announces_an_upload_and_only_for_a_lot_that_exists() -> None:
    tender = Tender()
    with pytest.raises(NotPermitted):
        tender.tell(c.AnnounceUpload("1", 9, SHA), Actor(Role.HOST, "h", "主持人", CERTIFICATE))
    with pytest.raises(Refused, match="wrong_lot"):
        tender.tell(c.AnnounceUpload("2", 9, SHA))


def test_who_knocks_on_and_on_is_answered_and_fills_no_journal() -> None:
    tender = Tender()
    tender.now = DEADLINE
    upload = c.AnnounceUpload("1", 9, SHA)
    for _ in range(MOST_UPLOADS_NOTED):
        assert code_of(tender, upload) == "deadline_passed"
        row = refusal(tender.state, upload, BIDDER, "deadline_passed")
        assert row is not None
        tender.state = evolve(tender.state, row)
    with pytest.raises(Refused) as refused:
        tender.tell(upload)
    assert (refused.value.code, refused.value.weighty) == ("deadline_passed", False)


@pytest.mark.parametrize("why", ["not_registered", "not_invited"])
def test_clause_5_2_1_whom_the_notice_keeps_out_deposits_nothing_and_hears_first_that_it_is_late(
    why: str,
) -> None:
    tender = Tender()
    for command in (c.AnnounceUpload("1", 9, SHA, barred=why), tender.deposit(barred=why)):
        with pytest.raises(Refused, match=why) as refused:
            tender.tell(command)
        assert not refused.value.weighty
    tender.now = DEADLINE
    assert code_of(tender, tender.deposit(barred=why)) == "deadline_passed"
