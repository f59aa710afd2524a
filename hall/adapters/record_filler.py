"""Fills the opening record from the journal's events and from nothing else: prices can't be typed (clause 5.5.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

from hall.procurement.parties import Role
from hall.runtime.ports import RecordSource
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.views import manifest
from hall.signing import record_model as m

E = TypeVar("E")


def fill(source: RecordSource) -> m.OpeningRecord:
    """The record of one opening as its journal stands."""
    return _Filler(source).record()


class _Filler:
    def __init__(self, source: RecordSource) -> None:
        self._source = source
        self._state = source.state
        self._plan = source.state.scheduled
        self._names = {d.bidder: d.name for d in self._state.deposits}
        self._names |= {b: s.name for b, s in self._state.signed_in.items()}

    def record(self) -> m.OpeningRecord:
        plan, state = self._plan, self._state
        owner = state.appointed(Role.PROCURING_ENTITY)
        host = state.appointed(Role.HOST)
        spoken = manifest(state.manifest) if state.manifest else None
        return m.OpeningRecord(
            origin=plan.origin,
            mode=plan.mode.value,
            opening=plan.opening,
            tender=plan.tender_number,
            tender_name=plan.tender_name,
            procuring_entity=owner.unit if owner else "",
            tendering_agency=host.unit if host else "",
            place=plan.place,
            bid_deadline=plan.bid_deadline,
            opening_time=plan.bid_deadline,
            made_at=self._source.made_at,
            manifest=spoken.digest if spoken else "",
            manifest_code=spoken.code if spoken else "",
            tree_size=self._source.tree_size,
            tree_root=self._source.tree_root,
            lots=tuple(m.Lot(x.lot, x.name, x.price_ceiling) for x in plan.lots),
            staff=tuple(m.Staff(a.role.value, a.name, a.unit, a.certificate) for a in plan.staff),
            bidders=tuple(line for lot in state.lots.values() for line in self._bidders(lot)),
            sealing=self._sealing(),
            window=self._window(),
            read_out=tuple(line for lot in state.lots.values() for line in self._read_out(lot)),
            confirmations=tuple(line for lot in state.lots.values() for line in self._confirmations(lot)),
            objections=tuple(self._objections()),
            incidents=tuple(
                m.Incident(at, i.kind, i.subject, i.detail) for at, i in self._all(e.IncidentRecorded)
            ),
            causes=tuple(
                m.CauseDecision(
                    c.lot,
                    c.bidder,
                    self._name(c.bidder),
                    c.cause.value,
                    c.reason,
                    self._by(Role.PROCURING_ENTITY),
                    at,
                )
                for at, c in self._all(e.CauseDecided)
            ),
            presence=tuple(self._presence()),
            recordings=tuple(
                m.RecordingHead(h.participant, h.file, h.fragments, h.chain) for h in state.heads
            ),
            settings=tuple(m.Setting(f.name, str(getattr(plan.rules, f.name))) for f in fields(plan.rules)),
        )

    def _bidders(self, lot: LotState) -> list[m.BidderLine]:
        lines = []
        for bidder in (*lot.bidders, *lot.not_signed_in, *lot.without_deposit):
            deposit = self._state.deposit(lot.lot, bidder)
            signed = self._state.signed_in.get(bidder)
            lines.append(
                m.BidderLine(
                    lot=lot.lot,
                    bidder=bidder,
                    name=self._name(bidder),
                    representative=self._source.persons.get(signed.person, "") if signed else "",
                    certificate=deposit.recipient if deposit else "",
                    deposited_at=deposit.received_at if deposit else None,
                    signed_in_at=self._when(e.BidderSignedIn, _by(bidder)),
                    released_at=self._when(e.ReleaseReceived, _of(lot.lot, bidder)),
                    opened_at=self._when(e.BidOpened, _of(lot.lot, bidder)),
                    sealed_sha256=deposit.sha256 if deposit else "",
                    status=_status(lot, bidder),
                )
            )
        return lines

    def _sealing(self) -> m.SealingCheck | None:
        declared = self._all(e.SealingDeclared)
        if not declared:
            return None
        answers = []
        for lot in self._state.lots.values():
            for item in lot.rechecked:
                answer = lot.answers.get(item.bidder)
                answers.append(
                    m.SealingAnswer(
                        lot.lot,
                        item.bidder,
                        self._name(item.bidder),
                        item.sha256,
                        item.intact,
                        answer.value if answer else "",
                        self._when(e.SealingAnswered, _of(lot.lot, item.bidder)),
                    )
                )
        held = any(d.held for _, d in declared)
        return m.SealingCheck(
            self._by(Role.HOST), declared[0][0], "held" if held else "intact", tuple(answers)
        )

    def _window(self) -> m.DecryptionWindow | None:
        commands = self._all(e.DecryptionCommanded)
        if not commands:
            return None
        command = commands[0][1]
        closed = self._state.lots[command.lot].closed
        reason = "" if closed is None else "all_released" if closed.early else "time_over"
        return m.DecryptionWindow(
            self._by(Role.HOST), command.opened_at, command.closes_at, closed.at if closed else None, reason
        )

    def _read_out(self, lot: LotState) -> list[m.ReadOut]:
        return [
            m.ReadOut(
                lot.lot,
                b.bidder,
                self._name(b.bidder),
                b.price,
                b.period,
                b.quality,
                b.manager,
                b.security,
                b.bid_sha256,
                self._when(e.BidReadOut, _of(lot.lot, b.bidder)),
            )
            for b in lot.disclosed.values()
        ]

    def _confirmations(self, lot: LotState) -> list[m.Confirmation]:
        words = {e.PriceAnswer.CONFIRMED: "confirmed", e.PriceAnswer.OBJECTS: "objected"}
        return [
            m.Confirmation(
                lot.lot, b, words.get(answer, "no_answer"), self._when(e.PriceAnswered, _of(lot.lot, b))
            )
            for b, answer in lot.price_answers.items()
        ]

    def _objections(self) -> list[m.Objection]:
        answers = {x.objection: (at, x) for at, x in self._all(e.ObjectionAnswered)}
        words = {e.Outcome.UPHELD: "upheld", e.Outcome.REJECTED: "rejected", e.Outcome.UNSETTLED: "later"}
        lines = []
        for at, raised in self._all(e.ObjectionRaised):
            answered_at, answer = answers.get(raised.objection, (None, None))
            lines.append(
                m.Objection(
                    bidder=raised.bidder,
                    name=self._name(raised.bidder),
                    raised_at=at,
                    text=raised.text,
                    outcome=words[answer.outcome] if answer else "",
                    answered_by=self._by(Role.PROCURING_ENTITY) if answer else "",
                    answered_at=answered_at,
                    answer=answer.text if answer else "",
                )
            )
        return lines

    def _presence(self) -> list[m.Presence]:
        """Sums since the announcement; an interval that still runs is counted up to the record."""
        announced = min((at for at, _ in self._marks()), default=self._plan.bid_deadline)
        sums: dict[str, list[int]] = {}
        for i in self._state.presence:
            start, end = max(i.start, announced), i.end if i.end is not None else self._source.made_at
            online, offline, breaks = sums.setdefault(i.participant, [0, 0, 0])
            length = max(0, end - start)
            away = i.state == "offline"
            counted = 1 if away and length else 0
            sums[i.participant] = [
                online + (0 if away else length),
                offline + (length if away else 0),
                breaks + counted,
            ]
        return [m.Presence(p, self._participant(p), *values) for p, values in sorted(sums.items())]

    def _marks(self) -> list[tuple[int, object]]:
        return [*self._all(e.BiddersAnnounced), *self._all(e.LotLocked)]

    def _participant(self, participant: str) -> str:
        if participant.startswith("bidder-"):
            return self._name(participant.removeprefix("bidder-"))
        post = next((a for a in self._plan.staff if a.role.value.replace("_", "-") == participant), None)
        return post.name if post else participant

    def _all(self, kind: type[E]) -> list[tuple[int, E]]:
        return [(at, event) for at, _, event in self._source.entries if isinstance(event, kind)]

    def _when(self, kind: type[E], wanted: Callable[[E], bool]) -> int | None:
        return next((at for at, event in self._all(kind) if wanted(event)), None)

    def _name(self, bidder: str) -> str:
        return self._names.get(bidder, bidder)

    def _by(self, role: Role) -> str:
        post = self._state.appointed(role)
        return f"{role.value} {post.name}" if post else role.value


def _by(bidder: str) -> Callable[[e.BidderSignedIn], bool]:
    return lambda event: event.bidder == bidder


def _of(lot: str, bidder: str) -> Callable[[Any], bool]:
    return lambda event: (event.lot, event.bidder) == (lot, bidder)


def _status(lot: LotState, bidder: str) -> str:
    if bidder in lot.not_signed_in:
        return "not_signed_in"
    if bidder in lot.without_deposit:
        return "no_deposit"
    if bidder in lot.opened:
        return "opened"
    if bidder in lot.failed:
        return "damaged"
    return "locked" if lot.command is None else "not_released"
