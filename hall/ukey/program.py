"""The program behind the socket: who may ask, what the person is asked, what the token does.

What lives here: one `Program` with its tokens, pairings and dialogue, and one `Session` for each connected page. What
may not: sockets (`server`), forms (`window`), bytes to sign (`matters`), checks of a release (`releases`).
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol, TypeVar

from hall.client.keys import KeyHolder
from hall.clock import Clock
from hall.errors import HallError, Malformed, NotPermitted, Refused
from hall.procurement import canonical
from hall.ukey import releases
from hall.ukey.dialogue import Dialogue, Question
from hall.ukey.matters import MATTERS, Matter
from hall.ukey.pairing import Pairings, proof
from hall.ukey.words import Words, act_name, label

PROTOCOL: Final = 1
GRANT_LASTS: Final = 120_000
"""Milliseconds in which a release act may follow the unwrapping that was consented to together with it, and in which a
custodian opens what it consented to for a whole lot."""

T = TypeVar("T")


class OpenKeys(KeyHolder, Protocol):
    """Keys that were opened with a PIN, until they are closed."""

    @property
    def chain(self) -> tuple[bytes, ...]: ...

    def close(self) -> None: ...


class Keyring(Protocol):
    """Where keys come from; `hall.client.token.Tokens` is the one that ships."""

    def certificates(self) -> list[Any]: ...

    def locate(self, fingerprint: str) -> tuple[Any, str]: ...

    def open(self, fingerprint: str, pin: str) -> OpenKeys: ...


class Program:
    """What all connections share. The token is used by one thread, the person asked one question at a time."""

    def __init__(
        self, keyring: Keyring, pairings: Pairings, dialogue: Dialogue, clock: Clock, words: Words
    ) -> None:
        self.pairings = pairings
        self.clock = clock
        self.words = words
        self._keyring = keyring
        self._dialogue = dialogue
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="token")
        self._asking = asyncio.Lock()
        self._open: dict[str, tuple[OpenKeys, set[int]]] = {}

    def close(self) -> None:
        """Log out of every token."""
        for keys, _ in self._open.values():
            self._thread.submit(keys.close)
        self._thread.shutdown()

    async def in_token(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do blocking work with the token."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    async def certificates(self) -> list[Any]:
        """Every certificate whose key may lie in a token here."""
        return await self.in_token(self._keyring.certificates)

    async def consent(self, matter: Matter, page: str) -> None:
        """Ask for consent to one thing. Raises Refused("consent_refused")."""
        title = self.words[matter.title].format(act=act_name(self.words, matter.act) if matter.act else "")
        lines = (
            (self.words["page"], page),
            *((label(self.words, code), text) for code, text in matter.lines),
        )
        warning = self.words[matter.warning] if matter.warning else ""
        await self._agreed(self._dialogue.consents(Question(title, lines, warning)))

    async def open(self, fingerprint: str, session: int, page: str) -> OpenKeys:
        """Give the keys of a certificate to one session: by PIN, or by consent where another session has them open."""
        async with self._asking:
            found, tries = await self.in_token(self._keyring.locate, fingerprint)
            lines = (
                (self.words["page"], page),
                (self.words["token"], found.token),
                (self.words["certificate"], found.certificate.organisation or found.certificate.common_name),
            )
            if fingerprint in self._open:
                if not await self._dialogue.consents(Question(self.words["open_again"], lines)):
                    raise Refused("consent_refused")
            else:
                if tries == "none":
                    raise Refused("pin_locked", tries=tries)
                warning = self.words.get(f"tries_{tries}", "")
                pin = await self._dialogue.pin(Question(self.words["open"], lines, warning))
                if pin is None:
                    raise Refused("consent_refused")
                self._open[fingerprint] = (await self.in_token(self._keyring.open, fingerprint, pin), set())
            keys, users = self._open[fingerprint]
            users.add(session)
            return keys

    def offer_pairing(self, origin: str, name: str) -> None:
        """Show a code for the person to carry into the page."""
        code = self.pairings.offer(origin, name, self.clock.now())
        w = self.words
        lines = ((w["page"], origin), (w["browser"], name), (w["pairing_code"], f"{code[:3]} {code[3:]}"))
        self._dialogue.tell(Question(w["pairing"], lines, w["pairing_warning"]))

    def paired(self, origin: str, name: str) -> None:
        """Show in the code's place that it was used."""
        lines = ((self.words["page"], origin), (self.words["browser"], name))
        self._dialogue.tell(Question(self.words["paired"], lines))

    async def drop(self, fingerprint: str) -> None:
        """Forget keys whose token is gone."""
        keys, _ = self._open.pop(fingerprint, (None, None))
        if keys is not None:
            await self.in_token(keys.close)

    async def leave(self, session: int) -> None:
        """A page has gone: what nobody else has open is closed, and wants its PIN again."""
        for fingerprint, (_, users) in list(self._open.items()):
            users.discard(session)
            if not users:
                await self.drop(fingerprint)

    async def _agreed(self, answer: Awaitable[bool]) -> None:
        async with self._asking:
            if not await answer:
                raise Refused("consent_refused")


