"""A hall in this process with many openings at once: real journal, storage, rooms, gateway; the same bidders in each.

Its openings are played from inside, over the front desk, up to the decrypt command. What is not real: media (an
invented fragment of the host's recording each half second), and hall time, which is moved to the deadline.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.load.tapes import Tapes
from hall import app, tasks
from hall.adapters.plan_file import load_plan
from hall.client.keys import Context, Identity
from hall.clock import HallClock
from hall.config import Config, load
from hall.gateway.server import Gateway
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.procurement.parties import Actor
from hall.rehearsal.demo_ca import DemoIdentity, DemoPki, issue_demo
from hall.rehearsal.stage import party_of, shanghai, toml
from hall.runtime.admin import import_plan
from hall.runtime.desk import Person
from hall.session.rules import RECORDED
from hall.signing import cms, sealed_bid, suite
from hall.signing.bid_container import Summary, build_container
from hall.signing.certificates import load_certificate

AT = 1_795_309_200_000
"""Hall time at the start, ms UTC: 2026-11-22 09:00 in Shanghai; the deadline is an hour away."""

HOUR = 3_600_000
LOT = "1"
SLICE = 8 << 20
PATIENCE = 300
"""Seconds."""

_AT_A_TIME = 8


@dataclass
class Crowd:
    """`openings`: their ids; opening On belongs to tender Tn. `keys`: content keys by (opening, bidder)."""

    directory: Path
    config: Config
    pki: DemoPki
    core: app.Core
    clock: HallClock
    tapes: Tapes
    openings: list[str]
    bid_size: int
    keys: dict[tuple[str, str], bytes] = field(default_factory=dict)
    people: dict[str, Identity] = field(default_factory=dict)

    @property
    def bidders(self) -> list[str]:
        return [one.id for one in self.pki.bidders]

    async def until_commanded(self) -> None:
        """Play every opening up to the decrypt command."""
        await self._each(self.deposit)
        await self._each(self._sign_in)
        self.clock.advance(AT + HOUR - self.clock.now())
        registry = self.core.registry
        for tendering in registry.tenderings.values():
            tendering.wake()
        for opening in registry.openings.values():
            opening.room.wake()
        await self._until("DepositsHandedOver")
        await self._staff("host", "announce_bidders")
        await self._until("SealingRechecked")
        await self._each(self._answer)
        await self._staff("host", "declare_sealing")
        await self._staff("host", "command_decryption", minutes=60)

    async def act(self, opening: str, who: str, act_type: str, **body: object) -> None:
        """Sign an act on what the person's screen shows, and hand it in."""
        act, actor = self._signed(opening, who, act_type, body)
        certificate = self.identity(who).certificate.der
        await self.core.desk.act(opening, act, certificate, actor, self.clock.now())

    async def release(self, opening: str, bidder: str) -> None:
        """A bidder releases its key."""
        await self.act(opening, bidder, "release", **self.release_body(opening, bidder))

    def release_body(self, opening: str, bidder: str) -> dict[str, object]:
        deposit = self.core.registry.opening(opening).room.state.deposit(LOT, bidder)
        assert deposit is not None
        key = base64.b64encode(self.keys[opening, bidder]).decode()
        return {"sha256": deposit.sha256, "custody": "hall", "content_key": key}

    async def deposit(self, opening: str, bidder: str) -> None:
        """Seal a bid of `bid_size` bytes and hand it in."""
        tender, one, person = tender_of(opening), self.identity(bidder), self._person(bidder)
        sealed = self.directory / f"{opening}-{bidder}.bid"
        receipt = await asyncio.to_thread(self._seal, sealed, tender, bidder)
        header = sealed_bid.parse_header(_head(sealed))
        self.keys[opening, bidder] = sealed_bid.unwrap(header, one.key, one.certificate)
        desk = self.core.desk
        upload, _ = await desk.begin_upload(tender, LOT, person, receipt.size, receipt.sha256)
        for offset in range(0, receipt.size, SLICE):
            part = await asyncio.to_thread(_slice, sealed, offset)
            digest = hashlib.sha256(part).hexdigest()
            await self.core.sealed.write(upload, f"{tender}/{person.party}", offset, part, digest)
        sealed.unlink()
        plan = self.core.registry.tendering(tender).state.published
        body: dict[str, object] = {
            "size": receipt.size,
            "sha256": receipt.sha256,
            "commit": receipt.commit,
            "tag_commit": receipt.tag_commit,
            "salt": header.salt.hex(),
            "recipient": receipt.recipient,
            "self_test": True,
            "client": "bench",
        }
        context = Context(plan.origin, tender=tender, lot=LOT, deadline=plan.bid_deadline)
        act = one.sign_act("deposit", context, desk.nonce(one.certificate.sha256), body)
        await desk.deposit(tender, upload, act, one.certificate.der, person, self.clock.now())

    def identity(self, who: str) -> Identity:
        if who not in self.people:
            found = next(one for one in (*self.pki.bidders, *self.pki.staff) if one.id == who)
            self.people[who] = identity_of(found)
        return self.people[who]

    async def opened(self, opening: str) -> None:
        """Wait until every bid of an opening has been opened."""
        await self._until("BidOpened", len(self.bidders), [opening])

    def _seal(self, sealed: Path, tender: str, bidder: str) -> sealed_bid.SealReceipt:
        one = self.identity(bidder)
        pdf = b"%PDF-1.7\n" + hashlib.shake_128(bidder.encode()).digest(self.bid_size)
        digest = hashlib.sha256(pdf).hexdigest()
        summary = Summary(
            tender=tender,
            lot=LOT,
            bidder=bidder,
            bid_sha256=digest,
            price="1234567.80",
            period="180 日历天",
            quality="合格",
            manager="张工",
            security="保函 10 万元",
        )
        signed = build_container(
            pdf, summary, lambda data: cms.sign_detached(data, one.certificate, one.sign, signed_at=AT)
        )
        source = sealed.with_suffix(".zip")
        source.write_bytes(signed)
        try:
            return sealed_bid.seal(
                source,
                sealed,
                tender=tender,
                lot=LOT,
                bidder=bidder,
                name="bid.zip",
                certificate=one.certificate,
            )
        finally:
            source.unlink()

    def _signed(
        self, opening: str, who: str, act_type: str, body: dict[str, object]
    ) -> tuple[SignedAct, Actor]:
        if act_type in RECORDED:
            self.tapes.write()
        role = None if who in self.bidders else who
        actor = self.core.desk.actor(self._person(who), opening, role)
        view, one = self.core.desk.update(opening, actor, 0).view, self.identity(who)
        context = Context(
            origin=view.origin,
            tender=view.tender,
            lot="" if act_type == "sign_in" else LOT,
            opening=opening,
            deadline=view.bid_deadline,
            manifest=view.manifest.digest if view.manifest else ZERO_DIGEST,
            tree_size=view.checkpoint.size if view.checkpoint else 0,
            tree_root=view.checkpoint.root if view.checkpoint else ZERO_DIGEST,
        )
        nonce = self.core.desk.nonce(one.certificate.sha256)
        return one.sign_act(act_type, context, nonce, body), actor

    async def _sign_in(self, opening: str, bidder: str) -> None:
        said: dict[str, object] = {"representative": "王小明", "identity": f"DEMO-{bidder}"}
        said |= {"phones": ["13800000000"], "acts_for_bidder": True, "salt": "ab" * 16}
        await self.act(opening, bidder, "sign_in", **said)

    async def _answer(self, opening: str, bidder: str) -> None:
        deposit = self.core.registry.opening(opening).room.state.deposit(LOT, bidder)
        assert deposit is not None
        await self.act(opening, bidder, "answer_sealing", answer="intact", sha256=deposit.sha256)

    async def _staff(self, who: str, act_type: str, **body: object) -> None:
        for opening in self.openings:
            await self.act(opening, who, act_type, **body)

    async def _each(self, do: Callable[[str, str], Awaitable[None]]) -> None:
        gate = asyncio.Semaphore(_AT_A_TIME)

        async def one(opening: str, bidder: str) -> None:
            async with gate:
                await do(opening, bidder)

        await asyncio.gather(*(one(opening, bidder) for opening in self.openings for bidder in self.bidders))

    async def _until(self, kind: str, count: int = 1, openings: Iterable[str] = ()) -> None:
        for opening in openings or self.openings:
            room = self.core.registry.opening(opening).room
            for _ in range(PATIENCE * 10):
                if sum(type(event).__name__ == kind for _, _, event in room.entries) >= count:
                    break
                await asyncio.sleep(0.1)
            else:
                sys.exit(f"{opening} did not come to {kind}")

    def _person(self, who: str) -> Person:
        digest = self.identity(who).certificate.sha256
        party = self.core.registry.directory.state.certificates[digest]
        return Person(party.party, party.name, party.kind, digest)


