"""The hall's own faults in a whole hall: absences, the reliable test, adjournments, certificates of the day."""

from __future__ import annotations

from pathlib import Path

import pytest

from hall.errors import Refused, Unavailable
from hall.runtime import registry
from hall.runtime.disk import ENOUGH, LOW
from hall.runtime.health import Trouble
from hall.session import events as e
from hall.session.rules import LotStage, Stage
from tests.demo_world import holder
from tests.own_hall import (
    BIDDERS,
    LOT,
    MINUTE,
    OPENING,
    TENDER,
    OwnHall,
    own_hall,
    reopened,
    until_commanded,
    until_released,
)

DAY = 24 * 60 * MINUTE


def copies(hall: OwnHall, sha256: str) -> list[Path]:
    """Both copies of a sealed bid."""
    found = list(hall.directory.rglob(hall.core.sealed.path(sha256).name))
    assert len(found) == 2
    return found


def last(hall: OwnHall, kind: type) -> object:
    return next(event for _, _, event in reversed(hall.room.entries) if isinstance(event, kind))


async def test_clause_4_8_an_absence_in_the_middle_of_a_window_stops_it_and_is_given_back(
    tmp_path: Path,
) -> None:
    async with own_hall(tmp_path) as hall:
        await until_released(hall)
        closes_at = hall.room.state.lots[LOT].closes_at
        left = closes_at - hall.clock.now()
    async with reopened(hall, 90 * MINUTE) as again:  # the window's end lay in the absence
        await again.until("Suspended")
        lot = again.room.state.lots[LOT]
        assert lot.stage is LotStage.DECRYPTION
        assert "WindowClosed" not in again.kinds()
        suspended = again.room.state.suspension
        assert suspended is not None
        incident = again.room.state.incidents[suspended.began.incident - 1]
        assert (incident.kind, incident.clause, incident.subject) == ("server_restart", "a", "")
        assert incident.end is not None
        assert incident.start is not None
        assert incident.end - incident.start >= 90 * MINUTE
        with pytest.raises(Refused, match="suspended"):
            await again.release("b4")

        again.after(16 * MINUTE)  # nobody answered the consultation
        await again.until("ConsultationAnswered", 3)
        await again.act("host", "request_test")
        again.media.begin(OPENING, "host")
        again.media.write()
        await again.until("ReliableTestDone")
        done = last(again, e.ReliableTestDone)
        assert isinstance(done, e.ReliableTestDone)
        assert {check.name: check.passed for check in done.checks} == dict.fromkeys(
            ("journal", "storage", "clock", "recorder", "sealing", "call"), True
        ), done
        await again.act("host", "resume", minutes=5)
        again.after(5 * MINUTE)
        await again.until("Resumed")
        ends_at = again.room.state.lots[LOT].closes_at
        assert ends_at is not None
        assert abs(ends_at - last(again, e.Resumed).at - left) < 10_000
        await again.release("b4")
        assert again.room.state.lots[LOT].stage is not LotStage.CHECKED


