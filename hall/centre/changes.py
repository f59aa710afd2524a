"""What the trading centre changes in the directory of the hall. Data alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    PARTY = "party"
    """A new party with its first certificate."""

    CERTIFICATE = "certificate"
    """A further certificate of a registered party; the earlier ones count until they are retired."""

    RETIRE = "retire"
    """A certificate logs nobody in any longer."""

    SHUT = "shut"
    """A party may log in no longer."""

    REOPEN = "reopen"
    """It may again."""

    GIVE = "give"
    """An office in the whole hall is given."""

    TAKE = "take"
    """It is taken."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `kind_of`: bidder or staff; `code`: unified social credit code; `sha256`, `certificate`: of the
    certificate concerned, base64 DER; `recipient`, `encryption`: the other one of an SM2 pair; `office`: a role;
    `standing`: a bidder's `procurement.standing.Standing`; `identity`: digest of the personal item with an individual's
    number. What a kind does not speak of is ""."""

    kind: Kind
    party: str
    name: str = ""
    kind_of: str = ""
    code: str = ""
    sha256: str = ""
    certificate: str = ""
    recipient: str = ""
    encryption: str = ""
    office: str = ""
    standing: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory says about a change, looked up when it is asked for. `exists`: the party is registered (under
    `name`, as `kind_of`); `owner`: the party that the certificate, or the other one of the pair, belongs to; `holders`:
    active parties that hold the office trading_centre; `holds`: the party holds the office that is spoken of;
    `last`: the party has no other certificate to log in with than the one that is spoken of; `coded`: another bidder
    that is registered under the code that is spoken of."""

    exists: bool = False
    name: str = ""
    kind_of: str = ""
    owner: str = ""
    shut: bool = False
    holds: bool = False
    last: bool = False
    coded: str = ""
    holders: tuple[str, ...] = ()


UNKNOWN: Final = Known()


@dataclass(frozen=True, slots=True)
class Venue:
    """A room of the trading centre."""

    room: str
    name: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the rule set for new tenders: its name there, and its value as text (`true`, `5400000`, a word)."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    """A root certificate that the hall believes. `sha256`: of its DER; `until`: ms UTC."""

    sha256: str
    subject: str
    until: int
