"""The opening record's pages about the course of the lots: who bid, the two declarations, windows, prices, objections.

Layout only, as in `record_pdf`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from hall.signing import record_codes as k
from hall.signing import record_words as w
from hall.signing.record_course import (
    CustodyAct,
    Draw,
    LedgerSpan,
    Lot,
    Objection,
    QuoteRound,
    RemedyLine,
    SealingCheck,
)
from hall.signing.record_layout import Typesetter
from hall.signing.record_model import OpeningRecord

Section = tuple[str, list[Flowable]]


def sections(t: Typesetter, record: OpeningRecord) -> Iterator[Section]:
    """Headings with what stands under them. What the documents need not have is left out where it did not happen."""
    yield w.BASICS, _basics(t, record)
    yield w.STAFF, _staff(t, record)
    if record.deadlines:
        yield w.DEADLINES, [_deadlines(t, record)]
    yield w.BIDDERS, _bidders(t, record)
    yield w.SEALING, [line for lot in record.lots for line in _sealing(t, record, lot)]
    yield w.WINDOW, [line for lot in record.lots for line in _window(t, record, lot)]
    yield w.RESULTS, [line for lot in record.lots for line in _results(t, record, lot)]
    if record.remedies:
        yield w.REMEDIES, [line for one in record.remedies for line in _remedy(t, record, one)]
    if record.custody:
        yield w.CUSTODY, [line for one in record.custody for line in _custody(t, record, one)]
    yield w.READ_OUT, [line for lot in record.lots for line in _read_out(t, record, lot)]
    if record.quotes:
        yield w.QUOTES, [line for round_ in record.quotes for line in _quotes(t, record, round_)]
    if record.draws:
        yield w.DRAWS, [line for draw in record.draws for line in _draw(t, record, draw)]
    yield w.OBJECTIONS, _objections(t, record)


def named(record: OpeningRecord, bidders: tuple[str, ...]) -> str:
    """Bidders' names in a row, or the sign for nothing."""
    names = {line.bidder: line.name for line in record.bidders}
    return "、".join(names.get(bidder, k.ROLE.get(bidder, bidder)) for bidder in bidders) or w.NOTHING


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
        [k.ROLE.get(person.role, person.role), person.name, person.unit, w.fingerprint(person.certificate)]
        for person in record.staff
    ]
    body: list[Flowable] = [t.table((w.ROLE_HEAD, w.NAME, w.UNIT, w.CERTIFICATE), rows, (26, 30, 68, 50))]
    changes = [
        [
            w.stacked(change.at),
            f"{k.ROLE.get(change.role, change.role)}\n{k.STAFF_CHANGE.get(change.kind, change.kind)}",
            f"{change.name}\n{change.unit}".strip() or w.NOTHING,
            w.fingerprint(change.certificate),
            change.reason or w.NOTHING,
            w.person(change.by),
        ]
        for change in record.staff_changes
    ]
    if changes:
        heads = (w.AT, w.CHANGE, w.NAME, w.CERTIFICATE, w.REASON, w.SIGNER)
        body += [Spacer(1, 2 * mm), t.table(heads, changes, (23, 26, 40, 28, 33, 24))]
    return body


def _deadlines(t: Typesetter, record: OpeningRecord) -> Flowable:
    heads = (w.AT, w.CHANGE, w.BEFORE, w.AFTER, w.REASON, w.SIGNER)
    rows = [
        [
            w.stacked(line.at),
            k.DEADLINE_CHANGE.get(line.kind, line.kind),
            w.stacked(line.before),
            w.stacked(line.after) if line.kind in ("moved", "postponed") else w.NOTHING,
            line.reason or "、".join(f"{w.ENTRY} {number}" for number in line.incidents) or w.NOTHING,
            w.person(line.by),
        ]
        for line in record.deadlines
    ]
    return t.table(heads, rows, (23, 26, 23, 23, 51, 28))


