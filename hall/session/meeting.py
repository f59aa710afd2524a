"""The meeting itself: posts and deputies, the notary's declarations, what is said, called and remarked, and the
register of incidents (clauses 4.2 to 4.6, 5.3.1, 5.3.7, 5.5.3).

Pure, as `decide` is. Nothing of this is due while the opening is suspended.
"""

from __future__ import annotations

import hashlib

from hall.errors import Refused
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role
from hall.session import commands as c
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.rules import LotStage
from hall.session.state import OpeningState


def act(state: OpeningState, command: c.PeopleAct, actor: Actor, now: int) -> list[e.Event]:
    """The events that a party's act causes at `now` (ms UTC). Raises Refused."""
    match command:
        case c.AnswerResults(lot, answer, act):
            return _answer_results(state.lots[lot], answer, act, actor)
        case c.DeclareResults():
            return _declare_results(state, command, actor)
        case c.ExplainIncidents(numbers, text, act):
            return _explain(state, numbers, text, act)
        case c.SignRegister(entries, digest, act):
            return _sign_register(state, entries, digest, act)
        case _:
            raise Refused("not_now")


def note(state: OpeningState, command: c.PeopleNote, now: int) -> list[e.Event]:
    """The events that a note of the hall causes at `now` (ms UTC)."""
    return []


def due(state: OpeningState, now: int) -> list[e.Event]:
    """What has become due by `now`; limits that include their end fire one millisecond after it."""
    found: list[e.Event] = []
    for lot in state.lots.values():
        if lot.stage is not LotStage.RESULTS:
            continue
        if not lot.results_shown and not lot.opening:
            limit = state.scheduled.rules.results_answer_limit
            found.append(e.ResultsShown(lot.lot, None if state.notary else now + limit))
        elif lot.results_by is not None and now > lot.results_by:
            silent = [b for b in lot.bidders if b not in lot.result_answers]
            found.extend(e.ResultsAnswered(lot.lot, b, e.SealingAnswer.NO_ANSWER, None) for b in silent)
    return found


def moments(state: OpeningState) -> list[int]:
    """When `due` will next have something to say, ms UTC; 0 means at once."""
    found: list[int] = []
    for lot in state.lots.values():
        if lot.stage is LotStage.RESULTS and not lot.results_shown and not lot.opening:
            found.append(0)
        elif lot.stage is LotStage.RESULTS and lot.results_by is not None:
            if len(lot.result_answers) < len(lot.bidders):
                found.append(lot.results_by + 1)
    return found


def open_to(state: OpeningState, lot: LotState | None, viewer: Actor, act: str) -> bool:
    """Whether `viewer` could send one of this chapter's acts now, roles and stages being right already."""
    me = viewer.party
    match act:
        case "answer_results" if lot is not None:
            asked = lot.results_shown and state.notary is None
            return asked and me in lot.bidders and me not in lot.result_answers
        case "declare_results" if lot is not None:
            if (viewer.role is Role.NOTARY) != (state.notary is not None) or not lot.results_shown:
                return False
            return state.notary is not None or all(b in lot.result_answers for b in lot.bidders)
        case "explain_incidents":
            return state.register is None and bool(unexplained(state))
        case "sign_register":
            return register_ready(state)
        case _:
            return False


def check_declarer(state: OpeningState, actor: Actor) -> None:
    """The notary declares; the host only where none is appointed or the project owner marked it absent (clause 4.2)."""
    if state.notary is not None and actor.role is not Role.NOTARY:
        raise Refused("notary_declares")
    if state.notary is None and actor.role is Role.NOTARY:
        raise Refused("notary_was_absent")


def _answer_results(lot: LotState, answer: e.SealingAnswer, act: SignedAct, actor: Actor) -> list[e.Event]:
    if actor.party not in lot.bidders:
        raise Refused("not_listed")
    if not lot.results_shown:
        raise Refused("results_not_shown")
    if lot.result_answers.get(actor.party, e.SealingAnswer.NO_ANSWER) is not e.SealingAnswer.NO_ANSWER:
        raise Refused("answered_already")
    return [e.ResultsAnswered(lot.lot, actor.party, answer, act)]


def _declare_results(state: OpeningState, command: c.DeclareResults, actor: Actor) -> list[e.Event]:
    # clause 4.2 (ii): after decryption closes, the results are declared; the same fallback serves as in (i)
    lot = state.lots[command.lot]
    check_declarer(state, actor)
    if not lot.results_shown or lot.opening:
        raise Refused("results_not_shown")
    waiting = () if state.notary else tuple(b for b in lot.bidders if b not in lot.result_answers)
    if waiting:
        raise Refused("result_answers_missing", waiting=len(waiting))
    if command.proof is None:
        raise Refused("recorder_not_proved", age_ms=None)
    missing = tuple(b for b in lot.bidders if b not in lot.opened)
    return [e.ResultsDeclared(lot.lot, actor.role.value, lot.decrypted, missing, command.proof, command.act)]


def register_digest(state: OpeningState) -> str:
    """SHA-256 over the canonical list of all entries with their explanations: what the procuring entity signs."""
    entries = [
        {
            "incident": i.incident,
            "kind": i.kind,
            "clause": i.clause,
            "subject": i.subject,
            "detail": i.detail,
            "scope": list(i.scope),
            "start": i.start,
            "end": i.end,
            "corrects": i.corrects,
            "explanation": state.explained.get(i.incident, ""),
        }
        for i in state.incidents
    ]
    return hashlib.sha256(canonical.dumps(entries)).hexdigest()


def unexplained(state: OpeningState) -> tuple[int, ...]:
    """Numbers of automatic entries without an explanation; presence gaps are no entries, they don't block (4.3)."""
    return tuple(i.incident for i in state.incidents if i.act is None and i.incident not in state.explained)


def _explain(state: OpeningState, numbers: tuple[int, ...], text: str, act: SignedAct) -> list[e.Event]:
    unknown = set(numbers) - {i.incident for i in state.incidents}
    if unknown or not numbers:
        raise Refused("no_such_incident", incident=min(unknown, default=0))
    if state.register is not None:
        raise Refused("register_signed")
    return [e.IncidentsExplained(numbers, text, act)]


def register_ready(state: OpeningState) -> bool:
    """Whether the register's final state can be signed: all lots are settled and every automatic entry is explained."""
    settled = bool(state.lots) and all(lot.settled for lot in state.lots.values())
    return settled and state.register is None and not unexplained(state)


def _sign_register(state: OpeningState, entries: int, digest: str, act: SignedAct) -> list[e.Event]:
    # clause 4.3: the register belongs to the procuring entity, which signs its final state
    if not all(lot.settled for lot in state.lots.values()):
        raise Refused("not_now")
    if state.register is not None:
        raise Refused("signed_already")
    if missing := unexplained(state):
        raise Refused("incidents_unexplained", incident=missing[0], missing=len(missing))
    if (entries, digest) != (len(state.incidents), register_digest(state)):
        raise Refused("stale_register")
    return [e.RegisterSigned(entries, digest, act)]
