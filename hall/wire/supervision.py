"""Supervision of one tender as one viewer may know it: hotline, public questions, objections, challenges, complaints.

Times are ms UTC. `light`: green, amber (the limit is near), red (it has passed), "" where no clock runs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SupervisionStep:
    """One step of a case. what: its name; by: who took it, as the viewer may know; reason: a code, "" for none; late:
    after its limit."""

    what: str
    at: int
    by: str
    text: str
    reason: str
    files: list[str]
    late: bool


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """The tender's history when the case was accepted: size and root of its tree; listing: SHA-256 of the file that
    names every row and file; bundle, bundle_size, bundle_rows: SHA-256, bytes and rows of the bundle that lies with the
    case, "" and 0 until it is made."""

    size: int
    root: str
    listing: str
    files: int
    at: int
    bundle: str
    bundle_size: int
    bundle_rows: int


@dataclass(frozen=True, slots=True)
class CaseView:
    """kind: objection, challenge or complaint; about: documents, opening, candidates or other; flags: late, unnamed,
    unsigned; limit: the step that its clock runs for, due at `due`; days_left: working days; prior: number of the
    objection before; digest: of the words, for who may read them; suspends: the procedure stands still for it;
    bundle: it can be asked for; may: acts that the viewer can send now; days_used: working days until its end;
    stars: 0 for none."""

    case: int
    kind: str
    about: str
    against: str
    against_party: str
    lot: str
    stage: str
    filed_at: int
    mine: bool
    flags: list[str]
    prior: int
    limit: str
    due: int | None
    days_left: int | None
    light: str
    stopped: bool
    suspends: bool
    result: str
    basis: str
    text: str
    reason: str
    merged_into: int
    officers: list[str]
    files: list[str]
    evidence: CaseEvidence | None
    held: bool
    steps: list[SupervisionStep]
    readable: bool
    stars: int
    rating: str
    days_used: int | None
    may: list[str]


@dataclass(frozen=True, slots=True)
class PublicQuestionView:
    """state: waiting, answered or refused. words: as published, "" before; by: who answered."""

    question: int
    state: str
    asked_at: int
    words: str
    redacted: bool
    answer: str
    reason: str
    by: str
    at: int | None
    due: int | None
    light: str
    readable: bool


@dataclass(frozen=True, slots=True)
class HotlineCallView:
    """at: when the call was; logged_at: when it was written down. by: who answered it."""

    call: int
    at: int
    logged_at: int
    topic: str
    outcome: str
    by: str
    recording: str
    case: int


@dataclass(frozen=True, slots=True)
class CountView:
    """A line of the statistics: how many of `kind` (or of all) came, ended by each way, in time, and how long it took
    in working days (mean, hundredths)."""

    kind: str
    filed: int
    open: int
    refused: int
    withdrawn: int
    merged: int
    upheld: int
    partly: int
    rejected: int
    on_time: int
    late: int
    days: int


@dataclass(frozen=True, slots=True)
class SupervisionCounts:
    """stars: mean of the ratings in hundredths, 0 for none."""

    kinds: list[CountView]
    calls: int
    questions: int
    questions_answered: int
    ratings: int
    stars: int


@dataclass(frozen=True, slots=True)
class FilingWay:
    """What may be brought forward now and how. open: whether in time; until: ms UTC, None where the day of knowing
    counts; days: the law's; working: in working days; objection_first: needs one before."""

    kind: str
    about: str
    lot: str
    open: bool
    until: int | None
    days: int
    working: bool
    objection_first: bool
    article: str


@dataclass(frozen=True, slots=True)
class SupervisionView:
    """law: bidding_law or procurement_law; suspended: id of what the procedure stands still for, "" if it goes on;
    may: acts that the viewer's roles permit."""

    law: str
    suspended: str
    ways: list[FilingWay]
    cases: list[CaseView]
    questions: list[PublicQuestionView]
    calls: list[HotlineCallView]
    counts: SupervisionCounts
    may: list[str]


@dataclass(frozen=True, slots=True)
class StatementView:
    """The words behind a digest, for who may read them; name and contact only for who handles it. state: there, erased,
    or withheld (nobody but the handling authority may read who it was)."""

    state: str
    name: str
    contact: str
    facts: str
    demands: str


@dataclass(frozen=True, slots=True)
class CodeShown:
    """The query code, shown once; number: of the case or question. received_at: ms UTC."""

    number: int
    code: str
    received_at: int
    refused: str


@dataclass(frozen=True, slots=True)
class CodeLookup:
    """What a query code opens: a case or a question, and the words that were handed in under it."""

    tender: str
    case: CaseView | None
    question: PublicQuestionView | None
    statement: StatementView
