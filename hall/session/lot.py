"""The state of one lot and how events change it. All per-bidder facts are keyed by bidder id; with `lot` that is the
key (lot, bidder). Nothing here refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from hall.session import events as e
from hall.session.rules import LOT_STAGES, LotStage

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Objection:
    objection: int
    bidder: str
    text: str
    outcome: e.Outcome | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class OwnWindow:
    """The rest of the 60 minutes that one bidder has to itself. `closed`: None while it runs."""

    opened_at: int
    closes_at: int
    given: e.OwnWindowOpened
    closed: e.OwnWindowClosed | None = None


@dataclass(frozen=True, slots=True)
class Entrusted:
    """A content key that is with a custodian: `envelope` for the first of `custodians` (certificates, SHA-256 hex),
    base64; `inner`: SHA-256 of the envelope inside it, "" where the key itself is."""

    envelope: str
    inner: str
    custodians: tuple[str, ...]

    @property
    def holder(self) -> str:
        """Whose certificate opens it."""
        return self.custodians[0]


@dataclass(frozen=True, slots=True)
class ClaimedRemedy:
    """A bidder opens its bid by its recovery file. `answers`: role → whether project owner and scrutineer accept."""

    reason: str
    answers: Mapping[str, bool] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        return False in self.answers.values()

    @property
    def confirmed(self) -> bool:
        """Both have accepted."""
        return len(self.answers) == 2 and not self.refused


@dataclass(frozen=True, slots=True)
class Round:
    """A round of quotes. `offers`: bidder → digest of the signed body; prices only once it is disclosed."""

    round: int
    bidders: tuple[str, ...]
    opened_at: int
    quoted_by: int
    offers: Mapping[str, str] = field(default_factory=dict)
    closed: e.QuoteRoundClosed | None = None
    quotes: tuple[e.Quote, ...] = ()
    disclosed: bool = False


@dataclass(frozen=True, slots=True)
class Draw:
    """A commit–reveal draw. `reveal_by`: None while commitments are taken."""

    draw: int
    purpose: str
    values: tuple[str, ...]
    parties: tuple[str, ...]
    commit_by: int
    commitments: Mapping[str, str] = field(default_factory=dict)
    reveal_by: int | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    done: e.DrawDone | None = None


@dataclass(frozen=True, slots=True)
class LotState:
    """One lot. `began`: when the running answer limit or window began, so that a pause can be given back."""

    lot: str
    stage: LotStage = LotStage.SEALED
    moved_at: int = 0
    """When the stage last changed, ms UTC."""
    asked_at: int = 0
    """When something last turned the lot to its next person, ms UTC: from then on that one is waited for."""
    bidders: tuple[str, ...] = ()
    not_signed_in: tuple[str, ...] = ()
    without_deposit: tuple[str, ...] = ()
    fewer: e.FewerApproved | None = None
    rechecked: tuple[e.Rechecked, ...] = ()
    rehashed: tuple[e.RehashShown, ...] = ()
    rehash_owed: tuple[str, ...] = ()
    answer_by: int | None = None
    answers: Mapping[str, e.SealingAnswer] = field(default_factory=dict)
    checked_by: str = ""
    held: tuple[str, ...] = ()
    command: e.DecryptionCommanded | None = None
    closes_at: int | None = None
    """End of the common window as it stands now; pauses and a second window move it."""
    released: Mapping[str, str] = field(default_factory=dict)
    released_at: Mapping[str, int] = field(default_factory=dict)
    """When each release was received: what was left then is unused if the hall fails to open it (clause 5.3.4)."""
    entrusted: Mapping[str, Entrusted] = field(default_factory=dict)
    """Released bids whose content key is with the custodians (clause 4.11)."""
    unopenable: Mapping[str, str] = field(default_factory=dict)
    """Bids of which a custodian said just now why it can't open them: bidder → code."""
    recalled: tuple[str, ...] = ()
    """Bids whose custodian is lost: each is owed a window of its own, in which it is released again."""
    declined: frozenset[str] = frozenset()
    opened: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, e.BidOpenFailed] = field(default_factory=dict)
    own: Mapping[str, OwnWindow] = field(default_factory=dict)
    spent: tuple[tuple[str, OwnWindow], ...] = ()
    """Earlier windows of their own, of bidders that were given another one: (bidder, window)."""
    closed: e.WindowClosed | None = None
    results_shown: bool = False
    results_by: int | None = None
    result_answers: Mapping[str, e.SealingAnswer] = field(default_factory=dict)
    results: e.ResultsDeclared | None = None
    causes: Mapping[str, e.CauseDecided] = field(default_factory=dict)
    disclosed: Mapping[str, e.DisclosedBid] = field(default_factory=dict)
    price_answer_by: int | None = None
    base_price: str | None = None
    read_out: frozenset[str] = frozenset()
    price_answers: Mapping[str, e.PriceAnswer] = field(default_factory=dict)
    objections_not_before: int | None = None
    objections: tuple[Objection, ...] = ()
    rounds: tuple[Round, ...] = ()
    draws: tuple[Draw, ...] = ()
    restored: frozenset[str] = frozenset()
    """Bidders who brought the bytes of their deposit again after the hall had damaged its copies."""
    remedies: Mapping[str, ClaimedRemedy] = field(default_factory=dict)
    """Bidders who release by their recovery file."""

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Released by a recovery file which project owner and scrutineer have not both confirmed."""
        return tuple(b for b in self.released if b in self.remedies and not self.remedies[b].confirmed)

    @property
    def awaited(self) -> tuple[str, ...]:
        """Listed bidders whose release the window still waits for."""
        done = self.released.keys() | self.declined | set(self.held)
        return tuple(b for b in self.bidders if b not in done)

    @property
    def opening(self) -> tuple[str, ...]:
        """Released bids that the hall still owes to open, those that wait for a confirmation among them."""
        elsewhere = self.entrusted.keys() | self.unopenable.keys()
        done = self.opened.keys() | self.failed.keys()
        waiting = self.unconfirmed
        return tuple(b for b in self.released if b in waiting or (b not in done and b not in elsewhere))

    @property
    def undecided(self) -> tuple[str, ...]:
        """Bids that were not opened, have no decided cause and no running window of their own: of the listed, and of
        depositors who did not sign in (clause 5.3.4: no sign-in or no decryption)."""
        return tuple(
            b
            for b in (*self.bidders, *self.not_signed_in)
            if b not in self.proven and b not in self.causes and not self.own_runs(b)
            if b not in self.unopenable and b not in self.recalled
        )

    @property
    def readmitted(self) -> tuple[str, ...]:
        """Depositors who had not signed in and were given a window of their own through clause 4.7."""
        return tuple(b for b in self.not_signed_in if b in self.own)

    @property
    def taking_part(self) -> tuple[str, ...]:
        """The bidders as they were announced, and after them the readmitted; the announced list itself stays."""
        return (*self.bidders, *self.readmitted)

    @property
    def own_running(self) -> tuple[str, ...]:
        """Bidders whose own window is open (clause 5.3.4)."""
        return tuple(b for b in self.own if self.own_runs(b))

    def own_runs(self, bidder: str) -> bool:
        """Whether the bidder's own window is open."""
        return bidder in self.own and self.own[bidder].closed is None

    @property
    def proven(self) -> frozenset[str]:
        """Bids that were opened, or whose unwrap is proved while the key is with the custodians."""
        return frozenset((self.opened.keys() | self.entrusted.keys()).difference(self.unconfirmed))

    @property
    def decrypted(self) -> tuple[str, ...]:
        """Listed bids that were decrypted: opened, or unwrapped by their bidders and proved so."""
        return tuple(b for b in self.bidders if b in self.proven)

    def has_released(self, bidder: str) -> bool:
        """Whether a release of this bid counts, and nothing has come of it that asks for another one."""
        return bidder in self.proven or bidder in self.opening

    @property
    def settled(self) -> bool:
        """Nothing of this lot is left to do before the record."""
        return self.stage in (LotStage.DONE, LotStage.FAILED)


