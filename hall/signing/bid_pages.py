"""The pages of an opened bid as the committee may read them (clause 5.4.2): what is printed on them under a mark.

A new file is made of what the pages show: their contents and the looks of their seals. Scripts, links, forms, files
inside the file and everything else that acts stays behind, and so do the signatures: those are judged on the original
(`bid_check`), whose digest the journal names. The file comes from outside and may be made to harm, so this is to be
run in a process of its own under limits (`bid_pages_process`), never in the server. No clock: the mark is handed in.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from pyhanko.pdf_utils import generic as generic_objects
from pyhanko.pdf_utils import rw_common, writer
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

generic: Any = generic_objects  # much of the library has no types
page_object: Any = writer.PageObject
inherited: Any = rw_common.find_inherited_value_in_tree

MOST_PAGES: Final = 20
"""Pages of one reading: a bid of a thousand scans never lies in memory as a whole."""

ALPHABET: Final = "".join(map(chr, range(32, 127))) + "仅供评标委员会第席北京时间次读取页无法显示请看原件·"
"""The characters that a mark may have."""

_FONT: Final = "Mark"
_SIZE: Final = 13.0
_GREY: Final = 0.45
_THIN: Final = 0.22  # opacity: seen in every copy, and never in the way of reading
_A4: Final = (0.0, 0.0, 595.276, 841.89)
_LARGEST: Final = 14_400.0  # points; what PDF allows a page
_HIDDEN: Final = 0b100010  # annotation flags: hidden, not to be viewed
_NO_LOOKS: Final = ("/Link", "/Popup")


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages `first` … `last` (from 1) of `count`; `broken`: those that can't be shown, given as empty pages."""

    first: int
    last: int
    count: int
    broken: tuple[int, ...]
    pdf: bytes


def marked_pages(pdf: BinaryIO, first: int, mark: tuple[str, ...], font: bytes) -> Pages:
    """At most MOST_PAGES pages from `first` on, each under the mark's lines.

    font: a TrueType font with the ALPHABET. Nothing, and `first` 0, for a page that is not there. Raises whatever the
    library raises for what is no readable PDF.
    """
    reader = PdfFileReader(pdf, strict=False)
    count = int(reader.root["/Pages"]["/Count"])
    if not 1 <= first <= count:
        return Pages(0, 0, count, (), b"")
    last = min(count, first + MOST_PAGES - 1)
    marks = _Marks(mark, font)
    out: Any = writer.PdfFileWriter(stream_xrefs=True)  # type: ignore[no-untyped-call]  # as the library has it
    broken = []
    for number in range(first, last + 1):
        try:
            page = _copied(reader, number, out, marks)
        except MemoryError:
            raise
        except Exception:  # a hostile page makes the library raise anything at all; the others are read
            broken.append(number)
            page = _page(out, _A4, 0, [], marks, f"第 {number} 页无法显示，请看原件")
        out.insert_page(page)
    written = io.BytesIO()
    out.write(written)
    return Pages(first, last, count, tuple(broken), written.getvalue())


def _copied(reader: PdfFileReader, number: int, out: Any, marks: _Marks) -> Any:
    known: Any = reader
    source = known.find_page_for_modification(number - 1)[0].get_object()
    box = _box(inherited(source, "/MediaBox", "/Parent") or list(_A4))
    crop = inherited(source, "/CropBox", "/Parent")
    turned = int(inherited(source, "/Rotate", "/Parent") or 0) % 360
    drawn: list[tuple[Any, tuple[float, ...]]] = []
    if "/Contents" in source:
        drawn.append((out.import_page_as_xobject(reader, number - 1), (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)))
    for annotation in source.get("/Annots", ()):
        if (look := _look(annotation.get_object())) is not None:
            drawn.append((out.import_object(look[0]), look[1]))
    return _page(out, box if crop is None else _inside(_box(crop), box), turned - turned % 90, drawn, marks)


def _page(out: Any, box: Any, turned: int, drawn: list[Any], marks: _Marks, says: str = "") -> Any:
    """A page that draws some forms, each with its matrix, and then the mark."""
    forms = generic.DictionaryObject()
    program = []
    for n, (form, matrix) in enumerate([*drawn, (marks.over(out, box, says), (1, 0, 0, 1, box[0], box[1]))]):
        forms[pdf_name(f"/F{n}")] = form
        program.append(f"q {' '.join(f'{x:.5f}' for x in matrix)} cm /F{n} Do Q")
    contents = generic.StreamObject(stream_data="\n".join(program).encode())
    resources = generic.DictionaryObject({pdf_name("/XObject"): forms})
    page = page_object(contents=out.add_object(contents), media_box=box, resources=resources)
    page[pdf_name("/Rotate")] = generic.NumberObject(turned)
    return page


