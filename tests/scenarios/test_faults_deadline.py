"""The bid deadline among faults: moved, held, confirmed, postponed (clauses 4.1, 4.7, 5.3.3)."""

from __future__ import annotations

import pytest

from hall.procurement.tender import DAY, HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.duties import KeepRecording, duties
from hall.session.rules import Stage
from tests.playbook import DEADLINE, HOST, MIDNIGHT, OWNER, bidder, replayed
from tests.scenarios.faultbook import THREE, FaultBook

PERSON = {
    "representative": "王小明",
    "identity": "1403**********1234",
    "phones": ["13800000000"],
    "acts_for_bidder": True,
    "salt": "ab" * 16,
}


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (MIDNIGHT - 1, "sign_in_not_open"),
        (MIDNIGHT, ""),
        (DEADLINE - 1, ""),
        (DEADLINE, "sign_in_closed"),
    ],
)
def test_clause_5_3_3_sign_in_counts_from_midnight_to_the_last_millisecond_before_the_deadline(
    at: int, code: str
) -> None:
    play = FaultBook().at(at)
    if code:
        assert play.refuses(bidder("jia"), "sign_in", **PERSON) == code
    else:
        assert isinstance(play.sign_in("jia")[0], e.BidderSignedIn)


def test_clause_4_1_a_deadline_moves_only_later_and_only_before_it_passes() -> None:
    play = FaultBook().at(MIDNIGHT + HOUR)
    play.sign_in("jia")
    for wrong, code in (
        (DEADLINE, "deadline_not_later"),
        (DEADLINE - 1, "deadline_not_later"),
        (play.now - 1, "deadline_not_later"),
        (MIDNIGHT, "deadline_at_midnight"),
        (MIDNIGHT + DAY, "deadline_at_midnight"),
    ):
        assert play.refuses(OWNER, "move_deadline", deadline=wrong, reason="澄清") == code
    assert play.refuses(HOST, "move_deadline", deadline=DEADLINE + 1, reason="澄清") == "not_permitted"
    (moved,) = play.says(OWNER, "move_deadline", deadline=DEADLINE + HOUR, reason="澄清")
    assert moved == e.DeadlineMoved(DEADLINE, DEADLINE + HOUR, "澄清", moved.act)  # type: ignore[union-attr]
    assert "jia" in play.state.signed_in  # within the day sign-ins stay
    play.at(DEADLINE)
    assert play.state.stage is Stage.SIGN_IN
    play.at(DEADLINE + HOUR)
    assert play.state.stage is Stage.DEADLINE
    assert play.refuses(OWNER, "move_deadline", deadline=DEADLINE + 2 * HOUR, reason="澄清") == "not_now"
    assert replayed(play) == play.state


def test_clause_4_1_a_move_stamped_at_the_deadline_is_late_even_before_the_tick() -> None:
    play = FaultBook().at(DEADLINE - 1)
    play.now = DEADLINE
    assert play.refuses(OWNER, "move_deadline", deadline=DEADLINE + HOUR, reason="澄清") == "deadline_passed"


def test_clause_5_3_3_postponed_to_another_day_the_window_opens_anew() -> None:
    play = FaultBook().at(MIDNIGHT + HOUR)
    play.sign_in("jia")
    assert KeepRecording() in duties(play.state)
    (postponed,) = play.says(OWNER, "move_deadline", deadline=DEADLINE + DAY, reason="澄清")
    assert isinstance(postponed, e.OpeningPostponed)
    assert postponed.sign_in_from == MIDNIGHT + DAY
    assert play.state.stage is Stage.SCHEDULED
    assert not play.state.signed_in
    assert KeepRecording() not in duties(play.state)  # nobody is there until the new day
    assert play.refuses(bidder("jia"), "sign_in", **PERSON) == "sign_in_not_open"
    play.at(MIDNIGHT + DAY - 1)
    assert play.refuses(bidder("jia"), "sign_in", **PERSON) == "sign_in_not_open"
    play.at(MIDNIGHT + DAY)
    assert KeepRecording() in duties(play.state)
    play.sign_in("jia")
    play.at(DEADLINE + DAY - 1)
    play.sign_in("yi")
    play.at(DEADLINE + DAY)
    assert play.state.stage is Stage.DEADLINE
    assert set(play.state.signed_in) == {"jia", "yi"}
    assert replayed(play) == play.state


def test_clause_5_3_3_an_act_for_the_old_deadline_no_longer_counts() -> None:
    play = FaultBook().at(MIDNIGHT + HOUR)
    signed = play.command(bidder("jia"), "sign_in", **PERSON)
    play.says(OWNER, "move_deadline", deadline=DEADLINE + HOUR, reason="澄清")
    from hall.errors import Refused
    from hall.session.decide import decide

    with pytest.raises(Refused, match="act_for_another_deadline"):
        decide(play.state, signed, actor=bidder("jia"), now=play.now)


