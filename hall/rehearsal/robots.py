"""Robots: players of an opening that know only the hall's public address, their PKCS#12 files and the tender's id.

    python -m hall.rehearsal.robots --role bidder --config CONFIG.json

One process plays one bidder, or the host, or all other posts (`--role staff`). It tells what it did as JSON lines on
standard output and ends when standard input ends, so that none outlives whoever started it. What may not live here:
what to do when (`policy`), WebRTC (`camera`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hall import tasks, wire
from hall.client.api import Hall, TenderCard
from hall.client.custody import HALL, PinnedCustody, open_all, pin
from hall.client.keys import open_p12
from hall.client.live import Live
from hall.client.record import sign_record
from hall.client.release import release, told, unsealed
from hall.client.sealing import Columns
from hall.clock import Clock, HallClock
from hall.errors import HallError, Unavailable
from hall.procurement import money
from hall.rehearsal.depositing import deposit
from hall.rehearsal.intents import Intent
from hall.rehearsal.plans import Plan, Player
from hall.rehearsal.policy import Kept, Person, bidder_intent, host_intent, staff_intent
from hall.rehearsal.twists import HOLD, LATE_COMER, UNSEAL, WRONG_KEY, twisted

ROLES: Final = ("bidder", "host", "staff")

_WAITS: Final = frozenset(
    "recorder_not_proved not_now not_your_turn too_early objection_period_running stale_revision prepared_expired "
    "act_for_another_history act_for_another_deadline hall_unreachable not_joined login_needed media_unavailable "
    "answered_already signed_already explained_already reasoned_already released_already "
    "stale_register incidents_unexplained result_answers_missing results_not_shown "
    "disclosure_locked nothing_entrusted "
    "suspended not_suspended consultation_running test_running resumption_announced split_declared".split()
)
"""Refusals that the next look at the screen explains: somebody was faster, or something is not ready yet."""

_SURNAMES: Final = "赵钱孙李周吴郑王冯陈"
_NAMES: Final = ("建国", "晓明", "丽华", "志强", "文静", "海涛", "秀英", "国庆")


def tell(robot: str, event: str, **facts: object) -> None:
    """Say what happened, as one line of JSON."""
    print(json.dumps({"robot": robot, "event": event, **facts}, ensure_ascii=False), flush=True)


class Robot:
    """One player at one opening: looks at its screen, acts when it may, and reports."""

    def __init__(self, plan: Plan, player: Player, clock: Clock) -> None:
        self.plan = plan
        self.player = player
        self._clock = clock
        self._hall = Hall(plan.base, open_p12(player.p12.read_bytes(), player.password))
        self._live: Live | None = None
        self._pinned = b""  # DER of the host's certificate
        self._keeping: list[asyncio.Task[str]] = []  # what keeps each device's line, the last one's last
        self._told = 0  # timeline entries reported so far
        self._twisted: set[str] = set()  # what the player's twist has done already
        # Each player has chances of its own, so that adding one changes nobody else's price.
        self.chance = random.Random(f"{plan.seed}/{player.id}")

    async def play(self) -> None:
        """Take part from login to the end."""
        async with self._hall as hall:
            try:
                await hall.login(robot=True)
                card = await hall.tender(self.plan.tender)
                # The host's certificate is taken from the published tender long before there is a command to check.
                host = next(post for post in card.staff if post.role == "host")
                self._pinned = await hall.certificate(card.opening, host.certificate)
                self._live = Live(hall, card.opening, self._clock, robot=True)
                self._keeping = [tasks.start(self._live.run(), f"live {self.player.id}")]
                try:
                    await self.before(card, self._live)
                    await self._follow(self._live)
                    self.tell("left", reason=await self._keeping[-1])
                finally:
                    await self.after()
                    await tasks.stop(*self._keeping)
            except HallError as error:
                handed = error.code == "handed_over"
                self.tell("left" if handed else "fault", reason=error.code, facts=_facts(error))

    async def before(self, card: TenderCard, live: Live) -> None:
        """What a player does before it follows the agenda."""

    async def after(self) -> None:
        """What a player takes down when it goes."""

    def intent(self, view: wire.View, now: int) -> Intent | None:
        """What to do next: the player's twist first, then the ordinary."""
        odd = twisted(self.player.twist, view, now, frozenset(self._twisted))
        if odd is HOLD:
            return None
        return odd if odd is not None else self.ordinary(view, now)

    def ordinary(self, view: wire.View, now: int) -> Intent | None:
        """What any player of this role does next."""
        return staff_intent(view, now)

    async def seen(self, live: Live, view: wire.View) -> None:
        """Look at a new view, before acting on it."""
        if view.stage == "closed":
            await live.leave()

    async def act(self, hall: Hall, live: Live, intent: Intent) -> dict[str, object]:
        """Send one act; give what is worth telling."""
        if intent.act == "sign_record":
            view = _view(live)
            return {"revision": await sign_record(hall, view.opening)}
        if intent.act == "open_entrusted":
            return {"at": (await open_all(hall, live, intent.lot, self._pinned)).received_at}
        ack, _ = await hall.act(_view(live).opening, intent.act, live.context(intent.lot), intent.said)
        return {"at": ack.received_at}

    def tell(self, event: str, **facts: object) -> None:
        tell(self.player.id, event, **facts)

    async def _follow(self, live: Live) -> None:
        """Look, act, wait for news; until the opening is over for this player."""
        while not live.ended:
            live.news.clear()
            view = live.known.view
            if view is not None:
                self._tell_timeline(live)
                if self.player.twist == "moves" and view.stage == "opening" and len(self._keeping) == 1:
                    live = await self._move(live, view)
                    continue
                await self.seen(live, view)
                intent = self.intent(view, self._now(live, view))
                if intent is not None and not live.ended:
                    await self._do(live, intent)
                    continue
            await _news(live, 1.0)
        self._tell_timeline(live)

    async def _move(self, live: Live, view: wire.View) -> Live:
        """Go on from another device: it takes the place of the first one by a signed act (clause 5.3.7)."""
        device = Live(self._hall, view.opening, self._clock, robot=True, take_over=True)
        self._keeping.append(tasks.start(device.run(), f"second device {self.player.id}"))
        while device.known.view is None and not device.ended:
            await _news(device, 1.0)
        self._live = device
        self.tell("moved", first=await self._keeping[0])
        return device

    async def _do(self, live: Live, intent: Intent) -> None:
        """Act in one's own time, but only if it is still to be done then."""
        if self.plan.pace:
            await asyncio.sleep(self.plan.pace * self.chance.uniform(0.7, 1.3))
        view = live.known.view
        if view is None or live.ended:
            return
        now = self.intent(view, self._now(live, view))
        if now is None or now != intent:
            return
        try:
            facts = await self.act(self._hall, live, now)
        except HallError as error:
            waits = error.code in _WAITS or isinstance(error, Unavailable)
            self.tell("waits" if waits else "fault", act=intent.act, reason=error.code, facts=_facts(error))
            await _news(live, 1.0)
        else:
            self.tell(intent.act, lot=intent.lot, **facts)
            await self._until_shown(live, intent)

    async def _until_shown(self, live: Live, intent: Intent) -> None:
        """Wait until the own screen shows what was done, so that nothing is done twice."""
        for _ in range(10):
            view = live.known.view
            if live.ended or view is None or self.intent(view, self._now(live, view)) != intent:
                return
            await _news(live, 0.5)

    def _now(self, live: Live, view: wire.View) -> int:
        now = live.now()
        return now if now is not None else view.sign_in_from

    def _tell_timeline(self, live: Live) -> None:
        """The staff are witnesses: who listens takes each entry from whoever tells it first."""
        if self.player.role == "bidder":
            return
        for entry in live.known.timeline[self._told :]:
            facts = {"lot": entry.lot, "subject": entry.subject, "detail": entry.detail}
            self.tell("timeline", kind=entry.kind, at=entry.at, **facts)
        self._told = max(self._told, len(live.known.timeline))


