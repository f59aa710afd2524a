"""The acts of a tender's notice: who may send which, what their bodies hold, and the commands that they become."""

from __future__ import annotations

import re
from dataclasses import fields
from enum import StrEnum
from typing import Any, Final

from hall.procurement.acts import SignedAct
from hall.procurement.bodies import MAX_TEXT, Fields, Shape, malformed
from hall.procurement.evaluation import (
    Criterion,
    CriterionKind,
    EvaluationRules,
    Method,
    PriceFormula,
    PriceRule,
    Quota,
)
from hall.procurement.matter import Rights, roles
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import (
    CHOICES,
    COLUMNS,
    MOST_ALTERNATIVES,
    Column,
    RuleSet,
    columns_hold,
)
from hall.tendering.notice import commands as c
from hall.tendering.notice import plan

_MAKER: Final = roles(Role.PROCURING_ENTITY)
_OR_CENTRE: Final = roles(Role.PROCURING_ENTITY, Role.TRADING_CENTRE)

RIGHTS: Final[Rights] = {
    "draft_tender": _MAKER,
    "set_lots": _MAKER,
    "set_rules": _MAKER,
    "write_notice": _MAKER,
    "attach_document": _MAKER,
    "remove_document": _MAKER,
    "fill_checklist": _MAKER,
    "set_criteria": _MAKER,
    "appoint_staff": _MAKER,
    "schedule_opening": _MAKER,
    "file_tender": _OR_CENTRE,
    "publish_notice": _OR_CENTRE,
    "issue_addendum": _MAKER,
    "cancel_tender": _MAKER,
    "confirm_deposit": roles(Role.BIDDER),
}
"""The office lets somebody prepare tenders; which ones, the notice itself knows: its own, or where it is named."""

_NAMED: Final = ("procedure_law", "procurement_method", "custody")
_SETTINGS: Final[Shape] = {
    one.name: str if isinstance(one.default, StrEnum) else type(one.default)
    for one in fields(RuleSet)
    if one.name not in _NAMED
}

SHAPES: Final[dict[str, Shape]] = {
    "draft_tender": {
        "name": str,
        "number": str,
        "category": str,
        "region": str,
        "procuring_entity": str,
        "agency": str,
        "suite": str,
        "makers": list,
    },
    "set_lots": {"lots": list},
    "set_rules": dict.fromkeys(_NAMED, str),
    "write_notice": {
        "title": str,
        "text": str,
        "open_documents": bool,
        "consortium": bool,
        "invited": list,
    },
    "attach_document": {"sha256": str, "title": str, "kind": str, "size": int},
    "remove_document": {"sha256": str},
    "fill_checklist": {"items": list},
    "set_criteria": {
        "method": str,
        "criteria": list,
        "committee": int,
        "representatives": int,
        "candidates": int,
        "publicity_days": int,
        "low_price_flag": int,
    },
    "appoint_staff": {"staff": list, "deputies": list},
    "schedule_opening": {"documents_from": int, "documents_until": int, "bid_deadline": int, "place": str},
    "file_tender": {
        "revision": int,
        "number": str,
        "authority": str,
        "compiled_by": str,
        "filed_by": str,
        "filed_at": int,
        "paper": str,
    },
    "publish_notice": {"revision": int},
    "issue_addendum": {"title": str, "text": str, "touches_bids": bool, "documents": list},
    "cancel_tender": {"reason": str},
    "confirm_deposit": {"addendum": int, "deposit": str},
}
_PRICE: Final[Shape] = {
    "price_formula": str,
    "price_above": int,
    "price_below": int,
    "price_down": int,
    "price_trim": int,
}
OPTIONAL: Final[dict[str, Shape]] = {
    "draft_tender": {"entity_code": str},
    "set_rules": _SETTINGS,
    "write_notice": {"individuals": bool},
    "set_criteria": {**_PRICE, "quotas": list},
}

