"""The files of recordings made elsewhere: sent by whoever may attach them by a signed act, and by nobody else
(clause 6.1).

The act names size and digest; what comes is held against them. What may not live here: disk, HTTP, and the rules of
naming and attaching (`hall.session.external`).
"""

from __future__ import annotations

import asyncio

from hall.errors import NotPermitted, Unavailable
from hall.procurement.parties import Actor
from hall.runtime.external_port import ExternalFile, ExternalStore
from hall.runtime.keeper import Keeper
from hall.runtime.registry import Registry
from hall.session.roster import holds_post
from hall.session.rules import RIGHTS


class Externals:
    """What people may ask of them. Calls of the store block: they are made in threads."""

    def __init__(self, registry: Registry, store: ExternalStore, keeper: Keeper) -> None:
        self._registry, self._store, self._keeper = registry, store, keeper

    async def status(self, opening: str, actor: Actor, recording: str, sha256: str) -> ExternalFile:
        """What was announced of a file by the act that attached it, with `received`: the bytes that are here.

        Raises NotPermitted: "not_permitted", "no_such_recording".
        """
        file = self._attached(opening, actor, recording, sha256)
        return file.with_received(await asyncio.to_thread(self._store.received, opening, file))

    async def write(
        self,
        opening: str,
        actor: Actor,
        recording: str,
        sha256: str,
        offset: int,
        data: bytes,
        slice_sha256: str,
    ) -> int:
        """Take a slice; gives the bytes received. The last one lays the file in its place.

        Raises as `status` does, and what the store raises.
        """
        file = self._attached(opening, actor, recording, sha256)
        try:
            received = await asyncio.to_thread(self._store.write, opening, file, offset, data, slice_sha256)
        except OSError as error:
            raise Unavailable("storage_failed") from error
        if received == file.size:
            await self._keeper.stored(opening, recording, sha256, file.size, actor.key)
        return received

    def _attached(self, opening: str, actor: Actor, recording: str, sha256: str) -> ExternalFile:
        state = self._registry.opening(opening).room.state
        if actor.role not in RIGHTS["attach_recording"].roles or not holds_post(state, actor):
            raise NotPermitted("not_permitted", role=actor.role.value)
        for one in state.media.attached.get(recording, ()):
            if one.sha256 == sha256:
                return ExternalFile(recording, sha256, one.size, one.start, one.end)
        raise NotPermitted("no_such_recording", recording=recording)
