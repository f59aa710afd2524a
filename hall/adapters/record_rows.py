"""The rows of one opening as the record's fillers read them: by kind, with who signed each. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from hall.procurement.acts import SignedAct
from hall.procurement.parties import SYSTEM
from hall.runtime.ports import RecordSource
from hall.session import events as e

E = TypeVar("E")
HALL = "hall"
"""Who did what nobody signed."""


class Rows:
    """The journal of one opening up to the record."""

    def __init__(self, source: RecordSource) -> None:
        self._entries = source.entries
        state = source.state
        self._names = {d.bidder: d.name for d in state.deposits}
        self._names |= {b: s.name for b, s in state.signed_in.items()}
        posts = [*state.scheduled.staff, *state.scheduled.deputies]
        posts += [x.post for _, _, x in source.entries if isinstance(x, e.SubstituteAppointed)]
        self._staff = {post.certificate: post.name for post in posts}

    def told(self, kind: type[E]) -> Iterator[tuple[int, str, E]]:
        """(received_at, by, event) of each row of a kind. `by`: "role name" of its signer, or "hall"."""
        for at, actor, event in self._entries:
            if isinstance(event, kind):
                yield at, self._by(actor, getattr(event, "act", None)), event

    def when(self, kind: type[E], **wanted: object) -> int | None:
        """When the first such row was received, or None."""
        for at, _, event in self.told(kind):
            if all(getattr(event, name) == value for name, value in wanted.items()):
                return at
        return None

    def name(self, bidder: str) -> str:
        """What a bidder is called."""
        return self._names.get(bidder, bidder)

    def called(self, participant: str) -> str:
        """What a participant's id is called: a bidder's name, or the id itself."""
        return self._names.get(participant.removeprefix("bidder-"), participant)

    def _by(self, actor: str, act: object) -> str:
        role, _, party = actor.partition(":")
        if actor == SYSTEM or not isinstance(act, SignedAct):
            return HALL
        name = self.name(party) if role == "bidder" else self._staff.get(act.certificate, "")
        return f"{role} {name}".strip()
