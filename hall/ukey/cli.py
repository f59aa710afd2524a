"""`hall ukey`: lets pages of a hall use the key in this machine's token, each use with this person's consent.

hall ukey --pkcs11 LIBRARY.so --origin https://hall.example.cn [--origin ...] [--port N] [--terminal]
hall ukey --forget
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import sys
import webbrowser
from pathlib import Path
from typing import Final

from aiohttp import web

from hall.client.token import Tokens
from hall.clock import HallClock
from hall.errors import HallError
from hall.ukey.dialogue import Terminal
from hall.ukey.pairing import Pairings
from hall.ukey.program import Program
from hall.ukey.server import PORTS, application, listen
from hall.ukey.window import Window
from hall.ukey.words import LANGUAGES

_ORIGIN: Final = re.compile(r"https://[a-z0-9.-]+(:\d+)?|http://([a-z0-9-]+\.)*localhost(:\d+)?")
_WORDS: Final = {
    "token_library": "the PKCS#11 library can't be loaded; ask the token's maker for its path",
    "pairings_damaged": "the file of pairings can't be read; remove it and pair again",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall ukey`."""
    parser.add_argument("--pkcs11", type=Path, metavar="LIBRARY", help="the token maker's PKCS#11 library")
    parser.add_argument(
        "--origin", action="append", default=[], metavar="URL", help="a page that may ask; again for more"
    )
    parser.add_argument(
        "--port", type=int, metavar="N", help=f"on 127.0.0.1; default: the first free of {PORTS}"
    )
    parser.add_argument("--terminal", action="store_true", help="ask here instead of on a local page")
    parser.add_argument(
        "--no-browser", action="store_true", help="print the local page's address, don't open it"
    )
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="zh", help="default: zh")
    parser.add_argument("--state", type=Path, metavar="FILE", help="where pairings are kept")
    parser.add_argument("--forget", action="store_true", help="forget every paired browser, and end")


def run(args: argparse.Namespace) -> int:
    """Run `hall ukey`; give the exit code: 0 ended, 1 refused, 2 wrongly called."""
    try:
        pairings = Pairings(args.state or _state())
        if args.forget:
            print(f"forgotten: {pairings.forget_all()}")
            return 0
        wrong = [one for one in args.origin if not _ORIGIN.fullmatch(one)]
        if args.pkcs11 is None or not args.origin or wrong:
            print(
                "hall ukey: needs --pkcs11 LIBRARY and --origin https://HALL (https, or http on localhost)",
                file=sys.stderr,
            )
            return 2
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_run(args, Tokens(args.pkcs11), pairings))
    except HallError as error:
        print(f"hall ukey: {_WORDS.get(error.code, 'refused')} ({error})", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"hall ukey: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(args: argparse.Namespace, tokens: Tokens, pairings: Pairings) -> None:
    words = LANGUAGES[args.language]
    window = None if args.terminal else Window(words)
    program = Program(tokens, pairings, window or Terminal(words), HallClock(), words)
    listening = listen(PORTS if args.port is None else (args.port,))
    app = application(program, frozenset(args.origin), window.routes() if window else ())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        port = listening.getsockname()[1]
        print(f"hall ukey: 127.0.0.1:{port}", flush=True)
        if window:
            page = f"http://127.0.0.1:{port}{window.path}"
            print(f"{words['program']}: {page}", flush=True)
            if not args.no_browser:
                webbrowser.open(page)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
        program.close()


def _state() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "hall" / "ukey.json"
