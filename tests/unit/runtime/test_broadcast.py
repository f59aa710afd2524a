"""What the public is given, whatever is said, muted and stopped in whatever order: nothing but what it might see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import copy
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.clock import ManualClock
from hall.errors import HallError, NotPermitted
from hall.runtime.broadcast import GUARD_MS, Broadcast
from hall.runtime.media_ports import RecordingIndex
from hall.runtime.registry import Registry
from hall.session.broadcast import on_air_now
from hall.session.events import Event
from hall.session.state import OpeningState, evolve
from tests.playbook import HOST, OWNER, Playbook

WHO = ("host", "bidder-jia", "bidder-yi", "camera-none", "clerk")
FRAGMENT = 500


class Told(Playbook):
    """A playbook that keeps its journal, and folds it back to any moment."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, Event]] = []
        super().__init__()

    def _take(self, events: list[Event]) -> list[Event]:
        taken = super()._take(events)
        self.rows.extend((self.now, "", event) for event in taken)
        return taken

    def always_on_air(self, participant: str, since: int) -> bool:
        """Whether the public might see the participant without interruption from `since` until now."""
        state = OpeningState()
        on_air = False
        for at, _, event in self.rows:
            if at > since and not on_air:
                return False
            state = evolve(state, event, at)
            on_air = participant in on_air_now(state)
        return on_air


@cache
def _announced() -> Told:
    play = Told()
    play.until_announced("jia", "yi", "bing")
    return play


def announced() -> Told:
    play = copy(_announced())
    play.rows, play.events, play.times = list(play.rows), list(play.events), list(play.times)
    return play


class Recording:
    """Everybody is recorded all the time, a fragment every half second."""

    def __init__(self, play: Told, begun: int) -> None:
        self._play, self._begun = play, begun

    def index(self, since: int, file: str, after: int) -> RecordingIndex | None:
        count = (self._play.now - self._begun) // FRAGMENT
        starts = (self._begun + n * FRAGMENT for n in range(count))
        rows = [[n, n, 1, utc, FRAGMENT, True] for n, utc in enumerate(starts, 1) if utc >= since]
        return RecordingIndex({}, rows, None) if rows else None

    def files(self, since: int) -> list[dict[str, object]]:
        return []


def broadcast(play: Told, begun: int) -> Broadcast:
    room = SimpleNamespace(state=play.state, entries=play.rows)
    live = SimpleNamespace(room=room)

    def opening(name: str) -> Any:
        if name != "o":
            raise NotPermitted("no_such_opening")
        room.state = play.state
        return live

    async def stream(opening: str, participant: str) -> Recording:
        return Recording(play, begun)

    registry, streams = SimpleNamespace(opening=opening), SimpleNamespace(stream=stream)
    return Broadcast(cast(Registry, registry), cast(Any, streams), ManualClock())


Step = Callable[[Told], object]


def says(act: str, **body: Any) -> Step:
    def step(play: Told) -> None:
        try:
            play.says(HOST if act != "suspend" else OWNER, act, **body)
        except HallError:
            pass  # not now

    return step


STEPS: list[Step] = [
    *(says("give_floor", participant=x) for x in ("", "bidder-jia", "bidder-yi", "clerk")),
    *(
        says("mute", participant=x, muted=m)
        for x in ("host", "bidder-jia", "bidder-yi")
        for m in (True, False)
    ),
    says("suspend", kind="dispute", clause="", reason="争议"),
    *(lambda play, ms=ms: play.after(ms) for ms in (1, 499, 700, 2_000, 2_000, 5_000)),
]


async def _given(public: Broadcast, participant: str) -> list[int] | None:
    try:
        found = await public.index("o", participant, "001.mp4", 0, 0)
    except NotPermitted as refused:
        assert (refused.code, refused.facts) == ("no_such_broadcast", {})
        return None
    return [row[3] for row in found.fragments]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=25))
def test_a_fragment_is_given_only_while_its_participant_was_on_the_air_all_the_time(
    steps: list[Step],
) -> None:
    play = announced()
    begun = play.now
    public = broadcast(play, begun)

    async def watch() -> None:
        for step in steps:
            step(play)
            for participant in WHO:
                given = await _given(public, participant)
                for utc in given or ():
                    assert play.always_on_air(participant, utc - GUARD_MS), (participant, utc)
                if given is None:
                    # Nothing is withheld without need: who is seen without interruption is given at last.
                    assert not play.always_on_air(participant, play.now - 2 * FRAGMENT - GUARD_MS)

    asyncio.run(watch())


async def test_an_opening_that_is_not_there_is_refused_like_everything_else() -> None:
    play = announced()
    public = broadcast(play, play.now)
    for opening in ("o", "other"):
        with pytest.raises(NotPermitted, match="no_such_broadcast"):
            await public.index(opening, "bidder-jia", "001.mp4", 0, 0)
    with pytest.raises(NotPermitted, match="no_such_broadcast"):
        await public.card("other")


async def test_a_restarted_hall_gives_what_it_gave_before() -> None:
    play = announced()
    begun = play.now
    play.says(HOST, "give_floor", participant="bidder-jia")
    play.after(4_000)
    before = await _given(broadcast(play, begun), "bidder-jia")
    assert before
    assert before == await _given(broadcast(play, begun), "bidder-jia")
    card = await broadcast(play, begun).card("o")
    assert [(x["participant"], x["kind"]) for x in cast(list[dict[str, str]], card["on_air"])] == [
        ("host", "host"),
        ("bidder-jia", "bidder"),
    ]
