"""What the verifier asks about a tender's notice (clauses 4.10, 5.1): predicates of its own, rows and signed acts.

A tender that came by a plan file has no such rows, and is not covered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from hall.evidence.case import Case
from hall.evidence.history import Fact, History
from hall.evidence.part import Part, Question, by
from hall.evidence.repeats import repeated
from hall.evidence.verdicts import Status
from hall.procurement.calendar import WorkingDays
from hall.procurement.evaluation import PriceRule
from hall.procurement.standing import credit_code_holds
from hall.procurement.tender import RuleSet

ITEMS: Final = frozenset(
    "decryption_limit remedy_plan sign_in_window second_quote recording no_sign_in count_of_three".split()
)
"""What notice and tender documents both have to say of a remote opening (clause 4.10)."""

_DAY: Final = 24 * 3_600_000
_Days = tuple[int, bool]
_TENDERED: Final = ((20, False), (5, True), (15, False))
_LAW: Final[Mapping[tuple[str, str], tuple[_Days, _Days, _Days]]] = {
    ("bidding_law", ""): ((20, False), (5, False), (15, False)),
    ("procurement_law", "open_tendering"): _TENDERED,
    ("procurement_law", "invited_tendering"): _TENDERED,
    ("procurement_law", "negotiation"): ((3, True), (0, False), (3, True)),
    ("procurement_law", "inquiry"): ((3, True), (0, False), (3, True)),
    ("procurement_law", "consultation"): ((10, False), (5, True), (5, False)),
}
"""Law and method → see `_limits`; the bidding law has one line for all."""

_MAKER: Final = by("procuring_entity")
_OR_CENTRE: Final = by("procuring_entity", "trading_centre")
_USUAL: Final[dict[str, Any]] = asdict(RuleSet())
_PRICE: Final[dict[str, Any]] = asdict(PriceRule())
_RENAMED: Final = {("CriteriaSet", f"price_{name}"): f"price.{name}" for name in _PRICE}
_DRAFT: Final = (
    *("TenderDrafted", "LotsSet", "SettingsSet", "TermsWritten", "DocumentAttached", "DocumentRemoved"),
    *("ChecklistFilled", "CriteriaSet", "StaffAppointed", "OpeningPlanned"),
)
"""Changes of the content that is filed and then published."""


def said(case: Case) -> Iterator[str]:
    """Each row of the notice says what its signer said; what a rule set's signer did not name is as the trading centre
    had it then."""
    for fact in case.history.facts:
        if fact.stream.startswith("notice/"):
            yield from repeated(fact, _RENAMED)
    for fact in case.history.of("CriteriaSet"):
        if fact.act is not None and fact.act.body is not None:
            named = fact.act.body_json()
            for name, value in fact.body["rules"]["price"].items():
                if f"price_{name}" not in named and value != _PRICE[name]:
                    yield f"{fact}: its signer said nothing of {name} for the price"
    for fact in case.history.of("SettingsSet"):
        if fact.act is not None and fact.act.body is not None:
            taken = case.upto(fact.index).history.of("DefaultsTaken")
            usual = taken[-1].body["settings"] if taken else _USUAL
            named = fact.act.body_json()
            for name, value in fact.body["settings"].items():
                if name not in named and value != usual[name]:
                    yield f"{fact}: {name} is neither its signer's nor the trading centre's"


def ticked(case: Case) -> Iterator[str]:
    """4.10: published once, with the whole tick-list filled and both documents attached before it, for the opening that
    was held."""
    published = case.history.of("NoticePublished")
    for fact in published[1:]:
        yield f"{fact}: published a second time"
    for fact in published[:1]:
        before = case.upto(fact.index).history
        lists = before.of("ChecklistFilled")
        items = lists[-1].body["items"] if lists else []
        told = {one["item"] for one in items if one["text"] and one["in_notice"] and one["in_documents"]}
        for item in sorted(ITEMS - told):
            yield f"{fact}: published without {item}"
        attached: dict[str, str] = {}
        for one in before.of("DocumentAttached", "DocumentRemoved"):
            if one.kind == "DocumentRemoved":
                attached.pop(one.body["sha256"], None)
            else:
                attached[one.body["document"]["sha256"]] = one.body["document"]["kind"]
        kinds = set(attached.values())
        for kind in sorted({"notice", "tender_documents"} - kinds):
            yield f"{fact}: published without its {kind}"
        yield from _opening(case, fact)


def entity_named(case: Case) -> Iterator[str]:
    """3.2: who invites bids is named with a unified social credit code that checks."""
    for fact in case.history.of("NoticePublished")[:1]:
        faces = case.upto(fact.index).history.of("TenderDrafted")
        code = faces[-1].body["face"].get("entity_code") if faces else None
        if code is not None and not credit_code_holds(code):
            yield f"{fact}: the procuring entity's code {code or '(none)'} does not check"


def filed(case: Case) -> Iterator[str]:
    """5.1: what was published is what was filed before: nothing of it changed in between."""
    for fact in case.history.of("NoticePublished"):
        filings = [one for one in case.history.of("TenderFiled") if one.index < fact.index]
        if not filings:
            yield f"{fact}: published without having been filed"
            continue
        filing = filings[-1]
        if filing.body["filing"]["revision"] != fact.body["revision"]:
            yield f"{fact}: another revision was filed"
        if not filing.body["filing"]["number"] or filing.body["filing"]["filed_at"] > filing.at:
            yield f"{filing}: no number, or filed later than it was told"
        for change in case.history.of(*_DRAFT):
            if filing.index < change.index < fact.index:
                yield f"{change}: changed between the filing and the publication"
            if change.index > fact.index:
                yield f"{change}: changed after the publication"


def in_time(case: Case) -> Iterator[str]:
    """5.1: outside a rehearsal, documents were given out and bids waited for as long as the law wants; and so did who
    had to read an addendum that touches bids. Days are the law's, working days by the calendar that was in force."""
    for fact in case.history.of("NoticePublished"):
        before = case.upto(fact.index).history
        plans = before.of("OpeningPlanned")
        if not plans or not _binds(before):
            continue
        times = plans[-1].body["schedule"]
        begin = max(times["documents_from"], fact.at)
        issue, sale, _ = _limits(before)
        if times["bid_deadline"] < _over(before, begin, issue):
            yield f"{fact}: bids were due before the law's days were over"
        if times["documents_until"] < _over(before, begin, sale):
            yield f"{fact}: documents were given out for fewer days than the law's"
    for fact in case.history.of("AddendumIssued"):
        before = case.upto(fact.index).history
        deadlines = [one.body["schedule"]["bid_deadline"] for one in before.of("OpeningPlanned")[-1:]]
        deadlines += [one.body["after"] for one in before.of("DeadlineNoted")]
        late = deadlines and deadlines[-1] < _over(before, fact.at, _limits(before)[2])
        if late and fact.body["addendum"]["touches_bids"] and _binds(before):
            yield f"{fact}: it touches bids, and came later than the law's days before the deadline"


