"""Run by test_killed.py: plays an opening on from wherever its journal stands, until it is killed or is at the end.

Everybody's own memory lies in files beside the hall: the key of each sealed bid, and the act that was sent last. Who
was not answered sends the same act again. Prints each acknowledged act as (stream, actor, nonce, kinds).
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any

from hall.config import load
from hall.errors import HallError, Refused
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor
from hall.rehearsal.demo_ca import issue_demo, load_demo
from hall.runtime.desk import Desk
from hall.session import commands as c
from hall.session.consultation import over
from hall.session.rules import LotStage, Stage
from tests import demo_world, laid_out
from tests.demo_world import AT, holder
from tests.own_hall import BIDDERS, LOT, MINUTE, OPENING, PRICES, OwnHall, own_hall, reopened

WITHIN = 60.0


class Memory:
    """What the parties remember while the hall is away."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._keys = folder / "keys.json"
        self._sent = folder / "sent.json"

    def keys(self) -> dict[str, bytes]:
        if not self._keys.exists():
            return {}
        return {who: base64.b64decode(key) for who, key in json.loads(self._keys.read_text()).items()}

    def remember(self, keys: dict[str, bytes]) -> None:
        self._put(self._keys, {who: base64.b64encode(key).decode() for who, key in keys.items()})

    def sent(self, act: SignedAct, who: str) -> None:
        self._put(self._sent, {"act": act.to_json(), "who": who})

    def answered(self) -> None:
        self._sent.unlink(missing_ok=True)

    def waiting(self) -> tuple[SignedAct, str] | None:
        if not self._sent.exists():
            return None
        one = json.loads(self._sent.read_text())
        return SignedAct.from_json(one["act"]), one["who"]

    @staticmethod
    def _put(path: Path, value: object) -> None:
        whole = path.with_suffix(".new")
        whole.write_text(json.dumps(value))
        whole.replace(path)


def listen(memory: Memory) -> None:
    """Remember each act before it is sent, and tell each acknowledgement."""
    send = Desk.act

    async def heard(
        desk: Desk, opening: str, act: SignedAct, der: bytes, actor: Actor, received_at: int
    ) -> Any:
        who = "b" + actor.party[1:] if actor.role.value == "bidder" else actor.role.value
        memory.sent(act, who)
        ack = await send(desk, opening, act, der, actor, received_at)
        memory.answered()
        tell(f"opening/{opening}", actor.key, act.client_nonce, ack.events)
        return ack

    Desk.act = heard  # type: ignore[method-assign]


