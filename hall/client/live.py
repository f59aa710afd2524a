"""The live side of an opening: one Socket.IO connection that is kept up, its updates, heartbeats and calls.

What lives here: joining, answering heartbeats, noticing silence, coming back. What may not: what to do about a view.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

import socketio

from hall import tasks, wire
from hall.client.api import Hall, error_of
from hall.client.decode import decode
from hall.client.follow import Known, follow
from hall.client.keys import Context
from hall.clock import Clock
from hall.errors import HallError, Malformed, NotPermitted, Refused, Unavailable
from hall.journal import cosignature
from hall.procurement.acts import ZERO_DIGEST, SignedAct

log = logging.getLogger("hall.client")

SILENCE: Final = 6.0
"""Seconds without a word of the hall after which the connection counts as dead; heartbeats come every 2 s."""

CALL: Final = 15.0
"""Seconds a call may take."""

_CLOSING: Final = 1.0  # seconds that a peer has to answer a close

COSIGNERS: Final = frozenset({"supervisor", "notary"})
"""Roles whose clients co-sign by themselves what they verified."""

_PROOF_PAUSE: Final = 2.0  # seconds between two demands for a proof that did not come

_KINDS: Final[Mapping[str, type[HallError]]] = {"login_needed": NotPermitted, "hall_busy": Unavailable}


class Live:
    """One party's connection to one opening. `run` keeps it up; `known` and `news` tell the state meanwhile.

    take_over: where another device of the same certificate is live, take its place by a signed act; without it such a
    device makes `run` raise NotPermitted("takeover_needed").
    """

    def __init__(
        self, hall: Hall, opening: str, clock: Clock, *, robot: bool = False, take_over: bool = False
    ) -> None:
        self.known = Known()
        self.news = asyncio.Event()
        """Set whenever something changed; whoever waits for it clears it."""

        self.connection = 0
        """Counts the connections that joined: what hangs on a connection (own media) begins anew with each."""

        self.ended = ""
        """Why it is over for good: closed, takeover, handover, left, refused; empty while it goes on."""

        self._hall = hall
        self._opening = opening
        self._clock = clock
        self._robot = robot
        self._take_over = take_over
        self._client = secrets.token_hex(16)
        self._taking: SignedAct | None = None  # the act that goes with the next handshake
        self._socket: Any = None
        self._over = asyncio.Event()
        self._heard = 0.0
        self.keeper = hall.keeper(opening)
        """What this client verified of the history; acts bind it, and an alarm ends all signing."""

        self._proving = ""  # the checkpoint that is being verified, or was last
        self._offset: float | None = None  # hall time in ms minus monotonic time in ms
        self._refusal: tuple[str, Mapping[str, Any]] = ("", {})

    @property
    def view(self) -> wire.View | None:
        return self.known.view

    def now(self) -> int | None:
        """Give hall time in ms UTC as the last heartbeat told it, or None before the first one."""
        return None if self._offset is None else int(self._clock.monotonic() * 1000 + self._offset)

    def context(self, lot: str = "") -> Context:
        """Give what an act binds now: opening, deadline, and the history that this client verified last.

        Raises Unavailable("not_joined"), Refused("another_history").
        """
        view = self.known.view
        if view is None:
            raise Unavailable("not_joined")
        return _context(view, self.keeper.verified, lot)

    async def run(self) -> str:
        """Stay connected until it is over for this client; give `ended`. Raises HallError if refused for good."""
        failures = 0
        while not self.ended:
            before = self.connection
            try:
                await self._connection()
            except HallError:
                self._finish("refused")  # whoever waits for news must not wait for ever
                raise
            failures = 0 if self.connection > before else failures + 1
            if not self.ended:
                # 0.5 to 3 s by chance, doubling to 10: a restarted hall is not met by everybody at once.
                await asyncio.sleep(min(10.0, random.uniform(0.5, 3.0) * 2 ** max(0, failures - 1)))
        return self.ended

    async def leave(self) -> None:
        """Leave the opening of one's own will."""
        socket = self._socket
        if socket is not None and not self.ended:
            await _say_goodbye(socket)
        self._finish("left")

    async def call(self, event: str, data: dict[str, object]) -> dict[str, Any]:
        """Send one message and give its answer. Raises HallError with the hall's code, Unavailable when it is away."""
        if self._socket is None:
            raise Unavailable("not_joined")
        try:
            answer = await self._socket.call(event, data, timeout=CALL)
        except (TimeoutError, socketio.exceptions.SocketIOError) as error:
            raise Unavailable("hall_unreachable") from error
        if isinstance(answer, dict) and isinstance(answer.get("ok"), dict):
            return dict(answer["ok"])
        try:
            code, facts = str(answer["error"]["code"]), dict(answer["error"].get("facts", {}))
        except (KeyError, TypeError, ValueError):
            raise Malformed("malformed_message", field=event) from None
        raise error_of(_KINDS.get(code, Refused), code, facts)

    async def hint(self, kind: str, gap_ms: int = 0) -> None:
        """Tell the hall a second signal for presence."""
        if self._socket is not None:
            await self._socket.emit("hint", {"kind": kind, "gap_ms": gap_ms})

    async def attempt(self, act: str, lot: str, code: str) -> None:
        """Tell the hall that an act failed here before anything could be signed (clause 5.3.3). Raises HallError."""
        await self.call("attempt", {"lot": lot, "act": act, "code": code})

    async def _connection(self) -> None:
        """One connection from handshake to end. Failures to connect end it like losses do; `run` comes back."""
        socket = socketio.AsyncClient(
            reconnection=False, http_session=self._hall.session, handle_sigint=False
        )
        self._over.clear()
        socket.on("hb?", self._heartbeat)
        socket.on("update", self._update)
        socket.on("superseded", self._superseded)
        socket.on("bye", self._bye)
        socket.on("connect_error", self._connect_error)
        socket.on("disconnect", self._disconnected)
        self._heard = self._clock.monotonic()
        self.known = replace(self.known, version=0)  # each connection counts anew
        self._socket = socket
        try:
            await socket.connect(
                self._hall.base,
                auth={
                    "opening": self._opening,
                    "robot": self._robot,
                    "client": self._client,
                    "takeover": self._taking.to_json() if self._taking else None,
                },
                transports=["websocket"],
                wait_timeout=10,
            )
            self._taking = None
            await self._join()
            self.connection += 1
            self.news.set()
            await self._watch()
        except (TimeoutError, socketio.exceptions.SocketIOError, Unavailable):
            await self._after_refusal()
        finally:
            self._socket = None
            await _drop(socket)
            self.news.set()

    async def _join(self) -> None:
        answer = await self.call("join", {"cursor": len(self.known.timeline)})
        self._take(answer)

    async def _watch(self) -> None:
        """Return when the connection is over or has been silent too long."""
        while not self._over.is_set():
            left = self._heard + SILENCE - self._clock.monotonic()
            if left <= 0:
                return
            try:
                await asyncio.wait_for(self._over.wait(), left)
            except TimeoutError:
                continue

    async def _after_refusal(self) -> None:
        (refusal, facts), self._refusal = self._refusal, ("", {})
        match refusal:
            case "" | "too_many_questions":
                return  # the next try may pass
            case "login_needed":
                with contextlib.suppress(Unavailable):  # away again meanwhile: the next try begins anew
                    await self._hall.login(robot=self._robot)
            case "handed_over":
                self._finish("handover")
            case "opening_closed":
                self._finish("closed")
            case "takeover_needed" if self._take_over:
                self._taking = await self._takeover(int(facts["fence"]))
            case _:
                raise NotPermitted(refusal)

    async def _takeover(self, fence: int) -> SignedAct:
        """Sign that this device takes the place of the connection with this number (clause 5.3.7)."""
        shown = await self._hall.get(f"/api/openings/{quote(self._opening)}?cursor=0")
        view = decode(wire.Update, shown).view
        return await self._hall.sign("take_over", _context(view, self.keeper.verified), {"fence": fence})

    def _take(self, message: object) -> None:
        some = isinstance(message, dict) and "changes" in message
        self.known = follow(
            self.known, decode(wire.Changes, message) if some else decode(wire.Update, message)
        )
        self.news.set()
        view = self.known.view
        if view is not None and view.checkpoint is not None and view.checkpoint.note != self._proving:
            self._proving = view.checkpoint.note
            tasks.start(self._verify(view.tender, view.checkpoint.note), "verify a checkpoint")
        if self.known.ask_from is not None:
            tasks.start(self._join_again(), "ask for missing timeline entries")

    async def _join_again(self) -> None:
        try:
            await self._join()
        except Unavailable:
            self._over.set()  # a connection that does not answer is given up, and the next one asks

    async def _verify(self, tender: str, note: str) -> None:
        """Verify a checkpoint as it arrives, until it is proved, followed by another one, or an alarm."""
        while note == self._proving and not self.ended:
            with contextlib.suppress(HallError):
                if not self.keeper.witness.log_key:
                    self.keeper.saw_key((await self._hall.tender(tender)).log_key)
                if await self.keeper.saw(note):
                    await self._meet()
                    await self._cosign(note)
                    break
            await asyncio.sleep(_PROOF_PAUSE)
        self.news.set()

    async def _cosign(self, note: str) -> None:
        """Supervisor and notary sign the history that their client verified (docs/protocol.md, *Proof*)."""
        view, kept, now = self.known.view, self.keeper.witness.kept, self.now()
        if view is None or view.you.role not in COSIGNERS or kept is None or kept.note != note or now is None:
            return
        identity, at = self._hall.identity, now // 1000
        signature = identity.sign(cosignature.signed_bytes(note, at))
        line = cosignature.write(cosignature.Cosignature(identity.certificate.sha256, at, signature))
        path = f"/api/openings/{quote(self._opening)}/proof/cosignatures"
        await self._hall.post(path, {"size": kept.size, "line": line})

    async def _meet(self) -> None:
        """The host's commands name the history that the host was shown."""
        view = self.known.view
        for lot in view.lots if view is not None else ():
            if lot.command is not None:
                await self.keeper.met(lot.command)

    def _finish(self, reason: str) -> None:
        self.ended = self.ended or reason
        self._over.set()
        self.news.set()

    async def _heartbeat(self, message: dict[str, Any]) -> None:
        self._heard = self._clock.monotonic()
        self._offset = int(message["now"]) - self._heard * 1000
        if self._socket is not None:
            await self._socket.emit("hb", {"n": message["n"]})

    async def _update(self, message: object) -> None:
        self._heard = self._clock.monotonic()
        try:
            self._take(message)
        except Malformed:
            log.warning("an update could not be read; the hall is asked again")
            self._over.set()

    async def _superseded(self, message: dict[str, Any]) -> None:
        self._finish(str(message.get("reason", "takeover")))

    async def _bye(self, message: object) -> None:
        self._finish("closed")

    async def _connect_error(self, message: object) -> None:
        if not isinstance(message, dict):
            return  # no answer of the hall: nobody was there, and the line is tried again
        told = message.get("data")
        facts = told.get("facts") if isinstance(told, dict) else None
        self._refusal = (str(message.get("message", "")), facts if isinstance(facts, dict) else {})

    async def _disconnected(self, *reason: object) -> None:
        self._over.set()


async def _say_goodbye(socket: Any) -> None:
    """Tell the hall that this party leaves. The library closes a line without waiting for what it still has to say."""
    with contextlib.suppress(TimeoutError, socketio.exceptions.SocketIOError):
        async with asyncio.timeout(_CLOSING):
            await socket.eio.send("1")  # a Socket.IO DISCONNECT
            await socket.eio.queue.join()


async def _drop(socket: Any) -> None:
    """Close a line without a goodbye: whoever gives a line up has not left, and the hall must not read it so."""
    # A handshake that was broken off leaves an open line which the library calls no connection.
    if socket.eio.ws is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                await socket.eio.ws.close()
    if socket.eio.state == "connected":
        await socket.eio.wait()


def _context(view: wire.View, verified: tuple[int, str] | None, lot: str = "") -> Context:
    size, root = verified or (0, ZERO_DIGEST)
    return Context(
        origin=view.origin,
        tender=view.tender,
        lot=lot,
        opening=view.opening,
        deadline=view.bid_deadline,
        epoch=view.epoch,
        manifest=view.manifest.digest if view.manifest else ZERO_DIGEST,
        tree_size=size,
        tree_root=root,
    )
