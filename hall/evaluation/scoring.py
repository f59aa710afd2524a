"""Each member scores alone, item by item in the order of the tender documents (clauses 5.4.3, 5.4.4). Pure.

An item is a signed act; the sheet is signed by its digest when every item is there, and fixed from then on. The only
later change is an arithmetic correction: found in review, made by its own evaluator, countersigned by another.
"""

from __future__ import annotations

from collections.abc import Iterator

from hall.errors import NotPermitted, Refused
from hall.evaluation import commands as c
from hall.evaluation import events as e
from hall.evaluation.committee import digest_of, seated
from hall.evaluation.state import (
    Correction,
    EvaluationState,
    Item,
    Member,
    Sheet,
    Stage,
    criteria_of,
)
from hall.procurement.evaluation import Criterion, CriterionKind
from hall.procurement.parties import Actor

Key = tuple[str, str, str]
"""(lot, bidder, criterion)."""


def order(state: EvaluationState) -> Iterator[Key]:
    """Every item in its order: lot by lot, criterion by criterion as the documents have them, bid by bid."""
    for lot in state.given.lots:
        for criterion in criteria_of(state.rules):
            for bid in state.given.bids:
                if bid.lot == lot:
                    yield lot, bid.bidder, criterion.key


def awaited(state: EvaluationState) -> list[Key]:
    """The items that a sheet must have now: rejected bids are evaluated no further."""
    left = {(bid.lot, bid.bidder) for lot in state.given.lots for bid in state.valid(lot)}
    return [key for key in order(state) if key[:2] in left]


def next_item(state: EvaluationState, number: int) -> Key | None:
    """The first item that is not on a member's sheet; None when it is complete."""
    given = {item.key for item in state.sheets.get(number, Sheet()).items}
    return next((key for key in awaited(state) if key not in given), None)


def sheet_digest(state: EvaluationState, number: int, items: tuple[Item, ...]) -> str:
    """SHA-256 of the canonical JSON of a sheet: tender, member, and its items in the order of the documents."""
    place = {key: n for n, key in enumerate(order(state))}
    lines = [
        {
            "lot": item.lot,
            "bidder": item.bidder,
            "criterion": item.criterion,
            "passed": item.passed,
            "points": item.points,
            "reason": item.reason,
        }
        for item in sorted(items, key=lambda item: place[item.key])
    ]
    return digest_of({"tender": state.given.tender, "member": number, "items": lines})


def _working(state: EvaluationState, actor: Actor | None) -> Member:
    """A member that may put something on its sheet now."""
    member = seated(state, actor)
    if not state.begun:
        raise Refused("scoring_not_begun")
    if not member.read:
        raise Refused("criteria_unread")
    if state.sheets.get(member.number, Sheet()).signed_at is not None:
        raise Refused("sheet_signed")  # clause 5.4.4
    return member


def _in_turn(state: EvaluationState, member: Member, key: Key, kind: CriterionKind) -> Criterion:
    """The item's criterion. Clause 5.4.3: only the next item, or one that is on the sheet already, and none skipped."""
    criterion = next((one for one in criteria_of(state.rules) if (one.key, one.kind) == (key[2], kind)), None)
    if criterion is None or state.bid(key[0], key[1]) is None:
        raise Refused("no_such_item", criterion=key[2])
    if key not in awaited(state):
        raise Refused("bid_rejected")
    following = next_item(state, member.number)
    given = {item.key for item in state.sheets.get(member.number, Sheet()).items}
    if key != following and key not in given:
        assert following is not None  # this very item is not on the sheet yet
        lot, bidder, wanted = following
        raise Refused("not_this_item", lot=lot, bidder=bidder, criterion=wanted)
    return criterion


def review(state: EvaluationState, command: c.ReviewItem, actor: Actor | None) -> list[e.Event]:
    """Passed or not; who lets a bid fail says why."""
    member = _working(state, actor)
    key = (command.lot, command.bidder, command.criterion)
    _in_turn(state, member, key, CriterionKind.REVIEW)
    if not command.passed and not command.reason:
        raise Refused("reason_missing")
    return [e.ItemReviewed(member.number, *key, command.passed, command.reason, command.act)]


def score(state: EvaluationState, command: c.ScoreItem, actor: Actor | None) -> list[e.Event]:
    """Points, between nothing and the most that the documents give."""
    member = _working(state, actor)
    key = (command.lot, command.bidder, command.criterion)
    criterion = _in_turn(state, member, key, CriterionKind.SCORED)
    if command.points > criterion.points:
        raise Refused("points_out_of_range", most=criterion.points)
    return [e.ItemScored(member.number, *key, command.points, command.reason, command.act)]


