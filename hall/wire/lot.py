"""A lot and what stands in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DepositView:
    """A sealed bid in the manifest, or a bidder's own. `intact`: result of the fresh re-hash, None before it."""

    bidder: str
    size: int
    sha256: str
    received_at: int
    recipient: str
    intact: bool | None


@dataclass(frozen=True, slots=True)
class PriceView:
    """The read-out columns. `capitals`: the price in 大写."""

    bidder: str
    price: str
    capitals: str
    period: str
    quality: str
    manager: str
    security: str


@dataclass(frozen=True, slots=True)
class WindowView:
    """A decryption window, common or a bidder's own. `closed_at` is None while it runs; ends are absolute hall time and
    stand still while the opening is suspended."""

    opened_at: int
    closes_at: int
    closed_at: int | None
    early: bool


@dataclass(frozen=True, slots=True)
class BidderView:
    """A bidder in one lot. `status`: listed, absent, without_deposit; `release`: waiting, received,
    declined, opened, failed.

    `failure` is the code of a failed opening; `results` the answer to the results; `own_window` follows a
    4.7 cause. `representative`, `phones` and `identity` are filled for staff only, after the announcement.
    """

    bidder: str
    name: str
    certificate: str
    status: str
    sealing: str
    held: bool
    release: str
    failure: str
    cause: str
    read_out: bool
    price_answer: str
    representative: str
    phones: list[str]
    results: str
    own_window: WindowView | None
    identity: str
    summary: str
    """SHA-256 of the bidder's own opened summary, for that bidder alone."""
    reference: str
    """SHA-256 of the representative's reference picture, "" without one; for supervisor, host, notary and regulator."""
    copies: str
    """"" while the hall's copies of the sealed bid are whole; damaged: the bidder is asked for the file it kept;
    restored: it has brought it."""
    remedy: str
    """"" or how far the bidder's release by its recovery file is: claimed, confirmed, refused."""
    remedy_reason: str


@dataclass(frozen=True, slots=True)
class ObjectionView:
    objection: int
    bidder: str
    text: str
    outcome: str
    answer: str


@dataclass(frozen=True, slots=True)
class ResultsView:
    """The declared results of the decryption (clause 4.2 ii). `role`: who declared them, "" before."""

    role: str
    decrypted: list[str]
    undecrypted: list[str]
    answer_by: int | None


@dataclass(frozen=True, slots=True)
class SpanView:
    """A stretch of the 60 minutes: `kind` running, frozen or given_back; `bidder` "" for the common window."""

    bidder: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QuoteView:
    """The price that counts after a round. `stands`: an earlier one, for no quote of this round counts in its place."""

    bidder: str
    price: str
    capitals: str
    stands: bool


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round of quotes. `quoted`: the viewer's own quote is in; the others' are secret until it is `disclosed`."""

    round: int
    bidders: list[str]
    quoted_by: int
    quoted: bool
    closed: bool
    silent: list[str]
    quotes: list[QuoteView]
    disclosed: bool


@dataclass(frozen=True, slots=True)
class DrawView:
    """A commit–reveal draw. `committed`, `revealed`: parties that did; `seed` and `chosen` are "" before its end, and
    after the end (`over`) of one that came to no result."""

    draw: int
    purpose: str
    values: list[str]
    parties: list[str]
    commit_by: int
    reveal_by: int | None
    committed: list[str]
    revealed: list[str]
    missing: list[str]
    seed: str
    chosen: str
    over: bool


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column of the read-out under the documents' title. `key`: price, period, quality, manager, security."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class LotView:
    """One lot. `checked_by`: who declared the sealing, notary or host, "" before."""

    lot: str
    name: str
    stage: str
    price_ceiling: str | None
    columns: list[ColumnView]
    base_price: str | None
    bidders: list[BidderView]
    deposits: list[DepositView]
    answer_by: int | None
    window: WindowView | None
    command: dict[str, object] | None
    """The decrypt command as a signed act, for the client to verify before it unwraps."""
    prices: list[PriceView]
    price_answer_by: int | None
    objections: list[ObjectionView]
    objections_not_before: int | None
    checked_by: str
    results: ResultsView | None
    """None until the results of the decryption are shown."""
    rounds: list[RoundView]
    draws: list[DrawView]
    ledger: list[SpanView]
    alternative_to: str
    """The lot that these bids are alternatives to (备选方案), "" for main bids."""
