"""From what a room appends to what a journal places: each stream's events are written by its own domain's codec.

Pure. A stream's name is `<domain>/<id>`, as in `opening/2026-001-1`; the part before the slash names the codec.
"""

from __future__ import annotations

from collections.abc import Mapping

from hall.journal.codec import EventCodec
from hall.journal.ledger import Entry, Request
from hall.runtime.ports import Append, Row


class Codecs:
    """The codecs of all domains by the names of their streams: {"opening": ..., "tendering": ...}."""

    def __init__(self, codecs: Mapping[str, EventCodec]) -> None:
        self._codecs = dict(codecs)

    def request(self, append: Append) -> Request:
        """Encode one append. Raises ValueError for a stream of no known domain, TypeError for a foreign event."""
        codec = self._of(append.stream)
        entries = []
        for new in append.events:
            kind, version, body = codec.encode(new.event)
            entries.append(Entry(new.received_at, new.actor, new.nonce, kind, version, body))
        return Request(
            append.tender,
            append.stream,
            append.expected_seq,
            tuple(entries),
            tuple(append.released_keys),
            tuple(append.personal),
        )

    def decoded(self, row: Row) -> tuple[Row, object]:
        """Give a row with its event. Raises JournalCorrupt."""
        return row, self._of(row.stream).decode(row.kind, row.version, row.body)

    def _of(self, stream: str) -> EventCodec:
        domain, slash, name = stream.partition("/")
        if not slash or not name or domain not in self._codecs:
            raise ValueError(f"{stream!r} is no stream of this journal")
        return self._codecs[domain]
