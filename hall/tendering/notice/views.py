"""What somebody may know of a tender's notice: the secrecy boundary of this stream.

A draft is for its makers and the trading centre; anybody else sees what it sees of a tender that does not exist. Who
was invited, and who confirmed a deposit, says who may bid or has bid: the invited are for the makers and themselves
alone, a confirmation for its bidder alone (Bidding Law art. 22).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from hall import wire
from hall.errors import Refused
from hall.procurement.matter import Look, may
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import RuleSet
from hall.tendering.notice.acts import RIGHTS
from hall.tendering.notice.minima import Judged, addendum_judged
from hall.tendering.notice.missing import gaps, times
from hall.tendering.notice.plan import Document, DocumentKind, Item
from hall.tendering.notice.state import NoticeStage, NoticeState

_READ_BY_ALL: Final = (DocumentKind.NOTICE,)
_DRAFTING: Final = frozenset(RIGHTS) - {"issue_addendum", "confirm_deposit"}
_ACTS: Final = {
    NoticeStage.NONE: frozenset({"draft_tender"}),
    NoticeStage.DRAFT: _DRAFTING,
    NoticeStage.FILED: _DRAFTING,
    NoticeStage.PUBLISHED: frozenset({"issue_addendum", "cancel_tender", "confirm_deposit"}),
    NoticeStage.CANCELLED: frozenset[str](),
}
NOBODYS: Final = NoticeState()
FOUNDERS: Final = frozenset({Role.PROCURING_ENTITY, Role.TRADING_CENTRE})
"""Offices of those who see drafts: their own, or all."""


def makes(state: NoticeState, look: Look) -> bool:
    """Whether somebody sees the draft: its makers and the trading centre."""
    maker = look.has(Role.PROCURING_ENTITY) and state.makes(look.party)
    return maker or look.has(Role.TRADING_CENTRE)


def may_read(state: NoticeState, look: Look, sha256: str) -> bool:
    """Whether somebody may read a file here. Tender documents are for who has registered (clause 5.2.1), which another
    matter knows, unless the notice gives them to anybody."""
    named = [one for one in state.documents if one.sha256 == sha256]
    if makes(state, look):
        return bool(named) or (state.filing is not None and state.filing.paper == sha256)
    return any(_readable(state, one) for one in named)


def check_given(state: NoticeState, look: Look, sha256: str, now: int) -> None:
    """Documents that are for anybody are so in the time that the notice names (clause 5.2.1). Raises Refused."""
    named = [one for one in state.documents if one.sha256 == sha256]
    timed = all(one.kind is DocumentKind.TENDER_DOCUMENTS for one in named)
    if state.schedule is None or makes(state, look) or not timed:
        return
    if now < state.schedule.documents_from:
        raise Refused("documents_not_yet", start=state.schedule.documents_from)
    if now >= state.schedule.documents_until:
        raise Refused("documents_no_more", until=state.schedule.documents_until)


def _readable(state: NoticeState, document: Document) -> bool:
    if state.published_at == 0 or document.kind is DocumentKind.FILING:
        return False
    return document.kind in _READ_BY_ALL or (state.terms is not None and state.terms.open_documents)


def view(state: NoticeState, look: Look, now: int) -> wire.NoticeView:
    """A notice as somebody may know it now (ms UTC)."""
    maker = makes(state, look)
    if not maker and not state.published_at:
        state = NOBODYS
    face, terms, schedule = state.face, state.terms, state.schedule
    invited = state.invited if maker else tuple(p for p in state.invited if p == look.party)
    acts = _ACTS[state.stage]
    return wire.NoticeView(
        tender=state.tender,
        stage=state.stage,
        revision=state.revision,
        name=face.name if face else "",
        number=face.number if face else "",
        category=face.category if face else "",
        region=face.region if face else "",
        procuring_entity=face.procuring_entity if face else "",
        entity_code=face.entity_code if face else "",
        agency=face.agency if face else "",
        suite=face.suite if face else "",
        makers=_makers(state) if maker else [],
        title=terms.title if terms else "",
        text=terms.text if terms else "",
        open_documents=terms is not None and terms.open_documents,
        consortium=terms is not None and terms.consortium,
        individuals=terms is not None and terms.individuals,
        invitation_only=bool(state.invited),
        invited=list(invited),
        law=state.settings.procedure_law if state.settled else "",
        method=state.method if state.settled else "",
        custody=state.custody,
        settings=_numbers(state.settings),
        lots=[
            wire.NoticeLotView(
                lot.lot,
                lot.name,
                lot.price_ceiling,
                [wire.NoticeColumnView(one.key, one.title) for one in lot.columns],
                lot.alternatives,
            )
            for lot in state.lots
        ],
        documents=[
            _document(state, one, maker)
            for one in state.documents
            if maker or one.kind is not DocumentKind.FILING
        ],
        checklist=_checklist(state),
        criteria=_criteria(state),
        staff=[_post(state, one) for one in state.staff] if maker else [],
        deputies=[_post(state, one) for one in state.deputies] if maker else [],
        documents_from=schedule.documents_from if schedule else 0,
        documents_until=schedule.documents_until if schedule else 0,
        bid_deadline=schedule.bid_deadline if schedule else 0,
        place=schedule.place if schedule else "",
        opening=state.opening,
        filing=wire.NoticeFilingView(**asdict(state.filing)) if maker and state.filing else None,
        published_at=state.published_at,
        cancelled_at=state.cancelled_at,
        cancelled_reason=state.cancelled_reason,
        addenda=_addenda(state, look),
        minima=_minima(state, now) if maker else [],
        missing=[wire.NoticeMissingView(one.step, one.what) for one in gaps(state, now)]
        if maker and state.stage in (NoticeStage.DRAFT, NoticeStage.FILED)
        else [],
        clashes=[wire.NoticeClashView(x.what, x.name, x.other) for x in state.clashes] if maker else [],
        binds=state.binds,
        may=[act for act in may(RIGHTS, look) if act in acts and _sends(state, act, look)],
    )


def _sends(state: NoticeState, act: str, look: Look) -> bool:
    """Whether it is its to send, beside role and stage."""
    if act == "confirm_deposit" or state.face is None:
        return True
    return makes(state, look)


def _makers(state: NoticeState) -> list[str]:
    return [] if state.face is None else [state.by, *state.face.makers]


def _document(state: NoticeState, one: Document, maker: bool) -> wire.NoticeDocumentView:
    readable = maker or _readable(state, one)
    added = state.added.get(one.sha256, 0)
    return wire.NoticeDocumentView(one.sha256, one.title, one.version, one.kind, one.size, added, readable)


def _checklist(state: NoticeState) -> list[wire.NoticeChecklistView]:
    if state.face is None:
        return []
    ticked = {one.item: one for one in state.checklist}
    return [
        wire.NoticeChecklistView(item, one.text, one.in_notice, one.in_documents, True)
        if (one := ticked.get(item)) is not None
        else wire.NoticeChecklistView(item, "", "", "", False)
        for item in Item
    ]


def _criteria(state: NoticeState) -> wire.NoticeCriteriaView:
    rules = state.rules
    return wire.NoticeCriteriaView(
        method=rules.method,
        criteria=[
            wire.NoticeCriterionView(one.key, one.title, one.kind, one.points, one.text)
            for one in rules.criteria
        ],
        committee=rules.committee,
        representatives=rules.representatives,
        candidates=rules.candidates,
        publicity_days=rules.publicity_days,
        low_price_flag=rules.low_price_flag,
        price_formula=rules.price.formula,
        price_above=rules.price.above,
        price_below=rules.price.below,
        price_down=rules.price.down,
        price_trim=rules.price.trim,
        quotas=[wire.NoticeQuotaView(one.speciality, one.seats) for one in rules.quotas],
    )


def _post(state: NoticeState, one: Appointment) -> wire.NoticePostView:
    known = one.certificate in state.looked_at and one.certificate not in state.unknown
    return wire.NoticePostView(one.role, one.party, one.name, one.unit, one.certificate, known)


def _addenda(state: NoticeState, look: Look) -> list[wire.NoticeAddendumView]:
    return [
        wire.NoticeAddendumView(
            one.addendum,
            one.title,
            one.text,
            one.touches_bids,
            at,
            list(state.confirmed.get((one.addendum, look.party), ())) if look.party else [],
        )
        for one, at in zip(state.addenda, state.issued, strict=True)
    ]


def _minima(state: NoticeState, now: int) -> list[wire.NoticeMinimumView]:
    found: list[Judged] = list(times(state, now))
    if state.schedule is not None and state.stage is NoticeStage.PUBLISHED:
        least = addendum_judged(state.settings, now, state.schedule.bid_deadline, state.calendar)
        found += [] if least is None else [least]
    return [
        wire.NoticeMinimumView(
            one.minimum.what,
            one.minimum.article,
            one.minimum.days,
            one.minimum.working,
            one.kept,
            one.earliest,
            state.binds,
        )
        for one in found
    ]


def _numbers(settings: RuleSet) -> dict[str, int]:
    return {key: int(value) for key, value in asdict(settings).items() if isinstance(value, int)}
