"""Chains of SM2 certificates: what is accepted, and that everything else is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509

from hall.errors import Refused
from hall.rehearsal import demo_gm
from hall.rehearsal.demo_ca import credit_code
from hall.signing import gm, gm_pairs
from hall.signing.certificates import check_chain, is_demo_root, load_certificate
from hall.signing.suite import KeyKind
from tests.demo_world import AT, holder, world
from tests.gm_world import gm_world, pair

DAY = 24 * 3_600_000


def known() -> tuple[list[bytes], list[bytes], list[bytes]]:
    pki = gm_world()
    return [pki.root.read_bytes()], [pki.issuing.read_bytes()], [path.read_bytes() for path in pki.crls]


def code(certificate: bytes, at: int = AT, **changed: Any) -> str:
    roots, between, crls = known()
    lists = {"roots": roots, "intermediates": between, "crls": crls} | changed
    return check_chain(load_certificate(certificate), at, **lists).code


def test_a_certificate_with_an_sm2_key_is_read() -> None:
    one = pair("gm-b1").certificate
    assert (one.kind, one.common_name, one.credit_code) == (
        KeyKind.SM2,
        "演示甲建设有限公司",
        credit_code("演示甲建设有限公司"),
    )
    assert is_demo_root(gm_world().root.read_bytes())


def test_a_chain_with_fresh_lists_is_good_and_without_them_unknown() -> None:
    roots, between, crls = known()
    one = pair("gm-b1").certificate
    assert check_chain(one, AT, roots, between, crls).revocation == "good"
    found = check_chain(one, AT, roots, between, crls[:1])
    assert (found.valid, found.revocation) == (True, "revocation_unknown")


def test_a_hall_that_trusts_cas_of_both_suites_checks_both() -> None:
    roots, between, crls = known()
    pki = world()
    lists = (
        [*roots, pki.root.read_bytes()],
        [*between, pki.issuing.read_bytes()],
        [*crls, *(path.read_bytes() for path in pki.crls)],
    )
    for one in (pair("gm-b1").certificate, holder("b1").certificate, holder("b2").certificate):
        assert check_chain(one, AT, *lists).revocation == "good"
    for one in (pair("gm-revoked").certificate, holder("revoked").certificate):
        assert check_chain(one, AT, *lists).code == "certificate_revoked"


def test_what_does_not_lead_to_a_root_is_not_trusted() -> None:
    one = pair("gm-b1").certificate.der
    assert code(one, roots=[]) == "certificate_untrusted"
    assert code(one, intermediates=[]) == "certificate_untrusted"
    assert code(one, roots=[world().root.read_bytes()]) == "certificate_untrusted"
    assert code(one, AT + 800 * DAY) == "certificate_expired"
    assert code(one, AT - 2 * DAY) == "certificate_not_yet_valid"
    assert code(pair("gm-b1").recipient.der) == "certificate_wrong_usage"
    changed = bytearray(one)
    changed[-1] ^= 1
    assert code(bytes(changed)) == "certificate_untrusted"


def test_nobody_but_an_authority_issues_certificates() -> None:
    """A bidder's own key signs a certificate for somebody else: well formed, and worth nothing."""
    bidder, validity = pair("gm-b1"), demo_gm._Validity(*_span())
    subject = asn1_x509.Certificate.load(bidder.certificate.der).subject
    issuer = demo_gm._Authority(bidder.certificate.der, bidder.key, subject, ())
    other = demo_gm._name("冒名公司", "冒名公司", None)
    forged = demo_gm._certificate(other, gm.generate().public, issuer, validity, demo_gm._SIGNING)
    _, between, _ = known()
    assert code(forged, intermediates=[*between, bidder.certificate.der]) == "certificate_untrusted"


@pytest.mark.parametrize("path_length", [0, 1])
def test_an_authority_stays_within_its_path_length(path_length: int) -> None:
    validity = demo_gm._Validity(*_span())
    keys = [gm.generate() for _ in range(3)]
    names = [demo_gm._name("CA", f"level {n}", None) for n in range(3)]
    root_self = demo_gm._Authority(b"", keys[0], names[0], ())
    root = demo_gm._certificate(
        names[0], keys[0].public, root_self, validity, demo_gm._CA, path_length=path_length
    )
    middle = demo_gm._certificate(names[1], keys[1].public, root_self, validity, demo_gm._CA, path_length=0)
    below = demo_gm._Authority(b"", keys[1], names[1], ())
    leaf = demo_gm._certificate(names[2], keys[2].public, below, validity, demo_gm._SIGNING)
    expected = "certificate_untrusted" if path_length == 0 else ""
    assert code(leaf, roots=[root], intermediates=[middle], crls=[]) == expected


def test_a_pair_is_one_subject_of_one_ca() -> None:
    one, other = pair("gm-b1"), pair("gm-b2")
    assert gm_pairs.paired(one.certificate, one.recipient)
    assert not gm_pairs.paired(one.certificate, other.recipient)
    assert not gm_pairs.paired(one.recipient, one.certificate)
    assert not gm_pairs.paired(one.certificate, one.certificate)
    assert not gm_pairs.paired(holder("b2").certificate, one.recipient)


def test_a_revoked_second_certificate_takes_no_deposits() -> None:
    roots, between, crls = known()
    gm_pairs.check_recipient(pair("gm-b1").recipient, AT, roots, between, crls)
    with pytest.raises(Refused, match="certificate_revoked"):
        gm_pairs.check_recipient(pair("gm-revoked").recipient, AT, roots, between, crls)
    with pytest.raises(Refused, match="certificate_expired"):
        gm_pairs.check_recipient(pair("gm-b1").recipient, AT + 800 * DAY, roots, between, crls)


def _span() -> tuple[Any, Any]:
    start = pair("gm-b1").certificate.parsed.not_valid_before_utc
    return start, start + timedelta(days=700)
