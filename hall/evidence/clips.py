"""A clip and its verifier: a stretch of recordings with the proofs that go with it, checked without the hall.

A clip is a stored ZIP: clip.json (what, whose, when, who had it made; signed by the hall's log key), clips/ (files that
play), index/ (the index lines from the first one on), proofs.jsonl (the journal's rows of heads, each with its
RFC 9162 inclusion proof) and README.md. Nothing here needs a key: clips are plain, and each fragment is held against
the digest of its plain bytes. The chain of digests ends in a head, the head stands in a row, the row under a signed
checkpoint; a member that was touched anywhere breaks one of these.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hall.errors import HallError, Malformed
from hall.evidence.bundle import Anchors, Bundle, NotABundle
from hall.evidence.history import ROW_TYPES
from hall.evidence.verdicts import Status
from hall.journal.checkpoint import origin_line, verify
from hall.journal.tree import leaf_hash, verify_inclusion
from hall.procurement import canonical
from hall.recording.clips import Checked, check

HEAD: Final = "clip.json"
PROOFS: Final = "proofs.jsonl"
README: Final = "README.md"
LABEL: Final = "clip"
"""Of the hall's signature over the head."""

_ADVANCE: Final = 1_000
"""ms: a fragment's end is reckoned from its frames, in another process than the journal's stamps."""


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What can be said of one media file of a clip. start, end: hall time in ms of what it holds."""

    path: str
    participant: str
    start: int
    end: int
    status: Status
    says: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClipResult:
    """Everything that can be said of a clip. `trusted`: the anchors came from outside; faults: of the whole."""

    head: dict[str, Any]
    trusted: bool
    anchors: tuple[str, ...]
    files: tuple[FileVerdict, ...]
    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Nothing failed."""
        return not self.faults and all(one.status is not Status.FAILED for one in self.files)

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        shown = ("tender", "opening", "mode", "from", "to", "exported_at", "exported_by")
        return {
            "ok": self.ok,
            **{name: self.head.get(name) for name in shown},
            "trusted": self.trusted,
            "anchors": list(self.anchors),
            "faults": list(self.faults),
            "files": [
                {
                    "path": one.path,
                    "participant": one.participant,
                    "start": one.start,
                    "end": one.end,
                    "status": one.status.value,
                    "says": one.says,
                    "faults": list(one.faults),
                }
                for one in self.files
            ],
        }


@dataclass(frozen=True, slots=True)
class _Head:
    """A head of a recording as a proven row tells it; at: when the row was received, ms UTC."""

    participant: str
    file: str
    fragments: int
    chain: str
    at: int


def verify_clip(path: Path, trust: Anchors | None) -> ClipResult:
    """Judge the clip at `path`. Raises NotABundle."""
    bundle = Bundle(path, HEAD)
    try:
        anchors = trust or bundle.anchors()
        faults = [*_frame(bundle, anchors)]
        heads = [*_heads(bundle, anchors, faults)]
        files = tuple(_file(bundle, claim, heads, trusted=trust is not None) for claim in _claims(bundle))
    except Malformed:
        raise NotABundle("not_a_bundle", reason="anchors") from None
    finally:
        bundle.close()
    return ClipResult(bundle.head, trust is not None, tuple(anchors.fingerprints()), files, tuple(faults))


def _frame(bundle: Bundle, anchors: Anchors) -> Iterator[str]:
    """Whether all members are those that the hall signed."""
    head = bundle.head
    if (head.get("origin"), head.get("mode")) != (anchors.origin, anchors.mode):
        yield f"{HEAD}: of {head.get('origin')} ({head.get('mode')}), the anchors are of another hall"
    body = {name: value for name, value in head.items() if name != "signature"}
    message = f"bidhall/1 {LABEL}\0".encode() + canonical.dumps(body)
    try:
        signature = base64.b64decode(str(head.get("signature")), validate=True)
        Ed25519PublicKey.from_public_bytes(anchors.log_key).verify(signature, message)
    except (ValueError, InvalidSignature):
        yield f"{HEAD}: not signed by the hall’s log key"
    for name in bundle.damaged():
        yield f"{name}: its bytes are not those that the hall put in"
    if not _claims(bundle):
        yield f"{HEAD}: names no clip"
    claimed = {str(claim.get("path")) for claim in _claims(bundle)}
    for name in bundle.under("clips"):
        if name not in claimed:
            yield f"{name}: {HEAD} does not say what this is"


