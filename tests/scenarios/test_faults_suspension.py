"""Suspension and resumption within three hours, and five cases of a release that meets a suspension (clause 4.8)."""

from __future__ import annotations

import pytest

from hall.errors import Refused
from hall.procurement.tender import HOUR, MINUTE, Mode
from hall.session import commands as c
from hall.session import events as e
from hall.session.decide import decide
from hall.session.duties import OpenBid, RunTest, duties
from hall.session.ledger import running
from hall.session.standstill import CHECKS
from tests.playbook import ANNOUNCER, HOST, OWNER, SUPERVISOR, bidder, replayed
from tests.scenarios.faultbook import CENTRE, REGULATOR, THREE, FaultBook, with_all_parties

SECOND = 1000
FAULT = {"kind": "system", "clause": "a", "reason": "页面无法打开"}


def commanded(**rules: int) -> FaultBook:
    return FaultBook(with_all_parties(**rules)).commanded(*THREE)


def test_clause_4_8_a_all_countdowns_freeze_and_the_fault_is_given_back() -> None:
    play = commanded()
    opened = play.now
    play.at(opened + 20 * MINUTE)
    # The watchdog finds at minute 21 what began at minute 20: the minute between is given back.
    play.after(MINUTE)
    incident, suspended, consultation = play.fault(opened + 20 * MINUTE, last_good=opened + 19 * MINUTE)
    assert isinstance(incident, e.IncidentRecorded)
    assert isinstance(suspended, e.Suspended)
    assert isinstance(consultation, e.ConsultationOpened)
    assert (suspended.since, suspended.reason_by, suspended.act) == (opened + 20 * MINUTE, None, None)
    play.at(opened + 2 * HOUR)
    assert play.lot.closed is None
    play.resumed()
    resumed = play.now
    # 60 minutes less the 20 that had run, from the moment at which it goes on.
    assert play.lot.closes_at == resumed + 40 * MINUTE
    play.at(resumed + 40 * MINUTE)
    assert isinstance(play.releases("jia")[0], e.ReleaseReceived)
    play.after(1)
    assert play.lot.closed == e.WindowClosed("1", resumed + 40 * MINUTE, False, ("yi", "bing"))
    pause = resumed - opened - 21 * MINUTE
    assert play.spans() == [
        ("running", 20),
        ("given_back", 1),
        ("frozen", pause // MINUTE),
        ("running", 40),
    ]
    assert play.ran() == HOUR
    assert replayed(play) == play.state


def test_clause_4_8_the_host_suspends_at_once_and_owes_the_owners_reason() -> None:
    play = commanded()
    opened = play.now
    play.at(opened + 10 * MINUTE)
    (suspended, _) = play.says(HOST, "suspend", **FAULT)
    assert isinstance(suspended, e.Suspended)
    assert suspended.reason_by == play.now + 5 * MINUTE
    assert play.refuses(HOST, "suspend", **FAULT) == "suspended"  # one standstill at a time
    assert play.refuses(HOST, "resume", minutes=5) == "reason_awaited"
    play.after(5 * MINUTE)  # the last millisecond of the limit still counts
    play.says(OWNER, "reason_suspension", reason="服务器故障属实", since=0)
    play.after(HOUR)
    assert play.state.suspension is not None
    assert play.refuses(OWNER, "reason_suspension", reason="再次", since=0) == "reasoned_already"


def test_clause_4_8_without_a_reason_it_lifts_itself_and_no_time_is_lost_or_gained() -> None:
    play = commanded()
    opened = play.now
    play.opens("jia")
    play.at(opened + 10 * MINUTE)
    play.says(HOST, "suspend", **FAULT)
    play.after(5 * MINUTE)
    assert play.state.suspension is not None
    play.after(1)
    lifted = play.events[-1]
    assert isinstance(lifted, e.SuspensionLifted)
    assert lifted.at == opened + 15 * MINUTE + 1
    # Fifty minutes were left and fifty are left; the ledger names for whom the clock on the wall ran longer.
    assert play.lot.closes_at == lifted.at + 50 * MINUTE
    assert lifted.gained == (e.LotBidder("1", "yi"), e.LotBidder("1", "bing"))
    play.at(lifted.at + 50 * MINUTE + 1)
    assert play.ran() == HOUR
    assert replayed(play) == play.state


def test_clause_4_8_only_host_owner_and_a_signed_order_of_the_regulator_suspend() -> None:
    play = commanded()
    for actor in (SUPERVISOR, ANNOUNCER, CENTRE, bidder("jia")):
        assert play.refuses(actor, "suspend", **FAULT) == "not_permitted"
    order = {**FAULT, "kind": "order", "reason": "实施条例第六十二条"}
    assert play.refuses(HOST, "suspend", **order) == "wrong_kind"
    assert play.refuses(REGULATOR, "suspend", **FAULT) == "wrong_kind"
    (suspended,) = play.says(REGULATOR, "suspend", **order)
    assert isinstance(suspended, e.Suspended)
    assert suspended.reason_by is None  # an order needs nobody's reason
    play.after(4 * HOUR)
    # It has no three hours, no test and no split; the host resumes with notice.
    play.says(HOST, "resume", minutes=5)
    play.after(5 * MINUTE)
    assert play.state.suspension is None
    assert play.lot.closes_at == play.now + HOUR


@pytest.mark.parametrize("kind", ["dispute", "person", "order"])
def test_clause_4_8_the_three_hours_and_the_split_belong_to_system_and_network_alone(kind: str) -> None:
    play = commanded()
    play.says(REGULATOR if kind == "order" else OWNER, "suspend", kind=kind, clause="", reason="争议")
    play.after(5 * HOUR)
    assert not play.state.consultations
    assert (
        play.refuses(OWNER, "declare_split", opens_at=play.now + HOUR, continues_at=0) == "no_split_for_this"
    )
    play.says(HOST, "resume", minutes=5)


@pytest.mark.parametrize(
    ("detected", "kind"),
    [("node_network", "network"), ("mass_drop", "network"), ("server_restart", "system")],
)
def test_clause_4_8_a_fault_is_of_the_network_where_its_detector_says_so(detected: str, kind: str) -> None:
    play = FaultBook().commanded(*THREE)
    _, suspended, _ = play.fault(kind=detected)
    assert isinstance(suspended, e.Suspended)
    assert suspended.kind.value == kind


def test_clause_4_8_a_fault_is_dated_back_by_the_owner_and_at_most_to_the_last_good_moment() -> None:
    play = commanded()
    opened = play.now
    play.at(opened + 30 * MINUTE)
    play.last_good = opened + 25 * MINUTE
    play.says(HOST, "suspend", **FAULT)
    reason = {"reason": "自 25 分起无法提交"}
    early, late = opened + 25 * MINUTE - 1, play.now + 1
    assert play.refuses(OWNER, "reason_suspension", since=early, **reason) == "bad_fault_start"
    assert play.refuses(OWNER, "reason_suspension", since=late, **reason) == "bad_fault_start"
    assert play.refuses(HOST, "reason_suspension", since=0, **reason) == "not_permitted"
    play.says(OWNER, "reason_suspension", since=opened + 25 * MINUTE, **reason)
    play.resumed()
    assert play.lot.closes_at == play.now + 35 * MINUTE
    assert play.spans()[:2] == [("running", 25), ("given_back", 5)]


def test_clause_4_8_without_knowledge_of_a_good_moment_nothing_is_dated_back() -> None:
    play = commanded()
    play.after(MINUTE)
    play.says(HOST, "suspend", **FAULT)
    assert (
        play.refuses(OWNER, "reason_suspension", since=play.now - 1, reason="早于暂停") == "bad_fault_start"
    )


def test_clause_4_8_a_host_who_suspends_on_a_detectors_evidence_owes_no_reason() -> None:
    play = commanded()
    play.after(MINUTE)
    began = play.now
    play.fault(began - HOUR, kind="disk_slow", suspends=False)
    play.after(MINUTE)
    play.last_good = began
    (suspended, _) = play.says(HOST, "suspend", **FAULT)
    assert isinstance(suspended, e.Suspended)
    assert (suspended.since, suspended.incident, suspended.reason_by) == (began, 1, None)


def test_clause_4_8_the_three_parties_agree_disagree_or_stay_silent_and_nobody_blocks() -> None:
    play = commanded()
    play.fault()
    assert play.refuses(SUPERVISOR, "consult", consultation=1, stance="agrees", reason="") == "not_permitted"
    assert (
        play.refuses(REGULATOR, "consult", consultation=2, stance="agrees", reason="")
        == "no_such_consultation"
    )
    assert (
        play.refuses(REGULATOR, "consult", consultation=1, stance="disagrees", reason="") == "reason_missing"
    )
    play.says(REGULATOR, "consult", consultation=1, stance="disagrees", reason="应当改期")
    assert (
        play.refuses(REGULATOR, "consult", consultation=1, stance="agrees", reason="") == "answered_already"
    )
    play.says(OWNER, "consult", consultation=1, stance="agrees", reason="")
    play.tested()
    assert play.refuses(HOST, "resume", minutes=5) == "consultation_running"
    play.after(15 * MINUTE)
    assert play.refuses(HOST, "resume", minutes=5) == "consultation_running"
    play.after(1)
    answers = play.state.consultations[0].answers
    assert {r: a.stance.value for r, a in answers.items()} == {
        "regulator": "disagrees",
        "procuring_entity": "agrees",
        "trading_centre": "no_answer",
    }
    play.says(CENTRE, "consult", consultation=1, stance="agrees", reason="迟到的意见")  # late, and not lost
    play.says(HOST, "resume", minutes=5)


def test_clause_4_8_a_resuming_needs_a_passed_test_with_all_six_checks() -> None:
    play = commanded()
    play.fault()
    play.consulted()
    assert play.refuses(HOST, "resume", minutes=5) == "test_not_passed"
    play.says(HOST, "request_test")
    assert RunTest(1, 1) in duties(play.state)
    assert play.refuses(HOST, "request_test") == "test_running"
    five = tuple(e.CheckResult(name, True, "") for name in CHECKS[:5])
    (done,) = play.hall(c.NoteTest(1, 1, five))
    assert isinstance(done, e.ReliableTestDone)
    assert not done.passed
    assert play.hall(c.NoteTest(1, 1, five)) == []  # noted once
    assert not any(isinstance(duty, RunTest) for duty in duties(play.state))
    play.tested("recorder")
    assert play.refuses(HOST, "resume", minutes=5) == "test_not_passed"
    play.tested()
    assert play.refuses(HOST, "resume", minutes=4) == "bad_notice"
    assert play.refuses(HOST, "resume", minutes=61) == "bad_notice"
    play.says(HOST, "resume", minutes=5)
    assert play.refuses(HOST, "resume", minutes=5) == "resumption_announced"
    play.after(5 * MINUTE - 1)
    assert play.state.suspension is not None
    play.after(1)
    assert play.state.suspension is None


def test_clause_4_8_a_rehearsal_may_give_shorter_notice() -> None:
    play = FaultBook(with_all_parties(mode=Mode.REHEARSAL)).commanded(*THREE)
    play.fault()
    play.consulted()
    play.tested()
    play.says(HOST, "resume", minutes=0)
    play.hall(c.Tick())
    assert play.state.suspension is None


@pytest.mark.parametrize(("late", "code"), [(0, ""), (1, "over_three_hours")])
def test_clause_4_8_a_exactly_three_hours_still_count_as_within(late: int, code: str) -> None:
    play = commanded()
    play.after(10 * MINUTE)
    began = play.now
    play.after(MINUTE)
    play.fault(began)
    play.consulted()
    play.at(began + 2 * HOUR)
    play.tested()
    play.at(began + 3 * HOUR + late)
    if code:
        assert play.refuses(HOST, "resume", minutes=5) == code
        assert play.state.suspension is not None
    else:
        play.says(HOST, "resume", minutes=5)
        play.after(5 * MINUTE)
        assert play.state.suspension is None
        assert play.lot.closes_at == play.now + 50 * MINUTE


def test_clause_4_8_two_faults_at_once_are_one_standstill_and_the_test_must_be_newer_than_both() -> None:
    play = commanded()
    opened = play.now
    play.at(opened + 20 * MINUTE)
    play.fault(kind="database_fault", clause="b")
    play.consulted()
    play.after(10 * MINUTE)
    play.tested()
    play.says(HOST, "resume", minutes=5)
    play.after(MINUTE)
    # The second one began before the first was found: time is given back from there.
    incident, extended = play.fault(opened + 18 * MINUTE, kind="storage_fault", clause="b")
    assert isinstance(incident, e.IncidentRecorded)
    assert extended == e.SuspensionExtended(1, 2, opened + 18 * MINUTE, opened + 18 * MINUTE)
    play.after(10 * MINUTE)
    assert play.state.suspension is not None  # what was announced before it does not happen
    assert len(play.state.suspensions) == 1
    assert play.refuses(HOST, "resume", minutes=5) == "test_not_passed"
    play.resumed()
    assert play.lot.closes_at == play.now + 42 * MINUTE
    assert replayed(play) == play.state


def test_clause_4_8_a_test_that_was_asked_for_before_the_second_fault_proves_nothing() -> None:
    play = commanded()
    play.fault(kind="database_fault")
    play.consulted()
    play.says(HOST, "request_test")
    play.after(SECOND)
    play.fault(kind="storage_fault")
    play.hall(c.NoteTest(1, 1, tuple(e.CheckResult(name, True, "") for name in CHECKS)))
    assert play.refuses(HOST, "resume", minutes=5) == "test_not_passed"


def test_clause_4_8_a_fault_within_a_dispute_brings_the_test_with_it() -> None:
    play = commanded()
    play.says(OWNER, "suspend", kind="dispute", clause="", reason="争议")
    play.after(MINUTE)
    play.fault()
    assert play.refuses(HOST, "resume", minutes=5) == "test_not_passed"
    play.resumed()


def test_clause_4_8_every_countdown_of_every_lot_gets_its_own_rest() -> None:
    play = FaultBook(with_all_parties(lots=("1", "2"))).commanded(*THREE, lots=("1", "2"))
    for lot in ("1", "2"):
        play.opens(*THREE[:2], lot=lot)
    play.after(HOUR + 1)
    for lot in ("1", "2"):
        for name in THREE:
            play.says(bidder(name), "answer_results", lot=lot, answer="intact", summary="11" * 32)
        play.says(HOST, "declare_results", lot=lot)
    play.hall(c.NoteIncident("power", "e", "bidder-bing", ""))
    play.decides("bing", "platform_fault", 1, lot="2")
    play.says(OWNER, "suspend", kind="dispute", clause="", reason="争议")
    own = play.state.lots["2"].own["bing"]
    play.after(HOUR)
    play.says(HOST, "resume", minutes=5)
    play.after(5 * MINUTE)
    resumed = play.events[-1]
    assert isinstance(resumed, e.Resumed)
    assert resumed.limits == (
        e.Limit("2", e.LimitName.OWN_WINDOW, "bing", own.closes_at, own.closes_at + 65 * MINUTE),
    )


def test_clause_4_8_answers_that_were_running_go_on_with_what_was_left() -> None:
    play = FaultBook()
    play.until_announced(*THREE)
    play.hall(c.NoteRecheck("1", tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)))
    asked = play.now
    play.after(2 * MINUTE)
    play.fault(play.now - MINUTE)
    play.after(30 * MINUTE)
    play.resumed()
    assert play.lot.answer_by == play.now + 4 * MINUTE
    assert play.lot.answer_by - asked > 5 * MINUTE
    play.after(4 * MINUTE + 1)
    assert len(play.lot.answers) == 3


