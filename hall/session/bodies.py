"""The bodies of all acts, read strictly: a body has exactly its keys; anything else is `malformed_act`.

`BODIES` is printed into docs/protocol.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Final

from hall.errors import Malformed
from hall.procurement.acts import SignedAct
from hall.procurement.bodies import MAX_ITEMS, Fields, bytes_of, malformed
from hall.session import commands as c
from hall.session import events as e

BODIES: Final[dict[str, dict[str, type]]] = {
    "sign_in": {"representative": str, "identity": str, "phones": list, "acts_for_bidder": bool, "salt": str},
    "announce_bidders": {},
    "fail_tender": {"reason": str},
    "answer_sealing": {"answer": str, "sha256": str},
    "declare_sealing": {},
    "command_decryption": {"minutes": int},
    "release": {"sha256": str, "custody": str},
    "decline_release": {},
    "claim_remedy": {"kind": str, "reason": str},
    "answer_remedy": {"bidder": str, "accepted": bool, "reason": str},
    "open_entrusted": {"keys": list},
    "name_custodians": {"custodians": list, "reason": str},
    "decide_cause": {"bidder": str, "cause": str, "incident": int, "reason": str},
    "read_out": {"bidder": str},
    "confirm_price": {"answer": str, "price": str},
    "open_objections": {},
    "raise_objection": {"text": str},
    "answer_objection": {"objection": int, "outcome": str, "text": str},
    "close_objections": {},
    "close_opening": {"record_later": bool},
    "advance_clock": {"by_ms": int},
    "go_on_with_fewer": {"reason": str, "approval": str},
    "answer_results": {"answer": str, "summary": str},
    "declare_results": {},
    "refuse_signature": {"reason": str},
    "note_unsigned": {"role": str, "reason": str},
    "move_deadline": {"deadline": int, "reason": str},
    "confirm_deadline": {"reason": str},
    "suspend": {"kind": str, "clause": str, "reason": str},
    "reason_suspension": {"reason": str, "since": int},
    "consult": {"consultation": int, "stance": str, "reason": str},
    "request_test": {},
    "resume": {"minutes": int},
    "declare_split": {"opens_at": int, "continues_at": int},
    "adjourn": {"resumes_at": int, "reason": str},
    "read_text": {"key": str},
    "make_announcement": {"text": str},
    "take_post": {},
    "appoint_substitute": {
        "role": str,
        "party": str,
        "name": str,
        "unit": str,
        "certificate": str,
        "reason": str,
    },
    "mark_notary_absent": {"reason": str},
    "request_rehash": {"bidder": str},
    "log_call": {"callee": str, "outcome": str, "text": str},
    "add_paper": {"title": str, "mime": str, "sha256": str, "size": int},
    "make_remark": {"stance": str, "about": str, "text": str},
    "check_identity": {"bidder": str, "result": str, "text": str},
    "replace_representative": {
        "representative": str,
        "identity": str,
        "phones": list,
        "acts_for_bidder": bool,
        "salt": str,
        "letter": str,
    },
    "take_over": {"fence": int},
    "say": {"channel": str, "text": str},
    "state_base_price": {"price": str},
    "mute": {"participant": str, "muted": bool},
    "mute_all": {"muted": bool},
    "raise_hand": {},
    "lower_hand": {},
    "give_floor": {"participant": str},
    "name_recording": {"name": str, "place": str, "reason": str},
    "attach_recording": {"recording": str, "sha256": str, "size": int, "mime": str, "from": int, "to": int},
    "hide_message": {"message": int, "reason": str},
    "report_fault": {"text": str},
    "record_incident": {
        "kind": str,
        "clause": str,
        "subject": str,
        "scope": list,
        "text": str,
        "corrects": int,
        "start": int,
    },
    "explain_incidents": {"incidents": list, "text": str},
    "sign_register": {"entries": int, "digest": str},
    "open_quotes": {"minutes": int},
    "offer_quote": {"round": int, "price": str, "salt": str},
    "open_draw": {"purpose": str, "values": list},
    "commit_draw": {"draw": int, "commitment": str},
    "reveal_draw": {"draw": int, "secret": str},
    "self_check": {"results": list},
    "show_certificate": {"previous": str, "consent": str},
    "decide_certificate": {
        "bidder": str,
        "previous": str,
        "certificate": str,
        "accepted": bool,
        "reason": str,
    },
}
"""Act type → the keys of its body and their JSON types. The lot stands in the act's own field `lot`."""

