"""Lists and OCSP from the addresses of the settings, on a schedule, and from no address that a certificate names."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from hall.adapters.revocation_sources import RevocationSources
from hall.adapters.trust import Trust
from hall.config import BadConfig, RevocationSource, SigningSection, parse
from hall.errors import Unavailable
from hall.signing import ocsp
from tests.demo_world import AT, holder, world
from tests.integration.adapters.ocsp_responder import Responder, listening, responding

HOUR = 3_600_000


class Still:
    """A clock that stands."""

    at = AT

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return 0.0


def trust_of(*sources: RevocationSource) -> Trust:
    pki = world()
    return Trust(
        SigningSection(ca_roots=(pki.root,), ca_intermediates=(pki.issuing,), revocation=tuple(sources))
    )


def asking(trust: Trust, directory: Path, known: Sequence[bytes], clock: Still) -> RevocationSources:
    trust.heard = RevocationSources(
        trust.sources, directory=directory, registered=lambda: known, clock=clock, every=60.0
    )
    return trust.heard


def all_sources(responder: Responder) -> tuple[RevocationSource, ...]:
    pki = world()
    return (
        RevocationSource(issuer=pki.root, crl=f"{responder.address}/root.crl"),
        RevocationSource(issuer=pki.issuing, ocsp=f"{responder.address}/"),
    )


def serial(one: str) -> int:
    return holder(one).certificate.parsed.serial_number


async def test_clause_4_9_a_responder_that_says_revoked_refuses_a_certificate_that_names_no_source(
    tmp_path: Path,
) -> None:
    """With "hard-fail" this certificate was accepted although the responder said REVOKED."""
    known = [holder(one).certificate.der for one in ("b2", "b3")]
    async with responding() as responder:
        trust, clock = trust_of(*all_sources(responder)), Still()
        heard = asking(trust, tmp_path, known, clock)
        before = await trust.status(known[1], clock.now())
        assert (before.code, before.revocation) == ("", "revocation_unknown")
        responder.revoked = {serial("b3")}
        await heard.refresh()
        good, bad = [await trust.status(der, clock.now()) for der in known]
    assert (good.code, good.revocation) == ("", "good")
    assert (bad.code, bad.revocation) == ("certificate_revoked", "revoked")


async def test_every_registered_certificate_is_asked_about_alike_and_no_login_asks(tmp_path: Path) -> None:
    known = [holder(one).certificate.der for one in ("host", "b2", "b4", "b3")]
    async with responding() as responder:
        trust, clock = trust_of(*all_sources(responder)), Still()
        heard = asking(trust, tmp_path, known, clock)
        await heard.refresh()
        order = [x509.load_der_x509_certificate(der).serial_number for der in sorted(known, key=ocsp_name)]
        assert responder.asked == order  # by digest: neither the order of registration nor who bids shows
        await trust.status(known[1], clock.now())
        assert responder.asked == order


def ocsp_name(der: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(der)
    return digest.finalize().hex()


async def test_clause_4_9_a_silent_responder_refuses_nobody_and_is_unknown(tmp_path: Path) -> None:
    der = holder("b3").certificate.der
    async with responding() as responder:
        responder.down = True
        trust, clock = trust_of(*all_sources(responder)), Still()
        await asking(trust, tmp_path, [der], clock).refresh()
        status = await trust.status(der, clock.now())
        assert (status.code, status.revocation) == ("", "revocation_unknown")
        responder.down = False
        assert trust.heard is not None
        await trust.heard.refresh()
        assert (await trust.status(der, clock.now())).revocation == "good"


async def test_what_was_heard_holds_over_a_restart_until_it_is_too_old(tmp_path: Path) -> None:
    known = [holder(one).certificate.der for one in ("b2", "b3")]
    async with responding() as responder:
        responder.revoked = {serial("b3")}
        trust, clock = trust_of(*all_sources(responder)), Still()
        await asking(trust, tmp_path, known, clock).refresh()
    again, clock = trust_of(), Still()
    heard = asking(again, tmp_path, known, clock)
    await heard.open()
    assert (await again.status(known[0], AT)).revocation == "good"
    late = AT + 2 * HOUR
    assert (await again.status(known[0], late)).revocation == "revocation_unknown"
    assert (
        await again.status(known[1], late)
    ).code == "certificate_revoked"  # revoked once, revoked for good
    assert len(again.answers((*known, known[0]))) == 2
    await heard.close()


async def test_an_answer_that_another_authority_signed_is_none(tmp_path: Path) -> None:
    der = holder("b3").certificate.der
    async with responding() as responder:
        responder.key, responder.revoked = "foreign_root", {serial("b3")}
        trust, clock = trust_of(*all_sources(responder)), Still()
        await asking(trust, tmp_path, [der], clock).refresh()
        assert (await trust.status(der, clock.now())).revocation == "revocation_unknown"


def test_an_answer_about_another_certificate_is_none() -> None:
    issuer, responder = world().issuing.read_bytes(), Responder()
    question = ocsp.question(holder("b2").certificate.der, issuer)
    answer = responder.signed(x509.ocsp.load_der_ocsp_request(question))
    assert ocsp.read(answer, holder("b2").certificate.der, issuer).status == "good"
    with pytest.raises(Unavailable, match="ocsp_not_about_it"):
        ocsp.read(answer, holder("b3").certificate.der, issuer)
    for at in range(0, len(answer), 7):
        damaged = bytearray(answer)
        damaged[at] ^= 1
        try:
            said = ocsp.read(bytes(damaged), holder("b2").certificate.der, issuer)
        except Unavailable:
            continue
        assert said.status == "good"  # the flipped bit stood outside of what is signed


async def test_clause_4_9_no_address_of_a_presented_certificate_is_ever_fetched(tmp_path: Path) -> None:
    async with listening() as (address, heard):
        der = certificate_naming(address)
        trust, clock = trust_of(), Still()
        sources = asking(trust, tmp_path, [der], clock)
        await sources.refresh()
        status = await trust.status(der, clock.now())
        assert (status.code, status.revocation) == ("", "revocation_unknown")
        assert heard == []


def certificate_naming(address: str) -> bytes:
    """A good certificate of the demo CA that names sources at `address`: OCSP, issuer, list."""
    pki = world()
    issuing = x509.load_der_x509_certificate(pki.issuing.read_bytes())
    signer = serialization.load_pem_private_key((pki.directory / "issuing.key.pem").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.fromtimestamp(AT // 1000, UTC)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    access = [
        x509.AccessDescription(kind, x509.UniformResourceIdentifier(f"{address}/{path}"))
        for kind, path in (
            (AuthorityInformationAccessOID.OCSP, "ocsp"),
            (AuthorityInformationAccessOID.CA_ISSUERS, "ca.der"),
        )
    ]
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{address}/list.crl")], None, None, None)
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "引诱")]))
        .issuer_name(issuing.subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.AuthorityInformationAccess(access), critical=False)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.DER)


def test_ocsp_in_clear_is_refused_but_on_this_machine_and_by_setting() -> None:
    def settings(address: str, *, plain: bool = False) -> dict[str, object]:
        source = {"issuer": "ca.pem", "ocsp": address}
        signing = {"revocation": [source], "revocation_plain": plain}
        return {"hall": {"name": "n", "origin": "o"}, "signing": signing}

    for address, plain in (("http://ca.example.cn", True), ("http://127.0.0.1:1", False)):
        with pytest.raises(BadConfig, match=r"revocation\[0\].ocsp"):
            parse(settings(address, plain=plain), Path("/"), {})
    parse(settings("https://ca.example.cn"), Path("/"), {})
    parse(settings("http://127.0.0.1:1", plain=True), Path("/"), {})


def test_openssl_reads_the_question_and_its_answer_is_read(tmp_path: Path) -> None:
    """Oracle: `openssl ocsp` answers our question from its index, and we read what it says."""
    pki, der = world(), holder("b3").certificate.der
    issuer = pki.issuing.read_bytes()
    (tmp_path / "question").write_bytes(ocsp.question(der, issuer))
    subject = "/CN=b3"
    index = f"R\t360101000000Z\t251101000000Z,keyCompromise\t{serial('b3'):X}\tunknown\t{subject}\n"
    if len(f"{serial('b3'):X}") % 2:
        index = index.replace(f"\t{serial('b3'):X}", f"\t0{serial('b3'):X}")
    (tmp_path / "index").write_text(index)
    command = ["openssl", "ocsp", "-index", "index", "-CA", str(pki.directory / "issuing.pem")]
    command += [
        "-rsigner",
        str(pki.directory / "issuing.pem"),
        "-rkey",
        str(pki.directory / "issuing.key.pem"),
    ]
    command += ["-reqin", "question", "-respout", "answer", "-ndays", "1"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    said = ocsp.read((tmp_path / "answer").read_bytes(), der, issuer)
    assert said.status == "revoked" and said.revoked_at is not None
