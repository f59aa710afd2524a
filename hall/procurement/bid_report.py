"""What is reported of the signatures inside a bid's PDF. Data alone; codes have their words in the locales.

The report is information for the procuring side and the committee (clause 5.2.2): whether a bid whose PDF signature
does not hold is accepted is decided by the tender documents and never by the hall.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Final

from hall.procurement import canonical

HOLDS: Final = "holds"
WEAK: Final = "does_not_hold"
UNSIGNED: Final = "unsigned"
UNREADABLE: Final = "unreadable"
TOO_LARGE: Final = "too_large"
TOO_LONG: Final = "too_long"
TOO_MUCH_MEMORY: Final = "too_much_memory"
NOT_CHECKED: Final = "not_checked"

OUTCOMES: Final = (
    HOLDS, WEAK, UNSIGNED, UNREADABLE, TOO_LARGE, TOO_LONG, TOO_MUCH_MEMORY, NOT_CHECKED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """One signature. Times in ms UTC.

    signer: name in the certificate; certificate: its SHA-256; coverage: entire_file, entire_revision,
    contiguous_block_from_start, unclear; changes after it: none, lta_updates, form_filling, annotations, other;
    signed_at: as the signer's side claims; stamped_at: of a trusted and intact time stamp, else None; revocation:
    good, revoked, revocation_unknown; code: "" where it holds, else what is wrong.
    """

    signer: str
    certificate: str
    intact: bool
    coverage: str
    changes: str
    signed_at: int | None
    stamped_at: int | None
    revocation: str
    code: str


@dataclass(frozen=True, slots=True)
class BidReport:
    """A bid's PDF. outcome: one of `OUTCOMES`; pdf: SHA-256 of bid.pdf, "" where it could not be taken."""

    outcome: str
    pdf: str
    signatures: tuple[PdfSignature, ...] = ()

    def to_json(self) -> bytes:
        """Canonical JSON of the report."""
        plain = {"outcome": self.outcome, "pdf": self.pdf, "signatures": [asdict(x) for x in self.signatures]}
        return canonical.dumps({"v": 1, **plain})

    @property
    def digest(self) -> str:
        """SHA-256 of `to_json`."""
        return hashlib.sha256(self.to_json()).hexdigest()
