"""The statement with which a bidder can support a claim (clause 5.3.4)."""

from __future__ import annotations

import pytest

from hall.errors import NotPermitted, Refused
from hall.procurement.parties import Role
from hall.procurement.tender import MINUTE
from hall.runtime.statements import cause_statement
from hall.session import events as e
from tests.playbook import OWNER, bidder
from tests.scenarios.test_faults_causes import FOUR, FaultBook, undecrypted
from tests.unit.notifying.examples import caused


def stated(play: FaultBook, name: str) -> dict[str, object]:
    entries = [(at, "", event) for at, event in zip(play.times, play.events, strict=True)]
    return cause_statement(play.state, entries, "1", bidder(name))


def test_clause_5_3_4_the_bidder_concerned_has_a_statement_of_the_cause_with_the_owners_act() -> None:
    play = undecrypted()
    with pytest.raises(Refused, match="no_cause_decided"):
        stated(play, "ding")
    play.after(MINUTE)
    play.decides("ding", "deemed_withdrawn")
    found = stated(play, "ding")
    assert (found["bidder"], found["lot"], found["cause"]) == ("ding", "1", "deemed_withdrawn")
    assert (found["reason"], found["decided_at"], found["incident"]) == ("依据", play.now, None)
    act = found["act"]
    assert isinstance(act, dict)
    assert (act["type"], act["certificate"]) == ("decide_cause", OWNER.certificate)
    for other in FOUR[:3]:
        with pytest.raises(Refused, match="no_cause_decided"):
            stated(play, other)
    with pytest.raises(NotPermitted):
        cause_statement(play.state, [], "1", OWNER)


def test_clause_5_3_4_a_platform_cause_is_stated_with_the_entry_on_which_it_rests() -> None:
    play = undecrypted(incident=(20, 45))
    play.decides("ding", "platform_fault", 1)
    entry = stated(play, "ding")["incident"]
    assert isinstance(entry, dict)
    assert (entry["incident"], entry["clause"]) == (1, "a")


def test_clause_5_3_4_the_bidder_concerned_and_nobody_else_is_told_of_the_decision() -> None:
    play = undecrypted()
    decided = next(x for x in play.decides("ding", "deemed_withdrawn") if isinstance(x, e.CauseDecided))
    (owed,) = caused(decided)
    assert (owed.role, owed.party, owed.kind) == (Role.BIDDER.value, "ding", "cause_decided")
