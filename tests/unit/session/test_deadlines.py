"""Which entries hold a deadline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.procurement.tender import MINUTE
from hall.session import events as e
from hall.session.deadlines import held, is_platform_fault
from tests.playbook import DEADLINE, OWNER
from tests.scenarios.faultbook import FaultBook

FAULT = e.IncidentRecorded(1, "server_fault", "a", "", "", start=DEADLINE - MINUTE)


@pytest.mark.parametrize("letter", list("abcde"))
def test_the_halls_own_finding_under_a_to_e_holds(letter: str) -> None:
    assert is_platform_fault(replace(FAULT, clause=letter))


def test_a_persons_entry_or_one_without_a_time_or_a_letter_holds_nothing() -> None:
    play = FaultBook()
    said = play.act(OWNER, "record_incident")
    for other in (
        replace(FAULT, clause="f"),
        replace(FAULT, clause=""),
        replace(FAULT, start=None),
        replace(FAULT, act=said),
    ):
        assert not is_platform_fault(other)
        assert held(replace(play.state, incidents=(other,)), DEADLINE) == []
    assert held(replace(play.state, incidents=(FAULT,)), DEADLINE)
    assert held(replace(play.state, incidents=(replace(FAULT, start=DEADLINE + 1),)), DEADLINE) == []


def test_what_the_owner_knew_when_it_set_the_deadline_counts_only_if_it_lasts_through_it() -> None:
    play = FaultBook()
    over = replace(FAULT, end=DEADLINE)
    known = replace(play.state, incidents=(over,), weighed=1)
    assert held(known, DEADLINE) == []
    assert held(replace(known, incidents=(replace(over, end=DEADLINE + 1),)), DEADLINE)
    assert held(replace(known, incidents=(replace(over, end=None),)), DEADLINE)
    assert held(replace(known, weighed=0), DEADLINE)
