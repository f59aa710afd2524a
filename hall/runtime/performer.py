"""Performs what an opening owes the outside (`duties(state)`), outside the room's task, and answers with notes.

Idempotent: after a crash the same duties are owed and performed again. A duty that fails because something is away is
tried again; it is never forgotten, because it is computed and not queued.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from hall import tasks
from hall.clock import Clock
from hall.errors import HallError, Malformed, Refused
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.tender import Deposit
from hall.runtime.faces_port import Faces
from hall.runtime.media_ports import MediaPlane, Recordings
from hall.runtime.papers_port import BidLooks
from hall.runtime.ports import BidOpener, Checkpoint, Journal, RecordOffice, RecordSource, SealedStore
from hall.runtime.reliable import ReliableTest, time_service_line
from hall.runtime.room import Room
from hall.session import commands as c
from hall.session import duties as d
from hall.session import events as e
from hall.session.broadcast import camera_name
from hall.session.state import OpeningState

log = logging.getLogger("hall.performer")
RETRY_AFTER = 1.0
AFTER_A_FAULT = 5.0
HEADS_EVERY = 10.0

_MILESTONES = (
    e.BiddersAnnounced,
    e.LotLocked,
    e.SealingDeclared,
    e.DecryptionCommanded,
    e.Suspended,
    e.Resumed,
    e.WindowClosed,
    e.ResultsDeclared,
    e.PricesDisclosed,
    e.ObjectionsClosed,
    e.RecordPrepared,
    e.RecordCompleted,
    e.TenderFailed,
    e.OpeningClosed,
    e.RegisterSigned,
)


_HEARD = (e.MicrophoneMuted, e.RoomMuted, e.FloorGiven, e.Suspended)
"""After these another set of participants is heard."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The adapters that duties need. `persons`: digests → names of the declared representatives; `free`: bytes left on
    the disk, `free_anywhere`: on the fuller one of the disks of data and recordings; disk_low: bytes below which people
    are warned. `faces`: None where none are compared; `photo`: a representative's digest → its reference picture."""

    journal: Journal
    sealed: SealedStore
    opener: BidOpener
    looks: BidLooks
    office: RecordOffice
    media: MediaPlane
    recordings: Recordings
    persons: Callable[[Sequence[str]], Awaitable[dict[str, str]]]
    free: Callable[[], int]
    free_anywhere: Callable[[], int]
    disk_low: int
    faces: Faces | None
    photo: Callable[[str], Awaitable[bytes]]


