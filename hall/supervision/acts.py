"""The bodies of supervision's acts, read strictly (`docs/protocol.md` prints the table). The lot stands in the act.

Bodies that tell of persons are withheld: what the machine needs is taken out here, the words lie beside the journal
under the body's digest. `salt` (32 hex digits) keeps such a digest from being guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hall.procurement.acts import SignedAct
from hall.procurement.bodies import Fields, Shape, malformed
from hall.procurement.matter import Rights, roles
from hall.procurement.parties import Role
from hall.supervision import commands as c
from hall.supervision.terms import About, Against, Kind, NotPublished, Outcome, Reason, Result, Topic

STATEMENT: Final[Shape] = {
    "salt": str,
    "about": str,
    "against": str,
    "against_party": str,
    "knew_at": int,
    "prior": int,
    "files": list,
    "name": str,
    "contact": str,
    "facts": str,
    "demands": str,
}
"""What an objection, challenge or complaint says. name, contact: who speaks, and how to reach it; "" for nobody."""

_TEXT: Final[Shape] = {"case": int, "text": str}

SHAPES: Final[Mapping[str, Shape]] = {
    "file_objection": STATEMENT,
    "file_challenge": STATEMENT,
    "file_complaint": STATEMENT,
    "add_case_files": {"case": int, "files": list},
    "withdraw_case": _TEXT,
    "rate_case": {"case": int, "stars": int, "text": str},
    "accept_case": _TEXT,
    "refuse_case": {"case": int, "reason": str, "text": str},
    "assign_case": {"case": int, "officers": list, "text": str},
    "record_investigation": {"case": int, "text": str, "files": list},
    "order_suspension": _TEXT,
    "lift_suspension": _TEXT,
    "stop_case_clock": _TEXT,
    "run_case_clock": _TEXT,
    "decide_case": {"case": int, "result": str, "basis": str, "text": str, "files": list},
    "answer_case": {"case": int, "result": str, "basis": str, "text": str, "files": list},
    "feed_back_case": _TEXT,
    "archive_case": {"case": int, "number": str},
    "merge_case": {"case": int, "into": int, "text": str},
    "log_hotline_call": {
        "salt": str,
        "at": int,
        "topic": str,
        "outcome": str,
        "recording": str,
        "case": int,
        "caller": str,
        "phone": str,
        "said": str,
        "answer": str,
    },
    "answer_question": {"question": int, "words": str, "redacted": bool, "text": str},
    "refuse_question": {"question": int, "reason": str, "text": str},
}

WITHHELD: Final = frozenset({"file_objection", "file_challenge", "file_complaint", "log_hotline_call"})
"""Acts whose words lie beside the journal: they tell of persons."""

_ENTITY, _REGULATOR, _CENTRE = Role.PROCURING_ENTITY, Role.REGULATOR, Role.TRADING_CENTRE

RIGHTS: Final[Rights] = {
    "file_objection": roles(Role.BIDDER),
    "file_challenge": roles(Role.BIDDER),
    "file_complaint": roles(Role.BIDDER),
    "add_case_files": roles(Role.BIDDER),
    "withdraw_case": roles(Role.BIDDER),
    "rate_case": roles(Role.BIDDER),
    "accept_case": roles(_ENTITY, _REGULATOR),
    "refuse_case": roles(_ENTITY, _REGULATOR),
    "assign_case": roles(_REGULATOR),
    "record_investigation": roles(_REGULATOR),
    "order_suspension": roles(_REGULATOR),
    "lift_suspension": roles(_REGULATOR),
    "stop_case_clock": roles(_REGULATOR),
    "run_case_clock": roles(_REGULATOR),
    "decide_case": roles(_REGULATOR),
    "answer_case": roles(_ENTITY),
    "feed_back_case": roles(_REGULATOR),
    "archive_case": roles(_ENTITY, _REGULATOR),
    "merge_case": roles(_ENTITY, _REGULATOR),
    "log_hotline_call": roles(_REGULATOR, _CENTRE),
    "answer_question": roles(_ENTITY, _REGULATOR, _CENTRE),
    "refuse_question": roles(_ENTITY, _REGULATOR, _CENTRE),
}

MOST_FILES: Final = 20

_KINDS: Final = {
    "file_objection": Kind.OBJECTION,
    "file_challenge": Kind.CHALLENGE,
    "file_complaint": Kind.COMPLAINT,
}
_SALT: Final = re.compile(r"[0-9a-f]{32}")
_TEXTS: Final[Mapping[str, Any]] = {
    "withdraw_case": c.WithdrawCase,
    "accept_case": c.AcceptCase,
    "order_suspension": c.OrderSuspension,
    "lift_suspension": c.LiftSuspension,
    "stop_case_clock": c.StopCaseClock,
    "run_case_clock": c.RunCaseClock,
    "feed_back_case": c.FeedBack,
}


def command_of(act: SignedAct) -> c.Command:
    """The command in a verified act. Raises Malformed("malformed_act")."""
    body = Fields.of(act, SHAPES)
    if (kind := _KINDS.get(act.type)) is not None:
        return filed(body, kind, act.lot, act.body_digest, c.Code(), act.without_body())
    if act.type == "log_hotline_call":
        return _call(body, act)
    if act.type in ("answer_question", "refuse_question"):
        return _about_question(body, act)
    case = body.number("case")
    if (made := _TEXTS.get(act.type)) is not None:
        command: c.Command = made(case, body.text("text"), act)
        return command
    match act.type:
        case "add_case_files":
            return c.AddFiles(case, body.digests("files", MOST_FILES), act)
        case "rate_case":
            return c.RateCase(case, stars(body), body.text("text", least=0), act)
        case "refuse_case":
            return c.RefuseCase(case, body.choice(Reason, "reason"), body.text("text"), act)
        case "assign_case":
            return c.AssignCase(case, _officers(body), body.text("text", least=0), act)
        case "record_investigation":
            return c.Investigate(case, body.text("text"), files(body), act)
        case "decide_case" | "answer_case":
            result, basis = body.choice(Result, "result"), body.text("basis", 400)
            return c.DecideCase(case, result, basis, body.text("text"), files(body), act)
        case "archive_case":
            return c.ArchiveCase(case, body.text("number", 100), act)
        case _:
            return c.MergeCase(case, body.number("into"), body.text("text"), act)


def filed(body: Fields, kind: Kind, lot: str, digest: str, code: c.Code, act: SignedAct | None) -> c.FileCase:
    """What the machine needs of a statement; its words stay behind `digest`. Raises Malformed."""
    salted(body)
    name, contact = body.text("name", 100, least=0), body.text("contact", 200, least=0)
    body.text("facts")
    body.text("demands", least=0)
    return c.FileCase(
        kind,
        body.choice(About, "about"),
        body.choice(Against, "against"),
        body.text("against_party", 200, least=0),
        lot,
        body.number("knew_at"),
        body.number("prior"),
        files(body),
        bool(name and contact),
        digest,
        code,
        act,
    )


def salted(body: Fields) -> None:
    """Raises Malformed unless the body has a salt."""
    if not _SALT.fullmatch(body.text("salt", 32)):
        malformed("salt")


def stars(body: Fields) -> int:
    """1 … 5."""
    if not 1 <= (found := body.number("stars")) <= 5:
        malformed("stars")
    return found


def files(body: Fields) -> tuple[str, ...]:
    """Digests of files, none or some."""
    found = body.texts("files", MOST_FILES)
    return body.digests("files", MOST_FILES) if found else ()


def _call(body: Fields, act: SignedAct) -> c.LogHotlineCall:
    salted(body)
    for key in ("caller", "phone"):
        body.text(key, 200, least=0)
    for key in ("said", "answer"):
        body.text(key)
    recording = body.text("recording", 64, least=0) and body.digest("recording")
    return c.LogHotlineCall(
        body.number("at"),
        body.choice(Topic, "topic"),
        body.choice(Outcome, "outcome"),
        recording,
        body.number("case"),
        act.body_digest,
        act.without_body(),
    )


def _about_question(body: Fields, act: SignedAct) -> c.Command:
    question = body.number("question")
    if act.type == "refuse_question":
        return c.RefuseQuestion(
            question, body.choice(NotPublished, "reason"), body.text("text", least=0), act
        )
    words = body.text("words")
    return c.AnswerQuestion(question, words, body.flag("redacted"), body.text("text"), act)


def _officers(body: Fields) -> tuple[c.Officer, ...]:
    shape = {"party": str, "name": str, "certificate": str}
    found = body.records("officers", shape, most=5)
    if not found:
        malformed("officers")
    return tuple(
        c.Officer(one.text("party", 200), one.text("name", 100), one.digest("certificate")) for one in found
    )
