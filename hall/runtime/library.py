"""The library of recordings: which there are, what was going on when, and their bytes, for who may replay them.

No HTTP here, no containers and no disk: `RecordingReader` reads. Whoever may not know of a recording gets the same
answer whether there is one or not (Bidding Law 22): rights are asked before anything is looked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from hall.clock import Clock
from hall.errors import HallError, Malformed, NotPermitted, Refused
from hall.keeping.events import Event
from hall.procurement.parties import Actor, Role, participant_of
from hall.procurement.tender import HOUR
from hall.runtime.desk import Desk
from hall.runtime.keeper import Keeper
from hall.runtime.media_ports import (
    Clip,
    ClipOffice,
    ClipOrder,
    RecordingFile,
    RecordingIndex,
    RecordingReader,
    Recordings,
)
from hall.runtime.registry import Registry
from hall.session import views
from hall.session.roster import all_announced
from hall.session.rules import Stage
from hall.session.state import OpeningState

MOST_WAIT: Final = 5_000
"""Milliseconds that a question about a growing index may wait for its answer."""

MOST_PARTICIPANTS: Final = 300
"""Of one look or one clip."""

MOST_EXPORTED: Final = 12 * HOUR
"""Milliseconds of recordings in one clip, of all participants together."""

EXPORT_LIVES: Final = 3600.0
"""Seconds that a clip waits to be fetched."""

_WAITING: Final = 4  # clips that are asked for at the same time

AROUND: Final = 60_000
"""Milliseconds behind a single event that are meant by it."""

_EVER: Final = 1 << 52


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the recordings is asked for. participant: "" for all; start, end: ms UTC; event: a kind of event, or two
    with `..` between, as the asker's own timeline tells them: then these moments count."""

    participant: str = ""
    start: int = 0
    end: int = _EVER
    event: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """A clip that waits to be fetched by whom it was made for; made: monotonic seconds."""

    clip: Clip
    certificate: str
    opening: str
    made: float


