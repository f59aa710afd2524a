"""The journal in memory: the disk's twin, for tests and rehearsals of rules. Same answers, same conflicts, same tests.

What may not live here: anything the one on disk does not do.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.errors import Unavailable
from hall.journal.checkpoint import SignedRoot, origin_line, sign
from hall.journal.codec import EventCodec
from hall.journal.encoding import Codecs
from hall.journal.ledger import SALT_SIZE, Batch, Ledger, NonceKey, Placed
from hall.journal.prepared import MemoryPreparedStates
from hall.journal.proofs import MemoryProofs
from hall.journal.tree import Tree
from hall.runtime.ports import Append, Checkpoint, KeptState, NewEvent, PersonalItem, ReleasedKey, Row


class MemoryJournal:
    """Keeps everything in lists; nothing survives it. `log`: the key that signs checkpoints."""

    def __init__(
        self, log: Ed25519PrivateKey, *, codecs: Mapping[str, EventCodec], origin: str, rehearsal: bool
    ) -> None:
        self._log = log
        self._codecs = Codecs(codecs)
        self._origin = origin
        self._rehearsal = rehearsal
        self._ledger = Ledger()
        self._placed: list[Placed] = []
        self._answers: dict[NonceKey, tuple[int, int]] = {}
        self._checkpoints: list[tuple[str, Checkpoint]] = []
        self._released: dict[tuple[str, str, str], bytes] = {}
        self._personal: dict[str, bytes] = {}
        self._kept: dict[str, KeptState] = {}
        self.prepared = MemoryPreparedStates()
        self.proofs = MemoryProofs(self.tree)
        self.failed = False

    async def close(self) -> None:
        """Nothing to let go of."""
        self.failed = True

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
        """Append to one stream; see `append_many`."""
        (rows,) = await self.append_many(
            [Append(tender, stream, expected_seq, events, [released_key] if released_key else [], personal)]
        )
        return rows

    async def append_many(self, appends: Sequence[Append]) -> list[list[Row]]:
        """Store all of these appends or none. Raises Unavailable: "journal_conflict", "journal_failed" (closed)."""
        requests = [self._codecs.request(append) for append in appends]
        if self.failed:
            raise Unavailable("journal_failed")
        batch = Batch(self._ledger, self._answers.__contains__, lambda: secrets.token_bytes(SALT_SIZE))
        placed = batch.place(requests)
        self._placed += batch.rows
        self._answers.update({answer.key: (answer.first_seq, answer.last_seq) for answer in batch.answers})
        for row in batch.rows:
            self._ledger.adopt(row)
        for request in requests:
            for key in request.released_keys:
                self._released[request.stream, key.lot, key.bidder] = key.secret
            for item in request.personal:
                self._personal.setdefault(item.digest, item.body)
        return placed

    def knows(self, tender: str) -> bool:
        """Whether any stream of a tender has a row."""
        return self._ledger.tree(tender).size > 0

    async def load(self, stream: str) -> list[tuple[Row, object]]:
        """Give a stream's rows with their events, oldest first."""
        return [self._codecs.decoded(row) for _, row in self._placed if row.stream == stream]

    async def load_all(self, domain: str, most: int | None = None) -> dict[str, list[tuple[Row, object]]]:
        """Give the streams of a domain, each as `load` gives it; most: those alone that have no more rows than this."""
        heads = {name: head.seq for name, head in self._ledger.heads.items() if name.startswith(f"{domain}/")}
        streams = [name for name, seq in heads.items() if most is None or seq <= most]
        return {stream: await self.load(stream) for stream in streams}

    async def last_of_all(self, domain: str) -> dict[str, tuple[Row, object]]:
        """Give the last row of each stream of a domain with its event."""
        return {stream: rows[-1] for stream, rows in (await self.load_all(domain)).items()}

    async def streams(self) -> list[tuple[str, str]]:
        """Give all (tender, stream), in order of their first row."""
        first = [
            (row.received_at, tender, row.tree_index, row.stream)
            for tender, row in self._placed
            if row.seq == 1
        ]
        return [(tender, stream) for _, tender, _, stream in sorted(first)]

    async def answered(self, stream: str, actor: str, nonce: str) -> tuple[int, int] | None:
        """Give (first seq, last seq) of the rows that answered this command, or None if none did."""
        return self._answers.get((stream, actor, nonce))

    async def rows(self, tender: str, after_index: int = -1) -> list[Row]:
        """Give a tender's rows behind the tree index `after_index`, in tree order (the first row's index is 0)."""
        return [row for owner, row in self._placed if owner == tender and row.tree_index > after_index]

    def tree(self, tender: str) -> Tree:
        """Give the tender's tree, for proofs; it grows with the journal and is only to be read."""
        return self._ledger.tree(tender)

    async def checkpoint(self, tender: str, at: int, extensions: Sequence[str] = ()) -> Checkpoint:
        """Sign the tree's size and root as they are now, keep the note and give it. `at`: hall time, ms UTC, signed
        along as the first extension line."""
        origin, tree = origin_line(self._origin, tender, rehearsal=self._rehearsal), self._ledger.tree(tender)
        root = SignedRoot(origin, tree.size, tree.root().hex(), (f"at {at}", *extensions))
        made = Checkpoint(size=root.size, root=root.root, note=sign(root, self._log), at=at)
        self._checkpoints.append((tender, made))
        return made

    async def checkpoints(self, tender: str) -> list[Checkpoint]:
        """Give a tender's checkpoints, oldest first."""
        return [made for owner, made in self._checkpoints if owner == tender]

    async def last_checkpoint(self, tender: str) -> Checkpoint | None:
        """Give a tender's newest checkpoint."""
        return next(reversed(await self.checkpoints(tender)), None)

    async def released_key(self, stream: str, lot: str, bidder: str) -> bytes | None:
        """Give the secret of a counted release, or None."""
        return self._released.get((stream, lot, bidder))

    async def destroy_released_keys(self, stream: str) -> None:
        """Destroy every secret that was released in this stream."""
        self._released = {key: secret for key, secret in self._released.items() if key[0] != stream}

    async def keep_state(self, stream: str, kept: KeptState) -> None:
        """Keep the state of a room that rests."""
        self._kept[stream] = kept

    async def kept_states(self) -> dict[str, KeptState]:
        """Give the states that are made of all the rows of their streams."""
        heads = self._ledger.heads
        return {stream: kept for stream, kept in self._kept.items() if heads[stream].seq == kept.seq}

    async def personal(self, digest: str) -> bytes | None:
        """Give a personal item by its digest; None when it never was or is erased."""
        return self._personal.get(digest)

    async def erase_personal(self, digest: str) -> None:
        """Erase a personal item."""
        self._personal.pop(digest, None)
