"""Two lots that are announced at different moments: who takes part in the second one stays a secret meanwhile.

One opening twice: in one of them nobody bids for the second lot, in the other four do, sign in, come, go and report
faults. Until the second announcement all others are shown the same (Bidding Law 22, clause 5.3.2).
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from hall import wire
from hall.procurement.parties import STAFF, Actor, Role
from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session import views
from hall.session.views import Beside
from tests.playbook import (
    CLERK,
    HOST,
    MIDNIGHT,
    OWNER,
    SUPERVISOR,
    Playbook,
    bidder,
    certificate_of,
    plan,
    staff,
)

FIRST, SECOND = ("jia", "yi", "bing"), ("ding", "wu", "ji", "geng")
OBSERVERS: tuple[Actor, ...] = (*(staff(role) for role in STAFF), *(bidder(name) for name in FIRST))
NOTE: dict[str, Any] = {"kind": "note", "subject": "", "text": "记录", "clause": "", "scope": [], "start": 0}
PUBLISHING = ("host", *(f"bidder-{name}" for name in (*FIRST, *SECOND)))


def presence(who: str, *, state: str = "online", cause: str = "", start: int) -> c.NotePresence:
    return c.NotePresence(f"bidder-{who}", 1, state, start, None, 0, cause, "low", certificate_of(who), ())


class TwoLots(Playbook):
    """Up to the announcement of the first lot, with the bidders `second` for the other; both: who bids for both."""

    def __init__(self, second: tuple[str, ...], both: tuple[str, ...] = ()) -> None:
        super().__init__(replace(plan(lots=("1", "2")), texts=()))
        self.second = second
        self.at(MIDNIGHT + HOUR)
        for name in (*second, *FIRST):
            self.sign_in(name)
            self.hall(presence(name, start=self.now))
        for name in second:
            self.says(bidder(name), "report_fault", text="没有声音")
        self.says(bidder("jia"), "report_fault", text="画面卡顿")
        self.at(self.state.scheduled.bid_deadline)
        deposits = (*self.deposits(*FIRST), *self.deposits(*second, *both, lot="2"))
        self.hall(c.HandOverDeposits("ef" * 32, deposits))
        self.says(HOST, "announce_bidders", lot="1")

    def goes_on(self) -> None:
        """While the second lot is sealed its bidders fall silent, report, and are refused something."""
        self.after(MINUTE)
        for name in self.second:
            self.hall(presence(name, state="offline", cause="mass_drop", start=self.now))
            self.says(bidder(name), "report_fault", text="又没有声音")
            self.says(bidder(name), "take_over", fence=1)
            self.hall(c.NoteIncident("media_gap", "", f"bidder-{name}", "5 s"))
        if self.second:
            self.hall(c.NoteFault("mass_drop", "", "", (), self.now, None, False, self.now))
            self.hall(c.NoteFaultEnded(len(self.state.incidents), self.now))
        self.hall(
            presence("yi", state="offline", cause="mass_drop" if self.second else "unknown", start=self.now)
        )
        self.says(bidder("jia"), "report_fault", text="又卡顿")
        self.says(
            CLERK,
            "record_incident",
            kind="note",
            subject="",
            text="记录",
            clause="",
            scope=[],
            start=0,
            corrects=0,
        )

    def told(self, viewer: Actor) -> dict[str, Any]:
        entries = [(at, _actor(event), event) for at, event in zip(self.times, self.events, strict=True)]
        beside = Beside(
            publishing=frozenset(PUBLISHING if self.second else PUBLISHING[: 1 + len(FIRST)]),
            checkpoint=wire.Checkpoint(len(self.events), "ab" * 32, "note"),
        )
        return {
            "view": asdict(views.view(self.state, viewer, beside)),
            "timeline": [asdict(x) for x in views.timeline(entries, viewer)],
        }


def _actor(event: e.Event) -> str:
    return event.actor if isinstance(event, e.ActRefused) else "system"


def test_clause_4_7_who_the_three_are_asked_about_betrays_nobody_of_a_sealed_lot() -> None:
    once, twice = TwoLots(()), TwoLots((), both=("jia",))
    for one in (once, twice):
        entry = {"kind": "other", "clause": "f", "text": "停电", "start": one.now - MINUTE, "corrects": 0}
        about = {"subject": "bidder-jia", "scope": ["jia"]}
        asked = [
            x
            for x in one.says(OWNER, "record_incident", **entry, **about)
            if isinstance(x, e.ConsultationOpened)
        ]
        assert [(x.lot, x.bidder) for x in asked] == [("1", "jia")]
        assert one.refuses(OWNER, "record_incident", **entry, subject="", scope=["ding"]) == "no_such_bidder"
        (alone,) = one.says(OWNER, "record_incident", **entry, subject="host", scope=[])
        assert isinstance(alone, e.IncidentRecorded)
    for viewer in OBSERVERS:
        assert twice.told(viewer) == once.told(viewer), viewer.key


def test_clause_5_3_2_while_a_lot_is_sealed_nobody_learns_of_its_bidders() -> None:
    alone, among = TwoLots(()), TwoLots(SECOND)
    for one in (alone, among):
        one.goes_on()
    for viewer in OBSERVERS:
        assert among.told(viewer) == alone.told(viewer), viewer.key
    # and it is no empty screen that they share
    shown = among.told(SUPERVISOR)
    assert {x["participant"] for x in shown["view"]["presence"]} == {f"bidder-{name}" for name in FIRST}
    assert [(x["incident"], x["subject"]) for x in shown["view"]["incidents"]][:1] == [(1, "bidder-jia")]
    assert shown["view"]["media"] == ["bidder-bing", "bidder-jia", "bidder-yi", "host"]


def test_clause_4_3_what_was_withheld_is_shown_with_its_number_once_all_lots_are_announced() -> None:
    play = TwoLots(SECOND)
    play.goes_on()
    assert play.refuses(CLERK, "explain_incidents", incidents=[1], text="x") == "not_announced_yet"
    assert play.refuses(CLERK, "record_incident", **NOTE, corrects=1) == "no_such_incident"
    before = play.told(SUPERVISOR)["timeline"]
    play.says(HOST, "announce_bidders", lot="2")
    after = play.told(SUPERVISOR)
    numbers = [x["incident"] for x in after["view"]["incidents"]]
    assert numbers == list(range(1, len(play.state.incidents) + 1))
    assert after["timeline"][: len(before)] == before  # it never grows in its middle
    assert after["view"]["register"] is not None and after["view"]["checkpoint"] is not None
    assert {x["participant"] for x in after["view"]["presence"]} >= {f"bidder-{name}" for name in SECOND}
    missing = [i.incident for i in play.state.incidents if i.act is None]
    assert play.says(CLERK, "explain_incidents", incidents=missing, text="原因不明")


def test_clause_5_3_2_before_any_announcement_a_bidder_s_report_has_its_own_number() -> None:
    play = Playbook()
    play.at(MIDNIGHT + HOUR)
    for name in ("yi", "bing", "jia", "jia"):
        play.says(bidder(name), "report_fault", text="没有声音")
    shown = views.view(play.state, bidder("jia"), Beside()).incidents
    assert [x.incident for x in shown] == [1, 2]
    assert views.view(play.state, HOST, Beside()).incidents == []
    entries = [(at, "system", event) for at, event in zip(play.times, play.events, strict=True)]
    told = views.timeline(entries, bidder("jia"))
    reports = [(x.detail, x.subject) for x in told if x.kind == "IncidentRecorded"]
    assert reports == [("fault_reported", "bidder-jia")] * 2


def test_a_timeline_told_piece_by_piece_is_the_one_told_at_once() -> None:
    play = TwoLots(SECOND)
    play.goes_on()
    play.says(HOST, "announce_bidders", lot="2")
    entries = [(at, _actor(event), event) for at, event in zip(play.times, play.events, strict=True)]
    for viewer in (*OBSERVERS, bidder("ding")):
        pieces, timeline = [], views.Timeline(viewer)
        for end in range(len(entries) + 1):
            pieces += timeline.more(entries[:end])
        assert pieces == views.timeline(entries, viewer), viewer.key
        assert timeline.length == len(pieces)


def test_clause_4_6_a_sealed_lot_s_bidder_is_watched_by_nobody() -> None:
    play = TwoLots(SECOND)
    assert views.may_watch(play.state, SUPERVISOR, "bidder-jia")
    assert not views.may_watch(play.state, SUPERVISOR, "bidder-ding")
    play.says(HOST, "announce_bidders", lot="2")
    assert views.may_watch(play.state, SUPERVISOR, "bidder-ding")
    assert not views.may_watch(play.state, staff(Role.CLERK), "bidder-ding")
