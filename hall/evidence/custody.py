"""Custody of content keys: who kept them, and whether anything was opened before they acted (clauses 4.11, 5.3.4).

Predicates as in `conduct`. Under custody of the hall a release's body is withheld, for it holds the key; under custody
by supervisor and notary it stands in the journal, signed by its bidder: the tag proves the unwrap by what the deposit
promised, and the envelope names the certificate that alone opens it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import Any, Final

from hall.errors import HallError
from hall.evidence.case import Case, Party, said, said_in_private
from hall.evidence.history import Fact
from hall.signing import cms
from hall.signing.certificates import load_certificate

_ROLES: Final = ("supervisor", "notary")


def entrusted(case: Case) -> bool:
    """Whether the published tender has its keys kept by custodians."""
    return bool(case.plan["rules"]["custody"] == "custodians")


def custodians(case: Case, index: int) -> list[str]:
    """Certificates of the custodians right before the row at `index`, the supervisor's first."""
    named = [f for f in case.history.of("CustodiansNamed") if f.index < index]
    if named:
        return [str(one) for one in named[-1].body["custodians"]]
    posts = {one["role"]: str(one["certificate"]) for one in case.plan["staff"]}
    return list(dict.fromkeys(posts[role] for role in _ROLES if role in posts))


def custody(case: Case) -> list[str]:
    """4.11: keys were entrusted to the published custodians, who opened them by their own certificates."""
    faults: list[str] = []
    for fact in case.history.of("CustodiansNamed"):
        faults += _named(case, fact)
    if not entrusted(case):
        kept = case.history.of("CustodiansNamed", "EntrustedOpened")
        return [*faults, *(f"{fact}: the hall keeps the keys in this tender" for fact in kept)]
    for fact in case.history.of("EntrustedOpened"):
        faults += _opened(case, fact)
    for fact in case.history.of("BidOpened"):
        faults += _handed_over(case, fact)
    return faults


def releases(case: Case, release: Fact, party: Party) -> Iterator[str]:
    """4.11: what one release says, and that it is its bidder's own."""
    lot, bidder = release.body["lot"], release.body["bidder"]
    if not entrusted(case):
        yield from said_in_private(case, release, "release", party, lot=lot)
        return
    deposit = case.deposits(lot).get(bidder, {})
    words: dict[str, object] = {"sha256": deposit.get("sha256"), "custody": "custodians"}
    words["custodians"] = custodians(case, release.index)
    yield from said(case, release, "release", party, lot=lot, **words)
    body = _body(release)
    try:
        tag, envelope = (
            bytes.fromhex(str(body["tag"])),
            base64.b64decode(str(body["envelope"]), validate=True),
        )
        first = load_certificate(case.history.certificates[custodians(case, release.index)[0]])
        fits = cms.parse_envelope(envelope).names(first)
    except (HallError, KeyError, ValueError, binascii.Error):
        yield f"{release}: entrusts nothing that could be opened"
        return
    if "content_key" in body:
        yield f"{release}: the content key stands in the journal"
    if hashlib.sha256(tag).hexdigest() != deposit.get("tag_commit"):
        yield f"{release}: its tag does not prove that the bidder unwrapped its key"
    if not fits:
        yield f"{release}: entrusted to somebody else than the published custodian"


def proven(case: Case, lot: str, before: int) -> set[str]:
    """Bids of a lot whose unwrap was proved by a release that counted and stands, right before the row at `before`."""
    if not entrusted(case):
        return set()
    named = [f.index for f in case.history.of("CustodiansNamed") if f.index < before]
    found: set[str] = set()
    for fact in case.history.of("ReleaseReceived", lot=lot):
        recalled = any(fact.index < index for index in named) and not _delivered(case, fact, max(named))
        if fact.index < before and not recalled:
            found.add(str(fact.body["bidder"]))
    failed = {f.body["bidder"] for f in case.history.of("BidOpenFailed", lot=lot) if f.index < before}
    return found - {str(one) for one in failed}


