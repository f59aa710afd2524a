"""What a tender's notice is made of: plain data that events, state and views share. No rule lives here.

Times are ms UTC, digests lowercase hex, money decimal text in yuan.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hall.procurement.tender import COLUMNS, Column


class Category(StrEnum):
    """What is bought."""

    WORKS = "works"
    GOODS = "goods"
    SERVICES = "services"
    RESEARCH = "research"
    """科研项目: the one tender of the bidding law that individuals may bid in (Bidding Law art. 25)."""


class DocumentKind(StrEnum):
    NOTICE = "notice"
    """An attachment of the notice itself: anybody reads it once it is published."""

    TENDER_DOCUMENTS = "tender_documents"
    """The documents by which bids are made, drawings and bills among them: for who has registered (clause 5.2.1)."""

    ADDENDUM = "addendum"
    """What an addendum brought (clause 5.2.2)."""

    FILING = "filing"
    """The paper of the filing: for the makers and the trading centre alone (clause 5.1)."""


@dataclass(frozen=True, slots=True)
class Face:
    """What a tender is called and who makes it. `makers`: parties that prepare it beside the one that drafted it;
    `agency`: name of the tendering agency, "" without one; `suite`: bidseal suite, INTL or GM; `region`: free text;
    `entity_code`: unified social credit code of the procuring entity, a legal person or another organisation (clause
    3.2)."""

    name: str
    number: str
    category: Category
    region: str
    procuring_entity: str
    agency: str
    suite: str
    makers: tuple[str, ...]
    entity_code: str = ""


@dataclass(frozen=True, slots=True)
class NoticeLot:
    """As `procurement.tender.Lot`; `alternatives`: how many alternative bids each bidder may offer beside its own."""

    lot: str
    name: str
    price_ceiling: str | None = None
    columns: tuple[Column, ...] = COLUMNS
    alternatives: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """The notice's own words. `open_documents`: the tender documents are for anybody, without registration; `invited`:
    parties that alone may bid, none: everybody; `consortium`: whether bids by several together are allowed;
    `individuals`: whether natural persons may bid (clause 3.3)."""

    title: str
    text: str
    open_documents: bool = False
    consortium: bool = False
    invited: tuple[str, ...] = ()
    individuals: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A file by its digest. `version` counts from 1 among those of the same kind and title."""

    sha256: str
    title: str
    version: int
    kind: DocumentKind
    size: int


class Item(StrEnum):
    """The tick-list of clause 4.10: what notice and tender documents both have to say of a remote opening."""

    DECRYPTION_LIMIT = "decryption_limit"
    REMEDY_PLAN = "remedy_plan"
    SIGN_IN_WINDOW = "sign_in_window"
    SECOND_QUOTE = "second_quote"
    RECORDING = "recording"
    NO_SIGN_IN = "no_sign_in"
    """Who does not sign in has given up its bid."""

    COUNT_OF_THREE = "count_of_three"
    """Of whom the least number of bidders is counted."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """One item: what is said, and where it stands in the notice and in the tender documents."""

    item: Item
    text: str
    in_notice: str
    in_documents: str


@dataclass(frozen=True, slots=True)
class Booked:
    """Somebody or a room that another opening has at an overlapping time. `what`: person or room; `who`: the party or
    the room's id; `name`: as people call it; `other`: that opening."""

    what: str
    who: str
    name: str
    other: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """When documents are given out, first and last moment, and when bids are due; `place`: of the hall, "" for its
    usual one."""

    documents_from: int
    documents_until: int
    bid_deadline: int
    place: str = ""


@dataclass(frozen=True, slots=True)
class Filing:
    """备案 (clause 5.1): who compiled the documents, who filed them with which authority, when, and under which number.
    `revision`: of the draft that was filed; `paper`: SHA-256 of the authority's paper, "" without one."""

    revision: int
    number: str
    authority: str
    compiled_by: str
    filed_by: str
    filed_at: int
    paper: str = ""


@dataclass(frozen=True, slots=True)
class Addendum:
    """`addendum` counts from 1; `touches_bids`: it may touch how bids are made (Implementing Regulations art. 21)."""

    addendum: int
    title: str
    text: str
    touches_bids: bool
    documents: tuple[Document, ...]
