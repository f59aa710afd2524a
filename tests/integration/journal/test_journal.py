"""What every journal promises, on disk and in memory alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from hall.errors import Unavailable
from hall.journal.checkpoint import verify
from hall.journal.ledger import row_object
from hall.journal.memory import MemoryJournal
from hall.journal.prepared import LIFETIME, PreparedState
from hall.journal.store import SqlJournal
from hall.journal.tree import EMPTY_ROOT, Tree, leaf_hash, verify_consistency, verify_inclusion
from hall.procurement import canonical
from hall.runtime.ports import Append, NewEvent, PersonalItem, ReleasedKey
from hall.runtime.proof_ports import HandedIn, RootStamp, StoredCosignature
from hall.storage.keys import HallKeys

Journal = SqlJournal | MemoryJournal
Note = Callable[..., NewEvent]


async def test_what_was_appended_is_loaded(journal: Journal, note: Note) -> None:
    first = await journal.append("T", "opening/o", 0, [note("a", "n1"), note("b", "n1")])
    second = await journal.append("T", "opening/o", 2, [note("丙", "n2", at=2000)])
    loaded = await journal.load("opening/o")
    assert [row for row, _ in loaded] == first + second
    assert [event.text for _, event in loaded] == ["a", "b", "丙"]  # type: ignore[attr-defined]  # a Noted
    assert [row.seq for row, _ in loaded] == [1, 2, 3]
    assert [row.tree_index for row, _ in loaded] == [0, 1, 2]
    assert second[0].received_at == 2000
    assert second[0].body == {"text": "丙"}
    assert await journal.load("opening/other") == []


async def test_rows_name_their_predecessor_and_hash_as_published(journal: Journal, note: Note) -> None:
    rows = await journal.append("T", "opening/o", 0, [note("a"), note("b")])
    assert rows[0].prev == "00" * 32
    assert rows[1].prev == rows[0].leaf
    for row in rows:
        assert leaf_hash(row.salt, canonical.dumps(row_object(row))).hex() == row.leaf
        assert len(row.salt) == 16
    assert rows[0].salt != rows[1].salt


async def test_a_tender_has_one_tree_over_all_its_streams(journal: Journal, note: Note) -> None:
    await journal.append("T", "tendering/T", 0, [note("deposit")])
    await journal.append("U", "tendering/U", 0, [note("elsewhere")])
    await journal.append("T", "opening/o", 0, [note("begun"), note("more")])
    await journal.append("T", "tendering/T", 1, [note("closed")])
    rows = await journal.rows("T")
    assert [(row.stream, row.seq, row.tree_index) for row in rows] == [
        ("tendering/T", 1, 0),
        ("opening/o", 1, 1),
        ("opening/o", 2, 2),
        ("tendering/T", 2, 3),
    ]
    assert await journal.rows("T", after_index=1) == rows[2:]
    assert await journal.rows("T", after_index=3) == []
    assert len(await journal.rows("U")) == 1
    tree = Tree(bytes.fromhex(row.leaf) for row in rows)
    assert journal.tree("T").root() == tree.root()
    assert journal.tree("T").size == 4
    assert verify_inclusion(tree.leaf(2), 2, 4, journal.tree("T").inclusion(2), tree.root())


async def test_streams_are_listed_in_order_of_their_first_row(journal: Journal, note: Note) -> None:
    await journal.append("T", "tendering/T", 0, [note("x", at=10)])
    await journal.append("A", "tendering/A", 0, [note("x", at=20)])
    await journal.append("T", "opening/o", 0, [note("x", at=30)])
    await journal.append("T", "tendering/T", 1, [note("x", at=40)])
    assert await journal.streams() == [("T", "tendering/T"), ("A", "tendering/A"), ("T", "opening/o")]


async def test_an_append_that_expects_another_seq_changes_nothing(journal: Journal, note: Note) -> None:
    await journal.append("T", "opening/o", 0, [note("a")])
    before, root = await journal.rows("T"), journal.tree("T").root()
    for expected in (0, 2):
        with pytest.raises(Unavailable, match="journal_conflict"):
            await journal.append(
                "T", "opening/o", expected, [note("b")], released_key=ReleasedKey("1", "b", b"k")
            )
    assert await journal.rows("T") == before
    assert journal.tree("T").root() == root
    assert await journal.released_key("opening/o", "1", "b") is None


async def test_of_two_rooms_that_race_one_wins(journal: Journal, note: Note) -> None:
    results = await asyncio.gather(
        *(journal.append("T", "opening/o", 0, [note(str(n))]) for n in range(5)), return_exceptions=True
    )
    assert sum(isinstance(result, list) for result in results) == 1
    assert (
        sum(isinstance(result, Unavailable) and result.code == "journal_conflict" for result in results) == 4
    )
    assert len(await journal.load("opening/o")) == 1


async def test_an_answered_command_is_found_and_never_answered_twice(journal: Journal, note: Note) -> None:
    await journal.append(
        "T", "opening/o", 0, [note("tick"), note("a", "n1"), note("b", "n1"), note("c", "n2")]
    )
    assert await journal.answered("opening/o", "host:a", "n1") == (2, 3)
    assert await journal.answered("opening/o", "host:a", "n2") == (4, 4)
    assert await journal.answered("opening/o", "host:b", "n1") is None
    assert await journal.answered("opening/p", "host:a", "n1") is None
    assert await journal.answered("opening/o", "host:a", "") is None
    with pytest.raises(Unavailable, match="journal_conflict"):
        await journal.append("T", "opening/o", 4, [note("again", "n1")])
    with pytest.raises(Unavailable, match="journal_conflict"):
        await journal.append("T", "opening/o", 4, [note("x", "n3"), note("tick"), note("y", "n3")])
    await journal.append("T", "opening/o", 4, [note("other actor", "n1", actor="host:b")])
    await journal.append("T", "opening/p", 0, [note("other stream", "n1")])
    assert await journal.answered("opening/p", "host:a", "n1") == (1, 1)


async def test_several_appends_are_stored_together_or_not_at_all(journal: Journal, note: Note) -> None:
    done = await journal.append_many(
        [
            Append("T", "opening/o", 0, [note("a", "n1")]),
            Append("T", "opening/o", 1, [note("b", "n2")]),
            Append("U", "opening/p", 0, [note("c", "n1")]),
        ]
    )
    assert [[row.seq for row in rows] for rows in done] == [[1], [2], [1]]
    with pytest.raises(Unavailable, match="journal_conflict"):
        await journal.append_many(
            [Append("T", "opening/o", 2, [note("d")]), Append("U", "opening/p", 5, [note("e")])]
        )
    assert len(await journal.load("opening/o")) == 2


async def test_a_stream_stays_with_its_tender(journal: Journal, note: Note) -> None:
    await journal.append("T", "opening/o", 0, [note("a")])
    with pytest.raises(ValueError, match="belongs to tender T"):
        await journal.append("U", "opening/o", 1, [note("b")])
    assert len(await journal.append("T", "opening/o", 1, [note("b")])) == 1


async def test_strangers_are_refused_before_anything_is_written(journal: Journal, note: Note) -> None:
    for stream in ("opening", "opening/", "evaluation/x", ""):
        with pytest.raises(ValueError, match="no stream"):
            await journal.append("T", stream, 0, [note("a")])
    with pytest.raises(TypeError, match="no event"):
        await journal.append("T", "opening/o", 0, [NewEvent(1, "a", "", "not an event")])
    assert await journal.rows("T") == []


async def test_an_empty_append_is_nothing(journal: Journal) -> None:
    assert await journal.append("T", "opening/o", 0, []) == []
    assert await journal.streams() == []


async def test_a_checkpoint_signs_the_tree_as_it_stands(journal: Journal, note: Note, keys: HallKeys) -> None:
    empty = await journal.checkpoint("T", 5)
    assert (empty.size, empty.root) == (0, EMPTY_ROOT.hex())
    await journal.append("T", "opening/o", 0, [note("a"), note("b"), note("c")])
    first = await journal.checkpoint("T", 10, extensions=("token sha256:00",))
    await journal.append("T", "opening/o", 3, [note("d")])
    second = await journal.checkpoint("T", 20)
    assert await journal.checkpoints("T") == [empty, first, second]
    assert await journal.checkpoints("U") == []
    signed = verify(first.note, "hall.example/rehearsal/T", keys.log_public)
    assert (signed.size, signed.root, signed.extensions) == (3, first.root, ("at 10", "token sha256:00"))
    path = journal.tree("T").consistency(first.size, second.size)
    assert verify_consistency(3, 4, path, bytes.fromhex(first.root), bytes.fromhex(second.root))


async def test_a_released_key_is_kept_until_it_is_destroyed(journal: Journal, note: Note) -> None:
    key = ReleasedKey("1", "b1", b"\x01" * 32)
    await journal.append("T", "opening/o", 0, [note("released")], released_key=key)
    assert await journal.released_key("opening/o", "1", "b1") == b"\x01" * 32
    assert await journal.released_key("opening/o", "1", "b2") is None
    again = ReleasedKey("1", "b1", b"\x02" * 32)
    await journal.append("T", "opening/o", 1, [note("released again")], released_key=again)
    assert await journal.released_key("opening/o", "1", "b1") == b"\x02" * 32
    await journal.destroy_released_keys("opening/p")
    await journal.destroy_released_keys("opening/o")
    assert await journal.released_key("opening/o", "1", "b1") is None


async def test_a_personal_item_can_be_erased_and_the_proofs_stay(journal: Journal, note: Note) -> None:
    items = [PersonalItem("aa" * 32, "张三".encode()), PersonalItem("bb" * 32, b"{}")]
    await journal.append("T", "opening/o", 0, [note("signed in")], personal=items)
    await journal.append("T", "opening/o", 1, [note("once more")], personal=items[:1])
    root = journal.tree("T").root()
    assert await journal.personal("aa" * 32) == "张三".encode()
    await journal.erase_personal("aa" * 32)
    assert await journal.personal("aa" * 32) is None
    assert await journal.personal("bb" * 32) == b"{}"
    assert journal.tree("T").root() == root


async def test_a_prepared_signature_lives_ten_minutes(journal: Journal) -> None:
    state = PreparedState("p1", "o", "ab" * 32, "clerk", 1_000, b"state")
    await journal.prepared.put(state)
    assert await journal.prepared.get("p1", 1_000 + LIFETIME) == state
    assert await journal.prepared.get("p1", 1_001 + LIFETIME) is None
    assert await journal.prepared.get("p2", 1_000) is None
    replaced = PreparedState("p1", "o", "cd" * 32, "clerk", 2_000, b"other")
    await journal.prepared.put(replaced)
    assert await journal.prepared.get("p1", 2_000) == replaced
    await journal.prepared.put(PreparedState("p2", "o", "cd" * 32, "host", 2_001 + LIFETIME, b""))
    assert await journal.prepared.get("p1", 2_000) is None  # swept when the next one came
    await journal.prepared.drop("p2")
    assert await journal.prepared.get("p2", 2_001 + LIFETIME) is None


async def test_a_closed_journal_takes_nothing_more(journal: Journal, note: Note) -> None:
    await journal.close()
    assert journal.failed
    with pytest.raises(Unavailable, match="journal_failed"):
        await journal.append("T", "opening/o", 0, [note("a")])


async def test_what_stands_beside_checkpoints_is_only_added_to(journal: Journal) -> None:
    signed = StoredCosignature("aa" * 32, "bb" * 32, "notary", 5, "line\n")
    await journal.proofs.add_cosignature("T", signed)
    await journal.proofs.add_cosignature("T", replace(signed, at=6, line="another\n"))
    assert await journal.proofs.cosignatures("T") == [signed]
    stamp = RootStamp(7, 3, "cc" * 32, "internal", "dd" * 32, b"token")
    await journal.proofs.add_stamp("T", stamp)
    assert await journal.proofs.stamps("T") == [stamp]
    file = HandedIn("ee" * 32, 8, b"an act and its time stamp")
    await journal.proofs.hand_in("T", file)
    await journal.proofs.hand_in("T", replace(file, at=9))
    assert await journal.proofs.handed_in("T") == [file]
    for nothing in (
        await journal.proofs.cosignatures("U"),
        await journal.proofs.stamps("U"),
        await journal.proofs.handed_in("U"),
    ):
        assert nothing == []
