"""Clauses 6.2 and 6.3 told: calls, public questions, and a complaint on its way from its receipt to the files."""

from __future__ import annotations

from typing import Any

import pytest

from hall.errors import NotPermitted, Refused
from hall.procurement.matter import PUBLIC, Look
from hall.procurement.parties import Actor, Role
from hall.runtime.matter import States
from hall.runtime.supervision_letters import supervision_letters
from hall.runtime.supervision_matter import SUPERVISION
from hall.supervision import commands as c
from hall.supervision import events as e
from hall.supervision.acts import RIGHTS
from hall.supervision.decide import refusal
from hall.supervision.terms import About, Against, Kind, Reason, Step
from hall.supervision.views import may_fetch_bundle
from tests.matterbook import DAY, HOUR, START, MatterBook, person

BIDDER = person("jia", Role.BIDDER, name="甲公司")
OTHER = person("yi", Role.BIDDER, name="乙公司")
ENTITY = person("owner", Role.PROCURING_ENTITY, name="王业主")
ANOTHER_ENTITY = person("elsewhere", Role.PROCURING_ENTITY, name="别处")
REGULATOR = person("bureau", Role.REGULATOR, name="赵处长")
OFFICER = person("bureau-2", Role.REGULATOR, name="钱科长")
CENTRE = person("centre", Role.TRADING_CENTRE, name="孙中心")
FILE, RECORDING, LIST = "11" * 32, "22" * 32, "33" * 32
SALT = "ab" * 16
DEADLINE = START + 30 * DAY
MONDAY = START + 4 * DAY
"""5 January 2026, 8:00 in Shanghai."""


def opened(law: str = "bidding_law") -> MatterBook:
    book = MatterBook(SUPERVISION, now=MONDAY)
    book.note(c.NoteTender(law, DEADLINE, ("owner",)))
    return book


def files(book: MatterBook, who: Look, kind: str = "complaint", about: str = "other", **changed: Any) -> Any:
    """Somebody brings something forward; gives what the hall has taken down."""
    body = {
        "salt": SALT,
        "about": about,
        "against": "procuring_entity",
        "against_party": "owner",
        "knew_at": book.now - HOUR,
        "prior": 0,
        "files": [FILE],
        "name": "甲公司",
        "contact": "13800000000",
        "facts": "评分标准与公告不一致。",
        "demands": "请求更正。",
        **changed,
    }
    lot = body.pop("lot", "")
    return book.says(who, f"file_{kind}", lot=lot, **body)


def by_code(
    book: MatterBook, kind: Kind = Kind.COMPLAINT, about: About = About.OTHER, **changed: Any
) -> list[Any]:
    """Somebody without an account brings something forward."""
    given: dict[str, Any] = {
        "against": Against.PROCURING_ENTITY,
        "against_party": "",
        "lot": "",
        "knew_at": book.now,
        "prior": 0,
        "files": (),
        "named": True,
        "statement": f"{len(book.state.cases) + 1:064x}",
        "code": c.Code("ab" * 16, "cd" * 32),
        **changed,
    }
    return book.note(c.FileCase(kind=kind, about=about, act=None, **given))


def assign(book: MatterBook, case: int = 1, officer: Look = OFFICER) -> list[Any]:
    named = {"party": officer.party, "name": officer.name, "certificate": officer.certificate}
    return book.says(REGULATOR, "assign_case", case=case, officers=[named], text="由二科办理")


def decides(
    book: MatterBook, who: Look, act: str = "decide_case", case: int = 1, **changed: Any
) -> list[Any]:
    said = {
        "result": "upheld",
        "basis": "招标投标法实施条例第二十三条",
        "text": "责令改正。",
        "files": [FILE],
    }
    return book.says(who, act, case=case, **{**said, **changed})


def investigated() -> MatterBook:
    """A complaint up to its investigation."""
    book = opened()
    files(book, BIDDER)
    book.after(HOUR).says(REGULATOR, "accept_case", case=1, text="予以受理")
    assign(book)
    book.after(DAY).says(OFFICER, "record_investigation", case=1, text="已调取评标录像", files=[FILE])
    return book


