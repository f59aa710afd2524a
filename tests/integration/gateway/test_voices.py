"""Who speaks is told to those who may watch them, and nothing betrays the others (Bidding Law 22)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from hall.gateway import voices
from hall.gateway.voices import Voices
from hall.procurement.parties import Actor
from hall.runtime.desk import Desk
from hall.runtime.speaking import Speaking
from hall.session import commands as c
from tests.playbook import HOST, MIDNIGHT, SUPERVISOR, Playbook, bidder

B1, B2 = bidder("b1"), bidder("b2")
VIEWERS: dict[str, Actor] = {"host": HOST, "supervisor": SUPERVISOR, "b1": B1, "b2": B2}


class Room:
    """One opening with four viewers, and what each of them was told."""

    def __init__(self) -> None:
        self.play = Playbook().at(MIDNIGHT)
        for name in ("b1", "b2", "b3"):
            self.play.sign_in(name)
        self.speaking = Speaking()
        live = SimpleNamespace(room=SimpleNamespace(state=self.play.state), speaking=self.speaking)
        self._live = live
        registry: Any = SimpleNamespace(opening=lambda _: live)
        other: Any = None
        self.told: list[tuple[str, list[str]]] = []
        self._news = asyncio.Event()
        self.voices = Voices(
            Desk(registry, other, other, other, other, other, other, other, "", "hall.example"), self._send
        )
        for sid, actor in VIEWERS.items():
            self.voices.join(sid, "O-1", actor)

    async def _send(self, sid: str, participants: list[str]) -> None:
        self.told.append((sid, participants))
        self._news.set()

    def announce(self) -> None:
        self.play.at(self.play.state.scheduled.bid_deadline)
        self.play.hall(c.HandOverDeposits("ef" * 32, self.play.deposits("b1", "b2", "b3")))
        self.play.says(HOST, "announce_bidders")
        self._live.room.state = self.play.state

    async def says(self, participant: str, *, speaks: bool = True) -> None:
        """A voice is heard; the round that it causes, if any, is over."""
        self.speaking.heard(participant, speaks=speaks)
        for _ in range(20):
            await asyncio.sleep(0)

    async def until_told(self, count: int) -> list[tuple[str, list[str]]]:
        async with asyncio.timeout(10):
            while len(self.told) < count:
                self._news.clear()
                await self._news.wait()
        return self.told


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    yield room
    await room.voices.stop()


async def test_before_the_announcement_a_bidders_voice_tells_nobody_and_delays_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    # After a round that told somebody, the next would be an hour away.
    monkeypatch.setattr(voices, "BUNDLE", 3600)
    await room.says("bidder-b1")
    await room.says("bidder-b1", speaks=False)
    await room.says("bidder-b2")
    assert room.told == []
    await room.says("host")
    assert room.told == [(sid, ["host"]) for sid in VIEWERS]


async def test_after_it_who_may_watch_a_bidder_is_told_and_no_other_bidder(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "BUNDLE", 0)
    room.announce()
    await room.says("bidder-b1")
    await room.says("bidder-b1", speaks=False)
    assert room.told == [(s, p) for p in (["bidder-b1"], []) for s in ("host", "supervisor")]


async def test_voices_within_a_quarter_of_a_second_make_one_message(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.announce()
    await room.says("bidder-b1")
    for name in ("bidder-b2", "bidder-b3", "host"):
        await room.says(name)
    assert [one for one in room.told if one[0] == "supervisor"] == [("supervisor", ["bidder-b1"])]
    told = await room.until_told(6)
    everybody = ["bidder-b1", "bidder-b2", "bidder-b3", "host"]
    assert dict(told[2:]) == {"host": everybody, "supervisor": everybody, "b1": ["host"], "b2": ["host"]}


async def test_who_joins_is_told_who_speaks_and_who_left_is_not(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "BUNDLE", 0)
    await room.says("host")
    room.told.clear()
    room.voices.leave("b2", "O-1")
    room.voices.join("b1", "O-1", B1)
    await room.says("host", speaks=False)
    assert [sid for sid, _ in room.told] == ["host", "supervisor"]
    await room.says("host")
    assert room.told[2:] == [(sid, ["host"]) for sid in ("host", "supervisor", "b1")]


async def test_a_lost_worker_silences_everybody(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "BUNDLE", 0)
    await room.says("host")
    room.speaking.hush()
    assert await room.until_told(8) == [(sid, p) for p in (["host"], []) for sid in VIEWERS]
