"""The notary's two declarations, and how an opening goes on without one (clauses 4.2, 4.5)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.errors import NotPermitted
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may, waiting
from hall.session.duties import RecheckSealing, ShowRehash, duties
from hall.session.rules import LotStage
from tests.playbook import CLERK, HOST, OWNER, Playbook, bidder, plan, replayed, staff

THREE = ("jia", "yi", "bing")
NOTARY = staff(Role.NOTARY)
ANSWER = {"answer": "intact", "sha256": "00" * 32}
RESULT = {"answer": "intact", "summary": "11" * 32}


def with_notary() -> e.OpeningScheduled:
    scheduled = plan()
    post = Appointment(Role.NOTARY, "notary", NOTARY.name, "公证处", NOTARY.certificate)
    return replace(scheduled, staff=(*scheduled.staff, post))


def until_hashed(play: Playbook, *damaged: str) -> Playbook:
    play.until_announced(*THREE)
    return hashed(play, *damaged)


def hashed(play: Playbook, *damaged: str) -> Playbook:
    (recheck,) = [duty for duty in duties(play.state) if isinstance(duty, RecheckSealing)]
    items = tuple(e.Rechecked(d.bidder, d.sha256, d.bidder not in damaged) for d in recheck.deposits)
    play.hall(c.NoteRecheck("1", items))
    return play


def call(play: Playbook, callee: str = "notary") -> None:
    play.says(CLERK, "log_call", callee=callee, outcome="no_answer", text="")


def absent(play: Playbook) -> list[e.Event]:
    return play.says(OWNER, "mark_notary_absent", reason="联系不上")


def test_clause_4_2_with_a_notary_the_decrypt_command_waits_for_its_declaration() -> None:
    play = until_hashed(Playbook(with_notary()))
    assert waiting(play.state).role == "notary"
    assert play.state.lots["1"].answer_by is None
    assert play.refuses(HOST, "declare_sealing") == "notary_declares"
    assert play.refuses(HOST, "command_decryption", minutes=60) == "not_now"
    play.after(30 * MINUTE)  # the bidders have no limit where the notary looks
    assert not play.state.lots["1"].answers
    declared, *_ = play.says(NOTARY, "declare_sealing")
    assert isinstance(declared, e.SealingDeclared)
    assert declared.role == "notary"  # clause 4.5: the notary's own signed act
    assert declared.act.certificate == NOTARY.certificate
    play.says(HOST, "command_decryption", minutes=60)

    # (ii) after decryption closes the notary declares its results.
    for name in THREE:
        play.release(name)
        play.hall(c.NoteBidOpened("1", name, "11" * 32))
    play.at(play.now)
    assert play.state.lots["1"].results_by is None
    assert waiting(play.state).act == "declare_results"
    assert play.refuses(HOST, "declare_results") == "notary_declares"
    (results,) = play.says(NOTARY, "declare_results")
    assert isinstance(results, e.ResultsDeclared)
    assert (results.role, results.decrypted, results.undecrypted) == ("notary", THREE, ())


def test_clause_4_2_a_bidder_may_object_though_a_notary_looks_and_its_bid_is_held() -> None:
    play = until_hashed(Playbook(with_notary()))
    play.says(bidder("yi"), "answer_sealing", answer="objects", sha256="00" * 32)
    declared, *_ = play.says(NOTARY, "declare_sealing")
    assert isinstance(declared, e.SealingDeclared)
    assert declared.held == ("yi",)


def test_clause_4_2_an_absent_notary_is_marked_after_ten_minutes_and_a_logged_call() -> None:
    play = until_hashed(Playbook(with_notary()))
    assert "mark_notary_absent" in may(play.state, OWNER)
    play.after(10 * MINUTE - 1)
    call(play)
    assert play.refuses(OWNER, "mark_notary_absent", reason="x") == "notary_limit_running"
    play.after(1)
    with pytest.raises(NotPermitted):
        play.says(HOST, "mark_notary_absent", reason="x")
    assert isinstance(absent(play)[0], e.NotaryMarkedAbsent)
    assert absent(play) == []

    # The ciphertexts are hashed again, now, and each bidder has its five minutes from then on.
    assert play.refuses(HOST, "declare_sealing") == "recheck_not_done"
    play.after(MINUTE)
    hashed(play)
    assert play.state.lots["1"].answer_by == play.now + 5 * MINUTE
    play.says(bidder("jia"), "answer_sealing", **ANSWER)
    play.after(5 * MINUTE)
    assert play.refuses(HOST, "declare_sealing") == "sealing_answers_missing"
    play.after(1)
    assert play.state.lots["1"].answers["yi"] is e.SealingAnswer.NO_ANSWER
    assert play.refuses(NOTARY, "declare_sealing") == "notary_was_absent"
    declared, *_ = play.says(HOST, "declare_sealing")
    assert isinstance(declared, e.SealingDeclared)
    assert declared.role == "host"
    assert replayed(play) == play.state


def test_clause_4_2_a_call_before_the_notary_was_waited_for_is_no_call() -> None:
    play = Playbook(with_notary()).until_announced(*THREE)
    call(play)
    play.after(1)
    hashed(play)
    play.after(10 * MINUTE)
    assert play.refuses(OWNER, "mark_notary_absent", reason="x") == "no_call_logged"
    call(play)
    absent(play)


def test_clause_4_2_what_bidders_say_and_what_the_notary_asks_gives_it_no_more_time() -> None:
    play = until_hashed(Playbook(with_notary()))
    play.after(9 * MINUTE)
    play.says(bidder("jia"), "answer_sealing", **ANSWER)
    play.says(bidder("yi"), "raise_objection", text="请尽快")
    play.says(NOTARY, "request_rehash", bidder="jia")
    play.hall(c.NoteRehash("1", "jia", "aa" * 32, True))
    call(play)
    play.after(MINUTE)
    absent(play)
    hashed(play)
    assert play.state.lots["1"].answers == {"jia": e.SealingAnswer.INTACT}  # what was signed stays


def test_clause_4_2_time_in_which_the_opening_stood_still_is_no_time_of_the_notary() -> None:
    play = until_hashed(Playbook(with_notary()))
    play.after(4 * MINUTE)
    play.says(OWNER, "suspend", kind="dispute", clause="", reason="x")
    play.after(30 * MINUTE)
    call(play)
    assert play.refuses(OWNER, "mark_notary_absent", reason="x") == "notary_limit_running"
    play.says(HOST, "resume", minutes=5)
    play.after(5 * MINUTE + 6 * MINUTE - 1)
    assert play.refuses(OWNER, "mark_notary_absent", reason="x") == "notary_limit_running"
    play.after(1)
    absent(play)


def test_clause_4_2_a_notary_is_not_marked_absent_where_nobody_waits_for_it() -> None:
    play = Playbook(with_notary()).until_announced(*THREE)
    assert play.refuses(OWNER, "mark_notary_absent", reason="x") == "notary_not_awaited"
    assert "mark_notary_absent" not in may(play.state, OWNER)
    without = Playbook().until_announced(*THREE)
    assert without.refuses(OWNER, "mark_notary_absent", reason="x") == "no_notary"


def test_clause_4_2_the_results_fall_back_to_the_bidders_too_with_all_their_time() -> None:
    play = until_hashed(Playbook(with_notary()))
    play.says(NOTARY, "declare_sealing")
    play.says(HOST, "command_decryption", minutes=60)
    for name in THREE:
        play.release(name)
        play.hall(c.NoteBidOpened("1", name, "11" * 32))
    play.at(play.now)
    play.after(10 * MINUTE)
    call(play)
    absent(play)
    play.hall(c.Tick())
    assert play.state.lots["1"].results_by == play.now + 5 * MINUTE
    assert waiting(play.state).act == "answer_results"
    play.says(bidder("jia"), "answer_results", **RESULT)
    play.says(bidder("yi"), "answer_results", answer="objects", summary="11" * 32)
    assert play.refuses(bidder("yi"), "answer_results", **RESULT) == "answered_already"
    play.after(5 * MINUTE)
    assert play.refuses(HOST, "declare_results") == "result_answers_missing"
    play.after(1)
    assert play.state.lots["1"].result_answers["bing"] is e.SealingAnswer.NO_ANSWER
    play.says(bidder("bing"), "answer_results", **RESULT)  # late, but not lost
    (results,) = play.says(HOST, "declare_results")
    assert isinstance(results, e.ResultsDeclared)
    assert results.role == "host"


def test_clause_4_2_a_notary_appointed_anew_acts_for_what_follows_and_not_for_what_bidders_check() -> None:
    play = until_hashed(Playbook(with_notary()))
    play.after(10 * MINUTE)
    call(play)
    absent(play)
    hashed(play)
    # The one who comes late may not act by itself …
    assert play.refuses(NOTARY, "request_rehash", bidder="jia") == "notary_was_absent"
    appointed = play.says(
        OWNER,
        "appoint_substitute",
        role="notary",
        party="notary",
        name=NOTARY.name,
        unit="公证处",
        certificate=NOTARY.certificate,
        reason="公证员已到",
    )
    assert isinstance(appointed[0], e.SubstituteAppointed)
    # … and the check that the bidders have begun they also end.
    assert play.refuses(NOTARY, "declare_sealing") == "notary_was_absent"
    for name in THREE:
        play.says(bidder(name), "answer_sealing", **ANSWER)
    play.says(HOST, "declare_sealing")
    play.says(HOST, "command_decryption", minutes=60)
    play.after(HOUR + 1)
    play.hall(c.Tick())
    assert play.refuses(HOST, "declare_results") == "notary_declares"
    play.says(NOTARY, "declare_results")
    assert play.state.lots["1"].stage is LotStage.DISCLOSURE


def test_clause_4_2_the_notary_sees_a_files_digest_again_and_damage_holds_the_bid() -> None:
    play = until_hashed(Playbook(with_notary()))
    assert play.refuses(NOTARY, "request_rehash", bidder="ding") == "no_such_bidder"
    with pytest.raises(NotPermitted):
        play.says(HOST, "request_rehash", bidder="jia")
    play.says(NOTARY, "request_rehash", bidder="jia")
    assert play.says(NOTARY, "request_rehash", bidder="jia") == []  # it is owed already
    (owed,) = [duty for duty in duties(play.state) if isinstance(duty, ShowRehash)]
    assert (owed.lot, owed.bidder) == ("1", "jia")
    play.hall(c.NoteRehash("1", "jia", "aa" * 32, False))
    assert play.hall(c.NoteRehash("1", "jia", "aa" * 32, False)) == []
    (incident,) = play.state.incidents
    assert (incident.kind, incident.clause, incident.subject) == ("ciphertext_damaged", "b", "bidder-jia")
    play.says(NOTARY, "request_rehash", bidder="yi")
    play.hall(c.NoteRehash("1", "yi", "bb" * 32, True))
    declared, *_ = play.says(NOTARY, "declare_sealing")
    assert isinstance(declared, e.SealingDeclared)
    assert declared.held == ("jia",)
    assert replayed(play) == play.state


def test_clause_4_2_without_a_notary_no_answer_is_an_answer_and_the_host_declares() -> None:
    play = until_hashed(Playbook())
    play.after(5 * MINUTE + 1)
    play.says(HOST, "declare_sealing")
    play.says(HOST, "command_decryption", minutes=60)
    play.after(HOUR + 1)
    play.after(5 * MINUTE + 1)
    assert set(play.state.lots["1"].result_answers.values()) == {e.SealingAnswer.NO_ANSWER}
    (results,) = play.says(HOST, "declare_results")
    assert isinstance(results, e.ResultsDeclared)
    assert (results.decrypted, results.undecrypted) == ((), THREE)
