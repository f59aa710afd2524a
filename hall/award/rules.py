"""The figures of the award, each with its article, and who may send what. Tables; the machine reads them.

`Implementing Regulations`: of the Bidding Law, where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hall.procurement.matter import Rights, roles
from hall.procurement.parties import Role

PUBLISH_WITHIN: Final = 3
"""Days from the report's receipt within which the candidates are to be published (Implementing Regulations art. 54).
The Government Procurement Law knows no candidates' publicity and forbids none: there it is the hall's own rule, as
are the days below."""

PUBLICITY_LEAST: Final = 3
"""Days for which they are published, at least (Implementing Regulations art. 54)."""

PUBLICITY_MOST: Final = 90

CONTRACT_WITHIN: Final = 30
"""Days from the notice of award within which the contract is signed (Bidding Law art. 46, Government Procurement Law
art. 46)."""


class Law(StrEnum):
    """The law that the tender's procedure follows (`hall.procurement.tender.RuleSet.procedure_law`)."""

    BIDDING = "bidding_law"
    PROCUREMENT = "procurement_law"


class Remedy(StrEnum):
    """What is open to whom the result wrongs, once it is decided."""

    COMPLAINT = "complaint"
    """投诉, to the regulator."""

    CHALLENGE = "challenge"
    """质疑, to the procuring entity; a complaint follows its answer."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Days; `…_working`: counted in working days, else in calendar days. answer: of the procuring entity to an
    objection or challenge; remedy: what is open against the result, for remedy_within from when one knew or should have
    known; report_within: from the award to its report to the authority, 0 where the law has none."""

    answer: int
    answer_working: bool
    remedy: Remedy
    remedy_within: int
    remedy_working: bool
    report_within: int


FIGURES: Final[Mapping[Law, Figures]] = {
    # Implementing Regulations art. 54 (answer), 60 (complaint); Bidding Law art. 47 (report). A complaint's days don't
    # stand still with the procedure: art. 62 suspends the tendering, not the complainant, and art. 60 leaves out only
    # the time in which an objection was being answered, which supervision adds (`hall.supervision.clocks`).
    Law.BIDDING: Figures(
        answer=3,
        answer_working=False,
        remedy=Remedy.COMPLAINT,
        remedy_within=10,
        remedy_working=False,
        report_within=15,
    ),
    # Government Procurement Law art. 52 (challenge), 53 (answer). Of a result that is announced one knows at the end of
    # the announcement's time (its Implementing Regulations art. 53): the hall counts from its own decision, no later.
    Law.PROCUREMENT: Figures(
        answer=7,
        answer_working=True,
        remedy=Remedy.CHALLENGE,
        remedy_within=7,
        remedy_working=True,
        report_within=0,
    ),
}

RIGHTS: Final[Rights] = {
    "publish_candidates": roles(Role.PROCURING_ENTITY),
    "decide_award": roles(Role.PROCURING_ENTITY),
    "give_up_award": roles(Role.BIDDER),
    "void_award": roles(Role.PROCURING_ENTITY, Role.REGULATOR),
    "fail_lot": roles(Role.PROCURING_ENTITY),
    "order_retender": roles(Role.PROCURING_ENTITY),
    "file_contract": roles(Role.PROCURING_ENTITY),
}

SEES_REPORT: Final = frozenset({Role.SUPERVISOR, Role.REGULATOR})
"""Beside the procuring entity itself: who sees the candidates before they are published."""

SEES_FINDINGS: Final = frozenset({Role.SUPERVISOR, Role.REGULATOR})
"""Clause 5.5.1: indicators are for the supervisor and the committee only; the regulator supervises both. The
committee reads them in its own area: to stand on the list of experts is not to sit in it."""


class LotStatus(StrEnum):
    """Where the award of a lot stands."""

    REPORTED = "reported"
    """The committee's report is here, the candidates are not published yet."""

    NO_CANDIDATES = "no_candidates"
    """Nobody is left that could be awarded: the lot fails, or is tendered again."""

    PUBLICITY = "publicity"
    DECIDING = "deciding"
    """The publicity is over: the procuring entity decides."""

    AWARDED = "awarded"
    CONTRACTED = "contracted"
    VOIDED = "voided"
    """中标无效: decided anew among the others, or tendered again."""

    FAILED = "failed"
    """招标失败."""

    RETENDER = "retender"
    """重新招标."""


class Ground(StrEnum):
    """Why not the first candidate (Implementing Regulations art. 55, Bidding Law art. 64)."""

    NONE = ""
    GAVE_UP = "gave_up"
    FORCE_MAJEURE = "force_majeure"
    NO_SECURITY = "no_security"
    UNLAWFUL = "unlawful"
    VOIDED = "voided"
    FREE_CHOICE = "free_choice"
    """No state funds are in control, and the tender documents let the procuring entity choose. Not in government
    procurement, where candidates are taken in their order (its Implementing Regulations art. 43)."""


class FailureGround(StrEnum):
    """Why a lot fails (招标失败)."""

    ALL_REJECTED = "all_rejected"
    NO_COMPETITION = "no_competition"
    NO_CANDIDATE_LEFT = "no_candidate_left"
    UNLAWFUL = "unlawful"
    CHANGED = "changed"
    """What was to be bought changed so much that it can't be bought like this."""
