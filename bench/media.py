"""The media plane beside Janus: what forwarding and recording cost, how late packets are, what a crash loses.

N representatives send 640x360 at 15 pictures a second, 400 kbit/s, with sound; all of it is recorded, and M viewers
watch everybody. The hall is its real media worker, driven as the server drives it, and writes recordings that play as
they are; Janus 1.1.2 from Debian is tuned (`event_loops=1`) and writes .mjr files. The same load (bench.load.media)
drives both, in alternating turns; the middle turn counts. CPU is the server process's own, user and system, divided
by the seconds of streams it received. Everything happens in a network namespace of its own.

    apt-get install janus      # once; nothing else of the hall needs it
    make bench BENCH=media             # about twenty minutes
    make bench BENCH="media soak"      # joins and leaves for ten minutes: does memory stay flat?

`python -m bench.media --quick 20x2` is one turn of one case, `recorded` only what is said of recordings: for a look
while working.
"""

from __future__ import annotations

import argparse
import array
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import av

from bench.load.media_hall import OPENING
from bench.load.media_janus import PORT, janus
from bench.load.parts import Part, module, part
from bench.table import Row, publish
from hall.rehearsal.camera import AUDIO_RATE, FPS, beeps, read_counter

ADDRESS = "10.99.0.1"
CASES = ((20, 0), (20, 2), (100, 0), (100, 2))
SERVERS = ("hall", "janus")
TURNS = 3
WARM_S, MEASURE_S, CONTROL_S = 3.0, 12.0, 6.0
COVERED, COVERAGE_S = 10, 15.0
LOSS, STEP_S = 0.02, 60.0
SOAK_MINUTES = 10
NAMES = {"janus": "Janus tuned", "bundled": "Janus tuned, one connection per viewer"}
_INSIDE = "HALL_BENCH_NAMESPACE"
_MONO = av.AudioResampler(format="s16", layout="mono", rate=AUDIO_RATE)


def enter_namespace() -> None:
    """Start this program again inside a network namespace of its own, with one address; it ends with the program."""
    if os.environ.get(_INSIDE):
        for command in (
            "link set lo up",
            "link add hall0 type veth peer name hall1",
            f"addr add {ADDRESS}/24 dev hall0",
            "link set hall0 up",
            "link set hall1 up",
        ):
            subprocess.run(["ip", *command.split()], check=True)
        return
    flags = "-n" if os.geteuid() == 0 else "-rn"
    os.environ[_INSIDE] = "1"
    command = ["unshare", flags, sys.executable, "-m", "bench.media", *sys.argv[1:]]
    os.execvp(command[0], command)  # noqa: S606 - the arguments are this program's own


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


@dataclass(slots=True)
class Turn:
    """One server's turn of one case."""

    cpu_ms: float
    memory: float
    late: dict[str, float]
    load: dict[str, Any]
    control: dict[str, float] = field(default_factory=dict)


@contextmanager
def serving(name: str, directory: Path, codec: str, *more: str) -> Iterator[tuple[Part, int, Part | None]]:
    """A server and the load for it: the load, the server's process id, the hall's door."""
    if name == "hall":
        with part(module("bench.load.media_hall", directory, ADDRESS)) as door:
            found = door.hear()
            with part(module("bench.load.media", "hall", found["url"], ADDRESS, codec, *more)) as load:
                load.hear()
                yield load, found["pid"], door
        return
    recordings = directory / "recordings"
    recordings.mkdir()
    with janus(directory, ADDRESS) as pid:
        url = f"ws://127.0.0.1:{PORT}#{recordings}"
        with part(module("bench.load.media", name, url, ADDRESS, codec)) as load:
            load.hear()
            yield load, pid, None


def turn(name: str, representatives: int, viewers: int, seconds: float, codec: str = "h264") -> Turn:
    """Let one server have its turn of one case."""
    with (
        tempfile.TemporaryDirectory() as directory,
        serving(name, Path(directory), codec) as (load, pid, door),
    ):
        load.ask({"do": "connect", "representatives": representatives, "viewers": viewers})
        load.ask({"do": "wait", "seconds": WARM_S})
        before = cpu_seconds(pid)
        found = load.ask({"do": "measure", "seconds": seconds})
        spent = cpu_seconds(pid) - before
        result = Turn(
            cpu_ms=spent * 1000 / found["seconds"] / representatives,
            memory=resident_mib(pid),
            late=found["late_ms"],
            load=found,
        )
        if door is not None:
            # Afterwards, so that the asking costs the worker nothing while its CPU is read.
            result.control = door.ask({"do": "control", "seconds": CONTROL_S})
        return result


