"""What an administrator writes down: parties with their certificates, tenders with lots, deadline and appointments.

Strict, like the settings: an unknown key, a missing one or an id that means nothing is an error that names itself and
says what to do. What may not live here: whether the rules permit such an opening; scheduling decides that.
"""

from __future__ import annotations

import base64
import re
import tomllib
from collections.abc import Set
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Final

from hall.adapters.opening_plan import Written, custody_of, opening_of, tender_plan
from hall.config import BadConfig, Config, milliseconds, read
from hall.errors import HallError
from hall.procurement import money
from hall.procurement.parties import Appointment, Role
from hall.procurement.standing import Standing, credit_code_holds
from hall.procurement.tender import (
    CHOICES,
    COLUMN_KEYS,
    COLUMNS,
    MOST_ALTERNATIVES,
    Column,
    Custody,
    Lot,
    Remedy,
    RuleSet,
    columns_hold,
    with_alternatives,
)
from hall.runtime.admin import Plan, TenderPlan
from hall.session.events import HallCamera, PreparedText
from hall.signing import suite
from hall.signing.certificates import Certificate, load_certificate
from hall.signing.gm_pairs import paired
from hall.signing.holders import holder_fault
from hall.tendering.directory import OfficeGiven, PairRegistered, PartyRegistered, StandingNoted

_HOLDERS: Final = {
    "certificate_shows_identity": "it shows the number of an identity card in clear, and would stand in the journal so;"
    " ask the CA for one without it",
    "certificate_without_organisation": "it names no organisation; give the bidder's own, not a person's",
    "certificate_of_another": "it names another organisation or code than this entry",
}
_USUAL: Final = RuleSet()
_KINDS: Final = ("bidder", "staff")
_OFFICES: Final = ("trading_centre", "regulator", "procuring_entity", "evaluator")
_ID: Final = re.compile(r"[a-z0-9](-?[a-z0-9]){0,62}")
_PHONE: Final = re.compile(r"\+?[0-9]{7,15}")
_MAIL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_TENDER_ID: Final = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyEntry:
    """[[party]]: who may log in. `certificate`: a file (PEM or DER), or the PEM itself; `encryption`: the second
    certificate of an SM2 pair, to which the party's bids are sealed in tenders of the suite GM; `standing`: of a
    bidder, legal_person or organisation (individuals are registered by the trading centre, which keeps their number
    apart); `code`: 统一社会信用代码, without it the one in the certificate; `mail`, `phone`: where notices go beside
    the inbox; `office`: what a person of the staff is
    in the whole hall: trading_centre, regulator, procuring_entity (prepares tenders), evaluator (stands on the list of
    experts)."""

    id: str
    name: str
    kind: str
    certificate: str
    encryption: str = ""
    standing: str = ""
    code: str = ""
    mail: str = ""
    phone: str = ""
    office: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnEntry:
    """[[tender.lot.column]]: a column of the read-out. `key`: price, period, quality, manager or security."""

    key: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LotEntry:
    """[[tender.lot]]: a lot. `price_ceiling`: yuan as a text, such as "1200000.00"; "" for none. Without columns the
    usual five are read out. `alternatives`: how many alternative bids the documents let each bidder offer beside its
    own; each number becomes a lot that follows this one (clause 5.2.2)."""

    id: str
    name: str
    price_ceiling: str = ""
    column: tuple[ColumnEntry, ...] = ()
    alternatives: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffEntry:
    """[[tender.staff]]: an appointment. `party`: the id of a party of kind staff; `name` and `unit` for the record."""

    role: str
    party: str
    name: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEntry:
    """[[tender.text]]: a text that the host reads; with none of them the usual ones are taken (clause 5.3.1)."""

    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraEntry:
    """[[tender.camera]]: a camera that shows the hall itself. Where its picture comes from is a setting of the server
    (media.cameras), or an encoder with a token sends it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesEntry:
    """[tender.rules]: departures from the usual rules."""

    procedure_law: str = _USUAL.procedure_law
    procurement_method: str = _USUAL.procurement_method
    custody: str = ""
    """Who keeps released keys until the disclosure: "hall", or "custodians" (the supervisor, and the notary where one
    is appointed), which is also taken where nothing is named and a supervisor is appointed."""
    minimum_bidders: int = _USUAL.minimum_bidders
    decryption_window_minutes: int = _USUAL.decryption_window // 60_000
    sealing_answer_seconds: int = _USUAL.sealing_answer_limit // 1000
    price_answer_seconds: int = _USUAL.price_answer_limit // 1000
    objection_period_seconds: int = _USUAL.objection_period // 1000
    leaving_grace_seconds: int = _USUAL.leaving_grace // 1000
    results_answer_seconds: int = _USUAL.results_answer_limit // 1000
    notary_limit_seconds: int = _USUAL.notary_limit // 1000
    host_silence_seconds: int = _USUAL.host_silence // 1000
    consultation_seconds: int = _USUAL.consultation_limit // 1000
    suspension_reason_seconds: int = _USUAL.suspension_reason_limit // 1000
    resume_notice_seconds: int = _USUAL.resume_notice // 1000
    hold_before_deadline_minutes: int = _USUAL.hold_before_deadline // 60_000
    split_reading: str = _USUAL.split_reading
    split_venue: str = _USUAL.split_venue
    fewer_allowed: bool = _USUAL.fewer_allowed
    quotes_allowed: bool = _USUAL.quotes_allowed
    silent_quote: str = _USUAL.silent_quote
    draw_allowed: bool = _USUAL.draw_allowed
    draw_seconds: int = _USUAL.draw_limit // 1000
    remedy: str = _USUAL.remedy.value
    """What a bidder may do whose certificate's key opens nothing any more: "none", or "recovery_file"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderEntry:
    """[[tender]]: a tender and its opening. Sign-in begins at 0:00 of the deadline's day (clause 5.3.3). `suite`: with
    which algorithms its bids are sealed, INTL (RSA, P-256, AES) or GM (SM2, SM3, SM4)."""

    id: str
    name: str
    number: str
    bid_deadline: datetime
    opening: str = ""
    place: str = ""
    suite: str = suite.INTL
    lot: tuple[LotEntry, ...]
    staff: tuple[StaffEntry, ...]
    deputy: tuple[StaffEntry, ...] = ()
    text: tuple[TextEntry, ...] = ()
    camera: tuple[CameraEntry, ...] = ()
    rules: RulesEntry = field(default_factory=RulesEntry)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """The whole file. Parties and tenders may come in files of their own."""

    party: tuple[PartyEntry, ...] = ()
    tender: tuple[TenderEntry, ...] = ()


