"""What the hall owes the outside, computed from the state and never queued.

After a crash the same duties are owed. The performer is idempotent and answers with a note.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.tender import Deposit
from hall.session.disclosure import may_disclose
from hall.session.papers import unchecked
from hall.session.rules import RECORD_SIGNERS, LotStage, Stage
from hall.session.state import OpeningState


@dataclass(frozen=True, slots=True)
class KeepRecording:
    """The room is recorded from the opening of the sign-in until the last bidder has left."""


@dataclass(frozen=True, slots=True)
class RecheckSealing:
    """Hash the stored ciphertexts again, now (clause 4.2)."""

    lot: str
    deposits: tuple[Deposit, ...]


@dataclass(frozen=True, slots=True)
class OpenBid:
    lot: str
    bidder: str
    deposit: Deposit


@dataclass(frozen=True, slots=True)
class Disclose:
    """Read the opened summaries of these bidders and disclose them together."""

    lot: str
    bidders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrepareRecord:
    """Generate the opening record from the journal."""


@dataclass(frozen=True, slots=True)
class CompleteRecord:
    """All have signed: close the document."""

    sha256: str


@dataclass(frozen=True, slots=True)
class StopRecorder:
    """The room is empty: the recorder stops after the bidders, never before (clause 5.5.4)."""


@dataclass(frozen=True, slots=True)
class RunTest:
    """Run the reliable test (clause 4.8 a); its result is noted with NoteTest."""

    suspension: int
    test: int


@dataclass(frozen=True, slots=True)
class RecheckAdjourned:
    """Hash all stored ciphertexts again, at an adjournment and on the return; noted with NoteAdjournmentRecheck."""

    suspension: int
    returned: bool
    deposits: tuple[Deposit, ...]


@dataclass(frozen=True, slots=True)
class ShowRehash:
    """Hash one stored ciphertext again for the notary (clause 4.2); noted with NoteRehash."""

    lot: str
    bidder: str
    deposit: Deposit


@dataclass(frozen=True, slots=True)
class DiscloseQuotes:
    """Read the quotes of a closed round from the side store, together; noted with NoteQuotes.

    offers: (bidder, digest of the signed body) in the order of receipt."""

    lot: str
    round: int
    offers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CheckBidPdf:
    """Look into a disclosed bid's PDF; noted with NoteBidPdf. deposited_at: ms UTC."""

    lot: str
    bidder: str
    deposited_at: int


Duty = (
    KeepRecording
    | RecheckSealing
    | OpenBid
    | Disclose
    | PrepareRecord
    | CompleteRecord
    | StopRecorder
    | RunTest
    | RecheckAdjourned
    | ShowRehash
    | DiscloseQuotes
    | CheckBidPdf
)


def duties(state: OpeningState) -> frozenset[Duty]:
    """Everything that is owed in `state`."""
    owed: set[Duty] = set()
    if state.recording and not state.recorder_stopped:
        if state.stage is Stage.CLOSED:
            owed.add(StopRecorder())
        elif not _away(state):
            owed.add(KeepRecording())
    owed.update(_of_suspension(state))
    for lot in state.lots.values():
        # Bids of absent depositors lie there too, and one of them may be readmitted (clauses 4.7, 5.3.4).
        deposited = (state.deposit(lot.lot, b) for b in (*lot.bidders, *lot.not_signed_in))
        stored = tuple(d for d in deposited if d is not None)
        if lot.stage is LotStage.CHECK and not lot.rechecked and state.suspension is None:
            owed.add(RecheckSealing(lot.lot, stored))
        due = set(lot.opening).difference(lot.unconfirmed)
        owed.update(OpenBid(lot.lot, d.bidder, d) for d in stored if d.bidder in due)
        for bidder in lot.rehash_owed:
            if (deposit := state.deposit(lot.lot, bidder)) is not None:
                owed.add(ShowRehash(lot.lot, bidder, deposit))
        for quotes in lot.rounds:
            if quotes.closed is not None and not quotes.disclosed:
                owed.add(DiscloseQuotes(lot.lot, quotes.round, tuple(quotes.offers.items())))
        if may_disclose(state, lot):
            owed.add(
                Disclose(
                    lot.lot, tuple(b for b in lot.taking_part if b in lot.opened and b not in lot.causes)
                )
            )
    looks = _looks(state)
    owed.update(looks)
    # clause 5.2.2: what a bid's signatures are worth stands in the record, so it waits for the looks, which always end
    if state.stage is Stage.OPENING and state.register is not None and not looks:
        owed.add(PrepareRecord())
    if state.record is not None and not state.record.sealed:
        if state.record.settled >= {role.value for role in RECORD_SIGNERS}:
            owed.add(CompleteRecord(state.record.sha256))
    return frozenset(owed)


def _looks(state: OpeningState) -> set[Duty]:
    """The PDFs of disclosed bids that nobody has looked into yet."""
    found = ((lot, bidder, state.deposit(lot, bidder)) for lot, bidder in unchecked(state))
    return {CheckBidPdf(lot, bidder, x.received_at) for lot, bidder, x in found if x is not None}


def _away(state: OpeningState) -> bool:
    """Nobody is in the room: adjourned to a later moment, or postponed to another day (clauses 4.8, 5.3.3)."""
    return state.stage is Stage.SCHEDULED or (state.suspension is not None and state.suspension.away)


def _of_suspension(state: OpeningState) -> set[Duty]:
    standstill = state.suspension
    if standstill is None:
        return set()
    owed: set[Duty] = set()
    tested = standstill.test.test if standstill.test is not None else 0
    if standstill.tests > tested:
        owed.add(RunTest(standstill.number, standstill.tests))
    if standstill.adjourned is not None:
        active = tuple(d for d in state.deposits if not d.superseded)
        back = not standstill.away
        if (standstill.returned if back else standstill.left) is None:
            owed.add(RecheckAdjourned(standstill.number, back, active))
    return owed
