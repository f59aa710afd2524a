"""Who holds a post, and how it passes on while countdowns run: a deputy takes it from a silent holder, or the project
owner appoints somebody (clause 5.3.1). Pure, as `decide` is.

What the former holder has done stays done; from then on its acts are refused as `not_appointed`.
"""

from __future__ import annotations

from typing import Final

from hall.errors import Refused
from hall.procurement.parties import Actor, Appointment, Role
from hall.session import commands as c
from hall.session import events as e
from hall.session.roster import named_bidders, post_name, waited
from hall.session.state import OpeningState
from hall.session.waits import waits

_OPPOSITE: Final = {Role.ANNOUNCER: Role.SCRUTINEER, Role.SCRUTINEER: Role.ANNOUNCER}


def silent_since(state: OpeningState, role: Role) -> int | None:
    """Since when the holder of a post owes an answer or is away, ms UTC; None while nothing is missed.

    Counted from its last act, or later: from the moment since which the agenda waits for it, or since which it has
    been offline by no fault of the hall's.
    """
    holder = state.posts.get(role)
    if holder is None:
        return None
    missed = [w.since for w in waits(state) if w.role == role.value]
    missed.extend(_offline(state, post_name(role)))
    return max(min(missed), state.acted.get(holder.certificate, 0)) if missed else None


def _offline(state: OpeningState, participant: str) -> list[int]:
    """Start of the offline interval that still lasts, if the hall itself was well enough to say so."""
    last = max(
        (p for p in state.presence if p.participant == participant), key=lambda p: p.start, default=None
    )
    away = last is not None and last.state == "offline" and last.end is None and last.confidence != "low"
    return [last.start] if last is not None and away else []


def deputy(state: OpeningState, actor: Actor) -> Appointment | None:
    """The appointment that names `actor` as deputy of its post, or None."""
    mine = (actor.role, actor.certificate)
    return next((a for a in state.scheduled.deputies if (a.role, a.certificate) == mine), None)


def take(state: OpeningState, command: c.TakePost, actor: Actor, now: int) -> list[e.Event]:
    """A deputy named at scheduling relieves a holder who has been silent for the limit; countdowns run on."""
    post = deputy(state, actor)
    holder = state.posts.get(actor.role)
    if post is None or holder is None:
        raise Refused("not_a_deputy", role=actor.role.value)
    if holder.certificate == actor.certificate:
        return []
    since = silent_since(state, actor.role)
    if since is None:
        raise Refused("holder_not_silent")
    limit = state.scheduled.rules.host_silence
    # A suspended opening waits too, for whoever must end the standstill.
    gone = now - since if state.suspension is not None else waited(state, since, now)
    if gone < limit:
        raise Refused("silence_running", left_ms=limit - gone)
    _check_two_persons(state, post)
    return [e.PostTaken(post, holder.certificate, command.act)]


def may_take(state: OpeningState, viewer: Actor) -> bool:
    """Whether `viewer` is a deputy whose principal is being waited for; the rest is a matter of minutes."""
    holder = state.posts.get(viewer.role)
    if deputy(state, viewer) is None or holder is None or holder.certificate == viewer.certificate:
        return False
    return silent_since(state, viewer.role) is not None


def appoint(state: OpeningState, command: c.AppointSubstitute) -> list[e.Event]:
    """The project owner fills a post anew, its own included: it signs, and everybody is shown whom."""
    post = command.post
    holder = state.posts.get(post.role)
    anew = post.role is Role.NOTARY and state.notary_absent
    if holder is not None and holder.certificate == post.certificate and not anew:
        return []
    _check_two_persons(state, post)
    if post.party in named_bidders(state):
        raise Refused("bidder_in_a_post", bidder=post.party)
    return [
        e.SubstituteAppointed(post, "" if holder is None else holder.certificate, command.reason, command.act)
    ]


def _check_two_persons(state: OpeningState, post: Appointment) -> None:
    """One person may not both announce and scrutinise."""
    opposite = state.posts.get(_OPPOSITE[post.role]) if post.role in _OPPOSITE else None
    if opposite is not None and (post.certificate == opposite.certificate or post.party == opposite.party):
        raise Refused("announcer_is_scrutineer")