LotEvent = (
    e.BiddersAnnounced
    | e.LotLocked
    | e.FewerApproved
    | e.NoAlternatives
    | e.TenderFailed
    | e.SealingRechecked
    | e.SealingAnswered
    | e.SealingDeclared
    | e.RehashRequested
    | e.RehashShown
    | e.FreshnessProved
    | e.DecryptionCommanded
    | e.ReleaseReceived
    | e.ReleaseDeclined
    | e.EntrustedOpened
    | e.BidOpened
    | e.BidOpenFailed
    | e.BidRestored
    | e.OwnWindowOpened
    | e.OwnWindowClosed
    | e.WindowClosed
    | e.ResultsShown
    | e.ResultsAnswered
    | e.ResultsDeclared
    | e.CauseDecided
    | e.PricesDisclosed
    | e.BasePriceStated
    | e.BidReadOut
    | e.PriceAnswered
    | e.ObjectionsOpened
    | e.ObjectionRaised
    | e.ObjectionAnswered
    | e.ObjectionsClosed
    | e.RoundEvent
    | e.RemedyEvent
)

_NEXT: Final = {(stage, kind): to for stage, kind, to in LOT_STAGES}


def evolve_lot(lot: LotState, event: LotEvent, at: int) -> LotState:
    """The lot after `event`, journalled at `at` (ms UTC). Stages move by the table alone."""
    to = _NEXT.get((lot.stage, type(event).__name__))
    if to is not None:
        lot = replace(lot, stage=to, moved_at=at)
    if _turns(lot, event):
        lot = replace(lot, asked_at=at)
    match event:
        case e.BiddersAnnounced(_, bidders, absent, without) | e.LotLocked(_, bidders, absent, without):
            return replace(lot, bidders=bidders, not_signed_in=absent, without_deposit=without)
        case e.NoAlternatives() | e.TenderFailed() | e.ObjectionsClosed() | e.FreshnessProved():
            return lot
        case e.FewerApproved():
            # A lot that goes on gives the platform's fault its window when it comes to that: it is decided again then.
            own = {b: c for b, c in lot.causes.items() if c.cause is not e.Cause.PLATFORM_FAULT}
            return replace(lot, fewer=event, causes=own)
        case e.SealingRechecked(_, items, answer_by):
            return replace(lot, rechecked=items, answer_by=answer_by)
        case e.SealingAnswered(_, bidder, answer):
            return replace(lot, answers=put(lot.answers, bidder, answer))
        case e.SealingDeclared(_, role, held):
            return replace(lot, checked_by=role, held=held)
        case e.RehashRequested(_, bidder):
            return replace(lot, rehash_owed=(*lot.rehash_owed, bidder))
        case e.RehashShown(_, bidder):
            owed = tuple(b for b in lot.rehash_owed if b != bidder)
            return replace(lot, rehash_owed=owed, rehashed=(*lot.rehashed, event))
        case e.DecryptionCommanded():
            return replace(lot, command=event, closes_at=event.closes_at)
        case e.ReleaseReceived(_, bidder, release):
            # In a window of its own a bidder releases again what could not be opened through the hall's fault.
            return replace(
                lot,
                released=put(lot.released, bidder, release),
                released_at=put(lot.released_at, bidder, at),
                entrusted=_entrusted(lot, bidder, event),
                declined=lot.declined - {bidder},
                failed=drop(lot.failed, bidder),
                causes=drop(lot.causes, bidder) if lot.own_runs(bidder) else lot.causes,
            )
        case e.ReleaseDeclined(_, bidder):
            return replace(lot, declined=lot.declined | {bidder})
        case e.BidOpened(_, bidder, summary):
            return replace(lot, opened=put(lot.opened, bidder, summary))
        case e.BidOpenFailed(_, bidder):
            said = drop(lot.unopenable, bidder)
            # What was brought again before may be damaged by now too.
            again = lot.restored - {bidder}
            return replace(lot, failed=put(lot.failed, bidder, event), unopenable=said, restored=again)
        case e.EntrustedOpened():
            return _handed_over(lot, event)
        case e.BidRestored(_, bidder):
            return replace(lot, restored=lot.restored | {bidder})
        case e.OwnWindowOpened(_, bidder, opened_at, closes_at):
            window = OwnWindow(opened_at, closes_at, event)
            spent = (*lot.spent, (bidder, lot.own[bidder])) if bidder in lot.own else lot.spent
            recalled = tuple(b for b in lot.recalled if b != bidder)
            return replace(lot, own=put(lot.own, bidder, window), spent=spent, recalled=recalled)
        case e.OwnWindowClosed(_, bidder):
            window = replace(lot.own[bidder], closed=event)
            # Whoever did not use it is undecided again: a second decision names the cause.
            causes = lot.causes if event.released else drop(lot.causes, bidder)
            return replace(lot, own=put(lot.own, bidder, window), causes=causes)
        case e.WindowClosed():
            return replace(lot, closed=event)
        case e.ResultsShown(_, answer_by):
            return replace(lot, results_shown=True, results_by=answer_by)
        case e.ResultsAnswered(_, bidder, answer):
            return replace(lot, result_answers=put(lot.result_answers, bidder, answer))
        case e.ResultsDeclared():
            return replace(lot, results=event)
        case e.CauseDecided(_, bidder):
            return replace(lot, causes=put(lot.causes, bidder, event))
        case e.PricesDisclosed(_, bids, answer_by):
            return replace(lot, disclosed={b.bidder: b for b in bids}, price_answer_by=answer_by)
        case e.BasePriceStated(_, price):
            return replace(lot, base_price=price)
        case e.BidReadOut(_, bidder):
            return replace(lot, read_out=lot.read_out | {bidder})
        case e.PriceAnswered(_, bidder, answer):
            return replace(lot, price_answers=put(lot.price_answers, bidder, answer))
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
        case e.RemedyClaimed(_, bidder, _, reason):
            return replace(lot, remedies=put(lot.remedies, bidder, ClaimedRemedy(reason)))
        case e.RemedyAnswered(_, bidder, role, accepted):
            return _remedy_answered(lot, bidder, role, accepted=accepted)
        case _:
            return _rounds(lot, event, at)


