"""The post office in a whole hall: mail by its settings, and an incident for what does not arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hall import app
from hall.adapters.plan_file import load_plan
from hall.notifying import owed as o
from hall.rehearsal.stage import toml
from hall.runtime.admin import import_contacts
from hall.runtime.post_office import UNDELIVERED
from hall.runtime.room import Room
from tests.demo_world import world
from tests.integration.gateway.conftest import Doors, laid_out, opened, plan, settings
from tests.integration.notices.mail_server import MailServer, mail_server

DRAFT = o.Draft(
    "certificate_watch",
    (o.Addressee("bidder", "b1"),),
    {"reason": "revoked", "deadline": 0, "needed": "0123"},
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return laid_out(tmp_path)


def hall_with_mail(place: Path, server: MailServer) -> None:
    """Settings that name the mail server, and a plan with an address of b1."""
    mail = {"smtp_host": "localhost", "smtp_port": server.port, "smtp_security": "none"}
    notices = {"notices": {**mail, "smtp_sender": "hall@example.cn", "address": "https://hall.example.cn"}}
    (place / "hall.toml").write_text(toml(settings(world()) | notices), encoding="utf-8")
    planned: Any = plan(world())
    planned["party"][0]["mail"] = "bids@jia.example.cn"
    (place / "plan.toml").write_text(toml(planned), encoding="utf-8")


async def with_contacts(doors: Doors, place: Path) -> None:
    planned = load_plan(place / "plan.toml", doors.config, doors.core.trust.digest)
    await import_contacts(doors.core.contacts, planned, doors.core.clock.now())


async def until(room: Room[Any], what: Callable[[], bool]) -> None:
    changed = asyncio.Event()
    end = room.listen(lambda _: changed.set())
    async with asyncio.timeout(20):
        while not what():
            changed.clear()
            await changed.wait()
    end()


def incidents(core: app.Core) -> list[tuple[str, str]]:
    register = core.registry.opening("O1").room.state.incidents
    return [(one.subject, one.detail.rpartition(" ")[0]) for one in register if one.kind == UNDELIVERED]


async def test_the_hall_mails_by_its_settings_with_a_link_to_the_page(place: Path) -> None:
    async with mail_server() as server:
        hall_with_mail(place, server)
        async with opened(place) as doors:
            await with_contacts(doors, place)
            await doors.core.post_office.tell("T1", DRAFT)
            room = doors.core.post_office.mailrooms["T1"].room
            await until(room, lambda: not room.state.waiting)
            assert incidents(doors.core) == []
    (mail,) = server.mails
    assert mail.to == ["bids@jia.example.cn"]
    assert "https://hall.example.cn/openings/O1" in mail.text


async def test_what_does_not_arrive_is_one_incident_also_after_a_restart(place: Path) -> None:
    async with mail_server() as server:
        server.says["RCPT"] = "550 5.1.1 unknown"
        hall_with_mail(place, server)
        told = [("bidder-b1", "certificate_watch smtp mailbox_refused")]
        async with opened(place) as doors:
            await with_contacts(doors, place)
            await doors.core.post_office.tell("T1", DRAFT)
            await until(doors.core.registry.opening("O1").room, lambda: incidents(doors.core) == told)
        async with opened(place) as doors:
            await doors.core.post_office.tell("T1", DRAFT)  # the same again
            await doors.core.post_office.tell(
                "T1", replace(DRAFT, facts={"reason": "expires", "deadline": 0, "needed": "0123"})
            )
            opening = doors.core.registry.opening("O1").room
            await until(opening, lambda: len(incidents(doors.core)) > 1)
            assert incidents(doors.core) == told * 2, "one for each notice"
    assert server.mails == []
