"""Single pictures: the last one is shown while they come, and their recording ends when they don't."""

from __future__ import annotations

from hall.clock import ManualClock
from hall.media.pictures import Pictures


class Record:
    def __init__(self) -> None:
        self.told: list[str] = []

    def picture(self, jpeg: bytes, width: int, height: int) -> None:
        self.told.append(jpeg.decode())

    def clock_advanced(self) -> None:
        self.told.append("clock_advanced")

    def end(self, cause: str) -> None:
        self.told.append(f"end {cause}")


def test_pictures_are_shown_and_recorded_until_they_stay_away() -> None:
    clock, record = ManualClock(1_000), Record()
    pictures = Pictures(clock, lambda opening, participant: record)
    pictures.take("O1", "bidder-a", b"one", 640, 360)
    clock.pass_ms(2_000)
    pictures.take("O1", "bidder-a", b"two", 640, 360)
    still = pictures.still("O1", "bidder-a")
    assert still is not None
    assert (still.at_ms, still.keyframe, still.jpeg) == (3_000, 2, b"two")
    clock.pass_ms(10_000)
    pictures.tick()
    assert pictures.still("O1", "bidder-a") is not None
    clock.pass_ms(1)
    pictures.tick()
    assert pictures.still("O1", "bidder-a") is None
    assert record.told == ["one", "two", "end silent"]


def test_a_room_that_closes_ends_its_own_pictures_only() -> None:
    records: dict[str, Record] = {}
    pictures = Pictures(ManualClock(), lambda opening, participant: records.setdefault(opening, Record()))
    for opening in ("O1", "O2"):
        pictures.take(opening, "bidder-a", b"one", 640, 360)
    pictures.close_room("O1")
    assert pictures.still("O1", "bidder-a") is None
    assert pictures.still("O2", "bidder-a") is not None
    assert records["O1"].told == ["one", "end closed"]
