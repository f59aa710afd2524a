"""An ordinary opening, told as a conversation."""

from __future__ import annotations

from hall.procurement.parties import Role
from hall.procurement.tender import MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.duties import (
    CompleteRecord,
    Disclose,
    OpenBid,
    PrepareRecord,
    RecheckSealing,
    StopRecorder,
    duties,
)
from hall.session.rules import LotStage, Stage
from tests.playbook import (
    ANNOUNCER,
    CLERK,
    DEADLINE,
    HOST,
    MIDNIGHT,
    OWNER,
    SCRUTINEER,
    Playbook,
    bidder,
    replayed,
)


def test_an_ordinary_opening_from_sign_in_to_the_empty_room() -> None:
    play = Playbook()

    # The evening before nobody can sign in; at midnight the window opens and the recorder starts by itself.
    assert play.refuses(bidder("jia"), "sign_in", **PERSON) == "sign_in_not_open"
    play.at(MIDNIGHT)
    assert play.state.recording

    play.at(DEADLINE - 20 * MINUTE)
    for name in ("jia", "yi", "bing"):
        assert isinstance(play.sign_in(name)[0], e.BidderSignedIn)
    assert play.refuses(HOST, "announce_bidders") == "not_now"

    # The deadline passes by itself; tendering hands its closed list over; only then can the host announce.
    play.at(DEADLINE)
    assert play.state.stage is Stage.DEADLINE
    assert play.refuses(HOST, "announce_bidders") == "deposits_not_closed"
    play.hall(c.HandOverDeposits("ef" * 32, play.deposits("jia", "yi", "bing")))
    (announced,) = play.says(HOST, "announce_bidders")
    assert isinstance(announced, e.BiddersAnnounced)
    assert announced.bidders == ("jia", "yi", "bing")

    # The stored bids are hashed again now, each bidder looks at its own, the host declares.
    (recheck,) = [duty for duty in duties(play.state) if isinstance(duty, RecheckSealing)]
    play.hall(c.NoteRecheck("1", tuple(e.Rechecked(d.bidder, d.sha256, True) for d in recheck.deposits)))
    for name in ("jia", "yi"):
        play.says(bidder(name), "answer_sealing", answer="intact", sha256="00" * 32)
    assert play.refuses(HOST, "declare_sealing") == "sealing_answers_missing"
    play.says(bidder("bing"), "answer_sealing", answer="intact", sha256="00" * 32)
    play.says(HOST, "declare_sealing")

    # The command opens the window; a bidder's own release opens its own bid, and nobody sees a price.
    play.says(HOST, "command_decryption", minutes=60)
    for name in ("jia", "yi", "bing"):
        play.after(MINUTE)
        assert isinstance(play.release(name)[0], e.ReleaseReceived)
    play.hall(c.Tick())
    closed = play.state.lots["1"].closed
    assert closed is not None and closed.early
    owed = {duty.bidder for duty in duties(play.state) if isinstance(duty, OpenBid)}
    assert owed == {"jia", "yi", "bing"}
    assert not any(isinstance(duty, Disclose) for duty in duties(play.state))
    for name in ("jia", "yi", "bing"):
        play.hall(c.NoteBidOpened("1", name, "11" * 32))

    # The results of the decryption are checked by each bidder and declared; only then is the disclosure owed.
    assert not any(isinstance(duty, Disclose) for duty in duties(play.state))
    play.until_results("jia", "yi", "bing")
    assert Disclose("1", ("jia", "yi", "bing")) in duties(play.state)
    play.hall(c.DisclosePrices("1", tuple(play.bid(name) for name in ("jia", "yi", "bing"))))

    # Read-out, confirmation, one objection and its answer.
    for name in ("jia", "yi", "bing"):
        play.says(ANNOUNCER, "read_out", bidder=name)
        play.says(bidder(name), "confirm_price", answer="confirmed", price="123456.78")
    play.says(HOST, "open_objections")
    play.says(bidder("yi"), "raise_objection", text="对工期的宣读有异议")
    assert play.refuses(HOST, "close_objections") == "objections_unanswered"
    play.says(OWNER, "answer_objection", objection=1, outcome="rejected", text="与投标文件一致")
    assert play.refuses(HOST, "close_objections") == "objection_period_running"
    play.after(5 * MINUTE)
    play.says(HOST, "close_objections")
    assert play.state.lots["1"].stage is LotStage.DONE

    # The procuring entity signs the register, empty though it is; then the record is owed, prepared, signed by three in
    # their order, completed.
    assert PrepareRecord() not in duties(play.state)
    play.sign_register()
    assert PrepareRecord() in duties(play.state)
    play.hall(c.NoteRecordPrepared("01" * 32, "02" * 32, 40, "03" * 32))
    assert play.refuses(HOST, "close_opening", record_later=False) == "record_not_complete"
    revision = "01" * 32
    for number, signer in enumerate((OWNER, SCRUTINEER, CLERK), start=4):
        after = f"{number:02x}" * 32
        play.hall(c.NoteRecordSigned(revision, signer.role.value, signer.name, signer.certificate, after))
        revision = after
    assert CompleteRecord(revision) in duties(play.state)
    play.hall(c.NoteRecordCompleted("09" * 32))

    # The host declares the end; bidders leave; the recorder stops after them.
    play.says(HOST, "close_opening", record_later=False)
    assert StopRecorder() not in duties(play.state)
    play.after(MINUTE)
    play.hall(c.NoteRoomEmpty())
    assert StopRecorder() in duties(play.state)
    play.hall(c.NoteRecordingHeads((), final=True))

    assert play.state.stage is Stage.CLOSED
    assert not duties(play.state)
    assert replayed(play) == play.state
    assert {s.role for s in play.state.record.signed} == {
        Role.PROCURING_ENTITY,
        Role.SCRUTINEER,
        Role.CLERK,
    }


PERSON = {
    "representative": "王小明",
    "identity": "1403**********1234",
    "phones": ["13800000000"],
    "acts_for_bidder": True,
    "salt": "ab" * 16,
}
