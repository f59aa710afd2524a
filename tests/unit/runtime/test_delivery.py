"""What streams owe each other is delivered, whatever else fails beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hall.clock import HallClock
from hall.errors import Unavailable
from hall.runtime import delivery as delivering
from hall.runtime.delivery import Delivery
from hall.runtime.matter import Owed, Procedure, States


class Around:
    """A tender whose lines owe what a test says, and note what arrived."""

    tender = "T-1"

    def __init__(self) -> None:
        self.owes: dict[str, list[str]] = {}
        self.arrived: list[str] = []
        self.tries: dict[str, int] = {}
        self.happened = asyncio.Event()

    def states(self) -> States:
        return States(self.tender, None, None)

    async def submit(self, matter: str, command: Any) -> None:
        raise NotImplementedError

    def line(self, name: str, fails: Callable[[int], Exception | None] = lambda tries: None) -> Owed:
        """A line of the table; fails(tries): what its delivery raises."""

        async def do(procedure: Procedure, what: Any) -> None:
            self.tries[name] = self.tries.get(name, 0) + 1
            self.happened.set()
            if (error := fails(self.tries[name])) is not None:
                raise error
            self.owes[name].remove(what)
            self.arrived.append(what)

        return Owed(name, lambda states: next(iter(self.owes.get(name, [])), None), do)

    async def until(self, wished: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not wished():
                self.happened.clear()
                await self.happened.wait()


@asynccontextmanager
async def delivered(around: Around, *table: Owed) -> AsyncIterator[Delivery]:
    one = Delivery(around, table, HallClock())
    try:
        yield one
    finally:
        await one.close()


async def test_a_fault_of_the_program_is_told_with_its_traceback_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(delivering, "RETRY_AFTER", 0.001)
    around = Around()
    around.owes = {"award": ["paper"]}
    line = around.line("award", lambda tries: KeyError("a fault") if tries < 3 else None)
    async with delivered(around, line) as one:
        one.take_up()
        await around.until(lambda: around.arrived == ["paper"])
    assert around.tries["award"] == 3
    assert "Traceback" in caplog.text
    assert "award in T-1 could not be delivered" in caplog.text


async def test_one_that_always_fails_holds_no_other_up() -> None:
    around = Around()
    around.owes = {"first": ["a"], "letters": ["b", "c"]}
    first, letters = around.line("first", lambda tries: ValueError("never")), around.line("letters")
    async with delivered(around, first, letters) as one:
        one.take_up()
        await around.until(lambda: around.arrived == ["b", "c"])
        around.owes["letters"].append("d")
        one.take_up()
        await around.until(lambda: around.arrived == ["b", "c", "d"])
        assert one.busy
    assert around.tries["first"] == 1, "its pause goes on, whatever else happens"


async def test_a_line_that_can_not_say_what_it_owes_holds_no_other_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(states: States) -> None:
        raise ZeroDivisionError

    around = Around()
    around.owes = {"letters": ["a"]}
    bad = around.line("bad")
    async with delivered(around, Owed("bad", broken, bad.do), around.line("letters")) as one:
        one.take_up()
        await around.until(lambda: around.arrived == ["a"])
        assert one.busy
    assert "ZeroDivisionError" in caplog.text


async def test_pauses_grow_up_to_their_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "RETRY_AFTER", 0.001)
    monkeypatch.setattr(delivering, "MOST_PAUSE", 0.008)
    pauses: list[float] = []
    found = Delivery._pause

    def noted(self: Delivery, due: Any) -> float:
        pauses.append(self._failed["away"].pause)
        return found(self, due)

    monkeypatch.setattr(Delivery, "_pause", noted)
    around = Around()
    around.owes = {"away": ["a"]}
    line = around.line("away", lambda tries: Unavailable("tsa_away") if tries < 7 else None)
    async with delivered(around, line) as one:
        one.take_up()
        await around.until(lambda: around.arrived == ["a"])
    assert sorted(set(pauses)) == [0.001, 0.002, 0.004, 0.008]


async def test_what_is_owed_anew_is_tried_at_once() -> None:
    """It was refused on the state that it met; a change may have mended that."""
    around = Around()
    around.owes = {"notice": ["old"]}
    line = around.line("notice", lambda tries: Unavailable("not_yet") if tries == 1 else None)
    async with delivered(around, line) as one:
        one.take_up()
        await around.until(lambda: around.tries == {"notice": 1})
        around.owes["notice"] = ["new"]
        one.take_up()
        await around.until(lambda: around.arrived == ["new"])


async def test_what_is_owed_still_after_its_delivery_does_not_keep_the_hall_busy(
    caplog: pytest.LogCaptureFixture,
) -> None:
    around = Around()
    around.owes = {"letters": ["b"]}

    async def nothing(procedure: Procedure, what: Any) -> None:
        around.tries["lost"] = around.tries.get("lost", 0) + 1

    async with delivered(around, Owed("lost", lambda states: "same", nothing), around.line("letters")) as one:
        one.take_up()
        await around.until(lambda: around.arrived == ["b"])
    assert around.tries["lost"] == 1
    assert "lost in T-1 is owed still" in caplog.text
