"""The state of one opening and how events change it. Nothing here refuses, and nothing here reads a clock: `at` is the
receipt time of the row that is folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hall.procurement.acts import SignedAct
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import Custody, Deposit
from hall.session import events as e
from hall.session.credentials import CredentialState, evolve_credentials
from hall.session.lot import LotState, drop, evolve_lot, moved, put, recalled
from hall.session.media import MediaState, evolve_media
from hall.session.pause import Consultation, Suspension, evolve_suspension
from hall.session.rules import STAGES, LotStage, Stage


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A bidder that signed in. `person`: digest of the declared representative, `photo` of its reference picture:
    personal items kept elsewhere; `compares`: it consented that faces are compared."""

    bidder: str
    name: str
    certificate: str
    person: str
    photo: str = ""
    compares: bool = False


@dataclass(frozen=True, slots=True)
class RecordState:
    """The opening record: its first form and its current revision; who has signed so far. `completed`: the three have
    signed, or it is known why not; `sealed`: a time stamp closes the current revision."""

    content: str
    sha256: str
    tree_size: int
    prepared_at: int
    signed: tuple[e.RecordSigned, ...] = ()
    unsigned: Mapping[str, e.SignatureRefused | e.SignatureMissing] = field(default_factory=dict)
    completed: bool = False
    sealed: bool = False

    @property
    def settled(self) -> frozenset[str]:
        """Roles that have signed, refused, or of whom the project owner stated why they did not (clause 5.5.3)."""
        return frozenset({s.role for s in self.signed} | self.unsigned.keys())


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody said in the room. A hidden one stays in the transcript (clause 4.4)."""

    said: e.Said
    at: int
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An act that failed: refused by the hall, or stopped in the bidder's own page, as that told. `actor`: its key."""

    at: int
    actor: str
    act_type: str
    lot: str
    code: str
    told: bool


