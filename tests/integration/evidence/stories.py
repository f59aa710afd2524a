"""Openings that go other ways than the ordinary one, each played as a whole to its bundle: real acts, real signatures,
real journal, on a clock that the test moves.

A story takes a directory and gives its bundle and the trust file that was published with the tender.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

from hall.session import commands as c
from hall.session import events as e
from tests.own_hall import BIDDERS, LOT, MINUTE, OPENING, PRICES, OwnHall, emptied, own_hall, reopened
from tests.troubled import post

DAY = 24 * 60 * MINUTE
THREE = BIDDERS[:3]
SIGNERS = ("procuring_entity", "scrutineer", "clerk")

Told = tuple[Path, dict[str, object]]
"""The bundle, and the trust file."""


# what every opening has


async def _reached(hall: OwnHall, kind: str, lot: str) -> None:
    """Wait until something has happened in a lot."""
    count = 0
    while not any(type(x).__name__ == kind and x.lot == lot for _, _, x in hall.room.entries):
        count += 1
        await hall.until(kind, count)


async def deposited(hall: OwnHall, who: Iterable[str] = BIDDERS, lot: str = LOT) -> None:
    for one in who:
        await hall.deposit(one, lot)


async def signed_in(hall: OwnHall, who: Iterable[str] = BIDDERS) -> None:
    for one in who:
        await hall.sign_in(one)


async def announced(hall: OwnHall, lot: str = LOT) -> None:
    await hall.until("DepositsHandedOver")
    await hall.act("host", "announce_bidders", lot=lot)


async def commanded(hall: OwnHall, who: Iterable[str] = BIDDERS, lot: str = LOT) -> None:
    """Check of the sealing, then the command."""
    await _reached(hall, "SealingRechecked", lot)
    for one in who:
        sha256 = hall.room.state.deposit(lot, one).sha256
        await hall.act(one, "answer_sealing", lot=lot, answer="intact", sha256=sha256)
    await hall.act("host", "declare_sealing", lot=lot)
    await hall.act("host", "command_decryption", lot=lot, minutes=60)


async def results_declared(hall: OwnHall, who: Iterable[str] = BIDDERS, lot: str = LOT) -> None:
    """Everybody looks at what came out of its bid."""
    await _reached(hall, "ResultsShown", lot)
    for one in who:
        await hall.answer_results(one, lot)
    await hall.act("host", "declare_results", lot=lot)


async def confirmed(hall: OwnHall, who: Iterable[str] = BIDDERS, lot: str = LOT) -> None:
    """Prices are disclosed, read out and confirmed."""
    await _reached(hall, "PricesDisclosed", lot)
    for one in who:
        await hall.act("announcer", "read_out", lot=lot, bidder=one)
    for one in who:
        await hall.act(one, "confirm_price", lot=lot, answer="confirmed", price=PRICES[one])


async def objected(hall: OwnHall, lot: str = LOT) -> None:
    """Objections are asked for."""
    await hall.act("host", "open_objections", lot=lot)
    await hall.act("host", "close_objections", lot=lot)


async def recorded(hall: OwnHall) -> None:
    """The register is signed, and the record lies there."""
    await hall.sign_register()
    await hall.until("RecordPrepared")


async def ended(hall: OwnHall) -> Told:
    """Record, signatures, end."""
    await recorded(hall)
    for who in SIGNERS:
        await hall.sign_record(who)
    await hall.until("RecordCompleted")
    await hall.act("host", "close_opening", record_later=False)
    await emptied(hall)
    return await bundled(hall)


async def bundled(hall: OwnHall) -> Told:
    bundle = await hall.core.archive.bundle(OPENING, hall.actor("clerk"))
    return bundle, hall.core.archive.trust(hall.actor("procuring_entity"))


async def blamed(hall: OwnHall, bidder: str, reason: str, cause: str = "deemed_withdrawn") -> None:
    """The project owner decides why a bid was not opened: for no fault of the platform."""
    await hall.act("procuring_entity", "decide_cause", bidder=bidder, cause=cause, incident=0, reason=reason)


def parties() -> list[dict[str, str]]:
    """All posts, and the two other parties who are consulted."""
    staff = ("host", "procuring_entity", "supervisor", "announcer", "scrutineer", "clerk")
    return [post(who) for who in (*staff, "regulator", "trading_centre")]


async def consulted(hall: OwnHall) -> None:
    """The three agree."""
    number = hall.room.state.consultations[-1].opened.consultation
    for who in ("procuring_entity", "regulator", "trading_centre"):
        await hall.act(who, "consult", consultation=number, stance="agrees", reason="")


async def tested(hall: OwnHall) -> None:
    """The reliable test is passed."""
    done = hall.kinds().count("ReliableTestDone")
    hall.media.begin(OPENING, "host")
    hall.media.write()
    await hall.act("host", "request_test")
    await hall.until("ReliableTestDone", done + 1)
    assert hall.room.state.suspension.tested, hall.room.state.suspension


async def broken(hall: OwnHall, kind: str = "disk_full") -> int:
    """The hall's own fault stops everything; gives the register's entry."""
    now = hall.clock.now()
    fault = c.NoteFault(kind, "b", "磁盘写入失败", (), now - 30_000, None, True, now - 40_000)
    await hall.room.submit(fault, received_at=now)
    await hall.until("Suspended", hall.room.state.epoch)
    return int(hall.room.state.incidents[-1].incident)


async def mended(hall: OwnHall, incident: int) -> None:
    now = hall.clock.now()
    await hall.room.submit(c.NoteFaultEnded(incident, now), received_at=now)


# the stories


async def postponed(place: Path) -> Told:
    """The opening is put off to the next day: the sign-ins of today are gone, deposits stay, b4 does not come
    again; the three are asked about its trouble, and say nothing."""
    async with own_hall(place) as hall:
        await deposited(hall, ("b1", "b2", "b4"))
        await signed_in(hall, ("b1", "b2", "b4"))
        later = hall.room.state.scheduled.bid_deadline + DAY
        await hall.act("procuring_entity", "move_deadline", deadline=later, reason="应招标人要求延期一日")
        await hall.until("OpeningPostponed")
        hall.media.tapes.pop("bidder-b4", None)
        await hall.deposit("b3")
        await hall.deposit("b2")
        hall.after(DAY - 60 * MINUTE)
        await hall.until("SignInOpened", 2)
        await signed_in(hall, THREE)
        hall.after(120 * MINUTE)
        await announced(hall)
        await commanded(hall, THREE)
        for one in THREE:
            await hall.release(one)
        await results_declared(hall, THREE)
        await hall.act(
            "clerk",
            "record_incident",
            kind="other",
            clause="f",
            subject="bidder-b4",
            scope=["b4"],
            text="该投标人来电称其电脑故障",
            corrects=0,
            start=0,
        )
        hall.after(16 * MINUTE)
        await hall.until("ConsultationAnswered", 3)
        await blamed(hall, "b4", "延期后未再签到")
        await confirmed(hall, THREE)
        await objected(hall)
        return await ended(hall)


async def confirmed_after_an_outage(place: Path) -> Told:
    """The hall is away at the deadline, which is held and confirmed; b4, who could not sign in meanwhile, gets a window
    of its own. The record is completed after the close: the scrutineer refuses, the clerk can't be reached."""
    async with own_hall(place, staff=parties()) as hall:
        await deposited(hall)
        await signed_in(hall, THREE)
        hall.after(50 * MINUTE)
        await hall.act("host", "make_announcement", text="开标前的提示")
    async with reopened(hall, 20 * MINUTE) as again:
        await again.until("DeadlineHeld")
        again.media.begin(OPENING, "host")
        await consulted(again)
        await again.act("procuring_entity", "confirm_deadline", reason="故障前均已递交，无人受影响")
        await announced(again)
        await commanded(again, THREE)
        for one in THREE:
            await again.release(one)
        await results_declared(again, THREE)
        away = next(i.incident for i in again.room.state.incidents if i.kind == "server_restart")
        await again.act(
            "procuring_entity",
            "decide_cause",
            bidder="b4",
            cause="platform_fault",
            incident=away,
            reason="大厅故障期间无法签到",
        )
        await again.release("b4")
        await confirmed(again)
        await objected(again)
        await recorded(again)
        await again.sign_record("procuring_entity")
        await again.act("host", "close_opening", record_later=True)
        await emptied(again)
        await again.act("scrutineer", "refuse_signature", reason="对截止时间的认定有不同意见")
        await again.act("host", "log_call", callee="clerk", outcome="no_answer", text="手机关机")
        again.after(60 * MINUTE)
        await again.act("procuring_entity", "note_unsigned", role="clerk", reason="突发急病，无法签字")
        await again.until("RecordCompleted")
        return await bundled(again)


