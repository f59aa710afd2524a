"""What a client knows grows by updates, never has holes, and never runs backwards."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hall import wire
from hall.client.decode import decode
from hall.client.follow import Known, follow
from tests.unit.client import openings as o
from tests.unit.client.people import someone

VIEW = o.view(someone("bidder"), someone("host"), None)


def entries(first: int, last: int) -> list[wire.TimelineEntry]:
    return [wire.TimelineEntry(n, o.NINE + n, "Kind", "", "", str(n)) for n in range(first, last)]


def update(cursor: int, last: int) -> wire.Update:
    return wire.Update(cursor, VIEW, entries(cursor, last))


def test_updates_in_order_add_up() -> None:
    known = follow(follow(Known(), update(0, 3)), update(3, 5))
    assert known == Known(VIEW, tuple(entries(0, 5)))


def test_a_gap_is_asked_for_and_not_papered_over() -> None:
    known = follow(follow(Known(), update(0, 3)), update(4, 5))
    assert (known.ask_from, len(known.timeline), known.view) == (3, 3, VIEW)
    assert follow(known, update(3, 5)) == Known(VIEW, tuple(entries(0, 5)))


def test_a_late_update_takes_nothing_away() -> None:
    known = follow(Known(), update(0, 5))
    assert follow(known, update(1, 3)) is known


def test_changes_build_on_the_version_before_them_and_on_no_other() -> None:
    known = follow(Known(), replace(update(0, 3), version=4))
    news = wire.Changes(5, 3, entries(3, 4), [wire.Change("stage", "opening")])
    taken = follow(known, news)
    assert taken == Known(replace(VIEW, stage="opening"), tuple(entries(0, 4)), None, 5)
    for stranger in (replace(news, version=4), replace(news, version=6)):
        assert follow(known, stranger) == replace(known, ask_from=3)
    assert follow(Known(), replace(news, version=1)) == Known(ask_from=0)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=20))
def test_the_timeline_is_always_a_true_beginning_of_the_halls(messages: list[tuple[int, int]]) -> None:
    known = Known()
    for first, second in messages:
        before = len(known.timeline)
        known = follow(known, update(min(first, second), max(first, second)))
        assert known.timeline == tuple(entries(0, len(known.timeline)))
        assert len(known.timeline) >= before


def test_views_survive_the_way_through_json() -> None:
    import json
    from dataclasses import asdict

    sent = update(0, 2)
    assert decode(wire.Update, json.loads(json.dumps(asdict(sent)))) == sent
