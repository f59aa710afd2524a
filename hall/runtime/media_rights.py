"""Who may send and watch what at this moment: the rules of the opening, asked about people and devices of the hall.

Each right is a call that raises when it is no more. What may not live here: rules (`hall.session.views`), connections.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hall.errors import NotPermitted
from hall.procurement.parties import Actor, Role, participant_of
from hall.runtime.registry import Registry
from hall.runtime.revocation import Revocations
from hall.runtime.seats import Person
from hall.session.broadcast import camera_name
from hall.session.roster import holds_post
from hall.session.rules import Stage
from hall.session.state import OpeningState
from hall.session.views.media import away, may_publish, may_watch

Right = Callable[[], None]
"""Raises a HallError when it is no more."""

CARES_FOR_CAMERAS: Final = (Role.HOST, Role.CLERK)


class MediaRights:
    """Asks the state of the opening as it is when asked."""

    def __init__(self, registry: Registry, revocations: Revocations) -> None:
        self._registry, self._revocations = registry, revocations

    def to_watch(self, opening: str, actor: Actor, participant: str) -> Right:
        """`actor` may see and hear `participant`. Raises NotPermitted: "may_not_watch", "not_appointed"."""

        def right() -> None:
            state = self._seated(opening, actor)
            if not may_watch(state, actor, participant):
                raise NotPermitted("may_not_watch")

        return right

    def to_send(self, opening: str, actor: Actor, participant: str) -> Right:
        """`actor` may send as `participant`: as itself, or what a camera of the hall shows.

        Raises NotPermitted: "may_not_publish", "not_appointed".
        """

        def right() -> None:
            state = self._seated(opening, actor)
            own = participant == participant_of(actor)
            sends = may_publish(state, actor) if own else may_care(state, actor, participant) and _open(state)
            if not sends:
                raise NotPermitted("may_not_publish")

        return right

    def check_device(self, opening: str, actor: Actor, participant: str) -> None:
        """Whether `actor` may let a device send as `participant`. Raises NotPermitted("may_not_publish")."""
        state = self._seated(opening, actor)
        if participant != participant_of(actor) and not may_care(state, actor, participant):
            raise NotPermitted("may_not_publish")

    def cares(self, opening: str, actor: Actor, participant: str) -> bool:
        """Whether `participant` is a camera of the hall, and `actor` looks after those."""
        return may_care(self._registry.opening(opening).room.state, actor, participant)

    def person(self, certificate: str) -> Person:
        """Whose certificate this is. Raises NotPermitted("unknown_certificate")."""
        party = self._registry.directory.state.certificates.get(certificate)
        if party is None:
            raise NotPermitted("unknown_certificate")
        return Person(party.party, party.name, party.kind, certificate)

    def _seated(self, opening: str, actor: Actor) -> OpeningState:
        """The opening, if `actor` still has its seat there: posts go to deputies, and certificates are revoked."""
        self._revocations.check(actor.certificate)
        state = self._registry.opening(opening).room.state
        named = [post for post in state.scheduled.deputies if post.role is actor.role]
        deputy = any(post.certificate == actor.certificate for post in named)
        if actor.role is not Role.BIDDER and not holds_post(state, actor) and not deputy:
            raise NotPermitted("not_appointed")
        return state


def may_care(state: OpeningState, actor: Actor, participant: str) -> bool:
    """Whether `actor` looks after the camera `participant` of the hall."""
    cameras = (camera_name(camera.camera) for camera in state.scheduled.cameras)
    return participant in cameras and actor.role in CARES_FOR_CAMERAS and holds_post(state, actor)


def _open(state: OpeningState) -> bool:
    """Whether the room is there for media: not before the day, not while adjourned, not after the close."""
    return state.stage not in (Stage.NEW, Stage.CLOSED) and not away(state)
