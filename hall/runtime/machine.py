"""The pure machines as one shape, so that one room can run any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from hall.procurement.parties import Actor
from hall.session import commands as opening_commands
from hall.session import events as opening_events
from hall.session import notes
from hall.session import state as opening_state
from hall.session.decide import decide as decide_opening
from hall.session.duties import duties
from hall.session.rules import Stage
from hall.tendering import decide as tendering_decide
from hall.tendering import directory
from hall.tendering import events as tendering_events
from hall.tendering import state as tendering_state

S = TypeVar("S")

Events = list[Any]


@dataclass(frozen=True, slots=True)
class Machine(Generic[S]):
    """decide(state, command, actor, now) → events; evolve folds an event at its receipt time; tick and next_deadline
    let time in; `refusal` makes the event that journals a weighty refusal, or None; `first` tells of a command that
    speaks of time already gone: it is decided before time is let in; `rests`: nothing more comes of itself; `is_last`
    tells of an event behind which a stream is most likely at rest."""

    initial: S
    decide: Callable[[S, Any, Actor | None, int], Events]
    evolve: Callable[[S, Any, int], S]
    tick: Callable[[S, int], Events]
    next_deadline: Callable[[S], int | None]
    refusal: Callable[[S, Any, Actor | None, str], Any | None]
    first: Callable[[Any], bool] = lambda command: False
    rests: Callable[[S], bool] = lambda state: False
    is_last: Callable[[Any], bool] = lambda event: False


def timeless(machine: Machine[S]) -> Machine[S]:
    """The same machine for who only writes a plan down: nothing happens to it by the passing of time."""
    return replace(machine, tick=lambda state, now: [], next_deadline=lambda state: None)


def _opening_refusal(
    state: opening_state.OpeningState, command: Any, actor: Actor | None, code: str
) -> opening_events.ActRefused | None:
    if actor is None or not isinstance(command, opening_commands.Act):
        return None
    act = command.act
    return opening_events.ActRefused(act.type, code, act.lot, actor.key, act.body_digest)


def _deposit_refusal(
    state: tendering_state.TenderState, command: Any, actor: Actor | None, code: str
) -> tendering_events.DepositRefused | None:
    return None if actor is None else tendering_decide.refusal(state, command, actor, code)


def _is_fault(command: Any) -> bool:
    """A fault of the platform is told when it is over, or after it began: no window closes through it (clause 4.7)."""
    return isinstance(command, opening_commands.NoteFault)


OPENING: Machine[opening_state.OpeningState] = Machine(
    initial=opening_state.OpeningState(),
    decide=lambda state, command, actor, now: list(decide_opening(state, command, actor=actor, now=now)),
    evolve=opening_state.evolve,
    tick=lambda state, now: list(notes.tick(state, now)),
    next_deadline=notes.next_deadline,
    refusal=_opening_refusal,
    first=_is_fault,
    rests=lambda state: state.stage is Stage.CLOSED and not duties(state),
    is_last=lambda event: isinstance(event, opening_events.RecordingHeads) and event.final,
)

TENDERING: Machine[tendering_state.TenderState] = Machine(
    initial=tendering_state.TenderState(),
    decide=lambda state, command, actor, now: list(
        tendering_decide.decide(state, command, actor=actor, now=now)
    ),
    evolve=lambda state, event, at: tendering_state.evolve(state, event),
    tick=lambda state, now: [],  # the deadline is the opening's, which hands it over
    next_deadline=lambda state: None,
    refusal=_deposit_refusal,
)

DIRECTORY: Machine[directory.Directory] = Machine(
    initial=directory.Directory(),
    decide=lambda state, command, actor, now: list(directory.decide(state, command, actor=actor, now=now)),
    evolve=lambda state, event, at: directory.evolve(state, event),
    tick=lambda state, now: [],
    next_deadline=lambda state: None,
    refusal=lambda state, command, actor, code: None,
)
