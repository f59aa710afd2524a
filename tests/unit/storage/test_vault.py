"""The vault opens what it sealed, in the place it was sealed for, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Unavailable
from hall.storage.vault import Vault

VAULT = Vault(bytes(range(32)))


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_sealed_opens(plain: bytes, place: str) -> None:
    sealed = VAULT.seal(plain, place)
    assert VAULT.open(sealed, place) == plain
    assert VAULT.seal(plain, place) != sealed


@pytest.mark.parametrize("at", [0, 11, 12, 20, -1])
def test_one_changed_byte_is_noticed(at: int) -> None:
    sealed = bytearray(VAULT.seal(b"some secret", "here"))
    sealed[at] ^= 1
    with pytest.raises(Unavailable, match="vault_mismatch"):
        VAULT.open(bytes(sealed), "here")


def test_another_place_key_or_length_is_refused() -> None:
    sealed = VAULT.seal(b"secret", "here")
    for vault, value, place in (
        (VAULT, sealed, "there"),
        (Vault(bytes(32)), sealed, "here"),
        (VAULT, sealed[:20], "here"),
        (VAULT, b"", "here"),
    ):
        with pytest.raises(Unavailable, match="vault_mismatch"):
            vault.open(value, place)
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(b"short")
