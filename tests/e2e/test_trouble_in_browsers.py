"""What goes wrong for real people, in real browsers: each trouble has its own plain words and a way on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Browser, async_playwright, expect

from hall.recording.manifest import verify_recording
from hall.rehearsal.stage import Stage
from tests.e2e.people import ARGUMENTS, CHROMIUM, NO_H264, TAKEN, Person

BLOCKED = """
window.blocked = true
const set = RTCPeerConnection.prototype.setRemoteDescription
RTCPeerConnection.prototype.setRemoteDescription = function (answer) {
  return window.blocked ? new Promise(() => undefined) : set.call(this, answer)
}
"""
"""A network through which no packets pass until `blocked` is false."""

TALKING = """
const asked = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await asked(wanted)
  const context = new AudioContext()
  const voice = context.createOscillator()
  const out = context.createMediaStreamDestination()
  voice.connect(out)
  voice.start()
  for (const track of stream.getAudioTracks()) stream.removeTrack(track)
  for (const track of out.stream.getAudioTracks()) stream.addTrack(track)
  return stream
}
"""
"""Somebody who does not stop talking: the fake microphone's beep is too short for a word."""


@pytest.mark.timeout(240)
async def test_each_unusable_certificate_is_named_and_can_be_exchanged(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    assert stage.pki is not None
    good = stage.pki.bidders[0]
    damaged = tmp_path / "damaged.p12"
    damaged.write_bytes(good.p12.read_bytes()[:-400])
    person = await Person.arrives(browser, "bidder1", stage.port, good)
    words: list[str] = []
    for certificate, password in (
        (good.p12, "not this one"),
        (damaged, "demo1234"),
        (stage.pki.expired.p12, "demo1234"),
        (stage.pki.revoked.p12, "demo1234"),
        (stage.pki.foreign.p12, "demo1234"),
    ):
        await person.log_in(password, certificate)
        note = person.page.get_by_role("alert").first
        await expect(note).to_be_visible()
        words.append(await note.inner_text())
        await person.page.reload()
    assert len(set(words)) == len(words), "each trouble has words of its own"
    await person.log_in()
    await expect(person.see("my-role")).to_be_visible()
    await person.context.close()


@pytest.mark.timeout(240)
async def test_a_lost_line_comes_back_to_the_same_place(stage: Stage, browser: Browser) -> None:
    assert stage.pki is not None
    person = await Person.arrives(browser, "bidder1", stage.port, stage.pki.bidders[0], phone=True)
    await person.log_in()
    await person.enters()
    await person.signs_in("王小明")
    await person.picture("phone-signed-in")
    await person.context.set_offline(True)
    await expect(person.see("line-lost")).to_be_visible()
    await person.picture("phone-line-lost")
    await person.context.set_offline(False)
    await expect(person.see("opening")).to_have_attribute("data-line", "live")
    await expect(person.see("signed-in")).to_be_visible()
    await person.context.close()


@pytest.mark.timeout(240)
async def test_a_refused_camera_costs_nothing_but_the_picture(stage: Stage) -> None:
    assert stage.pki is not None
    identity = replace(stage.pki.bidders[0])
    async with async_playwright() as play:
        silent = [a for a in ARGUMENTS if not a.startswith("--use-fake")]
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=silent)
        person = await Person.arrives(browser, "bidder1", stage.port, identity)
        await person.log_in()
        await person.enters()
        await expect(person.see("own-camera").first).to_have_attribute("data-camera", "missing")
        await person.picture("camera-missing")
        await person.signs_in("王小明")
        await browser.close()


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_who_has_another_camera_is_offered_it_where_one_is_taken(stage: Stage) -> None:
    assert stage.pki is not None
    two = [
        "--use-fake-device-for-media-stream=device-count=2" if a.startswith("--use-fake-device") else a
        for a in ARGUMENTS
    ]
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=two)
        person = await Person.arrives(browser, "bidder1", stage.port, stage.pki.bidders[0], script=TAKEN)
        await person.log_in()
        await person.enters()
        camera = person.see("own-camera").first
        await expect(camera).to_have_attribute("data-camera", "busy")
        await expect(camera).to_have_attribute("data-microphone", "on")
        await expect(person.see("another-device")).to_be_visible()
        await person.picture("camera-taken")
        await person.see("choose-camera").select_option(index=2)
        await expect(camera).to_have_attribute("data-camera", "on")
        await browser.close()


@pytest.mark.timeout(240)
async def test_media_that_cannot_pass_or_lose_their_worker_come_back_by_themselves(
    stage: Stage, browser: Browser
) -> None:
    assert stage.pki is not None
    identity = stage.pki.by_role("host")
    host = await Person.arrives(browser, "host", stage.port, identity, script=BLOCKED + TALKING)
    clerk = await Person.arrives(browser, "clerk", stage.port, stage.pki.by_role("clerk"))
    # The supervisor's browser can show no H.264.
    supervisor = await Person.arrives(
        browser, "supervisor", stage.port, stage.pki.by_role("supervisor"), script=NO_H264
    )
    for person in (host, clerk, supervisor):
        await person.log_in()
        await person.enters()
    # Packets do not pass: a picture every two seconds goes over the socket, and the screen says so.
    await expect(host.see("own-camera").first).to_have_attribute("data-send", "stills")
    await host.picture("sending-stills")
    await _sees_stills(clerk)
    await clerk.picture("watching-stills")
    # They pass again, and nobody has to do anything.
    await host.page.evaluate("window.blocked = false")
    await expect(host.see("own-camera").first).to_have_attribute("data-send", "sending")
    await expect(clerk.see("watch-host")).to_have_attribute("data-state", "watching")
    await expect(clerk.see("watch-host")).to_have_attribute("data-speaks", "true")
    # Who can't show what is sent sees still pictures instead of a dead tile.
    await expect(supervisor.see("watch-host")).to_have_attribute("data-state", "unseen")
    await _sees_stills(supervisor)
    await supervisor.picture("watching-without-h264")
    folder = stage.directory / "data" / "recordings" / stage.scene.opening / "host"
    await _until(lambda: any(folder.glob("*.mp4")))
    before = sorted(folder.glob("*.mp4"))
    for worker in psutil.Process().children(recursive=True):
        if "hall.media_worker" in worker.cmdline():
            worker.kill()
    await _until(lambda: len(sorted(folder.glob("*.mp4"))) > len(before))
    await expect(host.see("own-camera").first).to_have_attribute("data-send", "sending")
    await expect(clerk.see("watch-host")).to_have_attribute("data-state", "watching")
    first = before[-1]
    found = verify_recording(first.read_bytes(), first.with_suffix(".index.jsonl").read_bytes())
    assert found.ok
    assert found.end_cause == "worker_lost"
    await host.context.close()


async def _sees_stills(person: Person) -> None:
    await person.page.wait_for_function(
        "() => document.querySelector(`[data-testid='watch-host'] img`)?.naturalWidth > 0"
    )


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for something that real processes bring about."""
    for _ in range(600):
        if condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come about within a minute")
