"""A person in front of a real Firefox, driven by its own remote control, Marionette: numbered JSON over TCP.

The browser that people have is asked to do what people do, by the elements they use; the library that drives Chromium
brings a Firefox of its own making, which is not what Debian ships.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self

from hall.rehearsal.demo_ca import PASSWORD, DemoIdentity
from hall.rehearsal.stage import free_port

FIREFOX: Final = Path("/usr/bin/firefox-esr")
LOOK: Final = 0.25
"""Seconds between two looks at the page."""

LOOKS: Final = 360
"""So often is looked until an expected thing must have appeared."""

PREFERENCES: Final[dict[str, bool | int | str]] = {
    # A camera and a microphone that are invented, and nobody to be asked for them.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    # Nothing is asked of anybody outside: no updates, reports, lists, plugins, tests of the line.
    "app.update.disabledForTesting": True,
    "app.normandy.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.startup.homepage": "about:blank",
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "geo.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-manager.url": "",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "network.trr.mode": 5,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    # The words of the screens are looked at in Chinese.
    "intl.accept_languages": "zh-CN,zh",
}


class Firefox:
    """One window. Elements are named by their test id, or by any CSS selector that has a bracket, dot or blank."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._last = 0

    @classmethod
    @asynccontextmanager
    async def starts(cls) -> AsyncIterator[Self]:
        """Start it without a screen, with a profile of its own; it leaves nothing behind."""
        port = free_port()
        with tempfile.TemporaryDirectory(prefix="hall-firefox-") as profile:
            wanted = {**PREFERENCES, "marionette.port": port}
            lines = [f"user_pref({json.dumps(name)}, {json.dumps(to)});" for name, to in wanted.items()]
            (Path(profile) / "user.js").write_text("\n".join(lines), encoding="utf-8")
            process = await asyncio.create_subprocess_exec(
                *(
                    str(FIREFOX),
                    "--headless",
                    "--marionette",
                    "--no-remote",
                    "--profile",
                    profile,
                    "about:blank",
                ),
                env={**os.environ, "HOME": profile, "MOZ_CRASHREPORTER_DISABLE": "1"},
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
            writer: asyncio.StreamWriter | None = None
            try:
                reader, writer = await _connected(port)
                firefox = cls(reader, writer)
                await firefox._heard()  # It greets.
                await firefox.ask("WebDriver:NewSession", strictFileInteractability=False)
                await firefox.ask("WebDriver:SetTimeouts", script=60_000, pageLoad=90_000)
                await firefox.ask("WebDriver:SetWindowRect", width=1280, height=985)
                yield firefox
            finally:
                if writer is not None:
                    writer.close()
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()

    async def ask(self, command: str, **how: object) -> Any:
        """Give a command of WebDriver; Marionette knows them by these names. Raises RuntimeError as it refuses."""
        self._last += 1
        message = json.dumps([0, self._last, command, how]).encode()
        self._writer.write(b"%d:%s" % (len(message), message))
        await self._writer.drain()
        _, number, refused, result = await self._heard()
        assert number == self._last
        if refused:
            raise RuntimeError(f"{command}: {refused['error']}: {refused['message']}")
        return result.get("value", result) if isinstance(result, dict) else result

    async def _heard(self) -> Any:
        length = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(length[:-1])))

    async def goto(self, address: str) -> None:
        await self.ask("WebDriver:Navigate", url=address)

    async def evaluate(self, function: str, *arguments: object) -> Any:
        """What a function of the page gives for these arguments; a promise is waited for."""
        script = (
            "const [done, ...all] = [...arguments].reverse();"
            f"Promise.resolve().then(() => ({function})(...all.reverse())).then("
            "v => done([v]), e => done(['' + e + e.stack, 1]))"
        )
        found = await self.ask("WebDriver:ExecuteAsyncScript", script=script, args=list(arguments))
        if len(found) == 2:
            raise RuntimeError(found[0])
        return found[0]

    async def until(self, function: str, *arguments: object) -> Any:
        """Wait until a function of the page gives something true, and return it."""
        for _ in range(LOOKS):
            if found := await self.evaluate(function, *arguments):
                return found
            await asyncio.sleep(LOOK)
        text = await self.evaluate("() => document.body.innerText")
        raise AssertionError(f"never: {function} {arguments}; the page says: {text}")

    async def sees(self, testid: str, attribute: str = "", value: str = "") -> None:
        """Wait until the element is in sight, with this attribute if one is named."""
        await self.until(
            "(at, name, value) => { const e = document.querySelector(at);"
            " return !!e?.checkVisibility() && (name === '' || e.getAttribute(name) === value) }",
            *(_selector(testid), attribute, value),
        )

    async def click(self, testid: str) -> None:
        """Press what can be pressed, as soon as it can."""
        ready = "at => { const e = document.querySelector(at); return !!e?.checkVisibility() && !e.disabled }"
        refusal: RuntimeError | None = None
        for _ in range(LOOKS):
            element = await self._element(testid, ready)
            try:
                await self.ask("WebDriver:ElementClick", id=element)
                return
            except RuntimeError as refused:  # A dialog still glides over it, or it was drawn anew.
                refusal = refused
                await asyncio.sleep(LOOK)
        raise AssertionError(f"{testid} could not be pressed") from refusal

    async def fill(self, testid: str, text: str) -> None:
        """Type into a field."""
        at = f"input[data-testid={testid}], textarea[data-testid={testid}], [data-testid={testid}] input"
        element = await self._element(at, "at => !!document.querySelector(at)?.checkVisibility()")
        await self.ask("WebDriver:ElementClear", id=element)
        await self.ask("WebDriver:ElementSendKeys", id=element, text=text)

    async def choose(self, testid: str, path: Path) -> None:
        """Choose a file."""
        element = await self._element(testid, "at => document.querySelector(at) !== null")
        await self.ask("WebDriver:ElementSendKeys", id=element, text=str(path))

    async def _element(self, testid: str, ready: str) -> str:
        await self.until(ready, _selector(testid))
        found = await self.ask("WebDriver:FindElement", using="css selector", value=_selector(testid))
        return str(next(iter(found.values())))

    async def picture(self, name: str) -> None:
        """A screenshot for the documents, when they are being made."""
        if folder := os.environ.get("HALL_SCREENS"):
            await self.evaluate(
                "() => scrollTo(0, 0)"
            )  # what sticks to the window's top belongs to the page's
            shot = await self.ask("WebDriver:TakeScreenshot", full=True, hash=False)
            await asyncio.to_thread((Path(folder) / f"{name}.png").write_bytes, base64.b64decode(shot))


