"""Lists of tenders for anybody: what may be asked of them, and the port that answers.

A cursor is opaque: it holds the sorted value and the place of the last row, so that page upon page nothing is told
twice or left out while the list grows. What may not live here: SQL, HTTP.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, fields
from typing import Final, Protocol

from hall.errors import Malformed

PHASES: Final = ("bidding", "opening", "opened", "publicity", "awarded", "failed")
SORTS: Final = {
    "published": "published_at",
    "deadline": "bid_deadline",
    "closed": "closed_at",
    "number": "number",
    "name": "name",
}
"""Name on the wire → column."""

MOST: Final = 100
USUAL: Final = 20
MOST_SEARCHED: Final = 100
"""Characters of a search."""


@dataclass(frozen=True, slots=True)
class ListedTender:
    """One line of the list: public facts alone. Times in ms UTC, 0 for not yet; stage: of the opening; phase: one of
    PHASES."""

    tender: str
    name: str
    number: str
    entity: str
    method: str
    law: str
    opening: str
    place: str
    stage: str
    phase: str
    lots: int
    published_at: int
    bid_deadline: int
    sign_in_from: int
    closed_at: int
    public_until: int


@dataclass(frozen=True, slots=True)
class ListQuery:
    """phase: "" for all; sort: a key of SORTS; after: (value, place) of the last line that was told, or None."""

    phase: str = ""
    search: str = ""
    sort: str = "published"
    descending: bool = True
    after: tuple[str | int, int] | None = None
    limit: int = USUAL


@dataclass(frozen=True, slots=True)
class ListPage:
    """next: the cursor of what follows, "" behind the last."""

    tenders: tuple[ListedTender, ...]
    next: str


LISTED: Final = tuple(field.name for field in fields(ListedTender))
"""What a line tells, in its order."""


class TenderLists(Protocol):
    """Answers lists of tenders."""

    async def page(self, query: ListQuery) -> ListPage: ...

    async def told(self, query: ListQuery) -> bytes:
        """The page as it goes over the wire, UTF-8 JSON of `ListPage`; what is asked again before the lists change is
        not read again."""
        ...

    async def tender(self, tender: str) -> ListedTender | None:
        """One line, or None for a tender that was never published."""
        ...

    async def openings(self, since: int, most: int) -> tuple[ListedTender, ...]:
        """Openings whose deadline is at or after `since` (ms UTC), the next first."""
        ...


def query_of(
    phase: str = "", search: str = "", sort: str = "-published", cursor: str = "", limit: str = ""
) -> ListQuery:
    """What a request asks for. Raises Malformed("malformed_message", field=…)."""
    descending, name = sort.startswith("-"), sort.removeprefix("-")
    if phase and phase not in PHASES:
        raise Malformed("malformed_message", field="stage")
    if name not in SORTS:
        raise Malformed("malformed_message", field="sort")
    if len(search) > MOST_SEARCHED:
        raise Malformed("malformed_message", field="q")
    if limit and not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 0 < int(limit) <= MOST):
        raise Malformed("malformed_message", field="limit")
    after = _after(cursor, name) if cursor else None
    return ListQuery(phase, search, name, descending, after, int(limit) if limit else USUAL)


def cursor_of(value: str | int, place: int) -> str:
    """The cursor behind a line."""
    return base64.urlsafe_b64encode(json.dumps([value, place]).encode()).decode().rstrip("=")


def _after(cursor: str, sort: str) -> tuple[str | int, int]:
    wanted = str if sort in ("number", "name") else int
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise Malformed("malformed_message", field="cursor") from None
    match found:
        case [value, int(place)] if type(value) is wanted and type(place) is int and abs(place) < 2**53:
            if isinstance(value, str) or abs(value) < 2**53:
                return value, place
    raise Malformed("malformed_message", field="cursor")
