"""The record equals the journal, and the signatures hold: two questions of `core`, asked of the record's own bytes.

The PDF is read as docs/bundle-format.md says: byte ranges and the CMS between them, with the time stamps in them, and
nothing of its pages.
"""

from __future__ import annotations

import base64
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
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hall.errors import Refused
from hall.evidence.story import Story
from hall.procurement import canonical
from hall.signing import tokens

RECORD: Final = "record/record.pdf"
CONTENT: Final = "record/record.json"
PUBLIC: Final = "record/public.json"
_RANGE: Final = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
_MOST: Final = 256
_DISCLOSED: Final = ("bidder", "price", "period", "quality", "manager", "security", "bid_sha256")
_CAUSE: Final = ("lot", "bidder", "cause", "incident", "reason")


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """One CMS of a PDF. revision: SHA-256 of the file up to the signature's end, `last` if that is the file's;
    certificate: SHA-256 of the signer's, "" where the signature does not hold; stamped: whether it bears one good time
    stamp; closes: whether it is a good time stamp itself, over all before it."""

    revision: str
    last: bool
    certificate: str = ""
    stamped: bool = False
    closes: bool = False


def record(story: Story) -> list[str] | None:
    """5.5.2: record.pdf and record.json are those that the journal names, and tell its windows, prices and causes."""
    if CONTENT not in story.bundle.names and not story.whole:
        return _edition(story) if PUBLIC in story.bundle.names else None
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
    return [*faults, *_differing(story, CONTENT, content)]


def _differing(story: Story, name: str, content: dict[str, Any]) -> Iterator[str]:
    told = _told(story)
    yield from (
        f"{name}: {key} differs from the journal" for key in told if _given(content, key) != told[key]
    )


def is_edition(story: Story) -> bool:
    """Whether the bundle holds no record but its public edition, which the hall alone answers for."""
    return CONTENT not in story.bundle.names and PUBLIC in story.bundle.names


def _edition(story: Story) -> list[str]:
    """The public edition is of the journalled record, by the hall's log key, and tells what the rows tell."""
    prepared, data = story.first("RecordPrepared"), story.bundle.read(PUBLIC)
    content = canonical.loads(data)
    if prepared is None or not isinstance(content, dict) or canonical.dumps(content) != data:
        return [f"{PUBLIC}: not readable"]
    faults = []
    if content.get("content") != prepared.body["content"]:
        faults.append(f"{PUBLIC}: of another record than was journalled")
    body = {key: value for key, value in content.items() if key != "signature"}
    message = b"bidhall/1 public_record\0" + canonical.dumps(body)
    try:
        signature = base64.b64decode(str(content.get("signature")), validate=True)
        Ed25519PublicKey.from_public_bytes(story.log_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        faults.append(f"{PUBLIC}: not signed by the hall's log key")
    return [*faults, *_differing(story, PUBLIC, content)]


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
    root; each signature of the record bears a time stamp, and one over the whole closes it."""
    faults = list(story.unsigned)
    if RECORD not in story.bundle.names:
        return faults
    found = list(_signatures(bytes(story.bundle.view(RECORD)), story))
    for row in story.of("RecordSigned"):
        own = [one for one in found if one.revision == row.body["sha256"]]
        if [one.certificate for one in own] != [row.body["certificate"]]:
            faults.append(f"{row}: {RECORD} bears no such signature")
        elif row.body["certificate"] not in story.certificates:
            faults.append(f"{row}: its signer's certificate is not in the bundle")
        elif not own[0].stamped:
            faults.append(f"{row}: its signature bears no good time stamp")
    if story.first("RecordCompleted") and not any(one.last and one.closes for one in found):
        faults.append(f"{RECORD}: not closed by a good time stamp over the whole document")
    for role in ("procuring_entity", "scrutineer", "clerk"):
        if not story.of("RecordSigned", "SignatureRefused", "SignatureMissing", role=role):
            faults.append(f"{RECORD}: no signature of the {role}")
    return faults


def _signatures(pdf: bytes, story: Story) -> Iterator[PdfSignature]:
    for found in list(_RANGE.finditer(pdf))[:_MOST]:
        first, length, second, rest = (int(number) for number in found.groups())
        end = second + rest
        if first != 0 or not 0 < length < second <= end <= len(pdf):
            continue
        covered = pdf[:length] + pdf[second:end]
        revision, last = hashlib.sha256(pdf[:end]).hexdigest(), end == len(pdf)
        try:
            content = cms.ContentInfo.load(
                bytes.fromhex(pdf[length + 1 : second - 1].decode("ascii")), strict=False
            )
            signed = content["content"]
            if signed["encap_content_info"]["content_type"].native == "tst_info":
                # The field is filled up with zeros behind the token.
                yield PdfSignature(revision, last, closes=_is_stamp(content.dump(), covered, story))
                continue
            certificate = _signer(signed, covered)
            digest = hashlib.sha256(certificate).hexdigest() if certificate else ""
            yield PdfSignature(revision, last, digest, _bears_stamp(signed["signer_infos"][0], story))
        except Exception:  # whatever a hostile CMS makes the reader raise: it is no signature
            yield PdfSignature(revision, last)


def _bears_stamp(info: Any, story: Story) -> bool:
    """Whether one time stamp lies beside a signature, over its value. Two would leave a choice."""
    found = [
        token
        for one in info["unsigned_attrs"]
        if one["type"].native == "signature_time_stamp_token"
        for token in one["values"]
    ]
    return len(found) == 1 and _is_stamp(found[0].dump(), bytes(info["signature"].native), story)


def _is_stamp(token: bytes, data: bytes, story: Story) -> bool:
    try:
        tokens.check(token, data, story.tsa_roots, tuple(story.certificates.values()))
    except Refused:
        return False
    return True


def _signer(content: Any, covered: bytes) -> bytes:
    """DER of the certificate whose key signed, b"" where it did not."""
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
