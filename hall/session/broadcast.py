"""What the public may see of an opening, and what a bidder may see again (clauses 4.4, 6.1; Bidding Law 22).

The public gets the hall and whoever has the floor, from the deadline to the close. What is broadcast are the recorded
bytes, which keep the sound of who is muted: so who is muted is off the air altogether.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hall.procurement.parties import Actor, Role, participant_of
from hall.session import events as e
from hall.session.roster import may_be_known
from hall.session.rules import Stage
from hall.session.state import OpeningState, evolve

Entry = tuple[int, str, e.Event]
Span = tuple[int, int | None]
"""[from, to) in ms UTC; None: it lasts."""

_ON_AIR = (Stage.DEADLINE, Stage.OPENING, Stage.RECORD)


def camera_name(camera: str) -> str:
    """The participant under which a hall camera's picture arrives."""
    return f"camera-{camera}"


def sources(state: OpeningState) -> tuple[str, ...]:
    """Participants that show the hall itself, and may prove that the opening is recorded: the host and the cameras of
    the plan (clause 6.1)."""
    return ("host", *(camera_name(x.camera) for x in state.scheduled.cameras))


def may_broadcast(state: OpeningState, participant: str) -> bool:
    """Whether the public may see `participant` now."""
    return participant in on_air_now(state)


def on_air_now(state: OpeningState) -> tuple[str, ...]:
    """Everybody whom the public may see now, whether it sends or not."""
    if state.plan is None or state.stage not in _ON_AIR:
        return ()
    if state.suspension is not None and state.suspension.away:
        return ()
    floor = state.media.floor
    shown = (*sources(state), *((floor,) if floor and may_be_known(state, floor) else ()))
    return tuple(p for p in shown if p not in state.muted)


@dataclass(slots=True)
class Air:
    """On-air intervals, told piece by piece: `more` takes what was journalled since the last call."""

    _state: OpeningState = field(default_factory=OpeningState)
    _spans: dict[str, list[Span]] = field(default_factory=dict)
    _now: tuple[str, ...] = ()

    def more(self, entries: Iterable[Entry]) -> None:
        for at, _, event in entries:
            self._state = evolve(self._state, event, at)
            self._turn(on_air_now(self._state), at)

    def _turn(self, shown: tuple[str, ...], at: int) -> None:
        for participant in self._now:
            if participant not in shown:
                began, _ = self._spans[participant].pop()
                if began < at:
                    self._spans[participant].append((began, at))
        for participant in shown:
            if participant not in self._now:
                self._spans.setdefault(participant, []).append((at, None))
        self._now = shown

    @property
    def spans(self) -> dict[str, tuple[Span, ...]]:
        """Participant → its intervals on the air, in order."""
        return {p: tuple(spans) for p, spans in self._spans.items() if spans}


def on_air(entries: Iterable[Entry]) -> dict[str, tuple[Span, ...]]:
    """Participant → (from, to) of each interval in which the public might see it; `to` is None while it lasts. Only
    fragments wholly inside one may be served. entries: the rows of the opening's journal, from the first."""
    air = Air()
    air.more(entries)
    return air.spans


def may_replay(state: OpeningState, viewer: Actor, participant: str) -> bool:
    """Whether `viewer` may see and hear again all that was recorded of `participant`.

    Staff: whoever may be known, because recordings are the evidence that they answer objections by; the evaluators
    nothing (clause 5.4.2). A bidder: the hall, where nobody muted it, and itself. Another bidder's recording holds what
    nobody in the room was shown, before and after it had the floor: the intervals in which it had it are `on_air`, and
    nothing beyond them. Before the announcement there is the hall alone, for everybody (Bidding Law 22).
    """
    if viewer.role is Role.EVALUATOR or state.plan is None:
        return False
    if participant in sources(state):
        return viewer.role is not Role.BIDDER or participant not in state.media.once_muted
    if not may_be_known(state, participant):
        return False
    return viewer.role is not Role.BIDDER or participant == participant_of(viewer)
