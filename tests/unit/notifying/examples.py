"""One event of every kind that owes a notice, and whom it can be told to."""

from __future__ import annotations

from typing import Any

from hall.notifying import owed as o
from hall.notifying.owed import Addressee, Circle, Owed
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import MINUTE, Deposit
from hall.session import events as e
from hall.tendering.state import TenderState
from tests.playbook import DEADLINE, MIDNIGHT, Playbook

STAFF = (
    Addressee("host", "host"),
    Addressee("procuring_entity", "owner"),
    Addressee("regulator", "bureau"),
    Addressee("trading_centre", "centre"),
)
CIRCLE = Circle(STAFF, ("jia", "yi"), ("bing", "jia", "yi"))
ACT: Any = None
"""No notice depends on the act that caused it."""

POST = Appointment(Role.CLERK, "c2", "周静", "某公司", "ab" * 32)
SPLIT = e.SplitDeclared(
    1,
    "per_bidder",
    (e.LotBidder("1", "jia"),),
    (e.LotBidder("1", "yi"), e.LotBidder("2", "jia")),
    DEADLINE,
    DEADLINE + 60 * MINUTE,
    DEADLINE + 61 * MINUTE,
    "",
    ACT,
)
EVENTS: tuple[Any, ...] = (
    e.DeadlineMoved(DEADLINE, DEADLINE + MINUTE, "补遗", ACT),
    e.OpeningPostponed(DEADLINE, DEADLINE + MINUTE, MIDNIGHT, "停电", ACT),
    e.DeadlineHeld(DEADLINE, (1,)),
    e.DeadlineConfirmed(DEADLINE, "核实无误", ACT),
    e.Suspended(1, e.SuspensionKind.SYSTEM, "a", "故障", DEADLINE, DEADLINE, 1, None, None),
    e.SuspensionLifted(1, DEADLINE, (), ()),
    e.ConsultationOpened(2, e.About.BID, 0, "1", "jia", DEADLINE),
    e.ResumptionAnnounced(1, 1, DEADLINE, ACT),
    SPLIT,
    e.Adjourned(1, DEADLINE, "休会", ACT),
    e.OwnWindowOpened("1", "yi", DEADLINE, DEADLINE + MINUTE, 4),
    e.PostTaken(POST, "cd" * 32, ACT),
    e.SubstituteAppointed(POST, "", "生病", ACT),
    e.IncidentRecorded(1, "ciphertext_damaged", "b", "bidder-jia", "jia", scope=("jia", "yi")),
    e.OpeningClosed(1, 1, ACT, ACT),
)


def caused(*events: Any, circle: Circle = CIRCLE, after: int = 0) -> list[Owed]:
    """What these events owe as the rows 1, 2 … of an opening."""
    entries = [(DEADLINE + n, "system", event) for n, event in enumerate(events)]
    return o.of_rows("opening/O-1", entries, after, "O-1", lambda: circle)


def bid(name: str, *, at: int = MIDNIGHT - MINUTE, superseded: bool = False) -> Deposit:
    return Deposit("1", name, name, 1, "", "", "", "", "", at, superseded)


def every_notice() -> list[Owed]:
    """A notice of every kind that a rule or the time can owe."""
    state = Playbook().at(DEADLINE - MINUTE).state
    reminders = o.reminders(state, TenderState(deposits=(bid("jia"),)), DEADLINE - MINUTE)
    return [*caused(*EVENTS), *reminders]
