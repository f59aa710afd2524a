"""Judges the signatures of an opening record, offline: what the verifier of bundles and the hall itself rely on.

Strict where the libraries are kind: a signature counts for what it covers, later revisions may only add
further signatures and, after the last one, only archival data. Trust comes from the roots handed in, at the
moment of the time stamp; nothing in the file makes itself trusted, no address in it is ever fetched. Blocks;
to be run in a worker or a command, never in the loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from hall.errors import HallError, Malformed
from hall.signing.certificates import Revocation, check_chain, load_certificate

MAX_PDF = 64 * 1024 * 1024
"""A record larger than this is not read."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What one signature is worth. Times in ms UTC.

    intact: bytes and signature agree; trusted: the certificate leads to a given root at the time of the time
    stamp and was not revoked (`trust_code` "" or why not); covered: it covers its whole revision, and what
    came later is allowed; coverage: entire_file, entire_revision, contiguous_block_from_start, unclear;
    modification_level: none, lta_updates, form_filling, annotations, other; timestamp: of a trusted and
    intact time stamp only; signing_time: as the signer's side claimed it.
    """

    field: str
    signer_fingerprint: str
    signer_name: str
    intact: bool
    trusted: bool
    trust_code: str
    revocation: Revocation
    covered: bool
    coverage: str
    modification_level: str
    timestamp: int | None
    signing_time: int | None

    @property
    def valid(self) -> bool:
        """Everything holds, time stamp included."""
        return self.intact and self.trusted and self.covered and self.timestamp is not None


@dataclass(frozen=True, slots=True)
class ClosingStamp:
    """The time stamp over the whole document: `at` in ms UTC, `last` if nothing follows it in the file."""

    intact: bool
    trusted: bool
    last: bool
    at: int | None


def check_record(
    pdf: bytes, roots: Sequence[bytes], tsa_roots: Sequence[bytes] | None = None, crls: Sequence[bytes] = ()
) -> list[SignatureReport]:
    """Report on each filled signature field, in the order of signing. All lists hold DER.

    tsa_roots: roots of the time stamps, by default those of the signers; crls: lists beside those in the file itself.
    Raises `Malformed("pdf_malformed")` for what is no readable PDF; a broken signature is reported, not raised.
    """
    anchors = Anchors(tuple(roots), tuple(roots if tsa_roots is None else tsa_roots), tuple(crls))
    return _guarded(lambda: _check_signatures(pdf, anchors))


def check_closing_stamp(pdf: bytes, tsa_roots: Sequence[bytes]) -> ClosingStamp | None:
    """Report on the closing document time stamp, None if there is none. Raises `Malformed("pdf_malformed")`."""
    return _guarded(lambda: _check_stamp(pdf, tuple(tsa_roots)))


def attachment(pdf: bytes, name: str) -> bytes | None:
    """Give the embedded file `name`, None if there is none. Raises `Malformed("pdf_malformed")`."""
    return _guarded(lambda: _attachment(pdf, name))


@dataclass(frozen=True, slots=True)
class Anchors:
    """What signatures are judged by, all DER. intermediates: issuing CAs beside those in the file itself."""

    roots: tuple[bytes, ...]
    tsa_roots: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()
    answers: tuple[bytes, ...] = ()


def _guarded(work: Callable[[], T]) -> T:
    try:
        return work()
    except HallError:
        raise
    except RecursionError:
        raise Malformed("pdf_malformed") from None
    except Exception as error:  # A hostile file makes the parser raise anything at all.
        raise Malformed("pdf_malformed", what=type(error).__name__) from error


def _open(pdf: bytes) -> PdfFileReader:
    if len(pdf) > MAX_PDF:
        raise Malformed("pdf_too_large", limit=MAX_PDF)
    return PdfFileReader(io.BytesIO(pdf))


def _check_signatures(pdf: bytes, anchors: Anchors) -> list[SignatureReport]:
    reader = _open(pdf)
    signatures = [found for found in reader.embedded_signatures if found.sig_object_type == "/Sig"]
    crls, answers = _stored(reader)
    anchors = replace(anchors, crls=(*anchors.crls, *crls), answers=(*anchors.answers, *answers))
    last = len(signatures) - 1
    return [report_or_broken(found, anchors, is_last=n == last) for n, found in enumerate(signatures)]


def report_or_broken(
    found: Any, anchors: Anchors, *, is_last: bool, known_at: int | None = None
) -> SignatureReport:
    """What one embedded signature of the library is worth; known_at: when it existed at the latest, ms UTC, for want
    of a time stamp. Never raises, save for want of memory."""
    try:
        return _report(found, anchors, is_last=is_last, known_at=known_at)
    except MemoryError:
        raise
    except (
        Exception
    ):  # A damaged signature makes the parser raise anything at all; it is one finding among others.
        return SignatureReport(
            field=str(found.field_name),
            signer_fingerprint="",
            signer_name="",
            intact=False,
            trusted=False,
            trust_code="signature_unreadable",
            revocation="revocation_unknown",
            covered=False,
            coverage="unclear",
            modification_level="other",
            timestamp=None,
            signing_time=None,
        )


def _report(found: Any, anchors: Anchors, *, is_last: bool, known_at: int | None) -> SignatureReport:
    certificate_der = bytes(found.signer_cert.dump())
    certificate = load_certificate(certificate_der)
    inside = (*anchors.intermediates, *(bytes(item.dump()) for item in found.other_embedded_certs))
    claimed = _ms(found.self_reported_timestamp)
    stamped = _stamped_at(found)
    # Without a time stamp there is no proven moment; the claimed one serves to name what else is wrong.
    moment = next((x for x in (stamped, known_at, claimed) if x is not None), certificate.not_before)
    status = _run(
        async_validate_pdf_signature(
            found,
            signer_validation_context=_context(anchors.roots, inside, moment),
            ts_validation_context=_context(anchors.tsa_roots, (), moment),
        )
    )
    chain = check_chain(certificate, moment, anchors.roots, inside, anchors.crls, anchors.answers)
    level, coverage = status.modification_level, status.coverage
    assert coverage is not None  # the library always finds one
    allowed = ModificationLevel.LTA_UPDATES if is_last else ModificationLevel.FORM_FILLING
    stamp = status.timestamp_validity
    return SignatureReport(
        field=found.field_name,
        signer_fingerprint=hashlib.sha256(certificate_der).hexdigest(),
        signer_name=certificate.common_name,
        intact=bool(status.intact and status.valid),
        trusted=chain.valid,
        trust_code=chain.code,
        revocation=chain.revocation,
        covered=coverage >= SignatureCoverageLevel.ENTIRE_REVISION and level is not None and level <= allowed,
        coverage=coverage.name.lower(),
        modification_level="other" if level is None else level.name.lower(),
        timestamp=stamped if stamp is not None and stamp.intact and stamp.valid and stamp.trusted else None,
        signing_time=claimed,
    )


def _check_stamp(pdf: bytes, roots: tuple[bytes, ...]) -> ClosingStamp | None:
    stamps = [found for found in _open(pdf).embedded_signatures if found.sig_object_type == "/DocTimeStamp"]
    if not stamps:
        return None
    closing = stamps[-1]
    at = _generated_at(closing.signed_data)
    status = _run(async_validate_pdf_timestamp(closing, validation_context=_context(roots, (), at or 0)))
    return ClosingStamp(
        intact=bool(status.intact and status.valid),
        trusted=bool(status.trusted),
        last=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        at=at,
    )


def _attachment(pdf: bytes, name: str) -> bytes | None:
    root = _open(pdf).root
    listed = root["/Names"]["/EmbeddedFiles"]["/Names"] if "/Names" in root else []
    for n in range(0, len(listed), 2):
        if listed[n] == name:
            return bytes(listed[n + 1]["/EF"]["/F"].data)
    return None


def _context(roots: tuple[bytes, ...], others: tuple[bytes, ...], at_ms: int) -> ValidationContext:
    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(der) for der in roots],
        other_certs=[asn1_x509.Certificate.load(der) for der in others],
        moment=datetime.fromtimestamp(at_ms // 1000, tz=UTC),
        allow_fetching=False,
        revocation_mode="soft-fail",
    )


def _stored(reader: PdfFileReader) -> tuple[list[bytes], list[bytes]]:
    """The revocation lists and the OCSP answers that lie in the file."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return [], []
    return [bytes(x.get_object().data) for x in store.crls], [bytes(x.get_object().data) for x in store.ocsps]


def _stamped_at(found: Any) -> int | None:
    """The time in the one time stamp a signature carries; two of them would leave a choice, so they count as none."""
    tokens = [
        token
        for attribute in found.signer_info["unsigned_attrs"]
        if attribute["type"].native == "signature_time_stamp_token"
        for token in attribute["values"]
    ]
    return _generated_at(tokens[0]["content"]) if len(tokens) == 1 else None


def _generated_at(token: Any) -> int | None:
    return _ms(token["encap_content_info"]["content"].parsed["gen_time"].native)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp()) * 1000


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
