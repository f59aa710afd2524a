"""What happens to rooms in the tests of crashes: every scenario of `tests/scenarios`, told once more as commands.

The scenarios are the stories: who adds a rule tells it there, and its events are crashed here without another word.
Tendering, the directory and the notices have short stories of their own.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from hall.errors import HallError
from hall.keeping import commands as kc
from hall.notifying import commands as nc
from hall.notifying import events as ne
from hall.notifying.state import digest
from hall.procurement.parties import Actor, Role
from hall.procurement.standing import Standing
from hall.procurement.tender import HOUR, Lot
from hall.runtime import machine
from hall.runtime.keeper import KEEPING
from hall.runtime.machine import Machine
from hall.runtime.sending import NOTIFYING
from hall.session import decide as rules
from hall.tendering import commands as tc
from hall.tendering import events as te
from hall.tendering.directory import (
    CertificateRetired,
    ContactGiven,
    OfficeGiven,
    OfficeTaken,
    PairRegistered,
    PartyActivated,
    PartyDeactivated,
    PartyRegistered,
    Register,
    StandingNoted,
    TenderListed,
)
from tests import matterbook, playbook
from tests.playbook import DEADLINE, MIDNIGHT, OWNER, Playbook, bidder

_STATED = ("size", "sha256", "commit", "tag_commit", "salt", "recipient")
SCENARIOS = Path(__file__).parents[1] / "scenarios"

_OWED = (
    "HandOverDeposits",
    "ScheduleOpening",
    "NoteRecheck",
    "NoteBidOpened",
    "NoteBidFailed",
    "DisclosePrices",
    "NoteBidPdf",
)
_OWED_TOO = (
    "NoteRecordPrepared",
    "NoteRecordCompleted",
    "NoteRoomEmpty",
    "Tick",
    "PublishTender",
    "StopDeposits",
    "NoteHandedOver",
)
_COME_AGAIN = frozenset((*_OWED, *_OWED_TOO, "Register", "Owe", "NoteSent", "Read", "NoteErased"))
"""What the hall says to itself and, after a crash, says again: it is owed by the state. Other notes are lost with the
process that heard them."""


@dataclass(frozen=True)
class Step:
    """One command at one moment, ms UTC."""

    at: int
    command: Any
    actor: Actor | None

    @property
    def nonce(self) -> str:
        """The client's, so that the same command counts once; notes of the hall have none."""
        act = getattr(self.command, "act", None)
        return "" if act is None else str(act.client_nonce)

    @property
    def comes_again(self) -> bool:
        """Whether it is sent once more after a crash, by its client or because it is owed."""
        return bool(self.nonce) or type(self.command).__name__ in _COME_AGAIN


@dataclass(frozen=True)
class Story:
    name: str
    stream: str
    machine: Machine[Any]
    steps: tuple[Step, ...]


def stories() -> Iterator[Story]:
    """All of them, in a fixed order."""
    yield _directory()
    yield _tendering()
    yield _cancelled()
    notices = _notices()
    yield notices
    yield replace(notices, name="letters", stream="letters/T-1")
    yield _keeping()
    for path in sorted(SCENARIOS.glob("test_*.py")):
        module = importlib.import_module(f"tests.scenarios.{path.stem}")
        for name, tell in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_") and tell.__module__ == module.__name__:
                for number, steps in enumerate(_told(tell)):
                    yield Story(f"{name} {number}", "opening/O-1", machine.OPENING, tuple(steps))
    for path in sorted((SCENARIOS / "matters").glob("test_*.py")):
        module = importlib.import_module(f"tests.scenarios.matters.{path.stem}")
        for name, tell in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_") and tell.__module__ == module.__name__:
                yield from _matters(name, tell)


def _matters(name: str, tell: Callable[..., None]) -> Iterator[Story]:
    """The books that a scenario without parameters fills."""
    if inspect.signature(tell).parameters or inspect.iscoroutinefunction(tell):
        return
    matterbook.told.clear()
    with suppress(AssertionError, HallError, pytest.fail.Exception):
        tell()
    for number, book in enumerate(matterbook.told):
        steps = tuple(Step(*step) for step in book.steps)
        yield Story(f"{name} {number}", f"{book.matter.name}/T-1", book.matter.machine, steps)


