"""The tender as the opening needs it: lots, the rule set printed in every record, and what was deposited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SHANGHAI = 8 * HOUR
"""China has one offset and no daylight saving: the day of the opening begins at 16:00 UTC of the day before."""


class Mode(StrEnum):
    """`rehearsal` stands in each checkpoint's origin line, on every screen and on every page of the record."""

    PRODUCTION = "production"
    REHEARSAL = "rehearsal"


class Custody(StrEnum):
    """Who keeps a content key between release and disclosure."""

    HALL = "hall"
    CUSTODIANS = "custodians"
    """The supervisor, and the notary where one is appointed: until they act, nothing with the hall opens a bid."""


class Remedy(StrEnum):
    """What the tender documents allow a bidder whose certificate's key opens nothing any more."""

    NONE = "none"
    RECOVERY_FILE = "recovery_file"
    """A file made at the sealing, with the content key under the bidder's passphrase; kept by the bidder alone."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Settings of the procedure, printed in every record. Limits in milliseconds."""

    procedure_law: str = "bidding_law"
    procurement_method: str = "open_tendering"
    custody: Custody = Custody.HALL
    minimum_bidders: int = 3
    decryption_window: int = 60 * MINUTE
    sealing_answer_limit: int = 5 * MINUTE
    price_answer_limit: int = 10 * MINUTE
    objection_period: int = 5 * MINUTE
    leaving_grace: int = MINUTE
    recorder_proof_age: int = 5_000
    results_answer_limit: int = 5 * MINUTE
    notary_limit: int = 10 * MINUTE
    host_silence: int = 3 * MINUTE
    consultation_limit: int = 15 * MINUTE
    suspension_reason_limit: int = 5 * MINUTE
    resume_notice: int = 5 * MINUTE
    fault_limit: int = 3 * HOUR
    hold_before_deadline: int = 60 * MINUTE
    split_reading: str = "bidder"
    split_venue: str = "online"
    record_limit: int = 3 * DAY
    fewer_allowed: bool = False
    quotes_allowed: bool = False
    silent_quote: str = "stands"
    draw_limit: int = 5 * MINUTE
    draw_allowed: bool = False
    remedy: Remedy = Remedy.NONE


CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "procedure_law": ("bidding_law", "procurement_law"),
    "procurement_method": ("open_tendering", "invited_tendering", "negotiation", "consultation", "inquiry"),
    "split_reading": ("bidder", "opening"),
    "split_venue": ("online", "physical"),
    "remedy": ("none", "recovery_file"),
    "silent_quote": ("stands", "leaves"),
    "custody": ("hall", "custodians", ""),
}
"""What a setting that is a word may be; custody "" is custodians where a supervisor is appointed, else the hall."""

MOST_ALTERNATIVES: Final = 9


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the read-out (开标一览表), under the title that the documents give it. `key`: one of COLUMN_KEYS."""

    key: str
    title: str


COLUMN_KEYS = ("price", "period", "quality", "manager", "security")
COLUMNS = (
    Column("price", "投标报价（元）"),
    Column("period", "工期"),
    Column("quality", "质量标准"),
    Column("manager", "项目负责人"),
    Column("security", "投标保证金"),
)
"""What is read out where the documents say nothing else (clause 5.5.2)."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot (标段). `price_ceiling`: decimal string in CNY, or None where the documents name none. `columns`: what is
    read out, in the documents' order and under their titles; the price is always among them. `alternative_to`: the lot
    whose bids this one's are alternatives to (备选方案), "" for main bids."""

    lot: str
    name: str
    price_ceiling: str | None = None
    columns: tuple[Column, ...] = COLUMNS
    alternative_to: str = ""


def with_alternatives(lot: Lot, alternatives: int) -> tuple[Lot, ...]:
    """The lot and, beside it, one for each alternative number that the documents let a bidder offer (clause 5.2.2)."""
    beside = (
        replace(lot, lot=f"{lot.lot}-alt-{n}", name=f"{lot.name}（备选方案{n}）", alternative_to=lot.lot)
        for n in range(1, alternatives + 1)
    )
    return (lot, *beside)


def columns_hold(columns: Sequence[Column]) -> bool:
    """Each known key at most once, and the price in any case."""
    keys = [column.key for column in columns]
    return "price" in keys and len(set(keys)) == len(keys) and set(keys) <= set(COLUMN_KEYS)


@dataclass(frozen=True, slots=True)
class Deposit:
    """A sealed bid that was deposited in time: what its receipt promises, and the salt for the commitment
    check.

    sha256, commit, tag_commit, salt, recipient, signer, act_digest: hex. size: bytes of the sealed file.
    received_at: ms UTC.
    """

    lot: str
    bidder: str
    name: str
    size: int
    sha256: str
    commit: str
    tag_commit: str
    salt: str
    recipient: str
    received_at: int
    superseded: bool = False


def start_of_day(at_ms: int) -> int:
    """0:00 in Asia/Shanghai of the day that holds `at_ms`, in ms UTC (clause 5.3.3)."""
    return (at_ms + SHANGHAI) // DAY * DAY - SHANGHAI
