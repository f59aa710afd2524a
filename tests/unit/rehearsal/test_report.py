"""The report says what the journal says, and every contradiction of a robot is named."""

from __future__ import annotations

from typing import Any

from hall.rehearsal import report as r

NINE = 1_795_309_200_000


def row(kind: str, at: int, /, **body: Any) -> dict[str, Any]:
    return {"kind": kind, "received_at": NINE + at, "body": body}


def deposit(bidder: str, sha256: str, at: int) -> dict[str, Any]:
    body = {"lot": "1", "bidder": bidder, "name": bidder.upper(), "sha256": sha256, "received_at": NINE + at}
    return row("DepositReceived", at, deposit=body)


ROWS = [
    row("SignInOpened", 1, at=NINE),
    deposit("b1", "aa", 10),
    row("BidderSignedIn", 20, bidder="b1", name="B1"),
    row("DeadlinePassed", 101, at=NINE + 100),
    row("ReleaseReceived", 200, lot="1", bidder="b1"),
    row("BidOpened", 210, lot="1", bidder="b1"),
    row("PricesDisclosed", 220, lot="1", bids=[{"bidder": "b1", "price": "5.00"}]),
    row("PriceAnswered", 230, lot="1", bidder="b1", answer="confirmed"),
    row("RoomEmptied", 300, at=NINE + 300),
]


def witness(**other: Any) -> r.Witness:
    facts = {
        "bidder": "b1",
        "name": "B1",
        "sealed": {"1": "5.00"},
        "deposited": {"1": "aa"},
        "disclosed": {"1": {"b1": "5.00"}},
        "done": set(r.STEPS),
    }
    return r.Witness(**(facts | other))


def test_times_are_utc_with_milliseconds() -> None:
    assert r.iso(NINE + 7) == "2026-11-22T01:00:00.007Z"
    assert r.iso(None) is None


def test_a_bidder_line_holds_each_of_its_steps() -> None:
    assert r.bidders(ROWS, "1") == [
        {
            "name": "B1",
            "deposited_at": r.iso(NINE + 10),
            "signed_in_at": r.iso(NINE + 20),
            "released_at": r.iso(NINE + 200),
            "opened_at": r.iso(NINE + 210),
            "price": "5.00",
            "confirmed": True,
        }
    ]


def test_phases_have_the_time_of_the_law_and_not_of_the_tick() -> None:
    assert r.phases(ROWS)[1] == {"name": "deadline_passed", "at": r.iso(NINE + 100)}


def test_an_honest_play_has_no_contradictions() -> None:
    assert r.contradictions(ROWS, [witness()]) == []


def test_each_contradiction_is_named() -> None:
    for other, word in [
        ({"sealed": {"1": "5.01"}}, "sealed 5.01"),
        ({"deposited": {"1": "ab"}}, "another digest"),
        ({"disclosed": {"1": {"b1": "4.00"}}}, "other prices"),
        ({"done": set(r.STEPS) - {"release"}}, "did not get to: release"),
    ]:
        found = r.contradictions(ROWS, [witness(**other)])
        assert len(found) == 1 and word in found[0]


def test_a_robot_that_never_came_is_a_contradiction() -> None:
    assert r.contradictions(ROWS, [r.Witness()]) != []


def test_an_opening_counts_as_opened_only_when_the_room_is_empty_and_prices_were_disclosed() -> None:
    assert r.outcome(ROWS) == "opened"
    assert r.outcome(ROWS[:-1]) == "incomplete"
    assert r.outcome([x for x in ROWS if x["kind"] != "PricesDisclosed"]) == "failed"


def test_a_finished_interval_replaces_its_beginning() -> None:
    begun = {
        "participant": "host",
        "connection": 1,
        "state": "online",
        "start": NINE,
        "end": None,
        "cause": "",
    }
    ended = begun | {"end": NINE + 5, "cause": "client_left"}
    rows = [row("PresenceChanged", 1, **begun), row("PresenceChanged", 6, **ended)]
    assert [line["end"] for line in r.presence(rows)] == [r.iso(NINE + 5)]


def test_a_recording_is_as_long_as_its_fragments() -> None:
    index = "\n".join(
        [
            '{"kind":"init","mime":"video/mp4"}',
            '{"kind":"fragment","duration":500,"video":5,"audio":0}',
            '{"kind":"fragment","duration":480,"video":5,"audio":12}',
            '{"kind":"end"}',
        ]
    )
    assert r.recording("host", "f", index) == r.Recording("host", "f", 0.98, "audio_video")
