"""The keeping of one opening's recordings, and how events change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from hall.keeping import events as e
from hall.procurement.acts import SignedAct

MINUTE: Final = 60_000


@dataclass(frozen=True, slots=True)
class Keeping:
    """holds: those that stand, by number; held: how many there ever were; looked: (certificate, participants) → the
    minute of the last look, of this minute and no earlier one; published: digests of bundles that were handed out
    without a login; ordered, erased: the order, and that it is done."""

    holds: Mapping[int, e.HoldPlaced] = field(default_factory=dict)
    held: int = 0
    looked: Mapping[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)
    published: frozenset[str] = frozenset()
    external: tuple[e.ExternalRecordingStored, ...] = ()
    ordered: e.ErasureOrdered | None = None
    erased: e.RecordingsErased | None = None
    nonces: frozenset[str] = frozenset()

    def owes_erasure(self) -> bool:
        """Whether an order waits to be carried out."""
        return self.ordered is not None and self.erased is None


def evolve(state: Keeping, event: e.Event, at: int) -> Keeping:
    """The state after `event`, received at `at` (ms UTC)."""
    match event:
        case e.RecordingsViewed(certificate=certificate, participants=participants):
            minute = at // MINUTE
            looked = {key: one for key, one in state.looked.items() if one == minute}
            return replace(state, looked={**looked, (certificate, participants): minute})
        case e.BundleGiven(certificate="", sha256=sha256):
            return replace(state, published=state.published | {sha256})
        case e.BundleGiven() | e.ClipExported() | e.RecordingKeysGiven() | e.ErasureRefused():
            return state
        case e.HoldPlaced(hold=hold, act=act):
            placed = replace(state, holds={**state.holds, hold: event}, held=max(state.held, hold))
            return _spent(placed, act)
        case e.HoldLifted(hold=hold, act=act):
            holds = {number: one for number, one in state.holds.items() if number != hold}
            return _spent(replace(state, holds=holds), act)
        case e.ErasureOrdered(act=act):
            return _spent(replace(state, ordered=event), act)
        case e.RecordingsErased():
            return replace(state, erased=event)
        case e.ExternalRecordingStored():
            return replace(state, external=(*state.external, event))
        case _:
            assert_never(event)


def _spent(state: Keeping, act: SignedAct | None) -> Keeping:
    return state if act is None else replace(state, nonces=state.nonces | {act.server_nonce})
