"""What proofs need of the outside, and the values that cross: the tree, and what others put beside its checkpoints.

A co-signature is somebody else's signature on a checkpoint, a root stamp an authority's time for a root, and evidence
what a party's own client brought along because the hall did not answer it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredCosignature:
    """`checkpoint`: SHA-256 of the note's signed text, hex; `certificate`: SHA-256, hex; `at`: hall time of
    its receipt, ms UTC; `line`: the C2SP line with its newline."""

    checkpoint: str
    certificate: str
    role: str
    at: int
    line: str


@dataclass(frozen=True, slots=True)
class RootStamp:
    """An RFC 3161 token over a root. `at`: hall time of the asking, ms UTC; `source`: internal or external;
    `sha256`: of the token's DER, hex."""

    at: int
    size: int
    root: str
    source: str
    sha256: str
    token: bytes


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file that a party's client made and staff entered. `sha256`: of `body`, hex; `at`: hall time, ms UTC."""

    sha256: str
    at: int
    body: bytes


class MerkleTree(Protocol):
    """A tender's tree, read only. Hashes are 32 raw bytes, indices count from 0."""

    @property
    def size(self) -> int: ...

    def index(self, leaf: bytes) -> int | None: ...

    def root(self, size: int | None = None) -> bytes: ...

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]: ...

    def consistency(self, first: int, second: int | None = None) -> list[bytes]: ...


class ProofStore(Protocol):
    """What stands beside a tender's checkpoints; it is only ever added to."""

    def tree(self, tender: str) -> MerkleTree: ...

    async def add_cosignature(self, tender: str, cosignature: StoredCosignature) -> None:
        """Keep one; a second one of the same certificate under the same checkpoint changes nothing."""
        ...

    async def cosignatures(self, tender: str) -> Sequence[StoredCosignature]: ...

    async def add_stamp(self, tender: str, stamp: RootStamp) -> None: ...

    async def stamps(self, tender: str) -> Sequence[RootStamp]: ...

    async def hand_in(self, tender: str, file: HandedIn) -> None:
        """Keep one; the same bytes again change nothing."""
        ...

    async def handed_in(self, tender: str) -> Sequence[HandedIn]: ...


class Notes(Protocol):
    """Reads and writes the signed notes; the runtime knows nothing of their form."""

    def log_key(self, tender: str) -> str:
        """The log key as the note tools read it: `name+hex id+base64`."""
        ...

    def digest(self, note: str) -> str:
        """SHA-256 of the text that a checkpoint's signatures cover, hex."""
        ...

    def cosigned(self, note: str, line: str, certificate: bytes) -> str:
        """Check a co-signature of this checkpoint by this certificate (DER); give the certificate's SHA-256.

        Raises Malformed("malformed_cosignature"), Refused("wrong_certificate") or Refused("bad_signature").
        """
        ...

    async def stamp(self, note: str) -> tuple[str, bytes]:
        """Have a checkpoint time-stamped: (internal or external, token). Nothing but the digest of its text leaves the
        hall: it differs each time, so that an authority does not even learn whether anything happened in between.

        Raises Unavailable("time_stamps_unavailable").
        """
        ...

    def stamped_at(self, token: bytes, data: bytes) -> tuple[int, str]:
        """When an authority that the hall trusts stamped `data`: (ms UTC, its name).

        Raises Refused("stamp_malformed" | "stamp_does_not_fit" | "stamp_untrusted").
        """
        ...
