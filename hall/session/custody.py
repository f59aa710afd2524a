"""Who keeps the content keys between release and disclosure, and how they are handed over (clauses 4.11, 5.3.4).

Under `custodians` a release proves the unwrap by its tag and entrusts the key, enveloped, to the supervisor, and inside
that to the notary where one is appointed. Nothing that opens a bid is with the hall before they have acted; and they
are asked only when every window is closed and every cause decided. Pure, as `decide` is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Final

from hall.errors import Refused
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import Custody, Deposit
from hall.session import commands as c
from hall.session import events as e
from hall.session import ledger
from hall.session.causes import NOT_OPENED
from hall.session.disclosure import all_decided
from hall.session.lot import Entrusted, LotState
from hall.session.rules import LotStage
from hall.session.state import OpeningState

KEY_SIZE: Final = 32
LOST: Final = "custodian_lost"
"""The register's entry when other custodians are named after something was entrusted (clause 4.7 f)."""

FAILURES: Final = frozenset({"envelope_damaged", "wrong_context", "entrusted_mismatch"})
"""Why a custodian could not open what was entrusted to it, as it may say."""

_ROLES: Final = (Role.SUPERVISOR, Role.NOTARY)


def commitment(content_key: bytes, salt: bytes, digest: str = "sha256") -> bytes:
    """HKDF(content key, salt, "bidseal/1 commit", 32): the sealed header's `commit` (RFC 5869, one block). `digest`:
    sha256 in the suite INTL, sm3 in GM."""
    prk = hmac.digest(salt, content_key, digest)
    return hmac.digest(prk, b"bidseal/1 commit\x01", digest)


def is_committed(content_key: bytes, salt: bytes, commit: str) -> bool:
    """Whether a header with this `commit` (hex) is committed to the key, by either suite's derivation: both commit, and
    which one it is stands in the header."""
    found = (commitment(content_key, salt, digest).hex() for digest in ("sha256", "sm3"))
    return any(hmac.compare_digest(one, commit) for one in found)


def role_of(state: OpeningState, certificate: str) -> Role | None:
    """The post for which somebody keeps keys, or None: the supervisor's stands first, the notary's behind it."""
    return next((r for r, kept in zip(_ROLES, state.custodians, strict=False) if kept == certificate), None)


def check_release(state: OpeningState, deposit: Deposit, command: c.Release) -> None:
    """A release holds what the tender's custody asks for, and proves the unwrap. Raises Refused; nothing is stored."""
    rule, given = state.scheduled.rules.custody, command.entrusted
    if (rule is Custody.CUSTODIANS) is not (given is not None):
        raise Refused("wrong_custody", custody=rule.value)
    if given is None:
        proved = _is_committed_to(deposit, command.content_key)
    else:
        if given.custodians != state.custodians or (given.inner == "") is not (len(state.custodians) == 1):
            raise Refused("wrong_custodians")
        proved = hmac.compare_digest(hashlib.sha256(given.tag).hexdigest(), deposit.tag_commit)
    if not proved:
        raise Refused("commit_mismatch")


def awaited(state: OpeningState, lot: LotState) -> Role | None:
    """Whose act the lot waits for: its windows are closed and its causes decided, and keys are with a custodian."""
    if not lot.entrusted or not all_decided(state, lot):
        return None
    holders = {one.holder for one in lot.entrusted.values()}
    return next((r for r in _ROLES if any(role_of(state, x) is r for x in holders)), None)


def mine(lot: LotState, certificate: str) -> dict[str, Entrusted]:
    """What lies with this certificate in a lot, by bidder."""
    return {bidder: one for bidder, one in lot.entrusted.items() if one.holder == certificate}


def hand_over(state: OpeningState, command: c.OpenEntrusted, actor: Actor) -> list[e.Event]:
    """A custodian hands over everything that lies with it in a lot, or says of a bid why it can't.

    Raises Refused, naming the bidder whose key is missing or wrong: it can be repeated, and nothing was stored.
    """
    lot = state.lots[command.lot]
    if awaited(state, lot) is None:
        raise Refused("disclosure_locked" if lot.entrusted else "nothing_entrusted")
    kept = mine(lot, actor.certificate)
    if not kept:
        raise Refused("nothing_entrusted")
    parts = {part.bidder: part for part in command.parts}
    if stranger := sorted(parts.keys() - kept.keys()):
        raise Refused("entrusted_key_wrong", bidder=stranger[0])
    if missing := sorted(kept.keys() - parts.keys()):
        raise Refused("entrusted_key_missing", bidder=missing[0])
    bids = tuple(_handed(state, lot.lot, bidder, one, parts[bidder]) for bidder, one in kept.items())
    role = role_of(state, actor.certificate) or actor.role
    return [e.EntrustedOpened(lot.lot, role.value, bids, command.act)]


