"""Recordings in a whole hall: who may see them when, what is noted of it, clips with proofs, holds and erasure."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hall import wire
from hall.cli import main
from hall.client.keys import Context, Identity
from hall.errors import HallError, NotPermitted, Refused
from hall.evidence.bundle import read_anchors
from hall.evidence.clips import verify_clip
from hall.evidence.verdicts import Status
from hall.evidence.verify import verify
from hall.keeping import events as e
from hall.procurement import canonical
from hall.procurement.parties import Actor, Role
from hall.recording.manifest import GENESIS, chained
from hall.runtime.library import Wanted
from hall.runtime.media_ports import Clip
from tests.demo_world import holder
from tests.own_hall import BIDDERS, MINUTE, OPENING, TENDER, OwnHall, own_hall, play, reopened

YEAR = 366 * 24 * 60 * MINUTE
EVERYTHING = Wanted()
EVALUATOR = Actor(Role.EVALUATOR, "experts", "评委", "ee" * 32)


async def keep(hall: OwnHall, who: str, kind: str, **body: object) -> wire.Ack:
    """`who` signs an act about the recordings and sends it now."""
    one = holder(who)
    context = Context("hall.localhost", tender=TENDER, opening=OPENING)
    act = Identity(one.certificate, one.key).sign_act(
        kind, context, hall.core.desk.nonce(one.certificate.sha256), body
    )
    keeper, now = hall.core.keeper, hall.clock.now()
    return await keeper.act(OPENING, act, one.certificate.der, hall.actor(who), now)


async def kept(hall: OwnHall) -> list[Any]:
    """What was done with the recordings so far."""
    return [event for _, event in await hall.core.keeper.history(OPENING)]


def seen(hall: OwnHall, actor: Actor, wanted: Wanted = EVERYTHING) -> list[str]:
    """Whose recordings the actor finds."""
    return sorted({str(one["participant"]) for one in hall.core.library.files(OPENING, actor, wanted)})


async def refused(hall: OwnHall, actor: Actor, participant: str, file: str = "001.mp4") -> list[object]:
    """How everything about one participant's recordings is refused."""
    library, told = hall.core.library, list[object]()
    for ask in (
        lambda: library.media(OPENING, participant, file, actor),
        lambda: library.index(OPENING, participant, file, actor, 0, 0),
        lambda: library.looks(OPENING, actor, [participant], 0, 1),
        lambda: library.export(OPENING, actor, [participant], 0, 1 << 50),
        lambda: library.coverage(OPENING, actor, Wanted(participant=participant)),
    ):
        with pytest.raises(HallError) as error:
            await ask()
        told.append((type(error.value), error.value.code, error.value.facts))
    return told


async def gathered(hall: OwnHall) -> None:
    """All bidders are in the room and on record; the deadline has passed, and nobody is announced yet."""
    for who in BIDDERS:
        await hall.deposit(who)
        await hall.sign_in(who)
    hall.after(1_000)
    hall.media.write()
    hall.after(60 * MINUTE)
    await hall.until("DepositsHandedOver")


