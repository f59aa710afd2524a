"""What can be asked of the keeping of one opening's recordings. Acts are verified before they come here."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class NoteView:
    """by, certificate: who looks, as the login proved it; the rest as in `RecordingsViewed`."""

    by: str
    certificate: str
    participants: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NoteExport:
    by: str
    certificate: str
    participants: tuple[str, ...]
    start: int
    end: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class NoteKeys:
    """by, certificate: who fetches keys; participants: whose recordings they open."""

    by: str
    certificate: str
    participants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoteBundle:
    """by, certificate: who fetches a bundle, "public" and "" where nobody logged in; sha256, size: of the file."""

    by: str
    certificate: str
    entitlement: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class PlaceHold:
    act: SignedAct


@dataclass(frozen=True, slots=True)
class LiftHold:
    act: SignedAct


@dataclass(frozen=True, slots=True)
class HoldForComplaint:
    """A complaint is open: nothing is erased while it is. by: whose complaint it is."""

    complaint: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ComplaintOver:
    complaint: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrderErasure:
    """closed_at: when the opening was closed, ms UTC, None while it is not; kept_until: until when the recordings have
    to be kept then."""

    act: SignedAct
    closed_at: int | None
    kept_until: int


@dataclass(frozen=True, slots=True)
class NoteErased:
    key_destroyed: bool
    files: int


@dataclass(frozen=True, slots=True)
class NoteStored:
    recording: str
    sha256: str
    size: int
    by: str


Act = PlaceHold | LiftHold | OrderErasure
Command = (
    Act
    | NoteView
    | NoteExport
    | NoteKeys
    | NoteBundle
    | HoldForComplaint
    | ComplaintOver
    | NoteErased
    | NoteStored
)
