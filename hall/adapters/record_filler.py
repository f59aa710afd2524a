"""Fills the opening record from the journal's events and from nothing else: prices can't be typed (clause 5.5.2).

Lot by lot what happened to the bids; the other matters are filled in `record_matters`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from hall.adapters import record_evidence as evidence
from hall.adapters import record_matters as matters
from hall.adapters import record_papers as papers
from hall.adapters.record_rows import Rows
from hall.procurement.parties import Role
from hall.runtime.ports import RecordSource
from hall.session import events as e
from hall.session.ledger import ledger
from hall.session.lot import LotState
from hall.session.presence import PLATFORM
from hall.session.views import manifest
from hall.signing import record_course as p
from hall.signing import record_model as m


def fill(source: RecordSource) -> m.OpeningRecord:
    """The record of one opening as its journal stands."""
    return _Filler(source).record()


class _Filler:
    def __init__(self, source: RecordSource) -> None:
        self._source = source
        self._state = source.state
        self._plan = source.state.scheduled
        self._rows = Rows(source)

    def record(self) -> m.OpeningRecord:
        plan, state, rows = self._plan, self._state, self._rows
        owner = next((a for a in plan.staff if a.role is Role.PROCURING_ENTITY), None)
        host = next((a for a in plan.staff if a.role is Role.HOST), None)
        spoken = manifest(state.manifest) if state.manifest else None
        lots = tuple(state.lots.values())
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
            lots=tuple(
                p.Lot(
                    x.lot,
                    x.name,
                    x.price_ceiling,
                    state.lots[x.lot].base_price,
                    x.columns,
                    x.alternative_to,
                )
                for x in plan.lots
            ),
            staff=tuple(p.Staff(a.role.value, a.name, a.unit, a.certificate) for a in plan.staff),
            staff_changes=tuple(matters.staff_changes(rows)),
            deadlines=tuple(matters.deadlines(rows)),
            bidders=tuple(line for lot in lots for line in self._bidders(lot)),
            sealing=tuple(self._sealing()),
            rehashes=tuple(
                p.Rehash(x.lot, x.bidder, rows.name(x.bidder), x.sha256, x.intact, at)
                for at, _, x in rows.told(e.RehashShown)
            ),
            windows=tuple(self._windows()),
            own_windows=tuple(self._own_windows()),
            ledger=tuple(line for lot in lots for line in self._ledger(lot)),
            results=tuple(self._results()),
            custody=tuple(self._custody()),
            remedies=tuple(matters.remedies(rows)),
            read_out=tuple(line for lot in lots for line in self._read_out(lot)),
            confirmations=tuple(line for lot in lots for line in self._confirmations(lot)),
            quotes=tuple(line for lot in lots for line in self._quotes(lot)),
            draws=tuple(line for lot in lots for line in self._draws(lot)),
            endings=tuple(self._endings()),
            objections=tuple(self._objections()),
            suspensions=tuple(matters.suspensions(rows)),
            consultations=tuple(matters.consultations(rows)),
            incidents=tuple(matters.incidents(self._source, rows)),
            register=matters.register(rows),
            causes=tuple(matters.causes(rows)),
            sheets=tuple(evidence.sheets(self._source, rows)),
            failed_acts=tuple(evidence.failed_acts(self._source)),
            absences=tuple(evidence.absences(self._source)),
            remarks=tuple(matters.remarks(rows)),
            bid_pdfs=tuple(papers.bid_pdfs(rows)),
            notary_acts=tuple(papers.notary_acts(self._source)),
            calls=tuple(matters.calls(rows)),
            identity_checks=tuple(matters.identity_checks(rows)),
            spoken=tuple(matters.spoken(self._source, rows)),
            presence=tuple(self._presence()),
            recordings=tuple(
                p.RecordingHead(h.participant, h.file, h.fragments, h.chain) for h in state.heads
            ),
            cameras=tuple(matters.cameras(self._source)),
            external_recordings=tuple(matters.external_recordings(rows)),
            settings=tuple(p.Setting(f.name, str(getattr(plan.rules, f.name))) for f in fields(plan.rules)),
        )

    def _bidders(self, lot: LotState) -> Iterator[p.BidderLine]:
        for bidder in (*lot.bidders, *lot.not_signed_in, *lot.without_deposit):
            deposit = self._state.deposit(lot.lot, bidder)
            signed = self._state.signed_in.get(bidder)
            bid = {"lot": lot.lot, "bidder": bidder}
            yield p.BidderLine(
                lot=lot.lot,
                bidder=bidder,
                name=self._rows.name(bidder),
                representative=self._source.persons.get(signed.person, "") if signed else "",
                certificate=deposit.recipient if deposit else "",
                deposited_at=deposit.received_at if deposit else None,
                signed_in_at=self._signed_in_at(bidder),
                released_at=self._rows.when(e.ReleaseReceived, **bid),
                opened_at=self._rows.when(e.BidOpened, **bid),
                sealed_sha256=deposit.sha256 if deposit else "",
                status=_status(lot, bidder),
            )

    def _signed_in_at(self, bidder: str) -> int | None:
        """When it signed in for the day that counted: a postponement to another day takes all sign-ins back."""
        found = None
        for at, _, event in self._source.entries:
            if isinstance(event, e.OpeningPostponed):
                found = None
            elif isinstance(event, e.BidderSignedIn) and event.bidder == bidder and found is None:
                found = at
        return found

    def _sealing(self) -> Iterator[p.SealingCheck]:
        for at, by, x in self._rows.told(e.SealingDeclared):
            lot = self._state.lots[x.lot]
            answers = []
            for item in lot.rechecked:
                answer = lot.answers.get(item.bidder)
                answers.append(
                    p.SealingAnswer(
                        item.bidder,
                        self._rows.name(item.bidder),
                        item.sha256,
                        item.intact,
                        answer.value if answer else "",
                        self._rows.when(e.SealingAnswered, lot=x.lot, bidder=item.bidder),
                    )
                )
            yield p.SealingCheck(x.lot, x.role, by, x.act.certificate, at, x.held, tuple(answers))

    def _windows(self) -> Iterator[p.DecryptionWindow]:
        for _, by, x in self._rows.told(e.DecryptionCommanded):
            lot = self._state.lots[x.lot]
            closed = lot.closed
            reason = "" if closed is None else "all_released" if closed.early else "time_over"
            yield p.DecryptionWindow(
                lot=x.lot,
                commanded_by=by,
                opened_at=x.opened_at,
                commanded_until=x.closes_at,
                closes_at=lot.closes_at or x.closes_at,
                closed_at=closed.at if closed else None,
                reason=reason,
                undecrypted=closed.undecrypted if closed else (),
            )

    def _own_windows(self) -> Iterator[p.OwnWindow]:
        closed = [x for _, _, x in self._rows.told(e.OwnWindowClosed)]
        for _, _, x in self._rows.told(e.OwnWindowOpened):
            mine = (c for c in closed if (c.lot, c.bidder) == (x.lot, x.bidder) and c.at >= x.opened_at)
            end = next(mine, None)
            yield p.OwnWindow(
                lot=x.lot,
                bidder=x.bidder,
                name=self._rows.name(x.bidder),
                incident=x.incident,
                opened_at=x.opened_at,
                closes_at=x.closes_at,
                closed_at=end.at if end else None,
                released=end.released if end else False,
            )

    def _ledger(self, lot: LotState) -> Iterator[p.LedgerSpan]:
        for span in ledger(self._source.entries, lot.lot):
            name = self._rows.name(span.bidder) if span.bidder else ""
            yield p.LedgerSpan(lot.lot, span.bidder, name, span.kind.value, span.start, span.end)

    def _results(self) -> Iterator[p.Results]:
        for at, by, x in self._rows.told(e.ResultsDeclared):
            answers = {}
            for when, _, a in self._rows.told(e.ResultsAnswered):
                if a.lot == x.lot:
                    line = p.ResultsAnswer(a.bidder, self._rows.name(a.bidder), a.answer.value, when)
                    answers[a.bidder] = line
            certificate, given = x.act.certificate, tuple(answers.values())
            yield p.Results(x.lot, x.role, by, certificate, at, x.decrypted, x.undecrypted, given)

    def _custody(self) -> Iterator[p.CustodyAct]:
        """Who opened the keys in custody, and who was named to keep them (clauses 4.11, 5.3.4)."""
        for at, by, x in self._rows.told(e.CustodiansNamed):
            yield p.CustodyAct("named", "", by, x.act.certificate, at, (), x.custodians, x.reason)
        for at, by, y in self._rows.told(e.EntrustedOpened):
            opened = tuple(bid.bidder for bid in y.bids if not bid.code)
            yield p.CustodyAct("opened", y.lot, by, y.act.certificate, at, opened, (), "")

    def _read_out(self, lot: LotState) -> Iterator[p.ReadOut]:
        for b in lot.disclosed.values():
            yield p.ReadOut(
                lot.lot,
                b.bidder,
                self._rows.name(b.bidder),
                b.price,
                b.period,
                b.quality,
                b.manager,
                b.security,
                b.bid_sha256,
                self._rows.when(e.BidReadOut, lot=lot.lot, bidder=b.bidder),
            )

    def _confirmations(self, lot: LotState) -> Iterator[p.Confirmation]:
        words = {e.PriceAnswer.CONFIRMED: "confirmed", e.PriceAnswer.OBJECTS: "objected"}
        for bidder, answer in lot.price_answers.items():
            at = self._rows.when(e.PriceAnswered, lot=lot.lot, bidder=bidder)
            yield p.Confirmation(lot.lot, bidder, words.get(answer, "no_answer"), at)

    def _quotes(self, lot: LotState) -> Iterator[p.QuoteRound]:
        for at, by, x in self._rows.told(e.QuoteRoundOpened):
            if x.lot != lot.lot:
                continue
            round_ = next(r for r in lot.rounds if r.round == x.round)
            closed = round_.closed
            yield p.QuoteRound(
                lot=lot.lot,
                round=x.round,
                opened_by=by,
                opened_at=at,
                quoted_by=round_.quoted_by,
                closed_at=closed.at if closed else None,
                silent=closed.silent if closed else (),
                leave=closed.leaves if closed else False,
                quotes=tuple(
                    p.Quote(q.bidder, self._rows.name(q.bidder), q.price, bool(q.body)) for q in round_.quotes
                ),
            )

    def _draws(self, lot: LotState) -> Iterator[p.Draw]:
        for at, _, x in self._rows.told(e.DrawOpened):
            if x.lot != lot.lot:
                continue
            draw = next(d for d in lot.draws if d.draw == x.draw)
            done = draw.done
            yield p.Draw(
                lot=lot.lot,
                draw=x.draw,
                purpose=x.purpose,
                values=x.values,
                opened_at=at,
                silent=tuple(party for party in x.parties if party not in draw.commitments),
                missing=done.missing if done else (),
                parts=tuple(
                    p.DrawPart(
                        party,
                        self._rows.name(party),
                        draw.commitments[party],
                        draw.secrets.get(party, ""),
                    )
                    for party in x.parties
                    if party in draw.commitments
                ),
                seed=done.seed if done else "",
                chosen=done.chosen if done else "",
                done_at=self._rows.when(e.DrawDone, lot=lot.lot, draw=x.draw),
            )

    def _endings(self) -> Iterator[p.Ending]:
        for at, by, x in self._rows.told(e.FewerApproved):
            yield p.Ending(x.lot, "fewer", x.reason, x.approval, by, at)
        for at, by, f in self._rows.told(e.TenderFailed):
            yield p.Ending(f.lot, "failed", f.reason, "", by, at)
        for at, by, none in self._rows.told(e.NoAlternatives):
            yield p.Ending(none.lot, "none_offered", "", "", by, at)

    def _objections(self) -> Iterator[p.Objection]:
        answers = {x.objection: (at, by, x) for at, by, x in self._rows.told(e.ObjectionAnswered)}
        for at, _, raised in self._rows.told(e.ObjectionRaised):
            given = answers.get(raised.objection)
            yield p.Objection(
                lot=raised.lot,
                bidder=raised.bidder,
                name=self._rows.name(raised.bidder),
                raised_at=at,
                text=raised.text,
                outcome=given[2].outcome.value if given else "",
                answered_by=given[1] if given else "",
                answered_at=given[0] if given else None,
                answer=given[2].text if given else "",
            )

    def _presence(self) -> Iterator[p.Presence]:
        """Sums since the announcement; an interval that still runs is counted up to the record. What the platform
        caused is counted against nobody (clauses 4.6, 4.7)."""
        marks = [at for at, _, _ in self._rows.told(e.BiddersAnnounced)]
        marks += [at for at, _, _ in self._rows.told(e.LotLocked)]
        announced = min(marks, default=self._plan.bid_deadline)
        sums: dict[str, list[int]] = {}
        certificates: dict[str, str] = {}
        for i in self._state.presence:
            start, end = max(i.start, announced), i.end if i.end is not None else self._source.made_at
            length = max(0, end - start)
            away = i.state == "offline"
            platform = away and i.cause in PLATFORM
            own = away and not platform
            online, offline, breaks, theirs = sums.setdefault(i.participant, [0, 0, 0, 0])
            sums[i.participant] = [
                online + (0 if away else length),
                offline + (length if own else 0),
                breaks + (1 if own and length else 0),
                theirs + (length if platform else 0),
            ]
            certificates[i.participant] = i.certificate
        for participant, values in sorted(sums.items()):
            name = self._participant(participant, certificates[participant])
            yield p.Presence(participant, name, *values)

    def _participant(self, participant: str, certificate: str) -> str:
        if participant.startswith("bidder-"):
            return self._rows.name(participant.removeprefix("bidder-"))
        post = next((a for a in self._plan.staff if a.role.value.replace("_", "-") == participant), None)
        if post is None:  # a deputy, that looked on from a place of its own
            post = next((a for a in self._plan.deputies if a.certificate == certificate), None)
        return post.name if post else participant


def _status(lot: LotState, bidder: str) -> str:
    if bidder in lot.without_deposit:
        return "no_deposit"
    if bidder in lot.opened:
        return "opened_late" if bidder in lot.own else "opened"
    if bidder in lot.not_signed_in:
        return "not_signed_in"
    if bidder in lot.failed:
        return "damaged"
    return "locked" if lot.command is None else "not_released"
