"""An opening with everything in it that may go wrong, and goes on as the rules say: played by hand on `own_hall`.

The deadline is moved; a notary declares; the hall's own fault suspends in the middle of the window; the three parties
disagree; b4, whom the hall's gateway kept out for ten minutes, gets them back; a round of quotes and a draw; the clerk
is substituted; the scrutineer refuses to sign.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from hall.rehearsal.stage import party_of
from hall.session import commands as c
from tests.demo_world import holder, world
from tests.own_hall import BIDDERS, MINUTE, OPENING, PRICES, OwnHall, emptied

SECRETS = {who: hashlib.sha256(f"secret of {who}".encode()).hexdigest() for who in (*BIDDERS, "host")}
QUOTES = {"b1": "1200000.00", "b2": "1150000.00", "b3": "1249000.00"}


def post(who: str) -> dict[str, str]:
    """A post as a plan names it, held by `who`."""
    one = holder(who).identity
    return {"role": one.role, "party": party_of(one), "name": one.name, "unit": one.organisation}


def plan() -> dict[str, Any]:
    """What its tender has beyond the ordinary: a notary and the two other parties, a deputy, quotes and draws."""

    staff = [one.id for one in world().staff]
    return {
        "staff": [post(who) for who in (*staff, "notary", "regulator", "trading_centre")],
        "deputy": [post("deputy_host")],
        "rules": {
            "procurement_method": "negotiation",
            "quotes_allowed": True,
            "draw_allowed": True,
        },
    }


async def play_troubled(hall: OwnHall) -> Path:
    """Play it to its end; give the bundle."""
    await _until_released(hall)
    await _standstill(hall)
    await _window_ends(hall)
    await _disclosed(hall)
    await _quotes_and_draw(hall)
    return await _record(hall)


async def _until_released(hall: OwnHall) -> None:
    deadline = hall.room.state.scheduled.bid_deadline
    await hall.act("procuring_entity", "move_deadline", deadline=deadline + 30 * MINUTE, reason="补充答疑")
    await hall.until("DeadlineMoved")
    for who in BIDDERS:
        await hall.deposit(who)
        await hall.sign_in(who)
    await _certificates(hall)
    await hall.act("host", "read_text", key="opening")
    hall.after(90 * MINUTE)
    await hall.until("DepositsHandedOver")
    await hall.act("host", "announce_bidders")
    await hall.until("SealingRechecked")
    await hall.act("notary", "request_rehash", bidder="b1")
    await hall.until("RehashShown")
    await hall.act("notary", "declare_sealing")
    await hall.act("supervisor", "check_identity", bidder="b1", result="same_person", text="")
    await hall.act("b2", "raise_hand")
    await hall.act("host", "give_floor", participant="bidder-b2")
    await hall.act("supervisor", "mute_all", muted=True)
    await hall.act("host", "give_floor", participant="")
    await hall.act("supervisor", "check_identity", bidder="b2", result="no_camera", text="摄像头故障")
    await hall.act("supervisor", "make_remark", stance="seen", about="declare_sealing:1", text="")
    await hall.act("host", "command_decryption", minutes=60)
    await hall.release("b1")
    await hall.release("b2", by="b2+renewed")
    await hall.act("b4", "report_fault", text="解密页面打不开")


async def _certificates(hall: OwnHall) -> None:
    """b1 checks its machine; b2 shows a certificate that renews its own, and releases under it (clauses 4.9, 5.2.3)."""
    await hall.act("b1", "self_check", results=["browser green", "camera red missing"])
    await hall.login("b2+renewed")
    before = holder("b2").certificate.sha256
    await hall.act("b2+renewed", "show_certificate", previous=before, consent="")


async def _standstill(hall: OwnHall) -> None:
    hall.after(10 * MINUTE)
    now = hall.clock.now()
    fault = c.NoteFault("disk_full", "b", "磁盘写入失败", (), now - 30_000, None, True, now - 40_000)
    await hall.room.submit(fault, received_at=now)
    await hall.until("Suspended")
    await hall.act("procuring_entity", "consult", consultation=1, stance="agrees", reason="")
    await hall.act("regulator", "consult", consultation=1, stance="agrees", reason="")
    await hall.act("trading_centre", "consult", consultation=1, stance="disagrees", reason="建议改日")
    await hall.act("host", "read_text", key="disagreement-1-trading_centre")
    hall.after(5 * MINUTE)
    incident = hall.room.state.incidents[-1].incident
    await hall.room.submit(c.NoteFaultEnded(incident, hall.clock.now()), received_at=hall.clock.now())
    await hall.act("host", "make_announcement", text="故障已排除，请等候测试。")
    hall.media.write()
    await hall.act("host", "request_test")
    await hall.until("ReliableTestDone")
    await hall.act("host", "resume", minutes=5)
    hall.after(5 * MINUTE)
    await hall.until("Resumed")


async def _window_ends(hall: OwnHall) -> None:
    await hall.release("b3")
    await hall.act("clerk", "log_call", callee="bidder-b4", outcome="no_answer", text="两次")
    began = hall.clock.now()
    hall.after(10 * MINUTE)
    now = hall.clock.now()
    line = c.NoteFault("node_network", "a", "接入网关对该投标人拒绝连接", ("b4",), began, now, False, began)
    await hall.room.submit(line, received_at=now)
    hall.after(60 * MINUTE)
    await hall.until("WindowClosed")
    await hall.until("BidOpened", 3)
    await hall.until("ResultsShown")
    await hall.act("notary", "declare_results")
    gateway = next(i.incident for i in hall.room.state.incidents if i.kind == "node_network")
    await hall.act(
        "procuring_entity",
        "decide_cause",
        bidder="b4",
        cause="platform_fault",
        incident=gateway,
        reason="故障期间该投标人无法解密",
    )
    await hall.until("OwnWindowOpened")
    await hall.release("b4")
    await hall.until("BidOpened", 4)
    await hall.until("OwnWindowClosed")


async def _disclosed(hall: OwnHall) -> None:
    await hall.until("PricesDisclosed")
    for who in BIDDERS:
        await hall.act("announcer", "read_out", bidder=who)
    for who in BIDDERS:
        await hall.act(who, "confirm_price", answer="confirmed", price=PRICES[who])
    await hall.act("b1", "say", channel="question", text="请问二次报价何时开始？")
    await hall.act("host", "say", channel="clarification", text="随后开始，时限五分钟。")


async def _quotes_and_draw(hall: OwnHall) -> None:
    await hall.act("procuring_entity", "open_quotes", minutes=5)
    for who, price in QUOTES.items():
        await hall.act(who, "offer_quote", round=1, price=price, salt="ab" * 16)
    hall.after(5 * MINUTE)
    await hall.until("QuotesDisclosed")
    await hall.act("host", "open_draw", purpose="抽取评标基准系数", values=["0.95", "0.96", "0.97"])
    for who, secret in SECRETS.items():
        digest = hashlib.sha256(bytes.fromhex(secret)).hexdigest()
        await hall.act(who, "commit_draw", draw=1, commitment=digest)
    await hall.until("DrawCommitsClosed")
    for who, secret in SECRETS.items():
        await hall.act(who, "reveal_draw", draw=1, secret=secret)
    await hall.until("DrawDone")


async def _record(hall: OwnHall) -> Path:
    await hall.act("host", "open_objections")
    await hall.act("host", "close_objections")
    clerk = holder("substitute_clerk").identity
    await hall.act(
        "procuring_entity",
        "appoint_substitute",
        role="clerk",
        party=party_of(clerk),
        name=clerk.name,
        unit=clerk.organisation,
        certificate=clerk.sha256,
        reason="原记录人身体不适",
    )
    register = hall.view("substitute_clerk").register
    assert register is not None
    if register.unexplained:
        await hall.act(
            "substitute_clerk",
            "explain_incidents",
            incidents=register.unexplained,
            text="存储与网关故障，均已排除",
        )
    await hall.sign_register()
    await hall.until("RecordPrepared")
    await hall.sign_record("procuring_entity")
    await hall.act("scrutineer", "refuse_signature", reason="对二次报价的时限有不同意见")
    await hall.sign_record("substitute_clerk")
    await hall.until("RecordCompleted")
    await hall.act("host", "close_opening", record_later=False)
    await emptied(hall)
    return await hall.core.archive.bundle(OPENING, hall.actor("substitute_clerk"))