def _told(tell: Callable[..., None]) -> list[list[Step]]:
    """Run a scenario with its first parameters; gives the steps of each opening that it plays."""
    given: dict[str, Any] = {}
    for mark in getattr(tell, "pytestmark", []):
        if mark.name == "parametrize":
            names, values = mark.args[:2]
            names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
            first = next(iter(values))
            first = first.values if hasattr(first, "values") and hasattr(first, "marks") else first
            given |= dict(zip(names, first if len(names) > 1 else (first,), strict=True))
    if inspect.signature(tell).parameters.keys() - given.keys() or inspect.iscoroutinefunction(tell):
        return []
    with _heard() as openings:
        try:
            tell(**given)
        except (AssertionError, HallError, pytest.fail.Exception):
            pass  # what a scenario demands is its own affair; what was said until then is a story too
    return openings


@contextmanager
def _heard() -> Iterator[list[list[Step]]]:
    """Listen to all playbooks: what is decided on which state."""
    openings: list[list[Step]] = []
    plays: list[Playbook] = []
    begin, decide = Playbook.__init__, rules.decide

    def begun(self: Playbook, *args: Any, **kwargs: Any) -> None:
        plays.append(self)
        openings.append([])
        begin(self, *args, **kwargs)

    def decided(state: Any, command: Any, *, actor: Actor | None, now: int) -> Any:
        for play, steps in zip(plays, openings, strict=True):
            if play.state is state:
                steps.append(Step(now, command, actor))
        return decide(state, command, actor=actor, now=now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Playbook, "__init__", begun)
        patch.setattr(playbook, "decide", decided)
        yield openings


def _directory() -> Story:
    party = PartyRegistered("b1", "b1 Ltd", "bidder", "91140000000000001X", "ab" * 32, "AAAA")
    known = [
        Register(party),
        Register(PairRegistered("ab" * 32, "ef" * 32, "BBBB")),
        Register(StandingNoted("b1", Standing.NATURAL_PERSON, "dd" * 32)),
        Register(TenderListed("T-1", "O-1")),
        Register(ContactGiven("b1", "cd" * 32)),
        Register(OfficeGiven("s1", Role.EVALUATOR)),
        Register(OfficeTaken("s1", Role.EVALUATOR)),
        Register(PartyDeactivated("b1")),
        Register(PartyActivated("b1")),
        Register(CertificateRetired("ab" * 32)),
    ]
    steps = tuple(Step(MIDNIGHT, command, None) for command in known)
    return Story("directory", "directory/hall", machine.DIRECTORY, steps)


def _notices() -> Story:
    """A notice that the mail takes at the second attempt, and that its addressee reads."""
    owed = ne.NoticeOwed(
        notice="n1",
        kind="deadline_moved",
        opening="O-1",
        lot="",
        role="bidder",
        party="jia",
        because="opening/O-1#7",
        facts=(ne.Fact("reason", "补遗"),),
        subject="变更",
        text="全文",
        channels=("inbox", "smtp"),
        contact="cc" * 32,
        due_at=MIDNIGHT,
        until=None,
    )
    sent = nc.NoteSent("n1", "smtp", digest("变更", "全文"), "<n1@hall.example>", "250 2.0.0 Ok")
    steps = (
        Step(MIDNIGHT, nc.Owe((owed,)), None),
        Step(MIDNIGHT + 1, nc.NoteFailed("n1", "smtp", "mail_refused", "450", final=False), None),
        Step(MIDNIGHT + HOUR, sent, None),
        Step(MIDNIGHT + HOUR, nc.Read("n1", None), bidder("jia")),
    )
    return Story("notices", "notices/T-1", NOTIFYING, steps)


