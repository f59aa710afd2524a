"""Which notices a tender owes, computed from the other machines: from the rows of their streams and from the time.

One table says it: event → who is told what. Nothing is queued: after a crash the same rows owe the same notices, under
the same ids. What may not live here: words (`hall.notices`), and who has an address.

Each addressee learns of itself alone. Before the announcement that is the law (Bidding Law 22): no draft below names a
bidder to anybody else, and reminders go out by machine, so that no person learns to whom (clause 5.3.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hall.notifying.events import Fact
from hall.procurement import canonical
from hall.procurement.parties import CONSULTED, Role
from hall.procurement.tender import MINUTE
from hall.session.rules import Stage
from hall.session.state import OpeningState
from hall.tendering.state import TenderState

BIDDER: Final = Role.BIDDER.value
REMIND_BEFORE: Final = (120, 30, 10)
"""Minutes before the deadline at which a depositor who has not signed in is reminded (clause 5.3.2)."""


@dataclass(frozen=True, slots=True)
class Addressee:
    role: str
    party: str


@dataclass(frozen=True, slots=True)
class Circle:
    """Whom a tender can write to. taking_part: who has deposited or signed in; known: every bidder the hall knows, a
    set that does not depend on who takes part; listed: (lot, its announced bidders)."""

    staff: tuple[Addressee, ...]
    taking_part: tuple[str, ...]
    known: tuple[str, ...]
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice without its words: to whom, and the facts that the words need."""

    kind: str
    to: tuple[Addressee, ...]
    facts: Mapping[str, object] = field(default_factory=dict)
    lot: str = ""
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """One notice to one party. `notice`: the same for the same cause, addressee and kind, for ever."""

    notice: str
    kind: str
    opening: str
    lot: str
    role: str
    party: str
    because: str
    facts: tuple[Fact, ...]
    due_at: int
    until: int | None


Entry = tuple[int, str, Any]
"""(received_at ms, actor key, event) of one row of a room."""

Whom = Callable[[Circle], Iterable[Addressee]]
Rule = Callable[[Any, Circle], Iterable[Draft]]


def circle(opening: OpeningState, tendering: TenderState, known: Iterable[str]) -> Circle:
    """Who can be written to now. known: the ids of all bidders of the directory."""
    staff = (Addressee(post.role.value, post.party) for post in opening.posts.values())
    active = {d.bidder for d in (*tendering.deposits, *opening.deposits) if not d.superseded}
    return Circle(
        tuple(sorted(staff, key=lambda one: (one.party, one.role))),
        tuple(sorted(active | opening.signed_in.keys())),
        tuple(sorted(known)),
        {lot.lot: lot.taking_part for lot in opening.lots.values()},
    )


# whom


def everybody(known: Circle) -> Iterable[Addressee]:
    """Every bidder of the hall and the staff: who is written to says nothing about who takes part."""
    return (*(Addressee(BIDDER, party) for party in known.known), *known.staff)


def those_taking_part(known: Circle) -> Iterable[Addressee]:
    """Who has deposited or signed in, and the staff."""
    return (*(Addressee(BIDDER, party) for party in known.taking_part), *known.staff)


def the_three(known: Circle) -> Iterable[Addressee]:
    """Project owner, regulator and trading centre."""
    return (one for one in known.staff if one.role in CONSULTED)


# rules


def told(kind: str, whom: Whom, *facts: str) -> Rule:
    """Everybody in `whom` is told the named values of the event."""

    def drafts(event: Any, known: Circle) -> Iterator[Draft]:
        lot = getattr(event, "lot", "")
        yield Draft(kind, tuple(whom(known)), {name: getattr(event, name) for name in facts}, lot=lot)

    return drafts


def _own_window(event: Any, known: Circle) -> Iterator[Draft]:
    facts = {name: getattr(event, name) for name in ("opened_at", "closes_at", "incident")}
    to = (Addressee(BIDDER, event.bidder),)
    yield Draft("own_window", to, facts, lot=event.lot, until=event.closes_at)


