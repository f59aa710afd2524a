"""The award of a tender, told as a conversation (clause 5.5.1)."""

from __future__ import annotations

from typing import Any

from hall.award import commands as c
from hall.award import events as e
from hall.award.rules import Law
from hall.procurement.calendar import shanghai_day
from hall.procurement.evaluation import EvaluationReport, Ranked, Reason, Rejection
from hall.procurement.findings import Fact, Finding
from hall.procurement.matter import PUBLIC
from hall.procurement.parties import Role
from hall.procurement.tender import start_of_day
from hall.runtime.award_matter import AWARD
from tests.matterbook import DAY, HOUR, MINUTE, MatterBook, person

OWNER = person("owner", Role.PROCURING_ENTITY)
STRANGER = person("stranger", Role.PROCURING_ENTITY)
REGULATOR = person("regulator", Role.REGULATOR)
EXPERT = person("expert", Role.EVALUATOR)
A, B, C, D = (person(name, Role.BIDDER) for name in ("a", "b", "c", "d"))
PRICES = {"a": "980000.00", "b": "990000.00", "c": "1000000.00"}

ENTRANTS = tuple(
    e.Entrant("1", name, f"公司{name}", price, "90 天", "合格", "张工")
    for name, price in (*PRICES.items(), ("d", "2000000.00"))
)
RANKING = tuple(
    Ranked("1", name, f"公司{name}", price, 9000 - 100 * place, place)
    for place, (name, price) in enumerate(PRICES.items(), 1)
)
REJECTIONS = (Rejection("1", "d", Reason.E, "报价高于最高投标限价", ("ab" * 32,)),)
REPORT = EvaluationReport(RANKING, REJECTIONS, (), "cd" * 32)
FINDING = Finding("1", "d", Reason.E, "over_ceiling", facts=(Fact("ceiling", "1500000.00"),))


def reported(
    report: EvaluationReport = REPORT, *, candidates: int = 3, days: int = 3, law: Law = Law.BIDDING
) -> MatterBook:
    """An award whose report has come."""
    book = MatterBook(AWARD)
    book.note(c.TakeLaw(law))
    book.note(c.NoteChecks(ENTRANTS, (FINDING,)))
    book.after(HOUR).note(c.ReceiveReport(report, candidates, days, ENTRANTS, ("owner",)))
    return book


def public(days: int = 3, **more: Any) -> MatterBook:
    """An award whose candidates are public."""
    book = reported(**more)
    book.after(HOUR).says(OWNER, "publish_candidates", lot="1", days=days)
    return book


def deciding(**more: Any) -> MatterBook:
    """An award whose publicity is over."""
    book = public(**more)
    return book.at(book.state.lots["1"].until)


def decides(book: MatterBook, bidder: str, ground: str = "", reason: str = "") -> list[Any]:
    return book.says(OWNER, "decide_award", lot="1", bidder=bidder, ground=ground, reason=reason)


def notices(book: MatterBook) -> None:
    """The hall draws the notices that are owed."""
    decided = book.state.awarded["1"].event
    papers = tuple(
        e.Paper(
            entrant.bidder,
            "award_notice" if entrant.bidder == decided.bidder else "result_notice",
            f"{entrant.bidder}{decided.decision}".encode().hex().ljust(64, "0"),
            1000,
        )
        for entrant in ENTRANTS
    )
    book.note(c.NoteNotices("1", decided.decision, papers))


def lot(book: MatterBook, who: Any = PUBLIC) -> Any:
    return book.view(who).lots[0]


def test_clause_5_5_1_an_award_from_the_report_to_the_contract() -> None:
    book = public()
    assert lot(book).status == "publicity"
    assert [one.bidder for one in lot(book).candidates] == ["a", "b", "c"]
    book.at(book.state.lots["1"].until)
    assert lot(book).status == "deciding"
    decides(book, "a")
    assert book.state.owes_papers() == "1"
    notices(book)
    assert book.state.owes_papers() is None
    shown = lot(book).decision
    assert (shown.bidder, shown.price, lot(book).status) == ("a", "980000.00", "awarded")
    contract = {"number": "HT-1", "sha256": "ee" * 32}
    for day_off in ("2026-01-05", "2026-01-08"):
        told = {**contract, "signed_on": day_off}
        assert book.after(HOUR).refuses(OWNER, "file_contract", lot="1", **told) == "contract_day"
    book.after(DAY).says(OWNER, "file_contract", lot="1", **contract, signed_on="2026-01-07")
    assert lot(book).contract.number == "HT-1"
    assert [one["result"] for one in owns(book)] == ["awarded", "not_awarded", "not_awarded", "rejected"]


def owns(book: MatterBook) -> list[dict[str, Any]]:
    found = (lot(book, who).own for who in (A, B, C, D))
    return [{"result": one.result, "why": one.rejection and one.rejection.text} for one in found]


