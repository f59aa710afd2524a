"""The tables of an opening: its stages, which event leads where, and who may do what when.

Data, not code: `decide` reads RIGHTS, the documents print all three, and a test keeps them in step.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hall.procurement.parties import STAFF, Role


class Stage(StrEnum):
    """Where the opening as a whole stands; from OPENING on each lot has a stage of its own."""

    NEW = "new"
    SCHEDULED = "scheduled"
    SIGN_IN = "sign_in"
    DEADLINE = "deadline"
    OPENING = "opening"
    RECORD = "record"
    LEAVING = "leaving"
    CLOSED = "closed"


class LotStage(StrEnum):
    """Where one lot stands."""

    SEALED = "sealed"
    LOCKED = "locked"
    FAILED = "failed"
    CHECK = "check"
    CHECKED = "checked"
    DECRYPTION = "decryption"
    DISCLOSURE = "disclosure"
    READ_OUT = "read_out"
    OBJECTIONS = "objections"
    DONE = "done"


STAGES: Final[tuple[tuple[Stage, str, Stage], ...]] = (
    (Stage.NEW, "OpeningScheduled", Stage.SCHEDULED),
    (Stage.SCHEDULED, "SignInOpened", Stage.SIGN_IN),
    (Stage.SIGN_IN, "DeadlinePassed", Stage.DEADLINE),
    (Stage.DEADLINE, "BiddersAnnounced", Stage.OPENING),
    (Stage.DEADLINE, "LotLocked", Stage.OPENING),
    (Stage.OPENING, "RecordPrepared", Stage.RECORD),
    (Stage.RECORD, "OpeningClosed", Stage.LEAVING),
    (Stage.LEAVING, "RoomEmptied", Stage.CLOSED),
)
"""(from, event, to) of the opening."""

LOT_STAGES: Final[tuple[tuple[LotStage, str, LotStage], ...]] = (
    (LotStage.SEALED, "BiddersAnnounced", LotStage.CHECK),
    (LotStage.SEALED, "LotLocked", LotStage.LOCKED),
    (LotStage.LOCKED, "TenderFailed", LotStage.FAILED),
    (LotStage.CHECK, "SealingDeclared", LotStage.CHECKED),
    (LotStage.CHECKED, "DecryptionCommanded", LotStage.DECRYPTION),
    (LotStage.DECRYPTION, "WindowClosed", LotStage.DISCLOSURE),
    (LotStage.DISCLOSURE, "PricesDisclosed", LotStage.READ_OUT),
    (LotStage.DISCLOSURE, "TenderFailed", LotStage.FAILED),
    (LotStage.READ_OUT, "ObjectionsOpened", LotStage.OBJECTIONS),
    (LotStage.OBJECTIONS, "ObjectionsClosed", LotStage.DONE),
)
"""(from, event, to) of each lot."""


@dataclass(frozen=True, slots=True)
class Right:
    """Which roles may send an act, and in which stages. `lot_stages` is empty for acts that name no lot."""

    roles: frozenset[Role]
    stages: frozenset[Stage]
    lot_stages: frozenset[LotStage] = frozenset()
    manifest: bool = True
    """The act binds the manifest of the deposits; false for what is signed before anybody may know it."""


def _right(
    *roles: Role, stages: tuple[Stage, ...] = (Stage.OPENING,), lots: tuple[LotStage, ...] = ()
) -> Right:
    early = not set(stages).isdisjoint({Stage.SCHEDULED, Stage.SIGN_IN, Stage.DEADLINE})
    return Right(frozenset(roles), frozenset(stages), frozenset(lots), manifest=not early)


_AFTER_DISCLOSURE = (LotStage.READ_OUT, LotStage.OBJECTIONS)
_WHILE_OPEN = (
    LotStage.LOCKED,
    LotStage.CHECK,
    LotStage.CHECKED,
    LotStage.DECRYPTION,
    LotStage.DISCLOSURE,
    *_AFTER_DISCLOSURE,
)

RIGHTS: Final[dict[str, Right]] = {
    "sign_in": _right(Role.BIDDER, stages=(Stage.SIGN_IN,)),
    "announce_bidders": _right(Role.HOST, stages=(Stage.DEADLINE, Stage.OPENING), lots=(LotStage.SEALED,)),
    "fail_tender": _right(Role.PROCURING_ENTITY, lots=(LotStage.LOCKED, LotStage.DISCLOSURE)),
    "answer_sealing": _right(Role.BIDDER, lots=(LotStage.CHECK,)),
    "declare_sealing": _right(Role.HOST, lots=(LotStage.CHECK,)),
    "command_decryption": _right(Role.HOST, lots=(LotStage.CHECKED,)),
    "release": _right(Role.BIDDER, lots=(LotStage.DECRYPTION,)),
    "decline_release": _right(Role.BIDDER, lots=(LotStage.DECRYPTION,)),
    "decide_cause": _right(Role.PROCURING_ENTITY, lots=(LotStage.DISCLOSURE,)),
    "read_out": _right(Role.ANNOUNCER, lots=(LotStage.READ_OUT,)),
    "confirm_price": _right(Role.BIDDER, lots=_AFTER_DISCLOSURE),
    "open_objections": _right(Role.HOST, lots=(LotStage.READ_OUT,)),
    "raise_objection": _right(Role.BIDDER, lots=_WHILE_OPEN),
    "answer_objection": _right(Role.PROCURING_ENTITY, lots=_WHILE_OPEN),
    "close_objections": _right(Role.HOST, lots=(LotStage.OBJECTIONS,)),
    "sign_record": _right(Role.PROCURING_ENTITY, Role.SCRUTINEER, Role.CLERK, stages=(Stage.RECORD,)),
    "close_opening": _right(Role.HOST, stages=(Stage.RECORD,)),
    "advance_clock": _right(
        Role.BIDDER, *STAFF, stages=(Stage.SIGN_IN, Stage.DEADLINE, Stage.OPENING, Stage.RECORD)
    ),
}
"""Who may do what when. `advance_clock` exists in rehearsals only."""

RECORD_SIGNERS: Final = (Role.PROCURING_ENTITY, Role.SCRUTINEER, Role.CLERK)
"""Who signs the opening record, each once (clause 5.5.3)."""

RECORDED: Final = frozenset(
    {"announce_bidders", "declare_sealing", "command_decryption", "open_objections", "close_opening"}
)
"""Agenda acts that don't go on unless the recorder proves that it writes (clause 6.1)."""

WEIGHTY: Final = frozenset({"sign_in", "release", "command_decryption", "announce_bidders", "confirm_price"})
"""Acts whose refusal has legal weight and is journalled (clause 4.3, 4.4)."""
