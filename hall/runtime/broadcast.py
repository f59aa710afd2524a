"""The public broadcast of an opening: what anybody may know, see and hear of it, and nothing more (clauses 4.4, 6.1).

Who is on the air follows from the journal (`hall.session.broadcast`). A fragment is public only while its participant
is on the air without interruption since before it was recorded: what was recorded before, between or afterwards is
refused, and so is everything once the opening is closed. Every refusal is the same one, so that none tells who is
there. What may not live here: HTTP, files, playlists.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

from hall.clock import Clock
from hall.errors import Malformed, NotPermitted
from hall.runtime.case_bundles import is_over
from hall.runtime.media_ports import RecordingIndex
from hall.runtime.registry import Opening, Registry
from hall.session.broadcast import Air, Span, camera_name, may_broadcast, on_air_now
from hall.session.rules import Stage
from hall.session.state import OpeningState

GUARD_MS: Final = 500
"""What was recorded so soon after going on the air may have been said before: a recording knows when a packet came, and
a line can be slow."""

WAIT: Final = 3.0
"""Seconds that an answer may wait for what is not recorded yet."""

_TURN: Final = 0.5  # seconds after which a waiting answer asks again whether it may still be given
_FOLDED_AT_ONCE: Final = 200
_TOO_FAR: Final = 2  # segments ahead of the last one: no player asks for more
_MOST: Final = 4 << 20  # bytes in one answer: many seconds of a picture


class Stream(Protocol):
    """The recording of one participant as it grows. since: hall time in ms; nothing that was recorded before it is
    told. Bytes are plain, whatever lies on the disk."""

    def files(self, since: int) -> Sequence[Mapping[str, object]]:
        """`file`, `mime`, and up to when it is recorded (`until`, ms), of each file."""
        ...

    def index(self, since: int, file: str, after: int) -> RecordingIndex | None:
        """What follows fragment `after` of a file; None where nothing of it may be told."""
        ...

    def playlist(self, since: int) -> str:
        """Empty until a whole segment is recorded; and where HLS can't carry what is."""
        ...

    def last(self, since: int) -> int | None:
        """Number of the playlist's last segment."""
        ...

    def has(self, since: int, segment: int, part: int | None) -> bool: ...

    def edge(self, since: int, file: str) -> int | None:
        """The byte behind the last one that is recorded; None where nothing of the file may be told."""
        ...

    async def data(self, since: int, file: str, start: int, stop: int) -> bytes | None:
        """The bytes [start, stop); None unless all of them may be told."""
        ...

    async def news(self, seconds: float) -> None:
        """Return when more is recorded, or after so many seconds."""
        ...


class Streams(Protocol):
    """Follows recordings for as long as somebody asks for them."""

    async def stream(self, opening: str, participant: str) -> Stream: ...


@dataclass(slots=True)
class _Told:
    """How far the journal of an opening is folded into who was on the air when."""

    air: Air = field(default_factory=Air)
    rows: int = 0
    spans: Mapping[str, Sequence[Span]] | None = None
    folding: asyncio.Lock = field(default_factory=asyncio.Lock)


