"""What a robot does next, given what its own screen shows. Pure: a view in, one intent or none out.

A robot acts on `may` and `waiting` alone, as a person would. Nothing here knows a socket, a key or a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hall import wire
from hall.rehearsal.intents import Intent
from hall.rehearsal.reactions import reaction


@dataclass(frozen=True, slots=True)
class Person:
    """Who a bidder robot says it is when it signs in. Invented."""

    name: str
    identity: str
    phones: tuple[str, ...]
    salt: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What a bidder kept of its own bid in one lot: digests of the sealed file and of its summary, and the price."""

    sha256: str
    summary: str
    price: str


_DAMAGE = ("ciphertext_damaged", "key_lost")
"""Entries of the register by which the hall says that it damaged a bid itself."""

OBJECTION = "请主持人说明本次开标的解密截止时间如何确定。"
ANSWER = "解密时限自解密指令发出时起60分钟，以大厅时钟为准，各投标人相同。"
UNKNOWN_CAUSE = "系统自动记录，原因不明。"
NOT_RELEASED = "投标人未在规定时间内完成解密。"
DAMAGED = "投标文件在平台存储中损坏，非投标人原因，视为撤回。"
COMPARED = "已通过视频核对代表身份与授权委托书"
TOO_FEW = "投标人少于三个，依法重新招标。"


def bidder_intent(
    view: wire.View, kept: Mapping[str, Kept], person: Person, *, objects: bool
) -> Intent | None:
    """What a bidder does: sign in, answer for its sealed bid, release, confirm the price it sealed and no other."""
    if "sign_in" in view.may:
        return Intent(
            "sign_in",
            body={
                "representative": person.name,
                "identity": person.identity,
                "phones": list(person.phones),
                "acts_for_bidder": True,
                "salt": person.salt,
            },
        )
    for lot in view.lots:
        intent = _bidder_in(view, lot, kept.get(lot.lot), objects=objects)
        if intent is not None:
            return intent
    return None


def _bidder_in(view: wire.View, lot: wire.LotView, kept: Kept | None, *, objects: bool) -> Intent | None:
    me = view.you.party
    if f"answer_sealing:{lot.lot}" in view.may:
        shown = next((d for d in lot.deposits if d.bidder == me), None)
        # Without an own copy the robot can only say what the hall's fresh digest says.
        own = kept.sha256 if kept else (shown.sha256 if shown else "")
        whole = shown is not None and shown.sha256 == own and shown.intact is True
        answer = {"answer": "intact" if whole else "objects", "sha256": shown.sha256 if shown else own}
        return Intent("answer_sealing", lot.lot, answer)
    if f"release:{lot.lot}" in view.may:
        return Intent("release", lot.lot)
    if f"answer_results:{lot.lot}" in view.may:
        # clause 4.2 (ii): what came out of its own bid is what it sealed, and nothing came out of one it kept closed
        line = next((b for b in lot.bidders if b.bidder == me), None)
        given = line.summary if line else ""
        # "received": its key lies with the custodians.
        opened = line is not None and line.release not in ("waiting", "received")
        right = kept is None or given == (kept.summary if opened else "")
        result: dict[str, object] = {"answer": "intact" if right else "objects", "summary": given}
        return Intent("answer_results", lot.lot, result)
    if f"confirm_price:{lot.lot}" in view.may:
        read = next((b for b in lot.bidders if b.bidder == me and b.read_out), None)
        price = next((p.price for p in lot.prices if p.bidder == me), None)
        if read is not None and price is not None:
            right = kept is None or price == kept.price
            answer = {"answer": "confirmed" if right else "objects", "price": price}
            return Intent("confirm_price", lot.lot, answer)
    raised = any(o.bidder == me for o in lot.objections)
    if objects and not raised and lot.stage == "objections" and f"raise_objection:{lot.lot}" in view.may:
        return Intent("raise_objection", lot.lot, {"text": OBJECTION})
    return None


