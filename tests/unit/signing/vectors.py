"""Reads the vectors that hall and browser share."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parents[2] / "vectors"


@cache
def vectors(name: str) -> dict[str, Any]:
    """Give the content of tests/vectors/<name>.json."""
    loaded: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded
