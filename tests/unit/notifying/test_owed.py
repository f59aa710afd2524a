"""Which notices are owed: reminders by the time, everything else by what happened, each to its addressee alone."""

from __future__ import annotations

import typing

import pytest

from hall.notifying import owed as o
from hall.notifying.owed import Addressee, Owed
from hall.procurement.parties import Role
from hall.procurement.tender import MINUTE, Deposit
from hall.session import events as e
from hall.tendering import events as te
from hall.tendering.state import TenderState
from tests.playbook import DEADLINE, HOST, MIDNIGHT, Playbook, plan
from tests.unit.notifying.examples import CLOSED, EVENTS, MOVED, OWN_WINDOW, SPLIT, bid, caused, happened


def facts(owed: Owed) -> dict[str, str]:
    return {fact.name: fact.value for fact in owed.facts}


def reminded(play: Playbook, *deposits: Deposit, at: int) -> list[tuple[str, str]]:
    owed = o.reminders(play.at(at).state, TenderState(deposits=deposits), at)
    return [(one.party, facts(one)["minutes"]) for one in owed]


@pytest.mark.parametrize(
    ("before", "minutes"),
    [
        (120 * MINUTE, "120"),
        (30 * MINUTE + 1, "120"),
        (30 * MINUTE, "30"),
        (10 * MINUTE + 1, "30"),
        (10 * MINUTE, "10"),
        (1, "10"),
    ],
)
def test_clause_5_3_2_each_depositor_who_has_not_signed_in_is_reminded_by_the_last_reminder_due(
    before: int, minutes: str
) -> None:
    play = Playbook()
    play.at(MIDNIGHT).sign_in("yi")
    owed = reminded(
        play, bid("jia"), bid("yi"), bid("bing"), bid("ding", superseded=True), at=DEADLINE - before
    )
    assert owed == [("bing", minutes), ("jia", minutes)]


@pytest.mark.parametrize("at", [DEADLINE - 120 * MINUTE - 1, DEADLINE])
def test_nobody_is_reminded_too_early_or_after_the_deadline(at: int) -> None:
    assert reminded(Playbook(), bid("jia"), at=at) == []


def test_who_deposits_after_a_reminders_time_waits_for_the_next_one() -> None:
    late, renewed = bid("jia", at=DEADLINE - 90 * MINUTE), bid("yi", at=DEADLINE - 90 * MINUTE)
    deposits = (late, bid("yi", superseded=True), renewed)
    assert reminded(Playbook(), *deposits, at=DEADLINE - 60 * MINUTE) == [("yi", "120")]
    assert reminded(Playbook(), *deposits, at=DEADLINE - 30 * MINUTE) == [("jia", "30"), ("yi", "30")]


def test_no_reminder_comes_before_one_can_sign_in() -> None:
    early = MIDNIGHT + 60 * MINUTE
    play = Playbook(plan(deadline=early))
    assert reminded(play, bid("jia"), at=MIDNIGHT - 1) == []
    assert o.next_reminder(play.state, MIDNIGHT - 1) == MIDNIGHT
    assert reminded(play, bid("jia"), at=MIDNIGHT) == [("jia", "120")]


def test_the_moments_of_reminders_are_announced_to_the_clock() -> None:
    state = Playbook().state
    assert o.next_reminder(state, MIDNIGHT) == DEADLINE - 120 * MINUTE
    assert o.next_reminder(state, DEADLINE - 120 * MINUTE) == DEADLINE - 30 * MINUTE
    assert o.next_reminder(state, DEADLINE - 10 * MINUTE) is None


def test_the_same_cause_owes_the_same_notice_for_ever_and_each_addressee_its_own() -> None:
    first, again = caused(CLOSED), caused(CLOSED)
    assert first == again
    assert len({one.notice for one in first}) == len(first) == 6
    assert {one.because for one in first} == {"opening/O-1#1"}


def test_rows_that_were_considered_owe_nothing_again() -> None:
    assert caused(CLOSED, CLOSED, after=2) == []
    assert {one.because for one in caused(CLOSED, CLOSED, after=1)} == {"opening/O-1#2"}


