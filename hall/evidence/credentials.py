"""Self-checks, and certificates that follow others: predicates of the verifier's own (clauses 4.9, 5.2.3)."""

from __future__ import annotations

from collections.abc import Iterator

from hall.errors import HallError
from hall.evidence.case import Case, said
from hall.evidence.history import Fact
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.signing import certificates


def self_checks(case: Case) -> list[str]:
    """4.9: each self-check is what its party signed, and came before the opening."""
    faults: list[str] = []
    for fact in case.history.of("SelfChecked"):
        role, _, name = fact.actor.partition(":")
        if fact.body["participant"] != (f"bidder-{name}" if role == "bidder" else role.replace("_", "-")):
            faults.append(f"{fact}: told as another participant's")
        if fact.index > case.announced_at:
            faults.append(f"{fact}: no check before the opening")
        faults += said(case, fact, "self_check", case.party(fact), results=fact.body["results"])
    return faults


def successions(case: Case) -> list[str]:
    """5.2.3: a certificate follows another only for one holder and one key, or with the earlier one's own signature;
    after the deadline the project owner decides; and no bid is superseded under a certificate that follows none."""
    faults = [fault for fact in case.history.of("CertificateShown") for fault in _shown(case, fact)]
    for fact in case.history.of("CertificateDecided"):
        body = fact.body
        named = {key: body[key] for key in ("bidder", "previous", "certificate", "accepted", "reason")}
        faults += said(case, fact, "decide_certificate", case.party(fact), **named)
        shown = list(_between(case, body["bidder"], body["previous"], body["certificate"], fact.index))
        if fact.actor.partition(":")[0] != "procuring_entity":
            faults.append(f"{fact}: not the project owner's decision")
        if not any(one.body["same_key"] and not one.body["counts"] for one in shown):
            faults.append(f"{fact}: decided about a certificate that was not shown, or counted already")
    active: dict[tuple[str, str], str] = {}
    for fact in case.history.of("DepositReceived", "DepositWithdrawn"):
        received = fact.kind == "DepositReceived"
        about = fact.body["deposit"] if received else fact.body
        key = (str(about["lot"]), str(about["bidder"]))
        earlier = active.pop(key, "")
        if received:
            active[key] = str(about["recipient"])
            other = earlier not in ("", about["recipient"])
            if other and not list(_between(case, key[1], earlier, about["recipient"], fact.index)):
                faults.append(
                    f"{fact}: supersedes a bid of another certificate, which was not shown to be its own"
                )
    return faults


def opens(case: Case, release: Fact, recipient: str) -> bool:
    """Whether a release counts under a certificate that renewed `recipient` (SHA-256), with the same key."""
    act, bidder = release.act, str(release.body["bidder"])
    if act is None or not _same_key(case, recipient, act.certificate):
        return False
    for shown in _between(case, bidder, recipient, act.certificate, release.index):
        decided = [
            fact
            for fact in case.history.of(
                "CertificateDecided", bidder=bidder, previous=recipient, certificate=act.certificate
            )
            if fact.index < release.index
        ]
        if shown.body["counts"] or any(fact.body["accepted"] for fact in decided):
            return True
    return False


def _shown(case: Case, fact: Fact) -> Iterator[str]:
    body, act = fact.body, fact.act
    yield from said(case, fact, "show_certificate", case.bidder(body["bidder"]), previous=body["previous"])
    if act is None:
        return
    if fact.actor != f"bidder:{body['bidder']}" or not _one_subject(case, body["previous"], act.certificate):
        yield f"{fact}: the two certificates name different holders"
    same = _same_key(case, body["previous"], act.certificate)
    if body["same_key"] is not same:
        yield f"{fact}: whether both hold one key is told wrongly"
    if body["counts"] is not (same and fact.at < case.deposits_until(fact.index)):
        yield f"{fact}: counted by itself, or not, against the deadline"
    if not same and not _consented(case, body["previous"], act):
        yield f"{fact}: without the earlier certificate's own signature"


def _between(case: Case, bidder: str, previous: str, present: str, before: int) -> Iterator[Fact]:
    """The sheets of this bidder between these two certificates that stood before a row."""
    for fact in case.history.of("CertificateShown", bidder=bidder, previous=previous):
        if fact.act is not None and fact.act.certificate == present and fact.index < before:
            yield fact


def _consented(case: Case, previous: str, act: SignedAct) -> bool:
    der = case.history.certificates.get(previous)
    try:
        consent = SignedAct.from_json(canonical.loads(str(act.body_json()["consent"])))
        if der is None or consent.type != "hand_over_certificate":
            return False
        if (consent.origin, consent.tender, consent.opening) != (act.origin, act.tender, act.opening):
            return False
        certificates.verify_act(consent, der)
        return consent.body_json() == {"present": act.certificate}
    except (HallError, KeyError):
        return False


def _pair(
    case: Case, one: str, other: str
) -> tuple[certificates.Certificate, certificates.Certificate] | None:
    known = case.history.certificates
    try:
        return certificates.load_certificate(known[one]), certificates.load_certificate(known[other])
    except (HallError, KeyError):
        return None


def _same_key(case: Case, one: str, other: str) -> bool:
    pair = _pair(case, one, other)
    return pair is not None and pair[0].spki == pair[1].spki


def _one_subject(case: Case, one: str, other: str) -> bool:
    pair = _pair(case, one, other)
    return pair is not None and certificates.same_subject(*pair)
