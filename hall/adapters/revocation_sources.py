"""Asks the CA about revocations, at the addresses of the settings alone: lists and OCSP, both on a schedule.

No person's act asks anything: a look-up at a login or a deposit would tell the CA, and who listens on the way, who
bids. So lists are fetched whole, and OCSP is asked about every registered certificate alike, in the order of their
digests, whether or not it takes part in anything. What was answered is kept on disk as it was signed, for restarts and
archives. What may not live here: whether an answer refuses anybody (`hall.signing.certificates`), and any address that
stands in a presented certificate.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from hall import tasks
from hall.clock import Clock
from hall.errors import HallError, Unavailable
from hall.signing import ocsp
from hall.storage.files import make_directory, write_whole

log = logging.getLogger("hall.revocation")

MAX_LIST: Final = 32 * 1024 * 1024
"""Most bytes of a revocation list that is fetched."""

_QUESTION: Final = "application/ocsp-request"
_PATIENCE: Final = aiohttp.ClientTimeout(total=30, sock_connect=10)


@dataclass(frozen=True, slots=True)
class Source:
    """Where one issuer's word is fetched. issuer: DER; crl, ocsp: addresses, "" where it has none."""

    issuer: bytes
    crl: str
    ocsp: str


class RevocationSources:
    """What was last heard from each source.

    registered: gives all certificates that the hall knows, DER. directory: where signed answers lie, created.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        *,
        directory: Path,
        registered: Callable[[], Iterable[bytes]],
        clock: Clock,
        every: float,
    ) -> None:
        self._sources = tuple(sources)
        self._directory = directory
        self._registered = registered
        self._clock = clock
        self._every = every
        self._lists: dict[str, bytes] = {}
        self._answers: dict[str, bytes] = {}
        self._silent: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read what earlier runs were told, and ask again and again, beginning now."""
        await asyncio.to_thread(self._recall)
        if self._sources:
            self._task = tasks.start(self._keep_asking(), "revocation sources")

    async def close(self) -> None:
        await tasks.stop(self._task)

    @property
    def crls(self) -> tuple[bytes, ...]:
        """The newest list of each issuer, DER."""
        return tuple(self._lists.values())

    def answers(self, certificates: Iterable[bytes]) -> tuple[bytes, ...]:
        """The newest OCSP answers about these certificates (DER), as they were signed."""
        names = dict.fromkeys(_name(der) for der in certificates)
        return tuple(self._answers[name] for name in names if name in self._answers)

    async def refresh(self) -> None:
        """Ask every source once. One that does not answer leaves what was heard before, until that is too old."""
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            for source in self._sources:
                if source.crl:
                    await self._heard(source.crl, self._fetch_list(session, source))
                if source.ocsp:
                    await self._heard(source.ocsp, self._ask_about_all(session, source))

    async def _heard(self, address: str, asking: Awaitable[None]) -> None:
        """Wait for the answer; one line in the log when a source falls silent, and one when it is back."""
        try:
            await asking
        except (HallError, aiohttp.ClientError, TimeoutError, OSError) as error:
            if address not in self._silent:
                self._silent.add(address)
                why = error.code if isinstance(error, HallError) else type(error).__name__
                log.error("a revocation source does not answer", extra={"facts": {"at": address, "why": why}})
        else:
            if address in self._silent:
                self._silent.discard(address)
                log.warning("a revocation source is back", extra={"facts": {"at": address}})

    async def _fetch_list(self, session: aiohttp.ClientSession, source: Source) -> None:
        async with session.get(source.crl, allow_redirects=False) as answer:
            data = await _body(answer, MAX_LIST)
        found = await asyncio.to_thread(_list_of, data, source.issuer)
        known = self._lists.get(name := _name(source.issuer))
        if known is None or _number(found) >= _number(
            known
        ):  # an older list would forget who was revoked since
            self._lists[name] = found
            await asyncio.to_thread(write_whole, self._directory / f"{name}.crl", found)

    async def _ask_about_all(self, session: aiohttp.ClientSession, source: Source) -> None:
        """About each alike; one without a usable answer keeps nobody else from having theirs."""
        failed: HallError | None = None
        for name, der in sorted({_name(der): der for der in self._registered()}.items()):
            if ocsp.issuer_of(der, (source.issuer,)) is not None:
                try:
                    await self._ask(session, source, name, der)
                except HallError as error:
                    failed = error
        if failed is not None:
            raise failed

    async def _ask(self, session: aiohttp.ClientSession, source: Source, name: str, der: bytes) -> None:
        question = ocsp.question(der, source.issuer)
        async with session.post(
            source.ocsp, data=question, headers={"Content-Type": _QUESTION}, allow_redirects=False
        ) as answer:
            data = await _body(answer, ocsp.MAX_ANSWER)
        said = ocsp.read(data, der, source.issuer)
        if not said.fresh(self._clock.now()):
            raise Unavailable("ocsp_answer_stale")
        self._answers[name] = data
        await asyncio.to_thread(write_whole, self._directory / f"{name}.ocsp", data)

    async def _keep_asking(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(self._every)

    def _recall(self) -> None:
        """What earlier runs were told: checked again whenever it is used, for it bears its signature and its time."""
        make_directory(self._directory)
        for path in sorted(self._directory.glob("*.crl")):
            with suppress(ValueError):
                x509.load_der_x509_crl(data := path.read_bytes())
                self._lists[path.stem] = data
        for path in sorted(self._directory.glob("*.ocsp")):
            self._answers[path.stem] = path.read_bytes()


async def _body(answer: aiohttp.ClientResponse, most: int) -> bytes:
    if answer.status != 200:
        raise Unavailable("unexpected_answer", status=answer.status)
    found = bytearray()
    async for part in answer.content.iter_chunked(64 * 1024):
        found += part
        if len(found) > most:
            raise Unavailable("answer_too_long")
    return bytes(found)


def _list_of(data: bytes, issuer: bytes) -> bytes:
    """The list as DER. Raises Unavailable: malformed_list, list_not_signed for one of anybody else."""
    authority = x509.load_der_x509_certificate(issuer)
    key = authority.public_key()
    try:
        read = x509.load_pem_x509_crl(data) if b"-----BEGIN" in data else x509.load_der_x509_crl(data)
    except ValueError:
        raise Unavailable("malformed_list") from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise Unavailable("list_not_signed")
    if read.issuer != authority.subject or not read.is_signature_valid(key):
        raise Unavailable("list_not_signed")
    return read.public_bytes(Encoding.DER)


def _number(data: bytes) -> tuple[int, int]:
    """A list's place in the order of its issuer's: its number, then its time."""
    read = x509.load_der_x509_crl(data)
    try:
        number = read.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        number = 0
    return number, int(read.last_update_utc.timestamp())


def _name(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
