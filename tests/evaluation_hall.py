"""A hall with its doors open whose opening is over, and the committee that evaluates its bids: all real, save media.

Seats are drawn, so who has which is asked of the hall; acts go through its doors.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
from reportlab.pdfgen.canvas import Canvas

from hall import app
from hall.adapters.plan_file import load_plan
from hall.client.api import Hall
from hall.client.keys import Identity
from hall.client.matters import Matters
from hall.clock import HallClock
from hall.config import load
from hall.gateway.server import Gateway
from hall.rehearsal.sample_bid import sample_bid_pdf
from hall.rehearsal.stage import party_of, toml
from hall.runtime.admin import import_plan
from tests import own_hall
from tests.demo_world import a_container, holder, world
from tests.laid_out import TENDER, lay_out
from tests.own_hall import OwnHall
from tests.still_media import StillMedia

LOT = "1"
POINTS = {"b1": 3600, "b2": 3350, "b3": 2875}
"""What each member that is no person in a browser gives a bid for a scored criterion, at most."""


def a_bid(bidder: str) -> bytes:
    """A bid's PDF as a bidder prints it."""
    return sample_bid_pdf(
        tender="TEST-1",
        tender_name="测试工程",
        lot="一标段",
        bidder=holder(bidder).identity.name,
        price=own_hall.PRICES[bidder],
        period="180 日历天",
        quality="合格",
        manager="张工",
        security="100000.00",
    )


def pages_of(count: int) -> bytes:
    """A PDF of `count` pages, each with its number."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for number in range(1, count + 1):
        canvas.drawString(72, 720, f"page number {number}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@dataclass
class Evaluation:
    """A running hall at `base` whose bids are to be evaluated."""

    base: str
    port: int
    inner: OwnHall
    clients: dict[str, Matters] = field(default_factory=dict)
    halls: dict[str, Hall] = field(default_factory=dict)

    async def of(self, who: str) -> Matters:
        """The client of one of the demo's people, logged in."""
        if who not in self.clients:
            one = holder(who)
            hall = Hall(self.base, Identity(one.certificate, one.key))
            await hall.login()
            self.halls[who], self.clients[who] = hall, Matters(hall, TENDER)
        return self.clients[who]

    async def view(self, who: str) -> Any:
        return await (await self.of(who)).view("evaluation")

    async def act(self, who: str, kind: str, lot: str = "", **body: object) -> None:
        await (await self.of(who)).act("evaluation", kind, body, lot=lot)

    async def drawn(self) -> Self:
        """Procuring entity and supervisor draw the committee."""
        parties = ("procuring_entity", "supervisor")
        secrets = {who: hashlib.sha256(who.encode()).hexdigest() for who in parties}
        await self.act(parties[0], "open_committee_draw", parties=list(parties))
        for who, secret in secrets.items():
            commitment = hashlib.sha256(bytes.fromhex(secret)).hexdigest()
            await self.act(who, "commit_committee_draw", draw=1, commitment=commitment)
        for who, secret in secrets.items():
            await self.act(who, "reveal_committee_draw", draw=1, secret=secret)
        return self

    async def seats(self) -> dict[int, str]:
        """Number of each seat and who has it."""
        found = {(await self.view(one.id))["you"]["member"]: one.id for one in world().experts}
        return {number: who for number, who in sorted(found.items()) if number}

    async def seated(self, *but: str, chair: int = 1) -> Self:
        """Everybody but these declares, elects the chair and reads the criteria."""
        for who in (await self.seats()).values():
            if who not in but:
                await self.act(who, "accept_seat")
                view = await self.view(who)
                digests = {"criteria": view["criteria_digest"], "bids": view["bids_digest"]}
                await self.act(who, "read_criteria", **digests)
        for who in (await self.seats()).values():
            if who not in but:
                await self.act(who, "elect_chair", member=chair)
        return self

    async def scores(self, who: str, *, sign: bool = True) -> None:
        """A member fills its whole sheet, and signs it."""
        while (item := (view := await self.view(who))["next"]) is not None:
            body = {"bidder": item["bidder"], "criterion": item["criterion"], "reason": ""}
            one = next(one for one in view["criteria"] if one["key"] == item["criterion"])
            if one["kind"] == "review":
                await self.act(who, "review_item", item["lot"], **body, passed=True)
            else:
                points = min(POINTS[item["bidder"]], one["points"])
                await self.act(who, "score_item", item["lot"], **body, points=points)
        if sign:
            await self.act(who, "sign_sheet", sheet=view["sheet"]["digest"])

    async def close(self) -> None:
        for hall in self.halls.values():
            await hall.session.close()


@asynccontextmanager
async def evaluation_hall(directory: Path, web_root: Path | None = None) -> AsyncIterator[Evaluation]:
    """Open a hall in `directory`, play its opening to the end, open its doors."""
    patched = pytest.MonkeyPatch()
    patched.setattr(
        own_hall, "a_container", lambda one, pdf, **said: a_container(one, a_bid(one.identity.id), **said)
    )
    lay_out(directory, {})
    with (directory / "hall.toml").open("a", encoding="utf-8") as file:
        file.write(toml({"server": {"port": 0, "web_root": str(web_root or directory / "web")}}))
    experts = [
        {
            "id": party_of(one),
            "name": one.name,
            "kind": "staff",
            "office": ["evaluator"],
            "certificate": str(one.certificate),
        }
        for one in world().experts
    ]
    with (directory / "plan.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + toml({"party": experts}))
    config = load(directory / "hall.toml", {})
    clock = HallClock(start=config.clock.start_ms)
    async with AsyncExitStack() as stack:
        stack.callback(patched.undo)
        media = StillMedia(config.storage.data / "recordings", clock)
        core = await stack.enter_async_context(app.open_core(config, app.fit(config), clock, media))
        await import_plan(core.registry, load_plan(directory / "plan.toml", config, core.trust.digest))
        hall = OwnHall(core, media, clock, directory)
        await own_hall.play(hall)
        gateway = Gateway(config, app.inside(core))
        await gateway.start(None)
        stack.push_async_callback(gateway.stop)
        found = Evaluation(f"http://localhost:{gateway.port}", gateway.port, hall)
        stack.push_async_callback(found.close)
        yield found
