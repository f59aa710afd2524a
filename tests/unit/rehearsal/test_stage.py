"""The stage's settings: written so that they are read back as they were meant, and always at nine in the morning."""

from __future__ import annotations

import tomllib
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from hall.procurement.tender import HOUR
from hall.rehearsal.stage import hall_start, shanghai, toml

KEYS = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
SCALARS = st.one_of(TEXTS, st.integers(-(2**53), 2**53), st.booleans())
TABLES = st.dictionaries(KEYS, SCALARS | st.lists(TEXTS, max_size=3), max_size=4)
SETTINGS = st.dictionaries(
    KEYS,
    SCALARS | TABLES | st.lists(TABLES, min_size=1, max_size=3) | st.lists(TEXTS, max_size=3),
    max_size=5,
)


@given(SETTINGS)
def test_settings_are_read_back_as_they_were_written(settings: dict[str, object]) -> None:
    assert tomllib.loads(toml(settings)) == settings


def test_lists_of_tables_may_hold_tables_and_lists_of_tables() -> None:
    plan = {"tender": [{"id": "T", "rules": {"n": 1}, "lot": [{"id": "1"}, {"id": "2"}]}, {"id": "U"}]}
    assert tomllib.loads(toml(plan)) == plan


@given(st.integers(0, 4_102_444_800_000))
def test_hall_time_starts_at_nine_in_shanghai_of_the_same_day(now: int) -> None:
    start = hall_start(now)
    assert shanghai(start)[10:] == "T09:00:00.000+08:00"
    assert shanghai(start)[:10] == shanghai(now)[:10]
    assert abs(start - now) < 24 * HOUR
    assert datetime.fromisoformat(shanghai(start)).timestamp() * 1000 == start