def _cause(event: Any, known: Circle) -> Iterator[Draft]:
    """Clause 5.3.4: the bidder concerned learns it, and where its signed statement lies."""
    facts = {"cause": event.cause.value, "reason": event.reason}
    yield Draft("cause_decided", (Addressee(BIDDER, event.bidder),), facts, lot=event.lot)


def _to_the_lot(kind: str, *facts: str) -> Rule:
    """The announced bidders of the event's lot: who is away misses neither a command nor a right."""

    def drafts(event: Any, known: Circle) -> Iterator[Draft]:
        to = tuple(Addressee(BIDDER, bidder) for bidder in known.listed.get(event.lot, ()))
        yield Draft(kind, to, {name: getattr(event, name) for name in facts}, lot=event.lot)

    return drafts


def _split(event: Any, known: Circle) -> Iterator[Draft]:
    """Clause 4.8 b: each group its own time, the staff both."""
    opens, closes, on = (getattr(event, name) for name in ("opens_at", "closes_at", "continues_at"))
    for group, kind, facts in (
        (event.undecrypted, "window_split", {"opens_at": opens, "closes_at": closes}),
        (event.decrypted, "continued_at", {"continues_at": on, "venue": event.venue or "online"}),
    ):
        by_lot: dict[str, list[str]] = {}
        for one in group:
            by_lot.setdefault(one.lot, []).append(one.bidder)
        for lot, bidders in sorted(by_lot.items()):
            yield Draft(kind, tuple(Addressee(BIDDER, b) for b in sorted(bidders)), facts, lot=lot)
        if group:
            yield Draft(kind, known.staff, facts)


def _substitute(event: Any, known: Circle) -> Iterator[Draft]:
    facts = {"role": event.post.role.value, "name": event.post.name, "unit": event.post.unit}
    yield Draft("substitute", tuple(those_taking_part(known)), facts)


def _consultation(event: Any, known: Circle) -> Iterator[Draft]:
    facts = {"about": event.about.value, "answer_by": event.answer_by, "consultation": event.consultation}
    yield Draft("consultation_asked", tuple(the_three(known)), facts)


def _incident(event: Any, known: Circle) -> Iterator[Draft]:
    """Clause 4.7: the parties concerned get a copy that frees them. It names no other party."""
    if not event.clause:
        return
    scope: Sequence[str] = getattr(event, "scope", ())
    bidders = [b for b in known.taking_part if not scope or b in scope]
    began = getattr(event, "start", None)
    facts = {"incident": event.incident, "clause": event.clause, "code": event.kind, "at": began}
    yield Draft("incident_copy", (*(Addressee(BIDDER, b) for b in bidders), *known.staff), facts)


def _another_certificate(event: Any, known: Circle) -> Iterator[Draft]:
    """Clause 5.2.3: whose bid was replaced or withdrawn under another certificate hears it by every way it has."""
    if event.before:
        bidder = getattr(event, "bidder", "") or event.deposit.bidder
        lot = getattr(event, "lot", "") or event.deposit.lot
        kind = "deposit_withdrawn_by_another" if hasattr(event, "bidder") else "deposit_replaced_by_another"
        facts = {"before": event.before[:16], "now": event.act.certificate[:16]}
        yield Draft(kind, (Addressee(BIDDER, bidder),), facts, lot=lot)


RULES: Final[Mapping[str, Rule]] = {
    "DepositReceived": _another_certificate,  # clause 5.2.3
    "DepositWithdrawn": _another_certificate,
    "DeadlineMoved": told("deadline_moved", everybody, "before", "after", "reason"),  # clause 4.1
    "OpeningPostponed": told("postponed", everybody, "before", "after", "sign_in_from", "reason"),
    "DeadlineHeld": told("deadline_held", everybody, "deadline"),  # clause 4.7
    "DeadlineConfirmed": told("deadline_confirmed", everybody, "deadline", "reason"),
    "IncidentRecorded": _incident,
    "Suspended": told("suspended", those_taking_part, "kind", "since", "reason"),  # clause 4.8
    "DecryptionCommanded": _to_the_lot("decrypt_now", "opened_at", "closes_at"),  # clause 5.3.3
    "ObjectionsOpened": _to_the_lot("objections_asked", "not_before"),  # clause 5.5.2
    "TenderFailed": told("tender_failed", those_taking_part, "reason"),  # clause 5.3.2
    "SuspensionLifted": told("suspension_lifted", those_taking_part, "at"),
    "ConsultationOpened": _consultation,
    "ResumptionAnnounced": told("resume_at", those_taking_part, "resumes_at"),
    "SplitDeclared": _split,
    "Adjourned": told("adjourned", those_taking_part, "resumes_at", "reason"),
    "OwnWindowOpened": _own_window,  # clause 5.3.4
    "CauseDecided": _cause,
    "PostTaken": _substitute,  # clause 5.3.1
    "SubstituteAppointed": _substitute,
    "OpeningClosed": told("opening_closed", those_taking_part),
}
"""Kind of event → the notices that it owes."""


