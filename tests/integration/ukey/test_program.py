from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import stat
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError

from hall.client.keys import Context, Identity, sign_act
from hall.client.release import Situation
from hall.client.token import Tokens
from hall.procurement.acts import SignedAct
from hall.signing import sealed_bid
from hall.signing.certificates import verify_act, verify_signature
from hall.signing.entrusted import Place, entrust
from hall.signing.payload import SALT
from hall.ukey.dialogue import Question
from hall.ukey.pairing import CODE_LASTS, WRONG_CODES, proof
from tests.integration.ukey.pages import ORIGIN, Answers, Page, RefusedHere, Running, running
from tests.softhsm import PIN, SoftToken, certified
from tests.unit.client import openings as o
from tests.unit.client.people import someone
from tests.unit.ukey.test_matters import attributes, b64, pdf

HOST = "host"


def unsigned(certificate: str, kind: str = "login", **body: object) -> dict[str, Any]:

    act = SignedAct(
        type=kind,
        origin=o.ORIGIN,
        tender=o.TENDER,
        certificate=certificate,
        server_nonce=o.NONCE,
        client_nonce=o.NONCE,
        body="{}",
    )
    return {name: value for name, value in act.to_json().items() if name != "signature"}


@pytest.fixture
def person() -> Answers:
    return Answers(PIN)


async def ready(program: Running, page: Page, person: Answers, token: SoftToken) -> None:
    await page.greet()
    await page.pair(person)
    await page.ask("open", certificate=token.certificate.sha256)


@dataclasses.dataclass(frozen=True)
class Deposited:
    """A sealed bid with its statement, and what a page tells the program when it is to be released."""

    header: sealed_bid.SealedHeader
    message: dict[str, Any]
    sha256: str
    key: bytes


def deposited(folder: Path, owner: Identity, lot: str = o.LOT) -> Deposited:
    plain, out = folder / "plain", folder / f"sealed-{lot}"
    plain.write_bytes(b"a bid")
    place = {"tender": o.TENDER, "lot": lot, "bidder": o.BIDDER, "name": "bid"}
    receipt = sealed_bid.seal(plain, out, certificate=owner.certificate, **place)
    with out.open("rb") as file:
        header = sealed_bid.read_header(file)
    host = someone(HOST)
    situation = Situation(
        origin=o.ORIGIN,
        tender=o.TENDER,
        lot=o.LOT,
        opening=o.OPENING,
        bidder=o.BIDDER,
        deadline=o.DEADLINE,
        epoch=0,
        manifest=o.MANIFEST,
        suspended=False,
        now=o.COMMANDED + 1_000,
        window_start=o.COMMANDED,
        window_end=o.COMMANDED + 60 * 60_000,
    )
    message = {
        "certificate": owner.certificate.sha256,
        "head": b64(header.raw),
        "statement": o.statement(owner, header, receipt).to_json(),
        "command": o.command(host).to_json(),
        "pinned": [b64(host.certificate.der)],
        "situation": dataclasses.asdict(situation),
    }
    return Deposited(header, message, receipt.sha256, owner.unwrap(header))


