"""What three hours did not solve: two groups, an adjournment over days (clause 4.8 b)."""

from __future__ import annotations

import pytest

from hall.procurement.tender import DAY, HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.duties import Disclose, KeepRecording, RecheckAdjourned, duties
from hall.session.gaps import gaps
from hall.session.rules import LotStage
from tests.playbook import ANNOUNCER, HOST, OWNER, SUPERVISOR, bidder, replayed
from tests.scenarios.faultbook import THREE, FaultBook, with_all_parties


def unsolved(*released: str, at: int = 20 * MINUTE, **rules: str) -> FaultBook:
    """Twenty minutes into the window something broke, and three hours and one millisecond have passed."""
    play = FaultBook(with_all_parties(**rules)).commanded(*THREE)
    play.opens(*released)
    play.at(play.now + at)
    play.fault()
    play.consulted()
    play.after(3 * HOUR + 1)
    return play


def declares(play: FaultBook, opens_at: int, continues_at: int) -> e.SplitDeclared:
    (declared,) = play.says(OWNER, "declare_split", opens_at=opens_at, continues_at=continues_at)
    assert isinstance(declared, e.SplitDeclared)
    return declared


def test_clause_4_8_b_it_is_declared_by_the_owner_and_only_after_three_hours() -> None:
    play = FaultBook().commanded(*THREE)
    play.fault()
    play.consulted()
    body = {"opens_at": play.now + 5 * HOUR, "continues_at": 0}
    play.after(3 * HOUR)
    assert play.refuses(OWNER, "declare_split", **body) == "within_three_hours"
    play.after(1)
    assert play.refuses(HOST, "declare_split", **body) == "not_permitted"
    declared = declares(play, **body)
    assert declared.closes_at == body["opens_at"] + HOUR  # not a second of it had run
    assert play.refuses(OWNER, "declare_split", **body) == "split_declared"
    assert play.refuses(HOST, "resume", minutes=5) == "split_declared"


def test_clause_4_8_b_the_undecrypted_window_comes_first_and_the_decrypted_never_before_its_end() -> None:
    play = unsolved("jia")
    opens_at = play.now + HOUR
    closes_at = opens_at + 40 * MINUTE  # what they had left of the 60 minutes; nobody can shorten it
    wrong = {
        (opens_at, closes_at - 1): "continues_before_window_ends",
        (play.now + 5 * MINUTE - 1, closes_at): "too_soon",
        (opens_at, 0): "wrong_groups",
        (0, closes_at): "wrong_groups",
    }
    for (opens, continues), code in wrong.items():
        assert play.refuses(OWNER, "declare_split", opens_at=opens, continues_at=continues) == code
    declared = declares(play, opens_at, closes_at)
    assert declared.decrypted == (e.LotBidder("1", "jia"),)
    assert declared.undecrypted == (e.LotBidder("1", "yi"), e.LotBidder("1", "bing"))
    assert (declared.opens_at, declared.closes_at, declared.reading) == (opens_at, closes_at, "bidder")

    play.tested()
    play.at(opens_at - 1)
    assert play.refuses(bidder("yi"), "release", **play.release_body("yi")) == "suspended"
    play.at(opens_at)
    assert play.state.suspension is None
    assert play.lot.closes_at == closes_at
    play.opens("yi")
    play.at(closes_at)
    play.opens("bing")
    play.hall(c.Tick())
    assert play.lot.closed is not None
    assert play.ran() == HOUR  # the last one used the last millisecond
    assert replayed(play) == play.state


def test_clause_4_8_b_until_the_named_moment_the_decrypted_wait_and_no_price_is_disclosed() -> None:
    play = unsolved("jia")
    opens_at = play.now + HOUR
    continues_at = opens_at + 3 * HOUR
    declares(play, opens_at, continues_at)
    play.tested()
    play.at(opens_at)
    play.opens("yi", "bing")
    play.hall(c.Tick())
    assert play.lot.stage is LotStage.RESULTS
    play.after(HOUR)
    assert not play.lot.results_shown
    answer = {"answer": "intact", "summary": "11" * 32}
    assert play.refuses(bidder("jia"), "answer_results", **answer) == "continues_later"
    assert play.refuses(HOST, "declare_results") == "continues_later"
    assert not any(isinstance(d, Disclose) for d in duties(play.state))
    assert isinstance(play.says(bidder("jia"), "raise_objection", text="等待过久")[0], e.ObjectionRaised)
    play.at(continues_at)
    assert play.state.continues_at is None
    play.hall(c.Tick())
    assert play.lot.results_shown
    play.until_results(*THREE)
    assert any(isinstance(d, Disclose) for d in duties(play.state))
    assert replayed(play) == play.state


