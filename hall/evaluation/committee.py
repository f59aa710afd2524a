"""How a committee comes about: the hand-over, the list, the draw by commit and reveal, seats, chair, criteria. Pure.

The draw gives an order of the whole list: the first are called, the others stand by in that order, so that who takes
a place that becomes free was drawn too, and anybody can reckon it again from the journal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from hall.errors import NotPermitted, Refused
from hall.evaluation import commands as c
from hall.evaluation import events as e
from hall.evaluation.acts import DRAWERS
from hall.evaluation.calling import called, missing
from hall.evaluation.state import Draw, EvaluationState, Member, Place, Stage
from hall.procurement import canonical
from hall.procurement.drawing import commitment_of, committee_seed, order_of
from hall.procurement.evaluation import EvaluationRules, OpenedBid
from hall.procurement.parties import Actor

MINUTE: Final = 60_000
DRAW_LIMIT: Final = 30 * MINUTE
"""For the commitments, and again for the reveals."""
FEWEST: Final = 2
"""Parties of a draw: one alone would choose."""


def digest_of(value: object) -> str:
    """SHA-256 of the canonical JSON of a value, hex."""
    return hashlib.sha256(canonical.dumps(value)).hexdigest()


def bids_digest(bids: Sequence[OpenedBid]) -> str:
    """Digest of what the opening handed over."""
    return digest_of([asdict(bid) for bid in bids])


def criteria_digest(rules: EvaluationRules) -> str:
    """Digest of method, criteria in their order and price formula, as `read_criteria` names it."""
    criteria = [asdict(one) | {"kind": one.kind.value} for one in rules.criteria]
    price = asdict(rules.price) | {"formula": rules.price.formula.value}
    return digest_of({"method": rules.method.value, "criteria": criteria, "price": price})


def pool_digest(experts: Sequence[e.Expert]) -> str:
    """Digest of the list that a draw draws from."""
    return digest_of(
        [
            {
                "party": one.party,
                "specialities": list(one.specialities),
                "recuses": list(one.recuses),
                "person": one.person,
            }
            for one in experts
        ]
    )


def receive_bids(state: EvaluationState, command: c.ReceiveBids) -> list[e.Event]:
    """The opened bids, once; nothing of them changes here any more."""
    if state.received is not None:
        return []
    if not command.bids:
        raise Refused("nothing_to_evaluate")
    return [
        e.BidsReceived(
            command.tender,
            command.bids,
            command.lots,
            bids_digest(command.bids),
            command.rules,
            criteria_digest(command.rules),
            command.concerned,
            command.entity,
            command.staff,
            command.least,
        )
    ]


def receive_experts(state: EvaluationState, command: c.ReceiveExperts) -> list[e.Event]:
    """The list, with whom the law bars (Bidding Law art. 37)."""
    if not state.wants_experts:
        return []
    listed = tuple(e.Listed(expert, _barred(state, expert)) for expert in command.experts)
    free = [one.expert for one in listed if one.barred is e.Barred.NONE]
    return [e.ExpertsListed(listed, pool_digest(free))]


def _barred(state: EvaluationState, expert: e.Expert) -> e.Barred:
    given = state.given
    bound = {expert.party, *expert.recuses}
    if bound & set(given.concerned):
        return e.Barred.BIDDER
    if expert.party in given.staff:
        return e.Barred.STAFF
    if bound & {*given.entity, *state.representatives}:
        return e.Barred.ENTITY
    if expert.party in {member.party for member in state.members}:
        return e.Barred.WAS_CALLED
    return e.Barred.NONE


def ask_experts(state: EvaluationState, command: c.ListExperts) -> list[e.Event]:
    """The list is read again where more experts are needed than it had."""
    _no_draw(state)
    if state.wants_experts:
        return []
    if state.vacant <= 0:
        raise Refused("no_seat_vacant")
    return [e.ExpertsAsked(command.act)]


def name_representatives(state: EvaluationState, command: c.NameRepresentatives) -> list[e.Event]:
    """The procuring entity may fill as many seats as its documents say, at most a third (Bidding Law art. 37)."""
    _no_draw(state)
    if state.members:
        raise Refused("committee_drawn")
    if len(command.parties) > state.rules.representatives:
        raise Refused("too_many_representatives", most=state.rules.representatives)
    given = state.given
    # Who runs or watches the opening may not judge the bids (Implementing Regulations art. 46).
    if any(party in {*given.concerned, *given.staff} for party in command.parties):
        raise Refused("representative_barred")
    if any(one.party in command.parties for one in state.eligible):
        raise Refused("representative_on_list")
    if command.parties == state.representatives:
        return []
    return [e.RepresentativesNamed(command.parties, command.act)]


def check_lawful(rules: EvaluationRules, least: int) -> None:
    """Odd, not fewer than the law wants, experts two thirds at least (Bidding Law art. 37). Raises Refused."""
    lawful = (
        rules.committee % 2 == 1 and rules.committee >= least and 3 * rules.representatives <= rules.committee
    )
    if not lawful:
        raise Refused("committee_unlawful", committee=rules.committee, least=least)


def open_draw(state: EvaluationState, command: c.OpenDraw, now: int) -> list[e.Event]:
    """A draw for the seats that are vacant, among at least two of those who may take part."""
    _no_draw(state)
    check_lawful(state.rules, state.given.least)
    if state.revealed:
        raise Refused("sheets_revealed")
    if state.vacant <= 0:
        raise Refused("no_seat_vacant")
    parties = tuple(role.value for role in DRAWERS if role.value in command.parties)
    if len(parties) != len(command.parties) or len(parties) < FEWEST:
        raise Refused("draw_parties", least=FEWEST)
    needed = state.vacant - len(_to_represent(state))
    if len(state.eligible) < needed:
        raise Refused("too_few_experts", needed=needed, listed=len(state.eligible))
    parties_listed = [one.party for one in state.eligible]
    if missing(parties_listed, state.skills, state.rules.quotas, seated=_seated(state), seats=needed):
        raise Refused("too_few_of_speciality")
    number = len(state.draws) + 1
    return [
        e.CommitteeDrawOpened(number, parties, state.pool_digest, state.vacant, now + DRAW_LIMIT, command.act)
    ]


def commit(state: EvaluationState, command: c.Commit, actor: Actor, now: int) -> list[e.Event]:
    """A commitment is final; a copy of another's is refused, because its secret could be copied too."""
    draw, party = _at(state, command.draw, actor), actor.role.value
    if draw.commitments.get(party) == command.commitment:
        return []
    if draw.reveal_by is not None or now > draw.commit_by:
        raise Refused("draw_commits_closed", draw=command.draw)
    if party in draw.commitments:
        raise Refused("committed_already", draw=command.draw)
    if any(command.commitment in one.commitments.values() for one in state.draws):
        raise Refused("commitment_taken")
    return [e.CommitteeCommitted(command.draw, party, command.commitment, command.act)]


