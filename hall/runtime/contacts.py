"""The parties' addresses: personal items beside the journal, which names them by a salted digest only.

A contact that is erased leaves the journal whole; notices then go to the inbox alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from hall.procurement import canonical
from hall.runtime.ports import Journal, PersonalItem
from hall.runtime.room import Room
from hall.tendering.directory import ContactGiven, Directory, Register

ADDRESSES: Final[Mapping[str, str]] = {"smtp": "mail", "sms": "phone"}
"""Channel → the key of its address in a contact."""


class Contacts:
    """Reads and writes contacts. directory: the room whose stream says which party has which contact."""

    def __init__(self, directory: Room[Directory], journal: Journal) -> None:
        self._directory = directory
        self._journal = journal

    def digest(self, party: str) -> str:
        """Digest of the party's current contact, "" where none is known."""
        return self._directory.state.contacts.get(party, "")

    def reaches(self, party: str, channel: str) -> bool:
        """Whether the party's contact has an address for this channel."""
        return channel in self._directory.state.ways.get(party, ())

    async def address(self, digest: str, channel: str) -> str:
        """The address for a channel in a contact, "" when there is none or it was erased."""
        read = await self._read(digest)
        return str(read.get(ADDRESSES[channel], "")) if isinstance(read, dict) else ""

    async def give(self, party: str, mail: str, salt: str, now: int, phone: str = "") -> None:
        """Make `mail` and `phone` the party's addresses, "" for none; the same again changes nothing. salt: fresh
        random hex."""
        given = {"mail": mail, "phone": phone}
        known = self.digest(party)
        if given == {ADDRESSES[way]: await self.address(known, way) for way in ADDRESSES}:
            return
        body = canonical.dumps({**given, "party": party, "salt": salt})
        digest = hashlib.sha256(body).hexdigest()
        ways = tuple(way for way, key in ADDRESSES.items() if given[key])
        event = ContactGiven(party, digest, ways)
        await self._directory.submit(Register(event), received_at=now, personal=[PersonalItem(digest, body)])

    async def _read(self, digest: str) -> object:
        body = await self._journal.personal(digest) if digest else None
        return None if body is None else canonical.loads(body.decode())
