"""The trading centre as a matter of the hall itself, and what it owes the directory.

What may not live here: a rule of the centre (`hall.centre`), HTTP, certificates' arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from hall.centre import commands as c
from hall.centre import events as e
from hall.centre.acts import OPTIONAL, SHAPES, WITHHELD, command_of
from hall.centre.changes import Change, Kind, Known
from hall.centre.decide import RIGHTS, decide
from hall.centre.state import CentreState, evolve
from hall.centre.views import view
from hall.clock import Clock
from hall.procurement.matter import HALL
from hall.procurement.parties import Actor, Role
from hall.procurement.standing import Standing
from hall.runtime.letter import Letter
from hall.runtime.machine import Machine
from hall.runtime.matter import Matter, Owed, Procedure, States
from hall.runtime.room import Room
from hall.tendering import directory as d

CENTRE: Final[Matter[CentreState]] = Matter(
    name="centre",
    events=e.Event,
    machine=Machine(
        initial=CentreState(),
        decide=lambda state, command, actor, now: list(decide(state, command, actor, now)),
        evolve=evolve,
        tick=lambda state, now: [],
        next_deadline=lambda state: None,
        refusal=lambda state, command, actor, code: None,
        is_last=lambda event: isinstance(event, e.ChangeCarried | e.YearSet | e.DefaultsSet | e.RoomsNamed),
    ),
    rights=RIGHTS,
    command_of=command_of,
    view=view,
    withheld=WITHHELD,
    shapes=SHAPES,
    optional=OPTIONAL,
)


def informed(matters: Sequence[Matter[Any]], directory: Callable[[], d.Directory]) -> list[Matter[Any]]:
    """The matters, with a centre that asks the directory before it decides."""

    def asking(state: CentreState, command: Any, actor: Actor | None, now: int) -> list[Any]:
        known = _with_pending(directory(), state)
        match command:
            case c.MakeChange(change):
                command = replace(command, known=known_of(change, known))
            case c.Confirm(proposal) if proposal in state.proposals:
                command = replace(command, known=known_of(state.proposals[proposal].change, known))
            case c.ListExpert(party):
                seat = Change(Kind.GIVE, party, office=Role.EVALUATOR)
                command = replace(command, known=known_of(seat, known))
        return list(decide(state, command, actor, now))

    centre = replace(CENTRE, machine=replace(CENTRE.machine, decide=asking))
    return [centre if matter.name == CENTRE.name else matter for matter in matters]


def carried(directory: Room[d.Directory], clock: Clock) -> Owed:
    """What the centre owes the directory: each change once, in order."""

    def owed(states: States) -> tuple[int, Change] | None:
        state = states.of(CENTRE)
        change = state.next_change if states.tender == HALL else None
        return None if change is None else (state.carried + 1, change)

    async def carry(procedure: Procedure, what: tuple[int, Change]) -> None:
        number, change = what
        for event in events_of(change, directory.state):
            await directory.submit(d.Register(event), received_at=clock.now())
        await procedure.submit(CENTRE.name, c.NoteCarried(number))

    return Owed("directory", owed, carry)


def letters(states: States) -> Sequence[Letter]:
    """A party hears of each further or retired certificate by every way it has: were it not its own wish, it must know
    at once."""
    if states.tender != HALL:
        return ()
    told = {Kind.CERTIFICATE: "certificate_added", Kind.RETIRE: "certificate_retired"}
    return [
        Letter(
            key=f"change-{number}",
            party=change.party,
            role=Role.BIDDER.value,
            kind=told[change.kind],
            facts={"certificate": change.sha256[:16]},
            due_at=at,
            path="/inbox",
        )
        for number, (at, change) in enumerate(states.of(CENTRE).changes, 1)
        if change.kind in told
    ]


def events_of(change: Change, known: d.Directory) -> Iterator[d.Event]:
    """A change as the directory says it. The directory takes what it knows already without another row."""
    match change.kind:
        case Kind.PARTY:
            yield _registered(change, change.name, change.kind_of, change.code)
            if change.standing:
                yield d.StandingNoted(change.party, Standing(change.standing), change.identity)
        case Kind.CERTIFICATE:
            if (party := _party(known, change.party)) is not None:
                yield _registered(change, party.name, party.kind, party.code)
        case Kind.RETIRE:
            yield d.CertificateRetired(change.sha256)
        case Kind.SHUT:
            yield d.PartyDeactivated(change.party)
        case Kind.REOPEN:
            yield d.PartyActivated(change.party)
        case Kind.GIVE:
            yield d.OfficeGiven(change.party, Role(change.office))
        case Kind.TAKE:
            yield d.OfficeTaken(change.party, Role(change.office))
    if change.recipient:
        yield d.PairRegistered(change.sha256, change.recipient, change.encryption)


def known_of(change: Change, known: d.Directory) -> Known:
    """What the directory says about a change."""
    party = _party(known, change.party)
    owners = (known.certificates.get(sha256) for sha256 in (change.sha256, change.recipient) if sha256)
    paired = change.recipient and any(one.recipient == change.recipient for one in known.pairs.values())
    owner = next((one.party for one in owners if one is not None), "?" if paired else "")
    held = known.offices.get(change.party, frozenset())
    holders = (
        who
        for who, offices in known.offices.items()
        if Role.TRADING_CENTRE in offices and who not in known.deactivated
    )
    return Known(
        exists=party is not None,
        name=party.name if party else "",
        kind_of=party.kind if party else "",
        owner=owner,
        shut=change.party in known.deactivated,
        holds=change.office in held,
        last=not any(
            one.party == change.party and sha256 != change.sha256 and sha256 not in known.retired
            for sha256, one in known.certificates.items()
        ),
        coded=_coded(change, known),
        holders=tuple(sorted(holders)),
    )


def _with_pending(known: d.Directory, state: CentreState) -> d.Directory:
    """The directory as it will be once it has all that it is owed."""
    for _, change in state.changes[state.carried :]:
        for event in events_of(change, known):
            known = d.evolve(known, event)
    return known


def _registered(change: Change, name: str, kind: str, code: str) -> d.PartyRegistered:
    return d.PartyRegistered(change.party, name, kind, code, change.sha256, change.certificate)


def _coded(change: Change, known: d.Directory) -> str:
    """Another bidder under the code of a new bidder: one organisation is not to bid twice."""
    if change.kind_of != "bidder" or not change.code:
        return ""
    bidders = (
        one for one in known.certificates.values() if one.kind == "bidder" and one.party != change.party
    )
    return next((one.party for one in bidders if one.code == change.code), "")


def _party(known: d.Directory, party: str) -> d.PartyRegistered | None:
    return next((one for one in known.certificates.values() if one.party == party), None)
