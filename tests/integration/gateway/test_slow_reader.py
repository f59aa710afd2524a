"""Who does not read is dropped; it may cost memory for a moment, and never the others."""

from __future__ import annotations

import asyncio

import pytest

from hall.gateway import fanout
from tests.integration.gateway.own_channel import OwnChannel, own_channel


async def overwhelm(own: OwnChannel, sid: str, message: object, most: int) -> int:
    """Tell a reader that has stopped reading until it is dropped; give after how many messages that was."""
    for sent in range(most):
        own.channel.broadcast([sid], "update", message)
        await asyncio.sleep(0)
        if dict(own.gone).get(sid) is not None:
            return sent
    raise AssertionError(f"still there after {most} messages")


async def test_a_reader_with_a_megabyte_unread_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "MAX_WAITING", 1 << 30)
    async with own_channel() as own, own.peer() as peer:
        peer.transport.pause_reading()
        assert await overwhelm(own, peer.sid, {"picture": "x" * 100_000}, most=2_000) > 10
        assert not await own.until_gone(peer.sid)


async def test_a_reader_with_too_many_messages_unread_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "MAX_BYTES", 1 << 40)
    async with own_channel() as own, own.peer() as peer:
        peer.transport.pause_reading()
        assert await overwhelm(own, peer.sid, {"picture": "x" * 50_000}, most=2_000) > fanout.MAX_WAITING
        assert not await own.until_gone(peer.sid)


async def test_a_reader_that_was_only_slow_gets_all_of_it_in_order() -> None:
    async with own_channel() as own, own.peer() as slow:
        slow.transport.pause_reading()
        for n in range(200):
            own.channel.broadcast([slow.sid], "update", {"n": n, "picture": "x" * 20_000})
        slow.transport.resume_reading()
        assert [(await slow.event())[1]["n"] for _ in range(200)] == list(range(200))
        assert own.gone == []


async def test_a_reader_that_stopped_costs_the_others_nothing() -> None:
    async with own_channel() as own, own.peer() as stopped, own.peer() as reader:
        stopped.transport.pause_reading()
        n = 0
        while own.gone == []:
            own.channel.broadcast([stopped.sid, reader.sid], "update", {"n": n, "picture": "x" * 100_000})
            assert (await reader.event())[1]["n"] == n
            n += 1
        assert own.here == [reader.sid]


async def test_half_a_character_stops_nobodys_news() -> None:
    async with own_channel() as own, own.peer() as peer:
        own.channel.broadcast([peer.sid], "update", {"text": "好\ud800"})
        assert await peer.event() == ["update", {"text": "好?"}]


async def test_who_is_gone_or_was_never_there_is_no_error() -> None:
    async with own_channel() as own:
        async with own.peer() as peer:
            pass
        await own.until_gone(peer.sid)
        own.channel.broadcast([peer.sid, "nobody"], "update", {})
