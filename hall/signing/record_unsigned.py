"""The page "not signed: who, why, calls" that stands beside a record which not everybody signed (clause 5.5.3).

A document of its own: the signatures that were given cover the record as it was. What it says are signed acts of the
journal; this is their form for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from hall.signing import record_codes as k
from hall.signing import record_words as w
from hall.signing.record_layout import Typesetter, fonts
from hall.signing.record_matters import Call
from hall.signing.record_pdf import paged


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
    """`record`: SHA-256 of the PDF as it was completed."""

    mode: str
    tender: str
    tender_name: str
    opening: str
    record: str
    lines: tuple[Unsigned, ...]


def render_unsigned(page: UnsignedPage, font: Path, bold: Path | None = None) -> bytes:
    """Give the page as a PDF; fonts as for the record. Raises `Unavailable("record_font_missing")`."""
    said = [page.tender, page.tender_name, page.opening, *(str(line) for line in page.lines)]
    with fonts("".join(said) + w.alphabet(), font, bold):
        t = Typesetter()
        story: list[Flowable] = [t.title(w.UNSIGNED), t.subtitle(page.tender_name), t.text(w.UNSIGNED_NOTE)]
        story += [Spacer(1, 2 * mm), t.facts([(w.RECORD_OF, w.digest_groups(page.record))])]
        for line in page.lines:
            story += [Spacer(1, 4 * mm), t.facts(_facts(line))]
        return paged(page, page.opening, story)


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
