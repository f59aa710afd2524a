from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.errors import Malformed
from hall.procurement.calendar import DAY, WorkingDays, day_of_text, shanghai_day

# General Office of the State Council, notice of 4 November 2025 on the holidays of 2026, by way of Xinhua
# (国务院办公厅关于2026年部分节假日安排的通知).
HOLIDAYS = {
    ("2026-01-01", 3),
    ("2026-02-15", 9),
    ("2026-04-04", 3),
    ("2026-05-01", 5),
    ("2026-06-19", 3),
    ("2026-09-25", 3),
    ("2026-10-01", 7),
}
MAKE_UP = ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10")
OF_2026 = WorkingDays(
    frozenset(
        (date.fromisoformat(first) + timedelta(days=n)).isoformat()
        for first, days in HOLIDAYS
        for n in range(days)
    ),
    frozenset(MAKE_UP),
)


def shanghai(text: str) -> int:
    """`2026-09-30 10:00` in Shanghai as ms UTC."""
    local = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return int((local - timedelta(hours=8)).timestamp()) * 1000


def test_the_week_of_the_national_day_is_off_and_the_saturday_after_it_is_worked() -> None:
    assert not any(OF_2026.works(f"2026-10-0{day}") for day in range(1, 8))
    assert OF_2026.works("2026-10-08") and OF_2026.works("2026-10-10") and not OF_2026.works("2026-10-11")
    assert OF_2026.works("2026-09-20") and not OF_2026.works("2026-09-19")


def test_three_working_days_from_the_eve_of_the_holidays_end_with_the_worked_saturday() -> None:
    assert OF_2026.after(shanghai("2026-09-30 17:59"), 3) == shanghai("2026-10-11 00:00")
    assert WorkingDays().after(shanghai("2026-09-30 17:59"), 3) == shanghai("2026-10-06 00:00")


def test_the_day_belongs_to_shanghai_not_to_utc() -> None:
    just_before, midnight = shanghai("2026-09-28 23:59") + 59_999, shanghai("2026-09-29 00:00")
    assert shanghai_day(just_before) == "2026-09-28" and shanghai_day(midnight) == "2026-09-29"
    assert OF_2026.after(just_before, 1) == shanghai("2026-09-30 00:00")
    assert OF_2026.after(midnight, 1) == shanghai("2026-10-01 00:00")


def test_a_day_that_starts_the_count_is_not_counted_even_if_nobody_works_on_it() -> None:
    assert OF_2026.after(shanghai("2026-10-03 12:00"), 1) == shanghai("2026-10-09 00:00")
    assert OF_2026.after(shanghai("2026-10-03 12:00"), 0) == shanghai("2026-10-04 00:00")


def test_calendar_days_run_over_holidays_but_do_not_end_on_one() -> None:
    assert OF_2026.after_calendar_days(shanghai("2026-09-28 09:00"), 3) == shanghai("2026-10-09 00:00")
    assert OF_2026.after_calendar_days(shanghai("2026-09-21 09:00"), 3) == shanghai("2026-09-25 00:00")


def test_a_limit_that_was_moved_is_carried_over_days_off_and_otherwise_stays_to_the_millisecond() -> None:
    at = shanghai("2026-10-09 00:00")
    assert OF_2026.carried(at) == at, "the day that this midnight ends is worked"
    assert OF_2026.carried(at - DAY) == at, "this one ends a holiday"
    assert OF_2026.carried(at - DAY + 1) == at - DAY + 1
    assert OF_2026.carried(shanghai("2026-10-03 15:00")) == at


def test_between_counts_what_after_passes() -> None:
    begin = shanghai("2026-09-18 09:00")
    assert OF_2026.between(begin, shanghai("2026-10-12 09:00")) == 12
    assert OF_2026.between(begin, begin) == 0 and OF_2026.between(begin, begin - 5 * DAY) == 0


@settings(deadline=None)
@given(st.integers(0, 4_000_000_000_000), st.integers(1, 60))
def test_after_and_between_agree_everywhere(moment: int, days: int) -> None:
    ends = OF_2026.after(moment, days)
    assert OF_2026.between(moment, ends - 1) == days
    assert OF_2026.between(moment, ends - 1 - DAY) == days - 1
    assert (ends + 8 * 3600 * 1000) % DAY == 0


@pytest.mark.parametrize("text", ["20261001", "2026-10-1", "2026-02-30", "", "2026-W40-4", "２０２６-10-01"])
def test_a_day_has_one_spelling(text: str) -> None:
    with pytest.raises(Malformed):
        day_of_text(text)
