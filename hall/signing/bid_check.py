"""What the signatures inside an opened bid's PDF are worth (clause 5.2.2): a report, never a judgment of the bid.

The file comes from outside and may be made to harm: this is to be run in a process of its own under limits
(`bid_check_process`), never in the server. Trust comes from the roots handed in; nothing in the file makes itself
trusted and no address in it is ever fetched. No clock: a signature without a time stamp is judged at the deposit's
receipt, when it must have existed.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from pyhanko.pdf_utils.reader import PdfFileReader

from hall.procurement.bid_report import (
    HOLDS,
    UNREADABLE,
    UNSIGNED,
    WEAK,
    BidReport,
    PdfSignature,
)
from hall.signing import pdf_check
from hall.signing.bid_container import Container, read_container

MOST_SIGNATURES: Final = 32
_MOST_TEXT: Final = 120


def check_bid(container: Path, deposited_at: int, anchors: pdf_check.Anchors) -> BidReport:
    """Report on bid.pdf inside an opened bid's container; deposited_at in ms UTC.

    A file that is no PDF, or one made to break readers, is a finding. Raises what a container raises that is none.
    """
    with container.open("rb") as file:
        found = read_container(file)
        outcome, signatures = check_pdf(pdf_in(file, found), deposited_at, anchors)
    return BidReport(outcome, found.pdf_sha256, tuple(signatures))


def pdf_in(file: BinaryIO, found: Container) -> BinaryIO:
    """bid.pdf inside a container's open file, as a file of its own."""
    return cast("BinaryIO", io.BufferedReader(_Slice(file, found.pdf_offset, found.pdf_size)))


def check_pdf(pdf: BinaryIO, deposited_at: int, anchors: pdf_check.Anchors) -> tuple[str, list[PdfSignature]]:
    """The outcome and what was found of each signature, in the order of signing."""
    try:
        reader = PdfFileReader(pdf)
        signatures = [x for x in reader.embedded_signatures if x.sig_object_type == "/Sig"]
    except MemoryError:
        raise
    except Exception:  # A hostile file makes the parser raise anything at all; that is the finding.
        return UNREADABLE, []
    if not signatures:
        return UNSIGNED, []
    last = len(signatures) - 1
    found = [
        _signature(x, deposited_at, anchors, is_last=n == last)
        for n, x in enumerate(signatures[:MOST_SIGNATURES])
    ]
    holds = len(signatures) <= MOST_SIGNATURES and all(not x.code for x in found)
    return (HOLDS if holds else WEAK), found


def _signature(found: Any, deposited_at: int, anchors: pdf_check.Anchors, *, is_last: bool) -> PdfSignature:
    """One signature, whatever is wrong with it."""
    report = pdf_check.report_or_broken(
        found,
        anchors,
        is_last=is_last,
        known_at=deposited_at,
    )
    return PdfSignature(
        signer=_shown(report.signer_name),
        certificate=report.signer_fingerprint,
        intact=report.intact,
        coverage=report.coverage,
        changes=report.modification_level,
        signed_at=report.signing_time,
        stamped_at=report.timestamp,
        revocation=report.revocation,
        code=_code(report, is_last=is_last),
    )


def _code(report: pdf_check.SignatureReport, *, is_last: bool) -> str:
    """What is wrong, "" where nothing is: the gravest first."""
    if not report.intact:
        return "signature_unreadable" if report.trust_code == "signature_unreadable" else "signature_broken"
    if is_last and report.coverage != "entire_file" and report.modification_level != "lta_updates":
        return "bytes_after_signature"
    if not report.covered:
        return "changed_after_signature"
    return "" if report.trusted else report.trust_code


def _shown(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:_MOST_TEXT]


class _Slice(io.RawIOBase):
    """The bytes [start, start + size) of a file as a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("seek before the beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def anchors_from_lists(lists: Sequence[Sequence[bytes]]) -> pdf_check.Anchors:
    """Roots, roots of time stamps, issuing CAs, CRLs, in this order."""
    roots, tsa_roots, intermediates, crls = (tuple(x) for x in lists)
    return pdf_check.Anchors(roots, tsa_roots, crls, intermediates)
