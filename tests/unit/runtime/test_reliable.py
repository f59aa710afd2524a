"""Each check of the reliable test names its own broken part, and the others are looked at all the same (4.8 a)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hall.errors import Refused, Unavailable
from hall.runtime.health import Health, Trouble
from hall.runtime.ports import Row
from hall.runtime.reliable import ReliableTest
from hall.session import commands as c
from tests.playbook import DEADLINE, OWNER, Playbook, plan
from tests.unit.runtime.test_faults import Tape
from tests.unit.runtime.test_room import Stage as Theatre

NAMES = ("journal", "storage", "clock", "recorder", "sealing", "call")


class Outer:
    """All parts of the hall that the test looks at, sound until one is broken."""

    def __init__(self, theatre: Theatre) -> None:
        self.theatre = theatre
        self.broken = ""
        self.tape = Tape()

    async def checkpoints(self, tender: str) -> list[Any]:
        return []

    async def rows(self, tender: str, after_index: int = -1) -> Sequence[Row]:
        return [] if self.broken == "journal" else await self.theatre.journal.rows(tender, after_index)

    async def rehash(self, sha256: str) -> str:
        return sha256

    async def loop_back(self, at_ms: int) -> None:
        if self.broken == "sealing":
            raise Refused("bad_signature")

    async def test_call(self) -> None:
        if self.broken == "call":
            raise Unavailable("test_call_failed")


@pytest_asyncio.fixture
async def outer(tmp_path: Path) -> AsyncIterator[tuple[Outer, ReliableTest, Health]]:
    theatre = Theatre()
    await theatre.room.open()
    await theatre.says(c.ScheduleOpening(plan()))
    theatre.clock.pass_ms(DEADLINE - theatre.clock.now())
    parts: Any = Outer(theatre)
    health = Health(theatre.clock, tmp_path / "heartbeat", networks=lambda: None)
    test = ReliableTest(
        theatre.room,
        theatre.clock,
        health,
        journal=parts,
        sealed=parts,
        opener=parts,
        media=parts,
        recordings=parts.tape,
    )
    yield parts, test, health
    await theatre.room.close()


async def test_a_sound_hall_passes_all_six(outer: tuple[Outer, ReliableTest, Health]) -> None:
    _, test, _ = outer
    checks = await test.run()
    assert {check.name: check.passed for check in checks} == dict.fromkeys(NAMES, True)
    details = {check.name: check.detail for check in checks}
    # before the announcement the form betrays nobody
    assert (details["storage"], details["recorder"]) == ("all ciphertexts intact", "a recording is written")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("journal", "the appended row is not in the store"),
        ("clock", "the machine's clock stepped: 5000 ms"),
        ("recorder", "nobody's recording is written"),
        ("sealing", "bad_signature"),
        ("call", "test_call_failed"),
    ],
)
async def test_clause_4_8_a_a_broken_part_fails_its_own_line_and_no_other(
    outer: tuple[Outer, ReliableTest, Health], part: str, said: str
) -> None:
    parts, test, health = outer
    parts.broken = part
    if part == "recorder":
        parts.tape.proof = None
    if part == "clock":
        health._tell(Trouble("clock_step", DEADLINE - 2_000, DEADLINE - 1_000, "5000 ms"))
    checks = await test.run()
    assert [check.name for check in checks if not check.passed] == [part]
    assert said in next(check.detail for check in checks if check.name == part)


async def test_clause_6_1_a_recording_named_by_the_project_owner_takes_the_recorders_place(
    outer: tuple[Outer, ReliableTest, Health],
) -> None:
    parts, test, _ = outer
    parts.tape.proof = None
    room, now = parts.theatre.room, parts.theatre.clock.now()
    book = Playbook().at(DEADLINE)
    book.recorder_writes = False
    named = book.command(OWNER, "name_recording", name="备用摄像机", place="档案室", reason="录像中断")
    await room.submit(named, received_at=now, actor=OWNER, nonce=named.act.client_nonce)
    (line,) = (check for check in await test.run() if check.name == "recorder")
    assert (line.passed, line.detail) == (True, "external-1, made elsewhere: 备用摄像机")
