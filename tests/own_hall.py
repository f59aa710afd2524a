"""A whole hall inside the test's process, without doors and cameras: real journal, storage, rooms, record and archive.

What is not real: media (small invented fragments under real indices), and time, which a test moves on itself.
Everybody's keys are at hand, so that openings can be played by hand, and forged afterwards (`tests/forger.py`).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hall import app, wire
from hall.adapters.plan_file import load_plan
from hall.client.keys import Context, Identity
from hall.clock import Clock, HallClock
from hall.config import load
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.procurement.parties import Actor
from hall.procurement.tender import Deposit
from hall.runtime.admin import import_plan
from hall.runtime.deposits import Withdrawal
from hall.runtime.desk import Person
from hall.session import commands as c
from hall.session.rules import RECORDED, RIGHTS
from hall.signing import sealed_bid
from hall.signing.sealed_bid import SealReceipt
from tests.demo_world import PDF, Holder, a_container, holder
from tests.gm_world import gm_holder
from tests.laid_out import BIDDERS, LOT, MINUTE, OPENING, TENDER
from tests.laid_out import lay_out as _lay_out
from tests.still_media import StillMedia

PRICES = {
    "b1": "1234567.80",
    "b2": "1199000.00",
    "b3": "1250000.50",
    "b4": "1300000.00",
    "brief": "1280000.00",
}
_WITHIN = 90.0


@dataclass
class OwnHall:
    """A hall that a test plays on from inside."""

    core: app.Core
    media: StillMedia
    clock: HallClock
    directory: Path
    content_keys: dict[str, bytes] = field(default_factory=dict)
    stands_in: dict[str, str] = field(default_factory=dict)
    """Who holds another post than its certificate was made for."""

    national: bool = False
    """The bidders hold pairs of SM2 certificates; the tender is of the suite GM."""

    opening: str = OPENING

    @property
    def suite(self) -> str:
        return "GM" if self.national else "INTL"

    def holder(self, who: str) -> Holder:
        return gm_holder(who) if self.national and who in BIDDERS else holder(who)

    @property
    def room(self) -> Any:
        return self.core.registry.opening(self.opening).room

    def kinds(self) -> list[str]:
        """What has happened in the opening, by name."""
        return [type(event).__name__ for _, _, event in self.room.entries]

    def after(self, ms: int) -> None:
        """Time passes; nothing is told of it."""
        self.clock.advance(ms)
        for room in (*self.core.registry.tenderings.values(), self.room):
            room.wake()

    async def until(self, kind: str, count: int = 1) -> None:
        """Wait until something has happened for the `count`th time."""
        changed = asyncio.Event()
        stop = self.room.listen(lambda _: changed.set())
        try:
            async with asyncio.timeout(_WITHIN):
                while self.kinds().count(kind) < count:
                    await changed.wait()
                    changed.clear()
        finally:
            stop()

    def actor(self, who: str) -> Actor:
        role = self.stands_in.get(who, self.holder(who).identity.role)
        return self.core.desk.actor(self._person(who), self.opening, None if role == "bidder" else role)

    def view(self, who: str) -> wire.View:
        return self.core.desk.update(self.opening, self.actor(who), 0).view

    async def act(self, who: str, act_type: str, *, lot: str = LOT, **body: object) -> wire.Ack:
        """`who` signs an act on what its screen shows and sends it now; `lot`: for acts that name one."""
        self.after(1_000)
        if act_type in RECORDED:
            self.media.write()
        view, one = self.view(who), self.holder(who)
        context = Context(
            origin=view.origin,
            tender=view.tender,
            lot=lot if RIGHTS[act_type].lot_stages else "",
            opening=view.opening,
            deadline=view.bid_deadline,
            epoch=view.epoch,
            manifest=view.manifest.digest if view.manifest else ZERO_DIGEST,
            tree_size=view.checkpoint.size if view.checkpoint else 0,
            tree_root=view.checkpoint.root if view.checkpoint else ZERO_DIGEST,
        )
        act = self._sign(who, act_type, context, body)
        now = self.clock.now()
        return await self.core.desk.act(self.opening, act, one.certificate.der, self.actor(who), now)

    async def deposit(self, who: str, lot: str = LOT, **changes: str) -> None:
        """Seal a bid for a lot and hand it in."""
        self.after(1_000)
        one, party = self.holder(who), self._person(who)
        columns = {"tender": TENDER, "lot": lot, "price": PRICES[who]} | changes
        source, sealed = self.directory / f"{who}.zip", self.directory / f"{who}.bid"
        source.write_bytes(a_container(one, PDF + who.encode(), **columns))
        receipt = sealed_bid.seal(
            source,
            sealed,
            tender=TENDER,
            lot=lot,
            bidder=who,
            name="bid.zip",
            certificate=one.sealed_to,
            signer=one.certificate,
        )
        source.unlink()
        data = sealed.read_bytes()
        header = sealed_bid.parse_header(data)
        self.content_keys[_key(who, lot)] = sealed_bid.unwrap(header, one.opens_with, one.sealed_to)
        desk, files = self.core.desk, self.core.sealed
        upload, _ = await desk.begin_upload(TENDER, lot, party, receipt.size, receipt.sha256)
        owner = f"{TENDER}/{party.party}"
        await files.write(upload, owner, 0, data, hashlib.sha256(data).hexdigest())
        plan = self.core.registry.tendering(TENDER).state.published
        context = Context(plan.origin, tender=TENDER, lot=lot, deadline=plan.bid_deadline)
        act = self._sign(who, "deposit", context, _statement(receipt, header.salt.hex()))
        await desk.deposit(TENDER, upload, act, one.certificate.der, party, self.clock.now())

    async def withdraw(self, who: str) -> Withdrawal:
        """Withdraw the own bid."""
        self.after(1_000)
        plan = self.core.registry.tendering(TENDER).state.published
        context = Context(plan.origin, tender=TENDER, lot=LOT, deadline=plan.bid_deadline)
        act, der = self._sign(who, "withdraw", context, {}), self.holder(who).certificate.der
        return await self.core.desk.withdraw(TENDER, act, der, self._person(who), self.clock.now())

    async def deposit_again(self, who: str) -> None:
        """Hand in once more what was handed in already."""
        plan = self.core.registry.tendering(TENDER).state.published
        deposit = self.core.registry.tendering(TENDER).state.active(LOT, who)
        assert deposit is not None
        context = Context(plan.origin, tender=TENDER, lot=LOT, deadline=plan.bid_deadline)
        act, der = (
            self._sign(who, "deposit", context, _statement(deposit, deposit.salt)),
            self.holder(who).certificate.der,
        )
        upload = self.core.sealed.path(deposit.sha256).stem
        await self.core.desk.deposit(TENDER, upload, act, der, self._person(who), self.clock.now())

    async def login(self, who: str) -> Person:
        """Log in now."""
        one, origin = self.holder(who), self.core.registry.tendering(TENDER).state.published.origin
        act = self._sign(who, "login", Context(origin), {"purpose": "login"})
        person, _ = await self.core.desk.login(act, one.certificate.der)
        return person

    async def sign_in(self, who: str) -> None:
        await self.act(
            who,
            "sign_in",
            representative="王小明",
            identity=f"DEMO-{who}",
            phones=["13800000000"],
            acts_for_bidder=True,
            salt="ab" * 16,
        )
        self.media.begin(self.opening, f"bidder-{who}")

    async def release(self, who: str, lot: str = LOT, *, by: str = "") -> None:
        """Release one's own bid; `by`: a later certificate of the same key."""
        deposit = self.room.state.deposit(lot, who)
        key = base64.b64encode(self.content_keys[_key(who, lot)]).decode()
        await self.act(by or who, "release", lot=lot, sha256=deposit.sha256, custody="hall", content_key=key)

    async def answer_results(self, who: str, lot: str = LOT) -> None:
        """Say that what came out of one's own bid is what was sealed."""
        summary = self.room.state.lots[lot].opened.get(who, "")
        await self.act(who, "answer_results", lot=lot, answer="intact", summary=summary)

    async def sign_register(self) -> None:
        """Explain what the hall wrote into the register by itself, and have its owner sign it (clause 4.3)."""
        register = self.view("procuring_entity").register
        assert register is not None
        if register.unexplained:
            await self.act("clerk", "explain_incidents", incidents=register.unexplained, text="原因不明")
            register = self.view("procuring_entity").register
            assert register is not None
        await self.act("procuring_entity", "sign_register", entries=register.entries, digest=register.digest)

    async def sign_record(self, who: str) -> None:
        actor, one = self.actor(who), self.holder(who)
        prepared = await self.core.records.prepare(self.opening, actor, one.certificate.der)
        await self.core.records.sign(self.opening, prepared.prepared, one.sign(prepared.attributes), actor)

    def _sign(self, who: str, act_type: str, context: Context, body: dict[str, object]) -> SignedAct:
        one = self.holder(who)
        nonce = self.core.desk.nonce(one.certificate.sha256)
        return Identity(one.certificate, one.key).sign_act(act_type, context, nonce, body)

    def _person(self, who: str) -> Person:
        one = self.holder(who)
        party = self.core.registry.directory.state.certificates[one.certificate.sha256]
        sealed_to = one.recipient.sha256 if one.recipient else ""
        return Person(party.party, party.name, party.kind, one.certificate.sha256, None, sealed_to)


