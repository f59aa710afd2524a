"""The tables of an opening: its stages, which event leads where, and who may do what when.

Data, not code: `decide` reads RIGHTS, the documents print all three, and a test keeps them in step.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hall.procurement.parties import CONSULTED, STAFF, Role


class Stage(StrEnum):
    """Where the opening as a whole stands; from OPENING on each lot has a stage of its own."""

    NEW = "new"
    SCHEDULED = "scheduled"
    SIGN_IN = "sign_in"
    HELD = "held"
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
    RESULTS = "results"
    DISCLOSURE = "disclosure"
    READ_OUT = "read_out"
    OBJECTIONS = "objections"
    DONE = "done"


STAGES: Final[tuple[tuple[Stage, str, Stage], ...]] = (
    (Stage.NEW, "OpeningScheduled", Stage.SCHEDULED),
    (Stage.SCHEDULED, "SignInOpened", Stage.SIGN_IN),
    (Stage.SIGN_IN, "OpeningPostponed", Stage.SCHEDULED),
    (Stage.SIGN_IN, "DeadlineHeld", Stage.HELD),
    (Stage.HELD, "DeadlineMoved", Stage.SIGN_IN),
    (Stage.HELD, "OpeningPostponed", Stage.SCHEDULED),
    (Stage.SIGN_IN, "DeadlinePassed", Stage.DEADLINE),
    (Stage.HELD, "DeadlinePassed", Stage.DEADLINE),
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
    (LotStage.SEALED, "NoAlternatives", LotStage.DONE),
    (LotStage.SEALED, "TenderFailed", LotStage.FAILED),
    (LotStage.LOCKED, "TenderFailed", LotStage.FAILED),
    (LotStage.LOCKED, "FewerApproved", LotStage.CHECK),
    (LotStage.CHECK, "SealingDeclared", LotStage.CHECKED),
    (LotStage.CHECKED, "DecryptionCommanded", LotStage.DECRYPTION),
    (LotStage.DECRYPTION, "WindowClosed", LotStage.RESULTS),
    (LotStage.RESULTS, "ResultsDeclared", LotStage.DISCLOSURE),
    (LotStage.DISCLOSURE, "PricesDisclosed", LotStage.READ_OUT),
    (LotStage.DISCLOSURE, "TenderFailed", LotStage.FAILED),
    (LotStage.READ_OUT, "ObjectionsOpened", LotStage.OBJECTIONS),
    (LotStage.OBJECTIONS, "ObjectionsClosed", LotStage.DONE),
)
"""(from, event, to) of each lot."""


class During(StrEnum):
    """Whether an act may be sent while the opening is suspended."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Right:
    """Which roles may send an act, and in which stages. `lot_stages` is empty for acts that name no lot."""

    roles: frozenset[Role]
    stages: frozenset[Stage]
    lot_stages: frozenset[LotStage] = frozenset()
    during: During = During.RUNNING
    manifest: bool = True
    """The act binds the manifest of the deposits; false for what may be signed before anybody may know it."""


_EARLY = (Stage.SCHEDULED, Stage.SIGN_IN, Stage.HELD, Stage.DEADLINE)
_LIVE = (Stage.SIGN_IN, Stage.HELD, Stage.DEADLINE, Stage.OPENING, Stage.RECORD)
_REHEARSED = (*_LIVE, Stage.LEAVING, Stage.CLOSED)
"""The clock of a rehearsal moves after the opening too: evaluation, publicity and complaints take days."""
_FROM_DEADLINE = (Stage.DEADLINE, Stage.OPENING, Stage.RECORD)
_AFTER_RECORD = (Stage.RECORD, Stage.LEAVING, Stage.CLOSED)
_AFTER_DISCLOSURE = (LotStage.READ_OUT, LotStage.OBJECTIONS)
_RELEASING = (LotStage.DECRYPTION, LotStage.RESULTS, LotStage.DISCLOSURE)
_WHILE_OPEN = (LotStage.LOCKED, LotStage.CHECK, LotStage.CHECKED, *_RELEASING, *_AFTER_DISCLOSURE)

