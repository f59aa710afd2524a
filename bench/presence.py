"""Presence against the truth: a real hall, real clients, a bad line, and the clock of the machine that does the harm.

Each round cuts one bidder's line, freezes one client (SIGSTOP), kills one (SIGKILL) and lets one leave; meanwhile many
live behind a line that loses every tenth packet in each direction. At the end the hall itself is stopped for a while.
What the hall made of it is read from its journal. All runs in network namespaces joined by TUN devices
(bench/line/link.py): it needs root. About three minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.line.link import Link
from bench.table import Row, publish
from hall import tasks
from hall.clock import HallClock
from hall.procurement.tender import HOUR
from hall.rehearsal.demo_ca import DemoPki
from hall.rehearsal.stage import Scene, Stage
from hall.session.presence import PLATFORM

ROUNDS: Final = 3
LOSSY: Final = 30
LOSS: Final = 0.10
LOSSY_SECONDS: Final = 120.0
HOLD: Final = 14.0
"""Seconds that a cut and a freeze last."""

STANDSTILL: Final = 9.0
"""Seconds for which the hall itself is stopped: its clients give their lines up after 6."""

SETTLED: Final = 25.0
WITHIN: Final = 30.0
SAME: Final = 20.0
"""ms within which two clocks' readings count as the same moment."""

GOALS: Final = {"suspect": 5.5, "offline": 11.0, "leave": 2.0, "end": 3.0}
CUT, FROZEN, KILLED, LEAVING = "b1", "b2", "b3", "b4"
BAD, LOSING = 1, 2
_FOLDER: Final = "HALL_BENCH_FOLDER"
_CLOCK: Final = HallClock()


class SecureStage(Stage):
    """A hall behind TLS, so that who comes over a line may speak to it."""

    def __init__(self, directory: Path, scene: Scene) -> None:
        super().__init__(directory, scene)
        self.base = f"https://127.0.0.1:{self.port}"

    def _settings(self, pki: DemoPki, demo: Mapping[str, object]) -> dict[str, object]:
        settings = super()._settings(pki, demo)
        server = settings["server"]
        assert isinstance(server, dict)
        tls = {
            "tls_cert": str(self.directory.parent / "tls.pem"),
            "tls_key": str(self.directory.parent / "tls.key"),
        }
        everywhere = str(ipaddress.IPv4Address(0))  # of a namespace that holds nothing but this bench
        return {**settings, "server": {**server, "host": everywhere, **tls}}


