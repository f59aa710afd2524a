"""What a client proves that was not answered: a deposit or release, signed, and stamped elsewhere before the end.

Clause 4.7: that the hall gave no answer to a message that existed in time is its own fault, whoever's word stands
against whose. Staff hand in the file that the bidder's client made; the hall checks it, keeps it for the bundle, and
says what follows from it. Deciding is for people. The body of a release, which holds a key, is never in such a file.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace

from hall.clock import Clock
from hall.errors import Malformed, NotPermitted, Refused
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role
from hall.runtime.ports import Certificates
from hall.runtime.proof_ports import HandedIn, Notes, ProofStore
from hall.runtime.registry import Opening, Registry
from hall.session.roster import all_announced

STAFF = frozenset(
    {Role.HOST, Role.PROCURING_ENTITY, Role.SUPERVISOR, Role.NOTARY, Role.CLERK, Role.REGULATOR}
)
_TYPES = frozenset({"deposit", "release"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What the file shows. `sha256`: of the file as it is kept; times in ms UTC; `end`: of what the message was for;
    `answered`: the journal holds this very act after all."""

    sha256: str
    act: str
    lot: str
    bidder: str
    name: str
    stamped_at: int
    by: str
    end: int
    in_time: bool
    answered: bool


def stamped(act: SignedAct) -> bytes:
    """What a client has time-stamped: the bytes that it signed, and the signature."""
    return act.signed_bytes() + act.signature_bytes()


class UnansweredDesk:
    """Takes such files in. Nothing before the announcement: a deposit betrays who bids."""

    def __init__(
        self, registry: Registry, certificates: Certificates, store: ProofStore, notes: Notes, clock: Clock
    ) -> None:
        self._registry = registry
        self._certificates = certificates
        self._store = store
        self._notes = notes
        self._clock = clock

    async def hand_in(self, opening: str, actor: Actor, act: SignedAct, token: bytes) -> Finding:
        """Check one file and keep it. token: RFC 3161, DER, over `stamped(act)`.

        Raises NotPermitted("not_permitted"), Malformed("malformed_act"), and Refused: "not_announced_yet",
        "wrong_opening", "unknown_certificate", "bad_signature", "stamp_malformed", "stamp_does_not_fit",
        "stamp_untrusted".
        """
        if actor.role not in STAFF:
            raise NotPermitted("not_permitted", act="hand_in")
        live = self._registry.opening(opening)
        if not all_announced(live.room.state):
            raise Refused("not_announced_yet")
        if act.type not in _TYPES:
            raise Malformed("malformed_act", field="type")
        plan = live.room.state.scheduled
        if (
            act.tender != plan.tender
            or act.opening not in ("", opening)
            or act.lot not in live.room.state.lots
        ):
            raise Refused("wrong_opening")
        party = self._registry.directory.state.certificates.get(act.certificate)
        if party is None or party.kind != "bidder":
            raise Refused("unknown_certificate")
        self._certificates.verify_act(act, base64.b64decode(party.certificate))
        at, by = self._notes.stamped_at(token, stamped(act))
        bare = replace(act, body=None) if act.body is not None else act
        body = canonical.dumps(
            {"v": 1, "kind": "unanswered", "act": bare.to_json(), "token": base64.b64encode(token).decode()}
        )
        digest = hashlib.sha256(body).hexdigest()
        await self._store.hand_in(plan.tender, HandedIn(digest, self._clock.now(), body))
        end = _end(live, act, party.party)
        return Finding(
            sha256=digest,
            act=act.type,
            lot=act.lot,
            bidder=party.party,
            name=party.name,
            stamped_at=at,
            by=by,
            end=end,
            in_time=at <= end,
            answered=self._answered(live, act),
        )

    def _answered(self, live: Opening, act: SignedAct) -> bool:
        rooms = (self._registry.tendering(live.room.tender), live.room)
        said = (getattr(event, "act", None) for room in rooms for _, _, event in room.entries)
        return any(
            isinstance(one, SignedAct)
            and (one.certificate, one.client_nonce) == (act.certificate, act.client_nonce)
            for one in said
        )


def _end(live: Opening, act: SignedAct, bidder: str) -> int:
    """Until when the message was in time: the deadline, or the end of the bidder's window as it stands now."""
    if act.type == "deposit":
        return live.room.state.scheduled.bid_deadline
    lot = live.room.state.lots[act.lot]
    own = lot.own.get(bidder)
    return own.closes_at if own is not None else lot.closes_at or 0
