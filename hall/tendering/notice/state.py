"""A tender's notice at one moment, and how events change it.

The draft has a revision that counts every change of its content: what was filed, and what is published, names the one
it means, so a change after the filing is filed again (clause 5.1). Posts and deadlines of the opening are content too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from hall.procurement.acts import SignedAct
from hall.procurement.calendar import WorkingDays
from hall.procurement.evaluation import EvaluationRules
from hall.procurement.parties import Appointment
from hall.procurement.tender import Lot, Mode, RuleSet, with_alternatives
from hall.tendering.notice import events as e
from hall.tendering.notice import plan


class NoticeStage(StrEnum):
    NONE = "none"
    DRAFT = "draft"
    FILED = "filed"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NoticeState:
    """`by`: who drafted it; `schedule` holds the deadline as it stands now; `added`: SHA-256 → number of the addendum
    that brought a document; `issued`: when each addendum was issued; `confirmed`: (addendum, bidder) → deposits;
    `unknown`: certificates of staff that nobody registered has, of those `looked_at`; `calendar`: by which working days
    are counted; `defaults`: what the trading centre lets tenders begin with, and what of it it `set_by_centre`."""

    by: str = ""
    tender: str = ""
    face: plan.Face | None = None
    revision: int = 0
    lots: tuple[plan.NoticeLot, ...] = ()
    settings: RuleSet = RuleSet()  # noqa: RUF009  # frozen
    custody: str = ""
    settled: bool = False
    terms: plan.Terms | None = None
    documents: tuple[plan.Document, ...] = ()
    added: Mapping[str, int] = field(default_factory=dict)
    checklist: tuple[plan.Ticked, ...] = ()
    rules: EvaluationRules = EvaluationRules()  # noqa: RUF009  # frozen
    ruled: bool = False
    staff: tuple[Appointment, ...] = ()
    deputies: tuple[Appointment, ...] = ()
    looked_at: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    schedule: plan.Schedule | None = None
    clashes: tuple[plan.Booked, ...] = ()
    filing: plan.Filing | None = None
    published_at: int = 0
    opening: str = ""
    addenda: tuple[plan.Addendum, ...] = ()
    issued: tuple[int, ...] = ()
    confirmed: Mapping[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)
    cancelled_at: int = 0
    cancelled_reason: str = ""
    mode: Mode | None = None
    taken: bool = False
    calendar: WorkingDays = WorkingDays()  # noqa: RUF009  # frozen, and of two frozen sets
    defaults: RuleSet = RuleSet()  # noqa: RUF009  # frozen
    set_by_centre: tuple[str, ...] = ()
    nonces: frozenset[str] = frozenset()

    @property
    def stage(self) -> NoticeStage:
        """clause 5.1: draft → filed → published; a draft that changed after its filing is a draft again."""
        if self.cancelled_at:
            return NoticeStage.CANCELLED
        if self.published_at:
            return NoticeStage.PUBLISHED
        if self.face is None:
            return NoticeStage.NONE
        return NoticeStage.FILED if self.filed else NoticeStage.DRAFT

    @property
    def filed(self) -> bool:
        """Whether the filing covers what stands here now."""
        return self.filing is not None and self.filing.revision == self.revision

    @property
    def binds(self) -> bool:
        """Whether the law's least times bind: everywhere but in a hall that is known to rehearse."""
        return self.mode is not Mode.REHEARSAL

    @property
    def method(self) -> str:
        return self.settings.procurement_method

    @property
    def invited(self) -> tuple[str, ...]:
        """Parties that alone may bid; none: everybody."""
        return () if self.terms is None else self.terms.invited

    @property
    def all_lots(self) -> tuple[Lot, ...]:
        """As deposits and opening know them: alternatives are lots of their own."""
        return tuple(
            one
            for lot in self.lots
            for one in with_alternatives(
                Lot(lot.lot, lot.name, lot.price_ceiling, lot.columns), lot.alternatives
            )
        )

    def makes(self, party: str) -> bool:
        """Whether a party prepares this tender."""
        return self.face is not None and (party == self.by or party in self.face.makers)

    def given_out_at(self, document: plan.Document) -> int:
        """When a document was published, ms UTC."""
        number = self.added.get(document.sha256, 0)
        return self.issued[number - 1] if number else self.published_at

    def documents_of(self, kind: plan.DocumentKind) -> tuple[plan.Document, ...]:
        return tuple(one for one in self.documents if one.kind is kind)