def test_clause_6_3_a_complaint_goes_from_its_receipt_to_the_files_in_the_order_of_the_steps():
    book = opened()
    (filed,) = files(book, BIDDER)
    assert (filed.case, filed.party, filed.late, filed.act.body) == (1, "jia", False, None)
    assert book.refuses(REGULATOR, "assign_case", case=1, officers=[], text="") == "malformed_act"
    assert decide_refused(book, REGULATOR) == "case_step_order"
    book.says(REGULATOR, "accept_case", case=1, text="予以受理")
    assert book.refuses(REGULATOR, "record_investigation", case=1, text="x", files=[]) == "case_step_order"
    assign(book)
    assert book.refuses(REGULATOR, "record_investigation", case=1, text="x", files=[]) == "not_assigned"
    assert decide_refused(book, OFFICER) == "case_step_order"
    book.says(OFFICER, "record_investigation", case=1, text="已询问评标委员会", files=[FILE])
    assert book.refuses(OFFICER, "feed_back_case", case=1, text="x") == "case_step_order"
    decides(book, OFFICER)
    assert book.refuses(OFFICER, "archive_case", case=1, number="x") == "case_step_order"
    book.says(OFFICER, "feed_back_case", case=1, text="已送达投诉人和被投诉人")
    book.says(OFFICER, "archive_case", case=1, number="YQ-2026-T7")
    book.says(BIDDER, "rate_case", case=1, stars=4, text="处理及时")
    assert book.refuses(BIDDER, "rate_case", case=1, stars=5, text="") == "rated_already"
    (case,) = book.view(REGULATOR).cases
    taken = ["filed", "accepted", "assigned", "investigated", "decided", "fed_back", "archived"]
    assert [step.what for step in case.steps] == taken
    assert (case.result, case.stars, case.due, case.may) == ("upheld", 4, None, [])


def decide_refused(book: MatterBook, who: Look) -> str:
    return book.refuses(who, "decide_case", case=1, result="upheld", basis="x", text="x", files=[])


def test_clause_6_3_limits_count_working_days_warn_and_tell_the_next_higher_when_they_pass():
    book = opened()
    book.note(c.TakeCalendar(("2026-01-06",), ("2026-01-10",)))
    files(book, BIDDER)
    due = START + 7 * DAY + 16 * HOUR  # Tuesday is a holiday: Wednesday, Thursday, Friday
    assert book.view(REGULATOR).cases[0].due == due + DAY
    assert book.view(REGULATOR).cases[0].light == "green"
    book.at(due + DAY - HOUR)
    assert (book.view(REGULATOR).cases[0].light, book.view(REGULATOR).cases[0].days_left) == ("amber", 0)
    book.at(due + DAY)
    near, passed = book.events[-2:]
    assert near == e.LimitNear(1, 0, Step.ACCEPT, due + DAY)
    assert passed == e.LimitPassed(1, 0, Step.ACCEPT, due + DAY)
    assert book.view(REGULATOR).cases[0].light == "red"
    book.says(REGULATOR, "accept_case", case=1, text="予以受理")
    assert book.view(REGULATOR).cases[0].steps[-1].late
    assert book.view().counts.kinds[2].late == 1


def test_clause_6_3_time_for_tests_and_appraisal_does_not_count():
    book = investigated()
    due = book.view(OFFICER).cases[0].due
    book.says(OFFICER, "stop_case_clock", case=1, text="委托司法鉴定")
    assert book.view(OFFICER).cases[0].due is None
    assert decide_refused(book, OFFICER) == "clock_stands"
    book.after(7 * DAY).says(OFFICER, "run_case_clock", case=1, text="鉴定结束")
    assert book.view(OFFICER).cases[0].due == due + 7 * DAY  # five working days and their weekend


def test_clause_6_3_an_anonymous_complaint_is_refused_with_the_reason_and_kept_as_information():
    book = opened()
    filed, refused = by_code(book, named=False)
    assert (filed.named, refused.reason, refused.act) == (False, Reason.UNNAMED, None)
    (case,) = book.view(REGULATOR).cases
    assert (case.stage, case.flags, case.readable) == ("refused", ["unnamed", "unsigned"], True)
    book.says(REGULATOR, "archive_case", case=1, number="线索-1")


