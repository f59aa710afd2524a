"""Bundles that tell of an award: the true one is proved, and what contradicts clause 5.5.1 is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hall.award import commands as c
from hall.award.events import Entrant, Paper
from hall.award.rules import Law
from hall.evaluation.events import EvaluationDone
from hall.evidence.verdicts import Status
from hall.procurement.calendar import shanghai_day
from hall.procurement.evaluation import EvaluationReport, Ranked
from hall.procurement.parties import Role
from hall.runtime.award_matter import AWARD
from tests.forger import Forger
from tests.matterbook import DAY, HOUR
from tests.matterbundle import TenderBundle, signer

OWNER = signer("procuring_entity", Role.PROCURING_ENTITY)
NAMES = ("b1", "b2", "b3")
RANKING = tuple(
    Ranked("1", name, name, f"{98 + place}0000.00", 9000 - 100 * place, place)
    for place, name in enumerate(NAMES, 1)
)
REPORT = EvaluationReport(RANKING, (), (), "cd" * 32)
ENTRANTS = tuple(Entrant("1", one.bidder, one.name, one.price, "90 天", "合格", "张工") for one in RANKING)
Lie = Callable[[Forger], object]


@pytest.fixture(scope="module")
def bundle() -> TenderBundle:
    """An award that stood still for two days and went to the second candidate, because the first gave up."""
    made = TenderBundle()
    made.tell("evaluation", EvaluationDone(REPORT, ()))
    book = made.book(AWARD)
    book.note(c.ReceiveReport(REPORT, 3, 3, ENTRANTS, ()))
    book.note(c.TakeCalendar(("2026-10-01",), ()))
    book.after(HOUR).says(OWNER, "publish_candidates", lot="1", days=3)
    book.after(DAY).note(c.NoteSuspension("C-1"))
    book.note(c.NoteObjection("O-9", "1", open=True))
    book.after(2 * DAY).note(c.NoteSuspension(""))
    book.after(HOUR).note(c.NoteObjection("O-9", "1", open=False))
    book.says(signer("b1", Role.BIDDER), "give_up_award", lot="1", reason="无法组织")
    book.at(book.state.lots["1"].until)
    book.after(HOUR).says(
        OWNER, "decide_award", lot="1", bidder="b2", ground="gave_up", reason="第一名放弃中标"
    )
    kinds = {name: "award_notice" if name == "b2" else "result_notice" for name in NAMES}
    book.note(c.NoteNotices("1", 1, tuple(Paper(name, kind, "ee" * 32, 9) for name, kind in kinds.items())))
    signed = shanghai_day(book.now)
    book.after(HOUR).says(OWNER, "file_contract", lot="1", number="HT-1", signed_on=signed)
    return made


def row(forger: Forger, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = forger.row(kind)
    return found


def faults(bundle: TenderBundle, directory: Path, lie: Lie) -> str:
    verdict = bundle.judged(directory, "5.5.1", lie)
    assert verdict.status is Status.FAILED
    return " | ".join(verdict.faults)


def test_5_5_1_a_true_award_is_not_contradicted(bundle: TenderBundle, tmp_path: Path) -> None:
    verdict = bundle.judged(tmp_path, "5.5.1")
    assert (verdict.status, verdict.faults) == (Status.ASSERTED, ())


def test_5_5_1_a_rejection_that_the_committee_never_voted(bundle: TenderBundle, tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        rejected = {"lot": "1", "bidder": "b3", "reason": "h", "text": "串标", "evidence": []}
        row(forger, "ReportReceived")["body"]["rejections"].append(rejected)
        row(forger, "EvaluationDone")["body"]["report"]["rejections"].append(rejected)

    assert "no vote of the committee rejects b3" in faults(bundle, tmp_path, lie)


def test_5_5_1_a_report_other_than_the_committees(bundle: TenderBundle, tmp_path: Path) -> None:
    lie: Lie = lambda forger: row(forger, "ReportReceived")["body"].update(report="ab" * 32)
    assert "report is not what the committee handed over" in faults(bundle, tmp_path, lie)


def test_5_5_1_candidates_in_another_order(bundle: TenderBundle, tmp_path: Path) -> None:
    lie: Lie = lambda forger: row(forger, "CandidatesPublished")["body"]["candidates"].reverse()
    assert "not the first of the ranking" in faults(bundle, tmp_path, lie)


def test_5_5_1_a_ranking_against_its_own_points(bundle: TenderBundle, tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        for ranking in (
            row(forger, "ReportReceived")["body"]["ranking"],
            row(forger, "EvaluationDone")["body"]["report"]["ranking"],
        ):
            ranking[2]["points"] = 9999

    assert "not the first of the ranking" in faults(bundle, tmp_path, lie)


def test_5_5_1_a_publicity_shorter_than_its_days(bundle: TenderBundle, tmp_path: Path) -> None:
    lie: Lie = lambda forger: row(forger, "CandidatesPublished")["body"].update(
        until=row(forger, "CandidatesPublished")["body"]["until"] - 1
    )
    assert "shorter than its 3 days" in faults(bundle, tmp_path, lie)


def test_5_5_1_a_contract_signed_before_its_award(bundle: TenderBundle, tmp_path: Path) -> None:
    lie: Lie = lambda forger: row(forger, "ContractFiled")["body"].update(signed_on="2026-01-01")
    assert "before the award or after the filing" in faults(bundle, tmp_path, lie)


def test_5_5_1_a_publicity_that_ended_on_a_day_off(bundle: TenderBundle, tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        last = shanghai_day(row(forger, "CandidatesPublished")["body"]["until"] - 1)
        row(forger, "AwardDaysTaken")["body"].update(holidays=[last])

    assert "shorter than its 3 days" in faults(bundle, tmp_path, lie)


def test_5_5_1_a_publicity_that_ran_on_while_the_procedure_stood_still(
    bundle: TenderBundle, tmp_path: Path
) -> None:
    def lie(forger: Forger) -> None:
        row(forger, "AwardResumed")["received_at"] += HOUR

    assert "before its time" in faults(bundle, tmp_path, lie)


def test_5_5_1_a_decision_before_the_publicity_was_over(bundle: TenderBundle, tmp_path: Path) -> None:
    lie: Lie = lambda forger: row(forger, "PublicityEnded")["body"].update(lot="2")
    assert "decided before the publicity was over" in faults(bundle, tmp_path, lie)


def test_5_5_1_a_decision_over_an_open_objection(bundle: TenderBundle, tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        for line in forger.lines:
            if line["row"]["kind"] == "ObjectionNoted":
                line["row"]["body"]["open"] = True

    assert "while the objection O-9 was open" in faults(bundle, tmp_path, lie)


def test_5_5_1_another_than_the_first_without_a_reason(bundle: TenderBundle, tmp_path: Path) -> None:
    lie: Lie = lambda forger: row(forger, "AwardDecided")["body"].update(ground="", reason="")
    found = faults(bundle, tmp_path, lie)
    assert "not the first candidate, and no reason" in found
    assert "its signer said another ground" in found


def test_5_5_1_an_award_by_another_law_than_its_tenders(tmp_path: Path) -> None:
    made = TenderBundle()
    made.tell("evaluation", EvaluationDone(REPORT, ()))
    book = made.book(AWARD)
    book.note(c.TakeLaw(Law.PROCUREMENT))
    book.note(c.ReceiveReport(REPORT, 3, 3, ENTRANTS, ()))
    verdict = made.judged(tmp_path, "5.5.1")
    assert verdict.status is Status.FAILED
    assert "the tender's own rules follow another law" in " | ".join(verdict.faults)


def test_5_5_1_a_free_choice_in_government_procurement(bundle: TenderBundle, tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        row(forger, "AwardDecided")["body"].update(ground="free_choice")
        row(forger, "OpeningScheduled")["body"]["rules"].update(procedure_law="procurement_law")

    assert "takes candidates in their order" in faults(bundle, tmp_path, lie)


def test_5_5_1_an_award_to_another_than_the_signed_one(bundle: TenderBundle, tmp_path: Path) -> None:
    lie: Lie = lambda forger: row(forger, "AwardDecided")["body"].update(bidder="b1")
    found = faults(bundle, tmp_path, lie)
    assert "its signer said another bidder" in found
    assert "b1 is no candidate that could be awarded" in found


def test_5_5_1_a_candidate_whom_somebody_else_gave_up_for(bundle: TenderBundle, tmp_path: Path) -> None:
    lie: Lie = lambda forger: row(forger, "CandidateGaveUp")["body"].update(bidder="b3")
    assert "somebody else than b3 gave up for it" in faults(bundle, tmp_path, lie)


def test_5_5_1_a_notice_of_award_to_somebody_else(bundle: TenderBundle, tmp_path: Path) -> None:
    lie: Lie = lambda forger: row(forger, "NoticesMade")["body"]["papers"][0].update(kind="award_notice")
    assert "a notice of award to another" in faults(bundle, tmp_path, lie)
