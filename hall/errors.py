"""The exception tree of the hall. What lives here knows no HTTP status and no words for screens.

HallError
├── Refused          the rules say no: nothing has happened, the code says why
├── Malformed        nonsense from a peer: a message, a file or an SDP that can't be read
├── NotPermitted     this person may not do that at all (login, origin, role)
├── Unavailable      a part the hall leans on is away (journal, time stamps, disk): retry or alarm
└── JournalCorrupt   the stored truth does not hold together: stop, a person decides

The stable `code` travels on the wire; its words live in the client's locale files. `facts` are plain values
(str, int, bool, None) that the words may need, such as a limit or a segment number.
"""

from __future__ import annotations


class HallError(Exception):
    """Root of all errors the hall raises on purpose."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code if not facts else f"{code} {facts}")
        self.code = code
        self.facts = facts


class Refused(HallError):
    """The rules say no, and nothing has happened. `weighty`: the refusal itself belongs into the journal."""

    def __init__(self, code: str, *, weighty: bool = False, **facts: object) -> None:
        super().__init__(code, **facts)
        self.weighty = weighty


class Malformed(HallError):
    """A peer sent what can't be read."""


class NotPermitted(HallError):
    """The peer is unknown, or never has the right to do this."""


class Unavailable(HallError):
    """Something the hall needs does not answer."""


class JournalCorrupt(HallError):
    """The journal contradicts itself. Nobody repairs that by program."""