def _remedy_answered(lot: LotState, bidder: str, role: str, *, accepted: bool) -> LotState:
    """A remedy that one of the two refuses was no release: nothing of it is kept."""
    claimed = lot.remedies[bidder]
    lot = replace(
        lot,
        remedies=put(lot.remedies, bidder, replace(claimed, answers=put(claimed.answers, role, accepted))),
    )
    if accepted:
        return lot
    return replace(
        lot,
        released=drop(lot.released, bidder),
        released_at=drop(lot.released_at, bidder),
        entrusted=drop(lot.entrusted, bidder),
    )


def _entrusted(lot: LotState, bidder: str, event: e.ReleaseReceived) -> Mapping[str, Entrusted]:
    """What a release entrusted: it stands in the act itself, which holds no key that the hall could use."""
    if event.act.body is None:
        return drop(lot.entrusted, bidder)
    body = event.act.body_json()
    names = body["custodians"]
    given = tuple(str(x) for x in names) if isinstance(names, list) else ()
    return put(lot.entrusted, bidder, Entrusted(str(body["envelope"]), str(body["inner"]), given))


def _handed_over(lot: LotState, event: e.EntrustedOpened) -> LotState:
    """An inner envelope goes on to the next custodian, a key to the hall; what did not open is told."""
    kept, unopenable = dict(lot.entrusted), dict(lot.unopenable)
    for bid in event.bids:
        before = kept.pop(bid.bidder)
        if bid.envelope:
            kept[bid.bidder] = Entrusted(bid.envelope, "", before.custodians[1:])
        elif bid.code:
            unopenable[bid.bidder] = bid.code
    return replace(lot, entrusted=kept, unopenable=unopenable)


