"""Addenda and a cancellation are told to who registered or deposited, each once, and to nobody else."""

from __future__ import annotations

from hall.runtime.matter import States
from hall.runtime.notice_letters import notice_letters
from hall.runtime.registration_matter import MACHINE, REGISTRATION
from hall.tendering.registration.state import Registrant, RegistrationState
from tests.scenarios.matters.test_notice import AGENCY, published


def _states(*registered: str, cancelled: bool = False) -> States:
    book = published()
    book.says(AGENCY, "issue_addendum", title="补遗一", text="答疑", touches_bids=False, documents=[])
    if cancelled:
        book.says(AGENCY, "cancel_tender", reason="资金未落实")
    assert MACHINE.initial == RegistrationState()
    who = RegistrationState(registrants={party: object.__new__(Registrant) for party in registered})
    return States("T-1", None, None, {"notice": book.state, REGISTRATION.name: who})


def test_clause_5_2_2_an_addendum_is_told_to_who_registered() -> None:
    letters = notice_letters(_states("b1", "b2"))
    assert [(one.key, one.party, one.kind) for one in letters] == [
        ("addendum-1", "b1", "addendum_issued"),
        ("addendum-1", "b2", "addendum_issued"),
    ]
    assert letters[0].facts == {"number": 1, "title": "补遗一"}
    assert notice_letters(_states()) == []


def test_a_cancellation_is_told_with_its_reason() -> None:
    told = [one for one in notice_letters(_states("b1", cancelled=True)) if one.kind == "tender_cancelled"]
    assert [(one.party, one.facts) for one in told] == [("b1", {"reason": "资金未落实"})]
