"""One whole opening in real browsers with fake cameras: three bidders, host, supervisor and the rest of the staff,
from the sealed deposit to a bundle that verifies offline."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hall.recording import vault
from hall.rehearsal.stage import Stage
from tests.e2e.conftest import SCENE
from tests.e2e.people import NO_H264, Person, a_bid, verified

PRICES = {"bidder1": "11805968.88", "bidder2": "12010000.00", "bidder3": "10999999.01"}
STAFF = ("host", "supervisor", "announcer", "procuring-entity", "scrutineer", "clerk")


@pytest.mark.timeout(420)
async def test_an_opening_from_sealed_deposit_to_verified_bundle(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    assert stage.pki is not None
    people: dict[str, Person] = {}
    for number, identity in enumerate(stage.pki.bidders, start=1):
        script = NO_H264 if number == 3 else ""  # the third sends VP8
        name = f"bidder{number}"
        people[name] = await Person.arrives(browser, name, stage.port, identity, script=script)
    for name in STAFF:
        identity = stage.pki.by_role(name.replace("-", "_"))
        people[name] = await Person.arrives(browser, name, stage.port, identity)
    bidders = [people[name] for name in PRICES]
    host, supervisor = people["host"], people["supervisor"]

    # 1. Log in by certificate. A wrong password is said in plain words and costs nothing.
    await bidders[0].log_in(password="wrong")
    await expect(bidders[0].page.get_by_role("alert").first).to_be_visible()
    await bidders[0].picture("login-wrong-password")
    for person in people.values():
        await person.log_in()
        await expect(person.see("my-role")).to_be_visible()

    # 2. Seal and deposit in the browser.
    for person in bidders:
        pdf = tmp_path / f"{person.name}.pdf"
        pdf.write_bytes(a_bid(SCENE, person, PRICES[person.name]))
        columns = {
            "price": PRICES[person.name],
            "period": "300 日历天",
            "quality": "合格",
            "manager": "周建国",
        }
        await person.deposits(pdf, {**columns, "security": "200000.00"})
    await bidders[0].picture("deposited")

    # 3. Sign in; nobody learns who or how many are there.
    for person in bidders:
        await person.enters()
        if person is bidders[0]:
            await person.see("take-photo").click()
            await expect(person.see("photo")).to_have_attribute("data-taken", "true")
            await person.picture("sign-in")
        await person.signs_in("王小明")
        await person.starts_camera()
    await bidders[0].picture("signed-in")
    for name in STAFF:
        await people[name].enters()
    await host.starts_camera()
    await expect(supervisor.see("wall-closed")).to_be_visible()
    for name in STAFF:
        text = await people[name].page.inner_text("body")
        assert not any(identity.name in text for identity in stage.pki.bidders), name
    await host.picture("host-before-announcement")

    # A reload returns to the same place; the certificate's password is asked again, because the key never left memory.
    await bidders[1].page.reload()
    await bidders[1].unlocks()
    await expect(bidders[1].see("signed-in")).to_be_visible()
    await bidders[1].starts_camera()

    # The clock is moved to the deadline, as everybody can see.
    await host.see("advance-by").click()
    await host.see("advance-deadline").click()
    await host.does("advance_clock")

    # 4. The deadline passes, the host announces from deposits ∩ sign-ins.
    await expect(host.see("next-step")).to_have_attribute("data-act", "announce_bidders")
    await host.does("announce_bidders")
    for person in bidders:
        await expect(person.see("listed")).to_have_attribute("data-listed", "true")

    # 10. After the announcement the supervisor sees every bidder: still pictures of all, and anybody live on a click.
    for identity in stage.pki.bidders:
        await _sees_still_pictures(supervisor, f"watch-bidder-{identity.id}")
    with_photo = f"[data-testid='reference-bidder-{stage.pki.bidders[0].id}'] img"
    await supervisor.page.wait_for_function(
        "at => document.querySelector(at)?.naturalWidth > 0", arg=with_photo
    )
    await supervisor.picture("supervisor-stills")
    for identity in stage.pki.bidders:
        await supervisor.see(f"watch-bidder-{identity.id}").get_by_test_id("go-live").click()
        await _sees_moving_picture(supervisor, f"watch-bidder-{identity.id}")
    await _sees_moving_picture(bidders[0], "watch-host")
    await supervisor.picture("supervisor-wall")

    # The floor: a bidder asks for it, gets it from the host, all hear it, and nobody any more when it is taken back.
    await _speaks_to_all(bidders[0], host, bidders[1], f"bidder-{stage.pki.bidders[0].id}")

    # 5. Each bidder compares its own digest and answers; the host declares.
    await bidders[0].picture("sealing-check")
    for person in bidders:
        await person.does("answer_sealing")
    await expect(host.see("next-step")).to_have_attribute("data-act", "declare_sealing")
    await host.does("declare_sealing")

    # 6. The decrypt command; each bidder's browser checks everything and releases.
    await expect(host.see("next-step")).to_have_attribute("data-act", "command_decryption")
    await host.picture("host-decrypt-command")
    await host.does("command_decryption")
    await expect(bidders[0].see("act-release")).to_be_enabled()
    await bidders[0].picture("release")
    for number, person in enumerate(bidders):
        if number == 2:
            # Prices stay sealed from everybody while the window is open.
            for watcher in people.values():
                text = re.sub(r"[,\s]", "", await watcher.page.inner_text("body"))
                hidden = [price for name, price in PRICES.items() if name != watcher.name]
                assert not any(price in text for price in hidden), watcher.name
        await person.see("act-release").click()
        await expect(person.see("released").or_(person.see("results-check")).first).to_be_visible()
    await bidders[0].picture("released")

    # The results of the decryption are checked by each bidder and declared by the host; only then prices are disclosed.
    for person in bidders:
        if person is bidders[0]:
            await expect(person.see("results-check")).to_be_visible()
            await person.picture("results-check")
        await person.does("answer_results")
    await expect(host.see("next-step")).to_have_attribute("data-act", "declare_results")
    await host.does("declare_results")

    # 7. One disclosure; read-out, confirmation, an objection and its answer.
    announcer, owner = people["announcer"], people["procuring-entity"]
    for _ in bidders:
        await announcer.does("read_out")
    await announcer.picture("announcer")
    for person in bidders:
        await expect(person.see("own-price")).to_have_attribute("data-price", PRICES[person.name])
        if person is bidders[0]:
            await person.picture("price-confirmation")
        await person.does("confirm_price")
    await expect(host.see("next-step")).to_have_attribute("data-act", "open_objections")
    await host.does("open_objections")
    await bidders[2].fill("objection-text", "请说明质量标准一栏的宣读依据。")
    await bidders[2].does("raise_objection")
    await owner.fill("answer-text", "按投标文件开标一览表宣读，已核对一致。")
    await owner.does("answer_objection")
    await owner.picture("entity-answer")
    await host.does("close_objections")

    # The procuring entity signs the register of incidents; what the hall wrote by itself is explained first.
    await owner.settles_the_register()

    # 8. The record, signed one after another in three browsers.
    for name in ("procuring-entity", "scrutineer", "clerk"):
        await expect(people[name].see("act-sign_record")).to_be_enabled()
        await people[name].signs_record()
    await people["clerk"].picture("record-signed")

    # 9. Close: bidders leave, the recorder stops after them.
    await expect(host.see("next-step")).to_have_attribute("data-act", "close_opening")
    await host.does("close_opening")
    for person in bidders:
        await person.see("leave").click()
    await expect(host.see("closed")).to_be_visible()
    await host.picture("closed")

    # 12. The bundle, verified with no server.
    bundle = await host.downloads("bundle", tmp_path / "bundle.zip")
    trust = await host.downloads("trust", tmp_path / "trust.json")
    keys = await people["clerk"].downloads("keys", tmp_path / "recordings.key")
    await stage.close()
    verdict = await asyncio.to_thread(verified, bundle, trust, keys)
    assert verdict["ok"], [v for v in verdict["verdicts"] if v["status"] == "failed"]
    _holds_what_was_sealed(bundle, keys, stage, tmp_path)

    assert not [complaint for person in people.values() for complaint in person.complaints]


async def _sees_still_pictures(person: Person, testid: str) -> None:
    """A picture, and after it a newer one."""
    newer = """([id, than]) => {
        const i = document.querySelector(`[data-testid='${id}'] img`)
        return i && i.naturalWidth > 0 && Number(i.dataset.taken) > than && i.dataset.taken
    }"""
    first = await person.page.wait_for_function(newer, arg=[testid, 0])
    await person.page.wait_for_function(newer, arg=[testid, int(await first.json_value())])


async def _sees_moving_picture(person: Person, testid: str) -> None:
    await expect(person.see(testid)).to_be_visible()
    await person.page.wait_for_function(
        "id => { const v = document.querySelector(`[data-testid='${id}'] video`);"
        " return v && v.videoWidth > 0 && v.currentTime > 0.5 }",
        arg=testid,
    )


async def _speaks_to_all(speaker: Person, host: Person, hearer: Person, participant: str) -> None:
    await expect(hearer.see("floor")).to_be_hidden()
    await speaker.see("raise-hand").click()
    await expect(speaker.see("hand")).to_have_attribute("data-state", "raised")
    await speaker.picture("hand-raised")
    await host.see(f"give-{participant}").scroll_into_view_if_needed()
    await host.picture("host-hands")
    await host.see(f"give-{participant}").click()
    await expect(speaker.see("has-floor")).to_be_visible()
    await speaker.picture("has-floor")
    await expect(hearer.see("floor")).to_have_attribute("data-floor", participant)
    # The sound arrives and is played: the fake microphone beeps once a second.
    await hearer.page.wait_for_function(
        """() => {
            const video = document.querySelector("[data-testid='floor'] video")
            const track = video?.srcObject?.getAudioTracks()[0]
            if (!track || track.muted || video.muted || video.paused) return false
            window.heardTrack = track
            if (!window.ear) {
                const context = new AudioContext()
                window.ear = context.createAnalyser()
                context.createMediaStreamSource(video.srcObject).connect(window.ear)
            }
            const samples = new Float32Array(window.ear.fftSize)
            window.ear.getFloatTimeDomainData(samples)
            return samples.some((sample) => Math.abs(sample) > 0.01)
        }"""
    )
    await hearer.picture("bidder-hears-floor")
    await host.picture("host-floor")
    await host.see("take-floor").click()
    await expect(hearer.see("floor")).to_be_hidden()
    assert await hearer.page.evaluate("window.heardTrack.readyState") == "ended"
    await expect(speaker.see("has-floor")).to_be_hidden()


def _holds_what_was_sealed(bundle: Path, keys: Path, stage: Stage, folder: Path) -> None:
    """What was disclosed is what the browsers sealed, the record is signed thrice, recordings open with their keys."""
    opens = vault.read_key_file(keys.read_bytes())
    with zipfile.ZipFile(bundle) as archive:
        rows = [json.loads(line)["row"] for line in io.BytesIO(archive.read("journal.jsonl"))]
        told = next(row["body"]["bids"] for row in rows if row["kind"] == "PricesDisclosed")
        ids = {f"bidder{n}": one.id for n, one in enumerate(stage.pki.bidders, start=1)} if stage.pki else {}
        assert {b["bidder"]: b["price"] for b in told} == {ids[name]: price for name, price in PRICES.items()}
        record = folder / "record.pdf"
        record.write_bytes(archive.read("record/record.pdf"))
        media = [n for n in archive.namelist() if n.endswith((".mp4", ".webm"))]
        archive.extractall(folder / "bundle", media)
    signatures = subprocess.run(["pdfsig", str(record)], capture_output=True, text=True, check=False).stdout
    assert signatures.count("Signature is Valid.") == 3
    who = {name.split("/")[1] for name in media}
    assert any(name.endswith(".webm") for name in media)
    assert who == {"host", *(f"bidder-{id_}" for id_ in ids.values())}
    for name in media:
        _, participant, file = name.split("/")
        path = folder / "bundle" / name
        path.write_bytes(vault.open_bytes(opens[participant, file], 0, path.read_bytes()))
        shown = subprocess.run(
            [
                "ffprobe",
                "-v",
                "error",
                "-show_entries",
                "stream=codec_name",
                "-of",
                "csv=p=0",
                str(path),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert not shown.stderr
        assert {"h264", "opus"} <= set(shown.stdout.split()) or {"vp8", "opus"} <= set(shown.stdout.split())
