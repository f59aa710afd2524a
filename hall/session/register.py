"""The incident register (clause 4.3): append-only, nothing hidden, owned by the procuring entity, which signs its final
state. The clerk writes for it, any staff may note, any bidder may report a fault in one click.

Pure, as `decide` is.
"""

from __future__ import annotations

import hashlib
from typing import Final

from hall.errors import Refused
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role, participant_of
from hall.session import commands as c
from hall.session import consultation
from hall.session import events as e
from hall.session.roster import all_announced, check_named, check_participant
from hall.session.state import OpeningState

KINDS: Final = frozenset({"note", "overstepping", "dispute", "identity", "other"})
"""What staff may enter by hand; the hall's own kinds are its detectors' business."""

MEDIA_GAP: Final = "media_gap"
LINE: Final = frozenset({MEDIA_GAP})
"""Automatic entries about somebody's own line."""

NOT_WRITTEN: Final = "recording_gap"
"""Picture and sound arrive, and the hall does not write them (clause 6.1)."""

FAULT_REPORTED: Final = "fault_reported"
_BIDDER: Final = "bidder-"
_WRITES_FAULTS: Final = (Role.CLERK, Role.PROCURING_ENTITY)
"""Who may put a letter of clause 4.7 to an entry by hand: the register's owner, and the clerk who writes for it."""


def entry(
    state: OpeningState,
    kind: str,
    subject: str,
    detail: str,
    *,
    clause: str = "",
    act: SignedAct | None = None,
    after: int = 0,
    scope: tuple[str, ...] = (),
) -> e.IncidentRecorded:
    """The register's next entry; `after`: how many entries the same decision has made before it; scope: the
    bidders that it frees."""
    number = len(state.incidents) + 1 + after
    return e.IncidentRecorded(number, kind, clause, subject, detail, scope, act=act)


def lasting_gap(state: OpeningState, participant: str) -> e.IncidentRecorded | None:
    """The entry about a participant's missing picture that is not over, or None."""
    return next(
        (
            i
            for i in state.incidents
            if i.kind in (MEDIA_GAP, NOT_WRITTEN)
            and i.subject == participant
            and i.start is not None
            and i.end is None
        ),
        None,
    )


def gap(state: OpeningState, command: c.NoteGap, now: int) -> list[e.Event]:
    """A picture is missing: one entry for each participant and interval (clauses 5.3.7, 6.1)."""
    if state.leave_by is not None or lasting_gap(state, command.participant) is not None:
        return []
    number, start = len(state.incidents) + 1, min(command.start, now)
    return [e.IncidentRecorded(number, command.kind, "", command.participant, command.detail, start=start)]


def report(state: OpeningState, command: c.ReportFault, actor: Actor) -> list[e.Event]:
    """A bidder's own words, unedited, possibly none at all: the click alone says that something is wrong."""
    return [entry(state, FAULT_REPORTED, participant_of(actor), command.text, act=command.act)]


def record(state: OpeningState, command: c.RecordIncident, actor: Actor, now: int) -> list[e.Event]:
    """An entry by hand; a correction is a new entry that points at the old one."""
    if command.kind not in KINDS:
        raise Refused("unknown_incident_kind", kind=command.kind)
    if command.clause and actor.role not in _WRITES_FAULTS:
        # clause 4.7: what frees the parties is the project owner's to state; others describe what they saw
        raise Refused("clause_is_the_owners", clause=command.clause)
    if command.subject:
        check_participant(state, command.subject)
    check_named(state, *command.scope)
    # Until all lots are announced the count of entries is a secret too: bidders report faults, and sign in.
    if command.corrects > (len(state.incidents) if all_announced(state) else 0):
        raise Refused("no_such_incident", incident=command.corrects)
    if command.start > now:
        raise Refused("in_the_future", start=command.start)
    written = e.IncidentRecorded(
        len(state.incidents) + 1,
        command.kind,
        command.clause,
        command.subject,
        command.text,
        command.scope,
        start=command.start or None,
        end=now if command.start else None,
        corrects=command.corrects,
        act=command.act,
    )
    return [written, *_consulted(state, written, now)]