# decryption under way when a suspension hits: the five cases


def test_clause_4_8_case_1_a_release_journalled_before_the_suspension_is_valid_and_finishes() -> None:
    play = commanded()
    play.after(MINUTE)
    play.releases("jia")
    received = play.now
    play.after(MINUTE)
    play.fault(play.now - 90 * SECOND)  # the fault had begun before the release came; it came, and counts
    assert any(isinstance(d, OpenBid) for d in duties(play.state))
    play.hall(c.NoteBidOpened("1", "jia", "11" * 32))
    assert "jia" in play.lot.opened
    assert play.lot.released_at["jia"] == received
    play.resumed()
    assert play.lot.awaited == ("yi", "bing")


def test_clause_4_8_case_2_a_release_received_during_it_is_refused_and_is_no_failed_attempt() -> None:
    play = commanded()
    play.after(MINUTE)
    play.fault()
    command = play.command(bidder("jia"), "release", **play.release_body("jia"))
    with pytest.raises(Refused, match="suspended") as refused:
        decide(play.state, command, actor=bidder("jia"), now=play.now)
    assert refused.value.weighty  # it is journalled, with its code
    play._take([e.ActRefused("release", "suspended", "1", "bidder:jia", "00" * 32)])
    assert not play.state.attempts
    assert "jia" not in play.lot.released
    play.resumed()
    assert isinstance(play.releases("jia")[0], e.ReleaseReceived)


