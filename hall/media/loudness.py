"""Who speaks, by what each packet of sound says of its loudness (RFC 6464): nothing is decoded.

What lives here is pure and compiled: levels and the time of their arrival in, changes out. A voice is a row of
`tables.LINE`. What may not: clocks, connections.
"""

from __future__ import annotations

from typing import Any, Final

from hall.media.compiled import compiled

SPOKEN: Final = 45
"""dB below the loudest: so loud is a voice near a microphone."""

QUIET: Final = 55
"""So quiet is a room in which nobody speaks; between the two things stay as they are."""

PAUSE_S: Final = 1.0
"""A pause between words is no end of speech."""

_WEIGHT: Final = 0.2  # of each packet: a word of a fifth of a second shows, a knock does not


@compiled
def heard(voice: Any, level: int, now: float) -> bool:
    """Take the level of a packet (0 loudest, 127 silent) that arrived at `now`, monotonic seconds; whether
    `speaks` changed.
    """
    voice.level += (level - voice.level) * _WEIGHT
    if voice.level <= (QUIET if voice.speaks else SPOKEN):
        voice.spoken_at = now
        if not voice.speaks:
            voice.speaks = True
            return True
        return False
    return passed(voice, now)


@compiled
def passed(voice: Any, now: float) -> bool:
    """Time passed, perhaps without a packet; whether `speaks` changed."""
    if voice.speaks and now - voice.spoken_at > PAUSE_S:
        voice.speaks = False
        return True
    return False


@compiled
def silenced(voice: Any) -> bool:
    """The microphone is muted for everybody: whatever it says is nobody's hint. Whether `speaks` changed."""
    changed = voice.speaks
    voice.speaks, voice.level = False, 127.0
    return bool(changed)