def test_clause_6_3_who_filed_without_an_account_adds_files_until_it_is_ended():
    book = opened()
    by_code(book, files=(FILE,))
    more = tuple(f"{n:064x}" for n in range(20))
    with pytest.raises(Refused, match="too_many_files"):
        book.note(c.AddFiles(1, more))
    assert book.note(c.AddFiles(1, (FILE, *more[:2])))[0].act is None
    assert book.note(c.AddFiles(1, more[:2])) == []
    assert book.view(REGULATOR).cases[0].files == [FILE, *more[:2]]
    assert SUPERVISION.may_read(book.state, REGULATOR, more[0])
    assert not SUPERVISION.may_read(book.state, BIDDER, more[0])
    files(book, BIDDER)
    with pytest.raises(NotPermitted, match="not_your_case"):
        book.note(c.AddFiles(2, more[:1]))


def test_clause_6_3_who_signed_what_it_brought_forward_adds_files_by_its_signature():
    book = opened()
    files(book, BIDDER)
    more = tuple(f"{n:064x}" for n in range(2))
    assert book.view(BIDDER).cases[0].may == ["add_case_files", "withdraw_case"]
    added = book.says(BIDDER, "add_case_files", case=1, files=[FILE, *more])
    assert added[0].act is not None and added[0].files == (FILE, *more)
    assert book.says(BIDDER, "add_case_files", case=1, files=list(more)) == [], "they are there"
    assert book.view(REGULATOR).cases[0].files[-2:] == list(more)
    assert SUPERVISION.may_read(book.state, BIDDER, more[0])
    assert book.refuses(OTHER, "add_case_files", case=1, files=[FILE]) == "not_your_case"
    assert book.refuses(BIDDER, "add_case_files", case=1, files=[]) == "malformed_act"
    book.says(BIDDER, "withdraw_case", case=1, text="已协商解决")
    assert book.refuses(BIDDER, "add_case_files", case=1, files=[FILE]) == "case_step_order"


def test_clause_6_3_what_needs_an_objection_first_is_no_complaint_without_one():
    book = opened()
    refused = files(book, BIDDER, about="documents")[-1]
    assert (refused.reason, refused.act) == (Reason.OBJECTION_FIRST, None)
    files(book, BIDDER, kind="objection", about="documents")
    assert refuses_filing(book, BIDDER, about="documents", prior=2) == "answer_awaited"
    decides(book, ENTITY, "answer_case", 2, result="rejected")
    book.after(HOUR)
    assert refuses_filing(book, OTHER, about="documents", prior=2) == "no_such_case"
    assert len(files(book, BIDDER, about="documents", prior=2)) == 1
    assert files(book, BIDDER, about="candidates", prior=2)[-1].reason is Reason.OBJECTION_FIRST


def refuses_filing(book: MatterBook, who: Look, **changed: Any) -> str:
    try:
        files(book, who, **changed)
    except Exception as error:
        return str(getattr(error, "code", error))
    raise AssertionError("it was not refused")


def test_clause_6_3_an_overdue_answer_opens_the_way_to_a_complaint_and_is_told():
    book = opened()
    book.note(c.NotePublicity("1", MONDAY, MONDAY + 3 * DAY))
    files(book, BIDDER, kind="objection", about="candidates")
    book.after(5 * DAY)
    assert book.events[-1].step is Step.ANSWER
    assert len(files(book, BIDDER, about="candidates", prior=1)) == 1


def test_clause_6_3_an_objection_at_the_opening_is_made_there_and_then_a_complaint_is_open():
    book = opened()
    assert refuses_filing(book, BIDDER, kind="objection", about="opening") == "objection_on_the_spot"
    assert files(book, BIDDER, about="opening")[-1].reason is Reason.OBJECTION_FIRST
    book.note(c.NoteOpeningObjection("1", "jia"))
    assert book.note(c.NoteOpeningObjection("1", "jia")) == []
    assert len(files(book, BIDDER, about="opening", lot="1")) == 1


