"""The hall's key files: made once, for the owner alone, and never printed."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path

import pytest

from hall.errors import Unavailable
from hall.storage.keys import HallKeys


def test_keys_are_made_once_and_read_again(tmp_path: Path) -> None:
    first, second = HallKeys.load_or_create(tmp_path / "k"), HallKeys.load_or_create(tmp_path / "k")
    assert first.log_public == second.log_public
    assert first.nonce == second.nonce
    assert second.vault.open(first.vault.seal(b"x", "here"), "here") == b"x"
    assert {path.name for path in (tmp_path / "k").iterdir()} == {"log.key", "vault.key", "nonce.key"}
    for path in (tmp_path / "k").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(path.read_bytes()) == 32
    assert HallKeys.load_or_create(tmp_path / "other").log_public != first.log_public


def test_two_that_start_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: HallKeys.load_or_create(tmp_path).log_public, range(16)))
    assert len(set(made)) == 1
    assert len(list(tmp_path.iterdir())) == 3


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    HallKeys.load_or_create(tmp_path)
    (tmp_path / "vault.key").chmod(0o640)
    with pytest.raises(Unavailable, match=r"key_file_exposed.*vault\.key"):
        HallKeys.load_or_create(tmp_path)


def test_a_key_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    HallKeys.load_or_create(tmp_path)
    (tmp_path / "log.key").write_bytes(b"short")
    with pytest.raises(Unavailable, match=r"key_file_damaged.*log\.key"):
        HallKeys.load_or_create(tmp_path)


def test_keys_are_not_printed(tmp_path: Path) -> None:
    keys = HallKeys.load_or_create(tmp_path)
    assert repr(keys) == "HallKeys()"
