"""What the procedures around an opening have in common: who looks at a matter, and who may do what in it.

A matter (事项) is one stream of a tender beside its opening: notice and documents, registration and enquiries,
the evaluation, the award, supervision. Each is a pure machine of its own. What may not live here: any rule of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from hall.errors import NotPermitted
from hall.procurement.parties import Actor, Role

HALL: Final = "hall"
"""The tender under which the hall's own streams stand: its directory, its trading centre, calls about no tender."""


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks at a matter, as the login proved it. The public has no party, no certificate and no roles."""

    party: str = ""
    name: str = ""
    certificate: str = ""
    roles: frozenset[Role] = frozenset()

    def has(self, *roles: Role) -> bool:
        """Whether it has one of these roles."""
        return not self.roles.isdisjoint(roles)


PUBLIC: Final = Look()

Rights = Mapping[str, frozenset[Role]]
"""Type of act → the roles that may send it."""


def roles(*names: Role) -> frozenset[Role]:
    """A line of a table of rights."""
    return frozenset(names)


def seat(rights: Rights, act: str, look: Look) -> Actor:
    """The role in which somebody sends an act, the first that may. Raises NotPermitted("not_permitted")."""
    for role in _in_order(rights.get(act, frozenset()) & look.roles):
        return Actor(role, look.party, look.name, look.certificate)
    raise NotPermitted("not_permitted", act=act)


def may(rights: Rights, look: Look) -> list[str]:
    """The acts that the roles alone permit; whether the stage does is the domain's business."""
    return [act for act, allowed in rights.items() if not allowed.isdisjoint(look.roles)]


def _in_order(chosen: Iterable[Role]) -> list[Role]:
    members = set(chosen)
    return [role for role in Role if role in members]
