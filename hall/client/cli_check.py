"""`hall check`: try certificate, signature, trial decryption and line before the opening (clause 4.9).

    hall check --hall URL --p12 FILE [--opening ID] [--receipt FILE]

Every line says what was found and what to do. The signed result lies in the hall, and with its acknowledgement in the
receipt's file. Exit code: 0 all is well or to be minded, 1 something has to be mended or was refused, 2 wrongly called,
3 the line is away.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final

from hall.client.api import Hall
from hall.client.check import Result, check
from hall.client.cli_keys import add_key_arguments, open_key
from hall.client.cli_words import DONE, REFUSED, exit_code, of_system, said
from hall.client.keys import KeyHolder
from hall.clock import Clock, HallClock
from hall.errors import HallError, Refused

_NAMES: Final = {
    "network": "到大厅的网络",
    "clock": "电脑时钟",
    "certificate": "数字证书",
    "revocation": "证书吊销状态",
    "validity": "证书有效期",
    "deposit": "证书与已递交文件",
    "signing": "签名",
    "decryption": "试解密",
    "sealing": "试加密",
}
_LEVELS: Final = {"green": "正常", "amber": "注意", "red": "须处理"}
_DO: Final = {
    ("network", "amber"): "请改用有线网络，关闭下载",
    ("network", "red"): "请更换网络后重试",
    ("clock", "amber"): "一切以大厅时间为准；建议校准电脑时间",
    ("certificate", "red"): "请联系证书颁发机构更换，并用新证书重新递交",
    ("revocation", "amber"): "暂时查不到，不影响使用；大厅会继续查询",
    ("revocation", "red"): "证书已被吊销，请立即更换并重新递交",
    ("validity", "red"): "证书在开标后 24 小时内到期，请尽快续期并重新递交",
    ("deposit", "red"): "请现在用这张证书重新加密并递交；原证书请保留到开标结束",
    ("decryption", "red"): "请确认选对了证书、插好证书介质；仍不行请联系证书颁发机构",
    ("sealing", "red"): "请检查磁盘空间后重试",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall check`."""
    parser.add_argument("--hall", required=True, metavar="URL", help="大厅网址，例如 https://kb.example.cn")
    add_key_arguments(parser)
    parser.add_argument("--opening", default="", metavar="ID", help="针对的开标；默认第一个有席位的")
    parser.add_argument(
        "--receipt", type=Path, default=Path("self-check.json"), metavar="FILE", help="回执存放处"
    )


def check_command(args: argparse.Namespace) -> int:
    """Run `hall check`; give the exit code."""
    try:
        results, receipt = asyncio.run(_checked(args, open_key(args), HallClock()))
        args.receipt.write_text(json.dumps(receipt, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except HallError as error:
        print(f"hall check: {said(error)}", file=sys.stderr)
        return exit_code(error)
    except OSError as error:
        words, code = of_system(error)
        print(f"hall check: {words}", file=sys.stderr)
        return code
    for one in results:
        print(_line(one))
    print(f"自检回执：{args.receipt}")
    return REFUSED if any(one.level == "red" for one in results) else DONE


async def _checked(
    args: argparse.Namespace, identity: KeyHolder, clock: Clock
) -> tuple[list[Result], dict[str, Any]]:
    async with Hall(args.hall, identity) as hall:
        seats = await hall.login()
        opening = args.opening or await _first(hall, [seat.participant for seat in seats])
        return await check(hall, opening, clock)


async def _first(hall: Hall, seats: list[str]) -> str:
    me = await hall.get("/api/me")
    found = [str(role["opening"]) for role in me["roles"]]
    if not seats or not found:
        raise Refused("not_appointed")
    return found[0]


def _line(one: Result) -> str:
    fact = f"（{one.fact}）" if one.fact else ""
    advice = _DO.get((one.check, one.level), "")
    return f"{_LEVELS[one.level]}  {_NAMES[one.check]}{fact}{'：' + advice if advice else ''}"
