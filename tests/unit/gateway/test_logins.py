"""Logins: kept in memory, one token each, and over when what they were for is over."""

from __future__ import annotations

import hashlib

import pytest
from aiohttp.test_utils import make_mocked_request

from hall.clock import HallClock, ManualClock
from hall.errors import NotPermitted
from hall.gateway.logins import LIFE, Logins
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


def test_a_right_lasts_as_long_as_its_login() -> None:
    clock = ManualClock(1_000)
    logins = Logins(clock)
    asked: list[int] = []
    key = hashlib.sha256(logins.begin(BIDDER, robot=False).encode()).hexdigest()
    right = logins.lasting(key, lambda: asked.append(1))
    right()
    assert asked == [1]
    clock.pass_ms(LIFE * 1000)
    with pytest.raises(NotPermitted, match="login_needed"):
        right()
    with pytest.raises(NotPermitted, match="login_needed"):
        logins.lasting("unknown", lambda: None)()
    assert asked == [1]
