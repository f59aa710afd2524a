"""Whoever stays away for ever, the opening ends: every wait has a limit, and after it a lawful way on, with calls
in the log (clauses 4.2, 4.6, 4.8, 5.3.1, 5.5.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from hall.procurement.parties import STAFF, Actor, Appointment, Role
from hall.procurement.tender import MINUTE
from hall.session import commands as c
from hall.session.duties import duties
from hall.session.notes import next_deadline
from hall.session.rules import LotStage, Stage
from hall.session.waits import HALL, Wait, waits
from tests.playbook import Playbook, bidder, certificate_of, plan, replayed, staff
from tests.scenarios.faultbook import THREE, FaultBook
from tests.unit.session.anybody import performed

BODIES: dict[str, dict[str, Any]] = {
    "announce_bidders": {},
    "declare_sealing": {},
    "command_decryption": {"minutes": 60},
    "declare_results": {},
    "open_objections": {},
    "close_objections": {},
    "close_opening": {"record_later": False},
    "request_test": {},
    "resume": {"minutes": 5},
    "answer_sealing": {"answer": "intact", "sha256": "00" * 32},
    "answer_results": {"answer": "intact", "summary": "11" * 32},
    "confirm_price": {"answer": "confirmed", "price": "123456.78"},
}


def stand_in(role: Role) -> Actor:
    return Actor(role, f"deputy-{role.value}", f"deputy {role.value}", certificate_of(f"deputy {role.value}"))


class Company:
    """Everybody does what is waited for, save one who never comes."""

    def __init__(self, absent: Role) -> None:
        posts = tuple(
            Appointment(r, r.value, f"{r.value} person", "unit", certificate_of(r.value)) for r in STAFF
        )
        deputies = tuple(
            Appointment(r, stand_in(r).party, stand_in(r).name, "unit", stand_in(r).certificate)
            for r in (Role.HOST, Role.PROCURING_ENTITY)
        )
        self.play = FaultBook(replace(plan(), staff=posts, deputies=deputies))
        self.absent = absent
        self.who = {role: staff(role) for role in STAFF}
        self.waited_for = False

    def until_closed(self) -> Playbook:
        play = self.play
        play.at(play.state.scheduled.sign_in_from)
        for name in THREE:
            play.sign_in(name)
        play.at(play.state.scheduled.bid_deadline)
        play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE)))
        struck = False
        for _ in range(300):
            if play.state.stage is Stage.CLOSED:
                return play
            if not struck and play.state.lots["1"].stage is LotStage.DECRYPTION:
                play.fault()  # so that regulator and trading centre are asked
                struck = True
            if not (self.hall_does() or any(self.does(wait) for wait in waits(play.state))):
                due = next_deadline(play.state)
                play.at(play.now + MINUTE if due is None else max(play.now, due))
        raise AssertionError(f"it stands: {waits(play.state)}")

    def hall_does(self) -> bool:
        play = self.play
        if play.state.stage is Stage.LEAVING:
            return bool(play.hall(c.NoteRoomEmpty()))
        owed = sorted(duties(play.state), key=repr)
        notes = (performed(Random(0), duty, play.state, {}, fails=False) for duty in owed)
        return sum(len(play.hall(note)) for note in notes if note is not None) > 0

    def does(self, wait: Wait) -> bool:
        """Somebody does what is waited for; whether anything came of it."""
        if wait.role == HALL:
            return False
        if wait.role == Role.BIDDER:
            return self.bidders_do(wait)
        role = Role(wait.role)
        if role is self.absent and self.who[role] == staff(role):
            self.waited_for = True
            return REMEDIES[role](self, wait)
        return self.acts(self.who[role], wait)

    def bidders_do(self, wait: Wait) -> bool:
        lot = self.play.state.lots.get(wait.lot)
        done = {"release": "released", "answer_sealing": "answers", "answer_results": "result_answers"}
        if lot is None:
            return False
        silent = [b for b in THREE if b not in getattr(lot, done.get(wait.act, "price_answers"))]
        for name in silent:
            body = BODIES[wait.act] if wait.act in BODIES else self.play.release_body(name)
            self.play.says(bidder(name), wait.act, **body)
        return bool(silent)

    def acts(self, actor: Actor, wait: Wait) -> bool:
        play, state = self.play, self.play.state
        match wait.act:
            case "close_objections" if play.now < (wait.until or 0):
                return False
            case "read_out":
                lot = state.lots[wait.lot]
                unread = next(b for b in lot.disclosed if b not in lot.read_out)
                return bool(play.says(actor, "read_out", bidder=unread))
            case "consult":
                asked = next(x for x in state.consultations if actor.role.value not in x.answers)
                number = asked.opened.consultation
                return bool(play.says(actor, "consult", consultation=number, stance="agrees", reason="同意"))
            case "explain_incidents" | "sign_register":
                return bool(self.signs_register(actor))
            case "sign_record":
                record = state.record
                assert record is not None
                after = f"{len(record.signed) + 4:02x}" * 32
                role = actor.role.value
                return bool(
                    play.hall(c.NoteRecordSigned(record.sha256, role, actor.name, actor.certificate, after))
                )
            case _:
                return wait.act in BODIES and bool(play.says(actor, wait.act, **BODIES[wait.act]))

    def signs_register(self, owner: Actor) -> bool:
        from hall.session.register import register_digest, unexplained

        play = self.play
        if missing := unexplained(play.state):
            play.says(owner, "explain_incidents", incidents=list(missing), text="原因已查明")
        entries, digest = len(play.state.incidents), register_digest(play.state)
        return bool(play.says(owner, "sign_register", entries=entries, digest=digest))

    def calls(self, role: Role) -> None:
        caller = self.who[Role.HOST]
        callee = role.value.replace("_", "-")
        self.play.says(caller, "log_call", callee=callee, outcome="no_answer", text="")

    # what the others do then

    def is_relieved(self, wait: Wait) -> bool:
        """Clause 5.3.1: three minutes, and the deputy takes the post."""
        role = Role(wait.role)
        self.play.after(3 * MINUTE)
        if not [w for w in waits(self.play.state) if w.role == wait.role]:
            return True
        self.play.says(stand_in(role), "take_post")
        self.who[role] = stand_in(role)
        return True

    def is_replaced(self, wait: Wait) -> bool:
        """Clause 5.3.1: the project owner appoints somebody else."""
        role = Role(wait.role)
        self.calls(role)
        other = stand_in(role)
        post = {"role": role.value, "party": other.party, "name": other.name, "unit": "unit"}
        owner = self.who[Role.PROCURING_ENTITY]
        self.play.says(owner, "appoint_substitute", **post, certificate=other.certificate, reason="联系不上")
        self.who[role] = other
        return True

    def is_stated_unsigned(self, wait: Wait) -> bool:
        """Clause 5.5.3: the project owner states whose signature is missing, and that it was called."""
        assert wait.act == "sign_record"
        self.calls(Role(wait.role))
        owner = self.who[Role.PROCURING_ENTITY]
        return bool(self.play.says(owner, "note_unsigned", role=wait.role, reason="联系不上"))

    def is_marked_absent(self, wait: Wait) -> bool:
        """Clause 4.2: after ten minutes and a call the bidders check for themselves."""
        self.play.after(10 * MINUTE)
        self.calls(Role.NOTARY)
        return bool(self.play.says(self.who[Role.PROCURING_ENTITY], "mark_notary_absent", reason="联系不上"))

    def gives_no_answer(self, wait: Wait) -> bool:
        """Clause 4.8: silence blocks nobody; the consultation has its limit."""
        return False


REMEDIES: dict[Role, Callable[[Company, Wait], bool]] = {
    Role.HOST: Company.is_relieved,
    Role.PROCURING_ENTITY: Company.is_relieved,
    Role.ANNOUNCER: Company.is_replaced,
    Role.SCRUTINEER: Company.is_stated_unsigned,
    Role.CLERK: Company.is_stated_unsigned,
    Role.NOTARY: Company.is_marked_absent,
    Role.REGULATOR: Company.gives_no_answer,
    Role.TRADING_CENTRE: Company.gives_no_answer,
}
NEVER_AWAITED = (Role.SUPERVISOR, Role.EVALUATOR)


def test_every_post_has_its_way_on() -> None:
    assert {*REMEDIES, *NEVER_AWAITED} == set(STAFF)


@pytest.mark.parametrize("role", STAFF)
def test_an_opening_ends_though_one_post_is_absent_for_ever(role: Role) -> None:
    company = Company(role)
    play = company.until_closed()
    assert company.waited_for is (role not in NEVER_AWAITED)
    assert play.state.record is not None
    assert play.state.record.completed
    assert play.state.lots["1"].stage is LotStage.DONE
    assert not any(
        getattr(getattr(event, "act", None), "certificate", "") == staff(role).certificate
        for event in play.events
    )
    assert replayed(play) == play.state
