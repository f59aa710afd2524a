"""What a screen offers is what the rules take: `may` and `decide` agree in every state that these openings pass."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hall.errors import HallError
from hall.procurement.parties import Actor, Appointment, Role
from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may
from hall.session.decide import decide
from hall.session.register import register_digest, unexplained
from hall.session.rules import RIGHTS
from hall.session.state import OpeningState
from hall.session.waits import waits
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

NAMES = ("jia", "yi", "bing", "late", "stranger")
NOTARY, REGULATOR = staff(Role.NOTARY), staff(Role.REGULATOR)
DEPUTY = Actor(Role.HOST, "deputy", "deputy person", certificate_of("deputy"))
PEOPLE = (
    *(HOST, OWNER, SUPERVISOR, ANNOUNCER, SCRUTINEER, CLERK, NOTARY, REGULATOR, DEPUTY),
    *(bidder(name) for name in NAMES if name != "bing"),
)
PERSON = {
    "representative": "李小红",
    "identity": "1403**********4321",
    "phones": ["13900000000"],
    "acts_for_bidder": True,
    "salt": "cd" * 16,
}
ONLY_TIME_OR_A_CALL = {
    "silence_running",
    "notary_limit_running",
    "objection_period_running",
    "no_call_logged",
    "consultation_running",
    "within_three_hours",
    "reasoned_already",
    "record_not_complete",
}
"""Refusals of an act that is offered: a view has no clock, and says what is waited for instead."""


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
    play.says(SCRUTINEER, "refuse_signature", reason="x")
    yield play
    play.says(HOST, "close_opening", record_later=True)
    yield play
    play.hall(c.NoteRoomEmpty())
    yield play
    play.says(HOST, "log_call", callee="clerk", outcome="no_answer", text="")
    play.says(OWNER, "note_unsigned", role="clerk", reason="x")
    yield play


def body(state: OpeningState, actor: Actor, act: str, now: int) -> dict[str, Any]:
    """The body with which `actor` would send `act` in good faith."""
    lot = state.lots["1"]
    mine = lot.disclosed.get(actor.party)
    listed = next(iter(lot.bidders), "jia")
    undecided = next(iter(lot.undecided), listed)
    unread = next((b for b in lot.disclosed if b not in lot.read_out), listed)
    asked = next((o.objection for o in lot.objections if o.outcome is None), 1)
    visible = next((m.said.message for m in state.messages if not m.hidden), 1)
    unsigned = next(
        (r for r in ("scrutineer", "clerk") if state.record and r not in state.record.settled), "clerk"
    )
    texts = [t.key for t in state.scheduled.texts if t.key not in state.read]
    hidden = hashlib.sha256(actor.party.encode()).hexdigest()
    if act == "sign_register":
        return {"entries": len(state.incidents), "digest": register_digest(state)}
    bodies: dict[str, dict[str, Any]] = {
        "sign_in": PERSON,
        "replace_representative": PERSON | {"letter": "12" * 32},
        "fail_tender": {"reason": "x"},
        "go_on_with_fewer": {"reason": "x", "approval": "12" * 32},
        "answer_sealing": {"answer": "intact", "sha256": "00" * 32},
        "command_decryption": {"minutes": 60},
        "release": {"sha256": "00" * 32, "custody": "hall", "content_key": "A" * 43 + "="},
        "answer_results": {"answer": "intact", "summary": "11" * 32},
        "decide_cause": {"bidder": undecided, "cause": "deemed_revoked", "incident": 0, "reason": "x"},
        "read_out": {"bidder": unread},
        "confirm_price": {"answer": "confirmed", "price": mine.price if mine else "1.00"},
        "raise_objection": {"text": "x"},
        "answer_objection": {"objection": asked, "outcome": "rejected", "text": "x"},
        "refuse_signature": {"reason": "x"},
        "note_unsigned": {"role": unsigned, "reason": "x"},
        "close_opening": {"record_later": True},
        "move_deadline": {"deadline": state.scheduled.bid_deadline + HOUR, "reason": "x"},
        "confirm_deadline": {"reason": "x"},
        "suspend": {
            "kind": "order" if actor.role is Role.REGULATOR else "dispute",
            "clause": "",
            "reason": "x",
        },
        "reason_suspension": {"reason": "x", "since": 0},
        "consult": {"consultation": 1, "stance": "agrees", "reason": ""},
        "resume": {"minutes": 5},
        "declare_split": {"opens_at": now + HOUR, "continues_at": 0},
        "adjourn": {"resumes_at": now + HOUR, "reason": "x"},
        "read_text": {"key": texts[0] if texts else "opening"},
        "make_announcement": {"text": "x"},
        "appoint_substitute": {
            "role": "clerk",
            "party": "new",
            "name": "新人",
            "unit": "unit",
            "certificate": "12" * 32,
            "reason": "x",
        },
        "mark_notary_absent": {"reason": "x"},
        "request_rehash": {"bidder": listed},
        "log_call": {"callee": "clerk", "outcome": "reached", "text": ""},
        "make_remark": {"stance": "seen", "about": "x", "text": ""},
        "check_identity": {"bidder": listed, "result": "same_person", "text": ""},
        "take_over": {"fence": 1},
        "say": {"channel": "speech", "text": "x"},
        "hide_message": {"message": visible, "reason": "x"},
        "report_fault": {"text": ""},
        "record_incident": {
            "kind": "note",
            "clause": "",
            "subject": "",
            "scope": [],
            "text": "x",
            "corrects": 0,
            "start": 0,
        },
        "explain_incidents": {"incidents": list(unexplained(state)), "text": "x"},
        "open_quotes": {"minutes": 5},
        "offer_quote": {"round": len(lot.rounds), "price": "1.00", "salt": "ab" * 16},
        "open_draw": {"purpose": "x", "values": ["a", "b"]},
        "commit_draw": {"draw": len(lot.draws), "commitment": "34" * 32},
        "reveal_draw": {"draw": len(lot.draws), "secret": hidden},
    }
    return bodies.get(act, {})


UNPLAYED = {"sign_record", "advance_clock"}
"""Signing the record goes over its own door, and only a rehearsal's clock moves."""


