"""The incident register: append-only, owned by the procuring entity, which signs its final state (clause 4.3)."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class IncidentRecorded:
    """One entry; a correction is a new entry that points at the old one.

    `kind`: stable code. `clause`: 4.7 letter a … f or "". `subject`: participant or "". `scope`: bidders concerned, all
    when empty. `start`, `end`: ms UTC where the entry is an interval; an open one has no end yet. `act`: None when the
    hall wrote it by itself. `corrects`: number of the corrected entry, 0 for none.
    """

    incident: int
    kind: str
    clause: str
    subject: str
    detail: str
    scope: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None
    corrects: int = 0
    act: SignedAct | None = None


@dataclass(frozen=True, slots=True)
class FaultEnded:
    """The interval of an incident is over."""

    incident: int
    at: int


@dataclass(frozen=True, slots=True)
class IncidentsExplained:
    """Entries explained, in bulk if need be; "cause unknown" is an explanation."""

    incidents: tuple[int, ...]
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RegisterSigned:
    """The procuring entity signed the register's state: so many entries, with this digest."""

    entries: int
    digest: str
    act: SignedAct


RegisterEvent = IncidentRecorded | FaultEnded | IncidentsExplained | RegisterSigned
