"""The doors over HTTP: who gets in, and what becomes of those who send nonsense."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import Any

import aiohttp
import pytest
from yarl import URL

from hall.client.keys import Context
from hall.errors import HallError
from hall.gateway.messages import MAX_JSON, MAX_SLICE
from hall.runtime.desk import Desk
from tests.demo_world import AT, holder
from tests.integration.gateway.conftest import PAGE, Doors

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def error_of(answer: aiohttp.ClientResponse) -> tuple[int, str]:
    return answer.status, (await answer.json())["error"]["code"]


def own(doors: Doors) -> dict[str, str]:
    return {"Origin": doors.base}


async def test_anybody_may_know_the_hall_its_time_and_its_tenders(
    visitor: aiohttp.ClientSession,
) -> None:
    async with visitor.get("/api/hall") as answer:
        hall = await answer.json()
    assert (hall["origin"], hall["mode"], hall["demo"]) == ("hall.localhost", "rehearsal", None)
    assert [tender["tender"] for tender in hall["tenders"]] == ["T1"]
    async with visitor.get("/api/time") as answer:
        assert (await answer.json())["now"] >= AT
    for path in ("/healthz", "/readyz"):
        async with visitor.get(path) as answer:
            assert await answer.json() == {"ok": True}


async def test_a_certificate_logs_in_and_out(doors: Doors) -> None:
    async with doors.client("b1") as hall:
        you = await hall.login()
        assert [(one.role, one.party, one.participant) for one in you] == [("bidder", "b1", "bidder-b1")]
        me = await hall.get("/api/me")
        assert me["roles"] == [{"tender": "T1", "opening": "O1", "role": "bidder"}]
        cookies = {cookie.key: cookie for cookie in hall.session.cookie_jar}
        assert cookies.keys() == {
            "hall",
            "hall-device",
        }  # the login, and the device it was made on (clause 5.3.6)
        assert all(
            cookie["httponly"] is True and cookie["samesite"] == "Strict" for cookie in cookies.values()
        )
        await hall.post("/api/logout", {})
        with pytest.raises(HallError, match="login_needed"):
            await hall.get("/api/me")


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("expired", "certificate_expired"),
        ("revoked", "certificate_revoked"),
        ("foreign", "certificate_untrusted"),
        ("b4", "unknown_certificate"),
    ],
)
async def test_a_certificate_that_does_not_hold_is_refused_by_its_own_name(
    doors: Doors, who: str, code: str
) -> None:
    async with doors.client(who) as hall:
        with pytest.raises(HallError) as refused:
            await hall.login()
    assert refused.value.code == code


async def test_a_login_that_was_overheard_does_not_serve_twice(doors: Doors) -> None:
    one = holder("b2")
    async with doors.client("b2") as hall:
        nonce = (await hall.get(f"/api/nonce?certificate={one.certificate.sha256}"))["nonce"]
        act = hall.identity.sign_act("login", Context(origin="hall.localhost"), nonce, {"purpose": "login"})
        body = {
            "act": act.to_json(),
            "certificate": base64.b64encode(one.certificate.der).decode(),
            "robot": False,
        }
        await hall.post("/api/login", body)
        with pytest.raises(HallError, match="nonce_expired"):
            await hall.post("/api/login", body)


async def test_a_login_signed_by_another_key_is_refused(doors: Doors) -> None:
    one = holder("b2")
    async with doors.client("b2") as hall:
        nonce = (await hall.get(f"/api/nonce?certificate={one.certificate.sha256}"))["nonce"]
        act = hall.identity.sign_act("login", Context(origin="hall.localhost"), nonce, {"purpose": "login"})
        forged = act.with_signature(holder("b3").sign(act.signed_bytes()))
        certificate = base64.b64encode(one.certificate.der).decode()
        with pytest.raises(HallError, match="bad_signature"):
            await hall.post(
                "/api/login", {"act": forged.to_json(), "certificate": certificate, "robot": False}
            )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
        {"Origin": "http://bidder1.localhost:1"},
    ],
)
async def test_a_write_from_a_page_of_another_origin_is_refused(
    visitor: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    async with visitor.post("/api/logout", headers=headers, json={}) as answer:
        assert await error_of(answer) == (403, "foreign_origin")


async def test_a_browser_that_says_cross_site_is_believed(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    async with visitor.post("/api/logout", headers={**own(doors), "Sec-Fetch-Site": "same-site"}) as answer:
        assert await error_of(answer) == (403, "foreign_origin")


async def test_plain_http_exists_on_localhost_only(visitor: aiohttp.ClientSession) -> None:
    async with visitor.get("/api/hall", headers={"Host": "hall.example.cn"}) as answer:
        assert await error_of(answer) == (403, "https_needed")
    async with visitor.get("/api/hall", headers={"X-Forwarded-Proto": "https", "Host": "a.cn"}) as answer:
        assert await error_of(answer) == (403, "https_needed")  # nobody trusts this proxy
    async with visitor.get("/api/hall", headers={"Host": "bidder1.localhost:9"}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b'{"a": 1, "a": 2}', "malformed_json"),
        (b'{"act": 1.5}', "malformed_json"),
        (b"[" * 100_000, "malformed_json"),
        (b"[]", "malformed_message"),
        (b"{}", "malformed_message"),
        (b'{"act": {}, "certificate": "", "robot": false, "more": 1}', "malformed_message"),
        (b'{"act": {}, "certificate": "", "robot": false}', "malformed_act"),
        (b'{"act": {}, "certificate": "!", "robot": false}', "malformed_message"),
    ],
)
async def test_nonsense_is_named_and_nothing_more_is_said(
    doors: Doors, visitor: aiohttp.ClientSession, body: bytes, code: str
) -> None:
    async with visitor.post("/api/login", headers=own(doors), data=body) as answer:
        assert await error_of(answer) == (400, code)


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    async def dribble() -> Any:
        for _ in range(MAX_JSON // 65536 + 1):
            yield b" " * 65536

    for data in (b" " * (MAX_JSON + 1), dribble()):
        async with visitor.post("/api/login", headers=own(doors), data=data) as answer:
            assert await error_of(answer) == (413, "body_too_large")


async def test_a_compressed_body_is_not_unpacked(doors: Doors, visitor: aiohttp.ClientSession) -> None:
    headers = {**own(doors), "Content-Encoding": "gzip"}
    async with visitor.post("/api/login", headers=headers, data=b"\x1f\x8b" + b"\0" * 50) as answer:
        assert await error_of(answer) == (400, "malformed_json")


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api/../hall", "/assets/none.js", "/%2e%2e/hall.toml", "/x.png"]
)
async def test_unknown_routes_are_said_to_be_unknown(
    doors: Doors, visitor: aiohttp.ClientSession, path: str
) -> None:
    async with visitor.get(URL(doors.base).with_path(path, encoded=True)) as answer:
        assert await error_of(answer) == (404, "no_such_route")


async def test_a_verb_that_a_route_does_not_know_is_refused(
    doors: Doors, visitor: aiohttp.ClientSession
) -> None:
    async with visitor.delete("/api/login", headers=own(doors)) as answer:
        assert await error_of(answer) == (405, "method_not_allowed")


async def test_pages_of_the_client_all_are_its_one_page(visitor: aiohttp.ClientSession) -> None:
    for path in ("/", "/openings/O1", "/login"):
        async with visitor.get(path) as answer:
            assert (await answer.text(), answer.headers["Cache-Control"]) == (PAGE, "no-cache")
    async with visitor.get("/assets/main-1a2b.js") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.content_type == "text/javascript"


async def test_every_answer_tells_the_browser_what_a_page_may_do(visitor: aiohttp.ClientSession) -> None:
    for path in ("/", "/api/hall", "/api/nothing", "/assets/main-1a2b.js"):
        async with visitor.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert (
                "frame-ancestors 'none'" in policy and "'unsafe-inline'" not in policy.split("style-src")[0]
            )
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "camera=(self)" in answer.headers["Permissions-Policy"]


async def test_what_nobody_foresaw_is_no_story_for_the_peer(
    visitor: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(desk: Desk, tender: str, person: object) -> object:
        raise RuntimeError("the price is 42")

    monkeypatch.setattr(Desk, "tender_card", broken)
    async with visitor.get("/api/hall") as answer:
        assert answer.status == 500
        assert await answer.text() == '{"error":{"code":"internal","facts":{}}}'


async def test_an_opening_is_shown_to_its_people_only(doors: Doors, visitor: aiohttp.ClientSession) -> None:
    async with visitor.get("/api/openings/O1") as answer:
        assert await error_of(answer) == (401, "login_needed")
    async with doors.client("host") as hall:
        await hall.login()
        assert (await hall.get("/api/openings/O1"))["view"]["you"]["role"] == "host"
        with pytest.raises(HallError, match="no_such_opening"):
            await hall.get("/api/openings/O2")


async def test_a_slice_is_bounded_and_belongs_to_who_began_it(doors: Doors) -> None:
    async with doors.client("b1") as b1, doors.client("b2") as b2:
        await b1.login()
        await b2.login()
        begun = await b1.post("/api/tenders/T1/lots/1/uploads", {"size": 10, "sha256": "ab" * 32})
        path = f"/api/uploads/{begun['upload']}"
        assert await b1.get(path) == {"received": 0, "size": 10}
        with pytest.raises(HallError, match="upload_unknown"):
            await b2.get(path)
        headers = {"X-Slice-SHA256": "ab" * 32}
        async with b1.session.put(f"{path}?offset=0", data=b"damaged", headers=headers) as answer:
            assert await error_of(answer) == (400, "slice_damaged")
        async with b1.session.put(f"{path}?offset=x", data=b"", headers=headers) as answer:
            assert await error_of(answer) == (400, "malformed_message")
        async with b1.session.put(
            f"{path}?offset=0", data=io.BytesIO(bytes(MAX_SLICE + 1)), headers=headers
        ) as answer:
            assert await error_of(answer) == (413, "body_too_large")


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
)
async def test_what_is_no_http_gets_400_and_no_story(doors: Doors, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("localhost", doors.gateway.port)
    writer.write(sent)
    writer.write_eof()
    said = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    assert said == b"" or said.split()[1].startswith(b"4")
    assert b"Traceback" not in said and b".py" not in said
