"""What happened to the notices of one tender: owed, sent, failed, read.

A notice here is 通知, a message to one party that must be proved to have reached it (clauses 4.1, 4.7, 4.8); the
announcement of a tender (招标公告) is none of these. Times are ms UTC. Addresses are personal and stand beside the
journal; here stands the digest of the item that holds them.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class Fact:
    """One value that the words of a notice need: a text, or a number (moments in ms UTC) in digits."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class NoticeOwed:
    """The hall owes one party a notice, in exactly these words.

    notice: its id, made from what caused it, so that the same cause never owes twice. role, party: the addressee;
    contact: digest of its addresses, "" where none is known. because: the journal row that caused it,
    `<stream>#<seq>`, "" for the passing of time. until: from then on it is of no use, None for ever.
    """

    notice: str
    kind: str
    opening: str
    lot: str
    role: str
    party: str
    because: str
    facts: tuple[Fact, ...]
    subject: str
    text: str
    channels: tuple[str, ...]
    contact: str
    due_at: int
    until: int | None


@dataclass(frozen=True, slots=True)
class NoticeSent:
    """A channel took the notice over. sha256: of subject, empty line and text as they were sent; message_id: the
    channel's name for it; answer: what the other side said, such as the mail server's 250 with its queue id."""

    notice: str
    channel: str
    attempt: int
    at: int
    sha256: str
    message_id: str
    answer: str


@dataclass(frozen=True, slots=True)
class NoticeFailed:
    """An attempt failed. retry_at: when the next one is due; None: this channel has given up."""

    notice: str
    channel: str
    attempt: int
    at: int
    code: str
    answer: str
    retry_at: int | None


@dataclass(frozen=True, slots=True)
class NoticeRead:
    """The addressee opened the notice in its inbox, logged in by this certificate. act: where it signed for it too."""

    notice: str
    party: str
    certificate: str
    at: int
    act: SignedAct | None


Event = NoticeOwed | NoticeSent | NoticeFailed | NoticeRead
