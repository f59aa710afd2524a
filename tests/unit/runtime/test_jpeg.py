"""The head of a JPEG is read without decoding it."""

from __future__ import annotations

import pytest

from hall.errors import Malformed
from hall.runtime.jpeg import jpeg_size

APP = b"\xff\xe0\x00\x04ab"
FRAME = b"\xff\xc0\x00\x11\x08\x01\x68\x02\x80" + bytes(10)
SCAN = b"\xff\xda\x00\x02data"


def test_the_size_is_behind_other_segments() -> None:
    assert jpeg_size(b"\xff\xd8" + APP + FRAME + SCAN + b"\xff\xd9") == (640, 360)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + FRAME + SCAN,  # its end is missing
        b"\xff\xd8" + APP + SCAN + b"\xff\xd9",  # a scan without a frame
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x00\x02\x80" + bytes(10) + b"\xff\xd9",  # no height
        b"\xff\xd8\xff\xe0\x00\x00" + b"\xff\xd9",  # a segment of no length
        b"\xff\xd8\xff\xe0\xff\xff" + b"\xff\xd9",  # a segment that leaves the file
        b"\xff\xd8<script>\xff\xd9",
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed, match="not_a_picture"):
        jpeg_size(data)
