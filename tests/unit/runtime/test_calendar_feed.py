"""The calendar feed, read back as RFC 5545 says: lines of at most 75 octets, unfolded, escaped, one UID for ever."""

from __future__ import annotations

import re

from hall.runtime.calendar_feed import feed
from tests.unit.runtime.test_open_data import AT, line

LINE = re.compile(r"[A-Z-]+(;[A-Z]+=[A-Z]+)?:[^\x00-\x08\x0a-\x1f\x7f]*")
NASTY = "一、二; 三, 四\\五\n六" + "长" * 80 + "\x07"


def read(text: str) -> list[tuple[str, str]]:
    """Content lines of section 3.1, unfolded; TEXT of section 3.3.11, unescaped."""
    assert text.endswith("\r\n")
    assert not re.search(r"(?<!\r)\n|\r(?!\n)", text)
    assert all(len(part.encode()) <= 75 for part in text.split("\r\n"))
    lines = text.replace("\r\n ", "").split("\r\n")[:-1]
    assert all(LINE.fullmatch(one) for one in lines)
    pairs = (one.partition(":") for one in lines)
    return [
        (name, re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)) for name, _, value in pairs
    ]


def test_the_feed_is_read_back_as_it_was_meant() -> None:
    one = line(opening="O1", name=NASTY, bid_deadline=AT + 3_600_000, place="一号; 室", number="N-1")
    found = read(feed("大厅", "hall.example", "https://hall.example", [one, line(opening="O2")], AT))
    assert [value for name, value in found if name == "UID"] == ["O1@hall.example", "O2@hall.example"]
    event = dict(found[found.index(("BEGIN", "VEVENT")) :][:10])
    assert event["DTSTAMP"] == "20260101T000000Z"
    assert event["DTSTART"] == "20260101T010000Z"
    assert event["SUMMARY"] == f"开标：{NASTY[:-1]}"
    assert event["LOCATION"] == "一号; 室"
    assert [value for name, value in found if name in ("BEGIN", "END")] == [
        "VCALENDAR",
        *("VEVENT",) * 4,
        "VCALENDAR",
    ]
    assert found[1] == ("VERSION", "2.0")


def test_a_moved_opening_keeps_its_uid_and_an_empty_hall_has_a_calendar() -> None:
    before, after = (
        feed("大厅", "h", "https://h", [line(opening="O1", bid_deadline=at)], AT) for at in (AT, AT + 9)
    )
    assert re.findall("UID:.*", before) == re.findall("UID:.*", after)
    assert read(feed("大厅", "h", "https://h", [], AT))[-1] == ("END", "VCALENDAR")
