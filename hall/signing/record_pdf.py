"""The opening record as a PDF (开标记录, clauses 5.5.2 and 5.5.3): pages, tables, signature boxes.

Layout only: what is said comes from `record_model`, the tables from `record_course_pages` and `record_matters_pages`,
the words from `record_words`, attachment and PDF/A parts from `record_archive`. Equal records and fonts give equal
bytes; no clock, no randomness. Rendering takes about two seconds of one core, so it belongs into a worker process.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any, Protocol

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Spacer,
)

from hall.signing import record_archive, record_codes
from hall.signing import record_course_pages as course
from hall.signing import record_matters_pages as matters
from hall.signing import record_words as w
from hall.signing.record_layout import (
    BOLD,
    FULL_WIDTH,
    LINE,
    PLAIN,
    DigestAndCode,
    SignatureBoxes,
    Typesetter,
    fonts,
    signature_boxes,
)
from hall.signing.record_model import FURTHER, REHEARSAL, SIGNATORIES, OpeningRecord

_MARGIN = 18 * mm


def render(record: OpeningRecord, font: Path, bold: Path | None = None) -> bytes:
    """Give the PDF of `record`: A4, fonts embedded, record.json attached, one empty signature field per signatory and
    per further signer.

    font, bold: TrueType or OpenType files or collections with the simplified Chinese characters; without
    `bold` the headings are set in `font`. Raises `Unavailable("record_font_missing")`, and
    `Malformed("amount_malformed")` for a price that is none.
    """
    attachment = record.to_json()
    text = attachment.decode() + "".join(line.price_capitals for line in record.read_out) + w.alphabet()
    with fonts(text, font, bold):
        pages, fields = draw(record)
    return record_archive.assemble(
        pages,
        attachment=attachment,
        title=f"{w.TITLE} {record.tender_name}",
        made_at=record.made_at,
        fields=fields,
    )


def draw(record: OpeningRecord) -> tuple[bytes, list[record_archive.FieldBox]]:
    """The pages alone as a plain PDF, and where its signatures go; between `fonts` or `typefaces`."""
    boxes = signature_boxes([(role, record_codes.ROLE[role], _names(record, role)) for role in SIGNATORIES])
    digest = hashlib.sha256(record.to_json()).hexdigest()
    foot = f"{record_archive.ATTACHMENT} {w.fingerprint(digest)}"
    further = signature_boxes(_further(record))
    pages = paged(record, foot, _story(record, digest, boxes, further))
    return pages, [box for row in (*boxes, *further) for box in row.placed]


def _further(record: OpeningRecord) -> list[tuple[str, str, str]]:
    """Who may sign besides: appointed staff and the bidders that signed in. All fields exist before anybody signs."""
    staff = [one for one in FURTHER if _names(record, one) != w.EMPTY_STAFF]
    found = [(role, record_codes.ROLE[role], _names(record, role)) for role in staff]
    bidders = {line.bidder: line.name for line in record.bidders if line.signed_in_at is not None}
    return [*found, *((f"bidder-{one}", w.BIDDER, name) for one, name in bidders.items())]


def _names(record: OpeningRecord, role: str) -> str:
    """Who holds the post when the record is made."""
    holders = [person.name for person in record.staff if person.role == role]
    holders += [change.name for change in record.staff_changes if change.role == role]
    return holders[-1] if holders else w.EMPTY_STAFF


class Headed(Protocol):
    """What stands in the head of every page."""

    @property
    def mode(self) -> str: ...
    @property
    def tender(self) -> str: ...
    @property
    def opening(self) -> str: ...


def paged(head: Headed, foot: str, story: list[Flowable], title: str = w.TITLE) -> bytes:
    """Give A4 pages with running heads that begin with `title`, the foot on their left, and "page x of y"."""

    def decorate(canvas: Canvas, _template: BaseDocTemplate) -> None:
        _running_heads(canvas, head, foot, title)

    out = io.BytesIO()
    frame = Frame(_MARGIN, 20 * mm, FULL_WIDTH, A4[1] - 42 * mm, 0, 0, 0, 0)
    template = BaseDocTemplate(out, pagesize=A4, invariant=1)
    template.addPageTemplates(PageTemplate(frames=[frame], onPage=decorate))
    template.build(story, canvasmaker=_CountedCanvas)
    return out.getvalue()


class _CountedCanvas(Canvas):
    """A canvas that writes "page x of y" once y is known."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Without this the library names Helvetica, which it does not embed, on each page.
        super().__init__(*args, **{**kwargs, "initialFontName": PLAIN})
        self._finished: list[dict[str, object]] = []

    def showPage(self) -> None:  # noqa: N802  # the library's name
        self._finished.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # missing in the library's types

    def save(self) -> None:
        for number, state in enumerate(self._finished, start=1):
            self.__dict__.update(state)
            self.setFont(PLAIN, 9)
            self.setFillGray(0)
            self.drawCentredString(A4[0] / 2, 11 * mm, w.page(number, len(self._finished)))
            Canvas.showPage(self)
        Canvas.save(self)


