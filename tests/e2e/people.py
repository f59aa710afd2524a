"""People in front of real browsers: each has a context of its own, its role's address, and a certificate file.

A person sees the screen and nothing else; everything here goes through elements that a person would use.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, Playwright, expect

from hall.rehearsal.demo_ca import PASSWORD, DemoIdentity
from hall.rehearsal.sample_bid import sample_bid_pdf
from hall.rehearsal.stage import Scene

CHROMIUM = next(
    (
        p
        for p in ("/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser")
        if Path(p).exists()
    ),
    "/usr/bin/chromium",
)
ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]
NO_H264 = """
for (const end of [RTCRtpSender, RTCRtpReceiver]) {
  const all = end.getCapabilities.bind(end)
  end.getCapabilities = (kind) => ({ ...all(kind), codecs: all(kind).codecs.filter((c) => !/h264/i.test(c.mimeType)) })
}
const add = RTCPeerConnection.prototype.addTransceiver
RTCPeerConnection.prototype.addTransceiver = function (what, how) {
  const one = add.call(this, what, how)
  if (what === 'video') one.setCodecPreferences(RTCRtpReceiver.getCapabilities('video').codecs)
  return one
}
"""
"""A browser that neither sends nor shows H.264, as Debian's Firefox."""

TAKEN = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted)
  const first = (await navigator.mediaDevices.enumerateDevices()).find(({ kind }) => kind === 'videoinput')
  const taken = stream.getVideoTracks().some((track) => track.getSettings().deviceId === first.deviceId)
  if (!taken) return stream
  for (const track of stream.getTracks()) track.stop()
  throw new DOMException('Could not start video source', 'NotReadableError')
}
"""
"""The first camera is another program's."""

PATIENCE = 60_000
"""Milliseconds until an expected thing must have appeared; nothing waits longer than it must."""


async def launch(play: Playwright) -> Browser:
    """A real Chromium with a fake camera and microphone."""
    expect.set_options(timeout=PATIENCE)
    return await play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


