"""The report: drawn up by the chair, signed by all or with their dissent, handed over (clause 5.4.4). Pure."""

from __future__ import annotations

import hashlib
from typing import Final

from hall.errors import NotPermitted, Refused
from hall.evaluation import commands as c
from hall.evaluation import events as e
from hall.evaluation.committee import MINUTE, seated
from hall.evaluation.deciding import unanswered
from hall.evaluation.ranking import Line, ranking
from hall.evaluation.state import EvaluationState, Motion, Prepared, Stage
from hall.procurement import canonical
from hall.procurement.evaluation import EvaluationReport, Reason, Rejection
from hall.procurement.parties import Actor

SIGN_LIMIT: Final = 24 * 60 * MINUTE
"""Who neither signs nor gives a reason until then counts as agreed (Implementing Regulations art. 53)."""


def prepare(state: EvaluationState, command: c.PrepareReport, actor: Actor | None, now: int) -> list[e.Event]:
    """Everything is decided, answered and countersigned before the chair draws the report up."""
    member = seated(state, actor)
    if state.prepared is not None:
        return []
    if state.stage is not Stage.REVIEW:
        raise Refused("sheets_unsigned")
    if member.number != state.chair:
        raise NotPermitted("not_the_chair")
    if any(motion.decided is None for motion in state.motions):
        raise Refused("motion_open")
    if unanswered(state):
        raise Refused("question_open")
    if any(one.countersigned is None for one in state.corrections):
        raise Refused("correction_open")
    report, text = report_of(state)
    return [e.ReportPrepared(report, text, now + SIGN_LIMIT, command.act)]


def report_of(state: EvaluationState) -> tuple[EvaluationReport, str]:
    """The report as award takes it, and the canonical JSON that is signed by its digest."""
    given = state.given
    lines = [line for lot in given.lots for line in ranking(state, lot)]
    rejected = _adopted(state, e.MotionKind.REJECTION)
    rejections = tuple(
        Rejection(m.made.lot, m.made.bidder, Reason(m.made.reason), m.made.text, m.made.evidence)
        for m in rejected
    )
    with_bids = [lot for lot in given.lots if any(bid.lot == lot for bid in given.bids)]
    failed = tuple(lot for lot in with_bids if not state.valid(lot))
    told = {
        "tender": given.tender,
        "method": state.rules.method.value,
        "criteria": given.criteria,
        "bids": given.digest,
        "chair": state.chair,
        "committee": [{"member": m.number, "kind": m.kind.value} for m in state.active],
        "sheets": [
            {
                "member": m.number,
                "sheet": state.sheets[m.number].digest,
                "version": state.sheets[m.number].version,
            }
            for m in state.active
        ],
        "interpretations": [
            {"motion": m.made.motion, "about": m.made.about, "text": m.made.text}
            for m in _adopted(state, e.MotionKind.INTERPRETATION)
        ],
        "questions": [
            {
                "question": q.asked.question,
                "lot": q.asked.lot,
                "bidder": q.asked.bidder,
                "answered": q.answered is not None,
            }
            for q in state.questions
        ],
        "rejections": [
            {
                "motion": m.made.motion,
                "lot": m.made.lot,
                "bidder": m.made.bidder,
                "reason": m.made.reason,
                "text": m.made.text,
                "evidence": list(m.made.evidence),
                "against": sorted(n for n, (vote, _) in m.votes.items() if not vote.agrees),
            }
            for m in rejected
        ],
        "failed": list(failed),
        "ranking": [_told(line) for line in lines],
    }
    text = canonical.dumps(told).decode()
    digest = hashlib.sha256(text.encode()).hexdigest()
    ranked = tuple(line.ranked for line in lines)
    return EvaluationReport(ranked, rejections, failed, digest), text


def _told(line: Line) -> dict[str, object]:
    one = line.ranked
    return {
        "lot": one.lot,
        "bidder": one.bidder,
        "price": one.price,
        "points": one.points,
        "rank": one.rank,
        "price_points": line.price_points,
        "by_member": {str(number): points for number, points in line.by_member.items()},
    }


def _adopted(state: EvaluationState, kind: e.MotionKind) -> list[Motion]:
    return [motion for motion in state.motions if motion.made.kind is kind and motion.adopted]


def sign(state: EvaluationState, command: c.SignReport, actor: Actor | None) -> list[e.Event]:
    number = _voice(state, command.report, actor)
    return [] if number is None else [e.ReportSigned(number, command.act)]


def dissent(state: EvaluationState, command: c.Dissent, actor: Actor | None) -> list[e.Event]:
    """Dissent changes no place; it stands in the report with its reason."""
    number = _voice(state, command.report, actor)
    return [] if number is None else [e.ReportDissented(number, command.reason, command.act)]


def _voice(state: EvaluationState, report: str, actor: Actor | None) -> int | None:
    """The number of a member that has not said how it stands to the report; None: it has."""
    member, prepared = seated(state, actor), _open(state)
    if report != prepared.event.report.report:
        raise Refused("report_mismatch")
    return None if member.number in prepared.voices else member.number


def _open(state: EvaluationState) -> Prepared:
    if state.prepared is None:
        raise Refused("report_missing")
    if state.done is not None:
        raise Refused("evaluation_done")
    return state.prepared


def of_report(state: EvaluationState, now: int) -> e.Event | None:
    """Handed over when all have said, or their time is over."""
    prepared = state.prepared
    if prepared is None or state.done is not None:
        return None
    silent = tuple(member.number for member in state.active if member.number not in prepared.voices)
    if silent and now <= prepared.sign_by:
        return None
    return e.EvaluationDone(prepared.event.report, silent)
