"""What every reader of a bundle does first, whoever it was made for: lines, leaves, links, checkpoints, signatures.

This is the part that docs/bundle-format.md describes for other verifiers, and that the static page does as well. It
reads withheld rows too (`{"leaf": …}`), and looks at no body beyond the act in it: `core` asks what the rows mean, and
`history` holds whole bundles against the shape of every kind.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from hall.errors import HallError, Malformed
from hall.evidence.bundle import ANCHORS, CHECKPOINTS, JOURNAL, Anchors, Bundle
from hall.evidence.entitlement import Entitlement
from hall.evidence.history import OF_OPENINGS, ROW_TYPES
from hall.journal.checkpoint import origin_line, verify
from hall.journal.tree import Tree, leaf_hash
from hall.procurement import canonical
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.signing import certificates
from hall.signing.suite import KeyKind

_HEX16: Final = re.compile(r"[0-9a-f]{32}")
_HEX32: Final = re.compile(r"[0-9a-f]{64}")
_DOMAIN: Final = re.compile(r"[a-z]+")
_DEEPEST: Final = 6
"""Certificates from a signer up to its root."""


@dataclass(frozen=True, slots=True)
class Told:
    """One row that can be read. `act`: the signed act in it; `holds`: whether its signature does, None where the
    signer's certificate is withheld with good reason (another bidder's)."""

    index: int
    stream: str
    seq: int
    at: int
    actor: str
    kind: str
    body: dict[str, Any]
    act: SignedAct | None = None
    holds: bool | None = None

    def __str__(self) -> str:
        return f"journal line {self.index + 1} ({self.kind})"


@dataclass(slots=True)
class Story:
    """A bundle as far as it can be read. `faults`: what breaks the whole, `unsigned`: what signatures do not hold."""

    bundle: Bundle
    entitlement: Entitlement
    holder: str
    rows: list[Told] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unsigned: list[str] = field(default_factory=list)
    certificates: dict[str, bytes] = field(default_factory=dict)
    tree: Tree = field(default_factory=Tree)
    withheld: int = 0
    checkpoints: int = 0
    log_key: bytes = b""
    ca_roots: tuple[bytes, ...] = ()
    tsa_roots: tuple[bytes, ...] = ()
    """Roots of time stamps, DER: those of the people where none are named."""

    @property
    def whole(self) -> bool:
        """Whether every row can be read."""
        return self.entitlement is Entitlement.REGULATOR

    def of(self, *kinds: str, **wanted: object) -> list[Told]:
        """Rows of these kinds whose body has these values, in tree order."""
        return [
            r for r in self.rows if r.kind in kinds and all(r.body.get(k) == v for k, v in wanted.items())
        ]

    def first(self, *kinds: str, **wanted: object) -> Told | None:
        """The first such row."""
        return next(iter(self.of(*kinds, **wanted)), None)

    @property
    def plan(self) -> dict[str, Any]:
        """The opening's plan; empty where the bundle has none."""
        found = self.first("OpeningScheduled")
        return found.body if found else {}


def read_story(bundle: Bundle, anchors: Anchors, *, given: bool) -> Story:
    """Read a bundle against its anchors. given: they came from outside, and the head must bring the same."""
    story = Story(bundle, *bundle.entitlement())
    story.log_key, story.ca_roots = anchors.log_key, tuple(anchors.ca_roots)
    story.tsa_roots = tuple(anchors.tsa_roots or anchors.ca_roots)
    for name in bundle.damaged():
        story.faults.append(f"{name}: its bytes are not those that the head names")
    if given:
        story.faults += published_anchors(bundle, anchors)
    for name in bundle.under("certificates"):
        der = bundle.read(name)
        if name != f"certificates/{hashlib.sha256(der).hexdigest()}.der":
            story.faults.append(f"{name}: not the certificate of that digest")
        story.certificates[hashlib.sha256(der).hexdigest()] = der
    _read_lines(story)
    _read_checkpoints(story, anchors)
    _check_whose(story)
    _check_chains(story, anchors)
    return story


def published_anchors(bundle: Bundle, anchors: Anchors) -> list[str]:
    """The head must bring the anchors that it is judged by, or it would not be the bundle that was handed out."""
    shown = _shown(anchors)
    return [
        f"bundle.json: {key} is not what was published"
        for key in ANCHORS
        if bundle.head.get(key) != shown[key]
    ]


