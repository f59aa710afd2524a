"""The three parties consult (clause 4.8): project owner, regulator and trading centre each agree, disagree with a
reason, or gave no answer in time. Their answers are recorded; the project owner decides.

Pure, as `decide` is.
"""

from __future__ import annotations

from hall.errors import Refused
from hall.procurement.parties import CONSULTED, Actor
from hall.session import commands as c
from hall.session import events as e
from hall.session.pause import Consultation
from hall.session.state import OpeningState


def opened(
    state: OpeningState,
    about: e.About,
    now: int,
    *,
    suspension: int = 0,
    lot: str = "",
    bidder: str = "",
    ahead: int = 0,
) -> e.ConsultationOpened:
    """The event that opens one. ahead: how many others are opened before it at the same moment."""
    return e.ConsultationOpened(
        consultation=len(state.consultations) + ahead + 1,
        about=about,
        suspension=suspension,
        lot=lot,
        bidder=bidder,
        answer_by=now + state.scheduled.rules.consultation_limit,
    )


def over(consultation: Consultation) -> bool:
    """Whether each of the three has answered, or let its time pass."""
    return all(role.value in consultation.answers for role in CONSULTED)


def runs(
    state: OpeningState, about: e.About, *, suspension: int = 0, lot: str = "", bidder: str = ""
) -> bool:
    """Whether the three are being asked about it now."""
    key = (about, suspension, lot, bidder)
    return any(
        (x.opened.about, x.opened.suspension, x.opened.lot, x.opened.bidder) == key and not over(x)
        for x in state.consultations
    )


def check_over(
    state: OpeningState, about: e.About, *, suspension: int = 0, lot: str = "", bidder: str = ""
) -> None:
    """Nothing is decided before the three were asked. Raises Refused("consultation_running", until=…)."""
    for asked in state.consultations:
        o = asked.opened
        if (o.about, o.suspension, o.lot, o.bidder) == (about, suspension, lot, bidder) and not over(asked):
            raise Refused("consultation_running", consultation=o.consultation, until=o.answer_by)


def answer(state: OpeningState, command: c.Consult, actor: Actor) -> list[e.Event]:
    """One party's answer. A late one is recorded too, in the place of "gave no answer"."""
    asked = next((x for x in state.consultations if x.opened.consultation == command.consultation), None)
    if asked is None:
        raise Refused("no_such_consultation", consultation=command.consultation)
    given = asked.answers.get(actor.role.value)
    if given is not None and given.stance is not e.Stance.NO_ANSWER:
        raise Refused("answered_already")
    if command.stance is e.Stance.DISAGREES and not command.reason:
        raise Refused("reason_missing")
    return [
        e.ConsultationAnswered(
            command.consultation, actor.role.value, command.stance, command.reason, command.act
        )
    ]


def due(state: OpeningState, now: int) -> list[e.Event]:
    """Silence blocks nobody: who has not answered at the end of the limit gave no answer."""
    return [
        e.ConsultationAnswered(x.opened.consultation, role.value, e.Stance.NO_ANSWER, "", None)
        for x in state.consultations
        if now > x.opened.answer_by
        for role in CONSULTED
        if role.value not in x.answers
    ]


def moments(state: OpeningState) -> list[int]:
    """When `due` will next have something to say, ms UTC."""
    return [x.opened.answer_by + 1 for x in state.consultations if not over(x)]


def asks(state: OpeningState, viewer: Actor) -> bool:
    """Whether `viewer` could answer one now."""
    return any(
        given is None or given.stance is e.Stance.NO_ANSWER
        for given in (x.answers.get(viewer.role.value) for x in state.consultations)
    )
