"""The pages of a record are drawn a second time, and whatever is on them otherwise is found."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyhanko.pdf_utils import generic as generic_objects
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from hall.signing.record_drawn import begins_as_drawn, differences
from tests.integration.signing.conftest import SERIF, SERIF_BOLD
from tests.unit.signing.record_examples import opening_record

generic: Any = generic_objects  # its constructors have no types

Alter = Callable[[Any, Any], None]


def test_clause_5_5_2_an_honest_record_is_drawn_as_it_says(drawn: bytes, closed: bytes) -> None:
    assert differences(drawn, opening_record()) == []
    assert differences(closed, opening_record()) == []


def test_clause_5_5_2_pages_of_another_price_are_found(closed: bytes) -> None:
    record = opening_record()
    cheaper = replace(record.read_out[1], price="11880000.00")
    other = replace(record, read_out=(record.read_out[0], cheaper, *record.read_out[2:]))
    assert any("is not drawn as record.json says" in one for one in differences(closed, other))


def altered(pdf: bytes, alter: Alter) -> bytes:
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    alter(writer, page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _stamped_over(writer: Any, page: Any) -> None:
    text = generic.StreamObject(stream_data=b"1 g 0 0 600 800 re f")
    page["/Contents"] = generic.ArrayObject([page.raw_get("/Contents"), writer.add_object(text)])
    writer.update_container(page)


def _drawn_anew(writer: Any, page: Any) -> None:
    old = page["/Contents"].data
    page["/Contents"] = writer.add_object(
        generic.StreamObject(stream_data=old.replace(b" Tj", b" Tj ", 1) + b"n")
    )
    writer.update_container(page)


def _noted(writer: Any, page: Any) -> None:
    note = {"/Type": pdf_name("/Annot"), "/Subtype": pdf_name("/FreeText")}
    edges = generic.ArrayObject(generic.NumberObject(one) for one in (50, 50, 300, 90))
    made = generic.DictionaryObject({pdf_name(key): one for key, one in {**note, "/Rect": edges}.items()})
    page["/Annots"] = generic.ArrayObject([writer.add_object(made)])
    writer.update_container(page)


def _turned(writer: Any, page: Any) -> None:
    page["/Rotate"] = generic.NumberObject(180)
    writer.update_container(page)


def _renamed(writer: Any, page: Any) -> None:
    """A letter that calls itself another: what is copied out of the page is not what is seen."""
    font = page["/Resources"]["/Font"]["/F1+0"]
    told = font["/ToUnicode"].data
    assert b"<31> <0031>" in told
    font["/ToUnicode"] = writer.add_object(
        generic.StreamObject(stream_data=told.replace(b"<31> <0031>", b"<31> <0039>"))
    )
    writer.update_container(font)


def _acting(writer: Any, _page: Any) -> None:
    writer.root["/OpenAction"] = generic.DictionaryObject({pdf_name("/S"): pdf_name("/JavaScript")})
    writer.update_root()


@pytest.mark.parametrize("alter", [_stamped_over, _drawn_anew, _noted, _turned, _renamed, _acting])
def test_clause_5_5_2_whatever_changes_what_is_seen_is_found(drawn: bytes, alter: Alter) -> None:
    assert differences(altered(drawn, alter), opening_record()) != []


def test_what_is_no_record_has_no_pages_of_one() -> None:
    assert differences(b"%PDF-1.7", opening_record()) == ["not pages of a record (PdfReadError)"]


@pytest.mark.long
def test_the_letters_are_those_of_the_halls_font(closed: bytes) -> None:
    assert begins_as_drawn(closed, opening_record(), SERIF, SERIF_BOLD)
    assert not begins_as_drawn(closed, opening_record(), SERIF, SERIF)