@asynccontextmanager
async def own_hall(
    directory: Path, plane: Callable[[Path, Clock], Any] = StillMedia, /, **tender: object
) -> AsyncIterator[OwnHall]:
    """Open a hall with one tender in `directory`: 09:00, the deadline an hour away. plane(recordings, clock): its
    media; `tender`: more of its plan."""
    config = _lay_out(directory, tender)
    clock = HallClock(start=config.clock.start_ms)
    media = plane(config.storage.data / "recordings", clock)
    async with app.open_core(config, app.fit(config), clock, media) as core:
        await import_plan(core.registry, load_plan(directory / "plan.toml", config, core.trust.digest))
        yield OwnHall(core, media, clock, directory, national=tender.get("suite") == "GM")


@asynccontextmanager
async def reopened(before: OwnHall, away_ms: int) -> AsyncIterator[OwnHall]:
    """The same hall after it was away for so long; `before` is closed by then."""
    config = load(before.directory / "hall.toml", {})
    clock = HallClock(start=before.clock.now() + away_ms)
    media = StillMedia(config.storage.data / "recordings", clock)
    async with app.open_core(config, app.fit(config), clock, media) as core:
        yield OwnHall(core, media, clock, before.directory, before.content_keys)


async def play(hall: OwnHall) -> Path:
    """Play an opening to its end; give the bundle.

    Four bid, b2 twice. b4 never releases: the window runs out, the procuring entity decides the cause, three prices are
    disclosed. b3 does not confirm its price in time. b2 objects.
    """
    await until_released(hall)
    hall.after(60 * MINUTE)
    await hall.until("WindowClosed")
    await hall.until("BidOpened", 3)
    await declare_results(hall)
    await hall.act(
        "procuring_entity",
        "decide_cause",
        bidder="b4",
        cause="deemed_revoked",
        incident=0,
        reason="自身原因未解密",
    )
    await hall.until("PricesDisclosed")
    for who in BIDDERS[:3]:
        await hall.act("announcer", "read_out", bidder=who)
    for who in BIDDERS[:2]:
        await hall.act(who, "confirm_price", answer="confirmed", price=PRICES[who])
    hall.after(10 * MINUTE)
    await hall.until("PriceAnswered", 3)
    await hall.act("host", "open_objections")
    await hall.act("b2", "raise_objection", text="对工期的宣读有异议")
    await hall.act(
        "procuring_entity", "answer_objection", objection=1, outcome="rejected", text="与投标文件一致"
    )
    await hall.act("host", "close_objections")
    await hall.sign_register()
    await hall.until("RecordPrepared")
    for who in ("procuring_entity", "scrutineer", "clerk"):
        await hall.sign_record(who)
    await hall.until("RecordCompleted")
    await hall.act("host", "close_opening", record_later=False)
    await emptied(hall)
    return await hall.core.archive.bundle(hall.opening, hall.actor("clerk"))


