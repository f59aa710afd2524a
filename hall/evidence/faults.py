"""Deadlines and standstills: moved, held, suspended, consulted about, tested, resumed, split, adjourned (clauses 4.1,
4.7, 4.8). Predicates as in `conduct`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hall.evidence.case import Case, said
from hall.evidence.history import Fact
from hall.evidence.pauses import Pause, of_suspension, pauses

DAY: Final = 24 * 3_600_000
OFFSET: Final = 8 * 3_600_000
"""Asia/Shanghai."""

CONSULTED: Final = ("procuring_entity", "regulator", "trading_centre")
FAULTS: Final = ("system", "network")
PLATFORM: Final = frozenset("abcde")
CHECKS: Final = frozenset({"journal", "storage", "clock", "recorder", "sealing", "call"})

_STANDING: Final = (
    *("BiddersAnnounced", "LotLocked", "SealingDeclared", "DecryptionCommanded", "ReleaseReceived"),
    *("EntrustedOpened", "CustodiansNamed"),
    *("WindowClosed", "ResultsDeclared", "CauseDecided", "PricesDisclosed", "BidReadOut", "ObjectionsOpened"),
    *(
        "ObjectionsClosed",
        "RecordPrepared",
        "OpeningClosed",
        "QuoteOffered",
        "QuoteRoundClosed",
        "OwnWindowOpened",
    ),
)
"""What can't happen while everything stands still."""


def deadlines(case: Case) -> list[str]:
    """4.1: moved only before it passed, or out of a hold, later and never earlier, by the project owner's own act."""
    faults: list[str] = []
    passed = case.history.first("DeadlinePassed")
    for fact in case.history.of("DeadlineMoved", "OpeningPostponed"):
        faults += _moved(case, fact, passed)
    for fact in case.history.of("DepositDeadlineMoved"):
        if fact.body["before"] != case.deposits_until(fact.index):
            faults.append(f"{fact}: moves a deadline that was another one")
        if fact.body["after"] != case.deadline_at(fact.index):
            faults.append(f"{fact}: not the deadline of the opening")
    return faults


def _moved(case: Case, fact: Fact, passed: Fact | None) -> Iterator[str]:
    body = fact.body
    words = {"deadline": body["after"], "reason": body["reason"]}
    yield from said(case, fact, "move_deadline", case.post("procuring_entity", fact), **words)
    if body["before"] != case.deadline_at(fact.index) or body["after"] <= body["before"]:
        yield f"{fact}: the new deadline is not later than the old one"
    held = _hold(case, fact)
    if (passed is not None and passed.index < fact.index) or (held is None and fact.at >= body["before"]):
        yield f"{fact}: moved after the deadline had passed"
    same_day = _midnight(body["before"]) == _midnight(body["after"])
    if same_day is (fact.kind == "OpeningPostponed"):
        yield f"{fact}: another day has a sign-in window of its own, and the same day has not"
    if fact.kind == "OpeningPostponed" and body["sign_in_from"] != _midnight(body["after"]):
        yield f"{fact}: the sign-in does not open at 0:00 of the new day"


def _hold(case: Case, fact: Fact) -> Fact | None:
    """The hold under which `fact` happened, or None."""
    over = ("DeadlineMoved", "OpeningPostponed", "DeadlineConfirmed")
    earlier = [f for f in case.history.of("DeadlineHeld", *over) if f.index < fact.index]
    return earlier[-1] if earlier and earlier[-1].kind == "DeadlineHeld" else None


def _midnight(at: int) -> int:
    return (at + OFFSET) // DAY * DAY - OFFSET


def holds(case: Case) -> list[str]:
    """4.7: a deadline does not fire through a fault of the platform, and is held for nothing else."""
    faults: list[str] = []
    for fact in case.history.of("DeadlineHeld"):
        deadline = fact.body["deadline"]
        if deadline != case.deadline_at(fact.index) or fact.at < deadline:
            faults.append(f"{fact}: held another deadline, or before it came")
        entries = [case.history.first("IncidentRecorded", incident=n) for n in fact.body["incidents"]]
        if not entries or any(e is None or not _touches(case, e, fact, deadline) for e in entries):
            faults.append(f"{fact}: rests on no fault of the platform at the deadline")
    for fact in case.history.of("DeadlineConfirmed"):
        words = {"reason": fact.body["reason"]}
        faults += said(case, fact, "confirm_deadline", case.post("procuring_entity", fact), **words)
        if _hold(case, fact) is None:
            faults.append(f"{fact}: confirmed a deadline that was not held")
    for fact in case.history.of("DeadlineConfirmed", "DeadlineMoved", "OpeningPostponed"):
        if _hold(case, fact) is not None:
            faults += consulted(case, fact, about="deadline")
    return faults + list(_fired(case))


