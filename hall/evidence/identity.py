"""Who signed, and by what certificate? What is under every clause; predicates as in `conduct`."""

from __future__ import annotations

from typing import Final

from hall.errors import HallError
from hall.evidence import matters
from hall.evidence.bundle import Anchors
from hall.evidence.case import Case
from hall.evidence.history import Fact, History
from hall.signing import certificates

_BY_PARTIES: Final = frozenset({"ActRefused", "DepositRefused", "ErasureRefused", "NoticeRead"})
"""Rows without an act that stand under a party's name all the same: what it asked for and was refused, and that it
opened a notice, which it may sign for."""

_FOLLOWS: Final = frozenset({"OwnWindowOpened", "ConsultationOpened", "DeadlinePassed"})
"""What happens by one act together with its own row: a platform fault decided, a held deadline confirmed."""

_ENTERED: Final = frozenset({"IdentityChecked", "RecordingNamed"})
"""Acts that may bring an entry of the hall's own with them."""


def identities(case: Case, anchors: Anchors, crls: tuple[bytes, ...]) -> list[str]:
    """Every signer's certificate led to a trusted root when it signed; it stood for one party; the hall is the one
    that the anchors name, and what stands under no signature stands under the hall's own name."""
    faults = []
    if (case.plan["origin"], case.plan["mode"]) != (anchors.origin, anchors.mode):
        faults.append(
            f"the opening is of {case.plan['origin']} ({case.plan['mode']}), the anchors are of another hall"
        )
    if anchors.mode == "production" and any(certificates.is_demo_root(root) for root in anchors.ca_roots):
        faults.append("a demonstration's CA vouches for nobody in production")
    owners: dict[str, str] = {str(one["certificate"]): "staff" for one in case.plan["staff"]}
    seen: dict[str, int] = {}
    for fact, act in case.history.acts():
        seen.setdefault(act.certificate, fact.at)
        owner = fact.actor if fact.actor.startswith("bidder:") else "staff"
        if owners.setdefault(act.certificate, owner) != owner:
            faults.append(f"{fact}: signed with a certificate of {owners[act.certificate]}")
    for fact in case.history.of("RecordSigned"):
        seen.setdefault(str(fact.body["certificate"]), fact.at)
    for fact in case.history.facts:
        if fact.act is None and fact.actor != "system" and not _by_its_party(case, fact):
            faults.append(f"{fact}: stands under {fact.actor}'s name without a signature")
    others = tuple(case.history.certificates.values())
    for fingerprint, at in seen.items():
        if code := _untrusted(case.history, fingerprint, at, anchors, others, crls, _answers(case)):
            faults.append(f"certificate {fingerprint[:16]}…: {code}")
    return faults


def _by_its_party(case: Case, fact: Fact) -> bool:
    """Whether a row without an act may stand under a party's name: a refusal, or what follows from the act before."""
    if fact.kind in _BY_PARTIES or fact.kind in matters.UNSIGNED:
        return True
    if matters.is_matter(fact):
        return _follows_an_act(case, fact)
    before = next((f for f in case.history.facts if (f.stream, f.seq) == (fact.stream, fact.seq - 1)), None)
    if before is None or before.act is None:
        return False
    # clauses 5.3.7, 6.1: a look that failed, and a gap in the recordings, put themselves into the register
    entry = fact.kind == "IncidentRecorded" and before.kind in _ENTERED and not fact.body["clause"]
    if fact.kind not in _FOLLOWS and not entry:
        return False
    return (before.actor, before.nonce, before.at) == (fact.actor, fact.nonce, fact.at)


def _follows_an_act(case: Case, fact: Fact) -> bool:
    """Whether a matter's row came of an act together with the row that holds it: nothing stands between them, and they
    were decided at one moment under one nonce."""
    rows = [f for f in case.history.facts if f.stream == fact.stream]
    for before in reversed(rows[: rows.index(fact)]):
        if (before.actor, before.nonce, before.at) != (fact.actor, fact.nonce, fact.at):
            return False
        if before.act is not None:
            return True
    return False


def _untrusted(
    history: History,
    fingerprint: str,
    at: int,
    anchors: Anchors,
    others: tuple[bytes, ...],
    crls: tuple[bytes, ...],
    answers: tuple[bytes, ...],
) -> str:
    """Why this certificate is not to be believed at this time, "" if it is."""
    der = history.certificates.get(fingerprint)
    if der is None:
        return "not in the bundle"
    try:
        certificate = certificates.load_certificate(der)
        return certificates.check_chain(certificate, at, anchors.ca_roots, others, crls, answers).code
    except HallError as error:
        return error.code
    except ValueError:
        return "certificate_untrusted"


def crls(case: Case) -> tuple[bytes, ...]:
    """The revocation lists of the bundle, DER."""
    return tuple(case.bundle.read(name) for name in case.bundle.under("revocation") if name.endswith(".crl"))


def _answers(case: Case) -> tuple[bytes, ...]:
    """What OCSP responders had said of those who acted, as they signed it; one that says nothing usable is nothing."""
    return tuple(case.bundle.read(name) for name in case.bundle.under("revocation") if name.endswith(".ocsp"))
