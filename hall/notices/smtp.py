"""Notices by mail: one message to one address over SMTP (RFC 5321), by the standard library, in a thread.

Settings decide the protection: `starttls`, `tls` from the first byte, or `none`, which stays on this machine. What may
not live here: retries, and any line in a log; an error never carries an address.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Final

from hall.clock import Clock
from hall.config import BadConfig, NoticesSection
from hall.errors import Refused, Unavailable
from hall.runtime.sending import Delivered, Letter

PATIENCE: Final = 15.0
"""Seconds that the mail server may let wait for each of its answers."""

_MOST_ANSWER: Final = 200
_ADDRESS: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+")


class SmtpChannel:
    """Sends through the mail server of the settings. Raises BadConfig for a CA file that can't be read."""

    def __init__(self, settings: NoticesSection, origin: str, clock: Clock) -> None:
        self._settings = settings
        self._origin = origin
        self._clock = clock
        # Its own threads: a mail server that hangs must not hold up the hall's disks.
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="mail")
        self._tls: ssl.SSLContext | None = None
        if settings.smtp_security != "none":
            try:
                self._tls = ssl.create_default_context(cafile=settings.smtp_ca)
            except (OSError, ssl.SSLError) as error:
                raise BadConfig(f"notices.smtp_ca: {error}") from None

    async def send(self, notice: str, to: str, letter: Letter) -> Delivered:
        """Hand the letter to the mail server. Delivered.answer is its 250, with the queue id where it gives one.

        Raises Unavailable: "mail_server_away", "mail_login_refused"; Refused: "sender_refused",
        "mailbox_refused", "message_refused".
        """
        message = self._message(notice, to, letter)
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._threads, self._hand_over, message, to)
        return Delivered(str(message["Message-ID"]), answer)

    def close(self) -> None:
        """Begin nothing more; what is being handed over ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _message(self, notice: str, to: str, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._settings.smtp_sender
        message["To"] = Address(addr_spec=to)
        message["Subject"] = letter.subject
        message["Date"] = formatdate(self._clock.now() // 1000)
        # One notice to one address has one id for ever: a mailbox shows what was sent twice once.
        address = hashlib.sha256(f"{notice}\n{to}".encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{address}@{self._origin}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        message.set_content(letter.text, cte="base64")
        return message

    def _hand_over(self, message: EmailMessage, to: str) -> str:
        """Blocking. The server's answer to the whole message."""
        server: smtplib.SMTP | None = None
        try:
            server = self._connect()
            self._introduce(server)
            _check(server.mail(_envelope(self._settings.smtp_sender)), "sender_refused")
            _check(server.rcpt(to), "mailbox_refused")
            code, answer = server.data(message.as_bytes())
            _check((code, answer), "message_refused")
            return f"{code} {_words(answer)}"
        except smtplib.SMTPDataError as error:
            _check((error.smtp_code, error.smtp_error), "message_refused")
            raise Unavailable("mail_server_away") from None
        except smtplib.SMTPAuthenticationError as error:
            raise Unavailable("mail_login_refused", answer=f"{error.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable("mail_server_away", answer=type(error).__name__) from None
        finally:
            if server is not None:
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()

    def _connect(self) -> smtplib.SMTP:
        host, port = self._settings.smtp_host, self._settings.smtp_port
        if self._settings.smtp_security == "tls":
            return smtplib.SMTP_SSL(host, port, self._origin, timeout=PATIENCE, context=self._tls)
        return smtplib.SMTP(host, port, self._origin, timeout=PATIENCE)

    def _introduce(self, server: smtplib.SMTP) -> None:
        if self._settings.smtp_security == "starttls":
            server.starttls(context=self._tls)
        server.ehlo_or_helo_if_needed()
        if self._settings.smtp_user:
            server.login(self._settings.smtp_user, self._settings.smtp_password)


def _check(reply: tuple[int, bytes | str], code: str) -> None:
    """RFC 5321: 2xx done, 4xx not now, 5xx never."""
    number, words = reply
    if number // 100 == 2:
        return
    # A server's complaint may repeat the address: its number, and the enhanced code of RFC 3463, say enough.
    found = re.match(r"\d\.\d{1,3}\.\d{1,3}", _words(words))
    answer = f"{number} {found[0]}" if found else str(number)
    if number // 100 == 5:
        raise Refused(code, answer=answer)
    raise Unavailable("mail_server_away", answer=answer)


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    plain = "".join(char if char.isprintable() else " " for char in text)
    return re.sub(r"\S+@\S+", "…", plain)[:_MOST_ANSWER]


def _envelope(sender: str) -> str:
    """The bare address of a sender such as `某中心 <hall@example.cn>`."""
    found = _ADDRESS.search(sender)
    return found[0] if found else sender
