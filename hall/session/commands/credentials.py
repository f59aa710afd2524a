"""Commands of `hall.session.events.credentials`."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class CheckSelf:
    results: tuple[str, ...]
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ShowCertificate:
    """`same_key`: filled by the desk, which has compared the two certificates, their holder and both chains."""

    previous: str
    consent: str
    act: SignedAct
    same_key: bool = False


@dataclass(frozen=True, slots=True)
class DecideCertificate:
    bidder: str
    previous: str
    certificate: str
    accepted: bool
    reason: str
    act: SignedAct


CredentialAct = CheckSelf | ShowCertificate | DecideCertificate
