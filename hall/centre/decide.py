"""What the trading centre answers to a command.

Two persons are needed where one alone could make itself somebody else: a further certificate of a registered party logs
in as that party, and a new holder of this very office could confirm for the first. What only takes rights away, or
registers somebody who is nobody yet, one may do; all of it stands in the journal with its signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from hall.centre import commands as c
from hall.centre import events as e
from hall.centre.changes import Change, Kind, Known, Setting
from hall.centre.state import CentreState, Proposal
from hall.errors import NotPermitted, Refused
from hall.procurement.calendar import WorkingDays, day_of_text
from hall.procurement.least import of_the_law
from hall.procurement.matter import Rights, roles
from hall.procurement.parties import Actor, Role
from hall.procurement.standing import Standing, credit_code_holds

_ACTS: Final = (
    "register_party",
    "register_person",
    "add_certificate",
    "retire_certificate",
    "deactivate_party",
    "activate_party",
    "give_office",
    "take_office",
    "confirm_change",
    "decline_change",
    "set_year",
    "set_defaults",
    "list_expert",
    "unlist_expert",
    "name_rooms",
)
RIGHTS: Final[Rights] = dict.fromkeys(_ACTS, roles(Role.TRADING_CENTRE))


def decide(state: CentreState, command: c.Command, actor: Actor | None, now: int) -> Sequence[e.Event]:
    """The events that `command` causes. Raises Refused, NotPermitted, Malformed."""
    if isinstance(command, c.NoteCarried):
        return [e.ChangeCarried(command.number)] if command.number == state.carried + 1 else []
    if isinstance(command, c.NoteTrust):
        return [e.TrustNoted(command.roots)] if command.roots != state.roots else []
    if actor is None:
        raise NotPermitted("not_permitted")
    by = actor.party
    match command:
        case c.MakeChange(change, reason, act, known):
            _check(change, known, by)
            if not needs_second(change):
                return [e.ChangeMade(change, by, reason, act.without_body() if change.identity else act)]
            if any(waiting.change == change for waiting in state.proposals.values()):
                raise Refused("proposed_already")
            return [e.ChangeProposed(state.proposed + 1, change, by, reason, act)]
        case c.Confirm(proposal, act, known):
            waiting = _waiting(state, proposal)
            if waiting.by == by:
                raise Refused("second_person_needed")
            if waiting.change.party == by:
                raise Refused("own_party")
            _check(waiting.change, known, waiting.by)
            return [e.ChangeConfirmed(proposal, by, act)]
        case c.Decline(proposal, reason, act):
            _waiting(state, proposal)
            return [e.ChangeDeclined(proposal, by, reason, act)]
        case c.SetYear():
            return [_year(command, by)]
        case c.SetDefaults(settings, act):
            _check_least(settings)
            return [] if settings == state.defaults else [e.DefaultsSet(settings, by, act)]
        case c.ListExpert(party, specialities, recuses, act, known):
            if not known.exists or known.kind_of != "staff":
                raise Refused("no_such_party")
            if party == by:
                raise Refused("own_party")  # it is an office that is given here, as any other
            listed = e.ExpertListed(party, act.body_digest, specialities, recuses, by, act.without_body())
            give = Change(Kind.GIVE, party, office=Role.EVALUATOR.value)
            given = [] if known.holds else [e.ChangeMade(give, by, "", act.without_body())]
            return [listed, *given]
        case c.UnlistExpert(party, reason, act):
            if party not in state.experts:
                raise Refused("no_such_expert")
            take = Change(Kind.TAKE, party, office=Role.EVALUATOR.value)
            return [e.ExpertUnlisted(party, reason, by, act), e.ChangeMade(take, by, reason, act)]
        case c.NameRooms(rooms, act):
            return [] if rooms == state.rooms else [e.RoomsNamed(rooms, by, act)]
        case _:
            assert_never(command)


def needs_second(change: Change) -> bool:
    """Whether a second person has to confirm a change."""
    return change.kind is Kind.CERTIFICATE or change.office == Role.TRADING_CENTRE


def _check(change: Change, known: Known, by: str) -> None:
    """Whether the directory as it is now lets a change in. Raises Refused."""
    if change.kind is Kind.PARTY:
        if known.exists:
            raise Refused("party_exists", party=change.party)
        if known.owner:
            raise Refused("certificate_taken")
        _check_standing(change, known)
        return
    if not known.exists:
        raise Refused("no_such_party")
    match change.kind:
        case Kind.CERTIFICATE:
            if known.owner:
                raise Refused("certificate_taken")
        case Kind.RETIRE:
            if known.owner != change.party:
                raise Refused("no_such_certificate")
            if known.last and set(known.holders) <= {change.party}:
                raise Refused("last_holder")  # nobody could log in to this office any more
        case Kind.SHUT:
            _not_own(change, by)
            if known.shut:
                raise Refused("shut_already")
            if set(known.holders) == {change.party}:
                raise Refused("last_holder")
        case Kind.REOPEN:
            if not known.shut:
                raise Refused("not_shut")
        case Kind.GIVE:
            _not_own(change, by)
            if known.kind_of != "staff":
                raise Refused("office_for_staff")
            if known.holds:
                raise Refused("office_held")
        case Kind.TAKE:
            if not known.holds:
                raise Refused("office_not_held")
            if change.office == Role.TRADING_CENTRE and set(known.holders) <= {change.party}:
                raise Refused("last_holder")
        case _:
            assert_never(change.kind)


def _check_standing(change: Change, known: Known) -> None:
    """Clauses 3.2, 3.3: an organisation is registered under a code that checks, a bidder never without one, nor twice
    under the same; an individual under the number of its identity document, which was read before."""
    if change.standing == Standing.NATURAL_PERSON:
        return
    if change.kind_of == "bidder" and not change.code:
        raise Refused("credit_code_missing")
    if change.code and not credit_code_holds(change.code):
        raise Refused("credit_code_wrong", given=change.code)
    if known.coded:
        raise Refused("credit_code_taken", given=change.code, party=known.coded)


def _check_least(settings: Sequence[Setting]) -> None:
    """No tender begins with less than law and standard want."""
    given = {one.key: one.value for one in settings}
    for one in of_the_law(given.get("procedure_law", "")):
        if one.setting in given and int(given[one.setting]) < one.least:
            raise Refused("setting_too_low", setting=one.setting, least=one.shown, article=one.article)


def _not_own(change: Change, by: str) -> None:
    if change.party == by:
        raise Refused("own_party")


def _waiting(state: CentreState, proposal: int) -> Proposal:
    if (found := state.proposals.get(proposal)) is None:
        raise Refused("no_such_proposal")
    return found


def _year(command: c.SetYear, by: str) -> e.YearSet:
    """A day belongs to its year, is not off and worked at once, and only a weekend day is worked in addition."""
    usual = WorkingDays()
    for day in (*command.holidays, *command.extra):
        if day_of_text(day).year != command.year:
            raise Refused("day_of_another_year", day=day)
    if both := sorted(set(command.holidays) & set(command.extra)):
        raise Refused("day_twice", day=both[0])
    if worked := sorted(day for day in command.extra if usual.works(day)):
        raise Refused("works_anyway", day=worked[0])
    holidays, extra = tuple(sorted(command.holidays)), tuple(sorted(command.extra))
    return e.YearSet(command.year, holidays, extra, command.source, by, command.act)
