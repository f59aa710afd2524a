"""The state of one tender's notices, and how events change it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from hall.notifying import events as e


@dataclass(frozen=True, slots=True)
class Waiting:
    """A channel that still owes the notice. not_before: when the next attempt is due, ms UTC."""

    attempts: int
    not_before: int


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice and what became of it: the proof of its delivery. A signature may follow the first reading."""

    owed: e.NoticeOwed
    sent: tuple[e.NoticeSent, ...] = ()
    failed: tuple[e.NoticeFailed, ...] = ()
    read: e.NoticeRead | None = None
    first_read_at: int | None = None

    @property
    def sha256(self) -> str:
        """Digest of the exact words."""
        return digest(self.owed.subject, self.owed.text)


@dataclass(frozen=True, slots=True)
class Mail:
    """notices: in the order in which they came to be owed. waiting: (notice, channel) that is still to be served.
    considered: stream → its last row that caused a notice; what rows before it caused is complete."""

    notices: Mapping[str, Notice] = field(default_factory=dict)
    waiting: Mapping[tuple[str, str], Waiting] = field(default_factory=dict)
    considered: Mapping[str, int] = field(default_factory=dict)
    nonces: frozenset[str] = frozenset()


def evolve(state: Mail, event: e.Event) -> Mail:
    """The state after `event`."""
    match event:
        case e.NoticeOwed(notice=notice):
            stream, _, seq = event.because.partition("#")
            considered = {**state.considered, stream: int(seq)} if stream else state.considered
            waiting = {(notice, channel): Waiting(0, event.due_at) for channel in event.channels}
            return replace(
                state,
                notices={**state.notices, notice: Notice(event)},
                waiting={**state.waiting, **waiting},
                considered=considered,
            )
        case e.NoticeSent(notice, channel):
            known = state.notices[notice]
            return _with(_served(state, notice, channel), replace(known, sent=(*known.sent, event)))
        case e.NoticeFailed(notice, channel, attempt):
            known = state.notices[notice]
            state = _with(state, replace(known, failed=(*known.failed, event)))
            if event.retry_at is None:
                return _served(state, notice, channel)
            again = Waiting(attempt, event.retry_at)
            return replace(state, waiting={**state.waiting, (notice, channel): again})
        case e.NoticeRead(notice=notice, act=act):
            nonces = state.nonces | {act.server_nonce} if act else state.nonces
            known = state.notices[notice]
            first = event.at if known.first_read_at is None else known.first_read_at
            return replace(_with(state, replace(known, read=event, first_read_at=first)), nonces=nonces)
        case _:
            assert_never(event)


def digest(subject: str, text: str) -> str:
    """SHA-256 of the words of a notice: subject, an empty line, text."""
    return hashlib.sha256(f"{subject}\n\n{text}".encode()).hexdigest()


def _with(state: Mail, notice: Notice) -> Mail:
    return replace(state, notices={**state.notices, notice.owed.notice: notice})


def _served(state: Mail, notice: str, channel: str) -> Mail:
    return replace(state, waiting={k: v for k, v in state.waiting.items() if k != (notice, channel)})
