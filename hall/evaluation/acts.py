"""The signed acts of an evaluation: who may send them, and their bodies read strictly.

Nothing that a party outside the committee signs here carries words to it, save a bidder's answer to the committee's own
question (clause 5.4.2).
"""

from __future__ import annotations

from typing import Final

from hall.evaluation import commands as c
from hall.evaluation.events import Cause, MotionKind
from hall.procurement.acts import SignedAct
from hall.procurement.bodies import Fields, Shape
from hall.procurement.evaluation import Reason
from hall.procurement.matter import Rights, roles
from hall.procurement.parties import Role

HOUSE: Final = roles(Role.PROCURING_ENTITY, Role.TRADING_CENTRE)
"""Who arranges the committee and reads nothing of its work."""
DRAWERS: Final = (
    Role.PROCURING_ENTITY,
    Role.SUPERVISOR,
    Role.NOTARY,
    Role.REGULATOR,
    Role.TRADING_CENTRE,
)
"""Who may take part in the draw of the committee."""
MEMBER: Final = roles(Role.EVALUATOR)

RIGHTS: Final[Rights] = {
    "list_experts": HOUSE,
    "name_representatives": roles(Role.PROCURING_ENTITY),
    "open_committee_draw": HOUSE,
    "commit_committee_draw": roles(*DRAWERS),
    "reveal_committee_draw": roles(*DRAWERS),
    "replace_member": HOUSE,
    "accept_seat": MEMBER,
    "leave_seat": MEMBER,
    "elect_chair": MEMBER,
    "read_criteria": MEMBER,
    "review_item": MEMBER,
    "score_item": MEMBER,
    "sign_sheet": MEMBER,
    "propose_interpretation": MEMBER,
    "propose_rejection": MEMBER,
    "propose_failure": MEMBER,
    "discuss_motion": MEMBER,
    "vote_motion": MEMBER,
    "ask_bidder": MEMBER,
    "answer_bid_question": roles(Role.BIDDER),
    "find_error": MEMBER,
    "correct_item": MEMBER,
    "countersign_correction": MEMBER,
    "prepare_report": MEMBER,
    "sign_report": MEMBER,
    "dissent_from_report": MEMBER,
}

BODIES: Final[dict[str, Shape]] = {
    "list_experts": {},
    "name_representatives": {"parties": list},
    "open_committee_draw": {"parties": list},
    "commit_committee_draw": {"draw": int, "commitment": str},
    "reveal_committee_draw": {"draw": int, "secret": str},
    "replace_member": {"member": int, "cause": str},
    "accept_seat": {},
    "leave_seat": {"reason": str},
    "elect_chair": {"member": int},
    "read_criteria": {"criteria": str, "bids": str},
    "review_item": {"bidder": str, "criterion": str, "passed": bool, "reason": str},
    "score_item": {"bidder": str, "criterion": str, "points": int, "reason": str},
    "sign_sheet": {"sheet": str},
    "propose_interpretation": {"about": str, "text": str},
    "propose_rejection": {"bidder": str, "reason": str, "text": str, "evidence": list},
    "propose_failure": {"text": str},
    "discuss_motion": {"motion": int, "text": str},
    "vote_motion": {"motion": int, "agrees": bool, "reason": str},
    "ask_bidder": {"bidder": str, "text": str, "minutes": int},
    "answer_bid_question": {"question": int, "text": str, "price": str, "unchanged": bool, "files": list},
    "find_error": {"member": int, "bidder": str, "criterion": str, "reason": str},
    "correct_item": {"correction": int, "points": int, "sheet": str},
    "countersign_correction": {"correction": int, "sheet": str},
    "prepare_report": {},
    "sign_report": {"report": str},
    "dissent_from_report": {"report": str, "reason": str},
}
"""Act type → the keys of its body and their JSON types. The lot stands in the act's own field `lot`."""


