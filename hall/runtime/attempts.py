"""What a bidder's own page tells of acts that failed in it, taken over an authenticated line (clause 5.3.3).

No rule here (`hall.session.attempts`): only who tells, and how often.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from hall.errors import NotPermitted, Refused
from hall.procurement.parties import Actor, Role
from hall.runtime.registry import Registry
from hall.session import commands as oc

MOST: Final = 30
WITHIN: Final = 60.0
"""So many a minute: a person who mistypes never comes near. Each costs a row."""


class Attempts:
    """Takes reports; keeps nothing but how many came lately."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lately: dict[tuple[str, str], deque[float]] = {}

    async def tell(self, opening: str, actor: Actor, lot: str, act_type: str, code: str) -> None:
        """Journal one report. Returns when it is durable.

        Raises NotPermitted("not_permitted") for who is no bidder, Refused("too_many_questions"), Malformed for what no
        page of ours tells.
        """
        if actor.role is not Role.BIDDER:
            raise NotPermitted("not_permitted", act="attempt", role=actor.role.value)
        room = self._registry.opening(opening).room
        self._count(opening, actor)
        note = oc.NoteAttempt(lot, actor.party, act_type, code)
        await room.submit(note, received_at=self._registry.clock.now())

    def _count(self, opening: str, actor: Actor) -> None:
        now = self._registry.clock.monotonic()
        recent = self._lately.setdefault((opening, actor.party), deque())
        while recent and now - recent[0] > WITHIN:
            recent.popleft()
        if len(recent) >= MOST:
            raise Refused("too_many_questions")
        recent.append(now)
