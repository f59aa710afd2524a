"""An opening told as a conversation, on the pure machine: who says what when, what follows, what is refused.

Signatures are not checked here (the desk does that); everything else is the real path from an act's body to events.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hall.errors import HallError
from hall.procurement import canonical
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.procurement.bid_report import BidReport
from hall.procurement.parties import REQUIRED, Actor, Appointment, Role
from hall.procurement.tender import DAY, HOUR, MINUTE, Deposit, Lot, Mode, RuleSet
from hall.session import commands as c
from hall.session import events as e
from hall.session.acts import command_of
from hall.session.custody import commitment
from hall.session.decide import decide
from hall.session.notes import next_deadline
from hall.session.papers import unchecked
from hall.session.register import register_digest, unexplained
from hall.session.rules import RIGHTS
from hall.session.state import OpeningState, evolve

MIDNIGHT = 1_795_276_800_000
"""2026-11-22 00:00 in Asia/Shanghai, ms UTC."""
DEADLINE = MIDNIGHT + 9 * HOUR + 30 * MINUTE
assert (MIDNIGHT + 8 * HOUR) % DAY == 0

_nonces = itertools.count(1)


def key_of(bidder: str) -> bytes:
    """The content key of a bidder's bid."""
    return hashlib.sha256(b"key " + bidder.encode()).digest()


def inner_of(bidder: str) -> bytes:
    """The envelope for the notary inside the supervisor's; the machine looks at its digest alone."""
    return b"inner envelope of " + bidder.encode()


def tag_of(bidder: str) -> bytes:
    """What proves that a bidder unwrapped its key; the machine knows only its digest."""
    return hashlib.sha256(b"tag " + bidder.encode()).digest()


def salt_of(bidder: str) -> bytes:
    return hashlib.sha256(b"salt " + bidder.encode()).digest()


def certificate_of(name: str) -> str:
    return hashlib.sha256(b"certificate " + name.encode()).hexdigest()


def staff(role: Role) -> Actor:
    return Actor(role, role.value, f"{role.value} person", certificate_of(role.value))


HOST, OWNER, SUPERVISOR, ANNOUNCER = (
    staff(r) for r in (Role.HOST, Role.PROCURING_ENTITY, Role.SUPERVISOR, Role.ANNOUNCER)
)
SCRUTINEER, CLERK = staff(Role.SCRUTINEER), staff(Role.CLERK)


def bidder(name: str) -> Actor:
    return Actor(Role.BIDDER, name, f"{name} Ltd", certificate_of(name))


def plan(
    *, mode: Mode = Mode.PRODUCTION, lots: Iterable[str] = ("1",), deadline: int = DEADLINE
) -> e.OpeningScheduled:
    return e.OpeningScheduled(
        opening="O-1",
        origin="hall.example",
        tender="T-1",
        tender_name="河堤整治",
        tender_number="YQ-2026-001",
        place="阳泉市公共资源交易中心",
        mode=mode,
        lots=tuple(Lot(x, f"标段 {x}", "1000000.00") for x in lots),
        bid_deadline=deadline,
        sign_in_from=MIDNIGHT,
        rules=RuleSet(),
        staff=tuple(
            Appointment(r, r.value, f"{r.value} person", "unit", certificate_of(r.value)) for r in REQUIRED
        ),
        trust_roots="ab" * 32,
    )


