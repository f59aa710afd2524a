"""What a filled signature field of the opening record shows: name, time, certificate.

It proves nothing; the signature does. A one-page PDF of the field's size, drawn for `pdf_signer.prepare`.
Equal input gives equal bytes.
"""

from __future__ import annotations

import io
from pathlib import Path

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from hall.signing import record_words as w
from hall.signing.record_layout import BOLD, FIELD_ROOM, FULL_WIDTH, PLAIN, fonts, known_characters

_WIDTH = FULL_WIDTH / 3 - 2 * mm
_HEIGHT = FIELD_ROOM - 2 * mm
_BLUE = (0.08, 0.2, 0.45)


def draw(name: str, signed_at: int, certificate: str, font: Path, bold: Path | None = None) -> bytes:
    """Give the appearance of a signature: `name` as in the certificate, time in ms UTC, SHA-256 of the certificate."""
    lines = (w.SIGNED, w.moment(signed_at), f"{w.CERTIFICATE} {w.fingerprint(certificate)}")
    shown = "".join(c if c.isprintable() else "" for c in name)
    with fonts(shown + "".join(lines) + w.MISSING_GLYPH, font, bold):
        known = known_characters(BOLD)
        shown = "".join(c if ord(c) in known else w.MISSING_GLYPH for c in shown)
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=(_WIDTH, _HEIGHT), invariant=1)
        canvas.setFont(PLAIN, 8)
        canvas.setFillGray(1)
        canvas.rect(0, 0, _WIDTH, _HEIGHT, stroke=0, fill=1)
        canvas.setFillColorRGB(*_BLUE)
        size = min(15.0, 15.0 * (_WIDTH - 6 * mm) / max(1.0, pdfmetrics.stringWidth(shown, BOLD, 15)))
        canvas.setFont(BOLD, size)
        canvas.drawCentredString(_WIDTH / 2, _HEIGHT - 7.5 * mm, shown)
        canvas.setFont(PLAIN, 8)
        for n, line in enumerate(lines):
            canvas.drawCentredString(_WIDTH / 2, _HEIGHT - (12.5 + 4 * n) * mm, line)
        canvas.showPage()
        canvas.save()
    return out.getvalue()