def _shown(anchors: Anchors) -> dict[str, object]:
    return {
        "origin": anchors.origin,
        "mode": anchors.mode,
        "log_key": base64.b64encode(anchors.log_key).decode(),
        "ca_roots": [base64.b64encode(root).decode() for root in anchors.ca_roots],
        "tsa_roots": [base64.b64encode(root).decode() for root in anchors.tsa_roots],
    }


def _read_lines(story: Story) -> None:
    """Rows and leaves. A row follows its stream's last one, which may be withheld: then its `prev` is some leaf before
    it."""
    bundle = story.bundle
    leaves: set[str] = set()
    last: dict[str, tuple[int, str]] = {}
    if not bundle.read(JOURNAL).endswith(b"\n"):
        story.faults.append(f"{JOURNAL}: its last line is torn")
    for index, text in enumerate(bundle.lines(JOURNAL)):
        where = f"{JOURNAL} line {index + 1}"
        try:
            leaf, row = _line(text)
        except (Malformed, TypeError, ValueError, AttributeError):
            story.faults.append(f"{where}: neither a row nor a leaf")
            leaf, row = leaf_hash(b"", text), None
        story.tree.append(leaf)
        if row is None:
            story.withheld += 1
        elif not _is_of(row["stream"], bundle.head):
            story.faults.append(f"{where}: {row['stream']} is no stream of this opening")
        else:
            if not _follows(row, last.get(row["stream"]), leaves, whole=story.whole):
                story.faults.append(f"{where}: does not follow its predecessor in {row['stream']}")
            last[row["stream"]] = (row["seq"], leaf.hex())
            story.rows.append(_told(index, row, story))
        leaves.add(leaf.hex())
    if story.whole and story.withheld:
        story.faults.append(f"{JOURNAL}: rows are withheld from a bundle that has everything")


def _is_of(stream: str, head: Mapping[str, Any]) -> bool:
    """Whether a stream is of the bundle's opening, or one that its tender has: whatever a tender will have one day."""
    domain, _, whose = stream.partition("/")
    return bool(_DOMAIN.fullmatch(domain)) and whose == head.get(
        "opening" if domain in OF_OPENINGS else "tender"
    )


def _follows(row: dict[str, Any], last: tuple[int, str] | None, leaves: set[str], *, whole: bool) -> bool:
    seq, prev = last or (0, ZERO_DIGEST)
    if row["seq"] == seq + 1:
        return bool(row["prev"] == prev)
    return not whole and row["seq"] > seq + 1 and row["prev"] in leaves


def _line(text: bytes) -> tuple[bytes, dict[str, Any] | None]:
    found = canonical.loads(text)
    if not isinstance(found, dict) or canonical.dumps(found) != text:
        raise ValueError("not canonical")
    if found.keys() == {"leaf"} and _HEX32.fullmatch(found["leaf"]):
        return bytes.fromhex(found["leaf"]), None
    row = found["row"] if found.keys() == {"salt", "row"} else None
    if not isinstance(row, dict) or row.keys() != ROW_TYPES.keys() or not _HEX16.fullmatch(found["salt"]):
        raise ValueError("not a row")
    if any(type(row[key]) is not kind for key, kind in ROW_TYPES.items()):
        raise ValueError("not a row")
    return leaf_hash(bytes.fromhex(found["salt"]), canonical.dumps(row)), row


def _told(index: int, row: dict[str, Any], story: Story) -> Told:
    said, holds = row["body"].get("act"), None
    act: SignedAct | None = None
    if isinstance(said, dict):
        try:
            act = SignedAct(**said)
        except (HallError, TypeError):
            story.unsigned.append(f"{JOURNAL} line {index + 1}: the act in it is none")
        else:
            holds = _holds(act, row["actor"], f"{JOURNAL} line {index + 1}", story)
    return Told(
        index,
        row["stream"],
        row["seq"],
        row["received_at"],
        row["actor"],
        row["kind"],
        row["body"],
        act,
        holds,
    )


def _holds(act: SignedAct, actor: str, where: str, story: Story) -> bool | None:
    """Whether an act is signed by the certificate that it names, by somebody who was shown this very tree."""
    tree = story.tree
    if act.tree_size and (act.tree_size >= tree.size or tree.root(act.tree_size).hex() != act.tree_root):
        story.unsigned.append(f"{where}: its signer saw another history of {act.tree_size} rows")
    der = story.certificates.get(act.certificate)
    if der is None:
        if not story.whole and actor.startswith("bidder:") and actor != f"bidder:{story.holder}":
            return None
        story.unsigned.append(f"{where}: its signer's certificate is not in the bundle")
        return False
    try:
        certificates.verify_act(act, der)
    except HallError:
        story.unsigned.append(f"{where}: the signature does not hold")
        return False
    return True


