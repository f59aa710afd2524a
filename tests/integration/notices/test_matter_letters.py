"""Letters from matters in a whole hall: each delivered once by its key, to its addressee's inbox alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hall import app
from hall.runtime.desk import Person
from hall.runtime.letter import Letter
from hall.runtime.matter import States
from hall.runtime.matter_letters import letters_owed
from tests.integration.gateway.conftest import laid_out, opened

B1, B2 = (Person(party, party, "bidder", "ab" * 32) for party in ("b1", "b2"))


def _addendum(key: str, *parties: str) -> list[Letter]:
    facts = {
        "before": 0,
        "after": 60_000,
        "reason": "补遗",
        "tender_name": "河堤整治",
        "tender_number": "YQ-1",
    }
    return [Letter(key, party, "bidder", "deadline_moved", facts, 1000) for party in parties]


async def deliver(core: app.Core, tender: str, letters: Sequence[Letter]) -> bool:
    """What the procedure does with an `Owed`: gives whether there was something to do."""
    office = core.post_office
    owed = letters_owed(office.letterboxes.get, office.letterbox, (lambda states: letters,))
    procedure = await core.procedures.procedure(tender)
    if (due := owed.owed(procedure.states())) is None:
        return False
    await owed.do(procedure, due)
    return owed.owed(procedure.states()) is None


async def test_a_letter_is_delivered_once_by_its_key_also_after_a_restart(tmp_path: Path) -> None:
    place = laid_out(tmp_path)
    async with opened(place) as doors:
        assert await deliver(doors.core, "T1", _addendum("addendum-1", "b1", "b2"))
        assert not await deliver(doors.core, "T1", _addendum("addendum-1", "b1", "b2"))
        assert await deliver(doors.core, "T1", _addendum("addendum-2", "b1"))
        assert [len(doors.core.post_office.inbox(one)) for one in (B1, B2)] == [2, 1]
    async with opened(place) as doors:
        await deliver(doors.core, "T1", _addendum("addendum-1", "b1", "b2"))
        assert [len(doors.core.post_office.inbox(one)) for one in (B1, B2)] == [2, 1]


async def test_a_draft_without_an_opening_sends_letters_that_name_it(tmp_path: Path) -> None:
    async with opened(laid_out(tmp_path)) as doors:
        assert await deliver(doors.core, "T-draft", _addendum("k", "b1"))
        (shown,) = doors.core.post_office.inbox(B1)
        assert shown["subject"] == f"【{doors.config.hall.name}】投标截止时间变更：河堤整治"
        record = doors.core.post_office.delivery(B1, str(shown["notice"]))
        assert record["channels"] == ["inbox"] and record["tender"] == "T-draft" and record["leaf"]


async def test_who_was_written_to_stands_in_no_list_of_the_staff(tmp_path: Path) -> None:
    async with opened(laid_out(tmp_path)) as doors:
        await deliver(doors.core, "T1", _addendum("addendum-1", "b1"))
        assert doors.core.post_office.of_opening("O1") == []
        assert doors.core.post_office.inbox(B2) == []
        host = Person("host", "host", "staff", "cd" * 32)
        assert doors.core.post_office.inbox(host) == []


def test_no_letters_are_owed_where_no_matter_writes_any() -> None:
    owed = letters_owed({}.get, _never, ())
    assert owed.owed(States("T", None, None)) is None


async def _never(tender: str) -> object:
    raise AssertionError(tender)
