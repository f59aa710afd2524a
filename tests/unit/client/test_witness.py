"""What a client believes of a history: one key, one line of checkpoints, and promises that are kept."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.client import witness as w
from hall.errors import Malformed, Refused
from hall.journal.checkpoint import SignedRoot, sign, verifier_key
from hall.journal.tree import Tree
from tests.unit.client import openings as o

AT = o.NINE
LATER = AT + w.INCLUDED_WITHIN


def tree(size: int, word: str = "row") -> Tree:
    return Tree(hashlib.sha256(f"{word} {n}".encode()).digest() for n in range(size))


def note(grown: Tree, size: int, at: int = AT, key: Ed25519PrivateKey = o.LOG, name: str = o.LOG_NAME) -> str:
    return sign(SignedRoot(name, size, grown.root(size).hex(), (f"at {at}",)), key)


def path(grown: Tree, first: int, second: int) -> list[str]:
    return [step.hex() for step in grown.consistency(first, second)]


HISTORY = tree(12)
BEGUN, _ = w.saw(w.Witness(o.LOG_KEY), note(HISTORY, 5), AT)


def code(witness: w.Witness) -> str:
    return witness.alarm.code if witness.alarm else ""


def test_the_first_key_is_kept_and_another_one_is_an_alarm() -> None:
    witness = w.saw_key(w.saw_key(w.Witness(), o.LOG_KEY, AT), o.LOG_KEY, AT)
    assert (witness.log_key, witness.alarm) == (o.LOG_KEY, None)
    other = verifier_key(o.LOG_NAME, bytes(32))
    assert code(w.saw_key(witness, other, AT)) == "log_key_changed"
    with pytest.raises(Malformed, match="malformed_log_key"):
        w.saw_key(w.Witness(), "no key", AT)


def test_a_history_that_goes_on_is_believed_after_its_proof_alone() -> None:
    more = note(HISTORY, 9)
    before, wanted = w.saw(BEGUN, more, AT)
    assert before == BEGUN
    assert wanted is not None
    after = w.proved(BEGUN, more, path(HISTORY, 5, 9), AT)
    assert after.kept is not None
    assert (after.kept.size, after.kept.root, after.alarm) == (9, HISTORY.root(9).hex(), None)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (note(HISTORY, 9, key=Ed25519PrivateKey.from_private_bytes(bytes(32))), "checkpoint_unsigned"),
        (note(HISTORY, 9, name="hall.example/rehearsal/another"), "checkpoint_unsigned"),
        (sign(SignedRoot(o.LOG_NAME, 9, "ab" * 32), o.LOG), "checkpoint_unsigned"),
        ("", "checkpoint_unsigned"),
        (note(HISTORY, 4), "tree_shrunk"),
        (note(tree(5, "other"), 5), "tree_forked"),
    ],
)
def test_what_contradicts_is_an_alarm_that_stays(seen: str, expected: str) -> None:
    alarmed, wanted = w.saw(BEGUN, seen, AT)
    assert (code(alarmed), wanted) == (expected, None)
    assert alarmed.kept == BEGUN.kept
    assert w.saw(alarmed, note(HISTORY, 9), AT)[0] == alarmed
    assert w.proved(alarmed, note(HISTORY, 9), path(HISTORY, 5, 9), AT) == alarmed
    assert w.unproved(alarmed, note(HISTORY, 9), AT) == alarmed


@pytest.mark.parametrize("steps", [[], ["zz"], path(tree(12, "other"), 5, 9), path(HISTORY, 4, 9)])
def test_a_proof_that_does_not_hold_is_a_fork(steps: list[str]) -> None:
    assert code(w.proved(BEGUN, note(HISTORY, 9), steps, AT)) == "tree_forked"


def test_two_histories_of_one_hall_end_in_a_file_that_anybody_can_judge() -> None:
    other = tree(9, "other")
    alarmed = w.proved(BEGUN, note(other, 9), path(other, 5, 9), AT)
    told = w.contradiction(alarmed)
    assert json.loads(json.dumps(told)) == told
    assert (told["code"], told["kept"], told["seen"]) == ("tree_forked", note(HISTORY, 5), note(other, 9))
    with pytest.raises(Refused, match="no_alarm"):
        w.contradiction(BEGUN)


def receipt(leaf: str, at: int = AT) -> dict[str, Any]:
    return o.promise("receipt", {"v": 1, "leaf": leaf, "received_at": at})


def test_a_promise_is_owed_a_minute_later_and_proved_once() -> None:
    leaf = HISTORY.leaf(2).hex()
    witness = w.promised(BEGUN, "receipt", receipt(leaf), AT)
    assert w.owed(witness) == []  # the checkpoint that is kept is too young
    witness = w.proved(witness, note(HISTORY, 9, LATER), path(HISTORY, 5, 9), LATER)
    assert [promise.leaf for promise in w.owed(witness)] == [leaf]
    steps = [step.hex() for step in HISTORY.inclusion(2, 9)]
    done = w.included(witness, leaf, 2, steps, LATER)
    assert (w.owed(done), done.alarm) == ([], None)
    assert code(w.included(witness, leaf, 3, steps, LATER)) == "promise_broken"
    assert code(w.included(witness, leaf, 2, ["zz"], LATER)) == "promise_broken"
    assert code(w.broken(witness, leaf, LATER)) == "promise_broken"


def test_a_receipt_that_the_key_did_not_sign_is_an_alarm() -> None:
    good = receipt("ab" * 32)
    for bad in (
        {**good, "received_at": AT + 1},
        {**good, "signature": ""},
        o.promise("ack", {key: good[key] for key in ("v", "leaf", "received_at")}),
        o.promise("receipt", {"v": 1, "leaf": "ab" * 32, "received_at": AT, "log_key": "00" * 32}),
    ):
        assert code(w.promised(BEGUN, "receipt", bad, AT)) == "promise_unsigned"


def test_what_is_written_down_is_read_again() -> None:
    witness = w.promised(BEGUN, "receipt", receipt("ab" * 32), AT)
    for one in (w.Witness(), BEGUN, witness, w.saw(witness, "", AT)[0]):
        assert w.from_json(json.loads(json.dumps(w.to_json(one)))) == one
    for junk in ({}, {"log_key": "", "kept": {"size": 1}, "promises": [], "alarm": None}):
        with pytest.raises(Malformed, match="malformed_witness"):
            w.from_json(junk)


def test_what_another_party_signed_must_begin_the_own_history() -> None:
    nine = w.proved(BEGUN, note(HISTORY, 9), path(HISTORY, 5, 9), AT)
    act = {"tree_size": 5, "tree_root": HISTORY.root(5).hex()}
    assert w.met(nine, act, path(HISTORY, 5, 9), AT) == nine
    assert w.met(nine, {"tree_size": 0, "tree_root": "00" * 32}, [], AT) == nine
    assert w.met(nine, {"tree_size": 12, "tree_root": "00" * 32}, [], AT) == nine  # not known yet
    for other in ("ab" * 32, "no root"):
        assert code(w.met(nine, {**act, "tree_root": other}, path(HISTORY, 5, 9), AT)) == "tree_forked"
