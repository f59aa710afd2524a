"""The award as a matter of a tender: its machine, rights and view, and what other streams owe it.

What may not live here: a rule of the award, and papers (`hall.adapters.award_papers`).
"""

from __future__ import annotations

from typing import Final

from hall.award import events as e
from hall.award.acts import OPTIONAL, SHAPES, command_of
from hall.award.decide import decide, is_last, next_deadline, tick
from hall.award.rules import RIGHTS
from hall.award.state import AwardState, evolve
from hall.award.views import may_read, view
from hall.runtime.machine import Machine
from hall.runtime.matter import Matter

MACHINE: Final[Machine[AwardState]] = Machine(
    initial=AwardState(),
    decide=lambda state, command, actor, now: list(decide(state, command, actor, now)),
    evolve=evolve,
    tick=lambda state, now: list(tick(state, now)),
    next_deadline=next_deadline,
    refusal=lambda state, command, actor, code: None,
    is_last=is_last,
)

AWARD: Final[Matter[AwardState]] = Matter(
    name="award",
    events=e.Event,
    machine=MACHINE,
    rights=RIGHTS,
    command_of=command_of,
    view=view,
    may_read=may_read,
    shapes=SHAPES,
    optional=OPTIONAL,
    names_files=frozenset({"sha256"}),
)
