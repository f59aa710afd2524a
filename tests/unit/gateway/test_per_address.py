"""No single address takes all connections; this machine and trusted proxies stand for many."""

from __future__ import annotations

from aiohttp import web

from hall.gateway.server import PerAddress


def limited(most: int) -> PerAddress:
    return PerAddress(web.Server.__new__(web.Server), most, lambda address: address == "10.0.0.9")


def test_one_address_holds_so_many_connections_and_no_more() -> None:
    door = limited(2)
    assert [door.admit("203.0.113.5") for _ in range(3)] == [True, True, False]
    assert door.admit("203.0.113.6")


def test_who_leaves_makes_room() -> None:
    door = limited(1)
    assert door.admit("203.0.113.5") and not door.admit("203.0.113.5")
    door.leave("203.0.113.5")  # the one that was cut
    door.leave("203.0.113.5")
    assert door.admit("203.0.113.5")


def test_this_machine_and_proxies_are_not_counted() -> None:
    door = limited(1)
    for address in ("127.0.0.1", "::1", "10.0.0.9"):
        assert all(door.admit(address) for _ in range(5))
