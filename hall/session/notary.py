"""The notary's two declarations, and the bidders' own check that takes the notary's place (clauses 4.2, 4.5).

Who declares is settled for each lot when its check begins: bidders have a limit (`answer_by`, `results_by`) where they
check, none where the notary does. A notary marked absent acts again for what follows once the post is filled anew;
a check that the bidders have begun they also end. Pure, as `decide` is.
"""

from __future__ import annotations

from hall.errors import Refused
from hall.procurement.parties import Actor, Role
from hall.session import commands as c
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.register import entry
from hall.session.roster import post_name, waited
from hall.session.rules import LotStage
from hall.session.state import OpeningState


def bidders_check(lot: LotState) -> bool:
    """Whether the bidders' own check stands in for the notary in this lot's present declaration."""
    return (lot.answer_by if lot.stage is LotStage.CHECK else lot.results_by) is not None


def check_declarer(lot: LotState, actor: Actor) -> None:
    """The notary declares; the host only where none is appointed or the project owner marked it absent (clause 4.2)."""
    if bidders_check(lot) and actor.role is Role.NOTARY:
        raise Refused("notary_was_absent")
    if not bidders_check(lot) and actor.role is not Role.NOTARY:
        raise Refused("notary_declares")


def declares(state: OpeningState, lot: LotState, actor: Actor) -> bool:
    """Whether `actor` could declare now: everything was shown, and everybody asked has answered or let time pass."""
    shown = bool(lot.rechecked) if lot.stage is LotStage.CHECK else lot.results_shown and not lot.opening
    if not shown or (actor.role is Role.NOTARY) is bidders_check(lot):
        return False
    return not bidders_check(lot) or not silent(lot)


def silent(lot: LotState) -> tuple[str, ...]:
    """Listed bidders who have not answered the check of the lot's present stage."""
    answers = lot.answers if lot.stage is LotStage.CHECK else lot.result_answers
    return tuple(b for b in lot.bidders if b not in answers)


def held_bids(lot: LotState) -> tuple[str, ...]:
    """Bids that declaration (i) holds: damaged at any look, or objected to by their bidder; the others go on."""
    damaged = {item.bidder for item in lot.rechecked if not item.intact}
    damaged |= {shown.bidder for shown in lot.rehashed if not shown.intact}
    objecting = {b for b, answer in lot.answers.items() if answer is e.SealingAnswer.OBJECTS}
    return tuple(b for b in lot.bidders if b in damaged | objecting)


def answer_results(lot: LotState, command: c.AnswerResults, actor: Actor) -> list[e.Event]:
    """A bidder's look at the result of its decryption; late, but before the declaration, still counts."""
    if actor.party not in lot.bidders:
        raise Refused("not_signed_in" if actor.party in lot.not_signed_in else "not_listed")
    if not lot.results_shown:
        raise Refused("results_not_shown")
    before = lot.result_answers.get(actor.party, e.SealingAnswer.NO_ANSWER)
    if before is command.answer:
        return []
    if before is not e.SealingAnswer.NO_ANSWER:
        raise Refused("answered_already")
    return [e.ResultsAnswered(lot.lot, actor.party, command.answer, command.act)]


def declare_results(lot: LotState, command: c.DeclareResults, actor: Actor) -> list[e.Event]:
    """Declaration (ii), after decryption closed: which bids were decrypted and which were not."""
    if not lot.results_shown or lot.opening:
        raise Refused("results_not_shown")
    check_declarer(lot, actor)
    if bidders_check(lot) and (missing := silent(lot)):
        raise Refused("result_answers_missing", waiting=len(missing))
    if command.proof is None:
        raise Refused("recorder_not_proved", age_ms=None)
    undecrypted = tuple(b for b in lot.bidders if b not in lot.proven)
    role = actor.role.value
    return [e.ResultsDeclared(lot.lot, role, lot.decrypted, undecrypted, command.proof, command.act)]


