"""Messages of the hall are read strictly for what a client needs, and a newer hall may say more."""

from __future__ import annotations

import pytest

from hall import wire
from hall.client.decode import decode
from hall.errors import Malformed

ENTRY = {"n": 1, "at": 2, "kind": "k", "lot": "", "subject": "", "detail": ""}


def test_more_keys_than_needed_are_no_harm() -> None:
    assert decode(wire.TimelineEntry, ENTRY | {"new": [1]}) == wire.TimelineEntry(1, 2, "k", "", "", "")


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ([], "TimelineEntry"),
        ({key: value for key, value in ENTRY.items() if key != "kind"}, "TimelineEntry.kind"),
        (ENTRY | {"at": "2"}, "TimelineEntry.at"),
        (ENTRY | {"at": True}, "TimelineEntry.at"),
        (ENTRY | {"detail": None}, "TimelineEntry.detail"),
    ],
)
def test_what_is_missing_or_of_another_type_is_named(message: object, field: str) -> None:
    with pytest.raises(Malformed) as caught:
        decode(wire.TimelineEntry, message)
    assert caught.value.facts == {"field": field}


def test_none_is_read_where_it_may_stand() -> None:
    shown = {"opened_at": 1, "closes_at": 2, "closed_at": None, "early": False}
    assert decode(wire.WindowView, shown).closed_at is None
    with pytest.raises(Malformed):
        decode(wire.WindowView, shown | {"closes_at": None})
