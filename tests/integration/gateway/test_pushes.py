"""Rounds of news: each viewer hears of its own view alone, at most once in a quarter of a second, numbered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hall import wire
from hall.gateway import pushes
from hall.gateway.pushes import MOST_CHANGES, Pushes
from hall.procurement.parties import Actor
from hall.runtime.screen import Screen
from hall.session import views
from tests.playbook import Playbook, bidder

B1, B2 = bidder("b1"), bidder("b2")


class OneOpening:
    """The front desk of an opening whose views a test sets by hand."""

    def __init__(self) -> None:
        play = Playbook()
        self.views = {one.party: views.view(play.state, one, views.Beside()) for one in (B1, B2)}
        self.entries: list[views.Entry] = []
        self.broken: set[str] = set()
        self.changed: Callable[[], None] = lambda: None

    def screen(self, opening: str, actor: Actor) -> Screen:
        def view() -> wire.View:
            if actor.party in self.broken:
                raise ValueError("a view that can't be shown")
            return self.views[actor.party]

        return Screen(actor, lambda: self.entries, view)

    def listen(self, opening: str, changed: Callable[[], None]) -> Callable[[], None]:
        self.changed = changed
        return lambda: None

    def show(self, viewer: Actor, **now: Any) -> None:
        """Change a viewer's view; the room says that something has changed."""
        self.views[viewer.party] = replace(self.views[viewer.party], **now)
        self.changed()


class Rounds:
    """Two viewers of one opening and what each was sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pushes, "BUNDLE", 0.001)
        self.desk = OneOpening()
        self.sent: list[tuple[str, Any]] = []
        self.news = asyncio.Event()
        self.pushes = Pushes(self.desk, self._send)  # type: ignore[arg-type]  # a desk as far as pushes ask it
        self.joined = [self.pushes.join(sid, "O-1", actor, 0) for sid, actor in (("s1", B1), ("s2", B2))]

    async def _send(self, sid: str, message: object) -> None:
        self.sent.append((sid, message))
        self.news.set()

    async def until_sent(self, count: int) -> list[tuple[str, Any]]:
        async with asyncio.timeout(10):
            while len(self.sent) < count:
                self.news.clear()
                await self.news.wait()
        return self.sent


async def test_only_whose_view_changed_is_told_and_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(monkeypatch)
    rounds.desk.show(B1, signed_in=True)
    rounds.desk.show(B2, signed_in=False)
    sent = await rounds.until_sent(1)
    rounds.desk.show(B2, recording=True)
    await rounds.until_sent(2)
    assert sent == [
        ("s1", wire.Changes(2, 0, [], [wire.Change("signed_in", True)])),
        ("s2", wire.Changes(2, 0, [], [wire.Change("recording", True)])),
    ]
    await rounds.pushes.stop()


async def test_where_very_much_has_changed_the_whole_view_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(monkeypatch)
    rounds.desk.show(B1, media=[f"bidder-{n}" for n in range(MOST_CHANGES + 1)])
    ((_, update),) = await rounds.until_sent(1)
    assert update == wire.Update(0, rounds.desk.views["b1"], [], version=2)
    await rounds.pushes.stop()


async def test_versions_go_on_when_a_viewer_joins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(monkeypatch)
    assert [one.version for one in rounds.joined] == [1, 1]
    assert rounds.pushes.join("s1", "O-1", B1, 0).version == 2
    rounds.desk.show(B1, signed_in=True)
    assert (await rounds.until_sent(1))[0][1].version == 3
    await rounds.pushes.stop()


async def test_who_has_left_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(monkeypatch)
    rounds.pushes.leave("s1", "O-1")
    rounds.desk.show(B1, signed_in=True)
    rounds.desk.show(B2, signed_in=True)
    assert [sid for sid, _ in await rounds.until_sent(1)] == ["s2"]
    await rounds.pushes.stop()


async def test_a_view_that_cannot_be_shown_keeps_nobody_else_from_theirs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = Rounds(monkeypatch)
    rounds.desk.broken.add("b1")
    rounds.desk.show(B2, recording=True)
    assert [sid for sid, _ in await rounds.until_sent(1)] == ["s2"]
    rounds.desk.broken.clear()
    rounds.desk.show(B1, recording=True)
    assert [sid for sid, _ in await rounds.until_sent(2)] == ["s2", "s1"]
    assert "could not be told" in caplog.text
    await rounds.pushes.stop()


async def test_who_joins_anew_in_the_middle_of_a_round_is_told_nothing_on_the_old_view(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds = Rounds(monkeypatch)
    send = rounds._send

    async def joins_anew(sid: str, message: object) -> None:
        await send(sid, message)
        if sid == "s1":
            rounds.pushes.join("s2", "O-1", B2, 0)

    monkeypatch.setattr(rounds.pushes, "_send", joins_anew)
    rounds.desk.show(B1, recording=True)
    rounds.desk.show(B2, recording=True)
    await rounds.until_sent(1)
    rounds.desk.show(B2, signed_in=True)
    assert (await rounds.until_sent(2))[1] == ("s2", wire.Changes(3, 0, [], [wire.Change("signed_in", True)]))
    await rounds.pushes.stop()
