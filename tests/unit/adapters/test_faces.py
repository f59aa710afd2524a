"""What is said of two faces, and of a hall that has no engine to compare them with."""

from __future__ import annotations

import importlib.util

import pytest

from hall.adapters.faces import UNKNOWN, ComparedFaces, check_installed, judged
from hall.config import BadConfig


@pytest.mark.parametrize(
    ("distance", "likeness", "tenths"),
    [(0.0, "like", 0), (0.5, "like", 5), (0.51, "unsure", 5), (0.6, "unsure", 6), (0.61, "unlike", 6)],
)
def test_between_alike_and_not_alike_nothing_is_claimed(distance: float, likeness: str, tenths: int) -> None:
    said = judged(distance)
    assert (said.likeness.value, said.tenths) == (likeness, tenths)
    assert judged(1.4).tenths == 10


def test_a_hall_that_is_to_compare_faces_without_the_packages_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        BadConfig, match=r"requirements-faces\.lock, or set faces\.enabled = false"
    ) as refused:
        check_installed()
    assert "dlib, numpy, face_recognition_models" in str(refused.value)


@pytest.mark.parametrize("picture", [b"", b"GIF89a", b"\xff\xd8" + bytes(300_000) + b"\xff\xd9"])
async def test_what_is_no_small_jpeg_meets_no_engine(picture: bytes) -> None:
    assert await ComparedFaces().compare(picture, picture) is UNKNOWN