def _keeping() -> Story:
    """Recordings are looked at, taken, held, and erased when their time is over; a demand came too early."""
    play, nonces, years = Playbook(), itertools.count(1), 15 * 366 * 24 * HOUR

    def act(by: Actor, act_type: str, **body: Any) -> Any:
        made = play.act(by, "make_announcement", **body)
        nonce: dict[str, Any] = {side: f"{next(nonces):032x}" for side in ("client_nonce", "server_nonce")}
        return replace(made, type=act_type, **nonce)

    def erase(at: int) -> Step:
        order = kc.OrderErasure(act(OWNER, "erase_recordings", reason="期满"), MIDNIGHT, MIDNIGHT + years)
        return Step(at, order, OWNER)

    whom, sha256 = ("bidder-jia", "host"), "ab" * 32
    steps = (
        Step(MIDNIGHT, kc.NoteView("supervisor:s", "cc" * 32, whom, 1, 2), None),
        Step(MIDNIGHT + 1, kc.NoteExport("supervisor:s", "cc" * 32, whom, 1, 2, sha256, 5), None),
        Step(MIDNIGHT + 1, kc.NoteKeys("supervisor:s", "cc" * 32, whom), None),
        Step(MIDNIGHT + 1, kc.NoteBundle("public", "", "public", sha256, 5), None),
        Step(MIDNIGHT + 2, kc.NoteStored("external-1", sha256, 5, "clerk:c"), None),
        Step(MIDNIGHT + 3, kc.HoldForComplaint("C-1", "bidder:jia", "投诉"), None),
        Step(MIDNIGHT + 4, kc.PlaceHold(act(OWNER, "hold_recordings", reason="待查")), OWNER),
        Step(MIDNIGHT + 5, kc.LiftHold(act(OWNER, "lift_hold", hold=2, reason="已查明")), OWNER),
        erase(MIDNIGHT + 6),
        Step(MIDNIGHT + 7, kc.ComplaintOver("C-1", "regulator:r", "处理完毕"), None),
        erase(MIDNIGHT + years),
        Step(MIDNIGHT + years, kc.NoteErased(True, 0), None),
    )
    return Story("keeping", "keeping/O-1", KEEPING, steps)


def _cancelled() -> Story:
    """A tender whose notice is cancelled takes no deposits any more."""
    published = next(step for step in _tendering().steps if isinstance(step.command, tc.PublishTender))
    steps = (published, Step(published.at + 1, tc.StopDeposits(published.at + 1), None))
    return Story("a cancelled tender", "tendering/T-1", machine.TENDERING, steps)


def _tendering() -> Story:
    """Two bids, one replaced and one withdrawn, one too late; the list is closed and handed over."""
    play, nonces = Playbook(), itertools.count(1)
    plan = te.TenderPublished(
        tender="T-1",
        name="河堤整治",
        number="YQ-2026-001",
        origin="hall.example",
        opening="O-1",
        lots=(Lot("1", "标段 1", "1000000.00"),),
        bid_deadline=DEADLINE,
        suite="bidseal/1",
        trust_roots="ab" * 32,
    )

    def act(name: str, act_type: str, **body: Any) -> Any:
        made = play.act(bidder(name), "sign_in", **body)
        nonce: dict[str, Any] = {side: f"{next(nonces):032x}" for side in ("client_nonce", "server_nonce")}
        return replace(made, type=act_type, lot="1", opening="", **nonce)

    def deposit(name: str, at: int, text: str = "") -> Step:
        (one,) = play.deposits(name)
        one = replace(one, sha256=hashlib.sha256(f"{name} {text}".encode()).hexdigest(), received_at=at)
        said = {key: value for key, value in asdict(one).items() if key in _STATED}
        made = act(name, "deposit", **said, self_test=True, client="test")
        return Step(at, tc.ReceiveDeposit("T-1", one, made), bidder(name))

    steps = (
        Step(MIDNIGHT, tc.PublishTender(plan), None),
        deposit("jia", MIDNIGHT + 1),
        deposit("yi", MIDNIGHT + 2),
        deposit("jia", MIDNIGHT + 3, "another"),
        Step(MIDNIGHT + 4, tc.Withdraw("1", act("yi", "withdraw")), bidder("yi")),
        Step(MIDNIGHT + 5, tc.MoveDeadline(DEADLINE + 1), None),
        deposit("bing", DEADLINE + 1),
        Step(DEADLINE + 1, tc.CloseDeposits(), None),
        Step(DEADLINE + 1, tc.NoteHandedOver("O-1"), None),
    )
    return Story("tendering", "tendering/T-1", machine.TENDERING, steps)


_STATED = ("size", "sha256", "commit", "tag_commit", "salt", "recipient")