def identity_of(one: DemoIdentity) -> Identity:
    return Identity(
        load_certificate(one.certificate.read_bytes()), suite.load_private_key(one.key.read_bytes())
    )


def tender_of(opening: str) -> str:
    return opening.replace("O", "T")


@asynccontextmanager
async def crowd(directory: Path, *, openings: int, bidders: int, bid_size: int) -> AsyncIterator[Crowd]:
    """Open a hall with so many openings, each with the same bidders."""
    pki = issue_demo(directory / "pki", bidders=bidders, now_ms=AT)
    ids = [f"O{n + 1}" for n in range(openings)]
    (directory / "hall.toml").write_text(toml(_settings(directory, pki)), encoding="utf-8")
    (directory / "plan.toml").write_text(toml(_plan(pki, ids)), encoding="utf-8")
    config = load(directory / "hall.toml", {})
    clock = HallClock(start=config.clock.start_ms)
    tapes = Tapes(config.storage.data / "recordings", clock)
    async with app.open_core(config, app.fit(config), clock, tapes) as core:
        await import_plan(core.registry, load_plan(directory / "plan.toml", config, core.trust.digest))
        writing = tasks.start(tapes.run(), "tapes")
        yield Crowd(directory, config, pki, core, clock, tapes, ids, bid_size)
        await tasks.stop(writing)