@dataclass(frozen=True, slots=True)
class OpeningState:
    """Everything an opening is. Folding its journal from `OpeningState()` gives it, and nothing else changes it."""

    plan: e.OpeningScheduled | None = None
    """As it stands now: a moved deadline is in it."""
    stage: Stage = Stage.NEW
    moved_at: int = 0
    """When the stage last changed, ms UTC."""
    asked_at: int = 0
    """When something last happened that turns the opening as a whole to its next person, ms UTC."""
    deadlines: tuple[e.DeadlineMoved | e.OpeningPostponed, ...] = ()
    held: e.DeadlineHeld | None = None
    weighed: int = 0
    """Incidents up to this number were known when the project owner last set or confirmed the deadline."""
    signed_in: Mapping[str, SignedIn] = field(default_factory=dict)
    manifest: str | None = None
    deposits: tuple[Deposit, ...] = ()
    lots: Mapping[str, LotState] = field(default_factory=dict)
    posts: Mapping[Role, Appointment] = field(default_factory=dict)
    """Who holds each post now."""
    owner_passed: tuple[SignedAct, ...] = ()
    """The acts by which the project owner's own post passed on, in order: who is to believe its word checks them."""
    notary_absent: bool = False
    named: e.CustodiansNamed | None = None
    """Custodians that the project owner named in the place of the published ones."""
    acted: Mapping[str, int] = field(default_factory=dict)
    """Certificate → when its holder last acted, ms UTC."""
    suspensions: tuple[Suspension, ...] = ()
    continues_at: int | None = None
    """After a split the decrypted still wait for this moment (clause 4.8 b); None where nobody waits."""
    consultations: tuple[Consultation, ...] = ()
    incidents: tuple[e.IncidentRecorded, ...] = ()
    explained: Mapping[int, str] = field(default_factory=dict)
    register: e.RegisterSigned | None = None
    read: frozenset[str] = frozenset()
    calls: tuple[e.CallLogged, ...] = ()
    called: Mapping[str, int] = field(default_factory=dict)
    """Callee → when it was last called, ms UTC."""
    remarks: tuple[e.RemarkMade, ...] = ()
    papers: tuple[e.PaperAdded, ...] = ()
    bid_reports: tuple[e.BidPdfChecked, ...] = ()
    messages: tuple[Message, ...] = ()
    media: MediaState = field(default_factory=MediaState)
    identities: Mapping[str, e.IdentityChecked] = field(default_factory=dict)
    record: RecordState | None = None
    record_by: int | None = None
    leave_by: int | None = None
    recording: bool = False
    heads: tuple[e.RecordingHead, ...] = ()
    recorder_stopped: bool = False
    presence: tuple[e.PresenceChanged, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    credentials: CredentialState = field(default_factory=CredentialState)
    operators: Mapping[str, e.OperatorSeen] = field(default_factory=dict)
    """Participant → from where its last act came (clause 5.3.6)."""
    nonces: frozenset[str] = frozenset()
    clock_advanced: int = 0

    @property
    def scheduled(self) -> e.OpeningScheduled:
        """The plan; an opening that has none is no opening."""
        if self.plan is None:
            raise LookupError("this opening was never scheduled")
        return self.plan

    @property
    def muted(self) -> frozenset[str]:
        """Participants whom nobody in the room hears; their recording goes on with its sound."""
        return self.media.muted

    @property
    def announced(self) -> bool:
        """Whether `announce_bidders` has happened: the end of secrecy about who takes part (Bidding Law 22)."""
        return self.stage in (Stage.OPENING, Stage.RECORD, Stage.LEAVING, Stage.CLOSED)

    @property
    def record_open(self) -> bool:
        """Whether the record can still be signed: also after the close, within its limit (clause 5.5.3)."""
        late = self.stage in (Stage.LEAVING, Stage.CLOSED) and self.record_by is not None
        return (self.stage is Stage.RECORD or late) and self.record is not None and not self.record.completed

    @property
    def epoch(self) -> int:
        """How many suspensions there were; acts bind it."""
        return len(self.suspensions)

    @property
    def suspension(self) -> Suspension | None:
        """The standstill that lasts now, or None."""
        last = self.suspensions[-1] if self.suspensions else None
        return last if last is not None and last.ended is None else None

    @property
    def notary(self) -> Appointment | None:
        """The notary who declares; None where none is appointed or the project owner marked it absent (clause 4.2)."""
        return None if self.notary_absent else self.posts.get(Role.NOTARY)

    @property
    def custodians(self) -> tuple[str, ...]:
        """Certificates of those to whom content keys are entrusted, the supervisor's first; () where the hall is.

        As published, whoever holds the posts now: a key is for a certificate, and a post takes none along.
        """
        if self.scheduled.rules.custody is not Custody.CUSTODIANS:
            return ()
        if self.named is not None:
            return self.named.custodians
        posts = {post.role: post.certificate for post in self.scheduled.staff}
        kept = (posts.get(Role.SUPERVISOR), posts.get(Role.NOTARY))
        return tuple(dict.fromkeys(certificate for certificate in kept if certificate is not None))

    def deposit(self, lot: str, bidder: str) -> Deposit | None:
        """The active deposit of (lot, bidder), or None."""
        return next(
            (d for d in self.deposits if (d.lot, d.bidder) == (lot, bidder) and not d.superseded), None
        )

    def appointed(self, role: Role) -> Appointment | None:
        """Who holds a post now."""
        return self.posts.get(role)


_NEXT: Final = {(stage, kind): to for stage, kind, to in STAGES}

_TURNS: Final = (
    e.DepositsHandedOver,
    e.Suspended,
    e.SuspensionExtended,
    e.SuspensionReasoned,
    e.ReliableTestDone,
    e.SplitLapsed,
    e.Adjourned,
    e.AdjournmentEnded,
    e.AdjournmentRechecked,
    e.ConsultationAnswered,
    e.RecordPrepared,
    e.RecordSigned,
    e.SignatureRefused,
    e.SignatureMissing,
    e.RecordCompleted,
)
"""After these somebody else is waited for, though the stage is the same."""


def evolve(state: OpeningState, event: e.Event, at: int) -> OpeningState:
    """The state after `event`, journalled at `at` (ms UTC). Total: every event of the union has its place here."""
    state = _noted(state, event, at)
    if (media := evolve_media(state.media, event, at, state.incidents)) is not state.media:
        state = replace(state, media=media)
    to = _NEXT.get((state.stage, type(event).__name__))
    if to is not None:
        state = replace(state, stage=to, moved_at=at)
    if to is not None or isinstance(event, _TURNS):
        state = replace(state, asked_at=at)
    if isinstance(event, StandstillEvent):
        return _standstill(state, event, at)
    match event:
        case e.OpeningScheduled():
            lots = {x.lot: LotState(x.lot) for x in event.lots}
            return replace(state, plan=event, lots=lots, posts={a.role: a for a in event.staff})
        case e.SignInOpened() | e.DeadlinePassed() | e.RoomEmptied():
            return state
        case e.DeadlineConfirmed():
            return replace(state, held=None, weighed=len(state.incidents))
        case e.BidderSignedIn(bidder, name, act, photo, compares):
            person = SignedIn(bidder, name, act.certificate, act.body_digest, photo, compares)
            return replace(state, signed_in=put(state.signed_in, bidder, person))
        case e.RepresentativeReplaced(bidder, act, photo, compares):
            person = replace(state.signed_in[bidder], person=act.body_digest, photo=photo, compares=compares)
            signed_in = put(state.signed_in, bidder, person)
            return replace(state, signed_in=signed_in, identities=drop(state.identities, bidder))
        case e.DepositsHandedOver(manifest, deposits):
            return replace(state, manifest=manifest, deposits=deposits)
        case e.OpeningClosed(leave_by, record_by):
            return replace(state, leave_by=leave_by, record_by=record_by)
        case e.RecordingStarted():
            return replace(state, recording=True)
        case e.RecordingHeads(heads, final):
            return replace(state, heads=heads, recorder_stopped=state.recorder_stopped or final)
        case e.PresenceChanged():
            return replace(state, presence=_intervals(state.presence, event))
        case e.ActRefused() | e.AttemptNoted():
            return _attempt(state, event, at)
        case e.CustodiansNamed():
            return replace(state, named=event, lots={name: recalled(x) for name, x in state.lots.items()})
        case e.OperatorSeen(participant):
            return replace(state, operators=put(state.operators, participant, event))
        case e.SelfChecked() | e.CertificateShown() | e.CertificateDecided():
            return replace(state, credentials=evolve_credentials(state.credentials, event, at))
        case e.ClockAdvanced(by_ms):
            return replace(state, clock_advanced=state.clock_advanced + by_ms)
        case (
            e.RecordPrepared()
            | e.RecordSigned()
            | e.RecordCompleted()
            | e.SignatureRefused()
            | e.SignatureMissing()
        ):
            return replace(state, record=_record(state.record, event, at))
        case e.IncidentRecorded() | e.FaultEnded() | e.IncidentsExplained() | e.RegisterSigned():
            return _register(state, event)
        case e.PaperAdded():
            return replace(state, papers=(*state.papers, event))
        case e.BidPdfChecked():
            return replace(state, bid_reports=(*state.bid_reports, event))
        case (
            e.TextRead()
            | e.AnnouncementMade()
            | e.PostTaken()
            | e.SubstituteAppointed()
            | e.NotaryMarkedAbsent()
            | e.CallLogged()
            | e.RemarkMade()
            | e.IdentityChecked()
            | e.ConnectionTaken()
            | e.Said()
            | e.MessageHidden()
        ):
            return _people(state, event, at)
        case (
            e.HandRaised()
            | e.HandLowered()
            | e.FloorGiven()
            | e.RoomMuted()
            | e.MicrophoneMuted()
            | e.RecordingNamed()
            | e.RecordingAttached()
            | e.FaceFlagged()
        ):
            return state  # `media` holds all of it
        case _:
            lot = evolve_lot(state.lots[event.lot], event, at)
            return replace(state, lots=put(state.lots, event.lot, lot))


def _attempt(state: OpeningState, event: e.ActRefused | e.AttemptNoted, at: int) -> OpeningState:
    if event.code == "suspended" or (isinstance(event, e.AttemptNoted) and state.suspension is not None):
        return state  # clause 4.8: what came while the opening stood still is no failed attempt
    if isinstance(event, e.ActRefused):
        kept = Attempt(at, event.actor, event.act_type, event.lot, event.code, told=False)
    else:
        kept = Attempt(at, f"bidder:{event.bidder}", event.act_type, event.lot, event.code, told=True)
    return replace(state, attempts=(*state.attempts, kept))


def _noted(state: OpeningState, event: e.Event, at: int) -> OpeningState:
    """A server nonce serves one act; and who acted when tells who is silent."""
    act = getattr(event, "act", None)
    if not isinstance(act, SignedAct):
        return state
    acted = put(state.acted, act.certificate, at)
    return replace(state, nonces=state.nonces | {act.server_nonce}, acted=acted)


StandstillEvent = (
    e.DeadlineMoved
    | e.OpeningPostponed
    | e.DeadlineHeld
    | e.ConsultationOpened
    | e.ConsultationAnswered
    | e.Suspended
    | e.SuspensionExtended
    | e.SuspensionReasoned
    | e.SuspensionLifted
    | e.TestRequested
    | e.ReliableTestDone
    | e.ResumptionAnnounced
    | e.Resumed
    | e.SplitDeclared
    | e.SplitLapsed
    | e.ContinuationBegan
    | e.Adjourned
    | e.AdjournmentEnded
    | e.AdjournmentRechecked
)


def _standstill(state: OpeningState, event: StandstillEvent, at: int) -> OpeningState:
    match event:
        case e.DeadlineMoved(_, after):
            plan = replace(state.scheduled, bid_deadline=after)
            return replace(_weighed(state), plan=plan, deadlines=(*state.deadlines, event))
        case e.OpeningPostponed(_, after, sign_in_from):
            # clause 5.3.3: another day, another window; who signed in for the old one signs in again
            plan = replace(state.scheduled, bid_deadline=after, sign_in_from=sign_in_from)
            return replace(_weighed(state), plan=plan, deadlines=(*state.deadlines, event), signed_in={})
        case e.DeadlineHeld():
            return replace(state, held=event)
        case e.ConsultationOpened():
            return replace(state, consultations=(*state.consultations, Consultation(event)))
        case e.ConsultationAnswered(number, role):
            answered = tuple(
                replace(c, answers=put(c.answers, role, event)) if c.opened.consultation == number else c
                for c in state.consultations
            )
            return replace(state, consultations=answered)
        case e.Suspended(kind=kind, since=since):
            fault = since if kind in (e.SuspensionKind.SYSTEM, e.SuspensionKind.NETWORK) else None
            return replace(state, suspensions=(*state.suspensions, Suspension(event, at, since, fault)))
        case e.ContinuationBegan(limits=limits):
            return _thawed(replace(state, continues_at=None), limits)
        case _:
            *earlier, last = state.suspensions
            changed = replace(state, suspensions=(*earlier, evolve_suspension(last, event)))
            match event:
                case e.Resumed(limits=limits) | e.SuspensionLifted(limits=limits):
                    return _thawed(changed, limits)
                case e.SplitDeclared(opens_at=opens_at, continues_at=continues_at):
                    # Where all are decrypted the suspension itself ends then, and nobody waits after it.
                    return replace(changed, continues_at=None if opens_at is None else continues_at)
                case e.Adjourned() | e.SplitLapsed() if last.split is not None:
                    return replace(changed, continues_at=None)
                case e.AdjournmentEnded():
                    # clause 4.8: nobody signs in again, but each representative is proved to be the same person anew
                    return replace(changed, identities={})
                case _:
                    return changed


def _weighed(state: OpeningState) -> OpeningState:
    return replace(state, held=None, weighed=len(state.incidents))


def _thawed(state: OpeningState, limits: tuple[e.Limit, ...]) -> OpeningState:
    lots = dict(state.lots)
    for limit in limits:
        lots[limit.lot] = moved(lots[limit.lot], limit)
    return replace(state, lots=lots)


def _register(
    state: OpeningState,
    event: e.IncidentRecorded | e.FaultEnded | e.IncidentsExplained | e.RegisterSigned,
) -> OpeningState:
    match event:
        case e.IncidentRecorded():
            return replace(state, incidents=(*state.incidents, event))
        case e.FaultEnded(number, at):
            ended = tuple(replace(i, end=at) if i.incident == number else i for i in state.incidents)
            return replace(state, incidents=ended)
        case e.IncidentsExplained(numbers, text):
            return replace(state, explained={**state.explained, **dict.fromkeys(numbers, text)})
        case e.RegisterSigned():
            return replace(state, register=event)


def _people(
    state: OpeningState,
    event: e.TextRead
    | e.AnnouncementMade
    | e.PostTaken
    | e.SubstituteAppointed
    | e.NotaryMarkedAbsent
    | e.CallLogged
    | e.RemarkMade
    | e.IdentityChecked
    | e.ConnectionTaken
    | e.Said
    | e.MessageHidden,
    at: int,
) -> OpeningState:
    match event:
        case e.TextRead(key):
            return replace(state, read=state.read | {key})
        case e.PostTaken(post, act=act) | e.SubstituteAppointed(post, act=act):
            passed = (act,) if post.role is Role.PROCURING_ENTITY else ()
            return replace(
                state,
                posts=put(state.posts, post.role, post),
                owner_passed=(*state.owner_passed, *passed),
                notary_absent=state.notary_absent and post.role is not Role.NOTARY,
            )
        case e.NotaryMarkedAbsent():
            lots = {name: _asks_bidders(lot) for name, lot in state.lots.items()}
            return replace(state, notary_absent=True, lots=lots)
        case e.CallLogged(callee):
            return replace(state, calls=(*state.calls, event), called=put(state.called, callee, at))
        case e.RemarkMade():
            return replace(state, remarks=(*state.remarks, event))
        case e.IdentityChecked(bidder):
            return replace(state, identities=put(state.identities, bidder, event))
        case e.Said():
            return replace(state, messages=(*state.messages, Message(event, at)))
        case e.MessageHidden(number, reason):
            hidden = tuple(
                replace(m, hidden=reason) if m.said.message == number else m for m in state.messages
            )
            return replace(state, messages=hidden)
        case e.AnnouncementMade() | e.ConnectionTaken():
            return state


def _asks_bidders(lot: LotState) -> LotState:
    """Where the notary's declaration is owed the bidders' own check begins anew: on a fresh hash, with all its time."""
    match lot.stage:
        case LotStage.CHECK:
            return replace(lot, rechecked=(), answer_by=None)
        case LotStage.RESULTS:
            return replace(lot, results_shown=False, results_by=None)
        case _:
            return lot


def _record(
    record: RecordState | None,
    event: e.RecordPrepared | e.RecordSigned | e.RecordCompleted | e.SignatureRefused | e.SignatureMissing,
    at: int,
) -> RecordState | None:
    if isinstance(event, e.RecordPrepared):
        return RecordState(event.content, event.sha256, event.tree_size, at)
    if record is None:
        return None
    match event:
        case e.RecordSigned(sha256=sha256):
            return replace(record, sha256=sha256, signed=(*record.signed, event), sealed=False)
        case e.RecordCompleted(sha256):
            return replace(record, sha256=sha256, completed=True, sealed=True)
        case e.SignatureRefused(role) | e.SignatureMissing(role):
            return replace(record, unsigned=put(record.unsigned, role, event))


def _intervals(old: tuple[e.PresenceChanged, ...], new: e.PresenceChanged) -> tuple[e.PresenceChanged, ...]:
    """A finished interval replaces its own beginning."""
    key = (new.participant, new.connection, new.start)
    return (*(p for p in old if (p.participant, p.connection, p.start) != key), new)
