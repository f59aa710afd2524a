"""Custody seen by clients: a bidder entrusts its key to the published custodians, a custodian opens what is with it.

Whom a key is for is pinned from the published tender, and never taken from what the hall shows at the moment; another
one counts by the project owner's signed act alone. Where the project owner's own post passed on (clause 5.3.1), the
word of its successor counts when the published owner signed for it, or it is the published deputy and signed that it
took the post: the hall shows those acts and can make none of them. A custodian opens nothing before it has seen for
itself that every window is closed, and nothing but what a bidder's signed release entrusted to it (clauses 4.11,
5.3.4).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn
from urllib.parse import quote

from hall import wire
from hall.client.api import Hall, TenderCard
from hall.client.decode import decode
from hall.client.keys import KeyHolder
from hall.client.live import Live
from hall.errors import HallError, Refused
from hall.procurement.acts import SignedAct
from hall.session.custody import FAILURES, is_committed
from hall.signing import entrusted, sealed_bid
from hall.signing import suite as suites
from hall.signing.certificates import Certificate, load_certificate, verify_act

_ROLES: Final = ("supervisor", "notary")
_OWNER: Final = "procuring_entity"
_WINDOWS: Final = ("check", "checked", "decryption", "results")


@dataclass(frozen=True, slots=True)
class PinnedCustody:
    """Custody as the published tender has it. `custodians`, `owner`: DER, the supervisor's first; `deputies`: SHA-256
    of the owner's deputies."""

    rule: str
    custodians: tuple[bytes, ...] = ()
    owner: bytes = b""
    deputies: tuple[str, ...] = ()


HALL: Final = PinnedCustody("hall")


async def pin(hall: Hall, card: TenderCard) -> PinnedCustody:
    """Take the custodians' certificates from the published tender, long before there is anything to entrust."""
    if card.custody == "hall":
        return HALL
    posts = {post.role: post.certificate for post in card.staff}
    kept = dict.fromkeys(posts[role] for role in _ROLES if role in posts)
    ders = [await hall.certificate(card.opening, sha256) for sha256 in kept]
    owner = await hall.certificate(card.opening, posts[_OWNER])
    deputies = tuple(post.certificate for post in card.deputies if post.role == _OWNER)
    return PinnedCustody(card.custody, tuple(ders), owner, deputies)


async def custodians(hall: Hall, view: wire.View, pinned: PinnedCustody) -> tuple[Certificate, ...]:
    """Whom to entrust a key to; () where the hall keeps it. Raises Refused("custody_changed", reason=…)."""
    shown = view.custody
    if shown.rule != pinned.rule:
        _changed("rule")
    if pinned.rule == "hall":
        return ()
    wanted = [hashlib.sha256(der).hexdigest() for der in pinned.custodians]
    if shown.named is None:
        if [one.certificate for one in shown.custodians] != wanted:
            _changed("custodians")
        return tuple(load_certificate(der) for der in pinned.custodians)
    named = await _named(hall, view, shown.named, pinned)
    if [one.certificate for one in shown.custodians] != named:
        _changed("custodians")
    return tuple([load_certificate(await hall.certificate(view.opening, sha256)) for sha256 in named])


async def _named(hall: Hall, view: wire.View, shown: dict[str, object], pinned: PinnedCustody) -> list[str]:
    """Whom the project owner's own signed act names, for this very opening."""
    act = await _signed(hall, view, shown)
    if act.certificate not in await _owners(hall, view, pinned):
        _changed("signature")
    names = act.body_json().get("custodians")
    if act.type != "name_custodians" or not isinstance(names, list):
        _changed("act")
    return [str(name) for name in names]


async def _owners(hall: Hall, view: wire.View, pinned: PinnedCustody) -> list[str]:
    """The published project owner and those to whom its post passed, each by a signature that the hall can't make: of
    the owner before, who appointed it, or of a published deputy, who took the post."""
    owners = [hashlib.sha256(pinned.owner).hexdigest()]
    for shown in view.custody.owner_passed:
        act = await _signed(hall, view, shown)
        said = act.body_json()
        if act.type == "appoint_substitute" and act.certificate == owners[-1] and said.get("role") == _OWNER:
            owners.append(str(said.get("certificate")))
        elif act.type == "take_post" and act.certificate in pinned.deputies:
            owners.append(act.certificate)
        else:
            _changed("owner")
    return owners


async def _signed(hall: Hall, view: wire.View, shown: dict[str, object]) -> SignedAct:
    """An act of this very opening whose signature holds. Raises Refused("custody_changed")."""
    try:
        act = SignedAct.from_json(shown)
        verify_act(act, await hall.certificate(view.opening, act.certificate))
    except HallError:
        _changed("signature")
    if (act.origin, act.tender, act.opening) != (view.origin, view.tender, view.opening):
        _changed("act")
    return act


def _changed(reason: str) -> NoReturn:
    raise Refused("custody_changed", reason=reason)


def release_body(
    key: bytes,
    sha256: str,
    place: entrusted.Place,
    whom: Sequence[Certificate],
    suite: str = suites.INTL,
) -> dict[str, object]:
    """The body of a release: the key for the hall, or in the custodians' envelopes with the tag that proves the unwrap.
    `suite`: the sealed bid's; the custodians' envelopes are of the kind of their own keys."""
    if not whom:
        return {"sha256": sha256, "custody": "hall", "content_key": _text(key)}
    envelope, inner = entrusted.entrust(key, place, whom)
    return {
        "sha256": sha256,
        "custody": "custodians",
        "tag": sealed_bid.release_tag(key, place.salt, suite).hex(),
        "envelope": _text(envelope),
        "inner": inner,
        "custodians": [one.sha256 for one in whom],
    }


