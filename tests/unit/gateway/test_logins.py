"""Logins: kept in memory, one token each, and over when what they were for is over."""

from __future__ import annotations

from aiohttp.test_utils import make_mocked_request

from hall.clock import HallClock
from hall.gateway.logins import Logins
from hall.runtime.desk import Person

BIDDER = Person("b1", "甲公司", "bidder", "ab" * 32)


def test_clause_5_5_4_after_the_end_a_bidders_token_counts_no_more_and_a_new_login_does() -> None:
    closed: list[int] = []
    clock = HallClock()
    logins = Logins(clock, lambda person, begun: any(at > begun for at in closed))
    before = logins.begin(BIDDER, robot=False)
    request = make_mocked_request("GET", "/", headers={"Cookie": f"__Host-hall={before}; hall={before}"})
    assert logins.maybe(request) is not None
    closed.append(clock.now() + 1)
    assert logins.maybe(request) is None
    closed.clear()
    assert logins.maybe(request) is None  # gone for good, whatever happens later

    after = logins.begin(BIDDER, robot=False)
    closed.append(clock.now() - 60_000)
    again = make_mocked_request("GET", "/", headers={"Cookie": f"__Host-hall={after}; hall={after}"})
    assert logins.maybe(again) is not None
