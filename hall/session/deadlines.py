"""The bid deadline: moved before it passes, held by a platform fault, confirmed or set anew out of a hold (clauses 4.1,
4.7, 5.3.3).

Pure, as `decide` is.
"""

from __future__ import annotations

from typing import Final

from hall.errors import Refused
from hall.procurement.tender import start_of_day
from hall.session import commands as c
from hall.session import consultation
from hall.session import events as e
from hall.session.rules import Stage
from hall.session.state import OpeningState

PLATFORM: Final = frozenset("abcde")
"""Letters of clause 4.7 under which the hall's own detectors write; f needs a person who says so."""


def is_platform_fault(incident: e.IncidentRecorded) -> bool:
    """Whether the hall itself found it, in an interval of its own."""
    return incident.clause in PLATFORM and incident.act is None and incident.start is not None


def move(state: OpeningState, command: c.MoveDeadline, now: int) -> list[e.Event]:
    """A new deadline, later than the old one. The same day keeps deposits and sign-ins; another has its own window."""
    before, after = state.scheduled.bid_deadline, command.deadline
    if state.stage is Stage.HELD:
        consultation.check_over(state, e.About.DEADLINE)
    elif now >= before:
        # clause 4.1: only before it passes; the one exception is the hold of clause 4.7
        raise Refused("deadline_passed")
    if after == start_of_day(after):
        raise Refused("deadline_at_midnight")
    if after <= max(now, before):
        raise Refused("deadline_not_later", earliest=max(now, before) + 1)
    if start_of_day(after) == start_of_day(before):
        return [e.DeadlineMoved(before, after, command.reason, command.act)]
    return [e.OpeningPostponed(before, after, start_of_day(after), command.reason, command.act)]


def confirm(state: OpeningState, command: c.ConfirmDeadline) -> list[e.Event]:
    """The held deadline stands as it was, after the three parties consulted."""
    consultation.check_over(state, e.About.DEADLINE)
    deadline = state.scheduled.bid_deadline
    return [e.DeadlineConfirmed(deadline, command.reason, command.act), e.DeadlinePassed(deadline)]


def held(state: OpeningState, now: int) -> list[e.Event]:
    """What happens instead of the deadline where a platform fault contains it or reaches into the time before it."""
    deadline = state.scheduled.bid_deadline
    near = deadline - state.scheduled.rules.hold_before_deadline
    incidents = tuple(i.incident for i in state.incidents if _touches(state, i, near, deadline))
    if not incidents:
        return []
    return [e.DeadlineHeld(deadline, incidents), consultation.opened(state, e.About.DEADLINE, now)]


def _touches(state: OpeningState, incident: e.IncidentRecorded, near: int, deadline: int) -> bool:
    """A fault that the project owner knew when it set the deadline counts again only if it lasts through it."""
    if not is_platform_fault(incident) or incident.start is None or incident.start > deadline:
        return False
    after = deadline if incident.incident <= state.weighed else near
    return incident.end is None or incident.end > after
