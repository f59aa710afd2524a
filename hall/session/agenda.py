"""Who may do what now, and who must: the agenda as the screens show it. Derived from the tables and the state."""

from __future__ import annotations

from typing import Final

from hall import wire as w
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Mode
from hall.session import meeting, rounds, standstill
from hall.session.lot import LotState
from hall.session.notes import may_disclose
from hall.session.rules import RECORD_SIGNERS, RIGHTS, During, LotStage, Stage
from hall.session.state import OpeningState


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
        if viewer.role is not Role.BIDDER and act != "take_post" and not _holds(state, viewer):
            continue
        if not right.lot_stages:
            if _open_to(state, viewer, act):
                allowed.append(act)
            continue
        allowed.extend(
            f"{act}:{lot.lot}"
            for lot in state.lots.values()
            if lot.stage in right.lot_stages and _open_in(state, lot, viewer, act)
        )
    return sorted(allowed)


def _holds(state: OpeningState, viewer: Actor) -> bool:
    post = state.posts.get(viewer.role)
    return post is not None and post.certificate == viewer.certificate


_CHAPTERS: Final = (standstill.open_to, meeting.open_to, rounds.open_to)


def _elsewhere(state: OpeningState, lot: LotState | None, viewer: Actor, act: str) -> bool:
    """Each chapter knows its own acts; a name that none of them knows is open to nobody."""
    return any(open_to(state, lot, viewer, act) for open_to in _CHAPTERS)


def _open_to(state: OpeningState, viewer: Actor, act: str) -> bool:
    match act:
        case "sign_in":
            return viewer.party not in state.signed_in
        case "advance_clock":
            return state.scheduled.mode is Mode.REHEARSAL
        case "sign_record":
            return state.record is not None and state.record_open and viewer.role not in state.record.settled
        case "close_opening":
            return state.record is not None
        case _:
            return _elsewhere(state, None, viewer, act)


def _open_in(state: OpeningState, lot: LotState, viewer: Actor, act: str) -> bool:
    me = viewer.party
    listed = me in lot.bidders
    match act:
        case "announce_bidders":
            return state.manifest is not None
        case "fail_tender":
            few = len(lot.opened) < state.scheduled.rules.minimum_bidders
            return lot.stage is LotStage.LOCKED or (few and not lot.undecided and not lot.opening)
        case "go_on_with_fewer":
            return state.scheduled.rules.fewer_allowed
        case "answer_sealing":
            return listed and bool(lot.rechecked) and me not in lot.answers
        case "declare_sealing":
            if (viewer.role is Role.NOTARY) != (state.notary is not None) or not lot.rechecked:
                return False
            return state.notary is not None or all(b in lot.answers for b in lot.bidders)
        case "release":
            if lot.own_runs(me):
                return me not in lot.opened and me not in lot.opening
            running = lot.stage is LotStage.DECRYPTION
            return running and listed and me not in lot.released and me not in lot.held
        case "decline_release":
            return listed and me not in lot.released and me not in lot.declined
        case "decide_cause":
            return any(b not in lot.opening for b in lot.undecided)
        case "read_out":
            return any(b not in lot.read_out for b in lot.disclosed)
        case "confirm_price":
            return me in lot.disclosed and lot.price_answers.get(me) in (None, "no_answer")
        case "open_objections":
            return all(b in lot.read_out and b in lot.price_answers for b in lot.disclosed)
        case "raise_objection":
            return listed or state.deposit(lot.lot, me) is not None
        case "answer_objection":
            return any(o.outcome is None for o in lot.objections)
        case "close_objections":
            return all(o.outcome is not None for o in lot.objections)
        case "command_decryption":
            return True
        case _:
            return _elsewhere(state, lot, viewer, act)


def waiting(state: OpeningState) -> w.Waiting | None:
    """Whom the opening waits for (the banner on every screen), or None when it is over."""
    match state.stage:
        case Stage.NEW | Stage.CLOSED:
            return None
        case Stage.SCHEDULED:
            return w.Waiting("hall", "sign_in_opens", "", state.scheduled.sign_in_from)
        case Stage.SIGN_IN:
            return w.Waiting("bidder", "sign_in", "", state.scheduled.bid_deadline)
        case Stage.HELD:
            return w.Waiting(Role.PROCURING_ENTITY.value, "confirm_deadline", "", None)
        case _ if state.suspension is not None:
            return w.Waiting(Role.HOST.value, "resume", "", None)
        case Stage.DEADLINE if state.manifest is None:
            return w.Waiting("hall", "closing_deposits", "", None)
        case Stage.RECORD:
            return _record_waits(state)
        case Stage.LEAVING:
            return w.Waiting("bidder", "leave", "", state.leave_by)
        case _:
            for lot in state.lots.values():
                if not lot.settled:
                    return _lot_waits(state, lot)
            if state.register is None:
                act = "explain_incidents" if meeting.unexplained(state) else "sign_register"
                return w.Waiting(Role.PROCURING_ENTITY.value, act, "", None)
            return w.Waiting("hall", "preparing_record", "", None)


def _record_waits(state: OpeningState) -> w.Waiting:
    signed = state.record.settled if state.record else frozenset[str]()
    for role in RECORD_SIGNERS:
        if role.value not in signed:
            return w.Waiting(role.value, "sign_record", "", None)
    if state.record is not None and state.record.completed:
        return w.Waiting(Role.HOST.value, "close_opening", "", None)
    return w.Waiting("hall", "completing_record", "", None)


def _lot_waits(state: OpeningState, lot: LotState) -> w.Waiting:
    def wait(role: str, act: str, until: int | None = None) -> w.Waiting:
        return w.Waiting(role, act, lot.lot, until)

    match lot.stage:
        case LotStage.SEALED:
            return wait("host", "announce_bidders")
        case LotStage.LOCKED:
            return wait("procuring_entity", "fail_tender")
        case LotStage.CHECK:
            if not lot.rechecked:
                return wait("hall", "rechecking")
            if state.notary is None and any(b not in lot.answers for b in lot.bidders):
                return wait("bidder", "answer_sealing", lot.answer_by)
            return wait("notary" if state.notary else "host", "declare_sealing")
        case LotStage.CHECKED:
            return wait("host", "command_decryption")
        case LotStage.DECRYPTION:
            return wait("bidder", "release", lot.closes_at)
        case LotStage.RESULTS:
            if not lot.results_shown:
                return wait("hall", "opening_bids")
            if state.notary is not None:
                return wait("notary", "declare_results")
            if any(b not in lot.result_answers for b in lot.bidders):
                return wait("bidder", "answer_results", lot.results_by)
            return wait("host", "declare_results")
        case LotStage.DISCLOSURE:
            if lot.opening or may_disclose(state, lot):
                return wait("hall", "opening_bids")
            return wait("procuring_entity", "decide_cause" if lot.undecided else "fail_tender")
        case LotStage.READ_OUT:
            if any(b not in lot.read_out for b in lot.disclosed):
                return wait("announcer", "read_out")
            if any(b not in lot.price_answers for b in lot.disclosed):
                return wait("bidder", "confirm_price", lot.price_answer_by)
            return wait("host", "open_objections")
        case _:
            if any(o.outcome is None for o in lot.objections):
                return wait("procuring_entity", "answer_objection")
            return wait("host", "close_objections", lot.objections_not_before)
