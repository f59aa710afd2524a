"""Fills what stands beside causes and register: sheets, failed acts, absences (clauses 4.3, 5.3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hall.adapters.record_rows import Rows
from hall.runtime.ports import RecordSource
from hall.session import events as e
from hall.session.presence import ONLINE
from hall.session.sheet import Sheet, sheet
from hall.session.state import OpeningState, evolve
from hall.signing import record_matters as m


def sheets(source: RecordSource, rows: Rows) -> Iterator[m.EvidenceSheet]:
    """Each sheet as it stood when the cause was decided."""
    if not any(isinstance(event, e.CauseDecided) for _, _, event in source.entries):
        return
    state = OpeningState()
    event: Any
    for at, _, event in source.entries:
        if isinstance(event, e.CauseDecided):
            found = sheet(state, state.lots[event.lot], event.bidder)
            yield _sheet(found, rows.name(event.bidder), at)
        state = evolve(state, event, at)


def failed_acts(source: RecordSource) -> Iterator[m.FailedAct]:
    """In the order in which they came; those that came while the opening stood still are told under that code."""
    for at, _, event in source.entries:
        if isinstance(event, e.ActRefused):
            yield m.FailedAct(
                at, _participant(event.actor), event.act_type, event.lot, event.code, told=False
            )
        elif isinstance(event, e.AttemptNoted):
            by = f"bidder-{event.bidder}"
            yield m.FailedAct(at, by, event.act_type, event.lot, event.code, told=True)


def absences(source: RecordSource) -> Iterator[m.Absence]:
    """Every interval in which a participant was not online."""
    away = (i for i in source.state.presence if i.state != ONLINE)
    yield from _intervals(sorted(away, key=lambda i: (i.start, i.participant, i.connection)))


def _sheet(found: Sheet, name: str, at: int) -> m.EvidenceSheet:
    return m.EvidenceSheet(
        lot=found.lot,
        bidder=found.bidder,
        name=name,
        decided_at=at,
        since=found.since,
        until=found.until,
        attempts=tuple(
            m.FailedAct(a.at, _participant(a.actor), a.act_type, a.lot, a.code, a.told)
            for a in found.attempts
        ),
        presence=tuple(_intervals(found.presence)),
        faults=tuple(i.incident for i in found.faults),
        proposal=found.proposal.value if found.proposal else "",
        reason=found.reason,
    )


def _intervals(found: Iterable[e.PresenceChanged]) -> Iterator[m.Absence]:
    for i in found:
        yield m.Absence(i.participant, i.state, i.start, i.end, i.cause, i.confidence)


def _participant(actor: str) -> str:
    role, _, party = actor.partition(":")
    return f"bidder-{party}" if role == "bidder" else role.replace("_", "-")
