"""Composition root of a media worker process: media + recording, driven by the server over a local socket.

Started by `hall.media.control.MediaWorkers`; it reads no wall clock (the server sends its base) and no
configuration, and leaves when the server hangs up, with all recordings closed.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gc
import logging
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hall import logs, tasks
from hall.clock import DerivedClock
from hall.errors import Malformed
from hall.media.loopback import loop_back
from hall.media.peer import check_library
from hall.media.pictures import Pictures
from hall.media.port import ANY_NUMBER, Numbers
from hall.media.rtsp import Cameras
from hall.media.switchboard import Switchboard
from hall.media.warm import warm_up
from hall.media.worker_line import WorkerLine
from hall.recording.space import Space
from hall.recording.store import RecordingStore
from hall.runtime.media_ports import MediaNotice

log = logging.getLogger("hall.media_worker")


class MediaWorker:
    """Turns the server's questions into calls."""

    def __init__(
        self, line: WorkerLine, recordings: Path, host: str, quota: int, numbers: Numbers = ANY_NUMBER
    ) -> None:
        self._line = line
        self._host = host
        self._clock = DerivedClock(0, 0.0)
        self._has_time = False
        self.store = RecordingStore(recordings, self._clock, Space(recordings, quota), line.notice)
        self.switchboard = Switchboard(self.store, host, self._clock, self._notice, numbers=numbers)
        self.pictures = Pictures(self._clock, self.store.pictures)
        self.cameras = Cameras(self._clock, self.switchboard)

    def at_once(self, question: Mapping[str, Any]) -> Mapping[str, object] | None:
        """One question of the server that is answered on the spot; the answer's fields. None: it is `by_and_by`'s."""
        match question["do"]:
            case "ping":
                pass
            case "clock":
                self._adopt(question["base_ms"], question["base_monotonic_us"] / 1e6)
            case "picture":
                jpeg = base64.b64decode(question["jpeg"])
                size = question["width"], question["height"]
                self.pictures.take(question["opening"], question["participant"], jpeg, *size)
            case "film":
                self.cameras.film(question["opening"], question["cameras"])
            case "mute":
                self.switchboard.mute(question["opening"], question["participants"].split())
            case _:
                return None
        return {}

    async def by_and_by(self, question: Mapping[str, Any]) -> Mapping[str, object]:
        """One question of the server that waits for something; the answer's fields."""
        board = self.switchboard
        match question["do"]:
            case "open_room":
                await board.open_room(question["opening"], bytes.fromhex(question["key"]))
            case "publish":
                answer = await board.publish(question["opening"], question["participant"], question["sdp"])
                return {"sdp": answer}
            case "watch":
                answer = await board.watch(
                    question["opening"], question["participant"], question["viewer"], question["sdp"]
                )
                return {"sdp": answer}
            case "restart":
                answer = await board.restart(
                    question["opening"], question["participant"], question["viewer"], question["sdp"]
                )
                return {"sdp": answer}
            case "stop_watching":
                await board.stop_watching(question["opening"], question["viewer"])
            case "still":
                return await self._still(question["opening"], question["participant"], question["known"])
            case "stop_publishing":
                await board.stop_publishing(question["opening"], question["participant"])
            case "close_room":
                await self.cameras.close_room(question["opening"])
                self.pictures.close_room(question["opening"])
                await board.close_room(question["opening"])
            case "test_call":
                await loop_back(self._host, self._clock, board.ports)
            case unknown:
                raise Malformed("unknown_media_request", do=str(unknown))
        return {}

    async def _still(self, opening: str, participant: str, known: list[int]) -> Mapping[str, object]:
        """The participant's last picture: from its stream, or the one that it sent by itself."""
        still = await self.switchboard.still(opening, participant)
        still = still or self.pictures.still(opening, participant)
        if still is None:
            return {}
        if [still.at_ms, still.keyframe] == known:
            return {"same": True}
        jpeg = base64.b64encode(still.jpeg).decode("ascii")
        return {"at_ms": still.at_ms, "keyframe": still.keyframe, "jpeg": jpeg}

    def _notice(self, notice: MediaNotice) -> None:
        """Tell the server; whoever's picture and sound have come sends no single pictures any more."""
        if notice.kind == "publication_started":
            self.pictures.end(notice.opening, notice.participant, "reconnect")
        self._line.notice(notice)

    def _adopt(self, base_ms: int, base_monotonic: float) -> None:
        """Take the server's time. The first base starts the clock; a later one ends the running epochs before
        it counts.
        """
        if self._has_time:
            self.switchboard.clock_advancing()
            self.pictures.clock_advancing()
        self._clock.rebase(base_ms, base_monotonic)
        self._has_time = True


HURRY = -10
"""The worker's niceness, its threads' too: one that had to wait while it holds the interpreter would hold all up."""


def _hurry() -> None:
    """Go before others, where the system allows it: a packet that finds every core busy waits for milliseconds. Root
    may, and a service with `LimitNICE=-10`."""
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, HURRY)


async def run(socket: Path, recordings: Path, host: str, quota: int, numbers: Numbers) -> None:
    """Serve until the server hangs up or SIGTERM."""
    line = await WorkerLine.dial(socket)
    worker = MediaWorker(line, recordings, host, quota, numbers)
    serving = tasks.start(line.serve(worker.at_once, worker.by_and_by), "control line")
    ticking = tasks.start(worker.switchboard.run(), "switchboard")
    waiting = tasks.start(worker.pictures.run(), "pictures")
    flushing = tasks.start(worker.store.run(), "recording flush")
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    # What is imported stays for ever. Packets make no rings, only connections that end do: the switchboard collects
    # them by number, for each look of the collector at all that lives holds up every packet.
    gc.freeze()
    gc.disable()
    await asyncio.wait([serving])
    await tasks.stop(ticking, waiting)
    await worker.cameras.close()
    worker.pictures.close("hall_stopped")
    await worker.switchboard.close("hall_stopped")
    await tasks.stop(flushing)
    worker.store.close()
    line.close()


def main() -> None:
    """Entry point of `python -m hall.media_worker`."""
    parser = argparse.ArgumentParser(
        prog="hall.media_worker", description="A media worker; started by hall serve."
    )
    parser.add_argument(
        "--socket", type=Path, help="without it the worker is a reserve: its first input names it"
    )
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--quota", type=int, default=0, help="bytes that recordings may take; 0: no limit")
    parser.add_argument(
        "--udp-ports",
        type=int,
        nargs=3,
        default=(0, 0, 0),
        metavar=("FIRST", "LAST", "SHARE"),
        help="which may be bound, and how many of them by this worker; 0: any",
    )
    options = parser.parse_args()
    logs.as_json()
    check_library()
    warm_up()
    _hurry()
    socket = options.socket or _called()
    if socket is not None:
        numbers = Numbers(*options.udp_ports)
        asyncio.run(run(socket, options.recordings, options.host, options.quota, numbers))


def _called() -> Path | None:
    """Wait, with everything imported, until a worker is wanted; None when the server is gone."""
    line = sys.stdin.readline().strip()
    return Path(line) if line else None


if __name__ == "__main__":
    main()