def _handed(
    state: OpeningState, lot: str, bidder: str, kept: Entrusted, part: c.EntrustedPart
) -> e.EntrustedBid:
    if part.code:
        return e.EntrustedBid(bidder, "", part.code)
    if kept.inner:
        if hashlib.sha256(part.content).hexdigest() != kept.inner:
            raise Refused("entrusted_key_wrong", bidder=bidder)
        return e.EntrustedBid(bidder, base64.b64encode(part.content).decode(), "")
    deposit = state.deposit(lot, bidder)
    fits = deposit is not None and _is_committed_to(deposit, part.content)
    if not fits or len(part.content) != KEY_SIZE:
        raise Refused("entrusted_key_wrong", bidder=bidder)
    return e.EntrustedBid(bidder, "", "")


def name(state: OpeningState, command: c.NameCustodians) -> list[e.Event]:
    """The project owner names the holders of the posts, because an earlier custodian is lost. Raises Refused."""
    if state.scheduled.rules.custody is not Custody.CUSTODIANS:
        raise Refused("custody_is_hall")
    if command.custodians != successors(state):
        raise Refused("wrong_custodians")
    if command.custodians == state.custodians:
        raise Refused("custodians_unchanged")
    if state.continues_at is not None:
        raise Refused("continues_later", at=state.continues_at)
    for lot in state.lots.values():
        if lot.entrusted and lot.stage is not LotStage.DISCLOSURE:
            # Whoever releases now does so in vain, and again in a whole window of its own: none is cut short.
            raise Refused("window_running", lot=lot.lot)
    return [e.CustodiansNamed(command.custodians, command.reason, command.act)]


def successors(state: OpeningState) -> tuple[str, ...]:
    """Certificates of who holds the posts now: those whom the project owner can name."""
    posts = (state.posts.get(Role.SUPERVISOR), state.notary)
    return tuple(dict.fromkeys(post.certificate for post in posts if post is not None))


def may_name(state: OpeningState) -> bool:
    """Whether there is anybody else to name, and a reason to: the rest is told by the refusal."""
    wanted = state.scheduled.rules.custody is Custody.CUSTODIANS and state.continues_at is None
    stopped = any(lot.entrusted and lot.stage is not LotStage.DISCLOSURE for lot in state.lots.values())
    return wanted and not stopped and successors(state) != state.custodians


def open_to(state: OpeningState, lot: LotState | None, viewer: Actor, act: str) -> bool:
    """Whether `viewer` could send one of this chapter's acts now, roles and stages being right already."""
    if lot is None:
        return act == "name_custodians" and may_name(state)
    return act == "open_entrusted" and awaited(state, lot) is not None and bool(mine(lot, viewer.certificate))


def due(state: OpeningState, lot: LotState, now: int, entries: int) -> Iterator[e.Event]:
    """What follows from the custodians' acts by itself: entries for what did not open, and windows of their own for
    bids whose custodian is lost. entries: how many the register has been given at this moment already."""
    for bidder, code in lot.unopenable.items():
        yield e.BidOpenFailed(lot.lot, bidder, code, None)
        entries += 1
        yield e.IncidentRecorded(len(state.incidents) + entries, NOT_OPENED, "", f"bidder-{bidder}", code)
    if not lot.recalled:
        return
    # clause 4.7: the release was lost with its custodian, so the whole window in which it was made is given again
    reason = state.named.reason if state.named is not None else ""
    number = len(state.incidents) + entries + 1
    lost = e.IncidentRecorded(number, LOST, "f", "", reason, scope=lot.recalled)
    yield lost
    for bidder in lot.recalled:
        start, end = ledger.last_window(lot, bidder, now)
        rest = ledger.unused(state, lot, bidder, (start, end), end, now)
        yield e.OwnWindowOpened(lot.lot, bidder, now, now + rest, lost.incident, start, end, end)


def moments(lot: LotState) -> list[int]:
    """When `due` will next have something to say: at once, or never."""
    return [0] if lot.recalled or lot.unopenable else []


def _is_committed_to(deposit: Deposit, content_key: bytes) -> bool:
    return is_committed(content_key, bytes.fromhex(deposit.salt), deposit.commit)
