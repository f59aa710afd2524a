"""Building blocks of the opening record's pages: type sizes, grids, the digest box with its QR code, signature boxes.

Knows nothing of openings: it is handed words. Text comes from many hands, so it is escaped, control
characters are dropped and a character the font lacks is printed as 〓; a cell of any length breaks over pages.
"""

from __future__ import annotations

import io
import threading
import unicodedata
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from xml.sax.saxutils import escape

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, LongTable, Paragraph, Table, TableStyle

from hall.procurement import money
from hall.signing import record_font
from hall.signing import record_words as w
from hall.signing.record_archive import FieldBox
from hall.signing.record_course import Lot

PLAIN = "RecordPlain"
BOLD = "RecordBold"
LINE = 0.5
FULL_WIDTH = 174 * mm
FIELD_ROOM = 26 * mm
"""Height of the room for one signature; its width is a third of FULL_WIDTH."""

_ABREAST = 3  # signature boxes
_LONG = 300  # characters of a cell that may not fit one page beside others

_registry = threading.Lock()


@contextmanager
def fonts(text: str, plain: Path, bold: Path | None = None) -> Iterator[None]:
    """Have PLAIN and BOLD stand for these font files, cut down to `text`, while a document is drawn.

    Holds a lock: the PDF library keeps one registry of fonts for the whole process.
    """
    with typefaces(record_font.subset(plain, text), record_font.subset(bold or plain, text)):
        yield


@contextmanager
def typefaces(plain: bytes, bold: bytes) -> Iterator[None]:
    """The same for TrueType fonts that are at hand, whole."""
    faces = {PLAIN: plain, BOLD: bold}
    with _registry:
        try:
            for name, face in faces.items():
                pdfmetrics.registerFont(TTFont(name, io.BytesIO(face)))
            yield
        finally:
            _forget_fonts()


def _forget_fonts() -> None:
    """Take the fonts out of the registry: it would keep these subsets, and print the next record's words with them."""
    registered: dict[str, Any] = vars(pdfmetrics)["_fonts"]
    faces: dict[str, Any] = vars(pdfmetrics)["_dynFaceNames"]
    ours = [registered.pop(name) for name in (PLAIN, BOLD) if name in registered]
    for face in [face for face, font in faces.items() if font in ours]:
        del faces[face]


def known_characters(name: str) -> Container[int]:
    """The code points a registered font can print."""
    font: Any = pdfmetrics.getFont(name)  # the library's types know only its built-in fonts
    return cast("Container[int]", font.face.charToGlyph)


