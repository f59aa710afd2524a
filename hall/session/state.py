"""The state of one opening and how events change it. Nothing here refuses, and nothing here knows the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeVar, assert_never

from hall.procurement.acts import SignedAct
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import Deposit
from hall.session import events as e
from hall.session.rules import LOT_STAGES, STAGES, LotStage, Stage

K = TypeVar("K")
V = TypeVar("V")
EMPTY: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A bidder that signed in. `person`: digest of the declared representative, a personal item kept elsewhere."""

    bidder: str
    name: str
    certificate: str
    person: str


@dataclass(frozen=True, slots=True)
class Objection:
    objection: int
    bidder: str
    text: str
    outcome: e.Outcome | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class LotState:
    """One lot. All per-bidder facts are keyed by bidder id; together with `lot` that is the key (lot, bidder)."""

    lot: str
    stage: LotStage = LotStage.SEALED
    bidders: tuple[str, ...] = ()
    not_signed_in: tuple[str, ...] = ()
    without_deposit: tuple[str, ...] = ()
    rechecked: tuple[e.Rechecked, ...] = ()
    answer_by: int | None = None
    answers: Mapping[str, e.SealingAnswer] = field(default_factory=dict)
    held: tuple[str, ...] = ()
    command: e.DecryptionCommanded | None = None
    released: Mapping[str, str] = field(default_factory=dict)
    declined: frozenset[str] = frozenset()
    opened: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, e.BidOpenFailed] = field(default_factory=dict)
    closed: e.WindowClosed | None = None
    causes: Mapping[str, e.CauseDecided] = field(default_factory=dict)
    disclosed: Mapping[str, e.DisclosedBid] = field(default_factory=dict)
    price_answer_by: int | None = None
    read_out: frozenset[str] = frozenset()
    price_answers: Mapping[str, e.PriceAnswer] = field(default_factory=dict)
    objections_not_before: int | None = None
    objections: tuple[Objection, ...] = ()

    @property
    def awaited(self) -> tuple[str, ...]:
        """Listed bidders whose release the window still waits for."""
        done = self.released.keys() | self.declined | set(self.held)
        return tuple(b for b in self.bidders if b not in done)

    @property
    def opening(self) -> tuple[str, ...]:
        """Released bids that the hall still owes to open."""
        return tuple(b for b in self.released if b not in self.opened and b not in self.failed)

    @property
    def undecided(self) -> tuple[str, ...]:
        """Listed bids that were not opened and have no decided cause (clause 5.3.4)."""
        return tuple(b for b in self.bidders if b not in self.opened and b not in self.causes)

    @property
    def settled(self) -> bool:
        """Nothing of this lot is left to do before the record."""
        return self.stage in (LotStage.DONE, LotStage.FAILED)


@dataclass(frozen=True, slots=True)
class RecordState:
    """The opening record: its first form and its current revision; who has signed so far."""

    content: str
    sha256: str
    tree_size: int
    signed: tuple[e.RecordSigned, ...] = ()
    completed: bool = False


@dataclass(frozen=True, slots=True)
class OpeningState:
    """Everything an opening is. Folding its journal from `OpeningState()` gives it, and nothing else changes it."""

    plan: e.OpeningScheduled | None = None
    stage: Stage = Stage.NEW
    signed_in: Mapping[str, SignedIn] = field(default_factory=dict)
    manifest: str | None = None
    deposits: tuple[Deposit, ...] = ()
    lots: Mapping[str, LotState] = field(default_factory=dict)
    record: RecordState | None = None
    leave_by: int | None = None
    recording: bool = False
    heads: tuple[e.RecordingHead, ...] = ()
    recorder_stopped: bool = False
    presence: tuple[e.PresenceChanged, ...] = ()
    incidents: tuple[e.IncidentRecorded, ...] = ()
    attempts: tuple[e.ActRefused, ...] = ()
    nonces: frozenset[str] = frozenset()
    clock_advanced: int = 0

    @property
    def scheduled(self) -> e.OpeningScheduled:
        """The plan; an opening that has none is no opening."""
        if self.plan is None:
            raise LookupError("this opening was never scheduled")
        return self.plan

    @property
    def announced(self) -> bool:
        """Whether `announce_bidders` has happened: the end of secrecy about who takes part (Bidding Law 22)."""
        return self.stage in (Stage.OPENING, Stage.RECORD, Stage.LEAVING, Stage.CLOSED)

    def deposit(self, lot: str, bidder: str) -> Deposit | None:
        """The active deposit of (lot, bidder), or None."""
        return next(
            (d for d in self.deposits if (d.lot, d.bidder) == (lot, bidder) and not d.superseded), None
        )

    def appointed(self, role: Role) -> Appointment | None:
        """Who holds a post."""
        return next((a for a in self.scheduled.staff if a.role is role), None)


