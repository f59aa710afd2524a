"""A lot as a viewer may see it."""

from __future__ import annotations

from collections.abc import Sequence

from hall import wire as w
from hall.procurement.money import capitals, parse
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Deposit, Lot
from hall.session.causes import may_be_restored
from hall.session.ledger import ledger_of
from hall.session.lot import Draw, LotState, Round
from hall.session.rules import LotStage
from hall.session.state import OpeningState
from hall.session.views.beside import Beside
from hall.session.views.media import may_see_reference


def lot_view(state: OpeningState, lot: LotState, about: Lot, viewer: Actor, beside: Beside) -> w.LotView:
    """One lot as `viewer` may see it now."""
    closed = lot.closed
    command = lot.command
    return w.LotView(
        lot=lot.lot,
        name=about.name,
        stage=lot.stage.value,
        price_ceiling=about.price_ceiling,
        columns=[w.ColumnView(x.key, x.title) for x in about.columns],
        base_price=lot.base_price,
        bidders=_bidders(state, lot, viewer, beside) if lot.stage is not LotStage.SEALED else [],
        deposits=_deposits(state, lot, viewer, beside),
        answer_by=lot.answer_by,
        window=None
        if command is None
        else w.WindowView(
            command.opened_at,
            lot.closes_at or command.closes_at,
            closed.at if closed else None,
            closed.early if closed else False,
        ),
        command=command.act.to_json() if command else None,
        prices=[
            w.PriceView(
                b.bidder, b.price, capitals(parse(b.price)), b.period, b.quality, b.manager, b.security
            )
            for b in lot.disclosed.values()
        ],
        price_answer_by=lot.price_answer_by,
        objections=[
            w.ObjectionView(o.objection, o.bidder, o.text, o.outcome.value if o.outcome else "", o.answer)
            for o in lot.objections
        ],
        objections_not_before=lot.objections_not_before,
        checked_by=lot.checked_by,
        results=_results(lot),
        rounds=[_round(r, viewer) for r in lot.rounds],
        draws=[_draw(d, lot.settled) for d in lot.draws],
        ledger=_ledger(state, lot),
        alternative_to=about.alternative_to,
    )


def _ledger(state: OpeningState, lot: LotState) -> list[w.SpanView]:
    """The account of the 60 minutes, once the common window and every window of a bidder's own are closed."""
    if lot.closed is None or lot.own_running:
        return []
    now = max([lot.closed.at, *(x.closed.at for x in lot.own.values() if x.closed is not None)])
    return [w.SpanView(s.bidder, s.kind.value, s.start, s.end) for s in ledger_of(state, lot.lot, now)]


def _results(lot: LotState) -> w.ResultsView | None:
    if not lot.results_shown:
        return None
    if lot.results is None:
        undecrypted = [b for b in lot.bidders if b not in lot.proven]
        return w.ResultsView("", list(lot.decrypted), undecrypted, lot.results_by)
    declared = lot.results
    return w.ResultsView(declared.role, list(declared.decrypted), list(declared.undecrypted), lot.results_by)


def _round(round_: Round, viewer: Actor) -> w.RoundView:
    """Who has quoted is known to nobody else before the round closes, and what was quoted before it is disclosed."""
    closed = round_.closed
    return w.RoundView(
        round_.round,
        list(round_.bidders),
        round_.quoted_by,
        viewer.role is Role.BIDDER and viewer.party in round_.offers,
        closed is not None,
        list(closed.silent) if closed else [],
        [w.QuoteView(q.bidder, q.price, capitals(parse(q.price)), q.body == "") for q in round_.quotes],
        round_.disclosed,
    )


def _draw(draw: Draw, settled: bool) -> w.DrawView:
    """A draw that a lot failed on is over like one that came to its end: nobody takes part in it any more."""
    done = draw.done
    return w.DrawView(
        draw.draw,
        draw.purpose,
        list(draw.values),
        list(draw.parties),
        draw.commit_by,
        draw.reveal_by,
        sorted(draw.commitments),
        sorted(draw.secrets),
        list(done.missing) if done else [],
        done.seed if done else "",
        done.chosen if done else "",
        settled or done is not None,
    )


