"""Openings that have come some way, from which the machine starts: built once, continued a thousand times."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Final

from hall.procurement.parties import STAFF, Appointment, Role
from hall.procurement.tender import HOUR, MINUTE, Custody, Mode, Remedy
from hall.session import commands as c
from hall.session import events as e
from tests.playbook import ANNOUNCER, DEADLINE, HOST, OWNER, bidder, certificate_of, plan, staff
from tests.scenarios.faultbook import FaultBook
from tests.unit.session.anybody import DEPUTY, NAMES, SUCCESSOR

THREE: Final = NAMES[:3]


def everything_allowed(
    *, notary: bool = False, lots: int = 1, mode: Mode = Mode.PRODUCTION
) -> e.OpeningScheduled:
    """All posts held (a notary where one is wanted), a deputy for the host, rounds and draws allowed."""
    scheduled = plan(mode=mode, lots=[str(n + 1) for n in range(lots)])
    posts = tuple(
        Appointment(r, r.value, f"{r.value} person", "unit", certificate_of(r.value))
        for r in STAFF
        if notary or r is not Role.NOTARY
    )
    deputy = Appointment(Role.HOST, DEPUTY.party, DEPUTY.name, "unit", DEPUTY.certificate)
    rules = replace(
        scheduled.rules,
        procurement_method="competitive_negotiation",
        quotes_allowed=True,
        remedy=Remedy.RECOVERY_FILE,
        draw_allowed=True,
        fewer_allowed=True,
    )
    texts = (e.PreparedText("opening", "开场", "现在开标"),)
    return replace(scheduled, staff=posts, deputies=(deputy,), rules=rules, texts=texts)


def with_custodians(lots: int = 1) -> e.OpeningScheduled:
    """The supervisor keeps the keys."""
    found = everything_allowed(lots=lots)
    return replace(found, rules=replace(found.rules, custody=Custody.CUSTODIANS))


def scheduled() -> FaultBook:
    return FaultBook(everything_allowed(mode=Mode.REHEARSAL))


def sign_in() -> FaultBook:
    play = FaultBook(everything_allowed(lots=2)).at(DEADLINE - HOUR)
    for name in NAMES:
        play.sign_in(name)
    assert isinstance(play, FaultBook)
    return play


def held() -> FaultBook:
    """A fault reached into the hour before the deadline."""
    play = sign_in()
    play.fault()
    play.after(MINUTE)
    play.hall(c.NoteFaultEnded(1, play.now))
    play.at(DEADLINE)
    return play


def silent_notary() -> FaultBook:
    """Ten minutes and a call, and no notary."""
    play = announced()
    play.hall(c.NoteRecheck("1", tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)))
    play.after(11 * MINUTE)
    play.says(OWNER, "log_call", callee="notary", outcome="no_answer", text="")
    return play


def announced() -> FaultBook:
    play = FaultBook(everything_allowed(notary=True))
    play.until_announced(*NAMES)
    return play


def renewed() -> FaultBook:
    """A bidder shows a certificate for the same key after the deadline: the project owner decides."""
    play = announced()
    jia = replace(bidder("jia"), certificate="13" * 32)
    sheet = play.command(jia, "show_certificate", previous="12" * 32, consent="")
    assert isinstance(sheet, c.ShowCertificate)
    play.sends(replace(sheet, same_key=True), jia)
    return play


def locked() -> FaultBook:
    play = FaultBook(everything_allowed())
    play.until_announced("jia", "yi", deposited=NAMES)
    return play


def too_few() -> FaultBook:
    """A locked lot of which every cause is decided."""
    play = locked()
    for name in NAMES[2:]:
        play.decides(name, "deemed_revoked")
    return play


def commanded() -> FaultBook:
    play = FaultBook(everything_allowed(lots=2)).commanded(*NAMES, lots=("1", "2"))
    play.opens("jia")
    return play


def held_bid() -> FaultBook:
    play = FaultBook(everything_allowed())
    play.until_announced(*NAMES)
    play.checked(*NAMES, damaged=("ding",))
    play.says(HOST, "command_decryption", minutes=60)
    play.opens(*THREE)
    return play


def undecided() -> FaultBook:
    play = FaultBook(everything_allowed()).commanded(*NAMES)
    play.opens(*THREE)
    play.after(30 * MINUTE)
    play.fault(suspends=False)
    play.after(30 * MINUTE + 1)
    play.until_results(*NAMES)
    return play


def entrusting() -> FaultBook:
    """Keys are being entrusted, in two lots."""
    play = FaultBook(with_custodians(lots=2)).commanded(*NAMES, lots=("1", "2"))
    for lot in ("1", "2"):
        for name in THREE:
            play.releases(name, lot)
    return play


def entrusted() -> FaultBook:
    """All keys are with the supervisor, and nothing is left to decide."""
    play = FaultBook(with_custodians()).commanded(*THREE)
    for name in THREE:
        play.releases(name)
    play.until_results(*THREE)
    return play


def custodian_lost() -> FaultBook:
    """The supervisor does not answer, and the project owner has appointed another one."""
    play = entrusted()
    post = {"role": "supervisor", "party": SUCCESSOR.party, "name": SUCCESSOR.name, "unit": "监督局"}
    play.says(OWNER, "appoint_substitute", **post, certificate=SUCCESSOR.certificate, reason="联系不上")
    return play


def disclosed() -> FaultBook:
    play = FaultBook(everything_allowed()).commanded(*THREE)
    play.opens(*THREE)
    play.until_results(*THREE)
    play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in THREE)))
    return play


def unsolved() -> FaultBook:
    """Three hours and a little were not enough; half have decrypted."""
    play = commanded()
    play.after(10 * MINUTE)
    play.fault()
    play.consulted()
    play.after(3 * HOUR + 1)
    return play


def resumed_once() -> FaultBook:
    """The window runs again after a standstill."""
    play = commanded()
    play.after(10 * MINUTE)
    play.fault()
    play.resumed()
    play.after(5 * MINUTE)
    return play


def nearly_done() -> FaultBook:
    play = disclosed()
    for name in THREE:
        play.says(ANNOUNCER, "read_out", bidder=name)
        play.says(bidder(name), "confirm_price", answer="confirmed", price="123456.78")
    play.says(HOST, "open_objections")
    play.after(5 * MINUTE)
    play.says(HOST, "close_objections")
    play.sign_register()
    play.hall(c.NoteRecordPrepared("01" * 32, "02" * 32, 40, "03" * 32))
    play.hall(c.NoteRecordSigned("01" * 32, OWNER.role.value, OWNER.name, OWNER.certificate, "04" * 32))
    return play


def unsigned() -> FaultBook:
    """The scrutineer was called and does not come to sign."""
    play = nearly_done()
    play.says(HOST, "log_call", callee="scrutineer", outcome="no_answer", text="")
    return play


def silent_host() -> FaultBook:
    """The deposits are handed over, and for three minutes the host has not announced anybody."""
    play = FaultBook(everything_allowed())
    play.at(DEADLINE - HOUR)
    for name in THREE:
        play.sign_in(name)
    play.at(DEADLINE)
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*NAMES)))
    play.after(3 * MINUTE)
    return play


def absent() -> FaultBook:
    """One depositor did not sign in, and a fault of the platform may be why."""
    play = FaultBook(everything_allowed())
    play.at(DEADLINE - 3 * HOUR)
    play.fault(start=play.now, end=play.now + HOUR, suspends=False)
    play.until_announced(*THREE, deposited=NAMES)
    play.checked(*THREE)
    play.says(HOST, "command_decryption", minutes=60)
    play.opens(*THREE)
    play.until_results(*THREE)
    return play


def quoting() -> FaultBook:
    """The committee has asked for second quotes."""
    play = disclosed()
    play.says(staff(Role.EVALUATOR), "open_quotes", minutes=30)
    return play


BEGINNINGS: Final[dict[str, Callable[[], FaultBook]]] = {
    f.__name__: f
    for f in (
        scheduled,
        sign_in,
        held,
        announced,
        renewed,
        silent_notary,
        locked,
        too_few,
        commanded,
        held_bid,
        undecided,
        entrusting,
        entrusted,
        custodian_lost,
        disclosed,
        unsolved,
        resumed_once,
        nearly_done,
        unsigned,
        silent_host,
        absent,
        quoting,
    )
}


@cache
def _built(name: str) -> FaultBook:
    return BEGINNINGS[name]()


def begun(name: str) -> FaultBook:
    """A playbook of one's own that stands where the beginning ends."""
    play = copy(_built(name))
    play.events, play.times = list(play.events), list(play.times)
    return play
