"""What a tender's notice answers to a command: draft → filed → published (clause 5.1), and no publication for a remote
opening before the tick-list is filled and both documents are attached (clause 4.10)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, assert_never

from hall.errors import NotPermitted, Refused
from hall.procurement.acts import SignedAct
from hall.procurement.least import too_little
from hall.procurement.parties import Actor, Role
from hall.procurement.standing import credit_code_holds
from hall.procurement.tender import RuleSet
from hall.tendering.notice import commands as c
from hall.tendering.notice import events as e
from hall.tendering.notice.minima import addendum_judged, judged
from hall.tendering.notice.missing import gaps
from hall.tendering.notice.plan import Addendum, Document, DocumentKind, Schedule
from hall.tendering.notice.state import NoticeStage, NoticeState

MOST_DOCUMENTS: Final = 200
MOST_ADDENDA: Final = 50
MOST_NAMED: Final = 12
"""Gaps that a refusal names at once; the view names all."""

_TENDER: Final = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,62}")


def decide(state: NoticeState, command: c.Command, *, actor: Actor | None, now: int) -> list[e.Event]:
    """The events that `command` causes at `now` (receipt stamp, ms UTC). Raises Refused or NotPermitted."""
    match command:
        case c.NoteHall(mode, taken):
            return [] if (state.mode, state.taken) == (mode, taken) else [e.HallNoted(mode, taken)]
        case c.NoteCertificates(looked_at, unknown):
            same = (state.looked_at, state.unknown) == (frozenset(looked_at), frozenset(unknown))
            return [] if same else [e.CertificatesNoted(looked_at, unknown)]
        case c.NoteClashes(clashes):
            return [] if state.clashes == clashes else [e.ClashesNoted(clashes)]
        case c.TakeCalendar(holidays, extra):
            kept = (state.calendar.holidays, state.calendar.extra)
            same = kept == (frozenset(holidays), frozenset(extra))
            return [] if same else [e.CalendarTaken(holidays, extra)]
        case c.TakeDefaults(settings, named):
            same = (state.defaults, state.set_by_centre) == (settings, named)
            return [] if same else [e.DefaultsTaken(settings, named)]
        case c.NoteArranged(opening):
            return [] if state.opening == opening else [e.OpeningArranged(opening)]
        case c.NoteDeadline(deadline):
            before = 0 if state.schedule is None else state.schedule.bid_deadline
            return [] if before == deadline else [e.DeadlineNoted(before, deadline)]
        case c.ConfirmDeposit():
            return _confirmed(state, command, _fresh(state, command.act, actor), now)
        case c.DraftTender(face, act):
            by = _fresh(state, act, actor).party
            if not _TENDER.fullmatch(act.tender):
                raise Refused("tender_id_malformed")
            if state.face is not None:
                _check_maker(state, act, by)
                _check_draft(state)
            if face.entity_code and not credit_code_holds(face.entity_code):
                raise Refused("credit_code_wrong", given=face.entity_code)  # clause 3.2
            return [] if state.face == face else [e.TenderDrafted(state.by or by, face, act)]
        case _:
            party = _fresh(state, command.act, actor)
            if party.role is not Role.TRADING_CENTRE:
                _check_maker(state, command.act, party.party)
            if state.face is None:
                raise Refused("no_such_notice")
            return _made(state, command, now)


def _made(
    state: NoticeState,
    command: c.SetLots
    | c.SetSettings
    | c.WriteTerms
    | c.AttachDocument
    | c.RemoveDocument
    | c.FillChecklist
    | c.SetCriteria
    | c.AppointStaff
    | c.PlanOpening
    | c.FileTender
    | c.PublishNotice
    | c.IssueAddendum
    | c.CancelTender,
    now: int,
) -> list[e.Event]:
    """What its makers ask; that they are its makers is proved."""
    match command:
        case c.FileTender(filing, act):
            _check_draft(state)
            if filing.revision != state.revision:
                raise Refused("draft_changed", revision=state.revision)
            if filing.filed_at > now:
                raise Refused("filed_in_future")
            return [] if state.filing == filing else [e.TenderFiled(filing, act)]
        case c.PublishNotice(revision, act):
            return _published(state, revision, act, now)
        case c.IssueAddendum():
            return _added(state, command, now)
        case c.CancelTender(reason, act):
            if state.stage is NoticeStage.CANCELLED:
                return []
            if state.published_at and state.schedule is not None and now >= state.schedule.bid_deadline:
                raise Refused("deadline_passed", deadline=state.schedule.bid_deadline)
            return [e.TenderCancelled(reason, act)]
        case _:
            _check_draft(state)
            return _drafted(state, command, now)


def _drafted(
    state: NoticeState,
    command: c.SetLots
    | c.SetSettings
    | c.WriteTerms
    | c.AttachDocument
    | c.RemoveDocument
    | c.FillChecklist
    | c.SetCriteria
    | c.AppointStaff
    | c.PlanOpening,
    now: int,
) -> list[e.Event]:
    """A change of the draft; what is there already changes nothing, and no revision."""
    match command:
        case c.SetLots(lots, act):
            return [] if state.lots == lots else [e.LotsSet(lots, act)]
        case c.SetSettings(named, custody, act):
            settings = _with(state.defaults, named)
            _check_least(state, settings)
            same = state.settled and (state.settings, state.custody) == (settings, custody)
            return [] if same else [e.SettingsSet(settings, custody, act)]
        case c.WriteTerms(terms, act):
            return [] if state.terms == terms else [e.TermsWritten(terms, act)]
        case c.AttachDocument(sha256, title, kind, size, act):
            known = next((one for one in state.documents if one.sha256 == sha256), None)
            if known is not None and (known.title, known.kind) == (title, kind):
                return []
            if known is not None:  # as something else: neither said nor done silently
                raise Refused("document_there_already")
            _check_room(state, 1)
            version = _version(state.documents, kind, title)
            return [e.DocumentAttached(Document(sha256, title, version, kind, size), act)]
        case c.RemoveDocument(sha256, act):
            there = any(one.sha256 == sha256 for one in state.documents)
            return [e.DocumentRemoved(sha256, act)] if there else []
        case c.FillChecklist(items, act):
            return [] if state.checklist == items else [e.ChecklistFilled(items, act)]
        case c.SetCriteria(rules, act):
            return [] if state.ruled and state.rules == rules else [e.CriteriaSet(rules, act)]
        case c.AppointStaff(staff, deputies, act):
            same = (state.staff, state.deputies) == (staff, deputies)
            return [] if same else [e.StaffAppointed(staff, deputies, act)]
        case c.PlanOpening(schedule, act):
            _check_schedule(state, schedule, now)
            return [] if state.schedule == schedule else [e.OpeningPlanned(schedule, act)]
        case _:
            assert_never(command)


def _published(state: NoticeState, revision: int, act: SignedAct, now: int) -> list[e.Event]:
    """clause 4.10: refused while anything is missing, and what is missing is named."""
    if state.stage is NoticeStage.PUBLISHED:
        return []
    _check_draft(state)
    if revision != state.revision:
        raise Refused("draft_changed", revision=state.revision)
    if state.schedule is not None and state.schedule.documents_from < now:
        # Least times run from the publication where documents were to be given out earlier.
        _check_minima(state, state.schedule, now)
    if missing := gaps(state, now):
        named = ",".join(f"{gap.step}.{gap.what}" for gap in missing[:MOST_NAMED])
        raise Refused("notice_incomplete", missing=named, count=len(missing))
    return [e.NoticePublished(revision, act)]


def _with(settings: RuleSet, named: Sequence[tuple[str, str | int]]) -> RuleSet:
    """The rule set with what was named, each of its own type."""
    typed: dict[str, Any] = {name: type(getattr(settings, name))(value) for name, value in named}
    return replace(settings, **typed)


def _check_least(state: NoticeState, settings: RuleSet) -> None:
    """No limit is less than law, standard or trading centre want it to be."""
    for one in too_little(settings, state.defaults, state.set_by_centre):
        raise Refused("setting_too_low", setting=one.setting, least=one.shown, article=one.article)


def _check_schedule(state: NoticeState, schedule: Schedule, now: int) -> None:
    """What no tender is scheduled with. The law's least times: in production."""
    if not schedule.documents_from < schedule.documents_until <= schedule.bid_deadline:
        raise Refused("times_out_of_order")
    if schedule.bid_deadline <= now:
        raise Refused("deadline_gone")
    _check_minima(state, schedule, now)


