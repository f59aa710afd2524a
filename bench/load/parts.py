"""Processes of a benchmark that answer each line with a line of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
ENDS_WITHIN = 60
"""Seconds."""


class Part:
    """Another process, spoken to line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._stdin: IO[str] = process.stdin
        self._stdout: IO[str] = process.stdout

    def hear(self) -> Any:
        line = self._stdout.readline()
        if not line:
            sys.exit("a part of the benchmark has failed")
        return json.loads(line)

    def ask(self, order: object) -> Any:
        self._stdin.write(json.dumps(order) + "\n")
        self._stdin.flush()
        return self.hear()


@contextmanager
def part(command: list[str]) -> Iterator[Part]:
    """Start a process, and end it afterwards: it sees the end of its orders, and has its own children to end."""
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Part(process)
            assert process.stdin is not None
            process.stdin.close()
            process.wait(ENDS_WITHIN)
        finally:
            process.kill()


def module(name: str, *arguments: object) -> list[str]:
    """The command that runs a module of this project."""
    return [sys.executable, "-m", name, *(str(one) for one in arguments)]
