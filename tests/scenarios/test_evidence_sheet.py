"""What is known of a bid that was not opened, and what the hall proposes (clauses 5.3.3, 5.3.5)."""

from __future__ import annotations

import pytest

from hall import wire as w
from hall.errors import Malformed
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.rules import LotStage
from hall.session.sheet import Sheet, sheet, subjects
from hall.session.views import Beside, Operator, timeline, view
from tests.playbook import HOST, MIDNIGHT, OWNER, SUPERVISOR, bidder, replayed, staff
from tests.scenarios.faultbook import THREE, FaultBook, with_all_parties

FOUR = (*THREE, "ding")


def begun() -> FaultBook:
    """Three of four have decrypted at once; the window of the fourth runs."""
    play = FaultBook().commanded(*FOUR)
    play.opens(*THREE)
    return play


def over(play: FaultBook) -> Sheet:
    """The window has run out; gives the fourth's sheet."""
    assert play.lot.command is not None
    play.at(max(play.now, play.lot.closes_at or 0) + 1)
    play.until_results(*FOUR)
    assert subjects(play.lot) == ("ding",)
    return sheet(play.state, play.lot, "ding")


def tells(play: FaultBook, code: str, act: str = "release", lot: str = "1") -> list[e.Event]:
    return play.hall(c.NoteAttempt(lot, "ding", act, code))


def proposed(found: Sheet) -> tuple[str, str]:
    return (found.proposal.value if found.proposal else "", found.reason)


def test_clause_5_3_5_the_sheet_shows_attempts_presence_and_the_halls_own_faults_of_the_window() -> None:
    play = begun()
    opened = play.now
    play.hall(c.NotePresence("bidder-ding", 1, "online", opened - HOUR, opened + MINUTE, 0, "", "high"))
    play.hall(c.NotePresence("bidder-ding", 1, "offline", opened + MINUTE, None, 0, "unknown", "medium"))
    play.hall(c.NotePresence("bidder-yi", 1, "offline", opened, None, 0, "unknown", "high"))
    play.fault(opened - HOUR, end=opened - MINUTE, suspends=False)  # before the window: not its fault
    play.fault(opened, end=opened + MINUTE, suspends=False, scope=("yi",))
    play.at(opened + 2 * MINUTE)
    play._take([e.ActRefused("release", "commit_mismatch", "1", "bidder:ding", "00" * 32)])
    play._take([e.ActRefused("release", "commit_mismatch", "1", "bidder:yi", "00" * 32)])
    play.after(MINUTE)
    tells(play, "wrong_password")
    found = over(play)
    assert [(a.at - opened, a.code, a.told) for a in found.attempts] == [
        (2 * MINUTE, "commit_mismatch", False),
        (3 * MINUTE, "wrong_password", True),
    ]
    assert [(i.state, i.start - opened) for i in found.presence] == [("online", -HOUR), ("offline", MINUTE)]
    assert found.faults == ()
    assert (found.since, found.until) == (opened, opened + HOUR)
    assert replayed(play) == play.state


def test_clause_5_3_5_a_fault_of_the_hall_that_cost_time_is_proposed_as_the_cause() -> None:
    play = begun()
    tells(play, "wrong_password")
    play.after(10 * MINUTE)
    play.fault(end=play.now + MINUTE, suspends=False)
    found = over(play)
    assert proposed(found) == ("platform_fault", "fault_in_window")
    assert found.incident == 1
    play.decides("ding", "platform_fault", found.incident)


def test_clause_5_3_5_a_fault_whose_time_was_given_back_is_shown_and_not_proposed() -> None:
    play = begun()
    play.fault()
    play.after(20 * MINUTE)
    play.hall(c.NoteFaultEnded(1, play.now))
    play.resumed()
    found = over(play)
    assert [i.incident for i in found.faults] == [1]
    assert proposed(found) == ("deemed_revoked", "no_attempt")
    refused = play.refuses(
        OWNER, "decide_cause", bidder="ding", cause="platform_fault", incident=1, reason="依据"
    )
    assert refused == "no_time_lost"


