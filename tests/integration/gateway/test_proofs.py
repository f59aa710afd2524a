"""Proofs over real HTTP: nothing before the announcement, then all that a client needs to believe one history."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from hall import app
from hall.client.api import Hall
from hall.client.keys import Context, Identity
from hall.config import load
from hall.errors import HallError, NotPermitted, Refused
from hall.gateway.server import Gateway
from hall.journal import cosignature
from hall.journal.checkpoint import read
from hall.procurement.acts import SignedAct
from hall.runtime.unanswered import stamped
from hall.signing.certificates import load_certificate
from hall.signing.suite import load_private_key
from hall.signing.timestamps import InternalTimeStamps
from tests.demo_world import holder, world
from tests.own_hall import BIDDERS, LOT, MINUTE, OPENING, TENDER, OwnHall, own_hall

PROOF = f"/api/openings/{OPENING}/proof"
ASKED = (
    f"{PROOF}/checkpoints",
    f"{PROOF}/consistency?first=1&second=2",
    f"{PROOF}/inclusion?leaf={'ab' * 32}&size=2",
)


@asynccontextmanager
async def gateway(hall: OwnHall) -> AsyncIterator[str]:
    """The doors of a hall of one's own; gives the base address."""
    config = load(hall.directory / "hall.toml", {})
    doors = Gateway(replace(config, server=replace(config.server, port=0)), app.inside(hall.core))
    await doors.start(None)
    try:
        yield f"http://localhost:{doors.port}"
    finally:
        await doors.stop()


@asynccontextmanager
async def client(base: str, who: str, hall: OwnHall) -> AsyncIterator[Hall]:
    one = holder(who)
    async with Hall(base, Identity(one.certificate, one.key), clock=hall.clock) as made:
        await made.login(robot=True)
        yield made


def line(who: str, note: str, key_of: str = "") -> str:
    one = holder(who).certificate.sha256
    signature = holder(key_of or who).sign(cosignature.signed_bytes(note, 1_790_000_000))
    return cosignature.write(cosignature.Cosignature(one, 1_790_000_000, signature))


async def token(hall: OwnHall, data: bytes) -> bytes:
    """What an authority outside answers now."""
    pki = world()
    key = load_private_key(pki.tsa.key.read_bytes())
    der = load_certificate(pki.tsa.certificate.read_bytes()).der
    source = InternalTimeStamps(der, key, hall.clock, [pki.issuing.read_bytes()])
    found = await source.stamper.async_timestamp(hashlib.sha256(data).digest(), "sha256")
    return bytes(found.dump())


async def refused(call: Any) -> str:
    with pytest.raises(HallError) as caught:
        await call
    return caught.value.code


def lost_release(hall: OwnHall, who: str) -> SignedAct:
    """A release that never reached the hall."""
    view, one = hall.view(who), holder(who)
    context = Context(view.origin, TENDER, LOT, OPENING, view.bid_deadline)
    identity = Identity(one.certificate, one.key)
    nonce = hall.core.desk.nonce(one.certificate.sha256)
    return identity.sign_act("release", context, nonce, {"content_key": "secret"}).without_body()


