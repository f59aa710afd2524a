"""How the record writes times, spans and digests."""

from __future__ import annotations

import pytest

from hall.signing import record_codes
from hall.signing import record_words as words

START = 1_795_309_200_000


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (START, "2026-11-22 09:00:00.000"),
        (START - 1, "2026-11-22 08:59:59.999"),
        (START + 15 * 3_600_000, "2026-11-23 00:00:00.000"),
        (0, "1970-01-01 08:00:00.000"),
        (None, "—"),
    ],
)
def test_times_are_beijing_times_to_the_millisecond_and_never_rounded(at: int | None, written: str) -> None:
    assert words.moment(at) == written


def test_scheduled_times_are_written_as_in_notices() -> None:
    assert words.day_and_minute(START) == "2026年11月22日 09:00"
    assert words.day_and_minute(START + 5_000) == "2026年11月22日 09:00:05"


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [(0, "0秒"), (999, "0秒"), (61_000, "1分1秒"), (3_600_000, "1小时0分0秒"), (5_025_999, "1小时23分45秒")],
)
def test_spans_of_time_are_written_in_whole_seconds(milliseconds: int, written: str) -> None:
    assert words.duration(milliseconds) == written


def test_digests_are_written_in_groups() -> None:
    assert words.fingerprint("0123456789abcdef" * 4) == "0123 4567 89ab cdef"
    assert words.fingerprint("") == "—"
    assert words.digest_groups("0123456789abcdef") == "01234567 89abcdef"


def test_the_alphabet_holds_the_words_of_tables_and_labels() -> None:
    alphabet = set(words.alphabet())
    for word in (
        words.TITLE,
        words.REHEARSAL,
        record_codes.STATUS["deemed_revoked"],
        words.page(1, 2),
        "十二、签字",
    ):
        assert set(word) <= alphabet


def test_limits_roles_and_methods_are_written_in_words() -> None:
    assert words.setting("decryption_window", "3600000") == "1小时0分0秒"
    assert words.setting("minimum_bidders", "3") == "3"
    assert words.setting("procurement_method", "open_tendering") == "公开招标"
    assert words.setting("something_new", "as it is") == "as it is"
    assert words.person("procuring_entity 李明") == "招标人代表 李明"
    assert words.person("somebody") == "somebody"
