"""A bid opened by its recovery file where the certificate's key no longer can (clause 5.3.4).

All checks of a release stay: the head against the own signed statement, the decrypt command, the custodians. What may
not live here: the format (`hall.signing.recovery`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hall.client.api import Hall
from hall.client.keys import KeyHolder
from hall.client.live import Live
from hall.errors import Refused
from hall.signing import entrusted, recovery, sealed_bid
from hall.signing.certificates import Certificate, load_certificate


@dataclass(frozen=True, slots=True)
class RecoveryFile:
    """The kept file with its passphrase, and why it is needed, as the room will read it."""

    data: bytes
    passphrase: str = field(repr=False)
    reason: str

    def holder(self, login: KeyHolder, sealed_to: bytes) -> KeyHolder:
        """Who opens what was sealed to that certificate (DER), by this file; what is signed, the login signs."""
        return _ByFile(load_certificate(sealed_to), login, self)

    async def claim(self, hall: Hall, live: Live, lot: str) -> None:
        """Say so in the room, once, before the release. Raises Refused: "remedy_not_allowed", "remedy_refused"."""
        view = live.view
        if view is None:
            raise Refused("too_early")
        here = next(one for one in view.lots if one.lot == lot)
        if here.command is None:
            raise Refused("too_early")
        own = next((one for one in here.bidders if one.bidder == view.you.party), None)
        if own is not None and own.remedy in ("claimed", "confirmed"):
            return
        body: dict[str, object] = {"kind": "recovery_file", "reason": self.reason}
        await hall.act(view.opening, "claim_remedy", live.context(lot), body)


@dataclass(frozen=True, slots=True)
class _ByFile:
    certificate: Certificate
    login: KeyHolder
    file: RecoveryFile

    def sign(self, data: bytes) -> bytes:
        return self.login.sign(data)

    def unwrap(self, header: sealed_bid.SealedHeader) -> bytes:
        return recovery.open_key(self.file.data, header, self.file.passphrase)

    def open_entrusted(self, envelope: bytes, inner: str, place: entrusted.Place) -> bytes:
        return self.login.open_entrusted(envelope, inner, place)
