"""Makes the bundle of a closed opening from everything the hall holds, and its trust file."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hall.clock import Clock
from hall.errors import NotPermitted, Refused
from hall.evidence.bundle import CHECKPOINTS, JOURNAL, BundleWriter
from hall.procurement import canonical
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Mode
from hall.recording import vault
from hall.recording.files import epoch_of
from hall.runtime.ports import Checkpoint, Journal, RecordOffice, RecordSource, Row, SealedStore
from hall.runtime.registry import Registry
from hall.runtime.room import Room
from hall.session.rules import Stage
from hall.session.state import OpeningState
from hall.storage.recording_keys import RecordingKeys


class Archive:
    """recordings: the recordings' directory; issuers: DER of issuing CAs; crls: gives the revocation lists as they are
    known when a bundle is made, DER; answers: OCSP answers about these certificates; out: where bundles lie.

    A bundle holds recordings as they are stored. Where they are encrypted, what opens them is a file of its own for
    whoever may see them: no copy of a bundle, here or elsewhere, outlives the destruction of the opening's key.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        journal: Journal,
        sealed: SealedStore,
        office: RecordOffice,
        recordings: Path,
        recording_keys: RecordingKeys,
        out: Path,
        clock: Clock,
        anchors: dict[str, object],
        issuers: Sequence[bytes],
        crls: Callable[[], Sequence[bytes]],
        answers: Callable[[Sequence[bytes]], Sequence[bytes]] = lambda _: (),
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._sealed = sealed
        self._office = office
        self._recordings = recordings
        self._recording_keys = recording_keys
        self._out = out
        self._clock = clock
        self._anchors = anchors
        self._issuers = tuple(issuers)
        self._crls = crls
        self._answers = answers
        self._making = asyncio.Lock()

    def trust(self, actor: Actor) -> dict[str, object]:
        """What `trust.json` holds: the anchors as this hall publishes them."""
        del actor
        return self._anchors

    async def bundle(self, opening: str, actor: Actor) -> Path:
        """The bundle, made at the first request. Raises Refused("not_closed_yet"), NotPermitted for bidders."""
        room = self._closed(opening, actor)
        state = room.state
        path = self._out / f"{opening}.zip"
        async with self._making:
            # Until the record is completed (clause 5.5.3) a bundle is of the day and made anew.
            if not path.exists() or state.record is None or state.record_by is not None:
                await self._make(state, room.entries, path)
        return path

    async def keys(self, opening: str, actor: Actor) -> bytes:
        """The key file that opens the recordings of the opening's bundle (`vault.key_file`).

        Raises as `bundle` does, and Refused("recording_key_destroyed").
        """
        self._closed(opening, actor)
        return await asyncio.to_thread(self._keys, opening)

    def _closed(self, opening: str, actor: Actor) -> Room[OpeningState]:
        if actor.role is Role.BIDDER:
            raise NotPermitted("not_permitted", role=actor.role.value)
        room = self._registry.opening(opening).room
        if room.state.stage is not Stage.CLOSED or not room.state.recorder_stopped:
            raise Refused("not_closed_yet")
        return room

    def _keys(self, opening: str) -> bytes:
        folder = self._recordings / opening
        found = [epoch_of(index) for index in sorted(folder.glob("*/*.index.jsonl"))]
        encrypted = [epoch for epoch in found if epoch is not None and epoch.scheme != vault.NONE]
        key = self._recording_keys.get(opening) if encrypted else b""
        return vault.key_file(opening, {(e.participant, e.file): vault.epoch_key(key, e) for e in encrypted})

    async def _make(
        self, state: OpeningState, entries: Sequence[tuple[int, str, object]], path: Path
    ) -> None:
        tender = state.scheduled.tender
        await self._journal.checkpoint(tender, self._clock.now())
        rows, marks = await self._journal.rows(tender), await self._journal.checkpoints(tender)
        # Rows that arrive while the bundle is written stay out of it: the last checkpoint says where it ends.
        rows = rows[: marks[-1].size]
        record = state.record
        pdf = await self._office.file(state.scheduled.opening, record.sha256) if record else b""
        content = await self._office.content(state.scheduled.opening, record.content) if record else b""
        # This page is made of the acts alone: no personal item, no tree.
        unsigned = await self._office.unsigned(RecordSource(state, entries, {}, 0, "", 0))
        papers = {"record.pdf": pdf, "record.json": content, "unsigned.pdf": unsigned}
        await asyncio.to_thread(self._write, state, path, rows, marks, papers)

    def _write(
        self,
        state: OpeningState,
        path: Path,
        rows: list[Row],
        marks: list[Checkpoint],
        papers: Mapping[str, bytes],
    ) -> None:
        self._out.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        writer = BundleWriter(draft)
        writer.add(JOURNAL, b"".join(_line(row) for row in rows))
        notes = (canonical.dumps({"at": mark.at, "note": mark.note}) + b"\n" for mark in marks)
        writer.add(CHECKPOINTS, b"".join(notes))
        ders = sorted({*self._issuers, *self._parties(state, rows)})
        for der in ders:
            writer.add(f"certificates/{hashlib.sha256(der).hexdigest()}.der", der)
        for answer in self._answers(ders):  # clause 4.9: of those who took part, and of nobody else
            writer.add(f"revocation/{hashlib.sha256(answer).hexdigest()}.ocsp", answer)
        for crl in self._crls():
            writer.add(f"revocation/{hashlib.sha256(crl).hexdigest()}.crl", crl)
        for deposit in state.deposits:
            if not deposit.superseded:
                writer.add_file(
                    f"sealed/{deposit.lot}/{deposit.bidder}.bid", self._sealed.path(deposit.sha256)
                )
        for name, data in papers.items():
            if data:
                writer.add(f"record/{name}", data)
        folder = self._recordings / state.scheduled.opening
        for file in sorted(folder.glob("*/*")):
            if file.name.endswith((".mp4", ".webm", ".mjpeg", ".bin", ".index.jsonl")):
                writer.add_file(f"recordings/{file.parent.name}/{file.name}", file)
        writer.close({**self._anchors, "tender": state.scheduled.tender, "opening": state.scheduled.opening})
        draft.replace(path)

    def _parties(self, state: OpeningState, rows: list[Row]) -> list[bytes]:
        """Certificates of everybody who signed something in this tender, and of the staff."""
        signers = {post.certificate for post in (*state.scheduled.staff, *state.posts.values())}
        for row in rows:
            act = row.body.get("act")
            if isinstance(act, dict):
                signers.add(str(act["certificate"]))
        known = self._registry.directory.state.certificates
        return [base64.b64decode(known[s].certificate) for s in sorted(signers) if s in known]


def anchors(
    origin: str, mode: Mode, log_key: bytes, ca_roots: Sequence[bytes], tsa_roots: Sequence[bytes]
) -> dict[str, object]:
    """The trust file's object."""
    return {
        "v": 1,
        "origin": origin,
        "mode": mode.value,
        "log_key": base64.b64encode(log_key).decode(),
        "ca_roots": [base64.b64encode(root).decode() for root in ca_roots],
        "tsa_roots": [base64.b64encode(root).decode() for root in tsa_roots],
    }


def _line(row: Row) -> bytes:
    body = {
        "stream": row.stream,
        "seq": row.seq,
        "received_at": row.received_at,
        "actor": row.actor,
        "nonce": row.nonce,
        "kind": row.kind,
        "version": row.version,
        "prev": row.prev,
        "body": dict(row.body),
    }
    return canonical.dumps({"salt": row.salt.hex(), "row": body}) + b"\n"
