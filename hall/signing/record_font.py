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
from fontTools.ttLib import TTFont, newTable

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
        font = _open(path)
    except (OSError, ValueError) as error:
        raise Unavailable("record_font_missing", path=str(path)) from error
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


def _open(path: Path) -> TTFont:
    """Open the simplified-Chinese face of a collection (the faces differ in regional glyph forms), else the
    only one."""
    number = 0
    with path.open("rb") as file:
        is_collection = file.read(4) == b"ttcf"
    first = TTFont(path, fontNumber=0, lazy=True, recalcTimestamp=False)
    if not is_collection:
        return first
    for number in range(first.reader.numFonts):
        face = TTFont(path, fontNumber=number, lazy=True, recalcTimestamp=False)
        if _FACE in (face["name"].getDebugName(4) or ""):
            return face
    return first


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
