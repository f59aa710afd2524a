"""What the hall owes the outside in a standstill, before and after."""

from __future__ import annotations

from dataclasses import replace

from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import DAY
from hall.session import commands as c
from hall.session import events as e
from hall.session.duties import (
    DiscloseQuotes,
    KeepRecording,
    RecheckAdjourned,
    RunTest,
    ShowRehash,
    StopRecorder,
    duties,
)
from hall.session.lot import Round
from hall.session.rules import Stage
from tests.playbook import HOST, OWNER, staff
from tests.scenarios.faultbook import THREE, FaultBook, with_all_parties


def test_the_test_is_owed_once_for_each_request() -> None:
    play = FaultBook().commanded(*THREE)
    play.fault()
    assert not _of(play, RunTest)
    play.says(HOST, "request_test")
    assert _of(play, RunTest) == [RunTest(1, 1)]
    play.hall(c.NoteTest(1, 1, ()))
    assert not _of(play, RunTest)
    play.tested("journal")
    play.says(HOST, "request_test")
    assert _of(play, RunTest) == [RunTest(1, 3)]


def test_hashes_are_owed_at_the_adjournment_and_on_the_return_even_if_the_first_were_missed() -> None:
    play = FaultBook().commanded(*THREE)
    play.says(OWNER, "adjourn", resumes_at=play.now + DAY, reason="改日")
    assert _of(play, RecheckAdjourned) == [RecheckAdjourned(1, False, play.state.deposits)]
    play.after(DAY)  # the hall was down and hashed nothing when they left
    assert _of(play, RecheckAdjourned) == [RecheckAdjourned(1, True, play.state.deposits)]
    assert play.hall(c.NoteAdjournmentRecheck(1, False, ())) == []
    assert KeepRecording() in duties(play.state)


def test_the_recorder_stops_when_all_is_over_and_rests_where_nobody_is() -> None:
    play = FaultBook().commanded(*THREE)
    assert KeepRecording() in duties(play.state)
    assert duties(replace(play.state, stage=Stage.CLOSED)) >= {StopRecorder()}
    assert KeepRecording() not in duties(replace(play.state, stage=Stage.SCHEDULED))
    assert KeepRecording() not in duties(replace(play.state, recorder_stopped=True))


def test_a_hash_is_shown_to_the_notary_who_asked() -> None:
    scheduled = with_all_parties()
    notary = staff(Role.NOTARY)
    post = Appointment(Role.NOTARY, notary.party, notary.name, "公证处", notary.certificate)
    play = FaultBook(replace(scheduled, staff=(*scheduled.staff, post)))
    play.until_announced(*THREE)
    play.says(notary, "request_rehash", bidder="yi")
    deposit = play.state.deposit("1", "yi")
    assert deposit is not None
    assert _of(play, ShowRehash) == [ShowRehash("1", "yi", deposit)]


def test_the_quotes_of_a_closed_round_are_owed_together() -> None:
    play = FaultBook().commanded(*THREE)
    running = Round(1, THREE, 0, 10, offers={"jia": "aa", "yi": "bb"})
    closed = replace(running, closed=e.QuoteRoundClosed("1", 1, 10, False, ("bing",), False))
    for round_, owed in (
        (running, []),
        (closed, [DiscloseQuotes("1", 1, (("jia", "aa"), ("yi", "bb")))]),
        (replace(closed, disclosed=True), []),
    ):
        lots = {"1": replace(play.lot, rounds=(round_,))}
        assert [d for d in duties(replace(play.state, lots=lots)) if isinstance(d, DiscloseQuotes)] == owed


def _of(play: FaultBook, kind: type) -> list[object]:
    return [duty for duty in duties(play.state) if isinstance(duty, kind)]
