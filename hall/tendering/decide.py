"""What a tender answers to a command before its opening: deposits up to the deadline, then one closed list."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import assert_never

from hall.errors import NotPermitted, Refused
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Deposit
from hall.tendering import commands as c
from hall.tendering import events as e
from hall.tendering.state import TenderState


def decide(state: TenderState, command: c.Command, *, actor: Actor | None, now: int) -> list[e.Event]:
    """The events that `command` causes at `now` (receipt stamp, ms UTC). Raises Refused or NotPermitted."""
    match command:
        case c.PublishTender(plan):
            return [] if state.plan is not None else [plan]
        case c.NoteHandedOver(opening):
            return [] if state.handed_over else [e.HandedOver(opening)]
        case c.Tick():
            return tick(state, now)
        case c.ReceiveDeposit(tender, deposit, act):
            bidder = _check_act(state, act, actor, now)
            if deposit.bidder != bidder:
                raise Refused("wrong_bidder")
            _check_header(state, tender, deposit, act)
            return (
                []
                if state.active(deposit.lot, deposit.bidder) == deposit
                else [e.DepositReceived(deposit, act)]
            )
        case c.Withdraw(lot, act):
            bidder = _check_act(state, act, actor, now)
            if state.active(lot, bidder) is None:
                raise Refused("no_deposit")
            return [e.DepositWithdrawn(lot, bidder, act)]
        case _:
            assert_never(command)


def _check_act(state: TenderState, act: SignedAct, actor: Actor | None, now: int) -> str:
    """Who deposits, and in time. Gives the bidder's id."""
    if actor is None or actor.role is not Role.BIDDER:
        raise NotPermitted("not_permitted", act=act.type)
    plan = state.published
    if (act.origin, act.tender) != (plan.origin, plan.tender):
        raise Refused("wrong_tender")
    if act.deadline != plan.bid_deadline:
        raise Refused("act_for_another_deadline", deadline=plan.bid_deadline)
    if act.certificate != actor.certificate:
        raise Refused("wrong_certificate", needed=actor.certificate)
    if act.lot not in {lot.lot for lot in plan.lots}:
        raise Refused("wrong_lot", lot=act.lot)
    if act.server_nonce in state.nonces:
        raise Refused("nonce_used")
    if now >= plan.bid_deadline or state.closed is not None:
        raise Refused("deadline_passed", weighty=True)  # clause 5.2.2: half-open, by the receipt stamp
    return actor.party


def _check_header(state: TenderState, tender: str, deposit: Deposit, act: SignedAct) -> None:
    """The header names this tender, this lot, this bidder and this bidder's own certificate, and the
    act says the same."""
    if tender != state.published.tender:
        raise Refused("wrong_tender")
    if deposit.lot != act.lot:
        raise Refused("wrong_lot", lot=deposit.lot)
    if deposit.recipient != act.certificate:
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


def tick(state: TenderState, now: int) -> list[e.Event]:
    """At the deadline the list is closed, once."""
    if state.plan is None or state.closed is not None or now < state.plan.bid_deadline:
        return []
    return [e.DepositsClosed(state.plan.bid_deadline, manifest_digest(state.deposits), state.deposits)]


def next_deadline(state: TenderState) -> int | None:
    """When `tick` will next have something to say, ms UTC."""
    return None if state.plan is None or state.closed is not None else state.plan.bid_deadline


def manifest_digest(deposits: tuple[Deposit, ...]) -> str:
    """SHA-256 over the canonical JSON of all deposits in order of receipt, superseded and withdrawn ones marked."""
    return hashlib.sha256(canonical.dumps([asdict(d) for d in deposits])).hexdigest()
