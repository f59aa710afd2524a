"""`hall verify BUNDLE [--trust FILE] [--keys FILE] [--kept FILE]… [--font FILE] [--bold FILE] [--json]`.

Exit 0: nothing failed, 1: something did, 2: no bundle.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from hall.errors import HallError, Malformed
from hall.evidence.bundle import Anchors, NotABundle, read_anchors
from hall.evidence.verdicts import Status
from hall.evidence.verify import Result
from hall.evidence.verify import verify as verify_bundle
from hall.procurement import canonical
from hall.recording.vault import read_key_file

_WORDS: Final = {
    Status.PROVED: "proved",
    Status.ASSERTED: "asserted",
    Status.FAILED: "FAILED",
    Status.NOT_COVERED: "not covered",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall verify`."""
    parser.add_argument("bundle", metavar="BUNDLE", help="the bundle of an opening, a ZIP file")
    parser.add_argument("--trust", metavar="FILE", help="anchors published with the tender (trust.json)")
    parser.add_argument("--keys", metavar="FILE", help="what opens encrypted recordings (recordings.key)")
    parser.add_argument(
        "--kept",
        metavar="FILE",
        action="append",
        default=[],
        help="what a client kept of the history, or saw contradicted (JSON); may be given again",
    )
    parser.add_argument(
        "--font", metavar="FILE", help="what the hall draws its records with: letters are compared, too"
    )
    parser.add_argument("--bold", metavar="FILE", help="the same for headings")
    parser.add_argument("--json", action="store_true", help="print the verdicts as JSON")


def verify(args: argparse.Namespace) -> int:
    """The command. args: bundle (path), trust, keys (path or None), kept (paths), font, bold (path or None),
    json (bool)."""
    try:
        keys = read_key_file(Path(args.keys).read_bytes()) if args.keys is not None else {}
    except (HallError, OSError) as error:
        print(f"The key file can't be read: {error}", file=sys.stderr)
        return 2
    try:
        kept = [_kept(Path(path)) for path in args.kept]
    except (ValueError, OSError) as error:
        print(f"A kept file can't be read: {error}", file=sys.stderr)
        return 2
    fonts = (Path(args.font), Path(args.bold) if args.bold else None) if args.font else None
    try:
        result = verify_bundle(Path(args.bundle), _trust(args.trust), keys, kept, fonts)
    except NotABundle as error:
        print(f"{args.bundle} is no bundle of an opening ({error.facts.get('reason', '')}).", file=sys.stderr)
        return 2
    except (HallError, OSError) as error:
        print(f"The trust file can't be read: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        _print(result)
    return 0 if result.ok else 1


def _trust(path: str | None) -> Anchors | None:
    if path is None:
        return None
    found = canonical.loads(Path(path).read_bytes())
    if not isinstance(found, dict):
        raise Malformed("malformed_trust")
    return read_anchors(found)


def _kept(path: Path) -> dict[str, Any]:
    """What a client wrote down. Raises ValueError for what is no JSON object."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{path} is no JSON object")
    return found


def _print(result: Result) -> None:
    whom = f"bidder {result.holder}" if result.holder else f"the {result.entitlement}"
    print(f"tender {result.tender}, opening {result.opening} ({result.mode}), made for {whom}")
    for note in result.notes:
        print(f"  {note}")
    print(f"anchors ({'given' if result.trusted else 'the bundle’s own'}):")
    for anchor in result.anchors:
        print(f"  {anchor}")
    for check in result.checks:
        print(f"{check.check:<24} {_WORDS[check.status]:<12} {check.says} ({check.clause})")
        for fault in check.faults:
            print(f"{'':<24} {'':<12} - {fault}")
    for verdict in result.verdicts:
        print(f"{verdict.clause:<10} {_WORDS[verdict.status]:<12} {verdict.says}")
        for fault in verdict.faults:
            print(f"{'':<10} {'':<12} - {fault}")
    failed = [v.clause for v in result.verdicts if v.status is Status.FAILED]
    failed += [c.check for c in result.checks if c.status is Status.FAILED and c.clause not in failed]
    print(f"verdict: {'refused: ' + ', '.join(failed) if failed else 'accepted'}")