async def declare_results(hall: OwnHall, without: tuple[str, ...] = ()) -> None:
    """Bidders check what came out of their bids, but those who say nothing; the host declares it (clause 4.2 ii)."""
    await hall.until("ResultsShown")
    for who in BIDDERS:
        if who not in without:
            await hall.answer_results(who)
    if without:
        hall.after(5 * MINUTE + 1)
        await hall.until("ResultsAnswered", len(BIDDERS))
    await hall.act("host", "declare_results")


async def emptied(hall: OwnHall) -> None:
    """The room is empty, and the recorder has told its last heads."""
    await hall.room.submit(c.NoteRoomEmpty(), received_at=hall.clock.now())
    while not hall.room.state.recorder_stopped:
        # Heads that are told on the way, each ten seconds, are not the last ones.
        await hall.until("RecordingHeads", hall.kinds().count("RecordingHeads") + 1)


async def until_released(hall: OwnHall) -> None:
    """Up to the third release: the window is open, b4 owes its own."""
    await until_commanded(hall)
    for who in BIDDERS[:3]:
        await hall.release(who)


async def until_commanded(hall: OwnHall) -> None:
    """Up to the decrypt command; b2 has replaced its bid."""
    await hall.deposit("b2", price="9999999.99")
    await until_sealing(hall, BIDDERS)
    await command(hall, BIDDERS)


