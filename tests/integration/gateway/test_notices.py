"""The inbox at the door: one's own notices and nobody else's, receipts of reading, signed records of delivery."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import aiohttp
import pytest

from hall.client.api import Hall
from hall.client.keys import Context
from hall.errors import HallError
from hall.notifying import owed as o
from hall.notifying.state import digest
from hall.procurement import canonical
from hall.storage.keys import HallKeys
from tests.integration.gateway.conftest import Doors

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEADLINE = 1_795_312_800_000
NOBODYS = "00" * 16
CONTEXT = Context(origin="hall.localhost", tender="T1", opening="O1")


async def told(doors: Doors, *bidders: str, reason: str) -> None:
    """The hall tells these bidders that their certificate will not do."""
    to = tuple(o.Addressee("bidder", bidder) for bidder in bidders)
    office = doors.core.post_office
    facts = {"reason": reason, "deadline": DEADLINE, "needed": "0123"}
    await office.tell("T1", o.Draft("certificate_watch", to, facts))
    room, changed = office.mailrooms["T1"].room, asyncio.Event()
    end = room.listen(lambda _: changed.set())
    async with asyncio.timeout(20):
        while room.state.waiting:
            changed.clear()
            await changed.wait()
    end()


async def inbox(hall: Hall) -> list[dict[str, Any]]:
    return list((await hall.get("/api/inbox"))["notices"])


def holds(doors: Doors, record: dict[str, Any]) -> bool:
    """Whether the hall's log key signed this record of delivery."""
    key = HallKeys.load_or_create(doors.config.storage.data / "keys").log.public_key()
    body = {name: value for name, value in record.items() if name != "signature"}
    key.verify(base64.b64decode(record["signature"]), b"bidhall/1 delivery\0" + canonical.dumps(body))
    return True


async def test_a_party_finds_its_notice_reads_it_and_gets_the_signed_record_of_that(doors: Doors) -> None:
    await told(doors, "b1", reason="replaced")
    async with doors.client("b1") as hall:
        await hall.login()
        notice = (await inbox(hall))[0]
        assert (notice["kind"], notice["opening"], notice["read_at"]) == ("certificate_watch", "O1", None)
        assert "已被新证书取代" in notice["text"] and "was replaced by a newer one" in notice["text"]
        assert notice["sha256"] == digest(notice["subject"], notice["text"])

        path = f"/api/inbox/{notice['notice']}"
        record = await hall.get(f"{path}/delivery")
        assert holds(doors, record) and record["read"] is None
        (sent,) = record["sent"]
        assert (sent["channel"], sent["sha256"]) == ("inbox", notice["sha256"])

        read = await hall.post(f"{path}/read", {})
        assert holds(doors, read)
        assert (read["read"]["certificate"], read["read"]["act"]) == (hall.identity.certificate.sha256, None)
        assert (await inbox(hall))[0]["read_at"] == read["read"]["at"] > 0
        assert await hall.post(f"{path}/read", {}) == read

        rows = await doors.core.journal.rows("T1")
        assert record["leaf"] in {row.leaf for row in rows if row.kind == "NoticeOwed"}


async def test_a_party_may_sign_for_the_very_words_that_it_read(doors: Doors) -> None:
    await told(doors, "b2", reason="revoked")
    async with doors.client("b2") as hall:
        await hall.login()
        notice = (await inbox(hall))[0]
        path = f"/api/inbox/{notice['notice']}/read"
        body: dict[str, object] = {"notice": notice["notice"], "sha256": notice["sha256"]}
        for context, said, code in (
            (CONTEXT, body | {"sha256": "00" * 32}, "digest_mismatch"),
            (Context("hall.localhost", tender="T2", opening="O1"), body, "wrong_tender"),
            (Context("hall.localhost", tender="T1", opening="O2"), body, "act_for_another_opening"),
        ):
            with pytest.raises(HallError, match=code):
                await hall.signed(path, "read_notice", context, said)
        record, act = await hall.signed(path, "read_notice", CONTEXT, body)
        assert holds(doors, record)
        assert record["read"]["act"] == act.to_json()
        assert (await inbox(hall))[0]["signed"] is True

        forged = (await hall.sign("read_notice", CONTEXT, body)).with_signature(b"\0" * 64)
        with pytest.raises(HallError, match="bad_signature"):
            await hall.post(path, {"act": forged.to_json()})


async def test_nobody_learns_before_the_announcement_what_others_are_told_or_that_they_are(
    doors: Doors,
) -> None:
    async def seen(hall: Hall) -> list[object]:
        """Everything that the inbox and its neighbours say, errors included."""
        heard: list[object] = [await inbox(hall)]
        for path in (f"/api/inbox/{NOBODYS}/delivery", "/api/openings/O1/notices"):
            async with hall.session.get(path) as answer:
                heard.append((answer.status, await answer.text()))
        return heard

    async with doors.client("b3") as outsider, doors.client("host") as host:
        for one in (outsider, host):
            await one.login()
        before = [await seen(outsider), await seen(host)]
        assert '"not_now"' in str(before[1]) and '"not_permitted"' in str(before[0])
        await told(doors, "b1", "b2", reason="expires")
        assert [await seen(outsider), await seen(host)] == before

        told_b1 = doors.core.post_office.mailrooms["T1"].room.state.notices.values()
        other = next(n.owed.notice for n in told_b1 if n.owed.party == "b1" and "到期" in n.owed.text)
        for hall in (outsider, host):
            for notice in (other, NOBODYS):
                for call in (
                    hall.get(f"/api/inbox/{notice}/delivery"),
                    hall.post(f"/api/inbox/{notice}/read", {}),
                ):
                    with pytest.raises(HallError) as refused:
                        await call
                    assert (refused.value.code, refused.value.facts) == ("no_such_notice", {})


async def test_an_inbox_is_for_who_is_logged_in(doors: Doors, visitor: aiohttp.ClientSession) -> None:
    for path in ("/api/inbox", f"/api/inbox/{NOBODYS}/delivery", "/api/openings/O1/notices"):
        async with visitor.get(path) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (401, "login_needed")
    async with visitor.post(f"/api/inbox/{NOBODYS}/read", headers={"Origin": doors.base}, json={}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("body", [b"", b"[]", b'{"act":null}', b'{"x":1}'])
async def test_a_receipt_of_reading_is_empty_or_an_act(doors: Doors, body: bytes) -> None:
    async with doors.client("b1") as hall:
        await hall.login()
        async with hall.session.post(f"/api/inbox/{NOBODYS}/read", data=body) as answer:
            assert answer.status == 400