def due(state: OpeningState, lot: LotState, now: int) -> list[e.Event]:
    """Results are shown once every released bid opened or failed; who lets the limit pass did not answer."""
    if lot.stage is not LotStage.RESULTS:
        return []
    if not lot.results_shown:
        limit = state.scheduled.rules.results_answer_limit
        return [] if lot.opening else [e.ResultsShown(lot.lot, None if state.notary else now + limit)]
    if lot.results_by is None or now <= lot.results_by:
        return []
    return [e.ResultsAnswered(lot.lot, b, e.SealingAnswer.NO_ANSWER, None) for b in silent(lot)]


def moments(lot: LotState) -> list[int]:
    """When `due` will next have something to say, ms UTC; 0 means at once."""
    if lot.stage is not LotStage.RESULTS:
        return []
    if not lot.results_shown:
        return [] if lot.opening else [0]
    return [lot.results_by + 1] if lot.results_by is not None and silent(lot) else []


def awaited_since(state: OpeningState) -> int | None:
    """Since when the opening waits for the notary's declaration, ms UTC; None where it does not."""
    since = [lot.asked_at for lot in state.lots.values() if _waits_for_notary(lot)]
    return min(since) if since and state.notary is not None else None


def _waits_for_notary(lot: LotState) -> bool:
    shown = {LotStage.CHECK: bool(lot.rechecked), LotStage.RESULTS: lot.results_shown}
    return shown.get(lot.stage, False) and not bidders_check(lot)


def called_since(state: OpeningState, participant: str, since: int) -> bool:
    """Whether somebody tried to reach `participant` by telephone in that time; calls are logged acts (clause 4.6)."""
    return state.called.get(participant, -1) >= since


def mark_absent(state: OpeningState, command: c.MarkNotaryAbsent, now: int) -> list[e.Event]:
    """Nobody's absence stops a lawful opening: after the limit, with calls logged, the bidders check for themselves."""
    if state.notary_absent:
        return []
    if state.notary is None:
        raise Refused("no_notary")
    since = awaited_since(state)
    if since is None:
        raise Refused("notary_not_awaited")
    limit = state.scheduled.rules.notary_limit
    if (gone := waited(state, since, now)) < limit:
        raise Refused("notary_limit_running", left_ms=limit - gone)
    if not called_since(state, post_name(Role.NOTARY), since):
        raise Refused("no_call_logged", participant=post_name(Role.NOTARY))
    return [e.NotaryMarkedAbsent(command.reason, command.act)]


def may_mark_absent(state: OpeningState) -> bool:
    """Whether the project owner is at that point; the limit itself is told by the refusal, a view has no clock."""
    return awaited_since(state) is not None


def request_rehash(state: OpeningState, command: c.RequestRehash) -> list[e.Event]:
    """ "Show me this file's digest again", now."""
    if state.notary is None:
        raise Refused("notary_was_absent")
    lot = state.lots[command.lot]
    if command.bidder not in lot.taking_part or state.deposit(lot.lot, command.bidder) is None:
        raise Refused("no_such_bidder", bidder=command.bidder)
    if command.bidder in lot.rehash_owed:
        return []
    return [e.RehashRequested(lot.lot, command.bidder, command.act)]


def note_rehash(state: OpeningState, command: c.NoteRehash) -> list[e.Event]:
    """What the store gave; damage is clause 4.7 b, never the bidder's fault."""
    lot = state.lots[command.lot]
    if command.bidder not in lot.rehash_owed:
        return []
    shown = e.RehashShown(lot.lot, command.bidder, command.sha256, command.intact)
    looked: list[e.Event] = [shown] if command.fresh is None else [shown, command.fresh]
    if command.intact:
        return looked
    subject = f"bidder-{command.bidder}"
    return [
        *looked,
        entry(state, "ciphertext_damaged", subject, command.sha256, clause="b", scope=(command.bidder,)),
    ]
