"""`hall deposit`: hand in a sealed bid, for who has no browser that can (clause 5.2.2).

    hall deposit --hall URL --p12 FILE SEALED.bid

Every segment is opened with the very key before anything is sent. A broken upload goes on from where it was, by itself
and when the same command is run again. Beside SEALED.bid come to lie `SEALED.bid.receipt.json` (both signatures, and
whom a release will listen to, as published now) and `SEALED.bid.receipt.pdf` (under the hall's seal).
Exit code: 0 deposited, 1 refused, 2 wrongly called, 3 the line is away.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final
from urllib.parse import quote

from hall import wire
from hall.client.api import Hall, TenderCard
from hall.client.cli_keys import Progress, add_key_arguments, open_key
from hall.client.cli_words import DONE, exit_code, of_system, said
from hall.client.custody import PinnedCustody, pin
from hall.client.keys import KeyHolder
from hall.clock import Clock, HallClock
from hall.errors import HallError, Unavailable
from hall.procurement.acts import SignedAct
from hall.signing import sealed_bid

_TRIES: Final = 60
_PAUSE: Final = 10.0
"""Tries, and seconds between them, while the line is away: ten minutes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall deposit`."""
    parser.add_argument("--hall", required=True, metavar="URL", help="大厅网址，例如 https://kb.example.cn")
    add_key_arguments(parser)
    parser.add_argument(
        "--memory", type=Path, metavar="DIR", help="保存已核验的大厅记录，供下次比对（默认不保存）"
    )
    parser.add_argument("sealed", type=Path, metavar="SEALED.bid", help="hall seal 制作的加密文件")


def deposit(args: argparse.Namespace) -> int:
    """Run `hall deposit`; give the exit code."""
    clock = HallClock()
    try:
        identity = open_key(args)
        progress = Progress(clock)
        header, made = tested(args.sealed, identity, progress)
        receipt = asyncio.run(_handed_in(args, identity, header, made, clock, progress))
    except HallError as error:
        if paper := error.facts.get("document"):
            error.facts["paper"] = _kept(args.sealed, ".refusal.json", str(paper).encode())
        print(f"hall deposit: {said(error)}", file=sys.stderr)
        return exit_code(error)
    except OSError as error:
        words, code = of_system(error)
        print(f"hall deposit: {words}", file=sys.stderr)
        return code
    print(f"已递交。收到时刻 {receipt.received_at}（毫秒，UTC），SHA-256 {receipt.sha256}")
    print(f"请保存：{args.sealed}、{args.sealed}.receipt.json、{args.sealed}.receipt.pdf")
    return DONE


def tested(
    path: Path, identity: KeyHolder, progress: Progress
) -> tuple[sealed_bid.SealedHeader, sealed_bid.SealReceipt]:
    """Open every segment of the sealed file with the very key, as the deposit statement will say, and hash it.

    Raises what `sealed_bid.decrypt_file` and `KeyHolder.unwrap` raise.
    """
    with path.open("rb") as file:
        header = sealed_bid.read_header(file)
        key = identity.unwrap(header)
        file.seek(0)
        done = 0

        def opened(part: bytes | bytearray | memoryview) -> None:
            nonlocal done
            done += len(part)
            progress.tell("自检", done, header.size)

        sealed_bid.decrypt_file(file, key, opened)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    receipt = sealed_bid.SealReceipt(
        header.file_length, digest, header.commit, header.tag_commit, header.recipient
    )
    return header, receipt


async def _handed_in(
    args: argparse.Namespace,
    identity: KeyHolder,
    header: sealed_bid.SealedHeader,
    made: sealed_bid.SealReceipt,
    clock: Clock,
    progress: Progress,
) -> wire.Receipt:
    async with Hall(args.hall, identity, memory=args.memory, clock=clock) as hall:
        for last in (*[False] * (_TRIES - 1), True):
            try:
                return await _once(hall, args.sealed, header, made, progress)
            except Unavailable as error:
                if last or error.code not in ("hall_unreachable", "unexpected_answer", "unavailable"):
                    raise
                print(f"与大厅的连接中断，{_PAUSE:.0f} 秒后从断点继续……", file=sys.stderr)
                await asyncio.sleep(_PAUSE)
        raise Unavailable("hall_unreachable")


async def _once(
    hall: Hall,
    path: Path,
    header: sealed_bid.SealedHeader,
    made: sealed_bid.SealReceipt,
    progress: Progress,
) -> wire.Receipt:
    await hall.login()
    card = await hall.tender(header.tender)
    host = next(post for post in card.staff if post.role == "host")
    commander = await hall.certificate(card.opening, host.certificate)
    custody = await pin(hall, card)
    receipt, act = await hall.deposit(
        card, header, path, made, progress=lambda done: progress.tell("上传", done, made.size)
    )
    _kept(path, ".receipt.json", kept_text(receipt, act, card, commander, custody))
    paper = await hall.get_bytes(f"/api/tenders/{quote(card.tender)}/lots/{quote(header.lot)}/receipt.pdf")
    _kept(path, ".receipt.pdf", paper)
    return receipt


def kept_text(
    receipt: wire.Receipt, act: SignedAct, card: TenderCard, commander: bytes, custody: PinnedCustody
) -> bytes:
    """What the bidder keeps: both sides' signatures, and as it was published at the deposit who commands a decryption
    and who keeps keys, so that no later word of the hall can change it."""
    text = json.dumps(
        {
            "receipt": asdict(receipt),
            "act": act.to_json(),
            "log_key": card.log_key,
            "commander": _b64(commander),
            "custody": {
                "rule": custody.rule,
                "custodians": [_b64(der) for der in custody.custodians],
                "owner": _b64(custody.owner),
                "deputies": list(custody.deputies),
            },
        },
        ensure_ascii=False,
        indent=2,
    )
    return text.encode()


def _kept(path: Path, suffix: str, data: bytes) -> Path:
    beside = path.with_name(path.name + suffix)
    beside.write_bytes(data)
    return beside


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
