"""What somebody may know of a tender's registration: the secrecy boundary of Bidding Law art. 22.

Until the list of bidders was announced, nobody but the bidder itself learns that it has the documents, registered or
asked; not by a name, not by a number, not by anything that moves when it does. What may not live here: a decision.
"""

from __future__ import annotations

from collections.abc import Iterator

from hall import wire
from hall.errors import HallError
from hall.procurement.matter import Look
from hall.procurement.parties import Role
from hall.tendering.registration.decide import check_download
from hall.tendering.registration.state import Question, Registrant, RegistrationState

_LEARN = (Role.PROCURING_ENTITY, Role.HOST, Role.SUPERVISOR, Role.NOTARY, Role.REGULATOR, Role.TRADING_CENTRE)


def view(state: RegistrationState, look: Look, now: int) -> wire.RegistrationView:
    """What `look` may know at `now` (ms UTC)."""
    bidder = look.party if look.has(Role.BIDDER) else ""
    received = state.delivered.get(bidder, frozenset())
    own = state.registrants.get(bidder)
    refusal = _refusal(state, bidder, now) if bidder else ""
    documents = () if state.taken is None else state.taken.documents
    return wire.RegistrationView(
        open_to_all=state.taken is None or state.taken.open_to_all,
        deadline=state.deadline,
        ask_until=state.ask_until if state.deadline and state.taken else 0,
        change_until=state.change_until if state.deadline and state.taken else 0,
        given_from=0 if state.taken is None else state.taken.given_from,
        given_until=0 if state.taken is None else state.taken.given_until,
        documents=[
            wire.RegistrationDocument(d.sha256, d.name, d.size, d.kind, d.at, d.sha256 in received)
            for d in documents
        ],
        may_download=bool(bidder) and refusal == "",
        refusal=refusal,
        mine=None if own is None else _registrant(state, own),
        questions=list(_questions(state, look, bidder)),
        registrations=_registrations(state, look),
        may=list(_may(state, look, bidder, now)),
    )


def may_read(state: RegistrationState, look: Look, sha256: str) -> bool:
    """Whether somebody may read a document without registering by it: the project owner alone."""
    return sha256 in state.digests and look.has(Role.PROCURING_ENTITY) and state.is_owner(look.party)


def _refusal(state: RegistrationState, bidder: str, now: int) -> str:
    if not state.digests:
        return "no_documents"
    try:
        check_download(state, bidder, state.digests[0], now)
    except HallError as error:
        return error.code
    return ""


def _questions(state: RegistrationState, look: Look, bidder: str) -> Iterator[wire.QuestionView]:
    """Answered ones are for all, without who asked; open ones for who asked and for who must answer."""
    answers = look.has(Role.PROCURING_ENTITY) and state.is_owner(look.party)
    for question in state.questions:
        mine = bidder != "" and question.asked.bidder == bidder
        if question.answer is not None or mine or answers:
            yield _question(state, question, mine=mine, due=mine or answers)


def _question(state: RegistrationState, question: Question, *, mine: bool, due: bool) -> wire.QuestionView:
    asked, answer = question.asked, question.answer
    return wire.QuestionView(
        number=asked.number,
        text=asked.text,
        document=asked.document,
        asked_at=question.asked_at,
        mine=mine,
        answer="" if answer is None else answer.text,
        substantial=answer is not None and answer.substantial,
        answered_at=question.answered_at,
        answer_due=state.answer_due(question) if due else 0,
    )


def _registrations(state: RegistrationState, look: Look) -> list[wire.RegistrantView] | None:
    if not state.revealed or not look.has(*_LEARN):
        return None
    others = look.roles - {Role.PROCURING_ENTITY}
    if not others & set(_LEARN) and not state.is_owner(look.party):
        return None  # a project owner of other tenders
    return [_registrant(state, one) for one in state.registrants.values()]


def _registrant(state: RegistrationState, one: Registrant) -> wire.RegistrantView:
    told = one.registered
    members = [wire.MemberView(member.name, member.code) for member in told.members]
    complete = one.documents == state.digests
    return wire.RegistrantView(told.bidder, told.name, one.at, list(one.documents), complete, members)


def _may(state: RegistrationState, look: Look, bidder: str, now: int) -> Iterator[str]:
    if bidder and state.digests and state.may_have(bidder):
        own = state.registrants.get(bidder)
        first = own is None and 0 < now < state.deadline and state.gives_out(now)
        if first or (own is not None and own.documents != state.digests):
            yield "acknowledge_download"
        if now < state.ask_until:
            yield "ask_about_documents"
    if look.has(Role.PROCURING_ENTITY) and state.is_owner(look.party) and now < state.deadline:
        if any(question.answer is None for question in state.questions):
            yield "answer_about_documents"
