"""What a notice still lacks before it may be published for a remote opening (clauses 4.10, 5.1, 5.3.1).

Each gap has a code that the screens put into words, under the step of the preparation where it is filled. Read from
the state alone; the law's least times are judged apart, since they bind in production only.
"""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.evaluation import CriterionKind, EvaluationRules, Method, PriceFormula, PriceRule
from hall.procurement.least import too_little
from hall.procurement.parties import REQUIRED, Appointment, Role
from hall.procurement.tender import Custody, start_of_day
from hall.tendering.notice.minima import Judged, judged
from hall.tendering.notice.plan import Category, DocumentKind, Item
from hall.tendering.notice.state import NoticeState

LEAST_BIDDERS = 3
TENDERED = ("open_tendering", "invited_tendering")
WHOLE = 10_000
LEAST_TRIMMED = 5
"""Bids from which the highest and the lowest price may be left out of a mean: three are left."""
"""A hundred points, in hundredths."""


@dataclass(frozen=True, slots=True)
class Gap:
    """`step`: tender, lots, rules, documents, checklist, criteria, staff, schedule or filing."""

    step: str
    what: str


def gaps(state: NoticeState, now: int) -> list[Gap]:
    """Everything that is missing now (ms UTC), in the order of the steps."""
    return [*_draft(state), *_staff(state), *_times(state, now), *_filing(state)]


def times(state: NoticeState, now: int) -> list[Judged]:
    """The law's least times against the schedule, binding or not; documents are given out from the publication at the
    earliest, and that is not before now."""
    if state.schedule is None:
        return []
    begin = max(state.schedule.documents_from, state.published_at or now)
    ends = state.schedule.documents_until, state.schedule.bid_deadline
    return judged(state.settings, begin, *ends, state.calendar)


def _draft(state: NoticeState) -> list[Gap]:
    found = []
    if state.taken:
        found.append(Gap("tender", "id_taken"))
    if state.face is not None and not state.face.entity_code:
        found.append(Gap("tender", "no_entity_code"))  # clause 3.2
    if not state.lots:
        found.append(Gap("lots", "no_lots"))
    if not state.settled:
        found.append(Gap("rules", "no_rules"))
    if too_little(state.settings, state.defaults, state.set_by_centre):
        found.append(Gap("rules", "setting_too_low"))
    if state.settings.procedure_law == "bidding_law" and state.method not in TENDERED:
        found.append(Gap("rules", "method_of_another_law"))  # Bidding Law art. 10
    if state.terms is None:
        found.append(Gap("documents", "no_notice_text"))
    elif state.method == "invited_tendering" and len(state.terms.invited) < LEAST_BIDDERS:
        found.append(Gap("documents", "too_few_invited"))  # Bidding Law art. 17
    elif state.method == "open_tendering" and state.terms.invited:
        found.append(Gap("documents", "open_to_the_invited_alone"))  # Bidding Law art. 10
    if state.terms is not None and state.terms.individuals and not _may_be_individuals(state):
        found.append(Gap("documents", "individuals_in_research_only"))  # clause 3.3; Bidding Law art. 25
    # clause 4.10: both documents, by their digests
    for kind in (DocumentKind.NOTICE, DocumentKind.TENDER_DOCUMENTS):
        if not state.documents_of(kind):
            found.append(Gap("documents", f"no_{kind}"))
    ticked = {one.item for one in state.checklist}
    found += [Gap("checklist", item.value) for item in Item if item not in ticked]
    if not state.ruled:
        found.append(Gap("criteria", "no_criteria"))
    elif what := criteria_fault(state.rules, state.method):
        found.append(Gap("criteria", what))
    return found


def _may_be_individuals(state: NoticeState) -> bool:
    """The bidding law lets individuals bid for research alone; a supplier of the Government Procurement Law may be one
    (art. 21)."""
    research = state.face is not None and state.face.category is Category.RESEARCH
    return research or state.settings.procedure_law == "procurement_law"


