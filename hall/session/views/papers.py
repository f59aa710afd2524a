"""Papers of an opening as a viewer may see them."""

from __future__ import annotations

from dataclasses import asdict

from hall import wire as w
from hall.procurement.parties import Actor, Role
from hall.session.state import OpeningState


def paper_views(state: OpeningState) -> list[w.PaperView]:
    """What the notary added is shown to all, as its remarks are (clause 4.5)."""
    return [w.PaperView(x.paper, x.role, x.title, x.mime, x.sha256, x.size) for x in state.papers]


def report_views(state: OpeningState, viewer: Actor) -> list[w.BidReportView]:
    """The outcome to all; who signed, with names and times, to staff and to the bid's own bidder."""
    staff = viewer.role is not Role.BIDDER
    return [
        w.BidReportView(
            x.lot,
            x.bidder,
            x.outcome,
            x.pdf,
            x.report,
            [w.PdfSignatureView(**asdict(s)) for s in x.signatures]
            if staff or x.bidder == viewer.party
            else [],
        )
        for x in state.bid_reports
    ]
