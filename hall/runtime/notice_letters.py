"""What bidders are told of a notice after its publication: that they are invited, addenda, answers to questions, and
that the tender was cancelled (clauses 5.2.1, 5.2.2).

But for the invitation they go to who has registered for the documents, and to who has deposited. That either did is
nobody else's business: letters lie in a stream that no list for the staff shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hall.runtime.letter import Letter
from hall.runtime.matter import States
from hall.runtime.notice_matter import NOTICE
from hall.runtime.registration_matter import REGISTRATION


def notice_letters(states: States) -> Sequence[Letter]:
    """One for each invited party; one for each addendum, answer and cancellation, and who was there at that time: who
    comes later takes all documents and reads all answers."""
    return list(_letters(states)) if states.of(NOTICE).opening else ()


def _letters(states: States) -> Iterator[Letter]:
    notice = states.of(NOTICE)
    until = notice.schedule.bid_deadline if notice.schedule is not None else None
    page = f"/notices/{states.tender}"
    for party in notice.invited:  # Bidding Law art. 17
        key, at = "invited", notice.published_at
        yield Letter(key, party, "bidder", "tender_invited", due_at=at, until=until, path=page)
    for one, at in zip(notice.addenda, notice.issued, strict=True):
        facts: dict[str, object] = {"number": one.addendum, "title": one.title}
        key = f"addendum-{one.addendum}"
        for party in _concerned(states, at):
            yield Letter(key, party, "bidder", "addendum_issued", facts, due_at=at, until=until)
    for question in states.of(REGISTRATION).questions:
        number, at = question.asked.number, question.answered_at
        for party in _concerned(states, at) if question.answer is not None else ():
            key, facts = f"answer-{number}", {"number": number}
            yield Letter(key, party, "bidder", "question_answered", facts, due_at=at, until=until, path=page)
    if at := notice.cancelled_at:
        facts = {"reason": notice.cancelled_reason}
        for party in sorted({*_concerned(states, at), *notice.invited}):
            yield Letter("cancelled", party, "bidder", "tender_cancelled", facts, due_at=at)


def _concerned(states: States, at: int) -> list[str]:
    """Who had registered or deposited before this moment, ms UTC."""
    registered = (party for party, one in states.of(REGISTRATION).registrants.items() if one.at < at)
    deposits = states.tendering.deposits if states.tendering is not None else ()
    return sorted({*registered, *(one.bidder for one in deposits if one.received_at < at)})
