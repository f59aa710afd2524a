"""What notice, evaluation and award say to each other: how bids are judged, which bids there are, and what came of it.

Data alone. Points are whole hundredths (8525 is 85.25), money is decimal text in yuan, times are ms UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """How bids are ranked (评标办法)."""

    WEIGHTED_SCORING = "weighted_scoring"
    """综合评估法: points for every criterion, the price among them; the most points win."""

    LOWEST_EVALUATED_PRICE = "lowest_evaluated_price"
    """经评审的最低投标价法: of the bids that pass every review, the lowest evaluated price wins."""


class CriterionKind(StrEnum):
    REVIEW = "review"
    """Passed or not (初步评审): form, qualification, responsiveness."""

    SCORED = "scored"
    """Points by each evaluator's own judgement."""

    PRICE = "price"
    """Points by the formula of the tender documents."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One item of the evaluation, in the order of the tender documents. `points`: the most, in hundredths; 0 for a
    review. `text`: what the documents say of it."""

    key: str
    title: str
    kind: CriterionKind
    points: int = 0
    text: str = ""


class PriceFormula(StrEnum):
    """How a price gets its points (价格分)."""

    LOWEST_RATIO = "lowest_ratio"
    """低价优先法: the lowest valid price divided by the price, times the most points."""

    LOWEST_DEVIATION = "lowest_deviation"
    """The lowest valid price has the most; each percent above it costs points."""

    MEAN_DEVIATION = "mean_deviation"
    """平均价基准: the mean of the valid prices, lowered where the documents say so, is the benchmark; each percent
    above or below it costs points."""


@dataclass(frozen=True, slots=True)
class PriceRule:
    """above, below: hundredths of a point that each percent above or below the benchmark costs; down: percent by which
    the mean is lowered; trim: from so many valid bids on, the highest and the lowest price do not enter the mean, 0:
    never."""

    formula: PriceFormula = PriceFormula.LOWEST_RATIO
    above: int = 0
    below: int = 0
    down: int = 0
    trim: int = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """So many seats of the committee at least are for experts of this speciality, as the list of experts names it."""

    speciality: str
    seats: int


@dataclass(frozen=True, slots=True)
class EvaluationRules:
    """As the tender documents publish them (clause 5.4.3). `committee`: members, odd; `representatives`: how many of
    them may speak for the procuring entity, at most a third (Bidding Law art. 37); `candidates`: how many are named;
    `publicity_days`: calendar days that the candidates are published (at least 3, Implementing Regulations art. 54);
    `low_price_flag`: percent below the mean of all prices from which a price is flagged as below cost, 0 for none;
    `price`: how points of the price are reckoned; `quotas`: which specialities the drawn experts are of."""

    method: Method = Method.WEIGHTED_SCORING
    criteria: tuple[Criterion, ...] = (
        Criterion("form", "形式评审", CriterionKind.REVIEW),
        Criterion("qualification", "资格评审", CriterionKind.REVIEW),
        Criterion("responsive", "响应性评审", CriterionKind.REVIEW),
        Criterion("technical", "技术标", CriterionKind.SCORED, 4000),
        Criterion("business", "商务标", CriterionKind.SCORED, 2000),
        Criterion("price", "投标报价", CriterionKind.PRICE, 4000),
    )
    committee: int = 5
    representatives: int = 1
    candidates: int = 3
    publicity_days: int = 3
    low_price_flag: int = 15
    price: PriceRule = PriceRule()
    quotas: tuple[Quota, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A column of the read-out. `key`: price, period, quality, manager or security."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class OpenedBid:
    """A bid as the opening handed it over. `price` and `columns`: as read out; `sha256`: of the sealed file;
    `summary`: digest of the opened summary, as the opening's journal names it."""

    lot: str
    bidder: str
    name: str
    price: str
    columns: tuple[Said, ...]
    sha256: str
    summary: str


class Reason(StrEnum):
    """Why a bid is rejected: the letters of clause 5.5.1."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"
    E = "e"
    F = "f"
    G = "g"
    H = "h"


@dataclass(frozen=True, slots=True)
class Rejection:
    """What the committee decided about a bid (clause 5.5.1). `evidence`: SHA-256 of files that show it."""

    lot: str
    bidder: str
    reason: Reason
    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place in the ranking. `points`: hundredths, 0 where the method has none; `price`: the evaluated price."""

    lot: str
    bidder: str
    name: str
    price: str
    points: int
    rank: int


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What the committee hands over, lot by lot, once every sheet is signed and fixed (clause 5.4.4). `report`:
    SHA-256 of the canonical JSON of the report; `failed`: lots whose bids were all rejected."""

    ranking: tuple[Ranked, ...]
    rejections: tuple[Rejection, ...]
    failed: tuple[str, ...]
    report: str
