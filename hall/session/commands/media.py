"""Commands of `hall.session.events.media`."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.session.events.course import RecorderProof
from hall.session.events.media import Likeness


@dataclass(frozen=True, slots=True)
class RaiseHand:
    act: SignedAct


@dataclass(frozen=True, slots=True)
class LowerHand:
    act: SignedAct


@dataclass(frozen=True, slots=True)
class GiveFloor:
    """`participant`: "" takes the floor back."""

    participant: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MuteAll:
    muted: bool
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NameRecording:
    """`writing`: what the recorder proves at the moment of receipt, None where no source proves anything."""

    name: str
    place: str
    reason: str
    act: SignedAct
    writing: RecorderProof | None


@dataclass(frozen=True, slots=True)
class AttachRecording:
    recording: str
    sha256: str
    size: int
    mime: str
    start: int
    end: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteFace:
    bidder: str
    moment: str
    score: int
    flag: Likeness


@dataclass(frozen=True, slots=True)
class NoteGap:
    """A participant's picture is missing since `start`, ms UTC. `kind`: media_gap where nothing arrives, recording_gap
    where it arrives and is not written; the gap's end is a NoteFaultEnded."""

    kind: str
    participant: str
    detail: str
    start: int


MediaAct = RaiseHand | LowerHand | GiveFloor | MuteAll | NameRecording | AttachRecording
MediaNote = NoteFace | NoteGap