def _running_heads(canvas: Canvas, record: Headed, foot: str, title: str) -> None:
    """Head and foot of a page, and on a rehearsal's pages the watermark under the text."""
    width, height = A4
    canvas.saveState()
    if record.mode == REHEARSAL:
        canvas.setFillGray(0.88)
        canvas.setFont(BOLD, 30)
        for level in (0.22, 0.5, 0.78):
            canvas.saveState()
            canvas.translate(width / 2, height * level)
            canvas.rotate(32)
            canvas.drawCentredString(0, 0, w.REHEARSAL)
            canvas.restoreState()
    canvas.setFillGray(0.25)
    canvas.setFont(PLAIN, 8.5)
    top = height - 14 * mm
    canvas.drawString(_MARGIN, top, f"{title}　{record.tender}")
    if record.mode == REHEARSAL:
        canvas.setFont(BOLD, 8.5)
        canvas.drawRightString(width - _MARGIN, top, w.REHEARSAL)
    else:
        canvas.drawRightString(width - _MARGIN, top, record.opening)
    canvas.setStrokeGray(0.25)
    canvas.setLineWidth(LINE)
    canvas.line(_MARGIN, top - 2 * mm, width - _MARGIN, top - 2 * mm)
    canvas.setFont(PLAIN, 7)
    canvas.drawString(_MARGIN, 11 * mm, foot)
    canvas.restoreState()


def _story(
    record: OpeningRecord, digest: str, boxes: list[SignatureBoxes], further: list[SignatureBoxes]
) -> list[Flowable]:
    t = Typesetter()
    story: list[Flowable] = [t.title(w.TITLE), t.subtitle(record.tender_name)]
    for heading, body in (*course.sections(t, record), *matters.sections(t, record)):
        story += [CondPageBreak(45 * mm), t.section(heading), *body]
    proof = [
        (w.MANIFEST, w.digest_groups(record.manifest)),
        (w.MANIFEST_CODE, record.manifest_code),
        (w.ORIGIN, record.origin),
        (w.TREE_SIZE, str(record.tree_size)),
        (w.TREE_ROOT, w.digest_groups(record.tree_root)),
        (w.RECORD_DIGEST, w.digest_groups(digest)),
    ]
    story.append(KeepTogether([t.section(w.SIGNATURES), t.note(w.SIGN_NOTE), Spacer(1, 2 * mm), *boxes]))
    if further:
        note = [t.note(w.FURTHER_NOTE), Spacer(1, 2 * mm)]
        story.append(KeepTogether([Spacer(1, 4 * mm), *note, further[0]]))
    code = DigestAndCode(t, proof, w.PROOF_NOTE, f"sha256:{digest}")
    return [*story, *further[1:], KeepTogether([t.section(w.PROOF), code])]
