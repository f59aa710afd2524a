"""An own hall for a rehearsal or a demonstration: demo certificates, settings, `hall serve` as a process of its own.

What lives here: building the stage up and taking it down. Whoever plays on it knows its public address and nothing else
of the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp

from hall.clock import machine_time
from hall.errors import Unavailable
from hall.procurement.tender import HOUR, start_of_day
from hall.rehearsal.demo_ca import DemoIdentity, DemoPki, issue_demo
from hall.rehearsal.processes import finished

ORIGIN: Final = "hall.localhost"
LOT: Final = "1"
CEILING: Final = "12800000.00"
OPENS_AT: Final = 9 * HOUR
"""Hall time at the start: 09:00 in Asia/Shanghai."""

HALL: Final = [sys.executable, "-m", "hall"]

_OFFICES: Final = {
    "agency": "procuring_entity",
    "regulator": "regulator",
    "trading_centre": "trading_centre",
}
"""Id → what it is in the whole hall, in a scene in which the tender is not published yet."""

_IN_PASSING: Final = re.compile(r"\b(DEBUG|INFO)\b")
_STARTS_WITHIN: Final = 90.0
_STOPS_WITHIN: Final = 10.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What is played: one tender with one lot. `lead_ms`: from the hall's start to the bid deadline."""

    tender: str
    number: str
    name: str
    bidders: int
    lead_ms: int
    movable_clock: bool = False
    on_call: tuple[str, ...] = ()
    """Ids of the demo's people on call who hold a post here: notary, regulator, trading_centre."""

    place: str = "演示市公共资源交易中心（网上）"
    custody: str = "hall"
    remedy: str = "none"
    """Who keeps released keys until the disclosure: hall or custodians."""

    published: bool = True
    """Whether the tender is there when the hall starts. Else somebody publishes it, and people hold their offices."""

    @property
    def opening(self) -> str:
        return f"{self.tender}-opening"