def _read_checkpoints(story: Story, anchors: Anchors) -> None:
    tree, size_before, at_before = story.tree, 0, 0
    origin = origin_line(
        anchors.origin, str(story.bundle.head.get("tender")), rehearsal=anchors.mode == "rehearsal"
    )
    for number, line in enumerate(story.bundle.lines(CHECKPOINTS), 1):
        where = f"{CHECKPOINTS} line {number}"
        try:
            found = canonical.loads(line)
            if not isinstance(found, dict) or canonical.dumps(found) != line:
                raise ValueError("not canonical")
            signed = verify(found["note"], origin, anchors.log_key)
            if found.keys() != {"at", "note"} or signed.extensions[:1] != (f"at {found['at']}",):
                raise ValueError("not a checkpoint")
        except (HallError, AttributeError, KeyError, TypeError, ValueError):
            story.faults.append(f"{where}: not signed by the hall's log key for {origin}")
            continue
        if signed.size > tree.size or tree.root(signed.size).hex() != signed.root:
            story.faults.append(f"{where}: the journal's first {signed.size} rows have another root")
        if signed.size < size_before or found["at"] < at_before:
            story.faults.append(f"{where}: goes back behind an earlier one")
        size_before, at_before = signed.size, found["at"]
        story.checkpoints += 1
    if size_before != tree.size:
        story.faults.append(f"{JOURNAL}: its last rows stand under no signed checkpoint")


def _check_whose(story: Story) -> None:
    plan, head = story.plan, story.bundle.head
    names = {key: head.get(key) for key in ("tender", "opening", "origin", "mode")}
    if {key: plan.get(key) for key in names} != names:
        story.faults.append("bundle.json: names another opening than the journal")
    holder = f"bidder:{story.holder}"
    if story.holder and not any(row.actor == holder for row in story.rows):
        story.faults.append(f"bundle.json: made for {story.holder}, of whom no row tells")


def _check_chains(story: Story, anchors: Anchors) -> None:
    """Each signer's certificate was valid when it first signed, and leads to a root. Revocation is looked at by
    `verify` in whole bundles."""
    seen: dict[str, int] = {}
    for row in story.rows:
        if row.act is not None and row.holds is not None:
            seen.setdefault(row.act.certificate, row.at)
        elif row.kind == "RecordSigned":
            seen.setdefault(str(row.body.get("certificate")), row.at)
    for digest, at in seen.items():
        if digest in story.certificates and not leads_to_root(
            story.certificates[digest], at, anchors.ca_roots, story.certificates.values()
        ):
            story.unsigned.append(f"certificate {digest[:16]}…: leads to no trusted root")


def leads_to_root(der: bytes, at: int, roots: Iterable[bytes], others: Iterable[bytes]) -> bool:
    """Whether a certificate was valid at a time (ms UTC) and was issued, by authorities alone, under one of the
    roots."""
    try:
        certificate = certificates.load_certificate(der)
        if certificate.kind is KeyKind.SM2:
            return certificates.check_chain(certificate, at, list(roots), list(others)).valid
        known = [x509.load_der_x509_certificate(one) for one in (*roots, *others)]
        trusted = [x509.load_der_x509_certificate(root) for root in roots]
        return _climbs(x509.load_der_x509_certificate(der), at, trusted, known, 0)
    except (HallError, ValueError):
        return False


def _climbs(
    one: x509.Certificate, at: int, roots: list[x509.Certificate], known: list[x509.Certificate], depth: int
) -> bool:
    if not _ms(one.not_valid_before_utc) <= at <= _ms(one.not_valid_after_utc) or depth > _DEEPEST:
        return False
    if one in roots:
        return True
    return any(
        issuer != one and _issued(one, issuer) and _climbs(issuer, at, roots, known, depth + 1)
        for issuer in known
    )


def _issued(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    if one.issuer != issuer.subject:
        return False
    try:
        if not issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        one.verify_directly_issued_by(issuer)
    except Exception:  # a hostile certificate makes the library raise anything at all
        return False
    return True


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
