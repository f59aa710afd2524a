"""The live side of an opening: Socket.IO messages in, the desk's answers out. Every handler is a few lines.

What may not live here: rules of presence (`hall.session.presence`), of media, or of who may see what.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp import web

from hall import tasks, wire
from hall.clock import Clock
from hall.errors import Malformed, NotPermitted
from hall.gateway.channel import Channel
from hall.gateway.logins import Login, Logins
from hall.gateway.messages import Message
from hall.gateway.pushes import Pushes
from hall.gateway.shield import network_of
from hall.gateway.voices import Voices
from hall.gateway.whence import whence
from hall.procurement.parties import Actor, participant_of
from hall.runtime.attendance import Page
from hall.runtime.desk import Desk, Person
from hall.runtime.media_doors import MediaDoors
from hall.runtime.media_rights import Right
from hall.runtime.pictures import MOST_BYTES

HEARTBEAT: Final = 2.0
"""Seconds from one question to the next (clause 4.6); answering a message is never throttled in a hidden tab."""

MAX_SDP: Final = 64 * 1024
_HINTS: Final = ("hidden", "visible", "freeze", "resume", "woke")


@dataclass(frozen=True, slots=True)
class _Connection:
    sid: str
    opening: str
    actor: Actor
    login: str
    robot: bool


class Sockets:
    """All live connections."""

    def __init__(self, clock: Clock, desk: Desk, doors: MediaDoors, logins: Logins) -> None:
        self._clock = clock
        self._desk = desk
        self._doors = doors
        self._logins = logins
        self._channel = Channel()
        self._pushes = Pushes(desk, self._update)
        self._voices = Voices(desk, self._speaking)
        self._connections: dict[str, _Connection] = {}
        self._arriving: set[str] = set()  # whose handshake is being looked at
        self._heart: asyncio.Task[None] | None = None
        self._channel.on_connect(self.connect)
        self._channel.on_disconnect(self.disconnect)
        media = ("publish", "watch", "restart", "unwatch", "unpublish", "still")
        for name in ("join", "hb", "hint", "attempt", *media):
            self._channel.on(name, getattr(self, name))
        self._channel.on("no_such_message", self.unknown)

    def attach(self, app: web.Application) -> None:
        """Add the routes of the socket."""
        self._channel.attach(app)

    async def start(self) -> None:
        """Begin to ask for signs of life."""
        self._heart = tasks.start(self._beat(), "heartbeat")

    async def stop(self) -> None:
        """Close every connection. Nobody has left by that: attendance notes that it is the hall that goes."""
        self._connections.clear()
        await tasks.stop(self._heart)
        await self._pushes.stop()
        await self._voices.stop()
        await self._channel.stop()

    def begun(self, person: Person) -> None:
        """A person has logged in: robots that played its part hand over and stay silent."""
        for one in tuple(self._connections.values()):
            if one.robot and one.actor.certificate == person.certificate:
                self._lead_out(one.sid, "handover")

    def ended(self, login: Login) -> None:
        """A login is over: so are its connections."""
        for one in tuple(self._connections.values()):
            if one.login == login.key:
                self._channel.close(one.sid)

    async def connect(self, sid: str, request: web.Request, auth: object) -> None:
        self._arriving.add(sid)
        try:
            await self._enter(sid, request, Message(auth, "opening", "robot", "client", "takeover"))
        finally:
            self._arriving.discard(sid)

    async def _enter(self, sid: str, request: web.Request, asked: Message) -> None:
        login = self._logins.of(request)
        opening = asked.text("opening")
        await self._desk.recall(opening)
        actor = self._desk.actor(login.person, opening)
        robot = asked.flag("robot") or login.robot
        if robot and self._logins.has_person(actor.certificate):
            raise NotPermitted("handed_over")
        page = Page(asked.text("client", 64), network_of(request), robot, asked.act_if_any("takeover"))
        attendance = self._desk.attendance(opening)
        if page.takeover is not None and attendance.takes_over(actor, page):
            certificate = self._desk.own_certificate(login.person)
            now, source = self._clock.now(), whence(request)
            await self._desk.act(opening, page.takeover, certificate, actor, now, source)
        if sid not in self._arriving:
            return  # it has gone meanwhile, and nobody would ever say so again
        attendance.connected(actor, sid, partial(self._lead_out, sid), page)
        self._connections[sid] = _Connection(sid, opening, actor, login.key, robot)

    async def disconnect(self, sid: str, farewell: bool) -> None:
        self._arriving.discard(sid)
        one = self._connections.pop(sid, None)
        if one is not None:
            self._hush(sid, one.opening)
            cause = "client_left" if farewell else "transport_closed"
            self._desk.attendance(one.opening).left(one.actor, sid, cause)

    async def join(self, sid: str, message: object) -> wire.Update:
        one = self._of(sid)
        cursor = Message(message, "cursor").integer("cursor")
        update = self._pushes.join(sid, one.opening, one.actor, cursor)
        self._voices.join(sid, one.opening, one.actor)
        return update

    async def hb(self, sid: str, message: object) -> dict[str, object]:
        one = self._of(sid)
        Message(message, "n").integer("n")
        self._desk.attendance(one.opening).beat(one.actor, sid)
        return {}

    async def hint(self, sid: str, message: object) -> dict[str, object]:
        """Second signals about a window; no interval is drawn from a client's word alone."""
        one, hint = self._of(sid), Message(message, "kind", "gap_ms")
        if (kind := hint.text("kind")) not in _HINTS:
            raise Malformed("malformed_message", field="kind")
        gap_ms = hint.integer("gap_ms")
        self._desk.attendance(one.opening).hinted(one.actor, sid, kind, gap_ms)
        return {}

    async def attempt(self, sid: str, message: object) -> dict[str, object]:
        """An act failed in the page before anything could be signed (clause 5.3.3)."""
        one, told = self._of(sid), Message(message, "lot", "act", "code")
        lot, act, code = told.text("lot"), told.text("act", 64), told.text("code", 64)
        await self._desk.attempts.tell(one.opening, one.actor, lot, act, code)
        return {}

    async def publish(self, sid: str, message: object) -> dict[str, str]:
        one, offer = self._of(sid), Message(message, "sdp").text("sdp", MAX_SDP)
        participant = participant_of(one.actor)
        right = self._lasting(one, self._doors.rights.to_send(one.opening, one.actor, participant))
        answer, _ = await self._doors.publish(one.opening, participant, offer, right)
        return {"sdp": answer}

    async def unpublish(self, sid: str, message: object) -> dict[str, str]:
        one = self._of(sid)
        if self._desk.attendance(one.opening).place(one.actor) == participant_of(one.actor):
            await self._doors.stop_publishing(one.opening, participant_of(one.actor))
        return {}

    async def still(self, sid: str, message: object) -> dict[str, str]:
        """A single picture, where nothing else comes through."""
        one, jpeg = self._of(sid), Message(message, "jpeg").data("jpeg", MOST_BYTES)
        await self._doors.picture(one.opening, one.actor, jpeg)
        return {}

    async def watch(self, sid: str, message: object) -> dict[str, str]:
        one, asked = self._of(sid), Message(message, "participant", "sdp")
        participant, offer = asked.text("participant"), asked.text("sdp", MAX_SDP)
        right = self._lasting(one, self._doors.rights.to_watch(one.opening, one.actor, participant))
        viewer = _viewer(one, participant)
        answer, _ = await self._doors.watch(one.opening, participant, viewer, offer, right)
        return {"sdp": answer}

    async def restart(self, sid: str, message: object) -> dict[str, str]:
        """The page's network has changed: the same connection another way. Without a participant, its own sending."""
        one, asked = self._of(sid), Message(message, "participant", "sdp")
        participant, offer = asked.text("participant"), asked.text("sdp", MAX_SDP)
        rights, viewer = self._doors.rights, ""
        if participant:
            viewer = _viewer(one, participant)
            right = self._lasting(one, rights.to_watch(one.opening, one.actor, participant))
        else:
            participant = participant_of(one.actor)
            right = self._lasting(one, rights.to_send(one.opening, one.actor, participant))
        return {"sdp": await self._doors.restart(one.opening, participant, viewer, offer, right)}

    async def unwatch(self, sid: str, message: object) -> dict[str, str]:
        one, asked = self._of(sid), Message(message, "participant")
        await self._doors.stop_watching(one.opening, _viewer(one, asked.text("participant")))
        return {}

    async def unknown(self, sid: str, message: object) -> dict[str, object]:
        raise Malformed("no_such_message")

    def _lasting(self, one: _Connection, right: Right) -> Right:
        """The right, for as long as the login lives; a broken line alone ends nothing."""
        return self._logins.lasting(one.login, right)

    def _of(self, sid: str) -> _Connection:
        one = self._connections.get(sid)
        if one is None:
            raise NotPermitted("superseded")
        return one

    def _lead_out(self, sid: str, reason: str) -> None:
        """The hall ends a connection: another one took its place, or bidders are led out (clause 5.5.4)."""
        one = self._connections.pop(sid, None)
        if one is not None:
            self._hush(sid, one.opening)
            name = "bye" if reason == "closed" else "superseded"
            self._channel.close(sid, name, {"reason": reason})
            # Where another connection has taken the place already, this changes nothing.
            self._desk.attendance(one.opening).left(one.actor, sid, "removed")

    async def _update(self, sid: str, update: wire.Update | wire.Changes) -> None:
        await self._channel.send(sid, "update", update)

    async def _speaking(self, sid: str, participants: list[str]) -> None:
        await self._channel.send(sid, "speaking", {"participants": participants})

    def _hush(self, sid: str, opening: str) -> None:
        """A connection is told nothing more."""
        self._pushes.leave(sid, opening)
        self._voices.leave(sid, opening)

    async def _beat(self) -> None:
        n = 0
        while True:
            n += 1
            self._channel.broadcast(tuple(self._connections), "hb?", {"n": n, "now": self._clock.now()})
            await asyncio.sleep(HEARTBEAT)


def _viewer(one: _Connection, participant: str) -> str:
    """The name of one watch: it outlives a broken line, and the next watch of the same person replaces it. A deputy's
    is not the holder's."""
    return f"{participant_of(one.actor)} {one.actor.certificate[:16]}>{participant}"
