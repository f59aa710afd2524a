"""The page "not signed: who, why, calls" that stands beside a record which not everybody signed (clause 5.5.3).

A document of its own: the signatures that were given cover the record as it was. What it says are signed acts, of who
refused or of the project owner; they are attached as they were signed (`acts.json`), and the pages are their form for
people. PDF/A-3 as the record.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer

from hall.signing import record_codes as k
from hall.signing import record_words as w
from hall.signing.record_archive import assemble
from hall.signing.record_layout import DigestAndCode, Typesetter, fonts
from hall.signing.record_matters import Call
from hall.signing.record_pdf import paged

ATTACHMENT: Final = "acts.json"


@dataclass(frozen=True, slots=True)
class Unsigned:
    """One signer. `refused`: by an act of its own; else the procuring entity states why. `by`: "role name"."""

    role: str
    name: str
    refused: bool
    reason: str
    by: str
    at: int
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class UnsignedPage:
    """`record`: SHA-256 of the PDF as it was completed; `acts`: canonical JSON of the signed acts that say so."""

    mode: str
    tender: str
    tender_name: str
    opening: str
    record: str
    lines: tuple[Unsigned, ...]
    acts: bytes


def render_unsigned(page: UnsignedPage, font: Path, bold: Path | None = None) -> bytes:
    """Give the page as a PDF; fonts as for the record. Raises `Unavailable("record_font_missing")`."""
    said = [page.tender, page.tender_name, page.opening, *(str(line) for line in page.lines)]
    with fonts("".join(said) + w.alphabet(), font, bold):
        t = Typesetter()
        story: list[Flowable] = [t.title(w.UNSIGNED), t.subtitle(page.tender_name), t.text(w.UNSIGNED_NOTE)]
        story += [Spacer(1, 2 * mm), t.facts([(w.RECORD_OF, w.digest_groups(page.record))])]
        for line in page.lines:
            story += [Spacer(1, 4 * mm), t.facts(_facts(line))]
        digest = hashlib.sha256(page.acts).hexdigest()
        proof = [(w.ACTS_DIGEST, w.digest_groups(digest))]
        code = DigestAndCode(t, proof, w.ACTS_NOTE, f"sha256:{digest}")
        story.append(KeepTogether([Spacer(1, 6 * mm), code]))
        pages = paged(page, f"{ATTACHMENT} {w.fingerprint(digest)}", story, w.UNSIGNED)
    return assemble(
        pages,
        attachment=page.acts,
        title=f"{w.UNSIGNED} {page.tender_name}",
        made_at=max(line.at for line in page.lines),
        fields=(),
        name=ATTACHMENT,
        about="The signed acts as canonical JSON",
    )


def _facts(line: Unsigned) -> list[tuple[str, str]]:
    calls = "\n".join(
        f"{w.moment(call.at)}　{k.CALL.get(call.outcome, call.outcome)}　{call.text}　{w.person(call.by)}"
        for call in line.calls
    )
    return [
        (w.ROLE_HEAD, k.ROLE.get(line.role, line.role)),
        (w.NAME, line.name),
        (w.STATE, w.REFUSED if line.refused else w.NOT_SIGNED),
        (w.AT, w.moment(line.at)),
        (w.REASON, f"{line.reason}\n{w.person(line.by)}"),
        (w.CALLS, calls or w.NOTHING),
    ]
