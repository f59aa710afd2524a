"""Hints about faces in a whole hall: asked for once for a look that is due, of who consented, and never in the way.

The engine is played here, because it is an extra; `tests/integration/adapters/test_faces.py` asks the real one.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hall import app
from hall.adapters import fitness
from hall.config import Config, FacesSection
from hall.errors import Unavailable
from hall.runtime.faces_port import Comparison
from hall.runtime.media_ports import Still
from hall.session.events import Likeness
from tests import own_hall as worlds
from tests.own_hall import OPENING, OwnHall, own_hall, until_commanded
from tests.still_media import StillMedia

REFERENCE = b"\xff\xd8\xff" + b"as at the sign-in" * 40
LIVE = b"\xff\xd8\xff" + b"as of now" * 40
PERSON = {
    "representative": "李四",
    "identity": "DEMO-2",
    "phones": ["13800000001"],
    "acts_for_bidder": True,
    "salt": "cd" * 16,
    "letter": "ef" * 32,
}
WITH_PICTURE = PERSON | {"photo": base64.b64encode(REFERENCE).decode()}


class Engine:
    """Says what it is told to say, once it may."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, bytes]] = []
        self.may = asyncio.Event()
        self.may.set()

    async def compare(self, reference: bytes, live: bytes) -> Comparison:
        self.asked.append((reference, live))
        await self.may.wait()
        return Comparison(Likeness.UNLIKE, 7)

    def close(self) -> None: ...


class Seen(StillMedia):
    """The media plane with one picture of everybody. age: ms since it was taken."""

    age = 0
    lost = False

    async def still(self, opening: str, participant: str) -> Still | None:  # type: ignore[override]  # a double: one picture for all
        if self.lost:
            raise Unavailable("media_worker_lost")
        return Still(self._clock.now() - self.age, 1, LIVE)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    played, lay_out = Engine(), worlds._lay_out

    def with_faces(directory: Path, tender: dict[str, object]) -> Config:
        return replace(lay_out(directory, tender), faces=FacesSection(enabled=True))

    monkeypatch.setattr(worlds, "_lay_out", with_faces)
    monkeypatch.setattr(fitness, "check_installed", lambda: None)
    monkeypatch.setattr(app, "ComparedFaces", lambda: played)
    return played


@asynccontextmanager
async def commanded(directory: Path) -> AsyncIterator[tuple[OwnHall, Seen]]:
    """A hall in which decryption is commanded; b1 and b2 gave a picture, and b1 alone consents to a comparison."""
    async with own_hall(directory, Seen) as hall:
        await until_commanded(hall)
        await hall.act("b1", "replace_representative", **WITH_PICTURE, compares_faces=True)
        await hall.act("b2", "replace_representative", **WITH_PICTURE, compares_faces=False)
        assert isinstance(hall.media, Seen)
        yield hall, hall.media


async def settled(hall: OwnHall) -> None:
    """Whatever was begun about faces is over."""
    lookalikes = hall.core.registry.opening(OPENING).lookalikes
    assert lookalikes is not None
    await asyncio.gather(*lookalikes._running)


async def test_clause_5_3_7_a_hint_comes_once_for_a_look_that_is_due_and_of_who_consented(
    tmp_path: Path, engine: Engine
) -> None:
    async with commanded(tmp_path) as (hall, _):
        for who in ("b1", "b2", "b3"):
            await hall.release(who)
        await hall.until("FaceFlagged")
        await settled(hall)
        assert engine.asked == [(REFERENCE, LIVE)]
        assert hall.kinds().count("FaceFlagged") == 1
        (hint,) = hall.view("supervisor").flags
        assert (hint.participant, hint.moment, hint.flag) == ("bidder-b1", "decryption", "unlike")
        # It changes nothing: the bid is opened as the others are, and the look is still due.
        await hall.until("BidOpened", 3)
        due = [x.participant for x in hall.view("supervisor").checks_due]
        assert due == ["bidder-b1", "bidder-b2", "bidder-b3"]
        assert hall.view("b2").flags == []


async def test_clause_5_3_7_nothing_waits_for_a_hint_and_a_late_one_is_left_out(
    tmp_path: Path, engine: Engine
) -> None:
    engine.may.clear()
    async with commanded(tmp_path) as (hall, _):
        await hall.release("b1")
        await hall.until("BidOpened")
        await hall.act(
            "supervisor",
            "check_identity",
            bidder="b1",
            result="same_person",
            text="",
            moment="decryption",
        )
        engine.may.set()
        await settled(hall)
        assert len(engine.asked) == 1
        assert "FaceFlagged" not in hall.kinds()


async def test_a_hint_is_left_out_where_the_consent_went_with_the_person(
    tmp_path: Path, engine: Engine
) -> None:
    engine.may.clear()
    async with commanded(tmp_path) as (hall, _):
        await hall.release("b1")
        await hall.act("b1", "replace_representative", **PERSON | {"salt": "ba" * 16})
        engine.may.set()
        await settled(hall)
        assert "FaceFlagged" not in hall.kinds()


@pytest.mark.parametrize("trouble", ["old", "lost"])
async def test_without_a_picture_of_now_nothing_is_asked(
    tmp_path: Path, engine: Engine, trouble: str
) -> None:
    async with commanded(tmp_path) as (hall, media):
        media.age, media.lost = (60_000 if trouble == "old" else 0), trouble == "lost"
        await hall.release("b1")
        await hall.until("BidOpened")
        await settled(hall)
        assert engine.asked == []
        assert "FaceFlagged" not in hall.kinds()


async def test_a_hall_compares_no_faces_unless_it_is_told_to(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        assert hall.core.registry.opening(OPENING).lookalikes is None
