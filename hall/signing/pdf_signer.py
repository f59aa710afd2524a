"""Signs the opening record in steps, because the private keys live in the signers' browsers (clause 5.5.3).

`prepare` writes a revision with room for one signature and gives what is to be signed; `finish` takes the raw
signature, proves it right, adds a time stamp and embeds it (PAdES, ETSI.CAdES.detached); `seal_for_long_term`
closes the record. Everything between the steps is one state in bytes. Which revision is current is the
caller's business; so is running these functions, which block, in a worker thread or process. No network but
the time source's, no clock.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, cms, crl, ocsp, tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.signers import ExternalSigner, PdfTimeStamper
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigAppearanceSetup, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest, SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from hall.errors import Malformed, Refused
from hall.procurement import canonical
from hall.signing import suite
from hall.signing.certificates import load_certificate, verify_signature
from hall.signing.timestamps import TimeSource

# Hex digits kept free for one signature: RSA-4096 with a chain of four and a time stamp with its own stay under 12 KiB.
_RESERVED = 32_768
_WHOLE_FIELD = SimpleBoxLayoutRule(x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A revision that waits for its signature.

    document: the whole PDF with its placeholder, for the signer's own check; byte_range_digest: SHA-256 (hex)
    of all of it but the placeholder; signed_attributes: the DER SET that is signed; state: all that `finish`
    needs.
    """

    document: bytes
    byte_range_digest: str
    signed_attributes: bytes
    state: bytes


def revision_digest(pdf: bytes) -> str:
    """Name a revision: who signs another one than the current is refused as stale by the caller."""
    return hashlib.sha256(pdf).hexdigest()


def prepare(
    pdf: bytes,
    field: str,
    certificate_der: bytes,
    chain: Sequence[bytes],
    *,
    now_ms: int,
    appearance: bytes | None = None,
) -> Prepared:
    """Write the revision that the holder of `certificate_der` will sign in `field`.

    chain: DER of the issuing certificates, embedded with the signature; appearance: a one-page PDF drawn into
    the field. Raises `Refused` field_unknown, field_signed, and `Malformed("pdf_malformed")`.
    """
    certificate = load_certificate(certificate_der)
    try:
        writer = _SteadyWriter(io.BytesIO(pdf))
        fields = {name: value for name, value, _ref in enumerate_sig_fields(writer.prev)}
    except PdfError:
        raise Malformed("pdf_malformed") from None
    if field not in fields:
        raise Refused("field_unknown", field=field)
    if fields[field] is not None:
        raise Refused("field_signed", field=field)

    signed_at = datetime.fromtimestamp(now_ms // 1000, tz=UTC)
    steps = PdfCMSEmbedder().write_cms(field, writer, existing_fields_only=True)
    next(steps)
    placeholder = SignatureObject(
        timestamp=signed_at,
        subfilter=SigSeedSubFilter.PADES,
        name=certificate.common_name,
        bytes_reserved=_RESERVED,
    )
    look = None
    if appearance is not None:
        style = StaticStampStyle(
            background=_Drawn(appearance), background_layout=_WHOLE_FIELD, border_width=0
        )
        look = SigAppearanceSetup(style=style, timestamp=signed_at, name=certificate.common_name)
    steps.send(SigObjSetup(sig_placeholder=placeholder, appearance_setup=look))
    room, out = steps.send(SigIOSetup(md_algorithm="sha256", in_place=False))

    document = bytes(out.getvalue())
    attributes = _signed_attributes(room.document_digest, certificate_der)
    state = {
        "v": 1,
        "field": field,
        "document": _b64(document),
        "digest": room.document_digest.hex(),
        "room": [room.reserved_region_start, room.reserved_region_end],
        "attributes": _b64(attributes),
        "certificate": _b64(certificate_der),
        "chain": [_b64(der) for der in chain],
    }
    return Prepared(document, room.document_digest.hex(), attributes, canonical.dumps(state))


def finish(state: bytes, signature: bytes, time_source: TimeSource) -> bytes:
    """Embed the client's raw signature (RSA PKCS#1 v1.5, or r|s of P-256) over `signed_attributes`; give the
    signed PDF.

    Raises `Refused("bad_signature")` before anything is embedded, `Unavailable` when no time stamp is to be had.
    """
    kept = _read_state(state)
    certificate = load_certificate(kept.certificate)
    if not verify_signature(certificate, kept.attributes, signature):
        raise Refused("bad_signature")
    ecdsa = certificate.kind is suite.KeyKind.P256
    signer = ExternalSigner(
        asn1_x509.Certificate.load(kept.certificate),
        _store(kept.chain),
        signature_value=suite.der_from_raw(signature) if ecdsa else signature,
        signature_mechanism=algos.SignedDigestAlgorithm(
            {"algorithm": "sha256_ecdsa" if ecdsa else "sha256_rsa"}
        ),
    )
    message = asyncio.run(
        signer.async_sign_prescribed_attributes(
            "sha256", signed_attrs=cms.CMSAttributes.load(kept.attributes), timestamper=time_source.stamper
        )
    )
    out = io.BytesIO(kept.document)
    PreparedByteRangeDigest(kept.digest, *kept.room).fill_with_cms(out, message)
    return out.getvalue()


def seal_for_long_term(
    pdf: bytes,
    certificates: Sequence[bytes],
    crls: Sequence[bytes],
    time_source: TimeSource,
    answers: Sequence[bytes] = (),
) -> bytes:
    """Add what a later validation needs, and close the record with a time stamp over the whole document (PAdES B-LTA).

    certificates: DER of roots and issuing CAs of signers and time stamps; crls: DER of their revocation lists;
    answers: DER of OCSP responses about them. The certificates inside the signatures and their time stamps are added
    from the file itself.
    """
    writer = _SteadyWriter(io.BytesIO(pdf))
    known = {der: asn1_x509.Certificate.load(der) for der in certificates}
    known |= {der: asn1_x509.Certificate.load(der) for der in certificates_inside(pdf)}
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=list(known.values()),
        crls=[crl.CertificateList.load(der) for der in crls],
        ocsps=[ocsp.OCSPResponse.load(der) for der in answers],
    )
    stamper = PdfTimeStamper(time_source.stamper)
    sealed = asyncio.run(stamper.async_timestamp_pdf(writer, "sha256", bytes_reserved=_RESERVED))
    return bytes(sealed.getvalue())


