"""Nobody outside reaches the committee, and nothing of its work is seen outside too early (clause 5.4.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

import pytest

from hall.errors import Malformed, NotPermitted
from hall.evaluation.acts import BODIES, MEMBER, RIGHTS
from hall.procurement.acts import ACT_TYPES
from hall.procurement.matter import PUBLIC, Look, seat
from hall.procurement.parties import Role
from hall.runtime.evaluation_matter import EVALUATION
from hall.runtime.matters import OWED
from tests.committeebook import CENTRE, EXPERTS, HOST, OWNER, REGULATOR, SUPERVISOR, CommitteeBook, bidder
from tests.matterbook import MINUTE, person

OUTSIDE = (
    PUBLIC,
    HOST,
    OWNER,
    CENTRE,
    SUPERVISOR,
    REGULATOR,
    bidder("jia"),
    bidder("yi"),
    *(person(role.value, role) for role in Role if role is not Role.EVALUATOR),
    person("listed", Role.EVALUATOR),
)
WORDS = {("answer_bid_question", "text"), ("answer_bid_question", "files")}
"""All that somebody outside can say in its own words: what it was asked."""


def outside() -> Iterator[tuple[str, str]]:
    """Every field of every act that somebody outside the committee may sign here."""
    for act, allowed in RIGHTS.items():
        if allowed != MEMBER:
            yield from ((act, field) for field, kind in BODIES[act].items() if kind in (str, list))


def test_clause_5_4_2_no_act_of_a_hall_party_carries_words_to_the_committee() -> None:
    assert set(outside()) - WORDS == {
        ("name_representatives", "parties"),
        ("open_committee_draw", "parties"),
        ("commit_committee_draw", "commitment"),
        ("reveal_committee_draw", "secret"),
        ("replace_member", "cause"),
        ("answer_bid_question", "price"),
    }
    book = CommitteeBook().listed()
    for act, body in (
        ("commit_committee_draw", {"draw": 1, "commitment": "投给乙"}),
        ("reveal_committee_draw", {"draw": 1, "secret": "投给乙"}),
        ("replace_member", {"member": 1, "cause": "投给乙"}),
        (
            "answer_bid_question",
            {"question": 1, "text": "x", "price": "投给乙", "unchanged": True, "files": []},
        ),
    ):
        with pytest.raises(Malformed):
            EVALUATION.command_of(book.act(OWNER, act, **body))


def test_clause_5_4_2_every_other_act_of_the_hall_is_refused_at_this_door() -> None:
    for look in OUTSIDE:
        for act in ACT_TYPES:
            allowed = RIGHTS.get(act, frozenset())
            if allowed.isdisjoint(look.roles):
                with pytest.raises(NotPermitted):
                    seat(RIGHTS, act, look)
    book = CommitteeBook().begun()
    bodies = {str: "x", int: 1, bool: True, list: []}
    for act, allowed in RIGHTS.items():
        if allowed == MEMBER:
            body = {field: bodies[kind] for field, kind in BODIES[act].items()}
            before = book.state
            with pytest.raises((NotPermitted, Malformed)):
                book.says(person("listed", Role.EVALUATOR), act, lot="1", **body)
            assert book.state == before, "to stand on the list is not to be drawn"


def test_clause_5_4_2_what_the_hall_itself_may_tell_the_committee_is_known() -> None:
    told = sorted(owed.name for owed in OWED if "to the evaluation" in owed.name)
    assert told == [
        "a suspension of the procedure, to the evaluation",
        "the opened bids to the evaluation",
        "what the hall found in the bids, to the evaluation",
    ]


def test_clause_5_4_3_nothing_of_the_work_is_seen_outside() -> None:
    book = CommitteeBook().begun()
    before = [book.view(look) for look in OUTSIDE]
    book.works(1)
    book.signs(1)
    book.says(book.seat(2), "propose_interpretation", about="x", text="y")
    book.says(book.seat(3), "discuss_motion", motion=1, text="z")
    evidence = "cd" * 32
    reason = {"lot": "1", "bidder": "jia", "reason": "a", "text": "无签字", "evidence": [evidence]}
    book.says(book.seat(2), "propose_rejection", **reason)
    book.votes(2)
    assert [book.view(look) for look in OUTSIDE] == before
    for look in OUTSIDE:
        assert not EVALUATION.may_read(book.state, look, evidence)
    assert EVALUATION.may_read(book.state, book.looking(book.seat(4)), evidence)


def test_clause_5_4_2_a_question_does_not_say_who_asked_nor_to_others_that_it_was() -> None:
    book = CommitteeBook().begun()
    book.says(book.chair, "ask_bidder", lot="1", bidder="yi", text="请说明", minutes=60)
    shown = asdict(book.view(bidder("yi")))
    assert [one["text"] for one in shown["questions"]] == ["请说明"]
    assert "member" not in shown["questions"][0]
    others = [look for look in OUTSIDE if look.party != "yi"]
    assert all(not book.view(look).questions for look in others)


def test_who_procures_another_tender_arranges_and_sees_nothing_here() -> None:
    stranger = person("stranger", Role.PROCURING_ENTITY)
    book = CommitteeBook().listed()
    assert (
        book.refuses(stranger, "open_committee_draw", parties=["procuring_entity", "supervisor"])
        == "not_permitted"
    )
    assert book.refuses(stranger, "name_representatives", parties=["friend"]) == "not_permitted"
    assert book.view(stranger).may == []
    told = CommitteeBook().begun().scored().reported()
    assert told.view(OWNER).result is not None
    assert (told.view(stranger).result, told.view(stranger).members, told.view(stranger).draws) == (
        None,
        [],
        [],
    )


def test_no_view_names_a_member_before_the_law_does() -> None:
    book = CommitteeBook().begun().scored()
    book.after(MINUTE)
    parties = {one.party for one in EXPERTS}
    lookers: tuple[Look, ...] = (*OUTSIDE, *(book.seat(number) for number in book.numbers))
    for look in lookers:
        shown = json.dumps(asdict(book.view(look)))
        assert not any(draw.seed for draw in book.view(look).draws), "seed and list together name them"
        assert not [party for party in parties if f'"{party}"' in shown]
