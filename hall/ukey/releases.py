"""A release asked for by a page: read strictly, checked as `hall release` checks its own, and named for the person.

What lives here: from the request to what `open_for_release` takes, the answer to a self-test, and a custodian's part.
What may not: an unwrapping without its checks. An envelope as such is never opened (clauses 4.11, 5.3.3).
"""

from __future__ import annotations

import base64
import dataclasses
import hmac
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from hall.client.keys import KeyHolder
from hall.client.release import Request, Situation, open_for_release
from hall.client.renewed import formerly
from hall.errors import HallError, Malformed, Refused
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.signing import sealed_bid
from hall.signing.certificates import load_certificate
from hall.signing.entrusted import Place
from hall.ukey.matters import Matter, bytes_of, holder_line, plain

_CHINA: Final = timezone(timedelta(hours=8))
_LATEST: Final = 2**47  # ms UTC: far from now, and a date that can be written
_KINDS: Final = {field.name: field.type for field in dataclasses.fields(Situation)}


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One release as the page tells it; nothing of it is believed before `open_for_release` has checked it."""

    request: Request
    situation: Situation
    earlier: bytes | None = None
    """The certificate (DER) that the key had when the bid was sealed, where it was renewed since (clause 5.2.3)."""

    def keys(self, present: KeyHolder) -> KeyHolder:
        """The key as the bid knows it. Raises Refused("wrong_certificate") where the earlier one is another key's."""
        return present if self.earlier is None else formerly(present, self.earlier)

    @property
    def digest(self) -> str:
        """SHA-256 of the deposit, hex, as its signed statement has it."""
        return str(self.request.statement.body_json().get("sha256"))


def read(message: dict[str, Any]) -> Case:
    """Read a release. Raises Malformed, Refused("command_invalid") when no pinned certificate is the command's."""
    given = message.get("situation")
    if not isinstance(given, dict) or given.keys() != _KINDS.keys():
        raise Malformed("malformed_message", field="situation")
    for name, kind in _KINDS.items():
        if type(given[name]).__name__ != kind or (kind == "int" and not 0 <= given[name] < _LATEST):
            raise Malformed("malformed_message", field=name)
    command = SignedAct.from_json(message.get("command"))
    pinned = message.get("pinned")
    if not isinstance(pinned, list):
        raise Malformed("malformed_message", field="pinned")
    ders = [bytes_of({"pinned": one}, "pinned") for one in pinned]
    der = next((one for one in ders if load_certificate(one).sha256 == command.certificate), None)
    if der is None:
        raise Refused("command_invalid", reason="pinned")
    statement = SignedAct.from_json(message.get("statement"))
    earlier = bytes_of(message, "earlier") if "earlier" in message else None
    return Case(Request(bytes_of(message, "head"), statement, command, der), Situation(**given), earlier)


def named(case: Case, keys: KeyHolder) -> Matter:
    """Say what is asked: whose command, for which bid, and what time the page says it is.

    The commander's name and the time are what the person should know better than any page.
    """
    commander = load_certificate(case.request.pinned)
    lines = (
        ("origin", case.situation.origin),
        ("tender", case.situation.tender),
        ("lot", case.situation.lot),
        ("opening", case.situation.opening),
        ("hall_time", _moment(case.situation.now)),
        ("window_end", _moment(case.situation.window_end)),
        ("bid_sha256", case.digest),
        ("commander", plain(commander.organisation or commander.common_name)),
        ("commander_sha256", commander.sha256),
        holder_line(keys.certificate),
    )
    return Matter("release", "release", lines, b"")


def check(case: Case, keys: KeyHolder) -> None:
    """Make every check of a release that needs no key, so that nobody is asked about what would be refused anyhow."""
    open_for_release(case.request, case.situation, _Keyless(case.keys(keys)))


def open_key(case: Case, keys: KeyHolder) -> bytes:
    """Make every check, unwrap, give the content key. Raises what `open_for_release` raises."""
    return open_for_release(case.request, case.situation, case.keys(keys))


def passes_self_test(message: dict[str, Any], keys: KeyHolder) -> bool:
    """Say whether the token opens an envelope to the key that the caller says is in it, and nothing else.

    Who knows the key learns nothing by the answer; who doesn't has the header's public commitment to guess at anyhow.
    """
    header = sealed_bid.parse_header(bytes_of(message, "head"))
    try:
        found = keys.unwrap(header)
    except HallError as error:
        if error.code in ("wrong_certificate", "token_cannot_unwrap", "token_absent", "token_failed"):
            raise
        return False
    return hmac.compare_digest(found, bytes_of(message, "content_key"))


@dataclasses.dataclass(frozen=True, slots=True)
class Entrusted:
    """A key that a bidder entrusted to this certificate, as the page tells it; see `hall.signing.entrusted`."""

    envelope: bytes
    inner: str
    place: Place


def read_entrusted(message: dict[str, Any]) -> Entrusted:
    """Read what a custodian is to open. Raises Malformed."""
    texts = {name: message.get(name) for name in ("inner", "tender", "lot", "bidder", "opening", "salt")}
    for name, value in texts.items():
        if not isinstance(value, str) or not canonical.is_plain(value, 256):
            raise Malformed("malformed_message", field=name)
    inner = str(texts.pop("inner"))
    try:
        salt = bytes.fromhex(str(texts.pop("salt")))
    except ValueError:
        raise Malformed("malformed_message", field="salt") from None
    place = Place(**{name: str(value) for name, value in texts.items()}, salt=salt)
    return Entrusted(bytes_of(message, "envelope"), inner, place)


def named_entrusted(item: Entrusted, keys: KeyHolder) -> Matter:
    """Say which lot's keys a custodian is to hand over; asked once for all bidders of a lot."""
    where = item.place
    lines = (
        ("tender", where.tender),
        ("lot", where.lot),
        ("opening", where.opening),
        holder_line(keys.certificate),
    )
    return Matter("entrusted", "", lines, b"", "after_all_windows")


def open_one(item: Entrusted, keys: KeyHolder) -> bytes:
    """Open it, and give the content only if it was entrusted to this certificate for this very place.

    Another envelope to this certificate, a sealed bid's first of all, has another mark inside and stays closed. Raises
    what `open_entrusted` raises.
    """
    return keys.open_entrusted(item.envelope, item.inner, item.place)


def shown(key: bytes) -> str:
    """Give a content key as the wire carries it."""
    return base64.b64encode(key).decode("ascii")


def _moment(at: int) -> str:
    """A moment (ms UTC) by the clocks of China, as the hall's screens show it."""
    return f"{datetime.fromtimestamp(at // 1000, _CHINA):%Y-%m-%d %H:%M:%S}"


class _Keyless:
    """A certificate without its key: `open_for_release` comes to the unwrapping, and nothing is unwrapped."""

    def __init__(self, keys: KeyHolder) -> None:
        self.certificate = keys.certificate

    def sign(self, data: bytes) -> bytes:
        raise NotImplementedError

    def open_entrusted(self, envelope: bytes, inner: str, place: Place) -> bytes:
        raise NotImplementedError

    def unwrap(self, header: sealed_bid.SealedHeader) -> bytes:
        sealed_bid.check_recipient(header, self.certificate)
        return b""