class Library:
    """What people may see of the recordings."""

    def __init__(
        self,
        registry: Registry,
        desk: Desk,
        recordings: Recordings,
        reader: RecordingReader,
        keeper: Keeper,
        office: ClipOffice,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._desk = desk
        self._recordings = recordings
        self._keeper = keeper
        self._office = office
        self._clock = clock
        self._exports: dict[str, Exported] = {}
        self._making = asyncio.Semaphore(1)
        self._asked = 0
        self.reader = reader

    def files(self, opening: str, actor: Actor, wanted: Wanted) -> list[dict[str, object]]:
        """Media files that the viewer may replay and that hold something of what is wanted."""
        return [
            {
                "participant": f.participant,
                "file": f.file,
                "epoch": f.epoch,
                "mime": f.mime,
                "start": f.start,
                "end": f.end,
                "size": f.size,
                "seconds": (f.end - f.start) // 1000,
            }
            for f in self._found(opening, actor, wanted)
        ]

    async def coverage(self, opening: str, actor: Actor, wanted: Wanted) -> list[dict[str, object]]:
        """Per participant: its name, its files, what they cover, and where and why nothing was recorded."""
        state, told = self._state(opening), []
        files = self._found(opening, actor, wanted)
        whole = not wanted.event and (wanted.start, wanted.end) == (0, _EVER)
        within = None if whole else self.interval(opening, actor, wanted)
        for participant in sorted({f.participant for f in files}):
            own = [f for f in files if f.participant == participant]
            covered = await self.reader.coverage(opening, participant, within)
            told.append(
                {
                    "participant": participant,
                    "name": name_of(state, participant),
                    "epochs": len(own),
                    "size": sum(f.size for f in own),
                    "mine": participant == participant_of(actor),
                    "spans": [{"start": s, "end": e, "file": file} for s, e, file in covered.spans],
                    "gaps": [
                        {"start": s, "end": e, "cause": cause, "intended": intended}
                        for s, e, cause, intended in covered.gaps
                    ],
                }
            )
        return told

    async def index(
        self, opening: str, participant: str, file: str, actor: Actor, after: int, wait_ms: int
    ) -> RecordingIndex:
        """Part of a file's index. Raises NotPermitted: "may_not_watch", "no_such_media_file"."""
        self.check(opening, participant, actor)
        wait = min(wait_ms, MOST_WAIT) / 1000
        return await self.reader.index(opening, participant, file, after, wait)

    async def playlist(self, opening: str, participant: str, actor: Actor) -> str:
        """An HLS playlist of all that was recorded of a participant up to now. Raises as `index` does."""
        self.check(opening, participant, actor)
        text = await asyncio.to_thread(self.reader.playlist, opening, participant)
        if not text:
            raise NotPermitted("no_such_media_file")
        return text

    async def media(self, opening: str, participant: str, file: str, actor: Actor) -> Path:
        """A media file, for `reader`; the look at it is noted. Raises as `index` does, and
        Refused("recordings_erased")."""
        self.check(opening, participant, actor)
        path = self.reader.path(opening, participant, file)

        def span() -> tuple[int, int]:
            own = (f for f in self._files(opening) if (f.participant, f.file) == (participant, file))
            return next(((f.start, f.end) for f in own), (0, 0))

        await self._keeper.reads(opening, actor, participant, span)
        return path

    async def looks(
        self, opening: str, actor: Actor, participants: Sequence[str], start: int, end: int
    ) -> None:
        """Note that the viewer looks at these participants. Raises NotPermitted("may_not_watch"), Refused."""
        for participant in participants:
            self.check(opening, participant, actor)
        await self._keeper.looks(opening, actor, participants, start, end)

    async def keeping(self, opening: str, actor: Actor) -> dict[str, object]:
        """Until when recordings are kept, and what was done with them; for staff, of whom it may replay."""
        if actor.role is Role.BIDDER:
            raise NotPermitted("not_permitted", role=actor.role.value)
        _check_anything(actor)
        state, keeping = self._state(opening), await self._keeper.state(opening)
        told = [
            {"at": at, "kind": type(event).__name__, **_shown(event)}
            for at, event in await self._keeper.history(opening)
            if all(views.may_replay(state, actor, p) for p in getattr(event, "participants", ()))
        ]
        return {
            "kept_until": self._keeper.kept_until(opening),
            "holds": [_shown(hold) for hold in keeping.holds.values()],
            "erased": keeping.ordered is not None,
            "history": told,
        }

    async def export(
        self, opening: str, actor: Actor, participants: Sequence[str], start: int, end: int
    ) -> Clip:
        """Make a clip and journal it; it waits for its asker for an hour.

        Raises NotPermitted("may_not_watch"), Refused: "not_now", "nothing_recorded", "export_too_long", "exports_busy",
        "recordings_erased".
        """
        for participant in participants:
            self.check(opening, participant, actor)
        state = self._state(opening)
        if not all_announced(state) and state.stage is not Stage.CLOSED:
            raise Refused("not_now")  # a proof tells how many rows there are, and so who has bid
        await self._keeper.check_there(opening)
        whom = sorted(set(participants))
        files = [f for f in self._files(opening) if f.participant in whom and f.start < end and f.end > start]
        if not files:
            raise Refused("nothing_recorded")
        start, end = max(start, min(f.start for f in files)), min(end, max(f.end for f in files))
        if sum(min(f.end, end) - max(f.start, start) for f in files) > MOST_EXPORTED:
            raise Refused("export_too_long", most=MOST_EXPORTED // HOUR)
        if self._asked >= _WAITING:
            raise Refused("exports_busy")
        plan = state.scheduled
        order = ClipOrder(
            opening=opening,
            tender=plan.tender,
            tender_name=plan.tender_name,
            tender_number=plan.tender_number,
            participants=[(one, name_of(state, one)) for one in whom],
            files=[(f.participant, f.file) for f in files],
            start=start,
            end=end,
            by=actor,
            at=self._clock.now(),
        )
        self._asked += 1
        try:
            async with self._making:
                clip = await self._office.make(order)
        finally:
            self._asked -= 1
        try:
            await self._keeper.exported(opening, actor, whom, start, end, clip.sha256, clip.size)
        except HallError:
            clip.path.unlink(missing_ok=True)
            raise
        self._put_by(Exported(clip, actor.certificate, opening, self._clock.monotonic()))
        return clip

    async def exported(self, opening: str, clip: str, actor: Actor) -> Path:
        """A clip that the viewer had made. Raises NotPermitted("no_such_export"), Refused("recordings_erased")."""
        await self._keeper.check_there(opening)
        self._clear()
        found = self._exports.get(clip)
        if found is None or (found.opening, found.certificate) != (opening, actor.certificate):
            raise NotPermitted("no_such_export")
        return found.clip.path

    def interval(self, opening: str, actor: Actor, wanted: Wanted) -> tuple[int, int]:
        """From when to when, ms UTC. Raises Refused("no_such_event"), Malformed."""
        if not wanted.event:
            return wanted.start, wanted.end
        first, dots, last = wanted.event.partition("..")
        # The viewer's own timeline: what it may not know of has no moment that it could learn here.
        timeline = self._desk.screen(opening, actor).since(0).timeline
        start = next((one.at for one in timeline if one.kind == first), None)
        if start is None:
            raise Refused("no_such_event", event=first)
        if not dots:
            return start, start + AROUND
        ends = [one.at for one in timeline if one.kind == last and one.at >= start]
        if not ends:
            raise Refused("no_such_event", event=last)
        return start, ends[-1]

    def check(self, opening: str, participant: str, actor: Actor) -> None:
        """Raises NotPermitted, before anything is looked for: the answer must not tell whether it is there."""
        if not views.may_replay(self._state(opening), actor, participant):
            _check_anything(actor)
            raise NotPermitted("may_not_watch")

    # inside

    def _put_by(self, exported: Exported) -> None:
        self._clear()
        self._exports[exported.clip.sha256] = exported

    def _clear(self) -> None:
        """Forget clips that nobody has fetched in time."""
        now = self._clock.monotonic()
        for sha256, one in tuple(self._exports.items()):
            if now - one.made > EXPORT_LIVES:
                del self._exports[sha256]
                one.clip.path.unlink(missing_ok=True)

    def _state(self, opening: str) -> OpeningState:
        return self._registry.opening(opening).room.state

    def _files(self, opening: str) -> Sequence[RecordingFile]:
        return self._recordings.files(opening)

    def _found(self, opening: str, actor: Actor, wanted: Wanted) -> list[RecordingFile]:
        state = self._state(opening)
        _check_anything(actor)
        start, end = self.interval(opening, actor, wanted)
        if start > end:
            raise Malformed("malformed_message", field="to")
        if wanted.participant:
            self.check(opening, wanted.participant, actor)
        return [
            f
            for f in self._files(opening)
            if views.may_replay(state, actor, f.participant)
            and wanted.participant in ("", f.participant)
            and f.start <= end
            and f.end >= start
        ]


def name_of(state: OpeningState, participant: str) -> str:
    """What a participant is called on screens; its own id where nobody has named it."""
    bidder = participant.removeprefix("bidder-")
    if bidder != participant:
        return next((d.name for d in state.deposits if d.bidder == bidder), participant)
    for post in state.posts.values():
        if post.role.value.replace("_", "-") == participant:
            return post.name
    camera = participant.removeprefix("camera-")
    return next((x.name for x in state.scheduled.cameras if x.camera == camera), participant)


def _shown(event: Event) -> dict[str, object]:
    """An event of the keeping as staff sees it: the signed act stays in the journal."""
    return {key: value for key, value in asdict(event).items() if key not in ("act", "certificate")}


def _check_anything(actor: Actor) -> None:
    if actor.role is Role.EVALUATOR:  # clause 5.4.2: no word of the room reaches an evaluator
        raise NotPermitted("not_permitted", role=actor.role.value)
