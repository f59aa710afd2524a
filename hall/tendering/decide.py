"""What a tender answers to a command before its opening: deposits up to the deadline, then one closed list."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Final, assert_never

from hall.errors import NotPermitted, Refused
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Deposit
from hall.tendering import commands as c
from hall.tendering import events as e
from hall.tendering.state import TenderState

MOST_UPLOADS_NOTED: Final = 16
"""Late announcements of one bidder that get a row each: who knocks on and on is answered, and fills no journal."""


def decide(state: TenderState, command: c.Command, *, actor: Actor | None, now: int) -> list[e.Event]:
    """The events that `command` causes at `now` (receipt stamp, ms UTC). Raises Refused or NotPermitted."""
    match command:
        case c.PublishTender(plan):
            return [] if state.plan is not None else [plan]
        case c.NoteHandedOver(opening):
            return [] if state.handed_over else [e.HandedOver(opening)]
        case c.MoveDeadline(deadline):
            return _move(state, deadline)
        case c.StopDeposits(at):
            return [] if state.stopped or state.closed is not None else [e.DepositsStopped(at)]
        case c.CloseDeposits():
            return _close(state, now)
        case c.AnnounceUpload(lot, _, _, held, barred):
            bidder = _check_bidder(actor, "deposit")
            _check_lot(state, lot)
            noted = [r for r in state.refusals if (r.bidder, r.what) == (bidder, e.What.UPLOAD)]
            _check_time(state, now, held, weighty=len(noted) < MOST_UPLOADS_NOTED)
            _check_entry(barred)
            _check_main_bid(state, lot, bidder)
            return []
        case c.ReceiveDeposit(tender, deposit, act, held, shown, barred):
            bidder = _check_act(state, act, actor, now, held)
            _check_entry(barred)
            if deposit.bidder != bidder:
                raise Refused("wrong_bidder")
            _check_header(state, tender, deposit, act, actor)
            _check_main_bid(state, deposit.lot, bidder)
            return _received(state, deposit, act, shown=shown)
        case c.Withdraw(lot, act, held):
            bidder = _check_act(state, act, actor, now, held)
            if state.active(lot, bidder) is None:
                raise Refused("no_deposit")
            for beside in state.published.lots:
                if beside.alternative_to == lot and state.active(beside.lot, bidder) is not None:
                    raise Refused("alternative_first", lot=beside.lot)
            recipient = _recipient(state, lot, bidder)
            other = actor is not None and recipient != actor.recipient
            return [e.DepositWithdrawn(lot, bidder, act, recipient if other else "")]
        case _:
            assert_never(command)


def _received(state: TenderState, deposit: Deposit, act: SignedAct, *, shown: bool) -> list[e.Event]:
    """clause 5.2.3: in the place of a bid sealed to another certificate only where the bidder has shown that both are
    its own. Whoever lost the earlier one withdraws and deposits anew; it is told of that by another way, too."""
    if state.active(deposit.lot, deposit.bidder) == deposit:
        return []
    before = _recipient(state, deposit.lot, deposit.bidder)
    if before in ("", deposit.recipient):
        return [e.DepositReceived(deposit, act)]
    if not shown:
        raise Refused("certificate_not_shown", needed=before)
    return [e.DepositReceived(deposit, act, before)]


def _recipient(state: TenderState, lot: str, bidder: str) -> str:
    """Whom the active deposit was sealed to, "" without one."""
    active = state.active(lot, bidder)
    return "" if active is None else active.recipient


def refusal(state: TenderState, command: c.Command, actor: Actor, code: str) -> e.DepositRefused | None:
    """The row of a refusal with legal weight, or None for a command whose refusal has none."""
    deadline = state.published.bid_deadline
    match command:
        case c.ReceiveDeposit(_, deposit):
            return e.DepositRefused(
                deposit.lot, actor.party, code, deposit.sha256, deposit.size, deadline, e.What.DEPOSIT
            )
        case c.AnnounceUpload(lot, size, sha256):
            return e.DepositRefused(lot, actor.party, code, sha256, size, deadline, e.What.UPLOAD)
        case c.Withdraw(lot):
            return e.DepositRefused(lot, actor.party, code, "", 0, deadline, e.What.WITHDRAWAL)
        case _:
            return None


def _check_bidder(actor: Actor | None, act: str) -> str:
    """Only bidders deposit. Gives the bidder's id."""
    if actor is None or actor.role is not Role.BIDDER:
        raise NotPermitted("not_permitted", act=act)
    return actor.party