async def moved_after_an_outage(place: Path) -> Told:
    """The same with a new deadline, a new deposit and a new sign-in; and the host suspends without a reason, so that
    all goes on by itself."""
    async with own_hall(place) as hall:
        await deposited(hall, ("b1", "b2"))
        await signed_in(hall, ("b1", "b2"))
        hall.after(50 * MINUTE)
        await hall.act("host", "make_announcement", text="开标前的提示")
    async with reopened(hall, 20 * MINUTE) as again:
        await again.until("DeadlineHeld")
        again.media.begin(OPENING, "host")
        again.after(16 * MINUTE)
        await again.until("ConsultationAnswered", 3)
        until = again.clock.now() + 30 * MINUTE
        await again.act("procuring_entity", "move_deadline", deadline=until, reason="平台故障，截止时间顺延")
        await again.until("DeadlineMoved")
        await again.deposit("b3")
        await again.sign_in("b3")
        again.after(30 * MINUTE)
        await announced(again)
        await commanded(again, THREE)
        await again.release("b1")
        await again.act("host", "suspend", kind="dispute", clause="", reason="现场争执")
        again.after(5 * MINUTE + 1)
        await again.until("SuspensionLifted")
        await again.release("b2")
        await again.release("b3")
        await results_declared(again, THREE)
        await confirmed(again, THREE)
        await objected(again)
        return await ended(again)


