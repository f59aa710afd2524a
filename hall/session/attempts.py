"""Failed attempts and who operates a bidder's end (clauses 5.3.3, 5.3.6): what is kept of them, and when.

Pure, as `decide` is. A page's word is evidence of what its person met and nothing more: it changes no countdown and
decides nothing.
"""

from __future__ import annotations

from typing import Final, assert_never

from hall.errors import Malformed, Refused
from hall.procurement.parties import Role
from hall.session import causes
from hall.session import commands as c
from hall.session import events as e
from hall.session.rules import RIGHTS, WEIGHTY, Stage
from hall.session.state import OpeningState

ACTS: Final = frozenset(act for act in WEIGHTY if Role.BIDDER in RIGHTS[act].roles)
"""Acts of a bidder whose failures are kept: those whose refusal has legal weight."""

OWN: Final = frozenset(
    {
        "wrong_password",
        "wrong_certificate",
        "another_certificate",
        "certificate_needed",
        "certificate_expired",
        "cancelled",
    }
)
"""What lies with the bidder's certificate, its password or its person."""

LINE: Final = frozenset({"connection_lost"})
"""What lies with the way between the bidder and the hall."""

UNCLEAR: Final = frozenset(
    {
        "not_the_deposit",
        "not_a_sealed_bid",
        "malformed_header",
        "envelope_damaged",
        "commit_mismatch",
        "recovery_passphrase_wrong",
        "recovery_file_malformed",
        "recovery_file_other",
        "wrong_context",
        "custody_changed",
        "command_invalid",
        "receipt_mismatch",
        "unexpected",
    }
)
"""What can lie with either side: the page says that what the hall showed did not fit."""

TOLD: Final = OWN | LINE | UNCLEAR
"""clause 5.3.3: separate codes, all kept. A page can tell these and no others."""


def note(state: OpeningState, command: c.AttemptNote) -> list[e.Event]:
    """The events of a note about an attempt or its operator. Raises Malformed for what no page of ours tells."""
    match command:
        case c.NoteAttempt(lot, bidder, act_type, code):
            if act_type not in ACTS or code not in TOLD:
                raise Malformed("malformed_message", field="code" if act_type in ACTS else "act")
            possible = _possible(state, lot, bidder, act_type)
            return [e.AttemptNoted(lot, bidder, act_type, code)] if possible else []
        case c.NoteBidRestored(lot, bidder):
            return _restored(state, lot, bidder)
        case c.NoteOperator(participant, operator, certificate):
            before = state.operators.get(participant)
            if state.plan is None or (state.stage is Stage.CLOSED and not state.record_open):
                return []  # nothing can be signed any more
            if before is not None and (before.operator, before.certificate) == (operator, certificate):
                return []
            return [e.OperatorSeen(participant, operator, certificate, before is not None)]
        case _:
            assert_never(command)


def _restored(state: OpeningState, lot: str, bidder: str) -> list[e.Event]:
    deposit = state.deposit(lot, bidder)
    if deposit is not None and bidder in state.lots[lot].restored:
        return []  # done already: its answer was lost on the way
    if deposit is None or not causes.may_be_restored(state.lots[lot], bidder):
        raise Refused("not_damaged")
    return [e.BidRestored(lot, bidder, deposit.sha256)]


def _possible(state: OpeningState, lot: str, bidder: str, act_type: str) -> bool:
    """Whether the bidder could have sent the act at this stage: else there was nothing to fail."""
    right = RIGHTS[act_type]
    if state.plan is None or state.stage not in right.stages:
        return False
    if not right.lot_stages:
        return lot == ""
    found = state.lots.get(lot)
    return found is not None and found.stage in right.lot_stages and bidder in found.taking_part
