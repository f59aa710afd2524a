"""Offline verification of a bundle: no server, no network, a verdict per clause.

The verifier believes the anchors it is given and nothing else. Without anchors it takes the bundle's own and says so:
then no verdict is better than self-consistent. Every bundle is asked the questions of `core`; a whole one is held
against every predicate here besides. A bundle with withheld rows (a bidder's, the public's) is judged by `core` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from hall.errors import Malformed
from hall.evidence import (
    conduct,
    credentials,
    declarations,
    delivery,
    entry,
    faults,
    identity,
    keeping,
    matters,
    media,
    one_history,
    papers,
    people,
    record,
    recordings,
    remedies,
    rounds,
    signatures,
    windows,
)
from hall.evidence import core as questions
from hall.evidence.bundle import Anchors, Bundle, NotABundle
from hall.evidence.case import Case
from hall.evidence.entitlement import Entitlement
from hall.evidence.history import read_history
from hall.evidence.pages import Fonts
from hall.evidence.story import Story, published_anchors, read_story
from hall.evidence.verdicts import CLAUSES, Check, Status, Verdict, joined, judged
from hall.recording.vault import FileKeys

INTEGRITY: Final = "integrity"
IDENTITY: Final = "identity"

Judge = Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Result:
    """Everything the verifier has to say. `trusted`: the anchors came from outside the bundle; `holder`: the bidder
    whose bundle it is, "" for the others'."""

    tender: str
    opening: str
    mode: str
    entitlement: str
    holder: str
    trusted: bool
    anchors: tuple[str, ...]
    checks: tuple[Check, ...]
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Nothing failed."""
        found = [one.status for one in self.verdicts] + [one.status for one in self.checks]
        return Status.FAILED not in found

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "ok": self.ok,
            "tender": self.tender,
            "opening": self.opening,
            "mode": self.mode,
            "entitlement": self.entitlement,
            "holder": self.holder,
            "trusted": self.trusted,
            "anchors": list(self.anchors),
            "notes": list(self.notes),
            "checks": [
                {
                    "check": c.check,
                    "clause": c.clause,
                    "status": c.status.value,
                    "says": c.says,
                    "faults": list(c.faults),
                }
                for c in self.checks
            ],
            "verdicts": [
                {"clause": v.clause, "status": v.status.value, "says": v.says, "faults": list(v.faults)}
                for v in self.verdicts
            ],
        }


def verify(
    path: Path,
    trust: Anchors | None,
    keys: FileKeys | None = None,
    kept: Sequence[Mapping[str, Any]] = (),
    fonts: Fonts | None = None,
) -> Result:
    """Judge the bundle at `path`. keys: of encrypted recordings, by (participant, file); without them only what is
    stored is held against its digests. kept: what clients verified of the history, or saw contradicted, as their files
    say it. fonts: what the hall draws its records with. Raises NotABundle."""
    bundle = Bundle(path)
    try:
        return _judge(bundle, trust, keys or {}, kept, fonts)
    finally:
        bundle.close()


def _judge(
    bundle: Bundle,
    trust: Anchors | None,
    keys: FileKeys,
    kept: Sequence[Mapping[str, Any]],
    fonts: Fonts | None,
) -> Result:
    try:
        anchors = trust or bundle.anchors()
    except Malformed:
        raise NotABundle("not_a_bundle", reason="anchors") from None
    bundle.hash_ahead()
    # What needs no digest comes first, so that it is judged while the members are hashed.
    whole = bundle.entitlement()[0] is Entitlement.REGULATOR
    found = _whole(bundle, anchors, keys) if whole else None
    story = read_story(bundle, anchors, given=trust is not None)
    if not story.plan:
        raise NotABundle("not_a_bundle", reason="no_opening")
    checks = questions.checks(story)
    verdicts, notes = found if found is not None else _partial(story, checks)
    history, told, in_time = one_history.judge(story, anchors, kept)
    verdicts = [_of_presence(v, checks) for v in verdicts]
    if in_time:
        verdicts, checks = [_in_time(v) for v in verdicts], [_in_time(c) for c in checks]
    if pages := _faults([lambda: record.pages(bundle, fonts)]):
        drawn = Verdict("5.5.2", Status.FAILED, "the record is drawn otherwise", tuple(pages))
        verdicts = joined([*verdicts, drawn])
        checks = [_drawn_otherwise(check, drawn) for check in checks]
    checks.insert(1, Check(one_history.HISTORY, history.clause, history.status, history.says, history.faults))
    verdicts.insert(2, history)  # behind integrity and identity: it is under all clauses, too
    notes += told
    if story.plan.get("mode") == "rehearsal":
        notes.append("this opening was a rehearsal: it proves how the hall works and has no legal effect")
    if story.plan.get("trust_roots") != anchors.promise():
        notes.append("the CA roots are others than the tender promised when it was published")
        verdicts = [_by_later_word(v) for v in verdicts]
    if trust is None:
        notes.append(
            "self-consistent at best, origin not proven: compare the anchors with what was published"
        )
        lesser = {Status.PROVED: Status.ASSERTED}
        verdicts = [replace(v, status=lesser.get(v.status, v.status)) for v in verdicts]
        checks = [replace(c, status=lesser.get(c.status, c.status)) for c in checks]
    return Result(
        tender=str(bundle.head.get("tender")),
        opening=str(bundle.head.get("opening")),
        mode=str(story.plan.get("mode")),
        entitlement=story.entitlement.value,
        holder=story.holder,
        trusted=trust is not None,
        anchors=tuple(anchors.fingerprints()),
        checks=tuple(checks),
        verdicts=tuple(verdicts),
        notes=tuple(notes),
    )


_Answer = TypeVar("_Answer", Verdict, Check)


def _in_time(one: _Answer) -> _Answer:
    """5.2.2: an outside authority saw each deposit before its deadline, so the time is no more the hall's word."""
    if one.clause != "5.2.2" or one.status is not Status.ASSERTED:
        return one
    says = f"{one.says}; an outside authority’s time stamps show that each deposit came before the deadline"
    return replace(one, status=Status.PROVED, says=says)


