"""`openssl cms` as the oracle: it opens envelopes and verifies signatures that the hall makes, and the reverse."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hall.signing import cms
from hall.signing.sealed_bid import read_header, release_tag, seal, unwrap
from tests.demo_world import holder, world


def openssl(*arguments: object) -> bytes:
    done = subprocess.run(
        ["openssl", "cms", *map(str, arguments)], capture_output=True, check=False, timeout=20
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("one", ["b1", "b2"])
def test_openssl_opens_the_envelope_of_a_sealed_bid(tmp_path: Path, one: str) -> None:
    who = holder(one)
    (tmp_path / "bid").write_bytes(b"the bid")
    seal(
        tmp_path / "bid",
        tmp_path / "o",
        tender="T1",
        lot="1",
        bidder=one,
        name="n",
        certificate=who.certificate,
    )
    with (tmp_path / "o").open("rb") as file:
        header = read_header(file)
    envelope = tmp_path / "envelope.der"
    envelope.write_bytes(header.envelope_der)
    recipient = ("-inkey", who.identity.key, "-recip", who.identity.certificate_pem)
    content = openssl("-decrypt", "-binary", "-inform", "DER", "-in", envelope, *recipient)
    cek = content[-32:]
    assert content.startswith(b"bidseal/1 cek\0")
    assert len(content) == 14 + 32 + 32
    assert cek == unwrap(header, who.key, who.certificate)
    assert len(release_tag(cek, header.salt)) == 32


@pytest.mark.parametrize("one", ["b1", "b2"])
def test_the_hall_opens_an_envelope_that_openssl_made(tmp_path: Path, one: str) -> None:
    who = holder(one)
    content, envelope = tmp_path / "content", tmp_path / "envelope.der"
    content.write_bytes(b"wrapped elsewhere")
    options = (
        ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"]
        if one == "b1"
        else ["-keyopt", "ecdh_kdf_md:sha256", "-aes256-wrap"]
    )
    openssl(
        *("-encrypt", "-binary", "-aes-256-cbc", "-in", content, "-outform", "DER", "-out", envelope),
        *("-recip", who.identity.certificate_pem, *options),
    )
    parsed = cms.parse_envelope(envelope.read_bytes())
    assert parsed.names(who.certificate)
    assert parsed.open(who.key) == b"wrapped elsewhere"


@pytest.mark.parametrize("one", ["b1", "b2"])
def test_openssl_verifies_the_signature_of_a_summary(tmp_path: Path, one: str) -> None:
    who = holder(one)
    content, signature = tmp_path / "summary.json", tmp_path / "summary.p7s"
    content.write_bytes(b'{"price":"1.00"}')
    signature.write_bytes(who.sign_summary(content.read_bytes()))
    arguments = ("-verify", "-binary", "-noverify", "-inform", "DER", "-in", signature, "-content", content)
    assert openssl(*arguments) == content.read_bytes()


@pytest.mark.parametrize("one", ["b1", "b2"])
def test_the_hall_verifies_a_signature_that_openssl_made(tmp_path: Path, one: str) -> None:
    who = holder(one)
    content, signature = tmp_path / "summary.json", tmp_path / "summary.p7s"
    content.write_bytes(b'{"price":"1.00"}')
    openssl(
        *("-sign", "-binary", "-md", "sha256", "-in", content, "-outform", "DER", "-out", signature),
        *("-signer", who.identity.certificate_pem, "-inkey", who.identity.key),
    )
    assert cms.verify_detached(signature.read_bytes(), content.read_bytes(), who.certificate.sha256).sha256


def test_openssl_reads_the_demo_pkcs12_with_its_password() -> None:
    who = holder("b2").identity
    done = subprocess.run(
        ["openssl", "pkcs12", "-in", who.p12, "-passin", "pass:demo1234", "-nodes", "-nocerts"],
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert b"BEGIN PRIVATE KEY" in done.stdout


def test_openssl_like_any_other_software_refuses_to_trust_the_demo_root() -> None:
    pki = world()
    chain = (
        "-CAfile",
        pki.directory / "root.pem",
        "-untrusted",
        pki.directory / "issuing.pem",
        "-no_check_time",
    )
    command = ["openssl", "verify", *map(str, chain), str(pki.bidders[1].certificate_pem)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=20)
    assert b"unhandled critical extension" in done.stderr
    done = subprocess.run(
        [*command[:2], "-ignore_critical", *command[2:]], capture_output=True, check=False, timeout=20
    )
    assert done.returncode == 0, "but for its mark the chain is right"
