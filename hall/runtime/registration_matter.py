"""Registration as a matter of a tender: its machine, rights and view, and what other streams owe it.

What may not live here: a rule of registration, and bytes of documents (`hall.runtime.downloads`).
"""

from __future__ import annotations

from typing import Any, Final

from hall.errors import Refused
from hall.procurement.parties import Actor
from hall.procurement.standing import Standing
from hall.runtime.machine import Machine
from hall.runtime.matter import Matter, Owed, States, to
from hall.session.roster import all_announced
from hall.session.rules import Stage
from hall.tendering.entry import individual_barred
from hall.tendering.notice.state import NoticeState
from hall.tendering.registration import commands as c
from hall.tendering.registration import events as e
from hall.tendering.registration.acts import RIGHTS, SHAPES, command_of
from hall.tendering.registration.decide import decide
from hall.tendering.registration.state import RegistrationState, evolve
from hall.tendering.registration.views import may_read, view

MACHINE: Final[Machine[RegistrationState]] = Machine(
    initial=RegistrationState(),
    decide=lambda state, command, actor, now: list(decide(state, command, actor=actor, now=now)),
    evolve=evolve,
    tick=lambda state, now: [],  # deadline and announcement are the opening's, which hands them over
    next_deadline=lambda state: None,
    refusal=lambda state, command, actor, code: None,
    is_last=lambda event: True,
)


def _check_act(states: States, command: Any, actor: Actor) -> None:
    """Clause 3.3: individuals register only where they may bid, and for themselves alone (Bidding Law arts. 25, 31).
    Raises Refused."""
    if isinstance(command, c.AcknowledgeDownload):
        standing = states.standing(actor.party)
        if code := individual_barred(states.matters.get("notice", NoticeState()), standing):
            raise Refused(code)
        if command.members and standing is Standing.NATURAL_PERSON:
            raise Refused("consortium_of_organisations")


REGISTRATION: Final[Matter[RegistrationState]] = Matter(
    name="registration",
    events=e.Event,
    machine=MACHINE,
    rights=RIGHTS,
    command_of=command_of,
    view=view,
    may_read=may_read,
    shapes=SHAPES,
    check_act=_check_act,
)


def _deadline(states: States) -> c.NoteDeadline | None:
    """The opening alone owns the deadline; a tender without a notice or documents in the hall has no registration to
    tell. It is told as soon as the notice is published: nobody is offered a document that it can't have yet."""
    own, published = states.of(REGISTRATION), getattr(states.matters.get("notice"), "opening", "")
    if not (published or own.taken) or states.tendering is None:
        return None
    moment = states.tendering.published.bid_deadline
    return None if moment == own.deadline else c.NoteDeadline(moment)


def _revealed(states: States) -> c.NoteRevealed | None:
    """Bidding Law art. 22 ends when the list of bidders is announced, of all lots (clause 5.3.2)."""
    own, opening = states.of(REGISTRATION), states.opening
    if own.taken is None or own.revealed or opening is None:
        return None
    return c.NoteRevealed() if all_announced(opening) or opening.stage is Stage.CLOSED else None


REGISTRATION_OWED: Final = (
    Owed("deadline of registration", _deadline, to("registration")),
    Owed("end of the secrecy of registrations", _revealed, to("registration")),
)
