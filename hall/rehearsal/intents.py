"""One act that a robot wants to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Intent:
    """One act to send. Release and record signature have no body yet: their client makes it."""

    act: str
    lot: str = ""
    body: Mapping[str, object] = field(default_factory=dict)
