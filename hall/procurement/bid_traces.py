"""What a machine can take from an opened bid's file to hold it beside the others (clause 5.5.1). Data alone.

Nothing here names a person: an author's name is there as its digest, and text only as hashes of its runs.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
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
    (see `PAPERS`); amounts: prices that it states as the bid's, decimal text in yuan; named: what was looked for in the
    text and stands there; validity: days for which it says that the bid holds."""

    readable: bool = False
    producer: str = ""
    author: str = ""
    created: str = ""
    ids: tuple[str, ...] = ()
    fonts: tuple[str, ...] = ()
    runs: tuple[int, ...] = ()
    papers: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    validity: tuple[int, ...] = ()


PAPERS: Final = {
    "consortium_agreement": ("联合体协议", "共同投标协议", "联合投标协议", "联合体共同投标"),
    "business_licence": ("营业执照", "统一社会信用代码"),
    "qualification": ("资质证书", "资格证书", "资质等级", "资格证明"),
    "safety_permit": ("安全生产许可证",),
    "constructor": ("建造师",),
    "track_record": ("业绩",),
    "accounts": ("审计报告", "财务报表", "财务会计报表"),
    "social_insurance": ("社会保险", "社保"),
    "tax": ("纳税证明", "完税证明", "税收缴纳"),
    "no_offence": ("无重大违法记录", "没有重大违法记录", "失信被执行人", "信用中国"),
}
"""Papers that a text can name → the words by which it does."""

USUAL: Final = frozenset({"business_licence", "qualification"})
"""Papers that are looked for where the tender's own words ask for none that is known here."""

_ASKED: Final = {"qualification": ("资质", "资格证")}
_VALIDITY: Final = re.compile(r"投标有效期[^0-9]{0,16}?([0-9]{1,4})个?(?:日历)?[天日]")
_PERIOD: Final = re.compile(r"工期[^0-9]{0,12}?([0-9]{1,5})个?(?:日历)?[天日]")
_DAYS: Final = re.compile(r"([0-9]{1,5})个?(?:日历)?[天日]?")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the words of a tender ask of its bids, as far as a machine reads them. papers: see `PAPERS`; validity,
    period: days, 0 where they name none."""

    papers: frozenset[str] = USUAL
    validity: int = 0
    period: int = 0


def asked_in(words: str) -> Asked:
    """What a notice and its criteria ask for."""
    text = plain(words)
    named = (key for key, one in PAPERS.items() if any(word in text for word in (*one, *_ASKED.get(key, ()))))
    papers = frozenset(named) - {"consortium_agreement"}
    period = _PERIOD.search(text)
    return Asked(papers or USUAL, min(validity_in(text), default=0), int(period[1]) if period else 0)


def validity_in(text: str) -> tuple[int, ...]:
    """The days that a plain text names for the validity of bids, each once."""
    return tuple(sorted({int(match[1]) for match in _VALIDITY.finditer(text)}))[:16]


def days_in(text: str) -> int:
    """How many days `300 日历天` are, 0 for what is no number of days."""
    found = _DAYS.fullmatch(plain(text))
    return int(found[1]) if found else 0


def plain(text: str) -> str:
    """A text as it is compared: without white space, in one width and case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def runs_of(text: str) -> tuple[int, ...]:
    """The sampled runs of a text: its fingerprint."""
    plain = "".join(text.split())
    return tuple(sorted(set(_kept(plain[at : at + RUN] for at in range(len(plain) - RUN + 1)))))[:MOST_RUNS]


def _kept(runs: Iterable[str]) -> Iterator[int]:
    for run in runs:
        number = int.from_bytes(hashlib.blake2b(run.encode(), digest_size=6).digest())
        if number % ONE_IN == 0:
            yield number
