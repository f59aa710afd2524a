"""Certificates: reading them, whom they name, whether their chain holds, whether they signed an act.

What lives here: the one view of X.509 that the rest of the hall uses. What may not: the network. No address that
stands in a presented certificate is ever fetched; revocation lists and OCSP answers are handed in as data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathError,
    RevokedError,
    ValidationError,
)

from hall.errors import Malformed, Refused
from hall.procurement.acts import SignedAct
from hall.signing import gm_certificates, ocsp, suite
from hall.signing.unreadable import UNREADABLE

Revocation = Literal["good", "revocation_unknown", "revoked"]

MAX_CERTIFICATE: Final = 16 * 1024
"""Most bytes of a certificate that is looked at."""

DEMO_MARK: Final = x509.ObjectIdentifier("2.25.302017338")
"""Private extension that marks a demo root. Critical, so that software that doesn't know it refuses the root."""

_SAME_ANSWER_MS: Final = 60_000
_PERSONAL: Final = frozenset(
    {
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    }
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as the hall sees it. Times in ms UTC, `sha256` of the DER in hex, `spki` DER."""

    der: bytes
    sha256: str
    common_name: str
    organisation: str
    credit_code: str
    subject: str
    issuer: str
    kind: suite.KeyKind
    spki: bytes
    not_before: int
    not_after: int
    may_sign: bool
    """Key usage allows signatures, and the extended one, where there is one, is a person's."""

    @property
    def public_key(self) -> suite.PublicKey:
        """Give the key for verifying and wrapping."""
        return _public_key(self.parsed)

    @property
    def parsed(self) -> x509.Certificate:
        """Give the parsed certificate."""
        return x509.load_der_x509_certificate(self.der)


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """What a check of a chain found: `code` is "" when `valid`, else one of certificate_expired,
    certificate_not_yet_valid, certificate_untrusted, certificate_revoked, certificate_wrong_usage."""

    valid: bool
    code: str
    revocation: Revocation


def load_certificate(data: bytes) -> Certificate:
    """Read one certificate, PEM or DER. Raises Malformed("malformed_certificate"), Refused("unsupported_key")."""
    if len(data) > 2 * MAX_CERTIFICATE:
        raise Malformed("malformed_certificate")
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            parsed = x509.load_pem_x509_certificate(data)
        else:
            parsed = x509.load_der_x509_certificate(data)
        if parsed.version is not x509.Version.v3 or parsed.serial_number <= 0:
            raise Malformed("malformed_certificate")
        key = _public_key(parsed)
        der = parsed.public_bytes(serialization.Encoding.DER)
        return Certificate(
            der=der,
            sha256=hashlib.sha256(der).hexdigest(),
            common_name=_attribute(parsed.subject, NameOID.COMMON_NAME),
            organisation=_attribute(parsed.subject, NameOID.ORGANIZATION_NAME),
            credit_code=_attribute(parsed.subject, NameOID.SERIAL_NUMBER),
            subject=parsed.subject.rfc4514_string(),
            issuer=parsed.issuer.rfc4514_string(),
            kind=suite.key_kind(key),
            spki=suite.spki(key),
            not_before=_milliseconds(parsed.not_valid_before_utc),
            not_after=_milliseconds(parsed.not_valid_after_utc),
            may_sign=_may_sign(parsed),
        )
    except UNREADABLE:
        raise Malformed("malformed_certificate") from None


def same_subject(one: Certificate, other: Certificate) -> bool:
    """Whether both name one holder: organisation and unified credit code, or where there is no code, the subject."""
    if one.credit_code or other.credit_code:
        return (one.credit_code, one.organisation) == (other.credit_code, other.organisation)
    return one.subject == other.subject


def renews(present: Certificate, previous: Certificate) -> bool:
    """Whether `present` is another certificate for the same key of the same holder (clause 5.2.3)."""
    same = present.spki == previous.spki and same_subject(present, previous)
    return same and present.sha256 != previous.sha256


def fingerprint(der: bytes) -> str:
    """Give the SHA-256 of a certificate's DER in hex: the name under which acts and headers know it."""
    return hashlib.sha256(der).hexdigest()


def is_demo_root(der: bytes) -> bool:
    """Say whether this is the root of a demo CA; production refuses it. Raises Malformed("malformed_certificate")."""
    try:
        return any(extension.oid == DEMO_MARK for extension in x509.load_der_x509_certificate(der).extensions)
    except UNREADABLE:
        raise Malformed("malformed_certificate") from None


def verify_signature(certificate: Certificate, data: bytes, signature: bytes) -> bool:
    """Say whether the certificate's key signed `data`; see `suite.sign` for the forms."""
    return suite.verify(certificate.public_key, data, signature)


def verify_act(act: SignedAct, certificate_der: bytes) -> None:
    """Check that this very certificate signed the act.

    Raises Refused("wrong_certificate", needed=...) when the act names another one, and Refused("bad_signature").
    """
    if fingerprint(certificate_der) != act.certificate:
        raise Refused("wrong_certificate", needed=act.certificate)
    certificate = load_certificate(certificate_der)
    if not verify_signature(certificate, act.signed_bytes(), act.signature_bytes()):
        raise Refused("bad_signature")


def check_chain(
    certificate: Certificate,
    at_ms: int,
    roots: Sequence[bytes],
    intermediates: Sequence[bytes],
    crls: Sequence[bytes] = (),
    answers: Sequence[bytes] = (),
) -> CertificateStatus:
    """Say whether `certificate` leads to one of `roots` at `at_ms` and may sign. All lists hold DER; `answers` are
    those of OCSP responders, whoever they are about.

    On the opening day an unknown revocation is accepted and named (clause 4.9); only a proven one refuses. Answers
    are kept for a minute of hall time, so that a login or an act does not build the path anew.
    """
    if at_ms < certificate.not_before:
        return CertificateStatus(False, "certificate_not_yet_valid", "revocation_unknown")
    if at_ms > certificate.not_after:
        return CertificateStatus(False, "certificate_expired", "revocation_unknown")
    if not certificate.may_sign:
        return CertificateStatus(False, "certificate_wrong_usage", "revocation_unknown")
    minute = at_ms - at_ms % _SAME_ANSWER_MS
    moment = min(max(minute, certificate.not_before), certificate.not_after)
    if certificate.kind is suite.KeyKind.SM2:
        code, revocation = gm_certificates.path_status(certificate.der, moment, roots, intermediates, crls)
        return CertificateStatus(not code, code, revocation)
    known = _Known(_readable(roots), _readable(intermediates), _readable(crls), tuple(answers))
    return _path_status(certificate.der, moment, known)


def _readable(ders: Sequence[bytes]) -> tuple[bytes, ...]:
    """Those that this library can verify: a hall may trust CAs of both suites."""
    return tuple(der for der in ders if not gm_certificates.is_national(der))


@dataclass(frozen=True, slots=True)
class _Known:
    """What a path is built from and judged by, all DER."""

    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    answers: tuple[bytes, ...]

    @property
    def authorities(self) -> tuple[bytes, ...]:
        return (*self.roots, *self.intermediates)


@lru_cache(maxsize=512)
def _path_status(der: bytes, at_ms: int, known: _Known) -> CertificateStatus:
    """Build and check the path twice: asking for proof that nothing is revoked, then without."""
    # pyhanko-certvalidator sets an expired list or answer aside, but who was revoked once stays revoked.
    since = ocsp.revoked_since(known.answers, der, known.authorities)
    if _is_listed(der, at_ms, known.authorities, known.crls) or (since is not None and since <= at_ms):
        return CertificateStatus(False, "certificate_revoked", "revoked")
    try:
        try:
            # "require", because "hard-fail" accepts a revoked certificate that names no list of its own.
            _validate(der, at_ms, known, "require")
        except InsufficientRevinfoError:
            _validate(der, at_ms, known, "soft-fail")
            vouched = _vouched(der, at_ms, known)
            return CertificateStatus(True, "", "good" if vouched else "revocation_unknown")
    except RevokedError:
        return CertificateStatus(False, "certificate_revoked", "revoked")
    except ExpiredError:
        return CertificateStatus(False, "certificate_expired", "revocation_unknown")
    except NotYetValidError:
        return CertificateStatus(False, "certificate_not_yet_valid", "revocation_unknown")
    except (PathError, ValidationError, ValueError, TypeError):
        return CertificateStatus(False, "certificate_untrusted", "revocation_unknown")
    return CertificateStatus(True, "", "good")


def _validate(der: bytes, at_ms: int, known: _Known, mode: str) -> None:
    """Build and check the path; raises what pyhanko-certvalidator raises."""
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(item) for item in known.roots],
        other_certs=[asn1_x509.Certificate.load(item) for item in known.intermediates],
        moment=datetime.fromtimestamp(at_ms / 1000, UTC),
        crls=list(known.crls),
        ocsps=list(known.answers),
        revocation_mode=mode,
        allow_fetching=False,
    )
    validator = CertificateValidator(asn1_x509.Certificate.load(der), validation_context=context)
    _run_without_waiting(validator.async_validate_path())