def test_clause_5_5_1_the_candidates_are_the_committees_first_ones_in_its_order() -> None:
    book = reported(candidates=2)
    assert [one.bidder for one in book.says(OWNER, "publish_candidates", lot="1", days=3)[0].candidates] == [
        "a",
        "b",
    ]
    book.at(book.state.lots["1"].until)
    third = {"bidder": "c", "ground": "free_choice", "reason": "更合适"}
    assert book.refuses(OWNER, "decide_award", lot="1", **third) == "not_a_candidate"


def test_clause_5_5_1_three_whole_days_are_public_and_none_less() -> None:
    book = reported()
    assert book.refuses(OWNER, "publish_candidates", lot="1", days=2) == "publicity_too_short"
    book.says(OWNER, "publish_candidates", lot="1", days=3)
    until = book.state.lots["1"].until
    four = start_of_day(book.now) + 4 * DAY
    assert until == four + DAY, "the day of the publication does not count, and the last may be no Sunday"
    book.at(until - 1)
    first = {"bidder": "a", "ground": "", "reason": ""}
    assert book.refuses(OWNER, "decide_award", lot="1", **first) == "publicity_runs"
    book.at(until)
    decides(book, "a")


def test_clause_5_5_1_tender_documents_may_want_a_longer_publicity() -> None:
    book = reported(days=5)
    assert book.refuses(OWNER, "publish_candidates", lot="1", days=4) == "publicity_too_short"


def test_clause_5_5_1_nothing_is_decided_while_an_objection_to_the_result_is_open() -> None:
    book = public()
    book.note(c.NoteObjection("O-1", "1", open=True))
    assert book.note(c.NoteObjection("O-1", "1", open=True)) == []
    book.at(book.state.lots["1"].until)
    assert lot(book, OWNER).may == ["fail_lot", "order_retender"]
    first = {"bidder": "a", "ground": "", "reason": ""}
    assert book.refuses(OWNER, "decide_award", lot="1", **first) == "result_objection_open"
    book.note(c.NoteObjection("O-1", "1", open=False))
    decides(book, "a")


def test_clause_5_5_1_the_publicity_stands_still_with_the_procedure() -> None:
    book = public()
    until = book.state.lots["1"].until
    book.at(until - HOUR).note(c.NoteSuspension("C-7"))
    assert book.note(c.NoteSuspension("C-7")) == []
    book.after(7 * DAY)
    assert lot(book).status == "publicity"
    assert lot(book).left == HOUR
    assert book.refuses(A, "give_up_award", lot="1", reason="另有安排") == "procedure_suspended"
    book.note(c.NoteSuspension(""))
    assert book.state.lots["1"].until == until + 7 * DAY
    book.at(until + 7 * DAY - 1)
    assert lot(book).status == "publicity"
    book.at(until + 7 * DAY)
    assert lot(book).status == "deciding"


def test_clause_5_5_1_no_publicity_ends_on_a_day_that_the_centre_keeps_free() -> None:
    book = reported()
    off, worked = ("2026-01-05", "2026-01-06"), ("2026-01-10",)
    assert book.note(c.TakeCalendar(off, worked))
    assert book.note(c.TakeCalendar(off, worked)) == []
    assert book.view(OWNER).limits.holidays == list(off)
    book.says(OWNER, "publish_candidates", lot="1", days=3)
    assert day(book.state.lots["1"].until) == "2026-01-07", "a Sunday, and two days off after it"
    book.after(HOUR).note(c.NoteSuspension("C-7"))
    book.after(4 * DAY).note(c.NoteSuspension(""))
    assert day(book.state.lots["1"].until) == "2026-01-12", "the day that it would end on is a Sunday"


def test_clause_5_5_1_all_limits_of_the_award_stand_still_with_the_procedure() -> None:
    book = reported()
    publish_by = lot(book).publish_by
    assert day(publish_by) == "2026-01-05"
    book.note(c.NoteSuspension("C-7"))
    book.after(DAY)
    assert lot(book).left == lot(book).publish_by - book.now == publish_by - book.now + DAY
    book.note(c.NoteSuspension(""))
    assert (lot(book).publish_by, lot(book).left) == (publish_by + DAY, 0)
    book.after(7 * DAY)
    late = lot(book).publish_by
    book.note(c.NoteSuspension("C-8"))
    book.after(DAY)
    assert lot(book).left == 0, "a limit that has passed does not come back"
    book.note(c.NoteSuspension(""))
    assert lot(book).publish_by == late
    book.says(OWNER, "publish_candidates", lot="1", days=3)
    book.at(book.state.lots["1"].until)
    decides(book, "a")
    notices(book)
    contract_by = lot(book).decision.contract_by
    book.note(c.NoteSuspension("C-9"))
    book.after(7 * DAY).note(c.NoteSuspension(""))
    assert lot(book).decision.contract_by == contract_by + 7 * DAY


