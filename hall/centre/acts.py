"""The bodies of the trading centre's acts, read strictly."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from hall.centre import commands as c
from hall.centre.changes import Change, Kind, Setting, Venue
from hall.errors import Refused
from hall.procurement.acts import SignedAct
from hall.procurement.bodies import Fields, Shape, bytes_of, malformed
from hall.procurement.matter import HALL
from hall.procurement.standing import Paper, Standing, identity_number_holds
from hall.procurement.tender import CHOICES, RuleSet

SHAPES: Final[Mapping[str, Shape]] = {
    "register_party": {"party": str, "name": str, "kind": str, "code": str, "certificate": str},
    "register_person": {
        "party": str,
        "name": str,
        "paper": str,
        "number": str,
        "certificate": str,
        "salt": str,
    },
    "add_certificate": {"party": str, "certificate": str, "reason": str},
    "retire_certificate": {"party": str, "sha256": str, "reason": str},
    "deactivate_party": {"party": str, "reason": str},
    "activate_party": {"party": str, "reason": str},
    "give_office": {"party": str, "office": str, "reason": str},
    "take_office": {"party": str, "office": str, "reason": str},
    "confirm_change": {"proposal": int},
    "decline_change": {"proposal": int, "reason": str},
    "set_year": {"year": int, "holidays": list, "extra": list, "source": str},
    "set_defaults": {"settings": list},
    "list_expert": {
        "party": str,
        "name": str,
        "unit": str,
        "specialities": list,
        "recuses": list,
        "salt": str,
    },
    "unlist_expert": {"party": str, "reason": str},
    "name_rooms": {"rooms": list},
}
OPTIONAL: Final[Mapping[str, Shape]] = {
    "register_party": {"encryption": str, "standing": str},
    "register_person": {"encryption": str},
    "add_certificate": {"encryption": str},
}

WITHHELD: Final = frozenset({"list_expert", "register_person"})
"""Names of experts and numbers of identity documents are personal: the journal has the body's digest."""

BIDDER: Final = "bidder"
KINDS: Final = (BIDDER, "staff")
OFFICES: Final = ("trading_centre", "regulator", "procuring_entity", "evaluator")
MOST_CERTIFICATE: Final = 16 * 1024

_PARTY: Final = re.compile(r"[a-z0-9](-?[a-z0-9]){0,62}")
_ROOM: Final = re.compile(r"[a-z0-9](-?[a-z0-9]){0,30}")
_LONGEST: Final = 30 * 24 * 3600 * 1000  # a setting of the rule set, ms
_RULES: Final = {one.name: one.default for one in fields(RuleSet)}
_OWN_LINE: Final[Mapping[str, Kind]] = {
    "deactivate_party": Kind.SHUT,
    "activate_party": Kind.REOPEN,
    "give_office": Kind.GIVE,
    "take_office": Kind.TAKE,
}


def command_of(act: SignedAct) -> c.Command:
    """The command in a verified act. Raises Malformed("malformed_act")."""
    if act.tender != HALL:
        malformed("tender")
    body = Fields.of(act, SHAPES, OPTIONAL)
    match act.type:
        case "register_party" | "register_person" | "add_certificate":
            return _certificate(act, body)
        case "retire_certificate":
            change = Change(Kind.RETIRE, _party(body), sha256=body.digest("sha256"))
            return c.MakeChange(change, body.text("reason"), act)
        case "deactivate_party" | "activate_party" | "give_office" | "take_office":
            office = "" if act.type.endswith("party") else _one_of(body, "office", OFFICES)
            change = Change(_OWN_LINE[act.type], _party(body), office=office)
            return c.MakeChange(change, body.text("reason"), act)
        case "confirm_change":
            return c.Confirm(body.number("proposal"), act)
        case "decline_change":
            return c.Decline(body.number("proposal"), body.text("reason"), act)
        case "set_year":
            holidays, extra = body.texts("holidays", 120), body.texts("extra", 60)
            return c.SetYear(_year(body), holidays, extra, body.text("source", 400), act)
        case "set_defaults":
            return c.SetDefaults(_settings(body), act)
        case "list_expert":
            for name in ("name", "unit"):
                body.text(name, 100)
            _check_salt(body)
            return c.ListExpert(_party(body), body.texts("specialities", 20), body.texts("recuses", 200), act)
        case "unlist_expert":
            return c.UnlistExpert(_party(body), body.text("reason"), act)
        case _:
            return c.NameRooms(_rooms(body), act)