class Playbook:
    """One opening. `now` is hall time; `events` is everything that happened so far."""

    def __init__(self, scheduled: e.OpeningScheduled | None = None, *, now: int = MIDNIGHT - HOUR) -> None:
        self.now = now
        self.state = OpeningState()
        self.events: list[e.Event] = []
        self.times: list[int] = []
        self.recorder_writes = True
        self.last_good = 0
        self.hall(c.ScheduleOpening(scheduled or plan()))

    # time

    def at(self, moment: int) -> Playbook:
        """It is `moment`; whatever was due before it has happened when it was due."""
        while (due := next_deadline(self.state)) is not None and due <= moment:
            self.now = max(self.now, due)
            assert self.hall(c.Tick()), "something seemed due and was not: a room would spin"
        self.now = moment
        self.hall(c.Tick())
        return self

    def after(self, ms: int) -> Playbook:
        return self.at(self.now + ms)

    # speech

    def hall(self, command: c.Command) -> list[e.Event]:
        """The hall itself notes something."""
        return self._take(decide(self.state, command, actor=None, now=self.now))

    def says(self, actor: Actor, act_type: str, *, lot: str = "1", **body: Any) -> list[e.Event]:
        """`actor` sends a signed act now; gives what follows."""
        return self._take(
            decide(self.state, self.command(actor, act_type, lot=lot, **body), actor=actor, now=self.now)
        )

    def sends(self, command: c.Act, actor: Actor) -> list[e.Event]:
        """`actor` sends what was signed before; gives what follows."""
        return self._take(decide(self.state, command, actor=actor, now=self.now))

    def refuses(self, actor: Actor, act_type: str, *, lot: str = "1", **body: Any) -> str:
        """`actor` sends an act and is refused; gives the code. Nothing has happened."""
        before = self.state
        try:
            decide(self.state, self.command(actor, act_type, lot=lot, **body), actor=actor, now=self.now)
        except HallError as error:
            assert self.state == before
            return error.code
        raise AssertionError(f"{act_type} was not refused")

    def command(self, actor: Actor, act_type: str, *, lot: str = "1", **body: Any) -> c.Act:
        proof = (
            e.RecorderProof("host", "001.mp4", 7, "cd" * 32, self.now - 400) if self.recorder_writes else None
        )
        return command_of(self.act(actor, act_type, lot=lot, **body), proof, self.last_good)

    def act(
        self, actor: Actor, act_type: str, *, lot: str = "1", manifest: str | None = None, **body: Any
    ) -> SignedAct:
        scheduled = self.state.scheduled
        no_lot = not RIGHTS[act_type].lot_stages
        seen = self.state.manifest if self.state.announced and self.state.manifest else ZERO_DIGEST
        return SignedAct(
            type=act_type,
            origin=scheduled.origin,
            tender=scheduled.tender,
            lot="" if no_lot else lot,
            opening=scheduled.opening,
            deadline=scheduled.bid_deadline,
            epoch=self.state.epoch,
            manifest=seen if manifest is None else manifest,
            certificate=actor.certificate,
            server_nonce=f"{next(_nonces):032x}",
            client_nonce=f"{next(_nonces):032x}",
            body=canonical.dumps(body).decode(),
            signature=base64.b64encode(bytes(64)).decode(),
        )

    def _take(self, events: list[e.Event]) -> list[e.Event]:
        for event in events:
            self.state = evolve(self.state, event, self.now)
            self.events.append(event)
            self.times.append(self.now)
        return events

    # the usual steps, for tests whose subject is a later one

    def deposits(self, *names: str, lot: str = "1") -> tuple[Deposit, ...]:
        return tuple(
            Deposit(
                lot=lot,
                bidder=name,
                name=f"{name} Ltd",
                size=1000,
                sha256=hashlib.sha256(f"{lot}{name}".encode()).hexdigest(),
                commit=commitment(key_of(name), salt_of(name)).hex(),
                tag_commit=hashlib.sha256(tag_of(name)).hexdigest(),
                salt=salt_of(name).hex(),
                recipient=certificate_of(name),
                received_at=MIDNIGHT - 10 * MINUTE,
            )
            for name in names
        )

    def sign_in(self, name: str) -> list[e.Event]:
        person = {"representative": "王小明", "identity": "1403**********1234", "phones": ["13800000000"]}
        return self.says(bidder(name), "sign_in", **person, acts_for_bidder=True, salt="ab" * 16)

    def until_announced(self, *names: str, deposited: Iterable[str] | None = None) -> Playbook:
        self.at(MIDNIGHT + HOUR)
        for name in names:
            self.sign_in(name)
        self.at(self.state.scheduled.bid_deadline)
        self.hall(c.HandOverDeposits("ef" * 32, self.deposits(*(names if deposited is None else deposited))))
        self.says(HOST, "announce_bidders")
        return self

    def until_commanded(self, *names: str) -> Playbook:
        self.until_announced(*names)
        items = tuple(e.Rechecked(d.bidder, d.sha256, True) for d in self.state.deposits)
        self.hall(c.NoteRecheck("1", items))
        for name in names:
            self.says(bidder(name), "answer_sealing", answer="intact", sha256="00" * 32)
        self.says(HOST, "declare_sealing")
        self.says(HOST, "command_decryption", minutes=60)
        return self

    def release(self, name: str) -> list[e.Event]:
        return self.says(bidder(name), "release", **self.release_body(name))

    def release_body(self, name: str) -> dict[str, Any]:
        deposit = self.state.deposit("1", name)
        assert deposit is not None
        if custodians := self.state.custodians:
            body = {"sha256": deposit.sha256, "custody": "custodians", "tag": tag_of(name).hex()}
            inner = hashlib.sha256(inner_of(name)).hexdigest() if len(custodians) == 2 else ""
            envelope = base64.b64encode(b"outer envelope of " + name.encode()).decode()
            return {**body, "envelope": envelope, "inner": inner, "custodians": list(custodians)}
        key = base64.b64encode(key_of(name)).decode()
        return {"sha256": deposit.sha256, "custody": "hall", "content_key": key}

    def entrusted(self, *names: str, lot: str = "1") -> list[dict[str, str]]:
        """What the custodian whose turn it is hands over for these bids: an inner envelope, or the key itself."""
        last = len(self.state.custodians) == 1 or not self.state.lots[lot].entrusted[names[0]].inner
        contents = {name: key_of(name) if last else inner_of(name) for name in names}
        return [
            {"bidder": name, "content": base64.b64encode(content).decode(), "code": ""}
            for name, content in contents.items()
        ]

    def until_disclosed(self, *names: str) -> Playbook:
        self.until_commanded(*names)
        for name in names:
            self.release(name)
            self.hall(c.NoteBidOpened("1", name, "11" * 32))
        self.until_results(*names)
        self.hall(c.DisclosePrices("1", tuple(self.bid(name) for name in names)))
        return self

    def until_results(self, *names: str, lot: str = "1") -> Playbook:
        """The window is over: its results are shown, answered by `names` and declared (clause 4.2 ii)."""
        while self.hall(c.Tick()):
            pass
        for name in names:
            self.says(bidder(name), "answer_results", lot=lot, answer="intact", summary="11" * 32)
        self.says(HOST, "declare_results", lot=lot)
        return self

    def sign_register(self) -> list[e.Event]:
        """Every automatic entry is explained in bulk and the procuring entity signs the register (clause 4.3); the
        hall has looked into the disclosed bids."""
        for lot, bidder in unchecked(self.state):
            self.hall(c.NoteBidPdf(lot, bidder, BidReport("unsigned", "22" * 32)))
        if missing := unexplained(self.state):
            self.says(CLERK, "explain_incidents", incidents=list(missing), text="原因不明")
        digest = register_digest(self.state)
        return self.says(OWNER, "sign_register", entries=len(self.state.incidents), digest=digest)

    def bid(self, name: str, price: str = "123456.78") -> e.DisclosedBid:
        return e.DisclosedBid(name, price, "180 日", "合格", "李四", "20000.00", "22" * 32)


def replayed(play: Playbook) -> OpeningState:
    """The state that the journal alone gives."""
    state = OpeningState()
    for event, at in zip(play.events, play.times, strict=True):
        state = evolve(state, event, at)
    return state


def with_rules(**changes: Any) -> e.OpeningScheduled:
    scheduled = plan()
    return replace(scheduled, rules=replace(scheduled.rules, **changes))