_FACE: Final[dict[str, type]] = {"photo": str, "compares_faces": bool}
MAY: Final[dict[str, dict[str, type]]] = {
    "sign_in": _FACE,
    "replace_representative": _FACE,
    "check_identity": {"moment": str},
    "release": {"content_key": str, "tag": str, "envelope": str, "inner": str, "custodians": list},
}
"""Act type → keys that its body may have beside those. `photo`: the reference picture as base64 of a JPEG, which the
representative consents to by handing it in (clause 5.3.7); `compares_faces`: its separate consent that a machine
compares it with the live picture; `moment`: the mid-session look that a check answers."""

MAX_PHOTO: Final = 48 * 1024
"""Most bytes of a reference picture."""

MAX_ENVELOPE: Final = 8 * 1024
"""Most bytes of an envelope in which a content key is entrusted."""

_PHONE: Final = re.compile(r"\+?[0-9 -]{5,20}")
_JPEG: Final = b"\xff\xd8\xff"


class Body(Fields):
    """One act's body. Every getter raises Malformed("malformed_act", field=…) for what can't be that field."""

    def __init__(self, act: SignedAct) -> None:
        if (expected := BODIES.get(act.type)) is None:
            malformed("type")
        super().__init__(act.body_json(), expected, MAY.get(act.type))
        self._type = act.type

    def letter(self, key: str) -> str:
        """A letter of clause 4.7, or ""."""
        value = str(self._body[key])
        if value not in ("", "a", "b", "c", "d", "e", "f"):
            malformed(key)
        return value

    def parts(self, key: str, codes: frozenset[str]) -> tuple[c.EntrustedPart, ...]:
        """What a custodian hands over: for each bidder `content` in base64, or "" and one of `codes`."""
        found: dict[str, c.EntrustedPart] = {}
        for item in self._items(key, MAX_ITEMS):
            match item:
                case {"bidder": str(bidder), "content": str(content), "code": str(code), **rest} if not rest:
                    if bidder in found or bool(content) is bool(code) or (code and code not in codes):
                        malformed(key)
                    secret = bytes_of(key, content, MAX_ENVELOPE) if content else b""
                    found[bidder] = c.EntrustedPart(bidder, secret, code)
                case _:
                    malformed(key)
        return tuple(found.values())

    def check_only(self, *keys: str) -> None:
        """Of the keys that this act may have beside the usual ones it has exactly these."""
        given = self._body.keys() & MAY.get(self._type, {}).keys()
        if given != set(keys):
            malformed(min(given ^ set(keys)))

    def photo(self) -> str:
        """SHA-256 of the reference picture, "" where the body has none."""
        return hashlib.sha256(data).hexdigest() if (data := photo_of(self._body)) else ""

    def moment(self) -> str:
        """The mid-session look that a check answers, "" for none."""
        value = self._body.get("moment", "")
        if value not in ("", *e.Moment):
            malformed("moment")
        return str(value)

    def check_person(self) -> None:
        """One named person who acts for the bidder (clauses 5.3.6, 5.3.7), reachable by telephone (clause 4.6)."""
        _check_person(self._body)


def photo_of(body: Mapping[str, object]) -> bytes:
    """The reference picture in a body, b"" where there is none. Raises Malformed for what is no small JPEG."""
    try:
        data = base64.b64decode(str(body.get("photo", "")), validate=True)
    except binascii.Error:
        malformed("photo")
    if data and (len(data) > MAX_PHOTO or not data.startswith(_JPEG)):
        malformed("photo")
    return data


def _check_person(body: Mapping[str, object]) -> None:
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
