"""What every journal does in memory, on disk or not: sequence numbers, predecessors' hashes, trees, conflicts.

Pure but for the salts it is handed. A `Batch` plans on top of the ledger and changes nothing; once its rows are durable
the ledger adopts them. So a plan that can't be stored was never true, and one that conflicts fails alone.

After a start the ledger follows the `Link`s of all stored rows, which is quick, and a `Checker` holds each row against
the tree before anybody uses it.
"""

from __future__ import annotations

import itertools
import operator
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Final, NamedTuple

from hall.errors import JournalCorrupt, Unavailable
from hall.journal.tree import HASH_SIZE, Tree, leaf_hash
from hall.procurement import canonical
from hall.runtime.ports import PersonalItem, ReleasedKey, Row

NO_PREDECESSOR: Final = "00" * 32
SALT_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, encoded, that has no place yet."""

    received_at: int
    actor: str
    nonce: str
    kind: str
    version: int
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """One append, encoded: its entries and what is stored beside them in the same commit."""

    tender: str
    stream: str
    expected_seq: int
    entries: tuple[Entry, ...]
    released_keys: tuple[ReleasedKey, ...] = ()
    personal: tuple[PersonalItem, ...] = ()

    def nonces(self) -> set[NonceKey]:
        """Give the commands of this append that must not have been answered before."""
        return {(self.stream, entry.actor, entry.nonce) for entry in self.entries if entry.nonce}


NonceKey = tuple[str, str, str]
"""(stream, actor, nonce)"""


class Placed(NamedTuple):
    """A row and the tender whose tree it stands in."""

    tender: str
    row: Row


class Answer(NamedTuple):
    """The rows that answered one command."""

    key: NonceKey
    first_seq: int
    last_seq: int


class Head(NamedTuple):
    """The end of a stream."""

    tender: str
    seq: int
    leaf: str


def row_object(row: Row) -> dict[str, object]:
    """Give the JSON object that is hashed, bundled and verified."""
    return {
        "stream": row.stream,
        "seq": row.seq,
        "received_at": row.received_at,
        "actor": row.actor,
        "nonce": row.nonce,
        "kind": row.kind,
        "version": row.version,
        "prev": row.prev,
        "body": row.body,
    }


class Link(NamedTuple):
    """What of a stored row its place in a tender depends on: as much as the database's index `rows_spine` holds."""

    tree_index: int
    stream: str
    seq: int
    leaf: str


class Stored(NamedTuple):
    """A row as the table holds it, in the order of its columns; `body` is the canonical JSON text."""

    stream: str
    seq: int
    tender: str
    tree_index: int
    received_at: int
    actor: str
    nonce: str
    kind: str
    version: int
    prev: str
    body: str
    salt: bytes
    leaf: str

    def hashed(self) -> bytes:
        """Give the canonical JSON of `row_object` without reading the body: it is canonical, or the hash differs."""
        return (
            f'{{"actor":{encode_basestring(self.actor)},"body":{self.body},"kind":{encode_basestring(self.kind)},'
            f'"nonce":{encode_basestring(self.nonce)},"prev":{encode_basestring(self.prev)},'
            f'"received_at":{self.received_at},"seq":{self.seq},"stream":{encode_basestring(self.stream)},'
            f'"version":{self.version}}}'
        ).encode("utf-8", "surrogatepass")


class Ledger:
    """The durable rows, remembered as the ends of their streams and the trees of their tenders."""

    def __init__(self) -> None:
        self.heads: dict[str, Head] = {}
        self._trees: dict[str, Tree] = {}

    @property
    def tenders(self) -> list[str]:
        """Every tender that has rows."""
        return list(self._trees)

    @property
    def size(self) -> int:
        """How many rows there are, in all trees."""
        return sum(tree.size for tree in self._trees.values())

    def tree(self, tender: str) -> Tree:
        """Give the tender's tree over the adopted rows; an unknown tender has an empty one."""
        return self._trees.get(tender) or Tree()

    def adopt(self, placed: Placed) -> None:
        """Remember one durable row. Rows of a tender come in tree order."""
        tender, row = placed
        self._grow(tender).append(bytes.fromhex(row.leaf))
        self.heads[row.stream] = Head(tender, row.seq, row.leaf)

    def follow(self, tender: str, links: Sequence[Link]) -> None:
        """Remember all stored rows of a tender, in tree order: tree and streams without a gap. Raises JournalCorrupt.

        A start follows a million of them, so each look goes over whole columns.
        """
        if not links:
            return
        indices, streams, seqs, leaves = zip(*links, strict=True)
        if (odd := _first_odd(indices, range(len(links)))) is not None:
            raise JournalCorrupt("row_missing", stream=streams[odd], seq=seqs[odd])
        heads = {}
        for stream in dict.fromkeys(streams):
            own = list(itertools.compress(seqs, map(stream.__eq__, streams)))
            odd = _first_odd(own, range(1, len(own) + 1))
            if stream in self.heads or odd is not None:
                raise JournalCorrupt("sequence_broken", stream=stream, seq=own[odd or 0])
            last = len(streams) - 1 - streams[::-1].index(stream)
            heads[stream] = Head(tender, len(own), leaves[last])
        if (odd := _first_odd(map(len, leaves), [2 * HASH_SIZE] * len(leaves))) is not None:
            raise JournalCorrupt("leaf_mismatch", stream=streams[odd], seq=seqs[odd])
        try:
            packed = bytes.fromhex("".join(leaves))
        except ValueError:
            raise JournalCorrupt("leaf_mismatch", tender=tender) from None
        self._trees[tender] = Tree.of(packed)
        self.heads |= heads

    def _grow(self, tender: str) -> Tree:
        tree = self._trees.get(tender)
        if tree is None:
            tree = self._trees[tender] = Tree()
        return tree