async def test_before_the_announcement_nobody_learns_of_anybodys_recordings(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await gathered(hall)
        library = hall.core.library
        for who in ("supervisor", "host", "procuring_entity", "b1"):
            actor = hall.actor(who)
            assert seen(hall, actor) == ["host"]
            assert [one["participant"] for one in await library.coverage(OPENING, actor, EVERYTHING)] == [
                "host"
            ]
            there = await refused(hall, actor, "bidder-b2")
            assert there == await refused(hall, actor, "bidder-b99")
            assert there == await refused(hall, actor, "bidder-b2", "099.mp4")
            assert {code for _, code, _ in there} == {"may_not_watch"}
            with pytest.raises(Refused, match="not_now"):
                await library.export(OPENING, actor, ["host"], 0, 1 << 50)
            if who != "b1":  # which knows when it has signed in itself
                with pytest.raises(Refused, match="no_such_event"):
                    library.files(OPENING, actor, Wanted(event="BidderSignedIn..DeadlinePassed"))
        # The host's own picture can be rewound while it is live.
        assert (await library.index(OPENING, "host", "001.mp4", hall.actor("b1"), 0, 0)).fragments
        assert await library.media(OPENING, "host", "001.mp4", hall.actor("b1"))
        for code in {code for _, code, _ in await refused(hall, EVALUATOR, "host")}:
            assert code == "not_permitted"


async def test_after_it_a_bidder_sees_the_hall_and_itself_and_staff_sees_all(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await gathered(hall)
        await hall.act("host", "announce_bidders")
        everybody = sorted([*(f"bidder-{who}" for who in BIDDERS), "host"])
        for who in ("supervisor", "host", "clerk"):
            assert seen(hall, hall.actor(who)) == everybody
        assert seen(hall, hall.actor("b1")) == ["bidder-b1", "host"]
        assert {code for _, code, _ in await refused(hall, hall.actor("b1"), "bidder-b2")} == {
            "may_not_watch"
        }
        assert await refused(hall, hall.actor("b1"), "bidder-b2") == await refused(
            hall, hall.actor("b1"), "bidder-b99"
        )
        with pytest.raises(NotPermitted, match="no_such_media_file"):
            await hall.core.library.media(OPENING, "bidder-b2", "099.mp4", hall.actor("host"))
        with pytest.raises(NotPermitted):
            await hall.core.library.keeping(OPENING, hall.actor("b1"))
        mine = {
            one["participant"]: (one["mine"], one["name"])
            for one in await hall.core.library.coverage(OPENING, hall.actor("b1"), EVERYTHING)
        }
        assert mine["bidder-b1"][0] is True
        assert mine["host"] == (False, holder("host").identity.name)


async def test_a_look_is_noted_by_the_page_and_where_it_is_silent_by_the_hall(tmp_path: Path) -> None:
    async with own_hall(tmp_path) as hall:
        await gathered(hall)
        library, supervisor = hall.core.library, hall.actor("supervisor")
        await library.looks(OPENING, supervisor, ["host"], 5, 6)
        await library.looks(OPENING, supervisor, ["host"], 7, 8)
        for _ in range(3):
            await library.media(OPENING, "host", "001.mp4", supervisor)
        hash_of = holder("supervisor").certificate.sha256
        assert await kept(hall) == [e.RecordingsViewed(supervisor.key, hash_of, ("host",), 5, 6)]
        hall.after(5 * MINUTE)
        await library.media(OPENING, "host", "001.mp4", supervisor)
        await library.media(OPENING, "host", "001.mp4", supervisor)
        await library.media(OPENING, "host", "001.mp4", hall.actor("b1"))
        told = await kept(hall)
        assert [one.by for one in told[1:]] == [supervisor.key, hall.actor("b1").key]
        assert told[1].start < told[1].end
        rows = await hall.core.journal.load(f"keeping/{OPENING}")
        assert {row.actor for row, _ in rows} == {"system"}, "nothing stands under a name that signed nothing"


async def test_clause_6_1_a_clip_proves_itself_and_one_changed_byte_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hall").mkdir()
    async with own_hall(tmp_path / "hall") as hall:
        await gathered(hall)
        await hall.act("host", "announce_bidders")
        hall.after(10_000)
        await hall.until("RecordingHeads", hall.kinds().count("RecordingHeads") + 1)
        library, supervisor = hall.core.library, hall.actor("supervisor")
        moments = Wanted(event="SignInOpened..BiddersAnnounced")
        start, end = library.interval(OPENING, supervisor, moments)
        clip = await library.export(OPENING, supervisor, ["host", "bidder-b1"], start, end)
        assert await library.exported(OPENING, clip.sha256, supervisor) == clip.path
        with pytest.raises(NotPermitted, match="no_such_export"):
            await library.exported(OPENING, clip.sha256, hall.actor("clerk"))
        [told] = await kept(hall)
        assert (told.by, told.sha256, told.size) == (supervisor.key, clip.sha256, clip.size)
        assert told.participants == ("bidder-b1", "host")
        with pytest.raises(Refused, match="nothing_recorded"):
            await library.export(OPENING, supervisor, ["host"], 1, 2)
        trust = hall.core.archive.trust(supervisor)
        check_clip(clip, trust, tmp_path)
        nobody_who_signs_for_the_hall_can_change_it(hall, clip, trust, tmp_path / "forged.zip")
        (tmp_path / "trust.json").write_text(json.dumps(trust))
        command = ["recordings", "verify", "--trust", str(tmp_path / "trust.json")]
        assert main([*command, str(clip.path)]) == 0
        assert "verdict: accepted" in capsys.readouterr().out
        assert main([*command, str(tmp_path / "altered.zip")]) == 1
        assert "verdict: refused" in capsys.readouterr().out
        # The directory of a hall that runs is checked beside it, journal and all.
        assert main(["recordings", "verify", str(tmp_path / "hall/data")]) == 0
        assert capsys.readouterr().out.count("stands under the journal’s head") == 5
        # A head that is not there yet proves nothing, and the verifier says so.
        hall.media.write()
        fresh = await library.export(OPENING, hall.actor("b1"), ["bidder-b1"], end, 1 << 50)
        [one] = verify_clip(fresh.path, read_anchors(trust)).files
        assert (one.participant, one.status) == ("bidder-b1", Status.ASSERTED)


async def test_an_erasure_that_a_crash_cut_short_is_done_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with own_hall(tmp_path) as hall:
        await hall.sign_in("b1")
        monkeypatch.setattr(hall.core.keeper, "kept_until", lambda opening: hall.clock.now() - MINUTE)
        await keep(hall, "supervisor", "hold_recordings", reason="投诉待查")
        with pytest.raises(Refused, match="legal_hold"):
            await keep(hall, "procuring_entity", "erase_recordings", reason="期满")
        await keep(hall, "supervisor", "lift_hold", hold=1, reason="已查明")
        with pytest.raises(Refused, match="wrong_tender"):
            await forged(hall, tender="T2")
        with pytest.raises(Refused, match="act_for_another_opening"):
            await forged(hall, opening="O2")
        monkeypatch.setattr(hall.core.keeper, "_eraser", Stuck())
        ack = await keep(hall, "procuring_entity", "erase_recordings", reason="期满")
        assert ack.events == ["ErasureOrdered"]
        kinds = [type(one).__name__ for one in await kept(hall)]
        assert kinds == ["HoldPlaced", "ErasureRefused", "HoldLifted", "ErasureOrdered"]
        media = sorted((tmp_path / "data/recordings" / OPENING).glob("*/*.mp4"))
        assert media
    async with reopened(hall, 1_000) as again:  # the disk did not answer, and then the hall was killed
        for task in tuple(again.core.keeper._erasing.values()):
            await task
        assert (await again.core.keeper.state(OPENING)).erased is not None
        assert not any(path.exists() for path in media)
        with pytest.raises(Refused, match="recordings_erased"):
            await again.core.library.looks(OPENING, again.actor("clerk"), ["host"], 0, 1)


@pytest.mark.long
@pytest.mark.timeout(180)
async def test_clause_6_1_recordings_are_held_and_erased_in_their_time(tmp_path: Path) -> None:
    """One opening, played to its end, and fifteen years."""
    async with own_hall(tmp_path) as hall:
        with pytest.raises(Refused, match="not_closed_yet"):
            await keep(hall, "procuring_entity", "erase_recordings", reason="期满")
        await play(hall)
        supervisor = hall.actor("supervisor")
        await hall.core.library.looks(OPENING, supervisor, ["host"], 5, 6)
        await hall.core.library.export(OPENING, supervisor, ["host"], 0, 1 << 50)
        await keep(hall, "supervisor", "hold_recordings", reason="投诉待查")
        office, reader = hall.core.post_office, await hall.login("b1")
        der, notice = holder("b1").certificate.der, str(office.inbox(reader)[0]["notice"])
        await office.read(reader, notice, None, der, hall.clock.now())
        # What was seen, taken and held travels with the next bundle, and stands the test.
        (tmp_path / "data/bundles" / f"{OPENING}.zip").unlink()
        bundle, trust = (
            await hall.core.archive.bundle(OPENING, supervisor),
            hall.core.archive.trust(supervisor),
        )
        result = await asyncio.to_thread(verify, bundle, read_anchors(trust))
        assert result.ok, [v for v in result.verdicts if v.faults]
        await nothing_is_erased_too_early(hall)
        await keep(hall, "procuring_entity", "erase_recordings", reason="期满")
        for task in tuple(hall.core.keeper._erasing.values()):
            await task
        assert not list((tmp_path / "data/recordings" / OPENING).glob("*/*.mp4"))
        # What is left proves that it was there, and that it went as it had to.
        later = await hall.core.archive.bundle(OPENING, supervisor)
        result = await asyncio.to_thread(verify, later, read_anchors(trust))
        assert result.ok, [v for v in result.verdicts if v.faults]


class Stuck:
    """A disk that does not answer."""

    def erase(self, opening: str) -> tuple[bool, int]:
        raise OSError(f"{opening}: the disk does not answer")


async def nothing_is_erased_too_early(hall: OwnHall) -> None:
    until = hall.core.keeper.kept_until(OPENING)
    assert until is not None
    assert 15 * 365 * 24 * 60 * MINUTE < until - hall.clock.now() < 15 * YEAR
    with pytest.raises(Refused, match="retention_runs"):
        await keep(hall, "procuring_entity", "erase_recordings", reason="腾空间")
    hall.clock.advance(15 * YEAR)
    with pytest.raises(Refused, match="legal_hold"):
        await keep(hall, "procuring_entity", "erase_recordings", reason="期满")
    await keep(hall, "supervisor", "lift_hold", hold=1, reason="已查明")
    kinds = [type(one).__name__ for one in await kept(hall)]
    assert kinds[-3:] == ["ErasureRefused", "ErasureRefused", "HoldLifted"]


def check_clip(clip: Clip, trust: dict[str, object], directory: Path) -> None:
    result = verify_clip(clip.path, read_anchors(trust))
    assert result.ok, result
    assert {one.status for one in result.files} == {Status.PROVED}
    assert [one.participant for one in result.files] == ["bidder-b1", "host"]
    assert {one.status for one in verify_clip(clip.path, None).files} == {Status.ASSERTED}
    with zipfile.ZipFile(clip.path) as whole:
        names = set(whole.namelist())
        assert "招标项目" in whole.read("README.md").decode()
        head = json.loads(whole.read("clip.json"))
        assert (head["tender"], head["exported_by"]["role"]) == (TENDER, "supervisor")
    assert {name.partition("/")[0] for name in names} == {
        "clips",
        "index",
        "proofs.jsonl",
        "README.md",
        "clip.json",
    }
    data = clip.path.read_bytes()
    altered = directory / "altered.zip"
    for place in range(0, len(data), len(data) // 40):
        altered.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert not passes(altered, trust), place
    for name in sorted(names - {"clip.json"}):  # changed inside, with the frame of the ZIP put right again
        rewritten(clip.path, altered, name)
        assert not passes(altered, trust), name


def nobody_who_signs_for_the_hall_can_change_it(
    hall: OwnHall, clip: Clip, trust: dict[str, object], forged: Path
) -> None:
    """Whoever holds the log key signs another clip.json; what the journal says of the recording stays."""

    def told(change: Callable[[dict[str, bytes]], None]) -> str:
        with zipfile.ZipFile(clip.path) as old:
            members = {one: old.read(one) for one in old.namelist()}
        change(members)
        head = json.loads(members.pop("clip.json"))
        del head["signature"]
        head["members"] = [
            {"path": one, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for one, data in sorted(members.items())
        ]
        members["clip.json"] = canonical.dumps(
            {**head, "signature": hall.core.desk._seals.sign("clip", head)}
        )
        with zipfile.ZipFile(forged, "w", zipfile.ZIP_STORED) as new:
            for one, data in members.items():
                new.writestr(one, data)
        result = verify_clip(forged, read_anchors(trust))
        return "\n".join([*result.faults, *(fault for one in result.files for fault in one.faults)])

    def other_row(members: dict[str, bytes]) -> None:
        members["proofs.jsonl"] = members["proofs.jsonl"].replace(b'"final":false', b'"final":true')

    def other_media(members: dict[str, bytes]) -> None:
        index, old = members["index/host/001.index.jsonl"], members["clips/host-001.mp4"]
        members["clips/host-001.mp4"] = new = old[:-1] + bytes([old[-1] ^ 1])
        claims = json.loads(members["clip.json"])["clips"]
        last = next(one["last"] for one in claims if one["participant"] == "host")
        lines, chain = [], GENESIS
        for raw in index.splitlines():
            line = json.loads(raw)
            if line["kind"] == "fragment" and line["n"] == last:
                line["plain"] = hashlib.sha256(new[-line["length"] :]).hexdigest()
            chain = line["chain"] = chained(chain, line)
            lines.append(canonical.dumps(line) + b"\n")
        members["index/host/001.index.jsonl"] = b"".join(lines)

    assert told(lambda members: None) == ""
    assert "does not stand under the signed checkpoint" in told(other_row)
    assert told(other_media) == "clips/host-001.mp4: does not stand under its journalled head"


def passes(path: Path, trust: dict[str, object]) -> bool:
    """Whether the verifier takes it for what it was: the frame of a ZIP has bytes that mean nothing."""
    try:
        result = verify_clip(path, read_anchors(trust))
    except HallError:
        return False
    with zipfile.ZipFile(path) as now:
        try:
            same = all(now.read(name) for name in now.namelist())
        except zipfile.BadZipFile:
            same = False
    return result.ok and not same


def rewritten(source: Path, target: Path, name: str) -> None:
    """The same clip with one byte of one member changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for one in old.infolist():
            data = old.read(one)
            if one.filename == name:
                data = data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]
            new.writestr(one, data)


async def forged(hall: OwnHall, **context: str) -> None:
    """An act for something else, sent here."""
    one = holder("procuring_entity")
    named = {"tender": TENDER, "opening": OPENING} | context
    nonce = hall.core.desk.nonce(one.certificate.sha256)
    act = Identity(one.certificate, one.key).sign_act(
        "erase_recordings", Context("hall.localhost", **named), nonce, {"reason": "期满"}
    )
    actor, now = hall.actor("procuring_entity"), hall.clock.now()
    await hall.core.keeper.act(OPENING, act, one.certificate.der, actor, now)
