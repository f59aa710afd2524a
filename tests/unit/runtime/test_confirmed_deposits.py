"""Who stays with its bid after an addendum names a deposit of its own that stands (clause 5.2.2)."""

from __future__ import annotations

from typing import Any, cast

import pytest

from hall.errors import Refused
from hall.evidence.case import Case
from hall.evidence.history import Fact, History
from hall.evidence.notice import confirmed
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Deposit
from hall.runtime.matter import States
from hall.runtime.notice_matter import NOTICE
from hall.tendering.notice.commands import ConfirmDeposit
from hall.tendering.state import TenderState

MINE, WITHDRAWN = "ab" * 32, "cd" * 32
BIDDER = Actor(Role.BIDDER, "jia", "甲", "ee" * 32)


def deposit(sha256: str, *, gone: bool = False) -> Deposit:
    return Deposit("1", "jia", "甲", 9, sha256, "", "", "", "", 1, superseded=gone)


def check(sha256: str, who: Actor = BIDDER, lot: str = "1") -> None:
    state = TenderState(deposits=(deposit(WITHDRAWN, gone=True), deposit(MINE)))
    NOTICE.check_act(States("T-1", state, None), ConfirmDeposit(1, lot, sha256, cast(Any, None)), who)


def test_clause_5_2_2_only_a_deposit_of_ones_own_that_stands_is_confirmed() -> None:
    check(MINE)
    for wrong in (
        {"sha256": WITHDRAWN},
        {"sha256": "00" * 32},
        {"sha256": MINE, "lot": "2"},
        {"sha256": MINE, "who": Actor(Role.BIDDER, "yi", "乙", "ff" * 32)},
    ):
        with pytest.raises(Refused, match="no_such_deposit"):
            check(**cast(Any, wrong))


def test_clause_5_2_2_a_confirmation_of_what_nobody_deposited_is_found_by_the_verifier() -> None:
    said = {"bidder": "jia", "lot": "1", "deposit": MINE, "addendum": 1}
    had = {"deposit": {"bidder": "jia", "lot": "1", "sha256": MINE}}
    rows = [
        Fact(0, "tendering/T-1", 1, 1, "bidder:jia", "", "DepositReceived", had, None, True),
        Fact(1, "notice/T-1", 1, 2, "bidder:jia", "", "DepositConfirmed", said, None, True),
    ]
    told, alone = (Case(cast(Any, None), History(facts=facts), {}) for facts in (rows, rows[1:]))
    assert list(confirmed(told)) == []
    assert len(list(confirmed(alone))) == 1
