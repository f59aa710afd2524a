"""The report of a rehearsal: what the bundle says happened, held against what the robots say they did. Pure.

The journal in the bundle is the one source of times and prices; the robots are the witnesses against it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

PHASES: Final = (
    "SignInOpened",
    "DeadlinePassed",
    "BiddersAnnounced",
    "LotLocked",
    "SealingRechecked",
    "SealingDeclared",
    "DecryptionCommanded",
    "WindowClosed",
    "ResultsDeclared",
    "PricesDisclosed",
    "ObjectionsOpened",
    "ObjectionsClosed",
    "TenderFailed",
    "RegisterSigned",
    "RecordPrepared",
    "RecordCompleted",
    "OpeningClosed",
    "RoomEmptied",
)
"""Events that begin a phase, in the order in which an ordinary opening has them."""

ENOUGH: Final = 0.95
"""Of the published time, how much must have been recorded."""

Row = Mapping[str, Any]


@dataclass(slots=True)
class Witness:
    """What one bidder robot said: id and name in the hall, what it sealed, and the prices it saw disclosed, per lot."""

    bidder: str = ""
    name: str = ""
    sealed: dict[str, str] = field(default_factory=dict)
    deposited: dict[str, str] = field(default_factory=dict)
    disclosed: dict[str, dict[str, str]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def hear(self, said: Mapping[str, Any]) -> None:
        """Take one line of the robot."""
        event, lot = str(said["event"]), str(said.get("lot", ""))
        self.done.add(event)
        match event:
            case "sealed":
                self.bidder, self.name = str(said["bidder"]), str(said["name"])
                self.sealed[lot] = str(said["price"])
            case "deposited":
                self.deposited[lot] = str(said["sha256"])
            case "disclosed":
                self.disclosed[lot] = {str(key): str(value) for key, value in said["prices"].items()}


@dataclass(frozen=True, slots=True)
class Recording:
    """One media file of the bundle."""

    participant: str
    file: str
    seconds: float
    kind: str
    """audio_video, video or audio: what its fragments hold."""


STEPS: Final = (
    "sealed",
    "deposited",
    "sign_in",
    "publish",
    "answer_sealing",
    "release",
    "confirm_price",
    "left",
)
"""What each bidder robot must have done in an ordinary opening."""


def iso(at: int | None) -> str | None:
    """Write ms UTC as ISO 8601 with milliseconds and Z."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def phase_name(kind: str) -> str:
    """Give an event's name as the report writes it: BiddersAnnounced -> bidders_announced."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


def phases(rows: Iterable[Row]) -> list[dict[str, object]]:
    """The phases in the order of their beginning."""
    return [{"name": phase_name(row["kind"]), "at": iso(_at(row))} for row in rows if row["kind"] in PHASES]


def bidders(rows: Sequence[Row], lot: str) -> list[dict[str, object]]:
    """One line per bidder that deposited, in order of the last deposit that counts."""
    found: dict[str, dict[str, object]] = {}
    for row in rows:
        body = row["body"]
        match row["kind"]:
            case "DepositReceived" if body["deposit"]["lot"] == lot:
                deposit = body["deposit"]
                found[deposit["bidder"]] = {
                    "name": deposit["name"],
                    "deposited_at": iso(deposit["received_at"]),
                    "signed_in_at": None,
                    "released_at": None,
                    "opened_at": None,
                    "price": None,
                    "confirmed": False,
                }
            case "BidderSignedIn":
                _set(found, body["bidder"], signed_in_at=iso(row["received_at"]))
            case "ReleaseReceived" if body["lot"] == lot:
                _set(found, body["bidder"], released_at=iso(row["received_at"]))
            case "BidOpened" if body["lot"] == lot:
                _set(found, body["bidder"], opened_at=iso(row["received_at"]))
            case "PricesDisclosed" if body["lot"] == lot:
                for bid in body["bids"]:
                    _set(found, bid["bidder"], price=bid["price"])
            case "PriceAnswered" if body["lot"] == lot:
                _set(found, body["bidder"], confirmed=body["answer"] == "confirmed")
    return list(found.values())


def presence(rows: Iterable[Row]) -> list[dict[str, object]]:
    """All intervals; a finished one replaces its own beginning."""
    found: dict[tuple[str, int, int], dict[str, object]] = {}
    for row in rows:
        if row["kind"] == "PresenceChanged":
            body = row["body"]
            found[body["participant"], body["connection"], body["start"]] = {
                "participant": body["participant"],
                "state": body["state"],
                "start": iso(body["start"]),
                "end": iso(body["end"]),
                "cause": body["cause"],
            }
    return list(found.values())


def outcome(rows: Iterable[Row]) -> str:
    """opened, failed (too few bidders) or incomplete."""
    kinds = {row["kind"] for row in rows}
    if "RoomEmptied" not in kinds:
        return "incomplete"
    return "opened" if "PricesDisclosed" in kinds else "failed"


WHY: Final = {
    "DeadlineHeld": ("incidents",),
    "DeadlineMoved": ("reason",),
    "Suspended": ("kind", "clause", "reason"),
    "SuspensionReasoned": ("reason",),
    "SplitDeclared": ("reading",),
    "IncidentRecorded": ("kind", "clause", "subject"),
    "ActRefused": ("actor", "act_type", "code"),
    "BidOpenFailed": ("bidder", "code"),
    "CauseDecided": ("bidder", "cause", "reason"),
    "ConnectionTaken": ("participant",),
    "TenderFailed": ("reason",),
}
"""Events that explain why an opening went as it did -> what of them is told."""


def why(rows: Iterable[Row]) -> list[dict[str, object]]:
    """What was out of the ordinary, in the order in which it happened."""
    return [
        {"event": phase_name(row["kind"]), "at": iso(_at(row))}
        | {name: row["body"][name] for name in WHY[row["kind"]]}
        for row in rows
        if row["kind"] in WHY
    ]


def prices(rows: Iterable[Row]) -> dict[str, dict[str, str]]:
    """Lot -> bidder -> disclosed price."""
    return {
        row["body"]["lot"]: {bid["bidder"]: bid["price"] for bid in row["body"]["bids"]}
        for row in rows
        if row["kind"] == "PricesDisclosed"
    }


def contradictions(rows: Sequence[Row], witnesses: Sequence[Witness]) -> list[str]:
    """What the journal and the robots say differently, in plain words; empty when all is as it should be."""
    found: list[str] = []
    disclosed = prices(rows)
    stored = {
        (row["body"]["deposit"]["lot"], row["body"]["deposit"]["bidder"]): row["body"]["deposit"]["sha256"]
        for row in rows
        if row["kind"] == "DepositReceived"
    }
    for one in witnesses:
        name = one.name or "a bidder robot"
        missing = [step for step in STEPS if step not in one.done]
        if missing:
            found.append(f"{name} did not get to: {', '.join(missing)}")
        for lot, price in one.sealed.items():
            shown = disclosed.get(lot, {}).get(one.bidder)
            if shown != price:
                found.append(f"{name} sealed {price} for lot {lot}, disclosed was {shown}")
        for lot, sha256 in one.deposited.items():
            if stored.get((lot, one.bidder)) != sha256:
                found.append(f"{name}'s deposit for lot {lot} has another digest in the journal")
        for lot, shown_prices in one.disclosed.items():
            if shown_prices != disclosed.get(lot):
                found.append(f"{name} was shown other prices for lot {lot} than the journal holds")
    return found


def gaps(recordings: Sequence[Recording], published: Mapping[str, float]) -> list[str]:
    """Whose recording is shorter than it was on camera, by more than a twentieth."""
    found: list[str] = []
    for participant, seconds in published.items():
        recorded = sum(one.seconds for one in recordings if one.participant == participant)
        if recorded < ENOUGH * seconds:
            found.append(f"{participant} was on camera for {seconds:.1f} s, recorded are {recorded:.1f} s")
    return found


def recording(participant: str, file: str, index: str) -> Recording:
    """Read a recording's index (JSONL): how long it is, and what it holds."""
    lines = [json.loads(line) for line in index.splitlines()]
    length = sum(int(line["duration"]) for line in lines if line["kind"] == "fragment")
    held = [name for name in ("audio", "video") if any(line.get(name) for line in lines)]
    return Recording(participant, file, length / 1000, "_".join(held))


def report(
    rows: Sequence[Row],
    recordings: Sequence[Recording],
    *,
    tender: str,
    lot: str,
    faults: Sequence[str],
    fault: str = "",
) -> dict[str, object]:
    """Give report.json. `fault`: the one that was played; `faults`: what did not hold."""
    return {
        "ok": not faults,
        "kind": "rehearsal",
        "fault": fault,
        "outcome": outcome(rows),
        "why": why(rows),
        "faults": list(faults),
        "tender": tender,
        "phases": phases(rows),
        "bidders": bidders(rows, lot),
        "record": "record.pdf",
        "bundle": "bundle.zip",
        "trust": "trust.json",
        "recordings": [
            {"participant": r.participant, "file": r.file, "seconds": r.seconds, "kind": r.kind}
            for r in recordings
        ],
        "presence": presence(rows),
    }


def _at(row: Row) -> int:
    """The event's own time where it has one: a tick may note a deadline a little later than it passed."""
    at = row["body"].get("at")
    return int(at) if isinstance(at, int) else int(row["received_at"])


def _set(found: Mapping[str, dict[str, object]], bidder: str, **facts: object) -> None:
    if bidder in found:
        found[bidder].update(facts)
