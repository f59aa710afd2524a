"""What the verifier says about one clause, and the clauses it knows of.

`proved`: follows from signatures and digests alone. `asserted`: consistent, but a time in it is only the
platform's word.
`failed`: something contradicts the clause. `not_covered`: nothing here speaks about it; never to be read as
passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    PROVED = "proved"
    ASSERTED = "asserted"
    FAILED = "failed"
    NOT_COVERED = "not_covered"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`clause`: its number, or a word for what is under all clauses. `faults`: what exactly contradicts it."""

    clause: str
    status: Status
    says: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """The answer to one of the questions that every bundle is asked (`core`). `check`: its stable name."""

    check: str
    clause: str
    status: Status
    says: str
    faults: tuple[str, ...] = ()


CLAUSES: Final = (
    *("3.1", "3.2", "3.3"),
    *("4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11"),
    *("5.1", "5.2.1", "5.2.2", "5.2.3"),
    *("5.3.1", "5.3.2", "5.3.3", "5.3.4", "5.3.5", "5.3.6", "5.3.7"),
    *("5.4.1", "5.4.2", "5.4.3", "5.4.4", "5.5.1", "5.5.2", "5.5.3", "5.5.4"),
    *("6.1", "6.2", "6.3"),
)
"""Every clause of the standard, in its order."""


def judged(clause: str, best: Status, says: str, faults: Sequence[str]) -> Verdict:
    """`best` when nothing contradicts, else failed."""
    return Verdict(clause, Status.FAILED if faults else best, says, tuple(faults))


_WORST: Final = (Status.NOT_COVERED, Status.PROVED, Status.ASSERTED, Status.FAILED)


def joined(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """One verdict for each clause, as bad as the worst about it, with all that was said and found."""
    found: dict[str, Verdict] = {}
    for one in verdicts:
        if (before := found.get(one.clause)) is None:
            found[one.clause] = one
            continue
        status = max(before.status, one.status, key=_WORST.index)
        faults = tuple(dict.fromkeys((*before.faults, *one.faults)))
        found[one.clause] = Verdict(one.clause, status, f"{before.says}; {one.says}", faults)
    return list(found.values())