def test_clause_6_3_an_objection_in_time_suspends_until_it_is_answered():
    book = opened()
    book.note(c.NotePublicity("1", MONDAY, MONDAY + 3 * DAY))
    files(book, BIDDER, kind="objection", about="candidates", lot="1")
    assert book.state.suspended == "objection-1"
    assert book.state.result_objections == (("objection-1", "1", True),)
    decides(book, ENTITY, "answer_case", result="rejected")
    assert book.state.suspended == ""
    assert book.state.result_objections == (("objection-1", "1", False),)
    book.after(4 * DAY)
    (late,) = files(book, BIDDER, kind="objection", about="candidates", lot="1")
    assert late.late
    assert book.state.suspended == ""
    book.says(ENTITY, "refuse_case", case=2, reason="late", text="公示期已满")


def test_clause_6_3_candidates_that_are_not_public_give_nobody_a_way_to_stop_the_procedure():
    book = opened()
    filing: dict[str, Any] = {"kind": "objection", "about": "candidates"}
    assert refuses_filing(book, BIDDER, **filing) == "candidates_not_public"
    book.note(c.NotePublicity("1", MONDAY, MONDAY + 3 * DAY))
    assert refuses_filing(book, BIDDER, **filing, lot="2") == "candidates_not_public"
    assert book.state.suspended == ""
    assert len(files(book, BIDDER, **filing, lot="1")) == 1


def test_clause_6_3_what_nobody_signed_suspends_only_once_it_is_accepted():
    book = opened()
    book.note(c.NotePublicity("1", MONDAY, MONDAY + 3 * DAY))
    by_code(book, Kind.OBJECTION, About.CANDIDATES)
    assert book.state.suspended == ""
    book.says(ENTITY, "accept_case", case=1, text="与公示有利害关系")
    assert book.state.suspended == "objection-1"


def test_clause_6_3_the_regulator_suspends_and_lifts_and_a_decision_ends_it():
    book = investigated()
    assert book.refuses(OFFICER, "lift_suspension", case=1, text="x") == "not_suspended_by_it"
    book.says(OFFICER, "order_suspension", case=1, text="可能影响中标结果")
    assert book.state.suspended == "complaint-1"
    assert book.refuses(OFFICER, "order_suspension", case=1, text="x") == "suspended_already"
    book.says(OFFICER, "lift_suspension", case=1, text="不影响")
    assert book.state.suspended == ""
    book.says(OFFICER, "order_suspension", case=1, text="新证据")
    decides(book, OFFICER)
    assert book.state.suspended == ""


def test_clause_6_3_under_procurement_law_challenges_have_their_own_days_and_a_suspension_lapses():
    book = opened("procurement_law")
    assert refuses_filing(book, BIDDER, kind="objection", about="documents") == "other_law"
    files(book, BIDDER, kind="challenge", about="documents")
    assert book.state.suspended == ""
    assert book.view(ENTITY).cases[0].due == MONDAY + 9 * DAY + 16 * HOUR  # the seventh working day is over
    assert files(book, BIDDER)[-1].reason is Reason.OBJECTION_FIRST
    decides(book, ENTITY, "answer_case", result="rejected")
    files(book, BIDDER, prior=1)
    book.says(REGULATOR, "accept_case", case=3, text="予以受理")
    book.says(REGULATOR, "order_suspension", case=3, text="暂停采购活动")
    book.after(30 * DAY)
    assert book.state.suspended == ""
    assert next(one for one in book.events if isinstance(one, e.CaseSuspendsNoMore)).act is None


def test_clause_6_3_nobody_handles_a_complaint_against_itself():
    book = opened()
    files(book, BIDDER, against="regulator", against_party="bureau")
    assert book.refuses(REGULATOR, "accept_case", case=1, text="x") == "own_case"
    act = book.act(REGULATOR, "accept_case", case=1, text="x")
    noted = refusal(c.AcceptCase(1, "x", act), Actor(Role.REGULATOR, "bureau", "", ""), "own_case")
    assert noted == e.HandlingRefused(1, "regulator:bureau", "own_case", act.body_digest)
    book.says(OFFICER, "accept_case", case=1, text="由上级指定办理")
    named = {"party": "bureau", "name": "赵处长", "certificate": REGULATOR.certificate}
    assert book.refuses(OFFICER, "assign_case", case=1, officers=[named], text="") == "own_case"
    with pytest.raises(NotPermitted, match="not_your_case"):
        book.says(ENTITY, "accept_case", case=1, text="x")


