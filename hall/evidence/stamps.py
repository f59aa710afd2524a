"""Roots that bear the time of an authority: whether the tokens hold, what they say of rows, and where they are missing.

A stamp over a checkpoint proves that its rows were there by then. So it proves a time that is *not later than*: that a
deposit came before the deadline. It proves nothing of *not earlier than*, since a row could have been held back: how
long a window ran stays the hall's word. What may not live here: whose word the hall's own authority is (its own).
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from hall.errors import Refused
from hall.evidence.bundle import Anchors
from hall.evidence.story import Story, Told
from hall.journal.checkpoint import SignedRoot, body_of
from hall.signing import tokens
from hall.signing.timestamps import POLICY

STAMPS: Final = "proof/stamps"
SKEW: Final = 60_000
"""Milliseconds by which an authority's clock and the hall's may differ before a stamp contradicts a row."""

_STAMP: Final = "stamp sha256:"
_EVERY: Final = re.compile(r"stamps every ([1-9]\d{0,3}) min")
_MINUTE: Final = 60_000
_BEFORE: Final = 120 * _MINUTE
"""From so many ms before the deadline on the hall stamps at fixed minutes."""
_HASHED: Final = 10 * _MINUTE
"""A deposit of many bytes is journalled when it is hashed, with the time at which it had come."""
_NAMED: Final = 5
"""So many missing minutes are named."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A signed checkpoint of the bundle. `digest`: SHA-256 of its text, hex; `at`: ms UTC."""

    digest: str
    note: str
    root: SignedRoot
    at: int


@dataclass(slots=True)
class Stamps:
    """What the stamps show. in_time: each deposit that can be read lies under an outside stamp of before its
    deadline."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    in_time: bool = False


Time = tuple[int, Mark]
"""When an authority saw a checkpoint, ms UTC."""


def judge(story: Story, anchors: Anchors, marks: Mapping[str, Mark]) -> Stamps:
    """Each token is over a checkpoint here and named by a later one; each name has its token; rows lie between.
    marks: by their digests."""
    found = Stamps()
    times, outside = _tokens(story, anchors, marks, found)
    times.sort(key=lambda one: (one[1].root.size, one[0]))
    # In a rehearsal hall time may be moved, and an outside authority's is not.
    if not (outside and anchors.mode == "rehearsal"):
        found.faults += _order(times)
        found.faults += _rows_between(story, times)
        found.notes += _gaps(story, marks, times)
    if times:
        found.notes.append(_between_stamps(story, times, outside=outside))
    deposits = story.of("DepositReceived")
    found.in_time = outside and bool(deposits) and all(_proved(story, row, times) for row in deposits)
    return found


def _tokens(
    story: Story, anchors: Anchors, marks: Mapping[str, Mark], found: Stamps
) -> tuple[list[Time], bool]:
    """The stamped checkpoints, and whether none of the stamps is the hall's own."""
    roots = anchors.tsa_roots or anchors.ca_roots
    others = tuple(story.certificates.values())
    times: list[Time] = []
    present: set[str] = set()
    outside = True
    for name in story.bundle.under(STAMPS):
        token = story.bundle.read(name)
        digest = hashlib.sha256(token).hexdigest()
        if name != f"{STAMPS}/{digest}.tst":
            found.faults.append(f"{name}: not the token of that digest")
        present.add(digest)
        try:
            mark = marks.get(tokens.imprint(token)[1].hex())
            if mark is None:
                found.faults.append(f"{name}: stamps no checkpoint of the bundle")
                continue
            said = tokens.check(token, body_of(mark.note).encode(), roots, others)
        except Refused as error:
            found.faults.append(f"{name}: {error.code}")
            continue
        if not any(f"{_STAMP}{digest}" in m.root.extensions and m.at >= mark.at for m in marks.values()):
            found.faults.append(f"{name}: no later checkpoint names it")
        times.append((said.at, mark))
        outside = outside and said.policy != POLICY and _elsewhere(token, mark, anchors, others)
    for mark in marks.values():
        for line in mark.root.extensions:
            if line.startswith(_STAMP) and line.removeprefix(_STAMP) not in present:
                found.faults.append(f"a checkpoint of {mark.root.size} rows names a token that is missing")
    return times, outside


