"""RFC 9162 trees: roots and proofs against the definition itself, and proofs that must not hold."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.journal.tree import EMPTY_ROOT, Tree, leaf_hash, node_hash, verify_consistency, verify_inclusion

LEAVES = [leaf_hash(b"salt" * 4, str(n).encode()) for n in range(70)]
FULL = Tree(LEAVES)


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


def test_a_leaf_is_the_hash_of_zero_salt_and_row() -> None:
    assert leaf_hash(b"s" * 16, b"row") == hashlib.sha256(b"\x00" + b"s" * 16 + b"row").digest()


def test_every_root_is_the_one_of_the_definition() -> None:
    tree = Tree()
    assert tree.root() == EMPTY_ROOT
    for size, leaf in enumerate(LEAVES, 1):
        assert tree.append(leaf) == size - 1
        assert tree.root() == by_definition(LEAVES[:size])
    for size in range(len(LEAVES) + 1):
        assert tree.root(size) == by_definition(LEAVES[:size])
    assert tree.leaf(3) == LEAVES[3]


def test_a_tree_that_is_built_at_once_grows_on_like_the_one_that_always_grew() -> None:
    for size in range(len(LEAVES) + 1):
        tree = Tree.of(b"".join(LEAVES[:size]))
        assert [tree.root(part) for part in range(size + 1)] == [FULL.root(part) for part in range(size + 1)]
        for leaf in LEAVES[size:]:
            tree.append(leaf)
        assert tree.root() == FULL.root()
        assert tree.consistency(1) == FULL.consistency(1)


def test_every_leaf_is_proved_in_every_tree_and_nowhere_else() -> None:
    for size in range(1, 40):
        root = FULL.root(size)
        for index in range(size):
            path = FULL.inclusion(index, size)
            assert verify_inclusion(LEAVES[index], index, size, path, root)
            assert not verify_inclusion(LEAVES[index + 1], index, size, path, root)
            assert not verify_inclusion(LEAVES[index], index, size, path, FULL.root(size + 1))
            assert not verify_inclusion(LEAVES[index], index, size, [*path, root], root)
            if size > 1:
                assert not verify_inclusion(LEAVES[index], (index + 1) % size, size, path, root)
                assert not verify_inclusion(LEAVES[index], index, size, path[:-1], root)


def test_every_tree_is_proved_to_continue_every_smaller_one() -> None:
    for second in range(1, 40):
        for first in range(1, second + 1):
            path = FULL.consistency(first, second)
            old, new = FULL.root(first), FULL.root(second)
            assert verify_consistency(first, second, path, old, new)
            assert not verify_consistency(first, second, path, LEAVES[-1], new)
            assert not verify_consistency(first, second, path, old, LEAVES[-1])
            assert not verify_consistency(first, second, [*path, old], old, new)


def test_every_tree_continues_the_empty_one_and_none_continues_a_longer_one() -> None:
    assert verify_consistency(0, 5, [], EMPTY_ROOT, FULL.root(5))
    assert not verify_consistency(0, 5, [], LEAVES[0], FULL.root(5))
    assert not verify_consistency(6, 5, [], FULL.root(6), FULL.root(5))
    assert not verify_consistency(4, 5, [], FULL.root(4), FULL.root(5))
    assert not verify_consistency(3, 5, [], FULL.root(3), FULL.root(5))


@given(st.data())
def test_a_rewritten_history_has_no_proof(data: st.DataObject) -> None:
    second = data.draw(st.integers(2, len(LEAVES)))
    first = data.draw(st.integers(1, second - 1))
    changed = data.draw(st.integers(0, first - 1))
    other = Tree([*LEAVES[:changed], bytes(32), *LEAVES[changed + 1 : second]])
    assert not verify_consistency(first, second, other.consistency(first), FULL.root(first), other.root())


def test_hashes_of_other_lengths_prove_nothing() -> None:
    assert not verify_inclusion(b"short", 0, 1, [], b"short")
    assert not verify_consistency(1, 1, [], b"short", b"short")
    with pytest.raises(ValueError):
        Tree([b"short"])


def test_what_is_not_in_the_tree_can_t_be_asked_for() -> None:
    tree = Tree(LEAVES[:3])
    for ask in (
        lambda: tree.root(4),
        lambda: tree.root(-1),
        lambda: tree.leaf(3),
        lambda: tree.leaf(-1),
        lambda: tree.inclusion(3),
        lambda: tree.inclusion(0, 4),
        lambda: tree.consistency(0),
        lambda: tree.consistency(3, 2),
    ):
        with pytest.raises(ValueError):
            ask()


def test_a_leaf_is_found_where_it_stands_and_nowhere_else() -> None:
    tree = Tree(hashlib.sha256(bytes([n])).digest() for n in range(9))
    assert [tree.index(tree.leaf(n)) for n in range(9)] == list(range(9))
    across = (tree.leaf(3) + tree.leaf(4))[7:39]  # bytes that stand there, across two leaves
    assert [tree.index(across), tree.index(b""), tree.index(bytes(32))] == [None, None, None]
