"""Whose cause it can be, and on what a platform cause may rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.errors import Refused
from hall.session import commands as c
from hall.session import events as e
from hall.session.causes import HALL_DAMAGE, damaged_by_hall, due, failure, moments, open_causes, too_few
from hall.session.lot import LotState
from hall.session.rules import LotStage
from tests.scenarios.faultbook import THREE, FaultBook


@pytest.mark.parametrize("code", [*HALL_DAMAGE, "container_malformed", "ciphertext_damaged", "bad_signature"])
def test_only_the_halls_own_damage_is_an_entry_of_clause_4_7(code: str) -> None:
    events = failure(FaultBook().state, c.NoteBidFailed("1", "jia", code, None))
    _, incident = events
    assert isinstance(incident, e.IncidentRecorded)
    assert (incident.clause == "b") is (code in HALL_DAMAGE)
    lot = LotState("1", failed={"jia": e.BidOpenFailed("1", "jia", code, None)})
    assert damaged_by_hall(lot, "jia") is (code in HALL_DAMAGE)
    assert not damaged_by_hall(lot, "yi")


def test_a_stored_bid_that_changed_is_the_halls_damage() -> None:
    lot = LotState("1", rechecked=(e.Rechecked("jia", "dd" * 32, False), e.Rechecked("yi", "ee" * 32, True)))
    assert damaged_by_hall(lot, "jia")
    assert not damaged_by_hall(lot, "yi")


def test_in_a_locked_lot_causes_are_those_of_the_missing_and_later_those_of_all_unopened() -> None:
    lot = LotState("1", stage=LotStage.LOCKED, bidders=("jia",), not_signed_in=("yi",))
    assert open_causes(lot) == ("yi",)
    assert open_causes(replace(lot, stage=LotStage.DISCLOSURE)) == ("jia", "yi")
    assert open_causes(replace(lot, stage=LotStage.DISCLOSURE, released={"jia": "00"})) == ("yi",)  # opening


def test_too_few_is_said_only_when_nothing_is_left_to_open_or_decide() -> None:
    play = FaultBook().commanded(*THREE)
    assert not too_few(play.state, play.lot)
    settled = replace(play.lot, opened={"jia": "", "yi": ""}, causes={"bing": None})  # type: ignore[dict-item]
    assert too_few(play.state, settled)
    assert not too_few(play.state, replace(settled, opened=dict.fromkeys(THREE, "")))


def test_an_own_window_is_due_when_it_is_used_or_has_run_out() -> None:
    given = e.OwnWindowOpened("1", "jia", 1000, 2000, 1, 0, 0, 0)
    from hall.session.lot import OwnWindow

    lot = LotState("1", bidders=("jia",), own={"jia": OwnWindow(1000, 2000, given)})
    assert moments(lot) == [2001]
    assert due(lot, 2000) == []
    assert due(lot, 2001) == [e.OwnWindowClosed("1", "jia", 2000, False)]
    opening = replace(lot, released={"jia": "00"})
    assert due(opening, 2001) == [e.OwnWindowClosed("1", "jia", 2000, True)]
    used = replace(opening, opened={"jia": "11"})
    assert moments(used) == [0]
    assert due(used, 1500) == [e.OwnWindowClosed("1", "jia", 1500, True)]


def test_a_cause_of_clause_4_7_needs_an_entry_of_clause_4_7() -> None:
    play = FaultBook().commanded(*THREE)
    play.after(61 * 60_000)
    play.until_results(*THREE)
    play.hall(c.NoteIncident("clock_step", "a", "bidder-yi", ""))
    with pytest.raises(Refused, match="incident_covers_others"):
        play.decides("jia", "platform_fault", 1)
    play.decides("yi", "platform_fault", 1)
