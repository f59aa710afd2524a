"""What the doors into the media plane may ask for: the socket's and HTTP's, a person's and a device's alike.

Each publication and each watch is let in by a right that is asked again whenever something changed, and ended when it
is no more (`admissions`). What may not live here: SDP, HTTP, sockets, and the rights themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from hall.errors import HallError, NotPermitted
from hall.procurement.parties import Actor, participant_of
from hall.runtime.admissions import Admission, Admissions
from hall.runtime.desk import Desk
from hall.runtime.media_ports import MediaPlane, Still
from hall.runtime.media_rights import MediaRights, Right
from hall.runtime.pictures import PicturesIn
from hall.runtime.tokens import Token, Tokens


@dataclass(frozen=True, slots=True)
class Device:
    """Who shows a good token. `actor`: who made it."""

    token: Token
    actor: Actor


class MediaDoors:
    """The media plane as its doors see it."""

    def __init__(
        self, desk: Desk, rights: MediaRights, media: MediaPlane, tokens: Tokens, pictures: PicturesIn
    ) -> None:
        self._desk, self._media, self._tokens = desk, media, tokens
        self.rights = rights
        self._pictures = pictures
        self.admissions = Admissions(desk.listen)

    async def publish(self, opening: str, participant: str, sdp: str, right: Right) -> tuple[str, Admission]:
        """Answer a publisher's offer: (answer, what it was let in by). Raises what `right` raises."""
        right()
        end = partial(self._media.stop_publishing, opening, participant)
        admission = Admission(opening, f"send {participant}", right, end)
        answer = await self._media.publish(opening, participant, sdp)
        await self._admit(admission)
        return answer, admission

    async def watch(
        self, opening: str, participant: str, viewer: str, sdp: str, right: Right
    ) -> tuple[str, Admission]:
        """Answer a watcher's offer: (answer, what it was let in by). `viewer`: the watch's name, one for each."""
        right()
        end = partial(self._media.stop_watching, opening, viewer)
        admission = Admission(opening, f"watch {viewer}", right, end)
        answer = await self._media.watch(opening, participant, viewer, sdp)
        await self._admit(admission)
        return answer, admission

    async def restart(self, opening: str, participant: str, viewer: str, sdp: str, right: Right) -> str:
        """Let a publication (viewer ""), or a watch, come another way; what it was let in by stays. Raises what `right`
        raises, and Unavailable("connection_over")."""
        right()
        return await self._media.restart(opening, participant, viewer, sdp)

    async def stop(self, admission: Admission) -> None:
        """End a publication or a watch, unless another has taken its place."""
        if self.admissions.holds(admission):
            self.admissions.leave(admission.opening, admission.name)
            await admission.end()

    async def stop_publishing(self, opening: str, participant: str) -> None:
        """End a publication, whichever door it came through."""
        self.admissions.leave(opening, f"send {participant}")
        await self._media.stop_publishing(opening, participant)

    async def stop_watching(self, opening: str, viewer: str) -> None:
        """End a watch."""
        self.admissions.leave(opening, f"watch {viewer}")
        await self._media.stop_watching(opening, viewer)

    async def still(self, opening: str, actor: Actor, participant: str) -> Still | None:
        """A participant's last picture. Raises NotPermitted("may_not_watch")."""
        self.rights.to_watch(opening, actor, participant)()
        return await self._media.still(opening, participant)

    async def picture(self, opening: str, actor: Actor, jpeg: bytes) -> None:
        """A single picture of who may send and can send nothing else. Raises what `PicturesIn.take` raises, and
        NotPermitted("may_not_publish")."""
        participant = participant_of(actor)
        self.rights.to_send(opening, actor, participant)()
        await self._pictures.take(opening, participant, jpeg)

    def bound(self, device: Device, right: Right) -> Right:
        """The same right for who shows a token: for as long as that is good."""

        def narrowed() -> None:
            if not self._tokens.is_good(device.token):
                raise NotPermitted("bad_token")
            right()

        return narrowed

    # tokens

    async def device(self, opening: str, text: str) -> Device:
        """Who shows this token. Raises NotPermitted("bad_token")."""
        token = self._tokens.of(text, opening)
        await self._desk.recall(opening)
        person = self.rights.person(token.certificate)
        return Device(token, self._desk.actor(person, opening, token.role))

    def make_token(
        self, opening: str, actor: Actor, participant: str, minutes: int
    ) -> tuple[str, dict[str, object]]:
        """A token by which a device sends as `participant` (oneself, or a camera of the hall), or with "" only watches
        what oneself may watch: (its text, what is known of it). Raises NotPermitted, Refused("too_many_tokens")."""
        if participant:
            self.rights.check_device(opening, actor, participant)
        text, token = self._tokens.make(
            opening, participant, actor.certificate, actor.role.value, minutes * 60_000
        )
        return text, _shown(token)

    def tokens(self, opening: str, actor: Actor) -> list[dict[str, object]]:
        """The good tokens that the actor made, and for who cares for the cameras all of theirs."""
        return [_shown(t) for t in self._tokens.good(opening) if self._may_revoke(opening, actor, t)]

    async def revoke(self, opening: str, actor: Actor, number: str) -> None:
        """Make a token good for nothing, and end what it let in. Raises NotPermitted("no_such_token")."""
        for token in self._tokens.good(opening):
            if token.id == number and self._may_revoke(opening, actor, token):
                self._tokens.revoke(token)
                await self.admissions.look(opening)
                return
        raise NotPermitted("no_such_token")

    def _may_revoke(self, opening: str, actor: Actor, token: Token) -> bool:
        own = token.certificate == actor.certificate
        return own or self.rights.cares(opening, actor, token.participant)

    async def _admit(self, admission: Admission) -> None:
        """Let it in, unless the right went while the answer was made."""
        try:
            admission.right()
        except HallError:
            await admission.end()
            raise
        self.admissions.admit(admission)


def _shown(token: Token) -> dict[str, object]:
    return {"id": token.id, "participant": token.participant, "until": token.until}