class Broadcast:
    """What the public routes may ask for. Raises NotPermitted("no_such_broadcast") for all that is not on the air."""

    def __init__(self, registry: Registry, streams: Streams, clock: Clock) -> None:
        self._registry = registry
        self._streams = streams
        self._clock = clock
        self._told: dict[str, _Told] = {}

    async def card(self, opening: str) -> dict[str, object]:
        """What anybody may know of the opening now; `on_air`: whom to show."""
        state = self._opening(opening).room.state
        shown = []
        for participant in on_air_now(state):
            try:
                since = await self._since(opening, participant)
            except NotPermitted:
                continue
            stream = await self._streams.stream(opening, participant)
            about = {"participant": participant, "since": since, "files": list(stream.files(since))}
            shown.append(_named(state, participant) | about)
        return facts(state, self._clock.now()) | {"on_air": shown}

    async def playlist(self, opening: str, participant: str, segment: int | None, part: int | None) -> str:
        """The HLS playlist; with a segment (and a part of it), as soon as it has them. Raises
        Malformed("playlist_too_far") for a segment that is not near."""
        until = self._clock.monotonic() + WAIT
        while True:
            since = await self._since(opening, participant)
            stream = await self._streams.stream(opening, participant)
            text, last = stream.playlist(since), stream.last(since)
            if segment is not None and last is not None and segment > last + _TOO_FAR:
                raise Malformed("playlist_too_far")
            rest = until - self._clock.monotonic()
            if text and (rest <= 0 or segment is None or stream.has(since, segment, part)):
                return text
            if rest <= 0:
                raise _refusal()
            await stream.news(min(rest, _TURN))

    async def index(
        self, opening: str, participant: str, file: str, after: int, wait: float
    ) -> RecordingIndex:
        """What of a file is on the air behind fragment `after`; waits up to `wait` seconds for something."""
        until = self._clock.monotonic() + min(wait, WAIT)
        while True:
            since = await self._since(opening, participant)
            stream = await self._streams.stream(opening, participant)
            found = stream.index(since, file, after)
            if found is None:
                raise _refusal()
            rest = until - self._clock.monotonic()
            if found.fragments or found.end is not None or rest <= 0:
                return found
            await stream.news(min(rest, _TURN))

    async def data(self, opening: str, participant: str, file: str, start: int, stop: int | None) -> bytes:
        """The bytes [start, stop) of a file; with stop None all from `start` on, waiting for them at the live edge."""
        until = self._clock.monotonic() + WAIT
        while True:
            since = await self._since(opening, participant)
            stream = await self._streams.stream(opening, participant)
            edge = stream.edge(since, file)
            rest = until - self._clock.monotonic()
            if stop is None and edge == start and rest > 0:
                await stream.news(min(rest, _TURN))
                continue
            end = stop if stop is not None or edge is None else min(edge, start + _MOST)
            fits = end is not None and end - start <= _MOST
            found = await stream.data(since, file, start, end) if end is not None and fits else None
            # Asked once more: reading may have taken longer than the participant was on the air.
            if found is None or await self._since(opening, participant) != since:
                raise _refusal()
            return found

    async def _since(self, opening: str, participant: str) -> int:
        """From when on the participant may be seen. Raises NotPermitted."""
        live = self._opening(opening)
        if not may_broadcast(live.room.state, participant):
            if not on_air_now(live.room.state):
                self._told.pop(opening, None)
            raise _refusal()
        spans = await self._spans(opening, live)
        span = spans.get(participant, ())[-1:]
        if not span or span[0][1] is not None or not may_broadcast(live.room.state, participant):
            raise _refusal()
        return span[0][0] + GUARD_MS

    async def _spans(self, opening: str, live: Opening) -> Mapping[str, Sequence[Span]]:
        told = self._told.setdefault(opening, _Told())
        if told.spans is not None and told.rows == len(live.room.entries):
            return told.spans
        async with told.folding:
            entries = live.room.entries
            while told.rows < len(entries):
                piece = list(islice(entries, told.rows, told.rows + _FOLDED_AT_ONCE))
                told.air.more(piece)
                told.rows += len(piece)
                if len(piece) == _FOLDED_AT_ONCE:
                    await asyncio.sleep(0)
            told.spans = told.air.spans
        return told.spans

    def _opening(self, opening: str) -> Opening:
        try:
            return self._registry.opening(opening)
        except NotPermitted:
            raise _refusal() from None


def facts(state: OpeningState, now: int) -> dict[str, object]:
    """What the tender's notice and the clock on the wall tell everybody. `phase`: before, live, suspended, adjourned,
    over; `bundle`: whether the public's can be had."""
    plan = state.scheduled
    return {
        "opening": plan.opening,
        "tender": plan.tender,
        "tender_name": plan.tender_name,
        "tender_number": plan.tender_number,
        "place": plan.place,
        "mode": plan.mode.value,
        "now": now,
        "stage": state.stage.value,
        "phase": _phase(state),
        "bid_deadline": plan.bid_deadline,
        "bundle": is_over(state),
        "lots": [
            {
                "lot": x.lot,
                "name": x.name,
                "stage": state.lots[x.lot].stage.value,
                "closes_at": _closes_at(state, x.lot),
            }
            for x in plan.lots
        ],
    }


def _phase(state: OpeningState) -> str:
    if state.stage in (Stage.LEAVING, Stage.CLOSED):
        return "over"
    if state.suspension is not None:
        return "adjourned" if state.suspension.away else "suspended"
    return "live" if state.stage in (Stage.DEADLINE, Stage.OPENING, Stage.RECORD) else "before"


def _closes_at(state: OpeningState, lot: str) -> int | None:
    """When the decryption window closes, while it runs: the host has said it aloud."""
    mine = state.lots[lot]
    if mine.command is None or mine.closed is not None or state.suspension is not None:
        return None
    return mine.closes_at or mine.command.closes_at


def _named(state: OpeningState, participant: str) -> dict[str, object]:
    """Who it is. Bidders have names from the announcement on, and nobody else is on the air under a name of its own."""
    bidder = participant.removeprefix("bidder-")
    if bidder != participant:
        known = state.signed_in.get(bidder)
        return {"kind": "bidder", "name": known.name if known is not None else ""}
    cameras = {camera_name(x.camera): x.name for x in state.scheduled.cameras}
    if participant in cameras:
        return {"kind": "camera", "name": cameras[participant]}
    return {"kind": "host" if participant == "host" else "post", "name": ""}


def _refusal() -> NotPermitted:
    return NotPermitted("no_such_broadcast")
