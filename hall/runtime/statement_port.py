"""The port through which the hall's statements become papers."""

from __future__ import annotations

from typing import Protocol

from hall.procurement.statement import Statement


class StatementOffice(Protocol):
    """Draws and seals statements, outside the event loop."""

    async def pdf(self, statement: Statement) -> bytes:
        """The statement as a PDF/A with its JSON attached, under the hall's seal where it has one.

        Raises Unavailable when no time stamp is to be had.
        """
        ...
