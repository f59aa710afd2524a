"""Clause 5.2.1 told: documents are fetched and acknowledged, which registers; questions are asked and answered."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from hall.errors import NotPermitted, Refused
from hall.procurement.documents import EnquiryRules, TenderDocument
from hall.procurement.matter import PUBLIC
from hall.procurement.parties import Role
from hall.runtime.registration_matter import REGISTRATION
from hall.tendering.registration import commands as c
from hall.tendering.registration import events as e
from tests.matterbook import DAY, MINUTE, START, MatterBook, person

FIRST, SECOND = "11" * 32, "22" * 32
DOCUMENTS = (TenderDocument(FIRST, "招标文件.pdf", 1_000_000, "tender_documents", START),)
ADDENDUM = TenderDocument(SECOND, "补遗一.pdf", 2_000, "addendum", START + DAY)
DEADLINE = START + 30 * DAY

ENTITY = person("owner", Role.PROCURING_ENTITY)
OTHER_ENTITY = person("other-owner", Role.PROCURING_ENTITY)
BIDDERS = [person(f"b{n}", Role.BIDDER, name=f"投标人{n}") for n in (1, 2, 3)]
STAFF = [
    ENTITY,
    OTHER_ENTITY,
    *(person(role.value, role) for role in Role if role not in (Role.BIDDER, Role.PROCURING_ENTITY)),
]


def published(**changed: object) -> MatterBook:
    book = MatterBook(REGISTRATION)
    book.note(c.TakeDocuments(DOCUMENTS, **{"owners": ("owner",), **changed}))
    book.note(c.NoteDeadline(DEADLINE))
    return book


def register(book: MatterBook, who, *digests: str, members=()) -> list:
    for digest in digests:
        book.note(c.NoteDelivered(who.party, digest))
    return book.says(who, "acknowledge_download", documents=list(digests), members=list(members))


def test_clause_5_2_1_a_finished_download_is_the_registration_once():
    book = published()
    bidder = BIDDERS[0]
    assert book.refuses(bidder, "acknowledge_download", documents=[FIRST], members=[]) == "download_first"
    book.after(MINUTE)
    (registered,) = register(book, bidder, FIRST)
    assert (registered.bidder, registered.documents) == ("b1", (FIRST,))
    assert register(book, bidder, FIRST) == []
    mine = book.view(bidder).mine
    assert (mine.at, mine.complete) == (START + MINUTE, True)


def test_clause_5_2_1_an_addendum_is_acknowledged_and_registers_nobody_anew():
    book = published()
    register(book, BIDDERS[0], FIRST)
    book.after(DAY).note(c.TakeDocuments((*DOCUMENTS, ADDENDUM), owners=("owner",)))
    assert not book.view(BIDDERS[0]).mine.complete
    assert book.view(BIDDERS[0]).may == ["acknowledge_download", "ask_about_documents"]
    assert (
        book.refuses(BIDDERS[1], "acknowledge_download", documents=[FIRST], members=[]) == "documents_differ"
    )
    (had,) = register(book, BIDDERS[0], FIRST, SECOND)
    assert isinstance(had, e.DocumentsAcknowledged)
    assert book.view(BIDDERS[0]).mine.complete
    assert book.view(BIDDERS[0]).mine.at == START
    assert sum(isinstance(event, e.Registered) for event in book.events) == 1


def test_clause_5_2_1_nobody_registers_at_the_deadline_or_later():
    book = published().at(DEADLINE - 1)
    register(book, BIDDERS[0], FIRST)
    book.note(c.NoteDelivered("b2", FIRST))
    book.at(DEADLINE)
    assert (
        book.refuses(BIDDERS[1], "acknowledge_download", documents=[FIRST], members=[]) == "registration_over"
    )
    assert book.view(BIDDERS[1]).refusal == "registration_over"
    assert book.view(BIDDERS[0]).may_download, "who is registered has its documents for ever"
    book.note(c.NoteDeadline(DEADLINE + DAY))
    assert register(book, BIDDERS[1], FIRST)


def test_clause_5_2_1_documents_are_given_out_in_the_time_that_the_notice_names():
    begin, until = START + DAY, START + 6 * DAY
    book = published(given_from=begin, given_until=until).at(begin - 1)
    with pytest.raises(Refused, match="documents_not_yet"):
        book.note(c.NoteDelivered("b1", FIRST))
    shown = book.view(BIDDERS[0])
    assert (shown.refusal, shown.may_download, shown.given_from) == ("documents_not_yet", False, begin)
    assert "acknowledge_download" not in shown.may
    register(book.at(begin), BIDDERS[0], FIRST)
    book.at(until - 1).note(c.NoteDelivered("b2", FIRST))
    book.at(until)
    told = {"documents": [FIRST], "members": []}
    assert book.refuses(BIDDERS[1], "acknowledge_download", **told) == "documents_no_more"
    with pytest.raises(Refused, match="documents_no_more"):
        book.note(c.NoteDelivered("b3", FIRST))
    assert book.view(BIDDERS[2]).refusal == "documents_no_more"
    assert book.view(BIDDERS[0]).may_download, "who is registered has its documents for ever"


def test_only_the_invited_have_the_documents_of_a_tender_by_invitation():
    book = published(invited=("b1",), open_to_all=False)
    assert book.view(BIDDERS[1]).refusal == "not_invited"
    with pytest.raises(NotPermitted, match="not_invited"):
        book.note(c.NoteDelivered("b2", FIRST))
    assert book.refuses(BIDDERS[1], "acknowledge_download", documents=[FIRST], members=[]) == "not_invited"
    assert book.refuses(BIDDERS[1], "ask_about_documents", text="为什么？", document="") == "not_invited"
    assert register(book, BIDDERS[0], FIRST)
    shown = [asdict(book.view(who)) for who in (PUBLIC, BIDDERS[2], *STAFF)]
    assert "b1" not in str(shown)


def test_a_consortium_is_declared_at_registration_and_stands():
    book = published()
    members = [{"name": "乙公司", "code": "91320000MA1XY0000C"}]
    (registered,) = register(book, BIDDERS[0], FIRST, members=members)
    assert registered.members == (e.Member("乙公司", "91320000MA1XY0000C"),)
    book.note(c.TakeDocuments((*DOCUMENTS, ADDENDUM), owners=("owner",)))
    book.note(c.NoteDelivered("b1", SECOND))
    other = [{"name": "丙公司", "code": "91320000MA1XY0001F"}]
    told = {"documents": [FIRST, SECOND], "members": other}
    assert book.refuses(BIDDERS[0], "acknowledge_download", **told) == "consortium_stands"
    assert book.says(BIDDERS[0], "acknowledge_download", documents=[FIRST, SECOND], members=[])


def test_clause_5_2_1_no_view_but_the_own_one_tells_who_registered_or_how_many():
    """Bidding Law art. 22: word for word the same with nobody and with three, to the moment of the announcement."""
    none, three = published(), published()
    for bidder in BIDDERS[:2]:
        register(three, bidder, FIRST)
    three.note(c.NoteDelivered("b3", FIRST))
    register(three, BIDDERS[2], FIRST, members=[{"name": "乙公司", "code": "91320000MA1XY0000C"}])
    stranger = person("stranger", Role.BIDDER)
    for moment in (START + DAY, DEADLINE, DEADLINE + DAY):
        for who in (PUBLIC, stranger, *STAFF):
            assert none.at(moment).view(who) == three.at(moment).view(who), who
            assert none.view(who).registrations is None
            assert who.roles & {Role.BIDDER} or not none.view(who).may_download
    for bidder in BIDDERS:
        others = [one for one in BIDDERS if one != bidder]
        assert not any(one.party in str(three.view(bidder)) for one in others)


def test_clause_5_2_1_the_announcement_ends_the_secret_for_the_staff_of_the_tender_alone():
    book = published()
    register(book, BIDDERS[0], FIRST)
    book.at(DEADLINE).note(c.NoteRevealed())
    assert book.note(c.NoteRevealed()) == []
    assert [one.bidder for one in book.view(ENTITY).registrations] == ["b1"]
    assert [one.bidder for one in book.view(person("r", Role.REGULATOR)).registrations] == ["b1"]
    for who in (PUBLIC, OTHER_ENTITY, BIDDERS[1], person("x", Role.EVALUATOR)):
        assert book.view(who).registrations is None


def test_questions_go_to_the_buyer_without_a_name_and_answers_to_all():
    book = published()
    told = book.says(BIDDERS[0], "ask_about_documents", text="第三页的单位是什么？", document=FIRST)
    assert told[0].bidder == "b1"
    (shown,) = book.view(ENTITY).questions
    assert shown.answer_due == START + 3 * DAY
    assert "b1" not in str(asdict(book.view(ENTITY)))
    assert "投标人1" not in str(asdict(book.view(ENTITY)))
    for who in (PUBLIC, BIDDERS[1], OTHER_ENTITY):
        assert book.view(who).questions == []
    assert (
        book.refuses(OTHER_ENTITY, "answer_about_documents", number=1, text="平方米", substantial=False)
        == "not_permitted"
    )
    book.after(DAY).says(ENTITY, "answer_about_documents", number=1, text="平方米", substantial=False)
    for who in (PUBLIC, BIDDERS[1], OTHER_ENTITY):
        (shown,) = book.view(who).questions
        assert (shown.text, shown.answer, shown.mine) == ("第三页的单位是什么？", "平方米", False)
    assert book.view(BIDDERS[0]).questions[0].mine
    assert (
        book.refuses(ENTITY, "answer_about_documents", number=1, text="米", substantial=False)
        == "question_answered"
    )


def test_questions_end_ten_days_and_substantial_answers_fifteen_days_before_the_deadline():
    """Implementing Regulations art. 22 and 21, to the millisecond."""
    book = published().at(DEADLINE - 10 * DAY - 1)
    book.says(BIDDERS[0], "ask_about_documents", text="一", document="")
    book.after(1)
    assert book.refuses(BIDDERS[0], "ask_about_documents", text="二", document="") == "too_late_to_ask"
    changing = {"number": 1, "text": "改为三年", "substantial": True}
    assert book.refuses(ENTITY, "answer_about_documents", **changing) == "deadline_must_move"
    book.note(c.NoteDeadline(DEADLINE + 6 * DAY))
    assert book.says(ENTITY, "answer_about_documents", **changing)


def test_a_tender_that_sets_no_limit_hears_questions_up_to_the_deadline():
    book = published(rules=EnquiryRules(0, 3, 0)).at(DEADLINE - 1)
    assert book.says(BIDDERS[0], "ask_about_documents", text="一", document="")


def test_without_documents_there_is_nothing_to_register_for():
    book = MatterBook(REGISTRATION)
    assert book.refuses(BIDDERS[0], "acknowledge_download", documents=[FIRST], members=[]) == "no_documents"
    assert book.view(BIDDERS[0]).refusal == "no_documents"
    book.note(c.TakeDocuments(DOCUMENTS))
    with pytest.raises(Refused, match="no_deadline"):
        book.note(c.NoteDelivered("b1", FIRST))


def test_clause_3_3_members_of_a_consortium_are_organisations_whose_codes_check():
    book = published(consortium=True)
    told = {"documents": [FIRST], "members": [{"name": "乙公司", "code": "91320000MA1XY0000D"}]}
    book.note(c.NoteDelivered("b1", FIRST))
    assert book.refuses(BIDDERS[0], "acknowledge_download", **told) == "credit_code_wrong"


def test_no_consortium_registers_where_the_notice_takes_none():
    book = published(consortium=False)
    book.note(c.NoteDelivered("b1", FIRST))
    told = {"documents": [FIRST], "members": [{"name": "乙公司", "code": "91320000MA1XY0000C"}]}
    assert book.refuses(BIDDERS[0], "acknowledge_download", **told) == "consortium_not_allowed"
    assert register(book, BIDDERS[0], FIRST)
