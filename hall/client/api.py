"""The hall over HTTP as a client sees it: login, uploads, deposits, acts, downloads (docs/protocol.md).

What lives here: one connection to one hall for one certificate. What may not: decisions what to sign (`release`,
`record`, and the people or robots above). An act that may have been lost is sent again as it is: its client nonce makes
the hall give the first answer.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit

import aiohttp

from hall import tasks, wire
from hall.client import unanswered
from hall.client.decode import decode
from hall.client.keys import Context, KeyHolder, sign_act
from hall.client.proof import Keeper
from hall.clock import Clock, HallClock
from hall.errors import HallError, Malformed, NotPermitted, Refused, Unavailable
from hall.procurement.acts import SignedAct
from hall.signing.certificates import fingerprint
from hall.signing.sealed_bid import SealedHeader, SealReceipt

SLICE: Final = 8 * 1024 * 1024
CLIENT: Final = "hall 1"

_TRIES: Final = 6
_LOST: Final = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)
_STALE_NONCE: Final = frozenset({"nonce_unknown", "nonce_used", "nonce_expired"})
_ERRORS: Final[Mapping[int, type[HallError]]] = {
    400: Malformed,
    401: NotPermitted,
    403: NotPermitted,
    404: Refused,
    409: Refused,
    413: Malformed,
    500: HallError,
    503: Unavailable,
}


@dataclass(frozen=True, slots=True)
class LotCard:
    lot: str
    name: str


@dataclass(frozen=True, slots=True)
class Post:
    """A post of the opening's staff; `certificate`: SHA-256, hex."""

    role: str
    name: str
    certificate: str


@dataclass(frozen=True, slots=True)
class TenderCard:
    """A tender as its participants see it before the opening; times in ms UTC."""

    tender: str
    name: str
    opening: str
    bid_deadline: int
    sign_in_from: int
    lots: list[LotCard]
    staff: list[Post]
    log_key: str
    mine: list[wire.Receipt]
    custody: str = "hall"
    """Who keeps released keys until the disclosure: hall, or custodians (supervisor, and notary if appointed)."""
    deputies: list[Post] = field(default_factory=list)


