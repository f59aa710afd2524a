"""Notices by short message: a command of the operator's hands each one to a gateway.

The command gets one line of JSON on its standard input, `{"notice", "text", "to"}`, never an argument: other users of a
machine see arguments. Exit code 0: taken over, and its first line of output is the gateway's answer; 65 or 67: never
(wrong data, no such number); anything else, or no end in time: to be tried again. No shell, and none of our secrets in
its environment.
"""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import suppress
from typing import Final

from hall.errors import Refused, Unavailable
from hall.procurement import canonical
from hall.runtime.sending import Delivered, Letter

PATIENCE: Final = 20.0
"""Seconds that the command may take."""

_NEVER: Final = (65, 67)  # EX_DATAERR, EX_NOUSER of sysexits.h
_MOST_ANSWER: Final = 200


class SmsChannel:
    """Runs the command of the settings, program and arguments, once for each message."""

    def __init__(self, command: tuple[str, ...], patience: float = PATIENCE) -> None:
        self._command = command
        self._patience = patience

    async def send(self, notice: str, to: str, letter: Letter) -> Delivered:
        """Hand the letter's subject over; the whole text lies in the inbox.

        Raises Unavailable("sms_gateway_away"), Refused("phone_refused").
        """
        message = canonical.dumps({"notice": notice, "text": letter.subject, "to": to}) + b"\n"
        environment = {key: os.environ[key] for key in ("PATH", "LANG", "HOME") if key in os.environ}
        pipe = asyncio.subprocess.PIPE
        try:
            running = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env=environment
            )
        except OSError as error:
            raise Unavailable("sms_gateway_away", answer=type(error).__name__) from None
        try:
            async with asyncio.timeout(self._patience):
                out, _ = await running.communicate(message)
        except TimeoutError:
            raise Unavailable("sms_gateway_away", answer="timeout") from None
        finally:
            if running.returncode is None:
                with suppress(ProcessLookupError):
                    running.kill()
                await running.wait()
        if running.returncode in _NEVER:
            raise Refused("phone_refused", answer=str(running.returncode))
        if running.returncode != 0:
            raise Unavailable("sms_gateway_away", answer=str(running.returncode))
        return Delivered(notice, _words(out))

    def close(self) -> None:
        """Nothing is kept open."""


def _words(out: bytes) -> str:
    """The first line of the answer. A number in it might be the addressee's."""
    line = next(iter(out.decode("utf-8", "replace").splitlines()), "")
    return re.sub(r"\+?\d{7,}", "…", "".join(char for char in line if char.isprintable()))[:_MOST_ANSWER]