async def test_a_page_signs_in_after_pairing_and_consent(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        assert (await page.greet())["paired"] is False
        await page.pair(person)
        shown = await page.ask("certificates")
        assert token.certificate.der in [base64.b64decode(c["certificate"]) for c in shown["certificates"]]
        await page.ask("open", certificate=token.certificate.sha256)
        given = unsigned(token.certificate.sha256)
        answer = await page.ask("sign_act", certificate=token.certificate.sha256, act=given)
        act = SignedAct(**given).with_signature(base64.b64decode(answer["signature"]))
        verify_act(act, token.certificate.der)
        last = person.asked[-1]
        assert "login" in last.title
        assert ("tender", o.TENDER) in last.lines
        assert ("page", ORIGIN) in last.lines


async def test_without_consent_nothing_is_signed(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await ready(program, page, person, token)
        person.agrees = False
        with pytest.raises(RefusedHere, match="consent_refused"):
            await page.ask(
                "sign_act", certificate=token.certificate.sha256, act=unsigned(token.certificate.sha256)
            )


async def test_a_foreign_origin_and_a_foreign_host_name_are_refused(
    library: Tokens, person: Answers, tmp_path: Path
) -> None:
    async with running(library, person, tmp_path / "s") as program:
        for origin in ("https://evil.example", "null", "https://hall.example.evil.example"):
            with pytest.raises(WSServerHandshakeError) as refused:
                async with program.page(origin):
                    pass
            assert refused.value.status == 403
        url = f"http://127.0.0.1:{program.port}/hall-ukey/1"
        async with program.http.get(url, headers={"Host": "evil.example", "Origin": ORIGIN}) as answer:
            assert answer.status == 403


async def test_an_unpaired_page_gets_nothing(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await page.greet()
        for asked in ("certificates", "open", "sign_act", "release", "self_test"):
            with pytest.raises(RefusedHere, match="not_paired"):
                await page.ask(asked, certificate=token.certificate.sha256)
        assert person.asked == []


async def test_a_pairing_code_pairs_once_and_not_for_long(
    library: Tokens, person: Answers, tmp_path: Path
) -> None:
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await page.greet()
        await page.pair(person)
        code = person.told[0].lines[-1][1]
        async with program.page() as another:
            await another.greet()
            with pytest.raises(RefusedHere, match="pairing_code_expired"):
                await another.ask("pair_code", code=code)
            await another.ask("pair", name="x")
            program.clock.pass_ms(CODE_LASTS + 1)
            with pytest.raises(RefusedHere, match="pairing_code_expired"):
                await another.ask("pair_code", code=person.code)


async def test_codes_can_not_be_guessed_through(library: Tokens, person: Answers, tmp_path: Path) -> None:
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await page.greet()
        for _ in range(WRONG_CODES):
            await page.ask("pair", name="x")
            with pytest.raises(RefusedHere, match="pairing_code_wrong"):
                await page.ask("pair_code", code="no code")
        with pytest.raises(RefusedHere, match="pairing_locked"):
            await page.ask("pair", name="x")


async def test_a_profile_stays_paired_and_its_proof_is_good_for_one_connection(
    library: Tokens, person: Answers, tmp_path: Path
) -> None:
    state = tmp_path / "s"
    async with running(library, person, state) as program, program.page() as page:
        await page.greet()
        pairing = await page.pair(person)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    async with running(library, person, state) as program:
        async with program.page() as page:
            greeted = await page.greet(pairing)
            assert greeted["paired"]
            await page.ask("certificates")
        overheard = proof(pairing["secret"], "page", greeted["nonce"], ORIGIN)
        async with program.page() as thief:
            await thief.ws.send_json({"hall_ukey": 1, "pairing": pairing["pairing"], "nonce": "00"})
            await thief.ws.receive_json()
            with pytest.raises(RefusedHere, match="not_paired"):
                await thief.ask("prove", proof=overheard)


async def test_a_wrong_pin_says_how_many_tries_are_left_and_no_pin_is_a_refusal(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await page.greet()
        await page.pair(person)
        for typed, code in (("000000", "pin_wrong"), (None, "consent_refused"), (PIN, "")):
            person.typed = typed
            if code:
                with pytest.raises(RefusedHere, match=code):
                    await page.ask("open", certificate=token.certificate.sha256)
            else:
                await page.ask("open", certificate=token.certificate.sha256)
        with pytest.raises(RefusedHere, match="token_certificate_absent"):
            await page.ask("open", certificate="00" * 32)


async def test_a_sealed_bid_is_released_after_all_checks_with_one_consent(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    bid = deposited(tmp_path, token.identity)
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await ready(program, page, person, token)
        person.asked.clear()
        answer = await page.ask("release", **bid.message)
        assert base64.b64decode(answer["content_key"]) == bid.key
        assert ("who signed the decrypt command", HOST) in person.asked[0].lines
        assert {("tender", o.TENDER), ("hall time, as the page says", "2026-11-22 09:02:01")} <= {
            *person.asked[0].lines
        }
        signed = sign_act(
            token.identity,
            "release",
            Context(o.ORIGIN, o.TENDER, o.LOT, o.OPENING, o.DEADLINE, manifest=o.MANIFEST),
            o.NONCE,
            {"sha256": bid.sha256, "custody": "hall", "content_key": answer["content_key"]},
        ).to_json()
        given = {name: value for name, value in signed.items() if name != "signature"}
        await page.ask("sign_act", certificate=token.certificate.sha256, act=given)
        assert len(person.asked) == 1
        await page.ask("sign_act", certificate=token.certificate.sha256, act=given)
        assert len(person.asked) == 2  # the consent was for one release


async def test_clause_5_2_3_a_token_releases_what_was_sealed_to_its_keys_earlier_certificate(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    before = certified(token.certificate.common_name, token.identity.key)
    bid = deposited(tmp_path, before)
    renewed = {**bid.message, "certificate": token.certificate.sha256}
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await ready(program, page, person, token)
        person.asked.clear()
        stranger = someone("stranger").certificate.der
        for message in (renewed, {**renewed, "earlier": b64(stranger)}):
            with pytest.raises(RefusedHere):
                await page.ask("release", **message)
        assert person.asked == []
        answer = await page.ask("release", **renewed, earlier=b64(before.certificate.der))
        assert base64.b64decode(answer["content_key"]) == bid.key
        assert len(person.asked) == 1


def changed(message: dict[str, Any], **situation: object) -> dict[str, Any]:
    return {**message, "situation": {**message["situation"], **situation}}


async def test_a_release_that_fails_any_check_is_refused_before_anybody_is_asked(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    bid = deposited(tmp_path, token.identity)
    other = deposited(tmp_path, token.identity, lot="2")
    stranger = someone("stranger")
    false_command = {
        "command": o.command(stranger).to_json(),
        "pinned": bid.message["pinned"],
    }
    cases = [
        ({**bid.message, "head": other.message["head"]}, "not_the_deposit"),
        (other.message, "not_the_deposit"),
        ({**bid.message, **false_command}, "command_invalid"),
        ({**bid.message, "pinned": []}, "command_invalid"),
        (changed(bid.message, suspended=True), "suspended"),
        (changed(bid.message, now=o.COMMANDED + 61 * 60_000), "window_closed"),
        (changed(bid.message, opening="T-1-again"), "command_invalid"),
        (changed(bid.message, now="soon"), "malformed_message"),
        (changed(bid.message, epoch=1, window_end=2**60), "malformed_message"),
    ]
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await ready(program, page, person, token)
        person.asked.clear()
        for message, code in cases:
            with pytest.raises(RefusedHere) as refused:
                await page.ask("release", **message)
            assert refused.value.code == code
        assert person.asked == []


async def test_an_envelope_as_such_is_not_opened_only_a_known_key_confirmed(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    bid = deposited(tmp_path, token.identity)
    given = {"certificate": token.certificate.sha256, "head": bid.message["head"]}
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await ready(program, page, person, token)
        assert await page.ask("self_test", **given, content_key=b64(bid.key)) == {"passed": True}
        assert await page.ask("self_test", **given, content_key=b64(bytes(SALT))) == {"passed": False}
        for asked in ("unwrap", "decrypt", "sign"):
            with pytest.raises(RefusedHere, match="malformed_message"):
                await page.ask(asked, **given)


async def test_the_attributes_of_a_record_are_signed(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    document, digest = pdf()
    wanted = attributes(digest, certificate=token.certificate.sha256)
    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await ready(program, page, person, token)
        given = {"certificate": token.certificate.sha256, "pdf": b64(document), "attributes": wanted}
        answer = await page.ask("sign_record", **given)
        signature = base64.b64decode(answer["signature"])
        assert verify_signature(token.certificate, base64.b64decode(wanted), signature)
        assert digest.hex() in str(person.asked[-1])
        assert hashlib.sha256(document).hexdigest() not in str(person.asked[-1])


async def test_a_custodian_hands_over_what_was_entrusted_for_this_lot_by_one_consent(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    bid = deposited(tmp_path, token.identity)
    key, salt = bytes(range(32)), bytes(32)
    place = {"tender": o.TENDER, "lot": o.LOT, "opening": o.OPENING}

    def entrusted_by(bidder: str) -> dict[str, Any]:
        envelope, inner = entrust(key, Place(**place, bidder=bidder, salt=salt), [token.certificate])
        about = {"envelope": b64(envelope), "inner": inner, "salt": salt.hex(), "bidder": bidder, **place}
        return {"certificate": token.certificate.sha256, **about}

    async with running(library, person, tmp_path / "s") as program, program.page() as page:
        await ready(program, page, person, token)
        person.asked.clear()
        for bidder in ("b1", "b2"):
            answer = await page.ask("open_entrusted", **entrusted_by(bidder))
            assert base64.b64decode(answer["content"]) == key
        assert len(person.asked) == 1
        for wrong in (
            {**entrusted_by("b1"), "bidder": "b2"},
            {**entrusted_by("b1"), "opening": "T-1-again"},
            {**entrusted_by("b1"), "envelope": b64(bid.header.envelope_der)},
        ):
            with pytest.raises(RefusedHere, match="wrong_context"):
                await page.ask("open_entrusted", **wrong)
        person.agrees = False
        with pytest.raises(RefusedHere, match="consent_refused"):
            await page.ask("open_entrusted", **{**entrusted_by("b1"), "lot": "2"})


async def test_a_question_goes_with_the_page_that_asked(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    asked, withdrawn = asyncio.Event(), asyncio.Event()

    class Slow(Answers):
        async def consents(self, question: Question) -> bool:
            asked.set()
            try:
                return await asyncio.get_running_loop().create_future()
            finally:
                withdrawn.set()

    slow = Slow(PIN)
    async with running(library, slow, tmp_path / "s") as program:
        async with program.page() as page:
            await ready(program, page, slow, token)
            fingerprint = token.certificate.sha256
            given = {"certificate": fingerprint, "act": unsigned(fingerprint)}
            await page.ws.send_json({"id": 9, "do": "sign_act", **given})
            await asked.wait()
        await withdrawn.wait()


async def test_a_page_that_left_leaves_no_key_open(
    library: Tokens, token: SoftToken, person: Answers, tmp_path: Path
) -> None:
    async with running(library, person, tmp_path / "s") as program:
        async with program.page() as page:
            await ready(program, page, person, token)
            pairing = page.pairing
        async with program.page() as page:
            await page.greet(pairing)
            with pytest.raises(RefusedHere, match="certificate_not_open"):
                await page.ask("sign_act", certificate=token.certificate.sha256, act={})
            person.asked.clear()
            await page.ask("open", certificate=token.certificate.sha256)
            assert len(person.asked) == 1
