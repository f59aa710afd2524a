"""The tree against an independent implementation: pymerkle gives the same roots and verifies with the same proofs."""

from __future__ import annotations

import os

import pymerkle

from hall.journal.tree import Tree, leaf_hash, verify_consistency, verify_inclusion

SALT = bytes(range(16))
ROWS = [os.urandom(40) for _ in range(130)]


def test_pymerkle_gives_the_same_roots_and_proofs() -> None:
    ours, theirs = Tree(), pymerkle.InmemoryTree(algorithm="sha256")
    for size, row in enumerate(ROWS, 1):
        ours.append(leaf_hash(SALT, row))
        theirs.append_entry(SALT + row)
        assert ours.root() == theirs.get_root()
        assert ours.root(size // 2) == theirs.get_root(size // 2)


def test_our_verifiers_accept_their_proofs_and_theirs_accept_ours() -> None:
    ours, theirs = Tree(leaf_hash(SALT, row) for row in ROWS), pymerkle.InmemoryTree(algorithm="sha256")
    for row in ROWS:
        theirs.append_entry(SALT + row)
    for size in (1, 2, 3, 64, 65, 100, 130):
        for index in {0, 1, size // 2, size - 1} & set(range(size)):
            proof = theirs.prove_inclusion(index + 1, size)
            # pymerkle begins its path with the leaf itself.
            assert proof.path[0] == ours.leaf(index)
            assert proof.path[1:] == ours.inclusion(index, size)
            assert verify_inclusion(proof.path[0], index, size, proof.path[1:], theirs.get_root(size))
            pymerkle.verify_inclusion(ours.leaf(index), ours.root(size), proof)
        for first in {1, 2, size // 2, size} & set(range(1, size + 1)):
            path = ours.consistency(first, size)
            assert verify_consistency(first, size, path, theirs.get_root(first), theirs.get_root(size))
            pymerkle.verify_consistency(
                ours.root(first), ours.root(size), theirs.prove_consistency(first, size)
            )
