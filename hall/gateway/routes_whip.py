"""WHIP in (RFC 9725) and WHEP out: an offer by POST, its answer at once, and an address by which the session ends.

Who comes shows a token of the hall, or the cookie of a login. Candidates of the other side are not needed: the hall's
own address is reachable, and it learns from the checks where they come from. What may not live here: who may send and
watch; the doors know and give or refuse.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Final

from aiohttp import hdrs, web

from hall.errors import Malformed, NotPermitted, Unavailable
from hall.gateway import messages
from hall.gateway.ice import IceServers
from hall.gateway.logins import Logins
from hall.gateway.open_doors import PREFLIGHT, token_of
from hall.procurement.parties import Actor, participant_of
from hall.runtime.admissions import Admission
from hall.runtime.desk import Desk
from hall.runtime.media_doors import Device, MediaDoors
from hall.runtime.media_rights import Right

SDP: Final = "application/sdp"
FRAGMENT: Final = "application/trickle-ice-sdpfrag"
MAX_SDP: Final = 64 * 1024
MOST_SESSIONS: Final = 32
"""Watches that one person or device may hold at a time through this door."""

_WHIP: Final = "/api/openings/{opening}/whip"
_WHEP: Final = "/api/openings/{opening}/whep/{participant}"
_TOLD: Final = ("a=ice-ufrag:", "a=ice-pwd:", "m=", "a=mid:", "a=candidate:")
_UFRAG: Final = re.compile(r"(?m)^a=ice-ufrag:(\S+)\r?$")


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who calls. `device`: by which token, None for a login."""

    actor: Actor
    device: Device | None
    login: str

    @property
    def key(self) -> str:
        return self.device.token.hash if self.device is not None else self.actor.certificate


@dataclass(frozen=True, slots=True)
class _Session:
    id: str
    opening: str
    caller: str
    admission: Admission
    participant: str
    viewer: str
    """"" sends."""
    tag: str
    ufrag: str


