"""The opening record's tables about picture and sound (clause 6.1): the hall's cameras, recordings made elsewhere, and
what is missing.

Layout only, as in `record_pdf`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from hall.signing import record_codes as k
from hall.signing import record_words as w
from hall.signing.record_layout import Typesetter
from hall.signing.record_model import OpeningRecord

_GAPS: Final = frozenset({"media_gap", "recording_gap", "recorder_silent"})
"""Entries of the register that say that something was not recorded."""


def picture_and_sound(
    t: Typesetter, record: OpeningRecord, called: Callable[[str], str]
) -> Iterator[Flowable]:
    """Nothing where there is nothing to tell. called: a participant in words."""
    if record.cameras:
        rows = [[line.participant, line.name] for line in record.cameras]
        yield t.table((w.PARTICIPANT, w.CAMERA), rows, (60, 114))
        yield Spacer(1, 2 * mm)
    if record.external_recordings:
        heads = (w.EXTERNAL, w.PLACE_KEPT, w.REASON, w.FILE, w.SIGNER)
        yield t.table(heads, list(_external(record, called)), (36, 30, 34, 46, 28))
        yield Spacer(1, 2 * mm)
    missing = [x for x in record.incidents if x.kind in _GAPS and x.start is not None]
    if missing:
        gaps = [
            [
                str(x.incident),
                called(x.subject) if x.subject else w.NOTHING,
                k.INCIDENT.get(x.kind, x.kind),
                w.moment(x.start),
                w.moment(x.end) if x.end is not None else w.STILL_MISSING,
            ]
            for x in missing
        ]
        heads = (w.ENTRY, w.PARTICIPANT, w.KIND, w.MISSING_FROM, w.MISSING_UNTIL)
        yield t.table(heads, gaps, (14, 44, 26, 45, 45))


def _external(record: OpeningRecord, called: Callable[[str], str]) -> Iterator[list[str]]:
    for line in record.external_recordings:
        call = line.recording.startswith("call-")
        files = "\n".join(
            f"{w.digest_groups(x.sha256)}\n{w.moment(x.start)} {w.TO_SIGN} {w.moment(x.end)}"
            for x in line.files
        )
        yield [
            f"{line.recording}\n{called(line.name) if call else line.name}",
            line.place or w.NOTHING,
            line.reason or w.NOTHING,
            files or w.NOT_ATTACHED,
            f"{w.person(line.by)}\n{w.moment(line.at)}",
        ]
