"""What is kept of a stream so that a picture can be shown when somebody asks."""

from __future__ import annotations

import pytest

from hall.media.still import LastPicture, decode

SPS, PPS, SLICE, DELTA = b"\x67sps", b"\x68pps", b"\x65idr", b"\x41p"


def test_a_picture_that_leans_on_others_is_not_kept() -> None:
    last = LastPicture()
    last.take("h264", (DELTA,), 1)
    last.take("vp8", (b"\x11delta",), 2)
    assert last.keyframe is None


def test_a_keyframe_is_kept_with_the_parameters_that_came_ahead_of_it() -> None:
    last = LastPicture()
    last.take("h264", (SPS, PPS), 1)
    last.take("h264", (SLICE,), 2)
    assert last.keyframe is not None
    assert last.keyframe.units == (SPS, PPS, SLICE)
    assert last.keyframe.at_ms == 2


def test_a_keyframe_without_parameters_is_no_picture() -> None:
    last = LastPicture()
    last.take("h264", (SLICE,), 1)
    assert last.keyframe is None


def test_a_newer_keyframe_takes_the_place_of_the_last() -> None:
    last = LastPicture()
    for at in (5, 9):
        last.take("vp8", (b"\x10key",), at)
    assert last.keyframe is not None
    assert (last.keyframe.at_ms, last.keyframe.number) == (9, 2)


@pytest.mark.parametrize("data", [b"\x65" * 300, b"\x00", bytes(range(256))])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    for codec in ("h264", "vp8"):
        with pytest.raises(ValueError):
            decode(codec, (data,))
