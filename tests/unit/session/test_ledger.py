"""Every millisecond of the 60 minutes stands in the ledger once, whatever pauses there were."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.ledger import Kind, ledger, ledger_of, running, unused
from hall.session.pause import Suspension
from hall.session.state import OpeningState
from tests.scenarios.faultbook import THREE, FaultBook

PAUSES = st.lists(
    st.tuples(st.integers(1, 10 * MINUTE), st.integers(0, 4 * MINUTE), st.integers(1, 5 * HOUR)), max_size=5
)
"""For each pause: how long it ran before, how much later it was found, how long it stood still."""


def paused(pauses: list[tuple[int, int, int]]) -> tuple[OpeningState, int]:
    """An opening whose window ran out after these pauses, and the moment at which it closed."""
    play = FaultBook().commanded(*THREE)
    began = at = play.now
    ran, standstills = 0, []
    for before, found, stood in pauses:
        since = at + before
        ran += before
        suspended = e.Suspended(
            len(standstills) + 1, e.SuspensionKind.SYSTEM, "a", "", since, since, 1, None, None
        )
        at = since + found + stood
        standstills.append(Suspension(suspended, since + found, since, since, ended=at))
    closes_at = at + HOUR - ran
    assert closes_at >= began
    lot = replace(play.lot, closed=e.WindowClosed("1", closes_at, False, THREE), closes_at=closes_at)
    return replace(play.state, suspensions=tuple(standstills), lots={"1": lot}), closes_at


@given(PAUSES)
def test_running_is_the_sixty_minutes_and_the_rest_is_the_pauses(pauses: list[tuple[int, int, int]]) -> None:
    state, closes_at = paused(pauses)
    spans = ledger_of(state, "1", closes_at + HOUR)
    assert running(spans) == HOUR
    assert sum(s.length for s in spans if s.kind is Kind.GIVEN_BACK) == sum(found for _, found, _ in pauses)
    assert sum(s.length for s in spans if s.kind is Kind.FROZEN) == sum(stood for _, _, stood in pauses)
    assert all(a.end == b.start for a, b in pairwise(spans))
    assert all(a.kind is not b.kind for a, b in pairwise(spans) if a.kind is Kind.RUNNING)
    assert spans[-1].end == closes_at


@given(PAUSES, st.integers(0, 60), st.integers(0, 60))
def test_used_and_unused_time_are_the_sixty_minutes_together(
    pauses: list[tuple[int, int, int]], start: int, length: int
) -> None:
    state, closes_at = paused(pauses)
    lot = state.lots["1"]
    began = lot.command.opened_at if lot.command else 0
    lost = (began + start * MINUTE, began + (start + length) * MINUTE)
    rest = unused(state, lot, "ding", lost, closes_at, closes_at)
    assert 0 <= rest <= min(HOUR, length * MINUTE)
    window = e.OwnWindowOpened("1", "ding", closes_at, closes_at + rest, 1, *lost, closes_at)
    from hall.session.lot import OwnWindow

    own = OwnWindow(
        closes_at, closes_at + rest, window, e.OwnWindowClosed("1", "ding", closes_at + rest, False)
    )
    given_again = replace(state, lots={"1": replace(lot, own={"ding": own})})
    account = [s for s in ledger_of(given_again, "1", closes_at + rest) if s.bidder == "ding"]
    assert running(account) == HOUR


def test_a_lot_without_a_command_has_no_account() -> None:
    play = FaultBook()
    assert ledger_of(play.state, "1", play.now) == ()


def test_the_journal_alone_gives_the_ledger_while_the_window_runs() -> None:
    play = FaultBook().commanded(*THREE)
    play.after(10 * MINUTE)
    play.fault(play.now - MINUTE)
    play.after(HOUR)
    play.hall(c.NoteIncident("note", "", "", ""))
    entries = [(at, "", event) for at, event in zip(play.times, play.events, strict=True)]
    found = ledger(entries, "1")
    assert [(s.kind, s.length) for s in found] == [
        (Kind.RUNNING, 9 * MINUTE),
        (Kind.GIVEN_BACK, MINUTE),
        (Kind.FROZEN, HOUR),
    ]
    assert found == ledger_of(play.state, "1", play.now)


def test_at_the_very_moment_of_a_suspension_its_fault_counts_as_given_back_already() -> None:
    """The hall was down for longer than the window: at the restart no account has run past its 60 minutes."""
    play = FaultBook().commanded(*THREE)
    down = play.now
    play.now += HOUR + 1
    play.fault(down, end=play.now, kind="hall_down", clause="e", last_good=down)
    assert running(ledger_of(play.state, "1", play.now)) == 0
    assert running(ledger_of(play.state, "1", play.now + 1)) == 0
    play.resumed()
    assert play.lot.closes_at == play.now + HOUR
