"""Picture and sound as the opening rules them: floor, recordings made elsewhere, what the public sees, faces
(clauses 3.1, 4.4, 5.3.7, 6.1)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest

from hall.errors import Malformed, Refused
from hall.procurement.parties import Actor, Appointment, Role
from hall.procurement.tender import DAY, HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session import views
from hall.session.broadcast import Air, may_replay, on_air, on_air_now
from hall.session.external import ATTACH_WITHIN
from hall.session.gaps import gaps
from hall.session.register import unexplained
from hall.session.views import Beside, may_broadcast, may_watch, view
from tests.playbook import (
    ANNOUNCER,
    CLERK,
    DEADLINE,
    HOST,
    MIDNIGHT,
    OWNER,
    SUPERVISOR,
    Playbook,
    bidder,
    plan,
    replayed,
    staff,
)
from tests.scenarios.faultbook import THREE, FaultBook, with_all_parties

JIA, YI, BING = (bidder(name) for name in THREE)
EVALUATOR = staff(Role.EVALUATOR)
CAMERAS = (e.HallCamera("hall", "开标室全景"),)
PHOTO = b"\xff\xd8\xff" + b"portrait" * 40
PERSON = {
    "representative": "王小明",
    "identity": "1403**********1234",
    "phones": ["13800000000"],
    "acts_for_bidder": True,
    "salt": "ab" * 16,
}
FILE = {"sha256": "5a" * 32, "size": 4096, "mime": "video/mp4"}
NAMED = {"name": "摄像机 3 号", "place": "档案室硬盘 7", "reason": "录像服务器故障"}


def entries(play: Playbook) -> list[tuple[int, str, e.Event]]:
    return [(at, "", event) for at, event in zip(play.times, play.events, strict=True)]


def kinds(play: Playbook, viewer: Actor) -> list[str]:
    return [entry.kind for entry in views.timeline(entries(play), viewer)]


def until_record(play: Playbook) -> Playbook:
    """From the announcement to the record, nothing special."""
    play.hall(c.NoteRecheck("1", tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)))
    for name in THREE:
        play.says(bidder(name), "answer_sealing", answer="intact", sha256="00" * 32)
    play.says(HOST, "declare_sealing")
    play.says(HOST, "command_decryption", minutes=60)
    for name in THREE:
        play.release(name)
        play.hall(c.NoteBidOpened("1", name, "11" * 32))
    play.until_results(*THREE)
    play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in THREE)))
    for name in THREE:
        play.says(ANNOUNCER, "read_out", bidder=name)
        play.says(bidder(name), "confirm_price", answer="confirmed", price="123456.78")
    play.says(HOST, "open_objections")
    play.after(5 * MINUTE)
    play.says(HOST, "close_objections")
    play.sign_register()
    play.hall(c.NoteRecordPrepared("01" * 32, "02" * 32, 40, "03" * 32))
    return play


# the floor


def test_clause_3_1_who_raises_a_hand_gets_the_floor_and_is_heard_by_all() -> None:
    play = Playbook().until_announced(*THREE)
    play.says(YI, "raise_hand")
    play.says(JIA, "raise_hand")
    play.says(SUPERVISOR, "raise_hand")
    assert view(play.state, BING, Beside()).hands == ["bidder-yi", "bidder-jia", "supervisor"]
    assert play.says(YI, "raise_hand") == []
    play.says(JIA, "lower_hand")
    assert not may_watch(play.state, BING, "bidder-yi")
    play.says(HOST, "give_floor", participant="bidder-yi")
    for viewer in (BING, JIA, CLERK, OWNER):
        shown = view(play.state, viewer, Beside(publishing=frozenset({"host", "bidder-yi", "bidder-jia"})))
        assert (shown.floor, shown.hands, shown.media) == ("bidder-yi", ["supervisor"], ["bidder-yi", "host"])
    assert not may_watch(play.state, EVALUATOR, "bidder-yi")
    # Of the staff only who has the floor is on audio and video beside the host.
    assert not view(play.state, SUPERVISOR, Beside()).publish
    play.says(HOST, "give_floor", participant="supervisor")
    assert (
        view(play.state, SUPERVISOR, Beside()).publish and view(play.state, SUPERVISOR, Beside()).hands == []
    )
    assert not may_watch(play.state, BING, "bidder-yi")
    play.says(HOST, "give_floor", participant="")
    assert view(play.state, BING, Beside()).floor == ""
    assert replayed(play) == play.state


def test_clause_3_1_the_floor_is_the_hosts_to_give_and_only_to_who_is_there() -> None:
    play = Playbook().until_announced("jia", "yi", "bing", deposited=(*THREE, "late"))
    for actor in (SUPERVISOR, OWNER, JIA):
        assert play.refuses(actor, "give_floor", participant="bidder-yi") == "not_permitted"
    for nobody in ("bidder-late", "bidder-nobody", "notary", "host", "evaluator", "camera-hall"):
        assert play.refuses(HOST, "give_floor", participant=nobody) == "no_such_participant"
    assert play.refuses(bidder("late"), "raise_hand") == "not_announced_yet"


@pytest.mark.parametrize("how", ["suspended", "gone", "closed"])
def test_clause_3_1_the_floor_ends_when_nothing_goes_on_or_its_holder_is_gone(how: str) -> None:
    play = Playbook().until_announced(*THREE)
    if how == "closed":
        until_record(play)
    play.says(YI, "raise_hand")
    play.says(HOST, "give_floor", participant="bidder-jia")
    if how == "suspended":
        play.says(OWNER, "suspend", kind="dispute", clause="", reason="争议")
        assert play.state.media.hands == ("bidder-yi",)
        assert play.refuses(HOST, "give_floor", participant="bidder-yi") == "suspended"
    elif how == "gone":
        play.hall(c.NotePresence("bidder-jia", 1, "offline", play.now, None, 0, "network", "high"))
        play.after(MINUTE - 1)
        assert play.state.media.floor == "bidder-jia"
        play.after(1)
        assert play.events[-1] == e.FloorGiven("", "bidder-jia", "offline", None)
    else:
        play.says(HOST, "close_opening", record_later=True)
    assert play.state.media.floor == ""
    assert not may_watch(play.state, YI, "bidder-jia")
    told = [(x.subject, x.detail) for x in views.timeline(entries(play), YI) if x.kind == "FloorGiven"]
    assert told == [("bidder-jia", "given"), *([("bidder-jia", "offline")] if how == "gone" else [])]


def test_clause_4_4_all_are_muted_at_once_and_who_has_the_floor_is_heard() -> None:
    play = Playbook().until_announced(*THREE)
    play.says(HOST, "give_floor", participant="bidder-jia")
    (muted,) = play.says(SUPERVISOR, "mute_all", muted=True)
    assert isinstance(muted, e.RoomMuted) and muted.participants == ("bidder-bing", "bidder-yi")
    assert play.says(HOST, "mute_all", muted=True) == []
    # Whoever gets the floor is heard for as long as it has it.
    play.says(HOST, "give_floor", participant="bidder-yi")
    assert play.state.muted == {"bidder-bing"}
    play.says(HOST, "give_floor", participant="")
    assert play.state.muted == {"bidder-bing", "bidder-yi"}
    # Who is muted while it speaks stays muted.
    play.says(HOST, "give_floor", participant="bidder-yi")
    play.says(SUPERVISOR, "mute", participant="bidder-yi", muted=True)
    assert "bidder-yi" in play.state.muted
    play.says(HOST, "give_floor", participant="")
    play.says(HOST, "mute_all", muted=False)
    assert play.state.muted == frozenset()
    assert play.refuses(OWNER, "mute_all", muted=True) == "not_permitted"


def test_secrecy_before_the_announcement_no_hand_no_floor_and_no_picture_of_a_bidder() -> None:
    """Bidding Law 22: what is shown and what is refused are the same whoever signed in."""
    play = Playbook(plan(lots=("1", "2"))).at(MIDNIGHT + HOUR)
    for name in THREE:
        play.sign_in(name)
    for viewer in (HOST, SUPERVISOR, OWNER, YI):
        assert not may_watch(play.state, viewer, "bidder-jia")
        assert not may_replay(play.state, viewer, "bidder-jia")
    assert not may_replay(play.state, JIA, "bidder-jia")
    assert play.refuses(JIA, "raise_hand") == "not_now"
    play.at(DEADLINE)
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE, lot="1")))
    play.says(HOST, "announce_bidders")
    # A bidder of a lot that is still sealed can't be seen to ask, nor be given the floor.
    play.state = replace(play.state, signed_in={**play.state.signed_in, "ding": play.state.signed_in["jia"]})
    assert play.refuses(bidder("ding"), "raise_hand") == "not_announced_yet"
    assert play.refuses(HOST, "give_floor", participant="bidder-ding") == "no_such_participant"
    assert not may_replay(play.state, SUPERVISOR, "bidder-ding")


# what the public sees, and what is seen again


def test_clause_6_1_the_public_sees_the_hall_and_the_floor_from_the_deadline_to_the_close() -> None:
    play = Playbook(replace(plan(), cameras=CAMERAS)).at(MIDNIGHT + HOUR)
    assert [x.participant for x in view(play.state, JIA, Beside()).cameras] == ["camera-hall"]
    assert may_watch(play.state, JIA, "camera-hall") and not may_watch(play.state, EVALUATOR, "camera-hall")
    assert on_air_now(play.state) == ()
    for name in THREE:
        play.sign_in(name)
    play.at(DEADLINE)
    assert on_air_now(play.state) == ("host", "camera-hall")
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE)))
    play.says(HOST, "announce_bidders")
    assert not may_broadcast(play.state, "bidder-jia")
    given = play.after(5_000).now
    play.says(HOST, "give_floor", participant="bidder-jia")
    shown = view(play.state, YI, Beside(publishing=frozenset({"bidder-jia", "bidder-yi", "host"})))
    assert shown.broadcast == ["bidder-jia", "host"]
    # The recorded bytes keep the sound of who is muted: off the air with all of it.
    muted = play.after(5_000).now
    play.says(SUPERVISOR, "mute", participant="bidder-jia", muted=True)
    assert not may_broadcast(play.state, "bidder-jia")
    heard = play.after(5_000).now
    play.says(SUPERVISOR, "mute", participant="bidder-jia", muted=False)
    ended = play.after(5_000).now
    play.says(OWNER, "suspend", kind="dispute", clause="", reason="争议")
    spans = on_air(entries(play))
    assert spans["bidder-jia"] == ((given, muted), (heard, ended))
    assert spans["host"] == ((DEADLINE, None),)
    air = Air()
    for row in entries(play):
        air.more([row])
    assert air.spans == spans


def test_clause_4_8_nothing_is_on_the_air_while_the_room_is_away() -> None:
    play = Playbook().until_announced(*THREE)
    left, back = play.now, play.now + DAY
    play.says(OWNER, "adjourn", resumes_at=back, reason="改日继续")
    assert on_air_now(play.state) == ()
    play.at(back)
    assert on_air_now(play.state) == ("host",)
    assert on_air(entries(play)) == {"host": ((back, None),)} and left == DEADLINE


def test_clause_6_1_a_bidder_sees_the_hall_and_itself_again_and_staff_all_that_may_be_known() -> None:
    play = Playbook(replace(plan(), cameras=CAMERAS)).until_announced(*THREE)
    play.says(HOST, "give_floor", participant="bidder-yi")
    for seen in ("host", "camera-hall", "bidder-jia"):
        assert may_replay(play.state, JIA, seen)
    play.says(SUPERVISOR, "mute", participant="host", muted=True)
    play.says(SUPERVISOR, "mute", participant="host", muted=False)
    assert not may_replay(play.state, JIA, "host") and may_replay(play.state, CLERK, "host")
    # Its recording holds what the room was never shown, before and after the floor.
    assert not may_replay(play.state, JIA, "bidder-yi")
    for viewer in (HOST, SUPERVISOR, OWNER, CLERK):
        assert may_replay(play.state, viewer, "bidder-yi")
    assert not may_replay(play.state, EVALUATOR, "host")


# recordings made elsewhere


def test_clause_6_1_without_any_recorder_the_project_owner_goes_on_with_a_recording_named_now() -> None:
    play = Playbook().at(MIDNIGHT + HOUR)
    for name in THREE:
        play.sign_in(name)
    play.at(DEADLINE)
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE)))
    assert play.refuses(OWNER, "name_recording", **NAMED) == "recorder_writes"
    play.recorder_writes = False
    assert play.refuses(HOST, "announce_bidders") == "recorder_not_proved"
    assert play.refuses(HOST, "name_recording", **NAMED) == "not_permitted"
    named_at = play.now
    _, entered = play.says(OWNER, "name_recording", **NAMED)
    # The gap stands in the register, and is explained like every entry that the hall makes.
    assert isinstance(entered, e.IncidentRecorded)
    assert (entered.kind, entered.detail) == ("recording_gap", "external-1: 录像服务器故障")
    assert unexplained(play.state) == (1,)
    play.after(20 * MINUTE)
    (announced,) = play.says(HOST, "announce_bidders")
    assert isinstance(announced, e.BiddersAnnounced)
    assert announced.proof == e.RecorderProof("external-1", "", 0, "", named_at)
    (shown,) = view(play.state, CLERK, Beside()).external
    assert (shown.recording, shown.standing, shown.files) == ("external-1", True, [])
    assert view(play.state, JIA, Beside()).external == [] and "RecordingNamed" in kinds(play, JIA)
    assert [g.subject for g in gaps(play.state) if g.code == "recording_unattached"] == ["external-1"]


def test_clause_6_1_a_recorder_that_proves_itself_again_ends_it() -> None:
    play = Playbook().until_announced(*THREE)
    play.recorder_writes = False
    play.says(OWNER, "name_recording", **NAMED)
    play.hall(c.NoteRecheck("1", tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)))
    for name in THREE:
        play.says(bidder(name), "answer_sealing", answer="intact", sha256="00" * 32)
    (declared,) = play.says(HOST, "declare_sealing")
    assert isinstance(declared, e.SealingDeclared) and declared.proof.participant == "external-1"
    play.recorder_writes = True
    play.says(HOST, "command_decryption", minutes=60)
    assert play.state.media.standing == ""
    play.recorder_writes = False
    play.after(HOUR + 1)
    assert play.refuses(HOST, "declare_results") == "recorder_not_proved"


def test_clause_6_1_the_detectors_word_that_it_writes_again_ends_it_too() -> None:
    play = FaultBook().commanded(*THREE)
    play.recorder_writes = False
    play.fault(kind="recorder_silent", start=play.now - MINUTE)
    assert play.state.suspension is not None
    assert len(play.says(OWNER, "name_recording", **NAMED)) == 1  # the register has the gap already
    play.resumed()
    assert play.state.media.standing == "external-1"
    play.hall(c.NoteFaultEnded(1, play.now))
    assert play.state.media.standing == ""
    assert replayed(play) == play.state


def test_clause_6_1_files_follow_by_digest_also_after_the_close_and_of_calls() -> None:
    play = Playbook().until_announced(*THREE)
    play.recorder_writes = False
    play.says(OWNER, "name_recording", **NAMED)
    play.says(CLERK, "log_call", callee="bidder-jia", outcome="reached", text="询问网络")
    file = {**FILE, "from": play.now - MINUTE, "to": play.now}
    assert play.refuses(OWNER, "attach_recording", recording="external-2", **file) == "no_such_recording"
    assert play.refuses(HOST, "attach_recording", recording="external-1", **file) == "not_permitted"
    for wrong in ({"size": 0}, {"to": play.now + 1}, {"from": play.now + 1}):
        code = play.refuses(OWNER, "attach_recording", recording="external-1", **(file | wrong))
        assert code == "bad_recording_times"
    (call,) = play.says(CLERK, "attach_recording", recording="call-1", **file)
    assert isinstance(call, e.RecordingAttached)
    assert [x.recording for x in view(play.state, OWNER, Beside()).calls] == ["call-1"]
    play.recorder_writes = True
    until_record(play)
    play.says(HOST, "close_opening", record_later=True)
    play.hall(c.NoteRoomEmpty())
    closed = play.state.media.closed_at
    play.at(closed + ATTACH_WITHIN)
    play.says(OWNER, "attach_recording", recording="external-1", **file)
    assert play.says(OWNER, "attach_recording", recording="external-1", **file) == []
    named, call_ = view(play.state, SUPERVISOR, Beside()).external
    assert (named.files[0].sha256, call_.recording, call_.name) == (FILE["sha256"], "call-1", "bidder-jia")
    play.after(1)
    later = file | {"sha256": "6b" * 32}
    assert play.refuses(OWNER, "attach_recording", recording="external-1", **later) == "attached_too_late"


# the same person


def with_photo(play: Playbook, name: str, *, compares: bool) -> None:
    photo = base64.b64encode(PHOTO).decode()
    play.says(bidder(name), "sign_in", **PERSON, photo=photo, compares_faces=compares)


def test_clause_5_3_7_a_reference_picture_is_shown_after_the_announcement_to_who_checks() -> None:
    scheduled = plan()
    notary = Appointment(Role.NOTARY, "notary", "公证员", "公证处", staff(Role.NOTARY).certificate)
    play = Playbook(replace(scheduled, staff=(*scheduled.staff, notary))).at(MIDNIGHT + HOUR)
    with_photo(play, "jia", compares=False)
    for name in ("yi", "bing"):
        play.sign_in(name)
    signed = play.events[-3]
    assert isinstance(signed, e.BidderSignedIn) and signed.act.body is None
    assert signed.photo == hashlib.sha256(PHOTO).hexdigest()
    assert not views.may_see_reference(play.state, SUPERVISOR, "jia")
    play.at(DEADLINE)
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE)))
    play.says(HOST, "announce_bidders")
    seen = {
        actor.role: view(play.state, actor, Beside()).lots[0].bidders[0].reference
        for actor in (SUPERVISOR, HOST, staff(Role.NOTARY), OWNER, CLERK, JIA)
    }
    assert {role for role, photo in seen.items() if photo} == {Role.SUPERVISOR, Role.HOST, Role.NOTARY}
    assert views.may_see_reference(play.state, staff(Role.REGULATOR), "jia")
    assert not views.may_see_reference(play.state, OWNER, "jia")


@pytest.mark.parametrize("photo", [b"GIF89a", b"\xff\xd8\xff" + bytes(48 * 1024)])
def test_clause_5_3_7_a_reference_picture_is_a_small_jpeg(photo: bytes) -> None:
    play = Playbook().at(MIDNIGHT + HOUR)
    with pytest.raises(Malformed, match="malformed_act"):
        play.says(JIA, "sign_in", **PERSON, photo=base64.b64encode(photo).decode())


def test_clause_5_3_7_looks_are_due_at_decryption_price_and_objection_and_stop_nothing() -> None:
    play = Playbook().until_commanded(*THREE)
    play.release("jia")
    due = view(play.state, SUPERVISOR, Beside()).checks_due
    assert [(x.participant, x.moment) for x in due] == [("bidder-jia", "decryption")]
    assert view(play.state, HOST, Beside()).checks_due == due
    assert view(play.state, OWNER, Beside()).checks_due == []
    play.says(SUPERVISOR, "check_identity", bidder="jia", result="same_person", text="")
    assert play.state.media.looks  # a look without its moment answers none
    play.says(SUPERVISOR, "check_identity", bidder="jia", result="same_person", text="", moment="decryption")
    assert play.state.media.looks == ()
    play.says(YI, "raise_objection", text="异议")
    # One that fails is an incident and a second chance, and costs nobody anything.
    found = play.says(HOST, "check_identity", bidder="yi", result="not_the_same", text="", moment="objection")
    assert [type(x) for x in found] == [e.IdentityChecked, e.IncidentRecorded]
    assert play.release("yi")
    with pytest.raises(Malformed, match="malformed_act"):
        play.says(HOST, "check_identity", bidder="yi", result="no_camera", text="", moment="x")
    missing = {(g.code, g.subject) for g in gaps(play.state) if not g.blocking}
    assert {("identity_check_due", "yi"), ("identity_unconfirmed", "yi")} <= missing


def test_clause_5_3_7_a_comparison_of_faces_needs_its_own_consent_and_decides_nothing() -> None:
    play = Playbook().at(MIDNIGHT + HOUR)
    with_photo(play, "jia", compares=True)
    with_photo(play, "yi", compares=False)
    play.sign_in("bing")
    play.at(DEADLINE)
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits(*THREE)))
    flagged = c.NoteFace("jia", "decryption", 42, e.Likeness.UNLIKE)
    with pytest.raises(Refused, match="no_such_bidder"):
        play.hall(flagged)
    play.says(HOST, "announce_bidders")
    before = play.state
    play.hall(flagged)
    assert replace(play.state, media=before.media) == before
    with pytest.raises(Refused, match="not_consented"):
        play.hall(c.NoteFace("yi", "decryption", 3, e.Likeness.LIKE))
    (shown,) = view(play.state, SUPERVISOR, Beside()).flags
    assert (shown.participant, shown.score, shown.flag) == ("bidder-jia", 10, "unlike")
    for viewer in (OWNER, ANNOUNCER, JIA, YI):
        assert view(play.state, viewer, Beside()).flags == []
        assert "FaceFlagged" not in kinds(play, viewer)
    assert "FaceFlagged" in kinds(play, SUPERVISOR)


def test_clause_5_3_7_another_representative_brings_its_own_picture_or_none() -> None:
    play = Playbook().at(MIDNIGHT + HOUR)
    with_photo(play, "jia", compares=True)
    play.says(JIA, "replace_representative", **PERSON, letter="cd" * 32)
    person = play.state.signed_in["jia"]
    assert (person.photo, person.compares) == ("", False)


def test_clause_6_1_a_standstill_for_want_of_a_recorder_ends_after_a_recording_was_named() -> None:
    play = FaultBook(with_all_parties()).commanded(*THREE)
    play.recorder_writes = False
    play.fault(kind="recorder_silent", start=play.now - MINUTE)
    assert "name_recording" in view(play.state, OWNER, Beside()).may
    play.says(OWNER, "name_recording", **NAMED)
    play.says(OWNER, "name_recording", **(NAMED | {"name": "摄像机 4 号"}))
    assert play.state.media.standing == "external-2"
    play.resumed()
    assert play.state.suspension is None
    # What the named recording has taken the place of is no fault any more that a later standstill could rest on.
    play.after(MINUTE)
    (suspended, *_) = play.says(HOST, "suspend", kind="network", clause="d", reason="网络中断")
    assert isinstance(suspended, e.Suspended)
    assert (suspended.since, suspended.incident) == (play.now, 0)


def test_clause_6_1_a_recorder_that_wrote_and_fell_silent_again_asks_for_another_name() -> None:
    play = FaultBook().commanded(*THREE)
    play.recorder_writes = False
    play.says(OWNER, "name_recording", **NAMED)
    play.fault(kind="recorder_silent", start=play.now - MINUTE)
    assert play.state.media.standing == ""