def _check_minima(state: NoticeState, schedule: Schedule, now: int) -> None:
    begin = max(schedule.documents_from, now)
    ends = schedule.documents_until, schedule.bid_deadline
    for one in judged(state.settings, begin, *ends, state.calendar):
        if state.binds and not one.kept:
            least = one.minimum
            raise Refused(
                least.what,
                article=least.article,
                days=least.days,
                working=least.working,
                earliest=one.earliest,
            )


def _added(state: NoticeState, command: c.IssueAddendum, now: int) -> list[e.Event]:
    """clause 5.2.2: until the deadline; and one that may touch the bids in time, or the deadline is moved first."""
    if state.stage is not NoticeStage.PUBLISHED or state.schedule is None:
        raise Refused("notice_not_published")
    deadline = state.schedule.bid_deadline
    if now >= deadline:
        raise Refused("deadline_passed", deadline=deadline)
    if len(state.addenda) >= MOST_ADDENDA:
        raise Refused("too_many_addenda", most=MOST_ADDENDA)
    _check_room(state, len(command.documents))
    least = addendum_judged(state.settings, now, deadline, state.calendar) if command.touches_bids else None
    if least is not None and state.binds and not least.kept:
        one = least.minimum
        raise Refused(
            one.what, article=one.article, days=one.days, working=one.working, earliest=least.earliest
        )
    there = {one.sha256 for one in state.documents}
    documents: list[Document] = []
    for sha256, title, size in command.documents:
        if sha256 in there:
            raise Refused("document_there_already")
        version = _version((*state.documents, *documents), DocumentKind.ADDENDUM, title)
        documents.append(Document(sha256, title, version, DocumentKind.ADDENDUM, size))
    number = len(state.addenda) + 1
    addendum = Addendum(number, command.title, command.text, command.touches_bids, tuple(documents))
    return [e.AddendumIssued(addendum, command.act)]


