"""A playbook for openings in which something goes wrong: faults, consultations, tests, resumptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import MINUTE, Mode
from hall.session import commands as c
from hall.session import events as e
from hall.session.ledger import Kind, Span, ledger, running
from hall.session.lot import LotState
from hall.session.standstill import CHECKS
from tests.playbook import HOST, MIDNIGHT, OWNER, Playbook, bidder, certificate_of, plan, staff

THREE = ("jia", "yi", "bing")
REGULATOR, CENTRE = staff(Role.REGULATOR), staff(Role.TRADING_CENTRE)


def with_all_parties(
    *, mode: Mode = Mode.PRODUCTION, lots: Iterable[str] = ("1",), **rules: Any
) -> e.OpeningScheduled:
    """A plan with a regulator and a trading centre, who can be asked."""
    scheduled = plan(mode=mode, lots=lots)
    asked = tuple(
        Appointment(r, r.value, f"{r.value} person", "unit", certificate_of(r.value))
        for r in (Role.REGULATOR, Role.TRADING_CENTRE)
    )
    return replace(scheduled, staff=(*scheduled.staff, *asked), rules=replace(scheduled.rules, **rules))


class FaultBook(Playbook):
    def __init__(self, scheduled: e.OpeningScheduled | None = None) -> None:
        super().__init__(scheduled or with_all_parties())

    @property
    def lot(self) -> LotState:
        return self.state.lots["1"]

    def code(self, command: c.Command) -> str:
        """The hall's own note is refused; gives the code."""
        from hall.errors import Refused

        try:
            self.hall(command)
        except Refused as refused:
            return refused.code
        raise AssertionError("not refused")

    def fault(
        self,
        start: int | None = None,
        *,
        end: int | None = None,
        kind: str = "server_fault",
        clause: str = "a",
        suspends: bool = True,
        last_good: int = 0,
        scope: tuple[str, ...] = (),
    ) -> list[e.Event]:
        """A detector finds the hall's own trouble."""
        begins = self.now if start is None else start
        return self.hall(c.NoteFault(kind, clause, "", scope, begins, end, suspends, last_good))

    def consulted(self, stance: str = "agrees") -> FaultBook:
        """The three parties answer whatever they are asked."""
        for asked in self.state.consultations:
            for actor in (OWNER, REGULATOR, CENTRE):
                if actor.role.value not in asked.answers:
                    number = asked.opened.consultation
                    self.says(actor, "consult", consultation=number, stance=stance, reason="协商意见")
        return self

    def tested(self, *failing: str) -> list[e.Event]:
        """The host asks for the reliable test, and the hall runs it."""
        self.says(HOST, "request_test")
        pause = self.state.suspension
        assert pause is not None
        checks = tuple(e.CheckResult(name, name not in failing, "") for name in CHECKS)
        return self.hall(c.NoteTest(pause.number, pause.tests, checks))

    def resumed(self, minutes: int = 5) -> FaultBook:
        """Consulted, tested, announced, and the notice has passed."""
        self.consulted()
        self.tested()
        self.says(HOST, "resume", minutes=minutes)
        self.at(self.now + minutes * MINUTE)
        assert self.state.suspension is None
        return self

    def commanded(self, *names: str, lots: Iterable[str] = ("1",)) -> FaultBook:
        """Every lot is announced, checked and commanded, all at the same moment."""
        lots = tuple(lots)
        self.at(MIDNIGHT)
        for name in names:
            self.sign_in(name)
        self.at(self.state.scheduled.bid_deadline)
        deposits = tuple(d for lot in lots for d in self.deposits(*names, lot=lot))
        self.hall(c.HandOverDeposits("ef" * 32, deposits))
        for lot in lots:
            self.says(HOST, "announce_bidders", lot=lot)
            self.checked(*names, lot=lot)
            self.says(HOST, "command_decryption", lot=lot, minutes=60)
        return self

    def checked(self, *names: str, lot: str = "1", damaged: tuple[str, ...] = ()) -> list[e.Event]:
        deposits = [d for d in self.state.deposits if d.lot == lot]
        items = tuple(e.Rechecked(d.bidder, d.sha256, d.bidder not in damaged) for d in deposits)
        self.hall(c.NoteRecheck(lot, items))
        for name in names:
            self.says(bidder(name), "answer_sealing", lot=lot, answer="intact", sha256="00" * 32)
        return self.says(HOST, "declare_sealing", lot=lot)

    def releases(self, name: str, lot: str = "1") -> list[e.Event]:
        body = self.release_body(name)
        deposit = self.state.deposit(lot, name)
        assert deposit is not None
        return self.says(bidder(name), "release", lot=lot, **{**body, "sha256": deposit.sha256})

    def opens(self, *names: str, lot: str = "1") -> FaultBook:
        for name in names:
            self.releases(name, lot)
            self.hall(c.NoteBidOpened(lot, name, "11" * 32))
        return self

    def decides(self, name: str, cause: str, incident: int = 0, *, lot: str = "1") -> list[e.Event]:
        return self.says(
            OWNER, "decide_cause", lot=lot, bidder=name, cause=cause, incident=incident, reason="依据"
        )

    def spans(self, name: str = "", *, lot: str = "1") -> list[tuple[str, int]]:
        """(kind, minutes) of one account of the ledger, from the journal alone."""
        return [(s.kind.value, s.length // MINUTE) for s in self.account(name, lot=lot)]

    def account(self, name: str = "", *, lot: str = "1") -> list[Span]:
        entries = [(at, "", event) for at, event in zip(self.times, self.events, strict=True)]
        return [s for s in ledger(entries, lot) if s.bidder == name]

    def ran(self, name: str = "", *, lot: str = "1") -> int:
        """Milliseconds of one account that count."""
        return running(self.account(name, lot=lot))


__all__ = ["CENTRE", "REGULATOR", "THREE", "FaultBook", "Kind", "with_all_parties"]
