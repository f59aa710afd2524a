"""What the desk hands out of an opening whose second lot is still sealed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hall.errors import NotPermitted
from hall.runtime.desk import Desk
from hall.runtime.library import Library, Wanted
from hall.session import commands as c
from hall.session.views import may_watch
from tests.playbook import (
    CLERK,
    HOST,
    MIDNIGHT,
    SUPERVISOR,
    Playbook,
    bidder,
    certificate_of,
    plan,
)

FIRST, SECOND = ("jia", "yi", "bing"), ("ding", "wu", "ji")


@dataclass
class Tapes:
    """A recording of each participant."""

    def files(self, opening: str) -> list[Any]:
        names = ("host", *(f"bidder-{name}" for name in (*FIRST, *SECOND)))
        return [
            SimpleNamespace(participant=n, file="001.mp4", epoch=1, mime="video/mp4", start=0, end=1, size=1)
            for n in names
        ]

    def path(self, opening: str, participant: str, file: str) -> Path:
        return Path(participant, file)


def half_announced() -> tuple[Playbook, Desk]:
    play = Playbook(plan(lots=("1", "2")))
    play.at(MIDNIGHT)
    for name in (*FIRST, *SECOND):
        play.sign_in(name)
    play.at(play.state.scheduled.bid_deadline)
    play.hall(c.HandOverDeposits("ef" * 32, (*play.deposits(*FIRST), *play.deposits(*SECOND, lot="2"))))
    play.says(HOST, "announce_bidders", lot="1")
    party = SimpleNamespace(certificate="AA==", party="somebody")
    known = {certificate_of(name): party for name in (*FIRST, *SECOND)}
    registry: Any = SimpleNamespace(
        opening=lambda _: SimpleNamespace(room=SimpleNamespace(state=play.state, entries=[])),
        directory=SimpleNamespace(state=SimpleNamespace(certificates=known)),
    )
    other: Any = None
    tapes: Any = Tapes()
    return play, Desk(registry, other, other, other, tapes, other, other, other, "", "hall.example")


def test_a_certificate_is_handed_out_once_a_lot_of_its_bidder_is_announced() -> None:
    play, desk = half_announced()
    assert desk.certificate("O-1", certificate_of("jia"), CLERK) == b"\x00"
    for viewer in (CLERK, HOST, bidder("jia"), bidder("wu")):
        with pytest.raises(NotPermitted, match="no_such_certificate"):
            desk.certificate("O-1", certificate_of("ding"), viewer)
    assert desk.certificate("O-1", certificate_of("ding"), bidder("ding"))
    play.says(HOST, "announce_bidders", lot="2")
    assert desk.certificate("O-1", certificate_of("ding"), bidder("jia"))


def test_recordings_and_live_pictures_are_shown_once_a_lot_of_their_bidder_is_announced() -> None:
    play, desk = half_announced()
    other: Any = None
    library = Library(desk._registry, desk, desk._recordings, other, other, other, other)
    shown = {str(x["participant"]) for x in library.files("O-1", CLERK, Wanted())}
    assert shown == {"host", *(f"bidder-{name}" for name in FIRST)}
    library.check("O-1", "bidder-jia", CLERK)
    assert may_watch(play.state, SUPERVISOR, "bidder-jia")
    with pytest.raises(NotPermitted, match="may_not_watch"):
        library.check("O-1", "bidder-ding", CLERK)
    assert not may_watch(play.state, SUPERVISOR, "bidder-ding")
    play.says(HOST, "announce_bidders", lot="2")
    assert len(library.files("O-1", CLERK, Wanted())) == 1 + len(FIRST) + len(SECOND)
    assert may_watch(play.state, SUPERVISOR, "bidder-ding")
