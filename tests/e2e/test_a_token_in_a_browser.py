"""A bidder whose key lies in a token: a page, the program `hall ukey` beside it with its own window, and SoftHSM2."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from hall import tasks
from hall.client.keys import from_pem
from hall.rehearsal.stage import Stage
from tests import softhsm
from tests.e2e.conftest import SCENE
from tests.e2e.people import PATIENCE, Person, a_bid
from tests.e2e.test_a_suspension_in_browsers import robots

pytestmark = [pytest.mark.long, pytest.mark.timeout(420)]

PRICE = "11805968.88"


class Window:
    """The person at the program's own window: reads what is asked, types the PIN, agrees."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []

    async def code(self) -> str:
        shown = self.page.locator("dd").nth(2)
        await expect(shown).to_be_visible()
        return await shown.inner_text()

    async def types(self, pin: str) -> None:
        await self.page.locator("input[name=pin]").fill(pin)
        await self.agrees()

    async def agrees(self, titled: str = "") -> None:
        button = self.page.locator("button[value=yes]")
        await expect(button).to_be_visible()
        if titled:
            await expect(self.page.locator("h1")).to_contain_text(titled)
        self.asked.append(await self.page.locator("main").inner_text())
        await button.click()
        await expect(button).to_be_hidden()

    async def picture(self, name: str) -> None:
        if folder := os.environ.get("HALL_SCREENS"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@asynccontextmanager
async def ukey(folder: Path, origin: str, browser: Browser) -> AsyncIterator[tuple[int, Window]]:
    """Start the program; give its port and its window."""
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "hall", "ukey", "--pkcs11", str(softhsm.LIBRARY), "--origin", origin, "--port", "0"),
        *("--no-browser", "--state", str(folder / "pairings.json")),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert program.stdout is not None
        await program.stdout.readline()
        address = (await program.stdout.readline()).decode().split(": ", 1)[1].strip()
        page = await (await browser.new_context(viewport={"width": 720, "height": 640})).new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(address)
        yield int(address.split(":")[2].split("/")[0]), Window(page)
    finally:
        if program.returncode is None:
            program.terminate()
        await program.wait()


async def test_a_bidder_signs_in_and_releases_with_a_token(
    stage: Stage, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stage.pki is not None
    mine = stage.pki.bidders[0]
    monkeypatch.setenv("SOFTHSM2_CONF", "")  # so that it is what it was afterwards
    softhsm.make(
        tmp_path / "token", {"bidder": from_pem(mine.certificate_pem.read_bytes(), mine.key.read_bytes())}
    )
    origin = f"http://bidder1.localhost:{stage.port}"
    async with ukey(tmp_path, origin, browser) as (port, window):
        bidder = await Person.arrives(browser, "bidder1", stage.port, mine)
        host = await Person.arrives(browser, "host", stage.port, stage.pki.by_role("host"))
        await host.log_in()
        await _logs_in(bidder, window, port)
        others = [
            *stage.pki.bidders[1:],
            *map(stage.pki.by_role, ("announcer", "scrutineer", "clerk", "procuring_entity")),
        ]
        async with robots(stage, tmp_path, *others) as arrived:
            await _deposits(bidder, window, tmp_path)
            for person in (bidder, host):
                await person.enters()
            await _with(window, bidder.signs_in("王小明"), "签到")
            await host.starts_camera()
            await bidder.starts_camera()
            await arrived(2)
            await host.see("advance-by").click()
            await host.see("advance-deadline").click()
            for act in ("advance_clock", "announce_bidders"):
                await host.does(act)
            await _with(window, bidder.does("answer_sealing"), "答复密封检查")
            await expect(host.see("next-step")).to_have_attribute("data-act", "declare_sealing")
            for act in ("declare_sealing", "command_decryption"):
                await host.does(act)
            await bidder.see("act-release").click()
            await expect(window.page.locator("h1")).to_contain_text("解密投标文件")
            await window.picture("ukey-release")
            await window.agrees("解密投标文件")
            await _with(window, bidder.does("answer_results"), "答复解密结果")
    assert SCENE.tender in window.asked[-2]
    assert not bidder.complaints + host.complaints


async def _logs_in(bidder: Person, window: Window, port: int) -> None:
    """Find the program, pair, choose the certificate, type the PIN over there, agree to the login."""
    await bidder.see("way-ukey").click()
    await bidder.see("ukey-connect").click()
    await expect(bidder.see("failure-ukey_not_running")).to_be_visible()
    await bidder.page.locator("summary").click()
    await bidder.fill("ukey-port", str(port))
    await bidder.see("ukey-connect").click()
    await bidder.see("ukey-pair").click()
    await bidder.fill("ukey-code", await window.code())
    await window.picture("ukey-pairing")
    await bidder.picture("login-pairing")
    await bidder.see("ukey-enter-code").click()
    await bidder.see("ukey-use").click()
    await window.types("000000")
    await expect(bidder.page.locator("[data-testid^=failure-pin_wrong]")).to_be_visible()
    await bidder.picture("login-token")
    await bidder.see("ukey-use").click()
    await window.types(softhsm.PIN)
    await window.agrees("登录")
    await expect(bidder.see("my-role")).to_be_visible()


async def _deposits(bidder: Person, window: Window, folder: Path) -> None:
    pdf = folder / "bid.pdf"
    pdf.write_bytes(a_bid(SCENE, bidder, PRICE))
    columns = {
        "price": PRICE,
        "period": "300 日历天",
        "quality": "合格",
        "manager": "周建国",
        "security": "1.00",
    }
    await _with(window, bidder.deposits(pdf, columns), "PDF", "摘要", "递交投标文件")


async def _with(window: Window, deed: Coroutine[Any, Any, None], *titles: str) -> None:
    """Do something in the page while the person agrees, one question after the other, in the program's window."""
    doing = tasks.start(deed, "a deed in the page")
    for titled in titles:
        await window.agrees(titled)
    await doing