def compare(cases: tuple[tuple[int, int], ...], turns: int, seconds: float) -> list[Row]:
    rows: list[Row] = []
    for representatives, viewers in cases:
        servers = [*SERVERS, *(["bundled"] if viewers else [])]
        taken: dict[str, list[Turn]] = {name: [] for name in servers}
        for _ in range(turns):
            for name in servers:
                one = turn(name, representatives, viewers, seconds)
                taken[name].append(one)
                tell(f"{representatives}x{viewers} {name}", one)
        rows += case_rows(representatives, viewers, taken, seconds)
    return rows


def tell(what: str, one: Turn) -> None:
    late = " ".join(f"{k} {v:.2f}" for k, v in one.late.items())
    load, control = one.load, one.control
    print(
        f"{what}: {one.cpu_ms:.2f} ms/stream-s, {one.memory:.0f} MiB, late {late}, sent {load['sent']} arrived "
        f"{load['arrived']} missing {load['missing']}, load {load['load_cpu']:.0%} of a core, control {control}, "
        f"machine {os.getloadavg()[0]:.1f}",
        file=sys.stderr,
    )


def case_rows(representatives: int, viewers: int, taken: dict[str, list[Turn]], seconds: float) -> list[Row]:
    case = f"{representatives} representatives, {viewers} viewers"
    turns = len(taken["hall"])
    # With `chrt -r 1` the run has its turn before everything else on a machine that is not idle.
    before = "before all else (real-time priority), " if os.sched_getscheduler(0) == os.SCHED_RR else ""
    busy = f"{before}load average {os.getloadavg()[0]:.0f}"
    how = f"all recorded; {seconds:.0f} s, middle of {turns} alternating turns; {busy}"

    def middle(name: str, figure: str) -> float:
        values = [t.late[figure] if figure in t.late else getattr(t, figure) for t in taken[name]]
        return round(median(values), 3)

    def row(title: str, figure: str, unit: str, peer: str | None) -> Row:
        return Row(
            case=f"{case}: {title}",
            ours=middle("hall", figure),
            unit=unit,
            how=how,
            peer=middle(peer, figure) if peer else None,
            peer_name=NAMES[peer] if peer else None,
        )

    peers = [name for name in taken if name != "hall"]
    rows = [row("CPU per stream-second", "cpu_ms", "ms", peer) for peer in peers]
    rows += [row("memory", "memory", "MiB", "janus")]
    if viewers:
        rows += [row(f"forwarding {n}", n, "ms", "janus") for n in ("p50", "p99")]
    for title, figure in (("control round trip", "p99"), ("round trip to an idle process", "floor_p99")):
        trips = [t.control[figure] for t in taken["hall"]]
        rows.append(Row(case=f"{case}: {title} p99", ours=round(median(trips), 2), unit="ms", how=how))
    return rows


# ------------------------------------------------------------ what is recorded


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one participant's indices hold: samples of each kind, and hall time in ms up to which they reach."""

    video: int
    audio: int
    until: int


def recorded(directory: Path, name: str) -> Recorded:
    """Read a participant's indices; a torn last line, as a killed worker leaves it, does not count."""
    fragments = []
    for index in sorted((directory / OPENING / name).glob("*.index.jsonl")):
        whole = index.read_text().rpartition("\n")[0]
        lines = [json.loads(line) for line in whole.splitlines()]
        fragments += [line for line in lines if line["kind"] == "fragment"]
    return Recorded(
        video=sum(f["video"] for f in fragments),
        audio=sum(f["audio"] for f in fragments),
        until=max((f["utc"] + f["duration"] for f in fragments), default=0),
    )


def coverage(codec: str, loss: float) -> Row:
    """How much of what was sent is in the recordings, and whether a player reads them."""
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory)
        with serving("hall", base, codec) as (load, _, door):
            assert door is not None
            load.ask({"do": "connect", "representatives": COVERED, "viewers": 0})
            load.ask({"do": "wait", "seconds": COVERAGE_S, "loss": loss})
            sent = load.ask({"do": "stop"})
            door.ask({"do": "settle"})
        kept = {name: recorded(base, name) for name in sent}
        for media in base.glob(f"{OPENING}/*/*.*"):
            if media.suffix in (".mp4", ".webm"):
                read = subprocess.run(["ffprobe", "-v", "error", str(media)], capture_output=True, check=True)
                assert not read.stderr, (media, read.stderr)
    frames = sum(s["video"] + s["audio"] for s in sent.values())
    found = sum(k.video + k.audio for k in kept.values())
    lossy = f", {loss:.0%} of packets lost" if loss else ""
    how = f"pictures and packets of sound in the index / sent; {COVERED} representatives, {COVERAGE_S:.0f} s{lossy}"
    return Row(case=f"coverage, {codec}{lossy}", ours=round(100 * found / frames, 3), unit="%", how=how)


