"""`hall release`: open the own bid at the opening, for who has no browser that can (clauses 4.11, 5.3.3).

    hall release --hall URL --p12 FILE --receipt SEALED.bid.receipt.json [--wait]

Makes every check that the web client makes before the key is unwrapped: the head against the own signed statement, the
decrypt command against the certificate that was published at the deposit, the custodians against those published then.
Exit code: 0 released, 1 refused, 2 wrongly called, 3 the line is away.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import binascii
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from hall import tasks, wire
from hall.client.api import Hall
from hall.client.cli_keys import add_key_arguments, open_key, read_passphrase
from hall.client.cli_words import DONE, exit_code, of_system, said
from hall.client.custody import PinnedCustody
from hall.client.keys import KeyHolder
from hall.client.live import Live
from hall.client.recovery import RecoveryFile
from hall.client.release import release as release_key
from hall.clock import HallClock
from hall.errors import HallError, Malformed, Refused

_LATER = frozenset({"too_early", "suspended"})


@dataclass(frozen=True, slots=True)
class Kept:
    """What `hall deposit` kept. commander: DER of the host's certificate; sha256: of the sealed file, hex."""

    tender: str
    lot: str
    sha256: str
    commander: bytes
    custody: PinnedCustody


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall release`."""
    parser.add_argument("--hall", required=True, metavar="URL", help="大厅网址")
    add_key_arguments(parser)
    parser.add_argument(
        "--receipt", type=Path, required=True, metavar="FILE", help="hall deposit 保存的 .receipt.json"
    )
    parser.add_argument(
        "--recovery", type=Path, metavar="FILE", help="证书已无法解密：按招标文件的补救方案凭恢复文件解密"
    )
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="从文件第一行读取恢复口令；否则在终端询问"
    )
    parser.add_argument("--reason", default="数字证书无法解密", metavar="TEXT", help="改用恢复文件的原因")
    parser.add_argument("--wait", action="store_true", help="等待解密指令（或恢复）后立即解密")
    parser.add_argument("--take-over", action="store_true", help="接替本单位在另一台设备上的在线连接")
    parser.add_argument("--memory", type=Path, metavar="DIR", help="保存已核验的大厅记录，供下次比对")


def release(args: argparse.Namespace) -> int:
    """Run `hall release`; give the exit code."""
    try:
        kept = read_kept(args.receipt.read_bytes())
        recovery = None
        if args.recovery is not None:
            recovery = RecoveryFile(args.recovery.read_bytes(), read_passphrase(args), args.reason)
        ack = asyncio.run(_released(args, open_key(args), kept, recovery))
    except HallError as error:
        print(f"hall release: {said(error)}", file=sys.stderr)
        return exit_code(error)
    except OSError as error:
        words, code = of_system(error)
        print(f"hall release: {words}", file=sys.stderr)
        return code
    print(f"已解密。大厅收到时刻 {ack.received_at}（毫秒，UTC）")
    return DONE


def read_kept(data: bytes) -> Kept:
    """Read what `hall deposit` kept. Raises Malformed("malformed_receipt")."""
    try:
        found = json.loads(data)
        receipt, custody = found["receipt"], found["custody"]
        return Kept(
            tender=str(receipt["tender"]),
            lot=str(receipt["lot"]),
            sha256=str(receipt["sha256"]),
            commander=base64.b64decode(found["commander"], validate=True),
            custody=PinnedCustody(
                str(custody["rule"]),
                tuple(base64.b64decode(der, validate=True) for der in custody["custodians"]),
                base64.b64decode(custody["owner"], validate=True),
                tuple(str(one) for one in custody.get("deputies", ())),
            ),
        )
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise Malformed("malformed_receipt") from None


async def _released(
    args: argparse.Namespace, identity: KeyHolder, kept: Kept, recovery: RecoveryFile | None
) -> wire.Ack:
    clock = HallClock()
    async with Hall(args.hall, identity, memory=args.memory, clock=clock) as hall:
        await hall.login()
        card = await hall.tender(kept.tender)
        live = Live(hall, card.opening, clock, take_over=args.take_over)
        line = tasks.start(live.run(), "line of the release")
        try:
            return await _patiently(hall, live, line, kept, recovery, wait=args.wait)
        finally:
            await live.leave()
            await tasks.stop(line)


async def _patiently(
    hall: Hall,
    live: Live,
    line: asyncio.Task[str],
    kept: Kept,
    recovery: RecoveryFile | None,
    *,
    wait: bool,
) -> wire.Ack:
    """Release as soon as it is the time; without `wait` only if it is the time now."""
    told = ""
    while True:
        live.news.clear()
        if live.view is not None:
            try:
                ack, _ = await release_key(
                    hall,
                    live,
                    kept.lot,
                    kept.commander,
                    kept.sha256,
                    custody=kept.custody,
                    recovery=recovery,
                )
            except Refused as error:
                if not wait or error.code not in _LATER:
                    raise
                if told != error.code:
                    told = error.code
                    print(f"等待中：{said(error)}", file=sys.stderr)
            else:
                return ack
        news = tasks.start(live.news.wait(), "news of the release")
        try:
            await asyncio.wait({news, line}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await tasks.stop(news)
        if line.done():
            raise Refused("opening_closed", reason=line.result())
