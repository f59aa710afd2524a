"""A whole opening, killed wherever it can be: what the next start finds, owes and says is right.

One opening is played once in a real hall (journal, storage, worker processes, record). Around each commit, each side
effect and each acknowledgement its data directory is copied, and a hall is opened on every copy five minutes later.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hall import app
from hall.errors import HallError
from hall.procurement.tender import MINUTE
from hall.runtime.room import Room
from hall.session import events as e
from hall.session.duties import Disclose, KeepRecording, duties
from hall.session.rules import Stage
from tests.crash.dying import PLACES, proofs_hold
from tests.crash.halls import TOLD, Death, Handed, Sent, SharedPool, Watch, again, killed
from tests.crash.power import Power
from tests.own_hall import OPENING, TENDER, OwnHall, own_hall, play

AWAY = 5 * MINUTE
WITHIN = 120.0  # a record is made by another process, which may have to wait for a core
ONCE = (e.BidderSignedIn, e.ReleaseReceived, e.BidOpened, e.CauseDecided, e.PriceAnswered, e.SealingAnswered)
ONCE_ALL = (
    e.SignInOpened, e.DeadlinePassed, e.DepositsHandedOver, e.BiddersAnnounced, e.SealingRechecked, e.SealingDeclared,
    e.DecryptionCommanded, e.WindowClosed, e.PricesDisclosed, e.RecordPrepared, e.RecordCompleted, e.OpeningClosed,
)  # fmt: skip
Dies = Callable[[Path], Awaitable[list[Death]]]
MEETING = (Stage.DEADLINE, Stage.OPENING, Stage.RECORD)
RUNNING = (Stage.SIGN_IN, *MEETING)


@pytest.fixture(scope="module")
def pool() -> Iterator[SharedPool]:
    """One pool of worker processes for all halls of this module."""
    shared = SharedPool()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "ProcessPoolExecutor", shared)
        yield shared
    shared.close()


async def killed_everywhere(folder: Path) -> list[Death]:
    """Play an opening in `folder`; every place where its process could have been killed."""
    async with own_hall(folder) as hall:
        watch = Watch(hall, folder / "dies", killed)
        with watch.on():
            await play(hall)
    return watch.deaths


async def without_power_everywhere(folder: Path) -> list[Death]:
    """The same, with the power failing: only what was synced is left."""
    with Power(folder / "data").on() as power:
        async with own_hall(folder) as hall:
            watch = Watch(hall, folder / "dies", lambda data, to: power.cut(to))
            with watch.on():
                await play(hall)
    return watch.deaths


def limits(state: Any) -> dict[str, int]:
    """Every countdown that the state knows, by name: ms UTC."""
    if state is None or state.plan is None:
        return {}
    found: dict[str, int | None] = {"deadline": state.plan.bid_deadline, "leave": state.leave_by}
    for lot in state.lots.values():
        for name in ("answer_by", "closes_at", "results_by", "price_answer_by", "objections_not_before"):
            found[f"{lot.lot} {name}"] = getattr(lot, name)
        for bidder, window in lot.own.items():
            found[f"{lot.lot} own window of {bidder}"] = window.closes_at
    return {name: at for name, at in found.items() if at is not None}


def paused(state: Any, now: int) -> int:
    """How long the opening stood still so far, ms."""
    return sum((one.ended or now) - one.since for one in state.suspensions)


async def look(hall: OwnHall, death: Death) -> None:
    """Everything that must hold right after the start, before anybody speaks."""
    registry, journal = hall.core.registry, hall.core.journal
    for tender in (TENDER, "hall"):
        await proofs_hold(journal, tender)
    live = registry.openings.get(OPENING)
    if live is None or live.room.state.plan is None:
        assert death.state is None or death.state.plan is None
        return
    room = live.room
    if room.state.stage in RUNNING:
        await hall.until("IncidentRecorded", 1)
    state = room.state
    rooms: list[Room[Any]] = [room, *registry.tenderings.values()]
    for one in rooms:
        rows = await journal.load(one.stream)
        while len(rows) < len(one.entries):  # it lives, and goes on appending meanwhile
            rows = await journal.load(one.stream)
        replayed = one._machine.initial
        for row, event in rows[: len(one.entries)]:
            replayed = one._machine.evolve(replayed, event, row.received_at)
        assert one.state == replayed
    # Acknowledged ⇒ present.
    for sent, ack in death.said.acks:
        span = await journal.answered(room.stream, sent.actor.key, sent.act.client_nonce)
        assert span is not None, sent.act.type
        happened = room.entries[span[0] - 1 : span[1]]
        assert [type(event).__name__ for _, _, event in happened] == ack.events
    deposits = registry.tendering(TENDER).state.deposits
    for receipt in death.said.receipts:
        assert receipt.sha256 in {deposit.sha256 for deposit in deposits}
        assert await hall.core.sealed.rehash(receipt.sha256) == receipt.sha256
    for revision in death.said.revisions:
        assert state.record is not None
        assert revision in {signed.sha256 for signed in state.record.signed}
    # No deadline shortened, none stretched beyond downtime and suspension.
    before, now = limits(death.state), hall.clock.now()
    allowed = now - death.at + paused(state, now)
    for name, at in before.items():
        assert 0 <= limits(state)[name] - at <= allowed, name
    own_absence(death, state, now)


def own_absence(death: Death, state: Any, now: int) -> None:
    """The hall's own downtime is a fault of the platform and nobody else's, and who is in a meeting stands still for it
    (clauses 4.7 a, 4.8)."""
    if state.stage not in RUNNING or death.state.stage not in RUNNING:
        return
    assert state.presence == death.state.presence, "nobody was heard of while the hall was away"
    (own,) = [one for one in state.incidents[len(death.state.incidents) :] if one.kind == "server_restart"]
    assert (own.clause, own.act) == ("a", None)
    assert own.start <= death.at < own.end <= now
    if state.stage in MEETING and death.state.stage in MEETING:
        standing = state.suspension
        assert (standing.began.act, standing.began.incident) == (None, own.incident)
        assert own.start == standing.since


async def speak(hall: OwnHall, death: Death) -> None:
    """Who was not answered sends the same again, and so does one who was: each counts once."""
    desk, registry = hall.core.desk, hall.core.registry
    for waiting in death.said.waiting:
        try:
            for _ in range(2):
                await send(hall, waiting)
        except HallError:
            pass  # five minutes later it may be too late: then it is refused, as it would have been without a crash
    if OPENING not in registry.openings:
        return
    for sent, ack in death.said.acks[-1:]:
        same = await desk.act(OPENING, sent.act, sent.certificate, sent.actor, hall.clock.now())
        assert same == ack
    counted_once(hall)


async def send(hall: OwnHall, waiting: Sent | Handed) -> None:
    desk, now = hall.core.desk, hall.clock.now()
    if isinstance(waiting, Sent):
        await desk.act(OPENING, waiting.act, waiting.certificate, waiting.actor, now)
    else:
        await desk.deposit(TENDER, waiting.upload, waiting.act, waiting.certificate, waiting.person, now)


def counted_once(hall: OwnHall) -> None:
    """Nothing happens twice, whatever was sent or performed again."""
    events = [event for _, _, event in hall.room.entries]
    each = Counter(
        (type(event).__name__, getattr(event, "bidder", "")) for event in events if isinstance(event, ONCE)
    )
    alone = Counter(type(event).__name__ for event in events if isinstance(event, ONCE_ALL))
    assert {*each.values(), *alone.values()} <= {1}, (each, alone)


async def work_off(hall: OwnHall) -> None:
    """What the hall owed when it died it does now, once."""
    if OPENING not in hall.core.registry.openings or hall.room.state.plan is None:
        return
    # Recording goes on, and prices wait for the opening to be resumed.
    owed = {duty for duty in duties(hall.room.state) if not isinstance(duty, KeepRecording | Disclose)}
    changed = asyncio.Event()
    stop = hall.room.listen(lambda _: changed.set())
    async with asyncio.timeout(WITHIN):
        while not owed.isdisjoint(duties(hall.room.state)):
            await changed.wait()
            changed.clear()
    stop()
    counted_once(hall)
    for event in (event for _, _, event in hall.room.entries):
        assert not isinstance(event, e.BidOpenFailed), event


async def check(death: Death) -> None:
    """Open a hall on what is left, and hold it against what was."""
    lay_out = death.files.parent.parent
    try:
        async with again(death, lay_out, after_ms=AWAY) as hall:
            await look(hall, death)
            await speak(hall, death)
            await work_off(hall)
    except Exception as error:
        error.add_note(f"death {death}")
        raise
    finally:
        shutil.rmtree(death.files)


def some(deaths: list[Death]) -> Iterator[Death]:
    """Each side effect's first death before and after it; of the commits one for each act, at the places in turn."""
    seen = set[object]()
    for death in deaths:
        stage = death.state.stage if death.state else None
        label: tuple[object, ...] = (death.what, death.place)
        if death.what == "commit":
            place = PLACES[(len(death.said.acks) + len(death.said.receipts)) % len(PLACES)]
            if death.place != place:
                continue
            label = (len(death.said.acks), len(death.said.receipts), stage)
        if label not in seen:
            seen.add(label)
            yield death


@pytest.mark.usefixtures("pool")
@pytest.mark.timeout(400)
async def test_a_hall_killed_anywhere_goes_on_where_it_was(tmp_path: Path) -> None:
    deaths = await killed_everywhere(tmp_path)
    chosen = list(some(deaths))
    for death in chosen:
        await check(death)
    assert len(chosen) > 60, len(chosen)


@pytest.mark.usefixtures("pool")
@pytest.mark.timeout(400)
async def test_what_was_acknowledged_outlives_a_power_cut(tmp_path: Path) -> None:
    deaths = await without_power_everywhere(tmp_path)
    told = [death for death in deaths if death.place == TOLD]
    assert len(told) > 25, len(told)
    for death in told:
        await check(death)


@pytest.mark.long
@pytest.mark.usefixtures("pool")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("dies", [killed_everywhere, without_power_everywhere])
async def test_a_hall_that_dies_at_every_single_place_goes_on_where_it_was(
    dies: Dies, tmp_path: Path
) -> None:
    deaths = await dies(tmp_path)
    for death in deaths:
        await check(death)
