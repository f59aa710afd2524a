"""What the verifier asks about a tender's registration (clause 5.2.1): by predicates of its own, from rows and signed
acts. Times are the hall's own word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hall.evidence.case import Case
from hall.evidence.history import Fact
from hall.evidence.part import Part, Question, by
from hall.evidence.verdicts import Status


def registered(case: Case) -> Iterator[str]:
    """Who registered had every document in force to its last byte, acknowledged just these, once, by its own act,
    before the deadline."""
    seen: set[str] = set()
    for fact in case.history.of("Registered", "DocumentsAcknowledged"):
        bidder, documents = fact.body["bidder"], set(fact.body["documents"])
        if fact.actor != f"bidder:{bidder}":
            yield f"{fact}: somebody else than {bidder} acknowledged for it"
        if fact.act is not None and set(_texts(fact.act.body_json().get("documents"))) != documents:
            yield f"{fact}: its signer acknowledged other documents"
        before = case.upto(fact.index).history
        taken = before.of("DocumentsTaken")
        if documents != {one["sha256"] for one in taken[-1].body["documents"]} if taken else True:
            yield f"{fact}: not the documents that were in force"
        had = {one.body["sha256"] for one in before.of("DocumentDelivered", bidder=bidder)}
        for sha256 in sorted(documents - had):
            yield f"{fact}: {sha256[:12]}… was not sent to {bidder} before"
        if (fact.kind == "Registered") is (bidder in seen):
            yield f"{fact}: registered twice, or not at all before"
        seen.add(bidder)
        deadlines = before.of("DeadlineTaken")
        if fact.kind == "Registered" and deadlines and fact.at >= deadlines[-1].body["at"]:
            yield f"{fact}: registered after the deadline"


def admitted(case: Case) -> Iterator[str]:
    """Where the notice was published here, who deposited had registered before, and was among the invited where only
    some are (clauses 5.2.1, 5.2.2; Bidding Law art. 17)."""
    for fact in case.history.of("DepositReceived"):
        before, bidder = case.upto(fact.index).history, fact.body["deposit"]["bidder"]
        written = before.of("TermsWritten")
        if not written or not before.of("NoticePublished"):
            continue  # by a plan file: nobody registers
        terms = written[-1].body["terms"]
        if terms["invited"] and bidder not in terms["invited"]:
            yield f"{fact}: {bidder} was not invited"
        if not terms["open_documents"] and not before.of("Registered", bidder=bidder):
            yield f"{fact}: {bidder} deposited and had not registered"


def organised(case: Case) -> Iterator[str]:
    """3.3: who bids is an organisation; a natural person, whose certificate names none, registers and deposits only
    where the notice lets individuals bid."""
    for fact in case.history.of("Registered", "DepositReceived"):
        if fact.act is None or case.organisation(fact.act.certificate) != "":
            continue
        before = case.upto(fact.index).history
        written = before.of("TermsWritten")
        if before.of("NoticePublished") and not (written and written[-1].body["terms"].get("individuals")):
            yield f"{fact}: the certificate names no organisation, and the notice lets no individuals bid"


def given_out(case: Case) -> Iterator[str]:
    """Nobody got the documents, or registered by them, outside the time that the notice names; who is registered has
    them for ever."""
    registered: set[str] = set()
    for fact in case.history.of("DocumentDelivered", "Registered"):
        plans = case.upto(fact.index).history.of("OpeningPlanned")
        bidder = fact.body["bidder"]
        if plans and bidder not in registered:
            times = plans[-1].body["schedule"]
            if not times["documents_from"] <= fact.at < times["documents_until"]:
                yield f"{fact}: outside the time in which documents were given out"
        if fact.kind == "Registered":
            registered.add(bidder)


def asked(case: Case) -> Iterator[str]:
    """Questions are their bidders' own; each answer, once, is in the words that were signed, of a question that was
    asked before."""
    questions = {fact.body["number"]: fact for fact in case.history.of("QuestionAsked")}
    for number, fact in questions.items():
        if fact.actor != f"bidder:{fact.body['bidder']}" or not _says(fact, "text"):
            yield f"{fact}: question {number} is not in its bidder's words"
    answered: set[int] = set()
    for fact in case.history.of("QuestionAnswered"):
        number = fact.body["number"]
        question = questions.get(number)
        if question is None or question.index > fact.index or number in answered:
            yield f"{fact}: answers no open question"
        if not (_says(fact, "text") and _says(fact, "number") and _says(fact, "substantial")):
            yield f"{fact}: its signer said something else"
        answered.add(number)


def _says(fact: Fact, name: str) -> bool:
    if fact.act is None:
        return False
    signed = fact.act.body_json().get(name)
    return bool((signed.strip() if isinstance(signed, str) else signed) == fact.body[name])


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


PART: Final = Part(
    signed={
        "Registered": ("acknowledge_download", by("bidder")),
        "DocumentsAcknowledged": ("acknowledge_download", by("bidder")),
        "QuestionAsked": ("ask_about_documents", by("bidder")),
        "QuestionAnswered": ("answer_about_documents", by("procuring_entity")),
    },
    apart=frozenset({("DocumentsAcknowledged", "members")}),
    questions=(
        Question(
            "3.3",
            Status.PROVED,
            "who registered and deposited is an organisation, or the notice lets individuals bid",
            ("Registered", "DepositReceived"),
            (organised,),
        ),
        Question(
            "5.2.1",
            Status.ASSERTED,
            "who registered had all documents in their time and acknowledged them, nobody else deposited; questions "
            "were answered in signed words",
            ("NoticePublished", "Registered", "QuestionAsked"),
            (registered, given_out, admitted, asked),
        ),
    ),
)
