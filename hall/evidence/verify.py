"""Offline verification of a bundle: no server, no network, a verdict per clause.

The verifier believes the anchors it is given and nothing else. Without anchors it takes the bundle's own
and says so: then
no verdict is better than self-consistent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from hall.errors import HallError
from hall.evidence import conduct, exhibits
from hall.evidence.bundle import Anchors, Bundle, NotABundle
from hall.evidence.conduct import Case
from hall.evidence.history import History, read_history
from hall.evidence.verdicts import CLAUSES, Status, Verdict, judged
from hall.signing import certificates

INTEGRITY: Final = "integrity"
IDENTITY: Final = "identity"


@dataclass(frozen=True, slots=True)
class Result:
    """Everything the verifier has to say. `trusted`: the anchors came from outside the bundle."""

    tender: str
    opening: str
    mode: str
    trusted: bool
    anchors: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Nothing failed."""
        return all(v.status is not Status.FAILED for v in self.verdicts)

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "ok": self.ok,
            "tender": self.tender,
            "opening": self.opening,
            "mode": self.mode,
            "trusted": self.trusted,
            "anchors": list(self.anchors),
            "notes": list(self.notes),
            "verdicts": [
                {"clause": v.clause, "status": v.status.value, "says": v.says, "faults": list(v.faults)}
                for v in self.verdicts
            ],
        }


def verify(path: Path, trust: Anchors | None) -> Result:
    """Judge the bundle at `path`. Raises NotABundle, Malformed("malformed_trust")."""
    bundle = Bundle(path)
    try:
        return _judge(bundle, trust)
    finally:
        bundle.close()


def _judge(bundle: Bundle, trust: Anchors | None) -> Result:
    anchors = trust or bundle.anchors()
    history = read_history(bundle, anchors)
    integrity = [
        f"{name}: its bytes are not those that {bundle.head.get('opening')} was bundled with"
        for name in bundle.damaged()
    ]
    integrity += history.faults
    scheduled = history.first("OpeningScheduled", opening=bundle.head.get("opening"))
    verdicts = [
        judged(INTEGRITY, Status.PROVED, "the journal is whole, chained, signed and unaltered", integrity)
    ]
    notes = [f"{len(history.facts)} journal rows under {history.checkpoints} signed checkpoints"]
    if scheduled is None:
        raise NotABundle("not_a_bundle", reason="no_opening")
    case = Case(bundle, history, scheduled.body)
    verdicts.append(
        judged(IDENTITY, Status.PROVED, "everybody who signed is certified", _identities(case, anchors))
    )
    found = {v.clause: v for v in _clauses(case, anchors)}
    verdicts += [
        found.get(c, Verdict(c, Status.NOT_COVERED, "nothing in the bundle speaks about this clause"))
        for c in CLAUSES
    ]
    if case.plan["mode"] == "rehearsal":
        notes.append("this opening was a rehearsal: it proves how the hall works and has no legal effect")
    notes.append(f"recorded: {exhibits.coverage(case)}")
    if trust is None:
        notes.append(
            "self-consistent at best, origin not proven: compare the anchors with what was published"
        )
        verdicts = [replace(v, status=Status.ASSERTED) if v.status is Status.PROVED else v for v in verdicts]
    return Result(
        tender=str(case.plan["tender"]),
        opening=str(case.plan["opening"]),
        mode=str(case.plan["mode"]),
        trusted=trust is not None,
        anchors=tuple(anchors.fingerprints()),
        verdicts=tuple(verdicts),
        notes=tuple(notes),
    )


def _clauses(case: Case, anchors: Anchors) -> list[Verdict]:
    """The clauses this verifier covers.

    Where a time decides, the hall's own clock is the witness: asserted, not proved.
    """
    asserted, proved = Status.ASSERTED, Status.PROVED
    rows: list[tuple[str, Status, str, Any]] = [
        ("4.1", asserted, "one clock that never ran backwards", lambda: conduct.times(case)),
        (
            "4.2",
            proved,
            "sealing was checked and declared before the decrypt command",
            lambda: conduct.sealing(case),
        ),
        (
            "4.11",
            proved,
            "each bid was released by its own bidder's key",
            lambda: conduct.self_decryption(case),
        ),
        (
            "5.2.2",
            asserted,
            "deposits were complete, sealed, in time and unchanged",
            lambda: conduct.deposits(case),
        ),
        ("5.3.2", proved, "the list is deposits ∩ sign-ins", lambda: conduct.announcement(case)),
        (
            "5.3.3",
            asserted,
            "sign-in, command and releases were inside their windows",
            lambda: conduct.windows(case),
        ),
        (
            "5.3.4",
            asserted,
            "no price before the windows closed and causes were decided",
            lambda: conduct.disclosure(case),
        ),
        ("5.5.2", proved, "the record says what the journal says", lambda: exhibits.content(case)),
        (
            "5.5.3",
            proved,
            "the three who must have signed the record",
            lambda: exhibits.signatures(case, anchors.ca_roots, anchors.tsa_roots or anchors.ca_roots),
        ),
        ("5.5.4", asserted, "bidders left before the recorder stopped", lambda: conduct.leaving(case)),
        (
            "6.1",
            asserted,
            "the recordings are whole, and the agenda was recorded",
            lambda: exhibits.recordings(case),
        ),
    ]
    verdicts = []
    for clause, best, says, judge in rows:
        try:
            faults = judge()
        except (HallError, KeyError, TypeError, ValueError, IndexError) as error:
            # A journal whose rows have another shape than the protocol's contradicts every clause.
            faults = [f"the journal does not say what this clause needs ({type(error).__name__}: {error})"]
        verdicts.append(judged(clause, best, says, faults))
    return verdicts


def _identities(case: Case, anchors: Anchors) -> list[str]:
    """Every signer's certificate led to a trusted root when it signed; the hall is the one the anchors name."""
    faults = []
    if (case.plan["origin"], case.plan["mode"]) != (anchors.origin, anchors.mode):
        faults.append(
            f"the opening is of {case.plan['origin']} ({case.plan['mode']}), the anchors are of another hall"
        )
    crls = tuple(case.bundle.read(name) for name in case.bundle.under("revocation"))
    others = tuple(case.history.certificates.values())
    seen: dict[str, int] = {}
    for fact, act in case.history.acts():
        seen.setdefault(act.certificate, fact.at)
    for fact in _signed_records(case.history):
        seen.setdefault(str(fact.body["certificate"]), fact.at)
    for fingerprint, at in seen.items():
        der = case.history.certificates.get(fingerprint)
        if der is None:
            faults.append(f"certificate {fingerprint[:16]}… is not in the bundle")
            continue
        try:
            status = certificates.check_chain(
                certificates.load_certificate(der), at, anchors.ca_roots, others, crls
            )
        except HallError as error:
            faults.append(f"certificate {fingerprint[:16]}…: {error.code}")
            continue
        if not status.valid:
            faults.append(f"certificate {fingerprint[:16]}…: {status.code}")
    return faults


def _signed_records(history: History) -> list[Any]:
    return history.of("RecordSigned")
