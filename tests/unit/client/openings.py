"""What a bidder's client sees in the tests: one opening with one lot, in the middle of its decryption window."""

from __future__ import annotations

import base64
import typing
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall import wire
from hall.client.keys import Context, Identity
from hall.journal.checkpoint import SignedRoot, sign, verifier_key
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.signing.sealed_bid import SealedHeader, SealReceipt

ORIGIN, TENDER, LOT, OPENING, BIDDER = "hall.example", "T-1", "1", "T-1-opening", "b1"
NINE = 1_795_309_200_000
DEADLINE = NINE + 60_000
COMMANDED = DEADLINE + 60_000
MANIFEST = "ab" * 32
NONCE = "11" * 16
LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG_NAME = f"{ORIGIN}/rehearsal/{TENDER}"
LOG_KEY = verifier_key(LOG_NAME, LOG.public_key().public_bytes_raw())
NOTE = sign(SignedRoot(LOG_NAME, 7, "cd" * 32, (f"at {NINE}",)), LOG)


T = TypeVar("T")


def plain(kind: type[T], **given: object) -> T:
    """A part of a view of which only `given` matters: the rest says nothing, is empty, zero or not there."""
    hints = typing.get_type_hints(kind)
    rest = {f.name: _nothing(hints[f.name]) for f in fields(kind) if f.name not in given}  # type: ignore[arg-type]
    return kind(**given, **rest)


def _nothing(hint: Any) -> object:
    if type(None) in typing.get_args(hint):
        return None
    return plain(hint) if is_dataclass(hint) else (typing.get_origin(hint) or hint)()


def promise(label: str, body: dict[str, Any]) -> dict[str, Any]:
    """A receipt or acknowledgement, signed by the hall of these tests."""
    message = f"bidhall/1 {label}\0".encode() + canonical.dumps(body)
    return {**body, "signature": base64.b64encode(LOG.sign(message)).decode()}


def context(**other: object) -> Context:
    """What acts of this opening bind."""
    bound = Context(ORIGIN, TENDER, LOT, OPENING, DEADLINE, manifest=MANIFEST)
    return replace(bound, **other)  # type: ignore[arg-type]  # the tests name fields of their own choice


def statement(identity: Identity, header: SealedHeader, receipt: SealReceipt, **other: object) -> SignedAct:
    """The deposit act as the bidder signed it."""
    body: dict[str, object] = {
        "size": receipt.size,
        "sha256": receipt.sha256,
        "commit": receipt.commit,
        "tag_commit": receipt.tag_commit,
        "salt": header.salt.hex(),
        "recipient": receipt.recipient,
        "self_test": True,
        "client": "test",
    }
    bound = Context(ORIGIN, TENDER, LOT, "", DEADLINE)
    return identity.sign_act("deposit", bound, NONCE, {**body, **other})


def command(
    host: Identity, minutes: int = 60, kind: str = "command_decryption", **other: object
) -> SignedAct:
    """The decrypt command as the host signed it."""
    return host.sign_act(kind, context(**other), NONCE, {"minutes": minutes})


def view(bidder: Identity, host: Identity, commanded: SignedAct | None) -> wire.View:
    """The bidder's own view."""
    window = wire.WindowView(COMMANDED, COMMANDED + 3_600_000, None, False)
    line = plain(
        wire.BidderView,
        bidder=BIDDER,
        certificate=bidder.certificate.sha256,
        status="listed",
        sealing="intact",
        release="waiting",
    )
    lot = plain(
        wire.LotView,
        lot=LOT,
        stage="decryption" if commanded else "checked",
        bidders=[line],
        window=window if commanded else None,
        command=commanded.to_json() if commanded else None,
    )
    return plain(
        wire.View,
        custody=plain(wire.CustodyView, rule="hall"),
        opening=OPENING,
        origin=ORIGIN,
        tender=TENDER,
        mode="rehearsal",
        stage="opening",
        bid_deadline=DEADLINE,
        sign_in_from=NINE,
        you=wire.You("bidder", BIDDER, "", bidder.certificate.sha256, f"bidder-{BIDDER}"),
        signed_in=True,
        staff=[wire.StaffView("host", "", "", host.certificate.sha256)],
        lots=[lot],
        manifest=wire.Manifest(MANIFEST, ""),
        checkpoint=wire.Checkpoint(7, "cd" * 32, NOTE),
        may=[f"release:{LOT}"] if commanded else [],
        publish=True,
        recording=True,
    )
