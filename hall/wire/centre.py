"""What travels of the trading centre. Times are ms UTC, digests lowercase hex, days ISO text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CentreYear:
    """The working days of a year. `extra`: weekend days that are worked; `source`: who said so."""

    year: int
    holidays: list[str]
    extra: list[str]
    source: str
    at: int


@dataclass(frozen=True, slots=True)
class CentreSetting:
    """A setting of the rule set for new tenders, by its name there."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class CentreRoom:
    room: str
    name: str


@dataclass(frozen=True, slots=True)
class CentreProposal:
    """A change that waits for a second person. `mine`: the viewer proposed it or is whom it concerns, and so cannot
    confirm it; `certificate`: base64 DER, "" without one."""

    proposal: int
    kind: str
    party: str
    office: str
    sha256: str
    certificate: str
    by: str
    reason: str
    at: int
    mine: bool


@dataclass(frozen=True, slots=True)
class CentreLine:
    """A line of the journal of changes. `by`: the name of who did it; `what`: a code."""

    at: int
    by: str
    what: str
    about: str
    reason: str


@dataclass(frozen=True, slots=True)
class CentreRoot:
    """A root certificate that the hall believes: SHA-256, subject, and until when it is valid, ms UTC."""

    sha256: str
    subject: str
    until: int


@dataclass(frozen=True, slots=True)
class CentreView:
    """The trading centre as the viewer may know it. `may`: the acts open to it; `experts`, `lines`: how many there
    are; `recent`: the last lines of the journal, the newest first."""

    may: list[str]
    years: list[CentreYear]
    settings: list[CentreSetting]
    rooms: list[CentreRoom]
    roots: list[CentreRoot]
    proposals: list[CentreProposal]
    experts: int
    lines: int
    recent: list[CentreLine]


@dataclass(frozen=True, slots=True)
class CentreCertificate:
    """A certificate, as it is shown before anybody signs for it. `code`: why it would not do now, "" where it would;
    `common_name`, `credit_code`: as the certificate names them; `state`: retired, paired for the other one of an SM2
    pair, in the answer to an upload the party that has it already, else ""; `certificate`: base64 DER."""

    sha256: str
    subject: str
    issuer: str
    organisation: str
    common_name: str
    credit_code: str
    not_before: int
    not_after: int
    key: str
    code: str
    state: str
    certificate: str


@dataclass(frozen=True, slots=True)
class CentreParty:
    """A registered party. `kind`: bidder or staff; `standing`: of a bidder, legal_person, organisation or
    natural_person; `identity`: of an individual, on its own page: which paper, and its number but for the last four
    characters masked; `reached`: the channels beside the inbox."""

    party: str
    name: str
    kind: str
    standing: str
    code: str
    identity: str
    active: bool
    offices: list[str]
    reached: list[str]
    certificates: list[CentreCertificate]


@dataclass(frozen=True, slots=True)
class CentreParties:
    """A page of the parties; `certificates` stay empty in lists. `total`: of all that fit the search."""

    total: int
    parties: list[CentreParty]


@dataclass(frozen=True, slots=True)
class CentreExpert:
    """An expert on the list. `name`, `unit`: "" where they were erased."""

    party: str
    name: str
    unit: str
    specialities: list[str]
    recuses: list[str]
    at: int


@dataclass(frozen=True, slots=True)
class CentreExperts:
    total: int
    experts: list[CentreExpert]


@dataclass(frozen=True, slots=True)
class CentreLines:
    total: int
    lines: list[CentreLine]


@dataclass(frozen=True, slots=True)
class CentreClash:
    """Two openings that want the same person or room at times that overlap. `what`: person or room; `who`: its id."""

    what: str
    who: str
    name: str
    opening: str
    other: str


@dataclass(frozen=True, slots=True)
class CentreBooking:
    """An opening with its room and staff. `staff`: `role name` of each post."""

    tender: str
    opening: str
    name: str
    place: str
    begins: int
    ends: int
    stage: str
    staff: list[str]


@dataclass(frozen=True, slots=True)
class CentreBookings:
    """The openings that are ahead or under way, the earliest first, and what clashes."""

    bookings: list[CentreBooking]
    clashes: list[CentreClash]
