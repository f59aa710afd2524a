"""`hall rehearse --whole-tender`: everybody around the opening, over the hall's public address, from filing to award.

What lives here: connections of those who play there, and the order of the whole. What each of them does stands in
`around`; the opening between is played by the robots that play it alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from hall.client.api import Hall
from hall.client.keys import Context, open_p12
from hall.client.matters import Matters
from hall.errors import NotPermitted, Unavailable
from hall.procurement.parties import REQUIRED
from hall.rehearsal import around
from hall.rehearsal.demo_ca import PASSWORD, DemoIdentity, DemoPki
from hall.rehearsal.processes import finished
from hall.rehearsal.stage import CEILING, HALL, Stage, party_of

CLAUSES: Final = ("4.10", "5.1", "5.2.1", "5.4.1", "5.4.2", "5.4.3", "5.4.4", "5.5.1", "6.2", "6.3")
"""What the bundle of a whole tender must speak about."""

_LOOK: Final = 0.2
_LOOKS: Final = 150
_AT_ONCE: Final = "login_needed"


class _Seat:
    """Somebody's place at the matters, through a connection of its own; logs in again when its login has run out."""

    def __init__(self, hall: Hall, tender: str) -> None:
        self.hall, self._matters = hall, Matters(hall, tender)

    async def view(self, matter: str) -> Any:
        return await self._again(lambda: self._matters.view(matter))

    async def act(self, matter: str, kind: str, body: dict[str, object], *, lot: str = "") -> Any:
        return await self._again(lambda: self._matters.act(matter, kind, body, lot=lot))

    async def hand_in(self, data: bytes) -> str:
        return str(await self._again(lambda: self._matters.hand_in(data)))

    async def file(self, sha256: str) -> bytes:
        found: bytes = await self._again(lambda: self._matters.file(sha256))
        return found

    async def _again(self, ask: Callable[[], Any]) -> Any:
        try:
            return await ask()
        except NotPermitted as error:
            if error.code != _AT_ONCE:
                raise
            await self.hall.login(robot=True)
            return await ask()


class WholeTender:
    """The people around one opening. Use as an async context: everybody is logged in inside."""

    def __init__(self, stage: Stage, pki: DemoPki, say: Callable[[str], None]) -> None:
        self._stage, self._pki, self._say = stage, pki, say
        self._seats: dict[str, _Seat] = {}
        self._stack = AsyncExitStack()
        self._award: dict[str, Any] = {}
        self.steps: list[str] = []

    @property
    def _people(self) -> list[DemoIdentity]:
        on_call = [one for one in self._pki.on_call if one.id in ("agency", "regulator", "trading_centre")]
        return [*self._pki.bidders, *self._pki.staff, *on_call, *self._pki.experts]

    async def __aenter__(self) -> WholeTender:
        for one in self._people:
            hall = await self._stack.enter_async_context(
                Hall(self._stage.base, open_p12(one.p12.read_bytes(), PASSWORD))
            )
            await hall.login(robot=True)
            self._seats[one.id] = _Seat(hall, self._stage.scene.tender)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def cast(self) -> around.Cast:
        """Who plays, as `around` wants it."""
        return around.Cast(
            bidders=[one.id for one in self._pki.bidders],
            experts=[one.id for one in self._pki.experts],
            seat=lambda who: self._seats[who],
            now=self._stage.hall_time,
            advance=self._advance,
            say=self._told,
            until=self._until,
        )

    async def before(self) -> None:
        """From the draft to the registrations."""
        cast, stage = self.cast, self._stage
        posts: list[dict[str, object]] = [
            {
                "role": one.role,
                "party": party_of(one),
                "name": one.name,
                "unit": one.organisation,
                "certificate": one.sha256,
            }
            for one in self._pki.staff
            if one.role in REQUIRED
        ]
        owner = party_of(self._pki.by_role("procuring_entity"))
        scene = stage.scene
        wanted = around.Wanted(scene.name, scene.number, CEILING, stage.deadline_ms, posts, owner)
        await around.published(cast, wanted)
        await around.registered(cast, self._download)
        await around.asked(cast)

    async def after(self) -> None:
        """From the closed opening to the award, with an objection, a complaint and a call."""
        cast = self.cast
        seats = await around.committee(cast)
        await around.interpreted(cast, seats)
        await around.scored(cast, seats)
        await around.candidates(cast)
        regulator = next(one for one in self._pki.on_call if one.id == "regulator")
        officer: dict[str, object] = {"party": party_of(regulator), "name": regulator.name}
        await around.complained(cast, officer | {"certificate": regulator.sha256})
        await around.called(cast)
        self._award = await around.awarded(cast)

    async def keep(self, out: Path) -> None:
        """The notices of award, and the log of steps."""
        entity = self._seats["procuring_entity"]
        for paper in self._award["lots"][0]["papers"]:
            data = await entity.file(paper["sha256"])
            (out / f"{paper['kind']}-{paper['bidder']}.pdf").write_bytes(data)
        (out / "steps.log").write_text("\n".join(self.steps) + "\n", encoding="utf-8")

    def _told(self, text: str) -> None:
        self.steps.append(text)
        self._say(text)

    async def _download(self, bidder: str, sha256: str) -> None:
        hall = self._seats[bidder].hall
        await hall.get_bytes(f"/api/tenders/{quote(self._stage.scene.tender)}/documents/{sha256}")

    async def _until(self, who: str, matter: str, wished: Callable[[Any], bool]) -> Any:
        view: Any = None
        for _ in range(_LOOKS):
            view = await self._seats[who].view(matter)
            if wished(view):
                return view
            await asyncio.sleep(_LOOK)
        raise Unavailable("not_as_wished", matter=matter, seen=json.dumps(view, ensure_ascii=False)[:1500])

    async def _advance(self, by_ms: int) -> None:
        """The hall's clock moves by a signed act in the opening's own journal, in a rehearsal alone."""
        seat, scene = self._seats["procuring_entity"], self._stage.scene
        card = await seat.hall.tender(scene.tender)
        context = Context(
            seat.hall.origin, tender=scene.tender, opening=card.opening, deadline=card.bid_deadline
        )
        await seat.hall.act(card.opening, "advance_clock", context, {"by_ms": by_ms})
        self._told(f"the hall's clock moves by {by_ms // 3_600_000} hours")


async def silent(bundle: Path, trust: Path) -> list[str]:
    """Clauses of `CLAUSES` of which the verifier says nothing good."""
    code, said = await finished(*HALL, "verify", str(bundle), "--trust", str(trust), "--json")
    try:
        verdicts = json.loads(said)["verdicts"]
    except (ValueError, KeyError):
        return [f"hall verify said nothing that can be read (exit {code})"]
    status = {one["clause"]: one["status"] for one in verdicts}
    return [
        f"the bundle says nothing of clause {one} ({status.get(one)})"
        for one in CLAUSES
        if status.get(one) not in ("proved", "asserted")
    ]
