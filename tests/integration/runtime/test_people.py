"""Posts and personal items in a whole hall: deputies, substitutes, another representative, sealed quotes."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from hall.client.keys import Context, Identity
from hall.errors import NotPermitted, Refused
from hall.procurement.acts import ZERO_DIGEST
from hall.procurement.parties import Role
from hall.rehearsal.stage import party_of
from hall.session import events as e
from tests.demo_world import holder, world
from tests.own_hall import (
    BIDDERS,
    LOT,
    MINUTE,
    OPENING,
    PRICES,
    OwnHall,
    declare_results,
    own_hall,
    until_released,
)

CLERK = next(one for one in world().staff if one.role == "clerk")
DEPUTY = {"role": "host", "party": party_of(CLERK), "name": CLERK.name, "unit": CLERK.organisation}
PERSON = {"representative": "李大明", "identity": "DEMO-b1-2", "phones": ["13900000000"]}


def sha256_of(who: str) -> str:
    return holder(who).certificate.sha256


async def as_host(hall: OwnHall, who: str, act_type: str, **body: object) -> None:
    """`who` acts in the host's seat."""
    one, desk = holder(who), hall.core.desk
    actor = desk.actor_for(await hall.login(who), OPENING, act_type)
    assert actor.role is Role.HOST
    view = desk.update(OPENING, actor, 0).view
    context = Context(view.origin, tender=view.tender, opening=OPENING, deadline=view.bid_deadline)
    nonce = desk.nonce(sha256_of(who))
    act = Identity(one.certificate, one.key).sign_act(act_type, context, nonce, body)
    await desk.act(OPENING, act, one.certificate.der, actor, hall.clock.now())


async def test_clause_5_3_1_a_deputy_has_a_seat_and_relieves_a_silent_host(tmp_path: Path) -> None:
    async with own_hall(tmp_path, deputy=[DEPUTY]) as hall:
        roles = {seat.role for seat in hall.core.desk.seats(await hall.login("clerk"))}
        assert roles == {Role.CLERK, Role.HOST}
        for who in BIDDERS:
            await hall.deposit(who)
            await hall.sign_in(who)
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        hall.after(4 * MINUTE)
        await as_host(hall, "clerk", "take_post")
        assert hall.room.state.posts[Role.HOST].certificate == sha256_of("clerk")
        assert Role.HOST not in {s.role for s in hall.core.desk.seats(await hall.login("host"))}
        both = await hall.login("clerk")
        assert hall.core.desk.actor_for(both, OPENING, "announce_bidders").role is Role.HOST
        assert hall.core.desk.actor_for(both, OPENING, "explain_incidents").role is Role.CLERK
        known = hall.core.desk.certificate(OPENING, sha256_of("clerk"), hall.actor("b1"))
        assert known == holder("clerk").certificate.der
        # Whoever was relieved acted before: its certificate stays to be had.
        assert hall.core.desk.certificate(OPENING, sha256_of("host"), hall.actor("b1"))