def _claims(bundle: Bundle) -> list[dict[str, Any]]:
    clips = bundle.head.get("clips")
    return [claim for claim in clips if isinstance(claim, dict)] if isinstance(clips, list) else []


def _heads(bundle: Bundle, anchors: Anchors, faults: list[str]) -> Iterator[_Head]:
    """Heads in rows that stand under the signed checkpoint."""
    head, tender = bundle.head, str(bundle.head.get("tender"))
    origin = origin_line(anchors.origin, tender, rehearsal=anchors.mode == "rehearsal")
    try:
        root = verify(str(head.get("checkpoint")), origin, anchors.log_key)
    except HallError:
        faults.append(f"{HEAD}: its checkpoint is not signed by the hall’s log key for {origin}")
        return
    for number, line in enumerate(bundle.lines(PROOFS), 1):
        try:
            row, salt, index, proof = _proof(line)
        except (Malformed, KeyError, TypeError, ValueError):
            faults.append(f"{PROOFS} line {number}: not a journal row with its proof")
            continue
        leaf = leaf_hash(salt, canonical.dumps(row))
        if not verify_inclusion(leaf, index, root.size, proof, bytes.fromhex(root.root)):
            faults.append(f"{PROOFS} line {number}: does not stand under the signed checkpoint")
        elif (row["stream"], row["kind"]) != (f"opening/{head.get('opening')}", "RecordingHeads"):
            faults.append(f"{PROOFS} line {number}: says nothing of these recordings")
        else:
            yield from _told(row)


def _proof(line: bytes) -> tuple[dict[str, Any], bytes, int, list[bytes]]:
    found = canonical.loads(line)
    if not isinstance(found, dict) or found.keys() != {"row", "salt", "index", "proof"}:
        raise ValueError("not a row")
    row, index = found["row"], found["index"]
    if not isinstance(row, dict) or any(type(row.get(key)) is not kind for key, kind in ROW_TYPES.items()):
        raise ValueError("not a row")
    if type(index) is not int or row.keys() != ROW_TYPES.keys():
        raise ValueError("not a row")
    return row, bytes.fromhex(found["salt"]), index, [bytes.fromhex(step) for step in found["proof"]]


def _told(row: dict[str, Any]) -> Iterable[_Head]:
    try:
        return [
            _Head(h["participant"], h["file"], h["fragments"], h["chain"], row["received_at"])
            for h in row["body"]["heads"]
        ]
    except (KeyError, TypeError):
        return []


def _file(bundle: Bundle, claim: dict[str, Any], heads: list[_Head], *, trusted: bool) -> FileVerdict:
    """Hold one media file against its index, and the index against the journal's heads."""
    try:
        path, index = str(claim["path"]), bundle.read(str(claim["index"]))
        participant, file = str(claim["participant"]), str(claim["file"])
        first, last = int(claim["first"]), int(claim["last"])
        start, end = int(claim["start"]), int(claim["end"])
    except (KeyError, TypeError, ValueError):
        says = f"{HEAD} does not say what it is"
        return FileVerdict(str(claim.get("path")), "", 0, 0, Status.FAILED, says, (says,))
    found = check(bundle.part(path), bundle.size(path), index, first, last)
    faults = [f"{path}: {fault}" for fault in found.faults]
    if found.epoch is None or (found.epoch.opening, found.epoch.participant, found.epoch.file) != (
        bundle.head.get("opening"),
        participant,
        file,
    ):
        faults.append(f"{path}: its index is of another recording")
    if found.untils.get(last) != end:
        faults.append(f"{path}: does not end when {HEAD} says")
    own = [h for h in heads if (h.participant, h.file) == (participant, file) and h.fragments >= last]
    faults += [f"{path}: does not stand under its journalled head" for h in own if not _stands(found, h)]
    if faults:
        return FileVerdict(
            path, participant, start, end, Status.FAILED, "altered or incomplete", tuple(faults)
        )
    if not own:
        says = "whole; its end is newer than the last head in the journal"
        return FileVerdict(path, participant, start, end, Status.ASSERTED, says)
    says = f"fragments {first} to {last} are the recorded ones, and stand under the journal’s head"
    return FileVerdict(path, participant, start, end, Status.PROVED if trusted else Status.ASSERTED, says)


def _stands(found: Checked, head: _Head) -> bool:
    """Whether a head is the chain behind so many fragments, told when they were there and not before."""
    last = max(found.chains, default=0)
    chains = {found.chains.get(head.fragments), found.end_chain if head.fragments == last else None}
    return head.chain in chains and found.untils.get(head.fragments, head.at) <= head.at + _ADVANCE
