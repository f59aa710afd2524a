"""The bidder's own signature inside its bid's PDF: PAdES-B-B, made by pyHanko.

What lives here: signing one PDF with one key. What may not: the network (so no time stamp: the deposit's receipt dates
the bid), and judging signatures of others.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import CertificateStore, SimpleCertificateStore

from hall.errors import Malformed
from hall.signing import suite
from hall.signing.certificates import Certificate

FIELD: Final = "BidSignature"


class _SignsAt(PdfSigner):
    """A signer that is told the time, as everything here is, and does not look at a clock."""

    def __init__(self, metadata: PdfSignatureMetadata, signer: SimpleSigner, moment: datetime) -> None:
        super().__init__(metadata, signer)
        self._moment = moment

    def init_signing_session(self, *arguments: Any, **options: Any) -> Any:
        session = super().init_signing_session(*arguments, **options)
        session.system_time = self._moment
        return session


def sign_bid_pdf(pdf: bytes, certificate: Certificate, key: suite.PrivateKey, *, signed_at: int) -> bytes:
    """Give `pdf` with one more revision that holds the signature; `signed_at` (ms UTC) is the signer's own statement.

    Not to be called inside a running event loop. Raises Malformed("malformed_pdf") for what pyHanko can't read, such as
    an encrypted file.
    """
    info = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store: CertificateStore = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # as the library has it
    signer = SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.der),
        signing_key=keys.PrivateKeyInfo.load(info),
        cert_registry=store,
    )
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=certificate.organisation or certificate.common_name,
    )
    out = io.BytesIO()
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        _SignsAt(metadata, signer, datetime.fromtimestamp(signed_at // 1000, UTC)).sign_pdf(
            writer, output=out
        )
    except PdfError:
        raise Malformed("malformed_pdf") from None
    return out.getvalue()