def killed() -> Row:
    """How much is missing at the end of recordings whose worker was killed."""
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory)
        with serving("hall", base, "h264") as (load, _, door):
            assert door is not None
            load.ask({"do": "connect", "representatives": COVERED, "viewers": 0})
            load.ask({"do": "wait", "seconds": 6.3})
            at = door.ask({"do": "kill"})["at"]
            names = list(load.ask({"do": "stop"}))
        lost = max((at - recorded(base, name).until) / 1000 for name in names)
    how = f"SIGKILL; the worst of {COVERED} recordings, from the kill back to the end of the last whole fragment"
    return Row(case="media lost by a killed worker", ours=round(max(0.0, lost), 3), unit="s", how=how)


def in_step(loss: float) -> list[Row]:
    """How far sound and picture of a recording lie apart: each beep belongs to a picture with a full second."""
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory)
        with serving("hall", base, "h264", "--counting") as (load, _, door):
            assert door is not None
            load.ask({"do": "connect", "representatives": 3, "viewers": 0})
            load.ask({"do": "wait", "seconds": STEP_S, "loss": loss})
            load.ask({"do": "stop"})
            door.ask({"do": "settle"})
        apart = sorted(a for media in base.glob(f"{OPENING}/*/*.mp4") for a in _apart(media))
    how = f"beep against the picture of the full second, {len(apart)} beeps of 3 recordings of {STEP_S:.0f} s"
    case = f"sound after picture, {loss:.0%} of packets lost"
    ends = apart[len(apart) // 50], apart[-1 - len(apart) // 50]
    return [
        Row(case=f"{case}: median", ours=round(median(apart), 1), unit="ms", how=how),
        Row(case=f"{case}: p2", ours=round(ends[0], 1), unit="ms", how=how),
        Row(case=f"{case}: p98", ours=round(ends[1], 1), unit="ms", how=how),
    ]


def _apart(media: Path) -> list[float]:
    """Milliseconds from each picture that shows a full second to its beep, by the file's own times."""
    seconds: list[float] = []
    sound = array.array("h")
    with av.open(str(media)) as container:
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                if (number := read_counter(frame)) is not None and number % FPS == 0:
                    seconds.append(frame.time or 0.0)
            elif isinstance(frame, av.AudioFrame):
                [part] = _MONO.resample(frame)
                lost = round((frame.time or 0.0) * AUDIO_RATE) - len(sound)
                sound.frombytes(bytes(2 * max(0, lost)))  # what was lost is silence, and takes its time
                sound.frombytes(bytes(part.planes[0])[: part.samples * 2])
    near = [(beep, min(seconds, key=lambda at: abs(at - beep))) for beep in beeps(sound)]
    return [(beep - at) * 1000 for beep, at in near if abs(beep - at) < 0.45]


def soak() -> None:
    """Joins and leaves for ten minutes: memory of the worker, minute by minute."""
    seen: list[tuple[int, float]] = []
    joins = 0
    with (
        tempfile.TemporaryDirectory() as directory,
        serving("hall", Path(directory), "h264") as (load, pid, _),
    ):
        load.ask({"do": "connect", "representatives": COVERED, "viewers": 1})
        for minute in range(SOAK_MINUTES):
            joins += load.ask({"do": "churn", "seconds": 60})["joins"]
            seen.append((joins, resident_mib(pid)))
            print(f"minute {minute + 1}: {joins} joins, {seen[-1][1]:.1f} MiB", file=sys.stderr)
    half = seen[len(seen) // 2 :]
    grown = (half[-1][1] - half[0][1]) / max(1, half[-1][0] - half[0][0]) * 1000
    how = f"{joins} joins and leaves in {SOAK_MINUTES} minutes beside {COVERED} representatives who stay"
    rows = [
        Row(case="soak: memory after a minute", ours=round(seen[0][1], 1), unit="MiB", how=how),
        Row(case="soak: memory at the end", ours=round(seen[-1][1], 1), unit="MiB", how=how),
        Row(case="soak: grown per 1000 joins, second half", ours=round(grown, 2), unit="MiB", how=how),
    ]
    publish("media_soak", rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.media")
    parser.add_argument("mode", nargs="?", choices=("compare", "recorded", "soak"), default="compare")
    parser.add_argument("--quick", metavar="NxM", help="one turn of one case; writes nothing")
    parser.add_argument("--servers", default="hall,janus")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--seconds", type=float, default=MEASURE_S)
    options = parser.parse_args()
    enter_namespace()
    if options.quick:
        representatives, viewers = (int(n) for n in options.quick.split("x"))
        for name in options.servers.split(","):
            tell(f"{options.quick} {name}", turn(name, representatives, viewers, options.seconds))
        return
    if options.mode == "soak":
        soak()
        return
    kept = [coverage("h264", 0.0), coverage("vp8", 0.0), coverage("h264", LOSS), killed(), *in_step(LOSS)]
    if options.mode == "recorded":
        for row in kept:
            print(row.case, row.ours, row.unit)
        return
    publish("media", [*compare(CASES, options.turns, options.seconds), *kept])


if __name__ == "__main__":
    main()
