"""What a client may ask for to see that there is one history: proofs, co-signatures, and what it brings itself.

Nothing here answers before all lots are announced: a size, an index or a path betrays how many bid (clause 5.3.2). What
may not live here: the form of notes and tokens (`Notes`), and who looks at an opening at all (the desk knows).
"""

from __future__ import annotations

from dataclasses import dataclass

from hall import wire
from hall.clock import Clock
from hall.errors import NotPermitted, Refused, Unavailable
from hall.procurement.parties import Actor, Role
from hall.runtime.ports import Checkpoint, Journal
from hall.runtime.proof_ports import Notes, ProofStore, StoredCosignature
from hall.runtime.registry import Opening, Registry
from hall.session.roster import all_announced

COSIGNERS = frozenset({Role.SUPERVISOR, Role.NOTARY})


@dataclass(frozen=True, slots=True)
class ShownCheckpoint:
    """A checkpoint as it is given out. `cosignatures`: C2SP lines of others, each with its newline."""

    at: int
    size: int
    root: str
    note: str
    cosignatures: list[str]


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """RFC 9162, 2.1.4: that the tree of `first` rows begins the one of `second`. `path`: hex."""

    first: int
    second: int
    path: list[str]


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """RFC 9162, 2.1.3: that `leaf` stands at `index` of the tree of `size` rows. `path`: hex."""

    leaf: str
    index: int
    size: int
    path: list[str]


class Proofs:
    """The proofs of all tenders of one hall."""

    def __init__(
        self, registry: Registry, journal: Journal, store: ProofStore, notes: Notes, clock: Clock
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._store = store
        self._notes = notes
        self._clock = clock
        self._cosigned: dict[str, dict[str, list[StoredCosignature]]] = {}

    def log_key(self, tender: str) -> str:
        """The log key as it is published with the tender: `name+hex id+base64` (C2SP `signed-note`)."""
        return self._notes.log_key(tender)

    async def checkpoints(self, opening: str) -> list[ShownCheckpoint]:
        """Every signed checkpoint of the tender, oldest first, with its co-signatures."""
        live = self._announced(opening)
        await self.learn(live.room.tender)
        marks = await self._journal.checkpoints(live.room.tender)
        return [self._shown(live.room.tender, mark) for mark in marks]

    def consistency(self, opening: str, first: int, second: int) -> ConsistencyProof:
        """That the history of `first` rows begins the one of `second`.

        Raises Refused("not_announced_yet"), Refused("no_such_size").
        """
        live = self._announced(opening)
        self._check_size(live, second)
        if not 0 < first <= second:
            raise Refused("no_such_size")
        path = self._store.tree(live.room.tender).consistency(first, second)
        return ConsistencyProof(first, second, [step.hex() for step in path])

    def inclusion(self, opening: str, leaf: str, size: int) -> InclusionProof:
        """That the row with this leaf stands in the history of `size` rows. Whoever knows a salted leaf was told it.

        Raises Refused("not_announced_yet"), Refused("no_such_size"), Refused("no_such_leaf").
        """
        live = self._announced(opening)
        self._check_size(live, size)
        tree = self._store.tree(live.room.tender)
        index = tree.index(bytes.fromhex(leaf))
        if index is None or index >= size:
            raise Refused("no_such_leaf")
        return InclusionProof(leaf, index, size, [step.hex() for step in tree.inclusion(index, size)])

    async def cosign(self, opening: str, actor: Actor, certificate: bytes, size: int, line: str) -> None:
        """Keep a co-signature of the newest checkpoint of so many rows. certificate: DER of the login's.

        Raises NotPermitted("not_permitted"), Refused("no_such_size"), and what `Notes.cosigned` raises.
        """
        if actor.role not in COSIGNERS:
            raise NotPermitted("not_permitted", act="cosign")
        live = self._announced(opening)
        tender = live.room.tender
        await self.learn(tender)
        marks = [mark for mark in await self._journal.checkpoints(tender) if mark.size == size]
        error: Refused | None = None
        for mark in reversed(marks):
            try:
                fingerprint = self._notes.cosigned(mark.note, line, certificate)
            except Refused as refused:
                error = refused
                continue
            await self._keep(tender, mark, StoredCosignature("", fingerprint, actor.role.value, 0, line))
            live.changed()
            return
        raise error or Refused("no_such_size")

    async def learn(self, tender: str) -> None:
        """Read a tender's co-signatures from the disk, once."""
        if tender not in self._cosigned:
            found: dict[str, list[StoredCosignature]] = {}
            for one in await self._store.cosignatures(tender):
                found.setdefault(one.checkpoint, []).append(one)
            self._cosigned.setdefault(tender, found)

    def wired(self, tender: str, mark: Checkpoint | None) -> wire.Checkpoint | None:
        """A checkpoint as views show it, with who has co-signed last, and what."""
        if mark is None:
            return None
        last: dict[str, wire.Cosigner] = {}
        for lines in self._cosigned.get(tender, {}).values():
            for one in lines:
                last[one.certificate] = wire.Cosigner(one.role, one.certificate, one.at)
        here = {one.certificate for one in self._lines(tender, mark)}
        shown = [wire.Cosigner(x.role, x.certificate, x.at, x.certificate in here) for x in last.values()]
        return wire.Checkpoint(mark.size, mark.root, mark.note, shown)

    # inside

    def _announced(self, opening: str) -> Opening:
        live = self._registry.opening(opening)
        if not all_announced(live.room.state):
            raise Refused("not_announced_yet")
        return live

    def _check_size(self, live: Opening, size: int) -> None:
        """Only histories that the hall has signed and given out are spoken of."""
        mark = live.performer.checkpoint
        if mark is None:
            raise Unavailable("not_ready")
        if size > mark.size:
            raise Refused("no_such_size")

    async def _keep(self, tender: str, mark: Checkpoint, found: StoredCosignature) -> None:
        digest = self._notes.digest(mark.note)
        known = self._cosigned[tender].setdefault(digest, [])
        if any(one.certificate == found.certificate for one in known):
            return
        kept = StoredCosignature(digest, found.certificate, found.role, self._clock.now(), found.line)
        await self._store.add_cosignature(tender, kept)
        known.append(kept)

    def _lines(self, tender: str, mark: Checkpoint) -> list[StoredCosignature]:
        return self._cosigned.get(tender, {}).get(self._notes.digest(mark.note), [])

    def _shown(self, tender: str, mark: Checkpoint) -> ShownCheckpoint:
        lines = [one.line for one in self._lines(tender, mark)]
        return ShownCheckpoint(mark.at, mark.size, mark.root, mark.note, lines)