class BidderWithFirefox(Firefox):
    """A bidder at its role's address; what it does is what `tests.e2e.people.Person` does in Chromium."""

    async def arrives(self, port: int, name: str, identity: DemoIdentity) -> None:
        """Open the address and log in with the certificate file."""
        await self.goto(f"http://{name}.localhost:{port}/")
        await self.choose("certificate-file", identity.p12)
        await self.fill("certificate-password", PASSWORD)
        await self.click("login")
        await self.sees("my-role")

    async def deposits(self, pdf: Path, columns: dict[str, str]) -> None:
        """Fill the form, seal and hand in."""
        for field, value in columns.items():
            await self.fill(field, value)
        await self.choose("pdf", pdf)
        await self.click("seal")
        await self.click("confirm")
        await self.sees("deposit-sha256")

    async def signs_in(self, representative: str) -> None:
        """Go into the room, declare the representative and sign in."""
        await self.click("enter-opening")
        await self.sees("opening", "data-line", "live")
        of = {"representative": representative, "identity": "140302********1234"}
        for field, value in {**of, "phone1": "13800000000", "phone2": "03530000000"}.items():
            await self.fill(field, value)
        await self.click("acts-for")
        await self.does("sign_in")
        await self.sees("signed-in")

    async def does(self, act: str) -> None:
        """Press an act's button and confirm what is signed."""
        await self.click(f"act-{act}")
        await self.click("confirm")
        await self.until("() => !document.querySelector('[data-testid=confirm]')?.checkVisibility()")

    async def starts_camera(self) -> None:
        """See that the picture goes out."""
        await self.until(
            "() => !['asking', undefined].includes("
            "document.querySelector('[data-testid=own-camera]')?.dataset.camera)"
        )
        if not await self.evaluate(
            "() => !!document.querySelector('[data-testid=own-camera][data-camera=on]')"
        ):
            await self.click("start-camera")
        await self.sees("own-camera", "data-send", "sending")


def _selector(testid: str) -> str:
    return testid if any(sign in testid for sign in "[. ") else f"[data-testid='{testid}']"


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(LOOKS):
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(LOOK)
    raise AssertionError("Firefox does not listen")
