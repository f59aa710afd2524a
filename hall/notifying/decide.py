"""What the notices of a tender answer to a command, and which attempts they owe now.

Each channel is tried until it took the notice, said never, the notice is of no use any more, or all attempts are used
up. Every attempt stands in the journal: that a party could not be reached is evidence too (clause 4.8 b).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

from hall.errors import NotPermitted, Refused
from hall.notifying import commands as c
from hall.notifying import events as e
from hall.notifying.state import Mail, Notice, Waiting, digest
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor
from hall.procurement.tender import HOUR, MINUTE

PAUSES: Final = (MINUTE // 2, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR)
"""Between two attempts, ms: eight attempts within eight hours."""

INBOX: Final = "inbox"
"""The one channel that every addressee has."""

READ_ACT: Final = "read_notice"


@dataclass(frozen=True, slots=True)
class Send:
    """Duty: one attempt on one channel, now."""

    notice: str
    channel: str


def decide(state: Mail, command: c.Command, *, actor: Actor | None, now: int) -> list[e.Event]:
    """The events that `command` causes at `now` (ms UTC). Raises Refused or NotPermitted."""
    match command:
        case c.Owe(notices):
            fresh = {n.notice: n for n in notices if n.notice not in state.notices}
            return [event for owed in fresh.values() for event in _owed(owed, now)]
        case c.NoteSent(notice, channel, sha256, message_id, answer):
            waiting = state.waiting.get((notice, channel))
            if waiting is None:
                return []  # a second worker's echo: what is served is served
            return [e.NoticeSent(notice, channel, waiting.attempts + 1, now, sha256, message_id, answer)]
        case c.NoteFailed():
            waiting = state.waiting.get((command.notice, command.channel))
            return [] if waiting is None else [_failed(state, command, waiting, now)]
        case c.Read(notice, act):
            return _read(state, notice, act, actor, now)
        case _:
            assert_never(command)


def _owed(owed: e.NoticeOwed, now: int) -> list[e.Event]:
    """A notice lies in the inbox from the moment at which it is owed: both are one append."""
    if INBOX not in owed.channels:
        return [owed]
    return [owed, e.NoticeSent(owed.notice, INBOX, 1, now, digest(owed.subject, owed.text), "", "")]


def _failed(state: Mail, command: c.NoteFailed, waiting: Waiting, now: int) -> e.NoticeFailed:
    attempt, until = waiting.attempts + 1, state.notices[command.notice].owed.until
    retry_at = None if command.final or attempt > len(PAUSES) else now + PAUSES[attempt - 1]
    if retry_at is not None and until is not None and retry_at >= until:
        retry_at = None
    return e.NoticeFailed(
        command.notice, command.channel, attempt, now, command.code, command.answer, retry_at
    )


def _read(state: Mail, notice: str, act: SignedAct | None, actor: Actor | None, now: int) -> list[e.Event]:
    known = state.notices.get(notice)
    if actor is None or known is None or known.owed.party != actor.party:
        raise NotPermitted("no_such_notice")  # whose it is, and whether it exists, is nobody else's business
    if act is not None:
        _check_act(state, known, act, actor)
    if known.read is not None and (act is None or known.read.act is not None):
        return []  # the first time is what counts; a signature may still follow
    return [e.NoticeRead(notice, actor.party, actor.certificate, now, act)]


def _check_act(state: Mail, notice: Notice, act: SignedAct, actor: Actor) -> None:
    owed = notice.owed
    if act.type != READ_ACT or act.opening != owed.opening:
        raise Refused("act_for_another_opening")
    if act.certificate != actor.certificate:
        raise Refused("wrong_certificate", needed=actor.certificate)
    if act.body_json() != {"notice": owed.notice, "sha256": notice.sha256}:
        raise Refused("digest_mismatch")
    if act.server_nonce in state.nonces:
        raise Refused("nonce_used")


def duties(state: Mail, now: int) -> list[Send]:
    """The attempts that are due at `now`, those that wait longest first."""
    due = [(waiting.not_before, key) for key, waiting in state.waiting.items() if waiting.not_before <= now]
    return [Send(*key) for _, key in sorted(due) if not _stale(state, key[0], now)]


def next_attempt(state: Mail, now: int) -> int | None:
    """When `duties` will next have more to say than at `now`, ms UTC."""
    return min((w.not_before for w in state.waiting.values() if w.not_before > now), default=None)


def tick(state: Mail, now: int) -> list[e.Event]:
    """What nobody can use any more is given up, and that is said."""
    return [
        e.NoticeFailed(notice, channel, waiting.attempts + 1, now, "too_late", "", None)
        for (notice, channel), waiting in state.waiting.items()
        if _stale(state, notice, now)
    ]


def next_deadline(state: Mail) -> int | None:
    """When `tick` will next have something to say, ms UTC."""
    ends = (state.notices[notice].owed.until for notice, _ in state.waiting)
    return min((end for end in ends if end is not None), default=None)


def _stale(state: Mail, notice: str, now: int) -> bool:
    until = state.notices[notice].owed.until
    return until is not None and now >= until
