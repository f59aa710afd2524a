"""Who may be named in the room, and for how long somebody has been waited for. Pure derivations of the state.

Until its lot is announced no bidder may be named by anybody: an answer that depends on who is there would betray who
is there (Bidding Law 22).
"""

from __future__ import annotations

from hall.errors import Refused
from hall.procurement.parties import STAFF, Actor, Role, participant_of
from hall.session.countdowns import standing_still
from hall.session.rules import LotStage
from hall.session.state import OpeningState

_BIDDER = "bidder-"


def named_bidders(state: OpeningState) -> frozenset[str]:
    """Bidders that an announcement has named: listed, not signed in, or signed in without a deposit. A lot that is
    still sealed has none of them."""
    return frozenset(
        bidder
        for lot in state.lots.values()
        for bidder in (*lot.bidders, *lot.not_signed_in, *lot.without_deposit)
    )


def all_announced(state: OpeningState) -> bool:
    """Whether no lot is sealed any more: from here on it is no secret who takes part in any of them."""
    return bool(state.lots) and all(lot.stage is not LotStage.SEALED for lot in state.lots.values())


def may_be_known(state: OpeningState, participant: str) -> bool:
    """Whether others may learn of what `participant` does: a bidder's from the announcement of a lot of its own on
    (Bidding Law 22), the staff's from the first one on."""
    if not participant.startswith(_BIDDER):
        return state.announced
    return all_announced(state) or participant.removeprefix(_BIDDER) in named_bidders(state)


def check_named(state: OpeningState, *bidders: str) -> None:
    """Raise Refused("no_such_bidder") for a bidder that no announcement has named."""
    named = named_bidders(state)
    for bidder in bidders:
        if bidder not in named:
            raise Refused("no_such_bidder", bidder=bidder)


def check_participant(state: OpeningState, participant: str) -> None:
    """Raise Refused("no_such_participant") for what is neither a post's name nor `bidder-<id>` of a named bidder."""
    bidder = participant.removeprefix(_BIDDER)
    known = bidder in named_bidders(state) if bidder != participant else participant in POSTS
    if not known:
        raise Refused("no_such_participant", participant=participant)


def post_name(role: Role) -> str:
    """The participant id of a post, as presence and calls name it."""
    return role.value.replace("_", "-")


POSTS = frozenset(post_name(role) for role in STAFF)


def holds_post(state: OpeningState, actor: Actor) -> bool:
    """Whether `actor` holds the post of its role now; a bidder holds none."""
    post = state.posts.get(actor.role)
    return post is not None and post.certificate == actor.certificate


def place_of(state: OpeningState, actor: Actor) -> str:
    """Where `actor` sits: a bidder or the holder of a post in its own place. A deputy looks on from `<post>-deputy`
    until it takes the post (clause 5.3.1): whoever is present there is not the holder."""
    own = participant_of(actor)
    if actor.role is Role.BIDDER or holds_post(state, actor):
        return own
    named = [x.certificate for x in state.scheduled.deputies if x.role is actor.role]
    number = named.index(actor.certificate) + 1 if actor.certificate in named else 0
    return f"{own}-deputy" if number == 1 else f"{own}-deputy-{number}"


def waited(state: OpeningState, since: int, now: int) -> int:
    """Milliseconds of [since, now] in which the opening ran: nobody is late while it is suspended (clause 4.8)."""
    return max(0, now - since - standing_still(state, since, now))
