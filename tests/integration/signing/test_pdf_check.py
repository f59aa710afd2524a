"""The judge of the record's signatures: what it believes, and every way to be disbelieved."""

from __future__ import annotations

import io

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PdfFileWriter

from hall.clock import ManualClock
from hall.errors import Malformed
from hall.signing import pdf_signer
from hall.signing.pdf_check import SignatureReport, attachment, check_closing_stamp, check_record
from hall.signing.timestamps import InternalTimeStamps
from tests.demo_world import AT, holder, world
from tests.integration.signing.conftest import SIGNED_AT, SIGNERS, Desk


def by_field(reports: list[SignatureReport]) -> dict[str, SignatureReport]:
    """Reports by the name of their field."""
    return {report.field: report for report in reports}


def test_three_signatures_are_intact_trusted_covered_and_stamped(
    desk: Desk, signed: bytes, closed: bytes
) -> None:
    for pdf in (signed, closed):
        reports = check_record(pdf, [desk.root])
        assert [report.field for report in reports] == list(SIGNERS)
        for report in reports:
            assert report.valid, report
            assert report.signer_fingerprint == holder(SIGNERS[report.field]).certificate.sha256
            assert report.timestamp == report.signing_time == SIGNED_AT
    assert {report.revocation for report in check_record(closed, [desk.root])} == {"good"}
    assert check_record(closed, [desk.root])[-1].modification_level == "lta_updates"


def test_the_closing_stamp_is_intact_trusted_and_the_last(desk: Desk, signed: bytes, closed: bytes) -> None:
    stamp = check_closing_stamp(closed, [desk.root])
    assert stamp is not None
    assert (stamp.intact, stamp.trusted, stamp.last, stamp.at) == (True, True, True, SIGNED_AT)
    assert check_closing_stamp(signed, [desk.root]) is None
    foreign = check_closing_stamp(closed, [world().foreign_root.read_bytes()])
    assert foreign is not None and foreign.intact and not foreign.trusted


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.98])
def test_one_changed_byte_of_the_pages_breaks_every_signature(
    desk: Desk, drawn: bytes, signed: bytes, share: float
) -> None:
    changed = bytearray(signed)
    changed[int(len(drawn) * share)] ^= 1
    try:
        reports = check_record(bytes(changed), [desk.root])
    except Malformed:
        return
    assert not any(report.intact for report in reports)


def test_a_changed_byte_in_a_signature_breaks_that_one(desk: Desk, signed: bytes) -> None:
    at = signed.rindex(b"/Contents <") + 3_000
    changed = bytearray(signed)
    changed[at] = ord("0") if changed[at] != ord("0") else ord("1")
    reports = by_field(check_record(bytes(changed), [desk.root]))
    assert not reports["clerk"].valid
    assert reports["procuring_entity"].intact


def test_other_roots_are_not_trusted(desk: Desk, signed: bytes) -> None:
    foreign = world().foreign_root.read_bytes()
    for report in check_record(signed, [foreign], [desk.root]):
        assert report.intact and not report.trusted and report.trust_code == "certificate_untrusted"
    for report in check_record(signed, [desk.root], [foreign]):
        assert report.intact and report.timestamp is None and not report.valid


@pytest.mark.parametrize(
    ("signer", "code"),
    [
        ("revoked", "certificate_revoked"),
        ("expired", "certificate_expired"),
        ("foreign", "certificate_untrusted"),
    ],
)
def test_a_certificate_that_may_not_sign_is_named(desk: Desk, drawn: bytes, signer: str, code: str) -> None:
    report = check_record(desk.sign(drawn, "clerk", signer), [desk.root], crls=desk.crls)[0]
    assert report.intact and not report.trusted
    assert report.trust_code == code


def test_a_later_change_of_a_page_is_not_covered(desk: Desk, signed: bytes, closed: bytes) -> None:
    for pdf in (signed, closed):
        reports = check_record(_with_overlaid_page(pdf), [desk.root])
        assert len(reports) == 3
        assert not any(report.covered or report.valid for report in reports)
    stamp = check_closing_stamp(_with_overlaid_page(closed), [desk.root])
    assert stamp is not None and not stamp.last


def test_a_later_change_of_the_attachment_is_not_covered(desk: Desk, signed: bytes) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    specification = writer.root["/AF"][0]
    stream = specification["/EF"]["/F"]
    replaced = generic.StreamObject(stream_data=b"{}")
    specification["/EF"]["/F"] = specification["/EF"]["/UF"] = writer.add_object(replaced)
    writer.update_container(specification["/EF"])
    assert stream.data
    reports = check_record(_written(writer), [desk.root])
    assert not any(report.covered for report in reports)


def test_a_signature_without_a_time_stamp_is_not_valid(desk: Desk, drawn: bytes) -> None:
    early = InternalTimeStamps(
        holder("tsa").certificate.der,
        holder("tsa").key,
        ManualClock(AT - 10 * 365 * 86_400_000),
        [desk.issuing],
    )
    prepared = desk.prepare(drawn, "clerk", "clerk")
    signature = holder("clerk").sign(prepared.signed_attributes)
    report = check_record(pdf_signer.finish(prepared.state, signature, early), [desk.root])[0]
    assert report.intact and not report.valid and report.timestamp is None


def test_a_record_nobody_signed_has_no_reports(desk: Desk, drawn: bytes) -> None:
    assert check_record(drawn, [desk.root]) == []
    assert attachment(drawn, "other.json") is None


@pytest.mark.parametrize(
    "junk", [b"", b"not a PDF", b"%PDF-1.7\nstartxref\n0\n%%EOF", b"%PDF-1.7\n" + b"(" * 5_000]
)
def test_what_is_no_pdf_is_malformed(desk: Desk, junk: bytes) -> None:
    with pytest.raises(Malformed):
        check_record(junk, [desk.root])


def _with_overlaid_page(pdf: bytes) -> bytes:
    """Add a revision that writes over the first page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    content = writer.add_object(generic.StreamObject(stream_data=b"0 0 300 300 re f"))
    resources = generic.DictionaryObject({pdf_name("/ExtGState"): generic.DictionaryObject()})
    writer.add_stream_to_page(0, content, resources=resources)
    return _written(writer)


def _written(writer: PdfFileWriter | IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
