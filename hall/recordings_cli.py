"""`hall recordings list | export | verify`: what was recorded, clips of it, and whether it is what it was.

    hall recordings list SOURCE [--participant ID] [--from T] [--to T] [--json]
    hall recordings verify SOURCE [--trust FILE] [--keys FILE] [--json]
    hall recordings export OPENING --hall URL --certificate CERT.pem --key KEY.pem [--role ROLE]
                           --participant ID… (--from T --to T | --event KIND..KIND) --out FILE

SOURCE is a hall's data directory, a bundle or a clip: nothing is asked of a running hall. `export` asks one, with a
login: it is the hall that decides who may, and that journals it. Times: 2026-11-23T09:00:00+08:00, or ms UTC.
Exit: 0 done and nothing failed, 1 something failed or was refused, 2 called wrongly.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import mmap
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import aiohttp

from hall.client.api import Hall
from hall.client.keys import from_pem
from hall.errors import HallError, Malformed
from hall.evidence.bundle import Anchors, Bundle, NotABundle, read_anchors
from hall.evidence.clips import HEAD as CLIP_HEAD
from hall.evidence.clips import ClipResult, verify_clip
from hall.evidence.verdicts import Status
from hall.evidence.verify import INTEGRITY
from hall.evidence.verify import verify as verify_bundle
from hall.procurement import canonical
from hall.recording.manifest import Verification, head_stands_in, verify_recording
from hall.recording.vault import read_key_file

_INDEX: Final = ".index.jsonl"
_SUFFIXES: Final = ("mp4", "webm", "mjpeg", "bin")
_EVER: Final = 1 << 52
_SHANGHAI: Final = timedelta(hours=8)
_WORDS: Final = {
    "may_not_watch": "you may not see these recordings now",
    "not_now": "clips are made when all bidders are announced",
    "nothing_recorded": "nothing of them was recorded in this time",
    "export_too_long": "the clip is too long; export it in parts",
    "exports_busy": "many clips are being made; try again in a minute",
    "no_such_event": "your timeline has no such event",
    "recordings_erased": "the recordings were erased when their time was over",
    "not_appointed": "your certificate has no seat at this opening",
    "unknown_certificate": "this hall does not know your certificate",
    "malformed_certificate": "the certificate can't be read (PEM or DER expected)",
    "malformed_key": "the key can't be read (PKCS#8 PEM without password expected)",
    "malformed_trust": "the trust file can't be read",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording of a source. verified: the media file held against its index; head: what the journal's last head
    says, None where there is no journal at hand."""

    opening: str
    file: str
    verified: Verification
    size: int
    head: bool | None

    def to_json(self) -> dict[str, object]:
        """For `--json`."""
        epoch, fragments = self.verified.epoch, self.verified.fragments
        return {
            "opening": self.opening,
            "participant": epoch.participant if epoch else "",
            "file": self.file,
            "mime": epoch.mime if epoch else "",
            "scheme": epoch.scheme if epoch else "",
            "start": fragments[0].utc if fragments else 0,
            "end": fragments[-1].until if fragments else 0,
            "size": self.size,
            "ended": self.verified.end_cause,
            "journal": self.head,
            "faults": [str(fault) for fault in self.verified.faults],
        }

    @property
    def failed(self) -> bool:
        return bool(self.verified.faults) or self.head is False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall recordings`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what a data directory, a bundle or a clip holds")
    listing.add_argument("source", type=Path, metavar="SOURCE")
    listing.add_argument("--participant", default="", metavar="ID")
    _times(listing)
    listing.add_argument("--json", action="store_true")
    check = actions.add_parser("verify", help="hold recordings against their index and the journal, offline")
    check.add_argument("source", type=Path, metavar="SOURCE")
    check.add_argument("--trust", type=Path, metavar="FILE", help="anchors published with the tender")
    check.add_argument(
        "--keys", type=Path, metavar="FILE", help="what opens encrypted recordings of a bundle"
    )
    check.add_argument("--json", action="store_true")
    export = actions.add_parser("export", help="have a running hall make a clip")
    export.add_argument("opening", metavar="OPENING")
    export.add_argument("--hall", required=True, metavar="URL")
    export.add_argument("--certificate", type=Path, required=True, metavar="CERT.pem")
    export.add_argument("--key", type=Path, required=True, metavar="KEY.pem")
    export.add_argument("--role", default="", help="for who holds several posts")
    export.add_argument("--participant", action="append", required=True, metavar="ID")
    _times(export)
    export.add_argument("--event", default="", metavar="KIND..KIND", help="instead of --from and --to")
    export.add_argument("--out", type=Path, required=True, metavar="FILE")


def run(args: argparse.Namespace) -> int:
    """Run `hall recordings`; give the exit code."""
    try:
        match args.action:
            case "list":
                return _list(args)
            case "verify":
                return _verify(args)
            case _:
                return asyncio.run(_export(args))
    except NotABundle as error:
        print(f"{args.source}: neither bundle nor clip ({error.facts.get('reason', '')})", file=sys.stderr)
        return 2
    except HallError as error:
        print(f"hall recordings: {_WORDS.get(error.code, 'refused')} ({error})", file=sys.stderr)
        return 1
    except (OSError, aiohttp.ClientError) as error:
        print(f"hall recordings: {error}", file=sys.stderr)
        return 2


def moment(text: str) -> int:
    """ms UTC of a moment on the command line. Raises ArgumentTypeError."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text}: a moment is 2026-11-23T09:00:00+08:00, or ms UTC")
    return int(found.timestamp() * 1000)


def _times(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", type=moment, default=0, metavar="T")
    parser.add_argument("--to", dest="end", type=moment, default=_EVER, metavar="T")


# ---------------------------------------------------------------- list, verify


def _list(args: argparse.Namespace) -> int:
    if args.source.is_file() and _is_clip(args.source):
        return _told_clip(verify_clip(args.source, None), as_json=args.json)
    shown = [
        told
        for one in _found(args.source, look=False)
        if (told := one.to_json())["participant"] == (args.participant or told["participant"])
        and int(str(told["start"])) <= args.end
        and int(str(told["end"])) >= args.start
    ]
    if args.json:
        print(json.dumps(shown, ensure_ascii=False, indent=2))
    for told in [] if args.json else shown:
        seconds = (int(str(told["end"])) - int(str(told["start"]))) / 1000
        print(
            f"{told['opening']}  {told['file']:<32} {_when(told['start'])} – "
            f"{_when(told['end'])}  {seconds:9.1f} s {told['size']:>12} B  {told['ended'] or 'open'}"
        )
    return 0


def _verify(args: argparse.Namespace) -> int:
    trust = _trust(args.trust)
    if args.source.is_file() and _is_clip(args.source):
        return _told_clip(verify_clip(args.source, trust), as_json=args.json)
    found = list(_found(args.source, _keys(args.keys)))
    failed = [one for one in found if one.failed]
    above: list[dict[str, object]] = []
    if args.source.is_file():
        result = verify_bundle(args.source, trust, _keys(args.keys))
        above = [
            {"clause": v.clause, "status": v.status.value, "says": v.says, "faults": list(v.faults)}
            for v in result.verdicts
            if v.clause in (INTEGRITY, "6.1")
        ]
    ok = not failed and all(v["status"] != Status.FAILED.value for v in above)
    if args.json:
        print(json.dumps({"ok": ok, "files": [one.to_json() for one in found], "verdicts": above}, indent=2))
        return 0 if ok else 1
    for one in found:
        head = {True: "stands under the journal’s head", False: "NOT under the journal’s head", None: ""}[
            one.head
        ]
        print(f"{'FAILED' if one.failed else 'whole':<8} {one.opening}/{one.file}  {head}")
        for fault in one.verified.faults:
            print(f"{'':<8} - {fault}")
    for verdict in above:
        print(f"{verdict['status']:<12} {verdict['clause']}: {verdict['says']}")
    print(f"verdict: {'accepted' if ok else 'refused'}, {len(found)} recordings")
    return 0 if ok else 1


def _told_clip(result: ClipResult, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
        return 0 if result.ok else 1
    head = result.head
    print(f"clip of opening {head.get('opening')}, tender {head.get('tender')} ({head.get('mode')})")
    print(f"  {_when(head.get('from'))} – {_when(head.get('to'))}, exported {_when(head.get('exported_at'))}")
    print(f"anchors ({'given' if result.trusted else 'the clip’s own: origin not proven'}):")
    for anchor in result.anchors:
        print(f"  {anchor}")
    for one in result.files:
        print(f"{one.status.value:<12} {one.path}: {one.says}")
    for fault in (*result.faults, *(f for one in result.files for f in one.faults)):
        print(f"{'FAILED':<12} {fault}")
    print(f"verdict: {'accepted' if result.ok else 'refused'}")
    return 0 if result.ok else 1


def _found(
    source: Path, keys: Mapping[tuple[str, str], bytes] | None = None, *, look: bool = True
) -> Iterator[Recorded]:
    """Every recording of a source, held against its index. look: at the media, too; else the index alone speaks."""
    if source.is_dir():
        yield from _in_directory(source, look=look)
        return
    bundle = Bundle(source)
    try:
        opening = str(bundle.head.get("opening"))
        for name in (n for n in bundle.under("recordings") if n.endswith(_INDEX)):
            stem = name.removesuffix(_INDEX)
            media = next((n for s in _SUFFIXES if (n := f"{stem}.{s}") in bundle.names), "")
            stored = bundle.read(media) if look else b""
            found = verify_recording(
                stored, bundle.read(name), lambda e: (keys or {}).get((e.participant, e.file))
            )
            file = (media or stem).removeprefix("recordings/")
            yield Recorded(opening, file, found, bundle.size(media), None)
    finally:
        bundle.close()


def _in_directory(data: Path, *, look: bool) -> Iterator[Recorded]:
    recordings = data / "recordings" if (data / "recordings").is_dir() else data
    heads: dict[str, dict[tuple[str, str], tuple[int, str]]] = {}
    for index in sorted(recordings.glob(f"*/*/*{_INDEX}")):
        opening, stem = index.parent.parent.name, index.name.removesuffix(_INDEX)
        media = next((m for s in _SUFFIXES if (m := index.with_name(f"{stem}.{s}")).exists()), None)
        told = heads.setdefault(opening, _heads(data / "journal.db", opening))
        found = _held(media if look else None, index.read_bytes())
        name = media.name if media else stem
        head = told.get((index.parent.name, name))
        stands = head_stands_in(found, *head) if head else None
        size = media.stat().st_size if media else 0
        yield Recorded(opening, f"{index.parent.name}/{name}", found, size, stands)


def _held(media: Path | None, lines: bytes) -> Verification:
    if media is None or media.stat().st_size == 0:
        return verify_recording(b"", lines)
    with media.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        view = memoryview(whole)
        try:
            return verify_recording(view, lines)
        finally:
            view.release()


def _heads(journal: Path, opening: str) -> dict[tuple[str, str], tuple[int, str]]:
    """(participant, file) -> (fragments, chain) of the last heads in a journal, read beside the hall that writes it."""
    if not journal.is_file():
        return {}
    question = "SELECT body FROM rows WHERE stream = ? AND kind = 'RecordingHeads' ORDER BY seq DESC LIMIT 1"
    connection = sqlite3.connect(f"file:{quote(str(journal))}?mode=ro", uri=True)
    try:
        row = connection.execute(question, (f"opening/{opening}",)).fetchone()
    finally:
        connection.close()
    heads: list[dict[str, Any]] = json.loads(row[0])["heads"] if row else []
    return {(h["participant"], h["file"]): (h["fragments"], h["chain"]) for h in heads}


def _is_clip(path: Path) -> bool:
    try:
        Bundle(path, CLIP_HEAD).close()
    except NotABundle:
        return False
    return True


def _trust(path: Path | None) -> Anchors | None:
    if path is None:
        return None
    found = canonical.loads(path.read_bytes())
    if not isinstance(found, dict):
        raise Malformed("malformed_trust")
    return read_anchors(found)


def _keys(path: Path | None) -> dict[tuple[str, str], bytes]:
    return {} if path is None else read_key_file(path.read_bytes())


def _when(ms: object) -> str:
    if type(ms) is not int or not 0 < ms < _EVER // 8:
        return "?"
    return f"{datetime.fromtimestamp(ms / 1000, UTC) + _SHANGHAI:%Y-%m-%d %H:%M:%S}"


# ---------------------------------------------------------------- export


async def _export(args: argparse.Namespace) -> int:
    identity = from_pem(args.certificate.read_bytes(), args.key.read_bytes())
    base = f"/api/openings/{quote(args.opening)}/recordings"
    role = f"?role={quote(args.role)}" if args.role else ""
    async with Hall(args.hall, identity) as hall:
        await hall.login()
        start, end = args.start, args.end
        if args.event:
            query = urlencode({"event": args.event} | ({"role": args.role} if args.role else {}))
            meant = await hall.get(f"{base}/interval?{query}")
            start, end = meant["from"], meant["to"]
        wanted = {"participants": args.participant, "from": start, "to": end}
        made = await hall.post(f"{base}/exports{role}", wanted)
        await hall.download(f"{base}/exports/{made['clip']}{role}", args.out)
    print(f"{args.out}: {made['size']} bytes, sha256 {made['clip']}")
    return 0