def _fired(case: Case) -> Iterator[str]:
    passed = case.history.first("DeadlinePassed")
    if passed is None:
        return
    if _hold(case, passed) is not None:
        yield f"{passed}: fired out of a hold that nobody ended"
    ended = case.history.of("DeadlineConfirmed", "DeadlineMoved", "OpeningPostponed")
    weighed = max((f.index for f in ended), default=-1)
    for entry in case.history.of("IncidentRecorded"):
        if weighed < entry.index < passed.index and _touches(case, entry, passed, passed.body["at"]):
            yield f"{passed}: fired through a fault of the platform (incident {entry.body['incident']})"


def _touches(case: Case, entry: Fact, before: Fact, deadline: int) -> bool:
    """Whether the hall's own detectors had found a fault that contains the deadline or reaches into the time before."""
    body = entry.body
    if entry.act is not None or body["clause"] not in PLATFORM or body["start"] is None:
        return False
    near = deadline - case.plan["rules"]["hold_before_deadline"]
    ended = [
        f.body["at"]
        for f in case.history.of("FaultEnded", incident=body["incident"])
        if f.index < before.index
    ]
    end = ended[0] if ended else body["end"]
    return bool(entry.index < before.index and body["start"] <= deadline and (end is None or end > near))


def suspensions(case: Case) -> list[str]:
    """4.8: who suspended and why, how long, what it gave back, and by which way it went on."""
    faults: list[str] = []
    ended = 0
    for number, pause in enumerate(pauses(case), start=1):
        if pause.began.body["suspension"] != number:
            faults.append(f"{pause.began}: suspensions are not counted as they came")
        faults += _began(case, pause, ended)
        faults += _given_back(case, pause)
        faults += _went_on(case, pause)
        faults += _stood_still(case, pause)
        ended = pause.ended
    for fact in case.history.of("ConsultationAnswered"):
        faults += _answer(case, fact)
    return faults


def _began(case: Case, pause: Pause, earliest: int) -> Iterator[str]:
    fact, body = pause.began, pause.began.body
    role = fact.actor.partition(":")[0]
    entry = case.history.first("IncidentRecorded", incident=body["incident"])
    found = entry is not None and entry.index < fact.index and entry.act is None
    if body["incident"] and not (found and entry is not None and entry.body["clause"] in PLATFORM):
        yield f"{fact}: rests on no fault that a detector found"
    if fact.act is None and not body["incident"]:
        yield f"{fact}: nobody suspended the opening"
    if fact.act is not None and fact.act.type == "adjourn":
        yield from said(case, fact, "adjourn", case.post("procuring_entity", fact), reason=body["reason"])
    elif fact.act is not None:
        if role not in ("host", "procuring_entity", "regulator") or (body["kind"] == "order") is not (
            role == "regulator"
        ):
            yield f"{fact}: suspended by somebody who may not"
        words = {name: body[name] for name in ("kind", "clause", "reason")}
        yield from said(case, fact, "suspend", case.post(role, fact), **words)
    start = entry.body["start"] if entry is not None else None
    first = fact.at if start is None else min(max(start, earliest), fact.at)
    if body["since"] != first or not earliest <= body["last_good"] <= body["since"]:
        yield f"{fact}: its start is not that of the fault"
    if pause.since < min(max(body["last_good"], earliest), body["since"]) and not _extended(
        case, pause, earliest
    ):
        yield f"{fact}: dated back behind the last moment at which all was well"
    waits = role == "host" and not body["incident"]
    limit = case.plan["rules"]["suspension_reason_limit"]
    if body["reason_by"] != (fact.at + limit if waits else None):
        yield f"{fact}: the time for its reason is not the published one"
    for reasoned in of_suspension(case, body["suspension"], "SuspensionReasoned"):
        owner = case.post("procuring_entity", reasoned)
        yield from said(case, reasoned, "reason_suspension", owner, reason=reasoned.body["reason"])


def _extended(case: Case, pause: Pause, earliest: int) -> bool:
    """Whether another fault that a detector found explains the earlier start."""
    for fact in of_suspension(case, pause.began.body["suspension"], "SuspensionExtended"):
        entry = case.history.first("IncidentRecorded", incident=fact.body["incident"])
        if entry is not None and entry.act is None and entry.body["start"] is not None:
            if pause.since >= max(entry.body["start"], earliest):
                return True
    return False


