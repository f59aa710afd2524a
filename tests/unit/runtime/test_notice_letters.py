"""Addenda and a cancellation are told to who registered or deposited, each once, and to nobody else."""

from __future__ import annotations

from dataclasses import replace

from hall.runtime.matter import States
from hall.runtime.notice_letters import notice_letters
from hall.runtime.notice_matter import NOTICE
from hall.runtime.registration_matter import MACHINE, REGISTRATION
from hall.tendering.registration.events import QuestionAnswered, QuestionAsked, Registered
from hall.tendering.registration.state import Question, Registrant, RegistrationState
from tests.matterbook import START, MatterBook
from tests.scenarios.matters.test_notice import AGENCY, published

ACT = MatterBook(NOTICE).act(AGENCY, "answer_about_documents")
QUESTION = QuestionAsked(1, "b9", "图纸以何为准？", "", ACT)
ANSWER = QuestionAnswered(1, "以补遗为准。", False, ACT)


def _registered(party: str, at: int) -> Registrant:
    return Registrant(Registered(party, party, (), (), ACT), at, ())


def _states(*registered: str, cancelled: bool = False) -> States:
    book = published()
    book.says(AGENCY, "issue_addendum", title="补遗一", text="答疑", touches_bids=False, documents=[])
    if cancelled:
        book.says(AGENCY, "cancel_tender", reason="资金未落实")
    assert MACHINE.initial == RegistrationState()
    who = RegistrationState(
        registrants={party: _registered(party, START - 1) for party in registered},
        questions=(Question(QUESTION, START - 1, ANSWER, START),),
    )
    return States("T-1", None, None, {"notice": book.state, REGISTRATION.name: who})


def test_clause_5_2_2_an_addendum_is_told_to_who_registered() -> None:
    letters = notice_letters(_states("b1", "b2"))
    assert [(one.key, one.party, one.kind) for one in letters] == [
        ("addendum-1", "b1", "addendum_issued"),
        ("addendum-1", "b2", "addendum_issued"),
        ("answer-1", "b1", "question_answered"),
        ("answer-1", "b2", "question_answered"),
    ]
    assert letters[0].facts == {"number": 1, "title": "补遗一"}
    assert notice_letters(_states()) == []


def test_a_cancellation_is_told_with_its_reason() -> None:
    told = [one for one in notice_letters(_states("b1", cancelled=True)) if one.kind == "tender_cancelled"]
    assert [(one.party, one.facts) for one in told] == [("b1", {"reason": "资金未落实"})]


def test_who_registers_later_has_all_of_it_and_is_told_nothing() -> None:
    states = _states("b1")
    late = RegistrationState(registrants={"b3": _registered("b3", START)})
    matters = {**states.matters, REGISTRATION.name: late}
    assert notice_letters(replace(states, matters=matters)) == []


def test_the_invited_are_told_that_they_are_invited() -> None:
    states = _states()
    notice = states.of(NOTICE)
    assert notice.terms is not None
    invited = replace(notice, terms=replace(notice.terms, invited=("b1", "b2", "b3")))
    letters = notice_letters(replace(states, matters={**states.matters, NOTICE.name: invited}))
    assert [(one.party, one.kind) for one in letters] == [
        ("b1", "tender_invited"),
        ("b2", "tender_invited"),
        ("b3", "tender_invited"),
    ]
