"""Whether everybody was shown one history: co-signatures, stamped roots, what clients kept (docs/protocol.md, *Proof*).

The hall signs its checkpoints itself, and one that lies signs two histories. So the verdict rests on others: on those
who co-signed, on an outside authority's times, and on the checkpoints that parties kept and bring along. What may not
live here: whether the journal is whole (`story`, `history`).
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hall.errors import HallError, Malformed, Refused
from hall.evidence.bundle import CHECKPOINTS, Anchors
from hall.evidence.story import Story
from hall.evidence.verdicts import Status, Verdict
from hall.journal import cosignature
from hall.journal.checkpoint import SignedRoot, body_of, origin_line, read_verifier_key, signed_at, verify
from hall.journal.tree import verify_consistency
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.signing import certificates, tokens
from hall.signing.timestamps import POLICY

HISTORY: Final = "history"
COSIGNATURES: Final = "proof/cosignatures.jsonl"
STAMPS: Final = "proof/stamps"
HANDED_IN: Final = "proof/handed_in"
COSIGNERS: Final = ("notary", "supervisor")

_STAMP: Final = "stamp sha256:"
_SKEW: Final = 60_000
"""Milliseconds by which an authority's clock and the hall's may differ before a stamp contradicts a row."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A signed checkpoint of the bundle. `digest`: SHA-256 of its text, hex."""

    digest: str
    note: str
    root: SignedRoot
    at: int


@dataclass(slots=True)
class _Findings:
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cosigned: dict[str, int] = field(default_factory=dict)
    """Role -> the most rows of a checkpoint that it co-signed."""


def judge(
    story: Story, anchors: Anchors, kept: Sequence[Mapping[str, Any]] = ()
) -> tuple[Verdict, list[str]]:
    """The verdict on the history, and notes. kept: what clients kept, as their files say it."""
    found = _Findings()
    marks = _marks(story, anchors)
    for judgement in (_cosignatures, _stamps, _handed_in):
        try:
            judgement(story, anchors, marks, found)
        except (HallError, ValueError, TypeError, KeyError) as error:
            found.faults.append(f"the proofs say nothing that can be read ({type(error).__name__})")
    for number, document in enumerate(kept, start=1):
        found.faults += [f"kept file {number}: {fault}" for fault in contradictions(document, anchors, story)]
    if kept:
        found.notes.append(f"{len(kept)} files that clients kept were held against the journal")
    return _verdict(found, kept), found.notes


def contradictions(document: Mapping[str, Any], anchors: Anchors, story: Story) -> Iterator[str]:
    """What a client's file contradicts: this bundle, or itself. Either is signed by the hall twice over."""
    tender = str(story.bundle.head.get("tender"))
    origin = origin_line(anchors.origin, tender, rehearsal=anchors.mode == "rehearsal")
    if (named := document.get("log_key")) and named != "":
        try:
            if read_verifier_key(str(named))[1] != anchors.log_key:
                yield "its client was shown another log key than the published one"
        except Malformed:
            yield "its log key can't be read"
    signed: list[SignedRoot] = []
    for place in ("kept", "seen"):
        value = document.get(place)
        note = value.get("note") if isinstance(value, dict) else value
        if not isinstance(note, str) or not note:
            continue
        try:
            root = verify(note, origin, anchors.log_key)
        except Malformed:
            if place == "kept":
                yield "what was kept is not signed by the log key for this tender"
            continue
        signed.append(root)
        if root.size > story.tree.size:
            yield f"the hall had signed {root.size} rows, the bundle holds {story.tree.size}"
        elif story.tree.root(root.size).hex() != root.root:
            yield f"the hall had signed another history of {root.size} rows than the bundle’s"
    yield from _between(signed, document.get("path"))
    yield from _broken_promise(document, anchors, story)


def _between(signed: Sequence[SignedRoot], path: object) -> Iterator[str]:
    """Two signed roots of one file against each other, by the proof that came with them."""
    if len(signed) != 2:
        return
    kept, seen = signed
    if kept.size == seen.size and kept.root != seen.root:
        yield f"the hall signed two histories of {kept.size} rows"
    elif seen.size > kept.size and isinstance(path, list) and path:
        try:
            steps = [bytes.fromhex(str(step)) for step in path]
        except ValueError:
            steps = []
        roots = bytes.fromhex(kept.root), bytes.fromhex(seen.root)
        if not verify_consistency(kept.size, seen.size, steps, *roots):
            yield f"the hall’s proof from {kept.size} to {seen.size} rows does not hold"