EITHER, SUSPENDED = During.EITHER, During.SUSPENDED


def _right(
    *roles: Role,
    stages: tuple[Stage, ...] = (Stage.OPENING,),
    lots: tuple[LotStage, ...] = (),
    during: During = During.RUNNING,
) -> Right:
    manifest = set(stages).isdisjoint(_EARLY)
    return Right(frozenset(roles), frozenset(stages), frozenset(lots), during, manifest)


_OWNER = Role.PROCURING_ENTITY
_ROOM = tuple(role for role in STAFF if role is not Role.EVALUATOR)
"""Clauses 4.4, 5.4.2: between the room and the evaluators there is no route, in neither direction."""
_SEATED = tuple(role for role in _ROOM if role is not Role.HOST)
"""Who asks the host for the floor."""

RIGHTS: Final[dict[str, Right]] = {
    # the ordinary course
    "sign_in": _right(Role.BIDDER, stages=(Stage.SIGN_IN,)),
    "announce_bidders": _right(Role.HOST, stages=(Stage.DEADLINE, Stage.OPENING), lots=(LotStage.SEALED,)),
    "fail_tender": _right(_OWNER, lots=(LotStage.LOCKED, LotStage.DISCLOSURE)),
    "go_on_with_fewer": _right(_OWNER, lots=(LotStage.LOCKED, LotStage.DISCLOSURE)),
    "answer_sealing": _right(Role.BIDDER, lots=(LotStage.CHECK,)),
    "declare_sealing": _right(Role.HOST, Role.NOTARY, lots=(LotStage.CHECK,)),
    "command_decryption": _right(Role.HOST, lots=(LotStage.CHECKED,)),
    "release": _right(Role.BIDDER, lots=_RELEASING),
    "decline_release": _right(Role.BIDDER, lots=(LotStage.DECRYPTION,)),
    "claim_remedy": _right(Role.BIDDER, lots=_RELEASING),
    "answer_remedy": _right(_OWNER, Role.SCRUTINEER, lots=_RELEASING),
    "open_entrusted": _right(Role.SUPERVISOR, Role.NOTARY, lots=(LotStage.DISCLOSURE,)),
    "name_custodians": _right(_OWNER),
    "answer_results": _right(Role.BIDDER, lots=(LotStage.RESULTS,)),
    "declare_results": _right(Role.HOST, Role.NOTARY, lots=(LotStage.RESULTS,)),
    "decide_cause": _right(_OWNER, lots=(LotStage.LOCKED, LotStage.DISCLOSURE)),
    "read_out": _right(Role.ANNOUNCER, lots=(LotStage.READ_OUT,)),
    "confirm_price": _right(Role.BIDDER, lots=_AFTER_DISCLOSURE),
    "state_base_price": _right(_OWNER, lots=(LotStage.READ_OUT,)),
    "open_objections": _right(Role.HOST, lots=(LotStage.READ_OUT,)),
    "raise_objection": _right(Role.BIDDER, lots=_WHILE_OPEN),
    "answer_objection": _right(_OWNER, lots=_WHILE_OPEN),
    "close_objections": _right(Role.HOST, lots=(LotStage.OBJECTIONS,)),
    "sign_record": _right(
        _OWNER,
        Role.SCRUTINEER,
        Role.CLERK,
        Role.ANNOUNCER,
        Role.SUPERVISOR,
        Role.NOTARY,
        Role.BIDDER,
        stages=_AFTER_RECORD,
    ),
    "refuse_signature": _right(Role.SCRUTINEER, Role.CLERK, stages=_AFTER_RECORD),
    "note_unsigned": _right(_OWNER, stages=_AFTER_RECORD),
    "close_opening": _right(Role.HOST, stages=(Stage.RECORD,)),
    "advance_clock": _right(Role.BIDDER, *STAFF, stages=_REHEARSED, during=EITHER),
    # deadlines, faults and standstills (clauses 4.1, 4.7, 4.8)
    "move_deadline": _right(_OWNER, stages=(Stage.SCHEDULED, Stage.SIGN_IN, Stage.HELD)),
    "confirm_deadline": _right(_OWNER, stages=(Stage.HELD,)),
    "suspend": _right(Role.HOST, _OWNER, Role.REGULATOR, stages=_FROM_DEADLINE),
    "reason_suspension": _right(_OWNER, stages=_FROM_DEADLINE, during=SUSPENDED),
    "consult": _right(*CONSULTED, stages=(Stage.HELD, *_FROM_DEADLINE), during=EITHER),
    "request_test": _right(Role.HOST, stages=_FROM_DEADLINE, during=SUSPENDED),
    "resume": _right(Role.HOST, stages=_FROM_DEADLINE, during=SUSPENDED),
    "declare_split": _right(_OWNER, stages=_FROM_DEADLINE, during=SUSPENDED),
    "adjourn": _right(_OWNER, stages=_FROM_DEADLINE, during=EITHER),
    # posts, words and the register (clauses 4.2 to 4.6, 5.3.1, 5.3.7)
    "read_text": _right(Role.HOST, stages=_LIVE, during=EITHER),
    "make_announcement": _right(Role.HOST, stages=_LIVE, during=EITHER),
    "take_post": _right(*STAFF, stages=(*_LIVE, Stage.LEAVING, Stage.CLOSED), during=EITHER),
    "appoint_substitute": _right(
        _OWNER, stages=(Stage.SCHEDULED, *_LIVE, Stage.LEAVING, Stage.CLOSED), during=EITHER
    ),
    "mark_notary_absent": _right(_OWNER, stages=(Stage.OPENING,), during=EITHER),
    "request_rehash": _right(Role.NOTARY, lots=_WHILE_OPEN),
    "log_call": _right(
        Role.HOST, Role.CLERK, _OWNER, stages=(*_LIVE, Stage.LEAVING, Stage.CLOSED), during=EITHER
    ),
    "add_paper": _right(Role.NOTARY, stages=_LIVE, during=EITHER),
    "make_remark": _right(Role.SUPERVISOR, Role.REGULATOR, Role.NOTARY, stages=_LIVE, during=EITHER),
    "check_identity": _right(Role.SUPERVISOR, Role.HOST, stages=(Stage.OPENING, Stage.RECORD), during=EITHER),
    "replace_representative": _right(Role.BIDDER, stages=_LIVE, during=EITHER),
    "take_over": _right(Role.BIDDER, *STAFF, stages=(Stage.SCHEDULED, *_LIVE, Stage.LEAVING), during=EITHER),
    "say": _right(Role.BIDDER, *_ROOM, stages=(Stage.OPENING, Stage.RECORD), during=EITHER),
    "mute": _right(Role.HOST, Role.SUPERVISOR, stages=(Stage.OPENING, Stage.RECORD), during=EITHER),
    "mute_all": _right(Role.HOST, Role.SUPERVISOR, stages=(Stage.OPENING, Stage.RECORD), during=EITHER),
    "raise_hand": _right(Role.BIDDER, *_SEATED, stages=(Stage.OPENING, Stage.RECORD), during=EITHER),
    "lower_hand": _right(Role.BIDDER, *_SEATED, stages=(Stage.OPENING, Stage.RECORD), during=EITHER),
    "give_floor": _right(Role.HOST, stages=(Stage.OPENING, Stage.RECORD)),
    "name_recording": _right(_OWNER, stages=_FROM_DEADLINE, during=EITHER),
    "attach_recording": _right(
        _OWNER, Role.CLERK, stages=(*_FROM_DEADLINE, Stage.LEAVING, Stage.CLOSED), during=EITHER
    ),
    "hide_message": _right(Role.HOST, Role.SUPERVISOR, stages=(Stage.OPENING, Stage.RECORD), during=EITHER),
    "report_fault": _right(Role.BIDDER, stages=_LIVE, during=EITHER),
    "record_incident": _right(*_ROOM, stages=_FROM_DEADLINE, during=EITHER),
    "explain_incidents": _right(Role.CLERK, _OWNER, stages=(Stage.OPENING, Stage.RECORD), during=EITHER),
    "sign_register": _right(_OWNER, stages=(Stage.OPENING,)),
    # certificates before they are needed (clauses 4.9, 5.2.3)
    "self_check": _right(
        Role.BIDDER, *_ROOM, stages=(Stage.SCHEDULED, Stage.SIGN_IN, Stage.HELD), during=EITHER
    ),
    "show_certificate": _right(Role.BIDDER, stages=(Stage.SCHEDULED, *_LIVE), during=EITHER),
    "decide_certificate": _right(_OWNER, stages=(Stage.OPENING,), during=EITHER),
    # rounds and draws, where method and documents have them
    "open_quotes": _right(Role.EVALUATOR, _OWNER, lots=_AFTER_DISCLOSURE),
    "offer_quote": _right(Role.BIDDER, lots=_AFTER_DISCLOSURE),
    "open_draw": _right(Role.HOST, lots=_WHILE_OPEN),
    "commit_draw": _right(Role.BIDDER, Role.HOST, lots=_WHILE_OPEN),
    "reveal_draw": _right(Role.BIDDER, Role.HOST, lots=_WHILE_OPEN),
}
"""Who may do what when. `advance_clock` exists in rehearsals only."""