class Performer:
    """Watches one opening and does what it owes. `checkpoint` is the last one signed after the announcement."""

    def __init__(
        self,
        room: Room[OpeningState],
        outside: Outside,
        clock: Clock,
        changed: Callable[[], None],
        test: ReliableTest,
    ) -> None:
        self._room = room
        self._out = outside
        self._clock = clock
        self._changed = changed
        self._test = test
        self._busy: dict[d.Duty, asyncio.Task[None]] = {}
        self._marking: asyncio.Task[None] | None = None
        self._pausing: asyncio.Task[None] | None = None
        self._mark_again = False
        self.checkpoint: Checkpoint | None = None

    async def open(self) -> None:
        """Take up whatever is owed now."""
        if self._room.state.announced:
            self.checkpoint = await self._out.journal.last_checkpoint(self._room.tender)
        self._room.listen(self._happened)
        self._take_up()

    async def close(self) -> None:
        await tasks.stop(*self._busy.values(), self._marking, self._pausing)

    def _happened(self, events: Sequence[Any]) -> None:
        if any(
            isinstance(event, _MILESTONES) or (isinstance(event, e.RecordingHeads) and event.final)
            for event in events
        ):
            self.mark()
        if any(isinstance(event, _HEARD) for event in events):
            tasks.start(self._mute(), f"mute {self._room.stream}")
        self._take_up()

    async def _mute(self) -> None:
        """Tell the media plane whom nobody hears (clause 4.4); a room that opens is told as well."""
        try:
            await self._out.media.mute(self._opening, self._room.state.muted)
        except HallError as error:
            log.warning("muting waits: %s", error)

    def mark(self) -> None:
        """Sign a checkpoint of what is journalled now (after the announcement only: a size betrays how many bid)."""
        self._mark_again = True
        if self._room.state.announced and (self._marking is None or self._marking.done()):
            self._marking = tasks.start(self._sign_checkpoint(), f"checkpoint {self._room.tender}")

    async def _sign_checkpoint(self) -> None:
        while self._mark_again:
            self._mark_again = False
            # Clause 4.1: what the time service says is signed along at each milestone.
            self.publish(
                await self._out.journal.checkpoint(
                    self._room.tender, self._clock.now(), (time_service_line(),)
                )
            )

    def publish(self, mark: Checkpoint) -> None:
        """Show a checkpoint that was signed; none before the announcement, and no older one after a newer."""
        if self._room.state.announced and (self.checkpoint is None or mark.size >= self.checkpoint.size):
            self.checkpoint = mark
            self._changed()

    def _take_up(self) -> None:
        owed = d.duties(self._room.state)
        if (keeping := d.KeepRecording()) not in owed and keeping in self._busy:
            self._busy[keeping].cancel()
            if d.StopRecorder() not in owed and (self._pausing is None or self._pausing.done()):
                self._pausing = tasks.start(self._pause_recording(), f"pause {self._room.stream}")
        for duty in owed - self._busy.keys():
            self._busy[duty] = tasks.start(self._work_off(duty), f"{type(duty).__name__} {self._room.stream}")

    async def _work_off(self, duty: d.Duty) -> None:
        try:
            await self._keep_trying(duty)
        finally:
            del self._busy[duty]

    async def _keep_trying(self, duty: d.Duty) -> None:
        while duty in d.duties(self._room.state) and not self._room.failed:
            try:
                await self._perform(duty)
            except HallError as error:
                log.warning("%s waits: %s", type(duty).__name__, error)
            except OSError as error:
                log.error("%s waits for the machine: %s", type(duty).__name__, error)
            except Exception:
                log.exception("%s failed and is tried again", type(duty).__name__)
                await asyncio.sleep(AFTER_A_FAULT)
            else:
                return
            await asyncio.sleep(RETRY_AFTER)

    async def _perform(self, duty: d.Duty) -> None:
        match duty:
            case d.KeepRecording():
                await self._record()
            case d.RecheckSealing(lot, deposits):
                items = [(x.bidder, await self._out.sealed.rehash(x.sha256), x.sha256) for x in deposits]
                looked = tuple(e.Rechecked(b, found, found == due) for b, found, due in items)
                await self._say(c.NoteRecheck(lot, looked, await self._fresh(lot, deposits)))
            case d.OpenBid():
                await self._open_bid(duty)
            case d.Disclose(lot, bidders):
                bids = [await self._out.opener.columns(self._opening, lot, bidder) for bidder in bidders]
                await self._say(c.DisclosePrices(lot, tuple(bids)))
            case d.PrepareRecord():
                await self._prepare_record()
            case d.CompleteRecord(sha256):
                closed = await self._out.office.complete(self._opening, sha256)
                await self._say(c.NoteRecordCompleted(closed, sha256))
            case d.RunTest(suspension, test):
                await self._say(c.NoteTest(suspension, test, await self._test.run()))
            case d.RecheckAdjourned(suspension, returned, deposits):
                lots = await self._rehashed(deposits)
                await self._say(c.NoteAdjournmentRecheck(suspension, returned, lots))
            case d.ShowRehash(lot, bidder, deposit):
                found = await self._out.sealed.rehash(deposit.sha256)
                fresh = await self._fresh(lot, (deposit,))
                await self._say(c.NoteRehash(lot, bidder, found, found == deposit.sha256, fresh))
            case d.DiscloseQuotes():
                await self._disclose_quotes(duty)
            case d.CheckBidPdf(lot, bidder, deposited_at):
                report = await self._out.looks.check(self._opening, lot, bidder, deposited_at)
                await self._say(c.NoteBidPdf(lot, bidder, report))
            case d.StopRecorder():
                await self._out.media.close_room(self._opening)
                heads = self._out.recordings.heads(self._opening)
                await self._say(c.NoteRecordingHeads(tuple(heads), final=True))
            case _:
                assert_never(duty)

    async def _record(self) -> None:
        """Recording is kept up as long as it is owed; the heads of its chains go into the journal (clause 6.1)."""
        if self._pausing is not None:
            await self._pausing
        await self._out.media.open_room(self._opening)
        cameras = self._room.state.scheduled.cameras
        await self._out.media.film(self._opening, [camera_name(x.camera) for x in cameras])
        await self._mute()
        last: tuple[e.RecordingHead, ...] = ()
        while True:
            await asyncio.sleep(HEADS_EVERY)
            heads = tuple(self._out.recordings.heads(self._opening))
            if heads and heads != last:
                await self._say(c.NoteRecordingHeads(heads, final=False))
                last = heads

    async def _pause_recording(self) -> None:
        """Nobody is in the room until a day that everybody was told (clause 4.8): files are closed, and whoever comes
        back begins a new epoch. What lies between is declared in the journal and no gap."""
        try:
            await self._out.media.close_room(self._opening)
        except HallError as error:
            log.warning("the recordings of %s were not closed: %s", self._room.stream, error)
        heads = tuple(self._out.recordings.heads(self._opening))
        if heads:
            await self._say(c.NoteRecordingHeads(heads, final=False))

    async def _fresh(self, lot: str, deposits: Sequence[Deposit]) -> e.FreshnessProved | None:
        """What proves that the ciphertexts are read now: the challenge is the last nonce that a party's own program
        chose, so that no digest kept from before answers it (clause 4.2)."""
        acts = (getattr(event, "act", None) for _, _, event in reversed(self._room.entries))
        challenge = next((act.client_nonce for act in acts if isinstance(act, SignedAct)), None)
        if challenge is None:
            return None
        items = [e.Fresh(x.bidder, await self._out.sealed.prove(x.sha256, challenge)) for x in deposits]
        return e.FreshnessProved(lot, challenge, tuple(items))

    async def _rehashed(self, deposits: Sequence[Deposit]) -> tuple[e.LotRecheck, ...]:
        """Every ciphertext hashed again, now, by lot."""
        found: dict[str, list[e.Rechecked]] = {}
        for x in deposits:
            sha256 = await self._out.sealed.rehash(x.sha256)
            found.setdefault(x.lot, []).append(e.Rechecked(x.bidder, sha256, sha256 == x.sha256))
        return tuple(e.LotRecheck(lot, tuple(items)) for lot, items in found.items())

    async def _disclose_quotes(self, duty: d.DiscloseQuotes) -> None:
        """The signed bodies of a closed round become public together, with the prices that stand in them. What the side
        store has lost is told as such (clause 4.7 b) and never waited for."""
        quotes, lost = [], []
        for bidder, digest in duty.offers:
            body = await self._out.journal.personal(digest)
            if body is None:
                lost.append(bidder)
                continue
            match canonical.loads(body.decode()):
                case {"price": str(price)}:
                    quotes.append(e.Quote(bidder, price, body.decode()))
        await self._say(c.NoteQuotes(duty.lot, duty.round, () if lost else tuple(quotes), tuple(lost)))

    async def _open_bid(self, duty: d.OpenBid) -> None:
        # Hashed first: a damaged copy is mended from the other one, and a bid that the hall lost is told as such
        # (clause 4.7 b) and never waited for.
        if await self._out.sealed.rehash(duty.deposit.sha256) != duty.deposit.sha256:
            await self._say(c.NoteBidFailed(duty.lot, duty.bidder, "not_the_deposit", None))
            return
        key = await self._out.journal.released_key(self._room.stream, duty.lot, duty.bidder)
        if key is None:
            await self._say(c.NoteBidFailed(duty.lot, duty.bidder, "key_lost", None))
            return
        try:
            summary = await self._out.opener.open(self._opening, duty.deposit, key)
        except (Refused, Malformed) as error:
            segment = error.facts.get("segment")
            number = segment if isinstance(segment, int) else None
            await self._say(c.NoteBidFailed(duty.lot, duty.bidder, error.code, number))
        else:
            await self._say(c.NoteBidOpened(duty.lot, duty.bidder, summary))

    async def _prepare_record(self) -> None:
        now = self._clock.now()
        head = await self._out.journal.checkpoint(self._room.tender, now)
        state, entries = self._room.state, tuple(self._room.entries)
        persons = await self._out.persons([s.person for s in state.signed_in.values()])
        source = RecordSource(state, entries, persons, head.size, head.root, now)
        sha256, content = await self._out.office.draft(source)
        await self._say(c.NoteRecordPrepared(sha256, content, head.size, head.root))

    async def _say(self, note: c.Note) -> None:
        await self._room.submit(note, received_at=self._clock.now())

    @property
    def _opening(self) -> str:
        return self._room.state.scheduled.opening
