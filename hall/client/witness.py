"""What a client believes of a tender's history: the key it saw first, the checkpoint it verified last, what it was
promised. Pure: no network, no disk, no clock.

A step forward needs a signature of that key and a proof that the new history continues the old one. Whatever
contradicts it becomes an alarm, which stays: who has seen two histories signs neither (docs/protocol.md, *Proof*).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hall.errors import HallError, Malformed, Refused
from hall.journal.checkpoint import SignedRoot, read_verifier_key, signed_at, verify
from hall.journal.tree import verify_consistency, verify_inclusion
from hall.procurement import canonical

INCLUDED_WITHIN: Final = 60_000
"""Milliseconds after its receipt in which a promised row must stand under the checkpoints that are signed."""

ASKED_FOR: Final = 60.0
"""Seconds for which a consistency proof is asked for before its absence is an alarm."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that was verified. `at`: hall time at which it was signed, ms UTC."""

    size: int
    root: str
    note: str
    at: int


@dataclass(frozen=True, slots=True)
class Promise:
    """A signed receipt or acknowledgement whose row must come to stand in the history. `document`: as it was sent."""

    label: str
    leaf: str
    received_at: int
    document: Mapping[str, Any]
    proved: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """What was seen that contradicts what was kept. `seen`: a note; `path`: the proof that came with it, hex."""

    code: str
    at: int
    kept: str = ""
    seen: str = ""
    path: tuple[str, ...] = ()
    promise: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """All of it, for one tender. `log_key`: `name+hex id+base64`, "" until one was seen."""

    log_key: str = ""
    kept: Kept | None = None
    promises: tuple[Promise, ...] = ()
    alarm: Alarm | None = None


def saw_key(witness: Witness, log_key: str, now: int) -> Witness:
    """Take the log key as it is published: the first one is kept, another one is an alarm."""
    if not witness.log_key:
        read_verifier_key(log_key)
        return replace(witness, log_key=log_key)
    return witness if log_key == witness.log_key else _alarm(witness, "log_key_changed", now, seen=log_key)


def saw(witness: Witness, note: str, now: int) -> tuple[Witness, SignedRoot | None]:
    """Take a checkpoint as it arrives: (witness, what remains to be proved to continue what was kept, or None)."""
    if witness.alarm is not None or not witness.log_key or (witness.kept and witness.kept.note == note):
        return witness, None
    name, public = read_verifier_key(witness.log_key)
    try:
        signed = verify(note, name, public)
        at = signed_at(signed)
    except Malformed:
        return _alarm(witness, "checkpoint_unsigned", now, seen=note), None
    kept = witness.kept
    if kept is None:
        return replace(witness, kept=Kept(signed.size, signed.root, note, at)), None
    if signed.size < kept.size:
        return _alarm(witness, "tree_shrunk", now, seen=note), None
    if signed.size == kept.size:
        if signed.root != kept.root:
            return _alarm(witness, "tree_forked", now, seen=note), None
        return replace(witness, kept=Kept(signed.size, signed.root, note, at)), None
    return witness, signed


def proved(witness: Witness, note: str, path: Sequence[str], now: int) -> Witness:
    """Take the consistency proof for a checkpoint that `saw` wants proved."""
    kept = witness.kept
    witness, wanted = saw(witness, note, now)
    if wanted is None or kept is None or witness.alarm is not None:
        return witness
    try:
        steps = [bytes.fromhex(step) for step in path]
    except ValueError:
        steps = []
    roots = bytes.fromhex(kept.root), bytes.fromhex(wanted.root)
    if not verify_consistency(kept.size, wanted.size, steps, *roots):
        return _alarm(witness, "tree_forked", now, seen=note, path=tuple(path))
    return replace(witness, kept=Kept(wanted.size, wanted.root, note, signed_at(wanted)))


def unproved(witness: Witness, note: str, now: int) -> Witness:
    """No consistency proof came for so long that its absence says enough."""
    return _alarm(witness, "consistency_missing", now, seen=note)


def promised(witness: Witness, label: str, document: Mapping[str, Any], now: int) -> Witness:
    """Take a receipt or acknowledgement: signed by the kept key, and to be found in the history later."""
    if not witness.log_key or witness.alarm is not None:
        return witness
    if not _signed(witness.log_key, label, document) or _another_key(witness.log_key, document):
        return _alarm(witness, "promise_unsigned", now, promise=document)
    leaf, at = document.get("leaf"), document.get("received_at")
    known = {promise.leaf for promise in witness.promises}
    if not isinstance(leaf, str) or not isinstance(at, int) or len(leaf) != 64 or leaf in known:
        return witness
    return replace(witness, promises=(*witness.promises, Promise(label, leaf, at, document)))


