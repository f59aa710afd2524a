"""A tender and its opening as one plan, however they were written down: by a plan file, or by a published notice.

What may not live here: whether the rules permit such an opening; scheduling decides that.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from hall.adapters.usual_texts import usual_texts
from hall.config import HallSection
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import Custody, Lot, Mode, RuleSet, start_of_day
from hall.runtime.admin import TenderPlan
from hall.session.events import HallCamera, OpeningScheduled, PreparedText
from hall.tendering.events import TenderPublished


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What somebody wrote down of a tender. `opening`, `place`: "" for the usual; `texts`: none for the usual ones;
    bid_deadline: ms UTC; `rules`: with their custody resolved."""

    tender: str
    name: str
    number: str
    suite: str
    bid_deadline: int
    lots: tuple[Lot, ...]
    rules: RuleSet
    staff: tuple[Appointment, ...]
    deputies: tuple[Appointment, ...] = ()
    cameras: tuple[HallCamera, ...] = ()
    texts: tuple[PreparedText, ...] = ()
    opening: str = ""
    place: str = ""


def opening_of(tender: str) -> str:
    """The usual id of a tender's opening."""
    return f"{tender}-opening"


def custody_of(named: str, posts: Set[Role]) -> Custody | None:
    """Resolved when the tender is published: what its journal says is what bidders are shown. named: a custody or "".
    None where custodians are named and there is no supervisor to be one."""
    kept = Role.SUPERVISOR in posts
    if named == Custody.CUSTODIANS and not kept:
        return None
    return Custody(named) if named else Custody.CUSTODIANS if kept else Custody.HALL


def tender_plan(written: Written, hall: HallSection, trust_roots: str) -> TenderPlan:
    """The two events that begin a tender's deposits and its opening. trust_roots: digest of the CA roots."""
    opening = written.opening or opening_of(written.tender)
    window = written.rules.decryption_window
    published = TenderPublished(
        tender=written.tender,
        name=written.name,
        number=written.number,
        origin=hall.origin,
        opening=opening,
        lots=written.lots,
        bid_deadline=written.bid_deadline,
        suite=written.suite,
        trust_roots=trust_roots,
    )
    scheduled = OpeningScheduled(
        opening=opening,
        origin=hall.origin,
        tender=written.tender,
        tender_name=written.name,
        tender_number=written.number,
        place=written.place or hall.place,
        mode=Mode(hall.mode),
        lots=written.lots,
        bid_deadline=written.bid_deadline,
        sign_in_from=start_of_day(written.bid_deadline),
        rules=written.rules,
        staff=written.staff,
        trust_roots=trust_roots,
        deputies=written.deputies,
        cameras=written.cameras,
        texts=written.texts or usual_texts(written.name, written.number, written.staff, window),
    )
    return TenderPlan(published, scheduled)