_LOT: Final[Shape] = {"lot": str, "name": str, "price_ceiling": str, "columns": list, "alternatives": int}
_ITEM: Final[Shape] = {"item": str, "text": str, "in_notice": str, "in_documents": str}
_CRITERION: Final[Shape] = {"key": str, "title": str, "kind": str, "points": int, "text": str}
_POST: Final[Shape] = {"role": str, "party": str, "name": str, "unit": str, "certificate": str}
_FILE: Final[Shape] = {"sha256": str, "title": str, "size": int}
_SUITES: Final = ("INTL", "GM")
_LOT_ID: Final = re.compile(r"[a-z0-9](-?[a-z0-9]){0,62}")
_NAME: Final = 200
_LONGEST: Final = 20_000


def command_of(act: SignedAct) -> c.Command:
    """The command of a verified act. Raises Malformed."""
    body = Fields.of(act, SHAPES, OPTIONAL)
    match act.type:
        case "draft_tender":
            return c.DraftTender(_face(body, act), act)
        case "set_lots":
            return c.SetLots(_lots(body), act)
        case "set_rules":
            return c.SetSettings(_settings(act), body.text("custody", 20, least=0), act)
        case "write_notice":
            return c.WriteTerms(_terms(body, act), act)
        case "attach_document":
            kind = body.choice(plan.DocumentKind, "kind", plan.DocumentKind.ADDENDUM)
            return c.AttachDocument(
                body.digest("sha256"), body.text("title", _NAME), kind, body.number("size"), act
            )
        case "remove_document":
            return c.RemoveDocument(body.digest("sha256"), act)
        case "fill_checklist":
            return c.FillChecklist(_items(body), act)
        case "set_criteria":
            return c.SetCriteria(_criteria(body, _price(body, act), _quotas(body, act)), act)
        case "appoint_staff":
            return c.AppointStaff(_staff(body, "staff"), _staff(body, "deputies"), act)
        case "schedule_opening":
            return c.PlanOpening(_schedule(body), act)
        case "file_tender":
            return c.FileTender(_filing(body, act), act)
        case "publish_notice":
            return c.PublishNotice(body.number("revision"), act)
        case "issue_addendum":
            return _addendum(body, act)
        case "cancel_tender":
            return c.CancelTender(body.text("reason"), act)
        case "confirm_deposit":
            return c.ConfirmDeposit(body.number("addendum"), act.lot, body.digest("deposit"), act)
        case _:
            return malformed("type")


def _face(body: Fields, act: SignedAct) -> plan.Face:
    suite = body.text("suite", 8)
    if suite not in _SUITES:
        malformed("suite")
    return plan.Face(
        name=body.text("name", _NAME),
        number=body.text("number", _NAME),
        category=body.choice(plan.Category, "category"),
        region=body.text("region", _NAME, least=0),
        procuring_entity=body.text("procuring_entity", _NAME),
        agency=body.text("agency", _NAME, least=0),
        suite=suite,
        makers=body.texts("makers", 20),
        entity_code=body.text("entity_code", 18, least=0) if "entity_code" in act.body_json() else "",
    )


def _lots(body: Fields) -> tuple[plan.NoticeLot, ...]:
    lots = tuple(_lot(one) for one in body.records("lots", _LOT, most=100))
    names = [lot.lot for lot in lots]
    if not lots or len(set(names)) < len(names):
        malformed("lots")
    return lots


def _lot(body: Fields) -> plan.NoticeLot:
    lot, alternatives = body.text("lot", 64), body.number("alternatives")
    if not _LOT_ID.fullmatch(lot):
        malformed("lot")
    if alternatives > MOST_ALTERNATIVES:
        malformed("alternatives")
    named = body.records("columns", {"key": str, "title": str}, most=8)
    columns = tuple(Column(one.text("key", 20), one.text("title", 40)) for one in named) or COLUMNS
    if not columns_hold(columns):
        malformed("columns")
    ceiling = body.text("price_ceiling", 24, least=0) and body.money("price_ceiling")
    return plan.NoticeLot(lot, body.text("name", _NAME), ceiling or None, columns, alternatives)


def _settings(act: SignedAct) -> tuple[tuple[str, str | int], ...]:
    """What the body names of the rule set; a limit of nothing is none."""
    given: dict[str, Any] = dict(act.body_json())
    for name, value in given.items():
        if name in CHOICES and value not in CHOICES[name]:
            malformed(name)
        if type(value) is int and not 0 < value <= 2**40:
            malformed(name)
    return tuple(sorted((key, value) for key, value in given.items() if key != "custody"))


