"""The recording key of an opening is made once, lies sealed, and once destroyed never comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.errors import Malformed, Refused, Unavailable
from hall.storage.recording_keys import RecordingKeys
from hall.storage.vault import Vault


@pytest.fixture
def keys(tmp_path: Path) -> RecordingKeys:
    return RecordingKeys(tmp_path, Vault(bytes(32)))


def test_a_key_is_made_once_for_each_opening(keys: RecordingKeys, tmp_path: Path) -> None:
    key = keys.make("o-1")
    assert len(key) == 32
    assert keys.make("o-1") == key == keys.get("o-1")
    assert keys.make("o-2") != key
    [one, _] = sorted((tmp_path / "recording-keys").iterdir())
    assert key not in one.read_bytes()
    assert one.stat().st_mode & 0o077 == 0


def test_a_destroyed_key_is_gone_and_no_other_takes_its_place(keys: RecordingKeys, tmp_path: Path) -> None:
    keys.make("o-1")
    for _ in range(2):
        keys.destroy("o-1")
        assert keys.destroyed("o-1")
        assert [p.read_bytes() for p in (tmp_path / "recording-keys").iterdir()] == [b""]
    for ask in (keys.make, keys.get):
        with pytest.raises(Refused) as refused:
            ask("o-1")
        assert refused.value.code == "recording_key_destroyed"


def test_a_key_that_was_never_made_is_missing(keys: RecordingKeys) -> None:
    with pytest.raises(Unavailable) as refused:
        keys.get("o-1")
    assert refused.value.code == "recording_key_missing"
    with pytest.raises(Malformed):
        keys.make("../o-1")


def test_a_key_moved_to_another_opening_does_not_open(keys: RecordingKeys, tmp_path: Path) -> None:
    keys.make("o-1")
    folder = tmp_path / "recording-keys"
    (folder / "o-1.key").rename(folder / "o-2.key")
    with pytest.raises(Unavailable) as refused:
        keys.get("o-2")
    assert refused.value.code == "vault_mismatch"
