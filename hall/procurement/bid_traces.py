"""What a machine can take from an opened bid's file to hold it beside the others (clause 5.5.1). Data alone.

Nothing here names a person: an author's name is there as its digest, and text only as hashes of its runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

RUN: Final = 24
"""Characters of a run of text, white space left out."""

ONE_IN: Final = 8
"""So many runs stand for one that is kept: which ones follows from the run, so equal texts keep equal ones."""

MOST_RUNS: Final = 20_000


@dataclass(frozen=True, slots=True)
class BidTraces:
    """One file. readable: whether text was found; producer: the software; author: SHA-256 of the author's entry, "" for
    none; created: the file's own creation time, as it stands there; ids: of the document; fonts: with the tags that a
    program gave them by chance; runs: hashes of sampled runs of text, ascending; papers: which papers its text names
    (see `PAPERS`); amounts: prices that it states as the bid's, decimal text in yuan."""

    readable: bool = False
    producer: str = ""
    author: str = ""
    created: str = ""
    ids: tuple[str, ...] = ()
    fonts: tuple[str, ...] = ()
    runs: tuple[int, ...] = ()
    papers: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()


PAPERS: Final = {
    "consortium_agreement": ("联合体协议", "共同投标协议", "联合投标协议", "联合体共同投标"),
    "business_licence": ("营业执照", "统一社会信用代码"),
    "qualification": ("资质证书", "资格证书", "资质等级", "资格证明"),
}
"""Papers that a text can name → the words by which it does."""


def runs_of(text: str) -> tuple[int, ...]:
    """The sampled runs of a text: its fingerprint."""
    plain = "".join(text.split())
    return tuple(sorted(set(_kept(plain[at : at + RUN] for at in range(len(plain) - RUN + 1)))))[:MOST_RUNS]


def _kept(runs: Iterable[str]) -> Iterator[int]:
    for run in runs:
        number = int.from_bytes(hashlib.blake2b(run.encode(), digest_size=6).digest())
        if number % ONE_IN == 0:
            yield number
