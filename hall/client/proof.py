"""Keeps a client's witness true: asks the hall for the proofs that each step needs, and writes down what was verified.

What lives here: asking, retrying, the file. What may not: what counts as a proof (`witness`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from hall.client import witness as w
from hall.clock import Clock
from hall.errors import HallError, Malformed, Refused, Unavailable

log = logging.getLogger("hall.client")


_NO_ANSWER: Final = frozenset({"hall_unreachable", "login_needed"})
"""The line is down or the login over: that says nothing about the history."""

Get = Callable[[str], Awaitable[Any]]
"""Gives the JSON at a path. Raises HallError."""


class Keeper:
    """What one client verified of one tender's history.

    file: where it is kept from one run to the next, None for as long as the process lives.
    """

    def __init__(self, get: Get, opening: str, clock: Clock, file: Path | None = None) -> None:
        self._get = get
        self._base = f"/api/openings/{quote(opening)}/proof"
        self._clock = clock
        self._file = file
        self._turn = asyncio.Lock()
        self._asked: tuple[str, float] = ("", 0.0)
        self._told: Callable[[], None] = lambda: None
        self.witness = w.Witness()
        if file is not None and file.exists():
            self.witness = w.from_json(_read(file))

    def listen(self, told: Callable[[], None]) -> None:
        """Call `told()` whenever something was verified or has become an alarm."""
        self._told = told

    @property
    def verified(self) -> tuple[int, str] | None:
        """(size, root) last verified: what acts bind. Raises Refused("another_history") after an alarm."""
        self.check()
        kept = self.witness.kept
        return None if kept is None else (kept.size, kept.root)

    def check(self) -> None:
        """Raises Refused("another_history") where two histories were seen: nothing is to be signed any more."""
        if self.witness.alarm is not None:
            raise Refused("another_history", seen=self.witness.alarm.code)

    def saw_key(self, log_key: str) -> None:
        """Take the log key that the hall publishes. Raises Malformed("malformed_log_key")."""
        self._adopt(w.saw_key(self.witness, log_key, self._now()))

    def promised(self, label: str, document: Mapping[str, Any]) -> None:
        """Take a receipt or acknowledgement. Raises Refused("another_history") unless the kept key signed it."""
        self._adopt(w.promised(self.witness, label, document, self._now()))
        self.check()

    async def saw(self, note: str) -> bool:
        """Verify a checkpoint, with its consistency proof and the rows that are owed. False: not proved yet."""
        async with self._turn:
            before, wanted = w.saw(self.witness, note, self._now())
            self._adopt(before)
            if wanted is not None and not await self._prove(note, wanted.size):
                return False
            await self._redeem()
            return True

    async def met(self, act: Mapping[str, Any]) -> None:
        """Hold an act of another party against the own history: parties who were shown different ones find out."""
        async with self._turn:
            kept, size = self.witness.kept, act.get("tree_size")
            if kept is None or not isinstance(size, int) or not 0 < size <= kept.size:
                return
            path: list[str] = []
            if size < kept.size:
                try:
                    shown = await self._get(f"{self._base}/consistency?first={size}&second={kept.size}")
                    path = [str(step) for step in shown["path"]]
                except HallError:
                    return  # the next checkpoint asks again
            self._adopt(w.met(self.witness, act, path, self._now()))

    async def _prove(self, note: str, size: int) -> bool:
        kept = self.witness.kept
        assert kept is not None
        try:
            shown = await self._get(f"{self._base}/consistency?first={kept.size}&second={size}")
            path = [str(step) for step in shown["path"]]
        except HallError as error:
            return False if error.code in _NO_ANSWER else self._waited(note)
        except (KeyError, TypeError):
            return self._waited(note)
        self._asked = ("", 0.0)
        self._adopt(w.proved(self.witness, note, path, self._now()))
        return True

    def _waited(self, note: str) -> bool:
        """Whether the proof has been missing for so long that this is an answer."""
        started = self._asked[1] if self._asked[0] else self._clock.monotonic()
        self._asked = (note, started)
        if self._clock.monotonic() - started < w.ASKED_FOR:
            return False
        self._adopt(w.unproved(self.witness, note, self._now()))
        return True

    async def _redeem(self) -> None:
        for promise in w.owed(self.witness):
            kept = self.witness.kept
            assert kept is not None
            try:
                shown = await self._get(f"{self._base}/inclusion?leaf={promise.leaf}&size={kept.size}")
                index, path = int(shown["index"]), [str(step) for step in shown["path"]]
            except Unavailable:
                return  # the next checkpoint asks again
            except (HallError, KeyError, TypeError, ValueError):
                self._adopt(w.broken(self.witness, promise.leaf, self._now()))
                return
            self._adopt(w.included(self.witness, promise.leaf, index, path, self._now()))

    def _adopt(self, found: w.Witness) -> None:
        if found == self.witness:
            return
        if found.alarm is not None and self.witness.alarm is None:
            log.critical("the hall showed another history: %s", found.alarm.code)
        self.witness = found
        if self._file is not None:
            part = self._file.with_name(self._file.name + ".part")
            part.write_text(json.dumps(w.to_json(found), ensure_ascii=False), encoding="utf-8")
            part.replace(self._file)
        self._told()

    def _now(self) -> int:
        return self._clock.now()


def _read(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise Malformed("malformed_witness") from None
    if not isinstance(found, dict):
        raise Malformed("malformed_witness")
    return found
