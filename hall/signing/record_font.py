"""One typeface for the opening record: cut down to the characters it needs, with outlines every PDF library can embed.

The good Chinese serif faces come as OpenType with cubic outlines in one large collection, which the PDF library can't
embed. Here the simplified-Chinese face of such a file is subset and its outlines made quadratic (within a thousandth
of an em); TrueType files pass through the same subsetting. Equal input gives equal bytes. Nothing here draws.
"""

from __future__ import annotations

import io
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont, TTLibError, newTable

from hall.errors import Unavailable

_FACE = "CJK SC"
_UNUSED_TABLES = ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
_NO_INSTRUCTIONS = (
    "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
    "maxSizeOfInstructions", "maxComponentElements",
)  # fmt: skip


def subset(path: Path, text: str) -> bytes:
    """Give a TrueType font with the glyphs of `text` out of the font file or collection at `path`.

    Characters the font lacks are left out. Raises `Unavailable("record_font_missing")` if the file can't be read.
    """
    try:
        font = TTFont(path, fontNumber=_face_number(path), lazy=True, recalcTimestamp=False)
    except (OSError, ValueError, TTLibError) as error:
        raise Unavailable("record_font_missing", path=str(path)) from error
    with font:
        return _cut_down(font, text)


def _cut_down(font: TTFont, text: str) -> bytes:
    options = Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += _UNUSED_TABLES
    subsetter = Subsetter(options)
    subsetter.populate(text=text)
    subsetter.subset(font)
    if "CFF " in font:
        _make_quadratic(font)
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue()


def _face_number(path: Path) -> int:
    """Which face of a collection is the simplified-Chinese one; the faces differ in regional glyph forms."""
    with path.open("rb") as file:
        if file.read(4) != b"ttcf":
            return 0
    with TTCollection(path, lazy=True) as collection:
        names = [face["name"].getDebugName(4) or "" for face in collection.fonts]
    return next((number for number, name in enumerate(names) if _FACE in name), 0)


def _make_quadratic(font: TTFont) -> None:
    """Replace the cubic outlines by quadratic ones in place."""
    outlines = font.getGlyphSet()
    order = font.getGlyphOrder()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(outlines)
        outlines[name].draw(Cu2QuPen(pen, max_err=font["head"].unitsPerEm / 1000, reverse_direction=True))
        glyphs[name] = pen.glyph()
    table = newTable("glyf")
    table.glyphOrder = order
    table.glyphs = glyphs
    font["glyf"] = table
    font["loca"] = newTable("loca")
    del font["CFF "]
    limits = font["maxp"]
    limits.tableVersion = 0x00010000
    limits.maxZones = 1
    for name in _NO_INSTRUCTIONS:
        setattr(limits, name, 0)
    font["head"].glyphDataFormat = 0
    font["post"].formatType = 3.0
    font.sfntVersion = "\0\1\0\0"
