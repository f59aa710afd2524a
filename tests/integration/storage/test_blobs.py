"""Records and the encrypted side store on a real disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hall.errors import Malformed, Unavailable
from hall.storage import files
from hall.storage.blobs import Blobs
from hall.storage.threads import in_thread
from hall.storage.vault import Vault

VAULT = Vault(bytes(32))
MIB = 1024 * 1024


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path, VAULT)


async def test_a_record_is_put_whole_and_replaced_whole(blobs: Blobs, tmp_path: Path) -> None:
    path = await blobs.put("record", "o-1/revision-0.pdf", b"one")
    assert await blobs.get("record", "o-1/revision-0.pdf") == b"one"
    assert await blobs.put("record", "o-1/revision-0.pdf", b"two") == path
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["revision-0.pdf"]  # no drafts are left
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(Unavailable, match="blob_missing"):
        await blobs.get("record", "o-1/revision-9.pdf")


@pytest.mark.parametrize(
    "name", ["..", "../x", "a/../../x", "", "a//b", "/etc/passwd", ".hidden", "a\0b", "x" * 200]
)
async def test_names_never_climb(blobs: Blobs, name: str) -> None:
    for call in (
        blobs.put("record", name, b""),
        blobs.get("record", name),
        blobs.put_secret("o", name, b""),
        blobs.get_secret("o", name),
    ):
        with pytest.raises(Malformed, match="name_malformed"):
            await call
    with pytest.raises(Malformed, match="name_malformed"):
        await blobs.put_secret(name, "x", b"")


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB])
async def test_a_secret_comes_back_and_lies_nowhere_in_clear(blobs: Blobs, tmp_path: Path, size: int) -> None:
    plain = os.urandom(size)
    await blobs.put_secret("o", "1/b1/bid", plain)
    assert await blobs.get_secret("o", "1/b1/bid") == plain
    stored = (tmp_path / "opened" / "o" / "entries" / "1" / "b1" / "bid").read_bytes()
    assert len(stored) == 7 + size + 16 * max(1, -(-size // MIB))
    if size:
        assert plain[:1000] not in stored or size < 8


async def test_a_file_moved_into_the_side_store_is_gone_outside(blobs: Blobs, tmp_path: Path) -> None:
    outside = tmp_path / "plain.zip"
    content = os.urandom(MIB + 5)
    outside.write_bytes(content)
    await blobs.put_secret_file("o", "bid", outside)
    assert not outside.exists()
    assert await blobs.get_secret("o", "bid") == content


async def test_a_secret_that_was_touched_does_not_open(blobs: Blobs, tmp_path: Path) -> None:
    await blobs.put_secret("o", "a", os.urandom(2 * MIB + 9))
    await blobs.put_secret("o", "b", os.urandom(9))
    entry = tmp_path / "opened" / "o" / "entries" / "a"
    good = entry.read_bytes()
    segment = MIB + 16
    for bad in (
        good[:-1],  # cut inside the last segment
        good[: 7 + 2 * segment],  # cut at a segment's end
        good[: 7 + segment] + good[7 + 2 * segment :],  # one left out
        good[:7]
        + good[7 + segment : 7 + 2 * segment]
        + good[7 : 7 + segment]
        + good[7 + 2 * segment :],  # swapped
        good[:100] + bytes([good[100] ^ 1]) + good[101:],
        b"",
        (tmp_path / "opened" / "o" / "entries" / "b").read_bytes(),  # another entry's
    ):
        entry.write_bytes(bad)
        with pytest.raises(Unavailable, match="vault_mismatch"):
            await blobs.get_secret("o", "a")


async def test_destroying_an_opening_s_key_ends_all_its_secrets_and_no_others(
    blobs: Blobs, tmp_path: Path
) -> None:
    await blobs.put_secret("o", "a", b"secret")
    await blobs.put_secret("p", "a", b"other")
    saved = (tmp_path / "opened" / "o" / "entries" / "a").read_bytes()
    await blobs.destroy_secrets("o")
    await blobs.destroy_secrets("o")
    with pytest.raises(Unavailable, match="blob_missing"):
        await blobs.get_secret("o", "a")
    assert await blobs.get_secret("p", "a") == b"other"
    # A back-up of the entry does not help: a new key of the same opening can't open it.
    await blobs.put_secret("o", "a", b"new")
    (tmp_path / "opened" / "o" / "entries" / "a").write_bytes(saved)
    with pytest.raises(Unavailable, match="vault_mismatch"):
        await blobs.get_secret("o", "a")


async def test_another_vault_key_opens_nothing(blobs: Blobs, tmp_path: Path) -> None:
    await blobs.put_secret("o", "a", b"secret")
    with pytest.raises(Unavailable, match="vault_mismatch"):
        await Blobs(tmp_path, Vault(b"\x01" * 32)).get_secret("o", "a")


async def test_a_range_of_a_file_is_given_in_pieces(blobs: Blobs, tmp_path: Path) -> None:
    content = os.urandom(2 * MIB + 100)
    path = tmp_path / "media.mp4"
    path.write_bytes(content)

    async def read(start: int = 0, length: int | None = None) -> list[bytes]:
        return [piece async for piece in blobs.open_range(path, start, length)]

    assert b"".join(await read()) == content
    assert max(map(len, await read())) == MIB
    assert b"".join(await read(10, 20)) == content[10:30]
    assert b"".join(await read(MIB - 1, MIB + 2)) == content[MIB - 1 : 2 * MIB + 1]
    assert b"".join(await read(2 * MIB, 10**9)) == content[2 * MIB :]
    assert await read(len(content)) == []
    assert await read(0, 0) == []
    with pytest.raises(Unavailable, match="blob_missing"):
        [piece async for piece in blobs.open_range(tmp_path / "none")]


async def test_a_file_is_hashed_as_it_lies_now(blobs: Blobs, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert await blobs.rehash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(Unavailable, match="blob_missing"):
        await blobs.rehash(tmp_path / "none")


async def test_a_disk_that_is_full_is_said_to_be_full(blobs: Blobs) -> None:
    # /dev/full answers every write with ENOSPC.
    with pytest.raises(Unavailable, match="disk_full"):
        await in_thread(Path("/dev/full").write_bytes, b"x")
    with pytest.raises(Unavailable, match="storage_failed"):
        await in_thread(Path("/proc").write_bytes, b"x")


def test_a_write_that_breaks_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "x"
    files.write_whole(path, b"old")

    def breaking() -> Iterator[bytes]:
        yield b"new"
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        files.write_parts(path, breaking())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