def test_clause_4_1_a_moved_deadline_is_told_to_everybody_whether_or_not_they_take_part() -> None:
    owed = caused(MOVED)
    assert [one.party for one in owed] == ["bing", "jia", "yi", "host", "owner", "bureau", "centre"]
    assert {one.kind for one in owed} == {"deadline_moved"}
    told = facts(owed[0])
    assert (told["before"], told["after"], told["reason"]) == (str(DEADLINE), str(DEADLINE + MINUTE), "补遗")


def test_clause_4_7_the_parties_concerned_get_a_copy_of_an_incident_that_frees_them() -> None:
    entry = happened(
        e.IncidentRecorded, incident=3, kind="server_restart", clause="a", scope=("yi",), start=DEADLINE
    )
    owed = caused(entry)
    assert [one.party for one in owed if one.role == "bidder"] == ["yi"]
    assert facts(owed[0]) == {"incident": "3", "clause": "a", "code": "server_restart", "at": str(DEADLINE)}
    everybody = caused(happened(e.IncidentRecorded, incident=3, kind="server_restart", clause="a", scope=()))
    assert [one.party for one in everybody if one.role == "bidder"] == ["jia", "yi"]
    assert caused(happened(e.IncidentRecorded, incident=3, kind="late_release", clause="")) == []


def test_clause_4_8_the_three_parties_are_asked_with_their_limit_and_nobody_else() -> None:
    owed = caused(
        happened(e.ConsultationOpened, consultation=2, about=e.About.SUSPENSION, answer_by=DEADLINE)
    )
    assert [(one.role, one.party) for one in owed] == [
        ("procuring_entity", "owner"),
        ("regulator", "bureau"),
        ("trading_centre", "centre"),
    ]
    assert facts(owed[0])["answer_by"] == str(DEADLINE)


def test_clause_4_8_b_each_group_of_the_split_is_told_its_own_time() -> None:
    told = {(one.party, one.lot): one for one in caused(SPLIT) if one.role == "bidder"}
    assert {key: one.kind for key, one in told.items()} == {
        ("yi", "1"): "window_split",
        ("jia", "2"): "window_split",
        ("jia", "1"): "continued_at",
    }
    assert facts(told["yi", "1"])["closes_at"] == str(DEADLINE + 60 * MINUTE)
    assert "continues_at" not in facts(told["yi", "1"])
    assert {one.kind for one in caused(SPLIT) if one.party == "host"} == {"window_split", "continued_at"}


def test_an_own_window_concerns_its_bidder_alone() -> None:
    (owed,) = caused(OWN_WINDOW)
    assert (owed.party, owed.lot, owed.until) == ("yi", "1", DEADLINE + MINUTE)


def test_commands_and_rights_of_a_lot_are_told_to_its_announced_bidders_wherever_they_are() -> None:
    for kind, words in (
        (e.DecryptionCommanded, "decrypt_now"),
        (e.ObjectionsOpened, "objections_asked"),
    ):
        (owed,) = caused(happened(kind, lot="1"))
        assert (owed.kind, owed.party, owed.lot) == (words, "jia", "1")
        assert caused(happened(kind, lot="2")) == []
    failed = caused(happened(e.TenderFailed, lot="2"))
    assert [one.party for one in failed if one.role == "bidder"] == ["jia", "yi"], (
        "who was absent is told too"
    )
    assert {one.lot for one in failed} == {"2"}


def test_no_notice_names_another_bidder() -> None:
    for one in caused(*EVENTS):
        others = {"jia", "yi", "bing"} - {one.party}
        assert not others & set(facts(one).values())


def test_every_rule_is_for_an_event_that_exists_and_has_its_example() -> None:
    exist = (*typing.get_args(e.Event), *typing.get_args(te.Event))
    assert o.RULES.keys() <= {kind.__name__ for kind in exist}
    assert o.RULES.keys() == {type(event).__name__ for event in EVENTS}, "the examples show every rule"


def test_the_circle_is_who_deposited_or_signed_in_and_the_posts_as_they_are_now() -> None:
    play = Playbook()
    play.at(MIDNIGHT).sign_in("bing")
    tendering = TenderState(deposits=(bid("jia"), bid("yi", superseded=True)))
    circle = o.circle(play.state, tendering, ["zhao", "jia"])
    assert circle.taking_part == ("bing", "jia")
    assert circle.known == ("jia", "zhao")
    assert Addressee(Role.HOST.value, HOST.party) in circle.staff