RECORD_SIGNERS: Final = (Role.PROCURING_ENTITY, Role.SCRUTINEER, Role.CLERK)
"""Who signs the opening record, each once (clause 5.5.3)."""

FURTHER_SIGNERS: Final = (Role.ANNOUNCER, Role.SUPERVISOR, Role.NOTARY, Role.BIDDER)
"""Who may sign it besides: the record waits for none of them. Bidders sign what was completed."""

MAX_OBJECTIONS: Final = 20
"""Of one bidder in one lot: each is answered before the end, and nobody may put that off for ever (clause 5.5.2)."""

RECORDED: Final = frozenset(
    {
        "announce_bidders",
        "declare_sealing",
        "command_decryption",
        "declare_results",
        "open_objections",
        "close_opening",
    }
)
"""Agenda acts that don't go on unless the recorder proves that it writes (clause 6.1)."""

WEIGHTY: Final = frozenset(
    {
        "sign_in",
        "release",
        "claim_remedy",
        "open_entrusted",
        "name_custodians",
        "command_decryption",
        "announce_bidders",
        "confirm_price",
        "offer_quote",
        "commit_draw",
        "reveal_draw",
        "declare_split",
        "resume",
        "move_deadline",
        "confirm_deadline",
    }
)
"""Acts whose refusal has legal weight and is journalled (clause 4.3, 4.4)."""

CONTINUED_STAGES: Final = frozenset(
    {LotStage.RESULTS, LotStage.DISCLOSURE, LotStage.READ_OUT, LotStage.OBJECTIONS}
)
"""Where a lot whose window is over waits after a split, until the decrypted go on (clause 4.8 b)."""

CONTINUED: Final = frozenset(
    {
        "answer_results",
        "declare_results",
        "decide_cause",
        "open_entrusted",
        "fail_tender",
        "go_on_with_fewer",
        "read_out",
        "confirm_price",
        "open_objections",
        "close_objections",
        "open_quotes",
        "offer_quote",
        "open_draw",
        "commit_draw",
        "reveal_draw",
    }
)
"""Acts that such a lot waits with."""