def _check_lot(state: TenderState, lot: str) -> None:
    if lot not in {x.lot for x in state.published.lots}:
        raise Refused("wrong_lot", lot=lot)


def _check_main_bid(state: TenderState, lot: str, bidder: str) -> None:
    """clause 5.2.2: an alternative stands beside a bid of the same bidder, and never alone."""
    main = next(x.alternative_to for x in state.published.lots if x.lot == lot)
    if main and state.active(main, bidder) is None:
        raise Refused("main_bid_first", lot=main)


def _check_time(state: TenderState, now: int, held: bool, *, weighty: bool = True) -> None:
    """Clause 5.2.2: half-open, by the receipt stamp. Clause 4.7: through a fault of the platform nothing is refused
    for good; the bidder keeps its file until the deadline is confirmed or set anew."""
    deadline = state.published.bid_deadline
    if state.stopped:
        raise Refused("tender_cancelled")
    if state.closed is None and held:
        raise Refused("deadline_held", weighty=weighty, deadline=deadline)
    if state.closed is not None or now >= deadline:
        raise Refused("deadline_passed", weighty=weighty, deadline=deadline)


def _check_entry(barred: str) -> None:
    """clause 5.2.1: who has not registered, or was not invited, deposits nothing; whoever is late heard that before."""
    if barred:
        raise Refused(barred)


def _check_act(state: TenderState, act: SignedAct, actor: Actor | None, now: int, held: bool) -> str:
    """Who deposits, and in time. Gives the bidder's id."""
    bidder = _check_bidder(actor, act.type)
    plan = state.published
    if (act.origin, act.tender) != (plan.origin, plan.tender):
        raise Refused("wrong_tender")
    if actor is not None and act.certificate != actor.certificate:
        raise Refused("wrong_certificate", needed=actor.certificate)
    _check_lot(state, act.lot)
    # Before the deadline that the act names: whoever is late by both hears that it is late.
    _check_time(state, now, held)
    if act.deadline != plan.bid_deadline:
        raise Refused("act_for_another_deadline", deadline=plan.bid_deadline)
    if act.server_nonce in state.nonces:
        raise Refused("nonce_used")
    return bidder


def _check_header(
    state: TenderState, tender: str, deposit: Deposit, act: SignedAct, actor: Actor | None
) -> None:
    """The header names this tender, this lot, this bidder and this bidder's own certificate, and the
    act says the same."""
    if tender != state.published.tender:
        raise Refused("wrong_tender")
    if deposit.lot != act.lot:
        raise Refused("wrong_lot", lot=deposit.lot)
    if actor is None or deposit.recipient != actor.recipient:
        raise Refused("wrong_certificate", needed=deposit.recipient)
    said = act.body_json()
    stored = {
        "size": deposit.size,
        "sha256": deposit.sha256,
        "commit": deposit.commit,
        "tag_commit": deposit.tag_commit,
        "salt": deposit.salt,
        "recipient": deposit.recipient,
    }
    if {key: said.get(key) for key in stored} != stored or said.get("self_test") is not True:
        raise Refused("digest_mismatch")
    if not said.keys() == stored.keys() | {"self_test", "client"}:
        raise Refused("digest_mismatch")


def _move(state: TenderState, deadline: int) -> list[e.Event]:
    """Clauses 4.1, 4.7: the opening owns the deadline; a closed list is never opened again."""
    before = state.published.bid_deadline
    if state.closed is not None or deadline == before:
        return []
    return [e.DepositDeadlineMoved(before, deadline)]


def _close(state: TenderState, now: int) -> list[e.Event]:
    """The list is closed once, when the deadline has passed in the opening, and never before its time."""
    deadline = state.published.bid_deadline
    if state.closed is not None or state.stopped:
        return []
    if now < deadline:
        raise Refused("too_early", deadline=deadline)
    return [e.DepositsClosed(deadline, manifest_digest(state.deposits), state.deposits)]


def manifest_digest(deposits: tuple[Deposit, ...]) -> str:
    """SHA-256 over the canonical JSON of all deposits in order of receipt, superseded and withdrawn ones marked."""
    return hashlib.sha256(canonical.dumps([asdict(d) for d in deposits])).hexdigest()
