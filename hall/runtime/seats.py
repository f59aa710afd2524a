"""Who is in the hall: a proven login, and the roles that it has at openings."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.parties import Role


@dataclass(frozen=True, slots=True)
class Person:
    """A proven login. `kind`: bidder or staff. `only`: where the certificate expired while an opening stood still, the
    openings for which it still counts (clause 4.8); None: everywhere. `encryption`: the other certificate of a pair
    (suite GM), else ""."""

    party: str
    name: str
    kind: str
    certificate: str
    only: frozenset[str] | None = None
    encryption: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """A role of a person at one opening."""

    tender: str
    opening: str
    role: Role
