"""`hall serve` and `hall admin import` as processes: what they refuse to run with, and how they end."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hall import app
from hall.adapters.plan_file import load_plan
from hall.adapters.record_office import time_source
from hall.client.api import Hall
from hall.client.keys import Identity
from hall.clock import HallClock
from hall.config import BadConfig, load
from hall.rehearsal.stage import toml
from tests.demo_world import holder, world
from tests.integration.gateway.conftest import plan, settings

HALL = (sys.executable, "-m", "hall")


async def run(*arguments: str | Path) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *HALL, *map(str, arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, out.decode(), err.decode()


def configured(place: Path, **changes: dict[str, object]) -> Path:
    """Settings with some members of some sections changed; None takes one away."""
    shown: dict[str, Any] = settings(world())
    for section, change in changes.items():
        merged = {**shown.get(section, {}), **change}
        shown[section] = {key: value for key, value in merged.items() if value is not None}
    path = place / "changed.toml"
    path.write_text(toml(shown), encoding="utf-8")
    return path


def begin(path: Path) -> None:
    """All that is looked at before anything is started."""
    config = load(path, {})
    app.tls_of(config)
    time_source(config.signing, app.fit(config), HallClock())


PRODUCTION: dict[str, dict[str, object]] = {
    "hall": {"mode": "production"},
    "clock": {"start": None, "movable": False},
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"server": {"host": "0.0.0.0"}}, "plain http may not leave it"),
        ({"server": {"prot": 1}}, "unknown setting server.prot"),
        (PRODUCTION, "signing.ca_roots names the demo CA"),
        ({"hall": {"mode": "production"}}, "clock.start and clock.movable exist in rehearsals only"),
        ({**PRODUCTION, "signing": {"ca_roots": []}}, "signing.ca_roots is empty"),
        ({"signing": {"ca_roots": ["hall.toml"]}}, "holds no certificate"),
        ({"signing": {"ca_roots": ["none.pem"]}}, "none.pem: No such file"),
        ({"signing": {"tsa_cert": None, "tsa_key": None}}, "the record needs time stamps"),
        ({"server": {"tls_cert": "none.pem", "tls_key": "none.pem"}}, "server.tls_cert, server.tls_key"),
    ],
)
def test_a_hall_that_may_not_run_so_says_why(
    place: Path, changes: dict[str, dict[str, object]], words: str
) -> None:
    with pytest.raises(BadConfig, match=re.escape(words)):
        begin(configured(place, **changes))


async def test_it_says_so_in_one_line_and_ends_with_2(place: Path) -> None:
    code, _, err = await run("serve", "--config", configured(place, **PRODUCTION))
    assert code == 2
    assert "signing.ca_roots names the demo CA" in err
    assert len(err.splitlines()) == 1


@asynccontextmanager
async def serving(place: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int, list[dict[str, Any]]]]:
    """A server process, its port, and the lines it has logged so far."""
    process = await asyncio.create_subprocess_exec(
        *HALL, "serve", "--config", str(place / "hall.toml"), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    lines: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(30):
            while not lines or lines[-1]["message"] != "serving":
                lines.append(json.loads(await process.stderr.readline()))
        yield process, int(lines[-1]["port"]), lines
        lines += [json.loads(line) for line in (await process.stderr.read()).splitlines()]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_server_is_ready_serves_and_leaves_cleanly_when_told(place: Path) -> None:
    importing = ("admin", "import", "--config", place / "hall.toml", place / "plan.toml")
    code, out, _ = await run(*importing)
    first, hint = out.splitlines()
    assert (code, first.split(": ")[1]) == (0, "11 parties, 1 tenders")
    assert hint.startswith("O1: no deputy is named for host, ")
    async with serving(place) as (process, port, lines):
        one = holder("host")
        async with Hall(f"http://localhost:{port}", Identity(one.certificate, one.key)) as hall:
            assert await hall.get("/readyz") == {"ok": True}
            await hall.login()
            code, _, err = await run(*importing)
            assert code == 2 and "stop the server first" in err
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == 0
    assert [line["message"] for line in lines if line["logger"] == "hall"] == [
        "serving",
        "stopping",
        "stopped",
    ]
    assert [line for line in lines if line["level"] in ("error", "critical")] == []
    assert (await run(*importing))[0] == 0  # and changes nothing


def _bidder(**changes: str) -> dict[str, str]:
    """The first bidder of the plan, with something else in its entry."""
    planned: Any = plan(world())
    first = next(one for one in planned["party"] if one["kind"] == "bidder")
    return {**first, **changes}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"party": []}, 'tender[0].staff[0].party is "host"'),
        ({"parties": []}, "unknown setting parties"),
        ({"tender": [{"id": "T1"}]}, "tender[0].name is missing"),
        ({"party": [_bidder(code="91350100M000100Y44")]}, "its check character does not fit"),
        ({"party": [_bidder(standing="natural_person")]}, "individuals are registered by the trading centre"),
        ({"party": [_bidder(name="别的公司")]}, "party[0].certificate (certificate_of_another)"),
        ({"party": [_bidder(kind="staff", standing="organisation")]}, "party[0].standing is for bidders"),
    ],
)
def test_a_plan_that_can_not_be_read_says_what_to_do(
    place: Path, change: dict[str, object], words: str
) -> None:
    (place / "plan.toml").write_text(toml({**plan(world()), **change}), encoding="utf-8")
    with pytest.raises(BadConfig, match=re.escape(words)) as refused:
        load_plan(place / "plan.toml", load(place / "hall.toml", {}), "ab" * 32)
    assert str(place / "plan.toml") in str(refused.value)
