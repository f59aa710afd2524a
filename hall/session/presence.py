"""Presence as evidence (clause 4.6): intervals with cause and confidence, from beats and silences.

Pure: liveness comes as `mono` (seconds, monotonic), the law's time as `now` (ms UTC). One `Tracked` per
participant.
Online becomes suspect after 5 s of silence and offline after 10 s; offline begins at the last proof of life.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from hall.session.commands import NotePresence

SUSPECT_AFTER: Final = 5.0
OFFLINE_AFTER: Final = 10.0
BEAT_EVERY: Final = 2.0
MEDIA_FRESH: Final = 5.0

ONLINE, SUSPECT, OFFLINE = "online", "suspect", "offline"


@dataclass(frozen=True, slots=True)
class Tracked:
    """One participant's current interval.

    `alive_*`: the last proof of life on the socket; `media`: last packet seen.
    """

    participant: str
    connection: int
    state: str
    since: int
    alive_mono: float
    alive_at: int
    media_mono: float | None = None


Change = tuple[Tracked, list[NotePresence]]
"""The tracked participant afterwards, and what is to be journalled."""


def arrived(participant: str, connection: int, before: Tracked | None, *, mono: float, now: int) -> Change:
    """A connection took its place: the old interval ends, an online one begins."""
    tracked = Tracked(participant, connection, ONLINE, now, mono, now, before.media_mono if before else None)
    cause = "takeover" if before is not None and before.state != OFFLINE else "unknown"
    ended = (
        [] if before is None else [_note(before, before.since, now, cause if before.state != OFFLINE else "")]
    )
    return tracked, [*ended, _note(tracked, now, None, "")]


def beat(tracked: Tracked, *, mono: float, now: int) -> Change:
    """A proof of life came in. A suspicion that did not last becomes online again."""
    alive = replace(tracked, alive_mono=mono, alive_at=now)
    if tracked.state == ONLINE:
        return alive, []
    back = replace(alive, state=ONLINE, since=now)
    return back, [_note(tracked, tracked.since, now, ""), _note(back, now, None, "")]


def media_seen(tracked: Tracked, *, mono: float) -> Tracked:
    """A packet of the representative's picture or sound: a second signal, no proof of the socket."""
    return replace(tracked, media_mono=mono)


def swept(tracked: Tracked, *, mono: float, now: int, stalled: bool) -> Change:
    """Time passed. stalled: the hall itself was late; then silence is no evidence against anybody."""
    silence = mono - tracked.alive_mono
    if tracked.state == ONLINE and silence >= SUSPECT_AFTER:
        return _moved(tracked, SUSPECT, tracked.alive_at, "heartbeat_timeout", mono, stalled=stalled)
    if tracked.state == SUSPECT and silence >= OFFLINE_AFTER:
        return _moved(tracked, OFFLINE, tracked.alive_at, "heartbeat_timeout", mono, stalled=stalled)
    return tracked, []


def left(tracked: Tracked, cause: str, *, mono: float, now: int) -> Change:
    """The connection said goodbye or was closed by the hall: client_left, transport_closed, removed."""
    if tracked.state == OFFLINE:
        return tracked, []
    return _moved(tracked, OFFLINE, now, cause, mono, stalled=False)


def _moved(tracked: Tracked, state: str, at: int, cause: str, mono: float, *, stalled: bool) -> Change:
    start = max(at, tracked.since)
    moved = replace(tracked, state=state, since=start)
    why = "server_stall" if stalled else cause
    confidence = _confidence(tracked, cause, mono, stalled=stalled)
    uncertainty = 0 if cause in ("client_left", "removed") else int(BEAT_EVERY * 1000)
    opened = NotePresence(
        moved.participant, moved.connection, state, start, None, uncertainty, why, confidence
    )
    return moved, [_note(tracked, tracked.since, start, why), opened]


def _confidence(tracked: Tracked, cause: str, mono: float, *, stalled: bool) -> str:
    if stalled:
        return "low"
    if cause in ("client_left", "removed", "takeover"):
        return "high"
    media_silent = tracked.media_mono is not None and mono - tracked.media_mono >= MEDIA_FRESH
    return "high" if media_silent else "medium"


def _note(tracked: Tracked, start: int, end: int | None, cause: str) -> NotePresence:
    confidence = "high" if tracked.state == ONLINE else "medium"
    return NotePresence(
        tracked.participant, tracked.connection, tracked.state, start, end, 0, cause, confidence
    )
