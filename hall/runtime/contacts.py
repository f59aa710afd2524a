"""The parties' addresses: personal items beside the journal, which names them by a salted digest only.

A contact that is erased leaves the journal whole; notices then go to the inbox alone.
"""

from __future__ import annotations

import hashlib

from hall.procurement import canonical
from hall.runtime.ports import Journal, PersonalItem
from hall.runtime.room import Room
from hall.tendering.directory import ContactGiven, Directory, Register


class Contacts:
    """Reads and writes contacts. directory: the room whose stream says which party has which contact."""

    def __init__(self, directory: Room[Directory], journal: Journal) -> None:
        self._directory = directory
        self._journal = journal

    def digest(self, party: str) -> str:
        """Digest of the party's current contact, "" where none is known."""
        return self._directory.state.contacts.get(party, "")

    async def mail(self, digest: str) -> str:
        """The mail address in a contact, "" when it is unknown or erased."""
        match await self._read(digest):
            case {"mail": str(address)}:
                return address
        return ""

    async def give(self, party: str, mail: str, salt: str, now: int) -> None:
        """Make `mail` the party's address; the same again changes nothing. salt: fresh random hex."""
        if mail == await self.mail(self.digest(party)):
            return
        body = canonical.dumps({"mail": mail, "party": party, "salt": salt})
        digest = hashlib.sha256(body).hexdigest()
        await self._directory.submit(
            Register(ContactGiven(party, digest)), received_at=now, personal=[PersonalItem(digest, body)]
        )

    async def _read(self, digest: str) -> object:
        body = await self._journal.personal(digest) if digest else None
        return None if body is None else canonical.loads(body.decode())