def _drawn_otherwise(one: Check, drawn: Verdict) -> Check:
    """5.5.2: what is seen was signed, so pages that say something else are no record of the journal."""
    if one.clause != drawn.clause:
        return one
    return replace(one, status=Status.FAILED, says=drawn.says, faults=(*one.faults, *drawn.faults))


def _by_later_word(one: Verdict) -> Verdict:
    """Whom an operator added to the roots after the bids had come in may vouch for anybody: that is its own word."""
    lesser = one.clause == IDENTITY and one.status is Status.PROVED
    return replace(one, status=Status.ASSERTED) if lesser else one


def _of_presence(one: Verdict, checks: Sequence[Check]) -> Verdict:
    """4.6: of a whole bundle, too, the question about presence is all that is asked."""
    found = next(check for check in checks if check.check == "presence")
    unsaid = one.clause == found.clause and one.status is Status.NOT_COVERED
    return Verdict(one.clause, found.status, found.says, found.faults) if unsaid else one


def _in_order(found: dict[str, Verdict]) -> list[Verdict]:
    silent = "nothing in the bundle speaks about this clause"
    return [found.get(c, Verdict(c, Status.NOT_COVERED, silent)) for c in (INTEGRITY, IDENTITY, *CLAUSES)]


def _whole(bundle: Bundle, anchors: Anchors, keys: FileKeys) -> tuple[list[Verdict], list[str]]:
    history = read_history(bundle, anchors)
    scheduled = history.first("OpeningScheduled", opening=bundle.head.get("opening"))
    if scheduled is None:
        raise NotABundle("not_a_bundle", reason="no_opening")
    case = Case(bundle, history, scheduled.body)
    verdicts = _in_order({v.clause: v for v in _verdicts(case, anchors, keys)})
    notes = [
        f"{history.tree.size} journal rows under {history.checkpoints} signed checkpoints",
        f"recorded: {recordings.coverage(bundle)}",
    ]
    if told := media.named(case):
        notes.append(f"recorded elsewhere: {told}")
    return verdicts, notes


