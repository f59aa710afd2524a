"""One act that a robot wants to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Intent:
    """One act to send. Release and record signature have no body yet: their client makes it.

    moments: what in the body is reckoned from the present moment. Two intents that differ in nothing else are the same
    one, thought of twice.
    """

    act: str
    lot: str = ""
    body: Mapping[str, object] = field(default_factory=dict)
    moments: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def said(self) -> dict[str, object]:
        """The body to sign."""
        return {**self.body, **self.moments}