def evolve(state: NoticeState, event: e.Event, at: int) -> NoticeState:
    """The state after `event`, received at `at` (ms UTC)."""
    act = getattr(event, "act", None)
    if isinstance(act, SignedAct):
        state = replace(state, nonces=state.nonces | {act.server_nonce})
    match event:
        case e.TenderDrafted(by, face, drafted):
            return _revised(replace(state, tender=drafted.tender, by=by, face=face))
        case e.LotsSet(lots):
            return _revised(replace(state, lots=lots))
        case e.SettingsSet(settings, custody):
            return _revised(replace(state, settings=settings, custody=custody, settled=True))
        case e.TermsWritten(terms):
            return _revised(replace(state, terms=terms))
        case e.DocumentAttached(document):
            return _revised(replace(state, documents=(*state.documents, document)))
        case e.DocumentRemoved(sha256):
            left = tuple(one for one in state.documents if one.sha256 != sha256)
            return _revised(replace(state, documents=left))
        case e.ChecklistFilled(items):
            return _revised(replace(state, checklist=items))
        case e.CriteriaSet(rules):
            return _revised(replace(state, rules=rules, ruled=True))
        case e.StaffAppointed(staff, deputies):
            return _revised(replace(state, staff=staff, deputies=deputies))
        case e.OpeningPlanned(schedule):
            return _revised(replace(state, schedule=schedule))
        case e.TenderFiled(filing):
            return replace(state, filing=filing)
        case e.NoticePublished():
            return replace(state, published_at=at)
        case e.AddendumIssued(addendum):
            brought = {one.sha256: addendum.addendum for one in addendum.documents}
            return replace(
                state,
                addenda=(*state.addenda, addendum),
                issued=(*state.issued, at),
                documents=(*state.documents, *addendum.documents),
                added={**state.added, **brought},
            )
        case e.TenderCancelled(reason):
            return replace(state, cancelled_at=at, cancelled_reason=reason)
        case e.DepositConfirmed(addendum, _, bidder, deposit):
            key = (addendum, bidder)
            said = (*state.confirmed.get(key, ()), deposit)
            return replace(state, confirmed={**state.confirmed, key: said})
        case e.HallNoted(mode, taken):
            return replace(state, mode=mode, taken=taken)
        case e.CertificatesNoted(looked_at, unknown):
            return replace(state, looked_at=frozenset(looked_at), unknown=frozenset(unknown))
        case e.ClashesNoted(clashes):
            return replace(state, clashes=clashes)
        case e.CalendarTaken(holidays, extra):
            return replace(state, calendar=WorkingDays(frozenset(holidays), frozenset(extra)))
        case e.DefaultsTaken(settings, named):
            state = replace(state, defaults=settings, set_by_centre=named)
            if state.settled:
                return state
            # A draft begins with them: its makers see them until they say otherwise.
            custody = str(settings.custody) if "custody" in named else ""
            return replace(state, settings=settings, custody=custody)
        case e.OpeningArranged(opening):
            return replace(state, opening=opening)
        case e.DeadlineNoted(_, after):
            if state.schedule is None:
                return state
            return replace(state, schedule=replace(state.schedule, bid_deadline=after))
        case _:
            assert_never(event)


def _revised(state: NoticeState) -> NoticeState:
    return replace(state, revision=state.revision + 1)
