"""The verifiable draw, where the tender documents ask for one: each listed bidder and the host commit, then reveal.

Whoever gives no commitment takes no part; whoever commits and does not reveal is left out, and the hall repeats the
draw without it under a new number. With fewer than two parties nothing is drawn: one alone would choose. Pure.
"""

from __future__ import annotations

from typing import Final

from hall.errors import Refused
from hall.procurement.parties import Actor, Role
from hall.session import commands as c
from hall.session import events as e
from hall.session.drawing import commitment_of, draw_result
from hall.session.lot import Draw, LotState
from hall.session.state import OpeningState

FEWEST: Final = 2
HOST: Final = Role.HOST.value


def running(lot: LotState) -> Draw | None:
    """The draw that is under way, or None."""
    last = lot.draws[-1] if lot.draws and not lot.settled else None
    return last if last is not None and last.done is None else None


def party_of(actor: Actor) -> str:
    """A party's name in a draw: the bidder's id, or `host`."""
    return actor.party if actor.role is Role.BIDDER else HOST


def open_draw(state: OpeningState, lot: LotState, command: c.OpenDraw, now: int) -> list[e.Event]:
    """The host opens a draw for what the documents name, among the values that they name."""
    rules = state.scheduled.rules
    if not rules.draw_allowed:
        raise Refused("draw_not_allowed")
    if len(command.values) < FEWEST:
        raise Refused("nothing_to_draw", values=len(command.values))
    parties = (*lot.taking_part, HOST)
    if len(parties) < FEWEST:
        raise Refused("nobody_to_draw")
    number, commit_by = len(lot.draws) + 1, now + rules.draw_limit
    return [e.DrawOpened(lot.lot, number, command.purpose, command.values, parties, commit_by, command.act)]


def commit(lot: LotState, command: c.CommitDraw, actor: Actor, now: int) -> list[e.Event]:
    """A commitment is final; a copy of another's is refused, because its secret could be copied too."""
    draw, party = _at(lot, command.draw), party_of(actor)
    if party not in draw.parties:
        raise Refused("not_in_this_draw")
    if draw.commitments.get(party) == command.commitment:
        return []
    if draw.reveal_by is not None or now > draw.commit_by:
        raise Refused("draw_commits_closed", draw=draw.draw)
    if party in draw.commitments:
        raise Refused("committed_already", draw=draw.draw)
    # Of any draw of the lot: a secret that an earlier one revealed would let its owner choose a later result.
    if any(command.commitment in d.commitments.values() for d in lot.draws):
        raise Refused("commitment_taken")
    return [e.DrawCommitted(lot.lot, draw.draw, party, command.commitment, command.act)]


def reveal(lot: LotState, command: c.RevealDraw, actor: Actor, now: int) -> list[e.Event]:
    """The 32 bytes behind the commitment, once every commitment is in."""
    draw, party = _at(lot, command.draw), party_of(actor)
    if party not in draw.commitments:
        raise Refused("nothing_committed", draw=draw.draw)
    if draw.reveal_by is None:
        raise Refused("draw_commits_open", draw=draw.draw)
    if draw.secrets.get(party) == command.secret:
        return []
    if now > draw.reveal_by:
        raise Refused("draw_closed", draw=draw.draw)
    if commitment_of(command.secret) != draw.commitments[party]:
        raise Refused("secret_mismatch")
    return [e.DrawRevealed(lot.lot, draw.draw, party, command.secret, command.act)]


def _at(lot: LotState, number: int) -> Draw:
    draw = running(lot)
    if draw is None or draw.draw != number:
        raise Refused("no_such_draw", draw=number)
    return draw


def due(state: OpeningState, lot: LotState, now: int) -> list[e.Event]:
    """What the draw under way comes to by `now`; both limits include their end."""
    draw = running(lot)
    if draw is None:
        return []
    if draw.reveal_by is None:
        return _commits_over(state, lot, draw, now)
    return _reveals_over(state, lot, draw, draw.reveal_by, now)


def _commits_over(state: OpeningState, lot: LotState, draw: Draw, now: int) -> list[e.Event]:
    silent = tuple(p for p in draw.parties if p not in draw.commitments)
    if silent and now <= draw.commit_by:
        return []
    if len(draw.commitments) < FEWEST:
        return [e.DrawDone(lot.lot, draw.draw, "", "", ())]
    return [e.DrawCommitsClosed(lot.lot, draw.draw, silent, now + state.scheduled.rules.draw_limit)]


def _reveals_over(state: OpeningState, lot: LotState, draw: Draw, reveal_by: int, now: int) -> list[e.Event]:
    part = tuple(p for p in draw.parties if p in draw.commitments)
    missing = tuple(p for p in part if p not in draw.secrets)
    if not missing:
        plan = state.scheduled
        seed, chosen = draw_result(plan.opening, lot.lot, draw.draw, part, draw.secrets, draw.values)
        return [e.DrawDone(lot.lot, draw.draw, seed, chosen, ())]
    if now <= reveal_by:
        return []
    over = e.DrawDone(lot.lot, draw.draw, "", "", missing)
    left = tuple(p for p in part if p in draw.secrets)
    if len(left) < FEWEST:
        return [over]
    commit_by = now + state.scheduled.rules.draw_limit
    number = draw.draw + 1
    again = e.DrawOpened(lot.lot, number, draw.purpose, draw.values, left, commit_by, None, repeats=draw.draw)
    return [over, again]


def moments(lot: LotState) -> list[int]:
    """When `due` will next have something to say, ms UTC; 0 means at once."""
    draw = running(lot)
    if draw is None:
        return []
    if draw.reveal_by is None:
        return [0 if len(draw.commitments) == len(draw.parties) else draw.commit_by + 1]
    return [0 if len(draw.secrets) == len(draw.commitments) else draw.reveal_by + 1]


def open_to(state: OpeningState, lot: LotState, viewer: Actor, act: str) -> bool:
    """Whether `viewer` could send one of a draw's acts now, roles and stages being right already."""
    draw, party = running(lot), party_of(viewer)
    match act:
        case "open_draw":
            return state.scheduled.rules.draw_allowed and bool(lot.taking_part)
        case "commit_draw" if draw is not None:
            return draw.reveal_by is None and party in draw.parties and party not in draw.commitments
        case "reveal_draw" if draw is not None:
            return draw.reveal_by is not None and party in draw.commitments and party not in draw.secrets
        case _:
            return False
