"""Are the pages of an opening record drawn as its record.json says (clause 5.5.2)?

The pages follow from the record and the widths of the letters, and those stand in the PDF. So they are drawn a second
time with empty letters of the same widths, and must come out the same, instruction by instruction. Needs no font file.
Not told: whether a letter looks like the one it is said to be; `begins_as_drawn` tells that, with the hall's font file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph
from pyhanko.pdf_utils.reader import PdfFileReader

from hall.errors import HallError
from hall.signing import record_pdf
from hall.signing.record_archive import FieldBox
from hall.signing.record_layout import typefaces
from hall.signing.record_model import REHEARSAL, OpeningRecord

_MOST_PAGES: Final = 2_000
_FACE: Final = re.compile(r"/F([12])\+\d{1,3}")
_CODE: Final = re.compile(rb"<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]{4,8})>")
_UNITS: Final = (1000, 256, 512, 1024, 2048, 4096)
_NEAR: Final = 0.01
_ACTIVE: Final = frozenset({"/OpenAction", "/AA", "/OCProperties", "/JavaScript", "/Perms", "/Collection"})
_PAGE: Final = frozenset(
    {"/Contents", "/MediaBox", "/Parent", "/Resources", "/Rotate", "/Trans", "/Type", "/Annots"}
)
_RESOURCES: Final = frozenset({"/Font", "/ProcSet"})


@dataclass(slots=True)
class Face:
    """What a typeface of the PDF is known by: widths of its characters, in thousandths of its size."""

    ascent: float = 880
    descent: float = -120
    missing: float = 1000
    widths: dict[int, float] = field(default_factory=dict)


def differences(pdf: bytes, record: OpeningRecord) -> list[str]:
    """What is on the pages of `pdf` otherwise than `record` draws it, [] if nothing is. Blocks, about half a second."""
    try:
        return list(_compared(pdf, record))
    except HallError as error:
        return [f"not pages of a record ({error.code})"]
    except (
        Exception
    ) as error:  # whatever a hostile file makes the reader raise: these are not the record's pages
        return [f"not pages of a record ({type(error).__name__})"]


def begins_as_drawn(pdf: bytes, record: OpeningRecord, font: Path, bold: Path | None = None) -> bool:
    """Whether `pdf` begins, byte for byte, with what this font makes of the record. Blocks, about two seconds. Raises
    Unavailable for a font that can't be read."""
    return pdf.startswith(record_pdf.render(record, font, bold))


def _compared(pdf: bytes, record: OpeningRecord) -> Iterator[str]:
    reader = PdfFileReader(io.BytesIO(pdf))
    given = _pages(reader)
    faces: dict[str, Face] = {"1": Face(), "2": Face()}
    for page in given:
        for name, font in page["/Resources"]["/Font"].items():
            _measure(faces, str(name), font.get_object())
    # The first letter on a rehearsal's page is of its watermark, which is bold. One file may serve for both.
    plain, bold = ("2", "1") if record.mode == REHEARSAL else ("1", "2")
    if not faces["2"].widths:
        plain = bold = "1"
    known = set(faces["1"].widths) | set(faces["2"].widths) | set(range(0x20, 0x7F))
    with typefaces(empty_letters(plain, faces[plain], known), empty_letters(bold, faces[bold], known)):
        drawn, boxes = record_pdf.draw(record)
    expected = _pages(PdfFileReader(io.BytesIO(drawn)))
    if any(key in reader.root for key in _ACTIVE):
        yield "does more than show its pages"
    if len(given) != len(expected):
        yield f"has {len(given)} pages and not {len(expected)}"
    for number, (one, other) in enumerate(zip(given, expected, strict=False)):
        if not _alike(one, other):
            yield f"page {number + 1} is not drawn as record.json says"
        yield from _fields(one, number, boxes)
    shown = {str(item["/T"]) for page in given for item in _notes(page) if _placed(item)}
    if shown != {box.name for box in boxes}:
        yield "does not have the record's signature fields"


def _pages(reader: PdfFileReader) -> list[Any]:
    """The pages, which lie in one list."""
    tree: Any = reader.root["/Pages"]
    kids = [one.get_object() for one in tree["/Kids"]]
    if len(kids) > _MOST_PAGES or any(one["/Type"] != "/Page" for one in kids) or tree["/Count"] != len(kids):
        raise ValueError("not a list of pages")
    if tree.keys() - {"/Count", "/Kids", "/Type"}:
        raise ValueError("pages that inherit something")
    return kids


