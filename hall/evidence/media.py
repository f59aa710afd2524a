"""Picture and sound: who had the floor, whether each representative is one and the same person, and recordings made
elsewhere. Predicates as in `conduct` (clauses 4.4, 5.3.7, 6.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hall.errors import HallError
from hall.evidence.case import Case, said
from hall.evidence.history import Fact

_MOMENTS: Final = {
    "decryption": "ReleaseReceived",
    "price": "PriceAnswered",
    "objection": "ObjectionRaised",
}
"""A look in the middle of the opening, and after which row of that bidder it may be due."""

_FAILED: Final = {"no_camera": "camera_missing", "not_the_same": "identity_not_confirmed"}
_SEEN: Final = ("BiddersAnnounced", "LotLocked")
_PROVED: Final = (
    *("BiddersAnnounced", "LotLocked", "SealingDeclared", "DecryptionCommanded", "ResultsDeclared"),
    *("ObjectionsOpened", "OpeningClosed"),
)


def floor(case: Case) -> list[str]:
    """4.4: the floor is the host's to give; who asks for it asks for itself; all are muted by host or supervisor."""
    faults: list[str] = []
    holder = ""
    for fact in case.history.of("FloorGiven", "Suspended", "OpeningClosed"):
        if fact.kind != "FloorGiven":
            holder = ""
            continue
        body = fact.body
        if fact.act is not None:
            host = case.post("host", fact)
            faults += said(case, fact, "give_floor", host, participant=body["participant"])
        elif body["participant"] or body["cause"] != "offline" or fact.actor != "system":
            faults.append(f"{fact}: given by nobody")
        elif not _gone(case, fact, body["before"]):
            faults.append(f"{fact}: taken from somebody who was there")
        if body["before"] != holder:
            faults.append(f"{fact}: taken from somebody who did not have it")
        if body["participant"].startswith("bidder-") and not _known(case, fact, body["participant"]):
            faults.append(
                f"{fact}: given to a bidder before its announcement, or to one that did not sign in"
            )
        holder = body["participant"]
    for fact in case.history.of("HandRaised", "HandLowered"):
        if fact.body["participant"] != _participant(fact):
            faults.append(f"{fact}: told of another than its signer")
    return faults


def same_person(case: Case) -> list[str]:
    """5.3.7: who is looked at has been announced; a look that failed stands in the register; another representative
    and another device came by a signed act of the bidder itself; a machine compared nobody who had not consented."""
    faults: list[str] = []
    for fact in case.history.of("IdentityChecked"):
        faults += _check(case, fact)
    for fact in case.history.of("RepresentativeReplaced"):
        bidder = fact.body["bidder"]
        if not _before(case, fact, "BidderSignedIn", bidder=bidder):
            faults.append(f"{fact}: replaces somebody who had not signed in")
    for fact in case.history.of("ConnectionTaken"):
        if fact.body["participant"] != _participant(fact):
            faults.append(f"{fact}: takes over another's place")
    for fact in case.history.of("PresenceChanged"):
        faults += _taken(case, fact)
    for fact in case.history.of("FaceFlagged"):
        people = [
            f
            for f in case.history.of("BidderSignedIn", "RepresentativeReplaced", bidder=fact.body["bidder"])
            if f.index < fact.index
        ]
        if not people or not people[-1].body["compares"] or not people[-1].body["photo"]:
            faults.append(f"{fact}: compares somebody who had not consented")
        elif not _known(case, fact, f"bidder-{fact.body['bidder']}"):
            faults.append(f"{fact}: compares somebody before the announcement")
    return faults


def _check(case: Case, fact: Fact) -> Iterator[str]:
    body = fact.body
    bidder, moment = body["bidder"], body["moment"]
    if not _known(case, fact, f"bidder-{bidder}"):
        yield f"{fact}: looked at somebody before the announcement, or who had not signed in"
    if moment and not _before(case, fact, _MOMENTS.get(moment, ""), bidder=bidder):
        yield f"{fact}: answers a look that was not due"
    if _words(fact, "moment") != moment:
        yield f"{fact}: its signer said something else (moment)"
    entries = case.history.of("IncidentRecorded", subject=f"bidder-{bidder}")
    wanted = _FAILED.get(body["result"])
    if wanted and not any((f.at, f.body["kind"]) == (fact.at, wanted) for f in entries):
        yield f"{fact}: failed and stands in no register"


