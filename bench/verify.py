"""Verifying a bundle against hashing its bytes, in one run: how near the one is to the other.

    make bench BENCH=verify                      20 bidders, as many MB each as the disk has room for, at most 100
    python -m bench.verify --bidders 20 --mb 10

A whole opening is played inside this process for its journal, record and keys; the sealed bids of its four bidders are
then grown until they are as many bytes together, and everything is signed anew. Hashing is SHA-256 over the bundle's
file, once on one core, and once on all of them in as many pieces: the second is the floor of anything that reads every
byte.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import logging
import mmap
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.table import Row, publish
from hall.evidence import pages
from hall.evidence.bundle import Anchors, BundleWriter, read_anchors
from hall.evidence.verify import verify
from hall.procurement import canonical
from hall.signing import record_pdf, record_words
from hall.signing.record_drawn import Face, empty_letters
from hall.signing.record_layout import typefaces
from hall.storage.keys import HallKeys
from tests.forger import Forger
from tests.own_hall import own_hall, play

MEGABYTE = 1_000_000
PIECE = 1 << 20
MOST = 100
RUNS = 3


def main() -> None:
    """Make the bundle, then measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bidders", type=int, default=20)
    parser.add_argument("--mb", type=int, default=0, help="of each sealed bid; 0: what the disk has room for")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)  # the hall tells when its machine is busy; here it is made busy
    with tempfile.TemporaryDirectory() as folder:
        room = shutil.disk_usage(folder).free // 4 // asked.bidders // MEGABYTE
        size = (asked.mb or min(MOST, room)) * MEGABYTE
        small, trust = asyncio.run(_played(Path(folder)))
        log_key = HallKeys.load_or_create(Path(folder) / "hall/data/keys").log
        bundle = _swollen(Forger.of(small, log_key), Path(folder), asked.bidders * size)
        measure(bundle, read_anchors(trust), asked.bidders, size)


async def _played(folder: Path) -> tuple[Path, dict[str, object]]:
    """An ordinary opening's bundle and its trust file."""
    (folder / "hall").mkdir()
    async with own_hall(folder / "hall") as hall:
        small = await play(hall)
        return Path(shutil.copy(small, folder)), hall.core.archive.trust(hall.actor("clerk"))


