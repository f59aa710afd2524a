"""The opening record's making and signing, outside the event loop: filled from the journal, drawn in a process of the
pool, signed in steps in threads; every revision is kept under its digest.

What may not live here: whose turn it is to sign (`hall.runtime.records`), and what the record says (`record_filler`).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from hall.adapters.record_filler import fill
from hall.adapters.record_matters import unsigned
from hall.adapters.record_rows import Rows
from hall.adapters.trust import Trust
from hall.clock import Clock
from hall.config import BadConfig, SigningSection
from hall.errors import HallError, Refused
from hall.journal.prepared import PreparedState
from hall.procurement import canonical
from hall.runtime.ports import Prepared, RecordSource
from hall.signing import pdf_signer, record_stamp, suite
from hall.signing.certificates import load_certificate
from hall.signing.record_model import OpeningRecord
from hall.signing.record_pdf import render
from hall.signing.record_unsigned import UnsignedPage, render_unsigned
from hall.signing.timestamps import InternalTimeStamps, OutsideTimeStamps, TimeSource
from hall.storage.blobs import Blobs

_KIND: Final = "openings"
_NOTO: Final = Path("/usr/share/fonts/opentype/noto")  # Debian's fonts-noto-cjk


class PreparedStates(Protocol):
    """Where states of interrupted signing wait, for ten minutes."""

    async def put(self, prepared: PreparedState) -> None: ...

    async def get(self, id_: str, now: int) -> PreparedState | None: ...

    async def drop(self, id_: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Fonts:
    """What the record is set in."""

    plain: Path
    bold: Path | None


class Office:
    """The hall's `RecordOffice`. pool: processes for drawing; states: the journal's `prepared`."""

    def __init__(
        self,
        pool: Executor,
        blobs: Blobs,
        states: PreparedStates,
        trust: Trust,
        time_source: TimeSource,
        fonts: Fonts,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._blobs = blobs
        self._states = states
        self._trust = trust
        self._time = time_source
        self._fonts = fonts
        self._clock = clock

    async def draft(self, source: RecordSource) -> tuple[str, str]:
        """Fill, draw and keep the record: (SHA-256 of the PDF, SHA-256 of record.json)."""
        opening, record = source.state.scheduled.opening, fill(source)
        drawing = asyncio.get_running_loop().run_in_executor(self._pool, _draw, record, self._fonts)
        content, pdf = record.to_json(), await drawing
        digest = hashlib.sha256(content).hexdigest()
        await self._blobs.put(_KIND, f"{opening}/{digest}.json", content)
        return await self._keep(opening, pdf), digest

    async def prepare(self, opening: str, revision: str, role: str, certificate: bytes, now: int) -> Prepared:
        """Write the revision that waits for this role's signature; it waits ten minutes."""
        pdf = await self.file(opening, revision)
        loop = asyncio.get_running_loop()
        appearance = await loop.run_in_executor(self._pool, _appearance, certificate, now, self._fonts)
        made = await asyncio.to_thread(
            pdf_signer.prepare,
            pdf,
            role,
            certificate,
            self._trust.intermediates,
            now_ms=now,
            appearance=appearance,
        )
        id_ = secrets.token_hex(16)
        await self._states.put(PreparedState(id_, opening, revision, role, now, made.state))
        return Prepared(id_, revision, made.byte_range_digest, made.signed_attributes)

    async def prepared_file(self, opening: str, prepared: str) -> bytes:
        """The prepared PDF, for the signer to hash itself. Raises Refused("prepared_expired")."""
        state = canonical.loads((await self._waiting(opening, prepared)).state)
        assert isinstance(state, dict)  # our own, encrypted until now
        return base64.b64decode(str(state["document"]))

    async def embed(self, opening: str, prepared: str, signature: bytes, now: int) -> tuple[str, str]:
        """Prove and embed a signature: (revision that was signed, new revision). Raises Refused("bad_signature")."""
        waiting = await self._waiting(opening, prepared)
        pdf = await asyncio.to_thread(pdf_signer.finish, waiting.state, signature, self._time)
        revision = await self._keep(opening, pdf)
        await self._states.drop(prepared)
        return waiting.revision, revision

    async def complete(self, opening: str, revision: str) -> str:
        """Close the signed document for the long term; the final revision."""
        pdf = await self.file(opening, revision)
        known = (*self._trust.roots, *self._trust.intermediates, *self._trust.tsa_roots)
        inside = await asyncio.to_thread(pdf_signer.certificates_inside, pdf)
        answers = self._trust.answers(inside)
        closed = await asyncio.to_thread(
            pdf_signer.seal_for_long_term, pdf, known, self._trust.crls, self._time, answers
        )
        return await self._keep(opening, closed)

    async def unsigned(self, source: RecordSource) -> bytes:
        """The page about who did not sign, b"" where everybody did."""
        state, rows = source.state, Rows(source)
        if state.record is None or not state.record.unsigned:
            return b""
        plan = state.scheduled
        page = UnsignedPage(
            mode=plan.mode.value,
            tender=plan.tender_number,
            tender_name=plan.tender_name,
            opening=plan.opening,
            record=state.record.sha256,
            lines=tuple(unsigned(source, rows)),
            acts=canonical.dumps({"v": 1, "acts": [x.act.to_json() for x in state.record.unsigned.values()]}),
        )
        drawing = asyncio.get_running_loop().run_in_executor(self._pool, _draw_unsigned, page, self._fonts)
        return await drawing

    async def file(self, opening: str, revision: str) -> bytes:
        """A revision's PDF."""
        return await self._blobs.get(_KIND, f"{opening}/{revision}.pdf")

    async def content(self, opening: str, digest: str) -> bytes:
        """record.json."""
        return await self._blobs.get(_KIND, f"{opening}/{digest}.json")

    async def _keep(self, opening: str, pdf: bytes) -> str:
        revision = pdf_signer.revision_digest(pdf)
        await self._blobs.put(_KIND, f"{opening}/{revision}.pdf", pdf)
        return revision

    async def _waiting(self, opening: str, prepared: str) -> PreparedState:
        state = await self._states.get(prepared, self._clock.now())
        if state is None or state.opening != opening:
            raise Refused("prepared_expired")
        return state


