"""Makes the bundles of a closed opening, one per entitlement, from everything the hall holds; and its trust file.

Who may have which stands in `_may_have`: what a bundle then holds is decided by `hall.evidence.extract`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final, Protocol

from hall.adapters.record_public import PublicRecords
from hall.clock import Clock
from hall.errors import Malformed, NotPermitted, Refused, Unavailable
from hall.evidence.bundle import CHECKPOINTS, JOURNAL, BundleWriter
from hall.evidence.entitlement import Entitlement
from hall.evidence.extract import extract
from hall.evidence.matters import NAMES as MATTERS
from hall.evidence.one_history import COSIGNATURES, HANDED_IN
from hall.evidence.papers import member
from hall.evidence.stamps import STAMPS
from hall.procurement import canonical
from hall.procurement.parties import Actor, Role, participant_of
from hall.procurement.tender import Mode
from hall.recording import vault
from hall.recording.files import epoch_of
from hall.runtime.case_bundles import MadeBundle, is_over
from hall.runtime.matter_files import FileStore
from hall.runtime.papers_port import PaperStore
from hall.runtime.ports import Checkpoint, Journal, RecordOffice, RecordSource, Row, SealedStore
from hall.runtime.proof_ports import ProofStore
from hall.runtime.registry import Registry
from hall.runtime.room import Room
from hall.session.broadcast import may_replay
from hall.session.state import OpeningState
from hall.storage.recording_keys import RecordingKeys


class KeyNotes(Protocol):
    """Where it is noted who has keys."""

    async def keys_given(self, opening: str, actor: Actor, participants: Sequence[str]) -> None:
        """Somebody fetches what opens these recordings. Raises Refused."""
        ...

    async def bundle_given(
        self, opening: str, actor: Actor | None, entitlement: str, sha256: str, size: int
    ) -> None:
        """Somebody fetches this bundle; None: without a login. Raises Refused."""
        ...


class Archive:
    """recordings: the recordings' directory; issuers: DER of issuing CAs; crls: gives the revocation lists as they are
    known when a bundle is made, DER; answers: OCSP answers about these certificates; out: where bundles lie;
    keeper: notes it before keys leave the hall; editions: makes the public's edition of the record.

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
        papers: PaperStore,
        files: FileStore,
        recordings: Path,
        recording_keys: RecordingKeys,
        out: Path,
        clock: Clock,
        proofs: ProofStore,
        anchors: dict[str, object],
        issuers: Sequence[bytes],
        crls: Callable[[], Sequence[bytes]],
        keeper: Callable[[], KeyNotes],
        editions: PublicRecords,
        answers: Callable[[Sequence[bytes]], Sequence[bytes]] = lambda _: (),
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._sealed = sealed
        self._office = office
        self._papers = papers
        self._files = files
        self._recordings = recordings
        self._recording_keys = recording_keys
        self._out = out
        self._clock = clock
        self._proofs = proofs
        self._anchors = anchors
        self._issuers = tuple(issuers)
        self._crls = crls
        self._keeper = keeper
        self._editions = editions
        self._answers = answers
        self._making = asyncio.Lock()

    def trust(self, actor: Actor) -> dict[str, object]:
        """What `trust.json` holds: the anchors as this hall publishes them."""
        del actor
        return self._anchors

    def anchors(self) -> dict[str, object]:
        """The same, for everybody."""
        return self._anchors

    async def bundle(self, opening: str, actor: Actor, entitlement: str = "") -> Path:
        """The bundle, made at the first request. entitlement: which one, "" for the fullest that the actor may have;
        a bidder of whom no row tells gets the public one.

        Raises Refused("not_closed_yet"), NotPermitted, Malformed("malformed_message", field="entitlement").
        """
        whom = _may_have(actor, entitlement)
        room = self._closed(opening)
        state = room.state
        whole = self._out / f"{opening}.zip"
        async with self._making:
            await self._freshen(room, whole)
            # Asked of all rows that the bundle can hold: one may have come while it was made.
            if whom is Entitlement.REGULATOR and not await self._may_see_all(state.scheduled.tender, actor):
                whom = Entitlement.PUBLIC
            path = whole if whom is Entitlement.REGULATOR else await self._part(state, whole, actor, whom)
            return await self._given(opening, actor, whom, path)

    async def public(self, opening: str) -> Path:
        """The public's bundle for somebody without a login. Raises Refused("not_closed_yet")."""
        room, whole = self._closed(opening), self._out / f"{opening}.zip"
        async with self._making:
            await self._freshen(room, whole)
            path = await self._part(room.state, whole, None, Entitlement.PUBLIC)
            return await self._given(opening, None, Entitlement.PUBLIC, path)

    async def _given(self, opening: str, actor: Actor | None, whom: Entitlement, path: Path) -> Path:
        """Note who gets which file, before it leaves the hall (clause 6.1)."""
        made = await asyncio.to_thread(_made, path)
        await self._keeper().bundle_given(opening, actor, whom.value, made.sha256, made.size)
        return path

    async def for_case(self, opening: str, case: int) -> MadeBundle:
        """The bundle of everything as it is now, kept for a case: the one of its first time however often it is asked
        for. Raises Refused("not_closed_yet")."""
        room, whole, path = self._closed(opening), self._out / f"{opening}.zip", self._case(opening, case)
        async with self._making:
            if not await asyncio.to_thread(path.exists):
                await self._freshen(room, whole)
                await asyncio.to_thread(_lay_aside, whole, path)
            return await asyncio.to_thread(_made, path)

    async def of_case(self, opening: str, case: int, actor: Actor) -> Path:
        """The bundle of a case for who may have it, noted before. Raises NotPermitted("no_such_file")."""
        path = self._case(opening, case)
        if not await asyncio.to_thread(path.exists):
            raise NotPermitted("no_such_file")
        return await self._given(opening, actor, Entitlement.REGULATOR, path)

    def _case(self, opening: str, case: int) -> Path:
        return self._out / opening / f"case-{case}.zip"

    async def _freshen(self, room: Room[OpeningState], whole: Path) -> None:
        """Until the record is completed (clause 5.5.3) a bundle is of the day and made anew; and later whenever the
        tender went on: its evaluation, award and complaints stand in the same tree."""
        state = room.state
        there = await asyncio.to_thread(whole.exists)
        settled = there and state.record is not None and state.record_by is None
        if not (settled and await self._is_of_now(state.scheduled.tender, whole)):
            await self._make(state, room.entries, whole)

    async def _may_see_all(self, tender: str, actor: Actor) -> bool:
        """Whether everything is for the actor: for the staff of the opening until there are evaluators or somebody has
        complained, whom the law hides from them (clauses 5.4.2, 6.3)."""
        if actor.role in _WATCH:
            return True
        rows = await self._journal.rows(tender)
        return not any(_tells_secrets(row.stream, row.kind) for row in rows)

    async def _is_of_now(self, tender: str, whole: Path) -> bool:
        """Whether a bundle ends where the tender's rows end, but for those that tell who fetched one."""
        size = await asyncio.to_thread(_rows_in, whole)
        return all(row.kind == "BundleGiven" for row in (await self._journal.rows(tender))[size:])

    async def _part(self, state: OpeningState, whole: Path, actor: Actor | None, whom: Entitlement) -> Path:
        """A part of the whole one, made once as long as that is the same. actor: of a bidder's own."""
        own = actor if whom is Entitlement.BIDDER else None
        name = "public.zip" if own is None else f"{participant_of(own)}.zip"
        path = self._out / state.scheduled.opening / name
        if not await asyncio.to_thread(_newer, path, whole):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft, holder = path.with_suffix(".draft"), own.party if own is not None else ""
            sees = lambda participant: own is not None and may_replay(state, own, participant)
            more = await self._edition(state) if whom is Entitlement.PUBLIC else {}
            if not await asyncio.to_thread(extract, whole, draft, whom, holder, sees, more):
                return await self._part(state, whole, actor, Entitlement.PUBLIC)
            draft.replace(path)
        return path

    async def _edition(self, state: OpeningState) -> dict[str, bytes]:
        """What everybody may read of the record (clause 5.5.2)."""
        if state.record is None:
            return {}
        content = await self._office.content(state.scheduled.opening, state.record.content)
        return await self._editions.members(content)

    async def keys(self, opening: str, actor: Actor) -> bytes:
        """The key file that opens the recordings of the actor's bundle (`vault.key_file`), and no others: of all for
        who supervises or keeps the archive, of what it may replay for a bidder. Each time is noted first (clause 6.1).

        Raises as `bundle` does, and Refused("recording_key_destroyed").
        """
        state = self._closed(opening).state
        if actor.role is not Role.BIDDER and actor.role not in KEY_HOLDERS:
            raise NotPermitted("not_permitted", role=actor.role.value)

        def sees(participant: str) -> bool:
            return actor.role in KEY_HOLDERS or may_replay(state, actor, participant)

        whom = [one.name for one in sorted((self._recordings / opening).glob("*/")) if sees(one.name)]
        found = await asyncio.to_thread(self._keys, opening, sees)
        await self._keeper().keys_given(opening, actor, whom)
        return found

    def _closed(self, opening: str) -> Room[OpeningState]:
        room = self._registry.opening(opening).room
        if not is_over(room.state):
            raise Refused("not_closed_yet")
        return room

    def _keys(self, opening: str, sees: Callable[[str], bool]) -> bytes:
        folder = self._recordings / opening
        indices = [index for index in sorted(folder.glob("*/*.index.jsonl")) if sees(index.parent.name)]
        found = [epoch_of(index) for index in indices]
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
        proofs = await self._proofs_of(tender)
        record = state.record
        pdf = await self._office.file(state.scheduled.opening, record.sha256) if record else b""
        content = await self._office.content(state.scheduled.opening, record.content) if record else b""
        # This page is made of the acts alone: no personal item, no tree.
        unsigned = await self._office.unsigned(RecordSource(state, entries, {}, 0, "", 0))
        papers = {"record/record.pdf": pdf, "record/record.json": content, "record/unsigned.pdf": unsigned}
        for one in state.papers:  # clause 4.5: what the notary added stands beside the record
            name = member(one.paper, one.mime)
            papers[name] = await self._papers.paper(state.scheduled.opening, one.sha256)
        named = await self._named_files(tender, rows)
        await asyncio.to_thread(self._write, state, path, rows, marks, proofs | papers | named)

    async def _named_files(self, tender: str, rows: Sequence[Row]) -> dict[str, bytes]:
        """The files that rows of the matters around the opening name by digest, in their order, up to `MOST_FILES`
        bytes: tender documents, evidence, notices of award. A digest of something else has no file."""
        found: dict[str, bytes] = {}
        left = MOST_FILES
        for sha256 in dict.fromkeys(digest for row in rows for digest in _digests(row)):
            try:
                data = await self._files.file(tender, sha256)
            except Unavailable:
                continue
            if len(data) <= left:
                left -= len(data)
                found[f"{FILES}/{sha256}"] = data
        return found

    async def _proofs_of(self, tender: str) -> dict[str, bytes]:
        """What others put beside the checkpoints: co-signatures, stamps, what was handed in."""
        found: dict[str, bytes] = {}
        lines = [asdict(one) for one in await self._proofs.cosignatures(tender)]
        if lines:
            found[COSIGNATURES] = b"".join(canonical.dumps(line) + b"\n" for line in lines)
        for stamp in await self._proofs.stamps(tender):
            found[f"{STAMPS}/{stamp.sha256}.tst"] = stamp.token
        for file in await self._proofs.handed_in(tender):
            found[f"{HANDED_IN}/{file.sha256}.json"] = file.body
        return found

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
                writer.add(name, data)
        folder = self._recordings / state.scheduled.opening
        for file in sorted(folder.glob("*/*")):
            if file.name.endswith((".mp4", ".webm", ".mjpeg", ".bin", ".index.jsonl")):
                writer.add_file(f"recordings/{file.parent.name}/{file.name}", file)
        head = {**self._anchors, "tender": state.scheduled.tender, "opening": state.scheduled.opening}
        writer.close({**head, "entitlement": Entitlement.REGULATOR.value})
        draft.replace(path)

    def _parties(self, state: OpeningState, rows: list[Row]) -> list[bytes]:
        """Certificates of everybody who signed something in this tender, and of the staff."""
        signers = {post.certificate for post in (*state.scheduled.staff, *state.posts.values())}
        for row in rows:
            act = row.body.get("act")
            if isinstance(act, dict):
                signers.add(str(act["certificate"]))
            if row.kind == "CertificateShown":
                signers.add(str(row.body["previous"]))
        known, pairs = self._registry.directory.state.certificates, self._registry.directory.state.pairs
        own = [base64.b64decode(known[s].certificate) for s in sorted(signers) if s in known]
        # In the suite GM bids are sealed to the other certificate of each pair.
        return own + [base64.b64decode(pairs[s].certificate) for s in sorted(signers) if s in pairs]


