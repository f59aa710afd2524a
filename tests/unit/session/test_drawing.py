"""The arithmetic of a draw, redone by hand."""

from __future__ import annotations

import hashlib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hall.session.drawing import commitment_of, draw_result, pick

SECRETS = {"jia": "01" * 32, "host": "02" * 32}


def test_the_seed_is_the_documented_hash() -> None:
    def field(text: str) -> bytes:
        return len(text.encode()).to_bytes(4, "big") + text.encode()

    data = b"bidhall/draw/1\0" + field("O-1") + field("标段1") + field("3")
    for party in ("jia", "host"):
        key = bytes.fromhex(SECRETS[party])
        data += field(party) + hashlib.sha256(key).digest() + key
    seed, chosen = draw_result("O-1", "标段1", 3, ("jia", "host"), SECRETS, ("a", "b", "c"))
    assert seed == hashlib.sha256(data).hexdigest()
    assert chosen == ("a", "b", "c")[int(seed, 16) % 3]


def test_everything_that_names_the_draw_changes_the_seed() -> None:
    seeds = {
        draw_result(opening, lot, draw, parties, SECRETS, ("a", "b"))[0]
        for opening in ("O-1", "O-2")
        for lot in ("1", "2")
        for draw in (1, 2)
        for parties in (("jia", "host"), ("host", "jia"), ("jia",))
    }
    assert len(seeds) == 24


def test_a_number_past_the_last_whole_multiple_is_hashed_again() -> None:
    top = (
        b"\xff" * 32
    )  # 2**256 - 1 is below no multiple of 3 that fits but the last, which ends at 2**256 - 1
    assert pick(top, 3) == int.from_bytes(hashlib.sha256(top).digest()) % 3
    assert pick(top, 2) == 1  # a power of two divides evenly, nothing is hashed again


@given(st.binary(min_size=32, max_size=32), st.integers(min_value=1, max_value=500))
def test_an_index_is_always_one_of_the_values(seed: bytes, count: int) -> None:
    assert 0 <= pick(seed, count) < count


def test_each_value_comes_about_equally_often() -> None:
    picked = Counter(pick(hashlib.sha256(bytes([n, m])).digest(), 5) for n in range(40) for m in range(50))
    assert all(330 < picked[index] < 470 for index in range(5))


def test_a_commitment_is_the_hash_of_the_secret_bytes() -> None:
    assert commitment_of("00" * 32) == hashlib.sha256(bytes(32)).hexdigest()
