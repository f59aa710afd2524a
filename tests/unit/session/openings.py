"""Openings told step by step, in which much goes wrong: each generator yields the playbook after every step."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from hall.procurement.parties import Actor, Appointment, Role
from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.register import unexplained
from hall.session.standstill import CHECKS
from tests.playbook import (
    ANNOUNCER,
    CLERK,
    DEADLINE,
    HOST,
    MIDNIGHT,
    OWNER,
    SCRUTINEER,
    SUPERVISOR,
    Playbook,
    bidder,
    certificate_of,
    plan,
    staff,
)
from tests.scenarios.faultbook import CENTRE, THREE, FaultBook, with_all_parties

NAMES = (*THREE, "late", "stranger")
NOTARY, REGULATOR = staff(Role.NOTARY), staff(Role.REGULATOR)
DEPUTY = Actor(Role.HOST, "deputy", "deputy person", certificate_of("deputy"))
PEOPLE = (
    *(HOST, OWNER, SUPERVISOR, ANNOUNCER, SCRUTINEER, CLERK, NOTARY, REGULATOR, CENTRE, DEPUTY),
    *(bidder(name) for name in NAMES if name != "bing"),
)
BING = bidder("bing")
"""One like the other two: left out of PEOPLE, because asking it everything too tells nothing new."""


def eventful() -> e.OpeningScheduled:
    scheduled = plan()
    post = Appointment(Role.NOTARY, "notary", NOTARY.name, "公证处", NOTARY.certificate)
    regulator = Appointment(Role.REGULATOR, "regulator", "监管员", "监管局", REGULATOR.certificate)
    deputy = Appointment(Role.HOST, DEPUTY.party, DEPUTY.name, "unit", DEPUTY.certificate)
    return replace(
        scheduled,
        staff=(*scheduled.staff, post, regulator),
        deputies=(deputy,),
        texts=(e.PreparedText("opening", "开场", "现在开标"),),
        rules=replace(
            scheduled.rules, procurement_method="negotiation", quotes_allowed=True, draw_allowed=True
        ),
    )


def an_eventful_opening() -> Iterator[Playbook]:
    """Step by step through an opening in which much goes wrong; yields after each step."""
    play = Playbook(eventful()).at(MIDNIGHT)
    three = NAMES[:3]
    yield play
    for name in three:
        play.sign_in(name)
    yield play
    play.at(DEADLINE)
    yield play
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*NAMES[:4])))
    yield play
    play.says(HOST, "announce_bidders")
    yield play
    play.says(bidder("jia"), "say", channel="question", text="?")
    play.says(SUPERVISOR, "check_identity", bidder="jia", result="no_camera", text="")
    yield play
    items = tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)
    play.hall(c.NoteRecheck("1", items))
    yield play
    play.after(10 * MINUTE)
    play.says(HOST, "log_call", callee="notary", outcome="no_answer", text="")
    yield play
    play.says(OWNER, "mark_notary_absent", reason="x")
    yield play
    play.hall(c.NoteRecheck("1", items))
    yield play
    for name in three:
        play.says(bidder(name), "answer_sealing", answer="intact", sha256="00" * 32)
    yield play
    play.says(HOST, "declare_sealing")
    yield play
    play.says(HOST, "command_decryption", minutes=60)
    yield play
    play.release("jia")
    play.hall(c.NoteBidOpened("1", "jia", "11" * 32))
    play.says(bidder("late"), "raise_objection", text="x")
    yield play
    play.says(OWNER, "suspend", kind="dispute", clause="", reason="x")
    yield play
    play.says(HOST, "resume", minutes=5)
    yield play
    play.after(5 * MINUTE)
    yield play
    for name in ("yi", "bing"):
        play.release(name)
        play.hall(c.NoteBidOpened("1", name, "11" * 32))
    yield play
    play.at(play.now)
    yield play
    for name in three:
        play.says(bidder(name), "answer_results", answer="intact", summary="11" * 32)
    yield play
    play.says(HOST, "declare_results")
    yield play
    play.says(OWNER, "decide_cause", bidder=NAMES[3], cause="deemed_revoked", incident=0, reason="未签到")
    yield play
    play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in three)))
    yield play
    play.says(OWNER, "open_quotes", minutes=5)
    yield play
    play.says(bidder("jia"), "offer_quote", round=1, price="1.00", salt="ab" * 16)
    yield play
    play.after(5 * MINUTE + 1)
    yield play
    body = play.act(bidder("jia"), "offer_quote", round=1, price="1.00", salt="ab" * 16).body
    play.hall(c.NoteQuotes("1", 1, (e.Quote("jia", "1.00", body or ""),)))
    yield play
    play.says(HOST, "open_draw", purpose="x", values=["a", "b"])
    yield play
    for actor in (HOST, bidder("jia")):
        secret = hashlib.sha256(actor.party.encode()).hexdigest()
        commitment = hashlib.sha256(bytes.fromhex(secret)).hexdigest()
        play.says(actor, "commit_draw", draw=1, commitment=commitment)
    yield play
    play.after(5 * MINUTE + 1)
    yield play
    for actor in (HOST, bidder("jia")):
        secret = hashlib.sha256(actor.party.encode()).hexdigest()
        play.says(actor, "reveal_draw", draw=1, secret=secret)
    play.at(play.now)
    yield play
    for name in three:
        play.says(ANNOUNCER, "read_out", bidder=name)
    yield play
    play.after(10 * MINUTE + 1)
    yield play
    play.says(HOST, "open_objections")
    yield play
    play.says(OWNER, "answer_objection", objection=1, outcome="rejected", text="x")
    yield play
    play.after(5 * MINUTE)
    play.says(HOST, "close_objections")
    yield play
    play.says(CLERK, "explain_incidents", incidents=list(unexplained(play.state)), text="x")
    yield play
    play.sign_register()
    yield play
    play.hall(c.NoteRecordPrepared("01" * 32, "02" * 32, 40, "03" * 32))
    yield play
    play.hall(c.NoteRecordSigned("01" * 32, OWNER.role.value, OWNER.name, OWNER.certificate, "04" * 32))
    yield play
    play.says(SCRUTINEER, "refuse_signature", reason="x")
    yield play
    play.says(HOST, "close_opening", record_later=True)
    yield play
    play.hall(c.NoteRoomEmpty())
    yield play
    play.says(HOST, "log_call", callee="clerk", outcome="no_answer", text="")
    play.says(OWNER, "note_unsigned", role="clerk", reason="x")
    yield play


def a_held_deadline() -> Iterator[Playbook]:
    play = FaultBook().at(MIDNIGHT)
    assert isinstance(play, FaultBook)
    for name in THREE:
        play.sign_in(name)
    play.at(DEADLINE - 10 * MINUTE)
    play.fault(kind="database_fault", clause="b")
    yield play
    play.at(DEADLINE)
    yield play
    play.says(REGULATOR, "consult", consultation=1, stance="disagrees", reason="x")
    yield play
    play.consulted()
    yield play
    play.says(OWNER, "confirm_deadline", reason="x")
    yield play
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE)))
    play.says(HOST, "announce_bidders")
    play.says(HOST, "read_text", key="disagreement-1-regulator")
    yield play


def a_split_opening() -> Iterator[Playbook]:
    play = FaultBook().commanded(*THREE)
    play.opens("jia")
    play.at(play.now + 20 * MINUTE)
    play.fault()
    yield play
    play.consulted()
    yield play
    play.after(3 * HOUR + 1)
    yield play
    opens_at = play.now + HOUR
    play.says(OWNER, "declare_split", opens_at=opens_at, continues_at=opens_at + 3 * HOUR)
    yield play
    play.says(HOST, "request_test")
    yield play
    pause = play.state.suspension
    assert pause is not None
    play.hall(c.NoteTest(pause.number, 1, tuple(e.CheckResult(n, True, "") for n in CHECKS)))
    yield play
    play.at(opens_at)
    yield play
    play.opens("yi")
    play.after(40 * MINUTE + 1)
    yield play
    play.at(opens_at + 3 * HOUR)
    yield play
    play.at(play.now)
    yield play
    play.until_results(*THREE)
    yield play
    play.decides("bing", "deemed_revoked")
    yield play


def an_unreasoned_suspension() -> Iterator[Playbook]:
    play = FaultBook().commanded(*THREE)
    play.says(HOST, "suspend", kind="network", clause="d", reason="x")
    yield play
    play.says(OWNER, "reason_suspension", reason="x", since=0)
    yield play
    play.says(OWNER, "adjourn", resumes_at=play.now + 20 * HOUR, reason="x")
    yield play
    lots = (e.LotRecheck("1", ()),)
    play.hall(c.NoteAdjournmentRecheck(1, False, lots))
    play.after(20 * HOUR)
    yield play
    play.hall(c.NoteAdjournmentRecheck(1, True, lots))
    yield play
    play.resumed()
    yield play


def a_locked_lot() -> Iterator[Playbook]:
    play = FaultBook(with_all_parties(fewer_allowed=True))
    play.until_announced("jia", "yi", deposited=(*THREE, "late"))
    yield play
    play.fault(kind="network_fault", clause="a", start=play.now - 1, end=play.now, suspends=False)
    play.decides("bing", "platform_fault", 1)
    yield play
    play.decides("late", "deemed_revoked")
    yield play
    play.consulted()
    yield play
    play.says(OWNER, "go_on_with_fewer", reason="x", approval="12" * 32)
    yield play


def an_own_window() -> Iterator[Playbook]:
    play = FaultBook().commanded(*THREE)
    play.opens("jia", "yi")
    play.fault(start=play.now, end=play.now + 1, suspends=False)
    play.after(HOUR + 1)
    play.until_results(*THREE)
    yield play
    play.decides("bing", "platform_fault", 1)
    yield play
    play.opens("bing")
    yield play
    play.at(play.now)
    yield play


OPENINGS: tuple[Callable[[], Iterator[Playbook]], ...] = (
    an_eventful_opening,
    a_held_deadline,
    a_split_opening,
    an_unreasoned_suspension,
    a_locked_lot,
    an_own_window,
)