FILES: Final = "files"
MOST_FILES: Final = 256 * 1024 * 1024
"""Bytes of all files of one bundle: it is made in memory, and asked for over the network."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def _digests(row: Row) -> Iterator[str]:
    """Everything in a matter's row that may name a file; what its signer's act says stands in the row itself."""
    if row.stream.partition("/")[0] in MATTERS:
        told = {key: value for key, value in row.body.items() if key != "act"}
        yield from _DIGEST.findall(canonical.dumps(told).decode())


_WATCH: Final = frozenset({Role.REGULATOR, Role.SUPERVISOR})

KEY_HOLDERS: Final = _WATCH | {Role.CLERK, Role.TRADING_CENTRE}
"""Who may have the keys of all recordings: who supervises, and who keeps the archive. All others of the staff look at
recordings in the hall, where each look is noted."""

_TOLD_TO_ALL: Final = frozenset(
    "BidsReceived ExpertsListed FindingsNoted LawNoted WorkingDaysTaken PublicityNoted OpeningObjectionNoted".split()
)
"""How evaluation and supervision begin by themselves: nobody is named there whom the opening has not named, save who
stands on the list of experts; whom the draw called is told by later rows."""


def _tells_secrets(stream: str, kind: str) -> bool:
    """Whether a row tells who evaluates, or who complained."""
    return stream.startswith(("evaluation/", "supervision/")) and kind not in _TOLD_TO_ALL


def _newer(part: Path, whole: Path) -> bool:
    """Whether a part was made of this very whole: a whole that is made anew is a new file, and later than its parts."""
    return part.exists() and part.stat().st_mtime_ns > whole.stat().st_mtime_ns


def _rows_in(bundle: Path) -> int:
    with zipfile.ZipFile(bundle) as opened:
        return opened.read(JOURNAL).count(b"\n")


def _lay_aside(whole: Path, path: Path) -> None:
    """A whole that is made anew is another file: this name keeps the one of now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.hardlink_to(whole)


def _made(path: Path) -> MadeBundle:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return MadeBundle(sha256, path.stat().st_size, _rows_in(path))


def _may_have(actor: Actor, asked: str) -> Entitlement:
    """What the actor gets. Staff: everything, but the evaluators, who learn nothing of the room (clause 5.4.2)."""
    own = {Role.BIDDER: Entitlement.BIDDER, Role.EVALUATOR: Entitlement.PUBLIC}
    best = own.get(actor.role, Entitlement.REGULATOR)
    try:
        wanted = Entitlement(asked) if asked else best
    except ValueError:
        raise Malformed("malformed_message", field="entitlement") from None
    if wanted not in (best, Entitlement.PUBLIC):
        raise NotPermitted("not_permitted", role=actor.role.value)
    return wanted


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
