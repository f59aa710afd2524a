"""What is said, called, checked, objected and signed (clauses 3.1, 4.6, 5.3.1, 5.3.2, 5.3.7, 5.5.2 to 5.5.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.errors import NotPermitted, Refused
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import DAY, HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may, waiting
from hall.session.decide import decide
from hall.session.duties import CompleteRecord, PrepareRecord, duties
from hall.session.gaps import Gap, closable, gaps
from hall.session.rules import LotStage, Stage
from hall.session.views import Beside, view
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
    plan,
    replayed,
    staff,
)

THREE = ("jia", "yi", "bing")
REGULATOR = staff(Role.REGULATOR)
PERSON = {
    "representative": "李小红",
    "identity": "1403**********4321",
    "phones": ["13900000000", "0353-1234567"],
    "acts_for_bidder": True,
    "salt": "cd" * 16,
    "letter": "12" * 32,
}
TEXTS = (
    e.PreparedText("opening", "开场", "现在开标"),
    e.PreparedText("staff", "工作人员", "主持人……"),
    e.PreparedText("discipline", "会场纪律", "请遵守……"),
)


def until_objections(play: Playbook) -> Playbook:
    play.until_disclosed(*THREE)
    for name in THREE:
        play.says(ANNOUNCER, "read_out", bidder=name)
        play.says(bidder(name), "confirm_price", answer="confirmed", price="123456.78")
    play.says(HOST, "open_objections")
    return play


def until_record(play: Playbook) -> Playbook:
    if play.state.stage is not Stage.OPENING:
        until_objections(play)
    play.after(5 * MINUTE)
    play.says(HOST, "close_objections")
    play.sign_register()
    play.hall(c.NoteRecordPrepared("01" * 32, "02" * 32, 40, "03" * 32))
    return play


def sign_record(play: Playbook, role: Role) -> None:
    assert play.state.record is not None
    before, signer = play.state.record.sha256, staff(role)
    after = f"{len(play.state.record.signed) + 4:02x}" * 32
    play.hall(c.NoteRecordSigned(before, role.value, signer.name, signer.certificate, after))


# 5.3.1, 3.1: texts, announcements, speech


def test_clause_5_3_1_the_host_reads_the_prepared_texts_and_unread_ones_are_hinted_at() -> None:
    play = Playbook(replace(plan(), texts=TEXTS)).until_announced(*THREE)
    assert play.refuses(HOST, "read_text", key="poem") == "no_such_text"
    (read,) = play.says(HOST, "read_text", key="opening")
    assert isinstance(read, e.TextRead)
    assert play.says(HOST, "read_text", key="opening") == []
    unread = [gap.subject for gap in gaps(play.state) if gap.code == "text_unread"]
    assert unread == ["staff", "discipline"]
    assert not any(gap.blocking for gap in gaps(play.state) if gap.code == "text_unread")
    for key in unread:
        assert "read_text" in may(play.state, HOST)
        play.says(HOST, "read_text", key=key)
    assert "read_text" not in may(play.state, HOST)
    with pytest.raises(NotPermitted):
        play.says(ANNOUNCER, "read_text", key="staff")


def test_clause_3_1_questions_and_clarifications_are_heard_by_all_and_unanswered_ones_are_hinted_at() -> None:
    play = Playbook().until_announced(*THREE)
    play.says(bidder("jia"), "say", channel="question", text="工期如何计算？")
    assert Gap("question_unanswered", "", "1", blocking=False) in gaps(play.state)
    assert play.refuses(bidder("yi"), "say", channel="clarification", text="我来回答") == "clarified_by_staff"
    play.says(OWNER, "say", channel="clarification", text="以合同签订日起算")
    assert [m.said.speaker for m in play.state.messages] == ["bidder-jia", "procuring-entity"]
    assert not any(gap.code == "question_unanswered" for gap in gaps(play.state))
    assert play.refuses(bidder("stranger"), "say", channel="speech", text="在吗") == "not_announced_yet"


def test_clause_4_4_nobody_speaks_before_the_announcement_not_even_in_another_lot() -> None:
    play = Playbook(plan(lots=("1", "2"))).at(MIDNIGHT)
    for name in (*THREE, "ding"):
        play.sign_in(name)
    assert play.refuses(bidder("jia"), "say", channel="speech", text="x") == "not_now"
    play.at(DEADLINE)
    deposits = (*play.deposits(*THREE), *play.deposits("ding", lot="2"))
    play.hall(c.HandOverDeposits("ef" * 32, deposits))
    play.says(HOST, "announce_bidders", lot="1")
    # ding bids in lot 2, which is still sealed: neither its own word nor an answer about it may betray that.
    assert play.refuses(bidder("ding"), "say", channel="speech", text="x") == "not_announced_yet"
    assert "say" not in may(play.state, bidder("ding"))
    for callee in ("bidder-ding", "bidder-nobody"):
        body = {"callee": callee, "outcome": "reached", "text": ""}
        assert play.refuses(HOST, "log_call", **body) == "no_such_participant"
    play.says(HOST, "announce_bidders", lot="2")
    play.says(bidder("ding"), "say", channel="speech", text="到")


def test_clause_4_4_a_remark_decides_nothing_and_an_objection_has_its_reason() -> None:
    scheduled = plan()
    regulator = Appointment(Role.REGULATOR, "regulator", "监管员", "监管局", REGULATOR.certificate)
    play = Playbook(replace(scheduled, staff=(*scheduled.staff, regulator))).until_announced(*THREE)
    before = play.state.lots
    assert play.refuses(REGULATOR, "make_remark", stance="objects", about="announce_bidders", text="") == (
        "reason_missing"
    )
    play.says(REGULATOR, "make_remark", stance="objects", about="announce_bidders:1", text="名单有误")
    play.says(SUPERVISOR, "make_remark", stance="seen", about="announce_bidders:1", text="")
    assert [(r.remark, r.role, r.stance) for r in play.state.remarks] == [
        (1, "regulator", e.Remark.OBJECTS),
        (2, "supervisor", e.Remark.SEEN),
    ]
    assert play.state.lots == before  # nothing is blocked by it
    with pytest.raises(NotPermitted):
        play.says(CLERK, "make_remark", stance="seen", about="x", text="")


# 4.6, 5.3.7: reachable, and the same person


def test_clause_4_6_calls_are_logged_with_their_outcome_and_time() -> None:
    play = Playbook().until_announced(*THREE)
    (called,) = play.says(HOST, "log_call", callee="bidder-yi", outcome="no_answer", text="第一次")
    assert isinstance(called, e.CallLogged)
    assert play.state.called["bidder-yi"] == play.now
    play.says(CLERK, "log_call", callee="scrutineer", outcome="reached", text="")
    assert [call.outcome for call in play.state.calls] == [e.Call.NO_ANSWER, e.Call.REACHED]
    with pytest.raises(NotPermitted):
        play.says(bidder("jia"), "log_call", callee="host", outcome="reached", text="")


def test_clause_4_6_being_offline_costs_nothing() -> None:
    play = Playbook().until_commanded(*THREE)
    play.hall(c.NotePresence("bidder-jia", 1, "offline", play.now, None, 2000, "heartbeat_timeout", "high"))
    play.after(59 * MINUTE)
    assert isinstance(play.release("jia")[0], e.ReleaseReceived)
    assert play.state.incidents == ()


def test_clause_5_3_7_a_failed_check_or_no_camera_is_an_incident_and_a_second_chance() -> None:
    play = Playbook().at(MIDNIGHT)
    for name in THREE:
        play.sign_in(name)
    check = {"bidder": "jia", "result": "not_the_same", "text": "照片不符"}
    assert play.refuses(SUPERVISOR, "check_identity", **check) == "not_now"  # before it nobody does
    play.at(DEADLINE)
    assert play.refuses(HOST, "check_identity", **check) == "not_now"
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE, "late")))
    play.says(HOST, "announce_bidders")
    checked, incident = play.says(SUPERVISOR, "check_identity", **check)
    assert isinstance(checked, e.IdentityChecked)
    assert isinstance(incident, e.IncidentRecorded)
    assert (incident.kind, incident.subject) == ("identity_not_confirmed", "bidder-jia")
    _, incident = play.says(HOST, "check_identity", bidder="yi", result="no_camera", text="")
    assert isinstance(incident, e.IncidentRecorded)
    assert incident.kind == "camera_missing"
    hints = [gap.subject for gap in gaps(play.state) if gap.code == "identity_unconfirmed"]
    assert hints == ["jia", "yi"]
    assert play.state.lots["1"].bidders == THREE  # it costs neither sign-in …
    play.says(SUPERVISOR, "check_identity", bidder="jia", result="same_person", text="已重新核对")
    assert play.state.identities["jia"].result is e.Check.SAME_PERSON
    assert play.refuses(HOST, "check_identity", **(check | {"bidder": "late"})) == "nobody_declared"
    assert play.refuses(HOST, "check_identity", **(check | {"bidder": "nobody"})) == "no_such_bidder"
    items = tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)
    play.hall(c.NoteRecheck("1", items))
    for name in THREE:
        play.says(bidder(name), "answer_sealing", answer="intact", sha256="00" * 32)
    play.says(HOST, "declare_sealing")
    play.says(HOST, "command_decryption", minutes=60)
    assert isinstance(play.release("yi")[0], e.ReleaseReceived)  # … nor a release


def test_clause_5_3_7_a_representative_is_replaced_on_a_new_letter_and_checked_anew() -> None:
    play = Playbook().until_announced(*THREE)
    play.says(HOST, "check_identity", bidder="jia", result="same_person", text="")
    before = play.state.signed_in["jia"]
    (replaced,) = play.says(bidder("jia"), "replace_representative", **PERSON)
    assert isinstance(replaced, e.RepresentativeReplaced)
    assert replaced.act.body is None  # a personal item, kept beside the journal
    after = play.state.signed_in["jia"]
    assert after == replace(before, person=replaced.act.body_digest)
    assert "jia" not in play.state.identities
    assert play.refuses(bidder("stranger"), "replace_representative", **PERSON) == "not_signed_in"
    assert replayed(play) == play.state


def test_clause_5_3_7_a_second_device_takes_over_by_a_signed_act() -> None:
    play = Playbook().at(MIDNIGHT)
    (taken,) = play.says(bidder("jia"), "take_over", fence=7)
    assert isinstance(taken, e.ConnectionTaken)
    assert (taken.participant, taken.fence) == ("bidder-jia", 7)
    (taken,) = play.says(HOST, "take_over", fence=2)
    assert isinstance(taken, e.ConnectionTaken)
    assert taken.participant == "host"


# 5.3.2, 5.5.2: observers and objections


def test_clause_5_3_2_a_depositor_who_missed_sign_in_looks_on_objects_and_is_answered() -> None:
    play = Playbook().until_announced(*THREE, deposited=(*THREE, "late"))
    late = bidder("late")
    assert play.state.lots["1"].not_signed_in == ("late",)
    assert may(play.state, late) == sorted(
        ["raise_objection:1", "report_fault", "say", "show_certificate", "take_over"]
    )
    answer = {"answer": "intact", "sha256": "00" * 32}
    assert play.refuses(late, "answer_sealing", **answer) == "not_signed_in"  # it is told why
    play.says(late, "raise_objection", text="签到页面打不开")
    assert Gap("objection_unanswered", "1", "1") in gaps(play.state)
    play.says(OWNER, "answer_objection", objection=1, outcome="rejected", text="日志显示系统正常")
    assert play.refuses(bidder("stranger"), "raise_objection", text="x") == "not_a_depositor"


def test_clause_5_5_2_a_lot_does_not_fail_over_an_objection_that_nobody_answered() -> None:
    play = Playbook().until_announced("jia", "yi", deposited=THREE)
    play.says(bidder("bing"), "raise_objection", text="签到失败是平台原因")
    assert waiting(play.state).act == "decide_cause"
    cause = {"bidder": "bing", "cause": "deemed_revoked", "incident": 0, "reason": "日志显示系统正常"}
    play.says(OWNER, "decide_cause", **cause)
    assert play.refuses(OWNER, "fail_tender", reason="不足三家") == "objections_unanswered"
    body = {"objection": 1, "outcome": "unsettled", "text": "需核查，监管部门三日内答复"}
    play.says(OWNER, "answer_objection", **body)
    play.says(OWNER, "fail_tender", reason="不足三家")
    assert play.state.lots["1"].stage is LotStage.FAILED


@pytest.mark.parametrize("outcome", ["upheld", "rejected", "unsettled"])
def test_clause_5_5_2_all_three_answers_to_an_objection_permit_the_close(outcome: str) -> None:
    play = until_objections(Playbook())
    play.says(bidder("yi"), "raise_objection", text="对唱标有异议")
    play.after(5 * MINUTE)
    assert waiting(play.state).act == "answer_objection"
    assert "close_objections:1" not in may(play.state, HOST)
    assert play.refuses(HOST, "close_objections") == "objections_unanswered"
    play.says(OWNER, "answer_objection", objection=1, outcome=outcome, text="答复")
    play.says(HOST, "close_objections")
    # Later ones are shown the way to challenge and complaint.
    assert play.refuses(bidder("yi"), "raise_objection", text="x") == "not_now"


def test_clause_5_5_2_objections_cannot_put_off_the_end_for_ever() -> None:
    play = until_objections(Playbook())
    for number in range(1, 21):
        play.says(bidder("yi"), "raise_objection", text="再次异议")
        play.says(OWNER, "answer_objection", objection=number, outcome="rejected", text="已答复")
    assert play.refuses(bidder("yi"), "raise_objection", text="再次异议") == "too_many_objections"
    assert "raise_objection:1" not in may(play.state, bidder("yi"))
    play.says(bidder("jia"), "raise_objection", text="另一家的异议")


def test_clause_5_5_2_no_answer_to_the_price_neither_blocks_nor_costs_the_bid() -> None:
    play = Playbook().until_disclosed(*THREE)
    for name in THREE:
        play.says(ANNOUNCER, "read_out", bidder=name)
    assert waiting(play.state).act == "confirm_price"
    play.after(10 * MINUTE)
    assert play.refuses(HOST, "open_objections") == "prices_unanswered"
    play.after(1)
    assert set(play.state.lots["1"].price_answers.values()) == {e.PriceAnswer.NO_ANSWER}
    play.says(HOST, "open_objections")
    assert play.state.lots["1"].disclosed.keys() == set(THREE)


# 5.5.3, 5.5.4: signatures and the end


def test_clause_5_5_3_a_refused_and_a_missing_signature_are_settled_with_reason_and_calls() -> None:
    play = until_objections(Playbook())
    play.says(HOST, "log_call", callee="clerk", outcome="no_answer", text="")
    until_record(play)
    sign_record(play, Role.PROCURING_ENTITY)
    assert waiting(play.state).role == "scrutineer"
    (refused,) = play.says(SCRUTINEER, "refuse_signature", reason="对第二标段唱标有保留")
    assert isinstance(refused, e.SignatureRefused)
    assert play.says(SCRUTINEER, "refuse_signature", reason="x") == []
    assert "refuse_signature" not in may(play.state, SCRUTINEER)

    # A call made before the record lay there was about something else.
    body = {"role": "clerk", "reason": "突发疾病离场"}
    assert play.refuses(OWNER, "note_unsigned", **body) == "no_call_logged"
    for _ in range(2):
        play.says(HOST, "log_call", callee="clerk", outcome="no_answer", text="")
    assert not any(isinstance(duty, CompleteRecord) for duty in duties(play.state))
    (missing,) = play.says(OWNER, "note_unsigned", **body)
    assert isinstance(missing, e.SignatureMissing)
    assert missing.calls == 3
    for role in ("clerk", "scrutineer", "procuring_entity"):
        settled = {"role": role, "reason": "x"}
        assert play.refuses(OWNER, "note_unsigned", **settled) == "no_signature_missing"
    assert play.state.record is not None
    assert CompleteRecord(play.state.record.sha256) in duties(play.state)
    play.hall(c.NoteRecordCompleted("09" * 32))
    play.says(HOST, "close_opening", record_later=False)
    assert replayed(play) == play.state


def test_clause_5_5_3_a_signer_who_signed_does_not_refuse() -> None:
    play = until_record(Playbook())
    sign_record(play, Role.PROCURING_ENTITY)
    sign_record(play, Role.SCRUTINEER)
    assert play.refuses(SCRUTINEER, "refuse_signature", reason="x") == "signed_already"


def test_clause_5_5_3_the_record_is_completed_within_three_days_without_keeping_bidders() -> None:
    play = until_record(Playbook())
    sign_record(play, Role.PROCURING_ENTITY)
    assert play.refuses(HOST, "close_opening", record_later=False) == "record_not_complete"
    assert closable(play.state)
    (closed,) = play.says(HOST, "close_opening", record_later=True)
    assert isinstance(closed, e.OpeningClosed)
    assert closed.record_by == play.now + 3 * DAY
    play.after(MINUTE)
    play.hall(c.NoteRoomEmpty())
    assert play.state.stage is Stage.CLOSED
    play.after(3 * DAY - MINUTE)
    sign_record(play, Role.SCRUTINEER)
    play.after(1)
    with pytest.raises(Exception, match="record_limit_passed"):
        sign_record(play, Role.CLERK)
    # What did not come in time is stated, and so the record is complete after all.
    play.says(OWNER, "log_call", callee="clerk", outcome="no_answer", text="")
    play.says(OWNER, "note_unsigned", role="clerk", reason="逾期未签")
    assert play.state.record is not None
    play.hall(c.NoteRecordCompleted("09" * 32))
    assert play.state.record.completed


def test_clause_5_5_4_the_end_is_declared_only_when_nothing_demanded_is_missing() -> None:
    play = Playbook(replace(plan(), texts=TEXTS)).until_announced(*THREE)
    codes = {(gap.code, gap.lot) for gap in gaps(play.state) if gap.blocking}
    assert codes == {("lot_unsettled", "1")}
    play = until_record(Playbook(replace(plan(), texts=TEXTS)))
    shown = {gap.code for gap in gaps(play.state)}
    assert shown == {"text_unread", "signature_missing", "identity_check_due"}
    play.hall(c.NoteIncident("recorder_gap", "a", "", ""))
    assert not closable(play.state)
    assert "close_opening" not in may(play.state, HOST)
    for role in (Role.PROCURING_ENTITY, Role.SCRUTINEER, Role.CLERK):
        sign_record(play, role)
    play.hall(c.NoteRecordCompleted("09" * 32))
    assert waiting(play.state).act == "explain_incidents"
    assert play.refuses(HOST, "close_opening", record_later=False) == "incomplete"
    play.says(CLERK, "explain_incidents", incidents=[1], text="切换录像盘")
    play.says(HOST, "close_opening", record_later=False)  # an unread text is a hint, no obstacle
    assert gaps(play.state) == ()
    # Bidders have their grace, then the room empties; nobody acts any more.
    assert waiting(play.state).until == play.now + MINUTE
    assert play.refuses(bidder("jia"), "raise_objection", text="x") == "opening_closed"
    assert play.refuses(bidder("jia"), "say", channel="speech", text="x") == "opening_closed"


def test_clause_4_8_a_disagreement_is_read_out_before_the_end() -> None:
    regulator = Appointment(Role.REGULATOR, "regulator", "监管员", "监管局", REGULATOR.certificate)
    scheduled = plan()
    play = Playbook(replace(scheduled, staff=(*scheduled.staff, regulator))).until_announced(
        "jia", "yi", "bing"
    )
    play.says(OWNER, "suspend", kind="network", clause="d", reason="主干网络中断")
    play.says(REGULATOR, "consult", consultation=1, stance="disagrees", reason="应当延期")
    unread = Gap("disagreement_unread", "", "disagreement-1-regulator")
    assert unread in gaps(play.state)
    assert unread.blocking
    play.says(HOST, "read_text", key="disagreement-1-regulator")
    assert unread not in gaps(play.state)
    assert play.refuses(HOST, "read_text", key="disagreement-1-procuring_entity") == "no_such_text"


# several lots, several openings


def test_several_lots_have_different_fates_in_one_opening() -> None:
    play = Playbook(plan(lots=("1", "2", "3"))).at(MIDNIGHT)
    for name in (*THREE, "ding"):
        play.sign_in(name)
    play.at(DEADLINE)
    lots = {"1": THREE, "2": ("jia", "yi"), "3": ("yi", "bing", "ding")}
    deposits = tuple(d for lot, names in lots.items() for d in play.deposits(*names, lot=lot))
    play.hall(c.HandOverDeposits("ef" * 32, deposits))
    for lot in lots:
        play.says(HOST, "announce_bidders", lot=lot)
        if lot == "2":
            assert play.state.lots["2"].stage is LotStage.LOCKED
            play.says(OWNER, "fail_tender", lot="2", reason="不足三家")
            continue
        items = tuple(e.Rechecked(d.bidder, d.sha256, True) for d in deposits if d.lot == lot)
        play.hall(c.NoteRecheck(lot, items))
        for name in lots[lot]:
            play.says(bidder(name), "answer_sealing", lot=lot, answer="intact", sha256="00" * 32)
        play.says(HOST, "declare_sealing", lot=lot)
        play.says(HOST, "command_decryption", lot=lot, minutes=60)
        for name in lots[lot]:
            if (lot, name) != ("3", "ding"):
                release(play, lot, name)
        play.at(play.now)
    # Lot 1 is decrypted, and waits: no price is shown while a window of the opening is open.
    assert play.state.lots["1"].stage is LotStage.RESULTS
    play.until_results(*lots["1"], lot="1")
    assert waiting(play.state).lot == "3"
    play.after(HOUR + 1)
    play.until_results(*lots["3"], lot="3")
    assert waiting(play.state).act == "opening_bids"
    play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in lots["1"])))
    body = {"bidder": "ding", "cause": "deemed_revoked", "incident": 0, "reason": "自身原因"}
    play.says(OWNER, "decide_cause", lot="3", **body)
    play.says(OWNER, "fail_tender", lot="3", reason="有效投标不足三个")
    assert {lot.lot: lot.stage for lot in play.state.lots.values()} == {
        "1": LotStage.READ_OUT,
        "2": LotStage.FAILED,
        "3": LotStage.FAILED,
    }
    for name in THREE:
        play.says(ANNOUNCER, "read_out", bidder=name)
        play.says(bidder(name), "confirm_price", answer="confirmed", price="123456.78")
    play.says(HOST, "open_objections")
    play.after(5 * MINUTE)
    play.says(HOST, "close_objections")
    play.sign_register()
    assert PrepareRecord() in duties(play.state)
    assert replayed(play) == play.state


def release(play: Playbook, lot: str, name: str) -> None:
    deposit = play.state.deposit(lot, name)
    assert deposit is not None
    play.says(bidder(name), "release", lot=lot, **(play.release_body(name) | {"sha256": deposit.sha256}))
    play.hall(c.NoteBidOpened(lot, name, "11" * 32))


def test_several_openings_of_one_host_know_nothing_of_each_other() -> None:
    first = Playbook().until_announced(*THREE)
    second = Playbook(replace(plan(), opening="O-2", tender="T-2"))
    act = first.command(HOST, "make_announcement", text="请各位稍候")
    second.at(MIDNIGHT)
    with pytest.raises(Refused, match="act_for_another_opening"):
        decide(second.state, act, actor=HOST, now=second.now)
    decide(first.state, act, actor=HOST, now=first.now)
    assert second.state.nonces == frozenset()


def test_clause_4_4_host_and_supervisor_mute_and_nobody_else() -> None:
    play = Playbook().until_announced(*THREE)
    for actor in (OWNER, CLERK, bidder("yi")):
        assert play.refuses(actor, "mute", participant="bidder-jia", muted=True) == "not_permitted"
    assert play.refuses(HOST, "mute", participant="bidder-nobody", muted=True) == "no_such_participant"
    (muted,) = play.says(SUPERVISOR, "mute", participant="bidder-jia", muted=True)
    assert isinstance(muted, e.MicrophoneMuted)
    assert play.says(HOST, "mute", participant="bidder-jia", muted=True) == []
    assert view(play.state, bidder("jia"), Beside()).muted == ["bidder-jia"]
    assert view(play.state, bidder("yi"), Beside()).muted == []
    play.says(HOST, "mute", participant="bidder-jia", muted=False)
    assert play.state.muted == frozenset()
