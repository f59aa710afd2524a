"""A hall that shows two parties two histories, over real HTTP: both clients stop, and their files convict it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from hall.client import witness as w
from hall.client.api import Hall
from hall.client.proof import Keeper
from hall.clock import ManualClock
from hall.errors import Refused, Unavailable
from hall.evidence.bundle import Anchors
from hall.evidence.entitlement import Entitlement
from hall.evidence.one_history import contradictions
from hall.evidence.story import Story
from hall.journal.checkpoint import SignedRoot, sign
from hall.journal.tree import Tree
from tests.unit.client import openings as o
from tests.unit.client.people import someone


def tree(word: str, common: int = 4) -> Tree:
    rows = [f"row {n}" if n < common else f"{word} {n}" for n in range(16)]
    return Tree(hashlib.sha256(row.encode()).digest() for row in rows)


@dataclass
class LyingHall:
    """Proves to whoever asks as `who` the history that it keeps for that party."""

    base: str = ""
    histories: dict[str, Tree] = field(default_factory=dict)
    mute: bool = False
    lost: set[str] = field(default_factory=set)

    def note(self, who: str, size: int, at: int = o.NINE) -> str:
        root = self.histories[who].root(size).hex()
        return sign(SignedRoot(o.LOG_NAME, size, root, (f"at {at}",)), o.LOG)

    async def consistency(self, request: web.Request) -> web.Response:
        if self.mute:
            return web.json_response({"error": {"code": "not_ready", "facts": {}}}, status=409)
        first, second = int(request.query["first"]), int(request.query["second"])
        path = self.histories[request.headers["X-Who"]].consistency(first, second)
        return web.json_response({"first": first, "second": second, "path": [step.hex() for step in path]})

    async def inclusion(self, request: web.Request) -> web.Response:
        history, leaf = self.histories[request.headers["X-Who"]], request.query["leaf"]
        index, size = history.index(bytes.fromhex(leaf)), int(request.query["size"])
        if index is None or leaf in self.lost:
            return web.json_response({"error": {"code": "no_such_leaf", "facts": {}}}, status=409)
        path = [step.hex() for step in history.inclusion(index, size)]
        return web.json_response({"leaf": leaf, "index": index, "size": size, "path": path})


@asynccontextmanager
async def serving(lying: LyingHall) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_get("/api/openings/{opening}/proof/consistency", lying.consistency)
    app.router.add_get("/api/openings/{opening}/proof/inclusion", lying.inclusion)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address: Any = runner.addresses[0]
    lying.base = f"http://127.0.0.1:{address[1]}"
    try:
        yield
    finally:
        await runner.cleanup()


@dataclass
class Party:
    keeper: Keeper
    hall: Hall
    clock: ManualClock


@pytest.fixture
async def lying() -> AsyncIterator[LyingHall]:
    made = LyingHall(histories={"host": tree("one"), "bidder": tree("another")})
    async with serving(made):
        yield made


@asynccontextmanager
async def party(lying: LyingHall, who: str, memory: Path | None = None) -> AsyncIterator[Party]:
    clock = ManualClock(o.NINE)
    async with Hall(lying.base, someone(who), memory=memory, clock=clock) as hall:
        hall.session.headers["X-Who"] = who
        keeper = hall.keeper(o.OPENING)
        keeper.saw_key(o.LOG_KEY)
        yield Party(keeper, hall, clock)


def code(one: Party) -> str:
    alarm = one.keeper.witness.alarm
    return alarm.code if alarm else ""


async def test_two_parties_who_were_shown_two_histories_stop_and_convict_the_hall(
    lying: LyingHall, tmp_path: Path
) -> None:
    async with party(lying, "host") as host, party(lying, "bidder", tmp_path) as bidder:
        for one, who in ((host, "host"), (bidder, "bidder")):
            for size in (4, 9):
                assert await one.keeper.saw(lying.note(who, size))
        assert (code(host), code(bidder)) == ("", "")  # each history is consistent with itself
        # The host commands the decryption over the history that it was shown; the bidder sees the command.
        assert host.keeper.verified is not None
        size, root = host.keeper.verified
        await bidder.keeper.met({"type": "command_decryption", "tree_size": size, "tree_root": root})
        assert code(bidder) == "tree_forked"
        # And when the hall goes on with one of the two, the other one stops as well.
        lying.histories["host"] = lying.histories["bidder"]
        assert await host.keeper.saw(lying.note("host", 12))
        assert code(host) == "tree_forked"
        for one in (host, bidder):
            with pytest.raises(Refused, match="another_history"):
                _ = one.keeper.verified
            with pytest.raises(Refused, match="another_history"):
                await one.hall.act(o.OPENING, "say", o.context(), {"text": ""})
        files = [w.contradiction(one.keeper.witness) for one in (host, bidder)]
    kept = written(tmp_path)
    assert verdict(lying.histories["bidder"], files[0]) != []
    assert verdict(tree("one"), kept[0]) != []


def written(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]


def verdict(history: Tree, document: dict[str, Any]) -> list[str]:
    """What the verifier finds in a client's file beside a bundle that tells this history."""
    bundle: Any = type("Head", (), {"head": {"tender": o.TENDER}})()
    story = Story(bundle, Entitlement.REGULATOR, "", tree=history)
    anchors = Anchors(o.ORIGIN, "rehearsal", o.LOG.public_key().public_bytes_raw(), (), ())
    return list(contradictions(json.loads(json.dumps(document)), anchors, story))