def _taken(case: Case, fact: Fact) -> Iterator[str]:
    """A takeover in the presence log rests on the signed act that it names."""
    for proof in fact.body["proofs"]:
        kind, _, digest = proof.partition(":")
        if kind != "takeover":
            continue
        acts = [f for f in case.history.of("ConnectionTaken") if f.act and f.act.body_digest == digest]
        if not any(f.body["participant"] == fact.body["participant"] for f in acts):
            yield f"{fact}: taken over without an act"


def external(case: Case) -> list[str]:
    """6.1: where nothing proved that it was written, the step rests on a recording that the project owner had named and
    that no recorder had replaced since; files are attached to what was named or called."""
    faults: list[str] = []
    for fact in case.history.of(*_PROVED):
        proof = fact.body["proof"]
        if not proof["file"] and standing(case, fact) != (proof["participant"], proof["at"]):
            faults.append(f"{fact}: rests on a recording that nobody had named, or that had ended")
    for number, fact in enumerate(case.history.of("RecordingNamed"), start=1):
        if fact.body["recording"] != f"external-{number}":
            faults.append(f"{fact}: recordings are not counted as they were named")
        if not _entered(case, fact):
            faults.append(f"{fact}: its gap stands in no register")
    for fact in case.history.of("RecordingAttached"):
        body = fact.body
        named = {f.body["recording"] for f in case.history.of("RecordingNamed") if f.index < fact.index}
        calls = sum(f.index < fact.index for f in case.history.of("CallLogged"))
        if body["recording"] not in named | {f"call-{n}" for n in range(1, calls + 1)}:
            faults.append(f"{fact}: attached to what was neither named nor called")
        if not body["start"] <= body["end"] <= fact.at:
            faults.append(f"{fact}: covers a time that had not come")
    return faults


def _entered(case: Case, named: Fact) -> bool:
    """Whether the register has the gap: an entry that came with it, or silent recorders that had not come back."""
    entries = case.history.of("IncidentRecorded", kind="recording_gap")
    if any(f.at == named.at and f.index > named.index for f in entries):
        return True
    ends = {f.body["incident"]: f.index for f in case.history.of("FaultEnded")}
    return any(
        f.index < named.index < ends.get(f.body["incident"], case.history.tree.size)
        for f in case.history.of("IncidentRecorded", kind="recorder_silent")
    )


def standing(case: Case, at: Fact) -> tuple[str, int] | None:
    """(name, ms UTC of its naming) of the recording made elsewhere on which the agenda went on right before `at`."""
    found: tuple[str, int] | None = None
    silent = {f.body["incident"] for f in case.history.of("IncidentRecorded", kind="recorder_silent")}
    for fact in case.history.of("RecordingNamed", "FaultEnded", "IncidentRecorded", *_PROVED):
        if fact.index >= at.index:
            break
        if fact.kind == "RecordingNamed":
            found = (fact.body["recording"], fact.at)
        elif fact.kind == "IncidentRecorded":
            found = None if fact.body["kind"] == "recorder_silent" else found
        elif fact.kind == "FaultEnded":
            found = None if fact.body["incident"] in silent else found
        elif fact.body["proof"]["file"]:
            found = None
    return found


def named(case: Case) -> str:
    """The recordings made elsewhere in words, for the reader; "" where there are none."""
    told = []
    for fact in case.history.of("RecordingNamed"):
        name = fact.body["recording"]
        files = len(case.history.of("RecordingAttached", recording=name))
        told.append(
            f"{name} ({fact.body['name']}, {fact.body['place']}): {files or 'none'} of its files attached"
        )
    return "; ".join(told)


def _known(case: Case, at: Fact, participant: str) -> bool:
    """Whether a bidder had signed in and been announced before `at`."""
    bidder = participant.removeprefix("bidder-")
    told = [f for f in case.history.of(*_SEEN) if f.index < at.index]
    listed = {b for f in told for key in ("bidders", "without_deposit") for b in f.body[key]}
    return bidder in listed and _before(case, at, "BidderSignedIn", bidder=bidder)


def _gone(case: Case, at: Fact, participant: str) -> bool:
    told = [f for f in case.history.of("PresenceChanged", participant=participant) if f.index < at.index]
    return bool(told) and told[-1].body["state"] == "offline"


def _before(case: Case, at: Fact, kind: str, **wanted: object) -> bool:
    return any(f.index < at.index for f in case.history.of(kind, **wanted))


def _participant(fact: Fact) -> str:
    role, _, party = fact.actor.partition(":")
    return f"bidder-{party}" if role == "bidder" else role.replace("_", "-")


def _words(fact: Fact, name: str) -> str:
    """What a signer said under a key that its words may have, "" where they have none."""
    try:
        return str(fact.act.body_json().get(name, "")) if fact.act is not None else ""
    except HallError:
        return ""
