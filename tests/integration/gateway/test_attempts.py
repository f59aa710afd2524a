"""What a bidder's page tells of acts that failed in it, over the live line (clause 5.3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from hall.runtime.attempts import MOST
from tests.integration.gateway.conftest import Doors
from tests.integration.gateway.test_sockets import Window, connect, window

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def tells(page: Window, code: str, act: str = "sign_in", lot: str = "") -> dict[str, Any]:
    return await page.ask("attempt", {"lot": lot, "act": act, "code": code})


def refused(answer: dict[str, Any]) -> str:
    return str(answer["error"]["code"])


async def test_clause_5_3_3_what_fails_in_a_page_is_journalled_under_the_code_that_the_page_tells(
    doors: Doors,
) -> None:
    async with window(doors, "b1") as page:
        await connect(page)
        for code in ("wrong_password", "cancelled", "connection_lost"):
            assert await tells(page, code) == {"ok": {}}
        update = (await page.ask("join", {"cursor": 0}))["ok"]
        told = [one["detail"] for one in update["timeline"] if one["kind"] == "AttemptNoted"]
        assert told == ["wrong_password", "cancelled", "connection_lost"]
        room = doors.core.registry.opening("O1").room
        assert [(a.actor, a.told) for a in room.state.attempts] == [("bidder:b1", True)] * 3
        assert refused(await tells(page, "anything")) == "malformed_message"
        assert refused(await tells(page, "cancelled", act="say")) == "malformed_message"
        for _ in range(MOST - 5):
            await tells(page, "cancelled")
        assert refused(await tells(page, "cancelled")) == "too_many_questions"


async def test_clause_5_3_3_nobody_but_a_bidder_tells_of_a_bidders_attempts(doors: Doors) -> None:
    async with window(doors, "host") as page:
        await connect(page)
        assert refused(await tells(page, "wrong_password")) == "not_permitted"
