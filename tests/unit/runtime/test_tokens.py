"""Tokens of devices: shown once, kept as a hash, good until they expire or are revoked."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.clock import ManualClock
from hall.errors import NotPermitted, Refused
from hall.runtime.tokens import LONGEST, Tokens

HOUR = 3600_000


def test_a_token_is_known_after_a_restart_and_stands_nowhere_in_the_clear(tmp_path: Path) -> None:
    file, clock = tmp_path / "tokens.json", ManualClock(1_000)
    text, token = Tokens(file, clock).make("O1", "camera-1", "c" * 64, "host", HOUR)
    assert text not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert Tokens(file, clock).of(text, "O1") == token


def test_a_token_is_good_for_its_own_opening_only(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json", ManualClock())
    text, _ = tokens.make("O1", "camera-1", "c" * 64, "host", HOUR)
    with pytest.raises(NotPermitted, match="bad_token"):
        tokens.of(text, "O2")
    with pytest.raises(NotPermitted, match="bad_token"):
        tokens.of(text + "x", "O1")


def test_a_token_expires_and_never_lives_longer_than_a_login(tmp_path: Path) -> None:
    clock = ManualClock()
    tokens = Tokens(tmp_path / "tokens.json", clock)
    text, token = tokens.make("O1", "camera-1", "c" * 64, "host", 100 * HOUR)
    clock.pass_ms(LONGEST - 1)
    assert tokens.is_good(token)
    clock.pass_ms(1)
    assert not tokens.is_good(token)
    with pytest.raises(NotPermitted, match="bad_token"):
        tokens.of(text, "O1")
    assert tokens.good("O1") == []


def test_a_revoked_token_is_good_for_nothing_not_even_after_a_restart(tmp_path: Path) -> None:
    file, clock = tmp_path / "tokens.json", ManualClock()
    tokens = Tokens(file, clock)
    text, token = tokens.make("O1", "camera-1", "c" * 64, "host", HOUR)
    tokens.revoke(token)
    assert not tokens.is_good(token)
    with pytest.raises(NotPermitted, match="bad_token"):
        Tokens(file, clock).of(text, "O1")


def test_nobody_makes_tokens_for_ever(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json", ManualClock())
    for _ in range(64):
        tokens.make("O1", "", "c" * 64, "host", HOUR)
    with pytest.raises(Refused, match="too_many_tokens"):
        tokens.make("O1", "", "c" * 64, "host", HOUR)
    tokens.make("O2", "", "c" * 64, "host", HOUR)


def test_tokens_that_cannot_be_read_are_good_for_nothing_and_stop_nobody(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text('[{"id": 1')
    assert Tokens(file, ManualClock()).good("O1") == []
