"""Until the bidders are announced nobody learns who or how many are there (Bidding Law 22, clause 5.3.2).

One hall, two times: nobody but the observers is there, and then twenty others have bid, signed in, turned a camera on,
left and come back. What each observer receives is compared byte for byte: answers with their headers, refusals,
acknowledgements, frames of the live connection and how many of them come between two heartbeats.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hall import tasks
from hall.client.sealing import Columns
from hall.errors import HallError
from hall.rehearsal.sample_bid import sample_bid_pdf
from tests.integration.secrecy.visitors import LOT, STAFF, House, Visitor, house

pytestmark = pytest.mark.timeout(300)

BIDDERS = 23
SIGNED_IN, LOOKING_ON, ALONE = "b21", "b22", "b23"
"""One bidder that signs in while it is alone, one that only looks, one that signs in among twenty."""

OTHERS = tuple(f"b{n}" for n in range(1, 21))
BEATS = 2
BEAT = '42["hb?"'
STEADY = "~"
VOLATILE = frozenset(
    {"now", "at", "received_at", "signature", "nonce", "body_digest", "leaf", "Date", "Content-Length"}
)
"""What differs between any two answers: times, random numbers and what is computed over them."""

GROWING = frozenset({"end", "size", "seconds"})
"""What grows with the host's own recording."""


def steady(value: Any) -> Any:
    """The same value with what is volatile taken out, its length kept."""
    match value:
        case dict():
            return {
                k: STEADY * len(str(v)) if k in VOLATILE and isinstance(v, str | int) else steady(v)
                for k, v in value.items()
                if not (k in GROWING and "mime" in value)
            }
        case list():
            return [steady(one) for one in value]
        case _:
            return value


@dataclass(frozen=True)
class Answered:
    """What came back, and how long it was."""

    status: int
    headers: dict[str, str]
    body: Any
    size: int


async def asked(session: aiohttp.ClientSession, method: str, path: str, **options: Any) -> Answered:
    async with session.request(method, path, **options) as answer:
        raw = await answer.read()
        try:
            body = steady(json.loads(raw))
        except ValueError:
            body = raw.decode("utf-8", "replace")
        size = 0 if b'"mime"' in raw else len(raw)
        return Answered(answer.status, steady(dict(answer.headers)), body, size)


def paths(tender: str, opening: str) -> tuple[str, ...]:
    """Whatever might tell something: what is shown, what is refused, and what does not exist."""
    base, strangers = f"/api/openings/{opening}", "ab" * 32
    return (
        *(
            "/",
            "/healthz",
            "/readyz",
            "/metrics",
            "/api/hall",
            "/api/time",
            "/api/me",
            "/api/tenders",
            "/api/inbox",
        ),
        f"/api/tenders/{tender}",
        f"/api/tenders/{tender}/lots/{LOT}/header",
        f"/api/tenders/{tender}/lots/{LOT}/deposit",
        *(f"{base}?cursor={cursor}" for cursor in (0, 1, 2, 999)),
        *(
            f"{base}/{part}"
            for part in (
                "recordings",
                "record.pdf",
                "record.json",
                "bundle.zip",
                "recordings.key",
                "trust.json",
                "notices",
            )
        ),
        f"{base}/certificates/{strangers}",
        f"{base}/recordings/bidder-b1/001.mp4",
        f"{base}/recordings/bidder-b99/001.mp4",
        f"{base}/recordings/bidder-b1/001.mp4/index",
        f"{base}/recordings/coverage?participant=bidder-b1",
        f"{base}/recordings?event=DepositReceived",
        f"{base}/recordings/keeping",
    )


