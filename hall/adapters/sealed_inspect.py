"""Looks at an uploaded file by the strict rules of the sealed bid; the store calls it before it keeps anything."""

from __future__ import annotations

from pathlib import Path

from hall.runtime.ports import SealedDeposit
from hall.signing import sealed_bid


def inspect(path: Path, sha256: str) -> SealedDeposit:
    """Give what the header says. Blocking. Raises Malformed with the code of what is wrong with the file."""
    with path.open("rb") as file:
        header = sealed_bid.read_header(file)
    size = path.stat().st_size
    sealed_bid.check_length(header, size)
    return SealedDeposit(
        tender=header.tender,
        lot=header.lot,
        bidder=header.bidder,
        name=header.name,
        size=size,
        sha256=sha256,
        commit=header.commit,
        tag_commit=header.tag_commit,
        salt=header.salt.hex(),
        recipient=header.recipient,
        header_length=len(header.raw),
        suite=header.suite,
    )
