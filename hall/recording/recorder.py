"""The recorder: a participant that only listens, gets encoded frames and writes fragments of at most half a
second.

What lives here: cutting the streams of one participant into fragments and epochs. An epoch is one file: it
ends when the picture's parameters change, the participant reconnects, or hall time is moved forward. Nothing
is decoded. What may not: RTP, aiortc, tasks; time comes from the injected clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from hall.clock import Clock
from hall.recording import segments, vault
from hall.recording.anchors import RATES, Anchors, Pending
from hall.recording.coverage import GAP_MS
from hall.recording.files import EpochFile, epoch_directory, next_epoch
from hall.recording.manifest import Epoch, EpochCause
from hall.recording.segments import AUDIO_RATE, NOTHING, PICTURES, VIDEO_RATE, Track, Vp8Track
from hall.recording.timeline import Kind, Lateness, Timeline, opus_ticks

log = logging.getLogger("hall.recording")

FRAGMENT_MS = 500
KEYFRAME_INTERVAL_S = 2.0
VIDEO_PATIENCE_MS = 3_000  # how long a promised picture may be missing before the sound is written alone
RETRY_S = 2.0  # after the disk refused
_STALL_MS = 250  # beyond a full fragment: then what is there is written without waiting for the next frame
_LEAD_MS = 100  # so much earlier than the picture may the sound of a fragment begin
_NOMINAL_FRAME = VIDEO_RATE // 10

Arrival = tuple[str, bytes, int, int, bool]
"""A whole encoded frame: codec (h264, vp8, opus); its bytes, of H.264 NAL units each behind its length in four bytes;
RTP timestamp; hall time in ms at which it came; whether a picture has to be looked into, because it may be a keyframe
or hold parameter sets or delimiters.
"""


class _Held(NamedTuple):
    """A frame or packet that can't be dated yet, and a keyframe's parameters."""

    kind: Kind
    timestamp: int
    arrived: int
    keyframe: bool
    track: Track | None
    data: bytes


class Recorder:
    """Records one participant of one opening, over all its publications.

    request_keyframe: asks the sender for a keyframe. opened, finished: a file to flush from now on, and one
    whose last line is written, to flush and close away from the event loop. key: the opening's recording key, empty
    where recordings are not encrypted. refused: why nothing may be written now, empty when it may. tell: hears
    "recording_refused" with the reason, then "recording_resumed", or "recording_ended" when it never was.
    """

    def __init__(
        self,
        recordings: Path,
        opening: str,
        participant: str,
        clock: Clock,
        *,
        request_keyframe: Callable[[], None],
        opened: Callable[[EpochFile], None],
        finished: Callable[[EpochFile], None],
        key: bytes = b"",
        refused: Callable[[], str] = str,
        tell: Callable[[str, str], None] = lambda kind, detail: None,
    ) -> None:
        self._key, self._refused, self._tell = key, refused, tell
        self._refusing = False
        self._directory = epoch_directory(recordings, opening, participant)
        self._opening, self._participant, self._clock = opening, participant, clock
        self._request_keyframe, self._opened, self._finished = request_keyframe, opened, finished
        self._timeline = Timeline()
        self._lateness = Lateness()
        self._held: list[_Held] = []
        self._late = False  # something was held since the last packet in time
        self._reached = 0  # hall time up to which anything was ever written
        self._cause: EpochCause = "start"
        self.file: EpochFile | None = None
        self._track: Track | None = None
        self._file_track: Track | None = None
        self._file_audio = False
        self._anchors: Anchors | None = None
        self._video: list[Pending] = []
        self._audio: list[Pending] = []
        self._expects_video = False
        self._active = False
        self._last_keyframe = 0.0
        self._retry_at = 0.0

    # ------------------------------------------------------------ what the media plane tells

    def begin(self, *, video: bool) -> None:
        """A publication begins; `video`: a picture was negotiated. An earlier one ends here."""
        self.end("reconnect")
        self._cause = "start" if next_epoch(self._directory) == 1 else "reconnect"
        self._timeline, self._lateness = Timeline(), Lateness()
        self._track, self._expects_video, self._active = None, video, True
        self._last_keyframe = self._clock.monotonic()

    def take(self, frames: Iterable[Arrival]) -> None:
        """Whole encoded frames in the order in which they came."""
        if not self._active:
            return
        kind: Kind
        for codec, data, timestamp, arrived, special in frames:
            keyframe, track = False, None
            if codec == "opus":
                if not data:
                    continue
                kind, keyframe = "audio", True
            else:
                kind = "video"
                if special:
                    try:
                        keyframe, track, data = PICTURES[codec](data)
                    except ValueError as error:
                        log.info("a picture of %s could not be read: %s", self._participant, error)
                        continue
                    if keyframe:
                        self._last_keyframe = self._clock.monotonic()
            ticks = None if self._held else self._timeline.in_time(kind, timestamp, arrived)
            if ticks is None:
                self._hold(_Held(kind, timestamp, arrived, keyframe, track, data))
                continue
            if self._late:
                self._late = False
                self._lateness.caught_up()
            if kind == "audio" and self._video:  # nearly always: it goes with the pictures that wait
                self._audio.append((ticks, arrived, True, data))
            else:
                self._add(kind, track, (ticks, arrived, keyframe, data))

    def video(self, codec: str, units: Sequence[bytes], timestamp: int, arrived: int | None = None) -> None:
        """One picture: NAL units (h264) or one frame (vp8), in sending order. arrived: None is now."""
        data = segments.length_prefixed(units) if codec == "h264" else b"".join(units)
        self.take([(codec, data, timestamp, self._clock.now() if arrived is None else arrived, True)])

    def audio(self, packet: bytes, timestamp: int, arrived: int | None = None) -> None:
        """One Opus packet. arrived: None is now."""
        self.take([("opus", packet, timestamp, self._clock.now() if arrived is None else arrived, False)])

    def sender_report(self, kind: Kind, ntp: int, timestamp: int) -> None:
        """What an RTCP sender report ties together: the sender's clock and its media clock."""
        self._timeline.reported(kind, ntp, timestamp)

    def tick(self) -> None:
        """Call a few times a second: asks for keyframes and writes what waits for a picture that does not
        come.
        """
        if not self._active:
            return
        mono = self._clock.monotonic()
        if self._expects_video and mono - self._last_keyframe >= KEYFRAME_INTERVAL_S:
            self._last_keyframe = mono  # one request each interval, answered or not
            self._request_keyframe()
        if self._held and self._lateness.overdue(self._clock.now(), fresh=not self._timeline.tracks):
            self._release()
        video, audio = self._video, self._audio
        if video or audio:
            recent = self._clock.now() - FRAGMENT_MS - _STALL_MS
            if (video and video[0][1] < recent) or (audio and audio[0][1] < recent):
                self._flush()

    def clock_advanced(self) -> None:
        """Hall time was moved forward: a new epoch begins, so that no file mixes the two times."""
        # What is pending was anchored before the jump and is written with the old times.
        self._release()
        if self.file is not None:
            self._flush_all()
            self._close("clock_advanced")
            self._cause = "clock_advanced"
        self._video, self._audio = [], []
        self._timeline, self._lateness = Timeline(), Lateness()
        self._track = None
        if self._active and self._expects_video:
            self._request_keyframe()

    def end(self, cause: str) -> None:
        """The publication is over: write what is pending and the end line."""
        if self._active:
            self._release()
            self._flush_all()
        if self._refusing:
            self._refusing = False
            self._tell("recording_ended", cause)
        self._active = False
        self._close(cause)
        self._video, self._audio = [], []

    # ------------------------------------------------------------ when it was

    def _hold(self, one: _Held) -> None:
        """Let what came wait until it, and what waited for it, can be dated."""
        self._late = True
        self._held.append(one)
        behind = self._timeline.behind(one.kind, one.timestamp, one.arrived)
        judged = self._lateness.judge(behind, one.arrived, fresh=not self._timeline.tracks)
        if judged == "wait":
            return
        if judged == "stood_still":
            log.warning("the clock of %s stood still for %d ms", self._participant, behind or 0)
            self._flush_all()
            self._timeline = Timeline()
        self._release()

    def _release(self) -> None:
        """Date everything that waits. All of it is noted before any is written: the least delayed packet counts."""
        held, self._held = self._held, []
        dated: list[tuple[_Held, int]] = []
        for one in held:
            if self._timeline.strays(one.kind, one.timestamp, one.arrived):
                self._add_all(dated)
                dated = []
                self._begin_anew(one.kind)
            ticks = self._timeline.arrived(one.kind, one.timestamp, RATES[one.kind], one.arrived)
            dated.append((one, ticks))
        self._add_all(dated)

    def _add_all(self, dated: Sequence[tuple[_Held, int]]) -> None:
        for one, ticks in dated:
            self._add(one.kind, one.track, (ticks, one.arrived, one.keyframe, one.data))

    def _begin_anew(self, kind: Kind) -> None:
        """A timestamp can't belong to the moment it arrived at: a new epoch begins."""
        log.warning("%s of %s jumped in time", kind, self._participant)
        self._flush_all()
        self._close("timestamps")
        self._cause = "timestamps"
        self._video, self._audio = [], []
        self._timeline = Timeline()
        if self._expects_video:
            self._request_keyframe()

    def _add(self, kind: Kind, track: Track | None, one: Pending) -> None:
        if kind == "video":
            self._add_picture(track, one)
        else:
            self._add_sound(one)

    def _add_picture(self, track: Track | None, one: Pending) -> None:
        ticks, _, keyframe, data = one
        if keyframe:
            self._adopt(track)
        if self._track is None or not data:
            return  # without its parameters or after a change: wait for the next keyframe
        if self._video and self._is_full(ticks, keyframe):
            self._flush(next_ticks=ticks)
        self._video.append(one)

    def _add_sound(self, one: Pending) -> None:
        self._audio.append(one)
        if not self._video:  # a packet further would make it more than a fragment
            span = one[0] - self._audio[0][0] + 2 * opus_ticks(one[3])
            if span > FRAGMENT_MS * AUDIO_RATE // 1000:
                self._flush()

    # ------------------------------------------------------------ fragments

    def _is_full(self, next_ticks: int, keyframe: bool) -> bool:
        """Whether the pending pictures are a fragment: half a second, or the next picture can begin one."""
        start = self._video[0][0]
        step = next_ticks - self._video[-1][0]
        return keyframe or (next_ticks - start + step) * 1000 > FRAGMENT_MS * VIDEO_RATE

    def _adopt(self, track: Track | None) -> None:
        """At a keyframe: end the epoch when the picture changed, or when sound came to a file that began
        without.
        """
        if track is None:
            return
        silent = self.file is not None and not self._file_audio and bool(self._audio)
        if self.file is not None and (track != self._file_track or silent):
            self._flush()
            self._close("parameters")
            self._cause = "parameters"
        elif self.file is None and self._track is not None and track != self._track:
            self._video = []
        self._track = track

    def _flush(self, next_ticks: int | None = None) -> None:
        """Write the pending samples as one fragment (and, at a file's start, the sound before the first
        picture).
        """
        if not self._video and not self._audio:
            return
        if self.file is None and not self._open():
            return
        anchors = self._anchors
        assert anchors is not None
        for kind, step_ms in anchors.follow(self._timeline):
            log.info("%s of %s re-anchored by %+.1f ms", kind, self._participant, step_ms)
        if not self._video:
            self._write_sound(float("inf"))
            return
        first = anchors.hall_time("video", self._video[0][0])
        if self._audio and anchors.hall_time("audio", self._audio[0][0]) + _LEAD_MS < first:
            self._write_sound(first)
        if self.file is None:
            return  # the disk refused
        video, self._video = self._video, []
        last = video[-1][0]
        step = last - video[-2][0] if len(video) > 1 else _NOMINAL_FRAME
        # A picture is held until the next comes, but a gap is to show as one, and no time to come is promised.
        stop = last + min(step, VIDEO_RATE)
        if next_ticks is not None:
            stop = min(next_ticks, last + GAP_MS * VIDEO_RATE // 1000)
        audio = self._take_audio(anchors, anchors.hall_time("video", stop))
        self._write(anchors, video, audio, stop)

    def _write_sound(self, until: float) -> None:
        """Sound without a picture (before the first one, in a gap, or alone) has fragments of its own."""
        while (anchors := self._anchors) is not None and self._audio:
            start = anchors.hall_time("audio", self._audio[0][0])
            if start >= until:
                return
            self._write(anchors, [], self._take_audio(anchors, min(start + FRAGMENT_MS, until)), None)

    def _take_audio(self, anchors: Anchors, until: float) -> list[Pending]:
        """Take the pending sound that begins before a moment of hall time."""
        if not self._audio:
            return []
        stop = anchors.before(self._audio, until)
        taken, self._audio = self._audio[:stop], self._audio[stop:]
        return taken

    def _flush_all(self) -> None:
        """Write everything, the sound behind the last picture too."""
        self._flush()
        self._flush()

    def _write(self, anchors: Anchors, video: list[Pending], audio: list[Pending], stop: int | None) -> None:
        file = self.file
        if file is None:
            return
        if why := self._refused():
            self._close(why)
            self._stop_writing(why)
            return
        if not self._file_audio:
            audio = []  # this file has no sound track; the next keyframe begins one that has
        pictures = anchors.samples("video", video, stop) if video else NOTHING
        sounds = anchors.samples("audio", audio, None) if audio else NOTHING
        # The picture says when a fragment ends; sound may reach a packet further.
        if video:
            start, end = pictures.start * 1000 // VIDEO_RATE, pictures.end * 1000 // VIDEO_RATE
            if audio:
                start = min(start, sounds.start * 1000 // AUDIO_RATE)
        elif audio:
            start, end = sounds.start * 1000 // AUDIO_RATE, sounds.end * 1000 // AUDIO_RATE
        else:
            return
        utc = max(file.epoch.utc + start, file.until)
        until = max(file.epoch.utc + end, utc)
        if isinstance(self._file_track, Vp8Track):
            stored = segments.webm_cluster(pictures, sounds)
        else:
            stored = segments.mp4_fragment(file.fragments + 1, pictures, sounds, utc)
        try:
            file.append(
                stored,
                utc=utc,
                duration=until - utc,
                keyframe=bool(video) and video[0][2],
                video=len(video),
                audio=len(audio),
            )
        except OSError as error:
            self._disk_refused(error)

    # ------------------------------------------------------------ epochs

    def _open(self) -> bool:
        """Begin a file for what is pending; False while it is too early to know what it will hold, or the
        disk refuses.
        """
        if self._clock.monotonic() < self._retry_at:
            self._video, self._audio = [], []
            return False
        if why := self._refused():
            self._stop_writing(why)
            self._video, self._audio = [], []
            return False
        waited = self._clock.now() - self._audio[0][1] if self._audio else 0
        if not self._video and self._expects_video and waited < VIDEO_PATIENCE_MS:
            return False
        if self._video and not self._video[0][2]:
            self._video = []
            return False
        track = self._track if self._video else None
        anchors = Anchors(self._timeline)
        firsts: list[float] = []
        if self._video:
            firsts.append(anchors.hall_time("video", self._video[0][0]))
        if self._audio:
            firsts.append(anchors.hall_time("audio", self._audio[0][0]))
        zero = anchors.zero = max(int(min(firsts)), self._reached)
        audio = bool(self._audio)
        try:
            self.file = self._create(track, audio, zero)
        except OSError as error:
            self._disk_refused(error)
            return False
        self._anchors, self._file_track, self._file_audio = anchors, track, audio
        self._opened(self.file)
        if self._refusing:
            self._refusing = False
            self._tell("recording_resumed", "")
        return True

    def _create(self, track: Track | None, audio: bool, zero: int) -> EpochFile:
        number = next_epoch(self._directory)
        if isinstance(track, Vp8Track):
            suffix, mime = "webm", segments.webm_mime(audio)
            segment = segments.webm_init(track, audio)
        else:
            suffix, mime = "mp4", segments.mp4_mime(track, audio)
            segment = segments.mp4_init(track, audio)
        epoch = Epoch(
            opening=self._opening,
            participant=self._participant,
            epoch=number,
            file=f"{number:03d}.{suffix}",
            mime=mime,
            codec=mime.split('"')[1],
            width=track.width if track else 0,
            height=track.height if track else 0,
            utc=zero,
            cause=self._cause,
            scheme=vault.AES_CTR if self._key else vault.NONE,
        )
        return EpochFile(self._directory, epoch, segment, self._key)

    def _close(self, cause: str) -> None:
        file = self._let_go()
        if file is None:
            return
        try:
            file.end(cause)
        except OSError as error:
            self._disk_refused(error)
        self._finished(file)

    def _disk_refused(self, error: OSError) -> None:
        """Leave the file as it is (its torn tail is found later) and try a new one in a while; the proof
        stops meanwhile.
        """
        log.error("recording of %s in %s stopped: %s", self._participant, self._opening, error)
        file = self._let_go()
        self._stop_writing(error.strerror or type(error).__name__)
        if file is not None:
            self._finished(file)

    def _stop_writing(self, why: str) -> None:
        """Nothing is written for a while; what comes meanwhile goes to the watchers alone."""
        self._track = None
        self._cause = "disk_refused"
        self._retry_at = self._clock.monotonic() + RETRY_S
        if not self._refusing:
            self._refusing = True
            self._tell("recording_refused", why)

    def _let_go(self) -> EpochFile | None:
        file, self.file = self.file, None
        self._anchors, self._file_track, self._file_audio = None, None, False
        if file is not None:
            self._reached = max(self._reached, file.until)
        return file