class Session:
    """One connected page: nothing but pairing until it has proved its secret."""

    def __init__(self, program: Program, origin: str) -> None:
        self._program = program
        self._origin = origin
        self._nonce = secrets.token_hex(16)
        self._secret = ""
        self._proved = False
        self._keys: dict[str, OpenKeys] = {}
        self._granted: dict[tuple[str, ...], int] = {}

    def hello(self, message: Mapping[str, Any]) -> dict[str, object]:
        """Answer the first message. Raises Malformed("malformed_message" | "ukey_version")."""
        if message.get("hall_ukey") != PROTOCOL:
            raise Malformed("ukey_version", known=PROTOCOL)
        nonce = _text(message, "nonce", 64)
        pairing = self._program.pairings.find(_text(message, "pairing", 64), self._origin)
        self._secret = pairing.secret if pairing else ""
        return {
            "hall_ukey": PROTOCOL,
            "paired": pairing is not None,
            "nonce": self._nonce,
            "proof": proof(self._secret, "program", nonce, self._origin) if pairing else "",
        }

    async def answer(self, message: Mapping[str, Any]) -> dict[str, object]:
        """Do what one message asks. Raises HallError; a page that proved nothing gets NotPermitted("not_paired")."""
        asked = _text(message, "do", 32)
        if asked == "prove":
            return self._prove(_text(message, "proof", 64))
        if asked == "pair":
            self._program.offer_pairing(self._origin, _text(message, "name", 120))
            return {}
        if asked == "pair_code":
            return self._pair(_text(message, "code", 16))
        if not self._proved:
            raise NotPermitted("not_paired")
        if asked == "certificates":
            return await self._certificates()
        fingerprint = _text(message, "certificate", 64)
        if asked == "open":
            return await self._open(fingerprint)
        keys = self._keys.get(fingerprint)
        if keys is None:
            raise Refused("certificate_not_open", needed=fingerprint)
        try:
            return await self._use(asked, dict(message), keys)
        except HallError as error:
            if error.code == "token_absent":
                del self._keys[fingerprint]
                await self._program.drop(fingerprint)
            raise

    async def leave(self) -> None:
        """The page is gone."""
        self._keys.clear()
        await self._program.leave(id(self))

    def _prove(self, given: str) -> dict[str, object]:
        expected = proof(self._secret, "page", self._nonce, self._origin) if self._secret else ""
        self._proved = bool(expected) and secrets.compare_digest(expected.encode(), given.encode())
        # A proof is for this connection's nonce, which is used up with it.
        self._nonce = secrets.token_hex(16)
        if not self._proved:
            raise NotPermitted("not_paired")
        return {}

    def _pair(self, code: str) -> dict[str, object]:
        digits = "".join(code.split())
        pairing = self._program.pairings.redeem(self._origin, digits, self._program.clock.now())
        self._program.paired(self._origin, pairing.name)
        self._secret, self._proved = pairing.secret, True
        return {"pairing": pairing.id, "secret": pairing.secret}

    async def _certificates(self) -> dict[str, object]:
        found = await self._program.certificates()
        shown = [{"token": one.token, "certificate": _b64(one.certificate.der)} for one in found]
        return {"certificates": shown}

    async def _open(self, fingerprint: str) -> dict[str, object]:
        keys = await self._program.open(fingerprint, id(self), self._origin)
        self._keys[fingerprint] = keys
        return {"certificate": _b64(keys.certificate.der), "chain": [_b64(der) for der in keys.chain]}

    async def _use(self, asked: str, message: dict[str, Any], keys: OpenKeys) -> dict[str, object]:
        if asked == "self_test":
            passed = await self._program.in_token(releases.passes_self_test, message, keys)
            return {"passed": passed}
        if asked == "release":
            return await self._release(message, keys)
        if asked == "open_entrusted":
            return await self._open_entrusted(message, keys)
        if asked not in MATTERS:
            raise Malformed("malformed_message", field="do")
        matter = MATTERS[asked](message, keys.certificate)
        if not self._was_granted(message, keys):
            await self._program.consent(matter, self._origin)
        return {"signature": _b64(await self._program.in_token(keys.sign, matter.data))}

    async def _release(self, message: dict[str, Any], keys: OpenKeys) -> dict[str, object]:
        case = releases.read(message)
        releases.check(case, keys)
        await self._program.consent(releases.named(case, keys), self._origin)
        key = await self._program.in_token(releases.open_key, case, keys)
        where = case.situation
        granted = (keys.certificate.sha256, where.tender, where.lot, where.opening, case.digest)
        self._granted[granted] = self._program.clock.now() + GRANT_LASTS
        return {"content_key": releases.shown(key)}

    async def _open_entrusted(self, message: dict[str, Any], keys: OpenKeys) -> dict[str, object]:
        item = releases.read_entrusted(message)
        lot = ("custody", keys.certificate.sha256, item.place.tender, item.place.lot, item.place.opening)
        if self._granted.get(lot, 0) < self._program.clock.now():
            await self._program.consent(releases.named_entrusted(item, keys), self._origin)
            self._granted[lot] = self._program.clock.now() + GRANT_LASTS
        return {"content": _b64(await self._program.in_token(releases.open_one, item, keys))}

    def _was_granted(self, message: dict[str, Any], keys: OpenKeys) -> bool:
        """Whether this is the release act that the person agreed to with the unwrapping; once, and not for long."""
        act = message.get("act")
        if not isinstance(act, dict) or act.get("type") != "release":
            return False
        body = canonical.loads(str(act.get("body")))
        digest = body.get("sha256") if isinstance(body, dict) else None
        granted = (keys.certificate.sha256, act.get("tender"), act.get("lot"), act.get("opening"), digest)
        until = self._granted.pop(granted, None)  # type: ignore[arg-type]  # what is no text is not among them
        return until is not None and self._program.clock.now() <= until


def _text(message: Mapping[str, Any], field: str, most: int) -> str:
    value = message.get(field, "")
    if not isinstance(value, str) or not canonical.is_plain(value, most):
        raise Malformed("malformed_message", field=field)
    return value


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
