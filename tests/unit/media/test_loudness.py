"""A voice shows as long as it speaks: neither a knock begins it nor a breath ends it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hall.media.loudness import heard, passed, silenced
from tests.one_line import OneLine

VOICE, ROOM = 25, 80


def one() -> Any:
    """The voice of somebody who has not spoken."""
    line = OneLine("opus")
    return line.rows.lines[line.row]


def after(levels: Iterable[int], start: float = 0.0, voice: Any = None) -> list[bool]:
    """The changes that a run of packets of 20 ms brings about, in order."""
    voice = one() if voice is None else voice
    return [bool(voice["speaks"]) for n, level in enumerate(levels) if heard(voice, level, start + n * 0.02)]


def test_speech_begins_once_and_ends_once() -> None:
    assert after([ROOM] * 20 + [VOICE] * 50 + [ROOM] * 100) == [True, False]


def test_a_knock_is_no_voice() -> None:
    assert after([ROOM] * 20 + [0, 0] + [ROOM] * 100) == []


def test_a_breath_does_not_end_it() -> None:
    assert after([VOICE] * 50 + [ROOM] * 40 + [VOICE] * 50) == [True]


def test_a_voice_ends_when_packets_stop() -> None:
    voice = one()
    after([VOICE] * 50, voice=voice)
    assert not passed(voice, 1.5)
    assert passed(voice, 2.5)
    assert not voice["speaks"]
    assert not passed(voice, 3.0)


def test_who_is_muted_does_not_speak() -> None:
    voice = one()
    after([VOICE] * 50, voice=voice)
    assert silenced(voice)
    assert not silenced(voice)
    assert after([VOICE] * 50, start=2.0, voice=voice) == [True]