def recalled(lot: LotState) -> LotState:
    """The lot after its custodians were lost: what was entrusted to them was never released."""
    names = tuple(lot.entrusted)
    released = {b: x for b, x in lot.released.items() if b not in names}
    return replace(lot, released=released, entrusted={}, recalled=names) if names else lot


def _turns(lot: LotState, event: LotEvent) -> bool:
    """Whether somebody else may be waited for now. What bidders say unasked gives a silent host or notary no time."""
    match event:
        case e.ObjectionRaised() | e.RehashRequested() | e.RehashShown() | e.FreshnessProved():
            return False
        case e.SealingAnswered():
            return lot.answer_by is not None
        case e.ResultsAnswered():
            return lot.results_by is not None
        case _:
            return True


def _rounds(lot: LotState, event: e.RoundEvent, at: int) -> LotState:
    match event:
        case e.QuoteRoundOpened(_, number, bidders, quoted_by):
            return replace(lot, rounds=(*lot.rounds, Round(number, bidders, at, quoted_by)))
        case e.DrawOpened(_, number, purpose, values, parties, commit_by):
            return replace(lot, draws=(*lot.draws, Draw(number, purpose, values, parties, commit_by)))
        case e.QuoteOffered() | e.QuoteRoundClosed() | e.QuotesDisclosed():
            changed = tuple(_round(r, event) if r.round == event.round else r for r in lot.rounds)
            return replace(lot, rounds=changed)
        case _:
            return replace(
                lot, draws=tuple(_draw(d, event) if d.draw == event.draw else d for d in lot.draws)
            )


