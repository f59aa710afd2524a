"""The hall's statements on paper: drawn in a process of the pool, sealed in a thread with the hall's own certificate.

What may not live here: what a statement says.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor

from hall.adapters.record_office import Fonts
from hall.clock import Clock
from hall.config import BadConfig, SigningSection
from hall.errors import HallError
from hall.procurement.statement import Statement
from hall.signing import statement_pdf, suite
from hall.signing.certificates import load_certificate
from hall.signing.timestamps import TimeSource


class Statements:
    """The hall's `StatementOffice`. by: None where the hall has no certificate of its own; then what vouches for a
    paper is the log key's signature in its attachment."""

    def __init__(
        self, pool: Executor, by: statement_pdf.Seal | None, stamps: TimeSource, faces: Fonts, clock: Clock
    ) -> None:
        self._pool = pool
        self._by = by
        self._stamps = stamps
        self._fonts = faces
        self._clock = clock

    async def pdf(self, statement: Statement) -> bytes:
        """See the port."""
        by, faces = self._by, self._fonts
        run = asyncio.get_running_loop().run_in_executor
        drawn = await run(self._pool, _draw, statement, faces, by is not None)
        if by is None:
            return drawn
        now = self._clock.now()
        return await asyncio.to_thread(
            statement_pdf.seal, drawn, by, self._stamps, now, faces.plain, faces.bold
        )


def hall_seal(signing: SigningSection, chain: tuple[bytes, ...]) -> statement_pdf.Seal | None:
    """The certificate and key that the settings name, None where they name none. Raises BadConfig."""
    if signing.seal_cert is None or signing.seal_key is None:
        return None
    try:
        certificate = load_certificate(signing.seal_cert.read_bytes())
        return statement_pdf.Seal(certificate, suite.load_private_key(signing.seal_key.read_bytes()), chain)
    except OSError as error:
        raise BadConfig(f"signing.seal_cert, signing.seal_key: {error.filename}: {error.strerror}") from None
    except HallError as error:
        raise BadConfig(f"signing.seal_cert, signing.seal_key: {error.code}") from None


def _draw(statement: Statement, faces: Fonts, sealed: bool) -> bytes:
    return statement_pdf.statement_pdf(statement, faces.plain, faces.bold, sealed=sealed)
