"""Openings played by hand in this process, each once, and their bundles: what the tests of the verifier take apart."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall import app
from hall.adapters import record_office
from hall.adapters.record_public import JSON, LABEL, PDF, edition, statement
from hall.config import SigningSection
from hall.evidence import record, signatures
from hall.evidence.bundle import Anchors, read_anchors
from hall.evidence.entitlement import Entitlement
from hall.evidence.extract import extract
from hall.procurement import canonical
from hall.signing.statement_pdf import statement_pdf
from hall.storage.keys import HallKeys
from tests.forger import Forger, is_blank
from tests.integration.evidence.alternative_story import alternatives
from tests.integration.evidence.custody_story import custodians
from tests.integration.evidence.national_story import national
from tests.integration.evidence.restoration_story import brought_again
from tests.integration.evidence.stories import STORIES, Told
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

    def public(self, out: Path) -> Path:
        """The public's bundle, with the record's public edition as this hall would make it."""
        with zipfile.ZipFile(self.bundle) as whole:
            more = _edition(whole.read("record/record.json"), self.log_key)
        assert extract(self.bundle, out, Entitlement.PUBLIC, more=more)
        return out


@cache
def _edition(content: bytes, log_key: Ed25519PrivateKey) -> dict[str, bytes]:
    body = edition(content)
    signature = log_key.sign(f"bidhall/1 {LABEL}\0".encode() + canonical.dumps(body))
    data = canonical.dumps({**body, "signature": base64.b64encode(signature).decode()})
    font = record_office.fonts(SigningSection()).plain
    return {JSON: data, PDF: statement_pdf(statement(body, data), font, sealed=False)}


_STORIES = STORIES | {
    "alternatives": alternatives,
    "custodians": custodians,
    "national": national,
    "brought_again": brought_again,
}


def _threads(max_workers: int, **_: object) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers)


def _played(place: Path, story: Callable[[Path], Awaitable[Told]]) -> Honest:
    with pytest.MonkeyPatch.context() as patch:
        # A process of its own for bids and records costs more seconds than all that it does in a story.
        patch.setattr(app, "ProcessPoolExecutor", _threads)
        bundle, trust = asyncio.run(_told(place, story))
    (place / "trust.json").write_text(json.dumps(trust), encoding="utf-8")
    log_key = HallKeys.load_or_create(place / "data" / "keys").log
    return Honest(bundle, place / "trust.json", read_anchors(trust), log_key)


async def _told(place: Path, story: Callable[[Path], Awaitable[Told]]) -> Told:
    bundle, trust = await story(place)
    return Path(shutil.copy(bundle, place / "bundle.zip")), trust


def _in_one_hall(
    story: Callable[[OwnHall], Awaitable[Path]], **plan: object
) -> Callable[[Path], Awaitable[Told]]:
    async def told(place: Path) -> Told:
        async with own_hall(place, **plan) as hall:
            bundle = Path(shutil.copy(await story(hall), place / "played.zip"))
            return bundle, hall.core.archive.trust(hall.actor("procuring_entity"))

    return told


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """An ordinary opening, played once for all tests."""
    return _played(tmp_path_factory.mktemp("own-hall"), _in_one_hall(play))


@pytest.fixture(scope="session")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """An opening with everything in it that may go wrong, played once for all tests."""
    return _played(tmp_path_factory.mktemp("troubled"), _in_one_hall(play_troubled, **plan()))


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Honest]:
    """One of the stories by name, played when the first test asks for it."""

    @cache
    def played(name: str) -> Honest:
        return _played(tmp_path_factory.mktemp(name), _STORIES[name])

    return played


@pytest.fixture(autouse=True, scope="session")
def same_record_same_signatures() -> Iterator[None]:
    """Most lies leave the record's document as it is: what its bytes alone say is found out once. A forger's blank
    pages are let pass: drawing them anew would cost each lie a second, and pages have lies of their own."""
    look = lru_cache(maxsize=64)(record.drawn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "drawn", lambda pdf, *told: [] if is_blank(pdf) else look(pdf, *told))
        for module, name in (
            (signatures, "check_record"),
            (signatures, "check_closing_stamp"),
            (record, "attachment"),
        ):
            patch.setattr(module, name, lru_cache(maxsize=64)(getattr(module, name)))
        yield


Forge = Callable[[], Forger]


@pytest.fixture
def forger(honest: Honest) -> Forger:
    """The honest bundle taken apart anew for each test."""
    return honest.forger()
