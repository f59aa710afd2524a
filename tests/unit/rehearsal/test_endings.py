"""An ending that is not the standard's is called so, whatever else is right."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from hall.rehearsal.endings import (
    Told,
    late_release,
    media_reserve_kill,
    media_worker_kill,
    server_kill,
    unlike,
)

Rows = list[dict[str, Any]]


def row(kind: str, /, **body: Any) -> dict[str, Any]:
    return {"kind": kind, "body": body}


KILLED: Rows = [
    row("ReleaseReceived", bidder="b1"),
    row("Suspended", reason="server_restart", since=100, suspension=1),
    row("ConsultationOpened", consultation=1, about="suspension"),
    *(
        row("ConsultationAnswered", consultation=1, role=role, stance="agrees")
        for role in ("regulator", "trading_centre", "procuring_entity")
    ),
    row("ReliableTestDone", passed=True),
    row("Resumed", at=400, limits=[{"name": "decryption", "before": 1_000, "after": 1_300}]),
    row("ReleaseReceived", bidder="b2"),
]
KILLED_RECORD = {
    "suspensions": [{"how": "resumed", "ended_at": 400}],
    "incidents": [{"kind": "server_restart"}],
}


def test_a_server_that_came_back_as_it_should() -> None:
    assert unlike(server_kill, Told(KILLED, KILLED_RECORD)) == []


def _untested(rows: Rows) -> None:
    rows[6]["body"]["passed"] = False


def _tested_too_late(rows: Rows) -> None:
    rows.append(rows.pop(6))


def _time_lost(rows: Rows) -> None:
    rows[7]["body"]["limits"][0]["after"] -= 1


def _time_gained(rows: Rows) -> None:
    rows[7]["body"]["limits"][0]["after"] += 1


def _counted_twice(rows: Rows) -> None:
    rows.append(rows[0])


def _not_heard(rows: Rows) -> None:
    del rows[3]


def _for_another_reason(rows: Rows) -> None:
    rows[1]["body"]["reason"] = "node_network"


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (_untested, "test was passed"),
        (_tested_too_late, "test was passed"),
        (_time_lost, "got back the time"),
        (_time_gained, "got back the time"),
        (_counted_twice, "counted once"),
        (_not_heard, "were consulted"),
        (_for_another_reason, "its own absence"),
    ],
)
def test_each_thing_that_went_wrong_is_named_alone(lie: Callable[[Rows], None], words: str) -> None:
    rows = copy.deepcopy(KILLED)
    lie(rows)
    (said,) = unlike(server_kill, Told(rows, KILLED_RECORD))
    assert words in said


def test_a_record_that_is_silent_is_named() -> None:
    assert unlike(server_kill, Told(KILLED, {})) == [
        "the record tells the suspension",
        "the record's register tells why",
    ]


def test_a_late_release_that_counted_is_named() -> None:
    rows = [
        row("ActRefused", actor="bidder:b3", act_type="release", code="window_closed"),
        row("CauseDecided", bidder="b3", cause="deemed_revoked"),
        row("PricesDisclosed", bids=[1, 2, 3]),
    ]
    record = {
        "bidders": [{"bidder": "b3", "status": "not_released"}],
        "causes": [{"bidder": "b3", "cause": "deemed_revoked"}],
    }
    assert unlike(late_release, Told(rows, record)) == []
    counted = [*rows, row("ReleaseReceived", bidder="b3")]
    assert unlike(late_release, Told(counted, record)) == ["no late release counts"]


def test_a_fault_from_before_the_window_gives_back_the_window_and_no_more() -> None:
    commanded = [row("DecryptionCommanded", opened_at=150), *copy.deepcopy(KILLED)]
    assert unlike(server_kill, Told(commanded, KILLED_RECORD)) != []
    commanded[-2]["body"]["limits"][0]["after"] = 1_250
    assert unlike(server_kill, Told(commanded, KILLED_RECORD)) == []


def _worker_killed(*, back: int = 9_800, ledger: str = "running", **lost: float) -> Told:
    """The host's and one bidder's recording, cut off at 9 s and begun anew."""
    rows = [
        row("IncidentRecorded", kind="media_worker_lost") | {"received_at": 9_000},
        row("IncidentRecorded", kind="media_worker_back") | {"received_at": back},
        row("WindowClosed", early=True),
    ]
    recordings: list[Rows] = []
    for who in ("host", "b1"):
        cut = [{"participant": who, "utc": 1_000}, {"utc": 7_000, "cause": "worker_lost"}]
        recordings += [cut, [{"participant": who, "utc": 10_000}, {"utc": 10_500}, {"utc": 11_000}]]
    record = {"incidents": [{"kind": "media_worker_lost"}], "ledger": [{"kind": "running"}, {"kind": ledger}]}
    return Told(rows, record, recordings, lost)


def test_what_a_killed_worker_cost_is_what_cameras_had_sent_however_late_the_hall_noticed() -> None:
    assert unlike(media_worker_kill, _worker_killed(host=0.4, b1=1.0)) == []
    (said,) = unlike(media_worker_kill, _worker_killed(host=0.4, b1=1.1))
    assert "1.1" in said


def test_a_camera_of_which_nobody_knows_what_it_sent_is_not_taken_for_a_whole_one() -> None:
    (said,) = unlike(media_worker_kill, _worker_killed(host=0.4))
    assert "of every camera" in said


def test_a_worker_without_a_reserve_may_take_its_time_until_the_hall_would_stand_still() -> None:
    late = _worker_killed(back=9_000 + 59_999, host=0.4, b1=1.0)
    assert unlike(media_reserve_kill, late) == []
    (said,) = unlike(media_worker_kill, late)
    assert "59999 ms" in said
    assert unlike(media_reserve_kill, _worker_killed(back=9_000 + 60_000, host=0.4, b1=1.0)) != []


def test_a_second_of_the_window_that_was_given_back_for_a_media_worker_is_named() -> None:
    (said,) = unlike(media_worker_kill, _worker_killed(ledger="given_back", host=0.4, b1=1.0))
    assert "given back" in said