def _terms(body: Fields, act: SignedAct) -> plan.Terms:
    return plan.Terms(
        title=body.text("title", _NAME),
        text=body.text("text", _LONGEST),
        open_documents=body.flag("open_documents"),
        consortium=body.flag("consortium"),
        invited=body.texts("invited"),
        individuals="individuals" in act.body_json() and body.flag("individuals"),
    )


def _items(body: Fields) -> tuple[plan.Ticked, ...]:
    """What is ticked: with words, and where they stand in both documents."""
    ticked = tuple(
        plan.Ticked(
            one.choice(plan.Item, "item"),
            one.text("text", MAX_TEXT),
            one.text("in_notice", _NAME),
            one.text("in_documents", _NAME),
        )
        for one in body.records("items", _ITEM)
    )
    if len({one.item for one in ticked}) < len(ticked):
        malformed("items")
    return ticked


def _price(body: Fields, act: SignedAct) -> PriceRule:
    """All of the formula, or none of it: the lowest price's ratio."""
    given = _PRICE.keys() & act.body_json().keys()
    if not given:
        return PriceRule()
    if given != _PRICE.keys():
        malformed("price_formula")
    numbers = (body.number(f"price_{key}") for key in ("above", "below", "down", "trim"))
    return PriceRule(body.choice(PriceFormula, "price_formula"), *numbers)


def _quotas(body: Fields, act: SignedAct) -> tuple[Quota, ...]:
    if "quotas" not in act.body_json():
        return ()
    shape: Shape = {"speciality": str, "seats": int}
    return tuple(
        Quota(one.text("speciality", 100), one.number("seats"))
        for one in body.records("quotas", shape, most=20)
    )


def _criteria(body: Fields, price: PriceRule, quotas: tuple[Quota, ...]) -> EvaluationRules:
    criteria = tuple(
        Criterion(
            one.code("key"),
            one.text("title", _NAME),
            one.choice(CriterionKind, "kind"),
            one.number("points"),
            one.text("text", least=0),
        )
        for one in body.records("criteria", _CRITERION, most=100)
    )
    return EvaluationRules(
        method=body.choice(Method, "method"),
        criteria=criteria,
        committee=body.number("committee"),
        representatives=body.number("representatives"),
        candidates=body.number("candidates"),
        publicity_days=body.number("publicity_days"),
        low_price_flag=body.number("low_price_flag"),
        price=price,
        quotas=quotas,
    )


def _staff(body: Fields, key: str) -> tuple[Appointment, ...]:
    staff = tuple(
        Appointment(
            one.choice(Role, "role", Role.BIDDER),
            one.text("party", 64),
            one.text("name", _NAME),
            one.text("unit", _NAME, least=0),
            one.digest("certificate"),
        )
        for one in body.records(key, _POST, most=40)
    )
    if key == "staff" and len({one.role for one in staff}) < len(staff):
        malformed(key)
    return staff


def _schedule(body: Fields) -> plan.Schedule:
    return plan.Schedule(
        body.number("documents_from"),
        body.number("documents_until"),
        body.number("bid_deadline"),
        body.text("place", _NAME, least=0),
    )


def _filing(body: Fields, act: SignedAct) -> plan.Filing:
    return plan.Filing(
        revision=body.number("revision"),
        number=body.text("number", _NAME),
        authority=body.text("authority", _NAME),
        compiled_by=body.text("compiled_by", _NAME),
        filed_by=body.text("filed_by", _NAME),
        filed_at=body.number("filed_at"),
        paper=body.digest("paper") if act.body_json()["paper"] != "" else "",
    )


def _addendum(body: Fields, act: SignedAct) -> c.IssueAddendum:
    files = body.records("documents", _FILE, most=20)
    documents = tuple((one.digest("sha256"), one.text("title", _NAME), one.number("size")) for one in files)
    return c.IssueAddendum(
        body.text("title", _NAME), body.text("text", _LONGEST), body.flag("touches_bids"), documents, act
    )
