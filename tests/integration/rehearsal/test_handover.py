"""Robots give their roles to the people who log in, and never take one back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from hall import tasks
from hall.client.api import Hall
from hall.client.keys import open_p12
from hall.client.live import Live
from hall.clock import HallClock
from hall.errors import NotPermitted
from hall.rehearsal.demo_ca import PASSWORD, DemoIdentity
from hall.rehearsal.plans import Plan, Player
from hall.rehearsal.robots import robot
from hall.rehearsal.stage import Scene, Stage

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

SCENE = Scene("T-1", "T-1", "工程", bidders=3, lead_ms=10 * 60_000)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("stage"), SCENE)
    await asyncio.to_thread(stage.prepare)
    try:
        await stage.open()
        yield stage
    finally:
        await stage.close()


def person(stage: Stage, identity: DemoIdentity) -> Hall:
    return Hall(stage.base, open_p12(identity.p12.read_bytes(), PASSWORD))


async def until(live: Live, true: Callable[[], bool]) -> None:
    """Wait for news until something is true; the test's own limit ends a wait in vain."""
    while not true():
        live.news.clear()
        await live.news.wait()


async def test_a_persons_login_silences_the_robot_and_leaves_its_deposit_to_the_person(stage: Stage) -> None:
    assert stage.pki is not None
    bidder = stage.pki.bidders[0]
    plan = Plan(stage.base, SCENE.tender, stage.directory / "robots", None, 1, 0.0, 0, ())
    player = Player("b1", "bidder", bidder.p12, PASSWORD)
    playing = tasks.start(robot(plan, player, HallClock()).play(), "robot")
    async with person(stage, bidder) as hall:
        await deposited(stage, playing)
        await hall.login()
        await playing  # the robot has left by itself
        (receipt,) = (await hall.tender(SCENE.tender)).mine
        statement = await hall.own_deposit(SCENE.tender, "1")
        assert statement.body_json()["sha256"] == receipt.sha256
        live = Live(hall, SCENE.opening, HallClock())
        keeping = tasks.start(live.run(), "person")
        await until(live, lambda: live.known.view is not None)
        await live.leave()
        assert await keeping == "left"


async def deposited(stage: Stage, playing: asyncio.Task[None]) -> None:
    """Look, as the first bidder's robot may, until its sealed bid lies in the hall."""
    assert stage.pki is not None
    async with person(stage, stage.pki.bidders[0]) as hall:
        await hall.login(robot=True)
        # There is nothing to be told of before one joins, so it asks.
        while not (await hall.tender(SCENE.tender)).mine:
            assert not playing.done(), "the robot has left without a deposit"
            await asyncio.sleep(0.1)


async def test_a_robot_is_turned_away_while_a_person_is_logged_in(stage: Stage) -> None:
    assert stage.pki is not None
    clerk = stage.pki.by_role("clerk")
    async with person(stage, clerk) as human, person(stage, clerk) as machine:
        await human.login()
        await machine.login(robot=True)
        live = Live(machine, SCENE.opening, HallClock(), robot=True)
        assert await live.run() == "handover"
        assert live.known.view is None


async def test_a_second_window_of_the_same_person_takes_over(stage: Stage) -> None:
    assert stage.pki is not None
    announcer = stage.pki.by_role("announcer")
    async with person(stage, announcer) as first, person(stage, announcer) as second:
        await first.login()
        await second.login()
        before = Live(first, SCENE.opening, HallClock())
        keeping = tasks.start(before.run(), "first window")
        await until(before, lambda: before.known.view is not None)
        with pytest.raises(NotPermitted, match="takeover_needed"):
            await Live(second, SCENE.opening, HallClock()).run()
        after = Live(second, SCENE.opening, HallClock(), take_over=True)
        other = tasks.start(after.run(), "second window")
        assert await keeping == "takeover"
        await until(after, lambda: after.known.view is not None)
        await after.leave()
        assert await other == "left"
