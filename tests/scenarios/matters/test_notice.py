"""A tender is prepared, filed and published, supplemented, and cancelled: clauses 4.10, 5.1 and 5.2.2 told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hall.errors import Refused
from hall.procurement.evaluation import EvaluationRules
from hall.procurement.least import CENTRE as CENTRES
from hall.procurement.matter import Look
from hall.procurement.parties import REQUIRED, Role
from hall.procurement.tender import MINUTE, Mode, Remedy, RuleSet
from hall.runtime.notice_matter import NOTICE
from hall.tendering.notice import commands as c
from hall.tendering.notice.missing import staff_certificates
from hall.tendering.notice.plan import Booked, Item
from tests.matterbook import DAY, HOUR, START, MatterBook, person

AGENCY = person("agency", Role.PROCURING_ENTITY)
OTHER = person("other", Role.PROCURING_ENTITY)
CENTRE = person("centre", Role.TRADING_CENTRE)
BIDDER = person("anhui-1", Role.BIDDER)
BEGIN = START + HOUR
DEADLINE = BEGIN + 25 * DAY + 9 * HOUR
FACE: dict[str, Any] = {
    "name": "城东小学新建工程",
    "number": "2026-001",
    "category": "works",
    "region": "合肥市",
    "procuring_entity": "城东区教育局",
    "entity_code": "11350100M000100Y4B",
    "agency": "安信招标代理",
    "suite": "INTL",
    "makers": [],
}
LOT: dict[str, Any] = {
    "lot": "lot-1",
    "name": "土建",
    "price_ceiling": "8000000.00",
    "columns": [],
    "alternatives": 1,
}
RULES: dict[str, Any] = {
    "procedure_law": "bidding_law",
    "procurement_method": "open_tendering",
    "custody": "",
}
TIMES: dict[str, Any] = {
    "documents_from": BEGIN,
    "documents_until": BEGIN + 6 * DAY,
    "bid_deadline": DEADLINE,
    "place": "",
}
CRITERIA: dict[str, Any] = {
    "method": "weighted_scoring",
    "criteria": [
        {"key": one.key, "title": one.title, "kind": one.kind.value, "points": one.points, "text": one.text}
        for one in EvaluationRules().criteria
    ],
    "committee": 5,
    "representatives": 1,
    "candidates": 3,
    "publicity_days": 3,
    "low_price_flag": 15,
}
FILING: dict[str, Any] = {
    "number": "备2026-17",
    "authority": "区公共资源交易监督管理局",
    "compiled_by": "安信招标代理 王某",
    "filed_by": "交易中心 李某",
    "filed_at": START,
    "paper": "",
}


def ticks(*without: Item) -> list[dict[str, str]]:
    return [
        {"item": item, "text": f"关于{item}的约定", "in_notice": "第三条", "in_documents": "第二章 5.1"}
        for item in Item
        if item not in without
    ]


def posts() -> list[dict[str, str]]:
    return [
        {
            "role": role,
            "party": f"staff-{role}",
            "name": f"{role}先生",
            "unit": "交易中心",
            "certificate": person(f"staff-{role}").certificate,
        }
        for role in REQUIRED
    ]


def looked_up(book: MatterBook, *unknown: str) -> None:
    """What the hall does by itself: it looks the certificates of staff up."""
    wanted = staff_certificates((*book.state.staff, *book.state.deputies))
    book.note(c.NoteCertificates(tuple(sorted(wanted)), unknown))


def drafted(mode: Mode = Mode.PRODUCTION) -> MatterBook:
    """A draft that lacks nothing but its filing."""
    book = MatterBook(NOTICE)
    book.says(AGENCY, "draft_tender", **FACE)
    book.note(c.NoteHall(mode, taken=False))
    book.says(AGENCY, "set_lots", lots=[LOT])
    book.says(AGENCY, "set_rules", **RULES)
    book.says(
        AGENCY,
        "write_notice",
        title="招标公告",
        text="……",
        open_documents=False,
        consortium=False,
        invited=[],
    )
    book.says(AGENCY, "attach_document", sha256="aa" * 32, title="招标公告", kind="notice", size=9)
    book.says(AGENCY, "attach_document", sha256="bb" * 32, title="招标文件", kind="tender_documents", size=99)
    book.says(AGENCY, "fill_checklist", items=ticks())
    book.says(AGENCY, "set_criteria", **CRITERIA)
    book.says(AGENCY, "appoint_staff", staff=posts(), deputies=[])
    looked_up(book)
    book.says(AGENCY, "schedule_opening", **TIMES)
    return book


def published(mode: Mode = Mode.PRODUCTION) -> MatterBook:
    book = drafted(mode)
    book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
    book.says(AGENCY, "publish_notice", revision=book.state.revision)
    book.note(c.NoteArranged("T-1-opening"))
    return book


def missing(book: MatterBook) -> list[tuple[str, str]]:
    return [(one.step, one.what) for one in book.view(AGENCY).missing]


def test_clause_3_2_who_invites_bids_is_named_with_a_code_that_checks() -> None:
    book = drafted()
    assert (
        book.refuses(AGENCY, "draft_tender", **{**FACE, "entity_code": "11350100M000100Y4C"})
        == "credit_code_wrong"
    )
    book.says(
        AGENCY, "draft_tender", **{name: value for name, value in FACE.items() if name != "entity_code"}
    )
    assert missing(book)[0] == ("tender", "no_entity_code")
    book.says(AGENCY, "draft_tender", **FACE)
    assert missing(book) == [("filing", "not_filed")]
    assert published().view().entity_code == FACE["entity_code"], "anybody reads who invites bids"


def test_clause_3_3_individuals_bid_for_research_alone_where_the_bidding_law_holds() -> None:
    book, gap = drafted(), ("documents", "individuals_in_research_only")
    words: dict[str, Any] = {"title": "公告", "text": "……", "open_documents": False, "consortium": False}
    book.says(AGENCY, "write_notice", invited=[], individuals=True, **words)
    assert gap in missing(book)
    book.says(AGENCY, "draft_tender", **{**FACE, "category": "research"})
    assert gap not in missing(book)
    book.says(AGENCY, "draft_tender", **FACE)
    book.says(AGENCY, "set_rules", **{**RULES, "procedure_law": "procurement_law"})
    assert gap not in missing(book), "a supplier may be a natural person (Government Procurement Law art. 21)"
    assert book.view(AGENCY).individuals and not published().view().individuals


def test_clause_5_3_1_nobody_is_appointed_to_two_openings_at_once() -> None:
    book = drafted()
    clash = Booked("person", "staff-host", "host先生", "T-0-opening")
    book.note(c.NoteClashes((clash, Booked("room", "r1", "一号开标室", "T-0-opening"))))
    assert ("schedule", "person_booked") in missing(book) and ("schedule", "room_booked") in missing(book)
    assert [(one.what, one.other) for one in book.view(AGENCY).clashes] == [
        ("person", "T-0-opening"),
        ("room", "T-0-opening"),
    ]
    assert book.view().clashes == [], "who works where is nobody else's business"
    book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
    assert book.refuses(AGENCY, "publish_notice", revision=book.state.revision) == "notice_incomplete"
    book.note(c.NoteClashes(()))
    book.says(AGENCY, "publish_notice", revision=book.state.revision)

    rehearsed = drafted(Mode.REHEARSAL)
    rehearsed.note(c.NoteClashes((clash,)))
    assert missing(rehearsed) == [("filing", "not_filed")], "shown, and without legal effect it does not bind"


def test_clause_5_1_a_tender_is_drafted_then_filed_then_published() -> None:
    book = drafted()
    assert book.view(AGENCY).stage == "draft"
    assert missing(book) == [("filing", "not_filed")]
    assert book.refuses(AGENCY, "publish_notice", revision=book.state.revision) == "notice_incomplete"
    book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
    shown = book.view(CENTRE)
    assert (shown.stage, shown.missing) == ("filed", [])
    assert shown.filing.compiled_by == FILING["compiled_by"]
    assert shown.filing.filed_by == FILING["filed_by"]
    assert (shown.filing.authority, shown.filing.number) == (FILING["authority"], FILING["number"])
    book.says(CENTRE, "publish_notice", revision=book.state.revision)
    assert book.view().stage == "published"
    assert book.says(AGENCY, "publish_notice", revision=book.state.revision) == []
    assert book.refuses(AGENCY, "set_lots", lots=[LOT]) == "notice_published"


def test_clause_5_1_what_changed_after_the_filing_is_filed_again() -> None:
    book = drafted()
    filed = book.state.revision
    book.says(CENTRE, "file_tender", revision=filed, **FILING)
    book.says(AGENCY, "set_lots", lots=[{**LOT, "price_ceiling": "7000000.00"}])
    assert (book.view(AGENCY).stage, missing(book)) == ("draft", [("filing", "changed_since_filing")])
    assert book.refuses(AGENCY, "publish_notice", revision=book.state.revision) == "notice_incomplete"
    assert book.refuses(AGENCY, "publish_notice", revision=filed) == "draft_changed"
    assert book.refuses(CENTRE, "file_tender", revision=filed, **FILING) == "draft_changed"
    assert book.says(AGENCY, "set_lots", lots=[{**LOT, "price_ceiling": "7000000.00"}]) == []
    book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
    assert book.says(AGENCY, "publish_notice", revision=book.state.revision)


def test_clause_4_10_nothing_is_published_before_every_item_is_ticked() -> None:
    book = drafted()
    for item in Item:
        book.says(AGENCY, "fill_checklist", items=ticks(item))
        book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
        assert missing(book) == [("checklist", item.value)]
        assert book.refuses(AGENCY, "publish_notice", revision=book.state.revision) == "notice_incomplete"
    book.says(AGENCY, "fill_checklist", items=ticks())
    book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
    assert book.says(AGENCY, "publish_notice", revision=book.state.revision)


def test_clause_4_10_both_documents_are_attached_before_the_publication() -> None:
    book = drafted()
    for sha256, kind in (("aa" * 32, "notice"), ("bb" * 32, "tender_documents")):
        book.says(AGENCY, "remove_document", sha256=sha256)
        book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
        assert missing(book) == [("documents", f"no_{kind}")]
        assert book.refuses(AGENCY, "publish_notice", revision=book.state.revision) == "notice_incomplete"
        book.says(AGENCY, "attach_document", sha256=sha256, title=kind, kind=kind, size=9)
    again = book.says(AGENCY, "attach_document", sha256="cc" * 32, title="notice", kind="notice", size=9)
    assert again[0].document.version == 2


def test_a_file_that_is_there_as_something_else_is_refused_aloud() -> None:
    book = drafted()
    same = {"sha256": "aa" * 32, "size": 9}
    assert book.says(AGENCY, "attach_document", **same, title="招标公告", kind="notice") == []
    as_another = {**same, "title": "招标文件", "kind": "tender_documents"}
    assert book.refuses(AGENCY, "attach_document", **as_another) == "document_there_already"


def test_a_draft_is_seen_by_its_makers_and_the_trading_centre_alone() -> None:
    book = drafted()
    nothing = MatterBook(NOTICE).view(BIDDER)
    assert book.view(BIDDER) == nothing
    assert book.view(OTHER).stage == "none"
    assert book.refuses(OTHER, "set_lots", lots=[LOT]) == "not_permitted"
    assert book.refuses(BIDDER, "set_lots", lots=[LOT]) == "not_permitted"
    assert book.view(CENTRE).name == FACE["name"]
    for who, reads in ((AGENCY, True), (CENTRE, True), (OTHER, False), (BIDDER, False)):
        assert NOTICE.may_read(book.state, who, "aa" * 32) is reads
    book.says(AGENCY, "draft_tender", **{**FACE, "makers": ["other"]})
    assert book.view(OTHER).stage == "draft"


def test_the_published_notice_is_for_all_and_the_documents_for_who_registers() -> None:
    book = published()
    shown = book.view()
    assert (shown.stage, shown.published_at) == ("published", START)
    assert NOTICE.may_read(book.state, BIDDER, "aa" * 32)
    assert not NOTICE.may_read(book.state, BIDDER, "bb" * 32)
    assert [one.readable for one in shown.documents] == [True, False]
    assert (shown.staff, shown.filing, shown.makers) == ([], None, [])


def test_clause_5_2_1_documents_for_anybody_are_given_out_in_the_time_that_the_notice_names() -> None:
    book = drafted()
    words: dict[str, Any] = {"title": "招标公告", "text": "……", "consortium": False, "invited": []}
    book.says(AGENCY, "write_notice", open_documents=True, **words)
    book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
    book.says(AGENCY, "publish_notice", revision=book.state.revision)
    assert NOTICE.may_read(book.state, BIDDER, "bb" * 32)

    def given(sha256: str, who: Look, at: int) -> str:
        try:
            NOTICE.check_given(book.state, who, sha256, at)
        except Refused as refused:
            return refused.code
        return ""

    begin, until = BEGIN, BEGIN + 6 * DAY
    at = (begin - 1, begin, until - 1, until)
    assert [given("bb" * 32, BIDDER, one) for one in at] == ["documents_not_yet", "", "", "documents_no_more"]
    assert [given("bb" * 32, AGENCY, one) for one in at] == [""] * 4
    assert [given("aa" * 32, BIDDER, one) for one in at] == [""] * 4, "the notice itself is always there"


def test_staff_have_certificates_that_the_hall_knows() -> None:
    book = drafted()
    strange = person("stranger").certificate
    book.says(
        AGENCY,
        "appoint_staff",
        staff=posts(),
        deputies=[{"role": "clerk", "party": "x", "name": "x", "unit": "", "certificate": strange}],
    )
    assert ("staff", "certificates_not_looked_at") in missing(book)
    looked_up(book, strange)
    assert ("staff", "certificate_unknown") in missing(book)
    book.says(AGENCY, "appoint_staff", staff=posts()[1:], deputies=[])
    looked_up(book)
    assert ("staff", f"post_{REQUIRED[0]}") in missing(book)


def test_the_law_gives_bidders_twenty_days_and_the_article_is_named() -> None:
    book = drafted()
    short: dict[str, Any] = {**TIMES, "bid_deadline": BEGIN + 20 * DAY - 1}
    assert book.refuses(AGENCY, "schedule_opening", **short) == "documents_to_deadline"
    brief: dict[str, Any] = {**TIMES, "documents_until": BEGIN + 4 * DAY}
    assert book.refuses(AGENCY, "schedule_opening", **brief) == "documents_offered"
    least = [(one.minimum, one.article, one.kept) for one in book.view(AGENCY).minima]
    assert least == [
        ("documents_to_deadline", "《招标投标法》第二十四条", True),
        ("documents_offered", "《招标投标法实施条例》第十六条", True),
    ]
    book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
    book.at(BEGIN + 6 * DAY)  # what was filed in time is published too late
    assert book.refuses(AGENCY, "publish_notice", revision=book.state.revision) == "documents_to_deadline"


def test_the_laws_working_days_are_those_of_the_trading_centre() -> None:
    book = drafted()
    book.says(AGENCY, "set_rules", **{**RULES, "procedure_law": "procurement_law"})
    # Thursday, 1 January 2026: five working days after it end on Thursday the 8th, by weekends alone.
    week = {**TIMES, "documents_until": START + 8 * DAY}
    book.says(AGENCY, "schedule_opening", **week)
    off, worked = ("2026-01-01", "2026-01-02", "2026-01-05"), ("2026-01-04",)
    assert book.note(c.TakeCalendar(off, worked))
    assert book.note(c.TakeCalendar(off, worked)) == []
    assert ("schedule", "documents_offered") in missing(book)
    assert book.refuses(AGENCY, "schedule_opening", **week) == "documents_offered"
    book.note(c.TakeCalendar((), ("2026-01-03", "2026-01-04")))
    assert ("schedule", "documents_offered") not in missing(book)


def test_a_draft_whose_time_has_begun_shows_what_its_publication_would_refuse() -> None:
    book = drafted()
    book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
    assert missing(book) == []
    book.at(BEGIN + 6 * DAY)
    assert ("schedule", "documents_to_deadline") in missing(book)


def test_a_new_draft_begins_with_the_centres_rules_and_gives_no_less() -> None:
    book = MatterBook(NOTICE)
    book.says(AGENCY, "draft_tender", **FACE)
    ninety = replace(RuleSet(), decryption_window=90 * MINUTE, split_venue="physical", minimum_bidders=4)
    set_by = ("decryption_window", "minimum_bidders", "split_venue")
    book.note(c.TakeDefaults(ninety, set_by))
    assert book.view(AGENCY).settings["decryption_window"] == 90 * MINUTE
    book.says(AGENCY, "set_rules", **RULES)
    assert book.state.settings == ninety, "what is not named is as the centre keeps it"
    with pytest.raises(Refused, match="setting_too_low") as refused:
        book.says(AGENCY, "set_rules", **RULES, decryption_window=60 * MINUTE)
    assert refused.value.facts == {"setting": "decryption_window", "least": 90, "article": CENTRES}
    book.says(AGENCY, "set_rules", **RULES, decryption_window=120 * MINUTE, split_venue="online")
    book.note(c.TakeDefaults(replace(ninety, decryption_window=150 * MINUTE), set_by))
    assert ("rules", "setting_too_low") in missing(book), "until it is published the centre may want more"
    assert book.state.settings.decryption_window == 120 * MINUTE, "what its makers signed stays"


def test_the_law_names_its_article_where_a_rule_gives_too_little() -> None:
    book = drafted()
    for setting, value, least in (("minimum_bidders", 2, 3), ("decryption_window", 60 * MINUTE - 1, 60)):
        with pytest.raises(Refused, match="setting_too_low") as refused:
            book.says(AGENCY, "set_rules", **RULES, **{setting: value})
        assert (refused.value.facts["setting"], refused.value.facts["least"]) == (setting, least)
        assert refused.value.facts["article"]


def test_a_notice_may_allow_the_recovery_file() -> None:
    book = drafted()
    book.says(AGENCY, "set_rules", **RULES, remedy="recovery_file")
    assert book.state.settings.remedy is Remedy.RECOVERY_FILE
    assert book.refuses(AGENCY, "set_rules", **RULES, remedy="anything") == "malformed_act"


def test_law_and_method_belong_together_and_an_open_tender_is_for_all() -> None:
    book = drafted()
    book.says(AGENCY, "set_rules", **{**RULES, "procurement_method": "negotiation"})
    assert ("rules", "method_of_another_law") in missing(book)
    book.says(
        AGENCY,
        "set_rules",
        **{**RULES, "procedure_law": "procurement_law", "procurement_method": "negotiation"},
    )
    assert ("rules", "method_of_another_law") not in missing(book)
    book.says(AGENCY, "set_criteria", **{**CRITERIA, "committee": 3})
    assert "criteria" not in {step for step, _ in missing(book)}, "three negotiate, where five evaluate"
    book.says(AGENCY, "set_rules", **RULES)
    assert ("criteria", "committee_not_odd_five") in missing(book)
    words: dict[str, Any] = {"title": "公告", "text": "……", "open_documents": False, "consortium": True}
    book.says(AGENCY, "write_notice", invited=["anhui-1", "anhui-2", "anhui-3"], **words)
    assert ("documents", "open_to_the_invited_alone") in missing(book)


def test_a_rehearsal_shortens_the_laws_times_and_says_so() -> None:
    book = drafted(Mode.REHEARSAL)
    book.says(
        AGENCY, "schedule_opening", **{**TIMES, "documents_until": BEGIN + 1, "bid_deadline": BEGIN + 2}
    )
    shown = book.view(AGENCY)
    assert [one.kept for one in shown.minima] == [False, False]
    assert not shown.binds
    book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
    assert book.says(AGENCY, "publish_notice", revision=book.state.revision)


def test_clause_5_2_2_an_addendum_that_touches_bids_comes_in_time_or_the_deadline_moves() -> None:
    book = published()
    said: dict[str, Any] = {
        "title": "补遗一",
        "text": "清单调整",
        "documents": [{"sha256": "cc" * 32, "title": "清单", "size": 5}],
    }
    book.at(DEADLINE - 15 * DAY + 1)
    assert book.refuses(AGENCY, "issue_addendum", touches_bids=True, **said) == "addendum_to_deadline"
    assert book.note(c.NoteDeadline(DEADLINE + DAY))
    book.says(AGENCY, "issue_addendum", touches_bids=True, **said)
    shown = book.view()
    assert [(one.addendum, one.touches_bids) for one in shown.addenda] == [(1, True)]
    assert shown.bid_deadline == DEADLINE + DAY
    assert [one.addendum for one in shown.documents] == [0, 0, 1]
    assert book.refuses(AGENCY, "issue_addendum", touches_bids=False, **said) == "document_there_already"


def test_clause_5_2_2_after_an_addendum_a_bidder_confirms_its_deposit_and_nobody_else_sees_it() -> None:
    book = published()
    assert (
        book.refuses(BIDDER, "confirm_deposit", lot="lot-1", addendum=1, deposit="dd" * 32)
        == "no_such_addendum"
    )
    book.says(AGENCY, "issue_addendum", title="补遗一", text="答疑", touches_bids=False, documents=[])
    book.says(BIDDER, "confirm_deposit", lot="lot-1", addendum=1, deposit="dd" * 32)
    book.says(BIDDER, "confirm_deposit", lot="lot-1-alt-1", addendum=1, deposit="ee" * 32)
    assert book.view(BIDDER).addenda[0].confirmed == ["dd" * 32, "ee" * 32]
    for other in (AGENCY, CENTRE, person("anhui-2", Role.BIDDER)):
        assert book.view(other).addenda[0].confirmed == []
    assert book.view().addenda[0].confirmed == []
    book.at(DEADLINE)
    assert (
        book.refuses(BIDDER, "confirm_deposit", lot="lot-1", addendum=1, deposit="ff" * 32)
        == "deadline_passed"
    )


def test_a_tender_is_cancelled_before_its_deadline_and_never_after() -> None:
    book = published()
    book.says(AGENCY, "cancel_tender", reason="资金未落实")
    assert (book.view().stage, book.view().cancelled_reason) == ("cancelled", "资金未落实")
    late = published()
    late.at(DEADLINE)
    assert late.refuses(AGENCY, "cancel_tender", reason="资金未落实") == "deadline_passed"


def test_an_invitation_names_three_and_shows_each_only_itself() -> None:
    book = drafted()
    book.says(AGENCY, "set_rules", **{**RULES, "procurement_method": "invited_tendering"})
    words: dict[str, Any] = {"title": "投标邀请", "text": "……", "open_documents": False, "consortium": True}
    book.says(AGENCY, "write_notice", invited=["anhui-1", "anhui-2"], **words)
    assert ("documents", "too_few_invited") in missing(book)
    book.says(AGENCY, "write_notice", invited=["anhui-1", "anhui-2", "anhui-3"], **words)
    book.says(CENTRE, "file_tender", revision=book.state.revision, **FILING)
    book.says(AGENCY, "publish_notice", revision=book.state.revision)
    assert book.view(BIDDER).invited == ["anhui-1"]
    assert (book.view().invited, book.view().invitation_only) == ([], True)