def day(until: int) -> str:
    """The last day of a limit that ends at midnight."""
    return shanghai_day(until - 1)


def test_a_result_under_the_bidding_law_is_complained_about_for_ten_calendar_days() -> None:
    book = deciding()
    assert not any(isinstance(one, e.AwardLawTaken) for one in book.events)
    decides(book, "a")
    shown, limits = lot(book).decision, book.view().limits
    assert day(book.now + 1) == "2026-01-06"
    assert (shown.complain_as, day(shown.complain_by)) == ("complaint", "2026-01-16")
    assert (limits.objection_answer, limits.answer_working) == (3, False)
    assert (limits.complaint, limits.complaint_working, limits.report) == (10, False, 15)


def test_a_result_in_government_procurement_is_challenged_within_seven_working_days() -> None:
    """Government Procurement Law arts. 52, 53: working days, by the calendar that the centre keeps."""
    book = deciding(law=Law.PROCUREMENT)
    assert book.note(c.TakeLaw(Law.PROCUREMENT)) == []
    decides(book, "a")
    shown, view = lot(book).decision, book.view()
    assert (view.law, shown.complain_as, day(shown.complain_by)) == (
        "procurement_law",
        "challenge",
        "2026-01-15",
    )
    assert (view.limits.objection_answer, view.limits.answer_working) == (7, True)
    assert (view.limits.complaint, view.limits.complaint_working, view.limits.report) == (7, True, 0)
    book.note(c.TakeCalendar(("2026-01-07",), ()))
    assert day(lot(book).decision.complain_by) == "2026-01-16"
    book.note(c.NoteSuspension("C-7"))
    book.after(7 * DAY).note(c.NoteSuspension(""))
    assert day(lot(book).decision.complain_by) == "2026-01-16", "no suspension makes it later"


def test_candidates_in_government_procurement_are_taken_in_their_order() -> None:
    book = deciding(law=Law.PROCUREMENT)
    third = {"bidder": "c", "ground": "free_choice", "reason": "采购文件授权"}
    assert book.refuses(OWNER, "decide_award", lot="1", **third) == "no_free_choice"
    decides(book, "b", "no_security", "第一名未按期提交履约保证金")


def test_clause_5_5_1_another_than_the_first_needs_a_ground_in_words() -> None:
    book = deciding()
    second = {"bidder": "b", "ground": "", "reason": ""}
    assert book.refuses(OWNER, "decide_award", lot="1", **second) == "ground_missing"
    assert (
        book.refuses(OWNER, "decide_award", lot="1", **second | {"ground": "no_security"}) == "malformed_act"
    )
    first = {"bidder": "a", "ground": "unlawful", "reason": "无"}
    assert book.refuses(OWNER, "decide_award", lot="1", **first) == "ground_not_needed"
    decides(book, "b", "no_security", "第一名未按期提交履约保证金")
    assert lot(book).decision.ground == "no_security"


def test_clause_5_5_1_candidates_are_awarded_in_their_order_unless_the_documents_leave_the_choice() -> None:
    book = deciding()
    third = {"bidder": "c", "ground": "no_security", "reason": "第一名未提交履约保证金"}
    assert book.refuses(OWNER, "decide_award", lot="1", **third) == "not_next_candidate"
    book.says(B, "give_up_award", lot="1", reason="无法组织")
    decides(book, "c", "no_security", "第一名未提交履约保证金")
    free = deciding()
    decides(free, "c", "free_choice", "招标文件授权招标人自行选择")
    assert lot(free).decision.bidder == "c"


def test_clause_5_5_1_who_gives_up_makes_room_for_the_next() -> None:
    book = deciding()
    decides(book, "a")
    notices(book)
    assert book.refuses(B, "give_up_award", lot="1", reason="不想等") == "awarded_to_another"
    book.after(DAY).says(A, "give_up_award", lot="1", reason="无法按期组织施工")
    assert book.says(A, "give_up_award", lot="1", reason="再说一次") == []
    assert (lot(book).status, lot(book).next, lot(book).decision) == ("deciding", "b", None)
    decides(book, "b", "gave_up", "第一名放弃中标")
    notices(book)
    assert lot(book).decision.decision == 2
    assert {one.kind for one in lot(book, A).papers} == {"award_notice", "result_notice"}
    book.says(B, "give_up_award", lot="1", reason="同样无法组织")
    book.says(C, "give_up_award", lot="1", reason="同样无法组织")
    assert lot(book).status == "no_candidates"
    book.says(OWNER, "fail_lot", lot="1", ground="no_candidate_left", reason="候选人均放弃")
    book.says(OWNER, "order_retender", lot="1", reason="依法重新招标")
    assert [one.kind for one in lot(book).ends] == ["failed", "retender"]