class Typesetter:
    """Makes flowables out of words; counts the sections."""

    def __init__(self) -> None:
        self._sections = 0
        self._known = known_characters(PLAIN)
        body = ParagraphStyle(
            "body", fontName=PLAIN, fontSize=10.5, leading=16, wordWrap="CJK", spaceBefore=3
        )
        self._body = body
        self._cell = ParagraphStyle("cell", body, fontSize=9, leading=12.5, spaceBefore=0)
        self._middle = ParagraphStyle("middle", self._cell, alignment=TA_CENTER)
        self._head = ParagraphStyle("head", self._middle, fontName=BOLD)
        self._note = ParagraphStyle("note", body, fontSize=9, leading=13.5)
        self._section = ParagraphStyle(
            "section",
            body,
            fontName=BOLD,
            fontSize=12.5,
            leading=17,
            spaceBefore=12,
            spaceAfter=5,
        )
        self._lot = ParagraphStyle("lot", body, fontSize=10, leading=14, spaceBefore=3, spaceAfter=3)
        self._title = ParagraphStyle(
            "title",
            body,
            fontName=BOLD,
            fontSize=24,
            leading=34,
            alignment=TA_CENTER,
            spaceBefore=4,
            spaceAfter=2,
        )
        self._subtitle = ParagraphStyle(
            "subtitle", body, fontSize=13, leading=19, alignment=TA_CENTER, spaceAfter=4
        )

    def title(self, text: str) -> Flowable:
        """The document's title, letter-spaced as official titles are."""
        return self._paragraph("　".join(text), self._title)

    def subtitle(self, text: str) -> Flowable:
        """The line under the title."""
        return self._paragraph(text, self._subtitle)

    def section(self, text: str) -> Flowable:
        """A numbered heading: 一、二、三 …"""
        self._sections += 1
        return self._paragraph(f"{w.SECTION_NUMBERS[self._sections - 1]}、{text}", self._section)

    def lot(self, lot: Lot) -> Flowable:
        """The line over a lot's table."""
        return self.lot_note(f"{w.LOT}：{lot.lot}　{lot.name}")

    def lot_note(self, text: str) -> Flowable:
        """The line over another table of a lot."""
        return _Overline(self._paragraph(text, self._lot))

    def text(self, text: str) -> Flowable:
        """A paragraph of running text."""
        return self._paragraph(text, self._body)

    def note(self, text: str) -> Flowable:
        """A paragraph of small running text."""
        return self._paragraph(text, self._note)

    def amount(self, price: str) -> str:
        """A decimal string in yuan with separators."""
        return money.grouped(money.parse(price))

    def facts(self, rows: Sequence[tuple[str, str]]) -> Flowable:
        """A grid of label and value, two pairs a line; a value too long for half a line takes a whole one."""
        lines: list[list[object]] = []
        spans = []
        waiting: tuple[str, str] | None = None
        for label, value in rows:
            if "\n" in value or not self._fits(value, 59):
                if waiting is not None:
                    lines.append(self._wide(waiting))
                    spans.append(len(lines) - 1)
                    waiting = None
                lines.append(self._wide((label, value)))
                spans.append(len(lines) - 1)
            elif waiting is None:
                waiting = (label, value)
            else:
                lines.append([*self._pair(*waiting), *self._pair(label, value)])
                waiting = None
        if waiting is not None:
            lines.append(self._wide(waiting))
            spans.append(len(lines) - 1)
        style = [*_grid(head=False), *(("SPAN", (1, n), (3, n)) for n in spans)]
        return Table(lines, colWidths=[28 * mm, 59 * mm, 28 * mm, 59 * mm], style=TableStyle(style))

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths_mm: Sequence[float]
    ) -> Flowable:
        """A grid under a head that repeats on each page; a column is centred if each of its cells fits its width."""
        styles = [
            self._middle if all(self._fits(row[n], width) for row in rows) else self._cell
            for n, width in enumerate(widths_mm)
        ]
        lines = [[self._paragraph(head, self._head) for head in heads]]
        lines += [
            [self._paragraph(text, style) for text, style in zip(row, styles, strict=True)] for row in rows
        ]
        if not rows:
            lines.append([self._paragraph(w.NOTHING, self._middle) for _ in heads])
        widths = [width * mm for width in widths_mm]
        # The library misplaces a cell that is broken over pages unless all cells hang from the top.
        level = "TOP" if any(len(text) > _LONG for row in rows for text in row) else "MIDDLE"
        style = TableStyle([*_grid(head=True), ("VALIGN", (0, 1), (-1, -1), level)])
        return LongTable(lines, colWidths=widths, repeatRows=1, splitInRow=int(level == "TOP"), style=style)

    def labelled(self, rows: Sequence[tuple[str, str]], widths_mm: tuple[float, float]) -> Table:
        """A grid of label and value, one pair a line."""
        lines = [self._pair(label, value) for label, value in rows]
        return Table(
            lines, colWidths=[width * mm for width in widths_mm], style=TableStyle(_grid(head=False))
        )

    def _pair(self, label: str, value: str) -> list[object]:
        return [self._paragraph(label, self._head), self._paragraph(value, self._cell)]

    def _wide(self, pair: tuple[str, str]) -> list[object]:
        return [*self._pair(*pair), "", ""]

    def _fits(self, text: str, width_mm: float) -> bool:
        if text.count("\n") > 3:
            return False
        longest = max(pdfmetrics.stringWidth(line, PLAIN, self._cell.fontSize) for line in text.split("\n"))
        return bool(longest <= width_mm * mm - 8)

    def _paragraph(self, text: str, style: ParagraphStyle) -> Paragraph:
        lines = [escape("".join(self._printable(c) for c in line)) for line in text.split("\n")]
        return Paragraph("<br/>".join(lines), style)

    def _printable(self, character: str) -> str:
        # Format characters could turn the direction of a price or hide in a name.
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            return ""
        return character if ord(character) in self._known else w.MISSING_GLYPH


class _Overline(Flowable):
    """A line over a table: never the last of a page. Keeping it with the whole table would leave half pages empty."""

    _ROOM = 26 * mm

    def __init__(self, line: Paragraph) -> None:
        super().__init__()
        self._line = line

    def getSpaceBefore(self) -> float:  # noqa: N802  # the library's name
        return 3.0

    def getSpaceAfter(self) -> float:  # noqa: N802  # the library's name
        return 3.0

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        self.width, self.height = self._line.wrap(available, height)
        # Too tall for what is left of the page, the library moves it to the next one.
        return self.width, self.height if height >= self._ROOM else height + 1

    def draw(self) -> None:
        self._line.drawOn(self.canv, 0, 0)