def _vouched(der: bytes, at_ms: int, known: _Known) -> bool:
    """Whether OCSP says that the certificate is good, and its issuer is shown to be good, too.

    The library looks at an answer only where the certificate itself names a responder; here the settings name it.
    """
    issuer = ocsp.issuer_of(der, known.authorities)
    if issuer is None or not ocsp.is_good(known.answers, der, issuer, at_ms):
        return False
    if issuer in known.roots:
        return True
    try:
        _validate(issuer, at_ms, known, "require")
    except (PathError, ValidationError, ValueError, TypeError):
        return _vouched(issuer, at_ms, known)
    return True


def _run_without_waiting(work: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine that never waits: without fetching, pyhanko-certvalidator has nothing to wait for.

    So the check needs no event loop of its own and may be called inside a running one.
    """
    try:
        work.send(None)
    except StopIteration:
        return
    finally:
        work.close()
    raise RuntimeError("the check of a certificate wanted to wait, though it may not fetch anything")


def _is_listed(der: bytes, at_ms: int, authorities: tuple[bytes, ...], crls: tuple[bytes, ...]) -> bool:
    """Say whether a properly signed list of the certificate's issuer names it as revoked at `at_ms`, stale or not."""
    certificate = x509.load_der_x509_certificate(der)
    for data in crls:
        crl = x509.load_der_x509_crl(data)
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is None or crl.issuer != certificate.issuer:
            continue
        if _milliseconds(entry.revocation_date_utc) <= at_ms and _signed_by_any(crl, authorities):
            return True
    return False


def _signed_by_any(crl: x509.CertificateRevocationList, authorities: tuple[bytes, ...]) -> bool:
    for data in authorities:
        authority = x509.load_der_x509_certificate(data)
        key = authority.public_key()
        if authority.subject != crl.issuer or not isinstance(
            key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey
        ):
            continue
        if crl.is_signature_valid(key):
            return True
    return False


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        if not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature:
            return False
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as missing:
        return missing.oid == ExtensionOID.EXTENDED_KEY_USAGE
    return any(purpose in _PERSONAL for purpose in purposes)


def _public_key(certificate: x509.Certificate) -> suite.PublicKey:
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        return gm_certificates.public_key(certificate.public_bytes(serialization.Encoding.DER))
    suite.key_kind(key)
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return key
    raise Refused("unsupported_key")


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _milliseconds(when: datetime) -> int:
    return int(when.timestamp()) * 1000
