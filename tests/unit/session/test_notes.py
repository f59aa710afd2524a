"""What the hall's own notes and the passing of time lead to, and in which order."""

from __future__ import annotations

from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.notes import next_deadline, tick
from hall.session.state import OpeningState
from tests.playbook import DEADLINE, MIDNIGHT
from tests.scenarios.faultbook import THREE, FaultBook


def test_an_opening_that_was_never_scheduled_is_due_for_nothing() -> None:
    assert tick(OpeningState(), DEADLINE) == []
    assert next_deadline(OpeningState()) is None


def test_what_was_due_before_the_fault_has_happened_and_what_became_due_since_has_not() -> None:
    play = FaultBook()
    play.now = DEADLINE + HOUR  # the hall was down from before midnight until after the deadline
    events = play.fault(MIDNIGHT - MINUTE, end=play.now, kind="hall_down", clause="e")
    assert [type(x).__name__ for x in events] == ["IncidentRecorded"]
    play = FaultBook()
    play.now = DEADLINE + HOUR
    events = play.fault(MIDNIGHT + MINUTE, end=play.now, kind="hall_down", clause="e")
    assert [type(x).__name__ for x in events] == ["SignInOpened", "RecordingStarted", "IncidentRecorded"]
    play.hall(c.Tick())
    assert play.state.held is not None


def test_at_the_very_moment_at_which_a_fault_begins_nothing_fires() -> None:
    play = FaultBook().commanded(*THREE)
    opened = play.now
    play.at(opened + HOUR)
    play.now += 1  # one millisecond after the last one that counts
    incident, suspended, _ = play.fault(play.now)
    assert isinstance(incident, e.IncidentRecorded)
    assert isinstance(suspended, e.Suspended)
    assert play.lot.closed is None


def test_while_it_stands_still_only_faults_and_consultations_become_due() -> None:
    play = FaultBook().commanded(*THREE)
    play.fault()
    assert next_deadline(play.state) == play.now + 15 * MINUTE + 1
    play.consulted()
    assert next_deadline(play.state) is None
    assert tick(play.state, play.now + 10 * HOUR) == []
