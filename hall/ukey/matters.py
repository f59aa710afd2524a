"""What is signed: read from the request, built anew, and named for the person. A page never hands over bytes to sign.

What lives here: pure functions from a request to a `Matter`, whose bytes were made here from the fields that are shown.
What may not: keys, tokens, dialogues, the network.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms, tsp

from hall.client.record import covered_digest
from hall.errors import Malformed, Refused
from hall.journal import checkpoint, cosignature
from hall.procurement import canonical
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.signing.bid_container import parse_summary
from hall.signing.certificates import Certificate

MAX_SHOWN: Final = 160
"""Most characters of a value that are shown; the rest is counted."""

_SECRET: Final = frozenset({"content_key", "tag", "envelope", "salt", "photo"})
"""Fields of a body that are named in the dialogue and not shown: keys, and what nobody could read."""

_ACT_FIELDS: Final = frozenset(
    "type origin tender lot opening deadline epoch manifest tree_size tree_root certificate server_nonce "
    "client_nonce body".split()
)
_PADES: Final = {"content_type", "message_digest", "signing_certificate_v2"}
_CADES: Final = {*_PADES, "signing_time"}


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to sign. `title` and the first halves of `lines` are codes of `words`; `data` is what gets signed."""

    title: str
    act: str
    lines: tuple[tuple[str, str], ...]
    data: bytes
    warning: str = ""


def of_act(request: dict[str, Any], certificate: Certificate) -> Matter:
    """An act: its fields are read, checked and encoded here. Raises Malformed, Refused("wrong_certificate")."""
    given = request.get("act")
    if not isinstance(given, dict) or given.keys() != _ACT_FIELDS or not isinstance(given["body"], str):
        raise Malformed("malformed_act", field="act")
    act = SignedAct(**given)
    if act.certificate != certificate.sha256:
        raise Refused("wrong_certificate", needed=act.certificate)
    lines = [("origin", act.origin)]
    lines += [(name, getattr(act, name)) for name in ("tender", "lot", "opening") if getattr(act, name)]
    if act.manifest != ZERO_DIGEST:
        lines.append(("manifest", act.manifest))
    lines += [(f"body.{name}", _shown(name, value)) for name, value in act.body_json().items()]
    return Matter("act", act.type, (*lines, holder_line(certificate)), act.signed_bytes())


def of_summary(request: dict[str, Any], certificate: Certificate) -> Matter:
    """The signature over a bid's summary. Raises Malformed, Refused("attributes_differ")."""
    text = bytes_of(request, "summary")
    summary = parse_summary(text)
    data = _attributes(bytes_of(request, "attributes"), hashlib.sha256(text).digest(), certificate, _CADES)
    lines = [
        (name, str(getattr(summary, name)))
        for name in ("tender", "lot", "bidder", "price", "period", "quality", "manager", "security")
    ]
    return Matter("summary", "", (*lines, ("bid_sha256", summary.bid_sha256), holder_line(certificate)), data)


def of_record(request: dict[str, Any], certificate: Certificate) -> Matter:
    """The signature in an opening record, whose PDF is hashed here (clause 5.5.3).

    Raises Malformed, Refused("record_digest_mismatch" | "attributes_differ").
    """
    pdf = bytes_of(request, "pdf")
    digest = covered_digest(pdf)
    data = _attributes(bytes_of(request, "attributes"), digest, certificate, _PADES)
    lines = (("pdf_sha256", digest.hex()), ("pdf_bytes", str(len(pdf))), holder_line(certificate))
    return Matter("record", "", lines, data, "see_the_record")


def of_pdf(request: dict[str, Any], certificate: Certificate) -> Matter:
    """The signature in a bid's PDF, too long to be sent here: its digest alone is shown, and the warning says so."""
    name = request.get("name")
    if not isinstance(name, str) or not canonical.is_plain(name, 256):
        raise Malformed("malformed_message", field="name")
    attributes = bytes_of(request, "attributes")
    digest = _digest_in(attributes)
    data = _attributes(attributes, digest, certificate, _PADES)
    return Matter(
        "pdf",
        "",
        (("name", name), ("pdf_sha256", digest.hex()), holder_line(certificate)),
        data,
        "digest_only",
    )


