"""Recordings made elsewhere: named when nothing else proves that it is written, their files attached by digest later;
recordings of telephone calls come the same way (clause 6.1).

Pure, as `decide` is.
"""

from __future__ import annotations

from typing import Final

from hall.errors import Refused
from hall.procurement.tender import DAY
from hall.session import commands as c
from hall.session import events as e
from hall.session import register
from hall.session.media import SILENT
from hall.session.state import OpeningState

ATTACH_WITHIN: Final = 10 * DAY
"""ms after the close within which the files of a recording made elsewhere are attached."""

MAX_FILES: Final = 50
"""Of one recording: a camera splits what it writes, and nobody attaches for ever."""


def call_name(number: int) -> str:
    """The name under which the recording of the `number`th call is attached, from 1."""
    return f"call-{number}"


def name(state: OpeningState, command: c.NameRecording, now: int) -> list[e.Event]:
    """The project owner goes on with a recording made elsewhere, because no source proves that it is written."""
    writing = command.writing
    if writing is not None and now - writing.at <= state.scheduled.rules.recorder_proof_age:
        raise Refused("recorder_writes", participant=writing.participant)
    recording = f"external-{len(state.media.externals) + 1}"
    named = e.RecordingNamed(recording, command.name, command.place, command.reason, command.act)
    if any(i.kind == SILENT and i.end is None for i in state.incidents):
        return [named]  # the register has the gap already
    return [named, register.entry(state, register.NOT_WRITTEN, "", f"{recording}: {command.reason}")]


def attach(state: OpeningState, command: c.AttachRecording, now: int) -> list[e.Event]:
    """One file's digest. The same file again says nothing new."""
    if command.recording not in known(state):
        raise Refused("no_such_recording", recording=command.recording)
    if state.media.closed_at and now > state.media.closed_at + ATTACH_WITHIN:
        raise Refused("attached_too_late", until=state.media.closed_at + ATTACH_WITHIN)
    if not command.start <= command.end <= now or not command.size:
        raise Refused("bad_recording_times", start=command.start, end=command.end)
    files = state.media.attached.get(command.recording, ())
    if any(x.sha256 == command.sha256 for x in files):
        return []
    if len(files) >= MAX_FILES:
        raise Refused("too_many_recordings", most=MAX_FILES)
    return [
        e.RecordingAttached(
            command.recording,
            command.sha256,
            command.size,
            command.mime,
            command.start,
            command.end,
            command.act,
        )
    ]


def known(state: OpeningState) -> tuple[str, ...]:
    """Names of all recordings to which a file can be attached."""
    calls = (call_name(n) for n in range(1, len(state.calls) + 1))
    return (*(x.named.recording for x in state.media.externals), *calls)


def attachable(state: OpeningState) -> bool:
    """Whether there is anything that a file could be attached to."""
    return any(len(state.media.attached.get(x, ())) < MAX_FILES for x in known(state))


def owed(state: OpeningState) -> tuple[str, ...]:
    """Named recordings of which no file was attached yet: shown as open, and no obstacle."""
    names = (x.named.recording for x in state.media.externals)
    return tuple(x for x in names if not state.media.attached.get(x))


def proof(state: OpeningState, recorded: e.RecorderProof | None, now: int) -> e.RecorderProof | None:
    """What proves now that the opening is recorded: a source that writes, else the recording made elsewhere on which it
    goes on, else nothing (clause 6.1)."""
    if recorded is not None and now - recorded.at <= state.scheduled.rules.recorder_proof_age:
        return recorded
    standing = next((x for x in state.media.externals if x.named.recording == state.media.standing), None)
    return None if standing is None else e.RecorderProof(state.media.standing, "", 0, "", standing.at)
