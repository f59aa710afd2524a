"""Whatever a pause does to a countdown: nothing is shortened, nothing is stretched beyond the pause."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.countdowns import Countdown, limits, standing_still, thawed
from tests.playbook import HOST
from tests.scenarios.faultbook import THREE, FaultBook

T0 = 1_795_300_000_000
MS = st.integers(0, 5 * HOUR)


@given(began=MS, length=st.integers(1, HOUR), since=MS, pause=MS)
def test_after_a_pause_the_rest_is_what_was_left_when_the_fault_began(
    began: int, length: int, since: int, pause: int
) -> None:
    countdown = Countdown("1", e.LimitName.DECRYPTION, "", T0 + began + length, length)
    resumed = T0 + since + pause
    moved = thawed([countdown], T0 + since, resumed)
    if since > began + length:
        assert moved == ()  # it was over before
        return
    (limit,) = moved
    assert limit.before == countdown.ends_at
    assert 0 <= limit.after - limit.before <= pause
    if since >= began:
        assert limit.after - resumed == began + length - since
    elif began <= since + pause:
        assert limit.after - resumed == length  # it began within the pause: it has its whole length


def test_a_countdown_is_what_somebody_is_waited_for() -> None:
    play = FaultBook()
    play.until_announced(*THREE)
    assert limits(play.state) == ()
    items = tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)
    play.hall(c.NoteRecheck("1", items))
    (asked,) = limits(play.state)
    assert (asked.name, asked.ends_at) == (e.LimitName.SEALING_ANSWERS, play.now + 5 * MINUTE)
    play.after(5 * MINUTE + 1)
    assert limits(play.state) == ()  # who is silent gave no answer
    play.says(HOST, "declare_sealing")
    play.says(HOST, "command_decryption", minutes=60)
    (window,) = limits(play.state)
    assert (window.name, window.length) == (e.LimitName.DECRYPTION, HOUR)
    assert window.left(play.now + 20 * MINUTE) == 40 * MINUTE


def test_time_in_a_pause_is_nobodys_delay() -> None:
    play = FaultBook().commanded(*THREE)
    began = play.now
    play.after(10 * MINUTE)
    play.fault(began + 8 * MINUTE)
    assert standing_still(play.state, began, play.now + MINUTE) == 3 * MINUTE  # it lasts
    play.resumed()
    resumed = play.now
    assert standing_still(play.state, began, resumed + HOUR) == resumed - began - 8 * MINUTE
    assert standing_still(play.state, resumed, resumed + HOUR) == 0