class Outsider:
    """Somebody without a login, and what the hall tells such a one."""

    def __init__(self, place: House) -> None:
        self.session = aiohttp.ClientSession(place.stage.base, headers={"Origin": place.stage.base})
        self.scene = place.stage.scene

    async def look(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for path in paths(self.scene.tender, self.scene.opening):
            found[path] = await asked(self.session, "GET", path)
        found["act"] = await asked(
            self.session, "POST", f"/api/openings/{self.scene.opening}/acts", json={"act": {}}
        )
        found["socket"] = await self._knock()
        return found

    async def _knock(self) -> list[str]:
        """Open a live connection without a login, and hear how it is refused."""
        heard: list[str] = []
        url = "/socket.io/?EIO=4&transport=websocket"
        async with self.session.ws_connect(url) as line:
            heard.append((await line.receive_str(timeout=10))[:1])
            handshake = {"opening": self.scene.opening, "robot": False, "client": "x", "takeover": None}
            await line.send_str("40" + json.dumps(handshake))
            while (message := await line.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
                heard.append(message.data)
        return heard


async def look(one: Visitor) -> dict[str, Any]:
    """Everything that an observer can ask for."""
    opening = one.view.opening
    found: dict[str, Any] = {"screen": one.screen()}
    for path in paths(one.card.tender, opening):
        found[path] = await asked(one.hall.session, "GET", path)
    log = await asked(one.hall.session, "GET", f"/api/openings/{opening}/presence.json")
    found["presence"] = [
        (i["connection"], i["state"], i["cause"], i["proofs"]) for i in log.body["intervals"]
    ]
    for participant in ("bidder-b1", "bidder-b99", "supervisor"):
        found[f"watch {participant}"] = await refusal(
            one.live.call("watch", {"participant": participant, "sdp": "v=0"})
        )
    for kind, lot, body in (
        ("declare_sealing", LOT, {}),  # what is journalled as an attempt would change the own timeline
        ("raise_objection", LOT, {"text": "x"}),
        ("close_opening", "", {}),
    ):
        found[f"act {kind}"] = await refusal(one.hall.act(opening, kind, one.live.context(lot), body))
    return found


async def refusal(doing: Any) -> tuple[str, str]:
    try:
        await doing
    except HallError as error:
        facts = {k: v for k, v in error.facts.items() if k != "age_ms"}
        return error.code, json.dumps(facts, sort_keys=True)
    raise AssertionError("nobody refused")


def spoken(frame: str) -> str:
    """A frame without its heartbeat's numbers; the library's own pings go by its clock and are left out."""
    return re.sub(r'"(n|now)":\d+', r'"\1":~', frame)


async def looks(observers: dict[str, Visitor]) -> dict[str, dict[str, Any]]:
    return dict(zip(observers, await asyncio.gather(*map(look, observers.values())), strict=True))


async def heard(observers: dict[str, Visitor], beats: int = BEATS) -> dict[str, Counter[str]]:
    """What each hears, frame by frame, over so many heartbeats."""
    all_heard = await asyncio.gather(*(_heard(one, beats) for one in observers.values()))
    return dict(zip(observers, all_heard, strict=True))


async def _heard(one: Visitor, beats: int) -> Counter[str]:
    start = len(one.frames)

    def so_far() -> list[str]:
        return [spoken(frame) for frame in one.frames[start:] if frame != "2"]

    await one.until(lambda: sum(frame.startswith(BEAT) for frame in so_far()) > beats)
    frames = so_far()
    at = [n for n, frame in enumerate(frames) if frame.startswith(BEAT)]
    first, last = at[0], at[beats]
    return Counter(frames[first:last])


async def sees_the_host(one: Visitor) -> None:
    """What comes of the host's camera is told before anything else is looked at."""
    await one.until(lambda: bool(one.view.media))


async def bids_and_signs_in(one: Visitor, pdf: bytes, work: Path) -> list[Any]:
    """Deposit and sign in; give what the hall told of it: receipt, acknowledgement, and what the screen became."""
    price = f"8{int(one.id[1:]):02d}3579.64"
    await one.deposit(pdf, Columns(price, "180日历天", "合格", f"经理{one.id}", "投标保函 20万元"), work)
    (receipt,) = (await one.hall.get(f"/api/tenders/{one.card.tender}"))["mine"]
    before = len(one.frames)
    person = {"representative": "王小明", "identity": "DEMO", "phones": ["13800000000"], "salt": "ab" * 16}
    body: dict[str, object] = {**person, "acts_for_bidder": True}
    ack, _ = await one.hall.act(one.view.opening, "sign_in", one.live.context(), body)
    await one.until(lambda: one.view.signed_in)
    await one.beats(1)
    # One row or two may travel in an update: what counts is which parts of the screen became another.
    updates = [json.loads(frame[2:])[1] for frame in one.frames[before:] if frame[:11] == '42["update"']
    changed = sorted({change["path"] for update in updates for change in update["changes"]} - {"checkpoint"})
    lengths = {name: len(str(value)) for name, value in receipt.items()}
    timeline = [entry.kind for entry in one.live.known.timeline]
    return [lengths, steady(asdict(ack)), changed, timeline]


async def test_the_hall_tells_the_same_whether_nobody_or_twenty_others_have_come(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with house(tmp_path / "hall", tmp_path_factory.mktemp("clips"), bidders=BIDDERS) as place:
        observers = {who: await place.enter(who) for who in (*STAFF, SIGNED_IN, LOOKING_ON)}
        outsider = Outsider(place)
        place.stack.push_async_callback(outsider.session.close)
        host, late = observers["host"], await place.enter(ALONE)
        pdf = sample_bid_pdf(
            tender=host.view.tender_number,
            tender_name=host.view.tender_name,
            lot=LOT,
            bidder="某公司",
            price="8313579.64",
            period="180日历天",
            quality="合格",
            manager="某",
            security="无",
        )
        await host.publish(place.clips)
        await asyncio.gather(*(sees_the_host(one) for one in (*observers.values(), late)))
        alone = await bids_and_signs_in(observers[SIGNED_IN], pdf, tmp_path)
        await asyncio.gather(*(one.beats(2) for one in observers.values()))
        shown = await looks(observers)
        outside = await outsider.look()
        quiet = await heard(observers)
        for one in observers.values():
            one.frames.clear()

        async def others_come() -> None:
            entered = await asyncio.gather(*map(place.enter, OTHERS))
            await asyncio.gather(*(bids_and_signs_in(one, pdf, tmp_path) for one in entered))
            await place.visitors["b1"].publish(place.clips)
            for who in ("b2", "b3"):
                await place.visitors[who].live.leave()

        coming = tasks.start(others_come(), "others come")
        busy = await heard(observers)
        await coming
        after = await heard(observers)
        among = await bids_and_signs_in(late, pdf, tmp_path)
        await asyncio.gather(*(one.beats(1) for one in observers.values()))
        afterwards = await looks(observers)

        assert all(place.visitors[who].view.signed_in for who in OTHERS)  # so the hall did speak
        assert among == alone
        assert await outsider.look() == outside
        for who, one in observers.items():
            assert busy[who] == quiet[who] == after[who], who
            assert {frame[:4] for frame in quiet[who]} == {'42["'}, who
            assert all(frame.startswith(BEAT) for frame in quiet[who]), who
            now = afterwards[who]
            differing = {key: (shown[who][key], now[key]) for key in now if now[key] != shown[who][key]}
            assert differing == {}, who
            everything = json.dumps([one.frames, one.screen()], ensure_ascii=False)
            for other in OTHERS:
                assert not re.search(rf'(bidder-|"){other}"', everything), (who, other)
