"""The evaluation as a matter of a tender: its machine, rights and view, and what other streams owe it.

What may not live here: a rule of the evaluation, and the list of experts (`hall.runtime.evaluation_experts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from hall.award.state import AwardState
from hall.evaluation import commands as c
from hall.evaluation import events as e
from hall.evaluation.acts import BODIES, RIGHTS, command_of
from hall.evaluation.decide import decide, is_last, next_deadline, tick
from hall.evaluation.fold import evolve
from hall.evaluation.state import EvaluationState
from hall.evaluation.views import may_read, view
from hall.procurement.evaluation import EvaluationRules, OpenedBid, Said
from hall.procurement.matter import Look
from hall.procurement.parties import Role
from hall.runtime.award_matter import AWARD
from hall.runtime.machine import Machine
from hall.runtime.matter import Matter, Owed, States, to
from hall.runtime.registration_matter import REGISTRATION
from hall.session.lot import LotState
from hall.session.rules import Stage
from hall.session.state import OpeningState
from hall.tendering.registration.state import RegistrationState


def _seats(state: EvaluationState, look: Look) -> frozenset[Role]:
    """A named representative of the procuring entity evaluates too, though it stands on no list."""
    member = state.received is not None and state.member_of(look.party) is not None
    return frozenset({Role.EVALUATOR}) if member else frozenset()


EVALUATION: Final[Matter[EvaluationState]] = Matter(
    name="evaluation",
    events=e.Event,
    machine=Machine(
        initial=EvaluationState(),
        decide=decide,
        evolve=evolve,
        tick=tick,
        next_deadline=next_deadline,
        refusal=lambda state, command, actor, code: None,
        is_last=is_last,
    ),
    rights=RIGHTS,
    command_of=command_of,
    view=view,
    seats=_seats,
    may_read=may_read,
    shapes=BODIES,
    names_files=frozenset({"evidence", "files"}),
)

_LEAST: Final = {"bidding_law": 5}
"""Fewest members by the tender's law: Bidding Law art. 37; where another procurement law rules, three."""

_COLUMNS: Final = ("price", "period", "quality", "manager", "security")


def handed_over(
    opening: OpeningState, rules: EvaluationRules, together: Iterable[str] = ()
) -> c.ReceiveBids | None:
    """The bids that a closed opening disclosed, at the price that stood in the end; None while there is nothing to
    hand over. Alternatives are not ranked: only a winner's own is ever looked at. together: who bid in consortia."""
    if opening.stage is not Stage.CLOSED:
        return None
    plan = opening.scheduled
    main = [lot.lot for lot in plan.lots if not lot.alternative_to]
    bids = tuple(bid for lot in main for bid in _bids(opening, opening.lots[lot]))
    if not bids:
        return None
    staff = (*opening.posts.values(), *plan.staff, *plan.deputies)
    entity = {post.party for post in staff if post.role is Role.PROCURING_ENTITY}
    concerned = {*(deposit.bidder for deposit in opening.deposits), *together}
    return c.ReceiveBids(
        tender=plan.tender,
        bids=bids,
        lots=tuple(main),
        rules=rules,
        concerned=tuple(sorted(concerned)),
        entity=tuple(sorted(entity)),
        staff=tuple(sorted({post.party for post in staff if post.role is not Role.EVALUATOR} - entity)),
        least=_LEAST.get(plan.rules.procedure_law, 3),
    )


def _bids(opening: OpeningState, lot: LotState) -> list[OpenedBid]:
    found: list[OpenedBid] = []
    prices = {quote.bidder: quote.price for one in lot.rounds for quote in one.quotes}
    for bidder, told in lot.disclosed.items():
        price = prices.get(bidder, told.price)
        said = replace(told, price=price)
        columns = tuple(Said(key, str(getattr(said, key))) for key in _COLUMNS if getattr(said, key))
        signed = opening.signed_in.get(bidder)
        name = signed.name if signed is not None else bidder
        found.append(
            OpenedBid(lot.lot, bidder, name, price, columns, told.bid_sha256, lot.opened.get(bidder, ""))
        )
    return found


def rules_of(states: States) -> EvaluationRules:
    """As the tender documents publish them; the defaults for a tender that came by a plan file."""
    rules = getattr(states.matters.get("notice"), "rules", None)
    return rules if isinstance(rules, EvaluationRules) else EvaluationRules()


def _bids_owed(states: States) -> c.ReceiveBids | None:
    if states.opening is None or states.of(EVALUATION).received is not None:
        return None
    bidders = {deposit.bidder for deposit in states.opening.deposits}
    together = consortia(bidders, states.of(REGISTRATION), states.registered_as)
    return handed_over(states.opening, rules_of(states), together)


def consortia(
    bidders: Iterable[str],
    registration: RegistrationState,
    registered_as: Callable[[str, str], Sequence[str]],
) -> set[str]:
    """Members of the consortia that these bidders lead, who bid as much as they do (Bidding Law arts. 31, 37): each by
    its credit code, and as what is registered under its name or code."""
    found: set[str] = set()
    for bidder in bidders:
        registrant = registration.registrants.get(bidder)
        for member in () if registrant is None else registrant.registered.members:
            found |= {member.code, *registered_as(member.name, member.code)}
    return found


def _findings_owed(states: States) -> c.NoteFindings | None:
    own, award = states.of(EVALUATION), states.of(AWARD)
    if own.received is None or own.done is not None or award.findings == own.findings:
        return None
    return None if award.findings is None else c.NoteFindings(award.findings)


def suspended_by(states: States) -> str:
    """The complaint whose law stops the procedure now, "" for none."""
    return str(getattr(states.matters.get("supervision"), "suspended", ""))


def _suspension_owed(states: States) -> c.NoteSuspension | None:
    own, by = states.of(EVALUATION), suspended_by(states)
    if own.received is None or own.done is not None or own.suspended == by:
        return None
    return c.NoteSuspension(by)


def settled(award: AwardState) -> bool:
    """Whether every lot has its result: from then on the law does not hide who evaluated (Bidding Law art. 37)."""
    lots = award.lots.values()
    return bool(lots) and all(lot.decided is not None or lot.ends for lot in lots)


EVALUATION_OWED: Final = (
    Owed("the opened bids to the evaluation", _bids_owed, to("evaluation")),
    Owed("what the hall found in the bids, to the evaluation", _findings_owed, to("evaluation")),
    Owed("a suspension of the procedure, to the evaluation", _suspension_owed, to("evaluation")),
)
