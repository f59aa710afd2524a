"""The record equals the journal, and the signatures hold: two questions of `core`, asked of the record's own bytes.

The PDF is read as docs/bundle-format.md says: byte ranges and the CMS between them, and nothing of its pages.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from hall.evidence.story import Story
from hall.procurement import canonical

RECORD: Final = "record/record.pdf"
CONTENT: Final = "record/record.json"
_RANGE: Final = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
_MOST: Final = 256
_DISCLOSED: Final = ("bidder", "price", "period", "quality", "manager", "security", "bid_sha256")
_CAUSE: Final = ("lot", "bidder", "cause", "incident", "reason")


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """One CMS of a PDF. revision: SHA-256 of the file up to the signature's end; certificate: SHA-256 of the signer's,
    "" where the signature does not hold."""

    revision: str
    certificate: str
    der: bytes


def record(story: Story) -> list[str] | None:
    """5.5.2: record.pdf and record.json are those that the journal names, and tell its windows, prices and causes."""
    if CONTENT not in story.bundle.names and not story.whole:
        return None
    prepared, closings = story.first("RecordPrepared"), story.of("RecordCompleted")
    if prepared is None or not closings:
        return ["the record was never completed"]
    completed, faults = closings[-1], list[str]()
    size = prepared.body["tree_size"]
    if not 0 < size <= prepared.index or story.tree.root(size).hex() != prepared.body["tree_root"]:
        faults.append(f"{prepared}: made from another history")
    if story.bundle.digest(CONTENT) != prepared.body["content"]:
        faults.append(f"{CONTENT}: not the content that was journalled")
    if story.bundle.digest(RECORD) != completed.body["sha256"]:
        faults.append(f"{RECORD}: not the document that was completed")
    content = canonical.loads(story.bundle.read(CONTENT))
    if not isinstance(content, dict):
        return [*faults, f"{CONTENT}: not readable"]
    told = _told(story)
    return [
        *faults,
        *(f"{CONTENT}: {key} differs from the journal" for key in told if _given(content, key) != told[key]),
    ]


def _told(story: Story) -> dict[str, Any]:
    """What record.json must say of these keys."""
    deadlines = story.of("DeadlineMoved", "OpeningPostponed")
    windows = []
    for command in story.of("DecryptionCommanded"):
        closed = story.first("WindowClosed", lot=command.body["lot"])
        windows.append(
            {
                "lot": command.body["lot"],
                "opened_at": command.body["opened_at"],
                "closed_at": closed.body["at"] if closed else None,
                "undecrypted": closed.body["undecrypted"] if closed else [],
            }
        )
    prepared = story.first("RecordPrepared")
    return {
        "opening": story.plan["opening"],
        "origin": story.plan["origin"],
        "mode": story.plan["mode"],
        "bid_deadline": deadlines[-1].body["after"] if deadlines else story.plan["bid_deadline"],
        "tree_size": prepared.body["tree_size"] if prepared else 0,
        "tree_root": prepared.body["tree_root"] if prepared else "",
        "windows": windows,
        "read_out": [
            {"lot": lot["lot"], **{key: bid[key] for key in _DISCLOSED}}
            for lot in story.plan["lots"]
            for row in story.of("PricesDisclosed", lot=lot["lot"])
            for bid in row.body["bids"]
        ],
        "causes": [{key: row.body[key] for key in _CAUSE} for row in story.of("CauseDecided")],
    }


def _given(content: dict[str, Any], key: str) -> object:
    """The same of record.json, less what it says besides."""
    kept = {
        "windows": ("lot", "opened_at", "closed_at", "undecrypted"),
        "read_out": ("lot", *_DISCLOSED),
        "causes": _CAUSE,
    }.get(key)
    if kept is None:
        return content.get(key)
    return [{name: one.get(name) for name in kept} for one in content[key]]


def signed(story: Story) -> list[str]:
    """5.5.3: every act that can be read, and each signature of the record, holds under a certificate that leads to a
    root."""
    faults = list(story.unsigned)
    if RECORD not in story.bundle.names:
        return faults
    found = list(_signatures(bytes(story.bundle.view(RECORD))))
    for row in story.of("RecordSigned"):
        own = [one for one in found if one.revision == row.body["sha256"]]
        if [one.certificate for one in own] != [row.body["certificate"]]:
            faults.append(f"{row}: {RECORD} bears no such signature")
        elif row.body["certificate"] not in story.certificates:
            faults.append(f"{row}: its signer's certificate is not in the bundle")
    for role in ("procuring_entity", "scrutineer", "clerk"):
        if not story.of("RecordSigned", "SignatureRefused", "SignatureMissing", role=role):
            faults.append(f"{RECORD}: no signature of the {role}")
    return faults


def _signatures(pdf: bytes) -> Iterator[PdfSignature]:
    for found in list(_RANGE.finditer(pdf))[:_MOST]:
        first, length, second, rest = (int(number) for number in found.groups())
        end = second + rest
        if first != 0 or not 0 < length < second <= end <= len(pdf):
            continue
        covered = pdf[:length] + pdf[second:end]
        try:
            blob = bytes.fromhex(pdf[length + 1 : second - 1].decode("ascii"))
            certificate = _signer(blob, covered)
        except Exception:  # whatever a hostile CMS makes the reader raise: it is no signature
            certificate = b""
        revision = hashlib.sha256(pdf[:end]).hexdigest()
        digest = hashlib.sha256(certificate).hexdigest() if certificate else ""
        yield PdfSignature(revision, digest, certificate)


def _signer(blob: bytes, covered: bytes) -> bytes:
    """DER of the certificate whose key signed, b"" where it did not."""
    content = cms.ContentInfo.load(blob, strict=False)["content"]
    info = content["signer_infos"][0]
    attributes = {item["type"].native: item["values"] for item in info["signed_attrs"]}
    if attributes["message_digest"][0].native != hashlib.sha256(covered).digest():
        return b""
    serial = info["sid"].chosen["serial_number"].native
    for choice in content["certificates"]:
        der = choice.chosen.dump()
        certificate = x509.load_der_x509_certificate(der)
        if certificate.serial_number == serial and _verifies(
            certificate, info["signature"].native, info["signed_attrs"].untag().dump()
        ):
            return bytes(der)
    return b""


def _verifies(certificate: x509.Certificate, signature: bytes, data: bytes) -> bool:
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True
