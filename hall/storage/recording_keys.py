"""The recording key of each opening: made when its room first opens, kept under the vault key, destroyed for good.

Blocking; callers that run a loop use threads. Layout: `<data>/recording-keys/<opening>.key`, and `.destroyed` in its
place afterwards. Destroying is one act and touches no recording: indices, chains and the heads in the journal go on to
verify, and what was seen and heard can't be had any more, in no copy whose keys were not handed out.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from hall.errors import Refused, Unavailable
from hall.storage import files
from hall.storage.vault import KEY_SIZE, Vault


class RecordingKeys:
    """root: data directory; vault: the hall's."""

    def __init__(self, root: Path, vault: Vault) -> None:
        self._root = root / "recording-keys"
        self._vault = vault

    def make(self, opening: str) -> bytes:
        """The opening's recording key, 32 bytes; made at the first call.

        Raises as `get` does.
        """
        path = self._path(opening)
        if not path.exists() and not self.destroyed(opening):
            files.create_once(path, self._vault.seal(secrets.token_bytes(KEY_SIZE), _place(opening)))
        return self.get(opening)

    def get(self, opening: str) -> bytes:
        """The key, if there is one. Raises Refused("recording_key_destroyed"), Unavailable: "recording_key_missing",
        "vault_mismatch"."""
        if self.destroyed(opening):
            raise Refused("recording_key_destroyed")
        try:
            sealed = self._path(opening).read_bytes()
        except FileNotFoundError:
            raise Unavailable("recording_key_missing") from None
        return self._vault.open(sealed, _place(opening))

    def destroy(self, opening: str) -> None:
        """Destroy the key, and see to it that no other is ever made; what is gone already is fine."""
        # The mark comes first: a crash in between leaves a key that nobody is given and that the next call removes.
        files.create_once(self._path(opening).with_suffix(".destroyed"), b"")
        files.remove(self._path(opening))

    def destroyed(self, opening: str) -> bool:
        """Whether the key was destroyed."""
        return self._path(opening).with_suffix(".destroyed").exists()

    def _path(self, opening: str) -> Path:
        return self._root / f"{files.checked(opening)}.key"


def _place(opening: str) -> str:
    return f"recording key\n{opening}"
