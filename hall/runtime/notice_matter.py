"""The notice of a tender as a matter of the runtime, and what the other streams of its tender owe it."""

from __future__ import annotations

from typing import Any, Final

from hall.errors import Refused
from hall.procurement.documents import REHEARSED, STATUTORY, TenderDocument
from hall.procurement.parties import Actor
from hall.runtime.machine import Machine
from hall.runtime.matter import Matter, Owed, States, to
from hall.runtime.registration_matter import REGISTRATION
from hall.tendering.notice import acts, commands, events, views
from hall.tendering.notice.decide import decide
from hall.tendering.notice.plan import DocumentKind
from hall.tendering.notice.state import NoticeState, evolve
from hall.tendering.registration.commands import TakeDocuments

_GOES_ON: Final = (events.TenderDrafted, events.StaffAppointed, events.NoticePublished)
"""After these the hall itself still owes something."""

_GIVEN_OUT: Final = (DocumentKind.TENDER_DOCUMENTS, DocumentKind.ADDENDUM)

MACHINE: Final[Machine[NoticeState]] = Machine(
    initial=NoticeState(),
    decide=lambda state, command, actor, now: list(decide(state, command, actor=actor, now=now)),
    evolve=evolve,
    tick=lambda state, now: [],  # the deadline is the opening's, which hands it over
    next_deadline=lambda state: None,
    refusal=lambda state, command, actor, code: None,
    is_last=lambda event: not isinstance(event, _GOES_ON),
)


def _check_act(states: States, command: Any, actor: Actor) -> None:
    """Clause 5.2.2: who stays with a deposit names one of its own that stands. Raises Refused("no_such_deposit")."""
    if isinstance(command, commands.ConfirmDeposit):
        mine = (actor.party, command.lot, command.deposit)
        there = () if states.tendering is None else states.tendering.deposits
        if not any((one.bidder, one.lot, one.sha256) == mine for one in there if not one.superseded):
            raise Refused("no_such_deposit", lot=command.lot)


NOTICE: Final[Matter[NoticeState]] = Matter(
    name="notice",
    events=events.Event,
    machine=MACHINE,
    rights=acts.RIGHTS,
    command_of=acts.command_of,
    view=views.view,
    founders=views.FOUNDERS,
    may_read=views.may_read,
    check_given=views.check_given,
    shapes=acts.SHAPES,
    check_act=_check_act,
    optional=acts.OPTIONAL,
)


def _moved(states: States) -> Any | None:
    """The deadline is the opening's: what the notice says of it follows (clauses 4.1, 5.2.2)."""
    notice, tendering = states.of(NOTICE), states.tendering
    if not notice.opening or notice.schedule is None or tendering is None:
        return None
    deadline = tendering.published.bid_deadline
    return None if notice.schedule.bid_deadline == deadline else commands.NoteDeadline(deadline)


def _calendar(states: States) -> Any | None:
    """The working days that the trading centre keeps, as long as any least time is still counted here."""
    notice, tendering = states.of(NOTICE), states.tendering
    over = notice.cancelled_at or (tendering is not None and tendering.closed is not None)
    kept = states.calendar
    if notice.face is None or over or kept == notice.calendar:
        return None
    return commands.TakeCalendar(tuple(sorted(kept.holidays)), tuple(sorted(kept.extra)))


def _documents(states: States) -> TakeDocuments | None:
    """Registration gives the documents out that are published, addenda with them (clause 5.2.1)."""
    notice, taken = states.of(NOTICE), states.of(REGISTRATION).taken
    if not notice.opening or notice.face is None or not states.of(REGISTRATION).deadline:
        return None  # the deadline comes first: nobody is shown documents that it can't register by yet
    documents = tuple(
        TenderDocument(one.sha256, one.title, one.size, one.kind.value, notice.given_out_at(one))
        for one in notice.documents
        if one.kind in _GIVEN_OUT
    )
    if taken is not None and taken.documents == documents:
        return None
    owners = (notice.by, *notice.face.makers)
    rules = STATUTORY if notice.binds else REHEARSED
    consortium = notice.terms is not None and notice.terms.consortium
    given = (0, 0) if (times := notice.schedule) is None else (times.documents_from, times.documents_until)
    return TakeDocuments(documents, notice.invited, not notice.invited, owners, rules, consortium, *given)


NOTICE_OWED: Final = (
    Owed("a deadline that moved", _moved, to("notice")),
    Owed("working days to the notice", _calendar, to("notice")),
    Owed("documents to give out", _documents, to("registration")),
)
