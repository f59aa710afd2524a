"""Query tables: what lists are answered from. Written in the append's own transaction, rebuilt from the rows at will.

Only facts that anybody may know stand here, so that no list can leak what a view keeps: nothing of deposits,
registrations or sign-ins has a column. They answer lists, never `decide`. What may not live here: HTTP, rules.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import text

from hall.journal.ledger import Request
from hall.journal.writer import Commit
from hall.runtime.ports import Row
from hall.session.rules import STAGES, Stage

VERSION: Final = 1
"""Of the meaning of these tables: a start that finds another one rebuilds them."""

NAME: Final = "tenders"
_STAGE_AFTER: Final = {event: stage for before, event, stage in STAGES if before is not Stage.OPENING}
RESUMED: Final = "resumed"
"""A deadline was moved: out of a hold sign-in goes on, before it nothing changes."""

_COUNTED: Final = ("awarded_lots", "failed_lots")
"""Columns that an event adds to; it sets all others."""

DOMAINS: Final = ("tendering", "opening", "award")
KINDS: Final = (
    "TenderPublished",
    "DepositDeadlineMoved",
    "OpeningScheduled",
    "SignInOpened",
    "OpeningPostponed",
    "DeadlineHeld",
    "DeadlineMoved",
    "DeadlinePassed",
    "BiddersAnnounced",
    "LotLocked",
    "TenderFailed",
    "RecordPrepared",
    "OpeningClosed",
    "RoomEmptied",
    "CandidatesPublished",
    "PublicityExtended",
    "AwardDecided",
    "AwardVoided",
    "LotFailed",
)
"""Events that a list of tenders shows anything of."""


def changes(domain: str, kind: str, body: Mapping[str, Any], at: int) -> dict[str, object]:
    """The columns of its tender that an event changes; empty for what no list shows. at: ms UTC."""
    match domain, kind:
        case "tendering", "TenderPublished":
            return {
                "name": body["name"],
                "number": body["number"],
                "opening": body["opening"],
                "lots": _lots(body["lots"]),
                "bid_deadline": body["bid_deadline"],
                "published_at": at,
            }
        case "tendering", "DepositDeadlineMoved":
            return {"bid_deadline": body["after"]}
        case "opening", "OpeningScheduled":
            return _scheduled(body)
        case "opening", "TenderFailed":
            return {"failed_lots": 1}
        case "opening", "OpeningPostponed":
            return {"stage": Stage.SCHEDULED.value, "sign_in_from": body["sign_in_from"]}
        case "opening", "DeadlineMoved":
            return {"stage": RESUMED}
        case "opening", "RecordPrepared":
            return {"stage": Stage.RECORD.value}
        case "opening", "OpeningClosed":
            return {"stage": Stage.LEAVING.value, "closed_at": at}
        case "opening", _ if kind in _STAGE_AFTER:
            return {"stage": _STAGE_AFTER[kind].value}
        case "award", "CandidatesPublished" | "PublicityExtended":
            return {"public_until": body["until"]}
        case "award", "AwardDecided":
            return {"awarded_lots": 1}
        case "award", "AwardVoided":
            return {"awarded_lots": -1}
        case "award", "LotFailed":
            return {"failed_lots": 1}
        case _:
            return {}


def _scheduled(body: Mapping[str, Any]) -> dict[str, object]:
    rules = body["rules"]
    entity = next((post["unit"] for post in body["staff"] if post["role"] == "procuring_entity"), "")
    return {
        "stage": Stage.SCHEDULED.value,
        "entity": entity,
        "method": rules["procurement_method"],
        "law": rules["procedure_law"],
        "place": body["place"],
        "mode": body["mode"],
        "sign_in_from": body["sign_in_from"],
        "words": words(body["tender_name"], body["tender_number"], body["tender"], entity),
    }


def _lots(lots: Iterable[Mapping[str, Any]]) -> int:
    """Lots that can be awarded or fail: alternatives go with their main bids."""
    return sum(not lot.get("alternative_to") for lot in lots)


def project(request: Request, commit: Commit) -> bool:
    """Let an append change the lists in its own transaction; whether it does."""
    domain = request.stream.partition("/")[0]
    shown = [entry for entry in request.entries if domain in DOMAINS and entry.kind in KINDS]
    for entry in shown:
        _add(request.tender, domain, entry.kind, entry.body, entry.received_at, commit)
    return bool(shown)


def rebuild(rows: Iterable[tuple[str, Row]], commit: Commit) -> None:
    """Make the lists anew from the rows (tender, row) of these kinds, in tree order within each tender."""
    told: dict[str, dict[str, object]] = {}
    for tender, row in rows:
        domain = row.stream.partition("/")[0]
        if changed := changes(domain, row.kind, row.body, row.received_at):
            _fold(told.setdefault(tender, {}), changed, row.received_at)
    commit.add(text("DELETE FROM tenders"))
    commit.add(text("DELETE FROM tender_words"))
    if told:
        lines = [
            {**_EMPTY, **line, "tender": tender, "id": n} for n, (tender, line) in enumerate(told.items(), 1)
        ]
        names = [name for name in lines[0] if name != "words"]
        marks = ", ".join(f":{name}" for name in names)
        commit.add(text(f"INSERT INTO tenders ({', '.join(names)}) VALUES ({marks})"), *lines)  # noqa: S608  # columns
        commit.add(text("INSERT INTO tender_words (rowid, words) VALUES (:id, :words)"), *lines)
    commit.add(
        text(
            "INSERT INTO projections (name, version) VALUES (:name, :version)"
            " ON CONFLICT (name) DO UPDATE SET version = excluded.version"
        ),
        {"name": NAME, "version": VERSION},
    )


_EMPTY: Final[Mapping[str, object]] = {
    **dict.fromkeys(
        ("name", "number", "entity", "method", "law", "opening", "place", "mode", "stage", "words"), ""
    ),
    **dict.fromkeys(("lots", "published_at", "bid_deadline", "sign_in_from", "closed_at"), 0),
    **dict.fromkeys(("public_until", "awarded_lots", "failed_lots"), 0),
}


def _fold(line: dict[str, object], changed: dict[str, object], at: int) -> None:
    """What the statements of `_add` do, for all tenders at once."""
    for name, value in changed.items():
        if name in _COUNTED:
            line[name] = int(str(line.get(name, 0))) + int(str(value))
        elif value == RESUMED:
            line[name] = Stage.SIGN_IN.value if line.get(name) == Stage.HELD.value else line.get(name, "")
        else:
            line[name] = value
    line["changed_at"] = at


def _add(tender: str, domain: str, kind: str, body: Mapping[str, Any], at: int, commit: Commit) -> None:
    changed = changes(domain, kind, body, at)
    found = changed.pop("words", None)
    if changed:
        values: dict[str, object] = {"tender": tender, **changed, "changed_at": at}
        # Our own columns: no value of an event becomes part of the statement.
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        sets = ", ".join(_set(name) for name in values if name != "tender")
        commit.add(
            text(
                f"INSERT INTO tenders ({names}) VALUES ({marks})"  # noqa: S608  # names of columns
                f" ON CONFLICT (tender) DO UPDATE SET {sets}"
            ),
            values,
        )
    if found is not None:
        one = "(SELECT id FROM tenders WHERE tender = :tender)"
        named: dict[str, object] = {"tender": tender, "words": found}
        commit.add(text(f"DELETE FROM tender_words WHERE rowid = {one}"), {"tender": tender})  # noqa: S608  # no value
        commit.add(text(f"INSERT INTO tender_words (rowid, words) VALUES ({one}, :words)"), named)  # noqa: S608  # no value


def _set(name: str) -> str:
    if name == "stage":
        moved = "CASE stage WHEN 'held' THEN 'sign_in' ELSE stage END"
        return f"stage = CASE excluded.stage WHEN '{RESUMED}' THEN {moved} ELSE excluded.stage END"
    return f"{name} = {name} + excluded.{name}" if name in _COUNTED else f"{name} = excluded.{name}"


def plain(spoken: str) -> str:
    """Text as it is searched: full width as half width, capitals as small letters, nothing but letters and digits."""
    folded = unicodedata.normalize("NFKC", spoken).casefold()
    return "".join(character for character in folded if character.isalnum())


def words(*texts: str) -> str:
    """What the search index holds of these texts: every pair of neighbouring characters as one word.

    Chinese has no spaces, and names of two characters are what people look for; FTS5's own trigrams find nothing
    below three. So each pair is spelled as a word of hex digits that any tokenizer leaves whole, and a phrase of pairs
    is exactly a run of characters. A last single one lets the end of a text be found by one character.
    """
    parts = (plain(one) for one in texts)
    # Between two texts stands a word of its own: no run goes from one into the next.
    return " x ".join(" ".join(_pairs(part)) for part in parts if part)


def _pairs(run: str) -> list[str]:
    return [f"{ord(a):06x}{ord(b):06x}" for a, b in itertools.pairwise(run)] + [f"{ord(run[-1]):06x}"]


def phrase(wanted: str) -> str:
    """The FTS5 question for text that contains these runs, "" where nothing is asked."""
    runs = [run for one in wanted.split()[:8] if (run := plain(one)[:64])]
    asked = []
    for run in runs:
        if len(run) == 1:
            asked.append(f'"{ord(run):06x}"*')
        else:
            asked.append('"' + " ".join(_pairs(run)[:-1]) + '"')
    return " AND ".join(asked)
