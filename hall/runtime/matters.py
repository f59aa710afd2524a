"""Which matters a tender has, and what their streams owe each other: two tables.

A matter is added here by its line; its glue (machine, rights, view) lies in a module of its own beside this one. What
may not live here: a rule.
"""

from __future__ import annotations

from typing import Any, Final

from hall.runtime.award_matter import AWARD
from hall.runtime.award_owed import AWARD_OWED
from hall.runtime.centre_matter import CENTRE
from hall.runtime.evaluation_matter import EVALUATION, EVALUATION_OWED
from hall.runtime.matter import Matter, Owed
from hall.runtime.notice_matter import NOTICE, NOTICE_OWED
from hall.runtime.registration_matter import REGISTRATION, REGISTRATION_OWED
from hall.runtime.supervision_matter import SUPERVISION, SUPERVISION_OWED

MATTERS: Final[tuple[Matter[Any], ...]] = (NOTICE, AWARD, REGISTRATION, CENTRE, EVALUATION, SUPERVISION)

OWED: Final[tuple[Owed, ...]] = (
    *EVALUATION_OWED,
    *AWARD_OWED,
    *NOTICE_OWED,
    *REGISTRATION_OWED,
    *SUPERVISION_OWED,
)
"""Read from the states alone: what is owed is owed until a stream shows that it arrived, so a crash in between loses
nothing and delivers nothing twice."""
