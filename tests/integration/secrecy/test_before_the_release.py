"""What the hall can't know it does not know: contents of bids before their release, prices before their disclosure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from hall.client.sealing import Columns
from hall.rehearsal.sample_bid import sample_bid_pdf
from hall.rehearsal.stage import LOT
from hall.signing import sealed_bid
from tests.integration.secrecy.search import forms_of_key, forms_of_text, in_files, in_memory
from tests.integration.secrecy.visitors import LEAD, STAFF, House, Visitor, house

pytestmark = pytest.mark.timeout(300)

PRICES = {"b1": "8313579.64", "b2": "8427461.93", "b3": "8539284.17", "b4": "8641973.58"}
MANAGERS = {"b1": "欧阳鹤鸣甲", "b2": "司徒云归乙", "b3": "上官雁回丙", "b4": "令狐竹影丁"}


class Secrets:
    """What only the bidders know, by name."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}
        self.texts: dict[str, bytes] = {}
        self.prices: dict[str, bytes] = {}

    def learn(self, one: Visitor, pdf: bytes) -> None:
        assert one.bid is not None
        identity = one.hall.identity
        key = sealed_bid.unwrap(one.bid.header, identity.key, identity.certificate)
        self.keys |= forms_of_key(f"key of {one.id}", key)
        self.prices |= forms_of_text(f"price of {one.id}", PRICES[one.id])
        self.texts |= forms_of_text(f"manager of {one.id}", MANAGERS[one.id])
        middle = len(pdf) // 2
        self.texts[f"bid of {one.id}"] = pdf[middle : middle + 48]

    @property
    def all(self) -> dict[str, bytes]:
        return self.keys | self.texts | self.prices


async def bids(one: Visitor, work: Path) -> bytes:
    """Make a bid, hand it in and sign in; give the PDF."""
    columns = Columns(PRICES[one.id], "180日历天", "合格", MANAGERS[one.id], "投标保函 20万元")
    pdf = sample_bid_pdf(
        tender=one.view.tender_number,
        tender_name=one.view.tender_name,
        lot=LOT,
        bidder=one.view.you.name,
        price=columns.price,
        period=columns.period,
        quality=columns.quality,
        manager=columns.manager,
        security=columns.security,
    )
    await one.deposit(pdf, columns, work)
    await one.sign_in()
    return pdf


async def commanded(place: House, work: Path, names: Sequence[str] = tuple(PRICES)) -> Secrets:
    """Play up to the decrypt command: all have bid, and the hall holds their sealed files."""
    secrets = Secrets()
    host = await place.enter("host")
    await host.publish(place.clips)
    for name in names:
        one = await place.enter(name)
        secrets.learn(one, await bids(one, work))
    await host.act("advance_clock", by_ms=LEAD)
    await host.until(lambda: f"announce_bidders:{LOT}" in host.view.may)
    await host.act("announce_bidders", LOT)
    for name in names:
        one = place.visitors[name]
        await one.until(lambda one=one: f"answer_sealing:{LOT}" in one.view.may)  # type: ignore[misc]  # bound now
        assert one.bid is not None
        await one.act("answer_sealing", LOT, answer="intact", sha256=one.bid.receipt.sha256)
    await host.until(lambda: f"declare_sealing:{LOT}" in host.view.may)
    await host.act("declare_sealing", LOT)
    await host.until(lambda: f"command_decryption:{LOT}" in host.view.may)
    await host.act("command_decryption", LOT, minutes=60)
    return secrets


async def test_before_the_release_nothing_of_a_bid_is_in_the_servers_files_or_memory_and_before_the_disclosure_nowhere_in_clear(  # noqa: E501 one play, two looks
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    work = tmp_path_factory.mktemp("bidders")
    async with house(tmp_path / "hall", tmp_path_factory.mktemp("clips")) as place:
        secrets = await commanded(place, work)
        server = place.stage._server
        assert server is not None
        first = place.visitors["b1"]
        assert first.bid is not None

        # The search finds what is there: what the deposits said of themselves, and the sealed bytes.
        known = {"digest": first.bid.receipt.sha256.encode()}
        sealed = {"sealed": first.bid.file.read_bytes()[-64:]}
        assert in_memory(server.pid, known)
        assert in_files(tmp_path / "hall" / "data", known)
        assert in_files(tmp_path / "hall" / "data", sealed)

        assert in_files(tmp_path / "hall", secrets.all) == []
        assert in_memory(server.pid, secrets.all) == []

        # Three release, the fourth does not: the bids are opened, the window runs on, nothing is disclosed.
        for name in ("b1", "b2", "b3"):
            one = place.visitors[name]
            await one.until(lambda one=one: f"release:{LOT}" in one.view.may)  # type: ignore[misc]  # bound now
            await one.release()
        host = place.visitors["host"]
        await host.until(lambda: [e.kind for e in host.live.known.timeline].count("BidOpened") == 3)
        assert in_files(tmp_path / "hall", secrets.all) == []

        for role in STAFF[1:]:
            await place.enter(role)
        for one in place.visitors.values():
            await one.beats(2)
            heard = json.dumps([one.screen(), one.live.updates], ensure_ascii=False).encode()
            heard += json.dumps([one.screen(), one.live.updates]).encode()
            assert [name for name, needle in secrets.all.items() if needle in heard] == []
            assert all(lot.prices == [] for lot in one.view.lots)
