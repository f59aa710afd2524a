from __future__ import annotations

from hall.procurement.conflicts import Booking, Clash, all_clashes, clashes

MORNING = Booking("O-1", 0, 100, {"host-1": "王主持", "clerk-1": "李记录"}, "room-1")


def test_a_person_and_a_room_wanted_twice_at_once_clash() -> None:
    other = Booking("O-2", 99, 200, {"host-1": "王主持"}, "room-1")
    assert list(clashes(other, [MORNING])) == [
        Clash("person", "host-1", "王主持", "O-2", "O-1"),
        Clash("room", "room-1", "room-1", "O-2", "O-1"),
    ]


def test_one_opening_after_the_other_or_the_same_again_clashes_with_nothing() -> None:
    assert list(clashes(Booking("O-2", 100, 200, {"host-1": ""}, "room-1"), [MORNING])) == []
    assert list(clashes(MORNING, [MORNING])) == []


def test_openings_without_a_room_do_not_share_one() -> None:
    online = [Booking(f"O-{n}", 0, 100) for n in range(3)]
    assert all_clashes(online) == []


def test_every_clash_is_told_once_the_earlier_opening_first() -> None:
    late, later = (
        Booking("O-3", 50, 150, {}, "room-1"),
        Booking("O-4", 120, 180, {"host-1": "王主持"}, "room-1"),
    )
    assert all_clashes([later, MORNING, late]) == [
        Clash("room", "room-1", "room-1", "O-1", "O-3"),
        Clash("room", "room-1", "room-1", "O-3", "O-4"),
    ]
