"""What can be asked of the notices of one tender."""

from __future__ import annotations

from dataclasses import dataclass

from hall.notifying.events import NoticeOwed
from hall.procurement.acts import SignedAct


@dataclass(frozen=True, slots=True)
class Owe:
    """These notices are owed; those that are known already stay as they are."""

    notices: tuple[NoticeOwed, ...]


@dataclass(frozen=True, slots=True)
class NoteSent:
    notice: str
    channel: str
    sha256: str
    message_id: str
    answer: str


@dataclass(frozen=True, slots=True)
class NoteFailed:
    """final: the other side said never, so another attempt is of no use."""

    notice: str
    channel: str
    code: str
    answer: str
    final: bool


@dataclass(frozen=True, slots=True)
class Read:
    """The addressee opens the notice in its inbox. act: its signature for that, where it gives one."""

    notice: str
    act: SignedAct | None


Command = Owe | NoteSent | NoteFailed | Read
