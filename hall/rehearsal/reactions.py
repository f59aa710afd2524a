"""What robots do when an opening stands still or is held: give the reason, consult, test, resume, say how it goes on.

Pure, like `policy`: a view in, one intent or none out.
"""

from __future__ import annotations

from typing import Final

from hall import wire
from hall.rehearsal.intents import Intent

MINUTE: Final = 60_000
REASON: Final = "大厅故障，正在排除。"
MOVED: Final = "截止时刻前后大厅发生故障，重新确定截止时间，期间可继续递交和签到。"
REOPENED_FOR: Final = 30_000
"""ms for which a held deadline is opened again."""

SPLIT_AFTER: Final = 2 * MINUTE
"""ms from the declaration to the second group's window."""

SECOND_WINDOW: Final = 61 * MINUTE
"""No second window is longer than the first, which has 60 minutes."""


def reaction(view: wire.View, now: int) -> Intent | None:
    """The next act about a standstill or a held deadline; each role's `may` says what is its own. `now`: hall time."""
    if (answer := _consulted(view, now)) is not None:
        return answer
    pause = view.suspension
    if pause is None:
        if view.held and "move_deadline" in view.may and _answered(view):
            return Intent("move_deadline", body={"reason": MOVED}, moments={"deadline": now + REOPENED_FOR})
        return None
    if "reason_suspension" in view.may and pause.reason_by is not None and not pause.reasoned:
        return Intent("reason_suspension", body={"reason": REASON, "since": 0})
    late = pause.solve_by is not None and now > pause.solve_by
    if late and "declare_split" in view.may and pause.split is None:
        return Intent("declare_split", moments=_split(view, now))
    # The test looks for a recording: whoever asks for it is on camera again first.
    ready = view.sending or not view.publish
    if ready and "request_test" in view.may and not pause.testing and not pause.passed:
        return Intent("request_test")
    if (
        not late
        and "resume" in view.may
        and pause.passed
        and pause.resumes_at is None
        and pause.split is None
    ):
        return Intent("resume", body={"minutes": 0})
    return None


def _consulted(view: wire.View, now: int) -> Intent | None:
    """clause 4.8: each of the three parties answers, once, in time."""
    if "consult" not in view.may:
        return None
    for one in view.consultations:
        answered = any(answer.role == view.you.role for answer in one.answers)
        if not answered and now <= one.answer_by:
            body: dict[str, object] = {"consultation": one.number, "stance": "agrees", "reason": ""}
            return Intent("consult", body=body)
    return None


def _answered(view: wire.View) -> bool:
    return all(len(one.answers) == 3 for one in view.consultations if one.about == "deadline")


def _split(view: wire.View, now: int) -> dict[str, int]:
    """clause 4.8 b: the undecrypted first; who has decrypted goes on after them. An empty group has no moment."""
    listed = [b for lot in view.lots for b in lot.bidders if b.status == "listed"]
    released = [b for b in listed if b.release in ("received", "opened")]
    opens_at = now + SPLIT_AFTER if len(released) < len(listed) or not released else 0
    continues_at = (opens_at + SECOND_WINDOW if opens_at else now + SPLIT_AFTER) if released else 0
    return {"opens_at": opens_at, "continues_at": continues_at}