async def test_a_proof_that_never_comes_is_an_answer_after_a_minute(lying: LyingHall) -> None:
    async with party(lying, "bidder") as one:
        await one.keeper.saw(lying.note("bidder", 4))
        lying.mute = True
        assert not await one.keeper.saw(lying.note("bidder", 9))
        assert one.keeper.verified == (
            4,
            lying.histories["bidder"].root(4).hex(),
        )  # acts bind what was verified
        one.clock.pass_ms(int(w.ASKED_FOR * 1000))
        await one.keeper.saw(lying.note("bidder", 9))
        assert code(one) == "consistency_missing"


async def test_a_line_that_is_down_says_nothing_about_the_history(lying: LyingHall) -> None:
    async def away(path: str) -> object:
        raise Unavailable("hall_unreachable")

    clock = ManualClock(o.NINE)
    keeper = Keeper(away, o.OPENING, clock)
    keeper.saw_key(o.LOG_KEY)
    assert await keeper.saw(lying.note("bidder", 4))
    for _ in range(2):
        clock.pass_ms(10 * 60_000)
        assert not await keeper.saw(lying.note("bidder", 9))
    assert keeper.verified is not None


async def test_a_promised_row_that_the_hall_drops_is_missed(lying: LyingHall, tmp_path: Path) -> None:
    leaf = lying.histories["bidder"].leaf(2).hex()
    async with party(lying, "bidder", tmp_path) as one:
        one.keeper.promised("receipt", o.promise("receipt", {"v": 1, "leaf": leaf, "received_at": o.NINE}))
        await one.keeper.saw(lying.note("bidder", 9, o.NINE + w.INCLUDED_WITHIN))
        assert [promise.proved for promise in one.keeper.witness.promises] == [True]
    async with party(lying, "bidder", tmp_path) as again:  # what was verified is known after a restart
        assert again.keeper.verified == (9, lying.histories["bidder"].root(9).hex())
        other = lying.histories["bidder"].leaf(3).hex()
        lying.lost.add(other)
        again.keeper.promised("ack", o.promise("ack", {"v": 1, "leaf": other, "received_at": o.NINE}))
        await again.keeper.saw(lying.note("bidder", 12, o.NINE + 2 * w.INCLUDED_WITHIN))
        assert code(again) == "promise_broken"


async def test_steps_are_taken_one_after_the_other(lying: LyingHall) -> None:
    async with party(lying, "bidder") as one:
        await asyncio.gather(*(one.keeper.saw(lying.note("bidder", size)) for size in (4, 9, 12)))
        assert one.keeper.verified == (12, lying.histories["bidder"].root(12).hex())
        assert code(one) == ""
