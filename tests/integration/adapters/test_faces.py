"""The real engine, where its packages are (requirements-faces.lock), with the one free portrait that a package ships:
`pip install --no-deps scikit-image`. Neither belongs to a usual set-up, and what is not there is not tested.
"""

from __future__ import annotations

import importlib.util
import io
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import av
import psutil
import pytest

from hall.adapters.faces import UNKNOWN, ComparedFaces, check_installed
from hall.config import BadConfig
from hall.session.events import Likeness

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture
async def engine() -> AsyncIterator[ComparedFaces]:
    try:
        check_installed()
    except BadConfig as missing:
        pytest.skip(str(missing))
    found = ComparedFaces()
    yield found
    found.close()


@pytest.fixture
def portrait() -> Any:
    """A person before a shuttle, RGB, 512x512."""
    found = importlib.util.find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        pytest.skip("there is no portrait: pip install --no-deps scikit-image")
    with av.open(str(Path(found.submodule_search_locations[0]) / "data" / "astronaut.png")) as file:
        return next(file.decode(video=0)).to_ndarray(format="rgb24")


def jpeg(picture: Any, *, side: int = 512) -> bytes:
    """The picture as a JPEG of so many pixels."""
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(side, side, "yuvj420p")
    made = io.BytesIO()
    with av.open(made, "w", format="image2pipe") as file:
        stream: Any = file.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = side, side, "yuvj420p"
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return made.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda p: jpeg(p),
        lambda p: jpeg(p[:, ::-1].copy()),
        lambda p: jpeg(p // 2),
        lambda p: jpeg(p, side=200),
    ],
    ids=["same", "mirrored", "darker", "smaller"],
)
async def test_one_person_is_alike_in_every_light(
    engine: ComparedFaces, portrait: Any, change: Callable[[Any], bytes]
) -> None:
    said = await engine.compare(jpeg(portrait), change(portrait))
    assert said.likeness is Likeness.LIKE and said.tenths <= 5


async def test_two_people_or_nobody_in_a_picture_are_no_answer(engine: ComparedFaces, portrait: Any) -> None:
    two = portrait.copy()
    two[250:500, 260:510] = portrait[20:270, 100:350]
    nobody = portrait.copy()
    nobody[:] = 128
    whole = jpeg(portrait)
    for other in (jpeg(two), jpeg(nobody), whole[: len(whole) // 8] + b"\xff\xd9"):
        assert await engine.compare(whole, other) == UNKNOWN


async def test_the_weights_are_in_the_package_and_an_engine_that_dies_is_replaced(
    engine: ComparedFaces, portrait: Any
) -> None:
    picture = jpeg(portrait)
    before = set(psutil.Process().children())
    assert (await engine.compare(picture, picture)).tenths == 0
    (worker,) = [
        child
        for child in set(psutil.Process().children()) - before
        if "spawn_main" in " ".join(child.cmdline())
    ]
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(30)
    assert await engine.compare(picture, picture) == UNKNOWN
    assert (await engine.compare(picture, picture)).likeness is Likeness.LIKE
