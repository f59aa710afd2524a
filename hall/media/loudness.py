"""Who speaks, by what each packet of sound says of its loudness (RFC 6464): nothing is decoded.

What lives here is pure: levels and the time of their arrival in, changes out. What may not: clocks, connections.
"""

from __future__ import annotations

from dataclasses import dataclass

SPOKEN = 45
"""dB below the loudest: so loud is a voice near a microphone."""

QUIET = 55
"""So quiet is a room in which nobody speaks; between the two things stay as they are."""

PAUSE_S = 1.0
"""A pause between words is no end of speech."""

_WEIGHT = 0.2  # of each packet: a word of a fifth of a second shows, a knock does not


@dataclass(slots=True)
class Loudness:
    """One participant's voice. `speaks`: whether it is heard now."""

    speaks: bool = False
    _level: float = 127.0
    _spoken_at: float = float("-inf")

    def heard(self, level: int, now: float) -> bool:
        """Take the level of a packet (0 loudest, 127 silence) that arrived at `now`, monotonic seconds; whether
        `speaks` changed.
        """
        self._level += (level - self._level) * _WEIGHT
        if self._level <= (QUIET if self.speaks else SPOKEN):
            self._spoken_at = now
            if not self.speaks:
                self.speaks = True
                return True
            return False
        return self.passed(now)

    def passed(self, now: float) -> bool:
        """Time passed, perhaps without a packet; whether `speaks` changed."""
        if self.speaks and now - self._spoken_at > PAUSE_S:
            self.speaks = False
            return True
        return False

    def silenced(self) -> bool:
        """The microphone is muted for everybody: whatever it says is nobody's hint. Whether `speaks` changed."""
        changed, self.speaks, self._level = self.speaks, False, 127.0
        return changed
