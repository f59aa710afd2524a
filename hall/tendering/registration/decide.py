"""What a tender's registration answers to a command: documents out, registrations in, questions and answers."""

from __future__ import annotations

from typing import Final, assert_never

from hall.errors import NotPermitted, Refused
from hall.procurement.parties import Actor, Role
from hall.procurement.standing import credit_code_holds
from hall.tendering.registration import commands as c
from hall.tendering.registration import events as e
from hall.tendering.registration.state import RegistrationState

MOST_QUESTIONS: Final = 50
"""Questions of one bidder in one tender: nobody fills the journal."""


def decide(state: RegistrationState, command: c.Command, *, actor: Actor | None, now: int) -> list[e.Event]:
    """The events that `command` causes at `now` (receipt stamp, ms UTC). Raises Refused or NotPermitted."""
    match command:
        case c.TakeDocuments():
            taken = taken_by(command)
            return [] if taken == state.taken else [taken]
        case c.NoteDeadline(at):
            return [] if at == state.deadline else [e.DeadlineTaken(at)]
        case c.NoteRevealed():
            return [] if state.revealed else [e.RegistrationsRevealed()]
        case c.NoteDelivered(bidder, sha256):
            check_download(state, bidder, sha256, now)
            known = sha256 in state.delivered.get(bidder, frozenset())
            return [] if known else [e.DocumentDelivered(bidder, sha256)]
        case c.AcknowledgeDownload():
            return _acknowledge(state, command, _bidder(state, actor), now)
        case c.AskAboutDocuments():
            return _ask(state, command, _bidder(state, actor).party, now)
        case c.AnswerAboutDocuments():
            return _answer(state, command, actor, now)
        case _:
            assert_never(command)


def taken_by(command: c.TakeDocuments) -> e.DocumentsTaken:
    """What a hand-over of the notice says, as it stands in the journal."""
    return e.DocumentsTaken(
        command.documents,
        command.open_to_all,
        command.invited,
        command.owners,
        command.rules,
        command.consortium,
        command.given_from,
        command.given_until,
    )


def check_download(state: RegistrationState, bidder: str, sha256: str, now: int) -> None:
    """Whether a bidder may have this document now. Raises NotPermitted: "not_invited", "no_such_file"; Refused:
    "registration_over", "documents_not_yet", "documents_no_more" (who is registered may have it for ever)."""
    if state.taken is not None and not state.may_have(bidder):
        raise NotPermitted("not_invited")
    if sha256 not in state.digests:
        raise NotPermitted("no_such_file")
    if bidder not in state.registrants:
        _check_time(state, now)
        _check_given(state, now)


def _acknowledge(
    state: RegistrationState, command: c.AcknowledgeDownload, actor: Actor, now: int
) -> list[e.Event]:
    """Clause 5.2.1: the download done is the registration; done twice it is the same one."""
    bidder, known = actor.party, state.registrants.get(actor.party)
    if command.documents != state.digests:
        raise Refused("documents_differ", wanted=len(state.digests), given=len(command.documents))
    if any(one not in state.delivered.get(bidder, frozenset()) for one in command.documents):
        raise Refused("download_first")
    if known is not None:
        if command.members and command.members != known.registered.members:
            raise Refused("consortium_stands")  # Implementing Regulations art. 37
        if known.documents == command.documents:
            return []
        return [e.DocumentsAcknowledged(bidder, command.documents, command.act)]
    _check_time(state, now)
    _check_given(state, now)
    if command.members and state.taken is not None and not state.taken.consortium:
        raise Refused("consortium_not_allowed")
    for member in command.members:  # clause 3.3: a consortium is of organisations (Bidding Law art. 31)
        if not credit_code_holds(member.code):
            raise Refused("credit_code_wrong", given=member.code)
    return [e.Registered(bidder, actor.name, command.documents, command.members, command.act)]


def _ask(state: RegistrationState, command: c.AskAboutDocuments, bidder: str, now: int) -> list[e.Event]:
    if command.document and command.document not in state.digests:
        raise Refused("no_such_document")
    if now >= state.ask_until:  # Implementing Regulations art. 22
        raise Refused("too_late_to_ask", until=state.ask_until)
    if sum(question.asked.bidder == bidder for question in state.questions) >= MOST_QUESTIONS:
        raise Refused("too_many_questions", limit=MOST_QUESTIONS)
    number = len(state.questions) + 1
    return [e.QuestionAsked(number, bidder, command.text, command.document, command.act)]


def _answer(
    state: RegistrationState, command: c.AnswerAboutDocuments, actor: Actor | None, now: int
) -> list[e.Event]:
    if actor is None or actor.role is not Role.PROCURING_ENTITY or not state.is_owner(actor.party):
        raise NotPermitted("not_permitted")
    found = next((q for q in state.questions if q.asked.number == command.number), None)
    if found is None:
        raise Refused("no_such_question")
    if found.answer is not None:
        raise Refused("question_answered", at=found.answered_at)
    _check_time(state, now)
    if command.substantial and now >= state.change_until:  # Implementing Regulations art. 21
        raise Refused("deadline_must_move", until=state.change_until)
    return [e.QuestionAnswered(command.number, command.text, command.substantial, command.act)]


def _bidder(state: RegistrationState, actor: Actor | None) -> Actor:
    """The bidder that acts. Raises NotPermitted, Refused("no_documents") while nothing is published."""
    if actor is None or actor.role is not Role.BIDDER:
        raise NotPermitted("not_permitted")
    if not state.digests:
        raise Refused("no_documents")
    if not state.may_have(actor.party):
        raise NotPermitted("not_invited")
    return actor


def _check_time(state: RegistrationState, now: int) -> None:
    if state.deadline == 0:
        raise Refused("no_deadline")
    if now >= state.deadline:
        raise Refused("registration_over", deadline=state.deadline)


def _check_given(state: RegistrationState, now: int) -> None:
    """Documents are given out, and bidders registered by them, in the time that the notice names (clause 5.2.1)."""
    if (taken := state.taken) is None:
        return
    if now < taken.given_from:
        raise Refused("documents_not_yet", start=taken.given_from)
    if 0 < taken.given_until <= now:
        raise Refused("documents_no_more", until=taken.given_until)
