"""The two certificates of one holder in the suite GM: one to sign with, one to seal to, paired by the CA's subject.

What lives here: whether two certificates are such a pair, and whether the second one's chain holds. What may not: who
is registered with which pair.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from hall.errors import Refused
from hall.signing import gm_certificates
from hall.signing.certificates import Certificate
from hall.signing.suite import KeyKind
from hall.signing.unreadable import UNREADABLE


def paired(signer: Certificate, recipient: Certificate) -> bool:
    """Say whether one CA gave both to the same subject, the first one to sign and the second one to encrypt."""
    return (
        signer.kind is recipient.kind is KeyKind.SM2
        and signer.parsed.issuer.public_bytes() == recipient.parsed.issuer.public_bytes()
        and signer.parsed.subject.public_bytes() == recipient.parsed.subject.public_bytes()
        and signer.may_sign
        and not recipient.may_sign
        and _may_encrypt(recipient.parsed)
    )


def check_recipient(
    recipient: Certificate,
    at_ms: int,
    roots: Sequence[bytes],
    intermediates: Sequence[bytes],
    crls: Sequence[bytes] = (),
) -> None:
    """Raises Refused with a certificate's code unless it leads to a root at `at_ms` (ms UTC)."""
    if at_ms < recipient.not_before:
        raise Refused("certificate_not_yet_valid")
    if at_ms > recipient.not_after:
        raise Refused("certificate_expired")
    code, _ = gm_certificates.path_status(recipient.der, at_ms, roots, intermediates, crls)
    if code:
        raise Refused(code)


def _may_encrypt(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    return usage.key_encipherment or usage.data_encipherment or usage.key_agreement