def test_clause_5_5_1_a_candidate_may_give_up_while_all_are_public() -> None:
    book = public()
    book.says(A, "give_up_award", lot="1", reason="另有安排")
    assert (lot(book).status, lot(book).next) == ("publicity", "b")
    book.at(book.state.lots["1"].until)
    decides(book, "b", "gave_up", "第一名放弃")


def test_clause_5_5_1_a_void_award_is_decided_anew_among_the_others() -> None:
    book = deciding()
    decides(book, "a")
    notices(book)
    book.after(DAY).says(REGULATOR, "void_award", lot="1", reason="查实串通投标")
    assert (lot(book).status, lot(book).next) == ("voided", "b")
    assert lot(book, A).own.result == "voided"
    again = {"bidder": "a", "ground": "", "reason": ""}
    assert book.refuses(OWNER, "decide_award", lot="1", **again) == "not_a_candidate"
    decides(book, "b", "voided", "原中标无效，依法从其余候选人中确定")
    assert book.refuses(OWNER, "fail_lot", lot="1", ground="unlawful", reason="x") == "lot_not_open"


def test_clause_5_5_1_a_lot_without_candidates_fails_or_is_tendered_again() -> None:
    all_out = tuple(Rejection("1", name, Reason.F, "未响应") for name in "abcd")
    book = reported(EvaluationReport((), all_out, ("1",), "cd" * 32))
    assert lot(book).status == "no_candidates"
    assert book.refuses(OWNER, "publish_candidates", lot="1", days=3) == "no_candidates"
    book.says(OWNER, "fail_lot", lot="1", ground="all_rejected", reason="全部投标被否决")
    assert lot(book).status == "failed"
    assert lot(book, A).own.result == "rejected"
    assert book.refuses(OWNER, "fail_lot", lot="1", ground="unlawful", reason="x") == "lot_not_open"


def test_clause_5_5_1_nobody_says_that_none_is_left_while_there_is_one() -> None:
    book = deciding()
    assert (
        book.refuses(OWNER, "fail_lot", lot="1", ground="no_candidate_left", reason="x") == "candidates_left"
    )


def test_clause_5_5_1_findings_are_for_committee_and_supervision_alone() -> None:
    book = public()
    for who in (PUBLIC, OWNER, EXPERT, A, D, person("host", Role.HOST)):
        assert book.view(who).findings == []
    for who in (REGULATOR, person("supervisor", Role.SUPERVISOR)):
        assert [one.code for one in book.view(who).findings] == ["over_ceiling"]
    assert lot(book, A).rejections == []
    assert [one.reason for one in lot(book, D).rejections] == ["e"]


def test_clause_5_5_1_nobody_outside_knows_a_rank_before_the_candidates_are_published() -> None:
    book = reported()
    for who in (PUBLIC, EXPERT, A, D, STRANGER):
        shown = lot(book, who)
        assert (shown.ranking, shown.candidates, shown.rejections, book.view(who).report) == ([], [], [], "")
    assert lot(book, A).own.result == lot(book, D).own.result == "pending"
    assert len(lot(book, OWNER).ranking) == 3


def test_clause_5_5_1_only_this_tenders_own_procuring_entity_awards_it() -> None:
    book = reported()
    assert book.refuses(STRANGER, "publish_candidates", lot="1", days=3) == "not_permitted"
    assert book.refuses(A, "publish_candidates", lot="1", days=3) == "not_permitted"
    assert lot(book, STRANGER).may == []
    assert book.refuses(OWNER, "publish_candidates", lot="7", days=3) == "award_not_begun"


def test_notices_are_read_by_whom_they_name_and_by_who_supervises() -> None:
    book = deciding()
    decides(book, "a")
    notices(book)
    mine = lot(book, B).papers[0]
    assert (mine.kind, mine.bidder) == ("result_notice", "b")
    readers = {
        who.party for who in (A, B, OWNER, REGULATOR, STRANGER, PUBLIC) if _reads(book, who, mine.sha256)
    }
    assert readers == {"b", "owner", "regulator"}
    assert book.note(c.NoteNotices("1", 1, ())) == []


def _reads(book: MatterBook, who: Any, sha256: str) -> bool:
    return AWARD.may_read(book.state, who, sha256)


def test_a_lot_that_is_awarded_twice_in_a_minute_is_awarded_once() -> None:
    book = deciding()
    decides(book, "a")
    book.after(MINUTE)
    again = {"bidder": "a", "ground": "", "reason": ""}
    assert book.refuses(OWNER, "decide_award", lot="1", **again) == "lot_not_open"
