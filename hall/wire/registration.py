"""A tender's registration on the wire: its documents, the viewer's own registration, questions and answers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RegistrationDocument:
    """One tender document. kind: "tender_documents" or "addendum"; at: published, ms UTC; size: bytes; received:
    whether the hall has sent it to the viewer whole."""

    sha256: str
    name: str
    size: int
    kind: str
    at: int
    received: bool


@dataclass(frozen=True, slots=True)
class MemberView:
    """Another member of a consortium."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class RegistrantView:
    """A registration. documents: digests that it acknowledged; complete: whether these are all that are in force."""

    bidder: str
    name: str
    at: int
    documents: list[str]
    complete: bool
    members: list[MemberView]


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question about the documents, without who asked it. mine: the viewer did; answer: "" while there is none;
    answer_due: ms UTC, for who must answer and who asked, else 0."""

    number: int
    text: str
    document: str
    asked_at: int
    mine: bool
    answer: str
    substantial: bool
    answered_at: int
    answer_due: int


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """What one viewer may know of a tender's registration. deadline, ask_until, change_until: ms UTC, 0 while unknown;
    given_from, given_until: when who is not registered may have the documents, ms UTC, 0 for no such limit;
    may_download: the viewer may have the documents now; refusal: else why not, as a code, "" for who is no bidder;
    mine: its own registration; registrations: everybody's, null until the list of bidders was announced and for who may
    never know; may: acts that are open to the viewer now."""

    open_to_all: bool
    deadline: int
    ask_until: int
    change_until: int
    given_from: int
    given_until: int
    documents: list[RegistrationDocument]
    may_download: bool
    refusal: str
    mine: RegistrantView | None
    questions: list[QuestionView]
    registrations: list[RegistrantView] | None
    may: list[str] = field(default_factory=list)