def _first_odd(values: Iterable[int], expected: Iterable[int]) -> int | None:
    """Where the values are not the expected ones, of which there are as many."""
    differ = map(operator.ne, values, expected)
    return next(itertools.compress(itertools.count(), differ), None)


class Checker:
    """Holds stored rows against the ledger's trees; the rows of a stream come in their order.

    One reading of the journal has one checker: it knows the predecessors that it has seen.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._last: dict[str, str] = {}

    def check(self, row: Stored) -> None:
        """Raises JournalCorrupt where the row is not the one that was appended at its place."""
        before = NO_PREDECESSOR if row.seq == 1 else self._last.get(row.stream, row.prev)
        if row.prev != before:
            raise JournalCorrupt("predecessor_mismatch", stream=row.stream, seq=row.seq)
        tree, leaf = self._ledger.tree(row.tender), leaf_hash(row.salt, row.hashed())
        placed = row.tree_index < tree.size and tree.leaf(row.tree_index) == leaf
        if not placed or row.leaf != leaf.hex() or len(row.salt) != SALT_SIZE:
            raise JournalCorrupt("leaf_mismatch", stream=row.stream, seq=row.seq)
        self._last[row.stream] = row.leaf


@dataclass
class Batch:
    """Plans several appends that will be committed together.

    answered: tells whether a durable row has answered a command. salt: gives 16 unpredictable bytes.
    """

    ledger: Ledger
    answered: Callable[[NonceKey], bool]
    salt: Callable[[], bytes]
    rows: list[Placed] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._heads: dict[str, Head] = {}
        self._sizes: dict[str, int] = {}
        self._taken: set[NonceKey] = set()

    def place(self, requests: Sequence[Request]) -> list[list[Row]]:
        """Give every event of these appends its place; all of them or, if one conflicts, none.

        Raises Unavailable("journal_conflict"): the stream has grown meanwhile, or a command was answered already.
        """
        heads = ChainMap[str, Head]({}, self._heads, self.ledger.heads)
        sizes = ChainMap[str, int]({}, self._sizes)
        answers: list[Answer] = []
        placed = [self._append(request, heads, sizes, answers) for request in requests]
        keys = [answer.key for answer in answers]
        if len(set(keys)) != len(keys) or any(key in self._taken or self.answered(key) for key in keys):
            raise Unavailable("journal_conflict", stream=requests[0].stream)
        self._heads.update(heads.maps[0])
        self._sizes.update(sizes.maps[0])
        self._taken.update(keys)
        self.answers += answers
        for request, rows in zip(requests, placed, strict=True):
            self.rows += [Placed(request.tender, row) for row in rows]
        return placed

    def _append(
        self, request: Request, heads: ChainMap[str, Head], sizes: ChainMap[str, int], answers: list[Answer]
    ) -> list[Row]:
        tender, stream = request.tender, request.stream
        head = heads.get(stream, Head(tender, 0, NO_PREDECESSOR))
        if head.tender != tender:
            raise ValueError(f"stream {stream} belongs to tender {head.tender}")
        if head.seq != request.expected_seq:
            raise Unavailable("journal_conflict", stream=stream, seq=head.seq)
        size = sizes.get(tender, self.ledger.tree(tender).size)
        rows: list[Row] = []
        for (actor, nonce), command in itertools.groupby(request.entries, key=lambda e: (e.actor, e.nonce)):
            first = head.seq + 1
            for entry in command:
                row = _row(stream, head, entry, self.salt(), size)
                rows.append(row)
                head, size = Head(tender, row.seq, row.leaf), size + 1
            if nonce:
                answers.append(Answer((stream, actor, nonce), first, head.seq))
        heads[stream], sizes[tender] = head, size
        return rows


def _row(stream: str, head: Head, entry: Entry, salt: bytes, tree_index: int) -> Row:
    hashed = {
        "stream": stream,
        "seq": head.seq + 1,
        "received_at": entry.received_at,
        "actor": entry.actor,
        "nonce": entry.nonce,
        "kind": entry.kind,
        "version": entry.version,
        "prev": head.leaf,
        "body": entry.body,
    }
    return Row(
        stream=stream,
        seq=head.seq + 1,
        received_at=entry.received_at,
        actor=entry.actor,
        nonce=entry.nonce,
        kind=entry.kind,
        version=entry.version,
        prev=head.leaf,
        body=entry.body,
        salt=salt,
        leaf=leaf_hash(salt, canonical.dumps(hashed)).hex(),
        tree_index=tree_index,
    )
