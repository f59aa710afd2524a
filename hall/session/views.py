"""What a viewer may see: the secrecy boundary of an opening.

Live messages, replay after a reconnect and HTTP reads all pass through `view` and `timeline`. Until the
bidders are
announced, nothing here depends on what any other bidder did (Bidding Law 22).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hall import wire as w
from hall.procurement.money import capitals, parse
from hall.procurement.parties import SEES_ALL_MEDIA, Actor, Role, participant_of
from hall.procurement.tender import Deposit
from hall.session import events as e
from hall.session.agenda import may, waiting
from hall.session.lot import LotState
from hall.session.rules import LotStage, Stage
from hall.session.state import OpeningState


@dataclass(frozen=True, slots=True)
class Person:
    """The declared representative of a bidder: a personal item, kept beside the journal."""

    representative: str
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a view shows that is not the opening's state: personal items by digest, live publications,
    the last checkpoint."""

    persons: Mapping[str, Person] = field(default_factory=dict)
    publishing: frozenset[str] = frozenset()
    checkpoint: w.Checkpoint | None = None
    own_deposits: tuple[Deposit, ...] = ()
    """The viewer's own deposits, while tendering has not handed them over."""


def view(state: OpeningState, viewer: Actor, beside: Beside) -> w.View:
    """The opening as `viewer` may see it now."""
    plan = state.scheduled
    me = participant_of(viewer)
    announced = state.announced
    return w.View(
        opening=plan.opening,
        origin=plan.origin,
        tender=plan.tender,
        tender_name=plan.tender_name,
        tender_number=plan.tender_number,
        place=plan.place,
        mode=plan.mode.value,
        clock_advanced=state.clock_advanced,
        stage=state.stage.value,
        bid_deadline=plan.bid_deadline,
        sign_in_from=plan.sign_in_from,
        you=w.You(viewer.role.value, viewer.party, viewer.name, viewer.certificate, me),
        signed_in=viewer.role is Role.BIDDER and viewer.party in state.signed_in,
        staff=[w.StaffView(a.role.value, a.name, a.unit, a.certificate) for a in state.posts.values()],
        lots=[_lot(state, state.lots[x.lot], x.name, x.price_ceiling, viewer, beside) for x in plan.lots],
        manifest=manifest(state.manifest) if announced and state.manifest else None,
        # before the announcement no size, root or checkpoint leaves the server: they betray how many bid
        checkpoint=beside.checkpoint if announced else None,
        may=may(state, viewer),
        waiting=waiting(state),
        record=_record(state),
        leave_by=state.leave_by,
        presence=_presence(state, viewer),
        media=_media(state, viewer, beside.publishing),
        publish=_may_publish(state, viewer),
        sending=me in beside.publishing,
        recording=state.recording and not state.recorder_stopped,
        incidents=_incidents(state, viewer),
    )


def manifest(digest: str) -> w.Manifest:
    """The manifest's digest with its spoken code: 8 groups of 4 digits, the digest modulo 10^32."""
    digits = f"{int(digest, 16) % 10**32:032d}"
    return w.Manifest(digest, " ".join(digits[i : i + 4] for i in range(0, 32, 4)))


def may_watch(state: OpeningState, viewer: Actor, participant: str) -> bool:
    """Who sees whom: the host is seen by all, bidders by host and supervisor after the announcement."""
    if participant == "host":
        return True
    return state.announced and viewer.role in SEES_ALL_MEDIA


def _may_publish(state: OpeningState, viewer: Actor) -> bool:
    if state.stage in (Stage.NEW, Stage.SCHEDULED, Stage.CLOSED):
        return False
    return viewer.role is Role.HOST or (viewer.role is Role.BIDDER and viewer.party in state.signed_in)


def _media(state: OpeningState, viewer: Actor, publishing: Iterable[str]) -> list[str]:
    return sorted(p for p in publishing if may_watch(state, viewer, p))


