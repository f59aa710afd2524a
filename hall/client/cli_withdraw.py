"""`hall withdraw`: take the own bid back before the deadline (clause 5.2.2).

    hall withdraw --hall URL --p12 FILE --tender ID [--lot ID] [--out WORD.json]

The hall's signed word that the bid was withdrawn comes to lie in WORD.json. Afterwards nothing is deposited; a new
deposit is possible until the deadline. It is asked for once more in the terminal, unless `--yes` says so already.
Exit code: 0 withdrawn, 1 refused or not confirmed, 2 wrongly called, 3 the line is away.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from hall.client.api import Hall
from hall.client.cli_keys import add_key_arguments, open_key
from hall.client.cli_words import DONE, REFUSED, exit_code, of_system, said
from hall.client.keys import KeyHolder
from hall.errors import HallError

_YES: Final = "撤回"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall withdraw`."""
    parser.add_argument("--hall", required=True, metavar="URL", help="大厅网址")
    add_key_arguments(parser)
    parser.add_argument("--tender", required=True, metavar="ID")
    parser.add_argument("--lot", default="1", metavar="ID", help="标段，默认 1")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="撤回回执；默认 TENDER-LOT.withdrawal.json（在当前目录）"
    )
    parser.add_argument("--yes", action="store_true", help="不再询问")


def withdraw(args: argparse.Namespace) -> int:
    """Run `hall withdraw`; give the exit code."""
    out: Path = args.out or Path(f"{args.tender}-{args.lot}.withdrawal.json")
    try:
        identity = open_key(args)
        if not args.yes and not _confirmed(args):
            print("hall withdraw: 没有撤回。已递交的投标文件不变。", file=sys.stderr)
            return REFUSED
        word, paper = asyncio.run(_taken_back(args, identity))
        out.write_text(json.dumps(word, ensure_ascii=False, indent=2), encoding="utf-8")
        out.with_suffix(".pdf").write_bytes(paper)
    except HallError as error:
        print(f"hall withdraw: {said(error)}", file=sys.stderr)
        return exit_code(error)
    except OSError as error:
        words, code = of_system(error)
        print(f"hall withdraw: {words}", file=sys.stderr)
        return code
    print(f"已撤回。收到时刻 {word['received_at']}（毫秒，UTC），SHA-256 {word['sha256']}")
    print(f"现在没有递交任何投标文件；投标截止前可以重新递交。请保存：{out}、{out.with_suffix('.pdf')}")
    return DONE


def _confirmed(args: argparse.Namespace) -> bool:
    """A bid that is withdrawn is a bid that does not take part: nobody does that by a slip."""
    asked = f"撤回 {args.tender} 标段 {args.lot} 已递交的投标文件？撤回后视为没有递交。输入“{_YES}”确认："
    try:
        return input(asked).strip() == _YES
    except EOFError:
        return False


async def _taken_back(args: argparse.Namespace, identity: KeyHolder) -> tuple[dict[str, Any], bytes]:
    """The hall's signed word, and the same on paper."""
    async with Hall(args.hall, identity) as hall:
        await hall.login()
        word = await hall.withdraw(await hall.tender(args.tender), args.lot)
        papers = f"/api/tenders/{quote(args.tender)}/papers"
        number = (await hall.get(papers))["withdrawals"].index(word)
        return word, await hall.get_bytes(f"{papers}/withdrawals/{number}")
