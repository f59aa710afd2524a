"""Nobody's absence stops a lawful opening: wherever somebody of the staff is waited for, silence passes the post on."""

from __future__ import annotations

from dataclasses import replace

from hall.errors import Refused
from hall.procurement.parties import STAFF, Actor, Appointment, Role
from hall.procurement.tender import HOUR, MINUTE
from hall.session import events as e
from hall.session.decide import decide
from hall.session.state import OpeningState
from hall.session.waits import Wait, waits
from tests.playbook import Playbook, certificate_of
from tests.unit.session.openings import OPENINGS

DEPUTIES = {
    role: Actor(role, f"deputy-{role.value}", f"deputy {role.value}", certificate_of(f"second {role.value}"))
    for role in STAFF
}


def with_deputies(state: OpeningState) -> OpeningState:
    """The same moment of an opening whose plan names a deputy for every post."""
    deputies = tuple(Appointment(r, a.party, a.name, "unit", a.certificate) for r, a in DEPUTIES.items())
    return replace(state, plan=replace(state.scheduled, deputies=deputies))


def taken(play: Playbook, wait: Wait, now: int) -> list[e.Event] | str:
    """What comes of a deputy's act at `now`: its events, or the refusal's code."""
    deputy = DEPUTIES[Role(wait.role)]
    try:
        return decide(with_deputies(play.state), play.command(deputy, "take_post"), actor=deputy, now=now)
    except Refused as refused:
        return refused.code


def test_wherever_staff_is_waited_for_a_deputy_relieves_the_silent_after_three_minutes() -> None:
    places = set()
    for play in (play for told in OPENINGS for play in told()):
        for wait in waits(play.state):
            if wait.role not in set(STAFF):
                continue
            places.add((wait.role, wait.act))
            holder = play.state.posts[Role(wait.role)]
            last = play.state.acted.get(holder.certificate, 0)
            since = max(min(w.since for w in waits(play.state) if w.role == wait.role), last)
            assert taken(play, wait, since + 3 * MINUTE - 1) == "silence_running", wait
            result = taken(play, wait, max(play.now, since) + HOUR)
            assert isinstance(result, list), (wait, result)
            assert [type(event) for event in result] == [e.PostTaken], wait
    roles = {role for role, _ in places}
    assert roles >= {"host", "procuring_entity", "announcer", "notary", "scrutineer", "regulator"}
    assert len(places) > 15