async def until_sealing(hall: OwnHall, bidders: Sequence[str]) -> None:
    """They have deposited and signed in; the list is announced, and what was sealed is hashed again."""
    for who in bidders:
        await hall.deposit(who)
        await hall.sign_in(who)
    hall.after(60 * MINUTE)
    await hall.until("DepositsHandedOver")
    await hall.act("host", "announce_bidders")
    await hall.until("SealingRechecked")


async def command(hall: OwnHall, bidders: Sequence[str]) -> None:
    """All find their seals intact, and the host commands the decryption."""
    for who in bidders:
        digest = hall.room.state.deposit(LOT, who).sha256
        await hall.act(who, "answer_sealing", answer="intact", sha256=digest)
    await hall.act("host", "declare_sealing")
    await hall.act("host", "command_decryption", minutes=60)


async def until_disclosed(hall: OwnHall, bidders: Sequence[str]) -> None:
    """From the sealing to the prices on the screen: everybody releases."""
    await command(hall, bidders)
    for who in bidders:
        await hall.release(who)
    await hall.until("ResultsShown")
    for who in bidders:
        await hall.answer_results(who)
    await hall.act("host", "declare_results")
    await hall.until("PricesDisclosed")


def _key(who: str, lot: str) -> str:
    """Under which name a bidder keeps the key of its bid for a lot."""
    return who if lot == LOT else f"{lot}/{who}"


def _statement(what: SealReceipt | Deposit, salt: str) -> dict[str, object]:
    """What a bidder signs with its deposit."""
    return {
        "size": what.size,
        "sha256": what.sha256,
        "commit": what.commit,
        "tag_commit": what.tag_commit,
        "salt": salt,
        "recipient": what.recipient,
        "self_test": True,
        "client": "test",
    }
