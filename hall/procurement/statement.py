"""A statement that the hall or its people put on paper: what it says, before anybody draws or signs it. Data alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading. widths: of the columns in mm, 174 together."""

    heading: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who is to sign: the field's name, the role and the name as printed over it."""

    field: str
    role: str
    name: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What is printed and what is attached.

    mode: "production" or "rehearsal", whose pages say that they have no legal effect; tender, opening: the running
    head; rows: label and value in words; content: the statement as canonical JSON; made_at: ms UTC, part of the
    metadata; text: running text above the rows; signers: none for a paper that only the hall seals.
    """

    title: str
    subtitle: str
    mode: str
    tender: str
    opening: str
    rows: tuple[tuple[str, str], ...]
    content: bytes
    made_at: int
    text: str = ""
    tables: tuple[Table, ...] = ()
    signers: tuple[Signer, ...] = ()
