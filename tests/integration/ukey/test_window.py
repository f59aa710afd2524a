"""The program's own page: found by its secret alone, answered once, and never by another page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from hall import tasks
from hall.ukey.dialogue import Question
from hall.ukey.server import listen
from hall.ukey.window import Window
from hall.ukey.words import LANGUAGES

ASKED = Question("Sign: <login>", (("tender", "T-1 & more"),), "look twice")


class Shown:
    """The page in somebody's browser."""

    def __init__(self, window: Window, port: int, http: ClientSession) -> None:
        self.window = window
        self.base = f"http://127.0.0.1:{port}"
        self.http = http

    async def text(self) -> str:
        async with self.http.get(self.base + self.window.path) as answer:
            assert answer.status == 200
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            return await answer.text()

    async def until(self, words: str) -> str:
        while words not in (text := await self.text()):
            pass
        return text

    async def press(self, number: str, answer: str, origin: str | None = None, **more: str) -> int:
        form = {"number": number, "answer": answer, **more}
        headers = {"Origin": origin or self.base}
        url = self.base + self.window.path
        async with self.http.post(url, data=form, headers=headers, allow_redirects=False) as done:
            return done.status


@pytest.fixture
async def page() -> AsyncIterator[Shown]:
    window = Window(LANGUAGES["en"])
    app = web.Application()
    app.add_routes(window.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    listening = listen([0])
    try:
        await web.SockSite(runner, listening).start()
        async with ClientSession() as http:
            yield Shown(window, listening.getsockname()[1], http)
    finally:
        await runner.cleanup()


def number_in(text: str) -> str:
    found = re.search(r"name=number value=(\d+)", text)
    assert found is not None
    return found[1]


async def test_a_question_is_shown_and_answered(page: Shown) -> None:
    assert "Nothing to decide" in await page.text()
    for pressed, expected in (("yes", True), ("no", False)):
        asking = tasks.start(page.window.consents(ASKED), "ask")
        text = await page.until("&lt;login&gt;")
        assert "T-1 &amp; more" in text
        assert "look twice" in text
        assert "http-equiv=refresh" not in text
        assert await page.press(number_in(text), pressed) == 303
        assert await asking is expected
    assert "Nothing to decide" in await page.text()


async def test_a_pin_is_typed_and_shown_nowhere(page: Shown) -> None:
    asking = tasks.start(page.window.pin(ASKED), "ask")
    number = number_in(await page.until("type=password"))
    await page.press(number, "yes", pin="123456")
    assert await asking == "123456"
    assert "123456" not in await page.text()
    asking = tasks.start(page.window.pin(ASKED), "ask")
    await page.press(number_in(await page.until("type=password")), "no", pin="123456")
    assert await asking is None


async def test_nobody_else_answers(page: Shown) -> None:
    asking = tasks.start(page.window.consents(ASKED), "ask")
    number = number_in(await page.until("name=number"))
    assert await page.press(number, "yes", origin="https://hall.example") == 403
    async with page.http.get(f"{page.base}/ask/guessed") as answer:
        assert answer.status == 404
    # The answer to a question that was there before is not the answer to this one.
    assert await page.press(str(int(number) - 1), "yes") == 303
    assert not asking.done()
    await page.press(number, "no")
    assert not await asking