def criteria_fault(rules: EvaluationRules, method: str) -> str:
    """What the law or arithmetic holds against these rules of evaluation, "" for nothing."""
    scored = [one for one in rules.criteria if one.kind is not CriterionKind.REVIEW]
    if method in TENDERED and (rules.committee < 5 or rules.committee % 2 == 0):
        return "committee_not_odd_five"  # Bidding Law art. 37
    if rules.committee < 3 or rules.committee % 2 == 0:
        return "committee_not_odd_three"  # Government Procurement Law arts. 38, 40
    if rules.representatives * 3 > rules.committee:
        return "too_many_representatives"
    if not 1 <= rules.candidates <= 3:
        return "candidates_one_to_three"  # Implementing Regulations art. 53
    if rules.publicity_days < 3:
        return "publicity_too_short"  # Implementing Regulations art. 54
    if len({one.key for one in rules.criteria}) < len(rules.criteria) or not rules.criteria:
        return "criteria_not_told_apart"
    if rules.method is Method.WEIGHTED_SCORING and sum(one.points for one in scored) != WHOLE:
        return "points_not_hundred"
    if not _is_whole(rules.price):
        return "price_formula_incomplete"
    wanted = [one.seats for one in rules.quotas]
    told_apart = len({one.speciality for one in rules.quotas}) == len(wanted)
    fits = told_apart and 0 not in wanted and sum(wanted) <= rules.committee - rules.representatives
    return "" if fits else "quotas_do_not_fit"


def _is_whole(price: PriceRule) -> bool:
    """Whether a formula says all that its arithmetic needs."""
    lowered = 0 <= price.down <= 50 and (price.trim == 0 or price.trim >= LEAST_TRIMMED)
    match price.formula:
        case PriceFormula.LOWEST_RATIO:
            return lowered
        case PriceFormula.LOWEST_DEVIATION:
            return lowered and price.above > 0
        case PriceFormula.MEAN_DEVIATION:
            return lowered and price.above > 0 and price.below > 0


def _staff(state: NoticeState) -> list[Gap]:
    posts = {one.role: one for one in state.staff}
    found = [Gap("staff", f"post_{role}") for role in REQUIRED if role not in posts]
    announcer, scrutineer = posts.get(Role.ANNOUNCER), posts.get(Role.SCRUTINEER)
    if announcer and scrutineer and announcer.party == scrutineer.party:
        found.append(Gap("staff", "announcer_is_scrutineer"))  # clause 5.3.1
    if state.custody == Custody.CUSTODIANS and Role.SUPERVISOR not in posts:
        found.append(Gap("staff", "custodians_need_supervisor"))
    certificates = staff_certificates((*state.staff, *state.deputies))
    if certificates - state.looked_at:
        found.append(Gap("staff", "certificates_not_looked_at"))
    elif certificates & state.unknown:
        found.append(Gap("staff", "certificate_unknown"))
    return found


def _times(state: NoticeState, now: int) -> list[Gap]:
    schedule = state.schedule
    if schedule is None:
        return [Gap("schedule", "no_schedule")]
    found = []
    if schedule.bid_deadline <= now:
        found.append(Gap("schedule", "deadline_gone"))
    if schedule.bid_deadline == start_of_day(schedule.bid_deadline):
        found.append(
            Gap("schedule", "deadline_at_midnight")
        )  # clause 5.3.3: the sign-in window would be empty
    if state.binds:
        found += [Gap("schedule", one.minimum.what) for one in times(state, now) if not one.kept]
        # Nobody can be at two openings at once; where nothing has legal effect it is shown and does not bind.
        found += [Gap("schedule", f"{what}_booked") for what in dict.fromkeys(x.what for x in state.clashes)]
    return found


def _filing(state: NoticeState) -> list[Gap]:
    if state.filing is None:
        return [Gap("filing", "not_filed")]
    return [] if state.filed else [Gap("filing", "changed_since_filing")]


def staff_certificates(staff: tuple[Appointment, ...]) -> frozenset[str]:
    """SHA-256 of the certificates that posts are bound to."""
    return frozenset(one.certificate for one in staff)
