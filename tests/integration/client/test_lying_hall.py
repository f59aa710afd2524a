"""A hall that lies is sent no release: the whole way over the wire, with the key in the client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hall.client.api import Hall
from hall.client.follow import Known
from hall.client.keys import Identity
from hall.client.live import Live
from hall.client.release import release
from hall.clock import ManualClock
from hall.errors import HallError, Refused
from hall.procurement.acts import SignedAct
from hall.signing import sealed_bid
from tests.integration.client.fake_hall import FakeHall, open_fake_hall
from tests.unit.client import openings as o
from tests.unit.client.people import someone


@pytest.fixture
async def fake() -> AsyncIterator[FakeHall]:
    async with open_fake_hall() as hall:
        yield hall


class Table:
    """One bidder's client in the middle of the decryption window."""

    def __init__(self, fake: FakeHall, folder: Path) -> None:
        self.bidder, self.host = someone("bidder"), someone("host")
        self.folder = folder
        self.fake = fake
        self.header, self.receipt = self.seal("own")
        fake.header = self.header.raw
        fake.statement = o.statement(self.bidder, self.header, self.receipt).to_json()

    def seal(self, name: str, **ids: str) -> tuple[sealed_bid.SealedHeader, sealed_bid.SealReceipt]:
        plain, out = self.folder / f"{name}.plain", self.folder / name
        plain.write_bytes(b"a bid")
        named = {"tender": o.TENDER, "lot": o.LOT, "bidder": o.BIDDER, "name": "bid"} | ids
        receipt = sealed_bid.seal(plain, out, certificate=self.bidder.certificate, **named)
        with out.open("rb") as file:
            return sealed_bid.read_header(file), receipt

    async def release(self, command: SignedAct | None = None, kept: str | None = None) -> None:
        view = o.view(self.bidder, self.host, command or o.command(self.host))
        async with Hall(self.fake.base, self.bidder) as hall:
            live = Live(hall, o.OPENING, ManualClock())
            live.known = Known(view)
            live.keeper.saw_key(o.LOG_KEY)
            await live.keeper.saw(o.NOTE)
            await release(hall, live, o.LOT, self.host.certificate.der, kept)


@pytest.fixture
def table(fake: FakeHall, tmp_path: Path) -> Table:
    return Table(fake, tmp_path)


async def test_an_honest_hall_gets_the_release_with_the_history_the_client_saw(table: Table) -> None:
    await table.release(kept=table.receipt.sha256)
    (sent,) = table.fake.acts
    act = SignedAct.from_json(sent)
    assert (act.type, act.manifest, act.tree_size, act.epoch) == ("release", o.MANIFEST, 7, 0)
    assert act.body_json()["sha256"] == table.receipt.sha256


async def test_a_false_command_is_answered_with_nothing(table: Table) -> None:
    with pytest.raises(Refused, match="command_invalid"):
        await table.release(o.command(someone("not the host")))
    assert table.fake.acts == []


async def test_the_header_of_another_lot_is_answered_with_nothing(table: Table) -> None:
    header, receipt = table.seal("other", lot="2")
    table.fake.header = header.raw
    table.fake.statement = o.statement(table.bidder, header, receipt).to_json()
    with pytest.raises(Refused, match="not_the_deposit"):
        await table.release()
    assert table.fake.acts == []


async def test_a_flipped_digest_is_answered_with_nothing(table: Table) -> None:
    said = o.statement(table.bidder, table.header, table.receipt, sha256="00" * 32)
    table.fake.statement = said.to_json()
    with pytest.raises(Refused, match="not_the_deposit"):
        await table.release(kept=table.receipt.sha256)
    assert table.fake.acts == []


async def test_a_command_with_a_changed_byte_is_answered_with_nothing(table: Table) -> None:
    true = o.command(table.host)
    for field in ("origin", "lot", "manifest", "server_nonce", "tree_root"):
        changed = replace(true, **{field: getattr(true, field)[:-1] + "7"})
        with pytest.raises(Refused, match="command_invalid"):
            await table.release(changed)
    assert table.fake.acts == []


@pytest.mark.parametrize("answer", [b"", b"BIDSEAL1", b"<html>", bytes(100_000)])
async def test_nonsense_instead_of_a_header_is_answered_with_nothing(table: Table, answer: bytes) -> None:
    table.fake.header = answer
    with pytest.raises(HallError):
        await table.release()
    assert table.fake.acts == []


async def test_another_identity_is_told_which_certificate_is_needed(table: Table) -> None:
    owner, table.bidder = table.bidder, someone("wrong token")
    with pytest.raises(Refused) as caught:
        await table.release()
    assert caught.value.facts == {"needed": owner.certificate.sha256}
    assert isinstance(owner, Identity)
    assert table.fake.acts == []
