"""A record whose pages say something else than what is attached to them: refused under clause 5.5.2, signed or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hall.evidence import pages
from hall.signing import record_pdf, record_words
from hall.signing.record_drawn import Face, empty_letters
from hall.signing.record_layout import typefaces
from hall.signing.record_model import OpeningRecord
from tests.forger import Forger
from tests.integration.evidence.test_forged_bundles import Judged, judged, only

__all__ = ["judged"]
LETTERS = Face(860, -140, 625, dict.fromkeys(range(0x20, 0x7F), 609.375))
"""Of another font than the hall's, empty ones: what is looked at are pages, not eyes."""


def _draw(forger: Forger, change: Callable[[OpeningRecord], OpeningRecord]) -> None:
    """The three sign pages of the changed record, to which the honest record.json is attached."""
    content = forger.members["record/record.json"]
    record = pages.read(content)
    assert record is not None
    changed = change(record)
    known = {ord(one) for one in record_words.alphabet() + changed.to_json().decode()}
    with typefaces(*(empty_letters(name, LETTERS, known) for name in ("plain", "bold"))):
        drawn = record_pdf.draw(changed)
    forger.record_again(content, drawn=drawn)


def _cheaper(record: OpeningRecord) -> OpeningRecord:
    first, *others = record.read_out
    return replace(record, read_out=(replace(first, price="1.00"), *others))


def test_clause_5_5_2_pages_that_say_another_price_than_record_json(forger: Forger, judged: Judged) -> None:
    _draw(forger, _cheaper)
    only("5.5.2", "is not drawn as record.json says", judged(forger, record=False))


def test_clause_5_5_2_pages_in_another_font_are_the_same_pages(forger: Forger, judged: Judged) -> None:
    _draw(forger, lambda record: record)
    assert judged(forger, record=False) == {}
