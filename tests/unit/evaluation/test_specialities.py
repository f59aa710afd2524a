"""The draw of a committee whose documents want specialities: drawn all the same, and reckoned again by the verifier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from hall.evaluation import events as e
from hall.evaluation.calling import called
from hall.evidence.case import Case
from hall.evidence.evaluation_committee import drawn
from hall.evidence.history import Fact, History
from hall.journal.codec import EventCodec
from hall.procurement.evaluation import Quota
from tests.committeebook import OWNER, PARTIES, CommitteeBook, expert, with_rules

CODEC = EventCodec(e.Event)
QUOTAS = (Quota("electrical", 2), Quota("civil", 1))
EXPERTS = tuple(
    replace(expert(f"e{n}"), specialities=("electrical",) if n in (3, 6, 8) else ("civil",) if n < 6 else ())
    for n in range(1, 11)
)
ELECTRICAL = {"e3", "e6", "e8"}


def faults(book: CommitteeBook, **lie: Any) -> list[str]:
    """What the verifier's own reckoning of the draw says of the story, with the drawn row changed."""
    rows = []
    for n, event in enumerate(book.events):
        kind, _, body = CODEC.encode(event)
        told = cast(dict[str, Any], body) | (lie if kind == "CommitteeDrawn" else {})
        party = told.get("party", "") if kind in ("CommitteeCommitted", "CommitteeRevealed") else "system"
        rows.append(Fact(n, "evaluation/T-1", n + 1, n, f"{party}:x", "", kind, told, None, True))
    return list(drawn(Case(cast(Any, None), History(facts=rows), {})))


def sitting(book: CommitteeBook) -> list[str]:
    return [one.party for one in book.state.active]


def test_clause_5_4_2_each_speciality_has_its_seats_and_who_leaves_is_followed_by_the_same() -> None:
    book = CommitteeBook(with_rules(quotas=QUOTAS, representatives=0)).listed(EXPERTS).drawn()
    assert len(sitting(book)) == 5
    assert len(ELECTRICAL & set(sitting(book))) >= 2
    assert faults(book) == []
    leaves = next(one for one in book.state.active if one.party in ELECTRICAL)
    [left] = book.says(book.seat(leaves.number), "leave_seat", reason="与投标人有合作")
    spare = ELECTRICAL - {one.party for one in book.state.members[:5]}
    assert left.next is None or left.next.party in spare or len(ELECTRICAL & set(sitting(book))) >= 2
    assert faults(book) == []


def test_clause_5_4_2_somebody_called_past_a_speciality_is_found() -> None:
    book = CommitteeBook(with_rules(quotas=QUOTAS, representatives=0)).listed(EXPERTS).drawn()
    done = next(one for one in book.events if isinstance(one, e.CommitteeDrawn))
    first = [{"number": n, "kind": "expert", "party": party} for n, party in enumerate(done.order[:5], 1)]
    fair = [one.party for one in done.called] == list(done.order[:5])
    others = [{**one, "party": done.order[-1]} if one["number"] == 5 else one for one in first]
    assert any("others were called" in one for one in faults(book, called=others if fair else first))


def test_clause_5_4_2_no_draw_without_enough_of_a_speciality() -> None:
    few = tuple(replace(one, specialities=("civil",)) for one in EXPERTS)
    book = CommitteeBook(with_rules(quotas=QUOTAS, representatives=0)).listed(few)
    assert book.refuses(OWNER, "open_committee_draw", parties=list(PARTIES)) == "too_few_of_speciality"


def test_seats_that_no_speciality_needs_go_by_the_order_alone() -> None:
    skills = {"a": (), "b": ("x",), "c": (), "d": ("x",), "f": ("x",)}
    order = ("a", "c", "b", "d", "f")
    assert called(order, skills, (Quota("x", 2),), seated=(), seats=3) == ("a", "b", "d")
    assert called(order, skills, (Quota("x", 2),), seated=("f",), seats=2) == ("a", "b")
    assert called(order, skills, (), seated=(), seats=2) == ("a", "c")
    assert called(order, skills, (Quota("y", 1),), seated=(), seats=1) == ()
