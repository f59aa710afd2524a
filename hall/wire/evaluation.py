"""The evaluation of a tender as it travels. Times are ms UTC, money decimal strings, points whole hundredths.

Members are numbers: nobody reads a name here before the law publishes it, and a hall party reads next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EvaluationYou:
    """What the viewer is here. member: its number in the committee, 0 for none; chair: whether it presides; bidder: its
    id, where it bid; committee: whether it sees what the committee sees."""

    member: int
    chair: bool
    bidder: str
    committee: bool


@dataclass(frozen=True, slots=True)
class EvaluationMember:
    """A seat of the committee. kind: expert or representative; state: called, seated, gone; chair: the number it votes
    for, 0 for none; read: it has confirmed the criteria; done, total: items of its sheet; signed: its sheet is.
    name, unit: "" until the law publishes them."""

    number: int
    kind: str
    state: str
    chair: int
    read: bool
    done: int
    total: int
    signed: bool
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class EvaluationDraw:
    """A draw of the committee. parties: roles that take part; committed, revealed: those that did; pool: how many could
    be drawn, barred: how many could not, by reason; vacant: seats it was to fill; digest: of the list; seed: "" until
    the names are public; outcome: running, done, failed. yours: commit, reveal or "" for what the viewer
    is waited for."""

    draw: int
    parties: list[str]
    committed: list[str]
    revealed: list[str]
    commit_by: int
    reveal_by: int | None
    pool: int
    barred: dict[str, int]
    vacant: int
    digest: str
    seed: str
    outcome: str
    yours: str


@dataclass(frozen=True, slots=True)
class EvaluationBid:
    """A bid that was handed over. columns: as read out, key to value; rejected: the letter of its reason, or ""."""

    lot: str
    bidder: str
    name: str
    price: str
    columns: dict[str, str]
    sha256: str
    summary: str
    rejected: str


@dataclass(frozen=True, slots=True)
class EvaluationCriterion:
    """An item, in the order of the tender documents. kind: review, scored, price; points: the most."""

    key: str
    title: str
    kind: str
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class EvaluationPrice:
    """How a price gets its points. above, below: hundredths of a point for each percent beside the benchmark; down:
    percent by which the mean is lowered; trim: from so many bids on highest and lowest are left out, 0: never."""

    formula: str
    above: int
    below: int
    down: int
    trim: int


@dataclass(frozen=True, slots=True)
class EvaluationItem:
    """What a member said of one item. passed: of a review, None of another; points: None of a review; at: when."""

    lot: str
    bidder: str
    criterion: str
    passed: bool | None
    points: int | None
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class EvaluationNext:
    """The item that is next on the viewer's sheet; a signed act about any other is refused (clause 5.4.3)."""

    lot: str
    bidder: str
    criterion: str


@dataclass(frozen=True, slots=True)
class EvaluationSheet:
    """A score sheet. digest: what `sign_sheet` names; signed_at: None while it is open; version: 1 as first signed,
    more with each correction."""

    member: int
    items: list[EvaluationItem]
    digest: str
    signed_at: int | None
    version: int


@dataclass(frozen=True, slots=True)
class EvaluationMessage:
    """Something said in the discussion of a motion."""

    member: int
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class EvaluationVote:
    member: int
    agrees: bool
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class EvaluationMotion:
    """What the committee is to decide. kind: interpretation, rejection, reject_all; about: the unclear place of the
    documents; reason: letter a to h of a rejection; text: the proposed reading, or what speaks for it; outcome: open,
    adopted, refused; yours: the viewer's own vote, None while it gave none."""

    motion: int
    kind: str
    lot: str
    bidder: str
    reason: str
    about: str
    text: str
    evidence: list[str]
    by: int
    at: int
    messages: list[EvaluationMessage]
    votes: list[EvaluationVote]
    outcome: str
    decided_at: int | None
    yours: bool | None


@dataclass(frozen=True, slots=True)
class EvaluationQuestion:
    """A question of the committee to a bidder, and its signed answer. outcome: open, answered, lapsed."""

    question: int
    lot: str
    bidder: str
    text: str
    asked_at: int
    answer_by: int
    outcome: str
    answer: str
    files: list[str]
    answered_at: int | None


@dataclass(frozen=True, slots=True)
class EvaluationFinding:
    """What the hall itself found about a bid. It decides nothing."""

    lot: str
    bidder: str
    reason: str
    code: str
    others: list[str]
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class EvaluationCorrection:
    """An arithmetic error found in a signed sheet. state: found, corrected, countersigned; after: None until the
    evaluator itself corrected it; version: of the sheet with it; digest: of that sheet."""

    correction: int
    member: int
    lot: str
    bidder: str
    criterion: str
    before: int
    after: int | None
    reason: str
    found_by: int
    found_at: int
    state: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class EvaluationRank:
    """A place of the ranking. price_points: by the formula; by_member: number of the member to its points."""

    lot: str
    bidder: str
    name: str
    price: str
    points: int
    rank: int
    price_points: int
    by_member: dict[str, int]


@dataclass(frozen=True, slots=True)
class EvaluationVoice:
    """How a member stands to the report. stance: signed, dissents, silent; "" while it has not said."""

    member: int
    stance: str
    reason: str
    at: int | None


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """The report (评标报告). report: its digest, which `sign_report` names; failed: lots without an award; final: it is
    handed over; sign_by: who is silent then counts as agreed."""

    ranking: list[EvaluationRank]
    failed: list[str]
    report: str
    prepared_at: int
    sign_by: int
    voices: list[EvaluationVoice]
    final: bool


@dataclass(frozen=True, slots=True)
class EvaluationAccess:
    """Somebody opened a bid to read it (clause 5.4.2). copy: the number in its watermark; pages: as `1-20`."""

    member: int
    lot: str
    bidder: str
    pages: str
    copy: str
    at: int


@dataclass(frozen=True, slots=True)
class EvaluationView:
    """What one viewer may know of the evaluation now (clauses 5.4.1 to 5.4.4).

    stage: waiting (for the opening), committee, seating, scoring, review, report, done; rules: method, committee,
    representatives; chair: 0 while none; suspended: the complaint for which it stands still, ""; may: acts that the
    viewer could send now; criteria_digest, bids_digest: what `read_criteria` names. Members see all below; a bidder its
    own questions alone, without who asked; everybody else only stage, size and the draws they take part in. accesses:
    for supervisor and regulator.
    """

    tender: str
    stage: str
    now: int
    you: EvaluationYou
    method: str
    size: int
    representatives: int
    suspended: str
    may: list[str]
    draws: list[EvaluationDraw]
    members: list[EvaluationMember]
    chair: int
    criteria: list[EvaluationCriterion]
    price: EvaluationPrice | None
    criteria_digest: str
    bids: list[EvaluationBid]
    bids_digest: str
    sheet: EvaluationSheet | None
    next: EvaluationNext | None
    sheets: list[EvaluationSheet]
    motions: list[EvaluationMotion]
    questions: list[EvaluationQuestion]
    findings: list[EvaluationFinding]
    corrections: list[EvaluationCorrection]
    result: EvaluationResult | None
    accesses: list[EvaluationAccess]