def test_clause_4_8_b_all_decrypted_have_only_a_continuation() -> None:
    play = FaultBook().commanded(*THREE)
    play.opens(*THREE)
    play.until_results(*THREE)
    play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in THREE)))
    play.after(4 * MINUTE)
    play.fault()
    play.consulted()
    play.after(3 * HOUR + 1)
    at = play.now + HOUR
    assert play.refuses(OWNER, "declare_split", opens_at=at, continues_at=at + DAY) == "wrong_groups"
    declared = declares(play, 0, at)
    assert (declared.opens_at, declared.closes_at, declared.undecrypted) == (None, None, ())
    play.tested()
    play.at(at)
    assert play.state.suspension is None
    assert play.lot.price_answer_by == at + 6 * MINUTE
    play.says(ANNOUNCER, "read_out", bidder="jia")  # nobody waits any more


def test_clause_4_8_b_none_decrypted_have_only_a_new_remote_opening() -> None:
    play = unsolved()
    at = play.now + DAY
    assert play.refuses(OWNER, "declare_split", opens_at=at, continues_at=at + DAY) == "wrong_groups"
    declared = declares(play, at, 0)
    assert declared.continues_at is None
    play.tested()
    play.at(at)
    play.opens(*THREE)
    play.hall(c.Tick())
    play.until_results(*THREE)


def test_clause_4_8_b_read_per_opening_one_undecrypted_bid_makes_it_a_new_opening_for_all() -> None:
    play = unsolved("jia", split_reading="opening")
    at = play.now + DAY
    assert play.refuses(OWNER, "declare_split", opens_at=at, continues_at=at + DAY) == "wrong_groups"
    declared = declares(play, at, 0)
    assert declared.reading == "opening"
    assert declared.decrypted == ()
    assert {x.bidder for x in declared.undecrypted} == set(THREE)
    play.tested()
    play.at(at)
    assert "jia" in play.lot.released  # what was released stays released
    assert play.lot.awaited == ("yi", "bing")


def test_clause_4_8_b_the_window_does_not_open_on_a_fault_that_is_not_proved_solved() -> None:
    play = unsolved("jia")
    opens_at = play.now + HOUR
    declares(play, opens_at, opens_at + HOUR)
    play.tested("storage")
    play.at(opens_at)
    assert play.events[-1] == e.SplitLapsed(1, opens_at)
    assert play.state.continues_at is None
    play.after(1)
    play.tested()  # too late for the moment that all were told: it is declared anew
    play.after(HOUR)
    assert play.state.suspension is not None
    again = play.now + HOUR
    declares(play, again, again + HOUR)
    play.at(again)
    assert play.state.suspension is None
    assert play.lot.closes_at == again + 40 * MINUTE


def test_clause_4_8_b_a_fault_in_the_second_window_freezes_it_again_and_the_decrypted_wait_for_it() -> None:
    play = unsolved("jia")
    opens_at = play.now + HOUR
    continues_at = opens_at + 40 * MINUTE
    declares(play, opens_at, continues_at)
    play.tested()
    play.at(opens_at + 10 * MINUTE)
    play.fault(kind="network_cut")
    play.after(40 * MINUTE)
    play.resumed()
    assert play.lot.closes_at == play.now + 30 * MINUTE
    assert play.now > continues_at
    assert play.state.continues_at == continues_at  # prices stay sealed until every window is closed
    play.opens("yi", "bing")
    play.hall(c.Tick())
    play.hall(c.Tick())
    assert play.state.continues_at is None
    assert replayed(play) == play.state


