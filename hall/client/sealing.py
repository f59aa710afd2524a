"""Making a sealed bid: the bid's PDF signed, its summary written and signed, all of it sealed and read back.

What lives here: the steps in their order, shared by the command line and the robots. What may not: formats and
arithmetic (`hall.signing`), the network.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hall.client.keys import KeyHolder
from hall.client.national import recipient_of
from hall.signing import cms, sealed_bid
from hall.signing.bid_container import Summary, write_container
from hall.signing.bid_pdf import sign_bid_file

Keep = Callable[[sealed_bid.SealedHeader, bytes, bytes], None]
"""Takes a sealed bid's header, nonce prefix and content key."""


def nothing(header: sealed_bid.SealedHeader, prefix: bytes, content_key: bytes) -> None:
    """Keep nothing: only the certificate opens the bid."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The read-out columns as the bidder fills them in; `price` is a decimal string in yuan."""

    price: str
    period: str
    quality: str
    manager: str
    security: str


@dataclass(frozen=True, slots=True)
class SealedBid:
    """What the bidder keeps: the file, its header and receipt, and the summary inside."""

    file: Path
    header: sealed_bid.SealedHeader
    receipt: sealed_bid.SealReceipt
    summary: Summary


def seal_bid(
    pdf: bytes,
    columns: Columns,
    identity: KeyHolder,
    out: Path,
    *,
    tender: str,
    lot: str,
    bidder: str,
    signed_at: int,
) -> SealedBid:
    """Sign and seal one bid that lies in memory; see `seal_bid_file`."""
    source = io.BytesIO(pdf)
    return seal_bid_file(
        source, columns, identity, out, tender=tender, lot=lot, bidder=bidder, signed_at=signed_at
    )


def seal_bid_file(
    pdf: BinaryIO,
    columns: Columns,
    identity: KeyHolder,
    out: Path,
    *,
    tender: str,
    lot: str,
    bidder: str,
    signed_at: int,
    keep: Keep = nothing,
    copy: Path | None = None,
) -> SealedBid:
    """Sign and seal one bid into `out`; `signed_at` in ms UTC. The plaintext lies beside `out` only meanwhile, and
    never in memory as a whole. keep: makes a recovery file of header, prefix and key; copy: where the bidder wants what
    is sealed kept unencrypted, for itself.

    Not to be called inside a running event loop. Raises Malformed("malformed_pdf" | "malformed_summary" |
    "malformed_header"), OSError.
    """
    certificate = identity.certificate
    signed, plain = out.with_name(out.name + ".pdf"), out.with_name(out.name + ".plain")
    try:
        with open(signed, "w+b", opener=_private) as file:
            sign_bid_file(pdf, file, certificate, identity.sign, signed_at=signed_at)
            file.seek(0)
            summary = Summary(
                tender=tender,
                lot=lot,
                bidder=bidder,
                bid_sha256=hashlib.file_digest(file, "sha256").hexdigest(),
                price=columns.price,
                period=columns.period,
                quality=columns.quality,
                manager=columns.manager,
                security=columns.security,
            )
            file.seek(0)
            with open(plain, "wb", opener=_private) as container:
                write_container(
                    file,
                    summary,
                    lambda text: cms.sign_detached(text, certificate, identity.sign, signed_at=signed_at),
                    container,
                )
        signed.unlink()
        receipt = sealed_bid.seal(
            plain,
            out,
            tender=tender,
            lot=lot,
            bidder=bidder,
            name=certificate.organisation or certificate.common_name,
            certificate=recipient_of(identity),
            signer=certificate,
            keep=keep,
        )
        if copy is not None:
            plain.replace(copy)
    finally:
        signed.unlink(missing_ok=True)
        plain.unlink(missing_ok=True)
    with out.open("rb") as file:
        return SealedBid(out, sealed_bid.read_header(file), receipt, summary)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
