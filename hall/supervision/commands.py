"""What can be asked of the supervision of one tender. Acts are verified before they come here, and their bodies are
withheld where they tell of persons; times are ms UTC."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.supervision.terms import About, Against, Kind, NotPublished, Outcome, Reason, Result, Topic


@dataclass(frozen=True, slots=True)
class Code:
    """What is kept of a query code: SHA-256 over salt and code, both hex; empty where a certificate signed."""

    salt: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Officer:
    """Who handles a case: an official, by certificate."""

    party: str
    name: str
    certificate: str


@dataclass(frozen=True, slots=True)
class FileCase:
    """statement: digest of the words, with who brings them forward; named: whether a name and a way to reach it stand
    there; prior: number of the objection or challenge that came before, 0 for none; files: SHA-256."""

    kind: Kind
    about: About
    against: Against
    against_party: str
    lot: str
    knew_at: int
    prior: int
    files: tuple[str, ...]
    named: bool
    statement: str
    code: Code
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class WithdrawCase:
    """act: None where a query code proved who it is."""

    case: int
    text: str
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class RateCase:
    """stars: 1 (bad) to 5 (good)."""

    case: int
    stars: int
    text: str
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class AcceptCase:
    case: int
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RefuseCase:
    case: int
    reason: Reason
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AssignCase:
    case: int
    officers: tuple[Officer, ...]
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Investigate:
    case: int
    text: str
    files: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class OrderSuspension:
    case: int
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class LiftSuspension:
    case: int
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class StopCaseClock:
    """Time for tests, appraisal and experts is not counted (Implementing Regulations art. 61)."""

    case: int
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RunCaseClock:
    case: int
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DecideCase:
    """The regulator's decision or the procuring entity's answer. basis: articles of law; text: reasons and measures."""

    case: int
    result: Result
    basis: str
    text: str
    files: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class FeedBack:
    case: int
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ArchiveCase:
    """number: under which it is filed."""

    case: int
    number: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MergeCase:
    case: int
    into: int
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class LogHotlineCall:
    """at: when it was; recording: SHA-256 of the file, "" without; case: that came of it, 0 for none."""

    at: int
    topic: Topic
    outcome: Outcome
    recording: str
    case: int
    statement: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AskQuestion:
    statement: str
    code: Code


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """words: the question as it is published; redacted: they are not those of the asker; text: answer with reasons."""

    question: int
    words: str
    redacted: bool
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RefuseQuestion:
    question: int
    reason: NotPublished
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class TakeCalendar:
    """The working days in force: days off and worked weekend days, ISO."""

    holidays: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoteTender:
    """The law of the procedure, the bid deadline, and whose tender it is, as they are now."""

    law: str
    bid_deadline: int
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotePublicity:
    """The candidates of a lot are public from `start` until `until`."""

    lot: str
    start: int
    until: int


@dataclass(frozen=True, slots=True)
class NoteOpeningObjection:
    """A bidder objected at the opening, on the spot, and was answered there."""

    lot: str
    bidder: str


@dataclass(frozen=True, slots=True)
class NoteHeld:
    """Recordings are kept while the case is open; held: whether there are any to keep."""

    case: int
    held: bool


@dataclass(frozen=True, slots=True)
class NoteReleased:
    case: int


@dataclass(frozen=True, slots=True)
class NoteEvidence:
    """The tender's history up to now: the tree's head, and the list of its rows and files. listing: SHA-256 of it."""

    case: int
    size: int
    root: str
    listing: str
    files: int


@dataclass(frozen=True, slots=True)
class AddFiles:
    """Signed, or by the query code, which the door has checked: nobody signs then."""

    case: int
    files: tuple[str, ...]
    act: SignedAct | None = None


@dataclass(frozen=True, slots=True)
class NoteBundle:
    """See `events.CaseBundleMade`."""

    case: int
    sha256: str
    size: int
    rows: int


Act = (
    WithdrawCase
    | RateCase
    | AcceptCase
    | RefuseCase
    | AssignCase
    | Investigate
    | OrderSuspension
    | LiftSuspension
    | StopCaseClock
    | RunCaseClock
    | DecideCase
    | FeedBack
    | ArchiveCase
    | MergeCase
)
"""Everything that is done with one case."""

Command = (
    Act
    | FileCase
    | LogHotlineCall
    | AskQuestion
    | AnswerQuestion
    | RefuseQuestion
    | TakeCalendar
    | NoteTender
    | NotePublicity
    | NoteOpeningObjection
    | NoteHeld
    | NoteReleased
    | NoteEvidence
    | NoteBundle
    | AddFiles
)
