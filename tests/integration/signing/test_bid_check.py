"""The look into a bid's PDF: what it reports of honest, broken and hostile files; those hurt only themselves."""

from __future__ import annotations

import asyncio
import io
import zlib
from functools import cache
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from hall.adapters.bid_checker import Limits, look
from hall.procurement.bid_report import (
    HOLDS,
    TOO_LONG,
    TOO_MUCH_MEMORY,
    UNREADABLE,
    UNSIGNED,
    WEAK,
    BidReport,
)
from hall.signing.bid_pdf import sign_bid_pdf
from tests.demo_world import AT, PDF, Holder, a_container, holder, world

PATIENT = Limits(patience=500.0)


def looked(tmp_path: Path, pdf: bytes, limits: Limits = PATIENT) -> BidReport:
    """What the process says of a bid with this PDF."""
    one = holder("b2")
    path = tmp_path / "container"
    path.write_bytes(a_container(one, pdf))
    pki = world()
    roots, crls = (pki.root.read_bytes(),), tuple(path.read_bytes() for path in pki.crls)
    return asyncio.run(look(path, AT, (roots, roots, (pki.issuing.read_bytes(),), crls), limits))


@cache
def plain_pdf() -> bytes:
    """A bid's PDF that nobody has signed."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(72, 720, "A bid")
    canvas.save()
    return out.getvalue()


def signed_by(one: Holder, pdf: bytes | None = None) -> bytes:
    """A bid's PDF signed by `one`."""
    return sign_bid_pdf(pdf or plain_pdf(), one.certificate, one.sign, signed_at=AT)


def test_a_signed_bid_is_reported_with_who_signed_it(tmp_path: Path) -> None:
    one = holder("b2")
    report = looked(tmp_path, signed_by(one))
    (signature,) = report.signatures
    assert (report.outcome, signature.code, signature.certificate) == (HOLDS, "", one.certificate.sha256)
    assert (signature.intact, signature.coverage, signature.revocation) == (True, "entire_file", "good")
    assert (signature.signed_at, signature.stamped_at) == (AT, None)


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("revoked", "certificate_revoked"),
        ("foreign", "certificate_untrusted"),
        ("expired", "certificate_expired"),
    ],
)
def test_a_signature_is_judged_by_whom_the_hall_trusts(tmp_path: Path, who: str, code: str) -> None:
    report = looked(tmp_path, signed_by(holder(who)))
    assert (report.outcome, report.signatures[0].code) == (WEAK, code)


def test_a_changed_bid_and_one_that_goes_on_after_its_signature_are_told_apart(tmp_path: Path) -> None:
    signed = signed_by(holder("b2"))
    at = signed.index(b"stream") + 12
    broken = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
    assert looked(tmp_path, broken).signatures[0].code == "signature_broken"
    longer = looked(tmp_path, signed + b"\n% one line more\n")
    assert (longer.outcome, longer.signatures[0].code) == (WEAK, "bytes_after_signature")


def test_a_bid_without_a_signature_is_unsigned_and_what_is_no_pdf_unreadable(tmp_path: Path) -> None:
    assert looked(tmp_path, plain_pdf()).outcome == UNSIGNED
    assert looked(tmp_path, PDF).outcome == UNREADABLE
    signed = signed_by(holder("b2"))
    assert looked(tmp_path, signed[: len(signed) // 2]).outcome == UNREADABLE


def test_a_file_made_to_harm_ends_its_own_process_and_is_a_finding(tmp_path: Path) -> None:
    hostile = {
        "xref": b"%PDF-1.7\nxref\n0 99999999\n" + b"0000000000 65535 f \n" * 50 + b"startxref\n9\n%%EOF\n",
        "nested": b"%PDF-1.7\n1 0 obj\n"
        + b"[" * 200_000
        + b"\nendobj\ntrailer <</Root 1 0 R>>\nstartxref\n9\n%%EOF\n",
        "loop": b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer <</Prev 9 /Root 1 0 R>>\nstartxref\n9\n%%EOF\n",
    }
    for name, pdf in hostile.items():
        assert looked(tmp_path, pdf).outcome == UNREADABLE, name
    assert looked(tmp_path, _bomb(300 << 20)).outcome == UNREADABLE


def test_memory_and_time_of_a_look_are_limited(tmp_path: Path) -> None:
    narrow = Limits(memory=384 << 20, patience=500.0)
    assert looked(tmp_path, _bomb(250 << 20), narrow).outcome == TOO_MUCH_MEMORY
    short = Limits(seconds=0, patience=500.0)
    assert looked(tmp_path, signed_by(holder("b2")), short).outcome == TOO_LONG


def test_a_look_without_end_is_ended(tmp_path: Path) -> None:
    assert looked(tmp_path, signed_by(holder("b2")), limits=Limits(patience=0.0)).outcome == TOO_LONG


def _bomb(size: int) -> bytes:
    """A PDF whose cross-reference stream inflates to `size` bytes."""
    packer = zlib.compressobj(1)
    block = bytes(1 << 20)
    data = b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()
    head = b"%PDF-1.7\n"
    stream = (
        b"1 0 obj\n<</Type/XRef/W[1 4 2]/Size 400000000/Root 2 0 R/Filter/FlateDecode/Length %d>>\nstream\n"
        % len(data)
        + data
        + b"\nendstream\nendobj\n"
    )
    return head + stream + b"startxref\n%d\n%%%%EOF\n" % len(head)
