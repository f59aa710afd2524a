"""What bidders are told of a notice after its publication: addenda, and that the tender was cancelled (clause 5.2.2).

They go to who has registered for the documents, and to who has deposited. That either did is nobody else's business:
letters lie in a stream that no list for the staff shows.
"""

from __future__ import annotations

from collections.abc import Sequence

from hall.runtime.letter import Letter
from hall.runtime.matter import States
from hall.runtime.notice_matter import NOTICE
from hall.runtime.registration_matter import REGISTRATION


def notice_letters(states: States) -> Sequence[Letter]:
    """One for each addendum and addressee that was there when it was issued; one for each at the cancellation."""
    notice = states.of(NOTICE)
    if not notice.opening:
        return ()
    until = notice.schedule.bid_deadline if notice.schedule is not None else None
    found = [
        Letter(
            key=f"addendum-{one.addendum}",
            party=party,
            role="bidder",
            kind="addendum_issued",
            facts={"number": one.addendum, "title": one.title},
            due_at=at,
            until=until,
        )
        for one, at in zip(notice.addenda, notice.issued, strict=True)
        for party in _concerned(states)
    ]
    if notice.cancelled_at:
        found += [
            Letter(
                key="cancelled",
                party=party,
                role="bidder",
                kind="tender_cancelled",
                facts={"reason": notice.cancelled_reason},
                due_at=notice.cancelled_at,
            )
            for party in _concerned(states)
        ]
    return found


def _concerned(states: States) -> list[str]:
    registered = states.of(REGISTRATION).registrants
    deposits = states.tendering.deposits if states.tendering is not None else ()
    return sorted({*registered, *(one.bidder for one in deposits)})
