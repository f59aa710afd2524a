"""The bodies of the award's acts, read strictly. The lot stands in the act itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from hall.award import commands as c
from hall.award.rules import FailureGround, Ground
from hall.procurement.acts import SignedAct
from hall.procurement.bodies import Fields, Shape, malformed

SHAPES: Final[Mapping[str, Shape]] = {
    "publish_candidates": {"days": int},
    "decide_award": {"bidder": str, "ground": str, "reason": str},
    "give_up_award": {"reason": str},
    "void_award": {"reason": str},
    "fail_lot": {"ground": str, "reason": str},
    "order_retender": {"reason": str},
    "file_contract": {"number": str, "signed_on": str},
}
OPTIONAL: Final[Mapping[str, Shape]] = {"file_contract": {"sha256": str}}

_DAY: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


def command_of(act: SignedAct) -> c.Act:
    """The command in a verified act. Raises Malformed("malformed_act")."""
    body = Fields.of(act, SHAPES, OPTIONAL)
    if not act.lot:
        malformed("lot")
    match act.type:
        case "publish_candidates":
            return c.PublishCandidates(act.lot, body.number("days"), act)
        case "decide_award":
            ground, reason = body.choice(Ground, "ground"), body.text("reason", least=0)
            if bool(ground) != bool(reason):
                malformed("reason")  # another than the first is chosen with a ground, and in words
            return c.DecideAward(act.lot, body.text("bidder", 200), ground, reason, act)
        case "give_up_award":
            return c.GiveUpAward(act.lot, body.text("reason"), act)
        case "void_award":
            return c.VoidAward(act.lot, body.text("reason"), act)
        case "fail_lot":
            return c.FailLot(act.lot, body.choice(FailureGround, "ground"), body.text("reason"), act)
        case "order_retender":
            return c.OrderRetender(act.lot, body.text("reason"), act)
        case _:
            day = body.text("signed_on", 10)
            if not _DAY.fullmatch(day):
                malformed("signed_on")
            sha256 = body.digest("sha256") if "sha256" in act.body_json() else ""
            return c.FileContract(act.lot, body.text("number", 100), day, sha256, act)
