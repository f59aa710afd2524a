"""The release of a content key: every check a bidder's client makes before it unwraps, then the act (clause 5.3.3).

The client never unwraps an envelope as such, else the hall could ask for a real bid's key under the name of a test.
Every failure here is a local code, and nothing derived from the key leaves this process before all checks hold.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Final

from hall import wire
from hall.client.api import Hall
from hall.client.custody import HALL, PinnedCustody, custodians, release_body
from hall.client.keys import KeyHolder
from hall.client.live import Live
from hall.client.national import recipient_of
from hall.client.recovery import RecoveryFile
from hall.client.renewed import formerly
from hall.errors import HallError, Malformed, NotPermitted, Refused
from hall.procurement.acts import SignedAct
from hall.signing import entrusted, sealed_bid
from hall.signing import suite as suites
from hall.signing.certificates import verify_act


@dataclass(frozen=True, slots=True)
class Request:
    """What a release is asked with; all of it may come from a hall that lies."""

    head: bytes
    """The head of the sealed file."""
    statement: SignedAct
    """The deposit act this very certificate signed."""
    command: SignedAct
    pinned: bytes
    """DER of the host's certificate as the published tender names it; held since before the command."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What this client has itself seen of the opening. Times are hall time in ms UTC."""

    origin: str
    tender: str
    lot: str
    opening: str
    bidder: str
    deadline: int
    epoch: int
    manifest: str
    suspended: bool
    now: int
    window_start: int
    window_end: int
    """Last millisecond in which a release counts, as the hall shows it."""
    own: bool = False
    """The window is this bidder's own: the unused rest of the 60 minutes (clause 5.3.4)."""


def open_for_release(
    request: Request,
    situation: Situation,
    identity: KeyHolder,
    valid_until: int | None = None,
    *,
    by_file: bool = False,
) -> bytes:
    """Make every check in turn, then unwrap; give the content key, which only the release act may carry.

    Raises Refused: not_the_deposit, wrong_certificate, command_invalid(reason), window_closed, suspended,
    certificate_expired, wrong_context, envelope_damaged, commit_mismatch; Malformed: not_a_sealed_bid,
    malformed_header.
    valid_until: when the certificate that signs the act ends, where that is another one than `identity`'s, ms UTC.
    by_file: a recovery file opens the bid; of a pair of SM2 certificates the statement alone then names the other one.
    """
    # First of all the certificate: its name is what the person needs to hear.
    header = sealed_bid.parse_header(request.head)
    paired = by_file and header.suite == suites.GM and header.signer == identity.certificate.sha256
    if header.recipient != recipient_of(identity).sha256 and not paired:
        raise Refused("wrong_certificate", needed=header.recipient)
    _check_statement(header, request.statement, situation, identity)
    _check_command(request, situation)
    if situation.suspended:
        raise Refused("suspended")
    if situation.now > situation.window_end:
        raise Refused("window_closed")
    if situation.now > (identity.certificate.not_after if valid_until is None else valid_until):
        raise Refused("certificate_expired")
    return identity.unwrap(header)


def _check_statement(
    header: sealed_bid.SealedHeader, statement: SignedAct, situation: Situation, identity: KeyHolder
) -> None:
    """The header must be the one this client itself declared to be its bid for this lot."""
    try:
        verify_act(statement, identity.certificate.der)
        said = statement.body_json()
    except HallError:
        raise Refused("not_the_deposit", reason="signature") from None
    here = (situation.origin, situation.tender, situation.lot)
    if statement.type != "deposit" or (statement.origin, statement.tender, statement.lot) != here:
        raise Refused("not_the_deposit", reason="statement")
    if (header.tender, header.lot, header.bidder) != (situation.tender, situation.lot, situation.bidder):
        raise Refused("not_the_deposit", reason="header")
    found: dict[str, object] = {
        "size": header.file_length,
        "commit": header.commit,
        "tag_commit": header.tag_commit,
        "salt": header.salt.hex(),
        "recipient": header.recipient,
    }
    for name, value in found.items():
        if said.get(name) != value:
            raise Refused("not_the_deposit", reason=name)


def _check_command(request: Request, situation: Situation) -> None:
    """The decrypt command must be the procuring side's own, for this opening as this client has seen it."""
    command = request.command
    expected: dict[str, object] = {
        "type": "command_decryption",
        "origin": situation.origin,
        "tender": situation.tender,
        "lot": situation.lot,
        "opening": situation.opening,
        "deadline": situation.deadline,
        "manifest": situation.manifest,
    }
    for name, value in expected.items():
        if getattr(command, name) != value:
            raise Refused("command_invalid", reason=name)
    # A command counts in its own epoch and, after a suspension, in later ones; never in an earlier one.
    if command.epoch > situation.epoch:
        raise Refused("command_invalid", reason="epoch")
    try:
        verify_act(command, request.pinned)
        minutes = command.body_json().get("minutes")
    except HallError:
        raise Refused("command_invalid", reason="signature") from None
    if not isinstance(minutes, int) or not _commanded(situation, command.epoch, minutes * 60_000):
        raise Refused("command_invalid", reason="window")