def test_clause_4_8_case_3_the_hall_dies_after_journalling_and_opens_the_bid_after_the_restart() -> None:
    play = commanded()
    play.after(MINUTE)
    play.releases("jia")
    died = play.now
    play.now += 10 * MINUTE
    play.state = replayed(play)  # the journal alone
    play.fault(died, end=play.now, kind="hall_down", clause="e")
    assert any(isinstance(d, OpenBid) and d.bidder == "jia" for d in duties(play.state))
    assert play.hall(c.NoteBidOpened("1", "jia", "11" * 32))


def test_clause_4_8_case_4_the_hall_dies_before_and_the_same_release_counts_once() -> None:
    play = commanded()
    play.after(MINUTE)
    command = play.command(bidder("jia"), "release", **play.release_body("jia"))
    died = play.now
    play.now += 10 * MINUTE
    play.fault(died, end=play.now, kind="hall_down", clause="e")
    play.resumed()
    (received,) = play._take(decide(play.state, command, actor=bidder("jia"), now=play.now))
    assert isinstance(received, e.ReleaseReceived)
    assert decide(play.state, command, actor=bidder("jia"), now=play.now) == []


@pytest.mark.parametrize("code", ["not_the_deposit", "key_lost", "commit_mismatch"])
def test_clause_4_8_case_5_damaged_storage_is_4_7_b_and_never_the_bidders_fault(code: str) -> None:
    play = commanded()
    play.opens("jia", "yi")
    play.releases("bing")
    failed, incident = play.hall(c.NoteBidFailed("1", "bing", code, None))
    assert isinstance(failed, e.BidOpenFailed)
    assert isinstance(incident, e.IncidentRecorded)
    assert (incident.clause, incident.scope) == ("b", ("bing",))
    play.until_results(*THREE)
    body = {"bidder": "bing", "incident": 0, "reason": "未解密"}
    assert play.refuses(OWNER, "decide_cause", cause="deemed_revoked", **body) == "platform_damaged_it"
    play.decides("bing", "platform_fault", incident.incident)
    assert play.lot.own["bing"].closes_at == play.now + HOUR  # it released in the first millisecond
    play.releases("bing")
    play.hall(c.NoteBidOpened("1", "bing", "11" * 32))
    play.hall(c.Tick())
    assert not play.lot.own_running
    assert play.lot.decrypted == THREE
    assert replayed(play) == play.state


