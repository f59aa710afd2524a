"""A bidder without a browser: it seals offline, hands in and releases by commands alone, against a real hall."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hall import app, tasks
from hall.config import load
from hall.gateway.server import Gateway
from hall.rehearsal.demo_ca import PASSWORD
from hall.rehearsal.sample_bid import sample_bid_pdf
from hall.signing import sealed_bid
from tests.demo_world import holder, world
from tests.gm_world import gm_world
from tests.own_hall import BIDDERS, LOT, MINUTE, OwnHall, own_hall

COLUMNS = {
    "price": "1234567.80",
    "period": "180天",
    "quality": "合格",
    "manager": "陈建国",
    "security": "保函",
}


@dataclass(frozen=True, slots=True)
class Done:
    """What a command gave."""

    code: int
    said: str
    complained: str


class Desk:
    """A terminal in a folder with a bidder's files."""

    def __init__(self, folder: Path, base: str, national: bool = False) -> None:
        self.folder = folder
        self.base = base
        self.key_file = "b1.pem" if national else "b1.p12"
        if national:
            pair = next(one for one in gm_world().bidders if one.id == "gm-b1")
            (folder / "b1.pem").write_bytes(pair.file.read_bytes())
        b1 = next(one for one in world().bidders if one.id == "b1")
        (folder / "b1.p12").write_bytes(b1.p12.read_bytes())
        (folder / "password").write_text(PASSWORD + "\n", encoding="utf-8")
        (folder / "summary.json").write_text(json.dumps(COLUMNS), encoding="utf-8")
        pdf = sample_bid_pdf(tender="T1", tender_name="工程", lot=LOT, bidder="甲", **COLUMNS)
        (folder / "bid.pdf").write_bytes(pdf)

    async def hall(self, command: str, *options: str, key: bool = True) -> Done:
        """Run one command, beside the hall that runs in this loop."""
        mine = ("--p12", self.key_file, "--password-file", "password") if key else ()
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hall", command, *mine, *options),
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await running.communicate()
        return Done(running.returncode or 0, out.decode(), err.decode())

    async def seal(self, out: str, *options: str) -> Done:
        ids = ("--tender", "T1", "--bidder", "b1", "--summary", "summary.json", "--out", out)
        return await self.hall("seal", *ids, *options, "bid.pdf")


@asynccontextmanager
async def open_hall(
    directory: Path, suite: str = "INTL", **rules: object
) -> AsyncIterator[tuple[OwnHall, Desk]]:
    """A hall with its doors open, and a terminal before it."""
    folder = directory / "bidder"
    folder.mkdir()
    async with own_hall(directory, rules=rules, suite=suite) as hall:
        (directory / "web").mkdir()
        (directory / "web" / "index.html").write_text("<!doctype html>")
        told = {"HALL_SERVER_PORT": "0", "HALL_SERVER_WEB_ROOT": str(directory / "web")}
        gateway = Gateway(load(directory / "hall.toml", told), app.inside(hall.core))
        await gateway.start(None)
        try:
            yield hall, Desk(folder, f"http://localhost:{gateway.port}", suite == "GM")
        finally:
            await gateway.stop()


async def until_checked(hall: OwnHall) -> None:
    """The others bid, everybody signs in, the seals are found intact."""
    for who in BIDDERS[1:]:
        await hall.deposit(who)
    for who in BIDDERS:
        await hall.sign_in(who)
    hall.after(61 * MINUTE)
    await hall.until("DepositsHandedOver")
    await hall.act("host", "announce_bidders")
    await hall.until("SealingRechecked")
    for who in BIDDERS:
        deposit = hall.room.state.deposit(LOT, who)
        await hall.act(who, "answer_sealing", answer="intact", sha256=deposit.sha256)
    await hall.act("host", "declare_sealing")


async def test_clause_5_2_2_a_bidder_seals_deposits_and_releases_by_commands_alone(tmp_path: Path) -> None:
    async with open_hall(tmp_path) as (hall, desk):
        sealed = await desk.seal("mine.bid")
        assert (sealed.code, sealed.complained) == (0, "")
        handed_in = await desk.hall("deposit", "--hall", desk.base, "mine.bid")
        assert handed_in.code == 0, handed_in.complained
        assert "自检 100%" in handed_in.complained and "上传 100%" in handed_in.complained
        digest = hashlib.sha256((desk.folder / "mine.bid").read_bytes()).hexdigest()
        assert digest in handed_in.said
        kept = json.loads((desk.folder / "mine.bid.receipt.json").read_text(encoding="utf-8"))
        assert kept["receipt"]["sha256"] == json.loads(kept["act"]["body"])["sha256"] == digest
        assert (desk.folder / "mine.bid.receipt.pdf").read_bytes().startswith(b"%PDF-")
        # Run again it is the same deposit: nothing is sent twice, the receipt is the same bid's.
        again = await desk.hall("deposit", "--hall", desk.base, "mine.bid")
        assert (again.code, digest in again.said) == (0, True)

        release = ("release", "--hall", desk.base, "--receipt", "mine.bid.receipt.json")
        early = await desk.hall(*release)
        assert (early.code, "--wait" in early.complained, "too_early" in early.complained) == (1, True, True)
        await until_checked(hall)
        # It comes before the command or after it: either way it releases once, and waits for what is not yet there.
        waiting = tasks.start(desk.hall(*release, "--wait"), "waiting bidder")
        await hall.act("host", "command_decryption", minutes=60)
        done = await waiting
        assert (done.code, "已解密" in done.said) == (0, True), done.complained
        await hall.until("BidOpened")


