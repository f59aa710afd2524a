"""The countdowns of an opening that freeze while it stands still, and what a pause gives back to them (clause 4.8 a).

Pure. The time left of a countdown is its end less the start of the fault, never more than its whole length; when the
opening goes on at R it ends at R + that. So nothing is shortened, and nothing is stretched beyond the pause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hall.procurement.tender import Mode, RuleSet
from hall.session.events import Limit, LimitName
from hall.session.lot import LotState
from hall.session.rules import CONTINUED_STAGES, LotStage
from hall.session.state import OpeningState


@dataclass(frozen=True, slots=True)
class Countdown:
    """One running countdown: `ends_at` in ms UTC, `length` its whole length in ms. `bidder`: for an own window."""

    lot: str
    name: LimitName
    bidder: str
    ends_at: int
    length: int

    def left(self, at: int) -> int:
        """What is left of it at `at`, in ms; negative where it was over before."""
        return min(self.ends_at - at, self.length)


def limits(state: OpeningState) -> tuple[Countdown, ...]:
    """Every countdown that somebody's time depends on now. Whether they run or stand still says `state.suspension`."""
    rules = state.scheduled.rules
    period = 0 if state.scheduled.mode is Mode.REHEARSAL else rules.objection_period
    return tuple(found for lot in state.lots.values() for found in _of_lot(lot, rules, period))


def waits(state: OpeningState, countdown: Countdown) -> bool:
    """Whether this one stands still until the decrypted go on (clause 4.8 b)."""
    if state.continues_at is None or countdown.name is LimitName.OWN_WINDOW:
        return False
    return state.lots[countdown.lot].stage in CONTINUED_STAGES


def thawed(countdowns: Iterable[Countdown], since: int, at: int) -> tuple[Limit, ...]:
    """The ends that they have when what stood still since `since` runs again from `at` (both ms UTC)."""
    return tuple(
        Limit(x.lot, x.name, x.bidder, x.ends_at, max(x.ends_at, at + x.left(since)))
        for x in countdowns
        if x.left(since) >= 0
    )


def standing_still(state: OpeningState, start: int, end: int) -> int:
    """How many of the milliseconds in [start, end) the opening stood still."""
    pauses = ((s.since, end if s.ended is None else s.ended) for s in state.suspensions)
    return sum(max(0, min(end, stop) - max(start, since)) for since, stop in pauses)


def _of_lot(lot: LotState, rules: RuleSet, period: int) -> Iterator[Countdown]:
    def running(name: LimitName, ends_at: int | None, length: int, bidder: str = "") -> Iterator[Countdown]:
        if ends_at is not None:
            yield Countdown(lot.lot, name, bidder, ends_at, length)

    match lot.stage:
        case LotStage.CHECK if any(b not in lot.answers for b in lot.bidders):
            yield from running(LimitName.SEALING_ANSWERS, lot.answer_by, rules.sealing_answer_limit)
        case LotStage.DECRYPTION if lot.command is not None:
            yield from running(LimitName.DECRYPTION, lot.closes_at, rules.decryption_window)
        case LotStage.RESULTS if any(b not in lot.result_answers for b in lot.bidders):
            yield from running(LimitName.RESULT_ANSWERS, lot.results_by, rules.results_answer_limit)
        case LotStage.READ_OUT if any(b not in lot.price_answers for b in lot.disclosed):
            yield from running(LimitName.PRICE_ANSWERS, lot.price_answer_by, rules.price_answer_limit)
        case LotStage.OBJECTIONS:
            yield from running(LimitName.OBJECTIONS, lot.objections_not_before, period)
        case _:
            pass
    for bidder in lot.own_running:
        own = lot.own[bidder]
        yield from running(LimitName.OWN_WINDOW, own.closes_at, own.closes_at - own.opened_at, bidder)
    if lot.rounds and lot.rounds[-1].closed is None:
        quotes = lot.rounds[-1]
        yield from running(LimitName.QUOTES, quotes.quoted_by, quotes.quoted_by - quotes.opened_at)
    if lot.draws and lot.draws[-1].done is None:
        draw = lot.draws[-1]
        if draw.reveal_by is None:
            yield from running(LimitName.DRAW_COMMITS, draw.commit_by, rules.draw_limit)
        else:
            yield from running(LimitName.DRAW_REVEALS, draw.reveal_by, rules.draw_limit)
