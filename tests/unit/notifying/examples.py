"""One event of every kind that owes a notice, and whom it can be told to."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from hall.notifying import owed as o
from hall.notifying.owed import Addressee, Circle, Owed
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import MINUTE, Deposit
from hall.session import events as e
from hall.tendering import events as te
from hall.tendering.state import TenderState
from tests.playbook import DEADLINE, MIDNIGHT, Playbook

STAFF = (
    Addressee("host", "host"),
    Addressee("procuring_entity", "owner"),
    Addressee("regulator", "bureau"),
    Addressee("trading_centre", "centre"),
)
CIRCLE = Circle(STAFF, ("jia", "yi"), ("bing", "jia", "yi"), {"1": ("jia",), "2": ()})


def happened(kind: type, /, **said: object) -> Any:
    """An event that says this; no notice depends on what else it would say, its signed act among it."""
    return kind(**{field.name: said.pop(field.name, None) for field in fields(kind)}, **said)


POST = Appointment(Role.CLERK, "c2", "周静", "某公司", "ab" * 32)
MOVED = happened(e.DeadlineMoved, before=DEADLINE, after=DEADLINE + MINUTE, reason="补遗")
CLOSED = happened(e.OpeningClosed)
SPLIT = happened(
    e.SplitDeclared,
    decrypted=(e.LotBidder("1", "jia"),),
    undecrypted=(e.LotBidder("1", "yi"), e.LotBidder("2", "jia")),
    opens_at=DEADLINE,
    closes_at=DEADLINE + 60 * MINUTE,
    continues_at=DEADLINE + 61 * MINUTE,
    venue="",
)
OWN_WINDOW = happened(
    e.OwnWindowOpened, lot="1", bidder="yi", opened_at=DEADLINE, closes_at=DEADLINE + MINUTE, incident=4
)
ACT = SimpleNamespace(certificate="cd" * 32)
EVENTS: tuple[Any, ...] = (
    happened(te.DepositReceived, deposit=SimpleNamespace(bidder="jia", lot="1"), act=ACT, before="ab" * 32),
    happened(te.DepositWithdrawn, lot="1", bidder="jia", act=ACT, before="ab" * 32),
    MOVED,
    happened(
        e.OpeningPostponed, before=DEADLINE, after=DEADLINE + MINUTE, sign_in_from=MIDNIGHT, reason="停电"
    ),
    happened(e.DeadlineHeld, deadline=DEADLINE),
    happened(e.DeadlineConfirmed, deadline=DEADLINE, reason="核实无误"),
    happened(e.DecryptionCommanded, lot="1", opened_at=DEADLINE, closes_at=DEADLINE + MINUTE),
    happened(e.ObjectionsOpened, lot="1", not_before=DEADLINE),
    happened(e.TenderFailed, lot="1", reason="不足三家"),
    happened(e.Suspended, kind=e.SuspensionKind.SYSTEM, reason="故障", since=DEADLINE),
    happened(e.SuspensionLifted, at=DEADLINE),
    happened(
        e.ConsultationOpened, consultation=2, about=e.About.BID, lot="1", bidder="jia", answer_by=DEADLINE
    ),
    happened(e.ResumptionAnnounced, resumes_at=DEADLINE),
    SPLIT,
    happened(e.Adjourned, resumes_at=DEADLINE, reason="休会"),
    OWN_WINDOW,
    happened(e.CauseDecided, lot="1", bidder="yi", cause=e.Cause.DEEMED_WITHDRAWN, reason="停电"),
    happened(e.PostTaken, post=POST),
    happened(e.SubstituteAppointed, post=POST, reason="生病"),
    happened(
        e.IncidentRecorded,
        incident=1,
        kind="ciphertext_damaged",
        clause="b",
        subject="bidder-jia",
        detail="jia",
        scope=("jia", "yi"),
    ),
    CLOSED,
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
