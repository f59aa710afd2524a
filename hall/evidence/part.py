"""What one matter of a tender brings to the verifier: its questions, and who may have signed each of its rows.

Every matter has a module here of its own name (`hall/evidence/award.py`) that gives a `Part`; `hall.evidence.matters`
names them all. Its judges are predicates of their own over the bundle: they may read the shapes of events, and neither
the rules that ran the matter nor `decide`. What may not live here: any judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from hall.evidence.case import Case
from hall.evidence.verdicts import Status

Judge = Callable[[Case], Iterable[str]]
"""Gives the faults it finds, each in plain words that name the row; none contradicts nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a matter asks about one clause.

    clause: its number, one of `verdicts.CLAUSES`; several may ask about one. best: the verdict when nothing
    contradicts: proved, or asserted where a time is only the hall's word. about: kinds of rows; a bundle with none of
    them is not covered. judges: all are asked.
    """

    clause: str
    best: Status
    says: str
    about: tuple[str, ...]
    judges: tuple[Judge, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One matter. signed: kind of row → (type of act, roles that may send it), for every row that holds an act; where
    several acts lead to one kind, they stand together: `("a b", …)`. renamed: (kind, key of the act) → the row's name
    for it, where it is another; apart: (kind, key) that the row doesn't repeat, or means otherwise: every other key of
    an act is held against its row (`hall.evidence.repeats`). withheld: types of acts whose words tell of persons and
    lie beside the journal. unsigned: kinds that stand under a party's name without an act, as a download does. either:
    kinds of `signed` that may also come from somebody without an account, or by the law alone; a judge of the matter
    says when."""

    signed: Mapping[str, tuple[str, frozenset[str]]]
    questions: tuple[Question, ...]
    renamed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    apart: frozenset[tuple[str, str]] = frozenset()
    withheld: frozenset[str] = frozenset()
    unsigned: frozenset[str] = field(default_factory=frozenset)
    either: frozenset[str] = field(default_factory=frozenset)


def by(*roles: str) -> frozenset[str]:
    """The roles of one line of `signed`."""
    return frozenset(roles)