async def split(place: Path) -> Told:
    """Three hours don't suffice: b1 has released, b2 and b3 get a second window. The first split lapses without a
    passed test, the second holds, and b1 goes on after the others."""
    async with own_hall(place, staff=parties()) as hall:
        await deposited(hall, THREE)
        await signed_in(hall, THREE)
        hall.after(60 * MINUTE)
        await announced(hall)
        await commanded(hall, THREE)
        await hall.release("b1")
        await hall.until("BidOpened")
        hall.after(20 * MINUTE)
        incident = await broken(hall)
        await consulted(hall)
        hall.after(180 * MINUTE)
        opens_at = hall.clock.now() + 60 * MINUTE
        await _split_declared(hall, opens_at)
        hall.after(60 * MINUTE)
        await hall.until("SplitLapsed")
        await mended(hall, incident)
        await tested(hall)
        opens_at = hall.clock.now() + 30 * MINUTE
        await _split_declared(hall, opens_at)
        hall.after(30 * MINUTE)
        await hall.until("Resumed")
        await hall.release("b2")
        await hall.release("b3")
        await hall.until("WindowClosed")
        hall.after(60 * MINUTE)
        await hall.until("ContinuationBegan")
        await results_declared(hall, THREE)
        await confirmed(hall, THREE)
        await objected(hall)
        return await ended(hall)


async def _split_declared(hall: OwnHall, opens_at: int) -> None:
    continues_at = opens_at + 60 * MINUTE
    await hall.act("procuring_entity", "declare_split", opens_at=opens_at, continues_at=continues_at)