def _round(round_: Round, event: e.QuoteOffered | e.QuoteRoundClosed | e.QuotesDisclosed) -> Round:
    match event:
        case e.QuoteOffered(_, _, bidder, act):
            return replace(round_, offers=put(round_.offers, bidder, act.body_digest))
        case e.QuoteRoundClosed():
            return replace(round_, closed=event)
        case e.QuotesDisclosed(_, _, quotes):
            return replace(round_, quotes=quotes, disclosed=True)


def _draw(draw: Draw, event: e.DrawCommitted | e.DrawCommitsClosed | e.DrawRevealed | e.DrawDone) -> Draw:
    match event:
        case e.DrawCommitted(_, _, party, commitment):
            return replace(draw, commitments=put(draw.commitments, party, commitment))
        case e.DrawCommitsClosed(_, _, _, reveal_by):
            return replace(draw, reveal_by=reveal_by)
        case e.DrawRevealed(_, _, party, secret):
            return replace(draw, secrets=put(draw.secrets, party, secret))
        case e.DrawDone():
            return replace(draw, done=event)


def moved(lot: LotState, limit: e.Limit) -> LotState:
    """The lot with one of its countdowns at its new end, after a pause (clause 4.8)."""
    after = limit.after
    match limit.name:
        case e.LimitName.SEALING_ANSWERS:
            return replace(lot, answer_by=after)
        case e.LimitName.DECRYPTION:
            return replace(lot, closes_at=after)
        case e.LimitName.OWN_WINDOW:
            window = replace(lot.own[limit.bidder], closes_at=after)
            return replace(lot, own=put(lot.own, limit.bidder, window))
        case e.LimitName.RESULT_ANSWERS:
            return replace(lot, results_by=after)
        case e.LimitName.PRICE_ANSWERS:
            return replace(lot, price_answer_by=after)
        case e.LimitName.OBJECTIONS:
            return replace(lot, objections_not_before=after)
        case e.LimitName.QUOTES:
            return replace(lot, rounds=(*lot.rounds[:-1], replace(lot.rounds[-1], quoted_by=after)))
        case e.LimitName.DRAW_COMMITS:
            return replace(lot, draws=(*lot.draws[:-1], replace(lot.draws[-1], commit_by=after)))
        case e.LimitName.DRAW_REVEALS:
            return replace(lot, draws=(*lot.draws[:-1], replace(lot.draws[-1], reveal_by=after)))


def put(mapping: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    """The mapping with one entry set."""
    return {**mapping, key: value}


def drop(mapping: Mapping[K, V], key: K) -> Mapping[K, V]:
    """The mapping without one entry."""
    return {k: v for k, v in mapping.items() if k != key} if key in mapping else mapping
