"""A tender's notice as somebody may see it: the public what is published, its makers the draft and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoticeColumnView:
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class NoticeLotView:
    lot: str
    name: str
    price_ceiling: str | None
    columns: list[NoticeColumnView]
    alternatives: int


@dataclass(frozen=True, slots=True)
class NoticeDocumentView:
    """`addendum`: 0 for the documents of the publication; `readable`: whether the viewer may fetch it here."""

    sha256: str
    title: str
    version: int
    kind: str
    size: int
    addendum: int
    readable: bool


@dataclass(frozen=True, slots=True)
class NoticeChecklistView:
    """An item of clause 4.10, ticked or not yet."""

    item: str
    text: str
    in_notice: str
    in_documents: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class NoticeCriterionView:
    """`points` in hundredths."""

    key: str
    title: str
    kind: str
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class NoticeQuotaView:
    """So many seats of the committee at least are for experts of this speciality."""

    speciality: str
    seats: int


@dataclass(frozen=True, slots=True)
class NoticeCriteriaView:
    method: str
    criteria: list[NoticeCriterionView]
    committee: int
    representatives: int
    candidates: int
    publicity_days: int
    low_price_flag: int
    price_formula: str
    price_above: int
    price_below: int
    price_down: int
    price_trim: int
    quotas: list[NoticeQuotaView]


@dataclass(frozen=True, slots=True)
class NoticePostView:
    role: str
    party: str
    name: str
    unit: str
    certificate: str
    known: bool


@dataclass(frozen=True, slots=True)
class NoticeFilingView:
    revision: int
    number: str
    authority: str
    compiled_by: str
    filed_by: str
    filed_at: int
    paper: str


@dataclass(frozen=True, slots=True)
class NoticeAddendumView:
    """`confirmed`: the viewer's own deposits (SHA-256) that it confirmed after this addendum."""

    addendum: int
    title: str
    text: str
    touches_bids: bool
    issued_at: int
    confirmed: list[str]


@dataclass(frozen=True, slots=True)
class NoticeMinimumView:
    """A least time of the law. `kept` as the draft stands; `earliest`: the first moment that keeps it, ms UTC, 0 where
    none can be named; `binds`: refused if not kept (in production)."""

    minimum: str
    article: str
    days: int
    working: bool
    kept: bool
    earliest: int
    binds: bool


@dataclass(frozen=True, slots=True)
class NoticeMissingView:
    """What publication still waits for: `step` of the preparation, `what` as a code."""

    step: str
    what: str


@dataclass(frozen=True, slots=True)
class NoticeClashView:
    """Who (`what`: person) or what (room) another opening has at the same time."""

    what: str
    name: str
    other: str


@dataclass(frozen=True, slots=True)
class NoticeView:
    """`stage`: none, draft, filed, published, cancelled. A draft is "none" for who does not make it. Times: ms UTC, 0
    while there is none. `settings`: of the rule set, limits in ms as text or number. `may`: acts that role and stage
    permit. `entity_code`: the procuring entity's unified social credit code; `individuals`: whether natural persons may
    bid. `missing`, `minima`, `clashes`, `filing`, `staff`, `makers`: for makers and trading centre, else empty."""

    tender: str
    stage: str
    revision: int
    name: str
    number: str
    category: str
    region: str
    procuring_entity: str
    entity_code: str
    agency: str
    suite: str
    makers: list[str]
    title: str
    text: str
    open_documents: bool
    consortium: bool
    individuals: bool
    invitation_only: bool
    invited: list[str]
    law: str
    method: str
    custody: str
    settings: dict[str, int]
    lots: list[NoticeLotView]
    documents: list[NoticeDocumentView]
    checklist: list[NoticeChecklistView]
    criteria: NoticeCriteriaView
    staff: list[NoticePostView]
    deputies: list[NoticePostView]
    documents_from: int
    documents_until: int
    bid_deadline: int
    place: str
    opening: str
    filing: NoticeFilingView | None
    published_at: int
    cancelled_at: int
    cancelled_reason: str
    addenda: list[NoticeAddendumView]
    minima: list[NoticeMinimumView]
    missing: list[NoticeMissingView]
    clashes: list[NoticeClashView]
    binds: bool
    may: list[str]


@dataclass(frozen=True, slots=True)
class AgencyTender:
    """A line of the list of one's own tenders; `missing`: how much its publication still waits for."""

    tender: str
    name: str
    number: str
    stage: str
    bid_deadline: int
    missing: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class AgencyStaff:
    """A person of the staff that may be appointed to a post."""

    party: str
    name: str
    certificate: str


@dataclass(frozen=True, slots=True)
class Appointable:
    """Whom the project owner of an opening may appoint to a post."""

    people: list[AgencyStaff]


@dataclass(frozen=True, slots=True)
class NamedParty:
    """Somebody who can be chosen by its name. code: unified social credit code, "" for persons."""

    party: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class NamedParties:
    """Who fits a search, by name; `total`: of all that fit."""

    total: int
    parties: list[NamedParty]


@dataclass(frozen=True, slots=True)
class AgencyView:
    """What who prepares tenders begins with. `binds`: the law's least times bind (production)."""

    offices: list[str]
    binds: bool
    tenders: list[AgencyTender]
    staff: list[AgencyStaff]