async def test_a_substitute_has_to_be_known_to_the_hall_and_is_known_to_all(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        regulator = {"role": "regulator", "party": "supervisor", "name": "王芳", "unit": "监管部门"}
        with pytest.raises(Refused, match="unknown_certificate"):
            await hall.act(
                "procuring_entity", "appoint_substitute", **regulator, certificate=ZERO_DIGEST, reason="空缺"
            )
        certificate = sha256_of("supervisor")
        await hall.act(
            "procuring_entity", "appoint_substitute", **regulator, certificate=certificate, reason="空缺"
        )
        roles = {seat.role for seat in hall.core.desk.seats(await hall.login("supervisor"))}
        assert roles == {Role.SUPERVISOR, Role.REGULATOR}
        with pytest.raises(NotPermitted, match="no_such_certificate"):
            hall.core.desk.certificate(OPENING, sha256_of("b2"), hall.actor("b1"))
        assert hall.core.desk.certificate(OPENING, certificate, hall.actor("b1"))


async def test_clause_5_3_7_another_representative_is_known_by_its_digest_alone(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.sign_in("b1")
        await hall.act(
            "b1",
            "replace_representative",
            **PERSON,
            acts_for_bidder=True,
            salt="cd" * 16,
            letter="ef" * 32,
        )
        digest = hall.room.state.signed_in["b1"].person
        body = await hall.core.journal.personal(digest)
        assert body is not None
        assert "李大明" in body.decode()
        stored = [row.body for row in await hall.core.journal.rows("T1")]
        assert "李大明" not in str(stored)


async def test_quotes_stay_sealed_beside_the_journal_until_their_round_is_closed(tmp_path: Path) -> None:
    rules = {"procurement_method": "negotiation", "quotes_allowed": True}
    async with own_hall(tmp_path, rules=rules) as hall:
        await until_released(hall)
        await hall.release("b4")
        await hall.until("WindowClosed")
        await declare_results(hall)
        await hall.until("PricesDisclosed")
        await hall.act("procuring_entity", "open_quotes", minutes=10)
        prices = {who: f"{1_000_000 + n}.25" for n, who in enumerate(BIDDERS[:3])}
        for who, price in prices.items():
            await hall.act(who, "offer_quote", round=1, price=price, salt="ab" * 16)
        stored = str([row.body for row in await hall.core.journal.rows("T1")])
        assert not any(price in stored for price in prices.values())
        hall.after(11 * MINUTE)
        await hall.until("QuotesDisclosed")
        told = next(x for _, _, x in reversed(hall.room.entries) if isinstance(x, e.QuotesDisclosed))
        assert {q.bidder: q.price for q in told.quotes} == prices | {"b4": PRICES["b4"]}
        assert hall.room.state.lots[LOT].rounds[0].disclosed


async def test_clause_5_3_7_a_reference_picture_lies_beside_the_journal_for_who_compares(
    tmp_path: Path,
) -> None:
    photo = b"\xff\xd8\xff" + b"a representative's face" * 40
    person = PERSON | {"acts_for_bidder": True, "salt": "ab" * 16}
    async with own_hall(tmp_path, camera=[{"id": "hall", "name": "开标室"}]) as hall:
        for who in BIDDERS:
            await hall.deposit(who)
        await hall.act("b1", "sign_in", **person, photo=base64.b64encode(photo).decode())
        for who in BIDDERS[1:]:
            await hall.sign_in(who)
        desk = hall.core.desk
        with pytest.raises(NotPermitted, match="may_not_watch"):
            await desk.reference(OPENING, "b1", hall.actor("supervisor"))
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        # The host sends nothing, and the hall's camera proves that the opening is recorded (clause 6.1).
        hall.media.tapes.clear()
        hall.media.begin(OPENING, "camera-hall")
        await hall.act("host", "announce_bidders")
        (announced,) = (x for _, _, x in hall.room.entries if isinstance(x, e.BiddersAnnounced))
        assert announced.proof.participant == "camera-hall"
        sha256 = hashlib.sha256(photo).hexdigest()
        assert await desk.reference(OPENING, "b1", hall.actor("supervisor")) == (sha256, photo)
        assert await desk.reference(OPENING, "b2", hall.actor("host")) == ("", b"")
        for who in ("clerk", "procuring_entity", "b1"):
            with pytest.raises(NotPermitted, match="may_not_watch"):
                await desk.reference(OPENING, "b1", hall.actor(who))
        shown = {x.bidder: x.reference for x in hall.view("supervisor").lots[0].bidders}
        assert shown == {"b1": sha256, "b2": "", "b3": "", "b4": ""}
        rows = await hall.core.journal.rows("T1")
        assert not any(base64.b64encode(photo).decode() in str(row.body) for row in rows)
        bundled = {"photo": sha256, "compares": False}
        assert any(bundled.items() <= row.body.items() for row in rows if row.kind == "BidderSignedIn")
