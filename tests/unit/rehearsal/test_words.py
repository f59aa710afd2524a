"""What is said on the terminal speaks of events and roles that exist."""

from __future__ import annotations

import typing

from hall.procurement.parties import Role
from hall.rehearsal.report import PHASES
from hall.rehearsal.words import MOMENTS, ROLES
from hall.session.events import Event

KINDS = {event.__name__ for event in typing.get_args(Event)}


def test_every_moment_and_phase_is_an_event_of_an_opening() -> None:
    assert MOMENTS.keys() <= KINDS
    assert set(PHASES) <= KINDS


def test_every_phase_is_spoken_of() -> None:
    assert set(PHASES) <= MOMENTS.keys()


def test_every_role_has_its_words() -> None:
    assert ROLES.keys() == {role.value for role in Role}