@pytest.mark.parametrize(
    ("codes", "proposal"),
    [
        ((), ("deemed_revoked", "no_attempt")),
        (("wrong_password", "cancelled"), ("deemed_revoked", "own_attempts")),
        (("wrong_certificate",), ("deemed_revoked", "own_attempts")),
        (("wrong_password", "connection_lost"), ("", "unclear_attempts")),
        (("not_the_deposit",), ("", "unclear_attempts")),
    ],
)
def test_clause_5_3_5_own_failures_are_proposed_as_own_and_what_is_unclear_is_not(
    codes: tuple[str, ...], proposal: tuple[str, str]
) -> None:
    play = begun()
    for code in codes:
        tells(play, code)
    assert proposed(over(play)) == proposal


@pytest.mark.parametrize(
    ("cause", "confidence", "proposal"),
    [
        ("heartbeat_timeout", "high", ("deemed_revoked", "own_line")),
        ("heartbeat_timeout", "low", ("", "unclear_absence")),
        ("mass_drop", "low", ("", "unclear_absence")),
    ],
)
def test_clause_5_3_5_an_absence_is_the_bidders_own_only_where_the_hall_is_sure(
    cause: str, confidence: str, proposal: tuple[str, str]
) -> None:
    play = begun()
    play.hall(c.NotePresence("bidder-ding", 1, "offline", play.now, None, 0, cause, confidence))
    assert proposed(over(play)) == proposal


def test_clause_5_3_5_what_the_hall_damaged_is_never_proposed_as_the_bidders() -> None:
    for code, proposal in (
        ("not_the_deposit", ("platform_fault", "damaged_by_hall")),
        ("container_malformed", ("deemed_revoked", "would_not_open")),
    ):
        play = begun()
        play.releases("ding")
        play.hall(c.NoteBidFailed("1", "ding", code, None))
        play.until_results(*FOUR)
        found = sheet(play.state, play.lot, "ding")
        assert proposed(found) == proposal


def test_clause_5_3_5_a_locked_lot_has_a_sheet_of_each_missing_sign_in() -> None:
    play = FaultBook(with_all_parties())
    play.at(MIDNIGHT + HOUR)
    play.hall(c.NoteAttempt("", "bing", "sign_in", "wrong_password"))
    play.until_announced("jia", "yi", deposited=THREE)
    assert play.lot.stage is LotStage.LOCKED
    assert subjects(play.lot) == ("bing",)
    found = sheet(play.state, play.lot, "bing")
    assert [a.code for a in found.attempts] == ["wrong_password"]
    assert proposed(found) == ("deemed_revoked", "own_attempts")
    play.decides("bing", "deemed_revoked")
    assert subjects(play.lot) == ("bing",)


def test_clause_5_3_3_what_fails_in_the_page_is_kept_under_its_own_code() -> None:
    play = begun()
    codes = ["wrong_certificate", "wrong_password", "cancelled", "connection_lost", "not_the_deposit"]
    for code in codes:
        assert tells(play, code) == [e.AttemptNoted("1", "ding", "release", code)]
    assert [a.code for a in play.state.attempts] == codes
    assert all(a.told for a in play.state.attempts)
    for code, act in (("x", "release"), ("wrong_password", "say"), ("wrong_password", "announce_bidders")):
        with pytest.raises(Malformed):
            tells(play, code, act)


def test_clause_5_3_3_a_page_tells_only_of_what_its_bidder_could_have_done() -> None:
    play = begun()
    assert tells(play, "cancelled", lot="9") == []
    assert tells(play, "cancelled", "sign_in", "") == []  # that window is over
    assert play.hall(c.NoteAttempt("1", "wu", "release", "cancelled")) == []
    over(play)
    assert play.refuses(bidder("ding"), "release", **play.release_body("ding")) == "window_closed"


def test_clause_4_8_what_a_page_tells_while_the_opening_stands_still_is_no_failed_attempt() -> None:
    play = begun()
    play.fault()
    assert tells(play, "connection_lost") == [e.AttemptNoted("1", "ding", "release", "connection_lost")]
    assert play.state.attempts == ()


