"""Standstills and consultations as a viewer may see them."""

from __future__ import annotations

from hall import wire as w
from hall.procurement.parties import Actor, Role
from hall.session import events as e
from hall.session.pause import Suspension
from hall.session.state import OpeningState

TIMED = (e.SuspensionKind.SYSTEM, e.SuspensionKind.NETWORK)
"""The kinds to which the three hours of clause 4.8 apply."""


def suspension_view(state: OpeningState, suspension: Suspension, viewer: Actor) -> w.SuspensionView:
    """One standstill; everybody sees why, since when and until when."""
    began, test = suspension.began, suspension.test
    timed = began.kind in TIMED
    return w.SuspensionView(
        number=suspension.number,
        kind=began.kind.value,
        clause=began.clause,
        reason=suspension.reason.reason if suspension.reason else began.reason,
        since=suspension.since,
        last_good=began.last_good,
        at=suspension.at,
        by_hall=began.act is None,
        reason_by=began.reason_by,
        reasoned=suspension.reason is not None,
        solve_by=suspension.since + state.scheduled.rules.fault_limit if timed else None,
        testing=suspension.tests > (test.test if test else 0),
        checks=[w.CheckView(c.name, c.passed, c.detail) for c in test.checks] if test else [],
        passed=test is not None and test.passed,
        resumes_at=_resumes_at(suspension),
        split=_split(suspension, viewer),
        adjourned_until=suspension.adjourned.resumes_at if suspension.adjourned else None,
        ended=suspension.ended,
    )


def _resumes_at(suspension: Suspension) -> int | None:
    if suspension.resumption is not None:
        return suspension.resumption.resumes_at
    return suspension.adjourned.resumes_at if suspension.adjourned else None


def _split(suspension: Suspension, viewer: Actor) -> w.SplitView | None:
    if (split := suspension.split) is None:
        return None
    group = ""
    if viewer.role is Role.BIDDER:
        undecrypted = any(x.bidder == viewer.party for x in split.undecrypted)
        decrypted = any(x.bidder == viewer.party for x in split.decrypted)
        group = "undecrypted" if undecrypted else "decrypted" if decrypted else ""
    return w.SplitView(split.opens_at, split.closes_at, split.continues_at, split.venue, group)


def consultation_views(state: OpeningState, viewer: Actor) -> list[w.ConsultationView]:
    """A disagreement is recorded and read out, so nothing of it is hidden once the bidders are announced."""
    if viewer.role is Role.BIDDER and not state.announced:
        return []
    return [
        w.ConsultationView(
            number=c.opened.consultation,
            about=c.opened.about.value,
            suspension=c.opened.suspension,
            lot=c.opened.lot,
            bidder=c.opened.bidder,
            answer_by=c.opened.answer_by,
            answers=[w.StanceView(a.role, a.stance.value, a.reason) for a in c.answers.values()],
        )
        for c in state.consultations
    ]