def load_plan(path: Path, config: Config, trust_roots: str) -> Plan:
    """Read the file as a plan for this hall. trust_roots: digest of the CA roots. Raises BadConfig."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
        entries = read(PlanFile, table, "", path.resolve().parent)
        return _Planner(config, trust_roots, path.resolve().parent).plan(entries)
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: not TOML: {error}") from None
    except BadConfig as error:
        raise BadConfig(f"{path}: {error}") from None


def _offices(number: int, entry: PartyEntry) -> list[OfficeGiven]:
    """The hall-wide offices of one entry. Raises BadConfig."""
    if unknown := [name for name in entry.office if name not in _OFFICES]:
        raise BadConfig(f"party[{number}].office: {unknown[0]!r} is none of {', '.join(_OFFICES)}")
    if entry.office and entry.kind != "staff":
        raise BadConfig(f"party[{number}].office: only a party of kind staff has offices")
    return [OfficeGiven(entry.id, Role(name)) for name in entry.office]


class _Planner:
    def __init__(self, config: Config, trust_roots: str, base: Path) -> None:
        self._config = config
        self._trust_roots = trust_roots
        self._base = base

    def plan(self, entries: PlanFile) -> Plan:
        parties = {entry.id: self._party(n, entry) for n, entry in enumerate(entries.party)}
        if len(parties) < len(entries.party):
            raise BadConfig("two parties have the same id; give each its own")
        tenders = [self._tender(f"tender[{n}]", entry, parties) for n, entry in enumerate(entries.tender)]
        mail = {entry.id: entry.mail for entry in entries.party if entry.mail}
        phone = {entry.id: entry.phone for entry in entries.party if entry.phone}
        pairs = [self._pair(n, entry) for n, entry in enumerate(entries.party) if entry.encryption]
        offices = [office for n, entry in enumerate(entries.party) for office in _offices(n, entry)]
        standings = [StandingNoted(one.id, Standing(one.standing)) for one in entries.party if one.standing]
        noted = tuple(standings)
        return Plan(tuple(parties.values()), tuple(tenders), mail, tuple(pairs), tuple(offices), phone, noted)

    def _party(self, n: int, entry: PartyEntry) -> PartyRegistered:
        where = f"party[{n}]"
        if not _ID.fullmatch(entry.id):
            raise BadConfig(f'{where}.id is "{entry.id}"; use small letters, digits and single dashes')
        if entry.kind not in _KINDS:
            raise BadConfig(f'{where}.kind is "{entry.kind}"; it is to be bidder or staff')
        if entry.phone and not _PHONE.fullmatch(entry.phone):
            raise BadConfig(f'{where}.phone is "{entry.phone}"; it is to be digits, such as 13800000000')
        if entry.mail and not _MAIL.fullmatch(entry.mail):
            raise BadConfig(
                f'{where}.mail is "{entry.mail}"; it is to be one address, such as office@example.cn'
            )
        certificate = self._certificate(f"{where}.certificate", entry.certificate)
        code = _code(where, entry, certificate)
        standing = _standing(where, entry)
        if fault := holder_fault(certificate, entry.name, code, standing):
            raise BadConfig(f"{where}.certificate ({fault}): {_HOLDERS[fault]}")
        return PartyRegistered(
            party=entry.id,
            name=entry.name,
            kind=entry.kind,
            code=code,
            sha256=certificate.sha256,
            certificate=base64.b64encode(certificate.der).decode("ascii"),
        )

    def _pair(self, n: int, entry: PartyEntry) -> PairRegistered:
        signer = self._certificate(f"party[{n}].certificate", entry.certificate)
        recipient = self._certificate(f"party[{n}].encryption", entry.encryption)
        if not paired(signer, recipient):
            raise BadConfig(
                f"party[{n}].encryption: give the encryption certificate that the same CA issued to the same subject"
                " as the signing one, both with SM2 keys"
            )
        return PairRegistered(
            signer.sha256, recipient.sha256, base64.b64encode(recipient.der).decode("ascii")
        )

    def _certificate(self, where: str, given: str) -> Certificate:
        try:
            if given.lstrip().startswith("-----BEGIN"):
                data = given.encode()
            else:
                data = (self._base / given).read_bytes()
            return load_certificate(data)
        except OSError as error:
            raise BadConfig(f"{where}: {given}: {error.strerror}") from None
        except HallError as error:
            raise BadConfig(
                f"{where} ({error.code}): give a PEM or DER file with an RSA key, or one on P-256 or SM2's curve"
            ) from None

    def _tender(self, where: str, entry: TenderEntry, parties: dict[str, PartyRegistered]) -> TenderPlan:
        opening = entry.opening or opening_of(entry.id)
        for key, text in (("id", entry.id), ("opening", opening)):
            if not _TENDER_ID.fullmatch(text):
                raise BadConfig(f'{where}.{key} is "{text}"; use letters, digits and single dashes')
        if entry.suite not in suite.SUITES:
            raise BadConfig(
                f'{where}.suite is "{entry.suite}"; it is to be {" or ".join(sorted(suite.SUITES))}'
            )
        lots = tuple(one for n, lot in enumerate(entry.lot) for one in self._lots(f"{where}.lot[{n}]", lot))
        if len({lot.lot for lot in lots}) < len(lots):
            raise BadConfig(f"{where}: two lots have the same id; give each its own")
        staff = tuple(
            self._appointment(f"{where}.staff[{n}]", one, parties) for n, one in enumerate(entry.staff)
        )
        deputies = tuple(
            self._appointment(f"{where}.deputy[{n}]", one, parties) for n, one in enumerate(entry.deputy)
        )
        rules = _rules(f"{where}.rules", entry.rules, {one.role for one in staff})
        cameras = tuple(self._camera(f"{where}.camera[{n}]", one) for n, one in enumerate(entry.camera))
        if len({camera.camera for camera in cameras}) < len(cameras):
            raise BadConfig(f"{where}: two cameras have the same id; give each its own")
        texts = tuple(PreparedText(x.key, x.title, x.text) for x in entry.text)
        written = Written(
            tender=entry.id,
            name=entry.name,
            number=entry.number,
            suite=entry.suite,
            bid_deadline=milliseconds(entry.bid_deadline),
            lots=lots,
            rules=rules,
            staff=staff,
            deputies=deputies,
            cameras=cameras,
            texts=texts,
            opening=opening,
            place=entry.place,
        )
        return tender_plan(written, self._config.hall, self._trust_roots)

    def _lots(self, where: str, entry: LotEntry) -> list[Lot]:
        """The lot and, beside it, one for each alternative number."""
        if not 0 <= entry.alternatives <= MOST_ALTERNATIVES:
            raise BadConfig(f"{where}.alternatives is to be between 0 and {MOST_ALTERNATIVES}")
        return [*with_alternatives(self._lot(where, entry), entry.alternatives)]

    def _lot(self, where: str, entry: LotEntry) -> Lot:
        if not _ID.fullmatch(entry.id):
            raise BadConfig(f'{where}.id is "{entry.id}"; use small letters, digits and single dashes')
        if entry.price_ceiling:
            try:
                money.parse(entry.price_ceiling)
            except HallError:
                raise BadConfig(
                    f'{where}.price_ceiling is to be yuan as a text, such as "1200000.00"'
                ) from None
        columns = tuple(Column(x.key, x.title) for x in entry.column) or COLUMNS
        if not columns_hold(columns):
            raise BadConfig(
                f"{where}.column: name each of {', '.join(COLUMN_KEYS)} at most once, and the price in any case"
            )
        return Lot(entry.id, entry.name, entry.price_ceiling or None, columns)

    def _camera(self, where: str, entry: CameraEntry) -> HallCamera:
        if not _ID.fullmatch(entry.id):
            raise BadConfig(f'{where}.id is "{entry.id}"; use small letters, digits and single dashes')
        return HallCamera(entry.id, entry.name)

    def _appointment(self, where: str, entry: StaffEntry, parties: dict[str, PartyRegistered]) -> Appointment:
        posts = [role.value for role in Role if role is not Role.BIDDER]
        if entry.role not in posts:
            raise BadConfig(f'{where}.role is "{entry.role}"; it is to be one of {", ".join(posts)}')
        party = parties.get(entry.party)
        if party is None or party.kind != "staff":
            raise BadConfig(f'{where}.party is "{entry.party}"; name a [[party]] of kind staff of this file')
        return Appointment(Role(entry.role), entry.party, entry.name, entry.unit, party.sha256)


def _custody(where: str, named: str, posts: Set[Role]) -> Custody:
    if (custody := custody_of(named, posts)) is None:
        raise BadConfig(f"{where}.custody: custodians need a supervisor with a certificate; appoint one")
    return custody


def _rules(where: str, entry: RulesEntry, posts: Set[Role]) -> RuleSet:
    for one in fields(entry):
        value = getattr(entry, one.name)
        if isinstance(value, int) and not isinstance(value, bool) and value < 1:
            raise BadConfig(f"{where}.{one.name} is to be at least 1")
        if one.name in CHOICES and value not in CHOICES[one.name]:
            raise BadConfig(
                f'{where}.{one.name} is "{value}"; it is to be one of {", ".join(CHOICES[one.name])}'
            )
    return RuleSet(
        custody=_custody(where, entry.custody, posts),
        minimum_bidders=entry.minimum_bidders,
        decryption_window=entry.decryption_window_minutes * 60_000,
        sealing_answer_limit=entry.sealing_answer_seconds * 1000,
        price_answer_limit=entry.price_answer_seconds * 1000,
        objection_period=entry.objection_period_seconds * 1000,
        leaving_grace=entry.leaving_grace_seconds * 1000,
        procedure_law=entry.procedure_law,
        procurement_method=entry.procurement_method,
        results_answer_limit=entry.results_answer_seconds * 1000,
        notary_limit=entry.notary_limit_seconds * 1000,
        host_silence=entry.host_silence_seconds * 1000,
        consultation_limit=entry.consultation_seconds * 1000,
        suspension_reason_limit=entry.suspension_reason_seconds * 1000,
        resume_notice=entry.resume_notice_seconds * 1000,
        hold_before_deadline=entry.hold_before_deadline_minutes * 60_000,
        split_reading=entry.split_reading,
        split_venue=entry.split_venue,
        fewer_allowed=entry.fewer_allowed,
        quotes_allowed=entry.quotes_allowed,
        silent_quote=entry.silent_quote,
        draw_allowed=entry.draw_allowed,
        draw_limit=entry.draw_seconds * 1000,
        remedy=Remedy(entry.remedy),
    )


def _standing(where: str, entry: PartyEntry) -> Standing | None:
    """What a bidder is before the law (clause 3.3); None for staff."""
    if entry.kind != "bidder":
        if entry.standing:
            raise BadConfig(f"{where}.standing is for bidders; leave it out")
        return None
    known = (Standing.LEGAL_PERSON, Standing.ORGANISATION)
    if entry.standing not in ("", *known):
        raise BadConfig(
            f'{where}.standing is "{entry.standing}"; it is to be legal_person or organisation: individuals are'
            " registered by the trading centre"
        )
    return Standing(entry.standing) if entry.standing else Standing.LEGAL_PERSON


def _code(where: str, entry: PartyEntry, certificate: Certificate) -> str:
    """The unified social credit code of the entry, else of its certificate; a bidder has one."""
    theirs = certificate.credit_code if credit_code_holds(certificate.credit_code) else ""
    code = entry.code or theirs
    if code and not credit_code_holds(code):
        raise BadConfig(
            f'{where}.code is "{code}"; its check character does not fit: copy it from the licence'
        )
    if not code and entry.kind == "bidder":
        raise BadConfig(
            f"{where}.code is missing, and the certificate names none; give the 18 characters of the licence"
        )
    return code
