"""A matter of a tender as the runtime sees it: a machine, its acts, its view, and what it owes the others.

What may not live here: rooms and I/O (`hall.runtime.procedure`), and any rule of a domain. Which matters there are
stands in `hall.runtime.matters`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Generic, Protocol, TypeVar, cast

from hall.procurement.acts import SignedAct
from hall.procurement.bodies import Shape
from hall.procurement.calendar import WorkingDays
from hall.procurement.matter import Look, Rights
from hall.procurement.parties import Actor, Role
from hall.procurement.standing import Standing
from hall.runtime.machine import Machine
from hall.session.state import OpeningState
from hall.tendering.state import TenderState

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Matter(Generic[S]):
    """One kind of stream, `<name>/<tender>`.

    events: the closed union that its codec writes. rights: who may send which act. command_of: reads a verified act's
    body strictly, raises Malformed. view: what somebody may know of it (the secrecy boundary; now: ms UTC); gives a
    dataclass of `hall.wire`. seats: roles that the state itself gives, as to a member of the committee. founders:
    offices for whom a tender is there before it is published, and who may begin one. may_read: whether somebody may
    read the file with this SHA-256. check_given: raises Refused where a file that somebody may
    read is not given out now (ms UTC). withheld: types of acts whose body the journal names by its
    digest alone (command_of takes it out of the act); it lies beside the journal. shapes, optional: the bodies of its
    acts, key by key: those that must and those that may be there. names_files: keys of those bodies under which
    files stand by their digest, which their signers hand in first. check_act: raises
    Refused where another stream of the tender contradicts what somebody asks for.
    """

    name: str
    events: UnionType
    machine: Machine[S]
    rights: Rights
    command_of: Callable[[SignedAct], Any]
    view: Callable[[S, Look, int], Any]
    seats: Callable[[S, Look], frozenset[Role]] = lambda state, look: frozenset()
    founders: frozenset[Role] = frozenset()
    may_read: Callable[[S, Look, str], bool] = lambda state, look, sha256: False
    check_given: Callable[[S, Look, str, int], None] = lambda state, look, sha256, now: None
    withheld: frozenset[str] = frozenset()
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    optional: Mapping[str, Shape] = field(default_factory=dict)
    names_files: frozenset[str] = frozenset()
    check_act: Callable[[States, Any, Actor], None] = lambda states, command, actor: None


@dataclass(frozen=True, slots=True)
class States:
    """All streams of one tender at one moment; `tendering` and `opening` are None before its notice is published.
    `calendar`: the working days that the trading centre keeps; `holders`: parties that hold an office in the whole hall
    and may log in; `registered_as`: parties registered under a name or a credit code; `standing`: what a bidder is
    before the law."""

    tender: str
    tendering: TenderState | None
    opening: OpeningState | None
    matters: Mapping[str, Any] = field(default_factory=dict)
    calendar: WorkingDays = field(default_factory=WorkingDays)
    holders: Callable[[Role], Sequence[str]] = lambda role: ()
    registered_as: Callable[[str, str], Sequence[str]] = lambda name, code: ()
    standing: Callable[[str], Standing] = lambda party: Standing.LEGAL_PERSON

    def of(self, matter: Matter[S]) -> S:
        """The state of a matter; the initial one where nothing was said in it."""
        return cast(S, self.matters.get(matter.name, matter.machine.initial))


class Procedure(Protocol):
    """All that goes on around one tender, for who carries out what is owed."""

    tender: str

    def states(self) -> States:
        """As they are now."""
        ...

    async def submit(self, matter: str, command: Any) -> None:
        """Put a command of the hall's own into a matter's room and wait until it is durable. Raises HallError."""
        ...


@dataclass(frozen=True, slots=True)
class Owed:
    """What the states of a tender owe somebody: `owed` gives it, or None when nothing is owed or it has arrived; `do`
    delivers it, and may be called again after a crash. Handed-over facts are commands: `do=to("award")`."""

    name: str
    owed: Callable[[States], Any | None]
    do: Callable[[Procedure, Any], Awaitable[None]]


def to(matter: str) -> Callable[[Procedure, Any], Awaitable[None]]:
    """Deliver a command to a matter."""

    async def submit(procedure: Procedure, command: Any) -> None:
        await procedure.submit(matter, command)

    return submit
