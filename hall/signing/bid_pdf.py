"""The bidder's own signature inside its bid's PDF: PAdES-B-B, made by pyHanko.

What lives here: signing one PDF, by whoever holds the key. What may not: the network (so no time stamp: the deposit's
receipt dates the bid), and judging signatures of others.
"""

from __future__ import annotations

import io
import shutil
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from hall.errors import Malformed
from hall.signing import suite
from hall.signing.certificates import Certificate
from hall.signing.cms import SignRaw

FIELD: Final = "BidSignature"

_ECDSA_DER: Final = 72
"""Most bytes of an ECDSA signature on P-256 in DER."""


_CHUNK: Final = 1024 * 1024


class _SignsAt(PdfSigner):
    """A signer that is told the time, as everything here is, and does not look at a clock."""

    def __init__(self, metadata: PdfSignatureMetadata, signer: Signer, moment: datetime) -> None:
        super().__init__(metadata, signer)
        self._moment = moment

    def init_signing_session(self, *arguments: Any, **options: Any) -> Any:
        session = super().init_signing_session(*arguments, **options)
        session.system_time = self._moment
        return session


class _Holder(Signer):
    """Lets whoever holds the key sign: pyHanko never sees one."""

    def __init__(self, certificate: Certificate, sign: SignRaw) -> None:
        key = certificate.public_key
        is_rsa = isinstance(key, rsa.RSAPublicKey)
        mechanism = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa" if is_rsa else "sha256_ecdsa"})
        super().__init__(
            signing_cert=asn1_x509.Certificate.load(certificate.der),
            cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # as the library has it
            signature_mechanism=mechanism,
        )
        self._rsa = is_rsa
        self._sign = sign
        self._size = (key.key_size + 7) // 8 if isinstance(key, rsa.RSAPublicKey) else _ECDSA_DER

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """Sign; a dry run only measures, and must not make a token ask for consent twice."""
        if dry_run:
            return bytes(self._size)
        signature = self._sign(data)
        return signature if self._rsa else suite.der_from_raw(signature)


def sign_bid_pdf(pdf: bytes, certificate: Certificate, sign: SignRaw, *, signed_at: int) -> bytes:
    """Give `pdf` signed; see `sign_bid_file`."""
    out = io.BytesIO()
    sign_bid_file(io.BytesIO(pdf), out, certificate, sign, signed_at=signed_at)
    return out.getvalue()


def sign_bid_file(
    pdf: BinaryIO, out: BinaryIO, certificate: Certificate, sign: SignRaw, *, signed_at: int
) -> None:
    """Write `pdf` with one more revision that holds the signature into `out` (readable, too), by and by.

    signed_at (ms UTC) is the signer's own statement. With an SM2 key the PDF comes out as it is: pyHanko has no SM2,
    and the signed summary names the PDF's digest. Not to be called inside a running event loop. Raises
    Malformed("malformed_pdf") for what pyHanko can't read, such as an encrypted file.
    """
    if certificate.kind is suite.KeyKind.SM2:
        shutil.copyfileobj(pdf, out, _CHUNK)
        return
    signer = _Holder(certificate, sign)
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=certificate.organisation or certificate.common_name,
    )
    try:
        writer = IncrementalPdfFileWriter(pdf)
        _SignsAt(metadata, signer, datetime.fromtimestamp(signed_at // 1000, UTC)).sign_pdf(
            writer, output=out, chunk_size=_CHUNK
        )
    except PdfError:
        raise Malformed("malformed_pdf") from None
