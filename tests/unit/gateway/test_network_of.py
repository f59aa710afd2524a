"""The network that a connection comes from: what tells a mass drop from a few who agree on one (clause 4.7)."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from hall.clock import ManualClock
from hall.gateway.shield import Shield, network_of


class Peer:
    """A transport that says where it comes from."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._address, 4711) if name == "peername" else default


def request_from(address: str, **headers: str) -> web.Request:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    request = make_mocked_request("GET", "/healthz", headers=named, transport=Peer(address))
    Shield(ManualClock(), ("127.0.0.0/8",))._admit(request)
    return request


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("198.51.100.250", "198.51.100.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("nonsense", ""),
    ],
)
def test_a_network_is_a_24_or_a_48(address: str, network: str) -> None:
    assert network_of(request_from(address)) == network


def test_behind_a_trusted_proxy_the_address_is_the_one_that_the_proxy_has_seen() -> None:
    seen = request_from("127.0.0.1", X_Forwarded_For="203.0.113.9, 198.51.100.7")
    assert network_of(seen) == "198.51.100.0/24"


def test_who_is_no_trusted_proxy_can_not_choose_its_network() -> None:
    assert network_of(request_from("192.0.2.5", X_Forwarded_For="198.51.100.7")) == "192.0.2.0/24"