def _consulted(state: OpeningState, written: e.IncidentRecorded, now: int) -> list[e.Event]:
    """clause 4.7: a bidder's own trouble frees it only by the project owner's decision after the three were asked."""
    if not written.clause:
        return []
    # A post's name is no bidder's, whatever a bidder is called.
    subject = written.subject.removeprefix(_BIDDER) if written.subject.startswith(_BIDDER) else ""
    named = [b for b in dict.fromkeys((*written.scope, subject)) if b]
    found: list[e.Event] = []
    for lot in state.lots.values():
        # Of a lot that is still sealed both lists are empty: to be asked about tells no more than the announcement did.
        concerned = [b for b in named if b in (*lot.bidders, *lot.not_signed_in) and not lot.settled]
        for bidder in concerned:
            if not consultation.runs(state, e.About.BID, lot=lot.lot, bidder=bidder):
                about = e.About.BID
                found.append(
                    consultation.opened(state, about, now, lot=lot.lot, bidder=bidder, ahead=len(found))
                )
    return found


def unexplained(state: OpeningState) -> tuple[int, ...]:
    """Numbers of automatic entries without an explanation. Gaps of somebody's line alone don't block: their owner
    could make them for ever."""
    return tuple(
        i.incident
        for i in state.incidents
        if i.act is None and i.kind not in LINE and i.incident not in state.explained
    )


def explain(state: OpeningState, command: c.ExplainIncidents) -> list[e.Event]:
    """Entries explained in bulk; what was signed with the register stays as it was signed."""
    numbers = command.incidents
    if not all_announced(state):
        raise Refused("not_announced_yet")  # whose entry a number is would betray who is there
    unknown = [n for n in numbers if not 0 < n <= len(state.incidents)]
    if unknown or not numbers:
        raise Refused("no_such_incident", incident=min(unknown, default=0))
    if state.register is not None and min(numbers) <= state.register.entries:
        raise Refused("register_signed")
    if explained := [n for n in numbers if n in state.explained]:
        raise Refused("explained_already", incident=explained[0])
    return [e.IncidentsExplained(numbers, command.text, command.act)]


def explainable(state: OpeningState) -> bool:
    """Whether an automatic entry still waits for its explanation."""
    return all_announced(state) and bool(unexplained(state))


def register_digest(state: OpeningState, entries: int | None = None) -> str:
    """SHA-256 over the canonical list of the first `entries` entries, or all, with explanations: what is signed."""
    listed = [
        {
            "incident": i.incident,
            "kind": i.kind,
            "clause": i.clause,
            "subject": i.subject,
            "detail": i.detail,
            "scope": list(i.scope),
            "start": i.start,
            "end": i.end,
            "corrects": i.corrects,
            "explanation": state.explained.get(i.incident, ""),
        }
        for i in state.incidents[:entries]
    ]
    return hashlib.sha256(canonical.dumps(listed)).hexdigest()


def register_ready(state: OpeningState) -> bool:
    """Whether the register's final state can be signed: all lots are settled and every automatic entry is explained."""
    return settled(state) and not _signed(state) and not unexplained(state)


def settled(state: OpeningState) -> bool:
    """Whether nothing is left to do in any lot."""
    return bool(state.lots) and all(lot.settled for lot in state.lots.values())


def _signed(state: OpeningState) -> bool:
    """Whether the signed state is the present one; what came in after the signature may be signed anew."""
    return state.register is not None and state.register.entries == len(state.incidents)


def sign(state: OpeningState, command: c.SignRegister) -> list[e.Event]:
    """The procuring entity signs the register as it was shown. What came in meanwhile is no part of that and does not
    make it stale, or one report a second would keep an opening from its end; it may be signed for anew."""
    if not settled(state):
        raise Refused("not_now")
    entries = command.entries
    if state.register is not None and entries <= state.register.entries:
        raise Refused("signed_already")
    if missing := [n for n in unexplained(state) if n <= entries]:
        raise Refused("incidents_unexplained", incident=missing[0], missing=len(missing))
    if entries > len(state.incidents) or command.digest != register_digest(state, entries):
        raise Refused("stale_register")
    return [e.RegisterSigned(entries, command.digest, command.act)]
