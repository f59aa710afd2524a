"""What can wait is done in turns, and packets go between."""

from __future__ import annotations

import asyncio

from hall.media.turns import Turns


async def turns_of_the_loop(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_work_waits_for_its_turn_and_others_come_between() -> None:
    turns, done = Turns(lambda: True), list[str]()
    for name in ("first", "second"):
        turns.later(lambda name=name: done.append(name))  # type: ignore[misc]
    assert done == []
    loop = asyncio.get_running_loop()
    loop.call_soon(done.append, "a packet")
    await turns_of_the_loop(3)
    assert done == ["first", "a packet", "second"]


async def test_work_that_makes_work_is_done_to_the_end() -> None:
    turns, done = Turns(lambda: True), list[str]()

    def work() -> None:
        done.append("work")
        turns.later(lambda: done.append("more"))

    turns.later(work)
    await turns_of_the_loop(3)
    turns.later(lambda: done.append("later"))
    await turns_of_the_loop(2)
    assert done == ["work", "more", "later"]


async def test_where_nobody_waits_for_packets_work_is_done_at_once() -> None:
    turns, done = Turns(lambda: False), list[str]()
    turns.later(lambda: done.append("work"))
    assert done == ["work"]
