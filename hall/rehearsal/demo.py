"""`hall demo`: an opening that one person can play in a few browser windows, robots taking every role that is left.

What lives here: the folder `demo/`, the links, the robots' late entry. The hall itself is the ordinary `hall serve`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hall import tasks
from hall.errors import HallError, Unavailable
from hall.procurement.tender import MINUTE
from hall.rehearsal.demo_ca import PASSWORD, DemoIdentity, DemoPki
from hall.rehearsal.plans import Plan, Player
from hall.rehearsal.processes import python_process, until_signalled
from hall.rehearsal.sample_bid import sample_bid_pdf
from hall.rehearsal.stage import LOT, Scene, Stage, free_port, party_of, shanghai
from hall.rehearsal.words import DEMO, MOMENTS, ROLES

PORT: Final = 8080
LEAD_MINUTES: Final = 6
GRACE: Final = 20
"""Seconds in which people choose their roles before the robots come."""

PLAYABLE: Final = 3
"""Bidders that people can play. One more is always a robot: a person who only looks on does not fail the tender."""

PACE: Final = 4.0
"""Seconds a robot takes for an act, so that a person can follow."""

OBJECTION_PAUSE_MS: Final = 30_000
FOLDER: Final = Path("demo")

_MARK: Final = "made-by-hall-demo"
_STAFF: Final = ("host", "procuring_entity", "supervisor", "announcer", "scrutineer", "clerk")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall demo`."""
    parser.add_argument(
        "--port",
        type=int,
        default=int(os.environ.get("PORT", PORT)),
        help=f"default: PORT of the environment, or {PORT}",
    )
    parser.add_argument(
        "--minutes", type=int, default=LEAD_MINUTES, help=f"to the bid deadline; default: {LEAD_MINUTES}"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="what is made goes there; default: demo")


