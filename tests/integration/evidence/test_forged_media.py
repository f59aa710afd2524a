"""Well-formed lies about picture and sound: each is refused under the clause that it breaks (clauses 4.4, 5.3.7, 6.1).
How the forger works: `test_forged_bundles`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hall.evidence.verdicts import Status
from hall.evidence.verify import verify
from tests.forger import Forger
from tests.integration.evidence.conftest import Honest

pytestmark = pytest.mark.timeout(300)

Judged = Callable[[Forger], dict[str, str]]


@pytest.fixture
def honest(played: Callable[[str], Honest]) -> Honest:
    return played("recorded_elsewhere")


@pytest.fixture
def forger(honest: Honest) -> Forger:
    return honest.forger()


@pytest.fixture
def judged(honest: Honest, tmp_path: Path) -> Judged:
    """Write the forgery and judge it by the published anchors."""

    def judge(forger: Forger) -> dict[str, str]:
        result = verify(forger.write(tmp_path / "forged.zip"), honest.anchors)
        return {v.clause: "; ".join(v.faults) for v in result.verdicts if v.status is Status.FAILED}

    return judge


def breaks(clause: str, fault: str, found: dict[str, str]) -> None:
    """The clause is refused with this fault; the record, which was not made anew, may contradict the rows too."""
    assert fault in found.get(clause, ""), found


def test_the_reader_is_told_what_was_recorded_elsewhere(honest: Honest) -> None:
    notes = verify(honest.bundle, honest.anchors).notes
    told = "recorded elsewhere: external-1 (备用摄像机, 档案室硬盘 7 号): 1 of its files attached"
    assert told in notes


# 4.4 the floor


def test_4_4_a_floor_that_nobody_gave(forger: Forger, judged: Judged) -> None:
    forger.row("FloorGiven", cause="offline")["body"]["participant"] = "bidder-b2"
    breaks("4.4", "given by nobody", judged(forger))


def test_4_4_a_floor_taken_from_somebody_who_was_there(forger: Forger, judged: Judged) -> None:
    forger.remove(forger.row("PresenceChanged", participant="bidder-b1"))
    breaks("4.4", "taken from somebody who was there", judged(forger))


def test_4_4_a_hand_that_another_raised(forger: Forger, judged: Judged) -> None:
    forger.row("HandRaised")["body"]["participant"] = "bidder-b2"
    breaks("4.4", "told of another than its signer", judged(forger))


# 5.3.7 one and the same person


def test_5_3_7_a_look_that_answers_what_never_happened(forger: Forger, judged: Judged) -> None:
    look = forger.row("IdentityChecked")
    look["body"]["moment"] = "objection"
    forger.resign(look, body={"moment": "objection"})
    breaks("5.3.7", "answers a look that was not due", judged(forger))


def test_5_3_7_a_look_told_of_another_moment_than_its_signer_said(forger: Forger, judged: Judged) -> None:
    forger.row("IdentityChecked")["body"]["moment"] = ""
    breaks("5.3.7", "its signer said something else (moment)", judged(forger))


def test_5_3_7_a_failed_look_that_stands_in_no_register(forger: Forger, judged: Judged) -> None:
    look = forger.row("IdentityChecked")
    look["body"]["result"] = "not_the_same"
    forger.resign(look, body={"result": "not_the_same"})
    breaks("5.3.7", "failed and stands in no register", judged(forger))


def test_5_3_7_a_look_before_the_announcement(forger: Forger, judged: Judged) -> None:
    forger.move(forger.row("IdentityChecked"), forger.at(forger.row("BiddersAnnounced")))
    breaks("5.3.7", "before the announcement", judged(forger))


def test_5_3_7_a_comparison_of_somebody_who_had_not_consented(forger: Forger, judged: Judged) -> None:
    forger.row("FaceFlagged")["body"]["bidder"] = "b2"
    breaks("5.3.7", "had not consented", judged(forger))


def test_5_3_7_a_takeover_without_an_act(forger: Forger, judged: Judged) -> None:
    forger.row("PresenceChanged")["body"]["proofs"] = ["takeover:" + "ab" * 32]
    breaks("5.3.7", "taken over without an act", judged(forger))


# 6.1 recordings


def test_6_1_a_step_upon_a_recording_that_was_named_later(forger: Forger, judged: Judged) -> None:
    announced = forger.at(forger.row("BiddersAnnounced"))
    forger.move(forger.row("RecordingNamed"), announced)
    breaks("6.1", "that nobody had named", judged(forger))


def test_6_1_a_gap_that_was_kept_out_of_the_register(forger: Forger, judged: Judged) -> None:
    forger.row("IncidentRecorded", kind="recording_gap")["body"]["kind"] = "other"
    breaks("6.1", "its gap stands in no register", judged(forger))


def test_6_1_a_step_upon_a_recording_that_a_recorder_had_replaced(forger: Forger, judged: Judged) -> None:
    earlier = forger.row("BiddersAnnounced")["body"]["proof"]
    forger.row("ResultsDeclared")["body"]["proof"] = dict(earlier)
    breaks("6.1", "or that had ended", judged(forger))


def test_6_1_a_step_proved_by_a_bidders_own_picture(forger: Forger, judged: Judged) -> None:
    forger.row("SealingDeclared")["body"]["proof"]["participant"] = "bidder-b2"
    breaks("6.1", "the fragment that proves its recording is missing", judged(forger))


def test_6_1_a_camera_that_the_plan_does_not_name(forger: Forger, judged: Judged) -> None:
    forger.row("OpeningScheduled")["body"]["cameras"] = []
    breaks("6.1", "the fragment that proves its recording is missing", judged(forger))


def test_6_1_a_bidder_in_the_room_neither_recorded_nor_told_as_missing(
    forger: Forger, judged: Judged
) -> None:
    there = forger.row("PresenceChanged", participant="bidder-b1")["body"]
    there |= {"participant": "bidder-b2", "state": "online"}
    breaks("6.1", "neither recorded nor told as missing", judged(forger))


def test_6_1_a_recording_named_by_the_host(forger: Forger, judged: Judged) -> None:
    forger.resign(forger.row("RecordingNamed"), by="host")
    breaks("4.4", "not signed by the one who may", judged(forger))


def test_6_1_a_file_attached_under_another_digest(forger: Forger, judged: Judged) -> None:
    forger.row("RecordingAttached")["body"]["sha256"] = "ab" * 32
    breaks("4.4", "its signer said something else (sha256)", judged(forger))


def test_6_1_a_file_attached_to_a_call_that_nobody_made(forger: Forger, judged: Judged) -> None:
    forger.move(forger.row("CallLogged"), forger.at(forger.row("RecordingAttached", recording="call-1")))
    breaks("6.1", "attached to what was neither named nor called", judged(forger))
