"""OCSP (RFC 6960): a question about one certificate, and the reading of its answer. Both are bytes here.

What may not live here: the network, and any address. Whom to ask stands in the settings; what a presented certificate
names as its responder is never looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from hall.errors import Unavailable
from hall.signing.unreadable import UNREADABLE

MAX_ANSWER: Final = 64 * 1024
"""Most bytes of an answer that is looked at."""

UNDATED: Final = 24 * 3600 * 1000
"""For how long an answer without an end of its own is believed, ms."""

_AHEAD: Final = 5 * 60 * 1000
"""How far a responder's clock may be ahead of the hall's, ms."""

Status = Literal["good", "revoked", "unknown"]
_STATUS: Final[dict[ocsp.OCSPCertStatus, Status]] = {
    ocsp.OCSPCertStatus.GOOD: "good",
    ocsp.OCSPCertStatus.REVOKED: "revoked",
    ocsp.OCSPCertStatus.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a responder said, signature checked. Times in ms UTC; `revoked_at` None unless revoked."""

    status: Status
    this_update: int
    next_update: int
    revoked_at: int | None

    def fresh(self, at_ms: int) -> bool:
        """Whether the answer speaks about this moment."""
        return self.this_update - _AHEAD <= at_ms <= self.next_update


def question(certificate: bytes, issuer: bytes) -> bytes:
    """The request about `certificate` for the responder of its `issuer`, all DER. It bears no nonce: the answers that a
    responder prepared ahead will do, for they bear their time."""
    subject, authority = x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(issuer)
    built = ocsp.OCSPRequestBuilder().add_certificate(subject, authority, hashes.SHA1()).build()  # noqa: S303 — RFC 6960 names certificates by SHA-1 of the issuer
    return built.public_bytes(serialization.Encoding.DER)


def read(answer: bytes, certificate: bytes, issuer: bytes) -> Answer:
    """What `answer` says of `certificate`, signed by its `issuer` or by whom the issuer itself delegated.

    Raises Unavailable, for a source that says nothing usable is none: malformed_ocsp_answer, ocsp_not_answered,
    ocsp_not_about_it, ocsp_not_signed.
    """
    if len(answer) > MAX_ANSWER:
        raise Unavailable("malformed_ocsp_answer")
    try:
        return _read(ocsp.load_der_ocsp_response(answer), certificate, issuer)
    except UNREADABLE:
        raise Unavailable("malformed_ocsp_answer") from None


def is_readable(answer: bytes) -> bool:
    """Whether this is an OCSP answer at all, whatever it says and whoever signed it."""
    try:
        ocsp.load_der_ocsp_response(answer)
    except UNREADABLE:
        return False
    return True


def revoked_since(answers: Iterable[bytes], certificate: bytes, authorities: Iterable[bytes]) -> int | None:
    """When `certificate` was revoked as one of the answers says, however old it is: who was revoked stays revoked."""
    issuer = issuer_of(certificate, authorities)
    if issuer is None:
        return None
    moments = []
    for data in answers:
        try:
            said = read(data, certificate, issuer)
        except Unavailable:
            continue
        if said.revoked_at is not None:
            moments.append(said.revoked_at)
    return min(moments, default=None)


def is_good(answers: Iterable[bytes], certificate: bytes, issuer: bytes, at_ms: int) -> bool:
    """Whether one of the answers says that the certificate is good, and speaks about this moment."""
    for data in answers:
        try:
            said = read(data, certificate, issuer)
        except Unavailable:
            continue
        if said.status == "good" and said.fresh(at_ms):
            return True
    return False


def issuer_of(certificate: bytes, authorities: Iterable[bytes]) -> bytes | None:
    """Which of `authorities` (DER) issued the certificate: by its name and its signature."""
    subject = x509.load_der_x509_certificate(certificate)
    for data in authorities:
        authority = x509.load_der_x509_certificate(data)
        if authority.subject == subject.issuer and _issued(subject, authority):
            return data
    return None


def _read(response: ocsp.OCSPResponse, certificate: bytes, issuer: bytes) -> Answer:
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise Unavailable("ocsp_not_answered", status=response.response_status.name.lower())
    subject, authority = x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(issuer)
    if not _signed(response, authority):
        raise Unavailable("ocsp_not_signed")
    for one in response.responses:
        if _about(one, subject, authority):
            break
    else:
        raise Unavailable("ocsp_not_about_it")
    began = _ms(one.this_update_utc)
    end = one.next_update_utc
    revoked = one.revocation_time_utc
    return Answer(
        status=_STATUS[one.certificate_status],
        this_update=began,
        next_update=began + UNDATED if end is None else _ms(end),
        revoked_at=None if revoked is None else _ms(revoked),
    )


def _about(one: ocsp.OCSPSingleResponse, subject: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether the entry names this serial of this issuer; hashed as the responder chose."""
    if one.serial_number != subject.serial_number:
        return False
    asked = ocsp.OCSPRequestBuilder().add_certificate(subject, authority, one.hash_algorithm).build()
    named = (asked.issuer_name_hash, asked.issuer_key_hash)
    return named == (one.issuer_name_hash, one.issuer_key_hash)


def _signed(response: ocsp.OCSPResponse, authority: x509.Certificate) -> bool:
    """Signed by the issuer, or by a certificate that the issuer made for this, good when it answered."""
    signers = [authority]
    for found in response.certificates:
        if found.subject == authority.subject and found.public_key() == authority.public_key():
            continue
        during = found.not_valid_before_utc <= response.produced_at_utc <= found.not_valid_after_utc
        if during and _is_delegate(found) and _issued(found, authority):
            signers.append(found)
    return any(_verifies(response, signer) for signer in signers)


def _is_delegate(certificate: x509.Certificate) -> bool:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


def _verifies(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    key, algorithm = signer.public_key(), response.signature_hash_algorithm
    if algorithm is None or isinstance(algorithm, hashes.SHA1 | hashes.MD5):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _ms(when: datetime) -> int:
    return int(when.timestamp()) * 1000
