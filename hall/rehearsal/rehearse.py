"""`hall rehearse`: a whole opening played by robots against an own hall, in real time, and held against its bundle.

What lives here: the order of the play, the processes, the verdict. What may not: knowledge of the server beyond its
public address (`stage` starts it, robots play on it, the report reads the bundle).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from hall import tasks
from hall.client.api import Hall
from hall.client.keys import open_p12
from hall.clock import Clock, HallClock
from hall.errors import HallError, Refused, Unavailable
from hall.recording import vault
from hall.rehearsal import endings
from hall.rehearsal import report as reports
from hall.rehearsal.demo_ca import PASSWORD, DemoIdentity, DemoPki
from hall.rehearsal.endings import Told
from hall.rehearsal.plans import Plan, Player
from hall.rehearsal.plots import PLOTS, Plot, unplayed
from hall.rehearsal.processes import finished, python_process, until_signalled
from hall.rehearsal.stage import HALL, LOT, Scene, Stage
from hall.rehearsal.whole_tender import WholeTender, silent
from hall.rehearsal.words import MOMENTS

MIN_BIDDERS: Final = 3
PACE: Final = 0.4
"""Seconds a robot takes for an act."""

OBJECTION_PAUSE_MS: Final = 3_000
_BEFORE: Final = 10_000
"""Ms that filing, publication and registrations take before bidders begin to seal."""

_BUNDLE_WITHIN: Final = 60.0
_STAFF: Final = ("procuring_entity", "supervisor", "announcer", "scrutineer", "clerk")


@dataclass(slots=True)
class Play:
    """What is known of the play so far."""

    clock: Clock
    began: float
    faults: list[str] = field(default_factory=list)
    witnesses: dict[str, reports.Witness] = field(default_factory=dict)
    published: dict[str, float] = field(default_factory=dict)
    """Participant -> seconds that its robot published."""
    told: set[tuple[object, ...]] = field(default_factory=set)
    plot: Plot | None = None
    struck_at: float = 0.0
    """When the fault was made, or was over; seconds of the monotonic clock, which the robots share."""

    pictures: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    """Participant -> (when, number) of the pictures that its robot sent last."""

    present: asyncio.Event = field(default_factory=asyncio.Event)
    """Set unless the hall is down because the plot says so."""

    said: list[str] = field(default_factory=list)
    """Every line of every robot, kept for whoever has to find out what went wrong."""

    heard: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, text: str) -> None:
        """One line of progress with the seconds since the start."""
        print(f"{self.clock.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def is_news(self, said: Mapping[str, Any]) -> bool:
        """Whether nobody has told this entry of the timeline yet."""
        entry = tuple(said[name] for name in ("kind", "at", "lot", "subject", "detail"))
        new = entry not in self.told
        self.told.add(entry)
        self.heard.add(str(said["kind"]))
        self.news.set()
        return new

    def fault(self, text: str) -> None:
        """Something did not hold."""
        self.faults.append(text)
        self.say(f"FAULT: {text}")


def rehearse(args: argparse.Namespace) -> int:
    """Run `hall rehearse --bidders N --out DIR`; exit 0 only if every step held."""
    if args.list_faults:
        for one in PLOTS.values():
            print(f"{one.name:<18} {one.clause:<7} {one.says}")
        return 0
    if args.out is None:
        print("hall rehearse: say where the results go, with --out DIR", file=sys.stderr)
        return 2
    if args.bidders < MIN_BIDDERS:
        print(f"hall rehearse: an opening needs at least {MIN_BIDDERS} bidders", file=sys.stderr)
        return 2
    plot = PLOTS[args.fault] if args.fault else None
    bidders = max(args.bidders, plot.bidders if plot else MIN_BIDDERS)
    _clear(args.out)
    try:
        played = _rehearse(bidders, args.out.resolve(), args.seed, plot, args.custody, args.whole_tender)
        return asyncio.run(until_signalled(played))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("hall rehearse: stopped, everything is taken down", file=sys.stderr)
        return 130


def _clear(out: Path) -> None:
    """Take away what an earlier rehearsal left, or its bundle might be judged for this one's; anything else stays."""
    out.mkdir(parents=True, exist_ok=True)
    for name in (
        "report.json",
        "record.pdf",
        "bundle.zip",
        "trust.json",
        "recordings.key",
        "hall.log",
        "robots.log",
        "steps.log",
    ):
        (out / name).unlink(missing_ok=True)
    for paper in (*out.glob("award_notice-*.pdf"), *out.glob("result_notice-*.pdf")):
        paper.unlink()
    shutil.rmtree(out / "recordings", ignore_errors=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall rehearse`."""
    parser.add_argument("--bidders", type=int, default=MIN_BIDDERS, metavar="N", help="at least 3")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="report, record, bundle, trust file and recordings",
    )
    parser.add_argument(
        "--fault", choices=sorted(PLOTS), metavar="KIND", help="play this fault, see --list-faults"
    )
    parser.add_argument(
        "--list-faults", action="store_true", help="the faults that can be played, with their clause"
    )
    parser.add_argument(
        "--custody",
        choices=("hall", "custodians"),
        default="hall",
        help="who keeps released keys until the disclosure: the hall, or supervisor (and notary)",
    )
    parser.add_argument(
        "--whole-tender",
        action="store_true",
        help="from filing to award and one complaint, with the opening in between",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the robots' prices and names")


async def _rehearse(bidders: int, out: Path, seed: int, plot: Plot | None, custody: str, whole: bool) -> int:
    clock = HallClock()
    play = Play(clock, clock.monotonic(), plot=plot)
    play.present.set()
    lead = int((8_000 + 1_500 * bidders) * _busy())
    name = "演示市第一小学教学楼工程施工"
    scene = Scene("T2026-001", "DEMO-2026-001", name, bidders, lead, custody=custody)
    if plot is not None:
        scene = replace(scene, on_call=plot.on_call, movable_clock=True)
        play.say(f"the fault to be played: {plot.name} (clause {plot.clause}): {plot.says}")
    if whole:
        lead = int(_BEFORE * _busy())
        scene = replace(scene, lead_ms=scene.lead_ms + lead, published=False, movable_clock=True)
    with tempfile.TemporaryDirectory(prefix="hall-rehearsal-") as temporary:
        stage = Stage(Path(temporary), scene)
        try:
            async with asyncio.timeout((240 if plot is None else 480) + 15 * bidders + 240 * whole):
                play.say(f"demo certificates for {bidders} bidders and the staff")
                pki = await asyncio.to_thread(stage.prepare)
                await stage.open()
                play.say(f"the hall listens at {stage.base}")
                await (_around if whole else _played)(play, stage, pki, seed, out)
                await _fetch(play, stage, pki, out)
        except TimeoutError:
            play.fault("the rehearsal took too long and was ended")
        except HallError as error:
            play.fault(f"{error}")
        finally:
            await stage.close()
        await _judge(play, out)
        if whole and not play.faults:
            for text in await silent(out / "bundle.zip", out / "trust.json"):
                play.fault(text)
        if play.faults and stage.log.exists():
            shutil.copy(stage.log, out / "hall.log")
            (out / "robots.log").write_text("\n".join(play.said) + "\n", encoding="utf-8")
            print(stage.last_words(), file=sys.stderr)
    told, recordings = _bundle(out)
    if plot is not None and plot.counts_pictures:
        told = replace(told, lost=await asyncio.to_thread(_lost, play, told, recordings, out))
    rows = told.rows
    if rows:
        without = plot.without if plot else frozenset[str]()
        witnesses = [one for name, one in play.witnesses.items() if name not in without]
        for text in reports.contradictions(rows, witnesses):
            play.fault(text)
        for text in unplayed(told, plot) if plot else []:
            play.fault(text)
        for text in [] if plot and plot.strike else reports.gaps(recordings, play.published):
            play.fault(text)
    if (outcome := reports.outcome(rows)) != "opened" and not play.faults:
        play.fault(f"the outcome is {outcome}")
    fault = plot.name if plot else ""
    done = reports.report(rows, recordings, tender=scene.tender, lot=LOT, faults=play.faults, fault=fault)
    done |= {"lost": told.lost} if told.lost else {}
    text = json.dumps(done, ensure_ascii=False, indent=1)
    (out / "report.json").write_text(text + "\n", encoding="utf-8")
    play.say("every step held" if done["ok"] else f"{len(play.faults)} faults, see {out / 'report.json'}")
    return 0 if done["ok"] else 1


def _busy() -> float:
    """How many times longer everything takes here now than on an idle machine, from 1 to 2.5: the bidders need the time
    from the hall's start to the deadline for themselves."""
    return min(2.5, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


async def _strike(play: Play, stage: Stage, plot: Plot) -> None:
    """Make the plot's fault at its moment."""
    if plot.strike is None:
        return
    if plot.before_deadline:
        left = stage.deadline_ms - await stage.hall_time()
        await asyncio.sleep(max(0.0, left / 1000 - plot.before_deadline))
    else:
        while plot.when not in play.heard:
            play.news.clear()
            await play.news.wait()
    play.say(f"the fault strikes: {plot.name}")
    play.present.clear()
    try:
        deposits = {name: one.deposited[LOT] for name, one in play.witnesses.items() if one.deposited}
        await plot.strike(stage, deposits)
    finally:
        play.struck_at = play.clock.monotonic()
        play.present.set()
    play.say("the fault is over")


async def _around(play: Play, stage: Stage, pki: DemoPki, seed: int, out: Path) -> None:
    """The opening, with all that comes before and after it (`--whole-tender`)."""
    steps: list[str] = []
    async with WholeTender(stage, pki, play.say) as people:
        await people.before()
        steps += people.steps
    await _played(play, stage, pki, seed, out)
    async with WholeTender(stage, pki, play.say) as people:
        people.steps[:] = [*steps, "the opening was held"]
        await people.after()
        await people.keep(out)


async def _played(play: Play, stage: Stage, pki: DemoPki, seed: int, out: Path) -> None:
    """Start the robots, listen to them, and return when all have left."""
    del out
    plans = _plans(stage, pki, seed, play.plot)
    for plan in plans.values():
        play.witnesses.update({one.id: reports.Witness() for one in plan.players if one.role == "bidder"})
    running = [
        tasks.start(_robots(play, stage, role, name, plan), f"robots {name}")
        for (role, name), plan in plans.items()
    ]
    fault = tasks.start(_strike(play, stage, play.plot), "the fault") if play.plot else None
    server = tasks.start(stage.gone(), "the hall ends")
    try:
        waiting = set(running)
        while waiting:
            done, waiting = await asyncio.wait({*waiting, server}, return_when=asyncio.FIRST_COMPLETED)
            waiting.discard(server)
            if server not in done:
                continue
            await play.present.wait()
            if not stage.running:
                raise Unavailable("hall_died")
            server = tasks.start(stage.gone(), "the hall ends")
    finally:
        await tasks.stop(*running, server, fault)


def _plans(stage: Stage, pki: DemoPki, seed: int, plot: Plot | None) -> dict[tuple[str, str], Plan]:
    """One process each for every bidder and the host, one for all other staff."""
    clips = Path(tempfile.gettempdir()) / "hall-clips"

    def plan(*players: Player) -> Plan:
        work = stage.directory / "robots"
        work.mkdir(exist_ok=True)
        return Plan(stage.base, stage.scene.tender, work, clips, seed, PACE, OBJECTION_PAUSE_MS, players)

    twists = plot.twists if plot else {}

    def player(identity: DemoIdentity, role: str, *, objects: bool = False) -> Player:
        twist = twists.get(identity.id, "")
        other = next(one.p12 for one in pki.bidders if one.id != identity.id) if twist else None
        return Player(identity.id, role, identity.p12, PASSWORD, objects=objects, twist=twist, other=other)

    plans = {
        ("bidder", one.id): plan(player(one, "bidder", objects=number == 1))
        for number, one in enumerate(pki.bidders)
    }
    plans["host", "host"] = plan(player(pki.by_role("host"), "host"))
    plans["staff", "staff"] = plan(
        *(player(pki.by_role(role), role) for role in _STAFF),
        *(player(one, one.role) for one in pki.on_call if plot and one.id in plot.on_call),
    )
    return plans


async def _robots(play: Play, stage: Stage, role: str, name: str, plan: Plan) -> None:
    """One process of robots from start to end; what it says is heard line by line."""
    path = plan.work / f"{name}.json"
    plan.write(path)
    async with python_process(
        "-m", "hall.rehearsal.robots", "--role", role, "--config", str(path), log=stage.log
    ) as (
        lines,
        ended,
    ):
        async for line in lines:
            _hear(play, line)
        code = await ended()
    if code != 0:
        play.fault(f"the process of {name} ended with {code}")


def _hear(play: Play, line: bytes) -> None:
    """Take what a robot says."""
    play.said.append(f"{play.clock.monotonic() - play.began:8.3f} {line.decode('utf-8', 'replace').rstrip()}")
    try:
        said: dict[str, Any] = json.loads(line)
        robot, event = str(said["robot"]), str(said["event"])
    except (ValueError, KeyError, TypeError):
        play.fault(f"a robot said something that is no message: {line[:200]!r}")
        return
    if robot in play.witnesses:
        play.witnesses[robot].hear(said)
    match event:
        case "unpublish":
            participant = str(said["participant"])
            play.published[participant] = play.published.get(participant, 0.0) + float(said["seconds"])
            play.pictures.setdefault(participant, []).extend((at, number) for at, number in said["pictures"])
        case "timeline" if play.is_news(said) and said["kind"] in MOMENTS:
            detail = f" ({said['detail']})" if said["kind"] == "RecordSigned" else ""
            play.say(MOMENTS[said["kind"]][1] + detail)
        case "deposited":
            play.say(f"{robot} has deposited")
        case "fault":
            play.fault(f"{robot}: {said.get('act', '')} {said['reason']} {said.get('facts', {})}")
        case "left" if said["reason"] not in ("left", "closed"):
            play.fault(f"{robot} had to leave: {said['reason']}")


async def _fetch(play: Play, stage: Stage, pki: DemoPki, out: Path) -> None:
    """Take the results home over the public address: the clerk, or, when there was more than the opening, the
    supervisor, from whom neither evaluators nor complainants are hidden."""
    clerk = pki.by_role("clerk" if stage.scene.published else "supervisor")
    opening = stage.scene.opening
    async with Hall(stage.base, open_p12(clerk.p12.read_bytes(), PASSWORD)) as hall:
        await hall.login(robot=True)
        async with asyncio.timeout(_BUNDLE_WITHIN):
            while True:
                try:
                    await hall.download(f"/api/openings/{opening}/bundle.zip", out / "bundle.zip")
                    break
                except (Refused, Unavailable) as error:
                    if error.code.startswith("no_such"):
                        raise
                    await asyncio.sleep(0.5)
        await hall.download(f"/api/openings/{opening}/record.pdf", out / "record.pdf")
        for name in ("trust.json", "recordings.key"):
            await hall.download(f"/api/openings/{opening}/{name}", out / name)
    play.say("record, bundle and trust file are fetched")


async def _judge(play: Play, out: Path) -> None:
    """Have the bundle verified by a process that has never seen the hall."""
    if not (out / "bundle.zip").exists():
        play.fault("there is no bundle to verify")
        return
    beside = ("--trust", str(out / "trust.json"), "--keys", str(out / "recordings.key"))
    code, said = await finished(*HALL, "verify", str(out / "bundle.zip"), *beside)
    if code == 0:
        play.say("hall verify accepts the bundle")
    else:
        print(said, file=sys.stderr)
        play.fault(f"hall verify refuses the bundle (exit {code})")


def _bundle(out: Path) -> tuple[Told, list[reports.Recording]]:
    """Read what the bundle tells, and lay the recordings beside it, opened with their keys."""
    if not (out / "bundle.zip").exists():
        return Told([], {}), []
    keys = vault.read_key_file((out / "recordings.key").read_bytes())
    indices: list[list[Mapping[str, Any]]] = []
    with zipfile.ZipFile(out / "bundle.zip") as bundle:
        rows = [json.loads(line)["row"] for line in bundle.read("journal.jsonl").splitlines()]
        record: dict[str, Any] = json.loads(bundle.read("record/record.json"))
        found: list[reports.Recording] = []
        for name in sorted(bundle.namelist()):
            match name.split("/"):
                case ["recordings", participant, file] if not file.endswith(".index.jsonl"):
                    media = Path(bundle.extract(name, out))
                    if (key := keys.get((participant, file))) is not None:
                        media.write_bytes(vault.open_bytes(key, 0, media.read_bytes()))
                    index = bundle.extract(name.rsplit(".", 1)[0] + ".index.jsonl", out)
                    text = Path(index).read_text(encoding="utf-8")
                    found.append(reports.recording(participant, name, text))
                    indices.append([json.loads(line) for line in text.splitlines()])
    return Told(rows, record, indices), found


def _lost(play: Play, told: Told, recordings: list[reports.Recording], out: Path) -> dict[str, float]:
    """Participant -> seconds of its picture that were sent before the fault was made, and are in no file: the number
    that the camera showed last against the last one in the recording that the fault cut off."""
    from hall.rehearsal.camera import unrecorded  # WebRTC is heavy, and other rehearsals need none of it here

    found: dict[str, float] = {}
    for one, index in zip(recordings, told.recordings, strict=True):
        sent = [shown for shown in play.pictures.get(one.participant, []) if shown[0] <= play.struck_at]
        if endings.cut_off(index) and sent:
            found[one.participant] = unrecorded(out / one.file, sent)
    return found
