"""The words and limits of supervision: what can be brought forward, its stages, and the law's days.

Limits are data (clause 6.3): the two laws' own, and the hall's where no law names one. GB/T 36113 gives the order of
the steps; its full text was not at hand, so no conformity with it is claimed. What may not live here: any transition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    OBJECTION = "objection"
    """异议, to the procuring entity (Bidding Law)."""

    CHALLENGE = "challenge"
    """质疑, to the procuring entity (Government Procurement Law)."""

    COMPLAINT = "complaint"
    """投诉, to the regulator."""


class About(StrEnum):
    """Which part of the procedure."""

    DOCUMENTS = "documents"
    OPENING = "opening"
    CANDIDATES = "candidates"
    OTHER = "other"


class Against(StrEnum):
    """Whose conduct."""

    PROCURING_ENTITY = "procuring_entity"
    EVALUATORS = "evaluators"
    BIDDER = "bidder"
    TRADING_CENTRE = "trading_centre"
    REGULATOR = "regulator"
    OTHER = "other"


class Stage(StrEnum):
    FILED = "filed"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    INVESTIGATING = "investigating"
    DECIDED = "decided"
    """Decided by the regulator, or answered by the procuring entity."""

    FED_BACK = "fed_back"
    ARCHIVED = "archived"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


OPEN: Final = frozenset({Stage.FILED, Stage.ACCEPTED, Stage.ASSIGNED, Stage.INVESTIGATING})
"""Not decided yet, and nothing else has ended it."""


class Reason(StrEnum):
    """Why something is not accepted (Measures for complaints in bidding art. 12, MOF order 94 art. 21)."""

    UNNAMED = "unnamed"
    OBJECTION_FIRST = "objection_first"
    LATE = "late"
    NO_INTEREST = "no_interest"
    UNCLEAR = "unclear"
    DECIDED_BEFORE = "decided_before"
    IN_COURT = "in_court"
    NOT_OURS = "not_ours"


class Result(StrEnum):
    UPHELD = "upheld"
    PARTLY = "partly"
    REJECTED = "rejected"


class Step(StrEnum):
    """What has a limit."""

    ANSWER = "answer"
    ACCEPT = "accept"
    DECIDE = "decide"
    FEED_BACK = "feed_back"


class Topic(StrEnum):
    """What a call to the hotline was about (clause 6.2)."""

    ADVICE = "advice"
    FAULT = "fault"
    RESULT = "result"
    REPORT = "report"
    OTHER = "other"


class Outcome(StrEnum):
    """What came of a call."""

    ANSWERED = "answered"
    PASSED_ON = "passed_on"
    FILED = "filed"
    CALL_BACK = "call_back"


class NotPublished(StrEnum):
    """Why a public question is not published."""

    ABUSIVE = "abusive"
    ADVERTISING = "advertising"
    REPEATED = "repeated"
    NO_QUESTION = "no_question"
    SECRET = "secret"
    """Its words would tell what the law keeps secret."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Days. `…_working`: counted in working days, else in calendar days. documents_before: an objection to the
    documents comes so many days before the bid deadline; raise_days: from knowing to a challenge; answer_days: of the
    procuring entity; complain_days: from knowing (or, after a challenge, from its answer or the end of its limit);
    accept_days, decide_days: working days of the regulator; decide_from_receipt: else from the acceptance;
    suspend_most: calendar days after which an ordered suspension lapses, 0: none; feed_back_days, question_days:
    working days, the hall's own; warn_days: calendar days ahead of a limit at which its holder is warned."""

    documents_before: int
    raise_days: int
    answer_days: int
    answer_working: bool
    complain_days: int
    complain_working: bool
    accept_days: int
    decide_days: int
    decide_from_receipt: bool
    suspend_most: int
    feed_back_days: int = 5
    question_days: int = 5
    warn_days: int = 2


BIDDING: Final = "bidding_law"
PROCUREMENT: Final = "procurement_law"

LIMITS: Final[Mapping[str, Limits]] = {
    # Implementing Regulations of the Bidding Law art. 22, 54 (objections), 60 (complaints), 61 (acceptance, decision).
    BIDDING: Limits(
        documents_before=10,
        raise_days=0,
        answer_days=3,
        answer_working=False,
        complain_days=10,
        complain_working=False,
        accept_days=3,
        decide_days=30,
        decide_from_receipt=False,
        suspend_most=0,
    ),
    # Government Procurement Law art. 52-55, 57; MOF order 94 art. 10, 13, 17, 21, 26, 28.
    PROCUREMENT: Limits(
        documents_before=0,
        raise_days=7,
        answer_days=7,
        answer_working=True,
        complain_days=15,
        complain_working=True,
        accept_days=5,
        decide_days=30,
        decide_from_receipt=True,
        suspend_most=30,
    ),
}
"""The law that a tender's procedure follows → its limits."""