def _partial(story: Story, checks: list[Check]) -> tuple[list[Verdict], list[str]]:
    """A clause is as good as the worst of the questions about it."""
    worst = (Status.PROVED, Status.ASSERTED, Status.NOT_COVERED, Status.FAILED)
    found: dict[str, Verdict] = {}
    for check in checks:
        before = found.get(check.clause)
        if before is None or worst.index(check.status) > worst.index(before.status):
            found[check.clause] = Verdict(check.clause, check.status, check.says, check.faults)
    whom = f"made for bidder {story.holder}" if story.holder else "made for the public"
    notes = [
        f"{story.tree.size} journal rows under {story.checkpoints} signed checkpoints",
        f"{whom}: {story.withheld} rows stand as their digests alone, and are not judged",
    ]
    return _in_order(found), notes


def _verdicts(case: Case, anchors: Anchors, keys: FileKeys) -> Iterable[Verdict]:
    """Everything this verifier covers. Where a time decides, the hall's own clock is the witness: asserted, not
    proved."""
    asserted, proved = Status.ASSERTED, Status.PROVED
    crls = identity.crls(case)
    tsa_roots = anchors.tsa_roots or anchors.ca_roots
    rows: tuple[tuple[str, Status, str, tuple[Judge, ...]], ...] = (
        (
            INTEGRITY,
            proved,
            "the journal is whole, chained, signed and unaltered",
            (
                lambda: _damage(case),
                lambda: published_anchors(case.bundle, anchors),
                lambda: matters.files(case),
            ),
        ),
        (
            IDENTITY,
            proved,
            "everybody who signed is certified",
            (lambda: identity.identities(case, anchors, crls),),
        ),
        (
            "4.1",
            asserted,
            "one clock that never ran backwards; no deadline moved after it had passed, nor without a notice",
            (
                lambda: conduct.times(case),
                lambda: faults.deadlines(case),
                lambda: delivery.notices(case),
                lambda: delivery.deadlines(case),
            ),
        ),
        (
            "4.2",
            proved,
            "sealing and results were checked and declared, before the decrypt command and before any price",
            (lambda: declarations.sealing(case), lambda: declarations.results(case)),
        ),
        ("4.3", proved, "the register is whole, explained and signed", (lambda: people.register(case),)),
        (
            "4.4",
            proved,
            "every act is of somebody who might send it",
            (lambda: people.rights(case), lambda: media.floor(case), lambda: matters.acts(case)),
        ),
        (
            "4.5",
            asserted,
            "the notary's papers are whole and signed for, its absence was waited out",
            (lambda: people.absence(case), lambda: papers.notary(case)),
        ),
        (
            "4.7",
            asserted,
            "faults of the platform were laid to nobody, and no deadline fired through one",
            (lambda: faults.holds(case), lambda: windows.platform_faults(case)),
        ),
        (
            "4.8",
            asserted,
            "standstills took no time from anybody and gave none, and ended as they may",
            (lambda: faults.suspensions(case), lambda: delivery.standstills(case)),
        ),
        (
            "4.9",
            proved,
            "self-checks are what their parties signed before the opening",
            (lambda: credentials.self_checks(case),),
        ),
        (
            "5.2.3",
            proved,
            "no certificate followed another but by one key, or by the earlier one's own signature",
            (lambda: credentials.successions(case),),
        ),
        (
            "4.11",
            proved,
            "each bid was released by its own bidder's key",
            (lambda: conduct.self_decryption(case),),
        ),
        (
            "5.2.2",
            asserted,
            "deposits were complete, sealed, in time and unchanged, and each PDF's signatures were looked into",
            (lambda: entry.deposits(case), lambda: papers.reports(case)),
        ),
        ("5.3.1", proved, "posts changed hands by signed acts alone", (lambda: people.posts(case),)),
        ("5.3.2", proved, "the list is deposits ∩ sign-ins", (lambda: entry.announcement(case),)),
        (
            "5.3.3",
            asserted,
            "sign-in, command and releases were inside their windows",
            (lambda: entry.sign_ins(case), lambda: windows.windows(case)),
        ),
        (
            "5.3.4",
            asserted,
            "no price before the windows closed and causes were decided",
            (lambda: windows.disclosure(case), lambda: remedies.confirmed_first(case)),
        ),
        (
            "5.3.7",
            asserted,
            "representatives were looked at after the announcement alone, and changed by signed acts",
            (lambda: media.same_person(case),),
        ),
        (
            "5.5.1",
            asserted,
            "quotes were signed and sealed until their round closed, draws can be reckoned again",
            (lambda: rounds.quotes(case),),
        ),
        ("5.5.2", proved, "the record says what the journal says", (lambda: record.content(case),)),
        (
            "5.5.3",
            proved,
            "the three who must have signed the record",
            (lambda: signatures.signatures(case, anchors.ca_roots, tsa_roots, crls),),
        ),
        ("5.5.4", asserted, "bidders left before the recorder stopped", (lambda: conduct.leaving(case),)),
        (
            "6.1",
            asserted,
            "the recordings are whole, and the agenda was recorded",
            (
                lambda: recordings.recordings(case, keys),
                lambda: media.external(case),
                lambda: keeping.keeping(case),
            ),
        ),
    )
    # From the last on: the record's signatures take longest, and integrity waits for every digest.
    found = {clause: _faults(judges) for clause, _, _, judges in reversed(rows)}
    answers = [
        judged(clause, best, says, found[clause])
        for clause, best, says, _ in rows
        if found[clause] or _happened(case, clause)
    ]
    return joined([*answers, *_around(case)])


