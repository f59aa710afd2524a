"""The words of notices: every kind that can be owed has them, in both languages, and they say what happened."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest

from hall.notices.letters import FORMATS, Letters
from hall.notices.matter_words import MATTER_TEXTS
from hall.notices.words import CODES, HEAD, TEXTS, Both, Words
from hall.notifying.events import Fact
from hall.procurement.tender import DAY, start_of_day
from hall.session.events import About, SuspensionKind
from tests.playbook import DEADLINE
from tests.unit.notifying.examples import every_notice

ADDRESS = "https://hall.example.cn"
HEADS = {"party": "甲公司", "tender_name": "河堤整治", "tender_number": "YQ-2026-001", "lot": ""}
LETTERS = Letters("某中心", ADDRESS, "0353-000")
TEXT = Letters("某中心").write("opening_closed", (), HEADS, "/openings/O-1")


def placeholders(words: Words) -> Iterator[tuple[str, str]]:
    for text in (words.subject, words.text):
        for _, name, spec, _ in string.Formatter().parse(text):
            if name is not None:
                yield name, spec or ""


def test_everything_that_can_be_owed_has_words_and_gives_them_all_they_name() -> None:
    owed = every_notice()
    assert {one.kind for one in owed} | {
        "certificate_watch"
    } <= TEXTS.keys()  # the rest are letters of matters
    for one in owed:
        letter = LETTERS.write(one.kind, one.facts, HEADS, "/openings/O-1")
        assert "{" not in letter.subject + letter.text
        assert "None" not in letter.text


ALL = {**TEXTS, **MATTER_TEXTS}


@pytest.mark.parametrize("kind", ALL)
def test_both_languages_name_the_same_facts_in_formats_that_exist(kind: str) -> None:
    both = ALL[kind]
    zh, en = set(placeholders(both.zh)), set(placeholders(both.en))
    assert {name for name, _ in zh} == {name for name, _ in en}
    assert {spec for _, spec in zh | en} <= {"", *FORMATS}
    assert "party" not in {name for name, _ in zh}, "the frame greets; a text names nobody"


@pytest.mark.parametrize("kind", ["case_waits", "case_overdue", "bid_question", "candidates_published"])
def test_a_limit_that_ends_with_a_day_ends_at_24_00_of_that_day_in_both_languages(kind: str) -> None:
    """Civil Code art. 203, as the screens say it; the beginning of a day stays 0:00."""
    names = {name for name, _ in placeholders(ALL[kind].zh)}
    midnight = str(start_of_day(DEADLINE) + DAY)
    told = [Fact(name, midnight if name in ("until", "at") else "1") for name in names]
    letter = LETTERS.write(kind, told, HEADS, "/")
    assert "2026年11月22日 24:00" in letter.text and "2026-11-22 24:00 Beijing time" in letter.text
    assert "00:00:00" not in letter.text and "23:59" not in letter.text


def test_a_day_begins_at_0_00_and_other_ends_keep_their_seconds() -> None:
    facts = [Fact("sign_in_from", str(start_of_day(DEADLINE))), Fact("deadline", str(DEADLINE))]
    assert "2026年11月22日 00:00:00" in LETTERS.write("reminder_sign_in", facts, HEADS, "/").text
    question = [Fact("until", str(DEADLINE)), Fact("number", "1")]
    assert "2026年11月22日 09:30:00" in LETTERS.write("bid_question", question, HEADS, "/").text


def test_a_letter_greets_says_what_happened_in_both_languages_and_links_to_the_page() -> None:
    facts = (Fact("before", str(DEADLINE)), Fact("after", str(DEADLINE + 60_000)), Fact("reason", "补遗 {x}"))
    letter = LETTERS.write("deadline_moved", facts, HEADS, "/openings/O-1")
    assert letter.subject == "【某中心】投标截止时间变更：河堤整治"
    assert letter.text.startswith(
        "甲公司：\n\n投标截止时间由 2026年11月22日 09:30:00 变更为 2026年11月22日 09:31:00。"
    )
    assert "2026-11-22 09:31:00 Beijing time" in letter.text
    assert letter.text.count("补遗 {x}") == 2
    assert letter.text.count(f"{ADDRESS}/openings/O-1") == 2
    assert letter.text.count("0353-000") == 2


def test_what_is_not_known_leaves_no_empty_line_behind() -> None:
    assert "网址" not in TEXT.text and "电话" not in TEXT.text and "标段" not in TEXT.text
    shown = LETTERS.write("opening_closed", (), HEADS | {"lot": "一标段"}, "/")
    assert "标段：一标段" in shown.text and "Lot: 一标段" in shown.text


def test_milliseconds_are_cut_and_never_rounded_up() -> None:
    facts = (Fact("deadline", str(DEADLINE - 1)), Fact("reason", "-"))
    assert "09:29:59" in LETTERS.write("deadline_confirmed", facts, HEADS, "/").text


def test_codes_of_the_opening_have_names() -> None:
    assert CODES["suspension"].keys() == {kind.value for kind in SuspensionKind}
    assert CODES["about"].keys() == {about.value for about in About}


def test_the_frame_uses_what_every_notice_has() -> None:
    assert set(HEAD) == HEADS.keys() | {"hall"}
    assert isinstance(TEXTS["opening_closed"], Both)
