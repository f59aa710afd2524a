"""`hall restore`: bring a deposited bid again whose copies the hall has damaged (clause 4.7 b).

    hall restore --hall URL --p12 FILE --receipt SEALED.bid.receipt.json SEALED.bid
    hall restore ... --recovery FILE --copy CONTAINER SEALED.bid

The kept sealed file is sent as it is. Who kept a recovery file and the unencrypted copy instead has the very bytes made
again first, into SEALED.bid: they are the deposit if they have the receipt's digest, and nothing else is sent.
Exit code: 0 restored, 1 refused, 2 wrongly called, 3 the line is away.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
from pathlib import Path
from typing import Final

from hall.client.api import Hall
from hall.client.cli_keys import Progress, add_key_arguments, open_key, read_passphrase
from hall.client.cli_release import Kept, read_kept
from hall.client.cli_words import DONE, USAGE, exit_code, of_system, said
from hall.client.keys import KeyHolder
from hall.clock import HallClock
from hall.errors import HallError, Refused
from hall.signing import recovery

_MISCALLED: Final = frozenset({"copy_and_recovery_needed"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall restore`."""
    parser.add_argument("--hall", required=True, metavar="URL", help="大厅网址")
    add_key_arguments(parser)
    parser.add_argument(
        "--receipt", type=Path, required=True, metavar="FILE", help="hall deposit 保存的 .receipt.json"
    )
    parser.add_argument("--recovery", type=Path, metavar="FILE", help="恢复文件；与 --copy 一起使用")
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="从文件第一行读取恢复口令；否则在终端询问"
    )
    parser.add_argument(
        "--copy", type=Path, metavar="FILE", help="未加密的投标文件包（hall seal --copy 所存）"
    )
    parser.add_argument("sealed", type=Path, metavar="SEALED.bid", help="加密文件；由留底重制时写入此处")


def restore(args: argparse.Namespace) -> int:
    """Run `hall restore`; give the exit code."""
    try:
        kept = read_kept(args.receipt.read_bytes())
        if (args.recovery is None) is not (args.copy is None):
            raise Refused("copy_and_recovery_needed")
        if args.recovery is not None:
            sealed_again(args, kept.sha256)
        asyncio.run(_brought(args, open_key(args), kept))
    except HallError as error:
        print(f"hall restore: {said(error)}", file=sys.stderr)  # a command line prints
        return USAGE if error.code in _MISCALLED else exit_code(error)
    except OSError as error:
        words, code = of_system(error)
        print(f"hall restore: {words}", file=sys.stderr)  # as above
        return code
    print("大厅已收到与回执一致的投标文件。")
    return DONE


def sealed_again(args: argparse.Namespace, sha256: str) -> None:
    """Make the deposited file again; it appears whole or not at all. Raises Refused("not_the_deposit") where it has
    another digest than the receipt: an edited copy is no bid."""
    part = args.sealed.with_name(args.sealed.name + ".part")
    try:
        found = recovery.open_file(args.recovery.read_bytes(), read_passphrase(args))
        with args.copy.open("rb") as copy:
            made = recovery.seal_again(copy, found, part)
        if made != sha256:
            raise Refused("not_the_deposit", reason="sha256")
        part.replace(args.sealed)
    finally:
        part.unlink(missing_ok=True)


async def _brought(args: argparse.Namespace, identity: KeyHolder, kept: Kept) -> None:
    with args.sealed.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != kept.sha256:
        raise Refused("not_the_deposit", reason="sha256")
    clock = HallClock()
    progress, size = Progress(clock), args.sealed.stat().st_size
    async with Hall(args.hall, identity, clock=clock) as hall:
        await hall.login()
        await hall.bring_again(
            kept.tender,
            kept.lot,
            args.sealed,
            (size, kept.sha256),
            lambda done: progress.tell("上传", done, size),
        )
