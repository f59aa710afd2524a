"""One opening played by hand in this process, and its bundle: what the tests of the verifier take apart."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.evidence.bundle import Anchors, read_anchors
from hall.storage.keys import HallKeys
from tests.forger import Forger
from tests.own_hall import OwnHall, own_hall, play
from tests.troubled import plan, play_troubled


@dataclass(frozen=True, slots=True)
class Honest:
    """An honest bundle, its published anchors, and what its forger needs: the hall's log key."""

    bundle: Path
    trust: Path
    anchors: Anchors
    log_key: Ed25519PrivateKey

    def forger(self) -> Forger:
        return Forger.of(self.bundle, self.log_key)


def _played(place: Path, story: Callable[[OwnHall], Awaitable[Path]], **plan: object) -> Honest:
    async def played() -> dict[str, object]:
        async with own_hall(place, **plan) as hall:
            shutil.copy(await story(hall), place / "bundle.zip")
            return hall.core.archive.trust(hall.actor("procuring_entity"))

    trust = asyncio.run(played())
    (place / "trust.json").write_text(json.dumps(trust), encoding="utf-8")
    log_key = HallKeys.load_or_create(place / "data" / "keys").log
    return Honest(place / "bundle.zip", place / "trust.json", read_anchors(trust), log_key)


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """An ordinary opening, played once for all tests; takes some ten seconds."""
    return _played(tmp_path_factory.mktemp("own-hall"), play)


@pytest.fixture(scope="session")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """An opening with everything in it that may go wrong, played once for all tests."""
    return _played(tmp_path_factory.mktemp("troubled"), play_troubled, **plan())


Forge = Callable[[], Forger]


@pytest.fixture
def forger(honest: Honest) -> Forger:
    """The honest bundle taken apart anew for each test."""
    return honest.forger()
