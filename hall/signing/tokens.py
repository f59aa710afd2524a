"""Time-stamp tokens (RFC 3161) read and checked offline: over which bytes, when, and by whose certificate.

Everything is checked here that a token claims: its imprint, its signature, its signer's purpose and chain. What may not
live here: asking for tokens (`timestamps`), clocks, network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from hall.errors import Refused
from hall.signing.unreadable import UNREADABLE

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}

_BROKEN: Final = (*UNREADABLE, KeyError, OverflowError, InvalidSignature, PathError, ValidationError)
"""What the libraries raise where a token or a certificate in it was tampered with."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a good token says. `at`: ms UTC; `by`: the authority's common name or organisation; `policy`: its OID."""

    at: int
    by: str
    policy: str


def imprint(token: bytes) -> tuple[str, bytes]:
    """Give what a token was made over: (name of the hash, digest). Raises Refused("stamp_malformed")."""
    found = _parts(token)[1]["message_imprint"]
    return str(found["hash_algorithm"]["algorithm"].native), bytes(found["hashed_message"].native)


def check(token: bytes, data: bytes, roots: Sequence[bytes], others: Sequence[bytes] = ()) -> Stamped:
    """Check a token (DER ContentInfo) over `data`; roots: DER that its signer must lead to; others: issuers, DER.

    Raises Refused: "stamp_malformed", "stamp_does_not_fit" (it is over something else), "stamp_untrusted".
    """
    signed, info, content = _parts(token)
    name, digest = imprint(token)
    if name not in _HASHES or hashlib.new(name, data).digest() != digest:
        raise Refused("stamp_does_not_fit")
    at = info["gen_time"].native
    if not isinstance(at, datetime):
        raise Refused("stamp_malformed")
    milliseconds = int(at.timestamp() * 1000)
    try:
        (signer,) = signed["signer_infos"]
        brought = [bytes(one.chosen.dump()) for one in signed["certificates"]]
        own = _own(signer, brought)
        _check_signature(signer, content, own)
        _check_purpose(own)
        _check_chain(own, at, roots, (*brought, *others))
        policy = str(info["policy"].dotted)
    except _BROKEN as error:
        raise Refused("stamp_untrusted", reason=type(error).__name__) from None
    return Stamped(milliseconds, _name(own), policy)


def token_of(response: bytes) -> bytes:
    """Take the token out of an authority's DER answer. Raises Refused("stamp_refused" | "stamp_malformed")."""
    try:
        answer = tsp.TimeStampResp.load(response, strict=True)
        status = answer["status"]["status"].native
    except (ValueError, TypeError, KeyError):
        raise Refused("stamp_malformed") from None
    if status not in ("granted", "granted_with_mods"):
        raise Refused("stamp_refused", status=str(status))
    return bytes(answer["time_stamp_token"].dump())


def _parts(token: bytes) -> tuple[Any, Any, bytes]:
    try:
        content = cms.ContentInfo.load(token, strict=True)
        if content["content_type"].native != "signed_data":
            raise Refused("stamp_malformed")
        signed = content["content"]
        inner = signed["encap_content_info"]
        if inner["content_type"].native != "tst_info":
            raise Refused("stamp_malformed")
        octets = bytes(inner["content"].contents)
        info = tsp.TSTInfo.load(octets, strict=True)
        info["message_imprint"]["hashed_message"].native  # noqa: B018  # lazy: a broken one is found here
    except (ValueError, TypeError, KeyError):
        raise Refused("stamp_malformed") from None
    return signed, info, octets


def _check_chain(own: bytes, at: datetime, roots: Sequence[bytes], others: Sequence[bytes]) -> None:
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(der) for der in roots],
        other_certs=[asn1_x509.Certificate.load(der) for der in others],
        moment=at,
        revocation_mode="soft-fail",
        allow_fetching=False,
    )
    validator = CertificateValidator(asn1_x509.Certificate.load(own), validation_context=context)
    checking = validator.async_validate_path()
    try:
        checking.send(None)  # without fetching there is nothing to wait for
    except StopIteration:
        return
    finally:
        checking.close()
    raise ValueError("the check of a chain wanted to wait")


def _name(own: bytes) -> str:
    subject = x509.load_der_x509_certificate(own).subject
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := subject.get_attributes_for_oid(kind):
            return str(found[0].value)
    return ""


def _own(signer: Any, brought: Sequence[bytes]) -> bytes:
    """The signer's certificate among those that came along."""
    wanted = signer["sid"].chosen
    for der in brought:
        one = asn1_x509.Certificate.load(der)
        if signer["sid"].name == "subject_key_identifier":
            fits = one.key_identifier_value is not None and one.key_identifier == wanted.native
        else:
            fits = (wanted["serial_number"].native, wanted["issuer"]) == (one.serial_number, one.issuer)
        if fits:
            return der
    raise ValueError("the authority's certificate did not come along")


def _check_signature(signer: Any, content: bytes, own: bytes) -> None:
    name = signer["digest_algorithm"]["algorithm"].native
    algorithm = _HASHES[name]
    attributes = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
    if attributes["content_type"][0].native != "tst_info":
        raise ValueError("not a time stamp's signature")
    if attributes["message_digest"][0].native != hashlib.new(name, content).digest():
        raise ValueError("another content was signed")
    covered = b"\x31" + signer["signed_attrs"].dump()[1:]
    key = x509.load_der_x509_certificate(own).public_key()
    signature = bytes(signer["signature"].native)
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, covered, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, covered, ec.ECDSA(algorithm))
    else:
        raise ValueError("an unknown kind of key")


def _check_purpose(own: bytes) -> None:
    certificate = x509.load_der_x509_certificate(own)
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        raise ValueError("the certificate is not for time stamps") from None
    if list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise ValueError("the certificate is not for time stamps alone")