class Stage:
    """A hall in `directory`. `port` 0 chooses a free one. Use as an async context: open, play, close."""

    def __init__(self, directory: Path, scene: Scene, *, port: int = 0, workers: int = 1) -> None:
        self.directory = directory
        self.scene = scene
        self.port = port or free_port()
        self.base = f"http://localhost:{self.port}"
        self.start_ms = hall_start(machine_time())
        self.deadline_ms = self.start_ms + scene.lead_ms
        self.log = directory / "hall.log"
        self.pki: DemoPki | None = None
        self._workers = workers
        self._server: asyncio.subprocess.Process | None = None

    @property
    def config(self) -> Path:
        return self.directory / "hall.toml"

    def prepare(self, demo: Callable[[DemoPki], Mapping[str, object]] | None = None) -> DemoPki:
        """Issue certificates and write settings and parties. `demo` makes the section for the login page."""
        self.directory.mkdir(parents=True, exist_ok=True)
        pki = issue_demo(self.directory / "pki", bidders=self.scene.bidders, now_ms=self.start_ms)
        self.pki = pki
        self.config.write_text(toml(self._settings(pki, demo(pki) if demo else {})), encoding="utf-8")
        (self.directory / "parties.toml").write_text(toml(self._parties(pki)), encoding="utf-8")
        return pki

    async def open(self) -> None:
        """Import the parties, start the server, return when it is ready. Raises Unavailable("hall_did_not_start")."""
        parties = str(self.directory / "parties.toml")
        code, said = await finished(*HALL, "admin", "import", "--config", str(self.config), parties)
        if code != 0:
            self.log.write_text(said, encoding="utf-8")
            raise Unavailable("import_failed")
        await self._start()

    async def _start(self) -> None:
        with self.log.open("ab") as log:
            self._server = await asyncio.create_subprocess_exec(
                *HALL,
                *("serve", "--config", str(self.config)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches everything in the terminal's group at once; the stage is taken down in its own order.
                start_new_session=True,
            )
        await self._ready(self._server)

    async def restart(self, *, after: float) -> None:
        """Kill the server and all its workers, as a power cut would, and start it again `after` seconds later."""
        server = self._server
        if server is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(server.pid, signal.SIGKILL)
            await server.wait()
        await asyncio.sleep(after)
        await self._start()

    async def hall_time(self) -> int:
        """What the hall's clock says now, ms UTC."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.base}/api/hall") as answer:
            return int((await answer.json())["now"])

    def children(self) -> list[int]:
        """Process ids of the server's own children, its media workers and pools."""
        if self._server is None:
            return []
        path = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children")
        return [int(one) for one in path.read_text(encoding="ascii").split()]

    async def close(self) -> None:
        """Stop the server, by force if it does not stop by itself; nothing of it is left running."""
        server = self._server
        if server is None:
            return
        if server.returncode is None:
            server.terminate()
            try:
                await asyncio.wait_for(server.wait(), _STOPS_WITHIN)
            except TimeoutError:
                pass
        # Its workers belong to its group; whoever is left there goes now.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(server.pid, signal.SIGKILL)
        await server.wait()
        self._server = None

    @property
    def running(self) -> bool:
        """Say whether the server lives."""
        return self._server is not None and self._server.returncode is None

    async def gone(self) -> None:
        """Return when the server has ended."""
        if self._server is not None:
            await self._server.wait()

    def last_words(self, lines: int = 20) -> str:
        """Give what the server and the robots complained of last; what merely went on is left out."""
        if not self.log.exists():
            return ""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join([said for line in text.splitlines() if (said := _complaint(line))][-lines:])

    async def _ready(self, server: asyncio.subprocess.Process) -> None:
        async with aiohttp.ClientSession() as session:
            try:
                async with asyncio.timeout(_STARTS_WITHIN):
                    while server.returncode is None:
                        try:
                            async with session.get(f"{self.base}/readyz") as answer:
                                if answer.status == 200:
                                    return
                        except aiohttp.ClientConnectionError:
                            pass
                        await asyncio.sleep(0.1)
            except TimeoutError:
                pass
        raise Unavailable("hall_did_not_start", log=str(self.log))

    def _settings(self, pki: DemoPki, demo: Mapping[str, object]) -> dict[str, object]:
        return {
            "hall": {
                "name": "演示市公共资源交易中心",
                "origin": ORIGIN,
                "mode": "rehearsal",
                "hotline": "000-00000000",
                "place": self.scene.place,
            },
            "server": {"host": "127.0.0.1", "port": self.port, "web_root": str(web_root())},
            "storage": {"data": str(self.directory / "data")},
            "media": {"host": "127.0.0.1", "workers": self._workers},
            "signing": {
                "ca_roots": [str(pki.root)],
                "ca_intermediates": [str(pki.issuing)],
                "crls": [str(path) for path in pki.crls],
                "tsa_cert": str(pki.tsa.certificate),
                "tsa_key": str(pki.tsa.key),
                "seal_cert": str(pki.seal.certificate),
                "seal_key": str(pki.seal.key),
                "tsa_roots": [str(pki.root)],
            },
            "clock": {"start": shanghai(self.start_ms), "movable": self.scene.movable_clock},
            **({"demo": demo} if demo else {}),
        }

    def _parties(self, pki: DemoPki) -> dict[str, object]:
        """The plan for `hall admin import`: everybody with a certificate, one tender, a post for each of the staff."""
        everybody = [*pki.bidders, pki.expired, pki.revoked, *pki.staff, *pki.on_call]
        offices = {}
        if not self.scene.published:
            everybody += pki.experts
            offices = _OFFICES | {one.id: "evaluator" for one in pki.experts}
        posts = [*pki.staff, *(one for one in pki.on_call if one.id in self.scene.on_call)]
        return {
            "party": [
                {
                    "id": party_of(one),
                    "name": one.name,
                    "kind": "bidder" if one.role == "bidder" else "staff",
                    "certificate": str(one.certificate),
                    **({"office": [offices[one.id]]} if one.id in offices else {}),
                }
                for one in everybody
            ],
            "tender": []
            if not self.scene.published
            else [
                {
                    "id": self.scene.tender,
                    "name": self.scene.name,
                    "number": self.scene.number,
                    "bid_deadline": shanghai(self.deadline_ms),
                    "opening": self.scene.opening,
                    "lot": [{"id": LOT, "name": "第一标段", "price_ceiling": CEILING}],
                    "rules": {"custody": self.scene.custody, "remedy": self.scene.remedy},
                    "staff": [
                        {
                            "role": one.role,
                            "party": party_of(one),
                            "name": one.name,
                            "unit": one.organisation,
                        }
                        for one in posts
                    ],
                }
            ],
        }


def _complaint(line: str) -> str:
    """Give a line of the log as a person wants to read it, or nothing if it is no complaint."""
    try:
        entry = json.loads(line)
        if entry["level"] in ("debug", "info"):
            return ""
        trace = f"\n{entry['trace']}" if entry.get("trace") else ""
        return f"{entry['level']} {entry['logger']}: {entry['message']} {entry.get('facts', '')}{trace}"
    except (ValueError, KeyError, TypeError):
        return "" if _IN_PASSING.search(line) else line


def hall_start(now_ms: int) -> int:
    """Give 09:00 in Asia/Shanghai of the day of `now_ms`, in ms UTC."""
    return start_of_day(now_ms) + OPENS_AT


def shanghai(at_ms: int) -> str:
    """Write a time as RFC 3339 with Shanghai's offset."""
    local = datetime.fromtimestamp((at_ms + 8 * HOUR) / 1000, UTC).replace(tzinfo=None)
    return local.isoformat(timespec="milliseconds") + "+08:00"


def free_port() -> int:
    """Find a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def web_root() -> Path:
    """Give the built web client of this checkout."""
    return Path(__file__).resolve().parents[2] / "web" / "dist"


def party_of(identity: DemoIdentity) -> str:
    """Give the id under which an identity is known to the hall."""
    return identity.id.replace("_", "-")


def toml(value: Mapping[str, object]) -> str:
    """Write nested settings as TOML: scalars and lists first, then tables, then lists of tables."""
    return "\n".join(_table("", value)) + "\n"


def _table(path: str, value: Mapping[str, object]) -> list[str]:
    lines: list[str] = []
    below: list[str] = []
    for key, item in value.items():
        name = f"{path}.{key}" if path else key
        if isinstance(item, Mapping):
            below += ["", f"[{name}]", *_table(name, item)]
        elif isinstance(item, Sequence) and item and isinstance(item[0], Mapping):
            for one in item:
                below += ["", f"[[{name}]]", *_table(name, one)]
        else:
            # TOML's strings, numbers, booleans and lists of them are JSON's.
            lines.append(f"{key} = {json.dumps(item, ensure_ascii=False)}")
    return lines + below
