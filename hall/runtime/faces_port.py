"""What the runtime needs of whoever compares faces (clause 5.3.7): optional, and nothing depends on its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hall.session.events import Likeness


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two pictures of faces said. `tenths`: their distance in tenths, 0 … 10, and 10 where none could be found."""

    likeness: Likeness
    tenths: int


class Faces(Protocol):
    """Compares faces for people who look themselves. Keeps and logs nothing of what it was shown."""

    async def compare(self, reference: bytes, live: bytes) -> Comparison:
        """Compare two JPEGs; UNSURE for all that can't be compared. Never raises for what they hold."""
        ...
