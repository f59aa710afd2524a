"""The pages of a bid that an evaluator gets: all that is printed and nothing that acts, whatever the file is like."""

from __future__ import annotations

import asyncio
import io
import subprocess
from functools import cache
from pathlib import Path

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from reportlab.pdfgen.canvas import Canvas

from hall.adapters.bid_checker import Limits
from hall.adapters.watermark import mark_pages
from hall.errors import HallError
from hall.runtime.bid_reading import BidPages, reader_mark
from hall.signing import record_font
from hall.signing.bid_pages import ALPHABET, MOST_PAGES
from hall.signing.bid_pdf import sign_bid_pdf
from tests.demo_world import AT, PDF, a_container, holder

FACE = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc")
MARK = reader_mark("T-1", 3, AT, "0a1b2c3d")
PATIENT = Limits(patience=100.0)


@cache
def font() -> bytes:
    return record_font.subset(FACE, ALPHABET)


def read(tmp_path: Path, pdf: bytes, first: int = 1, limits: Limits = PATIENT) -> BidPages:
    """What a reader gets of a bid with this PDF."""
    path = tmp_path / "container"
    path.write_bytes(a_container(holder("b2"), pdf))
    return asyncio.run(mark_pages(path, first, MARK, font(), limits))


def a_pdf(pages: int = 1) -> bytes:
    """A bid with a link and a form field on each page, and a script that runs when it is opened."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for number in range(1, pages + 1):
        canvas.drawString(72, 720, f"page number {number}")
        canvas.linkURL("https://evil.example/", (72, 700, 200, 715))
        canvas.acroForm.textfield(name=f"field{number}", value="printed in a field", x=72, y=600)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def test_every_page_bears_the_mark_and_what_is_printed(tmp_path: Path) -> None:
    given = read(tmp_path, a_pdf(3))
    assert (given.first, given.last, given.count, given.broken) == (1, 3, 3, ())
    pages = text_of(given.pdf).split("\f")[:-1]
    for number, page in enumerate(pages, 1):
        assert f"page number {number}" in page
        assert "printed in a field" in page
        assert "第 3 席 · T-1" in page
        assert "2026-11-22 09:00:00 北京时间 · 0a1b2c3d" in page


def test_nothing_that_acts_and_no_signature_is_in_the_copy(tmp_path: Path) -> None:
    one = holder("b2")
    signed = sign_bid_pdf(a_pdf(), one.certificate, one.sign, signed_at=AT)
    given = PdfFileReader(io.BytesIO(read(tmp_path, signed).pdf))
    assert set(given.root) <= {"/Type", "/Pages", "/Version", "/Extensions"}
    assert "/Annots" not in given.root["/Pages"]["/Kids"][0]
    assert list(given.embedded_signatures) == []
    assert len(list(PdfFileReader(io.BytesIO(signed)).embedded_signatures)) == 1, "the original keeps it"


def test_a_thick_bid_is_read_in_parts(tmp_path: Path) -> None:
    pdf = a_pdf(MOST_PAGES + 3)
    start = read(tmp_path, pdf)
    assert (start.last, start.count) == (MOST_PAGES, MOST_PAGES + 3)
    rest = read(tmp_path, pdf, MOST_PAGES + 1)
    assert (rest.first, rest.last) == (MOST_PAGES + 1, MOST_PAGES + 3)
    assert "page number 1\n" not in text_of(rest.pdf)
    with pytest.raises(HallError, match="no_such_page"):
        read(tmp_path, pdf, MOST_PAGES + 4)


def test_a_page_that_cannot_be_shown_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(a_pdf(2)))
    page = writer.root["/Pages"]["/Kids"][1].get_object()
    page["/MediaBox"] = page["/Parent"]  # a box that is none
    writer.update_container(page)
    changed = io.BytesIO()
    writer.write(changed)
    given = read(tmp_path, changed.getvalue())
    assert given.broken == (2,)
    first, second = text_of(given.pdf).split("\f")[:2]
    assert "page number 1" in first
    assert "第 2 页无法显示" in second


def test_what_is_no_pdf_and_what_takes_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HallError, match="pages_unreadable"):
        read(tmp_path, PDF)
    with pytest.raises(HallError, match="pages_too_much"):
        read(tmp_path, a_pdf(), limits=Limits(seconds=0, patience=100.0))
