"""From a signed act to a command: the bodies of all acts, read strictly.

`BODIES` is printed into docs/protocol.md. A body has exactly its keys; anything else is `malformed_act`.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, TypeVar

from hall.errors import Malformed
from hall.procurement.acts import SignedAct
from hall.session import commands as c
from hall.session.events import Cause, Outcome, PriceAnswer, RecorderProof, SealingAnswer

BODIES: Final[dict[str, dict[str, type]]] = {
    "sign_in": {"representative": str, "identity": str, "phones": list, "acts_for_bidder": bool, "salt": str},
    "announce_bidders": {},
    "fail_tender": {"reason": str},
    "answer_sealing": {"answer": str, "sha256": str},
    "declare_sealing": {},
    "command_decryption": {"minutes": int},
    "release": {"sha256": str, "custody": str, "content_key": str},
    "decline_release": {},
    "decide_cause": {"bidder": str, "cause": str, "reason": str},
    "read_out": {"bidder": str},
    "confirm_price": {"answer": str, "price": str},
    "open_objections": {},
    "raise_objection": {"text": str},
    "answer_objection": {"objection": int, "outcome": str, "text": str},
    "close_objections": {},
    "close_opening": {},
    "advance_clock": {"by_ms": int},
}
"""Act type → the keys of its body and their JSON types. The lot stands in the act's own field `lot`."""

MAX_TEXT: Final = 4000
E = TypeVar("E", SealingAnswer, PriceAnswer, Cause, Outcome)
_HEX64: Final = re.compile(r"[0-9a-f]{64}")
_PHONE: Final = re.compile(r"\+?[0-9 -]{5,20}")


def command_of(act: SignedAct, proof: RecorderProof | None) -> c.Act:
    """The command that a verified act asks for; personal data and content keys are taken out of the act itself.

    proof: what the recorder proves at the moment of receipt. Raises Malformed("malformed_act", field=...).
    """
    body = _body(act)
    lot = act.lot

    def text(key: str, most: int = MAX_TEXT) -> str:
        value = str(body[key]).strip()
        if not value or len(value) > most:
            raise Malformed("malformed_act", field=key)
        return value

    def digest(key: str) -> str:
        if not _HEX64.fullmatch(value := str(body[key])):
            raise Malformed("malformed_act", field=key)
        return value

    match act.type:
        case "sign_in":
            _check_person(body)
            return c.SignIn(act.without_body())
        case "announce_bidders":
            return c.AnnounceBidders(lot, act, proof)
        case "fail_tender":
            return c.FailTender(lot, text("reason"), act)
        case "answer_sealing":
            answer = _choice(SealingAnswer, body, "answer")
            if answer is SealingAnswer.NO_ANSWER:
                raise Malformed("malformed_act", field="answer")
            digest("sha256")
            return c.AnswerSealing(lot, answer, act)
        case "declare_sealing":
            return c.DeclareSealing(lot, act, proof)
        case "command_decryption":
            return c.CommandDecryption(lot, _number(body, "minutes"), act, proof)
        case "release":
            if body["custody"] != "hall":
                raise Malformed("malformed_act", field="custody")
            return c.Release(lot, digest("sha256"), _key(str(body["content_key"])), act.without_body())
        case "decline_release":
            return c.DeclineRelease(lot, act)
        case "decide_cause":
            return c.DecideCause(lot, text("bidder", 64), _choice(Cause, body, "cause"), text("reason"), act)
        case "read_out":
            return c.ReadOut(lot, text("bidder", 64), act)
        case "confirm_price":
            price = _choice(PriceAnswer, body, "answer")
            if price is PriceAnswer.NO_ANSWER:
                raise Malformed("malformed_act", field="answer")
            return c.ConfirmPrice(lot, price, text("price", 40), act)
        case "open_objections":
            return c.OpenObjections(lot, act, proof)
        case "raise_objection":
            return c.RaiseObjection(lot, text("text"), act)
        case "answer_objection":
            outcome = _choice(Outcome, body, "outcome")
            return c.AnswerObjection(lot, _number(body, "objection"), outcome, text("text"), act)
        case "close_objections":
            return c.CloseObjections(lot, act)
        case "close_opening":
            return c.CloseOpening(act, proof)
        case "advance_clock":
            return c.AdvanceClock(_number(body, "by_ms"), act)
        case _:
            raise Malformed("malformed_act", field="type")


def _body(act: SignedAct) -> dict[str, object]:
    expected = BODIES.get(act.type)
    if expected is None:
        raise Malformed("malformed_act", field="type")
    body = act.body_json()
    if body.keys() != expected.keys():
        raise Malformed("malformed_act", field=min(body.keys() ^ expected.keys()))
    for key, kind in expected.items():
        if type(body[key]) is not kind:
            raise Malformed("malformed_act", field=key)
    return body


def _choice(kind: type[E], body: dict[str, object], key: str) -> E:
    try:
        return kind(str(body[key]))
    except ValueError:
        raise Malformed("malformed_act", field=key) from None


def _number(body: dict[str, object], key: str) -> int:
    value = body[key]
    if not isinstance(value, int) or value < 0:
        raise Malformed("malformed_act", field=key)
    return value


def _key(value: str) -> bytes:
    try:
        key = base64.b64decode(value, validate=True)
    except binascii.Error:
        raise Malformed("malformed_act", field="content_key") from None
    if len(key) != 32:
        raise Malformed("malformed_act", field="content_key")
    return key


def _check_person(body: dict[str, object]) -> None:
    """One named person who acts for the bidder (clauses 5.3.6, 5.3.7), reachable by two phones (clause 4.6)."""
    name, identity, phones, salt = body["representative"], body["identity"], body["phones"], body["salt"]
    if not isinstance(name, str) or not 1 < len(name.strip()) <= 60:
        raise Malformed("malformed_act", field="representative")
    if not isinstance(identity, str) or not 4 <= len(identity) <= 40:
        raise Malformed("malformed_act", field="identity")
    if not isinstance(phones, list) or not 1 <= len(phones) <= 2:
        raise Malformed("malformed_act", field="phones")
    if any(not isinstance(phone, str) or not _PHONE.fullmatch(phone) for phone in phones):
        raise Malformed("malformed_act", field="phones")
    if not isinstance(salt, str) or not re.fullmatch(r"[0-9a-f]{32}", salt):
        raise Malformed("malformed_act", field="salt")
    if body["acts_for_bidder"] is not True:
        raise Malformed("malformed_act", field="acts_for_bidder")