def _bidders(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    body: list[Flowable] = []
    heads = (w.NUMBER, w.BIDDER, w.REPRESENTATIVE, w.DEPOSITED, w.SIGNED_IN, w.RELEASED, w.OPENED, w.STATE)
    for lot in record.lots:
        rows = [
            [str(n), line.name, line.representative]
            + [w.stacked(at) for at in (line.deposited_at, line.signed_in_at)]
            + [w.stacked(at) for at in (line.released_at, line.opened_at)]
            + [k.STATUS.get(line.status, line.status)]
            for n, line in enumerate((line for line in record.bidders if line.lot == lot.lot), start=1)
        ]
        body += [t.lot(lot), t.table(heads, rows, (10, 38, 18, 23, 23, 23, 23, 16))]
        body += [t.text(_ending(record, lot))] if _ending(record, lot) else []
    return body


_ENDINGS = {"failed": w.FAILED_LOT, "fewer": w.FEWER_LOT, "none_offered": w.NONE_OFFERED}


def _ending(record: OpeningRecord, lot: Lot) -> str:
    said = []
    for ending in record.endings:
        if ending.lot == lot.lot:
            word = _ENDINGS[ending.kind]
            reason = f"：{ending.reason}" if ending.reason else ""
            approval = f"；{w.APPROVAL} {w.fingerprint(ending.approval)}" if ending.approval else ""
            said.append(f"{word}{reason}{approval}（{w.person(ending.by)}，{w.moment(ending.at)}）。")
    return "\n".join(said)


def _sealing(t: Typesetter, record: OpeningRecord, lot: Lot) -> Iterator[Flowable]:
    yield t.lot(lot)
    check = next((one for one in record.sealing if one.lot == lot.lot), None)
    if check is None:
        yield t.text(w.NONE)
        return
    heads = (w.BIDDER, w.REHASHED, w.COMPARED, w.BIDDER_ANSWER)
    rows = [
        [
            line.name,
            w.digest_groups(line.rehashed_sha256),
            w.YES if line.intact else w.NO,
            k.ANSWER.get(line.answer, line.answer)
            + (f"\n{w.stacked(line.at)}" if line.at is not None else ""),
        ]
        for line in check.answers
    ]
    yield t.table(heads, rows, (48, 76, 16, 34))
    again = [
        [w.stacked(line.at), line.name, w.digest_groups(line.sha256), w.YES if line.intact else w.NO]
        for line in record.rehashes
        if line.lot == lot.lot
    ]
    if again:
        yield t.lot_note(w.REHASHES)
        yield t.table((w.AT, w.BIDDER, w.REHASHED, w.COMPARED), again, (23, 59, 76, 16))
    yield Spacer(1, 1.5 * mm)
    yield _declared(t, record, check)


def _declared(t: Typesetter, record: OpeningRecord, check: SealingCheck) -> Flowable:
    """Declaration (i) as a block of its own: a notary answers for it with its own certificate (clause 4.5)."""
    result = f"{w.HELD}：{named(record, check.held)}" if check.held else w.SEALED_INTACT
    return t.facts(
        [
            (w.DECLARER, w.person(check.declared_by)),
            (w.DECLARED_AT, w.moment(check.declared_at)),
            (w.DECLARED, result),
            (w.CERTIFICATE, w.fingerprint(check.certificate)),
            (w.MANNER, w.BY_NOTARY if check.role == "notary" else w.BY_BIDDERS),
        ]
    )


def _window(t: Typesetter, record: OpeningRecord, lot: Lot) -> Iterator[Flowable]:
    yield t.lot(lot)
    window = next((one for one in record.windows if one.lot == lot.lot), None)
    if window is None:
        yield t.text(w.NONE)
        return
    rows = [
        (w.COMMANDED_BY, w.person(window.commanded_by)),
        (w.WINDOW_WHY, k.WINDOW_REASON.get(window.reason, window.reason)),
        (w.WINDOW_OPENED, w.moment(window.opened_at)),
        (w.COMMANDED_UNTIL, w.moment(window.commanded_until)),
        (w.WINDOW_CLOSES, w.moment(window.closes_at)),
        (w.WINDOW_CLOSED, w.moment(window.closed_at)),
        (w.UNDECRYPTED, named(record, window.undecrypted)),
    ]
    yield t.facts(rows)
    own = [
        [
            line.name,
            str(line.incident),
            w.stacked(line.opened_at),
            w.stacked(line.closes_at),
            w.stacked(line.closed_at),
            w.DECRYPTED if line.released else w.UNDECRYPTED,
        ]
        for line in record.own_windows
        if line.lot == lot.lot
    ]
    if own:
        heads = (w.BIDDER, w.ENTRY, w.FROM, w.WINDOW_CLOSES, w.WINDOW_CLOSED, w.STATE)
        yield t.lot_note(w.OWN_WINDOW)
        yield t.table(heads, own, (58, 16, 26, 26, 26, 22))
    spans = [span for span in record.ledger if span.lot == lot.lot]
    if spans:
        yield t.lot_note(w.LEDGER)
        heads = (w.BIDDER, w.KIND, w.FROM, w.TO, w.LENGTH, w.COUNTED)
        yield t.table(heads, list(_ledger(spans)), (50, 20, 28, 28, 24, 24))


def _ledger(spans: list[LedgerSpan]) -> Iterator[list[str]]:
    """Every stretch with its length, and how much of the 60 minutes had run at its end."""
    counted: dict[str, int] = {}
    for span in spans:
        length = span.end - span.start
        counted[span.bidder] = counted.get(span.bidder, 0) + (length if span.kind == "running" else 0)
        yield [
            span.name or w.COMMON,
            k.SPAN.get(span.kind, span.kind),
            w.stacked(span.start),
            w.stacked(span.end),
            w.span(0, length),
            w.span(0, counted[span.bidder]),
        ]


def _remedy(t: Typesetter, record: OpeningRecord, one: RemedyLine) -> Iterator[Flowable]:
    lots = {lot.lot: lot.name for lot in record.lots}
    rows = [
        (w.LOT, lots.get(one.lot, one.lot)),
        (w.BIDDER, one.name),
        (w.CHANGE, w.REMEDY_ACT[one.act]),
        (w.SIGNER, w.person(one.by)),
        (w.AT, w.moment(one.at)),
        (w.REASON, one.reason),
        (w.CERTIFICATE, w.fingerprint(one.certificate)),
    ]
    yield t.facts(rows)


def _custody(t: Typesetter, record: OpeningRecord, one: CustodyAct) -> Iterator[Flowable]:
    rows = [(w.SIGNER, w.person(one.by)), (w.AT, w.moment(one.at))]
    if one.act == "opened":
        lots = {lot.lot: lot.name for lot in record.lots}
        rows += [(w.LOT, lots.get(one.lot, one.lot)), (w.KEYS_OF, named(record, one.bidders))]
    else:
        rows += [
            (w.NEW_CUSTODIANS, "、".join(w.fingerprint(x) for x in one.custodians)),
            (w.REASON, one.reason),
        ]
    yield t.facts([*rows, (w.CERTIFICATE, w.fingerprint(one.certificate))])


def _results(t: Typesetter, record: OpeningRecord, lot: Lot) -> Iterator[Flowable]:
    yield t.lot(lot)
    results = next((one for one in record.results if one.lot == lot.lot), None)
    if results is None:
        yield t.text(w.NONE)
        return
    if results.answers:
        rows = [
            [
                line.name,
                w.RESULT_INTACT if line.answer == "intact" else k.ANSWER.get(line.answer, line.answer),
                w.moment(line.at),
            ]
            for line in results.answers
        ]
        yield t.table((w.BIDDER, w.BIDDER_ANSWER, w.AT), rows, (80, 44, 50))
        yield Spacer(1, 1.5 * mm)
    yield t.facts(
        [
            (w.DECLARER, w.person(results.declared_by)),
            (w.DECLARED_AT, w.moment(results.declared_at)),
            (w.DECRYPTED, named(record, results.decrypted)),
            (w.UNDECRYPTED, named(record, results.undecrypted)),
            (w.CERTIFICATE, w.fingerprint(results.certificate)),
            (w.MANNER, w.BY_NOTARY if results.role == "notary" else w.BY_BIDDERS),
        ]
    )


_READ_OUT_WIDTHS: Final = {"price": 44, "period": 19, "quality": 16, "manager": 16, "security": 22}
"""mm of each column of the read-out; with the five usual ones 31 are left for the bidder's name."""


def _read_out(t: Typesetter, record: OpeningRecord, lot: Lot) -> Iterator[Flowable]:
    titles = [f"{x.title}\n{w.PRICE_FORMS}" if x.key == "price" else x.title for x in lot.columns]
    heads = (w.NUMBER, w.BIDDER, *titles, w.CONFIRMATION)
    widths = [_READ_OUT_WIDTHS[x.key] for x in lot.columns]
    answers = {(answer.lot, answer.bidder): answer for answer in record.confirmations}
    rows = []
    for n, line in enumerate((line for line in record.read_out if line.lot == lot.lot), start=1):
        answer = answers.get((line.lot, line.bidder))
        said = w.NOTHING if answer is None else k.ANSWER.get(answer.answer, answer.answer)
        if answer is not None and answer.at is not None:
            said += f"\n{w.moment(answer.at)[11:19]}"
        if answer is not None and answer.note:
            said += f"\n{answer.note}"
        shown = {
            "price": f"{t.amount(line.price)}\n{line.price_capitals}",
            "period": line.period,
            "quality": line.quality,
            "manager": line.manager,
            "security": line.security,
        }
        rows.append([str(n), line.name, *(shown[x.key] for x in lot.columns), said])
    yield t.lot(lot)
    # What the columns that are not read out leave free goes to the names.
    yield t.table(heads, rows, (10, 148 - sum(widths), *widths, 16))


def _quotes(t: Typesetter, record: OpeningRecord, round_: QuoteRound) -> Iterator[Flowable]:
    yield t.lot_note(f"{w.LOT} {round_.lot}　{w.ROUND.format(round_.round)}")
    yield t.facts(
        [
            (w.SIGNER, w.person(round_.opened_by)),
            (w.WINDOW_OPENED, w.moment(round_.opened_at)),
            (w.LATEST, w.moment(round_.quoted_by)),
            (w.WINDOW_CLOSED, w.moment(round_.closed_at)),
            (w.LEFT if round_.leave else w.SILENT, named(record, round_.silent)),
        ]
    )
    rows = [
        [
            line.name,
            f"{t.amount(line.price)}\n{line.price_capitals}",
            w.OWN_QUOTE if line.signed else w.STANDS,
        ]
        for line in round_.quotes
    ]
    yield t.table((w.BIDDER, f"{w.PRICE}\n{w.PRICE_FORMS}", w.STATE), rows, (60, 80, 34))


def _draw(t: Typesetter, record: OpeningRecord, draw: Draw) -> Iterator[Flowable]:
    yield t.lot_note(f"{w.LOT} {draw.lot}　{w.DRAW_NUMBER.format(draw.draw)}")
    yield t.facts(
        [
            (w.PURPOSE, draw.purpose),
            (w.CANDIDATES, "；".join(draw.values)),
            (w.WINDOW_OPENED, w.moment(draw.opened_at)),
            (w.WINDOW_CLOSED, w.moment(draw.done_at)),
            (w.SEED, w.digest_groups(draw.seed) or w.NOTHING),
            (w.CHOSEN, draw.chosen or w.VOID),
        ]
    )
    rows = [
        [
            k.ROLE.get(part.party, part.name),
            w.digest_groups(part.commitment),
            w.digest_groups(part.secret) or w.NOTHING,
        ]
        for part in draw.parts
    ]
    yield t.table((w.PARTY, w.COMMITMENT, w.SECRET), rows, (34, 70, 70))


def _objections(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    heads = (w.LOT, w.BIDDER, w.RAISED, w.OBJECTION, w.REPLY)
    rows = [
        [line.lot, line.name, w.stacked(line.raised_at), line.text, _reply(line)]
        for line in record.objections
    ]
    return [t.table(heads, rows, (14, 32, 23, 50, 55))] if rows else [t.text(w.NONE)]


def _reply(line: Objection) -> str:
    if line.answered_at is None:
        return k.OUTCOME[""]
    outcome = k.OUTCOME.get(line.outcome, line.outcome)
    return f"{outcome}\n{line.answer}\n{w.person(line.answered_by)} {w.moment(line.answered_at)}"