class Hall:
    """One logged-in (or not yet logged-in) client of the hall at `base`, such as http://localhost:8080."""

    def __init__(
        self, base: str, identity: KeyHolder, *, memory: Path | None = None, clock: Clock | None = None
    ) -> None:
        """memory: directory in which it is kept what was verified of a history, None for this run alone."""
        parts = urlsplit(base)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.identity = identity
        self.origin = self.base
        """What acts name as their origin; `connect` takes it from the hall."""
        self.tsa_url = ""
        """Who stamps what the hall does not answer; `about` takes it from the hall."""
        self._memory = memory
        self._clock = clock or HallClock()
        self._keepers: dict[str, Keeper] = {}
        self.session = aiohttp.ClientSession(
            self.base,
            headers={"Origin": self.base},
            # A hall under a bare address (tests, a hall without DNS) has a cookie, too.
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=30),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()

    def keeper(self, opening: str) -> Keeper:
        """Give what this client verifies of an opening's history; one for all its connections."""
        if opening not in self._keepers:
            name = hashlib.sha256(f"{self.origin}\n{opening}".encode()).hexdigest()
            file = self._memory / f"{name}.json" if self._memory else None
            self._keepers[opening] = Keeper(self.get, opening, self._clock, file)
        return self._keepers[opening]

    # Reading

    async def get(self, path: str) -> Any:
        """Give the JSON at `path`, asking again after a lost connection."""
        return await self._patiently("GET", path)

    async def get_bytes(self, path: str) -> bytes:
        """Give a body of moderate size as it is."""
        async with self._answer("GET", path) as answer:
            return await answer.read()

    async def download(self, path: str, to: Path) -> None:
        """Write the body at `path` into the file `to`."""
        file = await asyncio.to_thread(to.open, "wb")
        with file:
            async with self._answer("GET", path) as answer:
                async for part in answer.content.iter_chunked(1024 * 1024):
                    await asyncio.to_thread(file.write, part)

    async def about(self) -> dict[str, Any]:
        """Give `GET /api/hall`, and take the hall's origin from it."""
        shown: dict[str, Any] = await self.get("/api/hall")
        self.origin, self.tsa_url = str(shown["origin"]), str(shown.get("tsa_url", ""))
        return shown

    async def tender(self, tender: str) -> TenderCard:
        return decode(TenderCard, await self.get(f"/api/tenders/{quote(tender)}"))

    async def certificate(self, opening: str, sha256: str) -> bytes:
        """Give a certificate's DER; whatever the hall sends, it has this digest."""
        der = await self.get_bytes(f"/api/openings/{quote(opening)}/certificates/{sha256}")
        if fingerprint(der) != sha256:
            raise Refused("wrong_certificate", needed=sha256)
        return der

    async def own_deposit(self, tender: str, lot: str) -> SignedAct:
        """Give the deposit act that this client signed; the caller checks that, for it is the hall that sends it."""
        shown = await self.get(f"/api/tenders/{quote(tender)}/lots/{quote(lot)}/deposit")
        return SignedAct.from_json(shown["act"])

    async def own_header(self, tender: str, lot: str) -> bytes:
        """Give the viewer's sealed header as the hall holds it: the bytes before the payload."""
        return await self.get_bytes(f"/api/tenders/{quote(tender)}/lots/{quote(lot)}/header")

    # Logging in

    async def login(self, *, robot: bool = False) -> list[wire.You]:
        """Log in by the certificate; give who one is, tender by tender."""
        await self.about()
        certificate = base64.b64encode(self.identity.certificate.der).decode("ascii")
        beside: dict[str, object] = {"certificate": certificate, "robot": robot}
        purpose: dict[str, object] = {"purpose": "login"}
        shown, _ = await self.signed("/api/login", "login", Context(self.origin), purpose, beside)
        return [decode(wire.You, you) for you in shown["you"]]

    # Depositing

    async def deposit(
        self,
        card: TenderCard,
        header: SealedHeader,
        sealed: Path,
        receipt: SealReceipt,
        *,
        progress: Callable[[int], None] = lambda received: None,
    ) -> tuple[wire.Receipt, SignedAct]:
        """Upload a sealed, self-tested file and hand it in; give the hall's receipt and the own statement. `progress`
        hears how many bytes the hall has."""
        path = f"/api/tenders/{quote(card.tender)}/lots/{quote(header.lot)}/uploads"
        upload = await self._upload(path, sealed, (receipt.size, receipt.sha256), progress)
        statement: dict[str, object] = {
            "size": receipt.size,
            "sha256": receipt.sha256,
            "commit": receipt.commit,
            "tag_commit": receipt.tag_commit,
            "salt": header.salt.hex(),
            "recipient": receipt.recipient,
            "self_test": True,
            "client": CLIENT,
        }
        context = Context(self.origin, tender=card.tender, lot=header.lot, deadline=card.bid_deadline)
        shown, act = await self.signed(f"/api/uploads/{upload}/deposit", "deposit", context, statement)
        promised = decode(wire.Receipt, shown)
        keeper = self.keeper(card.opening)
        keeper.saw_key(card.log_key)
        keeper.promised("receipt", shown)
        if (promised.sha256, promised.size, promised.commit) != (
            receipt.sha256,
            receipt.size,
            receipt.commit,
        ):
            raise Refused("receipt_mismatch")
        return promised, act

    async def withdraw(self, card: TenderCard, lot: str) -> dict[str, Any]:
        """Withdraw the own bid; give the hall's signed word, checked against the tender's log key."""
        context = Context(self.origin, tender=card.tender, lot=lot, deadline=card.bid_deadline)
        path = f"/api/tenders/{quote(card.tender)}/withdraw"
        shown, _ = await self.signed(path, "withdraw", context, {})
        keeper = self.keeper(card.opening)
        keeper.saw_key(card.log_key)
        keeper.promised("withdrawal", shown)
        word: dict[str, Any] = shown
        if (word.get("tender"), word.get("lot")) != (card.tender, lot):
            raise Refused("receipt_mismatch")
        return word

    async def bring_again(
        self,
        tender: str,
        lot: str,
        sealed: Path,
        whole: tuple[int, str],
        progress: Callable[[int], None] = lambda received: None,
    ) -> None:
        """Bring a deposit's bytes again whose copies the hall has damaged. whole: its size and SHA-256."""
        path = f"/api/tenders/{quote(tender)}/lots/{quote(lot)}/restorations"
        upload = await self._upload(path, sealed, whole, progress)
        await self.post(f"/api/uploads/{upload}/restore", {})

    async def _upload(
        self, path: str, sealed: Path, whole: tuple[int, str], progress: Callable[[int], None]
    ) -> str:
        """Send what the hall lacks, slice by slice; after a loss it says itself how far it came.

        whole: size and SHA-256."""
        size, sha256 = whole
        begun = await self.post(path, {"size": size, "sha256": sha256})
        upload, received = str(begun["upload"]), int(begun["received"])
        failures = 0
        while received < size:
            progress(received)
            data = await asyncio.to_thread(_slice, sealed, received)
            try:
                shown = await self._once(
                    "PUT",
                    f"/api/uploads/{upload}?offset={received}",
                    data=data,
                    headers={"X-Slice-SHA256": hashlib.sha256(data).hexdigest()},
                )
                received, failures = int(shown["received"]), 0
            except (*_LOST, Unavailable, Refused, Malformed) as error:
                failures += 1
                again = not isinstance(error, HallError) or error.code in ("slice_damaged", "wrong_offset")
                if failures == _TRIES or not (again or isinstance(error, Unavailable)):
                    raise
                await asyncio.sleep(_pause(failures))
                received = int((await self.get(f"/api/uploads/{upload}"))["received"])
        progress(received)
        return upload

    # Acts

    async def act(
        self, opening: str, kind: str, context: Context, body: dict[str, object]
    ) -> tuple[wire.Ack, SignedAct]:
        """Sign one act and have it journalled; give the hall's acknowledgement and the act."""
        keeper = self.keeper(opening)
        keeper.check()
        shown, act = await self.signed(f"/api/openings/{quote(opening)}/acts", kind, context, body)
        ack = decode(wire.Ack, shown)
        keeper.promised("ack", shown)
        if ack.body_digest != act.body_digest:
            raise Refused("receipt_mismatch")
        return ack, act

    async def signed(
        self,
        path: str,
        kind: str,
        context: Context,
        body: dict[str, object],
        beside: Mapping[str, object] | None = None,
    ) -> tuple[Any, SignedAct]:
        """Post an act, and what goes beside it; only a nonce that no longer holds is a reason to sign anew."""
        for last in (False, True):
            act = sign_act(self.identity, kind, context, await self._nonce(), body)
            try:
                return await self._answered(
                    act, self.post(path, {"act": act.to_json(), **(beside or {})})
                ), act
            except HallError as error:
                if last or error.code not in _STALE_NONCE:
                    raise
        raise AssertionError("unreachable")

    async def _answered(self, act: SignedAct, sending: Awaitable[Any]) -> Any:
        """Wait for the answer to an act; what has none in time is stamped elsewhere meanwhile (clause 4.7)."""
        if act.type not in unanswered.WATCHED or self._memory is None:
            return await sending
        watch = tasks.start(unanswered.keep_later(act, self.tsa_url, self._memory), "unanswered")
        try:
            return await sending
        finally:
            await tasks.stop(watch)

    async def sign(self, kind: str, context: Context, body: dict[str, object]) -> SignedAct:
        """Sign one act that goes another way than by itself, such as with a handshake."""
        return sign_act(self.identity, kind, context, await self._nonce(), body)

    async def post(self, path: str, body: object) -> Any:
        """Post JSON; the same bytes again while the connection is lost or the hall is busy."""
        return await self._patiently("POST", path, json=body)

    async def put(self, path: str, data: bytes) -> Any:
        """Put bytes; the same bytes again while the connection is lost or the hall is busy."""
        return await self._patiently("PUT", path, data=data)

    async def _nonce(self) -> str:
        shown = await self.get(f"/api/nonce?certificate={self.identity.certificate.sha256}")
        return str(shown["nonce"])

    # The wire

    async def _patiently(self, method: str, path: str, **options: Any) -> Any:
        for attempt in range(1, _TRIES):
            try:
                return await self._once(method, path, **options)
            except (*_LOST, Unavailable):
                await asyncio.sleep(_pause(attempt))
        try:
            return await self._once(method, path, **options)
        except _LOST as error:
            raise Unavailable("hall_unreachable") from error

    async def _once(self, method: str, path: str, **options: Any) -> Any:
        async with self._answer(method, path, **options) as answer:
            try:
                return await answer.json()
            except (aiohttp.ContentTypeError, ValueError):
                raise Unavailable("unexpected_answer", status=answer.status) from None

    @asynccontextmanager
    async def _answer(self, method: str, path: str, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        async with self.session.request(method, path, **options) as answer:
            if answer.status >= 400:
                raise await _error_of(answer)
            yield answer


async def _error_of(answer: aiohttp.ClientResponse) -> HallError:
    try:
        shown = (await answer.json())["error"]
        code, facts = str(shown["code"]), dict(shown.get("facts", {}))
    except (aiohttp.ContentTypeError, ValueError, KeyError, TypeError):
        return Unavailable("unexpected_answer", status=answer.status)
    return error_of(_ERRORS.get(answer.status, Unavailable), code, facts)


def error_of(kind: type[HallError], code: str, facts: Mapping[str, object]) -> HallError:
    """Build the error that travelled as code and facts."""
    return kind(code, **{str(key): value for key, value in facts.items() if key not in ("code", "weighty")})


def _pause(attempt: int) -> float:
    """Seconds before the next try: 0.25, doubling, at most 4."""
    return min(4.0, 0.125 * 2.0**attempt)


def _slice(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(SLICE)
