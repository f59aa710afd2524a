"""Compares two pictures of a face, in a process of its own: what decodes strangers' pictures can fall over without
taking the opening of a bid along.

The engine is an extra (`pip install` of requirements-faces.lock): dlib's frontal detector, its five-point model and its
face network, with the weights that the package face_recognition_models ships. The 68-point model beside them is not
used: what it was trained on may not serve commerce. What may not live here: who is compared and when
(`hall.runtime.lookalikes`). Nothing is written to a disk and nothing is logged: pictures and descriptors end with the
call.
"""

from __future__ import annotations

import asyncio
import importlib.util
import math
import multiprocessing
import os
import signal
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from pathlib import Path
from typing import Any, Final

from hall.adapters.pool import beside_the_server
from hall.config import BadConfig
from hall.errors import Malformed
from hall.runtime.faces_port import Comparison
from hall.runtime.jpeg import jpeg_size
from hall.session.events import Likeness

LIKE: Final = 0.5
"""Distance of two descriptors up to which faces are alike. The network's authors take 0.6, at which different people
were seen to match."""

UNLIKE: Final = 0.6
"""Distance beyond which they are not alike."""

LONGEST: Final = 60
"""Seconds for one comparison, after which its process is ended. Usual is less than one, and two for the first."""

MOST_BYTES: Final = 256 * 1024
_LARGEST: Final = 1920  # pixels of one side
_WIDEST: Final = 640  # pixels to which a wider picture is made smaller before a face is looked for
_ENLARGED: Final = 1  # times that it is doubled for the detector, which sees faces from 80 pixels on
_SURE: Final = (
    0.5  # the detector's score from which it is a face: badges on clothes were seen at 0.3, people above 1
)

_POINTS: Final = "shape_predictor_5_face_landmarks.dat"
_NETWORK: Final = "dlib_face_recognition_resnet_model_v1.dat"

UNKNOWN: Final = Comparison(Likeness.UNSURE, 10)
"""What is said where a picture does not show exactly one face, or could not be compared."""


class ComparedFaces:
    """One comparison at a time, for the whole hall."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._pool: Executor | None = None

    async def compare(self, reference: bytes, live: bytes) -> Comparison:
        """Compare two JPEGs. Never raises for what they hold."""
        if not (_fits(reference) and _fits(live)):
            return UNKNOWN
        async with self._turn:
            if self._pool is None:
                spawned = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(
                    max_workers=1, mp_context=spawned, initializer=beside_the_server
                )
            try:
                run = asyncio.get_running_loop().run_in_executor
                return await run(self._pool, compared, reference, live)
            except BrokenProcessPool:
                self.close()  # it took too long, or fell over: the next one gets a fresh process
                return UNKNOWN

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def check_installed() -> None:
    """Raises BadConfig, in words for the operator, unless the engine and its weights are here."""
    missing = [name for name in ("dlib", "numpy") if importlib.util.find_spec(name) is None]
    directory = _models()
    if directory is None or not all((directory / file).is_file() for file in (_POINTS, _NETWORK)):
        missing.append("face_recognition_models")
    if missing:
        raise BadConfig(
            f"faces.enabled needs packages that are not installed ({', '.join(missing)}): install them with "
            "pip install --require-hashes --no-build-isolation --requirement requirements-faces.lock, "
            "or set faces.enabled = false"
        )


def compared(reference: bytes, live: bytes) -> Comparison:
    """Compare here and now, in a process that may be ended for it."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LONGEST)
    try:
        one, other = _descriptor(reference), _descriptor(live)
    except (RuntimeError, ValueError, MemoryError):  # dlib's words for a picture that it can't read
        return UNKNOWN
    finally:
        signal.alarm(0)
    if one is None or other is None:
        return UNKNOWN
    return judged(math.dist(one, other))


def judged(distance: float) -> Comparison:
    """What a distance of two descriptors, 0 to about 1.4, says to a person."""
    likeness = (
        Likeness.LIKE if distance <= LIKE else Likeness.UNLIKE if distance > UNLIKE else Likeness.UNSURE
    )
    return Comparison(likeness, min(round(distance * 10), 10))


def _fits(picture: bytes) -> bool:
    try:
        return len(picture) <= MOST_BYTES and max(jpeg_size(picture)) <= _LARGEST
    except Malformed:
        return False


def _models() -> Path | None:
    """Where the weights lie. Their package is not imported: it asks setuptools for what newer ones no longer have."""
    found = importlib.util.find_spec("face_recognition_models")
    places = found.submodule_search_locations if found is not None else None
    return Path(places[0]) / "models" if places else None


@cache
def _engine() -> tuple[Any, Any, Any]:
    """Detector, points, network: loaded once in a process."""
    import dlib

    models = _models()
    assert models is not None
    return (
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(str(models / _POINTS)),
        dlib.face_recognition_model_v1(str(models / _NETWORK)),
    )


def _descriptor(jpeg: bytes) -> tuple[float, ...] | None:
    """The 128 numbers of the one face in a picture; None where there is none or there are several."""
    import dlib

    detector, points, network = _engine()
    # dlib reads pictures by name only: this one names memory.
    memory = os.memfd_create("picture")
    try:
        os.write(memory, jpeg)
        picture = dlib.load_rgb_image(f"/proc/self/fd/{memory}")
    finally:
        os.close(memory)
    height, width = picture.shape[:2]
    if width > _WIDEST:
        picture = dlib.resize_image(picture, rows=height * _WIDEST // width, cols=_WIDEST)
    found, *_ = detector.run(picture, _ENLARGED, _SURE)
    if len(found) != 1:
        return None
    return tuple(network.compute_face_descriptor(picture, points(picture, found[0])))
