"""Until the bidders are announced nobody learns who or how many are there (Bidding Law 22, clause 5.3.2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.secrecy.test_before_the_release import bids
from tests.integration.secrecy.visitors import STAFF, House, Visitor, house

pytestmark = pytest.mark.timeout(300)

OUTSIDER = "b4"
OTHERS = ("b1", "b2", "b3")


async def read(one: Visitor) -> dict[str, Any]:
    """What the hall tells over HTTP about the tender and the opening."""
    tender = one.card.tender
    answers: dict[str, Any] = {}
    for path in ("/api/hall", f"/api/tenders/{tender}"):
        shown = await one.hall.get(path)
        # Hall time runs on by itself.
        answers[path] = {k: v for k, v in shown.items() if k != "now"} if isinstance(shown, dict) else shown
    return answers


async def settled(place: House) -> None:
    for one in place.visitors.values():
        await one.beats(2)


async def test_the_hall_tells_the_same_whether_nobody_or_three_others_have_come(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with house(tmp_path / "hall", tmp_path_factory.mktemp("clips")) as place:
        for who in (*STAFF, OUTSIDER):
            await place.enter(who)
        await place.visitors["host"].publish(place.clips)
        await settled(place)
        observers = dict(place.visitors)
        before = {
            who: (one.screen(), len(one.live.updates), await read(one)) for who, one in observers.items()
        }

        for who in OTHERS:
            one = await place.enter(who)
            await bids(one, tmp_path)
        await place.visitors["b1"].publish(place.clips)
        await settled(place)

        # The others see their own doings, so the hall did speak.
        assert all(place.visitors[who].view.signed_in for who in OTHERS)
        assert all(place.visitors[who].live.updates for who in OTHERS)
        for who, one in observers.items():
            screen, told, answers = before[who]
            assert one.screen() == screen, who
            assert len(one.live.updates) == told, who
            assert await read(one) == answers, who
            heard = json.dumps([one.live.updates, one.live.beats, one.screen()], ensure_ascii=False)
            for other in OTHERS:
                assert f"bidder-{other}" not in heard, who
                assert f'"{other}"' not in heard, who
            assert {tuple(sorted(beat)) for beat in one.live.beats} == {("n", "now")}, who
