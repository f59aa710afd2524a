"""Fills what the record says of papers: reports about the bids' PDFs, the notary's own acts (clauses 4.5, 5.2.2)."""

from __future__ import annotations

from collections.abc import Iterator

from hall.adapters.record_rows import Rows
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Role
from hall.runtime.ports import RecordSource
from hall.session import events as e
from hall.signing import record_matters as m


def bid_pdfs(rows: Rows) -> Iterator[m.BidPdf]:
    """In the order in which they were looked into."""
    for _, _, x in rows.told(e.BidPdfChecked):
        yield m.BidPdf(x.lot, x.bidder, rows.name(x.bidder), x.outcome, x.pdf, x.report, x.signatures)


def notary_acts(source: RecordSource) -> Iterator[m.NotaryAct]:
    """Everything that the notary signed in the opening, in its order."""
    for at, actor, event in source.entries:
        act = getattr(event, "act", None)
        if actor.partition(":")[0] == Role.NOTARY.value and isinstance(act, SignedAct):
            yield m.NotaryAct(
                at=at,
                act=act.type,
                lot=act.lot,
                subject=getattr(event, "bidder", ""),
                text=getattr(event, "text", "") or getattr(event, "title", ""),
                digest=event.sha256 if isinstance(event, e.PaperAdded) else "",
                certificate=act.certificate,
                signed=act.body_digest,
            )