@dataclass
class Visitors:
    """A process of clients. `joined`: monotonic seconds of each time that one of them was in."""

    process: asyncio.subprocess.Process
    joined: dict[str, list[float]] = field(default_factory=dict)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            said = json.loads(line)
            if said["event"] == "joined":
                self.joined.setdefault(said["who"], []).append(float(said["mono"]))
            self.heard.set()

    async def until_joined(self, who: str, times: int) -> float:
        """Wait until `who` was in for the `times`th time; gives when."""
        async with asyncio.timeout(WITHIN):
            while len(self.joined.get(who, [])) < times:
                self.heard.clear()
                await self.heard.wait()
        return self.joined[who][times - 1]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def tell(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n".encode())
        await self.process.stdin.drain()


@dataclass(frozen=True)
class Harm:
    """What was done to whom, and when; monotonic seconds."""

    kind: str
    who: str
    at: float


class Scenery:
    """The hall, the links and whoever lives behind them."""

    def __init__(self, stage: SecureStage, stack: contextlib.AsyncExitStack) -> None:
        self.stage = stage
        self.stack = stack
        self.links = {number: Link(number) for number in (BAD, LOSING)}
        self.spaces: dict[int, int] = {}
        self.ahead = 0.0
        """Hall time in ms at monotonic 0."""

    async def open(self) -> None:
        await asyncio.to_thread(self.stage.prepare)
        self.stack.push_async_callback(self.stage.close)
        await self.stage.open()
        for number, link in self.links.items():
            self.spaces[number] = await self._another_namespace()
            link.open(self.spaces[number])
            self.stack.callback(link.close)
        async with aiohttp.ClientSession() as session:
            measured = [await self._measured(session) for _ in range(20)]
        _, self.ahead = min(measured)

    async def _measured(self, session: aiohttp.ClientSession) -> tuple[float, float]:
        """(round trip in s, hall time in ms at monotonic 0)."""
        sent = _CLOCK.monotonic()
        async with session.get(f"{self.stage.base}/api/time") as answer:
            shown = await answer.json()
        received = _CLOCK.monotonic()
        return received - sent, shown["now"] - (sent + received) * 500

    async def visitors(self, *who: str, link: int | None = None) -> Visitors:
        """Start clients, behind a link or beside the hall."""
        assert self.stage.pki is not None
        files = [str(one.p12) for one in self.stage.pki.bidders if one.id in who]
        host = "127.0.0.1" if link is None else self.links[link].here
        inside = [] if link is None else ["nsenter", "-t", str(self.spaces[link]), "-n", "--"]
        process = await asyncio.create_subprocess_exec(
            *inside,
            *(sys.executable, "-m", "bench.line.visitors"),
            *(f"https://{host}:{self.stage.port}", self.stage.scene.opening, *files),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        visitors = Visitors(process)
        following = tasks.start(visitors.follow(), "visitors")

        async def end() -> None:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await tasks.stop(following)

        self.stack.push_async_callback(end)
        for one in who:
            await visitors.until_joined(one, 1)
        return visitors

    def hall_ms(self, mono: float) -> float:
        return mono * 1000 + self.ahead

    def notes(self) -> list[dict[str, Any]]:
        """All that was journalled of presence, oldest first; `noted` is when."""
        database = self.stage.directory / "data" / "journal.db"
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as journal:
            found = journal.execute(
                "select received_at, body from rows where kind = 'PresenceChanged' order by seq"
            ).fetchall()
        return [{**json.loads(body), "noted": at} for at, body in found]

    async def _another_namespace(self) -> int:
        process = await asyncio.create_subprocess_exec("unshare", "-n", "--", "sleep", "infinity")

        async def end() -> None:
            process.kill()
            await process.wait()

        self.stack.push_async_callback(end)
        own = os.readlink("/proc/self/ns/net")
        for _ in range(int(WITHIN / 0.01)):
            if os.readlink(f"/proc/{process.pid}/ns/net") != own:
                return process.pid
            await asyncio.sleep(0.01)
        raise TimeoutError("no namespace")


@dataclass
class Played:
    """What was done, who came back when, from when to when the losing line was watched and what it did with its packets
    (passed, dropped), and from when to when the hall stood still."""

    harms: list[Harm] = field(default_factory=list)
    returns: list[Harm] = field(default_factory=list)
    losing: tuple[float, float] = (0.0, 0.0)
    packets: tuple[int, int] = (0, 0)
    standstill: tuple[float, float] = (0.0, 0.0)


async def play(scenery: Scenery) -> Played:
    """Do all the harm."""
    played = Played()

    def harm(kind: str, who: str) -> None:
        played.harms.append(Harm(kind, who, _CLOCK.monotonic()))

    losing = await scenery.visitors(*(f"b{n}" for n in range(5, 5 + LOSSY)), link=LOSING)
    cut = await scenery.visitors(CUT, link=BAD)
    frozen = await scenery.visitors(FROZEN)
    began = _CLOCK.monotonic()
    link = scenery.links[LOSING]
    link.passed, link.dropped, link.loss = 0, 0, LOSS
    for turn in range(1, ROUNDS + 1):
        killed, leaving = await scenery.visitors(KILLED), await scenery.visitors(LEAVING)
        await asyncio.sleep(2.5)  # everybody has answered a heartbeat
        scenery.links[BAD].loss = 1.0
        harm("cut", CUT)
        await asyncio.sleep(1.3)  # not a multiple of the heartbeat
        frozen.signal(signal.SIGSTOP)
        harm("freeze", FROZEN)
        await asyncio.sleep(6.0)
        killed.signal(signal.SIGKILL)
        harm("kill", KILLED)
        await asyncio.sleep(1.0)
        await leaving.tell("leave")
        harm("leave", LEAVING)
        await asyncio.sleep(HOLD - 7.0)
        scenery.links[BAD].loss = 0.0
        healed = _CLOCK.monotonic()
        frozen.signal(signal.SIGCONT)
        for visitors, who in ((cut, CUT), (frozen, FROZEN)):
            played.returns.append(
                Harm("cut" if who == CUT else "freeze", who, await visitors.until_joined(who, turn + 1))
            )
        print(
            f"round {turn}: back {max(r.at for r in played.returns) - healed:.1f} s after the end of the harm",
            flush=True,
        )
    await asyncio.sleep(max(0.0, LOSSY_SECONDS - (_CLOCK.monotonic() - began)))
    link.loss = 0.0
    played.losing = began, _CLOCK.monotonic()
    played.packets = link.passed, link.dropped
    assert losing.process.returncode is None
    played.standstill = await freeze_hall(scenery)
    return played


async def freeze_hall(scenery: Scenery) -> tuple[float, float]:
    """Stop the hall itself for longer than its clients wait, and let everybody come back; gives when (from, to)."""
    server = scenery.stage._server
    assert server is not None
    began = _CLOCK.monotonic()
    server.send_signal(signal.SIGSTOP)
    await asyncio.sleep(STANDSTILL)
    server.send_signal(signal.SIGCONT)
    await asyncio.sleep(SETTLED)
    return began, _CLOCK.monotonic()


@dataclass
class Findings:
    """Seconds, worst first by kind: to suspect, to offline, and how far the interval's end is from the truth."""

    suspect: dict[str, list[float]] = field(default_factory=dict)
    offline: dict[str, list[float]] = field(default_factory=dict)
    ends: dict[str, list[float]] = field(default_factory=dict)
    returns: list[float] = field(default_factory=list)
    causes: set[tuple[str, str, str]] = field(default_factory=set)


def judge(scenery: Scenery, played: Played) -> Findings:
    """Hold what the hall noted against what was done."""
    found, notes = Findings(), scenery.notes()
    final = {(n["participant"], n["connection"], n["start"]): n for n in notes}.values()
    for harm in played.harms:
        at, who = scenery.hall_ms(harm.at), f"bidder-{harm.who}"
        later = [n for n in notes if n["participant"] == who and n["noted"] >= at - SAME and n["end"] is None]
        if harm.kind in ("cut", "freeze"):
            found.suspect.setdefault(harm.kind, []).append(_first(later, "suspect", at))
        found.offline.setdefault(harm.kind, []).append(_first(later, "offline", at))
        ended = min(
            (abs(n["end"] - at) / 1000 for n in final if _is(n, who, "online") and n["end"] is not None),
            default=float("inf"),
        )
        found.ends.setdefault(harm.kind, []).append(ended)
        offline = [(harm.kind, n["cause"], n["confidence"]) for n in later if n["state"] == "offline"]
        found.causes |= set(offline[:1])
    for back in played.returns:
        at, who = scenery.hall_ms(back.at), f"bidder-{back.who}"
        ends = [abs(n["end"] - at) / 1000 for n in final if _is(n, who, "offline") and n["end"] is not None]
        found.returns.append(min(ends, default=float("inf")))
    return found


def _is(note: Mapping[str, Any], who: str, state: str) -> bool:
    return (note["participant"], note["state"]) == (who, state)


def _first(notes: list[dict[str, Any]], state: str, since: float) -> float:
    return next((max(0.0, n["noted"] - since) / 1000 for n in notes if n["state"] == state), float("inf"))


def report(scenery: Scenery, found: Findings, played: Played) -> list[Row]:
    """Make the rows; goals stand in `how`."""
    where = "two namespaces joined by TUN, journal against monotonic clock"
    rows = []
    for kind, seconds in found.suspect.items():
        how = f"worst of {len(seconds)}, goal {GOALS['suspect']} s; {where}"
        rows.append(Row(case=f"{kind}: suspect after", ours=round(max(seconds), 2), unit="s", how=how))
    for kind, seconds in found.offline.items():
        goal = GOALS["leave" if kind == "leave" else "offline"]
        how = f"worst of {len(seconds)}, goal {goal} s; {where}"
        rows.append(Row(case=f"{kind}: offline after", ours=round(max(seconds), 2), unit="s", how=how))
    for kind, seconds in found.ends.items():
        how = f"worst of {len(seconds)}, goal {GOALS['end']} s; {where}"
        rows.append(
            Row(case=f"{kind}: end of presence off by", ours=round(max(seconds), 2), unit="s", how=how)
        )
    how = f"worst of {len(found.returns)}, goal {GOALS['end']} s; {where}"
    rows.append(
        Row(case="return: end of absence off by", ours=round(max(found.returns), 2), unit="s", how=how)
    )
    losing = {f"bidder-b{n}" for n in range(5, 5 + LOSSY)}
    since, until = (scenery.hall_ms(mono) for mono in played.losing)
    theirs = [n for n in scenery.notes() if n["participant"] in losing and since <= n["noted"] <= until]
    watched = played.losing[1] - played.losing[0]
    share = played.packets[1] / sum(played.packets)
    how = f"{LOSSY} clients for {watched:.0f} s, {share:.1%} of {sum(played.packets)} packets lost, goal 0"
    for state in ("offline", "suspect"):
        count = len({(n["participant"], n["start"]) for n in theirs if n["state"] == state})
        rows.append(Row(case=f"10 % loss: false {state}", ours=count, unit="", how=how))
    again = len({(n["participant"], n["connection"]) for n in theirs if n["connection"] > 1})
    rows.append(Row(case="10 % loss: reconnects", ours=again, unit="", how=how))
    return [*rows, *standstill(scenery, played)]


def standstill(scenery: Scenery, played: Played) -> list[Row]:
    """Whom the hall blames for what it did itself."""
    since, until = (scenery.hall_ms(mono) for mono in played.standstill)
    notes = [n for n in scenery.notes() if since <= n["noted"] <= until]
    blamed = [n for n in notes if n["cause"] and n["cause"] not in PLATFORM]
    lost = {
        (n["participant"], n["connection"]) for n in notes if n["state"] == "online" and n["end"] is not None
    }
    for note in blamed:
        print(f"blamed: {note}", file=sys.stderr)
    how = f"the hall stopped by SIGSTOP for {STANDSTILL:.0f} s, {len(lost)} connections lost by it, goal 0"
    return [Row(case="hall stands still: intervals blamed on a bidder", ours=len(blamed), unit="", how=how)]


def missed(rows: list[Row]) -> list[str]:
    """Which goals were not met."""
    return [row.case for row in rows if "goal" in row.how and row.ours > _goal(row)]


def _goal(row: Row) -> float:
    if row.case.endswith(("false suspect", "reconnects")):
        return float("inf")  # told, and no goal: a suspicion that does not last blames nobody
    return float(row.how.partition("goal ")[2].split()[0].rstrip(";"))


@contextlib.asynccontextmanager
async def scenery_in(folder: Path) -> AsyncIterator[Scenery]:
    scene = Scene("T2026-010", "DEMO-2026-010", "在场实测工程", 4 + LOSSY, HOUR)
    async with contextlib.AsyncExitStack() as stack:
        made = Scenery(SecureStage(folder / "hall", scene), stack)
        await made.open()
        yield made


async def inside(folder: Path) -> int:
    async with scenery_in(folder) as scenery:
        played = await play(scenery)
        found = judge(scenery, played)
        rows = report(scenery, found, played)
    for kind, cause, confidence in sorted(found.causes):
        print(f"{kind}: {cause}, confidence {confidence}")
    publish("presence", rows)
    failed = missed(rows)
    print("all goals met" if not failed else f"missed: {', '.join(failed)}")
    return 1 if failed else 0


def write_tls(folder: Path) -> None:
    """A certificate of its own for the addresses of this bench."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    addresses = ["127.0.0.1", *(Link(number).here for number in (BAD, LOSING))]
    now = datetime.fromtimestamp(0, UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=40_000))
        .add_extension(x509.SubjectAlternativeName(_names(addresses)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "tls.key").write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))


def _names(addresses: list[str]) -> Iterator[x509.GeneralName]:
    yield from (x509.IPAddress(ipaddress.ip_address(one)) for one in addresses)


def main() -> None:
    if (given := os.environ.get(_FOLDER)) is not None:
        sys.exit(asyncio.run(inside(Path(given))))
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        sys.exit("bench presence needs root and /dev/net/tun: it makes network namespaces of its own")
    with tempfile.TemporaryDirectory() as folder:
        write_tls(Path(folder))
        # In a namespace of its own; the libraries read what they trust when they are imported, so it is named before.
        beside = {_FOLDER: folder, "SSL_CERT_FILE": f"{folder}/tls.pem"}
        command = ["unshare", "-n", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
        command += [sys.executable, "-m", "bench.presence"]
        sys.exit(subprocess.run(command, env={**os.environ, **beside}, check=False).returncode)


if __name__ == "__main__":
    main()