def _look(annotation: Any) -> tuple[Any, tuple[float, ...]] | None:
    """The appearance of an annotation, as of a seal, and the matrix that puts it in its place (ISO 32000, 12.5.5)."""
    if int(annotation.get("/F", 0)) & _HIDDEN or annotation.get("/Subtype") in _NO_LOOKS:
        return None
    normal = annotation["/AP"].raw_get("/N") if "/AP" in annotation else None
    if normal is None:
        return None
    if not isinstance(normal.get_object(), generic.StreamObject):  # one of several states, as of a tick
        states = normal.get_object()
        if annotation.get("/AS") not in states:
            return None
        normal = states.raw_get(annotation["/AS"])
    form, rect = normal.get_object(), _box(annotation["/Rect"])
    a, b, c, d, e, f = (float(x) for x in form.get("/Matrix", (1, 0, 0, 1, 0, 0)))
    x0, y0, x1, y1 = _box(form["/BBox"])
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (x0, x1) for y in (y0, y1)]
    left, low = min(x for x, _ in corners), min(y for _, y in corners)
    wide, high = max(x for x, _ in corners) - left, max(y for _, y in corners) - low
    if not (wide and high):
        return None
    across, up = (rect[2] - rect[0]) / wide, (rect[3] - rect[1]) / high
    return normal, (across, 0.0, 0.0, up, rect[0] - left * across, rect[1] - low * up)


def _box(found: Any) -> tuple[float, float, float, float]:
    """Left, low, right, high in points. Raises ValueError for what is no box."""
    x0, y0, x1, y1 = (float(x) for x in found)
    box = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    if not all(abs(x) <= _LARGEST for x in box):
        raise ValueError("a page of no size")
    return box


def _inside(crop: tuple[float, ...], box: tuple[float, ...]) -> tuple[float, ...]:
    """What of the page is shown; an empty crop counts as none."""
    cut = max(crop[0], box[0]), max(crop[1], box[1]), min(crop[2], box[2]), min(crop[3], box[3])
    return cut if cut[0] < cut[2] and cut[1] < cut[3] else box


class _Marks:
    """The mark drawn over pages, once for each size of page in a file."""

    def __init__(self, lines: tuple[str, ...], font: bytes) -> None:
        self._lines = lines
        self._forms: dict[tuple[int, int, str], Any] = {}
        pdfmetrics.registerFont(TTFont(_FONT, io.BytesIO(font)))

    def over(self, out: Any, box: tuple[float, ...], says: str) -> Any:
        """The form that marks a page of this size."""
        wide, high = max(1, round(box[2] - box[0])), max(1, round(box[3] - box[1]))
        if (found := self._forms.get((wide, high, says))) is None:
            drawn = io.BytesIO(self._draw(wide, high, says))
            found = out.import_page_as_xobject(PdfFileReader(drawn))
            self._forms[wide, high, says] = found
        return found

    def _draw(self, wide: int, high: int, says: str) -> bytes:
        page = io.BytesIO()
        canvas = Canvas(page, pagesize=(wide, high), invariant=1)
        canvas.setFillGray(_GREY)
        if says:
            canvas.setFont(_FONT, _SIZE)
            canvas.drawCentredString(wide / 2, high * 0.8, says)
        canvas.setFillAlpha(_THIN)
        step = max(170.0, (wide + high) / 9)
        size = _SIZE * step / 170.0
        canvas.setFont(_FONT, size)
        longest = max(pdfmetrics.stringWidth(line, _FONT, size) for line in self._lines)
        across = max(step * 1.6, longest + 3 * size)
        for row in range(int((high + wide) / step) + 1):
            canvas.saveState()
            canvas.translate(0, row * step - wide * 0.35)
            canvas.rotate(28)
            for column in range(int(wide * 1.3 / across) + 1):
                for n, line in enumerate(self._lines):
                    canvas.drawString(column * across + row % 2 * across / 3, -n * size * 1.35, line)
            canvas.restoreState()
        canvas.setFillAlpha(0.8)
        canvas.setFont(_FONT, 8)
        canvas.drawCentredString(wide / 2, 10, " · ".join(self._lines))
        canvas.showPage()
        canvas.save()
        return page.getvalue()
