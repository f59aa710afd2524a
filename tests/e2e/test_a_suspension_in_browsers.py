"""A standstill in the middle of the window (clauses 4.7, 4.8), in real browsers: the host suspends while a release is
on its way, the procuring entity gives its reason, the regulator answers on a telephone, the test passes, and what was
not taken is sent again. Everybody else is a robot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from hall import tasks
from hall.rehearsal.demo_ca import PASSWORD, DemoIdentity
from hall.rehearsal.plans import Plan, Player
from hall.rehearsal.processes import python_process
from hall.rehearsal.stage import Stage
from tests.e2e.conftest import SCENE
from tests.e2e.people import Person, a_bid, verified

PRICE = "11805968.88"


@pytest.mark.timeout(420)
@pytest.mark.parametrize("scene", [replace(SCENE, on_call=("regulator", "trading_centre"))])
async def test_clause_4_8_a_a_release_that_met_a_suspension_is_sent_again_and_loses_no_time(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    assert stage.pki is not None
    on_call = {one.id: one for one in stage.pki.on_call}
    bidder = await Person.arrives(browser, "bidder1", stage.port, stage.pki.bidders[0])
    host = await Person.arrives(browser, "host", stage.port, stage.pki.by_role("host"))
    owner = await Person.arrives(
        browser, "procuring-entity", stage.port, stage.pki.by_role("procuring_entity")
    )
    regulator = await Person.arrives(browser, "regulator", stage.port, on_call["regulator"], phone=True)
    people = (bidder, host, owner, regulator)
    for person in people:
        await person.log_in()

    machines = [*stage.pki.bidders[1:], *map(stage.pki.by_role, ("announcer", "scrutineer", "clerk"))]
    async with robots(stage, tmp_path, *machines, on_call["trading_centre"]) as signed_in:
        pdf = tmp_path / "bid.pdf"
        pdf.write_bytes(a_bid(SCENE, bidder, PRICE))
        columns = {"price": PRICE, "period": "300 日历天", "quality": "合格", "manager": "周建国"}
        await bidder.deposits(pdf, {**columns, "security": "200000.00"})
        for person in people:
            await person.enters()
        await bidder.signs_in("王小明")
        await bidder.starts_camera()
        await host.starts_camera()
        await signed_in(2)
        await host.see("advance-by").click()
        await host.see("advance-deadline").click()
        await host.does("advance_clock")
        await host.does("announce_bidders")
        await bidder.does("answer_sealing")
        await expect(host.see("next-step")).to_have_attribute("data-act", "declare_sealing")
        await host.does("declare_sealing")
        await host.does("command_decryption")

        # The release is on its way while the host suspends: it arrives too late by a moment.
        on_its_way, suspended = asyncio.Event(), asyncio.Event()

        async def slowly(route: Route) -> None:
            on_its_way.set()
            await suspended.wait()
            await route.continue_()

        await bidder.page.route("**/acts", slowly)
        await bidder.see("act-release").click()
        await on_its_way.wait()
        form = host.see("form-suspend")
        await host.see("tool-suspend").click()
        await form.get_by_test_id("field-kind").click()
        await host.see("option-network").last.click()
        await (
            host.page.get_by_test_id("form-suspend")
            .locator("textarea")
            .fill("多家投标人来电反映页面打不开。")
        )
        await host.does("suspend")
        suspended.set()
        await expect(bidder.see("release-suspended")).to_have_attribute("data-interrupted", "true")
        await bidder.page.unroute("**/acts")
        left = await bidder.see("frozen-left").inner_text()
        await bidder.picture("suspended-bidder")

        await owner.see("due-reason_suspension").locator("textarea").fill("运营商线路中断。")
        await owner.does("reason_suspension")
        await expect(regulator.see("who-must")).to_have_attribute("data-yours", "true")
        await regulator.picture("consultation-phone")
        for person in (regulator, owner):
            await person.does("consult")
        await host.does("request_test")
        await expect(host.see("reliable-test")).to_have_attribute("data-passed", "true")
        await expect(host.see("due-resume")).to_be_visible()
        assert await bidder.see("frozen-left").inner_text() == left
        await host.picture("suspended-host")
        await host.fill("field-minutes", "0")
        await host.does("resume")

        await expect(bidder.see("release-again")).to_be_visible()
        await bidder.see("act-release").click()
        await bidder.does("answer_results")
        await expect(host.see("next-step")).to_have_attribute("data-act", "declare_results")
        await host.does("declare_results")
        await bidder.does("confirm_price")
        await expect(host.see("ledger")).to_be_attached()
        await expect(host.see("next-step")).to_have_attribute("data-act", "open_objections")
        await host.does("open_objections")
        await host.does("close_objections")
        await owner.settles_the_register()
        await expect(owner.see("act-sign_record")).to_be_enabled()
        await owner.signs_record()
        await expect(host.see("next-step")).to_have_attribute("data-act", "close_opening")
        await host.does("close_opening")
        await bidder.see("leave").click()
        await expect(host.see("closed")).to_be_visible()

    bundle = await host.downloads("bundle", tmp_path / "bundle.zip")
    trust = await host.downloads("trust", tmp_path / "trust.json")
    await stage.close()
    verdict = await asyncio.to_thread(verified, bundle, trust)
    assert verdict["ok"], [v for v in verdict["verdicts"] if v["status"] == "failed"]
    # What the three parties said can only be asserted; that it was told and retold the same is what counts here.
    assert {v["clause"]: v["status"] for v in verdict["verdicts"]}["4.8"] in ("proved", "asserted")
    assert not [complaint for person in people for complaint in person.complaints]


@asynccontextmanager
async def robots(
    stage: Stage, folder: Path, *played: DemoIdentity
) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Everybody else, without cameras, in one process; gives a call that waits until so many have signed in."""
    players = tuple(Player(one.id, one.role, one.p12, PASSWORD) for one in played)
    plan = Plan(stage.base, SCENE.tender, folder / "robots", None, 1, 0.2, 0, players)
    path = folder / "robots.json"
    plan.write(path)
    arrived = asyncio.Semaphore(0)

    async def hear(lines: AsyncIterator[bytes]) -> None:
        async for line in lines:
            if json.loads(line)["event"] == "sign_in":
                arrived.release()

    async def signed_in(count: int) -> None:
        for _ in range(count):
            await arrived.acquire()

    arguments = ("-m", "hall.rehearsal.robots", "--role", "staff", "--config", str(path))
    async with python_process(*arguments, log=stage.log) as (lines, _):
        hearing = tasks.start(hear(lines), "hear the robots")
        try:
            yield signed_in
        finally:
            await tasks.stop(hearing)