def tell(*said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


async def play_on(hall: OwnHall, memory: Memory) -> None:
    """Do the next thing until nothing is left to do."""
    if (left := memory.waiting()) is not None:
        act, who = left
        try:
            await hall.core.desk.act(
                OPENING, act, holder(who).certificate.der, hall.actor(who), hall.clock.now()
            )
        except HallError:
            memory.answered()  # too late now, or the opening stands still: the next step looks at the screen
    while not (hall.room.state.stage is Stage.CLOSED and hall.room.state.recorder_stopped):
        seen = len(hall.room.entries)
        try:
            await step(hall)
        except Refused:
            memory.answered()  # the opening has come to a standstill since one looked: look again
            await asyncio.sleep(0.2)
            continue
        finally:
            memory.remember(hall.content_keys)
        if len(hall.room.entries) == seen:
            await news(hall)


async def news(hall: OwnHall) -> None:
    """Wait until something happens."""
    changed = asyncio.Event()
    stop = hall.room.listen(lambda _: changed.set())
    try:
        async with asyncio.timeout(WITHIN):
            await changed.wait()
    finally:
        stop()


async def step(hall: OwnHall) -> None:
    """One step of whoever is to act now."""
    state = hall.room.state
    if state.suspension is not None:
        await resume(hall)
    elif state.stage is Stage.SIGN_IN:
        await deposit_and_sign_in(hall)
    elif state.stage is Stage.HELD:
        await confirm(hall)
    elif state.stage is Stage.DEADLINE:
        if state.manifest is not None:
            await hall.act("host", "announce_bidders")
    elif state.stage is Stage.OPENING:
        await open_lot(hall)
    elif state.stage is Stage.RECORD:
        await sign(hall)
    elif state.stage is Stage.LEAVING:
        await hall.room.submit(c.NoteRoomEmpty(), received_at=hall.clock.now())


async def deposit_and_sign_in(hall: OwnHall) -> None:
    state = hall.room.state
    tendering = hall.core.registry.tendering("T1").state
    for who in BIDDERS:
        if tendering.active(LOT, who) is None:
            await hall.deposit(who)
            return
        if who not in state.signed_in:
            await hall.sign_in(who)
            return
    hall.after(60 * MINUTE)


async def confirm(hall: OwnHall) -> None:
    """The hall was away shortly before the deadline, which is held: its owner confirms it."""
    if all(map(over, hall.room.state.consultations)):
        await hall.act("procuring_entity", "confirm_deadline", reason="系统已恢复，截止时间不变")
    else:
        hall.after(16 * MINUTE)


async def resume(hall: OwnHall) -> None:
    """The hall was away, and the opening stands still for it: nobody objects, the test is passed, it goes on."""
    state = hall.room.state
    pause = state.suspension
    asked = [x for x in state.consultations if x.opened.suspension == pause.number]
    if not all(map(over, asked)):
        hall.after(16 * MINUTE)
    elif not pause.tested:
        hall.media.begin(OPENING, "host")
        if pause.tests == (pause.test.test if pause.test else 0):
            await hall.act("host", "request_test")
            hall.after(1_000)
            hall.media.write()
    elif pause.resumption is None:
        await hall.act("host", "resume", minutes=5)
    else:
        hall.after(5 * MINUTE)


async def open_lot(hall: OwnHall) -> None:
    state = hall.room.state
    lot, owner = state.lots[LOT], "procuring_entity"
    three = BIDDERS[:3]
    match lot.stage:
        case LotStage.CHECK if lot.rechecked:
            for who in (who for who in BIDDERS if who not in lot.answers):
                await hall.act(who, "answer_sealing", answer="intact", sha256=state.deposit(LOT, who).sha256)
                return
            await hall.act("host", "declare_sealing")
        case LotStage.CHECKED:
            await hall.act("host", "command_decryption", minutes=60)
        case LotStage.DECRYPTION:
            for who in (who for who in three if who not in lot.released):
                await hall.release(who)
                return
            hall.after(60 * MINUTE)
        case LotStage.RESULTS if lot.results_shown:
            for who in (who for who in three if who not in lot.result_answers):
                await hall.answer_results(who)
                return
            if len(lot.result_answers) < len(lot.bidders):
                hall.after(10 * MINUTE)
            else:
                await hall.act("host", "declare_results")
        case LotStage.DISCLOSURE if lot.undecided:
            await hall.act(
                owner, "decide_cause", bidder="b4", cause="deemed_revoked", incident=0, reason="未解密"
            )
        case LotStage.READ_OUT:
            for who in (who for who in three if who not in lot.read_out):
                await hall.act("announcer", "read_out", bidder=who)
                return
            for who in (who for who in three if who not in lot.price_answers):
                await hall.act(who, "confirm_price", answer="confirmed", price=PRICES[who])
                return
            await hall.act("host", "open_objections")
        case LotStage.OBJECTIONS:
            hall.after(10 * MINUTE)
            await hall.act("host", "close_objections")
        case LotStage.DONE if state.register is None:
            await hall.sign_register()
        case _:
            pass  # the hall itself has something to do


async def sign(hall: OwnHall) -> None:
    record = hall.room.state.record
    done = {signed.role for signed in record.signed}
    for role in ("procuring_entity", "scrutineer", "clerk"):
        if role not in done:
            await hall.sign_record(role)
            return
    if record.completed:
        await hall.act("host", "close_opening", record_later=False)


def same_people(folder: Path) -> None:
    """The parties keep their certificates and keys from one run to the next."""
    pki = load_demo(folder) if folder.exists() else issue_demo(folder, bidders=4, now_ms=AT)
    demo_world.world = laid_out.world = lambda: pki  # type: ignore[assignment]


async def main(directory: Path) -> None:
    """Open the hall in `directory`, for the first time or again, and play on."""
    same_people(directory / "pki")
    memory = Memory(directory / "memory")
    listen(memory)
    first = not (directory / "data" / "journal.db").exists()
    if first:
        async with own_hall(directory) as hall:
            await played(hall, memory)
        return
    config = load(directory / "hall.toml", {})
    before: Any = Before(directory, memory.keys(), config.clock.start_ms or 0)
    async with reopened(before, 0) as hall:
        await played(hall, memory)


class Before:
    """The hall as `reopened` wants to know it: hall time comes from its heartbeat and its journal."""

    def __init__(self, directory: Path, keys: dict[str, bytes], start: int) -> None:
        self.directory = directory
        self.content_keys = keys
        self.clock = self
        self._start = start

    def now(self) -> int:
        return self._start


async def played(hall: OwnHall, memory: Memory) -> None:
    await play_on(hall, memory)
    bundle = await hall.core.archive.bundle(OPENING, hall.actor("clerk"))
    tell("end", str(bundle))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
