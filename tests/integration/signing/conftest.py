"""A drawn record, its signers and its time stamps, made once for the tests of this directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from hall.clock import ManualClock
from hall.signing import pdf_signer
from hall.signing.record_pdf import render
from hall.signing.timestamps import InternalTimeStamps
from tests.demo_world import AT, holder, world
from tests.unit.signing.record_examples import opening_record

NOTO = Path("/usr/share/fonts/opentype/noto")
SERIF = NOTO / "NotoSerifCJK-Regular.ttc"
SERIF_BOLD = NOTO / "NotoSerifCJK-Bold.ttc"

SIGNERS = {"procuring_entity": "procuring_entity", "scrutineer": "b1", "clerk": "clerk"}
"""Field of the record to holder of the demo world: P-256, RSA, P-256."""

SIGNED_AT = AT + 2 * 3_600_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What is at hand where a record is signed."""

    issuing: bytes
    root: bytes
    crls: tuple[bytes, ...]
    time_source: InternalTimeStamps

    def prepare(self, pdf: bytes, field: str, signer: str) -> pdf_signer.Prepared:
        """Prepare for the holder named `signer`."""
        certificate = holder(signer).certificate.der
        return pdf_signer.prepare(pdf, field, certificate, [self.issuing], now_ms=SIGNED_AT)

    def sign(self, pdf: bytes, field: str, signer: str) -> bytes:
        """Prepare, sign as a browser does, and finish."""
        prepared = self.prepare(pdf, field, signer)
        return pdf_signer.finish(
            prepared.state, holder(signer).sign(prepared.signed_attributes), self.time_source
        )

    def close(self, pdf: bytes) -> bytes:
        """Seal for the long term."""
        return pdf_signer.seal_for_long_term(pdf, [self.root, self.issuing], self.crls, self.time_source)


@pytest.fixture(scope="session")
def desk() -> Desk:
    """The demo world's desk, its clock two hours into the opening."""
    pki = world()
    issuing = pki.issuing.read_bytes()
    stamps = holder("tsa")
    return Desk(
        issuing=issuing,
        root=pki.root.read_bytes(),
        crls=tuple(path.read_bytes() for path in pki.crls),
        time_source=InternalTimeStamps(
            stamps.certificate.der, stamps.key, ManualClock(SIGNED_AT + 789), [issuing]
        ),
    )


@pytest.fixture(scope="session")
def drawn() -> bytes:
    """The record before anyone signed."""
    return render(opening_record(), SERIF, SERIF_BOLD)


@pytest.fixture(scope="session")
def signed(desk: Desk, drawn: bytes) -> bytes:
    """The record signed by all three."""
    pdf = drawn
    for field, signer in SIGNERS.items():
        pdf = desk.sign(pdf, field, signer)
    return pdf


@pytest.fixture(scope="session")
def closed(desk: Desk, signed: bytes) -> bytes:
    """The signed record, closed for the long term."""
    return desk.close(signed)