def _certificate(act: SignedAct, body: Fields) -> c.MakeChange:
    new = act.type != "add_certificate"
    individual = act.type == "register_person"
    der = bytes_of("certificate", body.base64("certificate", MOST_CERTIFICATE), MOST_CERTIFICATE)
    encryption = body.base64("encryption", MOST_CERTIFICATE) if "encryption" in act.body_json() else ""
    recipient = bytes_of("encryption", encryption, MOST_CERTIFICATE) if encryption else b""
    change = Change(
        kind=Kind.PARTY if new else Kind.CERTIFICATE,
        party=_party(body),
        name=body.text("name", 200) if new else "",
        kind_of=(BIDDER if individual else _one_of(body, "kind", KINDS)) if new else "",
        code=body.text("code", 18, least=0) if new and not individual else "",
        sha256=hashlib.sha256(der).hexdigest(),
        certificate=body.base64("certificate", MOST_CERTIFICATE),
        recipient=hashlib.sha256(recipient).hexdigest() if recipient else "",
        encryption=encryption,
        standing=_standing(act, body) if new else "",
        identity=_identity(act, body) if individual else "",
    )
    return c.MakeChange(change, "" if new else body.text("reason"), act)


def _standing(act: SignedAct, body: Fields) -> str:
    """Of a bidder: staff act for others. Who says nothing else registers a legal person."""
    if act.type == "register_person":
        return Standing.NATURAL_PERSON.value
    if "standing" in act.body_json():
        return body.choice(Standing, "standing", Standing.NATURAL_PERSON).value
    return Standing.LEGAL_PERSON.value if body.text("kind") == BIDDER else ""


def _identity(act: SignedAct, body: Fields) -> str:
    """The digest of the body, which holds the number and is kept beside the journal. Raises Refused."""
    _check_salt(body)
    if not identity_number_holds(body.choice(Paper, "paper"), body.text("number", 20)):
        raise Refused("identity_number_wrong")
    return act.body_digest


def _check_salt(body: Fields) -> None:
    if not re.fullmatch(r"[0-9a-f]{32}", body.text("salt", 32)):
        malformed("salt")


def _party(body: Fields) -> str:
    if not _PARTY.fullmatch(value := body.text("party", 64)):
        malformed("party")
    return value


def _one_of(body: Fields, key: str, known: tuple[str, ...]) -> str:
    if (value := body.text(key, 40)) not in known:
        malformed(key)
    return value


def _year(body: Fields) -> int:
    if not 2020 <= (year := body.number("year")) <= 2099:
        malformed("year")
    return year


def _settings(body: Fields) -> tuple[Setting, ...]:
    found = tuple(
        Setting(one.code("key"), one.text("value", 40))
        for one in body.records("settings", {"key": str, "value": str})
    )
    if len({one.key for one in found}) < len(found):
        malformed("settings")
    for one in found:
        _check_setting(one)
    return tuple(sorted(found, key=lambda one: one.key))


def _check_setting(one: Setting) -> None:
    """A setting that the rule set has, with a value of its kind."""
    usual = _RULES.get(one.key)
    if one.key in CHOICES:
        right = one.value in CHOICES[one.key]
    elif type(usual) is bool:
        right = one.value in ("true", "false")
    elif type(usual) is int:
        right = one.value.isdecimal() and 1 <= int(one.value) <= _LONGEST
    else:
        right = False
    if not right:
        malformed(one.key if one.key in _RULES else "settings")


def _rooms(body: Fields) -> tuple[Venue, ...]:
    found = tuple(
        Venue(one.text("room", 32), one.text("name", 100))
        for one in body.records("rooms", {"room": str, "name": str}, most=200)
    )
    if len({one.room for one in found}) < len(found) or not all(_ROOM.fullmatch(one.room) for one in found):
        malformed("rooms")
    return found
