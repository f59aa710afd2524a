"""The state of the trading centre, and how events change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from hall.centre import events as e
from hall.centre.changes import Change, Setting, TrustedRoot, Venue
from hall.procurement.calendar import WorkingDays


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that waits for a second person. `at`: ms UTC."""

    proposal: int
    change: Change
    by: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Year:
    holidays: tuple[str, ...]
    extra: tuple[str, ...]
    source: str
    at: int


@dataclass(frozen=True, slots=True)
class Expert:
    """`item`: digest of the personal item with name and unit."""

    party: str
    item: str
    specialities: tuple[str, ...]
    recuses: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal of changes. `what`: the event's kind or the change's; `about`: whom or what."""

    at: int
    by: str
    what: str
    about: str
    reason: str


@dataclass(frozen=True, slots=True)
class CentreState:
    """`changes`: what the directory is owed, in order, with its moment; `carried`: how many of them it has."""

    changes: tuple[tuple[int, Change], ...] = ()
    carried: int = 0
    proposals: Mapping[int, Proposal] = field(default_factory=dict)
    proposed: int = 0
    years: Mapping[int, Year] = field(default_factory=dict)
    defaults: tuple[Setting, ...] = ()
    experts: Mapping[str, Expert] = field(default_factory=dict)
    rooms: tuple[Venue, ...] = ()
    roots: tuple[TrustedRoot, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def calendar(self) -> WorkingDays:
        """The working days in force."""
        years = self.years.values()
        off = frozenset(day for year in years for day in year.holidays)
        return WorkingDays(off, frozenset(day for year in years for day in year.extra))

    @property
    def next_change(self) -> Change | None:
        """What the directory is owed next."""
        return self.changes[self.carried][1] if self.carried < len(self.changes) else None


def evolve(state: CentreState, event: e.Event, at: int) -> CentreState:
    """The state after `event`, received at `at` (ms UTC)."""
    if not isinstance(event, e.ChangeCarried):
        state = replace(state, lines=(*state.lines, _line(state, event, at)))
    match event:
        case e.ChangeMade(change):
            return replace(state, changes=(*state.changes, (at, change)))
        case e.ChangeProposed(proposal, change, by, reason):
            waiting = {**state.proposals, proposal: Proposal(proposal, change, by, reason, at)}
            return replace(state, proposals=waiting, proposed=proposal)
        case e.ChangeConfirmed(proposal):
            change = state.proposals[proposal].change
            return replace(_settled(state, proposal), changes=(*state.changes, (at, change)))
        case e.ChangeDeclined(proposal):
            return _settled(state, proposal)
        case e.YearSet(year, holidays, extra, source):
            return replace(state, years={**state.years, year: Year(holidays, extra, source, at)})
        case e.DefaultsSet(settings):
            return replace(state, defaults=settings)
        case e.ExpertListed(party, item, specialities, recuses):
            expert = Expert(party, item, specialities, recuses, at)
            return replace(state, experts={**state.experts, party: expert})
        case e.ExpertUnlisted(party):
            return replace(state, experts={k: v for k, v in state.experts.items() if k != party})
        case e.RoomsNamed(rooms):
            return replace(state, rooms=rooms)
        case e.TrustNoted(roots):
            return replace(state, roots=roots)
        case e.ChangeCarried(number):
            return replace(state, carried=number)
        case _:
            assert_never(event)


def _settled(state: CentreState, proposal: int) -> CentreState:
    return replace(state, proposals={k: v for k, v in state.proposals.items() if k != proposal})


def _line(state: CentreState, event: e.Event, at: int) -> Line:
    """What the journal of changes says. An expert is named by its id alone."""
    match event:
        case e.ChangeMade(change, by, reason):
            return Line(at, by, f"made_{change.kind}", _about(change), reason)
        case e.ChangeProposed(_, change, by, reason):
            return Line(at, by, f"proposed_{change.kind}", _about(change), reason)
        case e.ChangeConfirmed(proposal, by):
            change = state.proposals[proposal].change
            return Line(at, by, f"confirmed_{change.kind}", _about(change), "")
        case e.ChangeDeclined(proposal, by, reason):
            change = state.proposals[proposal].change
            return Line(at, by, f"declined_{change.kind}", _about(change), reason)
        case e.YearSet(year, by=by, source=source):
            return Line(at, by, "year_set", str(year), source)
        case e.DefaultsSet(by=by):
            return Line(at, by, "defaults_set", "", "")
        case e.ExpertListed(party, by=by):
            return Line(at, by, "expert_listed", party, "")
        case e.ExpertUnlisted(party, reason, by):
            return Line(at, by, "expert_unlisted", party, reason)
        case e.RoomsNamed(rooms, by):
            return Line(at, by, "rooms_named", "、".join(room.name for room in rooms), "")
        case e.TrustNoted(roots):
            return Line(at, "", "trust_noted", "、".join(root.subject for root in roots), "")
        case e.ChangeCarried():
            raise AssertionError("the hall's own notes are no line")
        case _:
            assert_never(event)


def _about(change: Change) -> str:
    return " ".join(part for part in (change.party, change.name, change.office, change.sha256[:16]) if part)
