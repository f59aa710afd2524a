"""Whom a drawn order calls where the tender documents want specialities on the committee. Pure.

Seats in office are counted first, by number: each fills the first quota that it fits and that is open. Then the order
is gone through: who fits an open quota is called, and who fits none as long as seats are left that no quota needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hall.procurement.evaluation import Quota


def called(
    order: Iterable[str],
    skills: Mapping[str, Sequence[str]],
    quotas: Sequence[Quota],
    *,
    seated: Iterable[str],
    seats: int,
) -> tuple[str, ...]:
    """The parties that fill `seats`, in the drawn order; fewer where a quota can't be filled."""
    wanted = {one.speciality: one.seats for one in quotas}
    for party in seated:
        _take(wanted, skills.get(party, ()))
    free = max(seats - sum(wanted.values()), 0)
    found: list[str] = []
    for party in order:
        if len(found) == seats:
            break
        if _take(wanted, skills.get(party, ())):
            found.append(party)
        elif free > 0:
            free -= 1
            found.append(party)
    return tuple(found)


def missing(
    eligible: Iterable[str],
    skills: Mapping[str, Sequence[str]],
    quotas: Sequence[Quota],
    *,
    seated: Iterable[str],
    seats: int,
) -> bool:
    """Whether no order of these could fill the seats: each quota is looked at in the order of the list."""
    return len(called(eligible, skills, quotas, seated=seated, seats=seats)) < seats


def _take(wanted: dict[str, int], skills: Sequence[str]) -> bool:
    """Fill the first open quota that fits."""
    for speciality, left in wanted.items():
        if left > 0 and speciality in skills:
            wanted[speciality] = left - 1
            return True
    return False
