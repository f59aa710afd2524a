"""Settings: what is given is read strictly, and what can't be used is named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hall.config import BadConfig, Config, is_loopback, parse
from hall.media_settings import udp_range

BASE = Path("/etc/hall")
NEEDED = {"name": "某中心", "origin": "hall.example.cn"}
REHEARSAL = {**NEEDED, "mode": "rehearsal"}
MAIL = {"smtp_host": "mail.example.cn", "smtp_sender": "hall@example.cn"}


def settings(environ: Mapping[str, str] | None = None, **sections: object) -> Config:
    return parse({"hall": NEEDED, **sections}, BASE, environ or {})


def refusal(environ: Mapping[str, str] | None = None, **sections: object) -> str:
    with pytest.raises(BadConfig) as refused:
        settings(environ, **sections)
    return str(refused.value)


def test_a_hall_needs_a_name_and_an_origin_and_is_in_production_unless_it_says_otherwise() -> None:
    config = settings()
    assert config.production and config.server.host == "127.0.0.1"
    with pytest.raises(BadConfig, match=r"hall\.origin is missing"):
        parse({"hall": {"name": "x"}}, BASE, {})
    with pytest.raises(BadConfig, match="hall is missing"):
        parse({}, BASE, {})


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"server": {"prot": 1}}, "unknown setting server.prot"),
        ({"severs": {}}, "unknown setting severs"),
        ({"server": {"port": "8080"}}, "server.port is to be a whole number"),
        ({"server": {"port": True}}, "server.port is to be a whole number"),
        ({"server": {"port": 70000}}, "server.port"),
        ({"server": 5}, "[server] is to be a table"),
        ({"server": {"trusted_proxies": "10.0.0.1"}}, "server.trusted_proxies is to be a list"),
        ({"server": {"trusted_proxies": ["proxy"]}}, "server.trusted_proxies[0]"),
        ({"server": {"tls_cert": "a.pem"}}, "server.tls_cert and server.tls_key belong together"),
        ({"signing": {"tsa_key": "a.pem"}}, "signing.tsa_cert and signing.tsa_key belong together"),
        ({"hall": {**NEEDED, "mode": "test"}}, "hall.mode"),
        ({"hall": {**NEEDED, "origin": "https://a/b"}}, "hall.origin"),
        ({"hall": REHEARSAL, "clock": {"start": "2026-11-22T09:00:00"}}, "clock.start is to be a moment"),
        ({"hall": REHEARSAL, "clock": {"start": "nine"}}, "clock.start is to be a moment"),
        ({"hall": REHEARSAL, "demo": {"accounts": [{"role": "host"}]}}, "demo.accounts[0].party is missing"),
        ({"notices": {"address": "hall.example.cn"}}, "notices.address is to be what people type"),
        ({"notices": {"smtp_host": "localhost"}}, "notices.smtp_sender is to be a mail address"),
        ({"notices": MAIL | {"smtp_security": "none"}}, "mail.example.cn is not this machine"),
        ({"notices": MAIL | {"smtp_security": "ssl"}}, "starttls, tls or none"),
        ({"notices": MAIL | {"smtp_port": 0}}, "notices.smtp_port"),
    ],
)
def test_what_can_not_be_used_is_named(sections: Mapping[str, object], named: str) -> None:
    assert named in refusal(**sections)


def test_the_environment_goes_before_the_file() -> None:
    environ = {
        "HALL_SERVER_PORT": "8443",
        "HALL_SERVER_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        "HALL_CLOCK_MOVABLE": "true",
        "HALL_STORAGE_DATA": "/srv/hall",
    }
    config = settings(environ, hall=REHEARSAL, server={"port": 1, "host": "::1"})
    assert (config.server.port, config.server.host) == (8443, "::1")
    assert config.server.trusted_proxies == ("10.0.0.0/8", "::1")
    assert config.clock.movable and config.storage.data == Path("/srv/hall")


def test_the_password_of_the_mail_server_comes_from_the_environment_and_is_never_printed() -> None:
    config = settings({"HALL_NOTICES_SMTP_PASSWORD": "open sesame"}, notices=MAIL)
    assert config.notices.smtp_password == "open sesame"
    assert "sesame" not in repr(config)


def test_a_mistake_in_the_environment_names_its_variable() -> None:
    assert "HALL_SERVER_PROT" in refusal({"HALL_SERVER_PROT": "1"})
    assert "server.port (from HALL_SERVER_PORT)" in refusal({"HALL_SERVER_PORT": "eighty"})


def test_variables_of_others_are_left_alone() -> None:
    assert settings({"HALL_SCREENS": "docs/screens", "HALL": "x", "SERVER_PORT": "1"}) == settings()


def test_relative_paths_start_at_the_directory_of_the_file() -> None:
    config = settings(signing={"ca_roots": ["ca/root.pem", "/abs.pem"]}, storage={"data": "data"})
    assert config.signing.ca_roots == (BASE / "ca/root.pem", Path("/abs.pem"))
    assert config.storage.data == BASE / "data"
    assert config.server.web_root == BASE / "web/dist"
    assert config.database == "sqlite+aiosqlite:////etc/hall/data/journal.db"


@pytest.mark.parametrize(
    "section", [{"clock": {"movable": True}}, {"clock": {"start": "2026-11-22T09:00:00Z"}}]
)
def test_production_has_no_clock_of_its_own(section: Mapping[str, object]) -> None:
    assert "rehearsals only" in refusal(**section)


def test_production_has_no_demonstration() -> None:
    assert "[demo] exists in rehearsals only" in refusal(demo={"password": "x"})


def test_a_rehearsal_may_begin_at_nine_in_shanghai() -> None:
    nine = int(datetime(2026, 11, 22, 1, tzinfo=UTC).timestamp() * 1000)
    for written in ("2026-11-22T09:00:00+08:00", datetime(2026, 11, 22, 1, tzinfo=UTC)):
        assert settings(hall=REHEARSAL, clock={"start": written}).clock.start_ms == nine
    assert settings(hall=REHEARSAL).clock.start_ms is None


def test_this_machine_is_known_by_its_names_and_addresses() -> None:
    assert all(
        is_loopback(host) for host in ("localhost", "bidder1.localhost", "127.0.0.1", "127.8.0.1", "::1")
    )
    assert not any(is_loopback(host) for host in ("", "10.0.0.1", "localhost.example.cn", "0.0.0.0", "::"))


def test_every_refusal_is_one_line_for_the_operator() -> None:
    text = refusal(server={"prot": 1})
    assert re.fullmatch(r"[^\n]{10,200}", text)


def test_recordings_are_kept_as_long_as_the_law_wants() -> None:
    assert settings().keeping.retention_years == 15
    assert "15 years at least" in refusal(keeping={"retention_years": 14})
    assert "200 is the most" in refusal(keeping={"retention_years": 201})
    rehearsal = parse({"hall": REHEARSAL, "keeping": {"retention_years": 0}}, BASE, {})
    assert rehearsal.keeping.retention_years == 0


def test_media_use_the_udp_ports_that_a_firewall_lets_in() -> None:
    assert udp_range(settings().media.udp_ports) == (0, 0)
    assert udp_range(settings(media={"udp_ports": "50000-50063"}).media.udp_ports) == (50_000, 50_063)
    assert udp_range(settings(media={"udp_ports": "50000"}).media.udp_ports) == (50_000, 50_000)
    for text in ("80", "50063-50000", "50000-70000", "any", "50000 - 50063"):
        assert "media.udp_ports" in refusal(media={"udp_ports": text})
