"""Commands of custody by the supervisor and the notary."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class EntrustedKey:
    """What a release holds in the place of the content key. `tag`: proves the unwrap and tells nothing about the key;
    `envelope`: CMS for the first custodian, base64; `inner`: SHA-256 of the envelope inside it, "" where the key itself
    is inside; `custodians`: whom it is for (certificates, SHA-256 hex)."""

    tag: bytes
    envelope: str
    inner: str
    custodians: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntrustedPart:
    """What a custodian hands over for one bid: `content`, a content key or an inner envelope; or a `code`."""

    bidder: str
    content: bytes
    code: str


@dataclass(frozen=True, slots=True)
class OpenEntrusted:
    """A custodian's act; `act` has its body withheld already."""

    lot: str
    parts: tuple[EntrustedPart, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NameCustodians:
    custodians: tuple[str, ...]
    reason: str
    act: SignedAct


CustodyAct = OpenEntrusted | NameCustodians