def reveal(state: EvaluationState, command: c.Reveal, actor: Actor, now: int) -> list[e.Event]:
    """The 32 bytes behind the commitment, once every commitment is in."""
    draw, party = _at(state, command.draw, actor), actor.role.value
    if party not in draw.commitments:
        raise Refused("nothing_committed", draw=command.draw)
    if draw.reveal_by is None:
        raise Refused("draw_commits_open", draw=command.draw)
    if draw.secrets.get(party) == command.secret:
        return []
    if now > draw.reveal_by:
        raise Refused("draw_closed", draw=command.draw)
    if commitment_of(command.secret) != draw.commitments[party]:
        raise Refused("secret_mismatch")
    return [e.CommitteeRevealed(command.draw, party, command.secret, command.act)]


def _at(state: EvaluationState, number: int, actor: Actor) -> Draw:
    draw = state.draw
    if draw is None or draw.opened.draw != number:
        raise Refused("no_such_draw", draw=number)
    if actor.role.value not in draw.opened.parties:
        raise Refused("not_in_this_draw")
    return draw


def of_draw(state: EvaluationState, now: int) -> e.Event | None:
    """What follows from the draw under way by `now`; both limits include their end."""
    draw = state.draw
    if draw is None:
        return _again(state, now)
    number = draw.opened.draw
    part = draw.taking_part
    if draw.reveal_by is None:
        silent = tuple(party for party in draw.opened.parties if party not in draw.commitments)
        if silent and now <= draw.commit_by:
            return None
        if len(part) < FEWEST:
            return e.CommitteeDrawn(number, "", (), (), ())
        return e.CommitteeCommitsClosed(number, silent, now + DRAW_LIMIT)
    missing = tuple(party for party in part if party not in draw.secrets)
    if missing:
        return None if now <= draw.reveal_by else e.CommitteeDrawn(number, "", (), (), missing)
    seed = committee_seed(state.given.tender, number, draw.opened.pool, part, draw.secrets)
    experts = state.eligible
    order = tuple(experts[index].party for index in order_of(seed, len(experts)))
    return e.CommitteeDrawn(number, seed, order, _called(state, order), ())


