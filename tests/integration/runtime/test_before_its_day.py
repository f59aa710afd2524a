"""An opening before its day costs next to nothing: nobody is watched, no rooms of matters stay, nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hall import app
from hall.procurement.tender import DAY, HOUR
from hall.rehearsal.stage import shanghai
from hall.runtime import procedure as procedures
from hall.runtime.matter import Owed, Procedure, States
from hall.runtime.procedure import Procedures
from hall.session.rules import Stage
from tests.laid_out import AT, OPENING, TENDER
from tests.own_hall import own_hall, reopened

LATER = shanghai(AT + 3 * DAY)


async def test_after_a_start_what_is_owed_arrives_and_the_rooms_of_matters_are_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with own_hall(tmp_path, bid_deadline=LATER) as hall:
        assert hall.room.state.stage is Stage.SCHEDULED
    arrived, gone = list[str](), asyncio.Event()

    async def deliver(procedure: Procedure, what: str) -> None:
        arrived.append(procedure.tender)

    def owed(states: States) -> str | None:
        return "what a crash left" if states.tender == TENDER and not arrived else None

    let_go = Procedures._let_go

    async def noted(self: Procedures, one: Any) -> None:
        await let_go(self, one)
        gone.set()

    monkeypatch.setattr(app, "OWED", (*app.OWED, Owed("left behind", owed, deliver)))
    monkeypatch.setattr(Procedures, "_let_go", noted)
    monkeypatch.setattr(procedures, "_FIRST_LOOK", 0.0)
    async with reopened(hall, HOUR) as again:
        async with asyncio.timeout(30):
            await gone.wait()
        assert arrived == [TENDER]
        assert TENDER not in again.core.procedures._open
        assert again.core.registry.openings[OPENING].attendance._task is None


async def test_its_day_comes_after_a_start_as_it_would_have_without(tmp_path: Path) -> None:
    async with own_hall(tmp_path, bid_deadline=LATER) as hall:
        pass
    async with reopened(hall, HOUR) as again:
        assert again.room.state.stage is Stage.SCHEDULED
        again.after(3 * DAY)
        await again.until("DepositsHandedOver")
        assert again.core.registry.tendering(TENDER).state.closed is not None


async def test_rooms_that_somebody_is_answered_in_are_not_let_go(tmp_path: Path) -> None:
    async with own_hall(tmp_path, bid_deadline=LATER) as hall:
        matters = hall.core.procedures
        procedure = await matters.procedure(TENDER)
        async with asyncio.timeout(30):
            while not procedure.quiet:  # noqa: ASYNC110  # rooms tell nobody that they rest
                await asyncio.sleep(0)
        with procedure.rooms["registration"].reserved(hall.clock.now()):
            await matters._let_go(procedure)
            assert TENDER in matters._open
        await matters._let_go(procedure)
        assert TENDER not in matters._open
