"""Forged notices and registrations (4.10, 5.1, 5.2.1): each well-formed lie of a hall is found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from hall.errors import HallError
from hall.evidence.case import Case
from hall.evidence.history import SHAPES, Fact, History
from hall.evidence.notice import in_time
from hall.evidence.verdicts import Status
from hall.procurement.documents import REHEARSED, TenderDocument
from hall.procurement.matter import Look
from hall.procurement.parties import Role
from hall.procurement.tender import HOUR, Deposit, Mode
from hall.runtime.notice_matter import NOTICE
from hall.runtime.registration_matter import REGISTRATION
from hall.tendering.events import DepositReceived
from hall.tendering.notice import commands as n
from hall.tendering.registration import commands as r
from tests.demo_world import AT, holder
from tests.forger import Forger
from tests.matterbook import MatterBook
from tests.matterbundle import SigningBook, TenderBundle, signer
from tests.playbook import DEADLINE, plan
from tests.scenarios.matters import test_notice as told

AGENCY, CENTRE = signer("agency", Role.PROCURING_ENTITY), signer("trading_centre", Role.TRADING_CENTRE)
BIDDER, OTHER = signer("b1", Role.BIDDER), signer("b2", Role.BIDDER)
DOCUMENT = hashlib.sha256(b"documents").hexdigest()


@cache
def honest() -> TenderBundle:
    bundle = TenderBundle(AT - 2 * HOUR)
    begun = [bundle.forger.lines.pop(), bundle.forger.lines.pop()]  # they come of the publication
    book = bundle.book(NOTICE)
    drafted(book)
    book.after(1_000).says(CENTRE, "file_tender", revision=book.state.revision, **filing(book))
    book.after(1_000).says(AGENCY, "publish_notice", revision=book.state.revision)
    bundle.forger.lines += reversed(begun)
    book.note(n.NoteArranged("O-1"))
    register = bundle.book(REGISTRATION, now=book.now + 1_000)
    registered(register)
    for who in (BIDDER, OTHER):
        bundle.tell("tendering", deposited(register, who), at=register.now, actor=f"bidder:{who.party}")
    return bundle


def deposited(book: SigningBook, who: Look) -> DepositReceived:
    """A deposit as far as clause 5.2.1 looks at it."""
    own = who.certificate
    sealed = Deposit("1", who.party, who.name, 9, "5a" * 32, "1c" * 32, "2c" * 32, "3c" * 16, own, book.now)
    return DepositReceived(sealed, book.act(who, "deposit", lot="1"))


def filing(book: SigningBook) -> dict[str, Any]:
    return told.FILING | {"filed_at": book.now - 1}


def drafted(book: SigningBook) -> None:
    book.says(AGENCY, "draft_tender", **told.FACE)
    book.note(n.NoteHall(Mode.REHEARSAL, taken=False))
    book.says(AGENCY, "set_lots", lots=[told.LOT])
    book.says(AGENCY, "set_rules", **told.RULES)
    words: dict[str, Any] = {"open_documents": False, "consortium": False, "invited": []}
    book.says(AGENCY, "write_notice", title="招标公告", text="……", **words)
    book.says(AGENCY, "attach_document", sha256="aa" * 32, title="招标公告", kind="notice", size=9)
    book.says(AGENCY, "attach_document", sha256=DOCUMENT, title="招标文件", kind="tender_documents", size=9)
    book.says(AGENCY, "fill_checklist", items=told.ticks())
    book.says(AGENCY, "set_criteria", **told.CRITERIA)
    posts = [
        {
            "role": one.role.value,
            "party": one.party,
            "name": one.name,
            "unit": one.unit,
            "certificate": holder(one.role.value).certificate.sha256,
        }
        for one in plan().staff
    ]
    book.says(AGENCY, "appoint_staff", staff=posts, deputies=[])
    told.looked_up(book)
    times = {"documents_from": book.now, "documents_until": DEADLINE, "bid_deadline": DEADLINE, "place": ""}
    book.says(AGENCY, "schedule_opening", **times)


def registered(book: SigningBook) -> None:
    documents = (TenderDocument(DOCUMENT, "招标文件", 9, "tender_documents", book.now),)
    book.note(r.TakeDocuments(documents, open_to_all=True, invited=(), owners=("agency",), rules=REHEARSED))
    book.note(r.NoteDeadline(DEADLINE))
    for who in (BIDDER, OTHER):
        book.note(r.NoteDelivered(who.party, DOCUMENT))
        book.says(who, "acknowledge_download", documents=[DOCUMENT], members=[])
    book.says(BIDDER, "ask_about_documents", text="图纸以何为准？", document="")
    book.says(AGENCY, "answer_about_documents", number=1, text="以补遗为准。", substantial=False)


def test_clauses_4_10_5_1_and_5_2_1_are_covered_by_an_honest_bundle(tmp_path: Path) -> None:
    found = {one.clause: one for one in honest().verified(tmp_path).verdicts}
    for clause in ("identity", "3.2", "3.3", "4.4", "4.10", "5.1", "5.2.1"):
        assert not found[clause].faults, found[clause]
    assert found["4.10"].status is Status.PROVED
    assert found["5.2.1"].status is Status.ASSERTED


def test_a_tender_by_plan_file_is_not_covered(tmp_path: Path) -> None:
    found = {one.clause: one.status for one in TenderBundle().verified(tmp_path).verdicts}
    assert [found[clause] for clause in ("4.10", "5.1", "5.2.1")] == [Status.NOT_COVERED] * 3


def _untick(forger: Forger) -> None:
    row = forger.row("ChecklistFilled")
    row["body"]["items"].pop()
    forger.resign(row, body={"items": told.ticks()[:-1]})


def _no_documents(forger: Forger) -> None:
    forger.remove(forger.row("DocumentAttached", 1))


def _other_words(forger: Forger) -> None:
    forger.row("TermsWritten")["body"]["terms"]["text"] = "别的内容"


def _other_lots(forger: Forger) -> None:
    forger.row("LotsSet")["body"]["lots"][0]["price_ceiling"] = "9000000.00"


def _lots_without_words(forger: Forger) -> None:
    row = forger.row("LotsSet")
    row["body"]["act"]["body"] = None
    row["body"]["lots"][0]["price_ceiling"] = "9000000.00"


def _other_columns(forger: Forger) -> None:
    forger.row("LotsSet")["body"]["lots"][0]["columns"].pop()


def _other_window(forger: Forger) -> None:
    forger.row("SettingsSet")["body"]["settings"]["objection_period"] = 1


def _other_members(forger: Forger) -> None:
    row = forger.row("Registered", bidder="b2")
    row["body"]["members"] = [{"name": "乙公司", "code": "91320000MA1XY0000C"}]


def _other_criteria(forger: Forger) -> None:
    forger.row("CriteriaSet")["body"]["rules"]["committee"] = 7


def _other_formula(forger: Forger) -> None:
    price = forger.row("CriteriaSet")["body"]["rules"]["price"]
    price["down"] += 1


def _other_staff(forger: Forger) -> None:
    forger.row("OpeningScheduled")["body"]["staff"][0]["certificate"] = holder("notary").certificate.sha256


def _unfiled(forger: Forger) -> None:
    forger.remove(forger.row("TenderFiled"))


def _changed_after_filing(forger: Forger) -> None:
    forger.move(forger.row("CriteriaSet"), forger.at(forger.row("NoticePublished")) - 1)


def _in_earnest(forger: Forger) -> None:
    forger.row("HallNoted")["body"]["mode"] = "production"


def _never_sent(forger: Forger) -> None:
    forger.remove(forger.row("DocumentDelivered", bidder="b2"))


def _for_another(forger: Forger) -> None:
    row = forger.row("Registered", bidder="b2")
    row["actor"] = "bidder:b3"


def _other_answer(forger: Forger) -> None:
    forger.row("QuestionAnswered")["body"]["text"] = "以图纸为准。"


def _by_a_bidder(forger: Forger) -> None:
    row = forger.row("NoticePublished")
    forger.resign(row, by="b2")
    row["actor"] = "bidder:b2"


def _unsigned(forger: Forger) -> None:
    act = forger.row("QuestionAsked")["body"]["act"]
    act["signature"] = forger.row("QuestionAnswered")["body"]["act"]["signature"]


def _deposited_without(forger: Forger) -> None:
    forger.remove(forger.row("Registered", bidder="b2"))


def _registered_later(forger: Forger) -> None:
    forger.move(forger.row("Registered", bidder="b2"), len(forger.lines) - 1)


def _uninvited(forger: Forger) -> None:
    row = forger.row("TermsWritten")
    words = {**row["body"]["terms"], "invited": ["b1", "b3", "b4"]}
    row["body"]["terms"] = words
    forger.resign(row, body=words)


def _given_out_early(forger: Forger) -> None:
    row = forger.row("OpeningPlanned")
    row["body"]["schedule"]["documents_from"] += HOUR
    forger.resign(row, body=row["body"]["schedule"])


def _for_another_tender(forger: Forger) -> None:
    forger.resign(forger.row("Registered", bidder="b2"), tender="T-2")


def _no_such_code(forger: Forger) -> None:
    row = forger.row("TenderDrafted")
    face = {**row["body"]["face"], "entity_code": "11350100M000100Y4C"}
    row["body"]["face"] = face
    forger.resign(row, body=face)


def _an_individual(forger: Forger) -> None:
    signed = holder("individual").certificate
    forger.members[f"certificates/{signed.sha256}.der"] = signed.der
    forger.resign(forger.row("Registered", bidder="b2"), by="individual")


LIES: tuple[tuple[str, Callable[[Forger], None], str], ...] = (
    ("3.2", _no_such_code, "11350100M000100Y4C does not check"),
    ("3.3", _an_individual, "the notice lets no individuals bid"),
    ("4.10", _untick, "published without"),
    ("4.10", _no_documents, "published without its tender_documents"),
    ("4.10", _other_words, "its signer said another text"),
    ("4.10", _other_lots, "its signer said another lots"),
    ("4.10", _other_columns, "its signer said another lots"),
    ("4.10", _lots_without_words, "its signer's words are missing"),
    ("4.10", _other_window, "objection_period is neither its signer's nor the trading centre's"),
    ("4.4", _other_members, "its signer said another members"),
    ("4.4", _other_criteria, "its signer said another committee"),
    ("4.10", _other_formula, "its signer said nothing of down for the price"),
    ("4.10", _other_staff, "other staff held the opening"),
    ("5.1", _unfiled, "without having been filed"),
    ("5.1", _changed_after_filing, "changed between the filing and the publication"),
    ("5.1", _in_earnest, "bids were due before the law's days were over"),
    ("5.1", _in_earnest, "documents were given out for fewer days than the law's"),
    ("5.2.1", _never_sent, "was not sent to b2 before"),
    ("5.2.1", _for_another, "somebody else than b2"),
    ("5.2.1", _other_answer, "its signer said something else"),
    ("5.2.1", _deposited_without, "b2 deposited and had not registered"),
    ("5.2.1", _registered_later, "b2 deposited and had not registered"),
    ("5.2.1", _uninvited, "b2 was not invited"),
    ("5.2.1", _given_out_early, "outside the time in which documents were given out"),
    ("4.4", _by_a_bidder, "done by somebody who may not"),
    ("4.4", _for_another_tender, "signed for another tender"),
)


def _facts(book: MatterBook) -> list[Fact]:
    """What a scenario told, as rows of a journal; what it was refused is not among them."""
    found: list[Fact] = []
    state = book.matter.machine.initial
    for at, command, actor in book.steps:
        try:
            events = book.matter.machine.decide(state, command, actor, at)
        except HallError:
            continue
        for event in events:
            kind, _, body = SHAPES["notice"].encode(event)
            found.append(Fact(len(found), "notice/T-1", len(found) + 1, at, "", "", kind, body))
            state = book.matter.machine.evolve(state, event, at)
    return found


def _untimely(rows: list[Fact]) -> list[str]:
    return list(in_time(Case(cast(Any, None), History(facts=rows), {})))


def test_a_notice_in_earnest_that_keeps_the_laws_times_is_honest() -> None:
    book = told.published()
    words = {"title": "补遗一", "text": "清单调整", "documents": [], "touches_bids": True}
    book.at(told.DEADLINE - 15 * told.DAY).says(told.AGENCY, "issue_addendum", **words)
    rows = _facts(book)
    assert {"NoticePublished", "AddendumIssued"} <= {row.kind for row in rows}
    assert _untimely(rows) == []
    later = [replace(row, at=row.at + 1) if row.kind == "AddendumIssued" else row for row in rows]
    assert any("it touches bids" in one for one in _untimely(later))
    moved = [
        replace(row, at=told.BEGIN + told.HOUR * 24 * 6) if row.kind == "NoticePublished" else row
        for row in rows
    ]
    assert any("bids were due" in one for one in _untimely(moved))


@pytest.mark.parametrize(
    ("clause", "lie", "says"),
    LIES,
    ids=[f"{lie.__name__}-{number}" for number, (_, lie, _) in enumerate(LIES)],
)
def test_a_lie_about_notice_or_registration_is_found(
    tmp_path: Path, clause: str, lie: Callable[[Forger], None], says: str
) -> None:
    verdict = honest().judged(tmp_path, clause, lie)
    assert verdict.status is Status.FAILED
    assert any(says in fault for fault in verdict.faults), verdict.faults


def test_an_act_whose_signature_does_not_hold_is_found(tmp_path: Path) -> None:
    found = {one.clause: one for one in honest().verified(tmp_path, _unsigned).verdicts}
    assert any("signature" in fault for fault in found["integrity"].faults)
    assert found["4.4"].status is Status.FAILED