def evolve(state: OpeningState, event: e.Event) -> OpeningState:
    """The state after `event`. Total: every event of the union has its place here."""
    state = _staged(_noted(state, event), event)
    match event:
        case e.OpeningScheduled():
            return replace(state, plan=event, lots={x.lot: LotState(x.lot) for x in event.lots})
        case e.SignInOpened() | e.DeadlinePassed() | e.RoomEmptied():
            return state
        case e.BidderSignedIn(bidder, name, act):
            person = SignedIn(bidder, name, act.certificate, act.body_digest)
            return replace(state, signed_in=_with(state.signed_in, bidder, person))
        case e.DepositsHandedOver(manifest, deposits):
            return replace(state, manifest=manifest, deposits=deposits)
        case e.RecordPrepared(sha256, content, tree_size, _):
            return replace(state, record=RecordState(content, sha256, tree_size))
        case e.RecordSigned():
            return _record(state, event.sha256, signed=event)
        case e.RecordCompleted(sha256):
            return _record(state, sha256, completed=True)
        case e.OpeningClosed(leave_by):
            return replace(state, leave_by=leave_by)
        case e.RecordingStarted():
            return replace(state, recording=True)
        case e.RecordingHeads(heads, final):
            return replace(state, heads=heads, recorder_stopped=state.recorder_stopped or final)
        case e.PresenceChanged():
            return replace(state, presence=_intervals(state.presence, event))
        case e.IncidentRecorded():
            return replace(state, incidents=(*state.incidents, event))
        case e.ActRefused():
            return replace(state, attempts=(*state.attempts, event))
        case e.ClockAdvanced(by_ms):
            return replace(state, clock_advanced=state.clock_advanced + by_ms)
        case _:
            return replace(state, lots=_with(state.lots, event.lot, _lot(state.lots[event.lot], event)))


LotEvent = (
    e.BiddersAnnounced
    | e.LotLocked
    | e.TenderFailed
    | e.SealingRechecked
    | e.SealingAnswered
    | e.SealingDeclared
    | e.DecryptionCommanded
    | e.ReleaseReceived
    | e.ReleaseDeclined
    | e.BidOpened
    | e.BidOpenFailed
    | e.WindowClosed
    | e.CauseDecided
    | e.PricesDisclosed
    | e.BidReadOut
    | e.PriceAnswered
    | e.ObjectionsOpened
    | e.ObjectionRaised
    | e.ObjectionAnswered
    | e.ObjectionsClosed
)


def _lot(lot: LotState, event: LotEvent) -> LotState:
    match event:
        case e.BiddersAnnounced(_, bidders, absent, without) | e.LotLocked(_, bidders, absent, without):
            return replace(lot, bidders=bidders, not_signed_in=absent, without_deposit=without)
        case e.TenderFailed() | e.ObjectionsClosed():
            return lot
        case e.SealingRechecked(_, items, answer_by):
            return replace(lot, rechecked=items, answer_by=answer_by)
        case e.SealingAnswered(_, bidder, answer):
            return replace(lot, answers=_with(lot.answers, bidder, answer))
        case e.SealingDeclared(_, held):
            return replace(lot, held=held)
        case e.DecryptionCommanded():
            return replace(lot, command=event)
        case e.ReleaseReceived(_, bidder, release):
            return replace(
                lot, released=_with(lot.released, bidder, release), declined=lot.declined - {bidder}
            )
        case e.ReleaseDeclined(_, bidder):
            return replace(lot, declined=lot.declined | {bidder})
        case e.BidOpened(_, bidder, summary):
            return replace(lot, opened=_with(lot.opened, bidder, summary))
        case e.BidOpenFailed(_, bidder):
            return replace(lot, failed=_with(lot.failed, bidder, event))
        case e.WindowClosed():
            return replace(lot, closed=event)
        case e.CauseDecided(_, bidder):
            return replace(lot, causes=_with(lot.causes, bidder, event))
        case e.PricesDisclosed(_, bids, answer_by):
            return replace(lot, disclosed={b.bidder: b for b in bids}, price_answer_by=answer_by)
        case e.BidReadOut(_, bidder):
            return replace(lot, read_out=lot.read_out | {bidder})
        case e.PriceAnswered(_, bidder, answer):
            return replace(lot, price_answers=_with(lot.price_answers, bidder, answer))
        case e.ObjectionsOpened(_, not_before):
            return replace(lot, objections_not_before=not_before)
        case e.ObjectionRaised(_, number, bidder, text):
            return replace(lot, objections=(*lot.objections, Objection(number, bidder, text)))
        case e.ObjectionAnswered(_, number, outcome, text):
            answered = tuple(
                replace(o, outcome=outcome, answer=text) if o.objection == number else o
                for o in lot.objections
            )
            return replace(lot, objections=answered)
        case _:
            assert_never(event)


_NEXT: Final = {(stage, kind): to for stage, kind, to in STAGES}
_NEXT_LOT: Final = {(stage, kind): to for stage, kind, to in LOT_STAGES}


def _staged(state: OpeningState, event: e.Event) -> OpeningState:
    """Stages move by the tables alone."""
    kind = type(event).__name__
    stage = _NEXT.get((state.stage, kind), state.stage)
    lots = state.lots
    lot_id = getattr(event, "lot", None)
    if isinstance(lot_id, str) and lot_id in lots:
        lot = lots[lot_id]
        lots = _with(lots, lot_id, replace(lot, stage=_NEXT_LOT.get((lot.stage, kind), lot.stage)))
    return replace(state, stage=stage, lots=lots)


def _noted(state: OpeningState, event: e.Event) -> OpeningState:
    """A server nonce serves one act."""
    act = getattr(event, "act", None)
    return replace(state, nonces=state.nonces | {act.server_nonce}) if isinstance(act, SignedAct) else state


def _record(
    state: OpeningState, sha256: str, *, signed: e.RecordSigned | None = None, completed: bool = False
) -> OpeningState:
    if state.record is None:
        return state
    signatures = state.record.signed if signed is None else (*state.record.signed, signed)
    return replace(state, record=replace(state.record, sha256=sha256, signed=signatures, completed=completed))


def _intervals(old: tuple[e.PresenceChanged, ...], new: e.PresenceChanged) -> tuple[e.PresenceChanged, ...]:
    """A finished interval replaces its own beginning."""
    return (
        *(
            p
            for p in old
            if (p.participant, p.connection, p.start) != (new.participant, new.connection, new.start)
        ),
        new,
    )


def _with(mapping: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    return {**mapping, key: value}
