"""What the shell needs of picture, sound and recordings, as Protocols, and the values that cross them. As `ports`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hall.procurement.parties import Actor
from hall.session.events import RecorderProof, RecordingHead


@dataclass(frozen=True, slots=True)
class MediaNotice:
    """What a media worker tells: publication_started, publication_ended, worker_lost, worker_back,
    media_gap, media_alive, recording_refused, recording_resumed, recording_altered, speaking (detail "1" or "0")."""

    kind: str
    opening: str
    participant: str
    at_ms: int
    detail: str


@dataclass(frozen=True, slots=True)
class Still:
    """A picture of a participant as a JPEG. `at_ms`: when it was taken, ms UTC; `keyframe`: its number within the
    publication, from 1."""

    at_ms: int
    keyframe: int
    jpeg: bytes


class MediaPlane(Protocol):
    """One port for picture and sound.

    SDP in, SDP out; raises Malformed("bad_sdp"), Malformed("no_common_codec"), Unavailable.
    """

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def open_room(self, opening: str) -> None: ...

    async def publish(self, opening: str, participant: str, sdp: str) -> str: ...

    async def watch(self, opening: str, participant: str, viewer: str, sdp: str) -> str: ...

    async def restart(self, opening: str, participant: str, viewer: str, sdp: str) -> str:
        """Let who publishes (viewer ""), or watches, come another way (ICE restart). Raises
        Unavailable("connection_over")."""
        ...

    async def stop_watching(self, opening: str, viewer: str) -> None: ...

    async def stop_publishing(self, opening: str, participant: str) -> None: ...

    async def mute(self, opening: str, participants: Collection[str]) -> None: ...

    async def still(self, opening: str, participant: str) -> Still | None:
        """The participant's last picture, None where there is none; the same one again costs next to nothing."""
        ...

    async def picture(self, opening: str, participant: str, jpeg: bytes, width: int, height: int) -> None:
        """A single picture of who can send nothing else: recorded, and given as its still."""
        ...

    async def film(self, opening: str, cameras: Collection[str]) -> None:
        """Read these cameras of the hall (participants) from now on, those whose address the settings name; an open
        room only."""
        ...

    async def close_room(self, opening: str) -> None: ...

    async def clock_changed(self) -> None: ...

    async def test_call(self) -> None:
        """Sound through the workers and back; returns when it was heard. Raises Unavailable."""
        ...

    def notices(self) -> AsyncIterator[MediaNotice]: ...


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """One media file of an opening: an epoch of one participant. Times ms UTC."""

    participant: str
    file: str
    epoch: int
    mime: str
    start: int
    end: int
    size: int


@dataclass(frozen=True, slots=True)
class RecordingIndex:
    """Part of an index as a player wants it. `init`: of the init segment and the file, None where not even that is
    written; a fragment: [n, offset, length, utc, duration, keyframe]; `end`: utc, cause, fragments, None while the
    file goes on or fragments are left to be told. Times ms UTC, offsets and lengths in bytes."""

    init: Mapping[str, object] | None
    fragments: Sequence[Sequence[int | bool]]
    end: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Covered:
    """What of one participant is recorded: spans (start, end, file) and gaps (start, end, cause, whether nothing was
    lost), in order. Times ms UTC."""

    participant: str
    spans: Sequence[tuple[int, int, str]]
    gaps: Sequence[tuple[int, int, str, bool]]


class RecordingReader(Protocol):
    """Reads recordings for people: all bytes are plain, whatever lies on the disk.

    Raises Malformed("bad_recording_id"), NotPermitted("no_such_media_file").
    """

    def path(self, opening: str, participant: str, file: str) -> Path: ...

    async def index(
        self, opening: str, participant: str, file: str, after: int, wait: float
    ) -> RecordingIndex:
        """What the index says behind fragment `after`; waits up to `wait` seconds where that is nothing yet."""
        ...

    async def coverage(self, opening: str, participant: str, within: tuple[int, int] | None) -> Covered:
        """Spans and gaps of a participant; `within` cuts them, and shows what is missing at its ends, too."""
        ...

    def playlist(self, opening: str, participant: str) -> str:
        """An HLS playlist of all that was recorded of a participant; empty where HLS can carry none of it. Blocks on
        the disk."""
        ...

    def size(self, path: Path) -> int: ...

    async def seekable(self, path: Path) -> tuple[bytes, int]:
        """(a head, the bytes at the file's begin that it takes the place of), by which any player seeks; (b"", 0) where
        there is none, or none is needed."""
        ...

    def plain(self, path: Path, offset: int, length: int) -> bytes:
        """Blocks on the disk."""
        ...


@dataclass(frozen=True, slots=True)
class ClipOrder:
    """A clip to be made: of these media files what lies within [start, end), ms UTC. participants: (id, name); files:
    (participant, file); by: who asks; at: when."""

    opening: str
    tender: str
    tender_name: str
    tender_number: str
    participants: Sequence[tuple[str, str]]
    files: Sequence[tuple[str, str]]
    start: int
    end: int
    by: Actor
    at: int


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished clip on disk. sha256, size: of the file."""

    path: Path
    sha256: str
    size: int


class ClipOffice(Protocol):
    """Cuts clips out of recordings, with their proofs."""

    async def make(self, order: ClipOrder) -> Clip:
        """Raises Refused("nothing_recorded"), Unavailable."""
        ...


class Recordings(Protocol):
    """The server's view of what the recorder writes, by tailing its indices."""

    def heads(self, opening: str) -> list[RecordingHead]: ...

    def prove(
        self, opening: str, participant: str, now_ms: int, within_ms: int = 5000
    ) -> RecorderProof | None: ...

    def files(self, opening: str) -> list[RecordingFile]: ...

    def path(self, opening: str, participant: str, file: str) -> Path: ...