class OnCamera(Robot):
    """A player whose camera and microphone are published as long as the hall wants them."""

    def __init__(self, plan: Plan, player: Player, clock: Clock) -> None:
        super().__init__(plan, player, clock)
        self._camera: Any = None
        self._published_in = 0  # the connection in which the camera was published
        self._published_at = 0.0
        self._arrives = False

    async def seen(self, live: Live, view: wire.View) -> None:
        if self._arrives and not view.sending:
            self._published_in = 0  # the hall lost its media worker: the picture is offered again
        self._arrives = view.sending
        if view.publish and self.plan.clip is not None and self._published_in != live.connection:
            await self._publish(live, self.plan.clip)
        await super().seen(live, view)

    async def after(self) -> None:
        await self._take_down()

    async def _publish(self, live: Live, clip: Path) -> None:
        from hall.rehearsal.camera import (
            Publication,
            load_clip,
        )  # WebRTC is heavy, and staff robots need none

        async def offered(sdp: str) -> str:
            return str((await live.call("publish", {"sdp": sdp}))["sdp"])

        await self._take_down()
        self._camera, self._published_in = Publication(), live.connection
        try:
            await self._camera.publish(offered, await asyncio.to_thread(load_clip, clip))
        except HallError as error:
            self.tell("waits", act="publish", reason=error.code, facts=_facts(error))
            self._published_in = 0
            await self._take_down()
        else:
            self._published_at = self._clock.monotonic()
            self.tell("publish")

    async def _take_down(self) -> None:
        if self._camera is not None:
            camera, self._camera = self._camera, None
            seconds = self._clock.monotonic() - self._published_at
            await camera.close()
            view = self._live.known.view if self._live else None
            if self._published_at and view is not None:
                pictures = [(round(at, 3), number) for at, number in camera.pictures]
                sent = {"seconds": round(seconds, 3), "pictures": pictures}
                self.tell("unpublish", participant=view.you.participant, **sent)