# the custodian's side


async def open_all(hall: Hall, live: Live, lot: str, commander: bytes) -> wire.Ack:
    """Open everything that lies with this client in a lot, and hand it over by one signed act.

    commander: DER of the host's certificate as published. Raises Refused: disclosure_locked, entrusted_invalid(bidder).
    """
    view = live.view
    if view is None:
        raise Refused("disclosure_locked")
    check_time(view, lot, commander, live.now())
    shown = await hall.get(f"/api/openings/{quote(view.opening)}/entrusted/{quote(lot)}")
    items = [decode(wire.EntrustedView, one) for one in shown["keys"]]
    _check_early(view, lot, {item.bidder for item in items})
    parts = [await _part(hall, view, lot, item) for item in items]
    body: dict[str, object] = {"keys": parts}
    ack, _ = await hall.act(view.opening, "open_entrusted", live.context(lot), body)
    return ack


def check_time(view: wire.View, lot: str, commander: bytes, now: int | None) -> None:
    """Every window is over, as this client sees it itself (clause 5.3.4). Raises Refused("disclosure_locked").

    now: hall time, ms UTC; None where it is not known yet.
    """
    found = next((one for one in view.lots if one.lot == lot), None)
    if found is None or found.stage != "disclosure" or view.suspension is not None:
        raise Refused("disclosure_locked", reason="stage")
    for one in view.lots:
        own = any(b.own_window is not None and b.own_window.closed_at is None for b in one.bidders)
        if one.stage in _WINDOWS or own:
            raise Refused("disclosure_locked", reason="window")
    window = found.window
    try:
        command = SignedAct.from_json(found.command)
        verify_act(command, commander)
    except HallError:
        raise Refused("disclosure_locked", reason="command") from None
    here = ("command_decryption", view.origin, view.tender, view.opening, lot)
    if (command.type, command.origin, command.tender, command.opening, command.lot) != here:
        raise Refused("disclosure_locked", reason="command")
    if window is None or window.closed_at is None or now is None or now < window.closed_at:
        raise Refused("disclosure_locked", reason="window")
    if not window.early and now < window.closes_at:
        raise Refused("disclosure_locked", reason="window")


def _check_early(view: wire.View, lot: str, released: set[str]) -> None:
    """clause 5.3.3: a window ends early only when every listed bidder has released or declined."""
    found = next(one for one in view.lots if one.lot == lot)
    if found.window is None or not found.window.early:
        return
    for bidder in found.bidders:
        done = bidder.bidder in released or bidder.release in ("declined", "opened", "failed")
        if bidder.status == "listed" and not bidder.held and not done and bidder.own_window is None:
            raise Refused("disclosure_locked", reason="early")


async def _part(hall: Hall, view: wire.View, lot: str, item: wire.EntrustedView) -> dict[str, object]:
    try:
        act = SignedAct.from_json(item.release)
        verify_act(act, await hall.certificate(view.opening, act.certificate))
    except HallError:
        raise Refused("entrusted_invalid", bidder=item.bidder) from None
    try:
        content = open_item(view, lot, item, act, hall.identity)
    except Refused as error:
        if error.code not in FAILURES:
            raise
        return {"bidder": item.bidder, "content": "", "code": error.code}
    return {"bidder": item.bidder, "content": _text(content), "code": ""}


def open_item(
    view: wire.View, lot: str, item: wire.EntrustedView, act: SignedAct, identity: KeyHolder
) -> bytes:
    """What lies in one envelope, if a bidder's release entrusted it to this certificate for this very lot.

    Raises Refused: "entrusted_invalid" where the hall shows something else than what was signed; "envelope_damaged",
    "wrong_context", "entrusted_mismatch" where the bidder's own envelope does not hold what it should.
    """
    said, me = act.body_json(), identity.certificate.sha256
    here = ("release", view.origin, view.tender, view.opening, lot)
    whom = said.get("custodians")
    if (act.type, act.origin, act.tender, act.opening, act.lot) != here or not isinstance(whom, list):
        raise Refused("entrusted_invalid", bidder=item.bidder)
    try:
        envelope, salt = base64.b64decode(item.envelope, validate=True), bytes.fromhex(item.salt)
    except (binascii.Error, ValueError):
        raise Refused("entrusted_invalid", bidder=item.bidder) from None
    first = whom[0] == me and item.envelope == said.get("envelope") and item.inner == said.get("inner")
    handed_on = (
        hashlib.sha256(envelope).hexdigest() == said.get("inner") and not item.inner and whom[-1] == me
    )
    if not (first or handed_on):
        raise Refused("entrusted_invalid", bidder=item.bidder)
    place = entrusted.Place(view.tender, lot, item.bidder, view.opening, salt)
    content = identity.open_entrusted(envelope, item.inner, place)
    if not item.inner:
        # The tag stands under the bidder's own signature, so the hall can't pass another commitment off as its.
        tags = {sealed_bid.release_tag(content, salt, suite).hex() for suite in suites.SUITES}
        proved = said.get("tag") in tags
        if not proved or not is_committed(content, salt, item.commit):
            raise Refused("entrusted_mismatch")
    return content


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


__all__ = [
    "HALL",
    "PinnedCustody",
    "check_time",
    "custodians",
    "open_all",
    "open_item",
    "pin",
    "release_body",
]
