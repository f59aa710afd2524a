"""Who or what is wanted at two openings at once: pure, for whoever schedules one and for the centre's overview.

What may not live here: whether a clash forbids anything; the caller decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from hall.procurement.tender import HOUR

LASTS: Final = 4 * HOUR
"""How long an opening keeps its people and its room, ms from its deadline on, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Booking:
    """What an opening needs. begins, ends: ms UTC, the end not included; `people`: party → its name; `room`: "" where
    it is held in no room of the centre."""

    opening: str
    begins: int
    ends: int
    people: dict[str, str] = field(default_factory=dict)
    room: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """`what`: person or room; `who`: the party or the room; `opening`, `other`: the two that want it."""

    what: str
    who: str
    name: str
    opening: str
    other: str


def clashes(one: Booking, others: Iterable[Booking]) -> Iterator[Clash]:
    """What `one` wants that another opening has at an overlapping time."""
    for other in others:
        if other.opening == one.opening or not (one.begins < other.ends and other.begins < one.ends):
            continue
        for party in sorted(one.people.keys() & other.people.keys()):
            yield Clash("person", party, one.people[party], one.opening, other.opening)
        if one.room and one.room == other.room:
            yield Clash("room", one.room, one.room, one.opening, other.opening)


def all_clashes(bookings: Iterable[Booking]) -> list[Clash]:
    """Every clash once, the earlier opening first. Openings far apart are never compared."""
    found, live = list[Clash](), list[Booking]()
    for one in sorted(bookings, key=lambda booking: (booking.begins, booking.opening)):
        live = [other for other in live if other.ends > one.begins]
        found += [
            Clash(clash.what, clash.who, clash.name, clash.other, clash.opening)
            for clash in clashes(one, live)
        ]
        live.append(one)
    return found