def test_clause_4_8_b_what_ran_for_the_decrypted_stands_still_until_they_go_on() -> None:
    play = FaultBook(with_all_parties(lots=("1", "2"))).commanded(*THREE, lots=("1", "2"))
    for lot in ("1", "2"):
        play.opens(*(THREE if lot == "1" else THREE[:2]), lot=lot)
    play.hall(c.Tick())
    play.hall(c.Tick())
    assert play.lot.results_by is not None
    play.after(2 * MINUTE)
    play.fault()
    play.consulted()
    play.after(3 * HOUR + 1)
    opens_at = play.now + HOUR
    continues_at = opens_at + 2 * HOUR
    declared = declares(play, opens_at, continues_at)
    assert declared.undecrypted == (e.LotBidder("2", "bing"),)
    play.tested()
    play.at(opens_at)
    (resumed,) = (x for x in play.events if isinstance(x, e.Resumed))
    assert [x.name for x in resumed.limits] == [e.LimitName.DECRYPTION]
    play.opens("bing", lot="2")
    play.at(continues_at)
    began = next(x for x in play.events if isinstance(x, e.ContinuationBegan))
    assert [(x.name, x.after) for x in began.limits] == [
        (e.LimitName.RESULT_ANSWERS, continues_at + 3 * MINUTE)
    ]


def test_clause_4_8_b_a_window_of_ones_own_is_a_second_group_too_and_prices_wait_for_the_others() -> None:
    names = (*THREE, "ding")
    play = FaultBook().commanded(*names)
    play.opens(*THREE)
    play.after(30 * MINUTE)
    play.fault(suspends=False)
    play.after(30 * MINUTE + 1)
    play.until_results(*names)
    play.decides("ding", "platform_fault", 1)
    play.after(10 * MINUTE)
    play.fault(kind="storage_fault", clause="b")
    play.consulted()
    play.after(3 * HOUR + 1)
    opens_at = play.now + HOUR
    declared = declares(play, opens_at, opens_at + HOUR)
    assert declared.undecrypted == (e.LotBidder("1", "ding"),)
    assert declared.closes_at == opens_at + 20 * MINUTE
    play.tested()
    play.at(opens_at)
    play.opens("ding")
    play.hall(c.Tick())
    assert not play.lot.own_running
    assert not play.lot.undecided
    # Nothing is left to decide, and yet the decrypted were told a later moment.
    assert not any(isinstance(d, Disclose) for d in duties(play.state))
    play.at(opens_at + HOUR)
    assert any(isinstance(d, Disclose) for d in duties(play.state))


# over days


def test_clause_4_8_over_days_the_opening_comes_back_by_itself_with_intact_files() -> None:
    play = FaultBook().commanded(*THREE)
    opened = play.now
    play.opens("jia")
    play.says(SUPERVISOR, "check_identity", bidder="jia", result="same_person", text="")
    play.after(15 * MINUTE)
    back = play.now + DAY
    assert play.refuses(OWNER, "adjourn", resumes_at=play.now, reason="改日") == "moment_past"
    suspended, adjourned = play.says(OWNER, "adjourn", resumes_at=back, reason="改日继续")
    assert isinstance(suspended, e.Suspended)
    assert suspended.kind is e.SuspensionKind.ADJOURNMENT
    assert isinstance(adjourned, e.Adjourned)
    # Everything is hashed when they leave; nobody is there, so nothing is recorded until they are back.
    (owed,) = [d for d in duties(play.state) if isinstance(d, RecheckAdjourned)]
    assert not owed.returned
    assert {d.bidder for d in owed.deposits} == set(THREE)
    assert KeepRecording() not in duties(play.state)
    play.hall(c.NoteAdjournmentRecheck(1, False, hashes(play)))
    assert not any(isinstance(d, RecheckAdjourned) for d in duties(play.state))
    assert play.refuses(HOST, "resume", minutes=5) == "adjourned"

    play.at(back)
    assert KeepRecording() in duties(play.state)
    assert RecheckAdjourned(1, True, play.state.deposits) in duties(play.state)
    assert play.refuses(HOST, "resume", minutes=5) == "recheck_not_done"
    play.after(2000)
    play.hall(c.NoteAdjournmentRecheck(1, True, hashes(play)))
    assert play.state.suspension is None
    assert play.lot.closes_at == play.now + 45 * MINUTE
    assert set(play.state.signed_in) == set(
        THREE
    )  # no second sign-in, but each is proved again (clause 5.3.7)
    unproved = [gap.subject for gap in gaps(play.state) if gap.code == "identity_unconfirmed"]
    assert set(unproved) == set(THREE)
    play.says(SUPERVISOR, "check_identity", bidder="jia", result="same_person", text="")
    assert "jia" not in [gap.subject for gap in gaps(play.state) if gap.code == "identity_unconfirmed"]
    assert play.state.scheduled.opening == "O-1"
    play.opens("yi", "bing")
    play.hall(c.Tick())
    assert play.now - opened > DAY
    assert replayed(play) == play.state


