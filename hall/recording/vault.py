"""Encryption at rest of recordings: AES-256-CTR over the position in the file, a key for each epoch.

What lives here is pure: keys and bytes in, bytes out. What may not: files, and where an opening's key is kept
(the server's key store makes it, hands it to the media worker over the control line, and can destroy it).

The key of an epoch is HKDF-SHA256 (RFC 5869, no salt) of the opening's recording key, with the info
`bidhall/1 recording` | 0x00 | canonical {"epoch","opening","participant","utc"} of its init line. The byte at
position p of a media file is its plaintext XOR byte p of the AES-256-CTR key stream that begins with a counter
block of zeros, so stored and plain bytes have equal lengths, no offset of the index changes, and any range opens
alone. CTR hides and does not protect: that nothing was changed, the SHA-256 chain of the index says.

A key stream is never used twice. Files are only appended to; a torn tail is cut off but never written again
(recovery closes the file, and what follows goes into a new epoch); and a number that a power cut made free again
comes back with another `utc`, because hall time never runs backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hall.errors import Malformed
from hall.procurement import canonical

NONE: Final = "none"
AES_CTR: Final = "aes-256-ctr"
SCHEMES: Final = (NONE, AES_CTR)
KEY_SIZE: Final = 32
_BLOCK: Final = 16
_LABEL: Final = b"bidhall/1 recording\0"


class Named(Protocol):
    """What tells one epoch from every other: `manifest.Epoch` has it."""

    @property
    def opening(self) -> str: ...
    @property
    def participant(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    @property
    def file(self) -> str: ...
    @property
    def utc(self) -> int: ...


Keys = Callable[[Named], bytes | None]
"""Gives the key of an epoch, None where it is not at hand."""


FileKeys = Mapping[tuple[str, str], bytes]
"""(participant, file) of one opening -> the epoch's key."""


def epoch_key(key: bytes, epoch: Named) -> bytes:
    """The 32-byte key of one epoch; `key`: the opening's recording key, 32 bytes."""
    if len(key) != KEY_SIZE:
        raise ValueError("a recording key has 32 bytes")
    named: dict[str, object] = {
        "opening": epoch.opening,
        "participant": epoch.participant,
        "epoch": epoch.epoch,
        "utc": epoch.utc,
    }
    derive = HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=_LABEL + canonical.dumps(named))
    return derive.derive(key)


def keys_of(key: bytes) -> Keys:
    """The keys of all epochs of the opening whose recording key this is."""
    return lambda epoch: epoch_key(key, epoch)


def open_range(scheme: str, key: bytes, epoch: Named, offset: int, data: bytes) -> bytes:
    """Plaintext of `data`, which stands from byte `offset` on in the epoch's media file.

    scheme: of its init line; key: the opening's recording key (not looked at for "none"). Raises
    Malformed("unknown_scheme"). A wrong key gives noise: only the index's "plain" digests tell.
    """
    if scheme == NONE:
        return data
    if scheme != AES_CTR:
        raise Malformed("unknown_scheme")
    return open_bytes(epoch_key(key, epoch), offset, data)


def open_bytes(key: bytes, offset: int, data: bytes | memoryview) -> bytes:
    """The same with the epoch's own key, 32 bytes."""
    return stream(key, offset).update(data)


def stream(key: bytes, offset: int = 0) -> CipherContext:
    """The key stream of an epoch from byte `offset` on; `update` turns plain into stored bytes and back."""
    block, within = divmod(offset, _BLOCK)
    context = Cipher(algorithms.AES256(key), modes.CTR(block.to_bytes(_BLOCK, "big"))).encryptor()
    context.update(bytes(within))
    return context


# ---------------------------------------------------------------- the key file that goes beside a bundle


def key_file(opening: str, keys: FileKeys) -> bytes:
    """What an entitled party is given to open recordings with: canonical JSON, a key for each (participant, file).

    The opening's own key stays in the hall.
    """
    entries = [
        {"participant": participant, "file": file, "scheme": AES_CTR, "key": key.hex()}
        for (participant, file), key in sorted(keys.items())
    ]
    return canonical.dumps({"v": 1, "opening": opening, "keys": entries}) + b"\n"


def read_key_file(data: bytes) -> dict[tuple[str, str], bytes]:
    """Key of each (participant, file) out of a key file. Raises Malformed("malformed_key_file")."""
    try:
        found = canonical.loads(data.rstrip(b"\n"))
        if not isinstance(found, dict) or found.get("v") != 1:
            raise ValueError
        keys: dict[tuple[str, str], bytes] = {}
        for entry in found["keys"]:
            key = bytes.fromhex(entry["key"])
            if entry["scheme"] != AES_CTR or len(key) != KEY_SIZE:
                raise ValueError
            keys[str(entry["participant"]), str(entry["file"])] = key
    except (Malformed, KeyError, TypeError, ValueError):
        raise Malformed("malformed_key_file") from None
    return keys
