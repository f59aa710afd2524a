"""Picture and sound: cameras of the hall, recordings made elsewhere, looks at a representative."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera that shows the hall itself."""

    participant: str
    name: str


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A file of a recording made elsewhere, by its digest. `start`, `end`: what it covers."""

    sha256: str
    size: int
    mime: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ExternalRecording:
    """A recording made elsewhere (clause 6.1), or one of a telephone call. `recording`: its name, external-N or call-N;
    `standing`: the agenda goes on upon it, because nothing else proves that it is written."""

    recording: str
    name: str
    place: str
    reason: str
    named_at: int | None
    standing: bool
    files: list[RecordingFile]


@dataclass(frozen=True, slots=True)
class LookView:
    """A look at a representative that is due now (clause 5.3.7). `moment`: decryption, price or objection."""

    participant: str
    moment: str


@dataclass(frozen=True, slots=True)
class FlagView:
    """What a comparison of faces says: a hint for who looks. `flag`: like, unlike, unsure; `score`: distance in
    tenths."""

    participant: str
    moment: str
    score: int
    flag: str
    at: int
