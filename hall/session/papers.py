"""Papers of an opening: reports about the bids' PDFs, and what the notary adds of its own (clauses 4.5, 5.2.2).

A report decides nothing: what a signature that does not hold costs is for the tender documents and the committee. Pure,
as `decide` is.
"""

from __future__ import annotations

from hall.errors import Refused
from hall.procurement.parties import Actor
from hall.session import commands as c
from hall.session import events as e
from hall.session.state import OpeningState

MOST_PAPERS = 50
"""Of one opening."""

MOST_BYTES = 20 * 1024 * 1024
"""Of one paper."""

KINDS = frozenset({"image/jpeg", "image/png", "application/pdf"})
"""What a paper may be."""


def unchecked(state: OpeningState) -> tuple[tuple[str, str], ...]:
    """(lot, bidder) of each disclosed bid whose PDF has not been looked into; none once the record is made."""
    if state.record is not None:
        return ()
    done = {(x.lot, x.bidder) for x in state.bid_reports}
    return tuple(
        (lot.lot, bidder)
        for lot in state.lots.values()
        for bidder in lot.disclosed
        if (lot.lot, bidder) not in done
    )


def note_report(state: OpeningState, command: c.NoteBidPdf) -> list[e.Event]:
    """One report for each disclosed bid."""
    if (command.lot, command.bidder) not in unchecked(state):
        return []
    found = command.report
    return [
        e.BidPdfChecked(command.lot, command.bidder, found.outcome, found.pdf, found.signatures, found.digest)
    ]


def add(state: OpeningState, command: c.AddPaper, actor: Actor) -> list[e.Event]:
    """The same bytes are added once."""
    if command.mime not in KINDS:
        raise Refused("paper_kind", kinds=", ".join(sorted(KINDS)))
    if not 0 < command.size <= MOST_BYTES:
        raise Refused("paper_too_large", limit=MOST_BYTES)
    if any(x.sha256 == command.sha256 for x in state.papers):
        return []
    number = len(state.papers) + 1
    if number > MOST_PAPERS:
        raise Refused("too_many_papers", limit=MOST_PAPERS)
    role = actor.role.value
    return [
        e.PaperAdded(number, role, command.title, command.mime, command.sha256, command.size, command.act)
    ]