def command_of(act: SignedAct) -> c.Command:
    """The command that a verified act means. Raises Malformed("malformed_act")."""
    f = Fields.of(act, BODIES)
    match act.type:
        case "list_experts":
            return c.ListExperts(act)
        case "name_representatives":
            return c.NameRepresentatives(f.texts("parties", 5), act)
        case "open_committee_draw":
            return c.OpenDraw(f.texts("parties", len(DRAWERS)), act)
        case "commit_committee_draw":
            return c.Commit(f.number("draw"), f.digest("commitment"), act)
        case "reveal_committee_draw":
            return c.Reveal(f.number("draw"), f.digest("secret"), act)
        case "replace_member":
            return c.ReplaceMember(f.number("member"), f.choice(Cause, "cause"), act)
        case "accept_seat":
            return c.AcceptSeat(act)
        case "leave_seat":
            return c.LeaveSeat(f.text("reason", 500), act)
        case "elect_chair":
            return c.ElectChair(f.number("member"), act)
        case "read_criteria":
            return c.ReadCriteria(f.digest("criteria"), f.digest("bids"), act)
        case "sign_sheet":
            return c.SignSheet(f.digest("sheet"), act)
        case "prepare_report":
            return c.PrepareReport(act)
        case "sign_report":
            return c.SignReport(f.digest("report"), act)
        case "dissent_from_report":
            return c.Dissent(f.digest("report"), f.text("reason"), act)
        case _:
            return _of_work(act, f)


def _of_work(act: SignedAct, f: Fields) -> c.Command:
    """The acts of scoring, deciding, asking and correcting."""
    match act.type:
        case "review_item":
            item = (f.text("bidder", 200), f.text("criterion", 100))
            return c.ReviewItem(act.lot, *item, f.flag("passed"), f.text("reason", least=0), act)
        case "score_item":
            item = (f.text("bidder", 200), f.text("criterion", 100))
            return c.ScoreItem(act.lot, *item, f.number("points"), f.text("reason", least=0), act)
        case "propose_interpretation":
            return _motion(act, MotionKind.INTERPRETATION, about=f.text("about"), text=f.text("text"))
        case "propose_rejection":
            bidder, reason = f.text("bidder", 200), f.choice(Reason, "reason")
            evidence = f.digests("evidence", 20) if f.texts("evidence") else ()
            return _motion(
                act,
                MotionKind.REJECTION,
                bidder=bidder,
                reason=reason,
                text=f.text("text"),
                evidence=evidence,
            )
        case "propose_failure":
            return _motion(act, MotionKind.REJECT_ALL, text=f.text("text"))
        case "discuss_motion":
            return c.Discuss(f.number("motion"), f.text("text"), act)
        case "vote_motion":
            return c.Vote(f.number("motion"), f.flag("agrees"), f.text("reason", least=0), act)
        case "ask_bidder":
            return c.AskBidder(act.lot, f.text("bidder", 200), f.text("text"), f.number("minutes"), act)
        case "answer_bid_question":
            files = f.digests("files", 20) if f.texts("files") else ()
            said = (f.text("text"), f.money("price"), f.flag("unchanged"))
            return c.AnswerQuestion(f.number("question"), *said, files, act)
        case "find_error":
            item = (f.text("bidder", 200), f.text("criterion", 100))
            return c.FindError(f.number("member"), act.lot, *item, f.text("reason"), act)
        case "correct_item":
            return c.CorrectItem(f.number("correction"), f.number("points"), f.digest("sheet"), act)
        case _:
            return c.Countersign(f.number("correction"), f.digest("sheet"), act)


def _motion(
    act: SignedAct,
    kind: MotionKind,
    *,
    bidder: str = "",
    reason: str = "",
    about: str = "",
    text: str,
    evidence: tuple[str, ...] = (),
) -> c.Propose:
    return c.Propose(kind, act.lot, bidder, str(reason), about, text, evidence, act)
