"""The bundle that lies with a complaint: made by itself from everything that the hall holds, as soon as the opening is
over and the complaint accepted; its digest stands in the case (clause 6.3).

Made behind the running hall: nothing else that is owed waits for gigabytes to be written. What may not live here: how
a bundle is made, and who may have it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from hall import tasks
from hall.errors import HallError
from hall.procurement.parties import Actor
from hall.runtime.matter import Owed, Procedure, States
from hall.runtime.supervision_matter import NAME, SUPERVISION
from hall.session.rules import Stage
from hall.session.state import OpeningState
from hall.supervision import commands as c
from hall.supervision.terms import Kind

log = logging.getLogger("hall.cases")

_AGAIN: Final = 30.0  # seconds until a bundle that could not be made is tried again


@dataclass(frozen=True, slots=True)
class MadeBundle:
    """A bundle as it lies on disk. size: bytes; rows: of the tender's tree."""

    sha256: str
    size: int
    rows: int


class BundleMaker(Protocol):
    """Makes and keeps bundles; asked again for one that it has made, it gives that one."""

    async def for_case(self, opening: str, case: int) -> MadeBundle:
        """The regulator's bundle as it is now, kept for this case. Raises HallError, OSError."""
        ...

    async def of_case(self, opening: str, case: int, actor: Actor) -> Path:
        """It, for who may have it; noted before it leaves the hall. Raises NotPermitted("no_such_file")."""
        ...


def is_over(opening: OpeningState) -> bool:
    """Whether bundles of an opening can be made: closed, recordings written, the record not just being sealed."""
    record = opening.record
    sealing = record is not None and record.completed and not record.sealed
    return opening.stage is Stage.CLOSED and opening.recorder_stopped and not sealing


class CaseBundles:
    """Owes each accepted complaint its bundle."""

    def __init__(self, maker: BundleMaker, again: float = _AGAIN) -> None:
        """again: seconds between two tries."""
        self._maker = maker
        self._again = again
        self._making: dict[tuple[str, int], asyncio.Task[None]] = {}

    def owed(self) -> Owed:
        """The line of the table."""
        return Owed("a complaint's bundle", self._wanted, self._begin)

    async def close(self) -> None:
        """Stop; what is owed is owed after the next start."""
        await tasks.stop(*self._making.values())

    def _wanted(self, states: States) -> int | None:
        if states.opening is None or not is_over(states.opening):
            return None
        for case in states.of(SUPERVISION).cases.values():
            wanted = case.kind is Kind.COMPLAINT and case.evidence is not None and case.bundle is None
            if wanted and (states.tender, case.number) not in self._making:
                return case.number
        return None

    async def _begin(self, procedure: Procedure, case: int) -> None:
        name = f"bundle of case {case} in {procedure.tender}"
        self._making[procedure.tender, case] = tasks.start(self._make(procedure, case), name)

    async def _make(self, procedure: Procedure, case: int) -> None:
        """Make it, however often that takes, each failure told to the operators; the key stays, so that nobody begins
        it twice."""
        opening = procedure.states().opening
        assert opening is not None, "what is wanted belongs to an opening"
        while True:
            try:
                made = await self._maker.for_case(opening.scheduled.opening, case)
                await procedure.submit(NAME, c.NoteBundle(case, made.sha256, made.size, made.rows))
            except (HallError, OSError) as error:
                log.error("the bundle of case %s in %s waits: %s", case, procedure.tender, error)
            except Exception:
                # A fault of the program, too, must not cost a complaint its evidence until somebody restarts the hall.
                log.exception("the bundle of case %s in %s could not be made", case, procedure.tender)
            else:
                return
            await asyncio.sleep(self._again)
