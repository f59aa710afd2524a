"""Well-formed lies about an evaluation, and what the verifier says of them (clauses 5.4.1 to 5.4.4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from hall.evaluation import commands as c
from hall.evidence.verdicts import Status
from hall.procurement import canonical
from hall.procurement.documents import TenderDocument
from hall.procurement.parties import Role
from hall.runtime.registration_matter import REGISTRATION
from hall.tendering.registration.commands import NoteDeadline, NoteDelivered, TakeDocuments
from tests.committeebook import SignedCommittee
from tests.forger import Forger
from tests.matterbook import DAY, MINUTE
from tests.matterbundle import TenderBundle, signer

ITEM = {"lot": "1", "bidder": "b1", "criterion": "technical"}


@cache
def evaluated() -> TenderBundle:
    """A committee that read, interpreted, asked, rejected, scored, corrected and reported."""
    bundle = TenderBundle()
    book = SignedCommittee(bundle)
    book.begun()
    book.note(c.NoteAccess(book.seat(2).party, "1", "b1", "ab" * 32, "c0ffee/1-5"))
    book.says(book.seat(2), "propose_interpretation", about="第三章 2.1 款", text="按日历天计")
    book.says(book.seat(3), "discuss_motion", motion=1, text="同意")
    book.votes(1)
    book.says(book.chair, "ask_bidder", lot="1", bidder="b2", text="请说明工期", minutes=60)
    answer = {"question": 1, "text": "按日历天", "price": "900000.00", "unchanged": True, "files": []}
    book.after(MINUTE).says(signer("b2", Role.BIDDER), "answer_bid_question", **answer)
    book.scored()
    book.says(book.seat(3), "find_error", member=2, **ITEM, reason="合计应为 29.00")
    sheet = book.corrected(2, ITEM, 2900)
    book.says(book.seat(2), "correct_item", correction=1, points=2900, sheet=sheet)
    book.says(book.chair, "countersign_correction", correction=1, sheet=sheet)
    book.reported()
    return bundle


@pytest.mark.parametrize(
    ("clause", "status"),
    [
        ("5.4.1", Status.PROVED),
        ("5.4.2", Status.ASSERTED),
        ("5.4.3", Status.ASSERTED),
        ("5.4.4", Status.PROVED),
    ],
)
def test_an_honest_evaluation_holds(clause: str, status: Status, tmp_path: Path) -> None:
    verdict = evaluated().judged(tmp_path, clause)
    assert (verdict.status, verdict.faults) == (status, ())


def refuses(tmp_path: Path, clause: str, lie: Callable[[Forger], object], fault: str) -> None:
    verdict = evaluated().judged(tmp_path, clause, lie)
    assert verdict.status is Status.FAILED
    assert any(fault in one for one in verdict.faults), verdict.faults


def test_5_4_1_an_interpretation_without_a_majority_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.remove(forger.row("MotionVoted", 1))

    refuses(tmp_path, "5.4.1", lie, "without a majority")


def test_5_4_1_a_vote_that_was_turned_around_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.row("MotionDecided")["body"]["adopted"] = False

    refuses(tmp_path, "5.4.1", lie, "without a majority")


def test_5_4_2_another_expert_than_was_drawn_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        order = forger.row("CommitteeDrawn")["body"]["order"]
        order[0], order[-1] = order[-1], order[0]

    refuses(tmp_path, "5.4.2", lie, "another order than was drawn")


def test_5_4_2_an_expert_bound_to_a_bidder_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.row("ExpertsListed")["body"]["experts"][0]["expert"]["recuses"] = ["b1"]

    refuses(tmp_path, "5.4.2", lie, "bound to a party")


def test_5_4_2_a_member_of_a_consortium_who_is_not_barred_is_refused(tmp_path: Path) -> None:
    code, verdicts = "91320000MA1XY0000C", {}
    for more in ((), (code,)):
        bundle = TenderBundle()
        registration = bundle.book(REGISTRATION)
        documents = (TenderDocument("11" * 32, "招标文件.pdf", 9, "tender_documents", registration.now),)
        registration.note(TakeDocuments(documents, consortium=True))
        registration.note(NoteDeadline(registration.now + 30 * DAY))
        registration.note(NoteDelivered("b1", "11" * 32))
        said = {"documents": ["11" * 32], "members": [{"name": "丙设计院", "code": code}]}
        registration.says(signer("b1", Role.BIDDER), "acknowledge_download", **said)
        SignedCommittee(bundle, *more).begun()
        (tmp_path / str(len(more))).mkdir()
        verdicts[more] = bundle.judged(tmp_path / str(len(more)), "5.4.2")
    assert verdicts[code,].faults == ()
    assert "a member of b1's consortium" in verdicts[()].faults[0]


def test_5_4_2_a_price_that_was_not_opened_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.row("BidsReceived")["body"]["bids"][0]["price"] = "1.00"

    refuses(tmp_path, "5.4.2", lie, "other bids than the opening disclosed")


def test_5_4_2_a_reader_without_a_seat_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.row("BidAccessed")["body"]["member"] = 9

    refuses(tmp_path, "5.4.2", lie, "without a seat")


def test_5_4_2_points_in_another_s_name_are_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.row("ItemScored")["body"]["points"] = 1

    refuses(tmp_path, "5.4.2", lie, "its signer said another points")


def test_5_4_2_criteria_that_were_not_handed_over_are_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.resign(forger.row("CriteriaRead"), body={"criteria": "ab" * 32, "bids": "cd" * 32})

    refuses(tmp_path, "5.4.2", lie, "read other criteria or bids")


def test_5_4_2_other_minutes_than_the_chair_gave_are_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.row("BidderAsked")["body"]["answer_by"] += 60_000

    refuses(tmp_path, "5.4.2", lie, "not the minutes that the chair gave")


def test_5_4_3_an_item_out_of_order_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.move(forger.row("ItemReviewed"), forger.at(forger.row("ItemReviewed", 3)))

    refuses(tmp_path, "5.4.3", lie, "out of the order")


def test_5_4_3_a_skipped_item_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.remove(forger.row("ItemReviewed", 2))

    refuses(tmp_path, "5.4.3", lie, "out of the order")


def test_5_4_3_sheets_opened_before_all_have_signed_are_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.move(forger.row("SheetsRevealed"), forger.at(forger.row("SheetSigned", 3)))

    refuses(tmp_path, "5.4.3", lie, "before member")


def test_5_4_4_points_changed_after_the_signature_are_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        last = forger.row("ItemScored", -1)
        forger.resign(last, body={"points": 3})
        last["body"]["points"] = 3
        forger.move(last, forger.at(forger.row("SheetsRevealed")))

    refuses(tmp_path, "5.4.4", lie, "changed after the sheet was signed")


def test_5_4_4_a_correction_that_nobody_countersigned_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.remove(forger.row("CorrectionCountersigned"))

    refuses(tmp_path, "5.4.4", lie, "not countersigned before the report")


def test_5_4_4_a_correction_by_somebody_else_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        row, chair = forger.row("SheetCorrected"), forger.row("ReportPrepared")["actor"]
        row["actor"] = chair
        forger.resign(row, by=chair.partition(":")[2])

    refuses(tmp_path, "5.4.4", lie, "not corrected by its own evaluator")


def test_5_4_4_a_ranking_that_the_sheets_do_not_give_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        for kind in ("ReportPrepared", "EvaluationDone"):
            ranking = forger.row(kind)["body"]["report"]["ranking"]
            ranking[0]["bidder"], ranking[1]["bidder"] = ranking[1]["bidder"], ranking[0]["bidder"]

    refuses(tmp_path, "5.4.4", lie, "other points or places")


def test_5_4_4_a_report_with_other_words_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        body = forger.row("ReportPrepared")["body"]
        told = canonical.loads(body["text"])
        assert isinstance(told, dict)
        body["text"] = canonical.dumps(told | {"ranking": []}).decode()

    refuses(tmp_path, "5.4.4", lie, "does not have its digest")


def test_5_4_4_a_report_handed_on_before_all_have_spoken_is_refused(tmp_path: Path) -> None:
    def lie(forger: Forger) -> None:
        forger.remove(forger.row("ReportSigned", 2))

    refuses(tmp_path, "5.4.4", lie, "while somebody could still speak")
