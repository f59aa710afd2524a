"""A hall of its own and a real browser for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from hall.rehearsal.stage import Scene, Stage
from tests.e2e.people import launch

SCENE = Scene(
    tender="T-e2e",
    number="演招2026-009",
    name="演示市第一小学教学楼工程施工",
    bidders=3,
    lead_ms=30 * 60_000,
    movable_clock=True,
)


@pytest.fixture
def scene() -> Scene:
    """What is played; a test that wants another one says so by `parametrize`."""
    return SCENE


@pytest.fixture
async def stage(tmp_path: Path, scene: Scene) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path / "hall", scene)
    stage.prepare()
    with stage.config.open("a", encoding="utf-8") as config:
        config.write("\n[video]\nwidth = 320\nheight = 180\nrate = 10\n")
    await stage.open()
    yield stage
    await stage.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        browser = await launch(play)
        yield browser
        await browser.close()
