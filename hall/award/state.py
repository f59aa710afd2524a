"""The state of a tender's award, and how events change it. Nothing here refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from hall.award import events as e
from hall.award.rules import FIGURES, Figures, Law, LotStatus
from hall.procurement.calendar import WorkingDays
from hall.procurement.evaluation import Ranked, Rejection
from hall.procurement.findings import Finding


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, with the moment at which it was received (ms UTC)."""

    event: e.AwardDecided
    at: int
    papers: tuple[e.Paper, ...] = ()
    papers_at: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """A lot's failure, its new tendering or the voiding of an award, with its moment."""

    event: e.LotFailed | e.RetenderOrdered | e.AwardVoided
    at: int


@dataclass(frozen=True, slots=True)
class LotAward:
    """One lot. candidates: as published; start, until: of their publicity as it stands now, 0 before; out: candidates
    that can't be awarded any more, with why; decisions: every decision so far, the last one counts."""

    lot: str
    status: LotStatus
    candidates: tuple[Ranked, ...] = ()
    start: int = 0
    until: int = 0
    out: Mapping[str, str] = field(default_factory=dict)
    decisions: tuple[Decided, ...] = ()
    contract: e.ContractFiled | None = None
    contract_at: int = 0
    ends: tuple[Ended, ...] = ()

    @property
    def left(self) -> tuple[Ranked, ...]:
        """The candidates that can be awarded, in their order."""
        return tuple(one for one in self.candidates if one.bidder not in self.out)

    @property
    def decided(self) -> Decided | None:
        """The decision that counts: none once it was voided or its winner gave up."""
        last = self.decisions[-1] if self.decisions else None
        return None if last is None or last.event.bidder in self.out else last


