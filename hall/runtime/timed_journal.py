"""The journal with a watch beside it: tells what each append takes, which is a sign of the hall's own health."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hall.clock import Clock
from hall.runtime.ports import (
    Append,
    Checkpoint,
    Journal,
    KeptState,
    NewEvent,
    PersonalItem,
    ReleasedKey,
    Row,
)
from hall.session.events import IncidentRecorded


class TimedJournal:
    """`inner` as it is; `took(seconds)` hears of each append, of those that fail as well. It hears of none that only
    puts down how slow another one was: or a slow disk would keep itself busy with its own slowness."""

    def __init__(self, inner: Journal, clock: Clock, took: Callable[[float], None]) -> None:
        self._inner = inner
        self._clock = clock
        self._took = took

    async def append(
        self,
        tender: str,
        stream: str,
        expected_seq: int,
        events: Sequence[NewEvent],
        *,
        released_key: ReleasedKey | None = None,
        personal: Sequence[PersonalItem] = (),
    ) -> list[Row]:
        (rows,) = await self.append_many(
            [Append(tender, stream, expected_seq, events, [released_key] if released_key else [], personal)]
        )
        return rows

    async def append_many(self, appends: Sequence[Append]) -> list[list[Row]]:
        began = self._clock.monotonic()
        try:
            return await self._inner.append_many(appends)
        finally:
            if not all(_of_slowness(append) for append in appends):
                self._took(self._clock.monotonic() - began)

    def knows(self, tender: str) -> bool:
        return self._inner.knows(tender)

    async def load(self, stream: str) -> list[tuple[Row, object]]:
        return await self._inner.load(stream)

    async def load_all(self, domain: str, most: int | None = None) -> Mapping[str, list[tuple[Row, object]]]:
        return await self._inner.load_all(domain, most)

    async def last_of_all(self, domain: str) -> Mapping[str, tuple[Row, object]]:
        return await self._inner.last_of_all(domain)

    async def rows(self, tender: str, after_index: int = -1) -> list[Row]:
        return await self._inner.rows(tender, after_index)

    async def checkpoint(self, tender: str, at: int, extensions: Sequence[str] = ()) -> Checkpoint:
        return await self._inner.checkpoint(tender, at, extensions)

    async def checkpoints(self, tender: str) -> list[Checkpoint]:
        return await self._inner.checkpoints(tender)

    async def last_checkpoint(self, tender: str) -> Checkpoint | None:
        return await self._inner.last_checkpoint(tender)

    async def released_key(self, stream: str, lot: str, bidder: str) -> bytes | None:
        return await self._inner.released_key(stream, lot, bidder)

    async def keep_state(self, stream: str, kept: KeptState) -> None:
        await self._inner.keep_state(stream, kept)

    async def kept_states(self) -> Mapping[str, KeptState]:
        return await self._inner.kept_states()

    async def personal(self, digest: str) -> bytes | None:
        return await self._inner.personal(digest)


def _of_slowness(append: Append) -> bool:
    return any(
        isinstance(new.event, IncidentRecorded) and (new.event.kind, new.event.act) == ("slow_append", None)
        for new in append.events
    )