def of_rows(
    stream: str, entries: Sequence[Entry], after: int, opening: str, known: Callable[[], Circle]
) -> list[Owed]:
    """What the rows of a stream behind the seq `after` owe. A draft without a moment `at` has its row's receipt.

    known: asked only where a row owes something, for most don't.
    """
    found: list[Owed] = []
    for seq in range(after + 1, len(entries) + 1):
        at, _, event = entries[seq - 1]
        if (rule := RULES.get(type(event).__name__)) is not None:
            for draft in rule(event, known()):
                facts = {**draft.facts, "at": draft.facts.get("at") or at}
                found += each(replace(draft, facts=facts), opening, f"{stream}#{seq}", at)
    return found


def reminders(opening: OpeningState, tendering: TenderState, now: int) -> list[Owed]:
    """Clause 5.3.2: to each depositor who has not signed in, the last reminder whose time has come.

    A missed one is not made up for: half an hour before the deadline nobody needs the reminder of two hours before.
    Who deposits after a reminder's time waits for the next.
    """
    passed = [minutes for minutes in REMIND_BEFORE if now >= _reminder_at(opening, minutes)]
    if opening.stage is not Stage.SIGN_IN or not passed or now >= opening.scheduled.bid_deadline:
        return []
    minutes, plan = min(passed), opening.scheduled
    due_at = _reminder_at(opening, minutes)
    active = {d.bidder for d in tendering.deposits if not d.superseded}
    absent = (
        active & {d.bidder for d in tendering.deposits if d.received_at <= due_at} - opening.signed_in.keys()
    )
    facts = {"deadline": plan.bid_deadline, "sign_in_from": plan.sign_in_from, "minutes": minutes}
    draft = Draft(
        "reminder_sign_in",
        tuple(Addressee(BIDDER, party) for party in sorted(absent)),
        facts,
        until=plan.bid_deadline,
    )
    return each(draft, plan.opening, "", due_at)


def next_reminder(opening: OpeningState, now: int) -> int | None:
    """When `reminders` will next be due, ms UTC."""
    if opening.plan is None:
        return None
    moments = (_reminder_at(opening, minutes) for minutes in REMIND_BEFORE)
    return min((at for at in moments if now < at < opening.plan.bid_deadline), default=None)


def _reminder_at(opening: OpeningState, minutes: int) -> int:
    plan = opening.scheduled
    return max(plan.bid_deadline - minutes * MINUTE, plan.sign_in_from)


def each(draft: Draft, opening: str, because: str, at: int) -> list[Owed]:
    """The draft to each of its addressees, each once. because: the row that caused it, "" for none; at: due, ms UTC."""
    facts = tuple(Fact(name, str(value)) for name, value in sorted(draft.facts.items()) if value is not None)
    found: dict[str, Owed] = {}
    for one in draft.to:
        cause = [because, draft.kind, opening, draft.lot, one.party, [[f.name, f.value] for f in facts]]
        notice = hashlib.sha256(canonical.dumps(cause)).hexdigest()[:32]
        found.setdefault(
            one.party,
            Owed(
                notice,
                draft.kind,
                opening,
                draft.lot,
                one.role,
                one.party,
                because,
                facts,
                at,
                draft.until,
            ),
        )
    return list(found.values())
