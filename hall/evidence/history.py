"""The journal of a bundle, read without the hall: rows, tree, checkpoints, and the signed acts inside.

Judges form, never rules. What does not hold is listed as a fault; reading goes on, so that everything broken is named.
A row whose shape is not the protocol's is named and left out: what is handed on can be read without further care.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from hall.award import events as award_events
from hall.errors import HallError, JournalCorrupt, Malformed
from hall.evaluation import events as evaluation_events
from hall.evidence.bundle import CHECKPOINTS, JOURNAL, Anchors, Bundle
from hall.journal.checkpoint import origin_line, verify
from hall.journal.codec import EventCodec
from hall.journal.tree import Tree, leaf_hash
from hall.keeping import events as keeping_events
from hall.notifying import events as notifying_events
from hall.procurement import canonical
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.session import events as session_events
from hall.signing import certificates
from hall.supervision import events as supervision_events
from hall.tendering import events as tendering_events
from hall.tendering.notice import events as notice_events
from hall.tendering.registration import events as registration_events

ROW_TYPES: Final = {
    "stream": str,
    "seq": int,
    "received_at": int,
    "actor": str,
    "nonce": str,
    "kind": str,
    "version": int,
    "prev": str,
    "body": dict,
}
SHAPES: Final = {
    "tendering": EventCodec(tendering_events.Event),
    "opening": EventCodec(session_events.Event),
    "notices": EventCodec(notifying_events.Event),
    "letters": EventCodec(notifying_events.Event),
    "keeping": EventCodec(keeping_events.Event),
    "award": EventCodec(award_events.Event),
    "notice": EventCodec(notice_events.Event),
    "registration": EventCodec(registration_events.Event),
    "evaluation": EventCodec(evaluation_events.Event),
    "supervision": EventCodec(supervision_events.Event),
}
"""Domain (a stream's name before the slash) -> the shapes of its rows."""

OF_OPENINGS: Final = ("opening", "keeping")
"""Domains of which an opening has a stream; of all others a tender has one."""

_SALT: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Fact:
    """One journal row: what happened, when it was received, who sent it. `index`: its place in the tree; `act`: the
    signed message inside, if a person caused this; `proved`: its signature holds."""

    index: int
    stream: str
    seq: int
    at: int
    actor: str
    nonce: str
    kind: str
    body: dict[str, Any]
    act: SignedAct | None = None
    proved: bool = False

    def __str__(self) -> str:
        return f"journal line {self.index + 1} ({self.kind})"


@dataclass(slots=True)
class History:
    """The whole journal of one tender as a bundle tells it."""

    facts: list[Fact] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    checkpoints: int = 0
    certificates: dict[str, bytes] = field(default_factory=dict)
    tree: Tree = field(default_factory=Tree)

    def of(self, *kinds: str, **wanted: object) -> list[Fact]:
        """Facts of these kinds whose body has these values, in tree order."""
        return [
            f for f in self.facts if f.kind in kinds and all(f.body.get(k) == v for k, v in wanted.items())
        ]

    def first(self, *kinds: str, **wanted: object) -> Fact | None:
        """The first such fact."""
        return next(iter(self.of(*kinds, **wanted)), None)

    def acts(self) -> Iterator[tuple[Fact, SignedAct]]:
        """Every signed act in the journal, with the row that holds it."""
        for fact in self.facts:
            if fact.act is not None:
                yield fact, fact.act

    def root(self, size: int) -> str:
        """Root of the tree over the first `size` rows, "" if there are not so many."""
        return self.tree.root(size).hex() if 0 <= size <= self.tree.size else ""


def read_history(bundle: Bundle, anchors: Anchors) -> History:
    """Read and check the journal: rows, links, tree, checkpoints, certificates, signatures of all acts."""
    history = History()
    for name in (JOURNAL, CHECKPOINTS):
        if not bundle.read(name).endswith(b"\n"):
            history.faults.append(f"{name}: its last line is torn")
    _read_certificates(bundle, history)
    lines = _read_rows(bundle, history)
    _read_checkpoints(bundle, history, anchors)
    history.facts = [fact for line in lines if (fact := _fact(line, history)) is not None]
    _check_nonces(history)
    return history


@dataclass(frozen=True, slots=True)
class _Line:
    index: int
    row: dict[str, Any]

    def __str__(self) -> str:
        return f"{JOURNAL} line {self.index + 1}"


def _read_certificates(bundle: Bundle, history: History) -> None:
    for name in bundle.under("certificates"):
        der = bundle.read(name)
        digest = hashlib.sha256(der).hexdigest()
        if name != f"certificates/{digest}.der":
            history.faults.append(f"{name}: the certificate's digest is {digest}")
        history.certificates[digest] = der


def _read_rows(bundle: Bundle, history: History) -> list[_Line]:
    """Rows whose frame is right; every line has its leaf in the tree."""
    read: list[_Line] = []
    last: dict[str, tuple[int, str]] = {}
    tender, opening = bundle.head.get("tender"), bundle.head.get("opening")
    for index, text in enumerate(bundle.lines(JOURNAL)):
        try:
            salt, row = _row(text)
        except (Malformed, TypeError, ValueError):
            history.faults.append(f"{JOURNAL} line {index + 1}: not a journal row")
            history.tree.append(leaf_hash(b"", text))
            continue
        line = _Line(index, row)
        leaf = leaf_hash(salt, canonical.dumps(row))
        history.tree.append(leaf)
        stream = row["stream"]
        domain, _, whose = stream.partition("/")
        if domain not in SHAPES or whose != (opening if domain in OF_OPENINGS else tender):
            history.faults.append(f"{line}: {stream} is no stream of this opening")
            continue
        if (row["seq"], row["prev"]) != _next(last.get(stream)):
            history.faults.append(f"{line}: does not follow its predecessor in {stream}")
        last[stream] = (row["seq"], leaf.hex())
        read.append(line)
    return read


def _next(last: tuple[int, str] | None) -> tuple[int, str]:
    return (1, ZERO_DIGEST) if last is None else (last[0] + 1, last[1])


def _row(line: bytes) -> tuple[bytes, dict[str, Any]]:
    whole = canonical.loads(line)
    if not isinstance(whole, dict) or whole.keys() != {"salt", "row"} or canonical.dumps(whole) != line:
        raise ValueError("not a row")
    salt, row = whole["salt"], whole["row"]
    if not isinstance(row, dict) or row.keys() != ROW_TYPES.keys():
        raise ValueError("not a row")
    if any(type(row[key]) is not kind for key, kind in ROW_TYPES.items()):
        raise ValueError("not a row")
    if not isinstance(salt, str) or not _SALT.fullmatch(salt):
        raise ValueError("not a row")
    return bytes.fromhex(salt), row


def _fact(line: _Line, history: History) -> Fact | None:
    """The row as a fact, or None (and a fault) if it has not the shape of its kind."""
    row = line.row
    shapes = SHAPES[row["stream"].partition("/")[0]]
    try:
        event = shapes.decode(row["kind"], row["version"], row["body"])
    except JournalCorrupt as error:
        field_ = error.facts.get("field", error.code)
        history.faults.append(f"{line}: not the shape of {row['kind']} ({field_})")
        return None
    act = getattr(event, "act", None)
    said = act if isinstance(act, SignedAct) else None
    return Fact(
        index=line.index,
        stream=row["stream"],
        seq=row["seq"],
        at=row["received_at"],
        actor=row["actor"],
        nonce=row["nonce"],
        kind=row["kind"],
        body=row["body"],
        act=said,
        proved=said is not None and _holds(line, said, history),
    )


def _holds(line: _Line, act: SignedAct, history: History) -> bool:
    """Whether the act is signed by whom it names, and by someone who saw this very history."""
    where = f"{line}: {act.type}"
    if act.tree_size and (act.tree_size > line.index or history.root(act.tree_size) != act.tree_root):
        history.faults.append(f"{where}: its signer saw another history of {act.tree_size} rows")
    der = history.certificates.get(act.certificate)
    if der is None:
        history.faults.append(f"{where}: its signer's certificate is not in the bundle")
        return False
    try:
        certificates.verify_act(act, der)
    except HallError as error:
        history.faults.append(f"{where}: the signature does not hold ({error.code})")
        return False
    return True


def _check_nonces(history: History) -> None:
    """Whoever holds the journal could tell one signed act twice; its nonces serve once."""
    used: set[tuple[str, str]] = set()
    before: Fact | None = None
    for fact, act in history.acts():
        if _one_step(before, fact):
            continue
        before = fact
        nonces = {("server", act.server_nonce), (act.certificate, act.client_nonce)}
        if nonces & used:
            history.faults.append(f"{fact}: the act in it was used before")
        used |= nonces


def _one_step(before: Fact | None, fact: Fact) -> bool:
    """An adjournment out of a running opening stands in two rows: the standstill, and right behind it its return."""
    if before is None or (before.kind, fact.kind) != ("Suspended", "Adjourned"):
        return False
    return before.act == fact.act and before.seq + 1 == fact.seq and before.body["kind"] == "adjournment"


def _read_checkpoints(bundle: Bundle, history: History, anchors: Anchors) -> None:
    tender, tree = str(bundle.head.get("tender")), history.tree
    origin = origin_line(anchors.origin, tender, rehearsal=anchors.mode == "rehearsal")
    last_size = last_at = 0
    for number, line in enumerate(bundle.lines(CHECKPOINTS), start=1):
        where = f"{CHECKPOINTS} line {number}"
        try:
            at, note = _checkpoint(line)
            signed = verify(note, origin, anchors.log_key)
            if signed.extensions[:1] != (f"at {at}",):
                raise Malformed("malformed_checkpoint", reason="at")
        except (HallError, TypeError, ValueError):
            history.faults.append(f"{where}: not signed by the hall's log key for {origin}")
            continue
        if history.root(signed.size) != signed.root:
            history.faults.append(f"{where}: the journal's first {signed.size} rows have another root")
        if signed.size < last_size or at < last_at:
            history.faults.append(f"{where}: goes back behind an earlier one")
        last_size, last_at = max(last_size, signed.size), max(last_at, at)
        history.checkpoints += 1
    if last_size != tree.size:
        history.faults.append(
            f"{JOURNAL}: {tree.size - last_size} rows stand behind the last signed checkpoint"
        )


def _checkpoint(line: bytes) -> tuple[int, str]:
    found = canonical.loads(line)
    if not isinstance(found, dict) or found.keys() != {"at", "note"} or canonical.dumps(found) != line:
        raise ValueError("not a checkpoint")
    at, note = found["at"], found["note"]
    if type(at) is not int or not isinstance(note, str):
        raise ValueError("not a checkpoint")
    return at, note
