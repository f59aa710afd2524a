"""The course of an opening as its record tells it, lot by lot. Conventions: see `record_model`."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement import money
from hall.procurement.tender import COLUMNS, Column


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot (标段) of the tender; ceiling and base price are announced at the opening, `None` where there is none."""

    lot: str
    name: str
    price_ceiling: str | None = None
    base_price: str | None = None
    columns: tuple[Column, ...] = COLUMNS
    alternative_to: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """A person on duty: `role` as in SIGNATORIES or host, announcer, supervisor, notary; `certificate`
    SHA-256 or ""."""

    role: str
    name: str
    unit: str
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class BidderLine:
    """What one bidder did for one lot. `sealed_sha256`: the deposit that counts, "" if there was none.

    `status`: opened, opened_late, not_signed_in, no_deposit, not_released, damaged, withdrawn, locked.
    """

    lot: str
    bidder: str
    name: str
    representative: str
    certificate: str
    deposited_at: int | None
    signed_in_at: int | None
    released_at: int | None
    opened_at: int | None
    sealed_sha256: str
    status: str


@dataclass(frozen=True, slots=True)
class ReadOut:
    """The disclosed columns of one bid (唱标), as they stood in its summary.json. `read_out_at`: when it was
    read aloud."""

    lot: str
    bidder: str
    name: str
    price: str
    period: str
    quality: str
    manager: str
    security: str
    bid_sha256: str
    read_out_at: int | None

    @property
    def price_capitals(self) -> str:
        """The price in Chinese capitals. Derived, never given, so that it can't differ from the digits."""
        return money.capitals(money.parse(self.price))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A bidder's answer to its read-out price. `answer`: confirmed, objected, no_answer."""

    lot: str
    bidder: str
    answer: str
    at: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """How long one participant was connected between `BiddersAnnounced` and the record. Sums in milliseconds.

    An absence whose cause lay with the platform (clause 4.7) is no absence of the participant's: it is summed apart,
    and no interruption.
    """

    participant: str
    name: str
    online_ms: int
    offline_ms: int
    interruptions: int
    platform_ms: int


@dataclass(frozen=True, slots=True)
class RecordingHead:
    """The state of one recording at the record: `chain` is the hash chain's head after `fragments` fragments."""

    participant: str
    file: str
    fragments: int
    chain: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the rule set under which the opening was held, name and value as configured."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SealingAnswer:
    """Check of one sealed bid (clause 4.2). `intact`: the re-hash equals the receipt; `answer`: intact,
    objects, no_answer, "" where the notary declared and no bidder was asked."""

    bidder: str
    name: str
    rehashed_sha256: str
    intact: bool
    answer: str
    at: int | None


@dataclass(frozen=True, slots=True)
class SealingCheck:
    """Declaration (i) of a lot, before the decrypt command. `role`: notary, or host where the bidders' own check took
    the notary's place; `held`: bidders whose bids were held back; `declared_by`: "role name"."""

    lot: str
    role: str
    declared_by: str
    certificate: str
    declared_at: int | None
    held: tuple[str, ...]
    answers: tuple[SealingAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehash:
    """A digest that the notary asked to see again."""

    lot: str
    bidder: str
    name: str
    sha256: str
    intact: bool
    at: int


@dataclass(frozen=True, slots=True)
class DecryptionWindow:
    """The common window of a lot. `commanded_until` is the end as commanded, `closes_at` as suspensions moved it,
    `closed_at` as it came; `reason`: all_released, time_over, "" while it is open; `undecrypted`: who did not release.
    """

    lot: str
    commanded_by: str
    opened_at: int
    commanded_until: int
    closes_at: int
    closed_at: int | None
    reason: str
    undecrypted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnWindow:
    """The rest of the 60 minutes that one bidder had to itself after a cause of clause 4.7 (clause 5.3.4)."""

    lot: str
    bidder: str
    name: str
    incident: int
    opened_at: int
    closes_at: int
    closed_at: int | None
    released: bool


@dataclass(frozen=True, slots=True)
class LedgerSpan:
    """A stretch [start, end) of the 60 minutes. `bidder` "": the common window; `kind`: running, frozen, given_back."""

    lot: str
    bidder: str
    name: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ResultsAnswer:
    """What a bidder said of the result of its own decryption. `answer`: intact, objects, no_answer."""

    bidder: str
    name: str
    answer: str
    at: int


@dataclass(frozen=True, slots=True)
class Results:
    """Declaration (ii) of a lot, after decryption: the two lists make up the listed bidders."""

    lot: str
    role: str
    declared_by: str
    certificate: str
    declared_at: int
    decrypted: tuple[str, ...]
    undecrypted: tuple[str, ...]
    answers: tuple[ResultsAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class RemedyLine:
    """A release by a recovery file. `act`: "claimed" by the bidder; "accepted" or "refused" by project owner or
    scrutineer."""

    act: str
    lot: str
    bidder: str
    name: str
    by: str
    certificate: str
    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class CustodyAct:
    """What was done about released keys that others than the hall kept. `act`: "opened", a custodian handed over the
    keys of `bidders` in `lot`; "named", the project owner named `custodians` (certificates) in the place of others."""

    act: str
    lot: str
    by: str
    certificate: str
    at: int
    bidders: tuple[str, ...]
    custodians: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection raised at the opening, verbatim, and its answer. `outcome`: upheld, rejected, unsettled, "" if
    unanswered."""

    lot: str
    bidder: str
    name: str
    raised_at: int
    text: str
    outcome: str
    answered_by: str
    answered_at: int | None
    answer: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A price of a round. `signed`: the bidder's own quote of that round; else its earlier price stands."""

    bidder: str
    name: str
    price: str
    signed: bool

    @property
    def price_capitals(self) -> str:
        """As in `ReadOut`."""
        return money.capitals(money.parse(self.price))


@dataclass(frozen=True, slots=True)
class QuoteRound:
    """A sealed round of second quotes (二次报价). `silent`: gave none; `leave`: whether that ended their part."""

    lot: str
    round: int
    opened_by: str
    opened_at: int
    quoted_by: int
    closed_at: int | None
    silent: tuple[str, ...]
    leave: bool
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class DrawPart:
    """One party of a draw; `secret` "" where it revealed nothing."""

    party: str
    name: str
    commitment: str
    secret: str


@dataclass(frozen=True, slots=True)
class Draw:
    """A verifiable draw: from `parts` in their order anybody can compute `seed` and `chosen` again."""

    lot: str
    draw: int
    purpose: str
    values: tuple[str, ...]
    opened_at: int
    silent: tuple[str, ...]
    missing: tuple[str, ...]
    parts: tuple[DrawPart, ...]
    seed: str
    chosen: str
    done_at: int | None


@dataclass(frozen=True, slots=True)
class Ending:
    """A lot that failed, went on with fewer than the minimum, or of alternatives that nobody offered. `kind`: failed,
    fewer, none_offered; `approval`: SHA-256 or ""."""

    lot: str
    kind: str
    reason: str
    approval: str
    by: str
    at: int
