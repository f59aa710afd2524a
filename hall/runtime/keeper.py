"""The keeper: who may see which recordings, and what is done with them (clause 6.1).

No HTTP here, no containers and no disk: `RecordingReader` reads, the rules stand in `hall.session.views` and
`hall.keeping`. Whoever may not know of a recording gets the same answer whether there is one or not (Bidding Law 22).
"""

from __future__ import annotations

from pathlib import Path

from hall.errors import NotPermitted
from hall.procurement.parties import Actor, Role
from hall.runtime.ports import RecordingIndex, RecordingReader, Recordings
from hall.runtime.registry import Registry
from hall.session.roster import may_be_known
from hall.session.state import OpeningState

MOST_WAIT = 5_000
"""Milliseconds that a question about a growing index may wait for its answer."""


class Keeper:
    """What people may ask of the recordings."""

    def __init__(self, registry: Registry, recordings: Recordings, reader: RecordingReader) -> None:
        self._registry = registry
        self._recordings = recordings
        self._reader = reader

    def files(self, opening: str, actor: Actor) -> list[dict[str, object]]:
        """Media files of the opening that the viewer may replay."""
        state = self._state(opening)
        _check_anything(actor)
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
            for f in self._recordings.files(opening)
            if may_replay(state, actor, f.participant)
        ]

    async def index(
        self, opening: str, participant: str, file: str, actor: Actor, after: int, wait_ms: int
    ) -> RecordingIndex:
        """Part of a file's index. Raises NotPermitted: "may_not_watch", "no_such_recording"."""
        self._check(opening, participant, actor)
        wait = min(wait_ms, MOST_WAIT) / 1000
        return await self._reader.index(opening, participant, file, after, wait)

    def media(self, opening: str, participant: str, file: str, actor: Actor) -> Path:
        """A media file, for `read`. Raises as `index` does."""
        self._check(opening, participant, actor)
        return self._reader.path(opening, participant, file)

    @property
    def reader(self) -> RecordingReader:
        """Gives the bytes of what `media` gave."""
        return self._reader

    # inside

    def _state(self, opening: str) -> OpeningState:
        return self._registry.opening(opening).room.state

    def _check(self, opening: str, participant: str, actor: Actor) -> None:
        """Before anything is looked for: the answer must not tell whether it is there."""
        if not may_replay(self._state(opening), actor, participant):
            _check_anything(actor)
            raise NotPermitted("may_not_watch")


def may_replay(state: OpeningState, viewer: Actor, participant: str) -> bool:
    """Whether the viewer may see what was recorded of a participant, or know that it was."""
    if viewer.role in (Role.BIDDER, Role.EVALUATOR):
        return False
    return participant == "host" or may_be_known(state, participant)


def _check_anything(actor: Actor) -> None:
    if actor.role is Role.EVALUATOR:  # clause 5.4.2: no word of the room reaches an evaluator
        raise NotPermitted("not_permitted", role=actor.role.value)