def host_intent(view: wire.View, now: int, *, pause: int) -> Intent | None:
    """The host's agenda. `now` is hall time; `pause` in ms: how long it waits for objections beyond their period."""
    if (answer := reaction(view, now)) is not None:
        return answer
    for lot in view.lots:
        for act in ("announce_bidders", "declare_sealing", "declare_results", "open_objections"):
            if f"{act}:{lot.lot}" in view.may:
                return Intent(act, lot.lot)
        if f"command_decryption:{lot.lot}" in view.may:
            return Intent("command_decryption", lot.lot, {"minutes": 60})
        asked_at = lot.objections_not_before or 0
        if f"close_objections:{lot.lot}" in view.may and now >= asked_at + pause:
            return Intent("close_objections", lot.lot)
    complete = view.record is not None and view.record.completed
    if complete and "close_opening" in view.may:
        return Intent("close_opening", body={"record_later": False})
    return None


def staff_intent(view: wire.View, now: int) -> Intent | None:
    """What the other posts do: declare, read out, answer, decide, sign. Each role's own `may` says what is its own."""
    if (answer := reaction(view, now)) is not None:
        return answer
    if (kept := _register_intent(view)) is not None:
        return kept
    for lot in view.lots:
        for act in ("declare_sealing", "declare_results"):  # the notary's, where one is appointed
            if f"{act}:{lot.lot}" in view.may:
                return Intent(act, lot.lot)
        if f"answer_remedy:{lot.lot}" in view.may:
            claims = [b.bidder for b in lot.bidders if b.remedy == "claimed"]
            accept: dict[str, object] = {"bidder": claims[0], "accepted": True, "reason": COMPARED}
            return Intent("answer_remedy", lot.lot, accept)
        if f"open_entrusted:{lot.lot}" in view.may:
            return Intent("open_entrusted", lot.lot)
        if f"read_out:{lot.lot}" in view.may:
            unread = [b.bidder for b in lot.bidders if not b.read_out and _priced(lot, b.bidder)]
            if unread:
                return Intent("read_out", lot.lot, {"bidder": unread[0]})
        if f"answer_objection:{lot.lot}" in view.may:
            number = next(o.objection for o in lot.objections if not o.outcome)
            body: dict[str, object] = {"objection": number, "outcome": "rejected", "text": ANSWER}
            return Intent("answer_objection", lot.lot, body)
        if f"decide_cause:{lot.lot}" in view.may and (body := _cause(view, lot)):
            return Intent("decide_cause", lot.lot, body)
        if f"fail_tender:{lot.lot}" in view.may:
            return Intent("fail_tender", lot.lot, {"reason": TOO_FEW})
    # One after another: each signs the revision that the one before has made.
    mine = view.waiting is not None and (view.waiting.role, view.waiting.act) == (
        view.you.role,
        "sign_record",
    )
    return Intent("sign_record") if mine and "sign_record" in view.may else None


def _cause(view: wire.View, lot: wire.LotView) -> dict[str, object]:
    """The cause of the first bid that was not opened; empty where there is none. What the hall damaged is not the
    bidder's fault: it is deemed withdrawn, on the entry of the register (clauses 4.7 b, 5.3.4)."""
    asked = [b for b in lot.bidders if b.status in ("listed", "absent") and not b.cause]
    undone = [b for b in asked if b.release not in ("opened", "received") and not _has_own_window(b)]
    if not undone:
        return {}
    bidder = undone[0].bidder
    damage = next(
        (i.incident for i in view.incidents if i.kind in _DAMAGE and i.subject == f"bidder-{bidder}"), 0
    )
    hall = bool(damage or undone[0].held)
    cause, reason = ("deemed_withdrawn", DAMAGED) if hall else ("deemed_revoked", NOT_RELEASED)
    return {"bidder": bidder, "cause": cause, "incident": damage, "reason": reason}


def _has_own_window(bidder: wire.BidderView) -> bool:
    return bidder.own_window is not None and bidder.own_window.closed_at is None


def _register_intent(view: wire.View) -> Intent | None:
    """The register of incidents: the clerk explains what the hall wrote, then its owner signs it (clause 4.3)."""
    register = view.register
    if register is None:
        return None
    if view.you.role == "clerk" and "explain_incidents" in view.may and register.unexplained:
        body: dict[str, object] = {"incidents": list(register.unexplained), "text": UNKNOWN_CAUSE}
        return Intent("explain_incidents", body=body)
    if "sign_register" in view.may:
        return Intent("sign_register", body={"entries": register.entries, "digest": register.digest})
    return None


def _priced(lot: wire.LotView, bidder: str) -> bool:
    return any(p.bidder == bidder for p in lot.prices)
