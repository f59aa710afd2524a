"""What the verifier asks about an evaluation, and who may have signed each of its rows (clauses 5.4.1 to 5.4.4)."""

from __future__ import annotations

from typing import Final

from hall.evidence import evaluation_committee as committee
from hall.evidence import evaluation_sheets as sheets
from hall.evidence.part import Part, Question, by
from hall.evidence.verdicts import Status

_HOUSE: Final = by("procuring_entity", "trading_centre")
_DRAW: Final = by("procuring_entity", "supervisor", "notary", "regulator", "trading_centre")
_MEMBER: Final = by("evaluator")

PART: Final = Part(
    signed={
        "ExpertsAsked": ("list_experts", _HOUSE),
        "RepresentativesNamed": ("name_representatives", by("procuring_entity")),
        "CommitteeDrawOpened": ("open_committee_draw", _HOUSE),
        "CommitteeCommitted": ("commit_committee_draw", _DRAW),
        "CommitteeRevealed": ("reveal_committee_draw", _DRAW),
        "MemberReplaced": ("replace_member", _HOUSE),
        "SeatAccepted": ("accept_seat", _MEMBER),
        "SeatLeft": ("leave_seat", _MEMBER),
        "ChairVoted": ("elect_chair", _MEMBER),
        "CriteriaRead": ("read_criteria", _MEMBER),
        "ItemReviewed": ("review_item", _MEMBER),
        "ItemScored": ("score_item", _MEMBER),
        "SheetSigned": ("sign_sheet", _MEMBER),
        "MotionMade": ("propose_interpretation propose_rejection propose_failure", _MEMBER),
        "MotionDiscussed": ("discuss_motion", _MEMBER),
        "MotionVoted": ("vote_motion", _MEMBER),
        "BidderAsked": ("ask_bidder", _MEMBER),
        "BidderAnswered": ("answer_bid_question", by("bidder")),
        "ErrorFound": ("find_error", _MEMBER),
        "SheetCorrected": ("correct_item", _MEMBER),
        "CorrectionCountersigned": ("countersign_correction", _MEMBER),
        "ReportPrepared": ("prepare_report", _MEMBER),
        "ReportSigned": ("sign_report", _MEMBER),
        "ReportDissented": ("dissent_from_report", _MEMBER),
    },
    renamed=committee.RENAMED,
    apart=committee.APART,
    questions=(
        Question(
            "5.4.1",
            Status.PROVED,
            "what was unclear was proposed, discussed and decided by the committee",
            ("MotionMade", "EvaluationBegun"),
            (sheets.decided,),
        ),
        Question(
            "5.4.2",
            Status.ASSERTED,
            "who evaluated was drawn, only its members spoke, and what they evaluated is what was opened",
            ("CommitteeDrawn",),
            (
                committee.handed_over,
                committee.drawn,
                committee.lawful,
                committee.by_members,
                committee.before_their_eyes,
                committee.accesses,
                committee.named,
                sheets.unchanged,
            ),
        ),
        Question(
            "5.4.3",
            Status.ASSERTED,
            "each member scored alone, item by item in the documents' order",
            ("ItemReviewed", "ItemScored"),
            (sheets.in_order, sheets.alone),
        ),
        Question(
            "5.4.4",
            Status.PROVED,
            "signed sheets were fixed but for countersigned corrections, and give the places of the report",
            ("SheetSigned",),
            (sheets.fixed, sheets.corrected, sheets.ranked),
        ),
    ),
)