@asynccontextmanager
async def doors(hall: Crowd) -> AsyncIterator[str]:
    """Open the gateway; gives its address."""
    gateway = Gateway(hall.config, app.inside(hall.core))
    await gateway.start(None)
    try:
        yield f"http://localhost:{gateway.port}"
    finally:
        await gateway.stop()


def _head(sealed: Path) -> bytes:
    with sealed.open("rb") as file:
        return file.read(1 << 20)


def _slice(sealed: Path, offset: int) -> bytes:
    with sealed.open("rb") as file:
        file.seek(offset)
        return file.read(SLICE)


def _settings(directory: Path, pki: DemoPki) -> dict[str, object]:
    return {
        "hall": {"name": "测试大厅", "origin": "hall.localhost", "mode": "rehearsal", "place": "网上"},
        "server": {"port": 0, "web_root": str(directory / "web")},
        "storage": {"data": str(directory / "data")},
        "signing": {
            "ca_roots": [str(pki.root)],
            "ca_intermediates": [str(pki.issuing)],
            "crls": [str(path) for path in pki.crls],
            "tsa_cert": str(pki.tsa.certificate),
            "tsa_key": str(pki.tsa.key),
            "tsa_roots": [str(pki.root)],
        },
        "clock": {"start": shanghai(AT), "movable": True},
    }


def _plan(pki: DemoPki, openings: list[str]) -> dict[str, object]:
    staff = [
        {"role": one.role, "party": party_of(one), "name": one.name, "unit": one.organisation}
        for one in pki.staff
    ]
    return {
        "party": [
            {
                "id": party_of(one),
                "name": one.organisation,
                "kind": "bidder" if one.role == "bidder" else "staff",
                "certificate": str(one.certificate),
            }
            for one in (*pki.bidders, *pki.staff)
        ],
        "tender": [
            {
                "id": tender_of(opening),
                "name": f"测试工程 {opening}",
                "number": f"TEST-{opening}",
                "opening": opening,
                "bid_deadline": shanghai(AT + HOUR),
                "lot": [{"id": LOT, "name": "一标段"}],
                "rules": {"custody": "hall"},
                "staff": staff,
            }
            for opening in openings
        ],
    }
