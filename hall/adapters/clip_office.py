"""Makes clips: media cut by stream copy, their index lines, the journal's heads with inclusion proofs, and a page that
tells how to check it all. The form of a clip stands in `hall.evidence.clips`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hall.adapters.clip_words import readme
from hall.clock import Clock
from hall.errors import Refused
from hall.evidence.bundle import BundleWriter
from hall.evidence.clips import HEAD, LABEL, PROOFS, README
from hall.journal.store import SqlJournal
from hall.procurement import canonical
from hall.recording.clips import Cut, cut, lines_to
from hall.recording.reading import Reading
from hall.runtime.media_ports import Clip, ClipOrder
from hall.runtime.ports import Checkpoint, Row, Seals
from hall.session.events import RecordingHead, RecordingHeads

_PIECE = 1 << 20
_EVER = 1 << 52


@dataclass(frozen=True, slots=True)
class _Source:
    """One media file and what of it is wanted. lines: all of its index."""

    participant: str
    file: str
    media: Path
    lines: bytes
    cut: Cut

    @property
    def name(self) -> str:
        """Of the clip's member."""
        return f"clips/{self.participant}-{self.file}"

    @property
    def index(self) -> str:
        return f"index/{self.participant}/{self.media.stem}.index.jsonl"


class Clips:
    """out: where clips lie until they are fetched; anchors: what `trust.json` holds."""

    def __init__(
        self,
        reading: Reading,
        journal: SqlJournal,
        seals: Seals,
        clock: Clock,
        *,
        out: Path,
        anchors: dict[str, object],
    ) -> None:
        self._reading = reading
        self._journal = journal
        self._seals = seals
        self._clock = clock
        self._out = out
        self._anchors = anchors

    def of(self, opening: str) -> list[Path]:
        """Clips of an opening that are at hand."""
        return sorted(self._out.glob(f"{opening}.*.zip"))

    def clear(self) -> None:
        """Forget clips of an earlier run: nobody can fetch them any more."""
        if self._out.is_dir():
            for path in self._out.iterdir():
                path.unlink(missing_ok=True)

    async def make(self, order: ClipOrder) -> Clip:
        """See `hall.runtime.media_ports.ClipOffice`."""
        sources = await asyncio.to_thread(self._sources, order)
        if not sources:
            raise Refused("nothing_recorded")
        rows = await self._heads(order.opening, sources)
        mark = await self._journal.last_checkpoint(order.tender)
        if mark is None or any(row.tree_index >= mark.size for row in rows):
            mark = await self._journal.checkpoint(order.tender, self._clock.now())
        proofs = [
            _proved(row, self._journal.tree(order.tender).inclusion(row.tree_index, mark.size))
            for row in rows
        ]
        return await asyncio.to_thread(self._write, order, sources, rows, proofs, mark)

    def _sources(self, order: ClipOrder) -> list[_Source]:
        found = []
        for participant, file in order.files:
            media = self._reading.path(order.opening, participant, file)
            index = media.with_name(f"{media.stem}.index.jsonl").read_bytes()
            lines = index[: index.rfind(b"\n") + 1]
            # A file made elsewhere can't be cut by who does not know its form: it goes along as a whole.
            start, end = (0, _EVER) if media.suffix == ".bin" else (order.start, order.end)
            if (piece := cut(lines, start, end)) is not None:
                found.append(_Source(participant, file, media, lines, piece))
        return found

    async def _heads(self, opening: str, sources: Sequence[_Source]) -> list[Row]:
        """For each file the first row whose head reaches behind its clip; a file without one is too new."""
        rows = await self._journal.load(f"opening/{opening}")
        heads = [(row, event.heads) for row, event in rows if isinstance(event, RecordingHeads)]
        found = {row.tree_index: row for s in sources if (row := _first(heads, s)) is not None}
        return [found[index] for index in sorted(found)]

    def _write(
        self,
        order: ClipOrder,
        sources: Sequence[_Source],
        rows: Sequence[Row],
        proofs: Sequence[bytes],
        mark: Checkpoint,
    ) -> Clip:
        self._out.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._out / f"{secrets.token_hex(8)}.draft"
        try:
            writer = BundleWriter(draft)
            for source in sources:
                writer.add_pieces(source.name, self._pieces(source))
                writer.add(source.index, lines_to(source.lines, _reach(rows, source)))
            writer.add(PROOFS, b"".join(proofs))
            writer.add(README, readme(order).encode())
            writer.close(self._head(order, sources, mark), HEAD, lambda head: self._seals.sign(LABEL, head))
            sha256, size = _digest(draft)
            path = draft.with_name(f"{order.opening}.{sha256}.zip")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return Clip(path, sha256, size)

    def _pieces(self, source: _Source) -> Iterator[bytes]:
        yield self._reading.plain(source.media, 0, source.cut.init)
        yield from self._reading.pieces(source.media, source.cut.offset, source.cut.end - source.cut.offset)

    def _head(self, order: ClipOrder, sources: Sequence[_Source], mark: Checkpoint) -> dict[str, object]:
        by = order.by
        return {
            **self._anchors,
            "kind": "clip",
            "tender": order.tender,
            "tender_name": order.tender_name,
            "tender_number": order.tender_number,
            "opening": order.opening,
            "from": order.start,
            "to": order.end,
            "participants": [{"participant": p, "name": name} for p, name in order.participants],
            "exported_by": {
                "role": by.role.value,
                "party": by.party,
                "name": by.name,
                "certificate": by.certificate,
            },
            "exported_at": order.at,
            "checkpoint": mark.note,
            "clips": [
                {
                    "path": s.name,
                    "index": s.index,
                    "participant": s.participant,
                    "file": s.file,
                    "first": s.cut.first,
                    "last": s.cut.last,
                    "start": s.cut.start,
                    "end": s.cut.until,
                }
                for s in sources
            ],
        }


def _first(heads: Sequence[tuple[Row, Sequence[RecordingHead]]], source: _Source) -> Row | None:
    for row, told in heads:
        for head in told:
            if (head.participant, head.file) == (source.participant, source.file):
                if head.fragments >= source.cut.last:
                    return row
    return None


def _reach(rows: Sequence[Row], source: _Source) -> int:
    """How many fragments the heads in these rows speak of, of this file: so far its index has to go."""
    most = source.cut.last
    for row in rows:
        heads: Any = row.body["heads"]
        for head in heads:
            if (head["participant"], head["file"]) == (source.participant, source.file):
                most = max(most, head["fragments"])
    return most


def _proved(row: Row, path: Sequence[bytes]) -> bytes:
    body = {
        "stream": row.stream,
        "seq": row.seq,
        "received_at": row.received_at,
        "actor": row.actor,
        "nonce": row.nonce,
        "kind": row.kind,
        "version": row.version,
        "prev": row.prev,
        "body": json.loads(canonical.dumps(dict(row.body))),
    }
    proof = {
        "row": body,
        "salt": row.salt.hex(),
        "index": row.tree_index,
        "proof": [step.hex() for step in path],
    }
    return canonical.dumps(proof) + b"\n"


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size
