"""Supervision as a matter of a tender, and what its stream and the others owe each other.

What may not live here: any rule of it, and what needs an adapter (`hall.runtime.supervision_desk`).
"""

from __future__ import annotations

from typing import Final

from hall.award import commands as award
from hall.procurement.parties import Role
from hall.runtime.award_matter import AWARD
from hall.runtime.machine import Machine
from hall.runtime.matter import Matter, Owed, States, to
from hall.supervision import acts, clocks, views
from hall.supervision import commands as c
from hall.supervision import events as e
from hall.supervision.decide import decide, refusal
from hall.supervision.state import Supervision, evolve

NAME: Final = "supervision"

SUPERVISION: Final[Matter[Supervision]] = Matter(
    name=NAME,
    events=e.Event,
    machine=Machine(
        initial=Supervision(),
        decide=lambda state, command, actor, now: list(decide(state, command, actor=actor, now=now)),
        evolve=evolve,
        tick=lambda state, now: list(clocks.tick(state, now)),
        next_deadline=clocks.next_deadline,
        refusal=lambda state, command, actor, code: refusal(command, actor, code),
        is_last=lambda event: bool(getattr(event, "rests", False)),
    ),
    rights=acts.RIGHTS,
    command_of=acts.command_of,
    view=views.view,
    may_read=views.may_read,
    withheld=acts.WITHHELD,
    shapes=acts.SHAPES,
    names_files=frozenset({"files", "recording"}),
)


def _tender(states: States) -> c.NoteTender | None:
    """The law, the deadline and the owner of a tender whose opening is scheduled."""
    if states.tendering is None or states.tendering.plan is None or states.opening is None:
        return None
    posts = states.opening.posts.values()
    owners = sorted({post.party for post in posts if post.role is Role.PROCURING_ENTITY})
    law = states.opening.scheduled.rules.procedure_law
    found = c.NoteTender(law, states.tendering.plan.bid_deadline, tuple(owners))
    noted = states.of(SUPERVISION)
    same = (noted.law, noted.bid_deadline, noted.owners) == (found.law, found.bid_deadline, found.owners)
    return None if same else found


def _calendar(states: States) -> c.TakeCalendar | None:
    """The working days that the trading centre keeps, where they are not those by which limits are counted here."""
    kept, known = states.calendar, states.of(SUPERVISION).calendar
    return None if kept == known else c.TakeCalendar(tuple(sorted(kept.holidays)), tuple(sorted(kept.extra)))


def _objected(states: States) -> c.NoteOpeningObjection | None:
    """The next bidder that objected at the opening and that supervision has not heard of."""
    if states.opening is None:
        return None
    noted = states.of(SUPERVISION).objected
    for lot, course in states.opening.lots.items():
        for objection in course.objections:
            if (lot, objection.bidder) not in noted:
                return c.NoteOpeningObjection(lot, objection.bidder)
    return None


def _publicity(states: States) -> c.NotePublicity | None:
    """The next lot whose candidates are public, as long as they are now."""
    noted = states.of(SUPERVISION).publicity
    for lot, times in states.of(AWARD).publicity.items():
        if noted.get(lot) != times:
            return c.NotePublicity(lot, *times)
    return None


def _result_objection(states: States) -> award.NoteObjection | None:
    """The next objection to the result of which the award knows too little (Implementing Regulations art. 54)."""
    known = states.of(AWARD).objections
    for objection, lot, is_open in states.of(SUPERVISION).result_objections:
        if is_open != (objection in known):
            return award.NoteObjection(objection, lot, is_open)
    return None


def _stands(states: States) -> award.NoteSuspension | None:
    """That the award is to stand still, or goes on."""
    by = states.of(SUPERVISION).suspended
    return None if states.of(AWARD).suspended == by else award.NoteSuspension(by)


SUPERVISION_OWED: Final = (
    Owed("law and deadline to supervision", _tender, to(NAME)),
    Owed("working days to supervision", _calendar, to(NAME)),
    Owed("objections at the opening to supervision", _objected, to(NAME)),
    Owed("publicity of candidates to supervision", _publicity, to(NAME)),
    Owed("objections to the result to the award", _result_objection, to("award")),
    Owed("suspension of the award", _stands, to("award")),
)
