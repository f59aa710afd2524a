"""In the demonstration the host name says which role a window plays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hall.config import Config, DemoAccount, parse
from hall.gateway.routes_hall import demo_card

ACCOUNTS = (
    DemoAccount(role="host", party="host", name="张晓", host="host", certificate_file="demo/host.p12"),
    DemoAccount(role="bidder", party="b1", name="甲", host="bidder1", certificate_file="demo/bidder1.p12"),
)


def demo() -> Config:
    hall = {"name": "n", "origin": "hall.localhost", "mode": "rehearsal"}
    config = parse({"hall": hall, "demo": {"password": "p", "sample_bid": "s.pdf"}}, Path("/"), {})
    return replace(config, demo=replace(config.demo, accounts=ACCOUNTS))


def test_the_role_follows_from_the_host_name() -> None:
    card = demo_card(demo(), "bidder1.localhost:8080")
    assert card is not None
    assert (card["role"], card["certificate_file"], card["password"]) == ("bidder", "demo/bidder1.p12", "p")


def test_a_host_name_of_nobody_has_no_role_but_all_accounts() -> None:
    card = demo_card(demo(), "localhost:8080")
    assert card is not None and card["role"] is None
    urls = [account["url"] for account in card["accounts"]]
    assert urls == ["http://host.localhost:8080/", "http://bidder1.localhost:8080/"]


def test_a_hall_without_accounts_is_no_demonstration() -> None:
    config = demo()
    assert demo_card(replace(config, demo=replace(config.demo, accounts=())), "bidder1.localhost") is None
