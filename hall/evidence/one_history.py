"""Whether everybody was shown one history: co-signatures, stamped roots, what clients kept (docs/protocol.md, *Proof*).

The hall signs its checkpoints itself, and one that lies signs two histories. So the verdict rests on others: on those
who co-signed, on an outside authority's times, and on the checkpoints that parties kept and bring along. What may not
live here: whether the journal is whole (`story`, `history`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hall.errors import HallError, Malformed
from hall.evidence import stamps
from hall.evidence.bundle import CHECKPOINTS, Anchors
from hall.evidence.stamps import SKEW, Mark
from hall.evidence.story import Story
from hall.evidence.verdicts import Status, Verdict
from hall.journal import cosignature
from hall.journal.checkpoint import SignedRoot, body_of, origin_line, read_verifier_key, signed_at, verify
from hall.journal.tree import verify_consistency
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.signing import certificates, tokens

HISTORY: Final = "history"
COSIGNATURES: Final = "proof/cosignatures.jsonl"
HANDED_IN: Final = "proof/handed_in"
COSIGNERS: Final = ("notary", "supervisor")


@dataclass(slots=True)
class _Findings:
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cosigned: dict[str, int] = field(default_factory=dict)
    """Role -> the most rows of a checkpoint that it co-signed."""
    in_time: bool = False


def judge(
    story: Story, anchors: Anchors, kept: Sequence[Mapping[str, Any]] = ()
) -> tuple[Verdict, list[str], bool]:
    """The verdict on the history, notes, and whether outside stamps prove that deposits came in time (`stamps`).
    kept: what clients kept, as their files say it."""
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
    return _verdict(found, kept), found.notes, found.in_time and not found.faults


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


def _marks(story: Story, anchors: Anchors) -> dict[str, Mark]:
    """The signed checkpoints of the bundle by the digest of their text; the others are `story`'s faults already."""
    tender = str(story.bundle.head.get("tender"))
    origin = origin_line(anchors.origin, tender, rehearsal=anchors.mode == "rehearsal")
    found: dict[str, Mark] = {}
    for line in story.bundle.lines(CHECKPOINTS):
        try:
            told = canonical.loads(line)
            note = str(told["note"]) if isinstance(told, dict) else ""
            root = verify(note, origin, anchors.log_key)
            digest = hashlib.sha256(body_of(note).encode()).hexdigest()
            found[digest] = Mark(digest, note, root, signed_at(root))
        except (HallError, KeyError, ValueError):
            continue
    return found


def _cosignatures(story: Story, anchors: Anchors, marks: Mapping[str, Mark], found: _Findings) -> None:
    for number, line in enumerate(story.bundle.lines(COSIGNATURES), start=1):
        where = f"{COSIGNATURES} line {number}"
        told = canonical.loads(line)
        if not isinstance(told, dict):
            raise TypeError("a co-signature is an object")
        mark, read = marks.get(str(told.get("checkpoint"))), cosignature.read(str(told.get("line")))
        if mark is None:
            found.faults.append(f"{where}: co-signs a checkpoint that the bundle does not hold")
            continue
        der, role, at = story.certificates.get(read.certificate), str(told.get("role")), read.at * 1000
        if der is None or role not in COSIGNERS or read.certificate not in _holders(story, role, mark, at):
            found.faults.append(f"{where}: its signer was not the {role} then")
            continue
        if at < mark.at - SKEW:
            found.faults.append(f"{where}: says that it was signed before its checkpoint")
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


def _holders(story: Story, role: str, mark: Mark, at: int) -> set[str]:
    """Certificates of who held the post when a checkpoint was co-signed at `at` (ms): who held it as the rows under the
    checkpoint tell, and who took it from then on until that time. Who had left it by then is not among them."""
    held = {
        str(one["certificate"]) for one in list(story.plan.get("staff", ()))[::-1] if str(one["role"]) == role
    }
    for row in story.of("PostTaken", "SubstituteAppointed"):
        post = row.body["post"]
        if str(post["role"]) != role:
            continue
        if row.index < mark.root.size or row.at < at - SKEW:
            held = {str(post["certificate"])}
        elif row.at <= at + SKEW:
            held.add(str(post["certificate"]))
    return held


def _stamps(story: Story, anchors: Anchors, marks: Mapping[str, Mark], found: _Findings) -> None:
    told = stamps.judge(story, anchors, marks)
    found.faults += told.faults
    found.notes += told.notes
    found.in_time = told.in_time


def _handed_in(story: Story, anchors: Anchors, marks: Mapping[str, Mark], found: _Findings) -> None:
    """Messages that were stamped elsewhere in time and that the journal lacks must be in the register (clause 4.7)."""
    del marks
    roots = anchors.tsa_roots or anchors.ca_roots
    journalled = {(r.act.certificate, r.act.client_nonce) for r in story.rows if r.act is not None}
    entered = " ".join(str(r.body.get("detail", "")) for r in story.of("IncidentRecorded"))
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
