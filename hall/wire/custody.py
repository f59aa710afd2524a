"""Who keeps the content keys between release and disclosure (clauses 4.11, 5.3.4)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CustodianView:
    """One custodian. `role`: supervisor or notary; `certificate`: SHA-256, hex: keys are for this certificate alone."""

    role: str
    name: str
    certificate: str


@dataclass(frozen=True, slots=True)
class CustodyView:
    """`rule`: hall or custodians, as published; `custodians`: in the order in which they open.

    `named`: the project owner's signed act that named these in the place of the published ones, None where it is those.
    `owner`: certificate of the project owner as published; `owner_passed`: the signed acts by which its post passed on
    since, in order: who names others may be one of those.
    `successors`: whom the project owner could name now, for that one alone.
    """

    rule: str
    custodians: list[CustodianView]
    named: dict[str, object] | None
    owner: str
    owner_passed: list[dict[str, object]]
    successors: list[str]


@dataclass(frozen=True, slots=True)
class RenewalView:
    """A certificate that a bidder has shown to stand for its earlier one (clause 5.2.3); both SHA-256, hex. `at`: ms
    UTC; `state`: holds; waits, for the project owner; refused. One of another key (`same_key` false) opens nothing."""

    bidder: str
    name: str
    previous: str
    certificate: str
    at: int
    same_key: bool
    state: str


@dataclass(frozen=True, slots=True)
class EntrustedView:
    """A key that lies with the asking custodian. `release`: the bidder's signed act, with its body; `envelope`: what
    this custodian opens, base64; `inner`: SHA-256 of the envelope inside, "" where the key itself is; `salt`,
    `commit`: the deposit's, hex."""

    bidder: str
    release: dict[str, object]
    envelope: str
    inner: str
    salt: str
    commit: str
