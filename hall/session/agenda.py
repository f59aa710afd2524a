"""Who may do what now, and who must: the agenda as the screens show it. Derived from the tables and the state."""

from __future__ import annotations

from typing import Final

from hall import wire as w
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Mode
from hall.session import (
    alternatives,
    causes,
    credentials,
    custody,
    floor,
    meeting,
    notary,
    remedies,
    rounds,
    signatures,
    standstill,
)
from hall.session.gaps import closable
from hall.session.lot import LotState
from hall.session.rules import CONTINUED, CONTINUED_STAGES, MAX_OBJECTIONS, RIGHTS, During, LotStage
from hall.session.state import OpeningState
from hall.session.waits import waits


def may(state: OpeningState, viewer: Actor) -> list[str]:
    """Acts that `viewer` may send now: `act`, or `act:lot` for acts of a lot. Before the announcement it depends on
    nothing that another bidder did."""
    allowed: list[str] = []
    for act, right in RIGHTS.items():
        if viewer.role not in right.roles or state.stage not in right.stages:
            continue
        if right.during is not During.EITHER and (right.during is During.SUSPENDED) != (
            state.suspension is not None
        ):
            continue
        if viewer.role is not Role.BIDDER and act not in _WITHOUT_POST and not _holds(state, viewer):
            continue
        if not right.lot_stages:
            if _open_to(state, viewer, act):
                allowed.append(act)
            continue
        allowed.extend(
            f"{act}:{lot.lot}"
            for lot in state.lots.values()
            if lot.stage in right.lot_stages
            and not _later(state, lot, act)
            and _open_in(state, lot, viewer, act)
        )
    return sorted(allowed)


_WITHOUT_POST: Final = ("take_post", "open_entrusted")
"""A deputy does not hold the post yet; and a key is for a certificate, whoever holds the post by now."""


def _later(state: OpeningState, lot: LotState, act: str) -> bool:
    """After a split the decrypted go on at their moment (clause 4.8 b)."""
    return state.continues_at is not None and act in CONTINUED and lot.stage in CONTINUED_STAGES


def _holds(state: OpeningState, viewer: Actor) -> bool:
    post = state.posts.get(viewer.role)
    return post is not None and post.certificate == viewer.certificate


_CHAPTERS: Final = (custody.open_to, standstill.open_to, meeting.open_to, floor.open_to, rounds.open_to)


def _elsewhere(state: OpeningState, lot: LotState | None, viewer: Actor, act: str) -> bool:
    """Each chapter knows its own acts; a name that none of them knows is open to nobody."""
    return any(open_to(state, lot, viewer, act) for open_to in _CHAPTERS)


def _open_to(state: OpeningState, viewer: Actor, act: str) -> bool:
    match act:
        case "self_check" | "show_certificate" | "decide_certificate":
            return credentials.open_to(state.credentials, viewer, act)
        case "sign_in":
            return viewer.party not in state.signed_in
        case "advance_clock":
            return state.scheduled.mode is Mode.REHEARSAL
        case "sign_record":
            return signatures.may_sign(state, viewer)
        case "close_opening":
            return closable(state)
        case _:
            return _elsewhere(state, None, viewer, act)


def _open_in(state: OpeningState, lot: LotState, viewer: Actor, act: str) -> bool:
    me = viewer.party
    listed = me in lot.bidders
    match act:
        case "announce_bidders":
            return state.manifest is not None and alternatives.may_be_announced(state, lot.lot)
        case "fail_tender" | "go_on_with_fewer" | "decide_cause":
            return causes.open_to(state, lot, act)
        case "answer_sealing":
            return listed and bool(lot.rechecked) and me not in lot.answers
        case "declare_sealing":
            return notary.declares(state, lot, viewer)
        case "release":
            if lot.own_runs(me):
                return not lot.has_released(me)
            running = lot.stage is LotStage.DECRYPTION
            return running and listed and me not in lot.released and me not in lot.held
        case "claim_remedy":
            listed = listed and me not in lot.held
            running = lot.own_runs(me) or (lot.stage is LotStage.DECRYPTION and listed)
            return running and remedies.may_claim(state, lot, me)
        case "answer_remedy":
            return remedies.may_answer(lot, viewer.role)
        case "decline_release":
            return listed and me not in lot.released and me not in lot.declined
        case "state_base_price":
            return lot.base_price is None
        case "read_out":
            return any(b not in lot.read_out for b in lot.disclosed)
        case "confirm_price":
            return me in lot.disclosed and lot.price_answers.get(me) in (None, "no_answer")
        case "open_objections":
            return all(b in lot.read_out and b in lot.price_answers for b in lot.disclosed)
        case "raise_objection":
            raised = sum(o.bidder == me for o in lot.objections)
            return raised < MAX_OBJECTIONS and (listed or state.deposit(lot.lot, me) is not None)
        case "answer_objection":
            return any(o.outcome is None for o in lot.objections)
        case "close_objections":
            return all(o.outcome is not None for o in lot.objections) and not rounds.unfinished(lot)
        case "command_decryption":
            return True
        case _:
            return _elsewhere(state, lot, viewer, act)


def waiting(state: OpeningState) -> w.Waiting | None:
    """Whom the opening waits for first (the banner on every screen), or None when it is over."""
    first = next(iter(waits(state)), None)
    return None if first is None else w.Waiting(str(first.role), first.act, first.lot, first.until)