def again(case: Case, own: Fact) -> bool:
    """Whether a window of a bidder's own was opened because the custodian of its release was lost (clause 4.7)."""
    lot, bidder = own.body["lot"], own.body["bidder"]
    named = [f for f in case.history.of("CustodiansNamed") if f.index < own.index]
    entry = case.history.first("IncidentRecorded", incident=own.body["incident"])
    if not named or entry is None or not named[-1].index < entry.index < own.index:
        return False
    before = [
        f for f in case.history.of("ReleaseReceived", lot=lot, bidder=bidder) if f.index < named[-1].index
    ]
    lost = bool(before) and not _delivered(case, before[-1], named[-1].index)
    told = (entry.body["kind"], entry.body["clause"]) == ("custodian_lost", "f")
    return lost and told and bidder in entry.body["scope"]


def _named(case: Case, fact: Fact) -> Iterator[str]:
    words = {name: fact.body[name] for name in ("custodians", "reason")}
    owner = case.post("procuring_entity", fact)
    yield from said(case, fact, "name_custodians", owner, **words)
    posts = (case.appointed(role, fact.index) for role in _ROLES)
    holders = [str(post["certificate"]) for post in posts if post is not None]
    if not set(fact.body["custodians"]) <= set(holders):
        yield f"{fact}: names somebody who holds neither post"


def _opened(case: Case, fact: Fact) -> Iterator[str]:
    lot, role, kept = fact.body["lot"], fact.body["role"], custodians(case, fact.index)
    place = _ROLES.index(role) if role in _ROLES else len(kept)
    mine = kept[place] if place < len(kept) else ""
    party = next((str(one["party"]) for one in case.staff if str(one["certificate"]) == mine), "")
    yield from said_in_private(
        case, fact, "open_entrusted", Party(f"{role}:{party}", frozenset({mine})), lot=lot
    )
    for bid in fact.body["bids"]:
        release = _last_release(case, lot, bid["bidder"], fact.index)
        if release is None:
            yield f"{fact}: {bid['bidder']} had entrusted nothing"
            continue
        inner = str(_body(release).get("inner", ""))
        handed_on = place + 1 < len(kept)
        if not bid["code"] and bool(bid["envelope"]) is not handed_on:
            yield f"{fact}: the key of {bid['bidder']} went another way than to the next custodian"
        elif bid["envelope"] and _sha256(bid["envelope"]) != inner:
            yield f"{fact}: another envelope than {bid['bidder']} had put inside"


def _handed_over(case: Case, opened: Fact) -> Iterator[str]:
    """The hall could open this bid only because the last custodian had handed its key over."""
    lot, bidder = opened.body["lot"], opened.body["bidder"]
    release = _last_release(case, lot, bidder, opened.index)
    if release is not None and not _delivered(case, release, opened.index):
        yield f"{opened}: opened before the custodians had handed over its key"


def _delivered(case: Case, release: Fact, before: int) -> bool:
    """Whether the last custodian handed over the key of this release before the row at `before`."""
    lot, bidder = release.body["lot"], release.body["bidder"]
    last = _ROLES[len(custodians(case, release.index)) - 1]
    for fact in case.history.of("EntrustedOpened", lot=lot, role=last):
        if release.index < fact.index < before:
            if any(bid["bidder"] == bidder and not bid["code"] for bid in fact.body["bids"]):
                return True
    return False


def _last_release(case: Case, lot: str, bidder: str, before: int) -> Fact | None:
    found = [f for f in case.history.of("ReleaseReceived", lot=lot, bidder=bidder) if f.index < before]
    return found[-1] if found else None


def _body(release: Fact) -> dict[str, Any]:
    try:
        return release.act.body_json() if release.act is not None else {}
    except HallError:
        return {}


def _sha256(text: str) -> str:
    try:
        return hashlib.sha256(base64.b64decode(text, validate=True)).hexdigest()
    except binascii.Error:
        return ""