def _around(case: Case) -> Iterator[Verdict]:
    """What the matters around the opening are asked. One of which no row tells is not covered."""
    for one in matters.QUESTIONS:
        if case.history.first(*one.about) is not None:
            found = _faults([partial(judge, case) for judge in one.judges])
            yield judged(one.clause, one.best, one.says, found)


_SUBJECTS: Final = {
    "4.2": ("SealingRechecked", "SealingDeclared", "DecryptionCommanded"),
    "4.5": ("NotaryMarkedAbsent", "PaperAdded"),
    "4.7": ("DeadlineHeld", "CauseDecided", "DeadlinePassed"),
    "4.8": ("Suspended", "ConsultationOpened"),
    "4.9": ("SelfChecked",),
    "5.2.3": ("DepositReceived", "CertificateShown"),
    "4.11": ("ReleaseReceived", "BidOpened", "BidOpenFailed"),
    "5.5.1": ("QuoteRoundOpened", "DrawOpened"),
    "5.3.4": ("DecryptionCommanded", "PricesDisclosed"),
}
"""Clauses about something that need not happen: a lot that stays locked is neither decrypted nor disclosed."""


def _happened(case: Case, clause: str) -> bool:
    return clause not in _SUBJECTS or case.history.first(*_SUBJECTS[clause]) is not None


def _faults(judges: Iterable[Judge]) -> list[str]:
    """What the judges find. One that can't make sense of what it reads has found a contradiction, too."""
    faults: list[str] = []
    for judge in judges:
        try:
            faults += judge()
        except Exception as error:  # A hostile bundle may make any of them stumble; that is never a pass.
            faults.append(f"the bundle does not say what this needs ({type(error).__name__}: {error})")
    return faults


def _damage(case: Case) -> list[str]:
    opening = case.plan["opening"]
    faults = [
        f"{name}: its bytes are not those that {opening} was bundled with" for name in case.bundle.damaged()
    ]
    if case.bundle.head.get("tender") != case.plan["tender"]:
        faults.append("bundle.json: names another tender than the journal")
    return faults + case.history.faults