def time_source(signing: SigningSection, trust: Trust, clock: Clock) -> TimeSource:
    """Where the record's time stamps come from. Raises BadConfig."""
    if signing.tsa_url:
        return OutsideTimeStamps(signing.tsa_url)
    if signing.tsa_cert is None or signing.tsa_key is None:
        raise BadConfig(
            "the record needs time stamps: give signing.tsa_url, or signing.tsa_cert and signing.tsa_key"
        )
    try:
        certificate = load_certificate(signing.tsa_cert.read_bytes()).der
        key = suite.load_private_key(signing.tsa_key.read_bytes())
    except OSError as error:
        raise BadConfig(f"signing.tsa_cert, signing.tsa_key: {error.filename}: {error.strerror}") from None
    except HallError as error:
        raise BadConfig(f"signing.tsa_cert, signing.tsa_key: {error.code}") from None
    return InternalTimeStamps(certificate, key, clock, trust.intermediates)


def fonts(signing: SigningSection) -> Fonts:
    """The record's typeface: the settings', or Noto Serif CJK where Debian puts it. Raises BadConfig."""
    plain = signing.record_font or _NOTO / "NotoSerifCJK-Regular.ttc"
    if not plain.is_file():
        raise BadConfig(
            f"signing.record_font: {plain} is missing; install fonts-noto-cjk or name another font"
        )
    bold = plain.with_name(plain.name.replace("-Regular.", "-Bold."))
    return Fonts(plain, bold if bold != plain and bold.is_file() else None)


def _draw(record: OpeningRecord, faces: Fonts) -> bytes:
    return render(record, faces.plain, faces.bold)


def _draw_unsigned(page: UnsignedPage, faces: Fonts) -> bytes:
    return render_unsigned(page, faces.plain, faces.bold)


def _appearance(certificate: bytes, now: int, faces: Fonts) -> bytes:
    signer = load_certificate(certificate)
    return record_stamp.draw(signer.common_name, now, signer.sha256, faces.plain, faces.bold)