class HostRobot(OnCamera):
    """Leads the opening."""

    def ordinary(self, view: wire.View, now: int) -> Intent | None:
        return host_intent(view, now, pause=self.plan.pause_ms)


@dataclass(slots=True)
class _Own:
    """What a bidder robot holds beside its key."""

    kept: dict[str, Kept] = field(default_factory=dict)
    custody: PinnedCustody | None = None
    """As the tender was published."""
    unsealed: dict[str, object] | None = None
    """The body of a release that is kept back."""


class BidderRobot(OnCamera):
    """Seals, deposits, signs in, answers, releases with all checks, and confirms the price it sealed and no other."""

    def __init__(self, plan: Plan, player: Player, clock: Clock) -> None:
        super().__init__(plan, player, clock)
        self._own = _Own()
        self._person = _person(self.chance)
        self._price = player.price or _price(self.chance)

    async def before(self, card: TenderCard, live: Live) -> None:
        self._own.custody = await pin(self._hall, card)
        while live.known.view is None and not live.ended:
            await _news(live, 1.0)
        if live.ended:
            return
        while self.player.twist == LATE_COMER and not _view(live).deadlines and not live.ended:
            live.news.clear()
            await _news(live, 1.0)
        view = _view(live)
        has = {receipt.lot: receipt for receipt in card.mine}
        for lot in card.lots:
            if lot.lot not in has and view.stage in ("scheduled", "sign_in"):
                columns = Columns(self._price, "180日历天", "合格", self._person.name, "投标保函 20万元")
                self._own.kept[lot.lot] = await deposit(
                    self._hall, card, lot.lot, view, columns, self.plan.work, self.tell
                )

    def ordinary(self, view: wire.View, now: int) -> Intent | None:
        return bidder_intent(view, self._own.kept, self._person, objects=self.player.objects)

    async def seen(self, live: Live, view: wire.View) -> None:
        await super().seen(live, view)
        if view.stage in ("leaving", "closed") and not live.ended:
            self._tell_prices(view)
            # clause 5.5.4: the end is declared, the bidders leave
            await self._take_down()
            await live.leave()

    async def act(self, hall: Hall, live: Live, intent: Intent) -> dict[str, object]:
        if intent.act in (UNSEAL, WRONG_KEY):
            return await self._odd(hall, live, intent)
        if intent.act == "release" and self._own.unsealed is not None:
            return await self._too_late(hall, live, intent.lot, self._own.unsealed)
        if intent.act != "release":
            facts = await super().act(hall, live, intent)
            return facts | {name: value for name, value in intent.body.items() if name in ("answer", "price")}
        kept = self._own.kept.get(intent.lot)
        if self._own.custody is None:
            raise Unavailable("not_joined")
        sha256 = kept.sha256 if kept else None
        ack, _ = await release(hall, live, intent.lot, self._pinned, sha256, custody=self._own.custody)
        return {"at": ack.received_at}

    async def _odd(self, hall: Hall, live: Live, intent: Intent) -> dict[str, object]:
        """Take the key out and keep it, or try to with another certificate; neither leaves this process."""
        kept = self._own.kept.get(intent.lot)
        wrong = intent.act == WRONG_KEY and self.player.other is not None
        other = (
            open_p12(self.player.other.read_bytes(), self.player.password)
            if self.player.other and wrong
            else None
        )
        self._twisted.add(intent.act)
        sha256, custody = kept.sha256 if kept else None, self._own.custody or HALL
        try:
            body = await unsealed(
                hall, live, intent.lot, self._pinned, sha256, identity=other, custody=custody
            )
        except HallError as error:
            if intent.act == UNSEAL:
                raise
            await told(live, intent.lot, error.code)
            # Its own client names the certificate that is needed; the person tells the hall what happened (clause 4.3).
            said: dict[str, object] = {"text": f"解密失败：{error.code}"}
            await hall.act(_view(live).opening, "report_fault", live.context(), said)
            return {"refused": error.code}
        self._own.unsealed = body
        return {}

    async def _too_late(self, hall: Hall, live: Live, lot: str, body: dict[str, object]) -> dict[str, object]:
        """Send what was kept back; the hall refuses it, puts the refusal down and keeps no key (clause 5.3.3)."""
        self._twisted.add("release")
        self._own.unsealed = None
        try:
            await hall.act(_view(live).opening, "release", live.context(lot), body)
        except HallError as error:
            self.tell("refused", act="release", reason=error.code)
            return {}
        raise Unavailable("a late release was taken")

    def _tell_prices(self, view: wire.View) -> None:
        for lot in view.lots:
            prices = {price.bidder: price.price for price in lot.prices}
            self.tell("disclosed", lot=lot.lot, prices=prices)


