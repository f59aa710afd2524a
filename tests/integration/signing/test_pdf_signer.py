"""Signing the record in steps: three signers, refused signatures, the closing stamp; poppler's pdfsig as the judge."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from pyhanko.pdf_utils.reader import PdfFileReader

from hall.errors import Malformed, Refused
from hall.procurement import canonical
from hall.signing import pdf_signer, record_stamp, suite
from hall.signing.pdf_check import check_record
from hall.ukey.matters import of_record
from tests.demo_world import holder, world
from tests.integration.signing.conftest import SERIF, SIGNED_AT, SIGNERS, Desk


def pdfsig(pdf: bytes, directory: Path) -> str:
    """What poppler says of the signatures."""
    path = directory / "record.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False)
    return done.stdout


def test_clause_5_5_3_pdfsig_calls_all_three_signatures_valid(
    signed: bytes, closed: bytes, tmp_path: Path
) -> None:
    for pdf in (signed, closed):
        said = pdfsig(pdf, tmp_path)
        assert said.count("Signature Validation: Signature is Valid.") == 3
        for field in SIGNERS:
            assert f"Signature Field Name: {field}\n" in said


def test_what_is_signed_names_the_files_own_digest_and_the_signers_certificate(
    desk: Desk, drawn: bytes
) -> None:
    prepared = desk.prepare(drawn, "clerk", "clerk")
    gap = canonical.loads(prepared.state)
    assert isinstance(gap, dict)
    start, end = gap["room"]
    covered = prepared.document[:start] + prepared.document[end:]
    assert hashlib.sha256(covered).hexdigest() == prepared.byte_range_digest
    attributes = cms.CMSAttributes.load(prepared.signed_attributes)
    assert prepared.signed_attributes[0] == 0x31
    told = {attribute["type"].native: attribute["values"][0].native for attribute in attributes}
    assert told["message_digest"].hex() == prepared.byte_range_digest
    named = told["signing_certificate_v2"]["certs"][0]["cert_hash"]
    assert named.hex() == holder("clerk").certificate.sha256


@pytest.mark.parametrize("signer", ["b1", "clerk"])
def test_what_is_prepared_is_what_a_tokens_program_builds_itself(
    desk: Desk, drawn: bytes, signer: str
) -> None:
    prepared = desk.prepare(drawn, "clerk", signer)
    asked = {
        "pdf": base64.b64encode(prepared.document).decode(),
        "attributes": base64.b64encode(prepared.signed_attributes).decode(),
    }
    matter = of_record(asked, holder(signer).certificate)
    assert matter.data == prepared.signed_attributes
    assert ("pdf_sha256", prepared.byte_range_digest) in matter.lines
    pdf_signer.finish(prepared.state, holder(signer).sign(matter.data), desk.time_source)


@pytest.mark.parametrize("signer", ["b1", "clerk"])
def test_another_keys_signature_is_refused_before_it_is_embedded(
    desk: Desk, drawn: bytes, signer: str
) -> None:
    prepared = desk.prepare(drawn, "clerk", signer)
    for wrong in (
        holder("host").sign(prepared.signed_attributes),
        holder(signer).sign(prepared.signed_attributes + b"\0"),
        b"",
        bytes(64),
    ):
        with pytest.raises(Refused) as refusal:
            pdf_signer.finish(prepared.state, wrong, desk.time_source)
        assert refusal.value.code == "bad_signature"


def test_a_field_is_signed_once_and_only_fields_of_the_record_are(
    desk: Desk, signed: bytes, drawn: bytes
) -> None:
    with pytest.raises(Refused) as again:
        desk.prepare(signed, "clerk", "host")
    assert again.value.code == "field_signed"
    with pytest.raises(Refused) as unknown:
        desk.prepare(drawn, "trading_centre", "announcer")
    assert unknown.value.code == "field_unknown"


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7\n", b"not a PDF", b"%PDF-1.7\nstartxref\n99999\n%%EOF"])
def test_what_is_no_pdf_is_refused(desk: Desk, junk: bytes) -> None:
    with pytest.raises(Malformed):
        desk.prepare(junk, "clerk", "clerk")


@pytest.mark.parametrize("junk", [b"{}", b"[]", b'{"v":2}'])
def test_a_state_that_is_none_is_refused(desk: Desk, junk: bytes) -> None:
    with pytest.raises(Malformed):
        pdf_signer.finish(junk, bytes(64), desk.time_source)


def test_a_signature_changes_nothing_of_what_was_there(drawn: bytes, signed: bytes, closed: bytes) -> None:
    assert signed.startswith(drawn)
    assert closed.startswith(signed)
    assert pdf_signer.revision_digest(signed) == hashlib.sha256(signed).hexdigest()


def test_the_closed_record_carries_certificates_and_revocation_lists(closed: bytes, desk: Desk) -> None:
    store = PdfFileReader(io.BytesIO(closed)).root["/DSS"]
    assert {item.get_object().data for item in store["/CRLs"]} == set(desk.crls)
    inside = {item.get_object().data for item in store["/Certs"]}
    assert {desk.root, desk.issuing, holder("tsa").certificate.der, holder("b1").certificate.der} <= inside


def test_the_closed_record_carries_what_responders_answered(desk: Desk, signed: bytes) -> None:
    issuer = x509.load_der_x509_certificate(desk.issuing)
    key = suite.load_private_key((world().directory / "issuing.key.pem").read_bytes())
    now = datetime.fromtimestamp(SIGNED_AT // 1000, UTC)
    made = ocsp.OCSPResponseBuilder().add_response(
        x509.load_der_x509_certificate(holder("clerk").certificate.der), issuer, hashes.SHA256(),
        ocsp.OCSPCertStatus.GOOD, now, now + timedelta(days=1), None, None,
    )  # fmt: skip
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    made = made.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
    answer = made.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    closed = pdf_signer.seal_for_long_term(
        signed, [desk.root, desk.issuing], desk.crls, desk.time_source, [answer]
    )
    store = PdfFileReader(io.BytesIO(closed)).root["/DSS"]
    assert [item.get_object().data for item in store["/OCSPs"]] == [answer]
    assert all(report.valid for report in check_record(closed, [desk.root]))


def test_an_appearance_is_drawn_into_the_field_and_keeps_the_signature_valid(
    desk: Desk, drawn: bytes, tmp_path: Path
) -> None:
    clerk = holder("clerk")
    look = record_stamp.draw(clerk.identity.name, SIGNED_AT, clerk.certificate.sha256, SERIF)
    prepared = pdf_signer.prepare(
        drawn, "clerk", clerk.certificate.der, [desk.issuing], now_ms=SIGNED_AT, appearance=look
    )
    pdf = pdf_signer.finish(prepared.state, clerk.sign(prepared.signed_attributes), desk.time_source)
    assert pdfsig(pdf, tmp_path).count("Signature is Valid.") == 1
    text = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    assert "已电子签名" in text
