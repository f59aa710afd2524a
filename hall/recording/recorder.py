"""The recorder: a participant that only listens, gets encoded frames and writes fragments of at most half a
second.

What lives here: cutting the streams of one participant into fragments and epochs. An epoch is one file: it
ends when the picture's parameters change, the participant reconnects, or hall time is moved forward. Nothing
is decoded. What may not: RTP, aiortc, tasks; time comes from the injected clock.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hall.clock import Clock
from hall.recording import segments, vault
from hall.recording.coverage import GAP_MS
from hall.recording.files import EpochFile, epoch_directory, next_epoch
from hall.recording.manifest import Epoch, EpochCause
from hall.recording.segments import AUDIO_RATE, PICTURES, VIDEO_RATE, Sample, Track, Vp8Track
from hall.recording.timeline import Kind, Lateness, Timeline, fitted, opus_ticks

log = logging.getLogger("hall.recording")

FRAGMENT_MS = 500
KEYFRAME_INTERVAL_S = 2.0
VIDEO_PATIENCE_MS = 3_000  # how long a promised picture may be missing before the sound is written alone
REANCHOR_MS = 15
RETRY_S = 2.0  # after the disk refused
_STALL_MS = 250  # beyond a full fragment: then what is there is written without waiting for the next frame
_LEAD_MS = 100  # so much earlier than the picture may the sound of a fragment begin
_NOMINAL_FRAME = VIDEO_RATE // 10
_RATES: dict[Kind, int] = {"video": VIDEO_RATE, "audio": AUDIO_RATE}


@dataclass(slots=True)
class _Pending:
    """A frame or packet not yet written: RTP timestamp, arrival in hall ms, a keyframe's parameters, the bytes as a
    sample stores them, and its running ticks as soon as it is dated.
    """

    kind: Kind
    timestamp: int
    arrived: int
    keyframe: bool
    track: Track | None
    data: bytes
    ticks: int = 0


@dataclass(slots=True)
class _Anchors:
    """Where each track's ticks lie in hall time within this epoch; moved only at fragment starts, never back
    in time.
    """

    zero: float
    at: dict[Kind, float] = field(default_factory=dict)
    ends: dict[Kind, int] = field(default_factory=dict)


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
        self._held: list[_Pending] = []
        self._reached = 0  # hall time up to which anything was ever written
        self._cause: EpochCause = "start"
        self.file: EpochFile | None = None
        self._track: Track | None = None
        self._file_track: Track | None = None
        self._file_audio = False
        self._anchors: _Anchors | None = None
        self._video: list[_Pending] = []
        self._audio: list[_Pending] = []
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

    def video(self, codec: str, units: Sequence[bytes], timestamp: int, arrived: int | None = None) -> None:
        """One whole encoded picture: NAL units (h264) or one frame (vp8), in sending order, with its RTP
        timestamp. arrived: hall time in ms at which it came; None is now.
        """
        if not self._active:
            return
        try:
            keyframe, track, data = PICTURES[codec](units)
        except ValueError as error:
            log.info("a picture of %s could not be read: %s", self._participant, error)
            return
        if keyframe:
            self._last_keyframe = self._clock.monotonic()
        at = self._clock.now() if arrived is None else arrived
        self._take(_Pending("video", timestamp, at, keyframe, track, data))

    def audio(self, packet: bytes, timestamp: int, arrived: int | None = None) -> None:
        """One Opus packet in sending order. arrived: as for pictures."""
        if not self._active or not packet:
            return
        at = self._clock.now() if arrived is None else arrived
        self._take(_Pending("audio", timestamp, at, True, None, packet))

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
        waiting = [p[0].arrived for p in (self._video, self._audio) if p]
        if waiting and self._clock.now() - min(waiting) > FRAGMENT_MS + _STALL_MS:
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

    def _take(self, one: _Pending) -> None:
        """Date what came, and what waited for it, or let it wait until that can be done."""
        if not self._held:
            ticks = self._timeline.in_time(one.kind, one.timestamp, one.arrived)
            if ticks is not None:  # nearly always: it neither waits nor strays
                self._lateness.caught_up()
                one.ticks = ticks
                self._add(one)
                return
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
        dated: list[_Pending] = []
        for one in held:
            if self._timeline.strays(one.kind, one.timestamp, one.arrived):
                for early in dated:
                    self._add(early)
                dated = []
                self._begin_anew(one.kind)
            one.ticks = self._timeline.arrived(one.kind, one.timestamp, _RATES[one.kind], one.arrived)
            dated.append(one)
        for one in dated:
            self._add(one)

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

    def _add(self, one: _Pending) -> None:
        if one.kind == "video":
            self._add_picture(one)
        else:
            self._add_sound(one)

    def _add_picture(self, one: _Pending) -> None:
        if one.keyframe:
            self._adopt(one.track)
        if self._track is None or not one.data:
            return  # without its parameters or after a change: wait for the next keyframe
        if self._video and self._is_full(one.ticks, one.keyframe):
            self._flush(next_ticks=one.ticks)
        self._video.append(one)

    def _add_sound(self, one: _Pending) -> None:
        self._audio.append(one)
        if not self._video:  # a packet further would make it more than a fragment
            span = one.ticks - self._audio[0].ticks + 2 * opus_ticks(one.data)
            if span > FRAGMENT_MS * AUDIO_RATE // 1000:
                self._flush()

    # ------------------------------------------------------------ fragments

    def _is_full(self, next_ticks: int, keyframe: bool) -> bool:
        """Whether the pending pictures are a fragment: half a second, or the next picture can begin one."""
        start = self._video[0].ticks
        step = next_ticks - self._video[-1].ticks
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
        assert self._anchors is not None
        self._reanchor()
        if not self._video:
            self._write_sound(float("inf"))
            return
        first = self._hall_time("video", self._video[0].ticks)
        if self._audio and self._audio_time(0) + _LEAD_MS < first:
            self._write_sound(first)
        if self.file is None:
            return  # the disk refused
        last = self._video[-1]
        step = last.ticks - self._video[-2].ticks if len(self._video) > 1 else _NOMINAL_FRAME
        # A picture is held until the next comes, but a gap is to show as one, and no time to come is promised.
        stop = last.ticks + min(step, VIDEO_RATE)
        if next_ticks is not None:
            stop = min(next_ticks, last.ticks + GAP_MS * VIDEO_RATE // 1000)
        audio = self._take_audio(self._hall_time("video", stop))
        video, self._video = self._video, []
        self._write(video, audio, stop)

    def _write_sound(self, until: float) -> None:
        """Sound without a picture (before the first one, in a gap, or alone) has fragments of its own."""
        while self.file is not None and self._audio and (start := self._audio_time(0)) < until:
            self._write([], self._take_audio(min(start + FRAGMENT_MS, until)), None)

    def _take_audio(self, until: float) -> list[_Pending]:
        """Take the pending sound that begins before a moment of hall time."""
        assert self._anchors is not None
        if not self._audio:
            return []
        ticks = (until - self._anchors.at["audio"]) * AUDIO_RATE / 1000
        stop = next((n for n, one in enumerate(self._audio) if one.ticks >= ticks), len(self._audio))
        taken, self._audio = self._audio[:stop], self._audio[stop:]
        return taken

    def _flush_all(self) -> None:
        """Write everything, the sound behind the last picture too."""
        self._flush()
        self._flush()

    def _write(self, video: list[_Pending], audio: list[_Pending], stop: int | None) -> None:
        file = self.file
        if file is None or self._anchors is None:
            return
        if why := self._refused():
            self._close(why)
            self._stop_writing(why)
            return
        if not self._file_audio:
            audio = []  # this file has no sound track; the next keyframe begins one that has
        pictures = self._samples("video", video, stop)
        sounds = self._samples("audio", audio, None)
        if not pictures and not sounds:
            return
        tracks = [(s, r) for s, r in ((pictures, VIDEO_RATE), (sounds, AUDIO_RATE)) if s]
        utc = max(file.epoch.utc + min(s[0].time * 1000 // r for s, r in tracks), file.until)
        lead, rate = tracks[0]  # the picture says when a fragment ends; sound may reach a packet further
        until = max(file.epoch.utc + (lead[-1].time + lead[-1].duration) * 1000 // rate, utc)
        if isinstance(self._file_track, Vp8Track):
            stored = segments.webm_cluster(pictures, sounds)
        else:
            stored = segments.mp4_fragment(file.fragments + 1, pictures, sounds, utc)
        keyframe = bool(pictures) and pictures[0].keyframe
        try:
            file.append(
                stored,
                utc=utc,
                duration=until - utc,
                keyframe=keyframe,
                video=len(pictures),
                audio=len(sounds),
            )
        except OSError as error:
            self._disk_refused(error)

    def _samples(self, kind: Kind, pending: list[_Pending], stop: int | None) -> list[Sample]:
        """Pending frames as samples: each lasts until the next begins, so that a gap shows as a held picture."""
        if not pending or self._anchors is None:
            return []
        start = self._hall_time(kind, pending[0].ticks) - self._anchors.zero
        offset = round(start * _RATES[kind] / 1000) - pending[0].ticks
        if stop is None:
            stop = pending[-1].ticks + opus_ticks(pending[-1].data)
        # A sender whose timestamps go backwards gets samples of one tick: file time never runs backwards.
        ticks = itertools.accumulate([*[p.ticks for p in pending], stop], max)
        edges = fitted([at + offset for at in ticks], self._anchors.ends.get(kind, 0))
        self._anchors.ends[kind] = edges[-1]
        return [
            Sample(at, edge - at, p.keyframe, p.data)
            for p, at, edge in zip(pending, edges[:-1], edges[1:], strict=True)
        ]

    def _hall_time(self, kind: Kind, ticks: int) -> float:
        assert self._anchors is not None
        return self._anchors.at[kind] + ticks * 1000 / _RATES[kind]

    def _audio_time(self, index: int) -> float:
        return self._hall_time("audio", self._audio[index].ticks)

    def _reanchor(self) -> None:
        """Follow the sender's clock in steps that matter, only between fragments."""
        assert self._anchors is not None
        for kind, track in self._timeline.tracks.items():
            fresh = self._timeline.utc(kind, track.ticks) - track.ticks * 1000 / track.rate
            held = self._anchors.at.get(kind)
            if held is None or abs(fresh - held) > REANCHOR_MS:
                if held is not None:
                    log.info("%s of %s re-anchored by %+.1f ms", kind, self._participant, fresh - held)
                self._anchors.at[kind] = fresh

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
        waited = self._clock.now() - self._audio[0].arrived if self._audio else 0
        if not self._video and self._expects_video and waited < VIDEO_PATIENCE_MS:
            return False
        if self._video and not self._video[0].keyframe:
            self._video = []
            return False
        track = self._track if self._video else None
        anchors = _Anchors(0.0)
        self._anchors = anchors
        self._reanchor()
        firsts: list[float] = []
        if self._video:
            firsts.append(self._hall_time("video", self._video[0].ticks))
        if self._audio:
            firsts.append(self._hall_time("audio", self._audio[0].ticks))
        zero = max(int(min(firsts)), self._reached)
        anchors.zero = float(zero)
        audio = bool(self._audio)
        try:
            self.file = self._create(track, audio, zero)
        except OSError as error:
            self._disk_refused(error)
            return False
        self._file_track, self._file_audio = track, audio
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