def _elsewhere(token: bytes, mark: Mark, anchors: Anchors, others: Sequence[bytes]) -> bool:
    """Whether a token leads to a published root that vouches for time alone: an authority under the CA of the hall's
    own people could be the hall's, whatever policy it names."""
    roots = [root for root in anchors.tsa_roots if root not in anchors.ca_roots]
    if not roots:
        return False
    try:
        tokens.check(token, body_of(mark.note).encode(), roots, others)
    except Refused:
        return False
    return True


def _order(times: Sequence[Time]) -> Iterator[str]:
    for (before, _), (after, mark) in itertools.pairwise(times):
        if after < before - SKEW:
            yield f"the history of {mark.root.size} rows was stamped before a shorter one"
    for at, mark in times:
        if abs(at - mark.at) > SKEW:
            apart = abs(at - mark.at) // 1000
            yield f"the hall’s clock and the authority’s are {apart} s apart at row {mark.root.size}"


def _rows_between(story: Story, times: Sequence[Time]) -> Iterator[str]:
    """No row says that it came after a stamp that it stands under, or long before one that does not hold it yet."""
    for row in story.rows:
        under = next((at for at, mark in times if mark.root.size > row.index), None)
        if under is not None and row.at > under + SKEW:
            yield f"{row}: says that it came after a stamp that already covers it"
        above = [at for at, mark in times if mark.root.size <= row.index]
        if row.kind == "DepositReceived" and above and row.at < max(above) - _HASHED:
            yield f"{row}: says that it came before a stamp that does not cover it"


def _gaps(story: Story, marks: Mapping[str, Mark], times: Sequence[Time]) -> list[str]:
    """Fixed minutes without a stamp, from two hours before the deadline to the end: an authority may have been away, or
    somebody did not want a time there. Told, and no fault by itself: it only leaves *asserted* what lies in it."""
    said = [_EVERY.fullmatch(line) for mark in marks.values() for line in mark.root.extensions]
    every = [int(one[1]) * _MINUTE for one in said if one is not None]
    begun, closed = story.plan.get("bid_deadline"), story.first("OpeningClosed")
    if not every or not isinstance(begun, int):
        return []
    step = max(every)
    end = closed.at if closed is not None else max(mark.at for mark in marks.values())
    first = -(-(begun - _BEFORE) // step) * step
    stamped = {mark.at // step for _, mark in times}
    missing = [at for at in range(first, end - step + 1, step) if at // step not in stamped]
    if not missing:
        return []
    named = ", ".join(_clock(at) for at in missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
    return [f"{len(missing)} of the fixed minutes from {_clock(first)} on bear no stamp: {named} (UTC)"]


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, tz=UTC).strftime("%H:%M")


def _between_stamps(story: Story, times: Sequence[Time], *, outside: bool) -> str:
    deposits = story.of("DepositReceived")
    covered = [d for d in deposits if any(mark.root.size > d.index for _, mark in times)]
    whose = "an outside authority’s" if outside else "the hall’s own authority’s"
    told = f"{len(times)} roots bear {whose} time; {len(covered)} of {len(deposits)} deposits lie before one"
    in_time = sum(_proved(story, row, times) for row in deposits) if outside else 0
    return f"{told}, {in_time} before one of before the deadline" if outside else told


def _proved(story: Story, row: Told, times: Sequence[Time]) -> bool:
    """Whether a stamp that covers a deposit was given by the deadline as it stood when the deposit came; by a clock
    that agrees with the hall's, for only then the two times can be compared."""
    moved = [one.body["after"] for one in story.of("DepositDeadlineMoved") if one.index < row.index]
    deadline = int(moved[-1] if moved else story.plan["bid_deadline"])
    agreed = [(at, mark) for at, mark in times if abs(at - mark.at) <= SKEW]
    return any(mark.root.size > row.index and at <= deadline for at, mark in agreed)
