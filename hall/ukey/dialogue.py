"""Asking the person, apart from the page that asks for something: a question with its facts, and the two ways to ask.

What lives here: what is asked, and the terminal. The small local page is `window`. What may not: deciding for anybody.
"""

from __future__ import annotations

import asyncio
import getpass
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hall.ukey.words import Words


@dataclass(frozen=True, slots=True)
class Question:
    """A yes or no. `title` and `warning` are sentences, `lines` what the decision is about."""

    title: str
    lines: tuple[tuple[str, str], ...]
    warning: str = ""


class Dialogue(Protocol):
    """One person; the program asks one thing at a time."""

    async def consents(self, question: Question) -> bool:
        """Ask. No answer is a no."""

    async def pin(self, question: Question) -> str | None:
        """Ask for a PIN, which is shown nowhere; None when the person refuses."""

    def tell(self, question: Question) -> None:
        """Show something that needs no answer, such as a pairing code; it stays until something else is shown."""


class Terminal:
    """Asks in the terminal that the program was started in."""

    def __init__(self, words: Words) -> None:
        self._words = words

    async def consents(self, question: Question) -> bool:
        self.tell(question)
        answer = await _in_thread(lambda: input(f"{self._words['yes_or_no']} "))
        return answer.strip().lower() in ("y", "yes", "是", "同意")

    async def pin(self, question: Question) -> str | None:
        self.tell(question)
        return await _in_thread(lambda: getpass.getpass(f"{self._words['pin']}: ")) or None

    def tell(self, question: Question) -> None:
        width = max((len(name) for name, _ in question.lines), default=0)
        shown = [f"  {name:<{width}}  {value}" for name, value in question.lines]
        warning = [f"  ! {question.warning}"] if question.warning else []
        sys.stdout.write("\n".join(("", f"== {question.title}", *shown, *warning, "")) + "\n")
        sys.stdout.flush()


async def _in_thread(read: Callable[[], str]) -> str:
    """Read a line without holding up the loop, in a thread that doesn't hold up the program's end either."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def settle(line: str) -> None:
        if not answer.done():
            answer.set_result(line)

    def run() -> None:
        try:
            line = read()
        except (EOFError, KeyboardInterrupt):
            line = ""
        loop.call_soon_threadsafe(settle, line)

    threading.Thread(target=run, name="terminal", daemon=True).start()
    return await answer