def verdict(play: Playbook, actor: Actor, act: str) -> str:
    """ "" where something would happen, else the code, or `nothing` where it was done already."""
    values = body(play.state, actor, act, play.now)
    if act == "release" and play.state.deposit("1", actor.party) is not None:
        values = play.release_body(actor.party)
    try:
        events = decide(play.state, play.command(actor, act, **values), actor=actor, now=play.now)
    except HallError as error:
        return error.code
    return "" if events else "nothing"


def test_an_act_is_offered_if_and_only_if_it_would_be_taken() -> None:
    wrong = []
    for step, play in enumerate(an_eventful_opening()):
        for actor in PEOPLE:
            offered = {name.partition(":")[0] for name in may(play.state, actor)}
            for act in RIGHTS.keys() - UNPLAYED:
                if actor.role not in RIGHTS[act].roles:
                    assert act not in offered
                    continue
                code = verdict(play, actor, act)
                if act in offered and code not in ONLY_TIME_OR_A_CALL | {""}:
                    wrong.append((step, actor.name, act, "is offered and refused", code))
                if act not in offered and not code:
                    wrong.append((step, actor.name, act, "is taken and not offered", ""))
    assert wrong == []


def test_whoever_is_waited_for_may_do_it() -> None:
    """The banner names nobody who could not act: that is what makes an opening stand still for ever."""
    seen = set()
    for play in an_eventful_opening():
        for wait in waits(play.state):
            if wait.role == "hall" or wait.act in {"leave", "sign_record"}:
                continue
            seen.add(wait.act)
            name = f"{wait.act}:{wait.lot}" if wait.lot else wait.act
            able = [actor for actor in PEOPLE if actor.role == wait.role and name in may(play.state, actor)]
            assert able, wait
    assert len(seen) > 15