def demo(args: argparse.Namespace) -> int:
    """Run the demonstration until Ctrl-C."""
    try:
        return asyncio.run(until_signalled(_demo(args.folder.resolve(), args.port, args.minutes)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("\n  演示结束 · The demonstration is over.")
        return 0


async def _demo(folder: Path, port: int, minutes: int) -> int:
    if not _clear(folder):
        print(f"hall demo: {folder} is not empty and was not made by this command", file=sys.stderr)
        return 2
    scene = Scene(
        tender="DEMO-2026-001",
        number="演招2026-001",
        name="演示市第一小学教学楼工程施工",
        bidders=PLAYABLE + 1,
        lead_ms=minutes * MINUTE,
        movable_clock=True,
        custody="custodians",
    )
    stage = Stage(folder / "hall", scene, port=port if _is_free(port) else free_port())
    pki = await asyncio.to_thread(stage.prepare, lambda made: demo_section(folder, made))
    _lay_out(folder, stage, pki)
    try:
        await stage.open()
        print((folder / "README.txt").read_text(encoding="utf-8"), flush=True)
        await asyncio.sleep(GRACE)
        robots = tasks.start(_robots(stage, pki), "robots")
        try:
            await stage.gone()
        finally:
            await tasks.stop(robots)
        raise Unavailable("hall_died")
    except HallError as error:
        print(f"hall demo: {error}\n{stage.last_words()}", file=sys.stderr)
        return 1
    finally:
        await stage.close()


def demo_section(folder: Path, pki: DemoPki) -> dict[str, object]:
    """Give the settings' section for the login page."""
    return {
        "password": PASSWORD,
        "sample_bid": f"{folder.name}/sample-bid.pdf",
        "accounts": [
            {
                "role": one.role,
                "party": party_of(one),
                "name": one.name,
                "host": host,
                "certificate_file": f"{folder.name}/{host}.p12",
            }
            for host, one in accounts(pki).items()
        ],
    }


def accounts(pki: DemoPki) -> dict[str, DemoIdentity]:
    """Give the roles by the first label of their host names, in the order of the list."""
    bidders = {f"bidder{number}": one for number, one in enumerate(pki.bidders[:PLAYABLE], start=1)}
    return bidders | {role.replace("_", "-"): pki.by_role(role) for role in _STAFF}


def _clear(folder: Path) -> bool:
    """Empty what an earlier demonstration made; say no for a folder of somebody else's."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            return False
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _lay_out(folder: Path, stage: Stage, pki: DemoPki) -> None:
    """Put certificates, a sample bid and the notes where a person finds them."""
    for host, one in accounts(pki).items():
        shutil.copy(one.p12, folder / f"{host}.p12")
    sample = sample_bid_pdf(
        tender=stage.scene.number,
        tender_name=stage.scene.name,
        lot=LOT,
        bidder=pki.bidders[0].name,
        price="10568000.00",
        period="180日历天",
        quality="合格",
        manager="陈建国",
        security="投标保函 20万元",
    )
    (folder / "sample-bid.pdf").write_bytes(sample)
    links = "\n".join(
        f"  {_padded(f'{ROLES[one.role][0]} · {ROLES[one.role][1]}', 32)}"
        f"{_padded(f'http://{host}.localhost:{stage.port}/', 46)}{folder.name}/{host}.p12"
        for host, one in accounts(pki).items()
    )
    text = DEMO.format(
        now=shanghai(stage.start_ms)[11:16],
        deadline=shanghai(stage.deadline_ms)[11:16],
        minutes=stage.scene.lead_ms // MINUTE,
        links=links,
        folder=f"{folder}/",
        password=PASSWORD,
        sample=f"{folder / 'sample-bid.pdf'}",
        grace=GRACE,
    )
    (folder / "README.txt").write_text(text, encoding="utf-8")


def _padded(text: str, width: int) -> str:
    """Pad to a width in columns; a Chinese character takes two."""
    return text + " " * (width - sum(2 if ord(character) > 0x2E80 else 1 for character in text))


async def _robots(stage: Stage, pki: DemoPki) -> None:
    """All roles in one process; the hall turns away the robots whose roles people have taken."""
    players = tuple(
        Player(host, one.role, one.p12, PASSWORD, objects=host == "bidder2")
        for host, one in [*accounts(pki).items(), *((one.id, one) for one in pki.bidders[PLAYABLE:])]
    )
    work = stage.directory / "robots"
    work.mkdir(exist_ok=True)
    clips = Path(tempfile.gettempdir()) / "hall-clips"
    plan = Plan(stage.base, stage.scene.tender, work, clips, os.getpid(), PACE, OBJECTION_PAUSE_MS, players)
    path = work / "plan.json"
    plan.write(path)
    arguments = ("-m", "hall.rehearsal.robots", "--role", "staff", "--config", str(path))
    heard: set[tuple[object, ...]] = set()
    async with python_process(*arguments, log=stage.log) as (lines, ended):
        async for line in lines:
            _hear(line, heard)
        await ended()


def _hear(line: bytes, heard: set[tuple[object, ...]]) -> None:
    """Say what a person at the terminal may want to know, once, whoever tells it."""
    try:
        said: Mapping[str, Any] = json.loads(line)
        robot, event = said["robot"], said["event"]
    except (ValueError, KeyError, TypeError):
        return
    match event:
        case "timeline" if said["kind"] in MOMENTS:
            moment = (said["kind"], said["at"], said["detail"])
            if moment not in heard:
                heard.add(moment)
                chinese, english = MOMENTS[said["kind"]]
                print(f"  {shanghai(said['at'])[11:19]}  {chinese} · {english}", flush=True)
        case "left" if said["reason"] in ("handover", "handed_over", "takeover"):
            print(f"  {robot}: 由您扮演 · played by you now", flush=True)
        case "fault":
            print(f"  {robot}: {said.get('act', '')} {said['reason']}", flush=True)