def _presence(state: OpeningState, viewer: Actor) -> list[w.PresenceView]:
    if not state.announced or viewer.role is Role.BIDDER:
        return []
    last: dict[str, e.PresenceChanged] = {}
    for interval in state.presence:
        if interval.participant not in last or interval.start >= last[interval.participant].start:
            last[interval.participant] = interval
    return [w.PresenceView(p, i.state, i.start, i.cause, i.confidence) for p, i in sorted(last.items())]


def _incidents(state: OpeningState, viewer: Actor) -> list[w.IncidentView]:
    if not state.announced:
        return []
    mine = participant_of(viewer)
    return [
        w.IncidentView(i.incident, i.kind, i.clause, i.subject, i.detail)
        for i in state.incidents
        if viewer.role is not Role.BIDDER or i.subject == mine
    ]


def _record(state: OpeningState) -> w.RecordView | None:
    if state.record is None:
        return None
    return w.RecordView(
        state.record.sha256,
        state.record.content,
        [s.role for s in state.record.signed],
        state.record.completed,
    )


def _lot(
    state: OpeningState, lot: LotState, name: str, ceiling: str | None, viewer: Actor, beside: Beside
) -> w.LotView:
    closed = lot.closed
    command = lot.command
    return w.LotView(
        lot=lot.lot,
        name=name,
        stage=lot.stage.value,
        price_ceiling=ceiling,
        bidders=_bidders(state, lot, viewer, beside) if lot.stage is not LotStage.SEALED else [],
        deposits=_deposits(state, lot, viewer, beside),
        answer_by=lot.answer_by,
        window=None
        if command is None
        else w.WindowView(
            command.opened_at,
            lot.closes_at or command.closes_at,
            closed.at if closed else None,
            closed.early if closed else False,
        ),
        command=command.act.to_json() if command else None,
        prices=[
            w.PriceView(
                b.bidder, b.price, capitals(parse(b.price)), b.period, b.quality, b.manager, b.security
            )
            for b in lot.disclosed.values()
        ],
        price_answer_by=lot.price_answer_by,
        objections=[
            w.ObjectionView(o.objection, o.bidder, o.text, o.outcome.value if o.outcome else "", o.answer)
            for o in lot.objections
        ],
        objections_not_before=lot.objections_not_before,
    )


def _deposits(state: OpeningState, lot: LotState, viewer: Actor, beside: Beside) -> list[w.DepositView]:
    fresh = {item.bidder: item.intact for item in lot.rechecked}
    known: Sequence[Deposit] = state.deposits
    if lot.stage is LotStage.SEALED:
        known = beside.own_deposits
    elif viewer.role is Role.BIDDER:
        known = [d for d in known if d.bidder == viewer.party]
    return [
        w.DepositView(d.bidder, d.size, d.sha256, d.received_at, d.recipient, fresh.get(d.bidder))
        for d in known
        if d.lot == lot.lot and not d.superseded
    ]


def _bidders(state: OpeningState, lot: LotState, viewer: Actor, beside: Beside) -> list[w.BidderView]:
    names = {d.bidder: d.name for d in state.deposits} | {b: s.name for b, s in state.signed_in.items()}
    shown: list[w.BidderView] = []
    groups = (
        ("listed", lot.bidders),
        ("absent", lot.not_signed_in),
        ("without_deposit", lot.without_deposit),
    )
    for status, members in groups:
        if status != "listed" and viewer.role is Role.BIDDER:
            members = tuple(b for b in members if b == viewer.party)
        for bidder in members:
            signed = state.signed_in.get(bidder)
            person = beside.persons.get(signed.person) if signed and viewer.role is not Role.BIDDER else None
            cause = lot.causes.get(bidder)
            failed = lot.failed.get(bidder)
            shown.append(
                w.BidderView(
                    bidder=bidder,
                    name=names.get(bidder, bidder),
                    certificate=signed.certificate if signed else "",
                    status=status,
                    sealing=lot.answers[bidder].value if bidder in lot.answers else "",
                    held=bidder in lot.held,
                    release=_release(lot, bidder),
                    failure=failed.code if failed else "",
                    cause=cause.cause.value if cause else "",
                    read_out=bidder in lot.read_out,
                    price_answer=lot.price_answers[bidder].value if bidder in lot.price_answers else "",
                    representative=person.representative if person else "",
                    phones=list(person.phones) if person else [],
                )
            )
    return shown