def _broken_promise(document: Mapping[str, Any], anchors: Anchors, story: Story) -> Iterator[str]:
    """Signed receipts of a client's file whose row the bundle lacks."""
    listed = document.get("promises")
    told = (
        [one.get("document") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    )
    labels = (
        [str(one.get("label")) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    )
    if isinstance(document.get("promise"), dict):
        told, labels = [*told, document["promise"]], [*labels, ""]
    for label, promise in zip(labels, told, strict=True):
        if not isinstance(promise, dict) or not isinstance(promise.get("leaf"), str):
            continue
        try:
            missing = story.tree.index(bytes.fromhex(promise["leaf"])) is None
        except ValueError:
            continue
        if promise["leaf"] and missing and _promised(label, promise, anchors):
            yield f"the hall signed that it journalled {promise['leaf'][:16]}…, and the bundle has no such row"


def _promised(label: str, promise: Mapping[str, Any], anchors: Anchors) -> bool:
    body = {key: value for key, value in promise.items() if key != "signature"}
    try:
        signature = base64.b64decode(str(promise.get("signature")), validate=True)
        covered = canonical.dumps(body)
    except (ValueError, TypeError):
        return False
    key = Ed25519PublicKey.from_public_bytes(anchors.log_key)
    for one in (label,) if label else ("receipt", "ack"):
        try:
            key.verify(signature, f"bidhall/1 {one}\0".encode() + covered)
        except InvalidSignature:
            continue
        return True
    return False


def _marks(story: Story, anchors: Anchors) -> dict[str, _Mark]:
    """The signed checkpoints of the bundle by the digest of their text; the others are `story`'s faults already."""
    tender = str(story.bundle.head.get("tender"))
    origin = origin_line(anchors.origin, tender, rehearsal=anchors.mode == "rehearsal")
    found: dict[str, _Mark] = {}
    for line in story.bundle.lines(CHECKPOINTS):
        try:
            told = canonical.loads(line)
            note = str(told["note"]) if isinstance(told, dict) else ""
            root = verify(note, origin, anchors.log_key)
            digest = hashlib.sha256(body_of(note).encode()).hexdigest()
            found[digest] = _Mark(digest, note, root, signed_at(root))
        except (HallError, KeyError, ValueError):
            continue
    return found


def _cosignatures(story: Story, anchors: Anchors, marks: Mapping[str, _Mark], found: _Findings) -> None:
    named = _posts(story)
    for number, line in enumerate(story.bundle.lines(COSIGNATURES), start=1):
        where = f"{COSIGNATURES} line {number}"
        told = canonical.loads(line)
        if not isinstance(told, dict):
            raise TypeError("a co-signature is an object")
        mark, read = marks.get(str(told.get("checkpoint"))), cosignature.read(str(told.get("line")))
        if mark is None:
            found.faults.append(f"{where}: co-signs a checkpoint that the bundle does not hold")
            continue
        der = story.certificates.get(read.certificate)
        role = next((r for r in COSIGNERS if read.certificate in named.get(r, ())), "")
        if der is None or not role or role != told.get("role"):
            found.faults.append(f"{where}: its signer was neither notary nor supervisor")
            continue
        certificate = certificates.load_certificate(der)
        covered = cosignature.signed_bytes(mark.note, read.at)
        if not certificates.verify_signature(certificate, covered, read.signature):
            found.faults.append(f"{where}: its signature does not hold")
            continue
        others = tuple(story.certificates.values())
        status = certificates.check_chain(certificate, mark.at, anchors.ca_roots, others)
        if status.code:
            found.faults.append(f"{where}: {status.code}")
            continue
        found.cosigned[role] = max(found.cosigned.get(role, 0), mark.root.size)
    for role, size in sorted(found.cosigned.items()):
        found.notes.append(f"the {role} co-signed the history up to row {size} of {story.tree.size}")


def _posts(story: Story) -> dict[str, set[str]]:
    """Role -> the certificates that were ever named for it."""
    posts = [*story.plan.get("staff", ()), *story.plan.get("deputies", ())]
    posts += [row.body["post"] for row in story.of("SubstituteAppointed")]
    found: dict[str, set[str]] = {}
    for post in posts:
        found.setdefault(str(post["role"]), set()).add(str(post["certificate"]))
    return found


def _stamps(story: Story, anchors: Anchors, marks: Mapping[str, _Mark], found: _Findings) -> None:
    """Each token is over a checkpoint here and named by a later one; each name has its token; rows lie between."""
    roots = anchors.tsa_roots or anchors.ca_roots
    others = tuple(story.certificates.values())
    times: list[tuple[int, _Mark]] = []
    present: set[str] = set()
    outside = True
    for name in story.bundle.under(STAMPS):
        token = story.bundle.read(name)
        digest = hashlib.sha256(token).hexdigest()
        if name != f"{STAMPS}/{digest}.tst":
            found.faults.append(f"{name}: not the token of that digest")
        present.add(digest)
        try:
            mark = marks.get(tokens.imprint(token)[1].hex())
            if mark is None:
                found.faults.append(f"{name}: stamps no checkpoint of the bundle")
                continue
            said = tokens.check(token, body_of(mark.note).encode(), roots, others)
        except Refused as error:
            found.faults.append(f"{name}: {error.code}")
            continue
        if not any(f"{_STAMP}{digest}" in m.root.extensions and m.at >= mark.at for m in marks.values()):
            found.faults.append(f"{name}: no later checkpoint names it")
        times.append((said.at, mark))
        outside = outside and said.policy != POLICY
    for mark in marks.values():
        for line in mark.root.extensions:
            if line.startswith(_STAMP) and line.removeprefix(_STAMP) not in present:
                found.faults.append(f"a checkpoint of {mark.root.size} rows names a token that is missing")
    times.sort(key=lambda one: (one[1].root.size, one[0]))
    # In a rehearsal hall time may be moved, and an outside authority's is not.
    if not (outside and anchors.mode == "rehearsal"):
        found.faults += _order(times)
        found.faults += _rows_between(story, times)
    if times:
        found.notes.append(_between_stamps(story, times, outside=outside))


def _order(times: Sequence[tuple[int, _Mark]]) -> Iterator[str]:
    for (before, _), (after, mark) in itertools.pairwise(times):
        if after < before - _SKEW:
            yield f"the history of {mark.root.size} rows was stamped before a shorter one"
    for at, mark in times:
        if abs(at - mark.at) > _SKEW:
            apart = abs(at - mark.at) // 1000
            yield f"the hall’s clock and the authority’s are {apart} s apart at row {mark.root.size}"


def _rows_between(story: Story, times: Sequence[tuple[int, _Mark]]) -> Iterator[str]:
    """No row says that it came after a stamp that it stands under."""
    for row in story.rows:
        under = next((at for at, mark in times if mark.root.size > row.index), None)
        if under is not None and row.at > under + _SKEW:
            yield f"{row}: says that it came after a stamp that already covers it"


def _between_stamps(story: Story, times: Sequence[tuple[int, _Mark]], *, outside: bool) -> str:
    deposits = story.of("DepositReceived")
    covered = [d for d in deposits if any(mark.root.size > d.index for _, mark in times)]
    whose = "an outside authority’s" if outside else "the hall’s own authority’s"
    return f"{len(times)} roots bear {whose} time; {len(covered)} of {len(deposits)} deposits lie before one"


def _handed_in(story: Story, anchors: Anchors, marks: Mapping[str, _Mark], found: _Findings) -> None:
    """Messages that were stamped elsewhere in time and that the journal lacks must be in the register (clause 4.7)."""
    del marks
    roots = anchors.tsa_roots or anchors.ca_roots
    journalled = {(r.act.certificate, r.act.client_nonce) for r in story.rows if r.act is not None}
    entered = " ".join(str(r.body.get("text", "")) for r in story.of("IncidentRecorded"))
    for name in story.bundle.under(HANDED_IN):
        data = story.bundle.read(name)
        digest = hashlib.sha256(data).hexdigest()
        told = canonical.loads(data)
        if not isinstance(told, dict) or name != f"{HANDED_IN}/{digest}.json":
            found.faults.append(f"{name}: not a message that was handed in")
            continue
        act = SignedAct.from_json(told["act"])
        token = base64.b64decode(str(told["token"]), validate=True)
        try:
            said = tokens.check(token, act.signed_bytes() + act.signature_bytes(), roots)
            certificates.verify_act(act, story.certificates.get(act.certificate, b""))
        except HallError as error:
            found.faults.append(f"{name}: {error.code}")
            continue
        found.notes.append(f"a {act.type} was signed and stamped elsewhere at {said.at} and handed in")
        answered = (act.certificate, act.client_nonce) in journalled
        if not answered and said.at <= _end(story, act) and digest not in entered:
            found.faults.append(
                f"{name}: signed in time and not answered, and no entry of the register says so"
            )


def _end(story: Story, act: SignedAct) -> int:
    if act.type == "deposit":
        return int(story.plan.get("bid_deadline", 0))
    ends = [r.body.get("closes_at") for r in story.of("DecryptionCommanded", "OwnWindowOpened", lot=act.lot)]
    return max((end for end in ends if isinstance(end, int)), default=0)


def _verdict(found: _Findings, kept: Iterable[object]) -> Verdict:
    if found.faults:
        return Verdict(HISTORY, Status.FAILED, "the proofs contradict the bundle", tuple(found.faults))
    if found.cosigned:
        whom = " and ".join(sorted(found.cosigned))
        return Verdict(HISTORY, Status.PROVED, f"one history, co-signed by the {whom}")
    if tuple(kept):
        return Verdict(HISTORY, Status.PROVED, "one history for the hall and those whose files were brought")
    return Verdict(
        HISTORY, Status.ASSERTED, "one history by the hall’s own signature alone; nobody else co-signed"
    )