async def test_a_client_is_given_proofs_from_the_announcement_on_and_not_before(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall, gateway(hall) as base:
        for who in BIDDERS:
            await hall.deposit(who)
            await hall.sign_in(who)
        live = hall.core.registry.opening(OPENING)
        await hall.core.stamping.stamp(live)
        async with client(base, "b1", hall) as bidder, client(base, "supervisor", hall) as supervisor:
            card = await bidder.tender(TENDER)
            # clause 5.3.2: a size, an index or a path would betray how many bid
            for path in ASKED:
                assert await refused(bidder.get(path)) == "not_announced_yet"
            assert live.performer.checkpoint is None
            hall.after(60 * MINUTE)
            await hall.until("DepositsHandedOver")
            await hall.act("host", "announce_bidders")
            await hall.until("SealingRechecked")
            await hall.core.stamping.stamp(live)
            await one_history(bidder, card.log_key, hall)
            await cosigned(supervisor, bidder, hall)
            await unanswered(base, hall)


async def one_history(bidder: Hall, log_key: str, hall: OwnHall) -> None:
    """Every checkpoint continues the one before; an own receipt and an own act stand under the last."""
    keeper = bidder.keeper(OPENING)
    keeper.saw_key(log_key)
    (receipt,) = (await bidder.tender(TENDER)).mine
    keeper.promised("receipt", asdict(receipt))
    told = (await bidder.get(f"{PROOF}/checkpoints"))["checkpoints"]
    assert len(told) >= 5
    for one in told:
        assert await keeper.saw(one["note"])
    assert keeper.witness.alarm is None
    assert [promise.proved for promise in keeper.witness.promises] == [True]
    assert keeper.verified == (told[-1]["size"], told[-1]["root"])
    named = [mark for mark in told if any("stamp sha256:" in x for x in read(mark["note"]).extensions)]
    assert len(named) == 2  # each token is named by the checkpoint after it
    beyond = f"{PROOF}/consistency?first=1&second={told[-1]['size'] + 50}"
    assert await refused(bidder.get(beyond)) == "no_such_size"
    assert await refused(bidder.get(f"{PROOF}/inclusion?leaf={'ab' * 32}&size=3")) == "no_such_leaf"


async def cosigned(supervisor: Hall, bidder: Hall, hall: OwnHall) -> None:
    """Supervisor and notary alone co-sign, and everybody sees it."""
    mark = hall.view("b1").checkpoint
    assert mark is not None
    assert mark.cosigners == []
    at, path = {"size": mark.size}, f"{PROOF}/cosignatures"
    bad = line("supervisor", mark.note, key_of="host")
    assert await refused(supervisor.post(path, {**at, "line": bad})) == "bad_signature"
    assert await refused(supervisor.post(path, {**at, "line": "x"})) == "malformed_cosignature"
    other = line("b1", mark.note)
    assert await refused(supervisor.post(path, {**at, "line": other})) == "wrong_certificate"
    assert await refused(bidder.post(path, {**at, "line": other})) == "not_permitted"
    good = line("supervisor", mark.note)
    for _ in range(2):
        await supervisor.post(path, {**at, "line": good})
    seen = hall.view("b1").checkpoint
    assert seen is not None
    assert [(one.role, one.here) for one in seen.cosigners] == [("supervisor", True)]
    told = (await bidder.get(f"{PROOF}/checkpoints"))["checkpoints"]
    assert told[-1]["cosignatures"] == [good]


async def unanswered(base: str, hall: OwnHall) -> None:
    """Clause 4.7: what was signed and stamped elsewhere in time, and never answered, is entered as evidence."""
    for who in BIDDERS:
        deposit = hall.room.state.deposit(LOT, who)
        await hall.act(who, "answer_sealing", answer="intact", sha256=deposit.sha256)
    await hall.act("host", "declare_sealing")
    await hall.act("host", "command_decryption", minutes=60)
    act = lost_release(hall, "b3")
    stamp = await token(hall, stamped(act))
    sent = {"act": act.to_json(), "token": base64.b64encode(stamp).decode()}
    path = f"{PROOF}/unanswered"
    async with client(base, "host", hall) as host, client(base, "b3", hall) as bidder:
        found = await host.post(path, sent)
        assert (found["bidder"], found["in_time"], found["answered"]) == ("b3", True, False)
        assert found["stamped_at"] <= found["end"]
        (kept,) = await hall.core.journal.proofs.handed_in(TENDER)
        assert kept.sha256 == found["sha256"]
        assert b"secret" not in kept.body  # a release's body holds a key, and is never in such a file
        assert await refused(bidder.post(path, sent)) == "not_permitted"
        other = {**sent, "act": lost_release(hall, "b2").to_json()}
        assert await refused(host.post(path, other)) == "stamp_does_not_fit"
        hall.after(61 * MINUTE)
        late = lost_release(hall, "b3")
        stamp = await token(hall, stamped(late))
        sent = {"act": late.to_json(), "token": base64.b64encode(stamp).decode()}
        assert (await host.post(path, sent))["in_time"] is False


async def test_who_has_no_seat_is_told_nothing(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall, gateway(hall) as base:
        one = holder("host")
        async with Hall(base, Identity(one.certificate, one.key)) as stranger:
            for path in ASKED:
                with pytest.raises((NotPermitted, Refused)):
                    await stranger.get(path)