def _deposits(state: OpeningState, lot: LotState, viewer: Actor, beside: Beside) -> list[w.DepositView]:
    fresh = {item.bidder: item.intact for item in lot.rechecked}
    known: Sequence[Deposit] = state.deposits
    if lot.stage is LotStage.SEALED:
        known = beside.own_deposits
    elif viewer.role is Role.BIDDER:
        known = [d for d in known if d.bidder == viewer.party]
    return [
        w.DepositView(d.bidder, d.size, d.sha256, d.received_at, d.recipient, fresh.get(d.bidder))
        for d in known
        if d.lot == lot.lot and not d.superseded
    ]


def _bidders(state: OpeningState, lot: LotState, viewer: Actor, beside: Beside) -> list[w.BidderView]:
    names = {d.bidder: d.name for d in state.deposits} | {b: s.name for b, s in state.signed_in.items()}
    shown: list[w.BidderView] = []
    groups = (
        ("listed", lot.bidders),
        ("absent", lot.not_signed_in),
        ("without_deposit", lot.without_deposit),
    )
    for status, members in groups:
        if status != "listed" and viewer.role is Role.BIDDER:
            # Who was readmitted through clause 4.7 takes part before everybody, with its price in the end.
            members = tuple(b for b in members if b == viewer.party or b in lot.readmitted)
        for bidder in members:
            signed = state.signed_in.get(bidder)
            whose = viewer.role is not Role.BIDDER or bidder == viewer.party  # its own it may know
            person = beside.persons.get(signed.person) if signed and whose else None
            cause = lot.causes.get(bidder)
            failed = lot.failed.get(bidder)
            identity = state.identities.get(bidder)
            staff = viewer.role is not Role.BIDDER
            shown.append(
                w.BidderView(
                    bidder=bidder,
                    name=names.get(bidder, bidder),
                    certificate=signed.certificate if signed else "",
                    status=status,
                    sealing=lot.answers[bidder].value if bidder in lot.answers else "",
                    held=bidder in lot.held,
                    release=_release(lot, bidder),
                    failure=failed.code if failed else "",
                    cause=cause.cause.value if cause else "",
                    read_out=bidder in lot.read_out,
                    price_answer=lot.price_answers[bidder].value if bidder in lot.price_answers else "",
                    representative=person.representative if person else "",
                    phones=list(person.phones) if person else [],
                    results=lot.result_answers[bidder].value if bidder in lot.result_answers else "",
                    own_window=_own(lot, bidder),
                    identity=identity.result.value if identity and staff else "",
                    summary=lot.opened.get(bidder, "") if bidder == viewer.party and not staff else "",
                    reference=signed.photo if signed and may_see_reference(state, viewer, bidder) else "",
                    copies=_copies(lot, bidder),
                    remedy=_remedy(lot, bidder),
                    remedy_reason=lot.remedies[bidder].reason if bidder in lot.remedies else "",
                )
            )
    return shown


def _copies(lot: LotState, bidder: str) -> str:
    if bidder in lot.restored:
        return "restored"
    return "damaged" if may_be_restored(lot, bidder) else ""


def _remedy(lot: LotState, bidder: str) -> str:
    if (claimed := lot.remedies.get(bidder)) is None:
        return ""
    return "refused" if claimed.refused else "confirmed" if claimed.confirmed else "claimed"


def _own(lot: LotState, bidder: str) -> w.WindowView | None:
    if (own := lot.own.get(bidder)) is None:
        return None
    closed = own.closed
    return w.WindowView(
        own.opened_at, own.closes_at, closed.at if closed else None, closed.released if closed else False
    )


def _release(lot: LotState, bidder: str) -> str:
    if bidder in lot.opened:
        return "opened"
    if bidder in lot.failed:
        return "failed"
    if bidder in lot.released:
        return "received"
    return "declined" if bidder in lot.declined else "waiting"