def robot(plan: Plan, player: Player, clock: Clock) -> Robot:
    """Give the robot that plays `player`."""
    match player.role:
        case "bidder":
            return BidderRobot(plan, player, clock)
        case "host":
            return HostRobot(plan, player, clock)
        case _:
            return Robot(plan, player, clock)


async def run(plan: Plan) -> None:
    """Play all of a plan's players until each is done, or standard input has ended."""
    clock = HallClock()
    playing = [
        tasks.start(robot(plan, player, clock).play(), f"robot {player.id}") for player in plan.players
    ]
    orphaned = tasks.start(_end_of_input(), "end of input")
    try:
        waiting = set(playing)
        while waiting and not orphaned.done():
            _, waiting = await asyncio.wait({*waiting, orphaned}, return_when=asyncio.FIRST_COMPLETED)
            waiting.discard(orphaned)
    finally:
        await tasks.stop(*playing, orphaned)


def main() -> int:
    """Run the process."""
    parser = argparse.ArgumentParser(prog="hall.rehearsal.robots")
    parser.add_argument("--role", choices=ROLES, required=True)
    parser.add_argument("--config", type=Path, required=True)
    args = parser.parse_args()
    plan = Plan.read(args.config)
    alone = plan.players[0].role if len(plan.players) == 1 else ""
    if args.role != "staff" and alone != args.role:
        parser.error(f"the configuration does not describe one {args.role}")
    try:
        asyncio.run(run(plan))
    except KeyboardInterrupt:
        return 130
    return 0


async def _end_of_input() -> None:
    """Return when whoever started this process is gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    )
    while await reader.read(1024):
        pass


async def _news(live: Live, seconds: float) -> None:
    """Wait for something new, at most `seconds`."""
    try:
        await asyncio.wait_for(live.news.wait(), seconds)
    except TimeoutError:
        pass


def _view(live: Live) -> wire.View:
    if live.known.view is None:
        raise Unavailable("not_joined")
    return live.known.view


def _facts(error: HallError) -> Mapping[str, object]:
    return {key: value for key, value in error.facts.items() if isinstance(value, str | int | bool)}


def _person(chance: random.Random) -> Person:
    name = chance.choice(_SURNAMES) + chance.choice(_NAMES)
    phones = tuple(f"1990000{chance.randrange(10_000):04d}" for _ in range(2))
    return Person(name, f"DEMO{chance.randrange(10**8):08d}", phones, f"{chance.getrandbits(128):032x}")


def _price(chance: random.Random) -> str:
    """Give a price between 9 and 12 million yuan, below the ceiling of the rehearsal's tender."""
    return money.decimal(chance.randrange(900_000_000, 1_200_000_000))


if __name__ == "__main__":
    sys.exit(main())