def _measure(faces: Mapping[str, Face], name: str, font: Any) -> None:
    """Take the widths of one part of a typeface, by character."""
    found = _FACE.fullmatch(name)
    if found is None or font["/Subtype"] != "/TrueType" or "/Encoding" in font:
        raise ValueError("a strange font")
    face, about = faces[found[1]], font["/FontDescriptor"]
    face.ascent, face.descent = float(about["/Ascent"]), float(about["/Descent"])
    face.missing = float(about.get("/MissingWidth", 1000))
    first, widths = int(font["/FirstChar"]), [float(one) for one in font["/Widths"]]
    for code, character in _letters(font).items():
        width = widths[code - first]
        if character > 0x20 and width <= 0:
            raise ValueError("letters without a width")
        if face.widths.setdefault(character, width) != width:
            raise ValueError("one letter of two widths")


def _letters(font: Any) -> dict[int, int]:
    """Code -> character, as the font says it of itself."""
    pairs = [(int(a, 16), bytes.fromhex(b.decode())) for a, b in _CODE.findall(font["/ToUnicode"].data)]
    return {code: ord(text.decode("utf-16-be")) for code, text in pairs if text != b"\0\0"}


def _alike(one: Any, other: Any) -> bool:
    """Whether two pages have the same instructions, size and letters behind each code."""
    if one.keys() - _PAGE or one["/Resources"].keys() - _RESOURCES:
        return False
    if list(one["/MediaBox"]) != list(other["/MediaBox"]) or one.get("/Rotate", 0) != 0:
        return False
    if one["/Contents"].data.strip() != other["/Contents"].data.strip():
        return False
    ours, theirs = one["/Resources"]["/Font"], other["/Resources"]["/Font"]
    return ours.keys() == theirs.keys() and all(
        _letters(ours[name]) == _letters(theirs[name]) for name in ours
    )


def _notes(page: Any) -> list[Any]:
    return [one.get_object() for one in page.get("/Annots", ())]


def _placed(item: Any) -> bool:
    left, bottom, right, top = item["/Rect"]
    return bool(left != right and bottom != top)


def _fields(page: Any, number: int, boxes: list[FieldBox]) -> Iterator[str]:
    """Nothing lies over a page but the signature fields, each in its box; a closing time stamp's has no size."""
    places = {box.name: [round(edge) for edge in box.box] for box in boxes if box.page == number}
    seen: set[str] = set()
    for item in _notes(page):
        widget = item.get("/Subtype") == "/Widget" and item.get("/FT") == "/Sig"
        name = str(item.get("/T", ""))
        own = name not in seen and list(item["/Rect"]) == places.get(name)
        if not widget or (_placed(item) and not own):
            yield f"page {number + 1} has something laid over it"
        seen.add(name)


def empty_letters(name: str, face: Face, known: set[int]) -> bytes:
    """A TrueType font of empty letters with these widths."""
    units = _units(face)
    whole = {one: round(width * units / 1000) for one, width in face.widths.items()}
    characters = sorted(known)
    names = {one: f"u{one:06X}" for one in characters}
    build: Any = FontBuilder(units, isTTF=True)
    build.setupGlyphOrder([".notdef", *names.values()])
    build.setupCharacterMap(names)
    build.setupGlyf({glyph: Glyph() for glyph in (".notdef", *names.values())})
    other = round(face.missing * units / 1000)
    metrics = {names[one]: (whole.get(one, other), 0) for one in characters}
    build.setupHorizontalMetrics({".notdef": (other, 0), **metrics})
    top, bottom = (round(edge * units / 1000) for edge in (face.ascent, face.descent))
    build.setupHorizontalHeader(ascent=top, descent=bottom)
    build.setupNameTable({"familyName": "Empty", "styleName": "Regular", "psName": f"Empty{name}"})
    build.setupOS2(sTypoAscender=top, sTypoDescender=bottom, sTypoLineGap=0)
    build.setupPost()
    out = io.BytesIO()
    build.font.save(out)
    return out.getvalue()


def _units(face: Face) -> int:
    """In how many units to the em every width is a whole number."""
    for units in _UNITS:
        told = [width * units / 1000 for width in (*face.widths.values(), face.missing)]
        if all(abs(one - round(one)) < _NEAR for one in told):
            return units
    raise ValueError("widths of no font")
