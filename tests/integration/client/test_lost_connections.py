"""Lost answers and refusals: what a client sends again as it is, what it signs anew, and where it stops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hall.client import api
from hall.client.api import Hall, TenderCard
from hall.errors import Malformed, NotPermitted, Refused, Unavailable
from hall.signing import sealed_bid
from tests.integration.client.fake_hall import FakeHall, open_fake_hall
from tests.unit.client import openings as o
from tests.unit.client.people import someone


@pytest.fixture
async def fake(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeHall]:
    monkeypatch.setattr(api, "_pause", lambda attempt: 0.0)
    async with open_fake_hall() as hall:
        yield hall


@pytest.fixture
async def hall(fake: FakeHall) -> AsyncIterator[Hall]:
    async with Hall(fake.base, someone("bidder")) as client:
        yield client


async def object_to_something(hall: Hall) -> None:
    await hall.act(o.OPENING, "raise_objection", o.context(), {"text": "why?"})


async def test_an_act_whose_answer_was_lost_is_sent_again_byte_for_byte(hall: Hall, fake: FakeHall) -> None:
    fake.lose = 2
    await object_to_something(hall)
    assert len(fake.acts) == 3
    assert fake.acts[0] == fake.acts[1] == fake.acts[2]


async def test_a_busy_hall_is_asked_again_with_the_same_act(hall: Hall, fake: FakeHall) -> None:
    fake.refuse = [(503, "journal_busy")]
    await object_to_something(hall)
    assert fake.acts[0] == fake.acts[1]


async def test_an_old_nonce_is_a_reason_to_sign_anew_once(hall: Hall, fake: FakeHall) -> None:
    fake.refuse = [(409, "nonce_expired")]
    await object_to_something(hall)
    assert [act["server_nonce"] for act in fake.acts] == [f"{1:032x}", f"{2:032x}"]
    assert fake.acts[0]["client_nonce"] != fake.acts[1]["client_nonce"]
    fake.refuse = [(409, "nonce_expired"), (409, "nonce_expired")]
    with pytest.raises(Refused, match="nonce_expired"):
        await object_to_something(hall)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Malformed), (401, NotPermitted), (403, NotPermitted), (404, Refused), (409, Refused)],
)
async def test_a_refusal_is_final_and_keeps_code_and_facts(
    hall: Hall, fake: FakeHall, status: int, kind: type[Refused]
) -> None:
    fake.refuse = [(status, "some_code")]
    with pytest.raises(kind) as caught:
        await object_to_something(hall)
    assert (caught.value.code, caught.value.facts, len(fake.acts)) == ("some_code", {"n": 1}, 1)


async def test_a_hall_that_is_gone_is_named_so(hall: Hall, fake: FakeHall) -> None:
    fake.lose = 100
    with pytest.raises(Unavailable, match="hall_unreachable"):
        await object_to_something(hall)


@pytest.mark.parametrize("trouble", ["none", "lost", "damaged", "half there"])
async def test_an_upload_arrives_whole_whatever_happens_on_the_way(
    hall: Hall, fake: FakeHall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(api, "SLICE", 1_000)
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(bytes(5_000))
    receipt = sealed_bid.seal(
        plain,
        sealed,
        tender=o.TENDER,
        lot=o.LOT,
        bidder=o.BIDDER,
        name="bid",
        certificate=hall.identity.certificate,
    )
    fake.lose = 2 if trouble == "lost" else 0
    fake.damage = 2 if trouble == "damaged" else 0
    fake.stored = bytearray(sealed.read_bytes()[:2_500]) if trouble == "half there" else bytearray()
    card = TenderCard(o.TENDER, "", o.OPENING, o.DEADLINE, o.NINE, [], [], o.LOG_KEY, [])
    with sealed.open("rb") as file:
        header = sealed_bid.read_header(file)
    promised, act = await hall.deposit(card, header, sealed, receipt)
    assert bytes(fake.stored) == sealed.read_bytes()
    assert promised.sha256 == receipt.sha256
    assert act.deadline == o.DEADLINE
    assert act.body_json()["salt"] == header.salt.hex()


async def test_a_receipt_for_something_else_is_not_accepted(
    hall: Hall, fake: FakeHall, tmp_path: Path
) -> None:
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(b"a bid")
    receipt = sealed_bid.seal(
        plain,
        sealed,
        tender=o.TENDER,
        lot=o.LOT,
        bidder=o.BIDDER,
        name="bid",
        certificate=hall.identity.certificate,
    )
    with sealed.open("rb") as file:
        header = sealed_bid.read_header(file)
    fake.stored = bytearray(receipt.size)  # the hall says it has the bytes, but they are others
    card = TenderCard(o.TENDER, "", o.OPENING, o.DEADLINE, o.NINE, [], [], o.LOG_KEY, [])
    with pytest.raises(Refused, match="receipt_mismatch"):
        await hall.deposit(card, header, sealed, receipt)
