"""What happened to the recordings of one opening after they were made: looked at, exported, held, erased (clause 6.1).

`by` is a person as the login proved it, `role:party`. Intervals are hall time, ms UTC: of what was looked at, not of
when; that is the row's own time.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class RecordingsViewed:
    """Somebody looks at recordings: one row for a person, these participants and a minute, however many bytes are
    asked for. certificate: of the login, SHA-256."""

    by: str
    certificate: str
    participants: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ClipExported:
    """A clip was made and is handed out from here on. sha256, size: of the file."""

    by: str
    certificate: str
    participants: tuple[str, ...]
    start: int
    end: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class RecordingKeysGiven:
    """Somebody has what opens its bundle's recordings of these participants, outside the hall and for as long as it
    likes."""

    by: str
    certificate: str
    participants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BundleGiven:
    """A bundle of the opening is handed out from here on. by: role:party, "public" where nobody logged in (told once of
    each file); entitlement: whose part it is; sha256, size: of the file. A bundle's tree ends before it was handed out,
    so this row stands in the next one, and makes none anew."""

    by: str
    certificate: str
    entitlement: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """Nothing is erased while this hold stands. `hold` counts from 1; complaint: its id where one demands it, else ""
    and somebody signed."""

    hold: int
    by: str
    reason: str
    complaint: str
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class HoldLifted:
    hold: int
    by: str
    reason: str
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class ErasureRefused:
    """Somebody asked too early, or against a hold. act: digest of what was signed."""

    by: str
    code: str
    act: str


@dataclass(frozen=True, slots=True)
class ErasureOrdered:
    """From here on nobody sees the recordings. closed_at: when the opening was closed; kept_until: the end of the time
    for which they had to be kept."""

    by: str
    reason: str
    closed_at: int
    kept_until: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RecordingsErased:
    """The order is carried out: the recording key is destroyed, and `files` media files, which no key had made
    unreadable, are deleted. Indices, chains and the heads in the journal stay."""

    key_destroyed: bool
    files: int


@dataclass(frozen=True, slots=True)
class ExternalRecordingStored:
    """A recording made elsewhere lies in the hall: these very bytes. What it is and what it covers stands in the
    opening's own stream, by the same name."""

    recording: str
    sha256: str
    size: int
    by: str


Event = (
    RecordingsViewed
    | ClipExported
    | RecordingKeysGiven
    | BundleGiven
    | HoldPlaced
    | HoldLifted
    | ErasureRefused
    | ErasureOrdered
    | RecordingsErased
    | ExternalRecordingStored
)
