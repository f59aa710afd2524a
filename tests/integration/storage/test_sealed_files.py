"""Sealed bids on real disks: resumed uploads, two copies, damage that is noticed and mended."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from hall.errors import Malformed, Refused, Unavailable
from hall.runtime.ports import SealedDeposit, SealedStore
from hall.storage.sealed_files import SealedFiles
from hall.storage.uploads import MOST_UNFINISHED

BID = os.urandom(3_000_000)
SHA256 = hashlib.sha256(BID).hexdigest()
OWNER = "T/b1"


def inspect(path: Path, sha256: str) -> SealedDeposit:
    """A stand-in for the strict header parser, which lives elsewhere: refuses what begins with 'plain'."""
    if path.read_bytes()[:5] == b"plain":
        raise Malformed("not_a_sealed_bid")
    return SealedDeposit("T", "1", "b1", "n", path.stat().st_size, sha256, "", "", "", "", 100, "INTL")


@pytest.fixture
def store(tmp_path: Path) -> SealedFiles:
    return SealedFiles(tmp_path / "data", tmp_path / "mirror", inspect)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def deposit(store: SealedStore, data: bytes, owner: str = OWNER) -> str:
    upload, _ = await store.begin(len(data), digest(data), owner)
    await store.write(upload, owner, 0, data, digest(data))
    await store.finish(upload, owner)
    return upload


def bids(directory: Path, pattern: str = "*.bid") -> list[Path]:
    return list(directory.rglob(pattern))


async def test_an_upload_ends_as_two_copies(store: SealedFiles, tmp_path: Path) -> None:
    upload, received = await store.begin(len(BID), SHA256, OWNER)
    assert received == 0
    for at in range(0, len(BID), 1_000_000):
        part = BID[at : at + 1_000_000]
        assert await store.write(upload, OWNER, at, part, digest(part)) == at + len(part)
    assert await store.status(upload, OWNER) == (len(BID), len(BID))
    found = await store.finish(upload, OWNER)
    assert (found.size, found.sha256) == (len(BID), SHA256)
    copies = [path for path in bids(tmp_path) if path.read_bytes() == BID]
    assert sorted(path.parent.parent.name for path in copies) == ["data", "mirror"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (*copies, tmp_path / "data" / "sealed"))
    assert store.path(SHA256) in copies
    assert await store.rehash(SHA256) == SHA256
    assert await store.header(SHA256) == BID[:100]
    assert await store.finish(upload, OWNER) == found


async def test_an_upload_goes_on_after_a_restart(store: SealedFiles, tmp_path: Path) -> None:
    upload, _ = await store.begin(len(BID), SHA256, OWNER)
    await store.write(upload, OWNER, 0, BID[:1000], digest(BID[:1000]))
    again = SealedFiles(tmp_path / "data", tmp_path / "mirror", inspect)
    assert await again.begin(len(BID), SHA256, OWNER) == (upload, 1000)
    await again.write(upload, OWNER, 1000, BID[1000:], digest(BID[1000:]))
    await again.finish(upload, OWNER)
    once_more = SealedFiles(tmp_path / "data", tmp_path / "mirror", inspect)
    assert await once_more.rehash(SHA256) == SHA256
    assert await once_more.begin(len(BID), SHA256, OWNER) == (upload, len(BID))


async def test_a_slice_sent_again_changes_nothing_and_an_overlap_adds_its_end(store: SealedFiles) -> None:
    upload, _ = await store.begin(len(BID), SHA256, OWNER)
    await store.write(upload, OWNER, 0, BID[:1000], digest(BID[:1000]))
    other = bytes(1000)
    assert await store.write(upload, OWNER, 0, other, digest(other)) == 1000
    assert await store.write(upload, OWNER, 500, BID[500:], digest(BID[500:])) == len(BID)
    assert (await store.finish(upload, OWNER)).sha256 == SHA256


async def test_slices_that_cant_be_right_are_refused(store: SealedFiles) -> None:
    upload, _ = await store.begin(2000, SHA256, OWNER)
    for offset, data, sha256, code in (
        (0, b"abc", digest(b"abd"), "slice_damaged"),
        (1, b"abc", digest(b"abc"), "wrong_offset"),
        (-1, b"abc", digest(b"abc"), "wrong_offset"),
        (0, bytes(2001), digest(bytes(2001)), "upload_too_long"),
    ):
        with pytest.raises(Malformed) as caught:
            await store.write(upload, OWNER, offset, data, sha256)
        assert caught.value.code == code
    assert await store.status(upload, OWNER) == (0, 2000)


async def test_an_unfinished_or_different_file_is_no_deposit(store: SealedFiles) -> None:
    upload, _ = await store.begin(len(BID), SHA256, OWNER)
    with pytest.raises(Malformed, match="upload_incomplete"):
        await store.finish(upload, OWNER)
    wrong = bytes(len(BID))
    await store.write(upload, OWNER, 0, wrong, digest(wrong))
    with pytest.raises(Malformed, match="digest_mismatch"):
        await store.finish(upload, OWNER)
    assert await store.status(upload, OWNER) == (0, len(BID))
    assert await store.rehash(SHA256) == ""
    with pytest.raises(Unavailable, match="sealed_bid_missing"):
        store.path(SHA256)
    await store.write(upload, OWNER, 0, BID, SHA256)
    assert (await store.finish(upload, OWNER)).sha256 == SHA256


async def test_what_the_strict_reader_refuses_is_no_deposit(store: SealedFiles, tmp_path: Path) -> None:
    plain = b"plain text"
    with pytest.raises(Malformed, match="not_a_sealed_bid"):
        await deposit(store, plain)
    assert await store.rehash(digest(plain)) == ""
    assert not bids(tmp_path)
    assert not list((tmp_path / "mirror" / "sealed").iterdir())


async def test_another_owner_s_upload_is_unknown(store: SealedFiles) -> None:
    upload, _ = await store.begin(len(BID), SHA256, OWNER)
    for who, which in (("T/b2", upload), (OWNER, "00" * 16), (OWNER, "../../etc"), (OWNER, "")):
        for call in (
            store.status(which, who),
            store.write(which, who, 0, b"", digest(b"")),
            store.finish(which, who),
        ):
            with pytest.raises(Malformed, match="upload_unknown"):
                await call
    assert (await store.begin(len(BID), SHA256, "T/b2"))[0] != upload


async def test_erasing_one_upload_leaves_another_of_the_same_bytes(store: SealedFiles) -> None:
    mine, other = await deposit(store, BID), await deposit(store, BID, "T/b2")
    await store.erase(other)
    await store.erase(other)
    assert await store.rehash(SHA256) == SHA256
    await store.erase(mine)
    assert await store.rehash(SHA256) == ""
    with pytest.raises(Malformed, match="upload_unknown"):
        await store.status(mine, OWNER)
    with pytest.raises(Malformed, match="upload_unknown"):
        await store.erase("../x")


async def test_a_damaged_copy_is_mended_from_the_other(store: SealedFiles, tmp_path: Path) -> None:
    await deposit(store, BID)
    first = store.path(SHA256)
    second = tmp_path / "mirror" / "sealed" / first.name
    for damaged in (first, second):
        with damaged.open("r+b") as file:
            file.seek(1_234_567)
            file.write(b"!!!")
        if damaged is first:
            assert await store.rehash(SHA256) == SHA256
            assert first.read_bytes() == BID
    first.write_bytes(b"gone too")
    assert await store.rehash(SHA256) == digest(b"gone too")


async def test_a_lost_first_copy_is_mended_too(store: SealedFiles) -> None:
    await deposit(store, BID)
    store.path(SHA256).unlink()
    assert await store.rehash(SHA256) == SHA256
    assert store.path(SHA256).read_bytes() == BID


async def test_a_crash_between_the_two_copies_is_finished_later(store: SealedFiles, tmp_path: Path) -> None:
    upload = await deposit(store, BID)
    # As if the process had died just before the last rename: the second copy is there, the first is still the part.
    store.path(SHA256).rename(tmp_path / "data" / "uploads" / upload / "part")
    again = SealedFiles(tmp_path / "data", tmp_path / "mirror", inspect)
    assert await again.status(upload, OWNER) == (len(BID), len(BID))
    assert (await again.finish(upload, OWNER)).sha256 == SHA256
    assert await again.rehash(SHA256) == SHA256


async def test_slices_that_race_are_taken_once(store: SealedFiles) -> None:
    upload, _ = await store.begin(len(BID), SHA256, OWNER)
    results = await asyncio.gather(*(store.write(upload, OWNER, 0, BID, SHA256) for _ in range(5)))
    assert set(results) == {len(BID)}
    finished = await asyncio.gather(*(store.finish(upload, OWNER) for _ in range(5)))
    assert {found.sha256 for found in finished} == {SHA256}
    assert await store.rehash(SHA256) == SHA256


async def test_an_owner_that_only_begins_keeps_the_newest_unfinished_uploads(
    store: SealedFiles, tmp_path: Path
) -> None:
    kept = await deposit(store, BID)
    begun = [(await store.begin(10, digest(bytes([n])), OWNER))[0] for n in range(MOST_UNFINISHED + 5)]
    others, _ = await store.begin(10, SHA256, "T/b2")
    again = SealedFiles(tmp_path / "data", tmp_path / "mirror", inspect)
    begun.append((await again.begin(10, digest(b"one more"), OWNER))[0])
    for gone in begun[:6]:
        with pytest.raises(Malformed, match="upload_unknown"):
            await again.status(gone, OWNER)
    for there in (kept, *begun[6:]):
        await again.status(there, OWNER)
    await again.status(others, "T/b2")


async def test_beginning_twice_at_once_is_beginning_once(store: SealedFiles) -> None:
    begun = await asyncio.gather(*(store.begin(10, SHA256, OWNER) for _ in range(8)))
    assert len(set(begun)) == 1


async def test_nothing_is_begun_that_the_disk_cant_hold(store: SealedFiles) -> None:
    with pytest.raises(Unavailable, match="disk_full"):
        await store.begin(2**60, SHA256, OWNER)
    for size, sha256 in ((0, SHA256), (-1, SHA256), (5, SHA256.upper()), (5, "ab")):
        with pytest.raises(Malformed, match="upload_malformed"):
            await store.begin(size, sha256, OWNER)


async def test_a_bid_of_which_both_copies_are_damaged_is_brought_again(
    store: SealedFiles, tmp_path: Path
) -> None:
    upload = await deposit(store, BID)
    with pytest.raises(Refused, match="not_damaged"):
        await store.again(len(BID), SHA256, OWNER)
    for path in bids(tmp_path):
        path.write_bytes(BID[:-1] + b"?")
    assert await store.rehash(SHA256) != SHA256
    again, received = await store.again(len(BID), SHA256, OWNER)
    assert (again, received) == (upload, 0)
    await store.write(again, OWNER, 0, BID[:1000], digest(BID[:1000]))
    assert await store.again(len(BID), SHA256, OWNER) == (upload, 1000), "it goes on where it broke off"
    await store.write(again, OWNER, 1000, BID[1000:], digest(BID[1000:]))
    assert (await store.finish(again, OWNER)).sha256 == SHA256
    assert await store.rehash(SHA256) == SHA256
    assert len(bids(tmp_path)) == 2
    assert len(bids(tmp_path, "*.damaged")) == 2, "what lay there is set aside, not erased"
