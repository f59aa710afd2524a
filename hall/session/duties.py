"""What the hall owes the outside, computed from the state and never queued.

After a crash the same duties are owed. The performer is idempotent and answers with a note.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.tender import Deposit
from hall.session.notes import may_disclose
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


Duty = KeepRecording | RecheckSealing | OpenBid | Disclose | PrepareRecord | CompleteRecord | StopRecorder


def duties(state: OpeningState) -> frozenset[Duty]:
    """Everything that is owed in `state`."""
    owed: set[Duty] = set()
    if state.recording and not state.recorder_stopped:
        owed.add(StopRecorder() if state.stage is Stage.CLOSED else KeepRecording())
    for lot in state.lots.values():
        listed = tuple(d for b in lot.bidders if (d := state.deposit(lot.lot, b)) is not None)
        if lot.stage is LotStage.CHECK and not lot.rechecked:
            owed.add(RecheckSealing(lot.lot, listed))
        owed.update(OpenBid(lot.lot, d.bidder, d) for d in listed if d.bidder in lot.opening)
        if may_disclose(state, lot):
            owed.add(
                Disclose(lot.lot, tuple(b for b in lot.bidders if b in lot.opened and b not in lot.causes))
            )
    if state.stage is Stage.OPENING and state.register is not None:
        owed.add(PrepareRecord())
    if state.record is not None and not state.record.completed:
        if state.record.settled >= {role.value for role in RECORD_SIGNERS}:
            owed.add(CompleteRecord(state.record.sha256))
    return frozenset(owed)
