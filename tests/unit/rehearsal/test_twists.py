"""Robots that fail on purpose do so in one thing only."""

from __future__ import annotations

from dataclasses import replace

from hall import wire
from hall.rehearsal.intents import Intent
from hall.rehearsal.twists import HOLD, TWISTS, UNSEAL, WRONG_KEY, twisted
from tests.unit.client import openings as o
from tests.unit.client.people import someone

VIEW = o.view(someone("bidder"), someone("host"), None)
WINDOW = wire.WindowView(o.COMMANDED, o.COMMANDED + 3_600_000, None, False)
OTHER = replace(VIEW.lots[0].bidders[0], bidder="b2")
NOW = o.COMMANDED + 5_000
PAUSE = o.plain(wire.SuspensionView, number=1, solve_by=NOW + 1_000, reasoned=True)


def seen(*may: str, lot: wire.LotView | None = None, **view: object) -> wire.View:
    """A view in which the viewer may do this."""
    lots = [lot or replace(VIEW.lots[0], window=WINDOW, stage="decryption")]
    return replace(VIEW, may=list(may), lots=lots, **view)  # type: ignore[arg-type]


def does(twist: str, view: wire.View, *done: str, now: int = NOW) -> Intent | None:
    return twisted(twist, view, now, frozenset(done))


def test_in_all_else_each_is_an_ordinary_one() -> None:
    quiet = seen(deadlines=[wire.DeadlineChange(1, 2, "")])
    assert [does(twist, quiet) for twist in ("", *TWISTS)] == [None] * (len(TWISTS) + 1)


def test_one_waits_with_its_release_until_something_stood_still() -> None:
    assert does("waits_for_the_pause", seen("release:1")) is HOLD
    assert does("waits_for_the_pause", seen("release:1", suspensions=[PAUSE])) is None


def test_one_comes_only_when_the_deadline_was_moved() -> None:
    assert does("comes_after_the_hold", seen("sign_in")) is HOLD
    assert does("comes_after_the_hold", seen("sign_in", deadlines=[wire.DeadlineChange(1, 2, "")])) is None


def test_a_late_one_unseals_in_time_waits_for_all_others_and_sends_after_the_end() -> None:
    others = replace(VIEW.lots[0], window=WINDOW, bidders=[*VIEW.lots[0].bidders, OTHER])
    assert does("late", seen("release:1", lot=others)) == Intent(UNSEAL, "1")
    assert does("late", seen("release:1", lot=others), UNSEAL) is HOLD
    alone = replace(others, bidders=[VIEW.lots[0].bidders[0], replace(OTHER, release="opened")])
    moved = does("late", seen("release:1", lot=alone), UNSEAL)
    assert moved is not None and moved.act == "advance_clock"
    assert NOW + moved.moments["by_ms"] > WINDOW.closes_at
    over = replace(others, window=replace(WINDOW, closed_at=WINDOW.closes_at))
    assert does("late", seen(lot=over), UNSEAL) == Intent("release", "1")
    assert does("late", seen(lot=over), UNSEAL, "release") is None


def test_one_tries_a_wrong_certificate_once() -> None:
    assert does("wrong_certificate", seen("release:1")) == Intent(WRONG_KEY, "1")
    assert does("wrong_certificate", seen("release:1"), WRONG_KEY) is None


def test_a_host_suspends_when_somebody_has_released_and_waits_out_the_three_hours() -> None:
    nobody = seen("suspend")
    released = replace(VIEW.lots[0], stage="decryption", bidders=[replace(OTHER, release="opened")])
    assert does("suspends", nobody) is None
    suspended = does("suspends", seen("suspend", lot=released))
    assert suspended is not None and suspended.act == "suspend"
    assert does("suspends", seen(suspension=PAUSE)) is HOLD
    assert does("suspends", seen(suspension=PAUSE), now=NOW + 1_001) is None


def test_an_impatient_one_moves_the_clock_where_only_the_clock_is_waited_for() -> None:
    asked = wire.ConsultationView(1, "suspension", 1, "", "", NOW, [])
    split = o.plain(wire.SplitView, opens_at=NOW + 9_000)
    ready = replace(PAUSE, passed=True, split=split)
    for view, by in [
        (seen("advance_clock", suspension=PAUSE, consultations=[asked]), None),
        (seen("advance_clock", suspension=replace(PAUSE, reasoned=False)), None),
        (seen("advance_clock", suspension=PAUSE), 2_000),
        (seen("advance_clock", suspension=replace(ready, passed=False)), None),
        (seen("advance_clock", suspension=ready), 10_000),
        (seen("advance_clock", continues_at=NOW + 5_000), None),
        (seen("advance_clock", continues_at=NOW + 5_000, lot=replace(VIEW.lots[0], stage="results")), 6_000),
        (seen(suspension=PAUSE), None),
    ]:
        intent = does("impatient", view)
        assert (intent.moments["by_ms"] if intent else None) == by


def test_the_same_act_thought_of_twice_is_the_same_though_the_clock_went_on() -> None:
    assert Intent("advance_clock", moments={"by_ms": 1}) == Intent("advance_clock", moments={"by_ms": 2})
    assert Intent("move_deadline", body={"reason": "a"}, moments={"deadline": 7}).said == {
        "reason": "a",
        "deadline": 7,
    }
