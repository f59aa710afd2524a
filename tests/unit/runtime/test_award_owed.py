"""The award learns its tender's law, and its letters and papers say what that law says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.adapters.award_papers import statement
from hall.award import commands as c
from hall.award.rules import Law, LotStatus
from hall.evaluation.events import EvaluationDone
from hall.evaluation.state import EvaluationState
from hall.notices.letters import Letters
from hall.notifying.events import Fact
from hall.runtime.award_matter import AWARD
from hall.runtime.award_owed import AWARD_OWED, award_letters
from hall.runtime.matter import States
from tests.matterbook import DAY, MatterBook
from tests.playbook import Playbook, plan
from tests.scenarios.matters.test_award import REPORT, decides, deciding, notices

_LETTERS = Letters("某中心", "https://hall.example.cn", "0353-000")
_HEADS = {"party": "甲公司", "tender_name": "河堤整治", "tender_number": "YQ-2026-001", "lot": ""}


def _states(law: str, book: MatterBook) -> States:
    given = plan()
    opening = Playbook(replace(given, rules=replace(given.rules, procedure_law=law))).state
    evaluation = EvaluationState(done=EvaluationDone(REPORT, ()))
    return States("T-1", None, opening, {"evaluation": evaluation, AWARD.name: book.state})


def _owed(states: States) -> list[object]:
    """What the award is told before the report, which comes last."""
    *before, report = AWARD_OWED
    assert "report" in report.name
    return [found for one in before if (found := one.owed(states)) is not None]


def _decided(law: Law) -> States:
    book = deciding(law=law)
    decides(book, "b", "no_security", "第一名未按期提交履约保证金")
    notices(book)
    return _states(law.value, book)


def test_the_award_learns_the_law_of_its_tender_before_the_report_comes() -> None:
    new = MatterBook(AWARD)
    assert _owed(_states("bidding_law", new)) == []
    assert _owed(_states("procurement_law", new)) == [c.TakeLaw(Law.PROCUREMENT)]
    new.note(c.TakeLaw(Law.PROCUREMENT))
    assert _owed(_states("procurement_law", new)) == []


def test_an_award_that_ran_before_it_was_told_its_law_is_told_and_one_that_is_over_rests() -> None:
    book = deciding()
    assert _owed(_states("procurement_law", book)) == [c.TakeLaw(Law.PROCUREMENT)]
    over = replace(book.state.lots["1"], status=LotStatus.FAILED)
    book.state = replace(book.state, lots={"1": over})
    assert _owed(_states("procurement_law", book)) == []


@pytest.mark.parametrize(
    ("law", "says", "never"),
    [
        (Law.BIDDING, ("三日内公示", "3 日内答复", "within 3 days"), "质疑"),
        (Law.PROCUREMENT, ("五个工作日内", "7 个工作日内答复", "within 7 working days"), "招标投标法"),
    ],
)
def test_letters_of_an_award_say_what_the_tenders_law_says(
    law: Law, says: tuple[str, ...], never: str
) -> None:
    told = ""
    for one in award_letters(_decided(law)):
        facts = [Fact(key, str(value)) for key, value in one.facts.items()]
        told += _LETTERS.write(one.kind, facts, _HEADS, "/").text
    joined = told.replace("\n", " ")
    assert all(text in joined for text in says)
    assert never not in told


def test_the_notice_of_a_result_names_the_complaint_of_the_bidding_law() -> None:
    states = _decided(Law.BIDDING)
    lost = statement(states, "1", "a", "production", states.of(AWARD).awarded["1"].at)
    assert dict(lost.rows)["投诉期限"] == "2026-01-16 24:00"
    assert dict(lost.rows)["贵单位结果"] == "未中标，评审排序第 1 名"
    assert "招标投标法实施条例第六十条" in lost.text and "质疑" not in lost.text


def test_the_notice_of_a_result_in_government_procurement_names_the_challenge_first() -> None:
    states = _decided(Law.PROCUREMENT)
    at = states.of(AWARD).awarded["1"].at
    lost, won = (statement(states, "1", who, "production", at + DAY) for who in ("a", "b"))
    assert dict(lost.rows)["质疑期限"] == "2026-01-15 24:00"
    assert "投诉期限" not in dict(lost.rows)
    assert dict(lost.rows)["贵单位结果"] == "未中标，评审得分 89.00，排序第 1 名"
    for article in ("第五十二条", "第五十三条", "第五十五条"):
        assert article in lost.text
    assert "政府采购法第四十六条" in won.text
    assert "招标投标法" not in lost.text + won.text
