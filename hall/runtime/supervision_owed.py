"""What supervision owes the world outside its stream: recordings are held while a complaint is open, and the tender's
history up to its acceptance lies with it (clauses 6.1, 6.3).

Computed from the states, carried out as often as a crash wants. What may not live here: who may see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from hall.clock import HallClock
from hall.errors import Refused
from hall.procurement import canonical
from hall.runtime.keeper import Keeper
from hall.runtime.matter import Owed, Procedure, States
from hall.runtime.matter_files import MatterFiles
from hall.runtime.ports import Journal, Row
from hall.runtime.supervision_matter import NAME, SUPERVISION
from hall.supervision import commands as c
from hall.supervision.terms import Kind

_FILES: Final = frozenset({"files", "sha256", "evidence", "recording", "documents", "listing"})
_HEX64: Final = re.compile(r"[0-9a-f]{64}")


def supervision_owed(
    journal: Journal, keeper: Keeper, files: MatterFiles, clock: HallClock
) -> tuple[Owed, ...]:
    """The lines of the table that need adapters."""

    async def hold(procedure: Procedure, case: int) -> None:
        held = True
        try:
            await keeper.hold_for(
                _opening(procedure.states()), f"complaint-{case}", "complaint", "投诉处理期间"
            )
        except Refused:  # they are erased already: there is nothing to keep
            held = False
        await procedure.submit(NAME, c.NoteHeld(case, held))

    async def free(procedure: Procedure, case: int) -> None:
        opening = _opening(procedure.states())
        await keeper.complaint_over(opening, f"complaint-{case}", "complaint", "投诉处理完毕")
        await procedure.submit(NAME, c.NoteReleased(case))

    async def attach(procedure: Procedure, case: int) -> None:
        head = await journal.checkpoint(procedure.tender, clock.now())
        rows = (await journal.rows(procedure.tender))[: head.size]
        named = sorted(set(_named([row.body for row in rows])))
        listing = {
            "case": case,
            "tender": procedure.tender,
            "size": head.size,
            "root": head.root,
            "checkpoint": head.note,
            "rows": [_line(row) for row in rows],
            "files": named,
        }
        sha256 = await files.keep(procedure.tender, canonical.dumps(listing))
        await procedure.submit(NAME, c.NoteEvidence(case, head.size, head.root, sha256, len(named)))

    return (
        Owed("recordings held for a complaint", _to_hold, hold),
        Owed("recordings free after a complaint", _to_free, free),
        Owed("a complaint's evidence", _to_attach, attach),
    )


def _to_hold(states: States) -> int | None:
    if states.opening is None:
        return None
    cases = states.of(SUPERVISION).cases.values()
    return next(
        (one.number for one in cases if one.kind is Kind.COMPLAINT and one.open and one.held is None), None
    )


def _to_free(states: States) -> int | None:
    cases = states.of(SUPERVISION).cases.values()
    return next((one.number for one in cases if one.held and not one.freed and not one.open), None)


def _to_attach(states: States) -> int | None:
    cases = states.of(SUPERVISION).cases.values()
    return next(
        (
            one.number
            for one in cases
            if one.kind is Kind.COMPLAINT and one.accepted_at and one.evidence is None
        ),
        None,
    )


def _opening(states: States) -> str:
    assert states.tendering is not None, "what is held belongs to an opening"
    return states.tendering.published.opening


def _line(row: Row) -> dict[str, object]:
    return {
        "index": row.tree_index,
        "stream": row.stream,
        "seq": row.seq,
        "at": row.received_at,
        "kind": row.kind,
        "leaf": row.leaf,
    }


def _named(value: Any, key: str = "") -> Iterator[str]:
    """The digests of files that rows name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _named(inner, name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner, key)
    elif isinstance(value, str) and key in _FILES and _HEX64.fullmatch(value):
        yield value
