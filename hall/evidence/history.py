"""The journal of a bundle, read without the hall: rows, tree, checkpoints, and the signed acts inside.

Judges form, never rules. What does not hold is listed as a fault; reading goes on, so that everything broken is named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from hall.errors import HallError, Malformed
from hall.evidence.bundle import CHECKPOINTS, JOURNAL, Anchors, Bundle
from hall.journal.checkpoint import origin_line, verify
from hall.journal.tree import Tree, leaf_hash
from hall.procurement import canonical
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.signing import certificates

ROW_KEYS: Final = frozenset(
    {"stream", "seq", "received_at", "actor", "nonce", "kind", "version", "prev", "body"}
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One journal row: what happened, when it was received, who sent it. `index`: its place in the tree."""

    index: int
    stream: str
    seq: int
    at: int
    actor: str
    kind: str
    body: dict[str, Any]

    def act(self) -> SignedAct | None:
        """The signed act inside, if a person caused this."""
        given = self.body.get("act")
        return SignedAct(**given) if isinstance(given, dict) else None


@dataclass(slots=True)
class History:
    """The whole journal of one tender as a bundle tells it."""

    facts: list[Fact] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    checkpoints: int = 0
    certificates: dict[str, bytes] = field(default_factory=dict)
    sealed_until: int = 0
    """Number of rows under the last signed checkpoint."""

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
            if (act := fact.act()) is not None:
                yield fact, act


def read_history(bundle: Bundle, anchors: Anchors) -> History:
    """Read and check the journal: rows, links, tree, checkpoints, certificates, signatures of all acts."""
    history = History()
    tree = Tree()
    _read_certificates(bundle, history)
    _read_rows(bundle, history, tree)
    _read_checkpoints(bundle, history, tree, anchors)
    _check_acts(history, tree)
    return history


def _read_certificates(bundle: Bundle, history: History) -> None:
    for name in bundle.under("certificates"):
        der = bundle.read(name)
        digest = hashlib.sha256(der).hexdigest()
        if name != f"certificates/{digest}.der":
            history.faults.append(f"{name}: the certificate's digest is {digest}")
        history.certificates[digest] = der


def _read_rows(bundle: Bundle, history: History, tree: Tree) -> None:
    last: dict[str, tuple[int, str]] = {}
    for index, line in enumerate(bundle.lines(JOURNAL)):
        try:
            salt, row = _row(line)
        except (Malformed, KeyError, TypeError, ValueError):
            history.faults.append(f"{JOURNAL} line {index + 1}: not a journal row")
            tree.append(leaf_hash(b"", line))
            continue
        leaf = leaf_hash(salt, canonical.dumps(row))
        tree.append(leaf)
        stream = row["stream"]
        seq, prev = last.get(stream, (0, ZERO_DIGEST))
        if (row["seq"], row["prev"]) != (seq + 1, prev):
            history.faults.append(f"{JOURNAL} line {index + 1}: does not follow its predecessor in {stream}")
        last[stream] = (row["seq"], leaf.hex())
        fact = Fact(index, stream, row["seq"], row["received_at"], row["actor"], row["kind"], row["body"])
        try:
            fact.act()
        except (Malformed, TypeError):
            history.faults.append(f"{JOURNAL} line {index + 1}: the signed act in it is malformed")
            continue
        history.facts.append(fact)


def _row(line: bytes) -> tuple[bytes, dict[str, Any]]:
    whole = canonical.loads(line)
    if not isinstance(whole, dict) or whole.keys() != {"salt", "row"} or canonical.dumps(whole) != line:
        raise ValueError("not a row")
    row = whole["row"]
    if not isinstance(row, dict) or row.keys() != ROW_KEYS:
        raise ValueError("not a row")
    typed = {
        "stream": str,
        "seq": int,
        "received_at": int,
        "actor": str,
        "kind": str,
        "prev": str,
        "body": dict,
    }
    if any(type(row[key]) is not kind for key, kind in typed.items()):
        raise ValueError("not a row")
    return bytes.fromhex(str(whole["salt"])), row


def _read_checkpoints(bundle: Bundle, history: History, tree: Tree, anchors: Anchors) -> None:
    tender = str(bundle.head.get("tender"))
    origin = origin_line(anchors.origin, tender, rehearsal=anchors.mode == "rehearsal")
    last_size = last_at = 0
    for number, line in enumerate(bundle.lines(CHECKPOINTS), start=1):
        try:
            found = canonical.loads(line)
            if not isinstance(found, dict) or canonical.dumps(found) != line:
                raise Malformed("malformed_checkpoint")
            at, note = int(found["at"]), str(found["note"])
            signed = verify(note, origin, anchors.log_key)
        except (HallError, KeyError, TypeError, ValueError):
            history.faults.append(
                f"{CHECKPOINTS} line {number}: not signed by the hall's log key for {origin}"
            )
            continue
        if signed.size > tree.size or tree.root(signed.size).hex() != signed.root:
            history.faults.append(
                f"{CHECKPOINTS} line {number}: the journal's first {signed.size} rows have another root"
            )
        if signed.size < last_size or at < last_at:
            history.faults.append(f"{CHECKPOINTS} line {number}: goes back behind an earlier one")
        last_size, last_at = max(last_size, signed.size), max(last_at, at)
        history.checkpoints += 1
    history.sealed_until = last_size
    if last_size != tree.size:
        history.faults.append(
            f"{JOURNAL}: {tree.size - last_size} rows stand behind the last signed checkpoint"
        )


def _check_acts(history: History, tree: Tree) -> None:
    for fact, act in history.acts():
        where = f"{JOURNAL} line {fact.index + 1}: {act.type}"
        der = history.certificates.get(act.certificate)
        if der is None:
            history.faults.append(f"{where}: its signer's certificate is not in the bundle")
            continue
        try:
            certificates.verify_act(act, der)
        except HallError as error:
            history.faults.append(f"{where}: the signature does not hold ({error.code})")
        seen = act.tree_size
        if seen and (seen > fact.index or tree.root(seen).hex() != act.tree_root):
            history.faults.append(f"{where}: its signer saw another history of {seen} rows")
