"""Who may bring a bid to a tender: where the notice of its tender was published here, download is registration, and
registration is the way to a deposit (clause 5.2.1). A tender that came by a plan file has no registrations.

Pure, and read by the counter before it decides; what may not live here: the deadline, which the opening owns.
"""

from __future__ import annotations

from hall.tendering.notice.state import NoticeState
from hall.tendering.registration.state import RegistrationState


def barred(notice: NoticeState, registration: RegistrationState, bidder: str) -> str:
    """Why a bidder may not deposit: "not_invited", "not_registered"; "" where it may."""
    if not notice.published_at:
        return ""
    if notice.invited and bidder not in notice.invited:
        return "not_invited"  # Bidding Law art. 17
    if notice.terms is not None and notice.terms.open_documents:
        return ""
    return "" if bidder in registration.registrants else "not_registered"