def _again(state: EvaluationState, now: int) -> e.Event | None:
    """A draw that somebody spoilt by its silence is repeated without it, while two are left."""
    last = state.draws[-1] if state.draws else None
    if last is None or last.done is None or not last.done.silent:
        return None
    left = tuple(party for party in last.taking_part if party not in last.done.silent)
    if len(left) < FEWEST:
        return None
    number = last.opened.draw
    vacant, limit = state.vacant, now + DRAW_LIMIT
    return e.CommitteeDrawRepeated(number + 1, left, state.pool_digest, vacant, limit, number)


def _to_represent(state: EvaluationState) -> tuple[str, ...]:
    """Named representatives that have no seat yet; who had one and left does not come back."""
    known = {member.party for member in state.members}
    return tuple(party for party in state.representatives if party not in known)[: max(state.vacant, 0)]


def _called(state: EvaluationState, order: Sequence[str]) -> tuple[e.Called, ...]:
    first = len(state.members) + 1
    sent = _to_represent(state)
    kinds = [(e.Seat.REPRESENTATIVE, party) for party in sent]
    seats = state.vacant - len(sent)
    drawn = called(order, state.skills, state.rules.quotas, seated=_seated(state), seats=seats)
    kinds += [(e.Seat.EXPERT, party) for party in drawn]
    return tuple(e.Called(first + n, kind, party) for n, (kind, party) in enumerate(kinds))


def _seated(state: EvaluationState, but: int = 0) -> list[str]:
    """Parties of the experts who have a seat, by number."""
    return [one.party for one in state.active if one.kind is e.Seat.EXPERT and one.number != but]


def _no_draw(state: EvaluationState) -> None:
    if state.draw is not None:
        raise Refused("draw_running", draw=state.draw.opened.draw)


def sitting(state: EvaluationState, actor: Actor | None) -> Member:
    """The seat of who acts. Raises NotPermitted("not_a_member"): to stand on the list is not to be drawn."""
    member = None if actor is None else state.member_of(actor.party)
    if member is None:
        raise NotPermitted("not_a_member")
    return member


def seated(state: EvaluationState, actor: Actor | None) -> Member:
    """The same, of a member that has declared. Raises Refused("declare_first") too."""
    member = sitting(state, actor)
    if member.place is not Place.SEATED:
        raise Refused("declare_first")
    return member


def accept(state: EvaluationState, command: c.AcceptSeat, actor: Actor | None) -> list[e.Event]:
    member = sitting(state, actor)
    return [] if member.place is Place.SEATED else [e.SeatAccepted(member.number, command.act)]


def leave(state: EvaluationState, command: c.LeaveSeat, actor: Actor | None) -> list[e.Event]:
    """Whom something biases has to go (Implementing Regulations art. 46)."""
    member = sitting(state, actor)
    _replaceable(state)
    return [e.SeatLeft(member.number, command.reason, _following(state, member.number), command.act)]


