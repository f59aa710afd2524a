"""What the shell needs of the outside, as Protocols, and the values that cross them.

Adapters (journal, media, recording, signing, storage) implement these; the runtime and the gateway know
nothing else of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hall.procurement.acts import SignedAct
from hall.procurement.tender import Deposit
from hall.session.events import DisclosedBid
from hall.session.state import OpeningState


@dataclass(frozen=True, slots=True)
class Row:
    """One stored journal row. `leaf` and `prev`: hex; `tree_index`: position in the tender's tree, from 0."""

    stream: str
    seq: int
    received_at: int
    actor: str
    nonce: str
    kind: str
    version: int
    prev: str
    body: Mapping[str, object]
    salt: bytes
    leaf: str
    tree_index: int


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append. `nonce` is the act's client nonce, empty for what the hall does by itself."""

    received_at: int
    actor: str
    nonce: str
    event: object


@dataclass(frozen=True, slots=True)
class ReleasedKey:
    """A released content key: stored encrypted beside the journal in the same transaction, never in a row."""

    lot: str
    bidder: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class PersonalItem:
    """Personal data that the journal names by digest only. `body` is the signed body's text."""

    digest: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Append:
    """One room's append: all of it or nothing. `expected_seq`: the stream's last seq, 0 for a new stream."""

    tender: str
    stream: str
    expected_seq: int
    events: Sequence[NewEvent]
    released_keys: Sequence[ReleasedKey] = ()
    personal: Sequence[PersonalItem] = ()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed tree head: `note` is the C2SP text over (size, root); `at` ms UTC."""

    at: int
    size: int
    root: str
    note: str


@dataclass(frozen=True, slots=True)
class KeptState:
    """The state of a room that rests, made of all its rows. `seq`, `at`: of the last one, ms UTC."""

    seq: int
    at: int
    state: object


class Journal(Protocol):
    """Append-only truth. Raises Unavailable("journal_conflict") or Unavailable("journal_failed")."""

    async def append(
        self,
        tender: str,
        stream: str,
        expected_seq: int,
        events: Sequence[NewEvent],
        *,
        released_key: ReleasedKey | None = None,
        personal: Sequence[PersonalItem] = (),
    ) -> list[Row]:
        """Append durably; returns when the rows are on disk."""
        ...

    async def append_many(self, appends: Sequence[Append]) -> list[list[Row]]:
        """All of these appends in one commit, or none of them."""
        ...

    def knows(self, tender: str) -> bool:
        """Whether any stream of a tender has a row."""
        ...

    async def load(self, stream: str) -> list[tuple[Row, object]]: ...

    async def load_all(self, domain: str, most: int | None = None) -> Mapping[str, list[tuple[Row, object]]]:
        """Stream → rows with their events, of a domain (a stream's name before the slash) whose streams are short;
        most: of those streams alone that have no more rows than this."""
        ...

    async def last_of_all(self, domain: str) -> Mapping[str, tuple[Row, object]]:
        """Stream → its last row with its event."""
        ...

    async def rows(self, tender: str, after_index: int = -1) -> list[Row]: ...

    async def checkpoint(self, tender: str, at: int, extensions: Sequence[str] = ()) -> Checkpoint:
        """Sign the tree as it is now; `extensions`: lines that are signed along."""
        ...

    async def checkpoints(self, tender: str) -> list[Checkpoint]: ...

    async def last_checkpoint(self, tender: str) -> Checkpoint | None:
        """The newest one, without a question to the disk."""
        ...

    async def released_key(self, stream: str, lot: str, bidder: str) -> bytes | None: ...

    async def personal(self, digest: str) -> bytes | None: ...

    async def keep_state(self, stream: str, kept: KeptState) -> None:
        """Keep the state of a room that rests, beside its rows, for the next start."""
        ...

    async def kept_states(self) -> Mapping[str, KeptState]:
        """Stream → state, of those that are made of exactly the rows that are there, by the code that runs now."""
        ...


@dataclass(frozen=True, slots=True)
class SealedDeposit:
    """What the strict header of an uploaded sealed bid says, checked for length; `header_length`:
    bytes before the payload."""

    tender: str
    lot: str
    bidder: str
    name: str
    size: int
    sha256: str
    commit: str
    tag_commit: str
    salt: str
    recipient: str
    header_length: int
    suite: str


class SealedStore(Protocol):
    """Uploads and sealed bids on disk, two copies each."""

    async def begin(self, size: int, sha256: str, owner: str) -> tuple[str, int]:
        """Begin or resume an upload: (id, bytes received)."""
        ...

    async def again(self, size: int, sha256: str, owner: str) -> tuple[str, int]:
        """The same for a finished one whose copies are both damaged. Raises Refused("not_damaged")."""
        ...

    async def status(self, upload: str, owner: str) -> tuple[int, int]:
        """(received, size)."""
        ...

    async def write(self, upload: str, owner: str, offset: int, data: bytes, sha256: str) -> int: ...

    async def finish(self, upload: str, owner: str) -> SealedDeposit:
        """All bytes there, digest right, header strict, two copies durable. `owner`: `tender/bidder`.

        Raises Refused or Malformed; then the upload stays until it is erased.
        """
        ...

    async def erase(self, upload: str) -> None: ...

    async def rehash(self, sha256: str) -> str:
        """SHA-256 of the stored sealed bid, read from disk now; "" if it is gone."""
        ...

    async def prove(self, sha256: str, challenge: str) -> str:
        """SHA-256 of the challenge's bytes (hex), then the stored sealed bid, read from disk now; "" if it is gone."""
        ...

    async def header(self, sha256: str) -> bytes: ...

    def path(self, sha256: str) -> Path: ...


@dataclass(frozen=True, slots=True)
class OpenedBid:
    """What opening a sealed bid gave. `summary`: SHA-256 of summary.json."""

    summary: str
    columns: DisclosedBid


class BidOpener(Protocol):
    """Opens released bids outside the event loop and keeps the results encrypted.

    Raises Refused with the design's codes.
    """

    async def open(self, opening: str, deposit: Deposit, content_key: bytes) -> str:
        """Open, verify and put aside; returns the summary's digest."""
        ...

    async def loop_back(self, at_ms: int) -> None:
        """Seal something with keys of its own and open it again, all the way. Raises what a real opening raises."""
        ...

    async def columns(self, opening: str, lot: str, bidder: str) -> DisclosedBid:
        """The read-out columns of a bid opened earlier: asked for at the disclosure only."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record prepared for one signature. `digest`: SHA-256 over the ByteRange; `attributes`: DER SET to be signed."""

    prepared: str
    revision: str
    digest: str
    attributes: bytes


@dataclass(frozen=True, slots=True)
class RecordSource:
    """What the opening record is made of.

    `entries`: (received_at, actor key, event); `persons`: digest → representative.
    """

    state: OpeningState
    entries: Sequence[tuple[int, str, object]]
    persons: Mapping[str, str]
    tree_size: int
    tree_root: str
    made_at: int


class RecordOffice(Protocol):
    """Makes the opening record and has it signed. All outside the event loop."""

    async def draft(self, source: RecordSource) -> tuple[str, str]:
        """Fill the record from the journal, render and store it: (SHA-256 of the PDF, SHA-256 of its record.json)."""
        ...

    async def prepare(
        self, opening: str, revision: str, role: str, certificate: bytes, now: int
    ) -> Prepared: ...

    async def prepared_file(self, opening: str, prepared: str) -> bytes: ...

    async def embed(self, opening: str, prepared: str, signature: bytes, now: int) -> tuple[str, str]:
        """Verify and embed a signature: (revision that was signed, new revision)."""
        ...

    async def complete(self, opening: str, revision: str) -> str:
        """Close the signed document for the long term; the final revision's digest."""
        ...

    async def unsigned(self, source: RecordSource) -> bytes:
        """The page about who did not sign and why (clause 5.5.3), b"" where everybody did."""
        ...

    async def file(self, opening: str, revision: str) -> bytes: ...

    async def content(self, opening: str, digest: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """`code`: "" when usable, else the refusal's code; `revocation`: good, revocation_unknown, revoked; `source`: whose
    word about the revocation it is, the issuer's name."""

    code: str
    revocation: str
    source: str = ""


class Certificates(Protocol):
    """Certificates and signatures. No URL of a presented certificate is ever fetched."""

    def verify_act(self, act: SignedAct, certificate: bytes) -> None:
        """Raises Refused("wrong_certificate") or Refused("bad_signature")."""
        ...

    async def status(self, certificate: bytes, now: int) -> CertificateStatus: ...

    def same_holder(self, certificate: bytes, known: Iterable[bytes]) -> bytes | None:
        """Which of `known` (DER) this certificate renews: the same key and the same subject, None for none."""
        ...

    async def succession(self, previous: bytes, present: bytes, consent: SignedAct | None, now: int) -> bool:
        """Whether `present` holds the key of `previous`; both of one subject, and both chains good, the previous one's
        at its end where it has ended. Raises Refused("another_holder"), Refused with the chain's code, and for another
        key Refused("consent_missing") or what `verify_act` raises."""
        ...

    def check_sealed_for(self, header: bytes, certificate: bytes, recipient: bytes | None, now: int) -> None:
        """The sealed header's signer is this certificate, and its one recipient the same; in the suite GM the other one
        of the pair, whose chain holds at `now`. Raises Refused("wrong_certificate") or with the certificate's code."""
        ...

    def check_entrusted_to(self, envelope: bytes, certificate: bytes) -> None:
        """A key's envelope has this one recipient. Raises Malformed("malformed_cms"), Refused("wrong_custodians")."""
        ...


class Seals(Protocol):
    """The hall's own keys: receipts and acknowledgements are signed by the log key."""

    def sign(self, label: str, body: dict[str, object]) -> str:
        """Base64 Ed25519 over "bidhall/1 <label>\\0" | canonical JSON of `body`."""
        ...

    def nonce(self, certificate: str, now: int) -> str: ...

    def nonce_holds(self, nonce: str, certificate: str, now: int) -> bool: ...
