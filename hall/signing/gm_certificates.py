"""Chains of SM2 certificates, which neither `cryptography` nor pyhanko-certvalidator can verify.

What lives here: the part of RFC 5280 that such a chain needs, and what CRLs say about it. Whatever it does not know and
is marked critical refuses. What may not: the network, OCSP, what a certificate is used for (`certificates`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from hall.errors import HallError
from hall.signing import gm
from hall.signing.unreadable import UNREADABLE

SM2_WITH_SM3: Final = x509.ObjectIdentifier("1.2.156.10197.1.501")

Code = Literal["", "certificate_untrusted", "certificate_revoked"]
Revocation = Literal["good", "revocation_unknown", "revoked"]

_LONGEST: Final = 6
_KNOWN: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CRL_NUMBER,
    }
)


@lru_cache(maxsize=256)
def is_national(der: bytes) -> bool:
    """Say whether a certificate or a revocation list is signed with SM2; False for what can't be read."""
    try:
        # Both structures begin alike: what is signed, the algorithm, the signature.
        algorithm = asn1_x509.Certificate.load(der)["signature_algorithm"]["algorithm"].dotted
    except (ValueError, TypeError):
        return False
    return bool(algorithm == SM2_WITH_SM3.dotted_string)


def public_key(der: bytes) -> gm.PublicKey:
    """Give the SM2 key of a certificate. Raises Refused("unsupported_key")."""
    return gm.public_key(asn1_x509.Certificate.load(der)["tbs_certificate"]["subject_public_key_info"].dump())


def path_status(
    der: bytes, at_ms: int, roots: Sequence[bytes], intermediates: Sequence[bytes], crls: Sequence[bytes]
) -> tuple[Code, Revocation]:
    """Say whether a path leads from `der` to one of `roots` at `at_ms`, and whether somebody on it is revoked.

    A revocation counts from its date, also when the list is stale; "good" takes a fresh list for each but the root.
    """
    lists = [x509.load_der_x509_crl(data) for data in crls if is_national(data)]
    anchors = [x509.load_der_x509_certificate(root) for root in roots if is_national(root)]
    between = [x509.load_der_x509_certificate(one) for one in intermediates if is_national(one)]
    leaf = x509.load_der_x509_certificate(der)
    paths = _paths((leaf,), at_ms, anchors, between)
    found = [_revocation(path, at_ms, lists) for path in paths] if _acceptable(leaf) else []
    if not found:
        return "certificate_untrusted", "revocation_unknown"
    if "revoked" in found:
        return "certificate_revoked", "revoked"
    return "", "good" if "good" in found else "revocation_unknown"


def _paths(
    path: tuple[x509.Certificate, ...],
    at_ms: int,
    anchors: Sequence[x509.Certificate],
    between: Sequence[x509.Certificate],
) -> Iterator[tuple[x509.Certificate, ...]]:
    """Each way up from the last of `path`; its first is the leaf, its last an anchor."""
    for issuer in (*anchors, *between):
        if issuer in path or not _issued(path, issuer, at_ms):
            continue
        if issuer in anchors:
            yield (*path, issuer)
        elif len(path) < _LONGEST and _acceptable(issuer):
            yield from _paths((*path, issuer), at_ms, anchors, between)


def _issued(path: tuple[x509.Certificate, ...], issuer: x509.Certificate, at_ms: int) -> bool:
    """Whether `issuer` was allowed to sign the last of `path`, and did."""
    child = path[-1]
    if child.issuer.public_bytes() != issuer.subject.public_bytes():
        return False
    if not _milliseconds(issuer.not_valid_before_utc) <= at_ms <= _milliseconds(issuer.not_valid_after_utc):
        return False
    try:
        basic = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    # Below this issuer stand len(path) - 1 authorities and the leaf.
    fits = basic.path_length is None or basic.path_length >= len(path) - 1
    return (
        basic.ca
        and usage.key_cert_sign
        and fits
        and child.signature_algorithm_oid == SM2_WITH_SM3
        and _signed(issuer, child.tbs_certificate_bytes, child.signature)
    )


def _revocation(
    path: tuple[x509.Certificate, ...], at_ms: int, lists: Sequence[x509.CertificateRevocationList]
) -> Revocation:
    found: Revocation = "good"
    for one, issuer in pairwise(path):
        own = [crl for crl in lists if _lists(crl, issuer)]
        for crl in own:
            entry = crl.get_revoked_certificate_by_serial_number(one.serial_number)
            if entry is not None and _milliseconds(entry.revocation_date_utc) <= at_ms:
                return "revoked"
        if not any(_fresh(crl, at_ms) for crl in own):
            found = "revocation_unknown"
    return found


def _lists(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether this is a full list of this issuer: no delta, not indirect, properly signed."""
    if crl.issuer.public_bytes() != issuer.subject.public_bytes() or not _plain(crl.extensions):
        return False
    usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    return (
        usage.crl_sign
        and crl.signature_algorithm_oid == SM2_WITH_SM3
        and _signed(issuer, crl.tbs_certlist_bytes, crl.signature)
    )


def _fresh(crl: x509.CertificateRevocationList, at_ms: int) -> bool:
    until = crl.next_update_utc
    return until is not None and _milliseconds(crl.last_update_utc) <= at_ms <= _milliseconds(until)


def _acceptable(certificate: x509.Certificate) -> bool:
    try:
        return _plain(certificate.extensions)
    except UNREADABLE:
        return False


def _plain(extensions: x509.Extensions) -> bool:
    return all(extension.oid in _KNOWN for extension in extensions if extension.critical)


def _signed(issuer: x509.Certificate, data: bytes, signature: bytes) -> bool:
    try:
        key = public_key(issuer.public_bytes(Encoding.DER))
        return gm.verify(key, data, gm.raw_from_der(signature))
    except (*UNREADABLE, HallError):
        return False


def _milliseconds(when: datetime) -> int:
    return int(when.timestamp()) * 1000
