"""What the other streams of a tender owe its award, and what the award's letters say.

What may not live here: a rule of the award; and what supervision owes it, which stands with supervision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hall.award import commands as c
from hall.award.events import Entrant
from hall.award.rules import Law, LotStatus
from hall.award.state import AwardState, LotAward
from hall.procurement.evaluation import OpenedBid
from hall.procurement.parties import Role
from hall.runtime.award_matter import AWARD
from hall.runtime.evaluation_matter import EVALUATION
from hall.runtime.letter import Letter
from hall.runtime.matter import Owed, States, to


def entrant(bid: OpenedBid) -> Entrant:
    """What the law has published of a bid beside its price."""
    read = {said.key: said.value for said in bid.columns}
    period, quality, manager = (read.get(key, "") for key in ("period", "quality", "manager"))
    return Entrant(bid.lot, bid.bidder, bid.name, bid.price, period, quality, manager)


def _report(states: States) -> c.ReceiveReport | None:
    """The committee's report, once it is handed over (clause 5.4.4)."""
    done, award = states.of(EVALUATION).done, states.of(AWARD)
    if done is None or award.report:
        return None
    given = states.of(EVALUATION).given
    owners = set(given.entity)
    if states.opening is not None:
        posts = states.opening.posts.values()
        owners |= {post.party for post in posts if post.role is Role.PROCURING_ENTITY}
    return c.ReceiveReport(
        report=done.report,
        candidates=given.rules.candidates,
        publicity_days=given.rules.publicity_days,
        entrants=tuple(entrant(bid) for bid in given.bids),
        owners=tuple(sorted(owners)),
    )


_OVER: Final = (LotStatus.CONTRACTED, LotStatus.FAILED, LotStatus.RETENDER)


def _calendar(states: States) -> c.TakeCalendar | None:
    """The working days that the trading centre keeps, before the report and as long as any limit is counted by them."""
    award, kept = states.of(AWARD), states.calendar
    if not _runs(states) or kept == award.calendar:
        return None
    return c.TakeCalendar(tuple(sorted(kept.holidays)), tuple(sorted(kept.extra)))


def _law(states: States) -> c.TakeLaw | None:
    """The law that the tender's procedure follows, before the report; the Bidding Law needs no word."""
    if states.opening is None or not _runs(states):
        return None
    law = Law(states.opening.scheduled.rules.procedure_law)
    return None if law is states.of(AWARD).law else c.TakeLaw(law)


def _runs(states: States) -> bool:
    """Whether the evaluation is done, and a lot's award is not."""
    lots = states.of(AWARD).lots.values()
    over = bool(lots) and all(one.status in _OVER for one in lots)
    return states.of(EVALUATION).done is not None and not over


AWARD_OWED: Final = (
    Owed("working days to the award", _calendar, to(AWARD.name)),
    Owed("the tender's law to the award", _law, to(AWARD.name)),
    Owed("the committee's report to the award", _report, to(AWARD.name)),
)


def award_letters(states: States) -> list[Letter]:
    """Who took part is told what became of it; the procuring entity, when it is waited for."""
    award = states.of(AWARD)
    found = _to_the_owner(award)
    for lot in award.lots.values():
        found += [*_published(award, lot), *_decided(award, lot), *_ended(award, lot)]
    return found


def _bidders(award: AwardState, lot: str) -> Sequence[str]:
    return [one.bidder for one in award.entrants if one.lot == lot]


def _to_the_owner(award: AwardState) -> list[Letter]:
    if not award.reported_at:
        return []
    at = award.reported_at
    kind = _words(award, "award_reported")
    return [Letter("report", party, Role.PROCURING_ENTITY.value, kind, due_at=at) for party in award.owners]


def _published(award: AwardState, lot: LotAward) -> list[Letter]:
    if not lot.start:
        return []
    facts = {"until": lot.until, "days": award.figures.answer}
    kind = _words(award, "candidates_published")
    return [
        _letter(f"publicity {lot.lot}", bidder, kind, lot, lot.start, facts)
        for bidder in _bidders(award, lot.lot)
    ]


def _words(award: AwardState, kind: str) -> str:
    """The words of the tender's own law."""
    return f"{kind}_procurement" if award.law is Law.PROCUREMENT else kind


def _decided(award: AwardState, lot: LotAward) -> list[Letter]:
    """The notice of award and the notices of the result, once they lie ready as papers (Bidding Law art. 45;
    Implementing Regulations of the Government Procurement Law art. 43)."""
    found = []
    for decided in lot.decisions:
        key = f"decision {lot.lot} {decided.event.decision}"
        for paper in decided.papers:
            found.append(_letter(key, paper.bidder, paper.kind, lot, decided.papers_at, {}))
    return found


def _ended(award: AwardState, lot: LotAward) -> list[Letter]:
    kinds = {LotStatus.FAILED: "lot_failed", LotStatus.RETENDER: "lot_retendered"}
    if lot.status not in kinds or not lot.ends:
        return []
    last = lot.ends[-1]
    key, facts = f"end {lot.lot}", {"reason": last.event.reason}
    return [
        _letter(key, bidder, kinds[lot.status], lot, last.at, facts) for bidder in _bidders(award, lot.lot)
    ]


def _letter(key: str, bidder: str, kind: str, lot: LotAward, at: int, facts: Mapping[str, object]) -> Letter:
    return Letter(key, bidder, Role.BIDDER.value, kind, facts, due_at=at, lot=lot.lot)
