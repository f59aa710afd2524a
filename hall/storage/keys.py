"""The hall's own keys: files of the data directory, made at the first start, readable by the hall's user alone.

`log.key` signs checkpoints and receipts (Ed25519 seed), `vault.key` encrypts what must not lie in clear, `nonce.key`
authenticates server nonces. Keep a copy of the directory apart from the journal: without `vault.key` released bids stay
closed, and with another `log.key` the hall refuses to start on an old journal.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.errors import Unavailable
from hall.storage import files
from hall.storage.vault import Vault

KEY_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class HallKeys:
    """The keys in memory. None of them is ever printed."""

    log: Ed25519PrivateKey = field(repr=False)
    vault: Vault = field(repr=False)
    nonce: bytes = field(repr=False)

    @classmethod
    def load_or_create(cls, directory: Path) -> HallKeys:
        """Read the key files of `directory`, making those that are missing.

        Raises Unavailable("key_file_exposed", file=...) if others may read one, and
        Unavailable("key_file_damaged", file=...) if its length is wrong.
        """
        log, vault, nonce = (_load(directory / name) for name in ("log.key", "vault.key", "nonce.key"))
        return cls(Ed25519PrivateKey.from_private_bytes(log), Vault(vault), nonce)

    @property
    def log_public(self) -> bytes:
        """The public half of the log key, 32 raw bytes: what is published with the tender."""
        return self.log.public_key().public_bytes_raw()


def _load(path: Path) -> bytes:
    if not path.exists():
        files.create_once(path, secrets.token_bytes(KEY_SIZE))
    if path.stat().st_mode & 0o077:
        raise Unavailable("key_file_exposed", file=path.name)
    key = path.read_bytes()
    if len(key) != KEY_SIZE:
        raise Unavailable("key_file_damaged", file=path.name)
    return key
