"""Presence as evidence: when an interval begins and ends, why, and how sure the hall is (clauses 4.6, 4.7, 5.3.7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.session import presence as p
from hall.session.commands import NotePresence
from hall.session.events import PresenceChanged

AT = 1_000_000
SEAT = p.Seat("bidder-b1", 1, "c1", "198.51.100.0/24")
WELL = p.Own()


def moment(seconds: float) -> tuple[float, int]:
    """(monotonic, hall time) so many seconds after the participant came."""
    return seconds, AT + int(seconds * 1000)


class Watch:
    """One participant as the hall watches it; `noted` is what was journalled, oldest first."""

    def __init__(self) -> None:
        self.noted: list[NotePresence] = []
        self.tracked = self._adopt(p.arrived(SEAT, None, mono=0.0, now=AT))

    def _adopt(self, change: p.Change) -> p.Tracked:
        self.tracked, notes = change
        self.noted += notes
        return self.tracked

    def beats(self, second: float) -> None:
        mono, now = moment(second)
        self._adopt(p.beat(self.tracked, mono=mono, now=now))

    def sweep(self, second: float, own: p.Own = WELL) -> str:
        mono, now = moment(second)
        return self._adopt(p.swept(self.tracked, mono=mono, now=now, own=own)).state

    def leaves(self, second: float, cause: str, own: p.Own = WELL) -> None:
        mono, now = moment(second)
        self._adopt(p.left(self.tracked, cause, mono=mono, now=now, own=own))

    def comes(self, second: float, seat: p.Seat, proof: str = "") -> None:
        mono, now = moment(second)
        self._adopt(p.arrived(seat, self.tracked, mono=mono, now=now, proof=proof))

    def media(self, second: float) -> None:
        mono, now = moment(second)
        self.tracked = p.media_seen(self.tracked, mono=mono, now=now)

    def hint(self, second: float, kind: str, gap_ms: int = 0) -> None:
        self._adopt(p.hinted(self.tracked, kind, gap_ms, now=moment(second)[1]))

    def judged(self, cause: str) -> None:
        self._adopt(p.judged(self.tracked, cause))

    @property
    def intervals(self) -> dict[tuple[int, int], NotePresence]:
        """What the journal knows in the end: a later note of the same interval replaces the earlier one."""
        return {(n.connection, n.start): n for n in self.noted}

    def last(self) -> NotePresence:
        return self.noted[-1]


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_silence_is_suspect_after_five_seconds_and_offline_after_ten(watch: Watch) -> None:
    watch.beats(2)
    assert [watch.sweep(s) for s in (6.99, 7.0, 11.99, 12.0)] == ["online", "suspect", "suspect", "offline"]


def test_clause_4_6_offline_begins_at_the_last_proof_of_life(watch: Watch) -> None:
    watch.beats(2)
    watch.sweep(7.4)
    watch.sweep(12.3)
    online, offline = watch.intervals.values()
    assert (online.state, online.start, online.end) == ("online", AT, AT + 2000)
    assert (offline.state, offline.start, offline.end) == ("offline", AT + 2000, None)
    assert (offline.cause, offline.uncertainty) == ("heartbeat_timeout", 2000)
    assert online.cause == offline.cause
    assert offline.certificate == "c1"
    assert f"heartbeat:{AT + 2000}" in offline.proofs


def test_a_suspicion_that_does_not_last_is_an_interval_of_its_own(watch: Watch) -> None:
    watch.beats(2)
    watch.sweep(7)
    watch.beats(8)
    states = [(n.state, n.start - AT, n.end and n.end - AT) for n in watch.intervals.values()]
    assert states == [("online", 0, 2000), ("suspect", 2000, 8000), ("online", 8000, None)]


def test_a_sweep_without_news_notes_nothing(watch: Watch) -> None:
    watch.beats(2)
    before = len(watch.noted)
    for second in (2.5, 3, 3.5, 4):
        watch.sweep(second)
    assert len(watch.noted) == before


def test_one_silent_witness_is_medium_and_two_are_high(watch: Watch) -> None:
    watch.sweep(5)
    watch.sweep(10)
    assert watch.last().confidence == "medium"
    other = Watch()
    other.media(1)
    other.sweep(5.5)
    other.sweep(10)
    assert other.last().confidence == "high"
    assert f"media:{AT + 1000}" in other.last().proofs


def test_picture_that_goes_on_arriving_is_a_witness_for_the_bidder(watch: Watch) -> None:
    watch.media(4)
    watch.sweep(5)
    watch.media(9)
    watch.sweep(10)
    assert watch.last().confidence == "medium"
    watch.media(15)
    watch.beats(16)
    gap = watch.noted[-2]
    assert (gap.state, gap.confidence) == ("offline", "medium")
    assert f"media_went_on:{AT + 15_000}" in gap.proofs


def test_a_page_that_said_it_freezes_explains_its_silence(watch: Watch) -> None:
    watch.beats(2)
    watch.hint(2.2, "freeze")
    watch.sweep(7.1)
    watch.sweep(12.1)
    assert watch.last().confidence == "high"
    assert "page:freeze" in watch.last().proofs


def test_a_page_that_woke_explains_the_silence_that_has_just_ended(watch: Watch) -> None:
    watch.sweep(5)
    watch.sweep(10)
    watch.comes(40, replace(SEAT, connection=2))
    watch.hint(40.1, "woke", 38_000)
    gap = watch.intervals[1, AT]
    assert (gap.state, gap.end, gap.confidence) == ("offline", AT + 40_000, "high")
    assert gap.proofs[-1] == "woke:38000"
    watch.hint(40.2, "woke", 38_000)
    assert watch.intervals[1, AT] == gap


def test_a_page_can_not_talk_a_fault_of_the_platform_upon_itself(watch: Watch) -> None:
    watch.sweep(5, p.Own(3.0, 3.0))  # silent for 2 s only, once the stall is taken off
    watch.sweep(8, p.Own(3.0, 3.0))
    watch.beats(9)
    watch.hint(9.1, "woke", 38_000)
    assert watch.intervals[1, AT].confidence == "low"


def test_no_silence_counts_while_the_hall_stood_still(watch: Watch) -> None:
    watch.beats(2)
    assert watch.sweep(12, p.Own(8.0, 8.0)) == "online"


def test_clause_4_7_a_silence_that_the_hall_s_own_stall_explains_is_the_platform_s(watch: Watch) -> None:
    watch.beats(2)
    watch.sweep(11, p.Own(4.0, 4.0))
    watch.sweep(16, p.Own(4.0, 4.0))
    assert (watch.last().state, watch.last().cause, watch.last().confidence) == (
        "offline",
        "server_stall",
        "low",
    )
    assert watch.last().uncertainty == 6000
    assert "loop_lag:4000" in watch.last().proofs


def test_a_lag_too_short_to_drive_anybody_away_only_lowers_the_confidence(watch: Watch) -> None:
    watch.media(1)
    watch.sweep(6, p.Own(0.3, 0.3))
    watch.sweep(11, p.Own(0.3, 0.3))
    assert (watch.last().cause, watch.last().confidence) == ("heartbeat_timeout", "medium")


def test_without_a_network_of_its_own_the_hall_blames_nobody(watch: Watch) -> None:
    watch.sweep(5, p.Own(network_lost=True))
    watch.sweep(10, p.Own(network_lost=True))
    assert (watch.last().cause, watch.last().confidence) == ("node_network", "low")


def test_who_says_goodbye_has_left_at_that_moment(watch: Watch) -> None:
    watch.beats(2)
    watch.leaves(3, "client_left")
    gone = watch.last()
    assert (gone.state, gone.start, gone.cause) == ("offline", AT + 3000, "client_left")
    assert (gone.confidence, gone.uncertainty) == ("high", 0)


def test_clause_4_7_who_leaves_a_hall_that_stands_still_was_driven_away(watch: Watch) -> None:
    watch.beats(2)
    watch.leaves(10, "client_left", p.Own(8.0, 8.0))
    assert (watch.last().cause, watch.last().confidence) == ("server_stall", "low")


def test_a_closed_line_is_one_witness_until_the_picture_is_silent_too(watch: Watch) -> None:
    watch.beats(2)
    watch.media(2)
    watch.leaves(3, "transport_closed")
    assert (watch.last().confidence, watch.last().uncertainty) == ("medium", 1000)
    watch.sweep(6)
    assert watch.last().confidence == "medium"
    watch.sweep(7)
    assert (watch.last().start, watch.last().confidence) == (AT + 3000, "high")


def test_a_line_that_closes_after_its_silence_was_dead_before(watch: Watch) -> None:
    watch.beats(2)
    watch.sweep(7)
    watch.leaves(9, "transport_closed")
    assert (watch.last().state, watch.last().start) == ("offline", AT + 2000)


def test_leaving_once_is_enough(watch: Watch) -> None:
    watch.leaves(3, "client_left")
    before = list(watch.noted)
    watch.leaves(4, "transport_closed")
    assert watch.noted == before


def test_the_same_page_that_comes_back_has_lost_its_line(watch: Watch) -> None:
    watch.beats(2)
    watch.comes(4, replace(SEAT, connection=2))
    ended, begun = watch.noted[-2:]
    assert (ended.cause, ended.end, ended.uncertainty) == ("transport_closed", AT + 4000, 2000)
    assert (begun.connection, begun.state, begun.start) == (2, "online", AT + 4000)


def test_clause_4_7_the_same_page_that_comes_back_to_a_hall_that_stood_still_is_not_blamed(
    watch: Watch,
) -> None:
    watch.beats(2)
    mono, now = moment(11)
    again = replace(SEAT, connection=2)
    ended, _ = p.arrived(again, watch.tracked, mono=mono, now=now, own=p.Own(8.0, 8.0))[1]
    assert (ended.cause, ended.confidence) == ("server_stall", "low")


def test_clause_5_3_7_a_takeover_ends_the_old_interval_and_is_its_proof(watch: Watch) -> None:
    watch.beats(2)
    watch.comes(3, replace(SEAT, connection=2), proof="takeover:ab")
    ended = watch.noted[-2]
    assert (ended.connection, ended.cause, ended.confidence, ended.proofs) == (
        1,
        "takeover",
        "high",
        ("takeover:ab",),
    )


def lost(*networks: str, mono: float = 100.0) -> list[p.Loss]:
    return [p.Loss(f"bidder-{n}", network, mono + n / 10) for n, network in enumerate(networks)]


@pytest.mark.parametrize(
    ("losses", "cause"),
    [
        (lost("a"), ""),
        (lost("a", "b"), ""),
        (lost("a", "b", "c"), "unknown"),
        (lost("a", "b", "c", "a"), "unknown"),
        (lost("a", "a", "a", "a", "a", "b"), "unknown"),
        (lost("a", "b", "c", "a", "b"), "mass_drop"),
        ([replace(x, participant="bidder-0") for x in lost("a", "b", "c", "d", "e", "f")], ""),
        ([*lost("a", "b"), *lost("c", "d", "e", mono=106.0)], ""),
    ],
)
def test_a_mass_drop_is_five_parties_of_three_networks_within_five_seconds(
    losses: list[p.Loss], cause: str
) -> None:
    assert p.verdicts(losses).get(losses[0], "") == cause


def test_five_seconds_are_within_and_a_moment_more_is_not() -> None:
    four = lost("a", "b", "c", "d")
    for late, cause in ((105.0, "mass_drop"), (105.001, "unknown")):
        losses = [*four, p.Loss("bidder-9", "e", late)]
        assert p.verdicts(losses)[losses[0]] == cause


def test_each_loss_is_judged_by_its_own_company() -> None:
    five, alone = lost("a", "b", "c", "d", "e"), p.Loss("bidder-8", "f", 200.0)
    found = p.verdicts([alone, *five])
    assert [found.get(x, "") for x in five] == ["mass_drop"] * 5
    assert alone not in found


def test_thousands_lost_at_once_are_judged_in_one_pass() -> None:
    losses = [p.Loss(f"bidder-{n}", f"n{n % 50}", 100 + n / 10_000) for n in range(20_000)]
    assert set(p.verdicts(losses).values()) == {"mass_drop"}


def test_clause_4_7_a_mass_drop_is_never_blamed_on_a_bidder(watch: Watch) -> None:
    watch.media(1)
    watch.sweep(6)
    watch.sweep(11)
    assert watch.last().confidence == "high"
    watch.judged("mass_drop")
    online, offline = list(watch.intervals.values())[-1], watch.intervals[1, AT]
    assert {(n.cause, n.confidence) for n in (online, offline)} == {("mass_drop", "low")}
    before = list(watch.noted)
    watch.judged("mass_drop")
    assert watch.noted == before


def test_what_a_bidder_did_itself_no_company_explains_away(watch: Watch) -> None:
    watch.leaves(3, "client_left")
    watch.judged("mass_drop")
    assert watch.last().cause == "client_left"


def test_a_suspicion_judged_as_a_mass_drop_stays_one_when_it_becomes_offline(watch: Watch) -> None:
    watch.sweep(5)
    watch.judged("mass_drop")
    watch.sweep(10)
    assert (watch.last().state, watch.last().cause, watch.last().confidence) == (
        "offline",
        "mass_drop",
        "low",
    )


def changed(note: NotePresence) -> PresenceChanged:
    return PresenceChanged(
        note.participant,
        note.connection,
        note.state,
        note.start,
        note.end,
        note.uncertainty,
        note.cause,
        note.confidence,
        note.certificate,
        note.proofs,
    )


def test_clause_4_7_the_hall_s_own_absence_is_an_interval_of_the_platform(watch: Watch) -> None:
    open_interval = changed(watch.last())
    away, notes = p.restored(open_interval, gone_at=AT + 5000, uncertainty=2000, mono=50.0)
    ended, absence = notes
    assert (ended.state, ended.end, ended.cause, ended.confidence) == (
        "online",
        AT + 5000,
        "server_restart",
        "low",
    )
    assert (absence.state, absence.start, absence.cause, absence.confidence) == (
        "offline",
        AT + 5000,
        "server_restart",
        "low",
    )
    back, notes = p.arrived(replace(SEAT, connection=2), away, mono=58.0, now=AT + 30_000)
    assert (notes[0].cause, notes[0].end) == ("server_restart", AT + 30_000)
    assert back.state == "online"


def test_a_going_that_the_hall_noted_itself_goes_on_after_the_start(watch: Watch) -> None:
    watch.leaves(3, "server_restart")
    assert (watch.last().start, watch.last().cause, watch.last().uncertainty) == (
        AT + 3000,
        "server_restart",
        0,
    )
    away, notes = p.restored(changed(watch.last()), gone_at=AT + 3100, uncertainty=2000, mono=50.0)
    assert (away.since, notes) == (AT + 3000, [])


@pytest.mark.parametrize(("before", "after"), [("", "unknown"), ("client_left", "client_left")])
def test_who_does_not_come_back_after_a_start_is_away_for_another_reason(
    watch: Watch, before: str, after: str
) -> None:
    if before:
        watch.leaves(3, before)
    away, _ = p.restored(changed(watch.last()), gone_at=AT + 5000, uncertainty=0, mono=50.0)
    boot = AT + 60_000
    assert p.still_away(away, boot=boot, mono=69.9)[1] == []
    later, (absence, since) = p.still_away(away, boot=boot, mono=70.0)
    assert (absence.cause, absence.end) == ("server_restart", boot + 20_000)
    assert (since.cause, since.start, since.confidence) == (after, boot + 20_000, "medium")
    assert p.still_away(later, boot=boot, mono=90.0)[1] == []