async def test_clause_5_2_2_a_bid_is_withdrawn_by_a_command_that_asks_once_more(tmp_path: Path) -> None:
    async with open_hall(tmp_path) as (hall, desk):
        withdraw = ("withdraw", "--hall", desk.base, "--tender", "T1")
        await hall.deposit("b1")
        tendering = hall.core.registry.tendering("T1").state
        unsure = await desk.hall(*withdraw)  # nobody at the terminal says so
        assert (unsure.code, "没有撤回" in unsure.complained) == (1, True)
        done = await desk.hall(*withdraw, "--yes")
        assert done.code == 0, done.complained
        word = json.loads((desk.folder / "T1-1.withdrawal.json").read_text(encoding="utf-8"))
        deposit = next(one for one in tendering.deposits if one.bidder == "b1")
        assert word["sha256"] == deposit.sha256
        assert (desk.folder / "T1-1.withdrawal.pdf").read_bytes().startswith(b"%PDF-")
        assert hall.core.registry.tendering("T1").state.active(LOT, "b1") is None
        twice = await desk.hall(*withdraw, "--yes")
        assert (twice.code, "Traceback" in twice.complained) == (1, False)
        assert "没有" in twice.complained, "words, and not a bare code"


@pytest.mark.parametrize(
    "suite", ["INTL", pytest.param("GM", marks=[pytest.mark.long, pytest.mark.timeout(300)])]
)
async def test_clause_5_3_4_a_bidder_whose_key_is_gone_releases_by_its_recovery_file(
    tmp_path: Path, suite: str
) -> None:
    async with open_hall(tmp_path, suite, remedy="recovery_file") as (hall, desk):
        (desk.folder / "words").write_text("correct horse battery\n", encoding="utf-8")
        words = ("--recovery", "mine.recovery.json", "--passphrase-file", "words")
        sealed = await desk.seal("mine.bid", *words, "--copy", "mine.copy")
        assert (sealed.code, sealed.complained) == (0, "")
        assert (desk.folder / "mine.recovery.json").stat().st_mode & 0o077 == 0
        assert (await desk.hall("deposit", "--hall", desk.base, "mine.bid")).code == 0

        # The copy and the recovery file give the very bytes again; the hall needs none as long as its own are whole.
        again = ("restore", "--hall", desk.base, "--receipt", "mine.bid.receipt.json")
        needless = await desk.hall(*again, *words, "--copy", "mine.copy", "again.bid")
        assert (needless.code, "not_damaged" in needless.complained) == (1, True)
        assert (desk.folder / "again.bid").read_bytes() == (desk.folder / "mine.bid").read_bytes()

        await until_checked(hall)
        await hall.act("host", "command_decryption", minutes=60)
        release = (
            "release",
            "--hall",
            desk.base,
            "--receipt",
            "mine.bid.receipt.json",
            "--reason",
            "UKey损坏",
        )
        done = await desk.hall(*release, *words)
        assert (done.code, "已解密" in done.said) == (0, True), done.complained
        assert hall.room.state.lots[LOT].unconfirmed == ("b1",)
        for role in ("procuring_entity", "scrutineer"):
            await hall.act(role, "answer_remedy", bidder="b1", accepted=True, reason="已核对身份")
        await hall.until("BidOpened")


@pytest.mark.long
async def test_what_the_commands_refuse_they_refuse_in_plain_words_with_an_exit_code(tmp_path: Path) -> None:
    async with open_hall(tmp_path) as (_, desk):
        assert (await desk.seal("mine.bid")).code == 0
        whole = (desk.folder / "mine.bid").read_bytes()
        (desk.folder / "cut.bid").write_bytes(whole[:-1])
        (desk.folder / "damaged.bid").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        (desk.folder / "wrong").write_text("nothing\n", encoding="utf-8")
        other = sealed_bid.seal(
            desk.folder / "bid.pdf",
            desk.folder / "other.bid",
            tender="T1",
            lot=LOT,
            bidder="b1",
            name="x",
            certificate=holder("b2").certificate,
        )
        assert other.recipient
        base = ("--hall", desk.base)
        for code, words, told in (
            (1, "长度不对", await desk.hall("deposit", *base, "cut.bid")),
            (1, "第 0 段", await desk.hall("deposit", *base, "damaged.bid")),
            (1, "换用指纹为", await desk.hall("deposit", *base, "other.bid")),
            (1, "不是加密投标文件", await desk.hall("deposit", *base, "bid.pdf")),
            (1, "密码不正确", await desk.hall("deposit", *base, "--password-file", "wrong", "mine.bid")),
            (1, "缺少证书", await desk.hall("deposit", *base, "mine.bid", key=False)),
            (1, "No such file", await desk.hall("deposit", *base, "none.bid")),
            (2, "required", await desk.hall("deposit", "mine.bid")),
            (1, "读不懂 --receipt", await desk.hall("release", *base, "--receipt", "summary.json")),
        ):
            assert (told.code, words in told.complained) == (code, True), (words, told)
            assert "Traceback" not in told.complained
        assert not re.findall(r"receipt", " ".join(path.name for path in desk.folder.iterdir()))


@pytest.mark.parametrize("gone", ["commander", "custody", "receipt"])
def test_a_kept_receipt_that_misses_something_is_refused(gone: str) -> None:
    from hall.client.cli_release import read_kept
    from hall.errors import Malformed

    whole = {
        "receipt": {"tender": "T1", "lot": "1", "sha256": "ab" * 32},
        "commander": "AA==",
        "custody": {"rule": "hall", "custodians": [], "owner": ""},
    }
    assert read_kept(json.dumps(whole).encode()).custody.rule == "hall"
    del whole[gone]
    with pytest.raises(Malformed, match="malformed_receipt"):
        read_kept(json.dumps(whole).encode())
