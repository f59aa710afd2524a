"""A robot's clip goes through a real worker: what is recorded, what can be proved, what a kill leaves."""

from __future__ import annotations

import os
import signal
import statistics
from pathlib import Path
from typing import Any

import pytest

from hall.media import control
from hall.recording import vault
from hall.recording.files import recover_opening, synced_path
from hall.recording.manifest import verify_recording
from hall.rehearsal.camera import Clip, Publication, read_back
from tests.integration.media.conftest import OPENING, Plane, ffprobe


async def test_a_published_clip_is_recorded_and_its_counter_and_beeps_read_back(
    plane: Plane, clip: Clip
) -> None:
    robot = Publication()
    before = plane.clock.now()
    await robot.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 5)
    await plane.workers.stop_publishing(OPENING, "host")
    published = (plane.clock.now() - before) / 1000
    await robot.close()

    [media] = plane.media("host")
    found = plane.verified(media)
    assert found.ok, found.faults
    assert found.end_cause == "stopped"
    assert found.epoch is not None
    assert (found.epoch.width, found.epoch.height, found.epoch.codec) == (320, 180, "avc1.42c01f,opus")
    assert found.epoch.cause == "start"
    # A frame lasts until the next one comes: where the sender was kept waiting, a fragment is longer.
    assert statistics.median(f.duration for f in found.fragments) <= 500
    shown = read_back(media)
    # The connection comes about within the measured time; that nothing is missing afterwards, the counters say.
    assert shown.seconds >= 0.95 * published - 1.0
    assert abs(shown.seconds - found.seconds) < 0.2
    assert len(shown.counters) == shown.pictures
    assert shown.steps == len(shown.counters) - 1
    # Sound and picture belong together: second k sounds where picture 10 k stands.
    pictures = {n: t for t, n in shown.counters}
    assert len(shown.beeps) >= 5
    for k, beep in enumerate(shown.beeps):
        assert abs(beep - pictures[10 * k]) < 0.05
    probed = ffprobe(media)
    assert probed["h264"] == shown.pictures
    assert probed["opus"] > 100
    stored, lines = media.read_bytes(), media.with_suffix(".index.jsonl").read_bytes()
    for at in range(0, len(stored), len(stored) // 40):
        altered = stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :]
        [fault] = verify_recording(altered, lines).faults
        assert fault.code in ("init_altered", "fragment_altered")
    for at in range(0, len(lines), len(lines) // 40):
        altered = lines[:at] + bytes([lines[at] ^ 1]) + lines[at + 1 :]
        assert verify_recording(stored, altered).faults
    [head] = plane.tail.heads(OPENING)
    assert (head.fragments, head.chain) == (len(found.fragments), found.end_chain)


async def test_packets_lost_on_the_way_are_asked_for_again_and_recorded(plane: Plane, clip: Clip) -> None:
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("host", sdp), clip)
    dropped = lose_every(8, robot)
    await plane.recorded("host", 3)
    await plane.workers.stop_publishing(OPENING, "host")
    await robot.close()
    assert len(dropped) >= 4
    [media] = plane.media("host")
    found = plane.verified(media)
    assert found.ok, found.faults
    shown = read_back(media)
    assert shown.steps == len(shown.counters) - 1 == shown.pictures - 1


def lose_every(count: int, robot: Publication) -> list[int]:
    """Let each such video packet be lost once on its way out; gives the growing list of lost sequence numbers."""
    lost: list[int] = []
    seen: set[int] = set()
    line: Any = robot._pc.getSenders()[0].transport
    send = line._send_rtp

    async def lossy(data: bytes) -> None:
        seq = int.from_bytes(data[2:4], "big")
        if not 192 <= data[1] <= 223 and data[1] & 127 >= 97 and seq not in seen:
            seen.add(seq)
            if len(seen) % count == 0:
                lost.append(seq)
                return
        await send(data)

    line._send_rtp = lossy
    return lost


async def test_vp8_is_recorded_as_webm(plane: Plane, vp8_clip: Clip) -> None:
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("bidder-7", sdp), vp8_clip)
    await plane.recorded("bidder-7", 2)
    await plane.workers.close_room(OPENING)
    await robot.close()

    [media] = plane.media("bidder-7")
    assert media.suffix == ".webm"
    found = plane.verified(media)
    assert found.ok, found.faults
    assert found.end_cause == "closed"
    shown = read_back(media)
    assert shown.steps == len(shown.counters) - 1 >= 15
    assert len(shown.beeps) >= 2
    assert ffprobe(media)["vp8"] == shown.pictures


