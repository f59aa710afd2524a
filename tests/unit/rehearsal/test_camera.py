"""The robots' camera, as it is before anything is sent."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from hall.rehearsal.camera import _VIDEO_BASE, FPS, _Loop, load_clip


async def test_a_camera_that_was_frozen_goes_on_within_a_second_and_with_a_picture_that_stands_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clip = load_clip(Path(tempfile.gettempdir()) / "hall-clips")
    camera = _Loop("video", clip.video, 90_000 // FPS, _VIDEO_BASE, clip.entries)
    await camera.recv()
    loop = asyncio.get_running_loop()
    ticking, frozen = loop.time, 4.9
    monkeypatch.setattr(loop, "time", lambda: ticking() + frozen)
    seen = await camera.recv()
    (began, first), (at, number) = camera.sent
    assert first == 0 and number in clip.entries and clip.keyframes[number]
    assert at - began >= frozen
    assert seen.pts * _VIDEO_BASE == pytest.approx(number / FPS)
    assert number / FPS - frozen < 1.5