def test_clause_4_8_a_window_that_ended_while_the_hall_was_down_is_given_back() -> None:
    play = commanded()
    opened = play.now
    play.at(opened + 50 * MINUTE)
    play.now = opened + 2 * HOUR
    play.fault(opened + 50 * MINUTE, end=play.now, kind="hall_down", clause="e")
    assert play.lot.closed is None
    play.resumed()
    assert play.lot.closes_at == play.now + 10 * MINUTE
    play.releases("jia")
    play.after(10 * MINUTE + 1)
    assert play.ran() == HOUR


def test_clause_4_8_what_was_over_before_the_hall_went_down_stays_over() -> None:
    play = commanded()
    opened = play.now
    play.at(opened + HOUR)
    play.now = opened + 2 * HOUR
    events = play.fault(opened + HOUR + 2, end=play.now, kind="hall_down", clause="e")
    assert isinstance(events[0], e.WindowClosed)
    assert events[0].at == opened + HOUR
    assert play.state.suspension is not None


def test_clause_4_8_a_second_suspension_takes_no_time_twice() -> None:
    play = commanded()
    opened = play.now
    play.at(opened + 10 * MINUTE)
    play.fault()
    play.after(20 * MINUTE)
    play.resumed()
    again = play.now
    # A detector that looks back behind the resumption gives back only from there on.
    play.after(5 * MINUTE)
    play.fault(again - 2 * MINUTE, kind="node_network")
    assert play.state.suspension is not None
    assert play.state.suspension.since == again
    assert play.state.suspension.began.kind is e.SuspensionKind.NETWORK
    play.after(20 * MINUTE)
    play.resumed()
    assert play.lot.closes_at == play.now + 50 * MINUTE
    play.at(play.now + 50 * MINUTE + 1)
    assert play.ran() == HOUR
    assert running(play.account()) == HOUR


def test_clause_4_8_a_fault_that_was_over_before_it_went_on_stops_nothing_any_more() -> None:
    play = commanded()
    play.after(MINUTE)
    play.fault()
    began = play.now
    play.resumed()
    (incident,) = play.fault(began + 1, end=began + 2, kind="late_finding")
    assert isinstance(incident, e.IncidentRecorded)
    assert play.state.suspension is None
