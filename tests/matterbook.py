"""A matter of a tender told as a conversation: `MatterBook(NOTICE).says(AGENCY, "publish_notice", ...)`.

Like `tests.playbook` for openings: the pure machine alone, time by hand. What a scenario in tests/scenarios/matters
says is told again on disk by the crash tests, with a death around each kind of event.
"""

from __future__ import annotations

import base64
import itertools
from typing import Any

from hall.errors import HallError
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.matter import PUBLIC, Look, seat
from hall.procurement.parties import Actor, Role
from hall.runtime.matter import Matter

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_767_225_600_000
"""1 January 2026, 0:00 UTC."""

_nonces = itertools.count(1)


def person(party: str, *roles: Role, name: str = "") -> Look:
    """Somebody with these roles; its certificate follows from its id."""
    return Look(party, name or party, party.encode().hex().ljust(64, "0")[:64], frozenset(roles))


class MatterBook:
    """One matter of the tender T-1. `now` is hall time; `events` is everything that happened so far; `steps`: every
    command with its moment and actor, for who tells it again."""

    def __init__(self, matter: Matter[Any], *, now: int = START, tender: str = "T-1") -> None:
        self.matter, self.now, self.tender = matter, now, tender
        self.state = matter.machine.initial
        self.events: list[Any] = []
        self.steps: list[tuple[int, Any, Actor | None]] = []
        told.append(self)

    def at(self, moment: int) -> MatterBook:
        """It is `moment`; whatever was due before it has happened when it was due."""
        machine = self.matter.machine
        while (due := machine.next_deadline(self.state)) is not None and due <= moment:
            self.now = max(self.now, due)
            ticked = machine.tick(self.state, self.now)
            assert ticked, "something seemed due and was not: a room would spin"
            self._take(ticked)
        self.now = moment
        return self

    def after(self, ms: int) -> MatterBook:
        return self.at(self.now + ms)

    def note(self, command: Any, actor: Actor | None = None) -> list[Any]:
        """The hall itself puts a command in; gives what follows."""
        self.steps.append((self.now, command, actor))
        return self._take(self.matter.machine.decide(self.state, command, actor, self.now))

    def says(self, who: Look, act_type: str, *, lot: str = "", **body: Any) -> list[Any]:
        """Somebody sends a signed act now; gives what follows."""
        look = self.looking(who)
        actor = seat(self.matter.rights, act_type, look)
        return self.note(self.matter.command_of(self.act(who, act_type, lot=lot, **body)), actor)

    def refuses(self, who: Look, act_type: str, *, lot: str = "", **body: Any) -> str:
        """Somebody sends an act and is refused; gives the code. Nothing has happened but a row of weight."""
        try:
            self.says(who, act_type, lot=lot, **body)
        except HallError as error:
            return error.code
        raise AssertionError(f"{act_type} was not refused")

    def looking(self, who: Look) -> Look:
        """Somebody with the roles that the state itself gives."""
        return Look(who.party, who.name, who.certificate, who.roles | self.matter.seats(self.state, who))

    def view(self, who: Look = PUBLIC) -> Any:
        """What somebody may know now."""
        return self.matter.view(self.state, self.looking(who), self.now)

    def act(self, who: Look, act_type: str, *, lot: str = "", **body: Any) -> SignedAct:
        """An act with a signature that nobody checks here."""
        return SignedAct(
            type=act_type,
            origin="hall.example",
            tender=self.tender,
            lot=lot,
            certificate=who.certificate,
            server_nonce=f"{next(_nonces):032x}",
            client_nonce=f"{next(_nonces):032x}",
            body=canonical.dumps(body).decode(),
            signature=base64.b64encode(bytes(64)).decode(),
        )

    def _take(self, events: list[Any]) -> list[Any]:
        for event in events:
            self.state = self.matter.machine.evolve(self.state, event, self.now)
        self.events.extend(events)
        return events


told: list[MatterBook] = []
"""Every book of this process, in order; the crash tests empty it before they run a scenario."""