@pytest.mark.parametrize(
    ("start", "end", "holds"),
    [
        (DEADLINE - 1, None, True),
        (DEADLINE, None, True),
        (DEADLINE - 5 * MINUTE, DEADLINE + MINUTE, True),
        (DEADLINE - 2 * HOUR, DEADLINE - HOUR + 1, True),
        (DEADLINE - 2 * HOUR, DEADLINE - HOUR, False),
        (DEADLINE - 3 * HOUR, DEADLINE - 2 * HOUR, False),
    ],
)
def test_clause_4_7_a_deadline_does_not_fire_through_a_platform_fault(
    start: int, end: int | None, holds: bool
) -> None:
    play = FaultBook().at(MIDNIGHT)
    for name in THREE:
        play.sign_in(name)
    play.at(start - 1)
    play.now = max(start, end or 0) if end is None or end <= DEADLINE else end
    # The note of a fault comes first, as it does after a restart: the time that passed in it has fired nothing.
    play.fault(start, end=end, suspends=True)
    play.at(max(play.now, DEADLINE))
    assert play.state.stage is (Stage.HELD if holds else Stage.DEADLINE)
    assert not play.state.suspensions  # nothing is in progress yet
    if holds:
        assert play.state.held == e.DeadlineHeld(DEADLINE, (1,))
        assert play.state.consultations[0].opened.about is e.About.DEADLINE
        assert play.refuses(bidder("ding"), "sign_in", **PERSON) == "deadline_held"
        assert play.code(c.HandOverDeposits("ef" * 32, ())) == "deadline_held"
        assert play.refuses(HOST, "announce_bidders") == "not_now"
    assert replayed(play) == play.state


def _held() -> FaultBook:
    play = FaultBook().at(MIDNIGHT)
    for name in THREE:
        play.sign_in(name)
    play.at(DEADLINE - 10 * MINUTE)
    play.fault(kind="database_fault", clause="b")
    play.at(DEADLINE)
    assert play.state.stage is Stage.HELD
    return play


def test_clause_4_7_a_held_deadline_is_decided_after_the_consultation_and_never_waits_longer() -> None:
    play = _held()
    new = {"deadline": DEADLINE + HOUR, "reason": "故障排除后顺延"}
    assert play.refuses(OWNER, "move_deadline", **new) == "consultation_running"
    assert play.refuses(OWNER, "confirm_deadline", reason="不影响") == "consultation_running"
    play.after(15 * MINUTE)
    assert play.refuses(OWNER, "move_deadline", **new) == "consultation_running"
    play.after(1)  # silence blocks nobody
    answers = play.state.consultations[0].answers
    assert {a.stance for a in answers.values()} == {e.Stance.NO_ANSWER}
    play.says(OWNER, "move_deadline", **new)
    assert play.state.stage is Stage.SIGN_IN
    assert isinstance(play.sign_in("ding")[0], e.BidderSignedIn)  # sign-in re-opens with the deadline
    assert set(play.state.signed_in) == {*THREE, "ding"}


def test_clause_4_7_a_confirmed_deadline_passes_as_it_was_and_is_not_held_again() -> None:
    play = _held()
    play.consulted()
    confirmed, passed = play.says(OWNER, "confirm_deadline", reason="故障未影响签到")
    assert isinstance(confirmed, e.DeadlineConfirmed)
    assert passed == e.DeadlinePassed(DEADLINE)
    assert play.state.stage is Stage.DEADLINE
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE)))
    assert isinstance(play.says(HOST, "announce_bidders")[0], e.BiddersAnnounced)
    assert replayed(play) == play.state


def test_clause_4_7_a_new_deadline_is_not_held_for_a_fault_that_is_over() -> None:
    play = _held()
    play.hall(c.NoteFaultEnded(1, play.now))
    play.consulted()
    play.says(OWNER, "move_deadline", deadline=DEADLINE + 30 * MINUTE, reason="顺延")
    play.at(DEADLINE + 30 * MINUTE)
    assert play.state.stage is Stage.DEADLINE


def test_clause_4_7_a_fault_that_lasts_through_the_new_deadline_holds_it_again() -> None:
    play = _held()
    play.consulted()
    play.says(OWNER, "move_deadline", deadline=DEADLINE + 30 * MINUTE, reason="顺延")
    play.at(DEADLINE + 30 * MINUTE)
    assert play.state.stage is Stage.HELD
    assert play.state.held == e.DeadlineHeld(DEADLINE + 30 * MINUTE, (1,))


def test_clause_4_7_out_of_a_hold_the_opening_can_go_to_another_day() -> None:
    play = _held()
    play.consulted()
    play.says(OWNER, "move_deadline", deadline=DEADLINE + DAY, reason="改日")
    assert play.state.stage is Stage.SCHEDULED
    assert not play.state.signed_in
    play.at(DEADLINE + DAY)
    # The old fault was never noted as over: it lasts through the new deadline as well.
    assert play.state.stage is Stage.HELD
    assert replayed(play) == play.state


def test_clause_4_7_a_fault_that_a_person_enters_does_not_hold_the_deadline_by_itself() -> None:
    play = FaultBook().at(DEADLINE - MINUTE)
    play.hall(c.NoteIncident("sign_in_trouble", "a", "bidder-jia", ""))
    play.at(DEADLINE)
    assert play.state.stage is Stage.DEADLINE


def test_clause_4_7_the_hall_was_down_across_the_deadline() -> None:
    play = FaultBook().at(MIDNIGHT)
    for name in THREE:
        play.sign_in(name)
    play.at(DEADLINE - MINUTE)
    play.now = DEADLINE + 20 * MINUTE
    incident, *_ = play.fault(DEADLINE - 30_000, end=play.now, kind="hall_down", clause="e")
    assert isinstance(incident, e.IncidentRecorded)
    play.at(play.now)
    assert play.state.stage is Stage.HELD
    assert set(play.state.signed_in) == set(THREE)


def test_clause_4_7_the_same_finding_twice_is_one_incident() -> None:
    play = FaultBook().at(MIDNIGHT)
    assert len(play.fault(MIDNIGHT)) == 1
    assert play.fault(MIDNIGHT) == []
    assert play.hall(c.NoteFaultEnded(1, play.now)) == [e.FaultEnded(1, play.now)]
    assert play.hall(c.NoteFaultEnded(1, play.now)) == []
    assert play.hall(c.NoteFaultEnded(9, play.now)) == []
