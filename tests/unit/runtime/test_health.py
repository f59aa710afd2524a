"""The hall's own health: what it notices of itself, and what the next start knows of the last run (clause 4.7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.clock import ManualClock
from hall.runtime.health import BEAT_EVERY, CLAUSES, LOOK_EVERY, Health, Trouble
from hall.runtime.heartbeat import Beat
from hall.session.presence import PLATFORM

AT = 1_000_000


class World:
    """A machine whose clocks and networks a test moves."""

    def __init__(self, *, rehearsal: bool = False) -> None:
        self.clock = ManualClock(AT)
        self.wall_off = 0
        self.networks: frozenset[str] | None = frozenset({"eth0"})
        self.told: list[Trouble] = []
        self.health = Health(
            self.clock,
            Path("nowhere"),
            rehearsal=rehearsal,
            wall=lambda: self.clock.at + self.wall_off,
            networks=lambda: self.networks,
        )
        self.health.listen(self.told.append)

    def runs(self, seconds: float) -> None:
        """Let time pass with a look every quarter of a second."""
        for _ in range(int(seconds / LOOK_EVERY)):
            self.clock.pass_ms(int(LOOK_EVERY * 1000))
            self.health.look()

    def stalls(self, seconds: float) -> None:
        """Let nothing run for a while, then look."""
        self.clock.pass_ms(int((LOOK_EVERY + seconds) * 1000))
        self.health.look()


@pytest.fixture
def world() -> World:
    made = World()
    made.health.began(None)
    return made


def test_a_hall_that_runs_is_well_and_says_until_when(world: World) -> None:
    world.runs(10)
    assert (world.told, world.health.lag, world.health.last_good) == ([], 0.0, world.clock.now())


def test_a_short_lag_is_seen_and_is_no_trouble(world: World) -> None:
    world.runs(2)
    good = world.health.last_good
    world.stalls(0.3)
    world.runs(0.75)
    assert world.told == []
    assert world.health.lag == pytest.approx(0.3)
    assert world.health.last_good == good
    world.runs(1)
    assert world.health.last_good > good


def test_clause_4_7_a_stall_is_an_interval_of_the_platform(world: World) -> None:
    world.runs(2)
    began = world.clock.now() + int(LOOK_EVERY * 1000)
    world.stalls(4)
    assert world.told == [Trouble("server_stall", began, world.clock.now(), "4000 ms")]
    assert world.health.intervals == tuple(world.told)
    assert world.health.last_good <= began


def test_a_stall_counts_for_who_was_silent_in_it_and_for_nobody_else(world: World) -> None:
    world.runs(2)
    since = world.clock.monotonic()
    world.stalls(4)
    assert world.health.during(since).stalled == pytest.approx(4.0)
    assert world.health.during(since + 3.25).stalled == pytest.approx(1.0)
    assert world.health.during(world.clock.monotonic()).stalled == 0.0


def test_a_stall_is_remembered_while_lines_still_break_because_of_it(world: World) -> None:
    world.runs(2)
    world.stalls(4)
    thawed = world.clock.monotonic()
    assert (world.health.during(thawed).stalled, world.health.during(thawed).worst) == (0.0, 4.0)
    world.runs(10)
    assert world.health.during(thawed + 9.5).worst == 4.0
    assert world.health.during(world.clock.monotonic()).worst == 0.0


def test_a_stall_counts_already_for_who_looks_before_the_watch_does(world: World) -> None:
    """After a stall tasks wake in any order: silence may be judged before the stall was measured."""
    world.runs(2)
    since = world.clock.monotonic()
    world.clock.pass_ms(4250)
    assert world.health.during(since).worst == pytest.approx(4.0)


def test_an_append_that_takes_too_long_is_trouble_and_the_next_quick_one_is_well_again(world: World) -> None:
    world.runs(2)
    world.health.appended(3.0)
    assert [(t.kind, t.end and t.end - t.start) for t in world.told] == [("slow_append", 3000)]
    good = world.health.last_good
    world.runs(2)
    assert world.health.last_good == good
    world.health.appended(0.01)
    world.runs(2)
    assert world.health.last_good > good


def test_what_many_waited_for_at_the_same_time_is_told_once(world: World) -> None:
    world.runs(10)
    for late in range(30):
        world.health.appended(5.0 + late * 0.01)
        world.clock.pass_ms(10)
    assert [t.detail for t in world.told] == ["5000 ms"]
    world.clock.pass_ms(3_000)
    world.health.appended(4.0)  # it overlaps, and goes on for three seconds more
    assert [t.detail for t in world.told] == ["5000 ms", "4000 ms"]


def test_a_disk_that_stays_slow_is_told_six_times_a_minute_and_each_serious_wait_besides(
    world: World,
) -> None:
    for _ in range(20):
        world.clock.pass_ms(2_500)
        world.health.appended(2.5)
    assert len(world.told) == 6
    world.clock.pass_ms(9_000)
    world.health.appended(10.0)
    assert len(world.told) == 7
    world.clock.pass_ms(60_000)
    world.health.appended(2.5)
    assert len(world.told) == 8


@pytest.mark.parametrize("step", [-3_600_000, -1_001, 1_001, 86_400_000])
def test_clause_4_1_a_step_of_the_machine_s_clock_is_noticed_and_not_followed(
    world: World, step: int
) -> None:
    world.runs(2)
    before = world.clock.now()
    world.wall_off += step
    world.runs(1)
    assert [(t.kind, t.detail) for t in world.told] == [("clock_step", f"{step} ms")]
    assert world.clock.now() == before + 1000
    world.runs(5)
    assert len(world.told) == 1


def test_a_clock_that_is_gently_corrected_has_not_stepped(world: World) -> None:
    for _ in range(10):
        world.wall_off += 500
        world.runs(1)
    assert world.told == []


def test_hall_time_that_is_moved_forward_in_a_rehearsal_is_no_step(world: World) -> None:
    world.runs(2)
    world.clock.at += 3_600_000
    world.wall_off -= 3_600_000
    world.runs(2)
    assert world.told == []


def test_without_a_network_of_its_own_the_hall_says_so_until_it_is_back(world: World) -> None:
    world.runs(2)
    since = world.clock.monotonic()
    good = world.health.last_good
    world.networks = frozenset()
    world.runs(3)
    assert [(t.kind, t.start, t.end) for t in world.told] == [("node_network", good, None)]
    assert world.health.intervals[-1].end is None
    assert world.health.during(since).network_lost
    world.networks = frozenset({"eth0"})
    world.runs(1)
    assert (world.told[-1].start, world.told[-1].end) == (good, world.clock.now())
    assert world.health.during(since).network_lost  # it was lost within that silence
    assert not world.health.during(world.clock.monotonic()).network_lost


def test_a_machine_that_does_not_tell_of_its_networks_is_taken_as_connected() -> None:
    world = World()
    world.networks = None
    world.health.began(None)
    world.runs(5)
    assert world.told == []


def test_clause_4_7_the_first_start_has_no_absence_and_every_other_one_has() -> None:
    world = World()
    world.health.began(Beat(AT - 60_000, AT - 60_000))
    restart = world.health.restart
    assert restart is not None
    assert (restart.kind, restart.start, restart.end, restart.clause) == (
        "server_restart",
        AT - 60_000,
        AT,
        "a",
    )
    assert world.health.last_good == AT - 60_000
    world.runs(2)
    assert world.health.last_good == world.clock.now()


def test_hall_time_never_starts_before_the_last_heartbeat() -> None:
    world = World()
    world.health.began(Beat(AT + 5_000, AT + 5_000))
    assert world.clock.now() == AT + 5_000
    assert world.health.restart is not None
    assert world.health.restart.start == world.health.restart.end


def test_in_a_rehearsal_hall_time_goes_on_from_where_it_was_moved_to() -> None:
    """The hall was an hour ahead and away for a minute: the absence is that minute."""
    world = World(rehearsal=True)
    world.health.began(Beat(AT + 3_600_000 - 60_000, AT - 60_000))
    assert world.clock.now() == AT + 3_600_000
    assert world.health.restart is not None
    assert world.health.restart.start == AT + 3_600_000 - 60_000


def test_every_cause_that_lies_with_the_platform_has_its_letter() -> None:
    assert CLAUSES.keys() >= PLATFORM
    assert set(CLAUSES.values()) <= set("abcdef")
    assert BEAT_EVERY <= 5