def test_clause_6_3_recordings_are_held_and_the_history_is_attached_while_a_complaint_is_open():
    book = investigated()
    book.note(c.NoteHeld(1, True))
    book.note(c.NoteEvidence(1, 42, "44" * 32, LIST, 3))
    assert book.note(c.NoteHeld(1, True)) == book.note(c.NoteEvidence(1, 43, "55" * 32, LIST, 3)) == []
    (case,) = book.view(OFFICER).cases
    assert (case.held, case.evidence.size, case.evidence.listing) == (True, 42, LIST)
    assert (case.evidence.bundle, may_fetch_bundle(book.state, REGULATOR, 1)) == ("", False)
    assert book.note(c.NoteBundle(1, "66" * 32, 1_000, 6))
    assert book.note(c.NoteBundle(1, "77" * 32, 1_000, 51)) == []
    assert book.view(OFFICER).cases[0].evidence.bundle == "66" * 32
    assert may_fetch_bundle(book.state, REGULATOR, 1)
    assert not any(may_fetch_bundle(book.state, who, 1) for who in (BIDDER, ENTITY))
    decides(book, OFFICER)
    book.note(c.NoteReleased(1))
    assert book.note(c.NoteReleased(1)) == []
    assert not book.view(OFFICER).cases[0].held
    assert SUPERVISION.may_read(book.state, REGULATOR, LIST)
    assert not SUPERVISION.may_read(book.state, BIDDER, LIST)


def test_clause_6_3_who_complains_may_take_it_back_and_the_same_is_handled_once():
    book = opened()
    files(book, BIDDER)
    files(book, OTHER)
    files(book, BIDDER)
    assert book.refuses(REGULATOR, "merge_case", case=2, into=2, text="x") == "not_the_same_case"
    book.says(REGULATOR, "merge_case", case=2, into=1, text="同一事项合并处理")
    with pytest.raises(NotPermitted, match="not_your_case"):
        book.says(OTHER, "withdraw_case", case=3, text="撤回")
    book.says(BIDDER, "withdraw_case", case=3, text="已沟通解决")
    assert book.refuses(REGULATOR, "accept_case", case=3, text="x") == "case_step_order"
    counted = book.view().counts.kinds[2]
    assert (counted.filed, counted.merged, counted.withdrawn, counted.open) == (3, 1, 1, 1)


def test_clause_6_3_who_complained_is_nobodys_but_the_handling_authoritys():
    book = opened()
    (filed,) = files(book, BIDDER)
    seen = {
        who.party or "public": book.view(who) for who in (PUBLIC, OTHER, ENTITY, CENTRE, BIDDER, REGULATOR)
    }
    assert {who: len(view.cases) for who, view in seen.items()} == {
        "public": 0, "yi": 0, "owner": 0, "centre": 0, "jia": 1, "bureau": 1,
    }  # fmt: skip
    book.says(REGULATOR, "accept_case", case=1, text="予以受理")
    (case,) = book.view(ENTITY).cases
    assert (case.readable, case.files, case.mine) == (False, [], False)
    assert not SUPERVISION.may_read(book.state, ENTITY, FILE)
    assert filed.statement not in repr(book.view(REGULATOR))
    for who in (PUBLIC, OTHER, ENTITY, CENTRE):
        assert "jia" not in repr(book.view(who)).replace("procuring_entity", "")


def test_clause_6_2_a_public_question_is_answered_with_reasons_and_published_with_who_and_when():
    book = opened()
    book.note(c.AskQuestion("77" * 32, c.Code("ab" * 16, "cd" * 32)))
    assert book.view().questions == []
    assert [one.state for one in book.view(CENTRE).questions] == ["waiting"]
    book.after(HOUR).says(
        CENTRE,
        "answer_question",
        question=1,
        words="某投标人业绩是否属实？",
        redacted=True,
        text="经核实属实，理由：……",
    )
    (shown,) = book.view().questions
    assert (shown.words, shown.redacted, shown.by, shown.at) == (
        "某投标人业绩是否属实？",
        True,
        "孙中心",
        book.now,
    )
    said = {"question": 1, "words": "x", "redacted": False, "text": "x"}
    assert book.refuses(CENTRE, "answer_question", **said) == "public_question_answered"
    assert book.refuses(CENTRE, "answer_question", **{**said, "question": 9}) == "no_such_question"
    book.note(c.AskQuestion("88" * 32, c.Code("ab" * 16, "ce" * 32)))
    book.says(REGULATOR, "refuse_question", question=2, reason="abusive", text="")
    assert len(book.view().questions) == 1
    book.note(c.AskQuestion("99" * 32, c.Code("ab" * 16, "cf" * 32)))
    book.after(8 * DAY)
    assert book.events[-1] == e.LimitPassed(0, 3, Step.ANSWER, book.events[-1].due)


