"""The trading centre at the door: a party registered by a signed act logs in, a deactivated one does not."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio

from hall.client.api import Hall
from hall.client.matters import Matters
from hall.errors import HallError
from hall.procurement.matter import HALL
from hall.rehearsal.demo_ca import credit_code as code_of_name
from hall.rehearsal.stage import party_of, toml
from tests.demo_world import CARD, holder, world
from tests.integration.gateway.conftest import Doors, laid_out, opened, plan

FIRST, SECOND = "supervisor", "announcer"
"""Two of the demo's staff; in this hall both hold the trading centre's office."""


@pytest_asyncio.fixture
async def centre(tmp_path: Path) -> AsyncIterator[Doors]:
    laid_out(tmp_path)
    planned: Any = plan(world())
    for party in planned["party"]:
        if party["id"] in (party_of(holder(FIRST).identity), party_of(holder(SECOND).identity)):
            party["office"] = ["trading_centre"]
    (tmp_path / "plan.toml").write_text(toml(planned), encoding="utf-8")
    async with opened(tmp_path) as doors:
        yield doors


def der(who: str) -> str:
    return base64.b64encode(holder(who).certificate.der).decode()


async def taken_over(doors: Doors, what: Callable[[], bool]) -> None:
    """The directory has what the centre owes it."""
    room, changed = doors.core.registry.directory, asyncio.Event()
    end = room.listen(lambda _: changed.set())
    async with asyncio.timeout(20):
        while not what():
            changed.clear()
            await changed.wait()
    end()


async def code_of(doing: Any) -> str:
    try:
        await doing
    except HallError as error:
        return error.code
    return ""


async def desk(hall: Hall) -> Matters:
    await hall.login()
    return Matters(hall, HALL)


async def test_a_party_registered_by_a_signed_act_logs_in_and_a_deactivated_one_does_not(
    centre: Doors,
) -> None:
    directory = centre.core.registry.directory
    async with centre.client(FIRST) as first, centre.client("b4") as b4:
        acts = await desk(first)
        assert await code_of(b4.login()) == "unknown_certificate"
        async with first.session.put("/api/centre/certificates", data=holder("b4").certificate.der) as shown:
            read = await shown.json()
        assert (read["sha256"], read["code"], read["state"]) == (holder("b4").certificate.sha256, "", "")
        body = {
            "party": "b4",
            "name": read["organisation"],
            "kind": "bidder",
            "code": read["credit_code"],
            "certificate": der("b4"),
        }
        await acts.act("centre", "register_party", body)
        await taken_over(centre, lambda: any(p.party == "b4" for p in directory.state.certificates.values()))
        await b4.login()
        assert (await b4.get("/api/me"))["offices"] == []

        await acts.act("centre", "deactivate_party", {"party": "b4", "reason": "资质被撤销"})
        await taken_over(centre, lambda: "b4" in directory.state.deactivated)
        assert await code_of(b4.get("/api/me")) == "login_needed"  # the login that was there has ended too
        assert await code_of(b4.login()) == "party_deactivated"

        await acts.act("centre", "activate_party", {"party": "b4", "reason": "资质已恢复"})
        await taken_over(centre, lambda: "b4" not in directory.state.deactivated)
        await b4.login()


async def test_a_further_certificate_counts_once_a_second_person_has_confirmed_it(centre: Doors) -> None:
    directory = centre.core.registry.directory
    new = "b1+other"
    async with centre.client(FIRST) as first, centre.client(SECOND) as second, centre.client(new) as b4:
        one, two = await desk(first), await desk(second)
        await one.act("centre", "add_certificate", {"party": "b1", "certificate": der(new), "reason": "换证"})
        assert await code_of(b4.login()) == "unknown_certificate"
        assert await code_of(one.act("centre", "confirm_change", {"proposal": 1})) == "second_person_needed"
        await two.act("centre", "confirm_change", {"proposal": 1})
        await taken_over(centre, lambda: holder(new).certificate.sha256 in directory.state.certificates)
        await b4.login()
        assert (await b4.get("/api/me"))["party"] == "b1"
        assert len((await first.get("/api/centre/parties/b1"))["certificates"]) == 2
        told = await b4.get("/api/inbox")  # whoever holds the party's other certificate reads the same
        assert [one["kind"] for one in told["notices"]] == ["certificate_added"]

        retired = {"party": "b1", "sha256": holder("b1").certificate.sha256, "reason": "遗失"}
        await one.act("centre", "retire_certificate", retired)
        await taken_over(centre, lambda: bool(directory.state.retired))
        async with centre.client("b1") as b1:
            assert await code_of(b1.login()) == "certificate_retired"


async def test_an_office_that_is_given_is_told_to_its_holder_and_opens_the_lists(centre: Doors) -> None:
    directory = centre.core.registry.directory
    host = party_of(holder("host").identity)
    async with centre.client(FIRST) as first, centre.client("host") as hall:
        acts = await desk(first)
        await hall.login()
        assert await code_of(hall.get("/api/centre/parties")) == "not_permitted"
        await acts.act("centre", "give_office", {"party": host, "office": "regulator", "reason": "任命"})
        await taken_over(centre, lambda: host in directory.state.offices)
        assert (await hall.get("/api/me"))["offices"] == ["regulator"]
        assert (await hall.get("/api/centre/parties?q=b2"))["total"] == 1
        assert (
            await code_of(Matters(hall, HALL).act("centre", "name_rooms", {"rooms": []})) == "not_permitted"
        )


async def test_an_experts_name_is_shown_to_the_centre_and_stands_in_no_row(centre: Doors) -> None:
    scrutineer = party_of(holder("scrutineer").identity)
    expert = {
        "party": scrutineer,
        "name": "赵专家",
        "unit": "某大学",
        "specialities": ["水利"],
        "recuses": ["b1"],
    }
    async with centre.client(FIRST) as first:
        acts = await desk(first)
        await acts.act("centre", "list_expert", {**expert, "salt": "ab" * 16})
        (listed,) = (await first.get("/api/centre/experts"))["experts"]
        assert (listed["name"], listed["unit"]) == ("赵专家", "某大学")
        rows = await centre.core.journal.rows(HALL)
        assert rows and all("赵专家" not in str(row.body) for row in rows)
        await centre.core.journal.erase_personal(centre.core.procedures.centre().experts[scrutineer].item)
        (listed,) = (await first.get("/api/centre/experts"))["experts"]
        assert listed["name"] == ""


async def test_clause_3_3_an_individuals_number_is_shown_masked_to_the_centre_and_stands_in_no_row(
    centre: Doors,
) -> None:
    directory = centre.core.registry.directory
    who = {"party": "yan", "name": "演示研究员", "paper": "identity_card", "number": CARD, "salt": "ab" * 16}
    async with centre.client(FIRST) as first, centre.client("individual") as person:
        acts = await desk(first)
        for other, fault in (
            ("individual-shown", "certificate_shows_identity"),
            ("b4", "certificate_of_organisation"),
        ):
            body = {**who, "certificate": der(other)}
            assert await code_of(acts.act("centre", "register_person", body)) == fault
        body = {**who, "name": "别人", "certificate": der("individual")}
        assert await code_of(acts.act("centre", "register_person", body)) == "certificate_of_another"
        organisation = {
            "party": "yan",
            "name": "演示研究员",
            "kind": "bidder",
            "code": code_of_name("某公司"),
        }
        body = {**organisation, "certificate": der("individual")}
        assert await code_of(acts.act("centre", "register_party", body)) == "certificate_without_organisation"

        await acts.act("centre", "register_person", {**who, "certificate": der("individual")})
        await taken_over(centre, lambda: "yan" in directory.state.standings)
        await person.login()
        shown = await first.get("/api/centre/parties/yan")
        assert (shown["standing"], shown["identity"]) == (
            "natural_person",
            "identity_card " + "*" * 14 + CARD[-4:],
        )
        assert (await first.get("/api/centre/parties?q=yan"))["parties"][0]["identity"] == ""
        assert all(CARD not in str(row.body) for row in await centre.core.journal.rows(HALL))
        # A tender by a plan file takes no individuals.
        assert await centre.core.desk.deposits.barred("T1", "yan") == "individuals_not_allowed"
        await centre.core.journal.erase_personal(directory.state.standings["yan"].identity)
        assert (await first.get("/api/centre/parties/yan"))["identity"] == ""


async def test_clause_3_3_a_bidders_certificate_names_that_very_organisation(centre: Doors) -> None:
    async with centre.client(FIRST) as first:
        acts = await desk(first)
        right = {"party": "b9", "name": holder("b4").certificate.organisation, "kind": "bidder"}
        body = {**right, "code": holder("b4").certificate.credit_code, "certificate": der("b4")}
        for wrong in ({"name": "别的公司"}, {"code": code_of_name("别的公司")}):
            assert (
                await code_of(acts.act("centre", "register_party", {**body, **wrong}))
                == "certificate_of_another"
            )
        more = {"party": "b1", "certificate": der("b4"), "reason": "换证"}
        assert await code_of(acts.act("centre", "add_certificate", more)) == "certificate_of_another"


async def test_lists_are_paged_and_no_bidder_or_other_staff_sees_one(centre: Doors) -> None:
    paths = ("parties", "parties/b2", "experts", "journal", "bookings")
    async with centre.client("b1") as bidder, centre.client(FIRST) as first:
        acts = await desk(first)
        await bidder.login()
        for path in paths:
            assert await code_of(bidder.get(f"/api/centre/{path}")) == "not_permitted"
        assert (await first.get("/api/centre/parties?page=9"))["parties"] == []
        assert await code_of(first.get("/api/centre/parties?page=0")) == "malformed_message"
        assert await code_of(first.get("/api/centre/parties/nobody")) == "no_such_party"
        (booked,) = (await first.get("/api/centre/bookings"))["bookings"]
        assert (booked["opening"], len(booked["staff"]) > 3) == ("O1", True)
        assert (await acts.view("centre"))["may"]
        assert (await Matters(bidder, HALL).view("centre"))["may"] == []


async def test_a_certificate_that_is_none_is_refused_before_it_stands_anywhere(centre: Doors) -> None:
    async with centre.client(FIRST) as first:
        acts = await desk(first)
        before = (await acts.view("centre"))["lines"]
        nonsense = base64.b64encode(b"no certificate").decode()
        body = {"party": "b9", "name": "九", "kind": "bidder", "code": "", "certificate": nonsense}
        assert await code_of(acts.act("centre", "register_party", body)) == "malformed_certificate"
        shown = await acts.view("centre")
        assert (shown["lines"], len(shown["roots"])) == (before, 1)
