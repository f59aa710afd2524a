"""A bid of the hall's own, sealed and opened again: a check that the machine still can, with keys nobody keeps."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hall.errors import Unavailable
from hall.signing import cms, sealed_bid, suite
from hall.signing.bid_container import Summary, build_container
from hall.signing.certificates import Certificate, load_certificate
from hall.signing.opener import open_bid

_PDF: Final = b"%PDF-1.7\n% a test of sealing and opening\n%%EOF\n"
_PLACE: Final = {"tender": "loop-back", "lot": "1", "bidder": "hall"}


def seal_and_open(directory: Path, at_ms: int) -> None:
    """Make a key, sign and seal a bid under it, unwrap, open and verify; files stay in `directory`.

    at_ms: hall time of the throw-away certificate. Runs in a process of the pool. Raises what sealing and opening
    raise, Unavailable("loop_back_differs").
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key, at_ms)
    summary = Summary(
        **_PLACE,
        bid_sha256=hashlib.sha256(_PDF).hexdigest(),
        price="1.00",
        period="1",
        quality="1",
        manager="1",
        security="1",
    )
    container = build_container(
        _PDF,
        summary,
        lambda data: cms.sign_detached(data, certificate, lambda x: suite.sign(key, x), signed_at=at_ms),
    )
    plain, sealed, opened = (directory / name for name in ("plain", "sealed", "opened"))
    plain.write_bytes(container)
    receipt = sealed_bid.seal(
        plain,
        sealed,
        tender=_PLACE["tender"],
        lot=_PLACE["lot"],
        bidder=_PLACE["bidder"],
        name="bid.zip",
        certificate=certificate,
    )
    with sealed.open("rb") as file:
        header = sealed_bid.read_header(file)
    content_key = sealed_bid.unwrap(header, key, certificate)
    found = open_bid(sealed, content_key, receipt.sha256, opened)
    if found.summary != summary or opened.read_bytes() != container:
        raise Unavailable("loop_back_differs")


def _certificate(key: ec.EllipticCurvePrivateKey, at_ms: int) -> Certificate:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loop-back")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=True,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(hours=1))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return load_certificate(made.public_bytes(Encoding.DER))