def _release(lot: LotState, bidder: str) -> str:
    if bidder in lot.opened:
        return "opened"
    if bidder in lot.failed:
        return "failed"
    if bidder in lot.released:
        return "received"
    return "declined" if bidder in lot.declined else "waiting"


Entry = tuple[int, str, e.Event]
"""(received_at ms, actor key, event) of one journal row of the opening."""

_FOR_ALL = (
    e.SignInOpened,
    e.DeadlinePassed,
    e.BiddersAnnounced,
    e.LotLocked,
    e.TenderFailed,
    e.SealingRechecked,
    e.SealingAnswered,
    e.SealingDeclared,
    e.DecryptionCommanded,
    e.ReleaseReceived,
    e.ReleaseDeclined,
    e.BidOpened,
    e.BidOpenFailed,
    e.WindowClosed,
    e.CauseDecided,
    e.PricesDisclosed,
    e.BidReadOut,
    e.PriceAnswered,
    e.ObjectionsOpened,
    e.ObjectionRaised,
    e.ObjectionAnswered,
    e.ObjectionsClosed,
    e.RecordPrepared,
    e.RecordSigned,
    e.RecordCompleted,
    e.OpeningClosed,
    e.RoomEmptied,
    e.ClockAdvanced,
)


def timeline(entries: Iterable[Entry], viewer: Actor) -> list[w.TimelineEntry]:
    """The events that `viewer` may see, in order. Grows only at its end, so a client's count of it is a cursor."""
    shown: list[w.TimelineEntry] = []
    announced = False
    for at, actor, event in entries:
        announced = announced or isinstance(event, e.BiddersAnnounced | e.LotLocked)
        if _visible(event, actor, viewer, announced=announced):
            lot, subject, detail = _facts(event)
            shown.append(w.TimelineEntry(len(shown), at, type(event).__name__, lot, subject, detail))
    return shown


def _visible(event: e.Event, actor: str, viewer: Actor, *, announced: bool) -> bool:
    mine = participant_of(viewer)
    match event:
        case e.BidderSignedIn(bidder):
            return viewer.role is Role.BIDDER and bidder == viewer.party
        case e.PresenceChanged():
            return announced and viewer.role is not Role.BIDDER
        case e.IncidentRecorded(_, _, _, subject):
            return announced and (viewer.role is not Role.BIDDER or subject == mine)
        case e.ActRefused():
            return actor == viewer.key or (announced and viewer.role is Role.SUPERVISOR)
        case _:
            return isinstance(event, _FOR_ALL)


def _facts(event: e.Event) -> tuple[str, str, str]:
    lot = getattr(event, "lot", "")
    subject = (
        getattr(event, "bidder", "") or getattr(event, "subject", "") or getattr(event, "participant", "")
    )
    match event:
        case e.SealingAnswered(answer=answer) | e.PriceAnswered(answer=answer):
            detail = answer.value
        case e.BidOpenFailed(code=code) | e.ActRefused(code=code):
            detail = code
        case e.CauseDecided(cause=cause):
            detail = cause.value
        case e.ObjectionRaised(text=text):
            detail = text
        case e.ObjectionAnswered(outcome=outcome):
            detail = outcome.value
        case e.RecordSigned(role=role):
            detail = role
        case e.PresenceChanged(state=presence):
            detail = presence
        case e.IncidentRecorded(kind=kind):
            detail = kind
        case e.ClockAdvanced(by_ms=by_ms):
            detail = str(by_ms)
        case _:
            detail = ""
    return lot, subject, detail