def test_clause_5_3_5_the_sheet_is_shown_to_who_decides_and_looks_on_and_to_no_bidder() -> None:
    play = begun()
    tells(play, "wrong_password")
    over(play)
    for role in (Role.PROCURING_ENTITY, Role.SUPERVISOR, Role.HOST, Role.NOTARY, Role.REGULATOR):
        (shown,) = view(play.state, staff(role), Beside()).sheets
        assert (shown.bidder, shown.proposal, shown.reason) == ("ding", "deemed_revoked", "own_attempts")
        assert [a.code for a in shown.attempts] == ["wrong_password"]
    for viewer in (staff(Role.EVALUATOR), staff(Role.ANNOUNCER), bidder("ding"), bidder("jia")):
        assert view(play.state, viewer, Beside()).sheets == []
    play.decides("ding", "deemed_revoked")
    play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in THREE)))
    assert view(play.state, OWNER, Beside()).sheets == []


def test_clause_4_3_failed_acts_and_absences_stand_beside_the_register_and_block_nothing() -> None:
    play = begun()
    play.hall(c.NotePresence("bidder-ding", 1, "offline", play.now, None, 0, "heartbeat_timeout", "high"))
    play._take([e.ActRefused("release", "commit_mismatch", "1", "bidder:ding", "00" * 32)])
    shown = view(play.state, OWNER, Beside())
    assert [(a.participant, a.code) for a in shown.attempts] == [("bidder-ding", "commit_mismatch")]
    assert [(i.participant, i.state) for i in shown.absences] == [("bidder-ding", "offline")]
    assert shown.register is not None and shown.register.unexplained == []
    mine = view(play.state, bidder("ding"), Beside())
    assert (mine.attempts, mine.absences) == ([], [])


def test_clause_5_3_3_before_the_announcement_nobody_else_learns_of_a_failed_sign_in() -> None:
    play = FaultBook()
    play.at(MIDNIGHT + HOUR)
    play.hall(c.NoteAttempt("", "jia", "sign_in", "wrong_password"))
    for viewer in (OWNER, SUPERVISOR, bidder("yi")):
        assert view(play.state, viewer, Beside()).attempts == []
        assert "AttemptNoted" not in [entry.kind for entry in told(play, viewer)]
    assert [entry.detail for entry in told(play, bidder("jia"))][-1] == "wrong_password"


def told(play: FaultBook, viewer: Actor) -> list[w.TimelineEntry]:
    return timeline([(at, "", event) for at, event in zip(play.times, play.events, strict=True)], viewer)


def test_clause_5_3_6_a_change_of_operator_is_journalled_and_the_same_one_is_not_told_again() -> None:
    play = begun()
    first, other = "aa" * 32, "bb" * 32
    certificate = bidder("ding").certificate
    assert play.hall(c.NoteOperator("bidder-ding", first, certificate)) == [
        e.OperatorSeen("bidder-ding", first, certificate, False)
    ]
    assert play.hall(c.NoteOperator("bidder-ding", first, certificate)) == []
    (changed,) = play.hall(c.NoteOperator("bidder-ding", other, certificate))
    assert changed == e.OperatorSeen("bidder-ding", other, certificate, True)
    beside = Beside(operators={other: Operator("192.0.2.7", "Browser", "d1")})
    (shown,) = view(play.state, SUPERVISOR, beside).operators
    assert (shown.participant, shown.address, shown.changed) == ("bidder-ding", "192.0.2.7", True)
    for viewer in (OWNER, HOST, bidder("ding"), bidder("jia")):
        assert view(play.state, viewer, beside).operators == []
    assert replayed(play) == play.state


def test_clause_5_3_6_a_sign_in_without_the_tick_that_one_acts_for_the_bidder_is_no_sign_in() -> None:
    play = FaultBook()
    play.at(MIDNIGHT + HOUR)
    with pytest.raises(Malformed, match="malformed_act"):
        play.says(
            bidder("jia"),
            "sign_in",
            representative="王小明",
            identity="1403**********1234",
            phones=["13800000000"],
            acts_for_bidder=False,
            salt="ab" * 16,
        )