def met(witness: Witness, act: Mapping[str, Any], path: Sequence[str], now: int) -> Witness:
    """Another party signed over a history: what it names must be a beginning of the own one."""
    kept, size, root = witness.kept, act.get("tree_size"), act.get("tree_root")
    if kept is None or witness.alarm is not None or not isinstance(size, int) or not 0 < size <= kept.size:
        return witness
    try:
        steps, theirs = [bytes.fromhex(step) for step in path], bytes.fromhex(str(root))
    except ValueError:
        steps, theirs = [], b""
    if verify_consistency(size, kept.size, steps, theirs, bytes.fromhex(kept.root)):
        return witness
    return _alarm(witness, "tree_forked", now, path=tuple(path), promise=act)


def owed(witness: Witness) -> list[Promise]:
    """Promises that the last verified checkpoint must keep and whose proof has not been seen."""
    kept = witness.kept
    if kept is None or witness.alarm is not None:
        return []
    return [p for p in witness.promises if not p.proved and kept.at >= p.received_at + INCLUDED_WITHIN]


def included(witness: Witness, leaf: str, index: int, path: Sequence[str], now: int) -> Witness:
    """Take the inclusion proof of a promised row under the last verified checkpoint."""
    kept = witness.kept
    promise = next((p for p in witness.promises if p.leaf == leaf), None)
    if kept is None or promise is None or witness.alarm is not None:
        return witness
    try:
        steps, row, root = (
            [bytes.fromhex(step) for step in path],
            bytes.fromhex(leaf),
            bytes.fromhex(kept.root),
        )
    except ValueError:
        return broken(witness, leaf, now)
    if not verify_inclusion(row, index, kept.size, steps, root):
        return broken(witness, leaf, now)
    done = tuple(replace(p, proved=True) if p is promise else p for p in witness.promises)
    return replace(witness, promises=done)


def broken(witness: Witness, leaf: str, now: int) -> Witness:
    """A promised row is not there."""
    promise = next((p for p in witness.promises if p.leaf == leaf), None)
    return _alarm(witness, "promise_broken", now, promise=promise.document if promise else {"leaf": leaf})


def contradiction(witness: Witness) -> dict[str, object]:
    """The alarm as a file that anybody can judge. Raises Refused("no_alarm")."""
    if witness.alarm is None:
        raise Refused("no_alarm")
    told = asdict(witness.alarm)
    return {
        "v": 1,
        "kind": "contradiction",
        "log_key": witness.log_key,
        **told,
        "path": list(witness.alarm.path),
    }


def to_json(witness: Witness) -> dict[str, object]:
    """For a file."""
    return asdict(witness)


def from_json(found: Mapping[str, Any]) -> Witness:
    """Read what `to_json` gave. Raises Malformed("malformed_witness")."""
    try:
        kept, alarm = found["kept"], found["alarm"]
        return Witness(
            log_key=str(found["log_key"]),
            kept=Kept(**kept) if kept else None,
            promises=tuple(Promise(**one) for one in found["promises"]),
            alarm=Alarm(**{**alarm, "path": tuple(alarm["path"])}) if alarm else None,
        )
    except (KeyError, TypeError, AttributeError):
        raise Malformed("malformed_witness") from None


def _alarm(witness: Witness, code: str, now: int, **seen: Any) -> Witness:
    """The first alarm is kept: what follows from it is not to hide it."""
    kept = witness.kept.note if witness.kept else ""
    return witness if witness.alarm is not None else replace(witness, alarm=Alarm(code, now, kept, **seen))


def _signed(log_key: str, label: str, document: Mapping[str, Any]) -> bool:
    _, public = read_verifier_key(log_key)
    try:
        body = {key: value for key, value in document.items() if key != "signature"}
        signature = base64.b64decode(str(document.get("signature")), validate=True)
        message = f"bidhall/1 {label}\0".encode() + canonical.dumps(body)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError, HallError):
        return False
    return True


def _another_key(log_key: str, document: Mapping[str, Any]) -> bool:
    """Whether a receipt names another log key than the one that was kept."""
    _, public = read_verifier_key(log_key)
    digest = hashlib.sha256(public).hexdigest()
    return bool(document.get("log_key", digest) != digest)
