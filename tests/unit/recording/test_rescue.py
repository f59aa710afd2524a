"""After a crash: what was flushed is kept, what was torn is cut off, and nothing is made to fit."""

from __future__ import annotations

import pytest

from hall.errors import Malformed
from hall.recording.manifest import verify_recording
from hall.recording.rescue import Rescue, rescue
from tests.unit.recording.test_manifest import recording


def rescued(media: bytes, index: bytes, synced: int = 0) -> Rescue:
    return rescue(lambda at, length: media[at : at + length], len(media), index, synced)


@pytest.mark.parametrize("synced", [0, 1, 3])
@pytest.mark.parametrize("lost_media", [0, 1, 22, 23])
@pytest.mark.parametrize("lost_index", [0, 1, 40])
def test_a_torn_tail_is_cut_off(lost_media: int, lost_index: int, synced: int) -> None:
    media, index = recording(end=None)
    torn_media, torn_index = media[: len(media) - lost_media], index[: len(index) - lost_index]
    found = rescued(torn_media, torn_index, synced)
    kept = verify_recording(
        torn_media[: found.media_length], torn_index[: found.index_length] + found.end_line
    )
    assert kept.ok
    assert kept.end_cause == "worker_lost"
    assert len(kept.fragments) == (4 if not lost_media and not lost_index else 3)
    assert found.lines == len(kept.fragments) + 2


@pytest.mark.parametrize("synced", [0, 1, 5, 6])
def test_what_is_closed_needs_nothing(synced: int) -> None:
    media, index = recording()
    assert rescued(media, index, synced) == Rescue(len(media), len(index), b"", 6)


def test_an_end_line_that_came_to_the_disk_before_its_media_is_cut_off_too() -> None:
    media, index = recording()
    found = rescued(media[:-1], index, 3)
    assert found.lines == 5
    assert b"worker_lost" in found.end_line


def test_nothing_whole_gives_nothing() -> None:
    media, index = recording(end=None)
    for torn in (b"", index[:30], b"\n" * 3):
        assert rescued(media, torn).index_length == 0
    assert rescued(media[:5], index).index_length == 0


def test_what_was_flushed_is_never_cut_off() -> None:
    media, index = recording(20, end=None)
    torn = media[:-1]
    assert rescued(torn, index, 20).index_length < len(index)
    for synced in (21, 30):
        with pytest.raises(Malformed) as refused:
            rescued(torn, index, synced)
        assert refused.value.code == "recording_altered"


def test_more_than_any_crash_can_have_torn_is_not_cut_off() -> None:
    media, index = recording(120, end=None)
    with pytest.raises(Malformed):
        rescued(media[:100], index)


def test_of_what_was_flushed_nothing_is_read_again() -> None:
    media, index = recording(20, end=None)
    asked: list[int] = []

    def read(at: int, length: int) -> bytes:
        asked.append(at)
        return media[at : at + length]

    rescue(read, len(media), index, 19)
    lengths = verify_recording(media, index).fragments
    assert asked == [f.offset for f in lengths[-2:]]


def test_what_was_altered_earlier_is_left_for_a_verification_to_find() -> None:
    media, index = recording(20, end=None)
    altered = media[:40] + bytes([media[40] ^ 1]) + media[41:]
    found = rescued(altered, index, 21)
    assert (found.media_length, found.index_length) == (len(media), len(index))
    [fault] = verify_recording(altered, index + found.end_line).faults
    assert fault.code == "fragment_altered"