def _given_back(case: Case, pause: Pause) -> Iterator[str]:
    """No countdown is shortened, and none is stretched beyond the time from the fault's start to the end."""
    number = pause.began.body["suspension"]
    for fact in of_suspension(case, number, "Resumed", "SuspensionLifted", "ContinuationBegan"):
        until = fact.body["at"]
        for limit in fact.body["limits"]:
            if limit["after"] < limit["before"]:
                yield f"{fact}: {limit['name']} of lot {limit['lot']} was shortened"
            if limit["after"] - limit["before"] > until - pause.since:
                yield f"{fact}: {limit['name']} of lot {limit['lot']} was stretched beyond the standstill"


def _went_on(case: Case, pause: Pause) -> Iterator[str]:
    """By a passed test and the host's act within three hours, by a split after them, from an adjournment, or by
    itself where no reason came."""
    number = pause.began.body["suspension"]
    ends = of_suspension(case, number, "Resumed", "SuspensionLifted")
    if len(ends) > 1:
        yield f"{ends[1]}: told a second time"
    if not ends:
        return
    end = ends[0]
    reasoned = of_suspension(case, number, "SuspensionReasoned", "SuspensionExtended")
    if end.kind == "SuspensionLifted":
        by = pause.began.body["reason_by"]
        if by is None or end.body["at"] <= by or any(f.index < end.index for f in reasoned):
            yield f"{end}: lifted though a reason was given, or before its time was over"
        return
    if pause.began.body["reason_by"] is not None and not any(f.index < end.index for f in reasoned):
        yield f"{end}: went on without the project owner's reason"
    announced = of_suspension(case, number, "ResumptionAnnounced")
    split = of_suspension(case, number, "SplitDeclared")
    away = of_suspension(case, number, "Adjourned")
    for fact in split:
        yield from _split(case, pause, fact)
    for fact in away:
        words = {name: fact.body[name] for name in ("resumes_at", "reason")}
        yield from said(case, fact, "adjourn", case.post("procuring_entity", fact), **words)
    moments = [(f.body["resumes_at"], f) for f in announced]
    moments += [(f.body["opens_at"] or f.body["continues_at"], f) for f in split]
    if any(at == end.body["at"] for at, _ in moments):
        yield from (fault for f in announced for fault in _announced(case, pause, f))
    elif not away or not _returned(case, number, end):
        yield f"{end}: nobody said that the opening goes on then"
    fault = fault_start(case, pause)
    if fault is not None and not away and not split and announced:
        if announced[-1].at - fault > case.plan["rules"]["fault_limit"]:
            yield f"{end}: went on after three hours without a split"
    if fault is not None and not _tested(case, pause, end):
        yield f"{end}: no reliable test was passed after the fault"
    if pause.began.body["kind"] in FAULTS and not away:
        yield from consulted(case, end, about="suspension", suspension=number)


def fault_start(case: Case, pause: Pause) -> int | None:
    """Start of the system or network fault, from which the three hours count; None where there was none."""
    number = pause.began.body["suspension"]
    found = [f.body["began"] for f in of_suspension(case, number, "SuspensionExtended")]
    if pause.began.body["kind"] in FAULTS:
        dated = [f.body["since"] for f in of_suspension(case, number, "SuspensionReasoned")]
        found += [pause.began.body["since"], *dated]
    return min(found, default=None)


def _announced(case: Case, pause: Pause, fact: Fact) -> Iterator[str]:
    minutes, rest = divmod(fact.body["resumes_at"] - fact.at, 60_000)
    yield from said(case, fact, "resume", case.post("host", fact), minutes=minutes)
    least = 0 if case.plan["mode"] == "rehearsal" else case.plan["rules"]["resume_notice"]
    if rest or fact.body["resumes_at"] < fact.at + least:
        yield f"{fact}: announced too late"


def _tested(case: Case, pause: Pause, end: Fact) -> bool:
    number = pause.began.body["suspension"]
    last = max(
        (f.index for f in of_suspension(case, number, "SuspensionExtended")), default=pause.began.index
    )
    for fact in of_suspension(case, number, "ReliableTestDone"):
        asked = [
            f for f in of_suspension(case, number, "TestRequested") if f.body["test"] == fact.body["test"]
        ]
        checks = {check["name"]: check["passed"] for check in fact.body["checks"]}
        if fact.body["passed"] and all(checks.get(name) for name in CHECKS) and asked:
            if last < asked[0].index < fact.index < end.index:
                return True
    return False


