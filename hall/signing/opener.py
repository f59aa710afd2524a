"""Opening a released bid: from ciphertext and content key to a verified summary.

What lives here: one plain function that runs in a process of the pool; arguments, result and errors can be sent
between processes. What may not: decisions about whose cause a failure is (the code says which it can be), journal,
clock, network. The plaintext goes to `out` only, readable by its owner alone and never flushed to the disk on
purpose: the caller puts it into an encrypted store and removes it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from hall.errors import Malformed, Refused
from hall.signing import cms
from hall.signing.bid_container import Container, Summary, parse_summary, read_container
from hall.signing.sealed_bid import SealedHeader, decrypt_file


@dataclass(frozen=True, slots=True)
class OpenedBid:
    """What a bid held. Digests in hex, sizes and offsets in bytes within the container at `out`."""

    summary: Summary
    summary_digest: str
    bid_pdf_sha256: str
    bid_pdf_offset: int
    bid_pdf_size: int
    signer: str


def open_bid(sealed: Path, cek: bytes, expected_sha256: str, out: Path) -> OpenedBid:
    """Open the sealed file into the container `out` (created, mode 0600; gone again when anything fails).

    Raises Refused, in this order of blame:
    "not_the_deposit": the stored bytes are not those of the receipt, so the platform damaged them (clause 4.7 b);
    "commit_mismatch": the key is not the deposit's; "ciphertext_damaged" (segment): the deposit itself does not open;
    "container_malformed" (reason): it opens, and what was sealed is no bid;
    "summary_mismatch" (reason): the summary speaks of another bid or another PDF;
    "bad_signature", "wrong_certificate": the summary is not signed by the header's signer.
    """
    with sealed.open("rb") as file:
        if _digest(file) != expected_sha256:
            raise Refused("not_the_deposit")
        file.seek(0)
        try:
            with open(out, "wb", opener=_private) as plain:
                header = _decrypt(file, cek, plain)
            with out.open("rb") as plain:
                return _read(header, read_container(plain))
        except BaseException:
            out.unlink(missing_ok=True)
            raise


def _decrypt(file: BufferedReader, cek: bytes, plain: BinaryIO) -> SealedHeader:
    try:
        return decrypt_file(file, cek, plain.write)
    except Malformed as error:
        # The deposit was checked when it came in, so this can only be a file that nobody checked.
        raise Refused("container_malformed", reason=error.code) from None


def _read(header: SealedHeader, container: Container) -> OpenedBid:
    try:
        summary = parse_summary(container.summary)
        cms.verify_detached(container.signature, container.summary, header.signer)
    except Malformed as error:
        raise Refused("container_malformed", reason=error.code) from None
    for reason, found, expected in (
        ("tender", summary.tender, header.tender),
        ("lot", summary.lot, header.lot),
        ("bidder", summary.bidder, header.bidder),
        ("bid_sha256", summary.bid_sha256, container.pdf_sha256),
    ):
        if found != expected:
            raise Refused("summary_mismatch", reason=reason)
    return OpenedBid(
        summary=summary,
        summary_digest=hashlib.sha256(container.summary).hexdigest(),
        bid_pdf_sha256=container.pdf_sha256,
        bid_pdf_offset=container.pdf_offset,
        bid_pdf_size=container.pdf_size,
        signer=header.signer,
    )


def _digest(file: BufferedReader) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
