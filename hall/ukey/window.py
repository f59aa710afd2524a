"""The program's own small page: a question at a time, at an address with a secret that only this user is told.

What lives here: forms without scripts. What may not: anything about tokens and acts. Nobody else's page can read or
frame it, and a form is answered once: its number is the question's.
"""

from __future__ import annotations

import asyncio
import html
import secrets
from typing import Final

from aiohttp import web

from hall.ukey.dialogue import Question
from hall.ukey.words import Words

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_STYLE: Final = (
    "body{font:16px/1.6 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1c2430}"
    "main{max-width:680px;margin:24px auto;padding:24px;background:#fff;border:1px solid #d8dde5;border-radius:10px}"
    "h1{font-size:22px;margin:0 0 12px}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:6px 16px;margin:0 0 16px}"
    "dt{color:#5a6573}dd{margin:0;overflow-wrap:anywhere;font-weight:600}.warn{background:#fff5dc;padding:10px 12px;"
    "border-radius:6px}button{font:inherit;padding:10px 24px;border-radius:8px;border:1px solid #1a5fb4;"
    "margin-right:12px;"
    "background:#1a5fb4;color:#fff}button.no{background:#fff;color:#1c2430;border-color:#8a94a3}"
    "input{font:inherit;padding:8px;width:14em;margin-bottom:16px;display:block}p.soft{color:#5a6573}"
    "@media(max-width:480px){main{margin:0;border:0;border-radius:0}dl{grid-template-columns:1fr}dd{margin-bottom:6px}}"
)


class Window:
    """A `Dialogue` in the browser: the page renews itself until there is something to decide."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._secret = secrets.token_urlsafe(24)
        self._shown: Question | None = None
        self._waiting: asyncio.Future[str] | None = None
        self._wants_pin = False
        self._number = 0

    @property
    def path(self) -> str:
        """Where the page is, with its secret."""
        return f"/ask/{self._secret}"

    def routes(self) -> list[web.RouteDef]:
        """The two routes of the page."""
        return [web.get("/ask/{secret}", self._get), web.post("/ask/{secret}", self._post)]

    async def consents(self, question: Question) -> bool:
        return await self._ask(question, wants_pin=False) == "yes"

    async def pin(self, question: Question) -> str | None:
        return await self._ask(question, wants_pin=True) or None

    def tell(self, question: Question) -> None:
        self._shown = question
        self._number += 1

    async def _ask(self, question: Question, *, wants_pin: bool) -> str:
        self.tell(question)
        self._wants_pin = wants_pin
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            return await self._waiting
        finally:
            self._shown, self._waiting = None, None
            self._number += 1

    async def _get(self, request: web.Request) -> web.Response:
        self._admit(request)
        return web.Response(text=self._page(), content_type="text/html", headers=HEADERS)

    async def _post(self, request: web.Request) -> web.Response:
        self._admit(request)
        if request.headers.get("Origin") != f"http://{request.host}":
            raise web.HTTPForbidden
        form = await request.post()
        waiting = self._waiting
        if waiting is not None and not waiting.done() and form.get("number") == str(self._number):
            yes = form.get("answer") == "yes"
            answer = str(form.get("pin", "")) if self._wants_pin else "yes"
            waiting.set_result(answer if yes else "")
            await asyncio.sleep(0)  # the question is put away before the page is shown again
        raise web.HTTPSeeOther(self.path, headers=HEADERS)

    def _admit(self, request: web.Request) -> None:
        if not secrets.compare_digest(request.match_info["secret"].encode(), self._secret.encode()):
            raise web.HTTPNotFound

    def _page(self) -> str:
        w = self._words
        question, open_ = self._shown, self._waiting is not None
        if question is None:
            body = f"<h1>{_text(w['program'])}</h1><p class=soft>{_text(w['nothing'])}</p>"
        else:
            lines = "".join(
                f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in question.lines
            )
            warning = f"<p class=warn>{_text(question.warning)}</p>" if question.warning else ""
            body = f"<h1>{_text(question.title)}</h1><dl>{lines}</dl>{warning}{self._form() if open_ else ''}"
        # While something is to be decided nothing moves under the person's hand.
        renew = "" if open_ else "<meta http-equiv=refresh content=1>"
        return (
            f"<!doctype html><html lang={w['lang']}><head><meta charset=utf-8>{renew}"
            f"<meta name=viewport content='width=device-width,initial-scale=1'><title>{_text(w['program'])}</title>"
            f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
        )

    def _form(self) -> str:
        w = self._words
        pin = (
            f"<label>{_text(w['pin'])}<input name=pin type=password autocomplete=off autofocus></label>"
            if self._wants_pin
            else ""
        )
        return (
            f"<form method=post><input type=hidden name=number value={self._number}>{pin}"
            f"<button name=answer value=yes>{_text(w['yes'])}</button>"
            f"<button class=no name=answer value=no formnovalidate>{_text(w['no'])}</button></form>"
        )


def _text(value: str) -> str:
    return html.escape(value)
