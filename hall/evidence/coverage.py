"""Was everybody recorded who was in the room, or told as missing? (clause 6.1) Predicates as in `conduct`.

An announced bidder whose connection stood, of whom nothing is recorded, and of whom no entry of the register says so:
that is what a hall would leave behind which had looked away, or taken something out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from hall.evidence.case import Case
from hall.evidence.history import Fact
from hall.evidence.pauses import pauses
from hall.recording.coverage import Indexed, coverage

PATIENCE: Final = 60_000
"""ms: the hall notices within seconds, and its clock is moved on in rehearsals; a minute in silence is no oversight."""

_ENTRIES: Final = frozenset({"media_gap", "recording_gap", "camera_missing"})
Interval = tuple[int, int]


def covered(case: Case, files: Iterable[Indexed]) -> Iterator[str]:
    """Each announced bidder's time in the room against what is recorded of it and what was declared missing."""
    announced = case.history.of("BiddersAnnounced", "LotLocked")
    if not announced:
        return
    found = coverage(files)
    last = max(fact.at for fact in case.history.facts)
    closed = case.history.first("OpeningClosed")
    until = closed.at if closed is not None else last
    for bidder in sorted(case.signed_in()):
        told = [f.at for f in announced if bidder in (*f.body["bidders"], *f.body["without_deposit"])]
        if not told:
            continue
        participant = f"bidder-{bidder}"
        spans = [(s.start, s.end) for s in found.of(participant).spans]
        excused = [*spans, *_excused(case, participant, last)]
        for start, end in _online(case, participant, last):
            for hole in _holes(max(start, min(told)), min(end, until), excused):
                if hole[1] - hole[0] > PATIENCE:
                    seconds = (hole[1] - hole[0]) // 1000
                    yield f"{participant}: in the room for {seconds} s, neither recorded nor told as missing"


def _online(case: Case, participant: str, last: int) -> Iterator[Interval]:
    """A finished interval replaces its own beginning."""
    rows: dict[tuple[int, int], Fact] = {}
    for fact in case.history.of("PresenceChanged", participant=participant):
        rows[fact.body["connection"], fact.body["start"]] = fact
    for fact in rows.values():
        if fact.body["state"] == "online":
            yield fact.body["start"], fact.body["end"] or last


def _excused(case: Case, participant: str, last: int) -> Iterator[Interval]:
    """When nothing needed to be recorded, or the register says that it was not."""
    for pause in pauses(case):
        yield pause.at, pause.ended
    for fact in case.history.of("ClockAdvanced"):
        yield fact.at, fact.at + fact.body["by_ms"]
    ends = {f.body["incident"]: f.body["at"] for f in case.history.of("FaultEnded")}
    for fact in case.history.of("IncidentRecorded"):
        body = fact.body
        everybody = fact.act is None and not body["subject"]
        if everybody or (body["subject"] == participant and body["kind"] in _ENTRIES):
            start = body["start"] if body["start"] is not None else fact.at
            end = ends.get(body["incident"], body["end"])
            open_end = last if body["start"] is not None else fact.at + PATIENCE
            yield start, end if end is not None else open_end


def _holes(start: int, end: int, filled: Iterable[Interval]) -> Iterator[Interval]:
    """What of [start, end) none of the intervals fills."""
    at = start
    for begins, ends in sorted(filled):
        if begins >= end:
            break
        if begins > at:
            yield at, begins
        at = max(at, ends)
    if at < end:
        yield at, end
