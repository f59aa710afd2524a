"""Whose certificate holds: chain, validity, usage, revocation; and what a signature is worth."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.errors import Malformed, Refused
from hall.procurement.acts import SignedAct
from hall.rehearsal.demo_ca import load_demo
from hall.signing import certificates
from hall.signing.certificates import (
    CertificateStatus,
    check_chain,
    is_demo_root,
    load_certificate,
    verify_act,
    verify_signature,
)
from hall.signing.suite import KeyKind
from tests.demo_world import AT, holder, world

DAY = 86_400_000
GOOD = CertificateStatus(True, "", "good")


def checked(one: str, at: int = AT, *, crls: bool = True) -> CertificateStatus:
    pki = world()
    lists = [path.read_bytes() for path in pki.crls] if crls else []
    roots, others = [pki.root.read_bytes()], [pki.issuing.read_bytes()]
    return check_chain(holder(one).certificate, at, roots, others, lists)


@pytest.mark.parametrize(
    "one", ["b1", "b2", "host", "procuring_entity", "supervisor", "announcer", "scrutineer", "clerk"]
)
def test_everybody_of_the_demo_may_sign(one: str) -> None:
    assert checked(one) == GOOD


@pytest.mark.parametrize(
    ("one", "code"),
    [
        ("expired", "certificate_expired"),
        ("revoked", "certificate_revoked"),
        ("foreign", "certificate_untrusted"),
        ("tsa", "certificate_wrong_usage"),
    ],
)
def test_the_odd_ones_are_refused_each_by_its_own_code(one: str, code: str) -> None:
    status = checked(one)
    assert (status.valid, status.code) == (False, code)


def test_validity_is_a_matter_of_the_millisecond() -> None:
    certificate = holder("b2").certificate
    assert checked("b2", certificate.not_before - 1).code == "certificate_not_yet_valid"
    assert checked("b2", certificate.not_before).valid
    assert checked("b2", certificate.not_after).valid
    assert checked("b2", certificate.not_after + 1).code == "certificate_expired"


def test_an_unknown_revocation_is_accepted_and_named() -> None:
    assert checked("b2", crls=False) == CertificateStatus(True, "", "revocation_unknown")


def test_a_revocation_that_nobody_can_prove_does_not_refuse() -> None:
    assert checked("revoked", crls=False) == CertificateStatus(True, "", "revocation_unknown")


def revocation_list(
    by: str, revoked: x509.Certificate, *, start: int, end: int, name: str = "issuing"
) -> bytes:
    """Give a list signed with the key of the CA `by`, under the name of the CA `name`; times in days from now."""
    pki = world()
    issuer = x509.load_der_x509_certificate((pki.directory / f"{name}.der").read_bytes())
    key = serialization.load_pem_private_key((pki.directory / f"{by}.key.pem").read_bytes(), None)
    moment = datetime.fromtimestamp(AT // 1000, UTC)
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(revoked.serial_number)
        .revocation_date(moment + timedelta(days=start))
        .build()
    )
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
    builder = builder.last_update(moment + timedelta(days=start)).next_update(moment + timedelta(days=end))
    built = builder.add_revoked_certificate(entry).sign(key, hashes.SHA256())  # type: ignore[arg-type]  # CA keys sign
    return built.public_bytes(serialization.Encoding.DER)


def with_list(one: str, crl: bytes, at: int = AT) -> CertificateStatus:
    pki = world()
    return check_chain(
        holder(one).certificate, at, [pki.root.read_bytes()], [pki.issuing.read_bytes()], [crl]
    )


def test_whoever_is_on_an_expired_list_stays_revoked() -> None:
    assert (
        with_list("b3", revocation_list("issuing", holder("b3").certificate.parsed, start=-30, end=-20)).code
        == "certificate_revoked"
    )


def test_a_revocation_counts_from_its_own_time_on() -> None:
    crl = revocation_list("issuing", holder("b3").certificate.parsed, start=-1, end=20)
    assert with_list("b3", crl, AT - DAY + 3_600_000).code == "certificate_revoked"
    assert with_list("b4", crl).valid


def test_a_forged_list_revokes_nobody() -> None:
    assert with_list(
        "b3", revocation_list("foreign_root", holder("b3").certificate.parsed, start=-1, end=20)
    ).valid


def test_nobody_is_trusted_under_a_revoked_authority() -> None:
    issuing = x509.load_der_x509_certificate(world().issuing.read_bytes())
    crl = revocation_list("root", issuing, start=-1, end=20, name="root")
    assert with_list("b3", crl).code == "certificate_revoked"


def test_the_library_itself_refuses_a_revoked_certificate_that_names_no_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In the mode "hard-fail" it accepted one, because the certificate declares no source of revocation.
    certificates._path_status.cache_clear()
    monkeypatch.setattr(certificates, "_is_listed", lambda *_: False)
    assert checked("revoked").code == "certificate_revoked"
    certificates._path_status.cache_clear()


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 700), bit=st.integers(0, 7))
def test_a_changed_certificate_is_refused_in_words(at: int, bit: int) -> None:
    pki = world()
    der = bytearray(holder("b2").certificate.der)
    der[at % len(der)] ^= 1 << bit
    try:
        changed = load_certificate(bytes(der))
    except (Malformed, Refused):
        return
    status = check_chain(changed, AT, [pki.root.read_bytes()], [pki.issuing.read_bytes()], [])
    # The frame round the issuer's signature has more than one spelling; what the issuer signed has one.
    same = changed.parsed.tbs_certificate_bytes == holder("b2").certificate.parsed.tbs_certificate_bytes
    assert not status.valid or same


def test_another_root_is_not_trusted() -> None:
    pki = world()
    status = check_chain(
        holder("b2").certificate, AT, [pki.foreign_root.read_bytes()], [pki.issuing.read_bytes()], []
    )
    assert status.code == "certificate_untrusted"


async def test_a_chain_is_checked_inside_a_running_loop_without_waiting() -> None:
    assert asyncio.get_running_loop().is_running()
    assert checked("b4") == GOOD


def test_a_certificate_says_whom_it_names() -> None:
    certificate = holder("b1").certificate
    assert certificate.kind is KeyKind.RSA
    assert (certificate.common_name, certificate.organisation) == ("演示甲建设有限公司", "演示甲建设有限公司")
    assert certificate.credit_code.startswith("91000000MA")
    assert certificate.sha256 == holder("b1").identity.sha256
    assert load_certificate(holder("b1").identity.certificate_pem.read_bytes()) == certificate


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"-----BEGIN CERTIFICATE-----\nAAAA\n", b"x" * 40_000])
def test_what_is_no_certificate_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match="malformed_certificate"):
        load_certificate(data)


@pytest.mark.parametrize("one", ["b1", "b2"])
def test_a_signature_holds_for_its_own_bytes_and_key(one: str) -> None:
    who, other = holder(one), holder("b3")
    signature = who.sign(b"data")
    assert verify_signature(who.certificate, b"data", signature)
    assert not verify_signature(who.certificate, b"Data", signature)
    assert not verify_signature(other.certificate, b"data", signature)
    assert not verify_signature(who.certificate, b"data", signature[:-1])


def test_an_act_is_verified_by_the_certificate_it_names() -> None:
    who = holder("b2")
    act = SignedAct(
        type="login",
        origin="hall.example",
        certificate=who.certificate.sha256,
        server_nonce="00" * 16,
        client_nonce="11" * 16,
        body="{}",
    )
    signed = act.with_signature(who.sign(act.signed_bytes()))
    verify_act(signed, who.certificate.der)
    verify_act(signed.without_body(), who.certificate.der)
    with pytest.raises(Refused, match="bad_signature"):
        verify_act(act, who.certificate.der)


def test_production_can_tell_the_demo_root() -> None:
    pki = world()
    assert is_demo_root(pki.root.read_bytes())
    assert not is_demo_root(pki.foreign_root.read_bytes())
    assert not is_demo_root(pki.issuing.read_bytes())


def test_the_demo_is_found_again_in_its_directory() -> None:
    assert load_demo(world().directory) == world()