def certificates_inside(pdf: bytes) -> tuple[bytes, ...]:
    """DER of the certificates in a document's signatures and their time stamps."""
    found: dict[bytes, None] = {}
    for embedded in PdfFileReader(io.BytesIO(pdf)).embedded_signatures:
        for one in _certificates_in(embedded.signed_data, embedded.signer_info):
            found[bytes(one.dump())] = None
    return tuple(found)


class _SteadyWriter(IncrementalPdfFileWriter):
    """Adds a revision and leaves the metadata alone: the library would write the machine's date into them."""

    def _update_meta(self) -> None:
        pass


class _Drawn(PdfContent):
    """The only page of a small PDF, as a signature's appearance."""

    def __init__(self, page: bytes) -> None:
        self._page = page
        super().__init__()

    def render(self) -> bytes:
        form = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self._page)))
        self.resources.xobject["/Drawn"] = form
        left, bottom, right, top = form.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        return b"/Drawn Do"


@dataclass(frozen=True, slots=True)
class _Kept:
    document: bytes
    digest: bytes
    room: tuple[int, int]
    attributes: bytes
    certificate: bytes
    chain: tuple[bytes, ...]


def _read_state(state: bytes) -> _Kept:
    match canonical.loads(state):
        case {
            "v": 1,
            "document": str(document),
            "digest": str(digest),
            "room": [int(start), int(end)],
            "attributes": str(attributes),
            "certificate": str(certificate),
            "chain": list(chain),
        }:
            return _Kept(
                document=_unb64(document),
                digest=bytes.fromhex(digest),
                room=(start, end),
                attributes=_unb64(attributes),
                certificate=_unb64(certificate),
                chain=tuple(_unb64(str(der)) for der in chain),
            )
        case _:
            raise Malformed("prepared_state_malformed")


def _signed_attributes(document_digest: bytes, certificate_der: bytes) -> bytes:
    """The three attributes of a PAdES baseline signature; its time is the time stamp's and the dictionary's /M."""
    named = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate_der).digest()})
    attributes = {
        "content_type": "data",
        "message_digest": document_digest,
        "signing_certificate_v2": tsp.SigningCertificateV2({"certs": [named]}),
    }
    built = [cms.CMSAttribute({"type": kind, "values": [value]}) for kind, value in attributes.items()]
    return bytes(cms.CMSAttributes(built).dump())


def _certificates_in(signed_data: Any, signer_info: Any) -> list[Any]:
    """The certificates of a signature and of the time stamps it carries."""
    found = [choice.chosen for choice in signed_data["certificates"]]
    for attribute in signer_info["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            for token in attribute["values"]:
                found += [choice.chosen for choice in token["content"]["certificates"]]
    return found


def _store(ders: Sequence[bytes]) -> Any:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # missing in the library's types
    store.register_multiple([asn1_x509.Certificate.load(der) for der in ders])
    return store


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Malformed("prepared_state_malformed") from None
