"""Forged histories of supervision (6.2, 6.3): each lie of a hall is found by a predicate of the verifier's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from hall.evidence.case import Case
from hall.evidence.history import Fact, History
from hall.evidence.supervision import PART
from hall.journal.codec import EventCodec
from hall.procurement.parties import Role
from hall.supervision import commands as c
from hall.supervision import events as e
from hall.supervision.terms import Reason
from tests import matterbook
from tests.matterbook import DAY, HOUR, MatterBook
from tests.scenarios.matters import test_supervision as told

CODEC = EventCodec(e.Event)
Change = Callable[[Fact], Fact | None]


def facts(book: MatterBook) -> list[Fact]:
    """The rows of a story, as a bundle would tell them."""
    found: list[Fact] = []
    machine, state = book.matter.machine, book.matter.machine.initial
    now = 0
    for at, command, actor in book.steps:
        ticks: list[tuple[int, Any, str]] = []
        while (due := machine.next_deadline(state)) is not None and due <= at:
            now = max(now, due)
            for event in machine.tick(state, now):
                ticks.append((now, event, "system"))
                state = machine.evolve(state, event, now)
        now = at
        try:
            events = machine.decide(state, command, actor, at)
        except Exception:
            events = []  # refused: nothing happened
        for moment, event, by in (*ticks, *((at, one, actor.key if actor else "system") for one in events)):
            kind, _, body = CODEC.encode(event)
            act = getattr(event, "act", None)
            found.append(
                Fact(len(found), "supervision/T-1", len(found) + 1, moment, by, "", kind, body, act, True)
            )
        for event in events:
            state = machine.evolve(state, event, at)
    return found


def faults(rows: list[Fact], clause: str = "6.3") -> list[str]:
    case = Case(cast(Any, None), History(facts=rows), {})
    return [
        fault
        for question in PART.questions
        if question.clause == clause
        for judge in question.judges
        for fault in judge(case)
    ]


def forged(rows: list[Fact], kind: str, **changed: Any) -> list[Fact]:
    """The same rows, with another body in those of a kind."""
    return [replace(row, body={**row.body, **changed}) if row.kind == kind else row for row in rows]


def without(rows: list[Fact], *kinds: str) -> list[Fact]:
    return [row for row in rows if row.kind not in kinds]


def whole() -> list[Fact]:
    """A complaint from its receipt to the files."""
    book = told.investigated()
    told.decides(book, told.OFFICER)
    book.says(told.OFFICER, "feed_back_case", case=1, text="已送达")
    book.says(told.OFFICER, "archive_case", case=1, number="1")
    return facts(book)


def test_the_stories_of_the_scenarios_contradict_nothing() -> None:
    assert faults(whole()) == []
    for name in [one for one in dir(told) if one.startswith("test_clause_6")]:
        matterbook.told.clear()
        getattr(told, name)()
        for book in matterbook.told:
            assert (name, faults(facts(book)), faults(facts(book), "6.2")) == (name, [], [])


def test_6_3_a_step_left_out_is_found() -> None:
    assert any("not a step after" in fault for fault in faults(without(whole(), "CaseInvestigated")))
    assert any("not a step after" in fault for fault in faults(without(whole(), "CaseAccepted")))


def test_6_3_other_words_than_the_officer_signed_are_found() -> None:
    assert any(
        "said something else (result)" in one
        for one in faults(forged(whole(), "CaseDecided", result="rejected"))
    )
    assert any("(statement)" in one for one in faults(forged(whole(), "CaseFiled", statement="00" * 32)))


def test_6_3_a_case_handled_by_whom_it_concerns_is_found() -> None:
    rows = forged(whole(), "CaseFiled", against_party="bureau-2")
    assert any("whom it concerns" in fault for fault in faults(rows))


def test_6_3_a_case_handled_by_somebody_who_was_not_named_is_found() -> None:
    other = [{"party": "bureau-9", "name": "某", "certificate": "ab" * 32}]
    assert any("not named" in fault for fault in faults(forged(whole(), "CaseAssigned", officers=other)))


def test_6_3_files_that_somebody_else_added_or_added_after_the_end_are_found() -> None:
    book = told.opened()
    told.files(book, told.BIDDER)
    book.says(told.BIDDER, "add_case_files", case=1, files=["77" * 32])
    book.says(told.BIDDER, "withdraw_case", case=1, text="已解决")
    rows = facts(book)
    assert faults(rows) == []
    actors = [replace(row, actor="bidder:other") if row.kind == "CaseFilesAdded" else row for row in rows]
    assert "somebody else than who brought it forward" in faults(actors)[0]
    assert "its signer said something else (files)" in faults(forged(rows, "CaseFilesAdded", files=[]))[0]
    added, ended = (
        next(n for n, row in enumerate(rows) if row.kind == kind)
        for kind in ("CaseFilesAdded", "CaseWithdrawn")
    )
    swapped = list(rows)
    swapped[added], swapped[ended] = replace(rows[ended], index=added), replace(rows[added], index=ended)
    assert any("not a step after withdrawn" in fault for fault in faults(swapped))


def test_6_3_a_limit_that_passed_in_silence_is_found() -> None:
    book = told.opened()
    told.files(book, told.BIDDER)
    book.after(10 * DAY).says(told.REGULATOR, "accept_case", case=1, text="予以受理")
    assert faults(facts(book)) == []
    assert any("no row said so" in fault for fault in faults(without(facts(book), "LimitPassed")))
    early = [replace(row, at=row.at - 8 * DAY) if row.kind == "LimitPassed" else row for row in facts(book)]
    assert any("had not passed" in fault for fault in faults(early))


def test_6_3_a_refusal_that_nobody_signed_and_no_law_demands_is_found() -> None:
    book = told.opened()
    told.by_code(book, named=False)
    assert faults(facts(book)) == []
    assert any(
        "refused by nobody" in one for one in faults(forged(facts(book), "CaseRefused", reason=Reason.LATE))
    )
    assert any("refused by nobody" in one for one in faults(forged(facts(book), "CaseFiled", named=True)))


def test_6_3_an_award_during_the_standstill_is_found() -> None:
    book = told.investigated()
    book.says(told.OFFICER, "order_suspension", case=1, text="x")
    rows = facts(book)
    decided = replace(
        rows[-1], index=99, at=rows[-1].at + HOUR, kind="AwardDecided", body={}, act=None, stream="award/T-1"
    )
    assert any("standstill" in fault for fault in faults([*rows, decided]))
    stood = replace(decided, index=98, kind="AwardSuspended")
    assert any("stood still" in fault for fault in faults([*rows, stood, decided]))


def test_6_3_work_of_the_committee_during_the_standstill_is_found() -> None:
    book = told.opened()
    book.note(c.NotePublicity("1", book.now, book.now + 3 * DAY))
    told.files(book, told.BIDDER, "objection", about="candidates")
    rows = facts(book)
    assert faults(rows) == []
    looked = replace(
        rows[-1],
        index=99,
        at=rows[-1].at + HOUR,
        kind="BidAccessed",
        body={},
        act=None,
        stream="evaluation/T-1",
    )
    assert any("standstill of case 1" in fault for fault in faults([*rows, looked]))
    begun = replace(looked, index=97, kind="EvaluationSuspended")
    assert any("stood still" in fault for fault in faults([*rows, begun, replace(looked, index=98)]))
    over = replace(looked, index=98, kind="EvaluationResumed")
    assert not any("while the procedure" in fault for fault in faults([*rows, begun, over, looked]))


def test_6_2_an_answer_to_what_nobody_asked_and_a_lost_call_are_found() -> None:
    book = told.opened()
    book.note(c.AskQuestion("77" * 32, c.Code()))
    book.says(told.CENTRE, "answer_question", question=1, words="问", redacted=False, text="答")
    told.call(book)
    told.call(book, said="第二次来电")
    rows = facts(book)
    assert faults(rows, "6.2") == []
    assert any("nobody asked" in fault for fault in faults(without(rows, "PublicQuestionAsked"), "6.2"))
    calls = [row for row in rows if row.kind == "HotlineCallLogged"]
    assert any(
        "not the 1th call" in fault for fault in faults([row for row in rows if row is not calls[0]], "6.2")
    )


def test_the_verifier_names_every_signed_row_and_who_may_sign_it() -> None:
    for kind, (acts, roles) in PART.signed.items():
        assert kind in CODEC.kinds
        assert roles <= {str(role) for role in Role}
        assert set(acts.split()) <= told.RIGHTS.keys()
