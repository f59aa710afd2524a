"""The `hall` command. Each subcommand's module is imported only when it is asked for, so `hall --help` is quick.

What lives here: the names of the commands, and those that belong to the server. What may not: their work.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hall.config import BadConfig, Config, load
from hall.errors import HallError
from hall.procurement.parties import REQUIRED

USAGE: Final = 2
"""Exit code of a command that was called wrongly or may not run so."""

AddArguments = Callable[[argparse.ArgumentParser], None]
Run = Callable[[argparse.Namespace], int]


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand: `module` has `add_arguments(parser)` and the function `run(args) -> exit code`."""

    help: str
    module: str
    run: str


COMMANDS: Final = {
    "serve": Command("run the server", "hall.cli", "serve"),
    "admin": Command("parties, certificates, tenders, appointments", "hall.cli", "administer"),
    "rebuild": Command("make the lists anew from the journal", "hall.cli", "rebuild"),
    "seal": Command("seal a bid", "hall.client.cli", "seal"),
    "check": Command(
        "check certificate, signature and trial decryption", "hall.client.cli_check", "check_command"
    ),
    "deposit": Command("hand in a sealed bid", "hall.client.cli_deposit", "deposit"),
    "withdraw": Command("take the own bid back before the deadline", "hall.client.cli_withdraw", "withdraw"),
    "release": Command("open the own bid at the opening", "hall.client.cli_release", "release"),
    "restore": Command("bring a deposited bid again", "hall.client.cli_restore", "restore"),
    "ukey": Command("let a page use this machine's token", "hall.ukey.cli", "run"),
    "verify": Command("verify a bundle offline", "hall.evidence.cli", "verify"),
    "recordings": Command("list, export and verify recordings", "hall.recordings_cli", "run"),
    "rehearse": Command("play a whole opening by robots", "hall.rehearsal.rehearse", "rehearse"),
    "demo": Command("an opening to play yourself, on localhost", "hall.rehearsal.demo", "demo"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; give the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="hall", description="不见面开标大厅: online opening of tenders.")
    parsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    asked = next((word for word in given if word in COMMANDS), None)
    for name, command in COMMANDS.items():
        sub = parsers.add_parser(name, help=command.help, description=command.help)
        if name == asked:
            _describe(name, sub)
    args = parser.parse_args(given)
    command = COMMANDS[args.command]
    run: Run = getattr(importlib.import_module(command.module), command.run)
    return run(args)


def _describe(name: str, parser: argparse.ArgumentParser) -> None:
    if name in ("serve", "rebuild"):
        parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="see deploy/hall.toml")
    elif name == "admin":
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        plan = actions.add_parser("import", help="import parties, tenders and appointments from a file")
        plan.add_argument("--config", type=Path, default=Path("hall.toml"), metavar="FILE")
        plan.add_argument("file", type=Path, metavar="FILE.toml")
    else:
        add_arguments: AddArguments = importlib.import_module(COMMANDS[name].module).add_arguments
        add_arguments(parser)


def serve(args: argparse.Namespace) -> int:
    """`hall serve`: run until SIGTERM."""
    from hall.app import serve as run_server

    return _with_config(args.config, lambda config: asyncio.run(run_server(config)))


def administer(args: argparse.Namespace) -> int:
    """`hall admin import`: make a plan true in the hall's journal; the server must not run meanwhile."""
    from hall.app import import_file

    def run(config: Config) -> int:
        plan = asyncio.run(import_file(config, args.file))
        print(f"imported {args.file}: {len(plan.parties)} parties, {len(plan.tenders)} tenders")
        for tender in plan.tenders:
            # clause 5.3.1: each post names a deputy at scheduling; without one the project owner appoints on the day
            named = {post.role for post in tender.opening.deputies}
            vacant = [role.value for role in REQUIRED if role not in named]
            if vacant:
                print(f"{tender.opening.opening}: no deputy is named for {', '.join(vacant)}")
        return 0

    return _with_config(args.config, run)


def rebuild(args: argparse.Namespace) -> int:
    """`hall rebuild`: make the query tables anew from the rows; the server must not run meanwhile."""
    from hall.adapters.rebuild import rebuild_lists

    def run(config: Config) -> int:
        print(f"the lists are made anew of {asyncio.run(rebuild_lists(config))} rows")
        return 0

    return _with_config(args.config, run)


def _with_config(path: Path, run: Callable[[Config], int]) -> int:
    """Read the settings and run; what an operator can mend is said in words and ends with code 2."""
    try:
        return run(load(path, os.environ))
    except BadConfig as error:
        print(f"hall: {error}", file=sys.stderr)
    except HallError as error:
        print(f"hall: {WORDS.get(error.code, 'stopped')} ({error})", file=sys.stderr)
    except OSError as error:
        print(f"hall: {error}", file=sys.stderr)
    return USAGE


WORDS: Final = {
    "journal_locked": "another process uses this journal; stop the server first",
    "journal_failed": "the journal could not be written; look at the disk",
    "key_file_exposed": "a key file can be read by others; chmod 600 it",
    "key_file_damaged": "a key file has the wrong length; restore it from your copy",
    "media_unavailable": "the media workers did not start",
    "deadline_at_midnight": "a deadline at 0:00 leaves no time to sign in (clause 5.3.3)",
    "window_too_short": "the decryption window is at least 60 minutes (clause 5.3.4)",
    "minimum_too_low": "an opening needs at least three bidders",
    "post_vacant": "appoint somebody to every post (clause 5.3.1)",
    "announcer_is_scrutineer": "announcer and scrutineer are to be of different parties (clause 5.3.1)",
    "no_lots": "a tender has at least one lot",
}
"""What the operator reads; a refusal that is not here is named by its code."""