def _binds(before: History) -> bool:
    noted = before.of("HallNoted")
    return bool(noted) and noted[-1].body["mode"] != "rehearsal"


def _limits(before: History) -> tuple[_Days, _Days, _Days]:
    """(Days, in working days?) from the documents to the deadline, of giving them out, from an addendum."""
    settings = before.of("SettingsSet")
    rules = settings[-1].body["settings"] if settings else _USUAL
    return _LAW.get((rules["procedure_law"], rules["procurement_method"]), _LAW[("bidding_law", "")])


def _over(before: History, begin: int, days: _Days) -> int:
    """When so many days after `begin` are over."""
    number, working = days
    if not working or not number:
        return begin + number * _DAY
    taken = before.of("CalendarTaken")
    kept = (frozenset(taken[-1].body["holidays"]), frozenset(taken[-1].body["extra"])) if taken else ()
    return WorkingDays(*kept).after(begin, number)


def _opening(case: Case, published: Fact) -> Iterator[str]:
    """The tender and its opening are those of the notice, and came to be after it."""
    begun = [*case.history.of("TenderPublished"), *case.history.of("OpeningScheduled")]
    for fact in begun:
        if fact.index < published.index:
            yield f"{fact}: before its notice was published"
    plans = [one for one in case.history.of("OpeningPlanned") if one.index < published.index]
    for fact in begun:
        if plans and fact.body["bid_deadline"] != plans[-1].body["schedule"]["bid_deadline"]:
            yield f"{fact}: another deadline than the notice's"
    staff = [one for one in case.history.of("StaffAppointed") if one.index < published.index]
    named = {(one["role"], one["certificate"]) for one in staff[-1].body["staff"]} if staff else set()
    held = {(one["role"], one["certificate"]) for one in case.plan["staff"]}
    if named != held:
        yield f"{published}: other staff held the opening than the notice named"


def confirmed(case: Case) -> Iterator[str]:
    """5.2.2: who stayed with its deposit after an addendum named one that the hall had from it."""
    for fact in case.history.of("DepositConfirmed"):
        mine = (fact.body["bidder"], fact.body["lot"], fact.body["deposit"])
        had = [one for one in case.history.of("DepositReceived") if one.index < fact.index]
        deposits = [one.body["deposit"] for one in had]
        if mine not in [(one["bidder"], one["lot"], one["sha256"]) for one in deposits]:
            yield f"{fact}: the hall had no such deposit"


PART: Final = Part(
    signed={
        "TenderDrafted": ("draft_tender", _MAKER),
        "LotsSet": ("set_lots", _MAKER),
        "SettingsSet": ("set_rules", _MAKER),
        "TermsWritten": ("write_notice", _MAKER),
        "DocumentAttached": ("attach_document", _MAKER),
        "DocumentRemoved": ("remove_document", _MAKER),
        "ChecklistFilled": ("fill_checklist", _MAKER),
        "CriteriaSet": ("set_criteria", _MAKER),
        "StaffAppointed": ("appoint_staff", _MAKER),
        "OpeningPlanned": ("schedule_opening", _MAKER),
        "TenderFiled": ("file_tender", _OR_CENTRE),
        "NoticePublished": ("publish_notice", _OR_CENTRE),
        "AddendumIssued": ("issue_addendum", _MAKER),
        "TenderCancelled": ("cancel_tender", _MAKER),
        "DepositConfirmed": ("confirm_deposit", by("bidder")),
    },
    renamed=_RENAMED,
    questions=(
        Question(
            "3.2",
            Status.PROVED,
            "who invited bids is named with a unified social credit code that checks",
            ("NoticePublished",),
            (entity_named,),
        ),
        Question(
            "4.10",
            Status.PROVED,
            "published once, with the whole tick-list and both documents, for the opening that was held",
            ("NoticePublished",),
            (said, ticked),
        ),
        Question(
            "5.1",
            Status.ASSERTED,
            "what was published is what was filed before, and gave bidders the law's least times",
            ("NoticePublished", "TenderFiled"),
            (filed, in_time),
        ),
        Question(
            "5.2.2",
            Status.PROVED,
            "who stayed with its bid after an addendum named a deposit of its own",
            ("DepositConfirmed",),
            (confirmed,),
        ),
    ),
)
