"""What the hall does for a tender's notice: says in which mode it runs, looks staff up, and makes a published notice a
tender that takes deposits and has an opening. What may not live here: any rule of the notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from hall.adapters.opening_plan import Written, custody_of, opening_of, tender_plan
from hall.centre.changes import Setting
from hall.config import HallSection
from hall.procurement.conflicts import LASTS, Booking, clashes
from hall.procurement.tender import Custody, Mode, RuleSet
from hall.runtime.admin import TenderPlan
from hall.runtime.centre_desk import booking_of
from hall.runtime.matter import Owed, Procedure, States, to
from hall.runtime.notice_matter import NOTICE
from hall.runtime.registry import Registry
from hall.session.rules import Stage
from hall.tendering.commands import StopDeposits
from hall.tendering.directory import Directory
from hall.tendering.notice import commands as c
from hall.tendering.notice.missing import staff_certificates
from hall.tendering.notice.plan import Booked
from hall.tendering.notice.state import NoticeState


def _serves(directory: Directory, certificate: str) -> bool:
    """Whether somebody of the staff has this certificate and may log in with it."""
    known = directory.certificates.get(certificate)
    return known is not None and known.kind == "staff" and not directory.shut(known.party, certificate)


def rule_set_of(settings: Sequence[Setting]) -> RuleSet:
    """The usual rule set with what the trading centre set."""
    found: dict[str, Any] = {}
    for one in settings:
        usual = getattr(RuleSet(), one.key)
        if isinstance(usual, bool):
            found[one.key] = one.value == "true"
        elif one.value or not isinstance(usual, StrEnum):
            found[one.key] = type(usual)(one.value)
    return replace(RuleSet(), **found)


@dataclass(frozen=True, slots=True)
class NoticePublisher:
    """trust_roots: digest of the CA roots that a new tender promises."""

    registry: Registry
    hall: HallSection
    trust_roots: Callable[[], str]
    rooms: Callable[[], dict[str, str]] = dict
    """Name of each room of the centre → its id."""
    defaults: Callable[[], Sequence[Setting]] = tuple
    """What the centre lets new tenders begin with."""

    def owed(self) -> tuple[Owed, ...]:
        """Its lines in the table of what is owed."""
        return (
            Owed("the hall's mode", self._mode, to("notice")),
            Owed("the centre's defaults", self._defaults, to("notice")),
            Owed("certificates of staff", self._certificates, to("notice")),
            Owed("rooms and people booked twice", self._clashes, to("notice")),
            Owed("a published tender", self._unpublished, self._publish),
            Owed("an arranged opening", self._arranged, to("notice")),
            Owed("a cancelled tender", self._cancelled, self._cancel),
        )

    def plan(self, tender: str, notice: NoticeState) -> TenderPlan:
        """The tender and its opening as a published notice wants them."""
        assert notice.face is not None and notice.schedule is not None, "a published notice has both"
        custody = custody_of(notice.custody, {one.role for one in notice.staff}) or Custody.HALL
        written = Written(
            tender=tender,
            name=notice.face.name,
            number=notice.face.number,
            suite=notice.face.suite,
            bid_deadline=notice.schedule.bid_deadline,
            lots=notice.all_lots,
            rules=replace(notice.settings, custody=custody),
            staff=notice.staff,
            deputies=notice.deputies,
            place=notice.schedule.place,
        )
        return tender_plan(written, self.hall, self.trust_roots())

    def _mode(self, states: States) -> Any | None:
        notice, mode = states.of(NOTICE), Mode(self.hall.mode)
        if notice.face is None or notice.published_at:
            return None
        taken = states.tendering is not None  # it may have come by a plan file since the draft was begun
        return None if (notice.mode, notice.taken) == (mode, taken) else c.NoteHall(mode, taken)

    def _defaults(self, states: States) -> Any | None:
        notice = states.of(NOTICE)
        if notice.face is None or notice.published_at or notice.cancelled_at:
            return None
        given = self.defaults()
        settings, named = rule_set_of(given), tuple(sorted(one.key for one in given))
        same = (notice.defaults, notice.set_by_centre) == (settings, named)
        return None if same else c.TakeDefaults(settings, named)

    def _certificates(self, states: States) -> Any | None:
        notice = states.of(NOTICE)
        wanted = staff_certificates((*notice.staff, *notice.deputies))
        directory = self.registry.directory.state
        unknown = frozenset(one for one in wanted if not _serves(directory, one))
        if (wanted, unknown) == (notice.looked_at, notice.unknown):
            return None
        return c.NoteCertificates(tuple(sorted(wanted)), tuple(sorted(unknown)))

    def _clashes(self, states: States) -> Any | None:
        """Looked at whenever something of this tender changes, until it is published."""
        notice = states.of(NOTICE)
        if notice.schedule is None or notice.published_at or notice.cancelled_at:
            return None
        rooms, begins = self.rooms(), notice.schedule.bid_deadline
        people = {one.party: one.name for one in (*notice.staff, *notice.deputies)}
        place = rooms.get(notice.schedule.place, "")
        wanted = Booking(opening_of(states.tender), begins, begins + LASTS, people, place)
        live = (one.room.state for one in self.registry.openings.values())
        others = (booking_of(x, rooms) for x in live if x.plan is not None and x.stage is not Stage.CLOSED)
        found = tuple(Booked(x.what, x.who, x.name, x.other) for x in clashes(wanted, others))
        return None if found == notice.clashes else c.NoteClashes(found)

    def _unpublished(self, states: States) -> NoticeState | None:
        notice = states.of(NOTICE)
        waits = notice.published_at and not notice.opening and not notice.taken
        return notice if waits and (states.tendering is None or states.opening is None) else None

    async def _publish(self, procedure: Procedure, notice: NoticeState) -> None:
        plan = self.plan(procedure.tender, notice)
        await self.registry.publish(plan.tender, plan.opening)

    def _arranged(self, states: States) -> Any | None:
        notice = states.of(NOTICE)
        if not notice.published_at or notice.opening or states.tendering is None or states.opening is None:
            return None
        return c.NoteArranged(opening_of(states.tender))

    def _cancelled(self, states: States) -> StopDeposits | None:
        notice, tendering = states.of(NOTICE), states.tendering
        waits = notice.cancelled_at and notice.opening and tendering is not None
        if not waits or tendering is None or tendering.stopped or tendering.closed is not None:
            return None
        return StopDeposits(notice.cancelled_at)

    async def _cancel(self, procedure: Procedure, command: StopDeposits) -> None:
        room = self.registry.tendering(procedure.tender)
        await room.submit(command, received_at=self.registry.clock.now())