def _confirmed(state: NoticeState, command: c.ConfirmDeposit, actor: Actor, now: int) -> list[e.Event]:
    """clause 5.2.2: before the deadline, for one addendum and one deposit."""
    if actor.role is not Role.BIDDER:
        raise NotPermitted("not_permitted", act=command.act.type)
    if state.stage is not NoticeStage.PUBLISHED or state.schedule is None:
        raise Refused("notice_not_published")
    if now >= state.schedule.bid_deadline:
        raise Refused("deadline_passed", deadline=state.schedule.bid_deadline)
    if not 1 <= command.addendum <= len(state.addenda):
        raise Refused("no_such_addendum")
    if command.lot not in {lot.lot for lot in state.all_lots}:
        raise Refused("wrong_lot", lot=command.lot)
    if command.deposit in state.confirmed.get((command.addendum, actor.party), ()):
        return []
    return [e.DepositConfirmed(command.addendum, command.lot, actor.party, command.deposit, command.act)]


def _fresh(state: NoticeState, act: SignedAct, actor: Actor | None) -> Actor:
    """Who acts, with a nonce that was not used."""
    if actor is None:
        raise NotPermitted("not_permitted", act=act.type)
    if act.server_nonce in state.nonces:
        raise Refused("nonce_used")
    return actor


def _check_maker(state: NoticeState, act: SignedAct, party: str) -> None:
    """Whoever holds the office prepares its own tenders, and no others'."""
    if not state.makes(party):
        raise NotPermitted("not_permitted", act=act.type)


def _check_draft(state: NoticeState) -> None:
    if state.stage is NoticeStage.CANCELLED:
        raise Refused("tender_cancelled")
    if state.stage is NoticeStage.PUBLISHED:
        raise Refused("notice_published")


def _check_room(state: NoticeState, more: int) -> None:
    if len(state.documents) + more > MOST_DOCUMENTS:
        raise Refused("too_many_documents", most=MOST_DOCUMENTS)


def _version(documents: Sequence[Document], kind: DocumentKind, title: str) -> int:
    return 1 + max((one.version for one in documents if (one.kind, one.title) == (kind, title)), default=0)
