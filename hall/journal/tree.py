"""The Merkle tree of RFC 9162 (section 2.1): what proves that a history was only ever added to.

Pure: hashes in, hashes out; no I/O, no clock, no randomness. All hashes are 32 raw bytes, indices count from 0.
The journal builds trees with it and the offline verifier checks with the functions at the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

HASH_SIZE: Final = 32
_PAIR: Final = 2 * HASH_SIZE
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(salt: bytes, row: bytes) -> bytes:
    """Give SHA-256(0x00 | salt | row). The salt keeps guessable rows from being guessed by their hash."""
    return hashlib.sha256(b"\x00" + salt + row).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give SHA-256(0x01 | left | right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows by one leaf in O(log n); gives every earlier root and every proof in O(log² n) from its kept nodes."""

    __slots__ = ("_levels",)

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        # Level k holds, packed, the roots of the complete subtrees of 2^k leaves: 64 bytes per leaf in all.
        self._levels: list[bytearray] = [bytearray()]
        for leaf in leaves:
            self.append(leaf)

    @classmethod
    def of(cls, leaves: bytes) -> Tree:
        """Give the tree over packed leaves; nothing is hashed before the first root, proof or append asks for it."""
        tree = cls()
        tree._levels[0] += leaves
        return tree

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0]) // HASH_SIZE

    def append(self, leaf: bytes) -> int:
        """Add a leaf hash and give its index."""
        if len(leaf) != HASH_SIZE:
            raise ValueError("a leaf is a hash of 32 bytes")
        self._grow()
        index = position = self.size
        level, node = 0, leaf
        self._levels[0] += leaf
        while position & 1:
            node = node_hash(self._node(level, position - 1), node)
            position >>= 1
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += node
        return index

    def leaf(self, index: int) -> bytes:
        """Give the leaf hash at `index`."""
        self._check(index < self.size and index >= 0)
        return self._node(0, index)

    def index(self, leaf: bytes) -> int | None:
        """Give where this leaf hash stands, or None. One pass over 32 bytes per leaf."""
        at = self._levels[0].find(leaf)
        while at >= 0 and at % HASH_SIZE:
            at = self._levels[0].find(leaf, at + 1)
        return at // HASH_SIZE if at >= 0 and len(leaf) == HASH_SIZE else None

    def root(self, size: int | None = None) -> bytes:
        """Give the root over the first `size` leaves (all of them by default)."""
        end = self.size if size is None else size
        self._check(0 <= end <= self.size)
        return self._hash(0, end) if end else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Give the proof that the leaf at `index` is in the tree of `size` leaves (RFC 9162, 2.1.3.1)."""
        end = self.size if size is None else size
        self._check(0 <= index < end <= self.size)
        start, path = 0, []
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._hash(middle, end))
                end = middle
            else:
                path.append(self._hash(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, first: int, second: int | None = None) -> list[bytes]:
        """Give the proof that the tree of `first` leaves begins the one of `second` (RFC 9162, 2.1.4.1)."""
        end = self.size if second is None else second
        self._check(0 < first <= end <= self.size)
        start, path = 0, []
        while first != end:
            middle = start + _split(end - start)
            if first <= middle:
                path.append(self._hash(middle, end))
                end = middle
            else:
                path.append(self._hash(start, middle))
                start = middle
        # `start` is still 0 only where the whole first tree is one complete subtree, whose root the reader has.
        return [*([self._hash(start, end)] if start else []), *path[::-1]]

    def _grow(self) -> None:
        """Build the levels above leaves that came all at once."""
        if len(self._levels) > 1:
            return
        level, sha256 = bytes(self._levels[0]), hashlib.sha256
        while (end := len(level) // _PAIR * _PAIR) > 0:
            level = b"".join(
                [sha256(b"\x01" + level[at : at + _PAIR]).digest() for at in range(0, end, _PAIR)]
            )
            self._levels.append(bytearray(level))

    def _node(self, level: int, index: int) -> bytes:
        if level:
            self._grow()
        at = index * HASH_SIZE
        return bytes(self._levels[level][at : at + HASH_SIZE])

    def _hash(self, start: int, end: int) -> bytes:
        """Hash the leaves [start, end): `start` is always a multiple of the next power of two ≥ end - start."""
        size = end - start
        if size & (size - 1) == 0:
            level = size.bit_length() - 1
            return self._node(level, start >> level)
        middle = start + _split(size)
        return node_hash(self._hash(start, middle), self._hash(middle, end))

    @staticmethod
    def _check(holds: bool) -> None:
        if not holds:
            raise ValueError("no such leaf or size in this tree")


def _split(size: int) -> int:
    """Give the largest power of two below `size` (size ≥ 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether `path` proves that `leaf` stands at `index` in the tree (size, root) (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _hashes(leaf, root, *path):
        return False
    position, last, node = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(step, node)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(node, step)
        position >>= 1
        last >>= 1
    return last == 0 and node == root


def verify_consistency(
    first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Tell whether `path` proves that the tree (second, second_root) continues (first, first_root) (RFC 9162, 2.1.4.2).

    Every tree continues the empty one; that needs no path.
    """
    if not 0 <= first <= second or not _hashes(first_root, second_root, *path):
        return False
    if first == 0:
        return not path and first_root == EMPTY_ROOT
    if first == second:
        return not path and first_root == second_root
    steps = list(path)
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        position >>= 1
        last >>= 1
    return last == 0 and old == first_root and new == second_root


def _hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