def replace_member(state: EvaluationState, command: c.ReplaceMember) -> list[e.Event]:
    """A member is replaced for a cause of the law, never for how it scores (art. 48)."""
    if state.member(command.member) is None:
        raise Refused("no_such_member", member=command.member)
    _replaceable(state)
    following = _following(state, command.member)
    return [e.MemberReplaced(command.member, command.cause, following, command.act)]


def _replaceable(state: EvaluationState) -> None:
    """Once the sheets are open a newcomer could not score independently any more (clause 5.4.3)."""
    if state.revealed:
        raise Refused("sheets_revealed")
    _no_draw(state)


def _following(state: EvaluationState, leaves: int) -> e.Called | None:
    """The next who stands by and fits, always an expert; all seats that are free then count for the quotas."""
    left = _seated(state, but=leaves)
    seats = state.vacant + 1
    found = called(state.standby, state.skills, state.rules.quotas, seated=left, seats=seats)
    return e.Called(len(state.members) + 1, e.Seat.EXPERT, found[0]) if found else None


def elect(state: EvaluationState, command: c.ElectChair, actor: Actor | None) -> list[e.Event]:
    member = seated(state, actor)
    if state.stage in (Stage.REPORT, Stage.DONE):
        raise Refused("report_prepared")
    choice = state.member(command.member)
    if choice is None or choice.place is not Place.SEATED:
        raise Refused("no_such_member", member=command.member)
    return (
        [] if member.chair == command.member else [e.ChairVoted(member.number, command.member, command.act)]
    )


def read(state: EvaluationState, command: c.ReadCriteria, actor: Actor | None) -> list[e.Event]:
    """Clause 5.4.3: by the criteria of the tender documents, which each member has before it."""
    member = seated(state, actor)
    if (command.criteria, command.bids) != (state.given.criteria, state.given.digest):
        raise Refused("criteria_mismatch")
    return [] if member.read else [e.CriteriaRead(member.number, command.act)]


def of_seats(state: EvaluationState) -> e.Event | None:
    """A chair has more than half of the seats; or everything is there to begin."""
    votes = [member.chair for member in state.active]
    for number in sorted(set(votes) - {0, state.chair}):
        if state.member(number) is not None and 2 * votes.count(number) > state.rules.committee:
            return e.ChairElected(number)
    ready = all(member.place is Place.SEATED and member.read for member in state.active)
    if state.begun or state.vacant or not ready or not state.chair:
        return None
    return e.EvaluationBegun(tuple(member.number for member in state.active))


def access(state: EvaluationState, command: c.NoteAccess) -> list[e.Event]:
    """Each look into a bid is journalled before it is given (clause 5.4.2)."""
    member = state.member_of(command.party)
    if member is None or member.place is not Place.SEATED:
        raise NotPermitted("not_a_member")
    if state.bid(command.lot, command.bidder) is None:
        raise Refused("no_such_bid")
    return [e.BidAccessed(member.number, command.lot, command.bidder, command.part, command.copy)]


def reveal_members(state: EvaluationState, command: c.RevealMembers) -> list[e.Event]:
    """Name who evaluated, once the law does not hide it any more; an expert by the text behind its digest."""
    if state.persons:
        return []
    if state.done is None:
        raise Refused("evaluation_open")
    if [person.member for person in command.persons] != [member.number for member in state.active]:
        raise Refused("no_such_member")
    for person in command.persons:
        member = state.member(person.member)
        if member is not None and member.kind is e.Seat.EXPERT and not _opens(state, member, person):
            raise Refused("digest_mismatch")
    return [e.MembersRevealed(command.persons)]


def _opens(state: EvaluationState, member: Member, person: e.Person) -> bool:
    """Whether the text has the digest that stood in the list, and says this name."""
    if hashlib.sha256(person.item.encode()).hexdigest() != state.people.get(member.party):
        return False
    said = canonical.loads(person.item)
    return isinstance(said, dict) and (said.get("name"), said.get("unit")) == (person.name, person.unit)
