"""The other matters of record.json (clause 5.5.2 e) told a second time, from a bundle's rows alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hall.evidence.case import Case
from hall.evidence.history import Fact
from hall.evidence.pauses import of_suspension, pauses

Told = dict[str, object]


def matters(case: Case) -> Told:
    """Everything of the record that is not the course of a lot."""
    signed = case.history.of("RegisterSigned")
    return {
        "staff_changes": _in_time(_staff_changes(case)),
        "deadlines": _in_time(_deadlines(case)),
        "suspensions": list(_suspensions(case)),
        "consultations": [_consultation(case, fact) for fact in case.history.of("ConsultationOpened")],
        "incidents": list(_incidents(case)),
        "register": _register(case, signed[-1]) if signed else None,
        "causes": [_cause(case, fact) for fact in case.history.of("CauseDecided")],
        "failed_acts": list(_failed_acts(case)),
        "absences": _absences(case),
        "remarks": [
            {**_of(fact, "remark", "stance", "about", "text"), "at": fact.at, "by": signer(case, fact)}
            for fact in case.history.of("RemarkMade")
        ],
        "calls": [
            {**_of(fact, "callee", "outcome", "text"), "at": fact.at, "by": signer(case, fact)}
            for fact in case.history.of("CallLogged")
        ],
        "identity_checks": _in_time(_checks(case)),
        "cameras": [
            {"participant": f"camera-{one['camera']}", "name": one["name"]} for one in case.plan["cameras"]
        ],
        "external_recordings": list(_external(case)),
        "spoken": _in_time(_spoken(case)),
    }


def signer(case: Case, fact: Fact) -> str:
    """ "role name" of who signed a row, or "hall"."""
    role, _, party = fact.actor.partition(":")
    if fact.act is None:
        return "hall"
    if role == "bidder":
        name = case.name(party)
    else:
        posts = {str(one["certificate"]): str(one["name"]) for one in case.staff}
        name = posts.get(fact.act.certificate, "")
    return f"{role} {name}".strip()


def _of(fact: Fact, *names: str) -> Told:
    return {name: fact.body[name] for name in names}


def _in_time(lines: Iterator[Told]) -> list[Told]:
    return sorted(lines, key=lambda line: int(str(line["at"])))


def _staff_changes(case: Case) -> Iterator[Told]:
    for kind, name in (("PostTaken", "deputy"), ("SubstituteAppointed", "substitute")):
        for fact in case.history.of(kind):
            post = {key: fact.body["post"][key] for key in ("role", "name", "unit", "certificate")}
            reason = fact.body.get("reason", "")
            told = {"at": fact.at, "kind": name, "before": fact.body["before"], "reason": reason}
            yield {**post, **told, "by": signer(case, fact)}
    nobody = {"role": "notary", "name": "", "unit": "", "certificate": "", "before": ""}
    for fact in case.history.of("NotaryMarkedAbsent"):
        told = {"at": fact.at, "kind": "notary_absent", "reason": fact.body["reason"]}
        yield {**nobody, **told, "by": signer(case, fact)}


def _deadlines(case: Case) -> Iterator[Told]:
    for kind, name in (("DeadlineMoved", "moved"), ("OpeningPostponed", "postponed")):
        for fact in case.history.of(kind):
            told = {**_of(fact, "before", "after", "reason"), "incidents": []}
            yield {**told, "at": fact.at, "kind": name, "by": signer(case, fact)}
    for kind, name in (("DeadlineHeld", "held"), ("DeadlineConfirmed", "confirmed")):
        for fact in case.history.of(kind):
            told = {"before": fact.body["deadline"], "after": fact.body["deadline"]}
            rest = {"reason": fact.body.get("reason", ""), "incidents": fact.body.get("incidents", [])}
            yield {**told, **rest, "at": fact.at, "kind": name, "by": signer(case, fact)}


def _suspensions(case: Case) -> Iterator[Told]:
    for pause in pauses(case):
        body = pause.began.body
        number = body["suspension"]
        reasoned = next(iter(of_suspension(case, number, "SuspensionReasoned")), None)
        extended = [f.body["incident"] for f in of_suspension(case, number, "SuspensionExtended")]
        ends = of_suspension(case, number, "Resumed", "SuspensionLifted")
        lifted = bool(ends) and ends[0].kind == "SuspensionLifted"
        later = of_suspension(case, number, "ContinuationBegan")
        moved = [limit for fact in (*ends, *later) for limit in fact.body["limits"]]
        yield {
            "number": number,
            **{name: body[name] for name in ("kind", "clause")},
            "at": pause.at,
            "since": pause.since,
            "by": signer(case, pause.began),
            "reason": reasoned.body["reason"] if reasoned else body["reason"],
            "reasoned_by": signer(case, reasoned) if reasoned else "",
            "reasoned_at": reasoned.at if reasoned else None,
            "incidents": [number for number in (body["incident"], *extended) if number],
            "tests": [
                {**_of(fact, "test", "passed", "checks"), "at": fact.at}
                for fact in of_suspension(case, number, "ReliableTestDone")
            ],
            "splits": list(_splits(case, number)),
            "adjournments": list(_adjournments(case, number)),
            "ended_at": pause.ended if ends else None,
            "how": "" if not ends else "lifted" if lifted else "resumed",
            "limits": [{key: limit[key] for key in limit} for limit in moved],
            "gained": _pairs(ends[0].body["gained"]) if lifted else [],
        }


def _splits(case: Case, number: int) -> Iterator[Told]:
    lapsed = [f.body["at"] for f in of_suspension(case, number, "SplitLapsed")]
    for fact in of_suspension(case, number, "SplitDeclared"):
        plain = _of(fact, "reading", "opens_at", "closes_at", "continues_at", "venue")
        groups = {name: _pairs(fact.body[name]) for name in ("decrypted", "undecrypted")}
        moment = fact.body["opens_at"] or fact.body["continues_at"]
        over = moment if moment in lapsed else None
        yield {**plain, **groups, "lapsed_at": over, "at": fact.at, "by": signer(case, fact)}


def _adjournments(case: Case, number: int) -> Iterator[Told]:
    back = [fact.body["at"] for fact in of_suspension(case, number, "AdjournmentEnded")]
    damaged = {
        f"{lot['lot']}/{item['bidder']}"
        for fact in of_suspension(case, number, "AdjournmentRechecked")
        for lot in fact.body["lots"]
        for item in lot["items"]
        if not item["intact"]
    }
    for n, fact in enumerate(of_suspension(case, number, "Adjourned")):
        returned = back[n] if n < len(back) else None
        told = {**_of(fact, "resumes_at", "reason"), "at": fact.at, "returned_at": returned}
        yield {**told, "damaged": sorted(damaged), "by": signer(case, fact)}


def _pairs(bids: list[dict[str, Any]]) -> list[str]:
    return [f"{bid['lot']}/{bid['bidder']}" for bid in bids]


def _consultation(case: Case, opened: Fact) -> Told:
    number = opened.body["consultation"]
    answers = case.history.of("ConsultationAnswered", consultation=number)
    return {
        "number": number,
        **_of(opened, "about", "suspension", "lot", "bidder", "answer_by"),
        "at": opened.at,
        "answers": [{**_of(fact, "role", "stance", "reason"), "at": fact.at} for fact in answers],
    }


def explanations(case: Case) -> dict[int, str]:
    """Number of each explained entry of the register → its explanation."""
    return {
        n: str(f.body["text"]) for f in case.history.of("IncidentsExplained") for n in f.body["incidents"]
    }


def _incidents(case: Case) -> Iterator[Told]:
    explained = explanations(case)
    ends = {fact.body["incident"]: fact.body["at"] for fact in case.history.of("FaultEnded")}
    for fact in case.history.of("IncidentRecorded"):
        body = fact.body
        yield {
            **_of(fact, "incident", "kind", "clause", "subject", "scope", "start", "corrects"),
            "at": fact.at,
            "text": body["detail"],
            "end": ends.get(body["incident"], body["end"]),
            "by": signer(case, fact),
            "explanation": explained.get(body["incident"], ""),
        }


def _register(case: Case, fact: Fact) -> Told:
    return {**_of(fact, "entries", "digest"), "by": signer(case, fact), "at": fact.at}


def _cause(case: Case, fact: Fact) -> Told:
    entry = case.history.first("IncidentRecorded", incident=fact.body["incident"])
    return {
        **_of(fact, "lot", "bidder", "cause", "incident", "reason"),
        "clause": entry.body["clause"] if entry else "",
        "name": case.name(fact.body["bidder"]),
        "decided_by": signer(case, fact),
        "decided_at": fact.at,
    }


def remedies(case: Case) -> Iterator[Told]:
    """Releases by a recovery file: claims, then answers."""
    for fact in case.history.of("RemedyClaimed"):
        yield _remedy(case, fact, "claimed")
    for fact in case.history.of("RemedyAnswered"):
        yield _remedy(case, fact, "accepted" if fact.body["accepted"] else "refused")


def _remedy(case: Case, fact: Fact, act: str) -> Told:
    return {
        "act": act,
        **_of(fact, "lot", "bidder", "reason"),
        "name": case.name(fact.body["bidder"]),
        "by": signer(case, fact),
        "certificate": fact.act.certificate if fact.act else "",
        "at": fact.at,
    }


def _failed_acts(case: Case) -> Iterator[Told]:
    for fact in case.history.of("ActRefused", "AttemptNoted"):
        told = fact.kind == "AttemptNoted"
        role, _, party = (f"bidder:{fact.body['bidder']}" if told else str(fact.body["actor"])).partition(":")
        by = f"bidder-{party}" if role == "bidder" else role.replace("_", "-")
        yield {
            **_of(fact, "lot", "code"),
            "at": fact.at,
            "by": by,
            "act": fact.body["act_type"],
            "told": told,
        }


def _absences(case: Case) -> list[Told]:
    last: dict[tuple[int, str, int], Fact] = {}
    for fact in case.history.of("PresenceChanged"):
        last[(fact.body["start"], fact.body["participant"], fact.body["connection"])] = fact
    names = ("participant", "state", "start", "end", "cause", "confidence")
    return [_of(fact, *names) for _, fact in sorted(last.items()) if fact.body["state"] != "online"]


def _checks(case: Case) -> Iterator[Told]:
    for fact in case.history.of("IdentityChecked", "RepresentativeReplaced"):
        looked = fact.kind == "IdentityChecked"
        replaced = {"result": "replaced", "text": "", "moment": ""}
        result = _of(fact, "result", "text", "moment") if looked else replaced
        bidder = fact.body["bidder"]
        told = {"at": fact.at, "bidder": bidder, "name": case.name(bidder)}
        yield {**told, **result, "by": signer(case, fact)}


def _external(case: Case) -> Iterator[Told]:
    """Recordings made elsewhere, then those of calls, each with its files."""
    files: dict[str, list[Told]] = {}
    for fact in case.history.of("RecordingAttached"):
        told = _of(fact, "sha256", "size", "mime", "start", "end")
        files.setdefault(fact.body["recording"], []).append(told | {"at": fact.at, "by": signer(case, fact)})
    for fact in case.history.of("RecordingNamed"):
        told = _of(fact, "recording", "name", "place", "reason")
        mine = files.get(fact.body["recording"], [])
        yield told | {"at": fact.at, "by": signer(case, fact), "files": mine}
    for number, fact in enumerate(case.history.of("CallLogged"), start=1):
        if mine := files.get(f"call-{number}", []):
            told = {"recording": f"call-{number}", "name": fact.body["callee"], "place": ""}
            told |= {"reason": fact.body["text"], "at": fact.at, "by": signer(case, fact), "files": mine}
            yield told


def _spoken(case: Case) -> Iterator[Told]:
    titles = {text["key"]: text["title"] for text in case.plan["texts"]}
    hidden = {fact.body["message"]: fact.body["reason"] for fact in case.history.of("MessageHidden")}
    for fact in case.history.of("TextRead", "AnnouncementMade", "Said"):
        body = fact.body
        match fact.kind:
            case "TextRead":
                told = {"channel": "text", "text": titles.get(body["key"], body["key"]), "hidden": ""}
            case "AnnouncementMade":
                told = {"channel": "announcement", "text": body["text"], "hidden": ""}
            case _:
                gone = hidden.get(body["message"], "")
                told = {"channel": body["channel"], "text": body["text"], "hidden": gone}
        yield {**told, "at": fact.at, "by": signer(case, fact)}