def _returned(case: Case, number: int, end: Fact) -> bool:
    """Whether it came back by itself: at the signed moment, with every sealed bid hashed and intact."""
    away = [f for f in of_suspension(case, number, "Adjourned") if f.index < end.index][-1]
    back = [f for f in of_suspension(case, number, "AdjournmentEnded") if away.index < f.index < end.index]
    hashed = [
        f
        for f in of_suspension(case, number, "AdjournmentRechecked")
        if f.body["returned"] and away.index < f.index < end.index
    ]
    if not back or not hashed or min(back[-1].body["at"], end.body["at"]) < away.body["resumes_at"]:
        return False
    found: dict[tuple[str, str], dict[str, Any]] = {
        (lot["lot"], item["bidder"]): item for lot in hashed[-1].body["lots"] for item in lot["items"]
    }
    return all(
        item is not None and item["intact"] and item["sha256"] == deposit["sha256"]
        for lot in case.lots()
        for bidder, deposit in case.deposits(lot).items()
        for item in (found.get((lot, bidder)),)
    )


def _split(case: Case, pause: Pause, fact: Fact) -> Iterator[str]:
    """After more than three hours; the decrypted never go on before the undecrypted have had their window."""
    body, fault = fact.body, fault_start(case, pause)
    owner, opens_at, continues_at = (
        case.post("procuring_entity", fact),
        body["opens_at"],
        body["continues_at"],
    )
    yield from said(
        case, fact, "declare_split", owner, opens_at=opens_at or 0, continues_at=continues_at or 0
    )
    if fault is None or fact.at - fault <= case.plan["rules"]["fault_limit"]:
        yield f"{fact}: declared within three hours, or for no fault"
    if body["continues_at"] is not None and body["closes_at"] is not None:
        if body["continues_at"] < body["closes_at"]:
            yield f"{fact}: the decrypted were to go on before the others' window was over"
    # Other times, declared after these had lapsed, or a day that the owner named, take their place.
    later = of_suspension(case, body["suspension"], "SplitDeclared", "Adjourned")
    replaced = min((f.index for f in later if f.index > fact.index), default=case.history.tree.size)
    for begun in of_suspension(case, body["suspension"], "ContinuationBegan"):
        if begun.body["at"] < (body["continues_at"] or 0) and fact.index < begun.index < replaced:
            yield f"{begun}: the decrypted went on too early"
    for lapsed in of_suspension(case, body["suspension"], "SplitLapsed"):
        if fact.index < lapsed.index < replaced and _tested(case, pause, lapsed):
            yield f"{lapsed}: lapsed though a reliable test had been passed"


def _stood_still(case: Case, pause: Pause) -> Iterator[str]:
    ends = of_suspension(case, pause.began.body["suspension"], "Resumed", "SuspensionLifted")
    until = ends[0].index if ends else case.history.tree.size
    for fact in case.history.of(*_STANDING):
        if pause.began.index < fact.index < until and fact.at < pause.ended:
            yield f"{fact}: happened while the opening stood still"


def consulted(
    case: Case, fact: Fact, *, about: str, suspension: int = 0, lot: str = "", bidder: str = ""
) -> Iterator[str]:
    """The three parties were asked about it and had answered, or let their time pass, before `fact`."""
    key = {"about": about, "suspension": suspension, "lot": lot, "bidder": bidder}
    asked = [f for f in case.history.of("ConsultationOpened", **key) if f.index < fact.index]
    if not asked:
        yield f"{fact}: the three parties were not consulted"
        return
    answers = case.history.of("ConsultationAnswered", consultation=asked[-1].body["consultation"])
    given = {f.body["role"] for f in answers if f.index < fact.index}
    for role in CONSULTED:
        if role not in given:
            yield f"{fact}: came before the {role} was heard"


def _answer(case: Case, fact: Fact) -> Iterator[str]:
    body = fact.body
    asked = case.history.first("ConsultationOpened", consultation=body["consultation"])
    if asked is None or asked.index > fact.index or body["role"] not in CONSULTED:
        yield f"{fact}: nobody was asked"
    elif body["stance"] == "no_answer":
        if fact.act is not None or fact.actor != "system" or fact.at <= asked.body["answer_by"]:
            yield f"{fact}: the {body['role']} still had time to answer"
    else:
        words = {name: body[name] for name in ("consultation", "stance", "reason")}
        yield from said(case, fact, "consult", case.post(body["role"], fact), **words)