async def adjourned(place: Path) -> Told:
    """In the middle of the window the opening is adjourned for two days, over which one certificate runs out."""
    async with own_hall(place) as hall:
        await deposited(hall, (*THREE, "brief"))
        await signed_in(hall, (*THREE, "brief"))
        hall.after(60 * MINUTE)
        await announced(hall)
        await commanded(hall, (*THREE, "brief"))
        await hall.release("b1")
        await hall.until("BidOpened")
        back = hall.clock.now() + 2 * DAY
        await hall.act("procuring_entity", "adjourn", resumes_at=back, reason="连日暴雨，改日继续")
        await hall.until("AdjournmentRechecked")
        hall.after(2 * DAY)
        await hall.until("Resumed")
        hall.media.begin(OPENING, "host")
        for one in ("b2", "b3", "brief"):
            await hall.release(one)
        who = (*THREE, "brief")
        await results_declared(hall, who)
        for one in who:
            await hall.act("supervisor", "check_identity", bidder=one, result="same_person", text="")
        await confirmed(hall, who)
        await objected(hall)
        return await ended(hall)


LOTS = ({"id": "1", "name": "一标段"}, {"id": "2", "name": "二标段"}, {"id": "3", "name": "三标段"})


async def three_lots(place: Path) -> Told:
    """Lot 1 has three bids, of which b3's is never released; lot 2 has two and fails; lot 3 has two and goes on with
    fewer by an approval. They are announced and commanded at different moments."""
    async with own_hall(place, lot=list(LOTS), rules={"fewer_allowed": True}) as hall:
        await deposited(hall, BIDDERS)
        await deposited(hall, ("b1", "b2"), "2")
        await deposited(hall, ("b1", "b4"), "3")
        await signed_in(hall)
        hall.after(60 * MINUTE)
        await announced(hall)
        await commanded(hall)
        hall.after(10 * MINUTE)
        await announced(hall, "2")
        await announced(hall, "3")
        await hall.act("procuring_entity", "fail_tender", lot="2", reason="投标人不足三家")
        approval = hashlib.sha256(b"approval").hexdigest()
        await hall.act(
            "procuring_entity", "go_on_with_fewer", lot="3", reason="经批准继续开标", approval=approval
        )
        for one in ("b1", "b2", "b4"):
            await hall.release(one)
        await commanded(hall, ("b1", "b4"), "3")
        for one in ("b1", "b4"):
            await hall.release(one, "3")
        await results_declared(hall, ("b1", "b4"), "3")
        hall.after(60 * MINUTE)
        await hall.until("WindowClosed", 2)
        await results_declared(hall)
        await blamed(hall, "b3", "未解密，且未说明原因", "deemed_revoked")
        await confirmed(hall, ("b1", "b2", "b4"))
        await confirmed(hall, ("b1", "b4"), "3")
        await objected(hall, "3")
        await hall.act("b2", "raise_objection", text="对一标段工期有异议")
        await hall.act(
            "procuring_entity", "answer_objection", objection=1, outcome="rejected", text="与文件一致"
        )
        await objected(hall)
        return await ended(hall)


NAMED = {"name": "备用摄像机", "place": "档案室硬盘 7 号", "reason": "录像服务器没有启动"}
PHOTO = base64.b64encode(b"\xff\xd8\xff" + b"portrait" * 40).decode()