def test_clause_6_2_a_call_to_the_hotline_is_logged_with_its_recording_and_its_words_withheld():
    book = opened()
    (logged,) = call(book)
    assert (logged.by, logged.recording, logged.act.body) == ("孙中心", RECORDING, None)
    assert [one.call for one in book.view(CENTRE).calls] == [1]
    assert book.view(ENTITY).calls == book.view(BIDDER).calls == book.view().calls == []
    assert SUPERVISION.may_read(book.state, REGULATOR, RECORDING)
    assert not SUPERVISION.may_read(book.state, ENTITY, RECORDING)
    assert book.view().counts.calls == 1


def call(book: MatterBook, **changed: Any) -> list[Any]:
    body = {
        "salt": SALT,
        "at": book.now - HOUR,
        "topic": "result",
        "outcome": "answered",
        "recording": RECORDING,
        "case": 0,
        "caller": "李某",
        "phone": "13900000000",
        "said": "询问中标结果。",
        "answer": "已告知公示地址。",
    }
    return book.says(CENTRE, "log_hotline_call", **{**body, **changed})


def test_another_tenders_procuring_entity_answers_and_sees_nothing_here():
    book = opened()
    files(book, BIDDER, kind="objection", about="documents")
    assert book.view(ANOTHER_ENTITY).cases == []
    with pytest.raises(NotPermitted, match="not_your_case"):
        decides(book, ANOTHER_ENTITY, "answer_case")
    assert book.view(ENTITY).cases[0].readable


def test_every_act_has_a_body_and_somebody_who_may_send_it():
    assert SUPERVISION.shapes.keys() == RIGHTS.keys()


def test_clause_6_3_who_has_to_answer_is_told_and_who_asked_learns_the_end():
    book = opened()
    files(book, BIDDER, kind="objection", about="documents")
    book.after(7 * DAY)
    decides(book, ENTITY, "answer_case")
    states = States("T-1", None, None, {"supervision": book.state})
    told = {(letter.kind, letter.party) for letter in supervision_letters(states)}
    assert told == {("case_waits", "owner"), ("case_overdue", "owner"), ("case_ended", "jia")}
    assert not any("jia" in repr(one) for one in supervision_letters(states) if one.party != "jia")


def test_clause_6_3_a_complaint_is_told_to_the_regulators_office_and_to_the_officer_who_is_named():
    book = opened()
    files(book, BIDDER)
    offices = {Role.REGULATOR: ("regulator", "regulator-2")}

    def told() -> set[tuple[str, str]]:
        matters = {"supervision": book.state}
        states = States("T-1", None, None, matters, holders=lambda role: offices.get(role, ()))
        return {(letter.kind, letter.party) for letter in supervision_letters(states)}

    assert told() == {("complaint_waits", "regulator"), ("complaint_waits", "regulator-2")}
    book.after(20 * DAY)
    late = {("case_overdue", "regulator"), ("case_overdue", "regulator-2")}
    assert late <= told()
    book.says(REGULATOR, "accept_case", case=1, text="受理")
    officer = {"party": "regulator-2", "name": "陈某", "certificate": "ab" * 32}
    book.says(REGULATOR, "assign_case", case=1, officers=[officer], text="")
    assert {kind for kind, party in told() if party == "regulator-2"} >= {"case_assigned"}
    assert ("case_assigned", "regulator") not in told()
    offices[Role.REGULATOR] = ("regulator", "regulator-2", "jia")
    assert not any(party == "jia" for _, party in told()), "nobody whom it concerns"
