"""A sample bid for demonstrations and rehearsals: one page of PDF that looks like the head of a real one (投标函).

What lives here: the page's words and layout. What may not: keys, clocks; equal arguments give equal bytes.
"""

from __future__ import annotations

import io
from itertools import groupby
from pathlib import Path
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from hall.procurement import money

FONT: Final = Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")
"""Debian's fonts-droid-fallback: a TrueType font with the simplified Chinese characters, and without the Latin ones."""

_CHINESE: Final = "SampleBid"
_LATIN: Final = "Helvetica"
_LEFT: Final = 28 * mm
_RIGHT: Final = A4[0] - _LEFT


def sample_bid_pdf(
    *,
    tender: str,
    tender_name: str,
    lot: str,
    bidder: str,
    price: str,
    period: str,
    quality: str,
    manager: str,
    security: str,
    font: Path = FONT,
) -> bytes:
    """Give the PDF of one invented bid; `price` is a decimal string in yuan. Needs no clock, so runs are repeatable."""
    pdfmetrics.registerFont(TTFont(_CHINESE, str(font)))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(f"投标函 {bidder}")
    canvas.setAuthor(bidder)
    height = _heading(canvas, tender_name)
    amount = money.parse(price)
    rows = (
        ("项目编号", tender),
        ("标段", lot),
        ("投标人", bidder),
        ("投标报价（小写）", f"¥ {money.grouped(amount)} 元"),
        ("投标报价（大写）", money.capitals(amount)),
        ("工期", period),
        ("质量标准", quality),
        ("项目负责人", manager),
        ("投标保证金", security),
    )
    height = _table(canvas, height, rows)
    _closing(canvas, height, bidder)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _heading(canvas: Canvas, tender_name: str) -> float:
    """Draw title and opening words; give the height where the next part starts."""
    _centred(canvas, 250 * mm, "投 标 函", 24)
    _centred(canvas, 238 * mm, tender_name, 12)
    words = (
        "致招标人：",
        "\u3000\u3000我方已仔细研究招标文件的全部内容，愿意按下表所列报价和条件，按合同约定实施和完成",
        "本项目，修补工程中的任何缺陷，并在投标有效期内不撤销投标文件。",
    )
    height = 222 * mm
    for line in words:
        _write(canvas, _LEFT, height, line, 10.5)
        height -= 7 * mm
    return height - 3 * mm


def _table(canvas: Canvas, height: float, rows: tuple[tuple[str, str], ...]) -> float:
    """Draw the two columns; give the height below them."""
    row = 10 * mm
    split = _LEFT + 42 * mm
    top = height
    canvas.setLineWidth(0.6)
    for label, value in rows:
        canvas.line(_LEFT, height, _RIGHT, height)
        _write(canvas, _LEFT + 3 * mm, height - 6.5 * mm, label, 11)
        _write(canvas, split + 3 * mm, height - 6.5 * mm, value, 11)
        height -= row
    canvas.line(_LEFT, height, _RIGHT, height)
    for edge in (_LEFT, split, _RIGHT):
        canvas.line(edge, top, edge, height)
    return height


def _closing(canvas: Canvas, height: float, bidder: str) -> None:
    for line in (f"投标人：{bidder}（电子签章）", "法定代表人或其委托代理人：（签字）"):
        height -= 14 * mm
        _write(canvas, _RIGHT - _width(line, 11), height, line, 11)
    canvas.setFillGray(0.45)
    _centred(canvas, 18 * mm, "演示文件，公司、人员和金额均为虚构。", 9)


def _centred(canvas: Canvas, height: float, text: str, size: float) -> None:
    _write(canvas, (A4[0] - _width(text, size)) / 2, height, text, size)


def _write(canvas: Canvas, left: float, height: float, text: str, size: float) -> None:
    for font, run in _runs(text):
        canvas.setFont(font, size)
        canvas.drawString(left, height, run)
        left += pdfmetrics.stringWidth(run, font, size)


def _width(text: str, size: float) -> float:
    return sum(pdfmetrics.stringWidth(run, font, size) for font, run in _runs(text))


def _runs(text: str) -> list[tuple[str, str]]:
    """Cut a line into Latin and Chinese pieces, each with its font."""
    found = groupby(text, key=lambda character: _LATIN if character < "\u0100" else _CHINESE)
    return [(font, "".join(characters)) for font, characters in found]
