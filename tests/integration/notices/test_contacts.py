"""Parties' addresses: given by the plan, kept beside the journal, erasable."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall import app
from hall.adapters.plan_file import load_plan
from hall.clock import HallClock
from hall.config import BadConfig, Config, load
from hall.media.control import MediaWorkers
from hall.rehearsal.stage import toml
from hall.tendering.directory import ContactGiven
from tests.demo_world import world
from tests.integration.gateway.conftest import laid_out, plan

MAIL = "bids@jia.example.cn"


def hall_with_mail(directory: Path, mail: str) -> Config:
    """A hall whose plan gives b1 this address."""
    if not (directory / "hall.toml").exists():
        laid_out(directory)
    planned = plan(world())
    first = planned["party"][0]  # type: ignore[index]  # a plan as TOML has it
    first["mail"] = mail
    (directory / "plan.toml").write_text(toml(planned), encoding="utf-8")
    return load(directory / "hall.toml", {})


async def given(config: Config, *, erase: bool = False) -> tuple[int, str]:
    """How often b1's contact was written down, and the address that is known now."""
    clock = HallClock(start=config.clock.start_ms)
    idle = MediaWorkers(recordings=config.storage.data / "recordings", clock=clock)
    async with app.open_core(config, app.fit(config), clock, idle, serving=False) as core:
        digest = core.contacts.digest("b1")
        if erase:
            await core.journal.erase_personal(digest)
        rows = core.registry.directory.entries
        return sum(isinstance(event, ContactGiven) for _, _, event in rows), await core.contacts.address(
            digest, "smtp"
        )


async def test_a_plan_gives_addresses_once_and_the_latest_counts(tmp_path: Path) -> None:
    for mail, times in ((MAIL, 1), (MAIL, 1), ("new@jia.example.cn", 2)):
        config = hall_with_mail(tmp_path, mail)
        await app.import_file(config, tmp_path / "plan.toml")
        assert await given(config) == (times, mail)
    assert all(
        MAIL.encode() not in file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file()
    )


async def test_an_erased_address_leaves_the_journal_whole(tmp_path: Path) -> None:
    config = hall_with_mail(tmp_path, MAIL)
    await app.import_file(config, tmp_path / "plan.toml")
    assert await given(config, erase=True) == (1, "")
    assert await given(config) == (1, "")


@pytest.mark.parametrize("mail", ["nobody", "a@b@c", "a b@c.cn", "a@c.cn\r\nBcc: x@y.cn", "<a@c.cn>"])
def test_what_is_no_address_is_named(tmp_path: Path, mail: str) -> None:
    config = hall_with_mail(tmp_path, mail)
    with pytest.raises(BadConfig, match=r"party\[0\]\.mail"):
        load_plan(tmp_path / "plan.toml", config, "ab" * 32)
