"""The incident register: everything anomalous is recorded, nothing is hidden, the procuring entity signs (clause 4.3),
and nobody oversteps (clause 4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from hall.errors import NotPermitted, Refused
from hall.procurement.tender import HOUR
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may, waiting
from hall.session.gaps import Gap, closable, gaps
from hall.session.register import KINDS, register_digest, unexplained
from tests.playbook import (
    ANNOUNCER,
    CLERK,
    DEADLINE,
    HOST,
    MIDNIGHT,
    OWNER,
    SCRUTINEER,
    SUPERVISOR,
    Playbook,
    bidder,
    replayed,
)

THREE = ("jia", "yi", "bing")


def entry(**changes: Any) -> dict[str, Any]:
    blank = {
        "kind": "note",
        "clause": "",
        "subject": "",
        "scope": [],
        "text": "说明",
        "corrects": 0,
        "start": 0,
    }
    return blank | changes


def test_clause_4_3_a_bidder_reports_a_fault_in_one_click_unedited_and_before_the_deadline_too() -> None:
    play = Playbook().at(MIDNIGHT)
    (report,) = play.says(bidder("jia"), "report_fault", text="")
    assert isinstance(report, e.IncidentRecorded)
    assert (report.incident, report.kind, report.subject) == (1, "fault_reported", "bidder-jia")
    assert report.act is not None
    assert report.act.certificate == bidder("jia").certificate
    # One who can't sign in is the one who must be able to say so.
    assert "jia" not in play.state.signed_in
    words = "  页面一直转圈，无法签到！！ "
    (second,) = play.says(bidder("yi"), "report_fault", text=words)
    assert isinstance(second, e.IncidentRecorded)
    assert second.detail == words.strip()
    with pytest.raises(NotPermitted):
        play.says(HOST, "report_fault", text="x")


def test_clause_4_3_a_correction_is_a_new_entry_that_points_at_the_old_one() -> None:
    play = Playbook().until_announced(*THREE)
    play.says(CLERK, "record_incident", **entry(text="主持人 9:31 宣布名单"))
    first = play.state.incidents[0]
    play.says(SUPERVISOR, "record_incident", **entry(text="应为 9:32", corrects=1))
    assert play.state.incidents[0] == first
    assert play.state.incidents[1].corrects == 1
    assert play.refuses(CLERK, "record_incident", **entry(corrects=3)) == "no_such_incident"


def test_clause_4_3_an_entry_names_only_who_was_announced_and_nothing_that_lies_ahead() -> None:
    play = Playbook().at(MIDNIGHT)
    play.sign_in("jia")
    play.at(DEADLINE)
    for naming in ({"subject": "bidder-jia"}, {"subject": "bidder-nobody"}):
        assert play.refuses(CLERK, "record_incident", **entry(**naming)) == "no_such_participant"
    for scope in (["jia"], ["nobody"]):
        assert play.refuses(CLERK, "record_incident", **entry(scope=scope)) == "no_such_bidder"
    assert play.refuses(CLERK, "record_incident", **entry(start=play.now + 1)) == "in_the_future"
    assert play.refuses(CLERK, "record_incident", **entry(kind="gossip")) == "unknown_incident_kind"
    play.says(CLERK, "record_incident", **entry(subject="procuring-entity"))


def test_clause_4_7_a_letter_is_put_by_the_owner_or_its_clerk_with_its_interval() -> None:
    play = Playbook().until_announced(*THREE)
    fault = entry(kind="other", clause="f", scope=["yi"], text="园区停电", start=play.now - HOUR)
    for actor in (HOST, SUPERVISOR, ANNOUNCER, SCRUTINEER):
        assert play.refuses(actor, "record_incident", **fault) == "clause_is_the_owners"
    recorded, asked = play.says(OWNER, "record_incident", **fault)
    assert isinstance(recorded, e.IncidentRecorded)
    # What frees one bidder alone is not the owner's word only: the three are asked first.
    assert isinstance(asked, e.ConsultationOpened)
    assert (asked.about, asked.lot, asked.bidder) == (e.About.BID, "1", "yi")
    assert (recorded.clause, recorded.scope, recorded.start, recorded.end) == (
        "f",
        ("yi",),
        play.now - HOUR,
        play.now,
    )


def test_clause_4_4_overstepping_is_marked_by_any_staff_and_nothing_is_deleted() -> None:
    play = Playbook().until_announced(*THREE)
    play.says(HOST, "say", channel="speech", text="甲公司的方案明显更好")
    for actor in (SUPERVISOR, CLERK, ANNOUNCER, SCRUTINEER, OWNER):
        play.says(actor, "record_incident", **entry(kind="overstepping", subject="host", text="评论评审内容"))
    play.says(SUPERVISOR, "hide_message", message=1, reason="越权发言")
    assert play.says(HOST, "hide_message", message=1, reason="x") == []
    assert play.refuses(HOST, "hide_message", message=2, reason="x") == "no_such_message"
    (message,) = play.state.messages
    assert (message.said.text, message.hidden) == ("甲公司的方案明显更好", "越权发言")
    with pytest.raises(NotPermitted):
        play.says(CLERK, "hide_message", message=1, reason="x")
    assert {"overstepping"} <= KINDS


def test_clause_4_3_automatic_entries_are_explained_before_the_end_unknown_cause_included() -> None:
    play = Playbook().until_announced(*THREE)
    for number in range(3):
        play.hall(c.NoteIncident("clock_step", "a", "", str(number)))
    play.says(SUPERVISOR, "record_incident", **entry())
    assert unexplained(play.state) == (1, 2, 3)  # what a person wrote explains itself
    assert Gap("incident_unexplained", "", "2") in gaps(play.state)
    assert play.refuses(CLERK, "explain_incidents", incidents=[], text="x") == "no_such_incident"
    assert play.refuses(CLERK, "explain_incidents", incidents=[1, 9], text="x") == "no_such_incident"
    play.says(CLERK, "explain_incidents", incidents=[1, 2], text="原因不明")
    assert play.refuses(OWNER, "explain_incidents", incidents=[2, 3], text="x") == "explained_already"
    play.says(OWNER, "explain_incidents", incidents=[3], text="对时服务切换")
    assert unexplained(play.state) == ()
    assert "explain_incidents" not in may(play.state, CLERK)


def test_clause_4_3_the_owner_signs_what_it_was_shown_and_signs_anew_what_came_later() -> None:
    play = Playbook().until_announced("jia", "yi", deposited=THREE)
    play.hall(c.NoteIncident("clock_step", "a", "", ""))
    shown = (len(play.state.incidents), register_digest(play.state))
    assert play.refuses(OWNER, "sign_register", entries=shown[0], digest=shown[1]) == "not_now"
    play.says(OWNER, "decide_cause", bidder="bing", cause="deemed_revoked", incident=0, reason="未签到")
    play.says(OWNER, "fail_tender", reason="不足三家")
    assert waiting(play.state).act == "explain_incidents"
    assert play.refuses(OWNER, "sign_register", entries=shown[0], digest=shown[1]) == "incidents_unexplained"
    play.says(CLERK, "explain_incidents", incidents=[1], text="原因不明")
    assert play.refuses(OWNER, "sign_register", entries=shown[0], digest=shown[1]) == "stale_register"
    assert waiting(play.state).act == "sign_register"
    play.sign_register()
    assert play.refuses(OWNER, "sign_register", entries=1, digest="00" * 32) == "signed_already"
    assert play.refuses(CLERK, "explain_incidents", incidents=[1], text="x") == "register_signed"
    play.says(bidder("jia"), "report_fault", text="结果未显示")
    play.hall(c.NoteIncident("recorder_gap", "a", "", ""))
    play.sign_register()
    assert play.state.register is not None
    assert play.state.register.entries == 3
    assert replayed(play) == play.state


def test_clause_4_3_no_bidder_keeps_the_register_from_being_signed_or_the_opening_from_its_end() -> None:
    play = Playbook().until_announced("jia", "yi", deposited=THREE)
    play.says(OWNER, "decide_cause", bidder="bing", cause="deemed_revoked", incident=0, reason="未签到")
    play.says(OWNER, "fail_tender", reason="不足三家")
    play.says(bidder("jia"), "report_fault", text="x")
    shown = {"entries": 1, "digest": register_digest(play.state)}
    # While the owner reads and signs, a camera flickers and reports come in one a second.
    play.hall(c.NoteIncident("media_gap", "", "bidder-jia", ""))
    play.says(bidder("jia"), "report_fault", text="y")
    assert unexplained(play.state) == ()
    play.says(OWNER, "sign_register", **shown)
    assert play.state.register is not None
    assert play.state.register.entries == 1
    assert play.refuses(OWNER, "sign_register", **shown) == "signed_already"
    assert play.refuses(OWNER, "sign_register", entries=9, digest=shown["digest"]) == "stale_register"
    play.hall(c.NoteRecordPrepared("01" * 32, "02" * 32, 40, "03" * 32))
    assert closable(play.state)


def test_clause_4_3_refusals_with_legal_weight_are_kept_as_attempts() -> None:
    play = Playbook().until_announced(*THREE)
    with pytest.raises(Refused) as refused:
        play.says(HOST, "command_decryption", minutes=60)
    assert refused.value.weighty
    with pytest.raises(Refused) as light:
        play.says(HOST, "hide_message", message=1, reason="x")
    assert not light.value.weighty


def test_clause_4_4_before_the_announcement_the_register_betrays_nobody_to_the_staff() -> None:
    """Reports and automatic entries lie in the register, but no staff act asks about its entries yet."""
    play = Playbook().at(MIDNIGHT)
    play.sign_in("jia")
    play.says(bidder("jia"), "report_fault", text="x")
    play.hall(c.NoteIncident("upload_damaged", "b", "bidder-jia", ""))
    play.at(DEADLINE)
    assert unexplained(play.state)
    assert not any(act.startswith("explain") for act in may(play.state, CLERK))
    assert play.refuses(CLERK, "explain_incidents", incidents=[1], text="x") == "not_now"
    assert gaps(play.state) == ()
    assert play.refuses(CLERK, "record_incident", **entry(corrects=1)) == "no_such_incident"
    assert play.refuses(CLERK, "record_incident", **entry(corrects=9)) == "no_such_incident"
