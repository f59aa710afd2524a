"""Planning appends: places, links and conflicts; and a replay that accepts exactly what was planned."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import JournalCorrupt, Unavailable
from hall.journal.ledger import (
    Batch,
    Checker,
    Entry,
    Ledger,
    Link,
    NonceKey,
    Placed,
    Request,
    Stored,
    row_object,
)
from hall.journal.writer import row_values
from hall.procurement import canonical

SALTS = itertools.count(1)
TENDER_OF = {"opening/a": "T", "opening/b": "T", "tendering/U": "U"}


def salt() -> bytes:
    return next(SALTS).to_bytes(16, "big")


def batch(ledger: Ledger, answered: frozenset[NonceKey] = frozenset()) -> Batch:
    return Batch(ledger, answered.__contains__, salt)


def entry(text: str = "x", nonce: str = "", actor: str = "a") -> Entry:
    return Entry(5, actor, nonce, "Noted", 1, {"text": text})


def request(stream: str, expected_seq: int, *entries: Entry) -> Request:
    return Request(TENDER_OF[stream], stream, expected_seq, entries)


def link(placed: Placed) -> Link:
    row = placed.row
    return Link(row.tree_index, row.stream, row.seq, row.leaf)


def stored(placed: Placed) -> Stored:
    return Stored(**row_values(placed))  # type: ignore[arg-type]  # the table's columns by name


def adopt(ledger: Ledger, planned: Batch) -> None:
    for placed in planned.rows:
        ledger.adopt(placed)


requests = st.builds(
    lambda stream, expected, nonces: request(stream, expected, *(entry(nonce=nonce) for nonce in nonces)),
    st.sampled_from(sorted(TENDER_OF)),
    st.integers(0, 6),
    st.lists(st.sampled_from(["", "n1", "n2", "n3"]), max_size=3),
)


@given(st.lists(st.lists(st.lists(requests, min_size=1, max_size=2), max_size=4), max_size=8))
def test_whatever_is_planned_replays_and_a_refused_plan_leaves_no_trace(
    work: list[list[list[Request]]],
) -> None:
    ledger, history, answers = Ledger(), list[Placed](), set[NonceKey]()
    for together in work:
        planned = batch(ledger, frozenset(answers))
        for unit in together:
            before = (list(planned.rows), list(planned.answers))
            try:
                planned.place(unit)
            except Unavailable:
                assert (planned.rows, planned.answers) == before
        keys = [answer.key for answer in planned.answers]
        assert len(set(keys)) == len(keys)
        assert answers.isdisjoint(keys)
        adopt(ledger, planned)
        history += planned.rows
        answers.update(keys)
    again = Ledger()
    # Rows of different tenders may be read in any order: each tender has its own tree.
    in_order = sorted(history, key=lambda placed: (placed.tender, placed.row.tree_index))
    for tender in set(TENDER_OF.values()):
        again.follow(tender, [link(placed) for placed in in_order if placed.tender == tender])
    checker = Checker(again)
    for placed in in_order:
        checker.check(stored(placed))
    assert again.heads == ledger.heads
    for tender in ("T", "U"):
        assert again.tree(tender).root() == ledger.tree(tender).root()
        count = sum(placed.tender == tender for placed in history)
        assert [p.row.tree_index for p in history if p.tender == tender] == list(range(count))


def test_an_answer_spans_the_rows_of_its_command() -> None:
    planned = batch(Ledger())
    planned.place(
        [request("opening/a", 0, entry(), entry(nonce="n1"), entry(nonce="n1"), entry(nonce="n1", actor="b"))]
    )
    assert [tuple(answer) for answer in planned.answers] == [
        (("opening/a", "a", "n1"), 2, 3),
        (("opening/a", "b", "n1"), 4, 4),
    ]


def test_a_plan_is_not_true_before_it_is_adopted() -> None:
    ledger = Ledger()
    batch(ledger).place([request("opening/a", 0, entry())])
    assert ledger.heads == {}
    assert ledger.tree("T").size == 0
    assert len(batch(ledger).place([request("opening/a", 0, entry())])) == 1


def test_a_conflict_in_the_second_append_takes_the_first_back() -> None:
    planned = batch(Ledger())
    with pytest.raises(Unavailable, match="journal_conflict"):
        planned.place([request("opening/a", 0, entry()), request("opening/b", 7, entry())])
    assert planned.rows == []
    ((row,),) = planned.place([request("opening/b", 0, entry())])
    assert (row.seq, row.tree_index) == (1, 0)


def three_rows() -> list[Placed]:
    planned = batch(Ledger())
    planned.place([request("opening/a", 0, entry(), entry(), entry())])
    return planned.rows


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tree_index": 4}, "row_missing"),
        ({"tree_index": 1}, "row_missing"),
        ({"seq": 4}, "sequence_broken"),
        ({"stream": "opening/b"}, "sequence_broken"),
        ({"leaf": "00" * 31}, "leaf_mismatch"),
        ({"leaf": "no hexadecimal number"}, "leaf_mismatch"),
    ],
)
def test_a_row_that_does_not_follow_is_corruption(changes: dict[str, Any], code: str) -> None:
    first, second, last = map(link, three_rows())
    again = Ledger()
    with pytest.raises(JournalCorrupt) as caught:
        again.follow("T", [first, second, last._replace(**changes)])
    assert caught.value.code == code
    with pytest.raises(JournalCorrupt, match="row_missing"):
        again.follow("U", [last])
    assert (again.size, again.heads) == (0, {})
    again.follow("T", [first, second, last])
    with pytest.raises(JournalCorrupt, match="sequence_broken"):
        again.follow("U", [first])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"prev": "00" * 32}, "predecessor_mismatch"),
        ({"leaf": "00" * 32}, "leaf_mismatch"),
        ({"body": '{"text":"y"}'}, "leaf_mismatch"),
        ({"body": '{"text": "x"}'}, "leaf_mismatch"),
        ({"body": "{"}, "leaf_mismatch"),
        ({"received_at": 6}, "leaf_mismatch"),
        ({"actor": "b"}, "leaf_mismatch"),
        ({"nonce": "n"}, "leaf_mismatch"),
        ({"kind": "Counted"}, "leaf_mismatch"),
        ({"version": 2}, "leaf_mismatch"),
        ({"salt": bytes(16)}, "leaf_mismatch"),
        ({"tree_index": 1}, "leaf_mismatch"),
        ({"tree_index": 3}, "leaf_mismatch"),
        ({"tender": "U"}, "leaf_mismatch"),
    ],
)
def test_a_row_that_is_not_the_one_that_was_appended_is_corruption(
    changes: dict[str, Any], code: str
) -> None:
    rows, ledger = three_rows(), Ledger()
    for placed in rows:
        ledger.adopt(placed)
    checker = Checker(ledger)
    for placed in rows[:2]:
        checker.check(stored(placed))
    with pytest.raises(JournalCorrupt) as caught:
        checker.check(stored(rows[2])._replace(**changes))
    assert caught.value.code == code
    checker.check(stored(rows[2]))


@given(st.text(), st.text(), st.text(), st.text())
def test_a_row_is_hashed_as_the_canonical_json_of_its_object(
    text: str, actor: str, nonce: str, kind: str
) -> None:
    planned = batch(Ledger())
    planned.place([request("opening/a", 0, replace(entry(text, nonce, actor), kind=kind))])
    (placed,) = planned.rows
    assert stored(placed).hashed() == canonical.dumps(row_object(placed.row))
