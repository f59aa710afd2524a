"""What may be asked of a tender's registration: by the notice, by the clock of the opening, by people."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.documents import STATUTORY, EnquiryRules, TenderDocument
from hall.tendering.registration.events import Member


@dataclass(frozen=True, slots=True)
class TakeDocuments:
    """The notice published documents, or an addendum: all that are in force now. owners: ids of the parties that may
    answer; invited: who may have the documents where the tender is not open to all; consortium: whether several may
    bid as one; given_from, given_until: as in DocumentsTaken."""

    documents: tuple[TenderDocument, ...]
    invited: tuple[str, ...] = ()
    open_to_all: bool = True
    owners: tuple[str, ...] = ()
    rules: EnquiryRules = STATUTORY
    consortium: bool = True
    given_from: int = 0
    given_until: int = 0


@dataclass(frozen=True, slots=True)
class NoteDeadline:
    """The bid deadline, ms UTC, as the opening has it."""

    at: int


@dataclass(frozen=True, slots=True)
class NoteDelivered:
    """The last byte of a document went out to a bidder."""

    bidder: str
    sha256: str


@dataclass(frozen=True, slots=True)
class NoteRevealed:
    """The list of bidders was announced."""


@dataclass(frozen=True, slots=True)
class AcknowledgeDownload:
    """A bidder has these documents, whole."""

    documents: tuple[str, ...]
    members: tuple[Member, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AskAboutDocuments:
    text: str
    document: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AnswerAboutDocuments:
    number: int
    text: str
    substantial: bool
    act: SignedAct


Command = (
    TakeDocuments
    | NoteDeadline
    | NoteDelivered
    | NoteRevealed
    | AcknowledgeDownload
    | AskAboutDocuments
    | AnswerAboutDocuments
)
