"""What became known of parties' certificates before they were needed: self-checks, changes, decisions (clauses 4.9,
5.2.3)."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class SelfChecked:
    """A party tried its own machine and certificate before the opening, and signed what came of it (clause 4.9).

    `results`: one text a check, "check level" or "check level fact", as `hall.session.credentials` has them."""

    participant: str
    results: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CertificateShown:
    """A bidder binds the certificate it has now, which signed the act, to the one that it had (clause 5.2.3).

    `previous`: SHA-256; `same_key`: both certificates hold one key; else the previous one consented, with a signature
    of its own in the act's body. `counts`: it came before the deadline and a same key counts at once; a later one waits
    for the project owner."""

    bidder: str
    previous: str
    same_key: bool
    counts: bool
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CertificateDecided:
    """The project owner's word about a renewed certificate that was shown after the deadline (clause 5.2.3)."""

    bidder: str
    previous: str
    certificate: str
    accepted: bool
    reason: str
    act: SignedAct


CredentialEvent = SelfChecked | CertificateShown | CertificateDecided