async def test_sound_without_a_camera_is_recorded(plane: Plane, clip: Clip) -> None:
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("bidder-8", sdp), clip, video=False)
    await plane.recorded("bidder-8", 2)
    await plane.workers.close_room(OPENING)
    await robot.close()

    [media] = plane.media("bidder-8")
    found = plane.verified(media)
    assert found.ok, found.faults
    assert found.epoch is not None
    assert found.epoch.mime == 'audio/mp4; codecs="opus"'
    assert all(f.duration <= 500 and f.audio and not f.video for f in found.fragments)
    assert len(read_back(media).beeps) >= 2
    assert ffprobe(media).keys() == {"opus"}


async def test_the_recorder_is_proved_while_it_writes_and_not_afterwards(plane: Plane, clip: Clip) -> None:
    assert plane.tail.prove(OPENING, "host", plane.clock.now()) is None
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 1)

    proof = plane.tail.prove(OPENING, "host", plane.clock.now())
    assert proof is not None
    assert proof.participant == "host"
    assert plane.tail.prove(OPENING, "bidder-1", plane.clock.now()) is None

    await plane.workers.stop_publishing(OPENING, "host")
    await robot.close()
    last = plane.tail.prove(OPENING, "host", plane.clock.now())
    assert last is not None
    assert plane.tail.prove(OPENING, "host", last.at + 5_000) is not None
    assert plane.tail.prove(OPENING, "host", last.at + 5_001) is None
    # Nor does a fragment from the future prove anything.
    assert plane.tail.prove(OPENING, "host", last.at - 1_001) is None
    # Nor does one that is no longer what was written.
    [media] = plane.media("host")
    stored = bytearray(media.read_bytes())
    stored[-1] ^= 1
    media.write_bytes(stored)
    assert plane.tail.prove(OPENING, "host", last.at) is None
    assert [f.code for f in plane.verified(media).faults] == ["fragment_altered"]


async def test_killing_the_worker_leaves_what_was_written_playable_and_a_new_one_takes_over(
    plane: Plane, clip: Clip
) -> None:
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 2)
    heads = plane.tail.heads(OPENING)
    [worker] = plane.workers.processes()
    os.kill(worker, signal.SIGKILL)
    killed = plane.clock.now()
    await robot.close()

    [media] = plane.media("host")
    left = plane.verified(media)
    assert left.end_cause is None
    assert killed - left.fragments[-1].until < 1_000
    assert read_back(media).steps >= 15
    assert ffprobe(media)["h264"] >= 16

    notices = plane.workers.notices()
    kinds: list[str] = []
    while not kinds or kinds[-1] != "worker_back":
        notice = await anext(notices)
        kinds.append(notice.kind)
    assert kinds[-2:] == ["worker_lost", "worker_back"]
    assert plane.clock.now() - killed < 5_000

    again = Publication()
    await again.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 1, epoch=2)
    await plane.workers.close_room(OPENING)
    await again.close()
    first, second = plane.media("host")
    closed = plane.verified(first)
    assert closed.ok, closed.faults
    assert closed.end_cause == "worker_lost"
    assert closed.fragments == left.fragments
    assert closed.fragments[heads[-1].fragments - 1].chain == heads[-1].chain
    following = plane.verified(second)
    assert following.ok, following.faults
    assert following.epoch is not None
    assert (following.epoch.epoch, following.epoch.cause) == (2, "reconnect")


async def test_a_worker_that_hangs_is_replaced(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "PULSE_S", 0.1)
    monkeypatch.setattr(control, "ANSWER_S", 1.0)
    [worker] = plane.workers.processes()
    os.kill(worker, signal.SIGSTOP)
    told = plane.workers.notices()
    assert [(await anext(told)).kind, (await anext(told)).kind] == ["worker_lost", "worker_back"]
    assert plane.workers.processes() != [worker]