class DigestAndCode(Flowable):
    """Digests in a grid with a note under it; on the right the QR code of `payload`."""

    _SIDE = 30 * mm
    _GAP = 5 * mm

    def __init__(self, t: Typesetter, rows: Sequence[tuple[str, str]], note: str, payload: str) -> None:
        super().__init__()
        left = FULL_WIDTH - self._SIDE - self._GAP
        self._grid = t.labelled(rows, (33, left / mm - 33))
        self._note = t.note(note)
        code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
        code.add_data(payload)
        code.make(fit=True)
        self._modules = code.get_matrix()

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        left = FULL_WIDTH - self._SIDE - self._GAP
        self._grid_height = self._grid.wrap(left, height)[1]
        self._note_height = self._note.wrap(FULL_WIDTH, height)[1]
        self.width, self.height = available, max(self._grid_height, self._SIDE) + 4 + self._note_height
        return self.width, self.height

    def draw(self) -> None:
        self._grid.drawOn(self.canv, 0, self.height - self._grid_height)
        self._note.drawOn(self.canv, 0, 0)
        module = self._SIDE / len(self._modules)
        left, top = FULL_WIDTH - self._SIDE, self.height
        self.canv.setFillGray(1)
        # The code needs a quiet zone, also over a watermark.
        quiet = 2 * module
        side = self._SIDE + 2 * quiet
        self.canv.rect(left - quiet, top - self._SIDE - quiet, side, side, stroke=0, fill=1)
        self.canv.setFillGray(0)
        path = self.canv.beginPath()
        for y, row in enumerate(self._modules):
            for x, dark in enumerate(row):
                if dark:
                    path.rect(left + x * module, top - (y + 1) * module, module, module)
        self.canv.drawPath(path, stroke=0, fill=1)


def signature_boxes(signers: Sequence[tuple[str, str, str]], *, right: bool = False) -> list[SignatureBoxes]:
    """Rows of three boxes for (field name, role in words, name); right: an incomplete row stands on the right."""
    return [SignatureBoxes(signers[n : n + _ABREAST], right=right) for n in range(0, len(signers), _ABREAST)]


class SignatureBoxes(Flowable):
    """Boxes side by side: role and name above, room for the signature below. `placed` tells where they came to lie."""

    _HEAD = 9 * mm
    _ROOM = FIELD_ROOM

    def __init__(self, signers: Sequence[tuple[str, str, str]], *, right: bool = False) -> None:
        """signers: at most three of (field name, role in words, name); right: on the right where they are fewer."""
        super().__init__()
        self._signers = list(signers)
        self._first = _ABREAST - len(signers) if right else 0
        self.placed: list[FieldBox] = []

    def wrap(self, available: float, _height: float) -> tuple[float, float]:
        self.width, self.height = available, 2 * self._HEAD + self._ROOM
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        each = FULL_WIDTH / _ABREAST
        canvas.setLineWidth(LINE)
        canvas.setStrokeGray(0)
        for n, (field, role, name) in enumerate(self._signers, start=self._first):
            left = n * each
            canvas.rect(left, 0, each, self.height)
            canvas.line(left, self._ROOM, left + each, self._ROOM)
            canvas.line(left, self._ROOM + self._HEAD, left + each, self._ROOM + self._HEAD)
            canvas.setFillGray(0)
            canvas.setFont(BOLD, 10.5)
            canvas.drawCentredString(left + each / 2, self._ROOM + self._HEAD + 3 * mm, role)
            size = min(10.5, 10.5 * (each - 4 * mm) / max(1.0, pdfmetrics.stringWidth(name, PLAIN, 10.5)))
            canvas.setFont(PLAIN, size)
            canvas.drawCentredString(left + each / 2, self._ROOM + 3 * mm, name)
            canvas.setFillGray(0.6)
            canvas.setFont(PLAIN, 8)
            canvas.drawCentredString(left + each / 2, 2 * mm, w.SIGN_HERE)
            x, y = canvas.absolutePosition(left, 0)
            inset = 1 * mm
            box = (x + inset, y + inset, x + each - inset, y + self._ROOM - inset)
            self.placed.append(FieldBox(field, canvas.getPageNumber() - 1, box))


def _grid(*, head: bool) -> list[Any]:
    style: list[Any] = [
        ("FONTNAME", (0, 0), (-1, -1), PLAIN),
        ("GRID", (0, 0), (-1, -1), LINE, "black"),
        ("BOX", (0, 0), (-1, -1), 1.0, "black"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3.5),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3.5),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
    return [*style, ("LINEBELOW", (0, 0), (-1, 0), 1.0, "black")] if head else style
