"""Picture and sound as the opening rules them: floor and hands, recordings made elsewhere, faces (clauses 3.1, 4.4,
5.3.7, 6.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hall.procurement.acts import SignedAct


class Moment(StrEnum):
    """When a representative is looked at once more (clause 5.3.7)."""

    DECRYPTION = "decryption"
    PRICE = "price"
    OBJECTION = "objection"


class Likeness(StrEnum):
    """What a comparison of faces says to the person who looks. It decides nothing."""

    LIKE = "like"
    UNLIKE = "unlike"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class HandRaised:
    """Somebody in the room asks for the floor."""

    participant: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class HandLowered:
    participant: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class FloorGiven:
    """Everybody sees and hears `participant` from now on; "" is nobody. `cause`: "" for the host's own act, `offline`
    where the hall took the floor back from somebody who was gone."""

    participant: str
    before: str
    cause: str
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class RoomMuted:
    """All announced bidders but the one that has the floor are muted at once, or heard again (clause 4.4)."""

    participants: tuple[str, ...]
    muted: bool
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RecordingNamed:
    """No source proves that it is written, and the project owner goes on with a recording made elsewhere (clause 6.1).
    `recording`: external-1, external-2 …; `name`, `place`: what records, and where it is kept."""

    recording: str
    name: str
    place: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RecordingAttached:
    """One file of a recording made elsewhere, by its digest. `recording`: external-N, or call-N of a telephone call.
    `size` in bytes; `start`, `end`: what it covers, ms UTC."""

    recording: str
    sha256: str
    size: int
    mime: str
    start: int
    end: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class FaceFlagged:
    """A machine compared the live picture with the reference picture, as the representative consented: a hint for the
    people who check (clause 5.3.7). `score`: distance in tenths, 0 … 10."""

    bidder: str
    moment: str
    score: int
    flag: Likeness


MediaEvent = (
    HandRaised | HandLowered | FloorGiven | RoomMuted | RecordingNamed | RecordingAttached | FaceFlagged
)