def test_clause_4_8_over_days_damage_is_4_7_b_and_nothing_goes_on_by_itself() -> None:
    play = FaultBook().commanded(*THREE)
    back = play.now + DAY
    play.says(OWNER, "adjourn", resumes_at=back, reason="改日继续")
    play.hall(c.NoteAdjournmentRecheck(1, False, hashes(play)))
    play.at(back)
    noted, incident = play.hall(c.NoteAdjournmentRecheck(1, True, hashes(play, "yi")))
    assert isinstance(noted, e.AdjournmentRechecked)
    assert isinstance(incident, e.IncidentRecorded)
    assert (incident.clause, incident.scope) == ("b", ("yi",))
    play.after(HOUR)
    assert play.state.suspension is not None
    play.says(HOST, "resume", minutes=5)  # people go on, with the damage on record
    play.after(5 * MINUTE)
    assert play.state.suspension is None


def test_clause_4_8_over_days_a_fault_must_be_proved_solved_and_the_three_hours_are_over() -> None:
    play = unsolved()
    back = play.now + DAY
    play.says(OWNER, "adjourn", resumes_at=back, reason="故障未排除,改日继续")
    assert play.refuses(HOST, "request_test") == "adjourned"
    play.hall(c.NoteAdjournmentRecheck(1, False, hashes(play)))
    play.at(back)
    play.hall(c.NoteAdjournmentRecheck(1, True, hashes(play)))
    assert play.state.suspension is not None
    assert play.refuses(HOST, "resume", minutes=5) == "test_not_passed"
    play.tested()
    play.says(HOST, "resume", minutes=5)  # the owner's signed day takes the place of the three hours
    play.after(5 * MINUTE)
    assert play.lot.closes_at == play.now + 40 * MINUTE


def test_clause_4_8_over_days_a_test_passed_before_leaving_lets_it_come_back_by_itself() -> None:
    play = unsolved()
    play.tested()
    play.says(OWNER, "adjourn", resumes_at=play.now + DAY, reason="改日继续")
    play.hall(c.NoteAdjournmentRecheck(1, False, hashes(play)))
    play.after(DAY)
    play.hall(c.NoteAdjournmentRecheck(1, True, hashes(play)))
    assert play.state.suspension is None


@pytest.mark.parametrize("stage", ["announced", "commanded"])
def test_clause_4_8_over_days_a_hall_that_is_down_at_the_signed_moment_comes_back_later(stage: str) -> None:
    play = FaultBook()
    if stage == "announced":
        play.until_announced(*THREE)
    else:
        play.commanded(*THREE)
    back = play.now + DAY
    play.says(OWNER, "adjourn", resumes_at=back, reason="改日继续")
    play.now = back + HOUR
    play.fault(back - MINUTE, end=play.now, kind="hall_down", clause="e")
    play.at(play.now)
    assert play.state.suspension is not None
    assert play.state.suspension.back == back
    play.hall(c.NoteAdjournmentRecheck(1, True, hashes(play)))
    assert play.state.suspension is not None  # the fault asks for a test first
    play.resumed()


def hashes(play: FaultBook, *damaged: str) -> tuple[e.LotRecheck, ...]:
    items = tuple(
        e.Rechecked(d.bidder, d.sha256 if d.bidder not in damaged else "dd" * 32, d.bidder not in damaged)
        for d in play.state.deposits
    )
    return (e.LotRecheck("1", items),)
