"""The figures of the award, each with its article, and who may send what. Tables; the machine reads them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from hall.procurement.matter import Rights, roles
from hall.procurement.parties import Role

PUBLISH_WITHIN: Final = 3
"""Days from the report's receipt within which the candidates are to be published (Implementing Regulations art. 54)."""

PUBLICITY_LEAST: Final = 3
"""Days for which they are published, at least (Implementing Regulations art. 54)."""

PUBLICITY_MOST: Final = 90

OBJECTION_ANSWER: Final = 3
"""Days within which an objection to the result is answered; until then the procedure waits (art. 54)."""

COMPLAINT_WITHIN: Final = 10
"""Days for a complaint from when one knew or should have known (Implementing Regulations art. 60). They don't stand
still with the procedure: art. 62 suspends the tendering, not the complainant, and art. 60 leaves nothing out but the
time in which an objection was being answered, which supervision adds (`hall.supervision.clocks`)."""

CONTRACT_WITHIN: Final = 30
"""Days from the notice of award within which the contract is signed (Bidding Law art. 46)."""

REPORT_WITHIN: Final = 15
"""Days from the award within which it is reported to the authority (Bidding Law art. 47)."""

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
    """No state funds are in control, and the tender documents let the procuring entity choose."""


class FailureGround(StrEnum):
    """Why a lot fails (招标失败)."""

    ALL_REJECTED = "all_rejected"
    NO_COMPETITION = "no_competition"
    NO_CANDIDATE_LEFT = "no_candidate_left"
    UNLAWFUL = "unlawful"
    CHANGED = "changed"
    """What was to be bought changed so much that it can't be bought like this."""