class Person:
    """One person, one browser context, one origin."""

    def __init__(
        self, name: str, base: str, identity: DemoIdentity, context: BrowserContext, page: Page
    ) -> None:
        self.name = name
        self.base = base
        self.identity = identity
        self.context = context
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))

    @classmethod
    async def arrives(
        cls,
        browser: Browser,
        name: str,
        port: int,
        identity: DemoIdentity,
        *,
        phone: bool = False,
        script: str = "",
    ) -> Person:
        """Open the role's address in a fresh context. script: runs in the page before any of its own."""
        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}
        context = await browser.new_context(
            viewport=size,  # type: ignore[arg-type]  # a plain dict is what the library takes
            locale="zh-CN",
            permissions=["camera", "microphone"],
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE)
        if script:
            await context.add_init_script(script)
        page = await context.new_page()
        base = f"http://{name}.localhost:{port}"
        person = cls(name, base, identity, context, page)
        await page.goto(f"{base}/")
        return person

    def see(self, testid: str) -> Locator:
        """The element a person would call by this name."""
        return self.page.get_by_test_id(testid)

    async def log_in(self, password: str = PASSWORD, certificate: Path | None = None) -> None:
        """Choose the certificate file, type the password, press the button."""
        await self.see("certificate-file").set_input_files(certificate or self.identity.p12)
        await self.fill("certificate-password", password)
        await self.see("login").click()

    async def enters(self) -> None:
        """Go into the room; staff with one opening are led there by themselves."""
        await expect(self.see("enter-opening").or_(self.see("opening")).first).to_be_visible()
        if await self.see("enter-opening").is_visible():
            await self.see("enter-opening").click()
        await expect(self.see("opening")).to_have_attribute("data-line", "live")

    async def deposits(self, pdf: Path, columns: dict[str, str]) -> None:
        """Fill the form, seal and hand in, until the screen says that it is deposited."""
        for field, value in columns.items():
            await self.fill(field, value)
        await self.see("pdf").set_input_files(pdf)
        await self.see("seal").click()
        await self.see("confirm").click()
        await expect(self.see("deposit-sha256")).to_be_visible()

    async def fill(self, testid: str, value: str) -> None:
        """Type into a field."""
        field = self.page.locator(
            f"input[data-testid={testid}], textarea[data-testid={testid}],"
            f" [data-testid={testid}] input, [data-testid={testid}] textarea"
        )
        await field.first.fill(value)

    async def does(self, act: str, testid: str = "") -> None:
        """Press an act's button and confirm what is signed."""
        await self.see(testid or f"act-{act}").first.click()
        confirm, unproved = self.see("confirm"), self.see("failure-recorder_not_proved")
        await confirm.click()
        for _ in range(20):
            # Right after the clock was moved the recorder has to prove itself again: the words say to try once more.
            try:
                await expect(confirm).to_be_hidden(timeout=1_500)
                return
            except AssertionError:
                if await unproved.is_visible():
                    await confirm.click()
        await expect(confirm).to_be_hidden()

    async def unlocks(self) -> None:
        """After a reload the key is gone from memory: the certificate's password is asked for again."""
        await self.fill("certificate-password", PASSWORD)
        await self.see("login").click()
        await expect(self.see("certificate-password")).to_be_hidden()

    async def signs_in(self, representative: str) -> None:
        """Declare the representative and sign in."""
        await self.fill("representative", representative)
        await self.fill("identity", "140302********1234")
        await self.fill("phone1", "13800000000")
        await self.fill("phone2", "03530000000")
        await self.see("acts-for").click()
        await self.does("sign_in")
        await expect(self.see("signed-in")).to_be_visible()

    async def starts_camera(self) -> None:
        """Give the browser leave to use the camera and see that the picture goes out."""
        camera = self.see("own-camera").first
        await expect(camera).not_to_have_attribute("data-camera", "asking")
        if await camera.get_attribute("data-camera") != "on":
            await self.see("start-camera").click()
        await expect(camera).to_have_attribute("data-camera", "on")
        await expect(self.see("own-camera").first).to_have_attribute("data-send", "sending")

    async def signs_record(self) -> None:
        """Read the opening record's pages, say so, and sign them in the own browser."""
        await self.see("act-sign_record").click()
        await expect(self.see("record-pages")).to_be_attached()
        await self.see("record-read").click()
        await self.see("confirm-record").click()
        await expect(self.see(f"signed-{self.identity.role}")).to_have_attribute("data-signed", "true")

    async def settles_the_register(self) -> None:
        """Explain what the hall wrote into the register by itself, if anything, and sign the register's state."""
        await expect(self.see("register")).to_be_visible()
        if await self.see("act-explain_incidents").is_visible():
            await self.see("choose-all").click()
            await self.see("cause-unknown").click()
            await self.does("explain_incidents")
        await self.does("sign_register")

    async def downloads(self, testid: str, to: Path) -> Path:
        """Press a download link and keep the file."""
        async with self.page.expect_download() as download:
            await self.see(testid).first.click()
        await (await download.value).save_as(to)
        return to

    async def picture(self, name: str) -> None:
        """A screenshot for the documents, when they are being made."""
        if folder := os.environ.get("HALL_SCREENS"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def a_bid(scene: Scene, person: Person, price: str) -> bytes:
    """The PDF of an invented bid."""
    return sample_bid_pdf(
        tender=scene.number,
        tender_name=scene.name,
        lot="1",
        bidder=person.identity.name,
        price=price,
        period="300 日历天",
        quality="合格",
        manager="周建国",
        security="200000.00",
    )


def verified(bundle: Path, trust: Path, keys: Path | None = None) -> dict[str, Any]:
    """What `hall verify` says of a bundle, in a process that has never seen the hall."""
    command = [sys.executable, "-m", "hall", "verify", str(bundle), "--trust", str(trust), "--json"]
    command += ["--keys", str(keys)] if keys is not None else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    verdict: dict[str, Any] = json.loads(done.stdout)
    return verdict
