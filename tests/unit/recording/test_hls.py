"""Playlists: what a player may rely on, whatever was recorded and whatever of it may be seen."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from hall.recording.hls import TARGET_S, Cut, Track, finished, in_view, live, read_line
from hall.recording.manifest import Epoch, Fragment, IndexWriter

START = 1_795_000_000_000


def a_track(epoch: int = 1, mime: str = 'video/mp4; codecs="avc1.42e01f,opus"') -> Track:
    return Track(f"{epoch:03d}.mp4", mime, epoch, START, 0, 700)


def fragments(
    *keys: bool, start: int = START, offset: int = 700, duration: int = 500, first: int = 1
) -> list[Fragment]:
    """Fragments of 1000 bytes, one behind the other."""
    return [
        Fragment(first + n, offset + 1000 * n, 1000, start + duration * n, duration, key, 7, 25, "", "", "")
        for n, key in enumerate(keys)
    ]


def a_cut(*found: Fragment, track: Track | None = None, keep_ms: int = 60_000) -> Cut:
    cut = Cut(keep_ms)
    for fragment in found:
        cut.add(track or a_track(), fragment)
    return cut


KEY, FOLLOW = True, False
TWO_SECONDS = (KEY, FOLLOW, FOLLOW, FOLLOW)


def test_a_live_playlist_reads_as_the_format_wants_it() -> None:
    text = live(a_cut(*fragments(KEY, FOLLOW, KEY)))
    number = (START - 1_577_836_800_000) // 250
    assert text == "\n".join(
        [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            "#EXT-X-TARGETDURATION:4",
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.500",
            "#EXT-X-PART-INF:PART-TARGET=0.550",
            f"#EXT-X-MEDIA-SEQUENCE:{number}",
            "#EXT-X-DISCONTINUITY-SEQUENCE:1",
            '#EXT-X-MAP:URI="001.mp4",BYTERANGE="700@0"',
            "#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:40.000Z",
            '#EXT-X-PART:DURATION=0.500,URI="001.mp4",BYTERANGE="1000@700",INDEPENDENT=YES',
            '#EXT-X-PART:DURATION=0.500,URI="001.mp4",BYTERANGE="1000@1700"',
            "#EXTINF:1.000,",
            "#EXT-X-BYTERANGE:2000@700",
            "001.mp4",
            "#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:41.000Z",
            '#EXT-X-PART:DURATION=0.500,URI="001.mp4",BYTERANGE="1000@2700",INDEPENDENT=YES',
            '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="001.mp4",BYTERANGE-START=3700',
            "",
        ]
    )


def test_index_lines_are_read_as_the_recorder_writes_them() -> None:
    writer = IndexWriter(Epoch("o", "host", 1, "001.mp4", "video/mp4", "avc1", 320, 180, START, "start"))
    init = read_line(writer.init(b"init")[:-1])
    written = writer.fragment(b"data", utc=START, duration=500, keyframe=True, video=7, audio=25)
    line = read_line(written[:-1])
    assert init.track == Track("001.mp4", "video/mp4", 1, START, 0, 4)
    assert line.fragment is not None
    assert (line.fragment.offset, line.fragment.length, line.fragment.until) == (4, 4, START + 500)
    end = read_line(writer.end("stopped")[:-1])
    assert (end.track, end.fragment) == (None, None)


def test_a_segment_runs_from_keyframe_to_keyframe() -> None:
    cut = a_cut(*fragments(*TWO_SECONDS, *TWO_SECONDS))
    assert [len(s.fragments) for s in cut.segments] == [4, 4]
    assert not any(s.anew for s in cut.segments)


def test_a_picture_begins_with_a_keyframe_and_sound_alone_anywhere() -> None:
    assert not a_cut(*fragments(FOLLOW, FOLLOW)).segments
    sound = a_track(mime='audio/mp4; codecs="opus"')
    assert len(a_cut(*fragments(FOLLOW, FOLLOW), track=sound).segments) == 1


def test_a_reconnected_participant_goes_on_in_the_same_playlist_with_a_break() -> None:
    cut = a_cut(*fragments(*TWO_SECONDS))
    for fragment in fragments(*TWO_SECONDS, start=START + 9_000):
        cut.add(a_track(2), fragment)
    text = live(cut)
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    assert re.findall(r'#EXT-X-MAP:URI="(\d+\.mp4)"', text) == ["001.mp4", "002.mp4"]
    assert "#EXT-X-PROGRAM-DATE-TIME:2026-11-18T11:06:49.000Z" in text


def test_what_may_not_be_seen_leaves_a_break_and_no_bytes() -> None:
    every = fragments(*TWO_SECONDS, *TWO_SECONDS, *TWO_SECONDS)
    cut = a_cut(*every[:4], *every[8:])
    assert [(s.offset, s.stop, s.anew) for s in cut.segments] == [(700, 4700, False), (8700, 12700, True)]


def test_a_break_that_has_slid_out_is_counted() -> None:
    cut = Cut(keep_ms=4_000)
    for fragment in fragments(*TWO_SECONDS):
        cut.add(a_track(1), fragment)
    before = cut.breaks
    for fragment in fragments(*TWO_SECONDS * 4, start=START + 2_000):
        cut.add(a_track(2), fragment)
    assert cut.segments[0].track.epoch == 2
    assert cut.breaks == before + 1
    assert "#EXT-X-DISCONTINUITY\n" not in live(cut)


def test_a_cut_that_begins_later_numbers_higher_than_one_that_went_on() -> None:
    every = fragments(*(KEY,) * 40, duration=250)
    going_on, begun_later = a_cut(*every), a_cut(*every[30:])
    same = next(s for s in going_on.segments if s.offset == every[30].offset)
    assert begun_later.segments[0].number >= same.number


def test_a_playlist_is_waited_for_until_it_has_the_part_that_is_asked_for() -> None:
    cut = a_cut(*fragments(*TWO_SECONDS, KEY, FOLLOW))
    first, last = cut.segments[0].number, cut.segments[-1].number
    assert cut.has(first, None)
    assert cut.has(first, 7)  # the segment is whole: there is no such part, and there never will be
    assert cut.has(last, 1)
    assert not cut.has(last, 2)
    assert not cut.has(last, None)
    assert not cut.has(last + 1, 0)


def test_what_is_missing_in_a_finished_recording_is_listed_as_missing() -> None:
    early = [(a_track(1), f) for f in fragments(*TWO_SECONDS)]
    late = [(a_track(2), f) for f in fragments(*TWO_SECONDS, start=START + 12_000)]
    text = finished(early + late)
    assert text.endswith("#EXT-X-ENDLIST\n")
    gaps = re.findall(r"#EXT-X-GAP\n#EXT-X-PROGRAM-DATE-TIME:\S+\n#EXTINF:([\d.]+),", text)
    assert gaps == ["4.000", "4.000", "2.000"]
    assert finished([]) == ""


def test_bytes_are_in_view_only_as_far_as_the_fragments_reach() -> None:
    every = fragments(*TWO_SECONDS, *TWO_SECONDS)
    seen = [*every[:4], *every[6:]]
    assert in_view(seen, 700, 4700)
    assert in_view(seen, 1000, 1500)
    assert in_view(seen, 6700, 8700)
    for start, stop in (
        (699, 1700),
        (700, 4701),
        (4700, 5700),
        (3700, 6700),
        (6699, 7700),
        (8000, 8701),
        (900, 900),
    ):
        assert not in_view(seen, start, stop), (start, stop)


@st.composite
def recordings(draw: st.DrawFn) -> list[tuple[Track, Fragment]]:
    """Fragments of some epochs with holes between them, of which some may not be seen."""
    found: list[tuple[Track, Fragment]] = []
    at = START
    for epoch in range(1, draw(st.integers(1, 3)) + 1):
        offset = 700
        for n in range(draw(st.integers(0, 30))):
            at += draw(st.sampled_from([0, 0, 0, 0, 40, 5_000]))
            length, duration = draw(st.integers(1, 9_999)), draw(st.integers(100, 500))
            key = draw(st.integers(0, 3)) == 0
            fragment = Fragment(n + 1, offset, length, at, duration, key, 7, 25, "", "", "")
            offset, at = offset + length, at + duration
            if draw(st.integers(0, 9)):
                found.append((a_track(epoch), fragment))
        at += draw(st.integers(0, 9_000))
    return found


@given(recordings())
def test_a_live_playlist_names_only_bytes_that_may_be_seen_and_counts_on(
    seen: list[tuple[Track, Fragment]],
) -> None:
    cut = Cut(keep_ms=20_000)
    numbers: dict[tuple[str, int], int] = {}
    last: tuple[int, int] | None = None
    for track, fragment in seen:
        cut.add(track, fragment)
        if not cut.segments:
            continue
        text = live(cut)
        for length, offset, file in re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)", text):
            mine = [f for t, f in seen if t.file == file]
            assert in_view(mine, int(offset), int(offset) + int(length))
        for seconds in re.findall(r"#EXTINF:([\d.]+),", text):
            assert round(float(seconds)) <= TARGET_S
        for segment in cut.segments:
            key = (segment.track.file, segment.offset)
            assert numbers.setdefault(key, segment.number) == segment.number
        assert len(set(numbers.values())) == len(numbers)
        told = (cut.segments[0].number, cut.breaks)
        assert last is None or (told[0] >= last[0] and told[1] >= last[1])
        last = told


@given(recordings())
def test_a_finished_playlist_spans_the_whole_time(seen: list[tuple[Track, Fragment]]) -> None:
    text = finished(seen)
    if not text:
        return
    shown = sum(round(float(x) * 1000) for x in re.findall(r"#EXTINF:([\d.]+),", text))
    dates = re.findall(r"PROGRAM-DATE-TIME:(\S+)", text)
    assert dates == sorted(dates)
    cut = Cut(1 << 62)
    for track, fragment in seen:
        cut.add(track, fragment)
    span = cut.segments[-1].until - cut.segments[0].since
    # Holes that are too short to be told apart from a late picture are nobody's gap.
    assert span - 600 * len(cut.segments) <= shown <= span
