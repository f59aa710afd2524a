"""The notary's own papers: handed in before they are named by a signed act, and read by whoever is in the room
(clause 4.5).

What may not live here: who may add one (`hall.session.rules`), disk, HTTP.
"""

from __future__ import annotations

import hashlib

from hall.errors import HallError, NotPermitted, Refused
from hall.procurement.parties import Actor
from hall.runtime.papers_port import PaperStore
from hall.runtime.registry import Registry
from hall.session.papers import MOST_BYTES, MOST_PAPERS
from hall.session.roster import holds_post
from hall.session.rules import RIGHTS


class Papers:
    """What people may ask of them."""

    def __init__(self, registry: Registry, store: PaperStore) -> None:
        self._registry, self._store = registry, store

    async def hand_in(self, opening: str, actor: Actor, data: bytes) -> str:
        """Keep bytes that an act will name; gives their SHA-256.

        Raises NotPermitted("not_permitted") for who may not add papers, Refused("paper_too_large"),
        Refused("too_many_papers").
        """
        state = self._registry.opening(opening).room.state
        if actor.role not in RIGHTS["add_paper"].roles or not holds_post(state, actor):
            raise NotPermitted("not_permitted", role=actor.role.value)
        if not 0 < len(data) <= MOST_BYTES:
            raise Refused("paper_too_large", limit=MOST_BYTES)
        if len(state.papers) >= MOST_PAPERS:
            raise Refused("too_many_papers", limit=MOST_PAPERS)
        return await self._store.keep(opening, data)

    async def check_here(self, opening: str, sha256: str, size: int) -> None:
        """An act names bytes that the hall holds. Raises Refused("paper_not_here")."""
        try:
            data = await self._store.paper(opening, sha256)
        except HallError:
            raise Refused("paper_not_here") from None
        if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            raise Refused("paper_not_here")

    async def paper(self, opening: str, number: int) -> tuple[str, bytes]:
        """(kind, bytes) of a paper by its number. Raises NotPermitted("no_such_paper")."""
        papers = self._registry.opening(opening).room.state.papers
        if not 0 < number <= len(papers):
            raise NotPermitted("no_such_paper", paper=number)
        found = papers[number - 1]
        return found.mime, await self._store.paper(opening, found.sha256)
