"""What happened in a tender's registration. Who registered stands here and is in nobody else's view for long.

A bidder is named by its id in the hall; no natural person is.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.documents import EnquiryRules, TenderDocument


@dataclass(frozen=True, slots=True)
class DocumentsTaken:
    """The notice handed on what it has published: all documents in force, who may have them, and who answers.

    invited: ids of parties, where the tender is by invitation; owners: ids of the project owner's parties;
    consortium: whether several may bid as one; given_from, given_until: first moment, and first moment no more, at
    which who is not registered may have them, ms UTC (`given_until` 0: until the deadline).
    """

    documents: tuple[TenderDocument, ...]
    open_to_all: bool
    invited: tuple[str, ...]
    owners: tuple[str, ...]
    rules: EnquiryRules
    consortium: bool
    given_from: int = 0
    given_until: int = 0


@dataclass(frozen=True, slots=True)
class DeadlineTaken:
    """The bid deadline as it stands now, ms UTC: registration and questions end by it."""

    at: int


@dataclass(frozen=True, slots=True)
class DocumentDelivered:
    """The hall has sent a bidder one document, to its last byte; told once for each."""

    bidder: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Member:
    """Another organisation of a consortium; code: its unified social credit code."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A bidder has all documents and said so under its signature: that is its registration (clause 5.2.1).

    documents: digests, sorted; members: with whom it bids as the lead of a consortium.
    """

    bidder: str
    name: str
    documents: tuple[str, ...]
    members: tuple[Member, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DocumentsAcknowledged:
    """A registered bidder has what was published since."""

    bidder: str
    documents: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """A question about the documents; who asked stays with the hall. document: digest, "" for all of them."""

    number: int
    bidder: str
    text: str
    document: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """The answer, to all. substantial: it bears on how bids are made (Implementing Regulations art. 21)."""

    number: int
    text: str
    substantial: bool
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RegistrationsRevealed:
    """The list of bidders was announced: what Bidding Law art. 22 kept secret may be known to the staff."""


Event = (
    DocumentsTaken
    | DeadlineTaken
    | DocumentDelivered
    | Registered
    | DocumentsAcknowledged
    | QuestionAsked
    | QuestionAnswered
    | RegistrationsRevealed
)
