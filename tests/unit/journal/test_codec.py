"""The codec gives back exactly what was appended, and refuses whatever it can't have written."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import JournalCorrupt
from hall.journal.codec import EventCodec
from hall.procurement import canonical
from hall.session import events

BidderId = NewType("BidderId", str)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    label: str | None


@dataclass(frozen=True, slots=True)
class Painted:
    bidder: BidderId
    colour: Colour
    final: bool
    points: tuple[Point, ...]
    tags: tuple[tuple[str, ...], ...]
    nearest: Point | None


@dataclass(frozen=True, slots=True)
class Moved:
    version: ClassVar[int] = 3
    to: str
    speed: int


CODEC = EventCodec(
    (Painted, Moved),
    {
        ("Moved", 1): lambda body: {"to": body["target"]},
        ("Moved", 2): lambda body: {**body, "speed": 0},
    },
)
SAMPLE = Painted(BidderId("b1"), Colour.BLUE, True, (Point(1, None), Point(-2, "二")), (("a",), ()), None)

points = st.builds(Point, x=st.integers(-(2**53) + 1, 2**53 - 1), label=st.none() | st.text())
painted = st.builds(
    Painted,
    bidder=st.text(),
    colour=st.sampled_from(Colour),
    final=st.booleans(),
    points=st.lists(points).map(tuple),
    tags=st.lists(st.lists(st.text()).map(tuple)).map(tuple),
    nearest=st.none() | points,
)


@given(painted)
def test_what_is_decoded_is_what_was_encoded(event: Painted) -> None:
    kind, version, body = CODEC.encode(event)
    assert (kind, version) == ("Painted", 1)
    assert CODEC.decode(kind, version, canonical.loads(canonical.dumps(body))) == event  # type: ignore[arg-type]  # loads gives object


def test_a_body_holds_plain_values_only() -> None:
    assert CODEC.encode(SAMPLE)[2] == {
        "bidder": "b1",
        "colour": "blue",
        "final": True,
        "points": [{"x": 1, "label": None}, {"x": -2, "label": "二"}],
        "tags": [["a"], []],
        "nearest": None,
    }


@pytest.mark.parametrize(
    ("change", "field_name"),
    [
        ({"extra": 1}, ""),
        ({"final": 1}, "final"),
        ({"final": None}, "final"),
        ({"bidder": 7}, "bidder"),
        ({"colour": "green"}, "colour"),
        ({"colour": 1}, "colour"),
        ({"points": {}}, "points"),
        ({"points": [{"x": True, "label": None}]}, "points.[0].x"),
        ({"points": [{"x": 1, "label": None}, {"x": 1}]}, "points.[1]"),
        ({"tags": [["a"], [1]]}, "tags.[1].[0]"),
        ({"nearest": []}, "nearest"),
    ],
)
def test_a_body_that_is_not_exactly_the_event_is_corruption(
    change: dict[str, object], field_name: str
) -> None:
    body = {**CODEC.encode(SAMPLE)[2], **change}
    with pytest.raises(JournalCorrupt) as caught:
        CODEC.decode("Painted", 1, body)
    assert caught.value.code == "event_malformed"
    assert caught.value.facts["field"] == field_name


def test_a_missing_key_is_corruption() -> None:
    body = CODEC.encode(SAMPLE)[2]
    del body["nearest"]
    with pytest.raises(JournalCorrupt, match="nearest"):
        CODEC.decode("Painted", 1, body)


def test_unknown_kinds_and_versions_are_corruption() -> None:
    with pytest.raises(JournalCorrupt, match="event_unknown"):
        CODEC.decode("Vanished", 1, {})
    for version in (0, 4):
        with pytest.raises(JournalCorrupt, match="event_version_unknown"):
            CODEC.decode("Moved", version, {"to": "a", "speed": 1})


def test_old_versions_are_lifted_step_by_step() -> None:
    assert CODEC.encode(Moved("a", 1))[1] == 3
    assert CODEC.decode("Moved", 1, {"target": "a"}) == Moved("a", 0)
    assert CODEC.decode("Moved", 2, {"to": "a"}) == Moved("a", 0)
    assert CODEC.decode("Moved", 3, {"to": "a", "speed": 5}) == Moved("a", 5)


def test_an_event_with_a_wrong_field_is_the_callers_fault() -> None:
    with pytest.raises(TypeError, match=r"Painted\.points\.\[0\]\.x"):
        CODEC.encode(Painted(BidderId("b"), Colour.RED, True, (Point("1", None),), (), None))  # type: ignore[arg-type]  # that is the point
    with pytest.raises(TypeError, match=r"Moved\.speed"):
        CODEC.encode(Moved("a", True))
    with pytest.raises(TypeError, match="Point is no event"):
        CODEC.encode(Point(1, None))


def test_a_class_that_cant_be_translated_is_refused_at_once() -> None:
    @dataclass(frozen=True)
    class Floating:
        value: float

    @dataclass
    class Soft:
        value: str

    @dataclass(frozen=True)
    class Derived:
        value: str = field(init=False)

    for cls in (Floating, Soft, Derived):
        with pytest.raises(TypeError):
            EventCodec((cls,))
    with pytest.raises(TypeError, match="two events"):
        EventCodec((Moved, Moved))


def test_a_class_may_refuse_its_own_fields() -> None:
    codec = EventCodec(events.Event)
    with pytest.raises(JournalCorrupt) as caught:
        codec.decode(
            "ObjectionsClosed", 1, {"lot": "1", "act": {**_ACT, "body": "{}", "body_digest": "00" * 32}}
        )
    assert caught.value.facts["field"] == "act"


def test_every_event_of_an_opening_has_a_form() -> None:
    codec = EventCodec(events.Event)
    event = codec.decode("ObjectionsClosed", 1, {"lot": "1", "act": _ACT})
    assert codec.encode(event) == ("ObjectionsClosed", 1, {"lot": "1", "act": _ACT})
    assert len(codec.kinds) == len(events.Event.__args__)


_ACT: dict[str, object] = {
    "type": "close_objections",
    "origin": "hall.example",
    "tender": "t",
    "lot": "1",
    "opening": "o",
    "deadline": 5,
    "epoch": 0,
    "manifest": "00" * 32,
    "tree_size": 0,
    "tree_root": "00" * 32,
    "certificate": "11" * 32,
    "server_nonce": "22" * 16,
    "client_nonce": "33" * 16,
    "body": None,
    "body_digest": "44" * 32,
    "signature": "",
}