async def test_a_torn_tail_is_dropped_and_nothing_is_made_to_fit(plane: Plane, clip: Clip) -> None:
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 2)
    [worker] = plane.workers.processes()
    os.kill(worker, signal.SIGKILL)
    await plane.workers.close()
    await robot.close()
    [media] = plane.media("host")
    index = media.with_suffix(".index.jsonl")
    whole, lines = media.read_bytes(), index.read_bytes()
    fragments = len(plane.verified(media).fragments)

    media.write_bytes(whole[:-10])
    synced_path(index).write_bytes(b"%010d\n" % fragments)  # the last one was not flushed yet
    [closed] = recover_opening(plane.recordings, OPENING)
    assert not closed.altered
    rescued = plane.verified(media)
    assert rescued.ok, rescued.faults
    assert len(rescued.fragments) == fragments - 1
    assert recover_opening(plane.recordings, OPENING) == []

    broken = bytearray(whole)
    broken[len(broken) // 4] ^= 1
    media.write_bytes(broken)
    index.write_bytes(lines)
    synced_path(index).write_bytes(b"%010d\n" % (fragments + 1))
    recover_opening(plane.recordings, OPENING)
    assert media.read_bytes() == broken
    assert [f.code for f in plane.verified(media).faults] == ["fragment_altered"]

    media.write_bytes(whole[:-10])
    index.write_bytes(lines)
    synced_path(index).write_bytes(b"%010d\n" % (fragments + 1))
    [closed] = recover_opening(plane.recordings, OPENING)
    assert closed.altered
    assert (media.read_bytes(), index.read_bytes()) == (whole[:-10], lines)


async def test_moving_the_halls_clock_begins_a_new_epoch_in_the_new_time(plane: Plane, clip: Clip) -> None:
    robot = Publication()
    await robot.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 1)
    plane.clock.advance(3_600_000)
    await plane.workers.clock_changed()
    await plane.recorded("host", 1, epoch=2)
    assert plane.tail.prove(OPENING, "host", plane.clock.now()) is not None
    await plane.workers.close_room(OPENING)
    await robot.close()

    before, after = (plane.verified(m) for m in plane.media("host"))
    assert before.ok, before.faults
    assert after.ok, after.faults
    assert before.end_cause == "clock_advanced"
    assert after.epoch is not None
    assert after.epoch.cause == "clock_advanced"
    # The last picture before the jump is held for a frame's time.
    assert 3_600_000 - 100 <= after.epoch.utc - before.fragments[-1].until < 3_603_000


async def test_publishing_again_begins_a_new_epoch(plane: Plane, clip: Clip) -> None:
    first = Publication()
    await first.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 1)
    second = Publication()
    await second.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 1, epoch=2)
    await plane.workers.close_room(OPENING)
    await first.close()
    await second.close()
    before, after = (plane.verified(m) for m in plane.media("host"))
    assert before.ok, before.faults
    assert after.ok, after.faults
    assert before.end_cause == "reconnect"
    assert after.epoch is not None
    assert after.epoch.cause == "reconnect"


async def test_a_room_that_was_closed_over_the_days_goes_on_in_a_new_epoch(plane: Plane, clip: Clip) -> None:
    before = Publication()
    await before.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 1)
    await plane.workers.close_room(OPENING)
    await before.close()
    plane.clock.advance(86_400_000)
    await plane.workers.clock_changed()
    await plane.workers.open_room(OPENING)
    after = Publication()
    await after.publish(lambda sdp: plane.publish("host", sdp), clip)
    await plane.recorded("host", 1, epoch=2)
    assert plane.tail.prove(OPENING, "host", plane.clock.now()) is not None
    await plane.workers.close_room(OPENING)
    await after.close()
    first, second = (plane.verified(m) for m in plane.media("host"))
    assert first.ok, first.faults
    assert second.ok, second.faults
    assert first.end_cause == "closed"


async def test_an_encrypted_recording_goes_on_under_its_key_after_the_worker_was_killed(
    tmp_path: Path, clip: Clip
) -> None:
    key = bytes(range(32))
    plane = Plane(tmp_path / "recordings", keys=lambda opening: key)
    await plane.workers.start()
    try:
        await plane.workers.open_room(OPENING)
        for epoch in (1, 2):
            robot = Publication()
            await robot.publish(lambda sdp: plane.publish("host", sdp), clip)
            await plane.recorded("host", 1, epoch=epoch)
            [worker] = plane.workers.processes()
            cmdline = Path(f"/proc/{worker}/cmdline").read_bytes()  # noqa: ASYNC240 - the kernel answers at once
            assert key.hex().encode() not in cmdline
            assert plane.tail.prove(OPENING, "host", plane.clock.now()) is not None
            if epoch == 1:
                os.kill(worker, signal.SIGKILL)
                await robot.close()
                notices = plane.workers.notices()
                while (await anext(notices)).kind != "worker_back":
                    pass
            else:
                await plane.workers.close_room(OPENING)
                await robot.close()
    finally:
        await plane.workers.close()
    for media in plane.media("host"):
        stored, lines = media.read_bytes(), media.with_suffix(".index.jsonl").read_bytes()
        assert verify_recording(stored, lines).ok
        found = verify_recording(stored, lines, vault.keys_of(key))
        assert found.ok, found.faults
        assert found.epoch is not None
        assert found.epoch.scheme == vault.AES_CTR
        assert stored[4:8] != b"ftyp"
        media.write_bytes(vault.open_range(found.epoch.scheme, key, found.epoch, 0, stored))
        assert ffprobe(media)["h264"] >= 5
        assert read_back(media).steps >= 5
