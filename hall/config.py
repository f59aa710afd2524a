"""Settings of the server: one TOML file and `HALL_*` in the environment. An unknown key is an error with its name.

What lives here: the settings as frozen dataclasses, their reading and the checks one setting can be given alone.
What may not: opening any of the files that are named, and anything that depends on what lies in them.
`deploy/hall.toml` shows every setting with its default; a test keeps the two in step.

A variable `HALL_<SECTION>_<KEY>` overrides the file: `HALL_SERVER_PORT=8443`. Lists are split at commas. Relative
paths start at the directory of the file.
"""

from __future__ import annotations

import ipaddress
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from hall.media_settings import MediaSection, check_media

_MODES: Final = ("production", "rehearsal")
_SECURITY: Final = ("starttls", "tls", "none")
LEAST_YEARS: Final = 15
"""Years for which the law wants recordings kept: files of a procurement, to which those of an opening belong (Order 87
of the Ministry of Finance, article 39), are kept for fifteen years (Government Procurement Law, article 42)."""

MOST_YEARS: Final = 200


class BadConfig(Exception):
    """A setting can't be used. The text is for the operator: which one, why, and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HallSection:
    """Who this hall is. `origin`: its name in signed acts and checkpoints, such as a host name."""

    name: str
    origin: str
    mode: str = "production"
    hotline: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSection:
    """Where the server listens. `trusted_proxies`: networks whose X-Forwarded-* headers are believed."""

    host: str = "127.0.0.1"
    port: int = 8080
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    web_root: Path = Path("web/dist")
    connections_per_address: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSection:
    """Where data lies. `mirror`: second copies of sealed bids, None inside `data`; `database`: "" for one in `data`.

    recordings: where they are written, None inside `data`; encrypt_recordings: under a key of each opening;
    recordings_quota: GB that they may take, 0 for no limit; disk_low: GB left on a disk below which people are warned.
    """

    data: Path = Path("var")
    mirror: Path | None = None
    database: str = ""
    recordings: Path | None = None
    encrypt_recordings: bool = True
    recordings_quota: int = 0
    disk_low: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FacesSection:
    """`enabled`: faces of representatives who consent are compared, as a hint for the people who look."""

    enabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingSection:
    """`retention_years`: for how long recordings are kept after the close; `delete_files`: erasing deletes encrypted
    media, too, and does not only destroy their key."""

    retention_years: int = 15
    delete_files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationSource:
    """An item of signing.revocation: where the word of the CA `issuer` (a file) is fetched; "" where it has none."""

    issuer: Path
    crl: str = ""
    ocsp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningSection:
    """Whom the hall trusts, and what it signs records with. Files hold DER or PEM.

    ca_intermediates: issuing CAs; crls: revocation lists, read again every ten minutes; revocation: where lists and
    OCSP are fetched, every `revocation_minutes`; revocation_plain: OCSP without TLS, on this machine. tsa_cert and
    tsa_key: an own time stamping certificate; tsa_url: a time stamping authority instead; tsa_roots: what its stamps
    lead to; root_stamp_minutes, client_tsa_url: see deploy/hall.toml.
    seal_cert and seal_key: the hall's own seal on receipts, refusals and reports.
    """

    ca_roots: tuple[Path, ...] = ()
    ca_intermediates: tuple[Path, ...] = ()
    crls: tuple[Path, ...] = ()
    revocation: tuple[RevocationSource, ...] = ()
    revocation_minutes: int = 60
    revocation_plain: bool = False
    tsa_cert: Path | None = None
    tsa_key: Path | None = None
    tsa_url: str = ""
    tsa_roots: tuple[Path, ...] = ()
    seal_cert: Path | None = None
    seal_key: Path | None = None
    root_stamp_minutes: int = 10
    client_tsa_url: str = ""
    record_font: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSection:
    """Rehearsal only. `start`: hall time to begin with, None the machine's; `movable`: it may be moved forward."""

    start: datetime | None = None
    movable: bool = False

    @property
    def start_ms(self) -> int | None:
        """The start in ms UTC."""
        return milliseconds(self.start) if self.start else None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSection:
    """What clients are asked to send."""

    width: int = 640
    height: int = 360
    rate: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """One role of the demonstration. `host`: first label of its own host name, such as "bidder1"."""

    role: str
    party: str
    name: str
    host: str
    certificate_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSection:
    """The demonstration: what the login page tells. Empty everywhere else."""

    password: str = ""
    sample_bid: str = ""
    accounts: tuple[DemoAccount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesSection:
    """Notices with proof of delivery. `address`: where people open this hall, for links; `smtp_host` "": inbox only.
    `smtp_security`: starttls, tls or none; `smtp_ca`: PEM of the mail server's own CA, None for the machine's.
    `sms_command`: program and arguments that send a short message, none: no short messages."""

    address: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_ca: Path | None = None
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_sender: str = ""
    sms_command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings, a section each."""

    hall: HallSection
    server: ServerSection = field(default_factory=ServerSection)
    storage: StorageSection = field(default_factory=StorageSection)
    media: MediaSection = field(default_factory=MediaSection)
    faces: FacesSection = field(default_factory=FacesSection)
    keeping: KeepingSection = field(default_factory=KeepingSection)
    signing: SigningSection = field(default_factory=SigningSection)
    clock: ClockSection = field(default_factory=ClockSection)
    video: VideoSection = field(default_factory=VideoSection)
    notices: NoticesSection = field(default_factory=NoticesSection)
    demo: DemoSection = field(default_factory=DemoSection)

    @property
    def production(self) -> bool:
        """Whether this hall opens real tenders."""
        return self.hall.mode == "production"

    @property
    def recordings(self) -> Path:
        """The recordings' directory."""
        return self.storage.recordings or self.storage.data / "recordings"

    @property
    def database(self) -> str:
        """The journal's URL."""
        return self.storage.database or f"sqlite+aiosqlite:///{self.storage.data / 'journal.db'}"


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the file and the environment. Raises BadConfig."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except FileNotFoundError:
        raise BadConfig(f"{path}: there is no such file; copy deploy/hall.toml and change it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: not TOML: {error}") from None
    try:
        return parse(table, path.resolve().parent, environ)
    except BadConfig as error:
        raise BadConfig(f"{path}: {error}") from None


def parse(table: Mapping[str, object], base: Path, environ: Mapping[str, str]) -> Config:
    """Read settings from a parsed file; relative paths start at `base`. Raises BadConfig."""
    config = read(Config, _overridden(table, environ), "", base)
    _check(config)
    return config


def milliseconds(moment: datetime) -> int:
    """A moment in ms UTC."""
    return int(moment.timestamp() * 1000)


def is_loopback(host: str) -> bool:
    """Whether this host name or address is this machine alone (RFC 6761 for the names)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _overridden(table: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, object]:
    """The file's table with the environment's values, as text, over it."""
    sections = {f.name for f in fields(Config)}
    found = dict(table)
    for variable, text in environ.items():
        prefix, _, rest = variable.partition("_")
        section, _, key = rest.lower().partition("_")
        # Other HALL_* variables belong to the Makefile and to tests.
        if prefix != "HALL" or section not in sections or not key:
            continue
        inner = found.get(section, {})
        if isinstance(inner, dict):
            found[section] = inner | {key: _Text(variable, text)}
    return found


@dataclass(frozen=True, slots=True)
class _Text:
    """A value from the environment: text that has yet to be read as what the setting is."""

    variable: str
    text: str


T = typing.TypeVar("T")


def read(kind: type[T], value: object, name: str, base: Path) -> T:
    """Read one table as the dataclass `kind`: exactly its keys, each of its type. `name`: where it stands in the file.

    A field may be a text, a whole number, true or false, a path (relative ones start at `base`), a moment with its
    offset (TOML's own, or RFC 3339 as a text), a table, or a list of these. Raises BadConfig.
    """
    if not isinstance(value, Mapping):
        raise BadConfig(f"[{name}] is to be a table")
    hints = typing.get_type_hints(kind)
    known: dict[str, Field[Any]] = {f.name: f for f in fields(typing.cast(Any, kind))}
    for key, given in value.items():
        if key not in known:
            origin = f" (from {given.variable})" if isinstance(given, _Text) else ""
            raise BadConfig(f"unknown setting {_dotted(name, key)}{origin}; known here: {', '.join(known)}")
    found: dict[str, Any] = {}
    for key, one in known.items():
        if key in value:
            found[key] = _value(hints[key], value[key], _dotted(name, key), base)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise BadConfig(f"{_dotted(name, key)} is missing")
        elif isinstance(one.default, Path):
            found[key] = base / one.default
        elif hasattr(hints[key], "__dataclass_fields__"):
            found[key] = read(hints[key], {}, key, base)  # its default paths start at `base` too
    return kind(**found)


def _value(hint: Any, value: object, name: str, base: Path) -> object:
    """Read one value as what the setting's type hint says."""
    if hasattr(hint, "__dataclass_fields__"):
        return read(hint, value, name, base)
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        hint = next(arg for arg in typing.get_args(hint) if arg is not type(None))
    if typing.get_origin(hint) is tuple:
        if isinstance(value, _Text):
            value = [_Text(value.variable, part.strip()) for part in value.text.split(",") if part.strip()]
        if not isinstance(value, list):
            raise BadConfig(f"{name} is to be a list")
        item = typing.get_args(hint)[0]
        return tuple(_value(item, one, f"{name}[{n}]", base) for n, one in enumerate(value))
    if isinstance(value, _Text):
        name, value = f"{name} (from {value.variable})", _from_text(hint, value)
    if hint is Path and isinstance(value, str) and value:
        return base / value
    if hint is datetime:
        value = _moment(value)
    if type(value) is not hint:
        raise BadConfig(f"{name} is to be {_WANTED[hint]}")
    return value


_WANTED: Final = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    Path: "a path",
    datetime: "a moment with its offset, such as 2026-11-23T09:00:00+08:00",
}


def _moment(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, datetime) and value.tzinfo is not None else None


def _from_text(hint: Any, value: _Text) -> object:
    if hint is int and value.text.isascii() and value.text.isdigit():
        return int(value.text)
    if hint is bool and value.text in ("true", "false"):
        return value.text == "true"
    return value.text


def _dotted(section: str, key: str) -> str:
    return f"{section}.{key}" if section else key


def _check(config: Config) -> None:
    """What a setting may be, beyond its type."""
    hall, server, signing, clock = config.hall, config.server, config.signing, config.clock
    if hall.mode not in _MODES:
        raise BadConfig(f'hall.mode is "{hall.mode}"; it is to be production or rehearsal')
    if not hall.origin or hall.origin.strip() != hall.origin or any(c in hall.origin for c in "\n /+"):
        raise BadConfig(
            "hall.origin is to be one word without spaces, slashes and plus signs, such as hall.example.cn"
        )
    if not 0 <= server.port <= 65535:
        raise BadConfig("server.port is to be a port number, 0 for a free one")
    if (server.tls_cert is None) != (server.tls_key is None):
        raise BadConfig("server.tls_cert and server.tls_key belong together: give both or none")
    for n, network in enumerate(server.trusted_proxies):
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise BadConfig(
                f"server.trusted_proxies[{n}] is to be an address or a network, such as 10.0.0.2"
            ) from None
    if config.storage.recordings_quota < 0 or config.storage.disk_low < 0:
        raise BadConfig("storage.recordings_quota and storage.disk_low are GB, 0 or more")
    if (signing.tsa_cert is None) != (signing.tsa_key is None):
        raise BadConfig("signing.tsa_cert and signing.tsa_key belong together: give both or none")
    if (signing.seal_cert is None) != (signing.seal_key is None):
        raise BadConfig("signing.seal_cert and signing.seal_key belong together: give both or none")
    if signing.tsa_cert is not None and signing.tsa_url:
        raise BadConfig("signing.tsa_cert and signing.tsa_url exclude each other: take one")
    _check_revocation(signing)
    try:
        check_media(config.media)
    except ValueError as error:
        raise BadConfig(str(error)) from None
    _check_notices(config.notices)
    _check_keeping(config)
    if (clock.start or clock.movable) and config.production:
        raise BadConfig(
            "clock.start and clock.movable exist in rehearsals only; production has the machine's time"
        )
    if config.production and config.demo != DemoSection():
        raise BadConfig("[demo] exists in rehearsals only")


def _check_revocation(signing: SigningSection) -> None:
    """OCSP goes over TLS: who listens on the way would learn whose certificates the hall knows."""
    for n, source in enumerate(signing.revocation):
        here = source.ocsp.startswith("http://") and is_loopback(urlsplit(source.ocsp).hostname or "")
        if source.ocsp and not (source.ocsp.startswith("https://") or (here and signing.revocation_plain)):
            raise BadConfig(
                f"signing.revocation[{n}].ocsp is to begin with https:// (here: or revocation_plain)"
            )
        if not f"{source.crl}{source.ocsp}".startswith(("https://", "http://")):
            raise BadConfig(
                f"signing.revocation[{n}] is to name crl or ocsp, beginning with https:// or http://"
            )


def _check_keeping(config: Config) -> None:
    years = config.keeping.retention_years
    if config.production and years < LEAST_YEARS:
        raise BadConfig(
            f"keeping.retention_years is {years}: recordings are files of the procurement, which the law has kept for "
            f"{LEAST_YEARS} years at least (Government Procurement Law, article 42); only a rehearsal may go below"
        )
    if years > MOST_YEARS:
        raise BadConfig(f"keeping.retention_years is {years}; {MOST_YEARS} is the most")


def _check_notices(notices: NoticesSection) -> None:
    if notices.address and not notices.address.startswith(("https://", "http://")):
        raise BadConfig("notices.address is to be what people type, such as https://hall.example.cn")
    if not notices.smtp_host:
        return
    if notices.smtp_security not in _SECURITY:
        raise BadConfig(
            f'notices.smtp_security is "{notices.smtp_security}"; it is to be starttls, tls or none'
        )
    if notices.smtp_security == "none" and not is_loopback(notices.smtp_host):
        raise BadConfig(
            f"notices.smtp_security is none, and {notices.smtp_host} is not this machine: take starttls or tls"
        )
    if "@" not in notices.smtp_sender:
        raise BadConfig("notices.smtp_sender is to be a mail address: notices are sent from it")
    if not 1 <= notices.smtp_port <= 65535:
        raise BadConfig("notices.smtp_port is to be a port number, usually 587, or 465 with tls")
