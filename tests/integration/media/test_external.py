"""Recordings made elsewhere: taken in slices, held against the digest that was signed, kept like the hall's own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hall.errors import Malformed, NotPermitted
from hall.recording import vault
from hall.recording.external import ExternalFiles, kind_of
from hall.recording.manifest import verify_recording
from hall.recording.tail import RecordingTail
from hall.runtime.external_port import ExternalFile
from tests.own_hall import MINUTE, OPENING, own_hall

KEY = bytes(range(32))
DATA = b"RIFF\0\0\0\0WAVEfmt " + bytes(n % 251 for n in range(5_000_000))


def announced(data: bytes = DATA, recording: str = "external-1") -> ExternalFile:
    return ExternalFile(recording, hashlib.sha256(data).hexdigest(), len(data), 10_000, 70_000)


def send(store: ExternalFiles, file: ExternalFile, data: bytes, offset: int) -> int:
    return store.write(OPENING, file, offset, data, hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("key", [KEY, None], ids=["encrypted", "plain"])
def test_a_file_in_slices_becomes_a_recording_like_any_other(tmp_path: Path, key: bytes | None) -> None:
    store = ExternalFiles(tmp_path, (lambda opening: KEY) if key else None)
    file, half = announced(), 3_000_000

    assert send(store, file, DATA[:half], 0) == half
    assert send(store, file, DATA[:half], 0) == half, "sent again, it changes nothing"
    again = ExternalFiles(tmp_path, (lambda opening: KEY) if key else None)  # after a restart
    assert again.received(OPENING, file) == half
    assert send(again, file, DATA[half:], half) == len(DATA)
    assert again.received(OPENING, file) == len(DATA)
    assert send(again, file, DATA[half:], half) == len(DATA)

    place = tmp_path / OPENING / "external-1"
    assert sorted(p.name for p in place.iterdir()) == ["001.bin", "001.index.jsonl", "001.synced"]
    stored = (place / "001.bin").read_bytes()
    assert (stored == DATA) is (key is None)
    keys = vault.keys_of(key) if key else None
    found = verify_recording(stored, (place / "001.index.jsonl").read_bytes(), keys)
    assert found.ok, found.faults
    assert found.end_cause == "closed"
    assert (found.fragments[0].utc, found.fragments[-1].until) == (10_000, 70_000)


def test_what_is_not_what_was_signed_is_thrown_away(tmp_path: Path) -> None:
    store = ExternalFiles(tmp_path, None)
    file, other = announced(), DATA[:-1] + b"x"
    with pytest.raises(Malformed, match="digest_mismatch"):
        send(store, file, other, 0)
    assert store.received(OPENING, file) == 0
    assert not (tmp_path / OPENING).exists()
    with pytest.raises(Malformed, match="not_a_recording"):
        send(store, announced(b"<html>"), b"<html>", 0)
    with pytest.raises(Malformed, match="upload_too_long"):
        send(store, file, DATA + b"x", 0)
    with pytest.raises(Malformed, match="wrong_offset"):
        send(store, file, DATA[5:], 5)
    with pytest.raises(Malformed, match="slice_damaged"):
        store.write(OPENING, file, 0, DATA, "00" * 32)
    with pytest.raises(Malformed, match="bad_recording_id"):
        send(store, announced(recording="../keys"), DATA, 0)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\x1a\x45\xdf\xa3", "video/x-matroska"),
        (b"\xff\xfb\x90\0", "audio/mpeg"),
        (b"\xff\xf1\x50\0", "audio/aac"),
        (b"#!AMR\n", "audio/amr"),
        ((b"\x47" + bytes(187)) * 2, "video/mp2t"),
    ],
)
def test_the_kind_is_told_by_the_first_bytes(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


@pytest.mark.parametrize("head", [b"", b"MZ\x90\0", b"%PDF-1.7", b"PK\x03\x04", b"#!/bin/sh\n", b"\0" * 400])
def test_what_is_no_recording_is_refused(head: bytes) -> None:
    with pytest.raises(Malformed, match="not_a_recording"):
        kind_of(head)


async def test_only_who_may_attach_sends_and_only_what_was_attached(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        externals = hall.core.externals
        owner, host = hall.actor("procuring_entity"), hall.actor("host")
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        await hall.act(
            "procuring_entity", "name_recording", name="会场摄像机", place="主楼", reason="主持人断线"
        )
        digest, size = hashlib.sha256(DATA).hexdigest(), len(DATA)
        with pytest.raises(NotPermitted, match="no_such_recording"):
            await externals.status(OPENING, owner, "external-1", digest)
        now = hall.clock.now()
        body = {"recording": "external-1", "sha256": digest, "size": size, "mime": "audio/wav"}
        await hall.act("procuring_entity", "attach_recording", **body, **{"from": now - 60_000, "to": now})
        with pytest.raises(NotPermitted, match="not_permitted"):
            await externals.status(OPENING, host, "external-1", digest)

        assert (await externals.status(OPENING, owner, "external-1", digest)).received == 0
        received = await externals.write(OPENING, owner, "external-1", digest, 0, DATA, digest)

        assert received == size
        known = RecordingTail(tmp_path / "data" / "recordings").files(OPENING)
        assert ("external-1", "001.bin", size) in {(f.participant, f.file, f.size) for f in known}
