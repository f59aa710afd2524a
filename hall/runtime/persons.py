"""The declared representatives: personal items, read back from beside the journal by the digest that stands in it."""

from __future__ import annotations

from collections.abc import Sequence

from hall.procurement import canonical
from hall.runtime.ports import Journal
from hall.session.bodies import photo_of
from hall.session.views import Person


class Persons:
    """Known persons by digest. Who may see them is the views' business."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.known: dict[str, Person] = {}

    async def learn(self, digest: str) -> None:
        """Read one item; an erased one stays unknown."""
        if digest in self.known or (body := await self._journal.personal(digest)) is None:
            return
        match canonical.loads(body.decode()):
            case {"representative": str(name), "phones": [*phones]}:
                self.known[digest] = Person(name, tuple(str(phone) for phone in phones))

    async def photo(self, digest: str) -> bytes:
        """The reference picture of one person, b"" where there is none or it was erased."""
        body = await self._journal.personal(digest)
        found = canonical.loads(body.decode()) if body is not None else None
        return photo_of(found) if isinstance(found, dict) else b""

    async def names(self, digests: Sequence[str]) -> dict[str, str]:
        """Digest → name of the representative, for the record."""
        for digest in digests:
            await self.learn(digest)
        return {digest: self.known[digest].representative for digest in digests if digest in self.known}
