"""A letter of a matter: what a state says that one party is to be told. Data alone; who is told what stands with each
matter, and that it is told once in `matter_letters`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hall.runtime.matter import States


@dataclass(frozen=True, slots=True)
class Letter:
    """One party is to be told something.

    key: names the cause within the tender, for ever: the same key, kind and party are one letter; role: the addressee's
    (`bidder`, an office, a post); kind: its words in `hall.notices.words`; facts: what the words need (moments in ms
    UTC), and, where no notice of the tender is published yet, its `tender_name` and `tender_number`; due_at: when the
    cause came, ms UTC; until: from then on the letter is of no use, None for ever; path: the page that it is about, ""
    for the tender's.
    """

    key: str
    party: str
    role: str
    kind: str
    facts: Mapping[str, object] = field(default_factory=dict)
    due_at: int = 0
    until: int | None = None
    lot: str = ""
    path: str = ""


Letters = Callable[[States], Sequence[Letter]]
