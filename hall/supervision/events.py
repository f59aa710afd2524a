"""What happened under the supervision of one tender (clauses 6.2, 6.3). An `act` is the signed message that caused the
event; `by`: the name of who took the step. Times are ms UTC. No row holds the words or the name of who complained,
asked or called: `statement` is the digest of what lies beside the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hall.procurement.acts import SignedAct
from hall.supervision.commands import Code, Officer
from hall.supervision.terms import About, Against, Kind, NotPublished, Outcome, Reason, Result, Step, Topic


@dataclass(frozen=True, slots=True)
class CaseFiled:
    """case: counts from 1; party: who signed, "" without an account; late: after the law's limit, which does not keep
    it from being received."""

    case: int
    kind: Kind
    about: About
    against: Against
    against_party: str
    lot: str
    knew_at: int
    prior: int
    files: tuple[str, ...]
    named: bool
    late: bool
    party: str
    statement: str
    code: Code
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class CaseAccepted:
    case: int
    text: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CaseRefused:
    """act: None where the law leaves no choice and the hall said it at once; what was brought forward is kept as
    information either way."""

    case: int
    reason: Reason
    text: str
    by: str
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class CaseAssigned:
    case: int
    officers: tuple[Officer, ...]
    text: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CaseInvestigated:
    case: int
    text: str
    files: tuple[str, ...]
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CaseSuspends:
    """The regulator has the procedure stand still (Implementing Regulations art. 62, MOF order 94 art. 28)."""

    case: int
    text: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CaseSuspendsNoMore:
    """act: None where the longest time that the law allows is over."""

    case: int
    text: str
    by: str
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class CaseClockStopped:
    case: int
    text: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CaseClockRuns:
    case: int
    text: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CaseDecided:
    """The regulator's decision, or the procuring entity's answer."""

    case: int
    result: Result
    basis: str
    text: str
    files: tuple[str, ...]
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CaseFedBack:
    case: int
    text: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CaseArchived:
    case: int
    number: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CaseMerged:
    case: int
    into: int
    text: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CaseWithdrawn:
    """act: None where a query code proved who it is."""

    case: int
    text: str
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class CaseRated:
    case: int
    stars: int
    text: str
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class HandlingRefused:
    """Somebody wanted to handle a case that concerns its own party. act: digest of what was signed."""

    case: int
    actor: str
    code: str
    act: str


@dataclass(frozen=True, slots=True)
class LimitNear:
    """case, question: whose limit; 0 for none."""

    case: int
    question: int
    step: Step
    due: int


@dataclass(frozen=True, slots=True)
class LimitPassed:
    """Nothing was done in time: from here on the next higher one knows."""

    case: int
    question: int
    step: Step
    due: int


@dataclass(frozen=True, slots=True)
class RecordingsHeldFor:
    """held: whether there are recordings to keep."""

    case: int
    held: bool


@dataclass(frozen=True, slots=True)
class RecordingsFreed:
    case: int


@dataclass(frozen=True, slots=True)
class CaseFilesAdded:
    """Who brought a case forward adds files to it: signed, or without an account, by the query code."""

    version: ClassVar[int] = 2

    case: int
    files: tuple[str, ...]
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class CaseBundleMade:
    """The bundle of the opening, of everything that the hall held when the tender's tree had `rows` rows, lies with the
    case. sha256, size: of the file."""

    case: int
    sha256: str
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class CaseEvidenceAttached:
    """The tender's tree had `size` rows and this root; listing: SHA-256 of the list of its rows and files."""

    case: int
    size: int
    root: str
    listing: str
    files: int


@dataclass(frozen=True, slots=True)
class HotlineCallLogged:
    call: int
    at: int
    topic: Topic
    outcome: Outcome
    recording: str
    case: int
    statement: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class PublicQuestionAsked:
    question: int
    statement: str
    code: Code


@dataclass(frozen=True, slots=True)
class PublicQuestionAnswered:
    """Published from here on: words, and the answer with its reasons (clause 6.2)."""

    question: int
    words: str
    redacted: bool
    text: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class PublicQuestionRefused:
    question: int
    reason: NotPublished
    text: str
    by: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class WorkingDaysTaken:
    """The calendar by which limits are counted from here on. rests: nothing waits for its limit."""

    holidays: tuple[str, ...]
    extra: tuple[str, ...]
    rests: bool


@dataclass(frozen=True, slots=True)
class LawNoted:
    """owners: parties that speak for the procuring entity of this very tender."""

    law: str
    bid_deadline: int
    owners: tuple[str, ...]
    rests: bool


@dataclass(frozen=True, slots=True)
class PublicityNoted:
    lot: str
    start: int
    until: int
    rests: bool


@dataclass(frozen=True, slots=True)
class OpeningObjectionNoted:
    lot: str
    bidder: str
    rests: bool


Event = (
    CaseFiled
    | CaseAccepted
    | CaseRefused
    | CaseAssigned
    | CaseInvestigated
    | CaseSuspends
    | CaseSuspendsNoMore
    | CaseClockStopped
    | CaseClockRuns
    | CaseDecided
    | CaseFedBack
    | CaseArchived
    | CaseMerged
    | CaseWithdrawn
    | CaseRated
    | HandlingRefused
    | LimitNear
    | LimitPassed
    | RecordingsHeldFor
    | RecordingsFreed
    | CaseEvidenceAttached
    | CaseBundleMade
    | CaseFilesAdded
    | HotlineCallLogged
    | PublicQuestionAsked
    | PublicQuestionAnswered
    | PublicQuestionRefused
    | WorkingDaysTaken
    | LawNoted
    | PublicityNoted
    | OpeningObjectionNoted
)
