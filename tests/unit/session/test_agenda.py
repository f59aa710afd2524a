"""What a screen offers is what the rules take: `may` and `decide` agree in every state that these openings pass."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hall.errors import HallError
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import HOUR
from hall.session.agenda import may
from hall.session.causes import open_causes
from hall.session.continuation import groups
from hall.session.decide import decide
from hall.session.external import known
from hall.session.floor import mutable
from hall.session.meeting import readable
from hall.session.register import register_digest, unexplained
from hall.session.rules import RIGHTS
from hall.session.state import OpeningState
from hall.session.waits import waits
from tests.playbook import Playbook
from tests.unit.session.openings import BING, OPENINGS, PEOPLE

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
    "split_declared",
    "reasoned_already",
    "record_not_complete",
    "recorder_writes",
    "attached_too_late",
}
"""Refusals of an act that is offered: a view has no clock and no recorder, and says what is waited for instead."""


def body(state: OpeningState, actor: Actor, act: str, now: int) -> dict[str, Any]:
    """The body with which `actor` would send `act` in good faith."""
    lot = state.lots["1"]
    mine = lot.disclosed.get(actor.party)
    listed = next(iter(lot.bidders), "jia")
    undecided = next(iter(open_causes(lot)), listed)
    unread = next((b for b in lot.disclosed if b not in lot.read_out), listed)
    asked = next((o.objection for o in lot.objections if o.outcome is None), 1)
    visible = next((m.said.message for m in state.messages if not m.hidden), 1)
    unsigned = next(
        (r for r in ("scrutineer", "clerk") if state.record and r not in state.record.settled), "clerk"
    )
    texts = [key for key in readable(state) if key not in state.read]
    decrypted, undecrypted = groups(state)
    opens_at = now + HOUR if undecrypted or not decrypted else 0
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
        "declare_split": {"opens_at": opens_at, "continues_at": now + 4 * HOUR if decrypted else 0},
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
        "add_paper": {"title": "照片", "mime": "image/png", "sha256": "ab" * 32, "size": 9},
        "make_remark": {"stance": "seen", "about": "x", "text": ""},
        "check_identity": {"bidder": listed, "result": "same_person", "text": ""},
        "take_over": {"fence": 1},
        "say": {"channel": "speech", "text": "x"},
        "state_base_price": {"price": "1000000.00"},
        "mute": {"participant": "host", "muted": "host" not in state.muted},
        "mute_all": {"muted": bool(mutable(state, muted=True))},
        "give_floor": {"participant": "clerk" if state.media.floor != "clerk" else ""},
        "name_recording": {"name": "x", "place": "x", "reason": "x"},
        "attach_recording": {
            "recording": next(iter(known(state)), "call-1"),
            "sha256": f"{now:064x}",
            "size": 1,
            "mime": "video/mp4",
            "from": now - 1,
            "to": now,
        },
        "hide_message": {"message": visible, "reason": "x"},
        "report_fault": {"text": ""},
        "self_check": {"results": ["browser green"]},
        "show_certificate": {"previous": "12" * 32, "consent": ""},
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


Told = Callable[[], Iterator[Playbook]]


@pytest.mark.parametrize("told", OPENINGS)
def test_an_act_is_offered_if_and_only_if_it_would_be_taken(told: Told) -> None:
    wrong = []
    for step, play in enumerate(told()):
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
    for play in (play for told in OPENINGS for play in told()):
        for wait in waits(play.state):
            if wait.role == "hall" or wait.act in {"leave", "sign_record"}:
                continue
            seen.add(wait.act)
            name = f"{wait.act}:{wait.lot}" if wait.lot else wait.act
            able = [
                actor
                for actor in (*PEOPLE, BING)
                if actor.role == wait.role and name in may(play.state, actor)
            ]
            assert able, wait
    assert len(seen) >= 25
