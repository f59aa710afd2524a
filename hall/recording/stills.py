"""Recording of who can send single pictures only: a file of JPEGs with the same index as any other recording.

What lives here: one participant's pictures, each a fragment of an epoch `NNN.mjpeg`. Nothing is decoded: the bytes are
kept as they came. What may not: connections, tasks; time comes from the injected clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hall.clock import Clock
from hall.recording import vault
from hall.recording.files import EpochFile, epoch_directory, next_epoch
from hall.recording.manifest import Epoch, EpochCause

log = logging.getLogger("hall.recording")

STANDS_MS: Final = 500
"""So long a picture is recorded for: nothing may be dated ahead of the clock by more than a fragment. Pictures come
every two seconds, so that what lies between two of them is no gap yet."""


class StillRecorder:
    """Writes the pictures of one participant. opened, finished, refused: as for a `Recorder`."""

    def __init__(
        self,
        recordings: Path,
        opening: str,
        participant: str,
        clock: Clock,
        *,
        opened: Callable[[EpochFile], None],
        finished: Callable[[EpochFile], None],
        key: bytes = b"",
        refused: Callable[[], str] = str,
    ) -> None:
        self._refused = refused
        self._directory = epoch_directory(recordings, opening, participant)
        self._opening, self._participant, self._clock = opening, participant, clock
        self._opened, self._finished, self._key = opened, finished, key
        self._cause: EpochCause = "start" if next_epoch(self._directory) == 1 else "reconnect"
        self._file: EpochFile | None = None

    def picture(self, jpeg: bytes, width: int, height: int) -> None:
        """Write one picture that has just come."""
        now = self._clock.now()
        if why := self._refused():
            self._close(why)
            self._cause = "disk_refused"
            return
        try:
            file = self._file
            if file is not None and (file.epoch.width, file.epoch.height) != (width, height):
                self._close("parameters")
                self._cause, file = "parameters", None
            if file is None:
                file = self._file = self._begin(now, width, height)
                self._opened(file)
            utc = max(now, file.until)
            file.append(jpeg, utc=utc, duration=STANDS_MS, keyframe=True, video=1, audio=0)
        except OSError as error:
            log.error("pictures of %s in %s are not written: %s", self._participant, self._opening, error)
            self._let_go()

    def clock_advanced(self) -> None:
        """Hall time is about to be moved: no file mixes the two times."""
        if self._file is not None:
            self._close("clock_advanced")
            self._cause = "clock_advanced"

    def end(self, cause: str) -> None:
        """No more pictures come."""
        self._close(cause)
        self._cause = "reconnect"

    def _begin(self, now: int, width: int, height: int) -> EpochFile:
        number = next_epoch(self._directory)
        epoch = Epoch(
            opening=self._opening,
            participant=self._participant,
            epoch=number,
            file=f"{number:03d}.mjpeg",
            mime="image/jpeg",
            codec="mjpeg",
            width=width,
            height=height,
            utc=now,
            cause=self._cause,
            scheme=vault.AES_CTR if self._key else vault.NONE,
        )
        return EpochFile(self._directory, epoch, b"", self._key)

    def _close(self, cause: str) -> None:
        if self._file is not None:
            try:
                self._file.end(cause)
            except OSError as error:
                log.error("the pictures of %s did not end well: %s", self._participant, error)
        self._let_go()

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            self._finished(file)