def sign(state: EvaluationState, command: c.SignSheet, actor: Actor | None) -> list[e.Event]:
    """Clause 5.4.4: complete, in the very words that the member saw, and final."""
    member = seated(state, actor)
    sheet = state.sheets.get(member.number, Sheet())
    if sheet.signed_at is not None and sheet.digest == command.sheet:
        return []
    _working(state, actor)
    if (missing := next_item(state, member.number)) is not None or not state.given.bids:
        lot, bidder, criterion = missing or ("", "", "")
        raise Refused("sheet_unfinished", lot=lot, bidder=bidder, criterion=criterion)
    if any(m.decided is None and m.made.kind is not e.MotionKind.INTERPRETATION for m in state.motions):
        raise Refused("motion_open")
    _check_fails(state, sheet)
    if command.sheet != sheet_digest(state, member.number, sheet.items):
        raise Refused("sheet_mismatch")
    return [e.SheetSigned(member.number, command.sheet, command.act)]


def _check_fails(state: EvaluationState, sheet: Sheet) -> None:
    """One member rejects nobody, and nobody's doubt is passed over: who let a bid fail has the committee decide."""
    kind = e.MotionKind.REJECTION
    decided = {
        (m.made.lot, m.made.bidder) for m in state.motions if m.made.kind is kind and m.decided is not None
    }
    for item in sheet.items:
        if item.passed is False and not state.failed(item.lot) and (item.lot, item.bidder) not in decided:
            raise Refused("fail_undecided", lot=item.lot, bidder=item.bidder)


def of_sheets(state: EvaluationState) -> e.Event | None:
    """The sheets are opened among the members when the last one is signed, and no earlier (clause 5.4.3)."""
    if not state.begun or state.revealed or state.vacant:
        return None
    signed = [(m.number, state.sheets.get(m.number, Sheet())) for m in state.active]
    if any(sheet.signed_at is None for _, sheet in signed):
        return None
    return e.SheetsRevealed(tuple(number for number, _ in signed), tuple(sheet.digest for _, sheet in signed))


def find_error(state: EvaluationState, command: c.FindError, actor: Actor | None) -> list[e.Event]:
    """Clause 5.4.4: found in review, in points that stand on a signed sheet."""
    member = seated(state, actor)
    if state.stage is not Stage.REVIEW:
        raise Refused("not_in_review")
    key = (command.lot, command.bidder, command.criterion)
    items = state.sheets.get(command.member, Sheet()).items
    item = next((item for item in items if item.key == key), None)
    if item is None or item.points is None:
        raise Refused("no_such_item", criterion=command.criterion)
    if any(one.countersigned is None and key_of(one) == (command.member, key) for one in state.corrections):
        raise Refused("correction_open")
    number = len(state.corrections) + 1
    return [
        e.ErrorFound(number, command.member, *key, command.reason, member.number, command.act),
    ]


def key_of(correction: Correction) -> tuple[int, Key]:
    """(member, item) that a correction is about."""
    found = correction.found
    return found.member, (found.lot, found.bidder, found.criterion)


def correct(state: EvaluationState, command: c.CorrectItem, actor: Actor | None) -> list[e.Event]:
    """A new version by its own evaluator; the other items stay what they were."""
    member = seated(state, actor)
    correction = _correction(state, command.correction)
    found = correction.found
    if found.member != member.number:
        raise NotPermitted("not_your_sheet")
    if correction.corrected is not None:
        if correction.corrected.after == command.points:
            return []
        raise Refused("corrected_already")
    criterion = next(one for one in state.rules.criteria if one.key == found.criterion)
    if command.points > criterion.points:
        raise Refused("points_out_of_range", most=criterion.points)
    sheet = state.sheets[member.number]
    key = key_of(correction)[1]
    before = next(item for item in sheet.items if item.key == key)
    after = tuple(_with_points(item, command.points) if item.key == key else item for item in sheet.items)
    digest = sheet_digest(state, member.number, after)
    if command.sheet != digest:
        raise Refused("sheet_mismatch")
    return [
        e.SheetCorrected(
            command.correction,
            before.points or 0,
            command.points,
            sheet.version + 1,
            digest,
            command.act,
        )
    ]


def _with_points(item: Item, points: int) -> Item:
    return Item(item.lot, item.bidder, item.criterion, item.passed, points, item.reason, item.at)


def countersign(state: EvaluationState, command: c.Countersign, actor: Actor | None) -> list[e.Event]:
    """The chair has checked it; where the sheet is the chair's own, another member."""
    member = seated(state, actor)
    correction = _correction(state, command.correction)
    if correction.corrected is None:
        raise Refused("not_corrected")
    if correction.countersigned is not None:
        return []
    owner = correction.found.member
    if member.number == owner or (owner != state.chair and member.number != state.chair):
        raise NotPermitted("not_to_countersign")
    if command.sheet != correction.corrected.sheet:
        raise Refused("sheet_mismatch")
    return [e.CorrectionCountersigned(command.correction, member.number, command.act)]


def _correction(state: EvaluationState, number: int) -> Correction:
    if state.stage is not Stage.REVIEW:
        raise Refused("not_in_review")
    if not 0 < number <= len(state.corrections):
        raise Refused("no_such_correction", correction=number)
    return state.corrections[number - 1]
