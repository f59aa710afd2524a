"""The index: every byte of it and of the media file counts, and what broke is named."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.procurement import canonical
from hall.recording.manifest import (
    GENESIS,
    Epoch,
    IndexWriter,
    chained,
    head_stands_in,
    verify_recording,
)

EPOCH = Epoch("o-1", "host", 1, "001.mp4", "video/mp4", "avc1.42e01f,opus", 320, 180, 1_000_000, "start")


def recording(fragments: int = 4, end: str | None = "stopped") -> tuple[bytes, bytes]:
    """A media file (of arbitrary bytes: the index does not look inside) and its index."""
    writer = IndexWriter(EPOCH)
    media = b"init segment"
    index = writer.init(media)
    for n in range(fragments):
        stored = bytes([n]) * (20 + n)
        media += stored
        index += writer.fragment(
            stored, utc=1_000_000 + 500 * n, duration=500, keyframe=n % 2 == 0, video=5, audio=25
        )
    if end is not None:
        index += writer.end(end)
    return media, index


def test_a_whole_recording_verifies() -> None:
    found = verify_recording(*recording())
    assert found.ok
    assert found.epoch == EPOCH
    assert [f.n for f in found.fragments] == [1, 2, 3, 4]
    assert found.seconds == 2.0
    assert found.end_cause == "stopped"


def test_lines_are_canonical_and_chained_from_zeros() -> None:
    _, index = recording(1)
    chain = GENESIS
    for raw in index.splitlines():
        line = json.loads(raw)
        assert canonical.dumps(line) == raw
        chain = chained(chain, line)
        assert line["chain"] == chain


@given(
    st.binary(max_size=40),
    st.none() | st.binary(max_size=40),
    st.integers(0, 2**53 - 1),
    st.integers(0, 2**31),
    st.booleans(),
    st.integers(0, 999),
    st.integers(0, 999),
)
@settings(max_examples=100, deadline=None)
def test_the_line_of_any_fragment_is_canonical_and_chained(
    stored: bytes, plain: bytes | None, utc: int, duration: int, keyframe: bool, video: int, audio: int
) -> None:
    writer = IndexWriter(EPOCH)
    writer.init(b"init segment")
    before = writer.chain
    raw = writer.fragment(
        stored, utc=utc, duration=duration, keyframe=keyframe, video=video, audio=audio, plain=plain
    )
    line: dict[str, object] = {
        "kind": "fragment",
        "n": 1,
        "offset": 12,
        "length": len(stored),
        "utc": utc,
        "duration": duration,
        "keyframe": keyframe,
        "video": video,
        "audio": audio,
        "stored": hashlib.sha256(stored).hexdigest(),
        "plain": hashlib.sha256(stored if plain is None else plain).hexdigest(),
    }
    assert writer.chain == chained(before, line)
    assert raw == canonical.dumps(line | {"chain": writer.chain}) + b"\n"


def test_an_open_end_is_no_fault_but_is_visible() -> None:
    found = verify_recording(*recording(end=None))
    assert found.ok
    assert found.end_cause is None


def test_no_byte_of_media_or_index_can_change_unnoticed() -> None:
    media, index = recording()
    for at in range(len(media)):
        changed = media[:at] + bytes([media[at] ^ 1]) + media[at + 1 :]
        [fault] = verify_recording(changed, index).faults
        assert fault.code == ("init_altered" if at < 12 else "fragment_altered")
    for at in range(len(index)):
        changed = index[:at] + bytes([index[at] ^ 1]) + index[at + 1 :]
        assert verify_recording(media, changed).faults, f"byte {at} of the index"


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_any_other_byte_in_the_index_is_noticed(at: int, by: int) -> None:
    media, index = recording()
    at %= len(index)
    changed = index[:at] + bytes([index[at] ^ by]) + index[at + 1 :]
    assert not verify_recording(media, changed).ok


def test_a_flipped_fragment_is_named_by_its_line() -> None:
    media, index = recording()
    changed = bytearray(media)
    changed[-1] ^= 0x80
    [fault] = verify_recording(bytes(changed), index).faults
    assert (fault.code, fault.line) == ("fragment_altered", 5)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda lines: lines[:2] + lines[3:], "fragment_missing"),
        (lambda lines: lines[1:], "init_missing"),
        (lambda lines: [*lines, lines[-1]], "line_after_end"),
        (lambda lines: [lines[0], lines[0], *lines[1:]], "init_not_first"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "offset_disagrees"),
        (lambda lines: [lines[0] + b" ", *lines[1:]], "index_line_malformed"),
        (lambda lines: [], "index_empty"),
    ],
)
def test_lines_can_be_neither_dropped_nor_doubled_nor_moved(spoil: object, code: str) -> None:
    media, index = recording()
    lines = spoil(index.splitlines())  # type: ignore[operator]  # parametrised callables
    changed = b"".join(line + b"\n" for line in lines)
    assert code in {f.code for f in verify_recording(media, changed).faults}


def test_a_cut_tail_is_seen_by_the_head_in_the_journal_only() -> None:
    media, index = recording()
    whole = verify_recording(media, index)
    lines = index.splitlines(keepends=True)
    shorter = verify_recording(media[: whole.fragments[-1].offset], b"".join(lines[:4]))
    assert shorter.ok
    head = whole.fragments[-1]
    assert head_stands_in(whole, 4, head.chain)
    assert whole.end_chain is not None
    assert head_stands_in(whole, 4, whole.end_chain)
    assert not head_stands_in(shorter, 4, head.chain)
    assert not head_stands_in(whole, 3, head.chain)
    assert not head_stands_in(whole, -1, head.chain)


def test_bytes_behind_the_last_fragment_are_named() -> None:
    media, index = recording()
    [fault] = verify_recording(media + b"x", index).faults
    assert fault.code == "media_bytes_not_indexed"
