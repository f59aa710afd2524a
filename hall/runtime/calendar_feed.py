"""The openings of a hall as an iCalendar feed (RFC 5545), for who keeps them in a calendar.

Pure: the moment of the answer is an argument. What may not live here: HTTP, and anything that a list does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from hall.runtime.listing import ListedTender

_WIDTH: Final = 75  # octets of a content line, RFC 5545 section 3.1
_HOUR: Final = 3_600_000


def feed(name: str, origin: str, base: str, tenders: Iterable[ListedTender], now: int) -> str:
    """The feed. name: of the hall; origin: makes ids that are the same for ever; now: hall time, ms UTC (DTSTAMP)."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(origin)}//hall//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for tender in tenders:
        lines += _event(origin, base, tender, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(origin: str, base: str, tender: ListedTender, now: int) -> Iterator[str]:
    """The opening begins at the bid deadline (Bidding Law art. 34); a calendar wants an end, and an hour is usual."""
    page = f"{base}/notices/{tender.tender}"
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(tender.opening)}@{_text(origin)}"
    yield f"DTSTAMP:{_moment(now)}"
    yield f"DTSTART:{_moment(tender.bid_deadline)}"
    yield f"DTEND:{_moment(tender.bid_deadline + _HOUR)}"
    yield f"SUMMARY:{_text(f'开标：{tender.name}')}"
    yield f"DESCRIPTION:{_text(chr(10).join((tender.number, tender.entity, page)))}"
    yield f"LOCATION:{_text(tender.place)}"
    yield f"URL:{page}"
    yield f"CATEGORIES:{_text('开标')}"
    yield "STATUS:CONFIRMED"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, tz=UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """TEXT of section 3.3.11: what has a meaning of its own is escaped, other control characters go."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lined = escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(character for character in lined if character >= " " and character != "\x7f")


def _folded(line: str) -> Iterator[str]:
    """A content line in parts of at most 75 octets, none cutting a character in two."""
    part, width = "", 0
    for character in line:
        size = len(character.encode())
        if width + size > _WIDTH:
            yield part
            part, width = " ", 1
        part, width = part + character, width + size
    yield part