def of_checkpoint(request: dict[str, Any], certificate: Certificate) -> Matter:
    """A co-signature of a checkpoint of the journal, by a supervisor or notary. Raises Malformed."""
    note, at = request.get("note"), request.get("at")
    if not isinstance(note, str) or type(at) is not int or not 0 < at < 1 << 53:
        raise Malformed("malformed_message", field="note")
    root = checkpoint.read(note)
    lines = (("origin", root.origin), ("tree_size", str(root.size)), ("tree_root", root.root))
    return Matter("checkpoint", "", (*lines, holder_line(certificate)), cosignature.signed_bytes(note, at))


MATTERS: Final = {
    "sign_act": of_act,
    "sign_summary": of_summary,
    "sign_record": of_record,
    "sign_pdf": of_pdf,
    "sign_checkpoint": of_checkpoint,
}


def plain(text: str) -> str:
    """Give `text` so that no character moves, hides or turns another (a price read backwards is another price)."""
    return "".join(
        f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else c
        for c in text
    )


def _shown(name: str, value: object) -> str:
    if name in _SECRET:
        return f"({len(str(value))})"
    text = plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… ({len(text)})"


def holder_line(certificate: Certificate) -> tuple[str, str]:
    return "certificate", plain(certificate.organisation or certificate.common_name)


def _attributes(der: bytes, digest: bytes, certificate: Certificate, names: set[str]) -> bytes:
    """Read CMS attributes, demand that they say exactly this, and encode them anew. Raises Malformed, Refused."""
    found = _read(der)
    if found.keys() != names:
        raise Refused("attributes_differ", field="names")
    expected: dict[str, object] = {"content_type": "data", "message_digest": digest}
    for name, value in expected.items():
        if found[name].native != value:
            raise Refused("attributes_differ", field=name)
    certs = found["signing_certificate_v2"]["certs"]
    if len(certs) != 1 or certs[0]["cert_hash"].native != bytes.fromhex(certificate.sha256):
        raise Refused("attributes_differ", field="signing_certificate_v2")
    if certs[0]["hash_algorithm"]["algorithm"].native != "sha256":
        raise Refused("attributes_differ", field="signing_certificate_v2")
    own: dict[str, Any] = {
        **expected,
        "signing_certificate_v2": tsp.SigningCertificateV2(
            {"certs": [{"cert_hash": bytes.fromhex(certificate.sha256)}]}
        ),
    }
    if "signing_time" in names:
        own["signing_time"] = cms.Time({"utc_time": found["signing_time"].native})
    built = cms.CMSAttributes([cms.CMSAttribute({"type": name, "values": [own[name]]}) for name in own])
    made: bytes = built.dump(force=True)
    # Signed is what was built here; that the page has the same bytes is what makes the signature fit its file.
    if made != der:
        raise Refused("attributes_differ", field="encoding")
    return made


def _digest_in(der: bytes) -> bytes:
    found = _read(der).get("message_digest")
    value = None if found is None else found.native
    if not isinstance(value, bytes) or len(value) != 32:
        raise Refused("attributes_differ", field="message_digest")
    return value


def _read(der: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        for item in cms.CMSAttributes.load(der, strict=True):
            name = item["type"].native
            if name in found or len(item["values"]) != 1:
                raise Refused("attributes_differ", field=name)
            found[name] = item["values"][0]
    except (ValueError, TypeError, KeyError):
        raise Malformed("malformed_cms") from None
    return found


def bytes_of(request: dict[str, Any], field: str) -> bytes:
    value = request.get(field)
    try:
        if not isinstance(value, str):
            raise ValueError
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("malformed_message", field=field) from None