def _commanded(situation: Situation, epoch: int, length: int) -> bool:
    """Whether the window that the hall shows is the one that the host commanded. clause 5.3.3: never shorter, and
    longer only by what a suspension since the command gave back; an own window is what was left of it."""
    shown = situation.window_end - situation.window_start
    paused = situation.epoch > epoch
    right = shown == length or (paused and shown > length) or (situation.own and 0 < shown < length)
    return right and situation.now >= situation.window_start - _CLOCKS_APART


_CLOCKS_APART: Final = 5_000
"""A client reckons hall time from heartbeats; it may be behind the hall by their way through the network."""


def situation_of(view: wire.View, lot: wire.LotView, now: int | None) -> Situation:
    """Put together what the client sees. Raises Refused("too_early") before the decrypt command."""
    if lot.window is None or lot.command is None or view.manifest is None:
        raise Refused("too_early")
    mine = next((b.own_window for b in lot.bidders if b.bidder == view.you.party), None)
    window = mine or lot.window
    if window.closed_at is not None:
        raise Refused("window_closed")
    return Situation(
        origin=view.origin,
        tender=view.tender,
        lot=lot.lot,
        opening=view.opening,
        bidder=view.you.party,
        deadline=view.bid_deadline,
        epoch=view.epoch,
        manifest=view.manifest.digest,
        suspended=view.suspension is not None,
        now=window.opened_at if now is None else now,
        window_start=window.opened_at,
        window_end=window.closes_at,
        own=mine is not None,
    )


async def release(
    hall: Hall,
    live: Live,
    lot_id: str,
    pinned: bytes,
    kept: str | None = None,
    *,
    custody: PinnedCustody = HALL,
    recovery: RecoveryFile | None = None,
) -> tuple[wire.Ack, SignedAct]:
    """Release one lot's content key: fetch, check everything, unwrap, send the signed act. See `unsealed`."""
    try:
        body = await unsealed(hall, live, lot_id, pinned, kept, custody=custody, recovery=recovery)
    except (Refused, Malformed) as error:
        await told(live, lot_id, error.code)
        raise
    if live.view is None:
        raise Refused("too_early")
    if recovery is not None:
        # Only now: whoever mistyped the passphrase has claimed nothing before the room.
        await recovery.claim(hall, live, lot_id)
    return await hall.act(live.view.opening, "release", live.context(lot_id), body)


async def told(live: Live, lot_id: str, code: str) -> None:
    """Tell the hall why nothing was signed (clause 5.3.3). What it says to that changes nothing here."""
    if code not in _NO_FAILURE:
        with contextlib.suppress(HallError):
            await live.attempt("release", lot_id, code)


_NO_FAILURE: Final = frozenset({"suspended", "window_closed", "too_early"})
"""What the hall knows as well: it is not the time to release."""


async def unsealed(
    hall: Hall,
    live: Live,
    lot_id: str,
    pinned: bytes,
    kept: str | None = None,
    *,
    identity: KeyHolder | None = None,
    custody: PinnedCustody = HALL,
    recovery: RecoveryFile | None = None,
) -> dict[str, object]:
    """The body of a release, its key unwrapped after every check; it is secret until it is sent to the hall.

    pinned: DER of the host's certificate, taken before the command. kept: SHA-256 of the sealed file that the client
    itself kept; without it the own signed statement alone says what was deposited. identity: whose key, usually the
    login's. recovery: opens the bid in the place of the certificate's key.
    """
    view = live.view
    if view is None:
        raise Refused("too_early")
    lot = next(item for item in view.lots if item.lot == lot_id)
    situation = situation_of(view, lot, live.now())
    statement = await hall.own_deposit(view.tender, lot_id)
    head = await hall.own_header(view.tender, lot_id)
    sha256 = statement.body_json().get("sha256")
    if not isinstance(sha256, str) or (kept is not None and sha256 != kept):
        raise Refused("not_the_deposit", reason="sha256")
    try:
        command = SignedAct.from_json(lot.command)
    except Malformed:
        raise Refused("command_invalid", reason="form") from None
    # Before the key is out: nobody else may be named behind our back.
    whom = await custodians(hall, view, custody)
    holder = identity or hall.identity
    lasts = holder.certificate.not_after
    if recovery is not None:
        holder = recovery.holder(holder, await hall.certificate(view.opening, statement.certificate))
    elif statement.certificate != holder.certificate.sha256:
        holder = await _formerly(hall, holder, view.opening, statement.certificate)
    request = Request(head, statement, command, pinned)
    key = open_for_release(request, situation, holder, lasts, by_file=recovery is not None)
    header = sealed_bid.parse_header(head)
    place = entrusted.Place(view.tender, lot_id, view.you.party, view.opening, header.salt)
    return release_body(key, sha256, place, whom, header.suite)


async def _formerly(hall: Hall, holder: KeyHolder, opening: str, earlier: str) -> KeyHolder:
    """clause 5.2.3: what was sealed to an earlier certificate of the same key; the act itself is the present one's."""
    try:
        return formerly(holder, await hall.certificate(opening, earlier))
    except (NotPermitted, Refused, Malformed):
        raise Refused("wrong_certificate", needed=earlier) from None
