"""A small mail server on this machine (RFC 5321, RFC 3207): keeps what it is given, and can be told to refuse."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived."""

    sender: str
    to: list[str]
    message: EmailMessage
    encrypted: bool
    user: str

    @property
    def text(self) -> str:
        return str(self.message.get_content()).replace("\r\n", "\n")


@dataclass
class MailServer:
    """says: answers that stand in for the usual ones, by command, such as {"RCPT": "550 5.1.1 unknown"}."""

    tls: ssl.SSLContext | None = None
    says: dict[str, str] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    port: int = 0
    hangs_up: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            if not self.hangs_up:
                await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, to, user = "", list[str](), ""

        def say(usual: str, command: str = "") -> None:
            writer.write((self.says.get(command, usual) + "\r\n").encode())

        say("220 mail.localhost ready")
        while line := (await reader.readuntil(b"\r\n")).decode().strip():
            command = line.split()[0].upper()
            match command:
                case "EHLO":
                    secure = writer.get_extra_info("ssl_object") is not None
                    offers = ["AUTH PLAIN"] if secure or self.tls is None else ["STARTTLS"]
                    for offer in ("mail.localhost", *offers[:-1]):
                        say(f"250-{offer}")
                    say(f"250 {offers[-1]}")
                case "STARTTLS":
                    say("220 go on")
                    await writer.drain()
                    assert self.tls is not None
                    await writer.start_tls(self.tls)
                case "AUTH":
                    user = base64.b64decode(line.split()[2]).decode()
                    say("235 2.7.0 accepted", command)
                case "MAIL":
                    sender, to = line.partition(":")[2].split()[0].strip("<>"), []
                    say("250 2.1.0 ok", command)
                case "RCPT":
                    to.append(line.partition(":")[2].split()[0].strip("<>"))
                    say("250 2.1.5 ok", command)
                case "DATA":
                    say("354 go on")
                    data = await reader.readuntil(b"\r\n.\r\n")
                    if command not in self.says:
                        message = message_from_bytes(
                            data[:-3].replace(b"\r\n..", b"\r\n."), policy=policy.default
                        )
                        assert isinstance(message, EmailMessage)
                        encrypted = writer.get_extra_info("ssl_object") is not None
                        self.mails.append(Mail(sender, to, message, encrypted, user))
                    say(f"250 2.0.0 Ok: queued as Q{len(self.mails)}", command)
                case "QUIT":
                    say("221 bye")
                    return
                case _:
                    say("250 ok")
            await writer.drain()


@asynccontextmanager
async def mail_server(
    tls: ssl.SSLContext | None = None, *, at_once: bool = False
) -> AsyncIterator[MailServer]:
    """Run one on a free port. at_once: TLS from the first byte instead of STARTTLS."""
    served = MailServer(None if at_once else tls)
    listening = await asyncio.start_server(served.serve, "127.0.0.1", 0, ssl=tls if at_once else None)
    served.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield served
