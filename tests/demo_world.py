"""The demo CA's world as tests use it: made once for each process that runs tests, at a fixed hall time."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from hall.rehearsal import demo_ca
from hall.rehearsal.demo_ca import DemoIdentity, DemoPki, issue_demo
from hall.signing import cms, suite
from hall.signing.bid_container import Summary, build_container
from hall.signing.certificates import Certificate, load_certificate

AT = 1_795_309_200_000
"""Hall time of the tests, ms UTC: 2026-11-22 09:00 in Shanghai."""

PDF = b"%PDF-1.7\n\xe6\x8a\x95\xe6\xa0\x87\xe6\x96\x87\xe4\xbb\xb6\n%%EOF\n"


@dataclass(frozen=True, slots=True)
class Holder:
    """Someone who holds a certificate's key."""

    identity: DemoIdentity
    certificate: Certificate
    key: suite.PrivateKey
    recipient: Certificate | None = None
    """In the suite GM the other certificate of the pair, and its key."""
    opening_key: suite.PrivateKey | None = None

    @property
    def sealed_to(self) -> Certificate:
        """The certificate that bids are sealed to."""
        return self.recipient or self.certificate

    @property
    def opens_with(self) -> suite.PrivateKey:
        """The key that opens them."""
        return self.opening_key or self.key

    def sign(self, data: bytes) -> bytes:
        """Sign as a browser does."""
        return suite.sign(self.key, data)

    def sign_summary(self, data: bytes) -> bytes:
        """Give summary.p7s."""
        return cms.sign_detached(data, self.certificate, self.sign, signed_at=AT)


@cache
def world() -> DemoPki:
    """Give the demo world: four bidders (b1 RSA, the others P-256), all staff, and the odd ones."""
    directory = tempfile.mkdtemp(prefix="hall-demo-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return issue_demo(Path(directory), bidders=4, now_ms=AT)


CARD: Final = "11010519491231002X"
"""A number of an identity card that checks: the one that GB 11643 shows its arithmetic by."""


def issued(one: str, organisation: str, name: str, code: str | None, days: int = 730) -> DemoIdentity:
    """Give one more bidder with a certificate of the demo CA, without an organisation where that is ""."""
    pki = world()
    certificate = x509.load_der_x509_certificate(pki.issuing.read_bytes())
    key = suite.load_private_key((pki.directory / "issuing.key.pem").read_bytes())
    issuer = demo_ca._Issuer(certificate, key, (certificate,))  # type: ignore[arg-type]  # the demo CA's key is no SM2 key
    now = datetime.fromtimestamp(AT // 1000, UTC)
    span = demo_ca._Validity(now - timedelta(hours=1), now + timedelta(days=days))
    return demo_ca._identity(pki.directory, one, "bidder", organisation, name, issuer, span, code=code)


@cache
def brief() -> DemoIdentity:
    """Give a bidder whose certificate is valid for one day only."""
    name = "演示短期建设有限公司"
    return issued("brief", name, name, demo_ca.credit_code(name), days=1)


@cache
def individual(one: str) -> DemoIdentity:
    """Give a natural person; the certificate of "individual-shown" tells the number of the identity card, too."""
    return issued(one, "", "演示研究员", CARD if one.endswith("-shown") else None)


@cache
def holder(one: str) -> Holder:
    """Give the holder of one certificate by its id, such as b1, host, expired."""
    pki = world()
    if one == "brief":
        return _held(brief())
    if one.startswith("individual"):
        return _held(individual(one))
    if one.endswith(("+renewed", "+other")):
        return _successor(*one.split("+"))
    odd = (pki.tsa, pki.expired, pki.revoked, pki.foreign, *pki.on_call, *pki.experts)
    identity = next(each for each in (*pki.bidders, *pki.staff, *odd) if each.id == one)
    return _held(identity)


def _successor(one: str, kind: str) -> Holder:
    """Give the holder of a later certificate of the same subject: for the same key (renewed), or for another."""
    pki, before = world(), holder(one)
    issuing = x509.load_der_x509_certificate(pki.issuing.read_bytes())
    signer = suite.load_private_key((pki.directory / "issuing.key.pem").read_bytes())
    now = datetime.fromtimestamp(AT // 1000, UTC)
    span = demo_ca._Validity(now - timedelta(hours=1), now + timedelta(days=900))
    key = before.key if kind == "renewed" else ec.generate_private_key(ec.SECP256R1())
    usages = ("digital_signature", "content_commitment", "key_agreement")
    issuer = demo_ca._Issuer(issuing, signer, (issuing,))  # type: ignore[arg-type]  # the demo CA's key is no SM2 key
    made = demo_ca._certificate(
        before.certificate.parsed.subject,
        key,  # type: ignore[arg-type]  # nor is a bidder's
        issuer,
        span,
        usages,
        extended=demo_ca._PERSON,
    )
    return replace(before, certificate=load_certificate(made.public_bytes(Encoding.DER)), key=key)


def _held(identity: DemoIdentity) -> Holder:
    certificate = load_certificate(identity.certificate.read_bytes())
    return Holder(identity, certificate, suite.load_private_key(identity.key.read_bytes()))


def a_summary(bidder: str = "b1", **changes: str) -> Summary:
    """Give a summary that fits PDF."""
    columns = {
        "price": "1234567.80",
        "period": "180日历天",
        "quality": "合格",
        "manager": "张工",
        "security": "保函10万元",
    }
    digest = hashlib.sha256(PDF).hexdigest()
    return Summary(
        **({"tender": "T1", "lot": "1", "bidder": bidder, "bid_sha256": digest} | columns | changes)
    )


def a_container(who: Holder, pdf: bytes = PDF, **changes: str) -> bytes:
    """Give the container of a bid, signed by its bidder."""
    digest = hashlib.sha256(pdf).hexdigest()
    summary = a_summary(**({"bidder": who.identity.id, "bid_sha256": digest} | changes))
    return build_container(pdf, summary, who.sign_summary)