async def test_clause_4_8_a_a_broken_part_fails_the_reliable_test_and_is_named(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await until_commanded(hall)
        await hall.act("host", "suspend", kind="system", clause="a", reason="系统缓慢")

        async def silent() -> None:
            raise Unavailable("test_call_failed")

        hall.media.test_call = silent  # type: ignore[method-assign]
        deposit = hall.room.state.deposit(LOT, "b2")
        for copy in copies(hall, deposit.sha256):
            copy.write_bytes(b"\0" + copy.read_bytes()[1:])
        await hall.act("host", "request_test")
        await hall.until("ReliableTestDone")
        done = last(hall, e.ReliableTestDone)
        assert isinstance(done, e.ReliableTestDone)
        failed = {check.name: check.detail for check in done.checks if not check.passed}
        assert (failed.pop("call"), failed.pop("storage")) == ("test_call_failed", "damaged: b2")
        assert set(failed) <= {"recorder"}
        assert not done.passed


async def test_clause_4_7_b_a_bid_that_the_hall_lost_is_told_and_never_waited_for(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await until_commanded(hall)
        deposit = hall.room.state.deposit(LOT, "b2")
        for copy in copies(hall, deposit.sha256):
            copy.unlink()
        await hall.release("b2")
        await hall.until("BidOpenFailed")
        failed = last(hall, e.BidOpenFailed)
        assert isinstance(failed, e.BidOpenFailed)
        assert (failed.bidder, failed.code) == ("b2", "not_the_deposit")
        assert any(
            i.clause == "b" and "b2" in (*i.scope, i.subject.removeprefix("bidder-"))
            for i in hall.room.state.incidents
        )


async def test_one_damaged_copy_is_mended_before_the_bid_is_opened(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await until_commanded(hall)
        path = hall.core.sealed.path(hall.room.state.deposit(LOT, "b2").sha256)
        path.write_bytes(b"\0" + path.read_bytes()[1:])
        await hall.release("b2")
        await hall.until("BidOpened")


async def test_clause_4_8_a_certificate_that_expired_over_the_days_releases_for_this_opening(
    tmp_path: Path,
) -> None:
    async with own_hall(tmp_path) as hall:
        for who in BIDDERS:
            await hall.deposit(who)
        for who in BIDDERS[:3]:
            await hall.sign_in(who)
        hall.after(60 * MINUTE)
        await hall.until("DepositsHandedOver")
        await hall.act("host", "announce_bidders")
        await hall.until("SealingRechecked")
        for who in BIDDERS[:3]:
            sha256 = hall.room.state.deposit(LOT, who).sha256
            await hall.act(who, "answer_sealing", answer="intact", sha256=sha256)
        await hall.act("host", "declare_sealing")
        await hall.act("host", "command_decryption", minutes=60)
        tapes = hall.media.tapes
        back = hall.clock.now() + 740 * DAY
        await hall.act("procuring_entity", "adjourn", resumes_at=back, reason="连日暴雨")
        await hall.until("AdjournmentRechecked")
        hall.after(735 * DAY)
        person = await hall.login("b1")
        assert person.only == frozenset({OPENING})
        with pytest.raises(Refused, match="certificate_expired"):
            await hall.core.desk.begin_upload("T1", LOT, person, 9, "ab" * 32)
        with pytest.raises(Refused, match="certificate_expired"):
            await hall.login("b4")  # it deposited, and never signed in
        assert hall.media.tapes == {}, "recording pauses while nobody is in the room"
        hall.after(5 * DAY)
        await hall.until("AdjournmentRechecked", 2)
        await hall.until("Resumed")
        assert set(hall.media.tapes) == {"host"}
        assert tapes
        await hall.release("b1")
        await hall.until("BidOpened")


async def test_only_a_long_stall_stops_an_opening_and_no_entry_names_a_bidder(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await until_commanded(hall)
        faults, now = hall.core.registry.opening(OPENING).faults, hall.clock.now()
        before = len(hall.room.state.incidents)
        faults.trouble(Trouble("server_stall", now - 2_500, now, "2500 ms"))
        faults.trouble(Trouble("clock_step", now - 1_000, now, "5000 ms"))
        await hall.until("IncidentRecorded", before + 2)
        assert hall.room.state.suspension is None
        faults.trouble(Trouble("node_network", now - 500, None, "no carrier: eth0"))
        await hall.until("Suspended")
        faults.trouble(Trouble("node_network", now - 500, now, "no carrier: eth0"))
        await hall.until("FaultEnded")
        entries = hall.room.state.incidents[before:]
        assert [(i.kind, i.clause, i.subject, i.scope) for i in entries] == [
            ("server_stall", "", "", ()),
            ("clock_step", "", "", ()),
            ("node_network", "a", "", ()),
        ]


async def test_clause_4_9_only_a_proven_revocation_refuses(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.deposit("b1")
        await hall.sign_in("b1")
        hall.core.trust._known.clear()
        hall.core.trust._crl_files = ()
        hall.after(11 * MINUTE)
        await hall.login("b1")
        await hall.login("host")
        await hall.until("IncidentRecorded")
        (unknown,) = [i for i in hall.room.state.incidents if i.kind == "revocation_unknown"]
        assert (unknown.clause, unknown.subject) == ("f", "")
        assert unknown.detail != ""
        hall.core.desk.revocations._revoked.add(holder("b1").certificate.sha256)
        with pytest.raises(Refused, match="certificate_revoked"):
            await hall.act("b1", "report_fault", text="")
        assert hall.room.state.stage is Stage.SIGN_IN


async def test_clause_4_1_what_the_time_service_says_is_signed_along_at_each_milestone(
    tmp_path: Path,
) -> None:
    async with own_hall(tmp_path) as hall:
        await until_commanded(hall)
        await hall.core.registry.close()
        marks = await hall.core.journal.checkpoints(TENDER)
        assert marks
        assert all("\ntime service " in mark.note for mark in marks)


async def test_little_room_on_a_disk_is_put_down_and_nothing_stops_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "LOOK_EVERY", 0.05)
    async with own_hall(tmp_path) as hall:
        await until_commanded(hall)
        low = hall.core.registry._warning
        low.free = lambda: low.low - 1
        await hall.until("IncidentRecorded")
        low.free = lambda: low.enough
        await hall.until("FaultEnded")
        (entry,) = [i for i in hall.room.state.incidents if i.kind == "disk_low"]
        assert entry.end is not None
        assert hall.room.state.suspension is None


async def test_clause_4_7_a_a_full_disk_stops_the_opening_and_its_end_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "LOOK_EVERY", 0.05)
    async with own_hall(tmp_path) as hall:
        await until_commanded(hall)
        hall.core.registry._disk.free = lambda: LOW - 1
        await hall.until("Suspended")
        assert hall.room.state.suspension is not None
        assert hall.room.state.suspension.began.clause == "a"
        hall.core.registry._disk.free = lambda: ENOUGH
        await hall.until("FaultEnded")
        (entry,) = [i for i in hall.room.state.incidents if i.kind == "disk_full"]
        assert entry.end is not None
