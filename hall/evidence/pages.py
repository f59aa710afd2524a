"""Are the opening record's pages drawn as its record.json says? A predicate as in `record`, of the document alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from hall.errors import HallError
from hall.journal.codec import EventCodec
from hall.signing.record_drawn import begins_as_drawn, differences
from hall.signing.record_model import OpeningRecord

_VERSION: Final = 2
_DERIVED: Final = "price_capitals"
_RECORD: Final = EventCodec((OpeningRecord,))


Fonts = tuple[Path, Path | None]
"""The files that the hall draws with: plain, bold."""


def drawn(pdf: bytes, content: bytes, fonts: Fonts | None = None) -> list[str]:
    """5.5.2: the words on the pages are those of record.json, and its letters those of the font, where that is at hand.
    content: bytes of record.json. Raises Unavailable for a font that can't be read."""
    record = read(content)
    if record is None:
        return ["record.json is not a record that can be drawn"]
    found = differences(pdf, record)
    if fonts is not None and not begins_as_drawn(pdf, record, *fonts):
        found.append("its pages are not drawn with the letters of the given font")
    return found


def read(content: bytes) -> OpeningRecord | None:
    """The record that these bytes are, None where they are no record to the last character."""
    try:
        told = _given(json.loads(content))
        if not isinstance(told, dict) or told.pop("v", None) != _VERSION:
            return None
        found = _RECORD.decode(OpeningRecord.__name__, 1, told)
        return found if isinstance(found, OpeningRecord) and found.to_json() == content else None
    except (HallError, ValueError):
        return None


def _given(value: Any) -> Any:
    """Without what the record derives itself."""
    if isinstance(value, dict):
        return {key: _given(one) for key, one in value.items() if key != _DERIVED}
    return [_given(one) for one in value] if isinstance(value, list) else value
