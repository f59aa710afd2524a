"""The opening record as a PDF (开标记录, clauses 5.5.2 and 5.5.3): pages, tables, signature boxes.

Layout only: what is said comes from `record_model`, the words from `record_words`, attachment and PDF/A parts from
`record_archive`. Equal records and fonts give equal bytes; no clock, no randomness. Rendering takes about two seconds
of one core, so it belongs into a worker process.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Spacer

from hall.signing import record_archive
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
)
from hall.signing.record_model import REHEARSAL, SIGNATORIES, Objection, OpeningRecord

_MARGIN = 18 * mm


def render(record: OpeningRecord, font: Path, bold: Path | None = None) -> bytes:
    """Give the PDF of `record`: A4, fonts embedded, record.json attached, one empty signature field per signatory.

    font, bold: TrueType or OpenType files or collections with the simplified Chinese characters; without
    `bold` the headings are set in `font`. Raises `Unavailable("record_font_missing")`, and
    `Malformed("amount_malformed")` for a price that is none.
    """
    attachment = record.to_json()
    text = attachment.decode() + "".join(line.price_capitals for line in record.read_out) + w.alphabet()
    with fonts(text, font, bold):
        boxes = SignatureBoxes([(role, w.ROLE[role], _names(record, role)) for role in SIGNATORIES])
        pages = _pages(record, hashlib.sha256(attachment).hexdigest(), boxes)
    return record_archive.assemble(
        pages,
        attachment=attachment,
        title=f"{w.TITLE} {record.tender_name}",
        made_at=record.made_at,
        fields=boxes.placed,
    )


def _names(record: OpeningRecord, role: str) -> str:
    return "、".join(person.name for person in record.staff if person.role == role) or w.EMPTY_STAFF


def _pages(record: OpeningRecord, digest: str, boxes: SignatureBoxes) -> bytes:
    def decorate(canvas: Canvas, _template: BaseDocTemplate) -> None:
        _running_heads(canvas, record, digest)

    out = io.BytesIO()
    frame = Frame(_MARGIN, 20 * mm, FULL_WIDTH, A4[1] - 42 * mm, 0, 0, 0, 0)
    template = BaseDocTemplate(out, pagesize=A4, invariant=1)
    template.addPageTemplates(PageTemplate(frames=[frame], onPage=decorate))
    template.build(_story(record, digest, boxes), canvasmaker=_CountedCanvas)
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


def _running_heads(canvas: Canvas, record: OpeningRecord, digest: str) -> None:
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
    canvas.drawString(_MARGIN, top, f"{w.TITLE}　{record.tender}")
    if record.mode == REHEARSAL:
        canvas.setFont(BOLD, 8.5)
        canvas.drawRightString(width - _MARGIN, top, w.REHEARSAL)
    else:
        canvas.drawRightString(width - _MARGIN, top, record.opening)
    canvas.setStrokeGray(0.25)
    canvas.setLineWidth(LINE)
    canvas.line(_MARGIN, top - 2 * mm, width - _MARGIN, top - 2 * mm)
    canvas.setFont(PLAIN, 7)
    canvas.drawString(_MARGIN, 11 * mm, f"{record_archive.ATTACHMENT} {w.fingerprint(digest)}")
    canvas.restoreState()


def _story(record: OpeningRecord, digest: str, boxes: SignatureBoxes) -> list[Flowable]:
    t = Typesetter()
    story: list[Flowable] = [t.title(w.TITLE), t.subtitle(record.tender_name)]
    for heading, body in (
        (w.BASICS, _basics(t, record)),
        (w.STAFF, _staff(t, record)),
        (w.BIDDERS, _bidders(t, record)),
        (w.SEALING, _sealing(t, record)),
        (w.WINDOW, _window(t, record)),
        (w.READ_OUT, _read_out(t, record)),
        (w.OBJECTIONS, _objections(t, record)),
        (w.INCIDENTS, _incidents(t, record)),
        (w.CONDUCT, _conduct(t, record)),
        (w.SETTINGS, _settings(t, record)),
    ):
        story += [t.section(heading), *body]
    proof = [
        (w.MANIFEST, w.digest_groups(record.manifest)),
        (w.MANIFEST_CODE, record.manifest_code),
        (w.ORIGIN, record.origin),
        (w.TREE_SIZE, str(record.tree_size)),
        (w.TREE_ROOT, w.digest_groups(record.tree_root)),
        (w.RECORD_DIGEST, w.digest_groups(digest)),
    ]
    story.append(
        KeepTogether([t.section(w.PROOF), DigestAndCode(t, proof, w.PROOF_NOTE, f"sha256:{digest}")])
    )
    story.append(KeepTogether([t.section(w.SIGNATURES), t.note(w.SIGN_NOTE), Spacer(1, 2 * mm), boxes]))
    return story


def _basics(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    lots = []
    for lot in record.lots:
        line = f"{lot.lot}　{lot.name}"
        if lot.price_ceiling is not None:
            line += f"；{w.CEILING} {t.amount(lot.price_ceiling)} 元"
        if lot.base_price is not None:
            line += f"；{w.BASE_PRICE} {t.amount(lot.base_price)} 元"
        lots.append(line)
    rows = [
        (w.TENDER_NAME, record.tender_name),
        (w.TENDER_NUMBER, record.tender),
        (w.PROCURING_ENTITY, record.procuring_entity),
        (w.AGENCY, record.tendering_agency or w.NOTHING),
        (w.PLACE, record.place),
        (w.DEADLINE, w.day_and_minute(record.bid_deadline)),
        (w.OPENING_TIME, w.day_and_minute(record.opening_time)),
        (w.OPENING_ID, record.opening),
        (w.LOT, "\n".join(lots)),
        (w.MADE_AT, w.moment(record.made_at)),
    ]
    return [t.facts(rows)]


def _staff(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    rows = [
        [w.ROLE.get(person.role, person.role), person.name, person.unit, w.fingerprint(person.certificate)]
        for person in record.staff
    ]
    return [t.table((w.ROLE_HEAD, w.NAME, w.UNIT, w.CERTIFICATE), rows, (26, 30, 68, 50))]


def _bidders(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    body: list[Flowable] = []
    heads = (w.NUMBER, w.BIDDER, w.REPRESENTATIVE, w.DEPOSITED, w.SIGNED_IN, w.RELEASED, w.OPENED, w.STATE)
    for lot in record.lots:
        rows = [
            [str(n), line.name, line.representative]
            + [w.stacked(at) for at in (line.deposited_at, line.signed_in_at)]
            + [w.stacked(at) for at in (line.released_at, line.opened_at)]
            + [w.STATUS.get(line.status, line.status)]
            for n, line in enumerate((line for line in record.bidders if line.lot == lot.lot), start=1)
        ]
        body += [t.lot(lot), t.table(heads, rows, (10, 38, 18, 23, 23, 23, 23, 16))]
    return body


def _sealing(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    check = record.sealing
    if check is None:
        return [t.text(w.NONE)]
    heads = (w.LOT, w.BIDDER, w.REHASHED, w.COMPARED, w.BIDDER_ANSWER)
    rows = [
        [
            line.lot,
            line.name,
            w.digest_groups(line.rehashed_sha256),
            w.YES if line.intact else w.NO,
            w.ANSWER.get(line.answer, line.answer)
            + (f"\n{w.stacked(line.at)}" if line.at is not None else ""),
        ]
        for line in check.answers
    ]
    result = w.RESULT.get(check.result, check.result)
    declared = f"{w.DECLARED}：{result}（{w.person(check.declared_by)}，{w.moment(check.declared_at)}）。"
    return [t.table(heads, rows, (14, 41, 74, 16, 29)), t.text(declared)]


def _window(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    window = record.window
    if window is None:
        return [t.text(w.NONE)]
    rows = [
        (w.COMMANDED_BY, w.person(window.commanded_by)),
        (w.WINDOW_WHY, w.WINDOW_REASON.get(window.reason, window.reason)),
        (w.WINDOW_OPENED, w.moment(window.opened_at)),
        (w.WINDOW_CLOSES, w.moment(window.closes_at)),
        (w.WINDOW_CLOSED, w.moment(window.closed_at)),
    ]
    return [t.facts(rows)]


def _read_out(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    body: list[Flowable] = []
    heads = (
        w.NUMBER,
        w.BIDDER,
        f"{w.PRICE}\n{w.PRICE_FORMS}",
        w.PERIOD,
        w.QUALITY,
        w.MANAGER,
        w.SECURITY,
        w.CONFIRMATION,
    )
    answers = {(answer.lot, answer.bidder): answer for answer in record.confirmations}
    for lot in record.lots:
        rows = []
        for n, line in enumerate((line for line in record.read_out if line.lot == lot.lot), start=1):
            answer = answers.get((line.lot, line.bidder))
            said = w.NOTHING if answer is None else w.ANSWER.get(answer.answer, answer.answer)
            if answer is not None and answer.at is not None:
                said += f"\n{w.moment(answer.at)[11:19]}"
            if answer is not None and answer.note:
                said += f"\n{answer.note}"
            price = f"{t.amount(line.price)}\n{line.price_capitals}"
            rows.append(
                [str(n), line.name, price, line.period, line.quality, line.manager, line.security, said]
            )
        body += [t.lot(lot), t.table(heads, rows, (10, 31, 44, 19, 16, 16, 22, 16))]
    return body


def _objections(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    heads = (w.BIDDER, w.RAISED, w.OBJECTION, w.REPLY)
    rows = [
        [
            line.name,
            w.stacked(line.raised_at),
            line.text,
            _reply(line),
        ]
        for line in record.objections
    ]
    return [t.table(heads, rows, (34, 23, 55, 62))] if rows else [t.text(w.NONE)]


def _reply(line: Objection) -> str:
    if line.answered_at is None:
        return w.OUTCOME[""]
    outcome = w.OUTCOME.get(line.outcome, line.outcome)
    return f"{outcome}\n{line.answer}\n{w.person(line.answered_by)} {w.moment(line.answered_at)}"


def _incidents(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    body: list[Flowable] = []
    if record.incidents:
        heads = (w.AT, w.KIND, w.SUBJECT_HEAD, w.TEXT, w.EXPLANATION)
        rows = [
            [
                w.stacked(line.at),
                w.INCIDENT.get(line.kind, line.kind),
                _called(record, line.subject),
                line.text,
                line.explanation or w.NOTHING,
            ]
            for line in record.incidents
        ]
        body.append(t.table(heads, rows, (23, 30, 28, 50, 43)))
    if record.causes:
        heads = (w.LOT, w.BIDDER, w.CAUSE_HEAD, w.REASON, w.DECIDED)
        rows = [
            [
                line.lot,
                line.name,
                w.CAUSE.get(line.cause, line.cause),
                line.reason,
                f"{w.person(line.decided_by)}\n{w.moment(line.decided_at)}",
            ]
            for line in record.causes
        ]
        body += [Spacer(1, 2 * mm)] if body else []
        body.append(t.table(heads, rows, (14, 36, 34, 50, 40)))
    return body or [t.text(w.NONE)]


def _conduct(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    body: list[Flowable] = []
    if record.presence:
        heads = (w.PARTICIPANT, w.ONLINE, w.OFFLINE, w.INTERRUPTIONS)
        rows = [
            [
                line.name or line.participant,
                w.duration(line.online_ms),
                w.duration(line.offline_ms),
                str(line.interruptions),
            ]
            for line in record.presence
        ]
        body += [t.table(heads, rows, (72, 38, 38, 26)), Spacer(1, 2 * mm)]
    if record.recordings:
        heads = (w.PARTICIPANT, w.FILE, w.FRAGMENTS, w.CHAIN)
        rows = [
            [_called(record, line.participant), line.file, str(line.fragments), w.digest_groups(line.chain)]
            for line in record.recordings
        ]
        body.append(t.table(heads, rows, (36, 46, 18, 74)))
    return body or [t.text(w.NONE)]


def _called(record: OpeningRecord, participant: str) -> str:
    """What a participant id is called in words: a bidder's name, a role, or the id itself."""
    names = {line.bidder: line.name for line in record.bidders}
    return names.get(participant.removeprefix("bidder-")) or w.ROLE.get(
        participant.replace("-", "_"), participant
    )


def _settings(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    rows = [
        [w.SETTING_NAME.get(line.name, line.name), w.setting(line.name, line.value)]
        for line in record.settings
    ]
    return [t.table((w.SETTING, w.VALUE), rows, (62, 112))] if rows else [t.text(w.NONE)]