async def recorded_elsewhere(place: Path) -> Told:
    """Nothing records at the deadline: the project owner names a camera of its own, and the list is announced upon it.
    Then the hall's camera proves what goes on. Files follow by their digests, b1's representative is looked at beside
    its picture and loses the floor when it is gone."""
    camera = [{"id": "hall", "name": "开标室全景"}]
    async with own_hall(place, camera=camera) as hall:
        await deposited(hall, THREE)
        await signed_in(hall, THREE[1:])
        person = {
            "representative": "李小红",
            "identity": "DEMO-b1",
            "phones": ["13800000000"],
            "salt": "ab" * 16,
        }
        consents = {"acts_for_bidder": True, "photo": PHOTO, "compares_faces": True}
        await hall.act("b1", "sign_in", **person, **consents)
        hall.media.tapes.clear()
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        await hall.act("procuring_entity", "name_recording", **NAMED)
        await announced(hall)
        hall.media.begin(OPENING, "camera-hall")
        await commanded(hall, THREE)
        await hall.act("b1", "raise_hand")
        await hall.act("host", "give_floor", participant="bidder-b1")
        now = hall.clock.now()
        gone = c.NotePresence("bidder-b1", 1, "offline", now, None, 0, "network", "high")
        await hall.room.submit(gone, received_at=now)
        hall.after(2 * MINUTE)
        await hall.until("FloorGiven", 2)
        for one in THREE:
            await hall.release(one)
        likeness = c.NoteFace("b1", "decryption", 3, e.Likeness.LIKE)
        await hall.room.submit(likeness, received_at=hall.clock.now())
        looked = {"bidder": "b1", "result": "same_person", "text": ""}
        await hall.act("supervisor", "check_identity", **looked, moment="decryption")
        await results_declared(hall, THREE)
        await hall.act("clerk", "log_call", callee="bidder-b2", outcome="reached", text="确认收到通知")
        now = hall.clock.now()
        for name in ("external-1", "call-1"):
            digest = hashlib.sha256(name.encode()).hexdigest()
            file = {"sha256": digest, "size": 1000, "mime": "video/mp4", "from": now - MINUTE, "to": now}
            await hall.act("clerk", "attach_recording", recording=name, **file)
        await confirmed(hall, THREE)
        await objected(hall)
        return await ended(hall)


def _secrets(draw: int, *who: str) -> dict[str, str]:
    return {one: hashlib.sha256(f"{draw} drawn by {one}".encode()).hexdigest() for one in (*who, "host")}


async def drawn_again(place: Path) -> Told:
    """b3 gives no quote, and commits to a draw without revealing: the draw is repeated without it."""
    rules = {"procurement_method": "negotiation", "quotes_allowed": True, "draw_allowed": True}
    async with own_hall(place, rules=rules) as hall:
        await deposited(hall, THREE)
        await signed_in(hall, THREE)
        hall.after(60 * MINUTE)
        await announced(hall)
        await commanded(hall, THREE)
        for one in THREE:
            await hall.release(one)
        await results_declared(hall, THREE)
        await confirmed(hall, THREE)
        await hall.act("procuring_entity", "open_quotes", minutes=5)
        for one in ("b1", "b2"):
            await hall.act(one, "offer_quote", round=1, price="1100000.00", salt="ab" * 16)
        hall.after(5 * MINUTE)
        await hall.until("QuotesDisclosed")
        await hall.act("host", "open_draw", purpose="抽取评标基准系数", values=["0.95", "0.96", "0.97"])
        secrets = _secrets(1, *THREE)
        await _committed(hall, 1, secrets)
        for who in ("b1", "b2", "host"):
            await hall.act(who, "reveal_draw", draw=1, secret=secrets[who])
        hall.after(5 * MINUTE)
        await hall.until("DrawOpened", 2)
        secrets = _secrets(2, "b1", "b2")
        await _committed(hall, 2, secrets)
        for who, secret in secrets.items():
            await hall.act(who, "reveal_draw", draw=2, secret=secret)
        await hall.until("DrawDone", 2)
        await objected(hall)
        return await ended(hall)


async def _committed(hall: OwnHall, draw: int, secrets: dict[str, str]) -> None:
    closed = hall.kinds().count("DrawCommitsClosed")
    for who, secret in secrets.items():
        commitment = hashlib.sha256(bytes.fromhex(secret)).hexdigest()
        await hall.act(who, "commit_draw", draw=draw, commitment=commitment)
    await hall.until("DrawCommitsClosed", closed + 1)


STORIES = {
    story.__name__: story
    for story in (
        postponed,
        confirmed_after_an_outage,
        moved_after_an_outage,
        split,
        adjourned,
        three_lots,
        drawn_again,
        recorded_elsewhere,
    )
}
