"""Who may bring a bid to a tender: where the notice of its tender was published here, download is registration, and
registration is the way to a deposit (clause 5.2.1). A tender that came by a plan file has no registrations.

A natural person bids only where the notice says that individuals may (clause 3.3; Bidding Law art. 25); in a tender
that came by a plan file, never.

Pure, and read by the counter before it decides; what may not live here: the deadline, which the opening owns.
"""

from __future__ import annotations

from hall.procurement.standing import Standing
from hall.tendering.notice.state import NoticeState
from hall.tendering.registration.state import RegistrationState


def barred(notice: NoticeState, registration: RegistrationState, bidder: str, standing: Standing) -> str:
    """Why a bidder may not deposit: "individuals_not_allowed", "not_invited", "not_registered"; "" where it may."""
    if code := individual_barred(notice, standing):
        return code
    if not notice.published_at:
        return ""
    if notice.invited and bidder not in notice.invited:
        return "not_invited"  # Bidding Law art. 17
    if notice.terms is not None and notice.terms.open_documents:
        return ""
    return "" if bidder in registration.registrants else "not_registered"


def individual_barred(notice: NoticeState, standing: Standing) -> str:
    """Why somebody of this standing may neither register nor deposit: "individuals_not_allowed", or ""."""
    if standing is not Standing.NATURAL_PERSON:
        return ""
    allowed = bool(notice.published_at) and notice.terms is not None and notice.terms.individuals
    return "" if allowed else "individuals_not_allowed"
