"""The one way in which the hall puts a statement of its own on paper: receipts, refusals, notices, sheets, reports.

Structured content becomes an archival PDF (as the opening record is one) with the very JSON attached and its digest
as a QR code, with one signature field per signer. The hall's own seal is put on it at once (`seal`); people sign it as
they sign the record, through `pdf_signer`. Layout and signing only: what a statement says is its maker's business.
Blocks; belongs into a process of the pool. No clock, no network but the time source's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer

from hall.procurement.statement import Statement
from hall.signing import pdf_signer, record_archive, record_stamp, suite
from hall.signing import record_words as w
from hall.signing.certificates import Certificate
from hall.signing.record_layout import DigestAndCode, Typesetter, fonts, signature_boxes
from hall.signing.record_pdf import paged
from hall.signing.timestamps import TimeSource

ATTACHMENT: Final = "statement.json"
HALL_FIELD: Final = "hall"


@dataclass(frozen=True, slots=True)
class Seal:
    """The hall's own seal: a certificate, its key, and the DER of the certificates that issued it."""

    certificate: Certificate
    key: suite.PrivateKey
    chain: tuple[bytes, ...]


def statement_pdf(
    statement: Statement, font: Path, bold: Path | None = None, *, sealed: bool = True
) -> bytes:
    """Give the PDF of `statement`, unsigned; equal input gives equal bytes. sealed: with a field for the hall's seal.

    Raises `Unavailable("record_font_missing")`.
    """
    signers = [(s.field, s.role, s.name) for s in statement.signers]
    signers += [(HALL_FIELD, w.HALL, w.HALL_SEAL)] if sealed else []
    digest = hashlib.sha256(statement.content).hexdigest()
    with fonts(repr(statement) + w.alphabet(), font, bold):
        t = Typesetter()
        boxes = signature_boxes(signers, right=True)
        story: list[Flowable] = [t.title(statement.title), t.subtitle(statement.subtitle)]
        story += [t.text(statement.text)] if statement.text else []
        story += [Spacer(1, 3 * mm), t.facts(statement.rows)]
        for table in statement.tables:
            story += [t.lot_note(table.heading), t.table(table.heads, table.rows, table.widths)]
        proof = [(w.STATEMENT_DIGEST, w.digest_groups(digest)), (w.MADE_AT, w.moment(statement.made_at))]
        code = DigestAndCode(t, proof, w.STATEMENT_NOTE, f"sha256:{digest}")
        story.append(KeepTogether([Spacer(1, 6 * mm), code]))
        if signers:
            story += [Spacer(1, 4 * mm), *boxes]
        foot = f"{ATTACHMENT} {w.fingerprint(digest)}"
        pages = paged(statement, foot, story, statement.title)
    return record_archive.assemble(
        pages,
        attachment=statement.content,
        title=f"{statement.title} {statement.subtitle}",
        made_at=statement.made_at,
        fields=[box for row in boxes for box in row.placed],
        name=ATTACHMENT,
        about="The statement as canonical JSON",
    )


def seal(
    pdf: bytes, by: Seal, time_source: TimeSource, now_ms: int, font: Path, bold: Path | None = None
) -> bytes:
    """Put the hall's seal on a statement (PAdES with a time stamp).

    Raises as `pdf_signer.prepare` and `finish` do, `Unavailable` when no time stamp is to be had.
    """
    look = record_stamp.draw(by.certificate.common_name, now_ms, by.certificate.sha256, font, bold)
    ready = pdf_signer.prepare(pdf, HALL_FIELD, by.certificate.der, by.chain, now_ms=now_ms, appearance=look)
    return pdf_signer.finish(ready.state, suite.sign(by.key, ready.signed_attributes), time_source)
