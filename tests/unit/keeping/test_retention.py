"""Fifteen years are fifteen years of the calendar in Shanghai."""

from __future__ import annotations

from datetime import datetime

import pytest

from hall.keeping.retention import kept_until


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("closed", "years", "until"),
    [
        ("2026-11-22T10:00:00+08:00", 15, "2041-11-23T00:00:00+08:00"),
        ("2026-11-22T23:59:59+08:00", 15, "2041-11-23T00:00:00+08:00"),
        ("2026-11-22T16:00:00+00:00", 15, "2041-11-24T00:00:00+08:00"),
        ("2028-02-29T10:00:00+08:00", 15, "2043-03-02T00:00:00+08:00"),
        ("2028-02-29T10:00:00+08:00", 16, "2044-03-01T00:00:00+08:00"),
        ("2026-11-22T10:00:00+08:00", 0, "2026-11-23T00:00:00+08:00"),
    ],
)
def test_they_end_with_the_same_day(closed: str, years: int, until: str) -> None:
    assert kept_until(ms(closed), years) == ms(until)