@dataclass(slots=True)
class WhipRoutes:
    """Routes of WHIP and WHEP."""

    desk: Desk
    doors: MediaDoors
    logins: Logins
    ice_servers: IceServers
    _sessions: dict[str, _Session] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        """The route table."""
        found = [web.post(_WHIP, self.send), web.post(_WHEP, self.watch)]
        for path in (_WHIP, _WHEP):
            found += [
                web.options(path, self.preflight),
                web.options(f"{path}/{{session}}", self.preflight),
                web.patch(f"{path}/{{session}}", self.trickle),
                web.delete(f"{path}/{{session}}", self.leave),
            ]
        return found

    async def preflight(self, request: web.Request) -> web.Response:
        """Tell a browser, and whoever explores, what may be asked here."""
        accepts = {"Accept-Patch": FRAGMENT} if "session" in request.match_info else {"Accept-Post": SDP}
        return web.Response(status=204, headers={**PREFLIGHT, **accepts})

    async def send(self, request: web.Request) -> web.Response:
        """WHIP: an offer to send. A camera's token sends as that camera; whoever logged in, as itself."""
        opening, caller = await self._caller(request)
        token = caller.device.token if caller.device is not None else None
        participant = token.participant if token is not None else participant_of(caller.actor)
        right = self._lasting(caller, self.doors.rights.to_send(opening, caller.actor, participant))
        right()
        offer = await self._offer(request)
        answer, admission = await self.doors.publish(opening, participant, offer, right)
        return self._begun(request, caller, admission, (participant, ""), offer, answer)

    async def watch(self, request: web.Request) -> web.Response:
        """WHEP: an offer to receive what whoever holds the token or login may watch."""
        opening, caller = await self._caller(request)
        if caller.device is not None and caller.device.token.participant:
            raise NotPermitted("may_not_watch")  # what a camera was given is for sending alone
        participant = request.match_info["participant"]
        right = self._lasting(caller, self.doors.rights.to_watch(opening, caller.actor, participant))
        right()
        offer = await self._offer(request)
        await self._make_room(caller)
        viewer = f"whep-{secrets.token_hex(8)}>{participant}"
        answer, admission = await self.doors.watch(opening, participant, viewer, offer, right)
        return self._begun(request, caller, admission, (participant, viewer), offer, answer)

    async def trickle(self, request: web.Request) -> web.Response:
        """Candidates are welcome and not needed; new credentials restart ICE (RFC 9725, 4.3) in the same session."""
        session = self._session(request, (await self._caller(request))[1])
        if request.content_type != FRAGMENT:
            return web.Response(status=415, headers={"Accept-Patch": FRAGMENT})
        matches = request.headers.get(hdrs.IF_MATCH)
        if matches is None:
            return web.Response(status=428)
        fragment = (await messages.body(request, MAX_SDP)).decode("utf-8", "replace")
        ufrag = _UFRAG.search(fragment)
        fresh = ufrag is not None and ufrag[1] != session.ufrag
        if (matches == "*") != fresh:
            return web.Response(status=422)
        if ufrag is not None and fresh:
            return await self._restarted(session, fragment, ufrag[1])
        if matches != session.tag:
            return web.Response(status=412)
        return web.Response(status=204)

    async def _restarted(self, session: _Session, fragment: str, ufrag: str) -> web.Response:
        """The hall's new credentials, and a new tag; 422 where the connection is over, and a new session is wanted."""
        opening, participant, viewer = session.opening, session.participant, session.viewer
        right = session.admission.right
        try:
            answer = await self.doors.restart(opening, participant, viewer, fragment, right)
        except (Malformed, Unavailable):
            return web.Response(status=422)
        tag = _tag()
        self._sessions[session.id] = replace(session, tag=tag, ufrag=ufrag)
        return web.Response(text=_fragment(answer), content_type=FRAGMENT, headers={hdrs.ETAG: tag})

    async def leave(self, request: web.Request) -> web.Response:
        """The session ends."""
        session = self._session(request, (await self._caller(request))[1])
        del self._sessions[session.id]
        await self.doors.stop(session.admission)
        return web.Response(status=200)

    async def _caller(self, request: web.Request) -> tuple[str, _Caller]:
        """The opening, and who calls. Raises NotPermitted: "bad_token", "login_needed", "not_appointed"."""
        opening, token = request.match_info["opening"], token_of(request)
        if token is not None:
            device = await self.doors.device(opening, token)
            return opening, _Caller(device.actor, device, "")
        login = self.logins.of(request)
        actor = self.desk.actor(login.person, opening, request.query.get("role"))
        return opening, _Caller(actor, None, login.key)

    def _lasting(self, caller: _Caller, right: Right) -> Right:
        """The right, for as long as the token is good or the login lives."""
        if caller.device is not None:
            return self.doors.bound(caller.device, right)
        return self.logins.lasting(caller.login, right)

    async def _offer(self, request: web.Request) -> str:
        if request.content_type != SDP:
            raise Malformed("unsupported_media_type", wanted=SDP)
        return (await messages.body(request, MAX_SDP)).decode("utf-8", "replace")

    async def _make_room(self, caller: _Caller) -> None:
        """Players come back without a farewell: the oldest watch of one that holds many is ended."""
        mine = [s for s in self._sessions.values() if s.caller == caller.key and s.viewer]
        for session in mine[: 1 - MOST_SESSIONS]:
            del self._sessions[session.id]
            await self.doors.stop(session.admission)

    def _begun(
        self,
        request: web.Request,
        caller: _Caller,
        admission: Admission,
        what: tuple[str, str],
        offer: str,
        answer: str,
    ) -> web.Response:
        """what: the participant, and the watch's name or "" for who sends."""
        number, tag, opening = secrets.token_urlsafe(16), _tag(), admission.opening
        ufrag = _UFRAG.search(offer)
        assert ufrag is not None  # an offer without it was refused
        held = self.doors.admissions.holds
        self._sessions = {k: s for k, s in self._sessions.items() if held(s.admission)}
        session = _Session(number, opening, caller.key, admission, *what, tag, ufrag[1])
        self._sessions[number] = session
        response = web.Response(status=201, text=answer, content_type=SDP)
        response.headers["Location"] = f"{request.path}/{number}"
        response.headers["ETag"] = tag
        response.headers["Accept-Patch"] = FRAGMENT
        for link in self.ice_servers.links(f"{opening} {caller.key}"):
            response.headers.add("Link", link)
        return response

    def _session(self, request: web.Request, caller: _Caller) -> _Session:
        """The caller's own session. Raises NotPermitted("no_such_session"): unknown, another's, or over."""
        session = self._sessions.get(request.match_info["session"])
        if session is None or (session.caller, session.opening) != (
            caller.key,
            request.match_info["opening"],
        ):
            raise NotPermitted("no_such_session")
        if not self.doors.admissions.holds(session.admission):
            del self._sessions[session.id]
            raise NotPermitted("no_such_session")
        return session


def _tag() -> str:
    return f'"{secrets.token_hex(8)}"'


def _fragment(answer: str) -> str:
    """What an answer says of ICE, for its first section, which all share (RFC 8840, 9)."""
    lines = answer.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("m=")]
    first = lines[: starts[1]] if len(starts) > 1 else lines
    told = [line for start in _TOLD for line in first if line.startswith(start)]
    return "".join(f"{line}\r\n" for line in told)