@dataclass(frozen=True, slots=True)
class AwardState:
    """findings: None until the machine checks are through; objections: open ones → lot, "" for the whole tender;
    suspended: the complaint for which it stands still, "" for none; suspended_at: since when."""

    findings: tuple[Finding, ...] | None = None
    report: str = ""
    reported_at: int = 0
    most_candidates: int = 0
    publicity_days: int = 0
    ranking: tuple[Ranked, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    entrants: tuple[e.Entrant, ...] = ()
    owners: tuple[str, ...] = ()
    lots: Mapping[str, LotAward] = field(default_factory=dict)
    objections: Mapping[str, str] = field(default_factory=dict)
    suspended: str = ""
    suspended_at: int = 0
    stops: tuple[tuple[int, int], ...] = ()
    """From when until when the procedure stood still, of each time that is over."""

    calendar: WorkingDays = WorkingDays()  # noqa: RUF009 - frozen, and of two frozen sets
    law: Law = Law.BIDDING

    @property
    def figures(self) -> Figures:
        """The days of the tender's law."""
        return FIGURES[self.law]

    @property
    def publicity(self) -> dict[str, tuple[int, int]]:
        """Lot → (start, until) of each publicity so far, as they stand now: what supervision counts objections by."""
        return {lot: (one.start, one.until) for lot, one in self.lots.items() if one.start}

    @property
    def statuses(self) -> dict[str, LotStatus]:
        """Lot → where its award stands."""
        return {lot: one.status for lot, one in self.lots.items()}

    @property
    def awarded(self) -> dict[str, Decided]:
        """Lot → the decision that counts: the published results (clause 6.2)."""
        return {lot: found for lot, one in self.lots.items() if (found := one.decided) is not None}

    def open_objections(self, lot: str) -> tuple[str, ...]:
        """Objections to the result that wait for an answer and concern this lot."""
        return tuple(sorted(key for key, of in self.objections.items() if of in ("", lot)))

    def limit(self, since: int, days: int, now: int) -> int:
        """When a limit of so many days from `since` on ends, as things stand at `now`: later by the time for which the
        procedure stood still in it, and never on a day off (Civil Code arts. 201, 203); ms UTC."""
        due = self.calendar.after_calendar_days(since, days)
        running = ((self.suspended_at, now),) if self.suspended else ()
        for begin, end in (*self.stops, *running):
            if begin < due and since < end:
                due += end - max(begin, since)
        return self.calendar.carried(due)

    def complain_by(self, decided_at: int) -> int:
        """When the limit ends for what the law has against a result of that moment (`figures.remedy`), which no
        suspension makes later; ms UTC."""
        days = self.figures.remedy_within
        if self.figures.remedy_working:
            return self.calendar.after(decided_at, days)
        return self.calendar.after_calendar_days(decided_at, days)

    def owes_papers(self) -> str | None:
        """The lot whose notices are to be made next: each decision that counts has them."""
        found = (lot for lot, decided in self.awarded.items() if not decided.papers)
        return next(found, None)


def evolve(state: AwardState, event: e.Event, at: int) -> AwardState:
    """The state after `event`, received at `at` (ms UTC)."""
    match event:
        case e.BidsChecked(entrants, findings):
            return replace(state, findings=findings, entrants=state.entrants or entrants)
        case e.ReportReceived():
            return _reported(state, event, at)
        case e.ObjectionNoted(objection, of, is_open):
            others = {key: one for key, one in state.objections.items() if key != objection}
            return replace(state, objections={**others, objection: of} if is_open else others)
        case e.AwardSuspended(by):
            return replace(state, suspended=by, suspended_at=state.suspended_at if state.suspended else at)
        case e.AwardResumed():
            stops = (*state.stops, (state.suspended_at, at))
            return replace(state, suspended="", suspended_at=0, stops=stops)
        case e.AwardDaysTaken(holidays, extra):
            return replace(state, calendar=WorkingDays(frozenset(holidays), frozenset(extra)))
        case e.AwardLawTaken(law):
            return replace(state, law=law)
        case _:
            lot = _lot(state.lots[event.lot], event, at)
            return replace(state, lots={**state.lots, event.lot: lot})


def _reported(state: AwardState, event: e.ReportReceived, at: int) -> AwardState:
    ranked = {one.lot for one in event.ranking}
    names = dict.fromkeys([*(one.lot for one in event.entrants), *sorted(ranked), *event.failed])
    lots = {
        lot: LotAward(lot, LotStatus.REPORTED if lot in ranked else LotStatus.NO_CANDIDATES) for lot in names
    }
    return replace(
        state,
        report=event.report,
        reported_at=at,
        most_candidates=event.candidates,
        publicity_days=event.publicity_days,
        ranking=event.ranking,
        rejections=event.rejections,
        entrants=event.entrants,
        owners=event.owners,
        lots=lots,
    )


def _lot(lot: LotAward, event: e.LotEvent, at: int) -> LotAward:
    match event:
        case e.CandidatesPublished(_, candidates, start, until):
            return replace(lot, status=LotStatus.PUBLICITY, candidates=candidates, start=start, until=until)
        case e.PublicityExtended(_, _, until):
            return replace(lot, until=until)
        case e.PublicityEnded():
            return replace(lot, status=LotStatus.DECIDING if lot.left else LotStatus.NO_CANDIDATES)
        case e.CandidateGaveUp(_, bidder):
            return _without(lot, bidder, "gave_up")
        case e.AwardDecided():
            return replace(lot, status=LotStatus.AWARDED, decisions=(*lot.decisions, Decided(event, at)))
        case e.NoticesMade(_, _, papers):
            *before, last = lot.decisions
            return replace(lot, decisions=(*before, replace(last, papers=papers, papers_at=at)))
        case e.AwardVoided(_, bidder):
            gone = replace(lot, out={**lot.out, bidder: "voided"}, ends=(*lot.ends, Ended(event, at)))
            return replace(gone, status=LotStatus.VOIDED, contract=None, contract_at=0)
        case e.LotFailed():
            return replace(lot, status=LotStatus.FAILED, ends=(*lot.ends, Ended(event, at)))
        case e.RetenderOrdered():
            return replace(lot, status=LotStatus.RETENDER, ends=(*lot.ends, Ended(event, at)))
        case e.ContractFiled():
            return replace(lot, status=LotStatus.CONTRACTED, contract=event, contract_at=at)
        case _:
            assert_never(event)


def _without(lot: LotAward, bidder: str, why: str) -> LotAward:
    """The lot when this candidate can't be awarded any more; the publicity of the others runs on."""
    gone = replace(lot, out={**lot.out, bidder: why})
    if lot.status is LotStatus.PUBLICITY:
        return gone
    return replace(gone, status=LotStatus.DECIDING if gone.left else LotStatus.NO_CANDIDATES)
