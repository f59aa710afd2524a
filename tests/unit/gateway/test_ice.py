"""Credentials for the relay: short-lived, one's own, and without a name."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from hall.gateway.ice import IceServers
from hall.media_settings import MOST_TURN_TTL, MediaSection

SECRET = "a secret of the relay and the hall"
NOW = 1_796_000_000_000
SETTINGS = MediaSection(
    turn_urls=("turn:turn.example.cn:3478", "turns:turn.example.cn:443?transport=tcp"),
    turn_secret=SECRET,
    relay_only=True,
)


def servers(whom: str) -> Any:
    return IceServers(SETTINGS, lambda: NOW).of(whom)


def test_credentials_are_what_coturn_computes_and_expire_within_twelve_hours() -> None:
    shown = servers("O1 " + "ab" * 32)
    [server] = shown["ice_servers"]
    until, opaque = server["username"].split(":")
    assert int(until) == NOW // 1000 + MOST_TURN_TTL
    assert MOST_TURN_TTL <= 12 * 3600
    expected = hmac.new(SECRET.encode(), server["username"].encode(), hashlib.sha1).digest()
    assert server["credential"] == base64.b64encode(expected).decode()
    assert "ab" * 8 not in opaque
    assert shown["relay_only"] is True


def test_each_person_has_a_name_of_its_own_that_tells_nothing() -> None:
    assert servers("O1 a") == servers("O1 a")
    assert servers("O1 a")["ice_servers"] != servers("O1 b")["ice_servers"]


def test_a_hall_without_a_relay_offers_none() -> None:
    assert IceServers(MediaSection()).of("O1 a") == {"ice_servers": [], "relay_only": False}
    assert IceServers(MediaSection()).links("O1 a") == []


def test_the_relays_stand_in_link_headers_too() -> None:
    first, second = IceServers(SETTINGS, lambda: NOW).links("O1 a")
    assert first.startswith('<turn:turn.example.cn:3478>; rel="ice-server"; username="')
    assert second.startswith('<turns:turn.example.cn:443?transport=tcp>; rel="ice-server"; username="')
    assert second.endswith('"; credential-type="password"')
