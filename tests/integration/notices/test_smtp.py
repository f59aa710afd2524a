"""Mail to a real server: what arrives, under which protection, and what each of the server's answers leads to."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from hall.clock import ManualClock
from hall.config import NoticesSection
from hall.errors import HallError, Refused, Unavailable
from hall.notices.smtp import SmtpChannel
from hall.runtime.sending import Delivered, Letter
from tests.demo_world import AT
from tests.integration.gateway.test_https import certificate_for_localhost
from tests.integration.notices.mail_server import MailServer, mail_server

LETTER = Letter("【某中心】投标截止时间变更：河堤整治", "甲公司：\n\n.行首的点\n" + "很长的一行" * 300 + "\n")
TO = "bids@jia.example.cn"


def channel(server: MailServer, **settings: Any) -> SmtpChannel:
    usual = {"smtp_host": "localhost", "smtp_security": "none", "smtp_sender": "某中心 <hall@example.cn>"}
    section = NoticesSection(smtp_port=server.port, **(usual | settings))
    return SmtpChannel(section, "hall.localhost", ManualClock(AT))


async def sent(server: MailServer, **settings: Any) -> Delivered:
    through = channel(server, **settings)
    try:
        return await through.send("n1", TO, LETTER)
    finally:
        through.close()


def tls(place: Path) -> ssl.SSLContext:
    certificate_for_localhost(place)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / "tls.pem", place / "tls.key")
    return context


async def test_a_letter_arrives_with_its_exact_words_and_the_servers_queue_id_comes_back() -> None:
    async with mail_server() as server:
        done = await sent(server)
    (mail,) = server.mails
    assert done.answer == "250 2.0.0 Ok: queued as Q1"
    assert (mail.sender, mail.to, mail.message["To"]) == ("hall@example.cn", [TO], TO)
    assert (mail.message["Subject"], mail.text) == (LETTER.subject, LETTER.text)
    assert (mail.message["Message-ID"], mail.message["Auto-Submitted"]) == (done.message_id, "auto-generated")
    assert mail.message["Date"].datetime.timestamp() == AT // 1000


async def test_the_same_notice_again_is_the_same_message() -> None:
    async with mail_server() as server:
        first, again = await sent(server), await sent(server)
    assert first.message_id == again.message_id
    assert TO not in first.message_id


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_mail_and_password_travel_encrypted(security: str, tmp_path: Path) -> None:
    settings = {"smtp_security": security, "smtp_ca": tmp_path / "tls.pem", "smtp_user": "hall"}
    async with mail_server(tls(tmp_path), at_once=security == "tls") as server:
        await sent(server, **settings, smtp_password="open sesame")
    (mail,) = server.mails
    assert mail.encrypted
    assert mail.user == "\0hall\0open sesame"


async def test_a_server_under_another_certificate_gets_nothing(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    certificate_for_localhost(tmp_path / "other")
    async with mail_server(tls(tmp_path)) as server:
        with pytest.raises(Unavailable, match="mail_server_away"):
            await sent(server, smtp_security="starttls", smtp_ca=tmp_path / "other" / "tls.pem")
    assert server.mails == []


async def test_a_server_without_starttls_gets_nothing(tmp_path: Path) -> None:
    certificate_for_localhost(tmp_path)
    async with mail_server() as server:
        with pytest.raises(Unavailable, match="mail_server_away"):
            await sent(server, smtp_security="starttls", smtp_ca=tmp_path / "tls.pem")
    assert server.mails == []


@pytest.mark.parametrize(
    ("command", "answer", "error", "code"),
    [
        ("RCPT", f"550 5.1.1 <{TO}>: unknown", Refused, "mailbox_refused"),
        ("RCPT", f"450 4.2.0 <{TO}>: greylisted", Unavailable, "mail_server_away"),
        ("MAIL", "553 5.1.8 sender unknown", Refused, "sender_refused"),
        ("DATA", "554 5.7.1 looks like spam", Refused, "message_refused"),
        ("DATA", "452 4.3.1 no space", Unavailable, "mail_server_away"),
    ],
)
async def test_a_servers_no_is_final_or_for_now_and_repeats_no_address(
    command: str, answer: str, error: type[HallError], code: str
) -> None:
    async with mail_server() as server:
        server.says[command] = answer
        with pytest.raises(error) as refused:
            await sent(server)
    assert refused.value.code == code
    assert refused.value.facts == {"answer": " ".join(answer.split()[:2])}
    assert TO not in str(refused.value)
    assert server.mails == []


async def test_a_refused_login_can_be_mended() -> None:
    async with mail_server() as server:
        server.says["AUTH"] = "535 5.7.8 wrong"
        with pytest.raises(Unavailable, match="mail_login_refused"):
            await sent(server, smtp_user="hall", smtp_password="x")


async def test_a_server_that_hangs_up_or_is_not_there_is_away() -> None:
    async with mail_server() as server:
        server.hangs_up = True
        with pytest.raises(Unavailable, match="mail_server_away"):
            await sent(server)
    with pytest.raises(Unavailable, match="mail_server_away"):
        await sent(server)