def _swollen(forger: Forger, folder: Path, size: int) -> Path:
    """The same opening with `size` bytes of sealed bids, shared among its bidders; everything is signed anew."""
    names = [name for name in forger.members if name.startswith("sealed/")]
    large = {name: folder / name.replace("/", "-") for name in names}
    new: dict[str, str] = {}
    for name, path in large.items():
        small = forger.members[name]
        new[hashlib.sha256(small).hexdigest()] = _grown(small, path, size // len(names))
    sizes = {digest: path.stat().st_size for digest, path in zip(new.values(), large.values(), strict=True)}
    _retell(forger, lambda value: _told(value, new, sizes))
    for proof in forger.rows("FreshnessProved"):
        for item in proof["body"]["items"]:
            path = large[f"sealed/{proof['body']['lot']}/{item['bidder']}.bid"]
            item["digest"] = _digest(path, bytes.fromhex(proof["body"]["challenge"]))
    closed = forger.row("DepositsClosed")["body"]
    old, manifest = closed["manifest"], hashlib.sha256(canonical.dumps(closed["deposits"])).hexdigest()
    _retell(forger, lambda value: _told(value, {old: manifest}, {}))
    for line in forger.lines:
        if act := line["row"]["body"].get("act"):
            forger._sign(act)
    forger.write(folder / "small.zip", record=True)
    _draw(forger)
    small_bundle, bundle = forger.write(folder / "small.zip"), folder / "large.zip"
    with zipfile.ZipFile(small_bundle) as opened:
        head = json.loads(opened.read("bundle.json"))
        writer = BundleWriter(bundle)
        for name in opened.namelist():
            if name in large:
                writer.add_file(name, large[name])
                large[name].unlink()
            elif name != "bundle.json":
                writer.add(name, opened.read(name))
    writer.close({key: value for key, value in head.items() if key != "members"})
    return bundle


def _grown(small: bytes, path: Path, size: int) -> str:
    """Write a sealed bid made longer; gives its digest. Its header stays: what is measured is reading, not opening."""
    digest, rest = hashlib.sha256(small), size - len(small)
    with path.open("wb") as file:
        file.write(small)
        while rest > 0:
            piece = os.urandom(min(PIECE, rest))
            digest.update(piece)
            file.write(piece)
            rest -= len(piece)
    return digest.hexdigest()


def _digest(path: Path, before: bytes) -> str:
    digest = hashlib.sha256(before)
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _retell(forger: Forger, change: Callable[[Any], Any]) -> None:
    for line in forger.lines:
        line["row"]["body"] = change(line["row"]["body"])


def _told(value: Any, new: dict[str, str], sizes: dict[str, int]) -> Any:
    """A body with other digests, and the sizes that belong to them, inside signed bodies too."""
    match value:
        case str():
            return new.get(value, value)
        case list():
            return [_told(item, new, sizes) for item in value]
        case {"body": str(body), "body_digest": _}:
            text = canonical.dumps(_told(json.loads(body), new, sizes)).decode()
            rest = {key: _told(item, new, sizes) for key, item in value.items()}
            return rest | {"body": text, "body_digest": hashlib.sha256(text.encode()).hexdigest()}
        case dict():
            told = {key: _told(item, new, sizes) for key, item in value.items()}
            if "size" in told and told.get("sha256") in sizes:
                told["size"] = sizes[told["sha256"]]
            return told
        case _:
            return value


def measure(bundle: Path, anchors: Anchors, bidders: int, size: int) -> None:
    """Take turns, so that the machine is the same for both; the best of a few."""
    times: dict[str, list[float]] = {"verify": [], "one": [], "all": []}
    for _ in range(RUNS):
        times["one"].append(_seconds(lambda: _hash(bundle, 1)))
        times["verify"].append(_seconds(lambda: _accepted(bundle, anchors)))
        times["all"].append(_seconds(lambda: _hash(bundle, os.cpu_count() or 1)))
    best = {name: min(found) for name, found in times.items()}
    what = f"{bidders} x {size // MEGABYTE} MB of sealed bids, {bundle.stat().st_size} bytes in all, best of {RUNS}"
    rows = [
        Row(
            case=f"verify a bundle, beside hashing it {how}",
            ours=best["verify"],
            unit="s",
            how=f"{what}; every clause is judged",
            peer=best[peer],
            peer_name=f"SHA-256 {how}",
        )
        for peer, how in (("one", "on one core"), ("all", "on all cores"))
    ]
    speed = bundle.stat().st_size / best["verify"] / MEGABYTE
    publish("verify", [*rows, Row(case="speed of verifying", ours=speed, unit="MB/s", how=what)])


def _draw(forger: Forger) -> None:
    """The pages of the forger's record, as its record.json says them: blank ones are refused."""
    content = forger.members["record/record.json"]
    record = pages.read(content)
    assert record is not None
    known = {ord(one) for one in record_words.alphabet() + content.decode()}
    letters = Face(860, -140, 625, dict.fromkeys(range(0x20, 0x7F), 609.375))
    with typefaces(*(empty_letters(name, letters, known) for name in ("plain", "bold"))):
        drawn = record_pdf.draw(record)
    forger.record_again(content, drawn=drawn)


def _accepted(bundle: Path, anchors: Anchors) -> None:
    result = verify(bundle, anchors)
    failed = [v for v in (*result.verdicts, *result.checks) if v.faults]
    if failed:
        raise SystemExit(f"the bundle of the benchmark is refused: {failed}")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _hash(path: Path, pieces: int) -> None:
    """SHA-256 over a file's bytes, in so many pieces at a time."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        step = -(-len(mapped) // pieces)
        parts = [memoryview(mapped)[at : at + step] for at in range(0, len(mapped), step)]
        try:
            with ThreadPoolExecutor(pieces) as pool:
                list(pool.map(lambda part: hashlib.sha256(part).digest(), parts))
        finally:
            for part in parts:
                part.release()


if __name__ == "__main__":
    main()
