"""Recordings are kept: looks are noted, holds stand, and nothing is erased before its time (clause 6.1)."""

from __future__ import annotations

import pytest

from hall.errors import HallError, Malformed, NotPermitted, Refused
from hall.journal.codec import EventCodec
from hall.keeping import commands as c
from hall.keeping import events as e
from hall.keeping.decide import decide, refusal
from hall.keeping.state import Keeping, evolve
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role

NOW = 1_800_000_000_000
YEAR = 366 * 86_400_000
CERTIFICATE = "aa" * 32


def actor(role: Role) -> Actor:
    return Actor(role, f"the-{role.value}", "某人", CERTIFICATE)


SUPERVISOR, REGULATOR, OWNER = actor(Role.SUPERVISOR), actor(Role.REGULATOR), actor(Role.PROCURING_ENTITY)
CENTRE, HOST = actor(Role.TRADING_CENTRE), actor(Role.HOST)


class Cabinet:
    """The machine by itself, and a clock."""

    def __init__(self) -> None:
        self.state, self.now, self.acts = Keeping(), NOW, 0

    def act(self, kind: str, **body: object) -> SignedAct:
        self.acts += 1
        return SignedAct(
            type=kind,
            origin="hall.localhost",
            tender="T1",
            lot="",
            opening="O1",
            deadline=0,
            epoch=0,
            manifest="00" * 32,
            tree_size=0,
            tree_root="00" * 32,
            certificate=CERTIFICATE,
            server_nonce=f"{self.acts:032x}",
            client_nonce=f"{self.acts:032x}",
            body=canonical.dumps(body).decode(),
            signature="",
        )

    def does(self, command: c.Command, by: Actor | None = None) -> list[e.Event]:
        before = self.state
        try:
            events = decide(self.state, command, actor=by, now=self.now)
        except HallError:
            assert self.state == before
            raise
        for event in events:
            self.state = evolve(self.state, event, self.now)
        return events

    def look(self, *participants: str, certificate: str = CERTIFICATE) -> list[e.Event]:
        return self.does(c.NoteView("supervisor:s", certificate, participants, 1, 2))

    def hold(self, by: Actor = SUPERVISOR, reason: str = "投诉待查") -> list[e.Event]:
        return self.does(c.PlaceHold(self.act("hold_recordings", reason=reason)), by)

    def lift(self, hold: int, by: Actor) -> list[e.Event]:
        return self.does(c.LiftHold(self.act("lift_hold", hold=hold, reason="已查明")), by)

    def erase(self, by: Actor = OWNER, closed_at: int | None = NOW - 20 * YEAR) -> list[e.Event]:
        until = 0 if closed_at is None else closed_at + 15 * YEAR
        return self.does(c.OrderErasure(self.act("erase_recordings", reason="期满"), closed_at, until), by)


@pytest.fixture
def cabinet() -> Cabinet:
    return Cabinet()


def test_a_look_is_noted_once_a_minute_for_the_same_person_and_participants(cabinet: Cabinet) -> None:
    assert len(cabinet.look("host")) == 1
    assert cabinet.look("host") == []
    assert len(cabinet.look("bidder-b1", "host")) == 1
    assert len(cabinet.look("host", certificate="bb" * 32)) == 1
    cabinet.now += 60_000
    assert len(cabinet.look("host")) == 1
    assert len(cabinet.state.looked) == 1, "earlier minutes are forgotten"


def test_clause_6_1_nothing_is_erased_before_its_time(cabinet: Cabinet) -> None:
    with pytest.raises(Refused, match="retention_runs") as early:
        cabinet.erase(closed_at=NOW - 15 * YEAR + 1)
    assert early.value.weighty
    assert early.value.facts["until"] == NOW + 1
    with pytest.raises(Refused, match="not_closed_yet"):
        cabinet.erase(closed_at=None)
    assert cabinet.state == Keeping()
    [ordered] = cabinet.erase(closed_at=NOW - 15 * YEAR)
    assert isinstance(ordered, e.ErasureOrdered)


def test_clause_6_1_nothing_is_erased_against_a_hold(cabinet: Cabinet) -> None:
    cabinet.hold()
    cabinet.does(c.HoldForComplaint("C-7", "bidder:b1", "投诉"))
    with pytest.raises(Refused, match="legal_hold") as held:
        cabinet.erase()
    assert held.value.facts["holds"] == 2
    cabinet.lift(1, SUPERVISOR)
    with pytest.raises(Refused, match="legal_hold"):
        cabinet.erase()
    cabinet.does(c.ComplaintOver("C-7", "regulator:r", "处理完毕"))
    assert len(cabinet.erase()) == 1


def test_an_early_demand_to_erase_leaves_a_row(cabinet: Cabinet) -> None:
    act = cabinet.act("erase_recordings", reason="腾空间")
    told = refusal(c.OrderErasure(act, NOW, NOW + 1), OWNER, "retention_runs")
    assert told == e.ErasureRefused(
        "procuring_entity:the-procuring_entity", "retention_runs", act.body_digest
    )
    assert refusal(c.PlaceHold(act), OWNER, "x") is None


def test_a_hold_is_lifted_by_who_placed_it_or_by_the_regulator(cabinet: Cabinet) -> None:
    cabinet.hold(SUPERVISOR)
    cabinet.hold(REGULATOR)
    cabinet.does(c.HoldForComplaint("C-7", "bidder:b1", "投诉"))
    for hold, by in ((1, OWNER), (2, SUPERVISOR), (3, SUPERVISOR)):
        with pytest.raises(Refused, match="hold_of_another"):
            cabinet.lift(hold, by)
    for hold in (1, 2, 3):
        cabinet.lift(hold, REGULATOR)
    assert cabinet.state.holds == {}
    with pytest.raises(Refused, match="no_such_hold"):
        cabinet.lift(1, REGULATOR)
    cabinet.hold()
    assert set(cabinet.state.holds) == {4}, "a number is given once"


def test_who_may_hold_and_who_may_erase(cabinet: Cabinet) -> None:
    for by in (HOST, CENTRE):
        with pytest.raises(NotPermitted):
            cabinet.hold(by)
    for by in (HOST, SUPERVISOR, REGULATOR):
        with pytest.raises(NotPermitted):
            cabinet.erase(by)
    assert len(cabinet.erase(CENTRE)) == 1


def test_after_the_order_nothing_is_seen_held_or_added(cabinet: Cabinet) -> None:
    cabinet.erase()
    assert cabinet.state.owes_erasure()
    for forbidden in (
        lambda: cabinet.look("host"),
        lambda: cabinet.hold(),
        lambda: cabinet.does(c.NoteStored("external-1", "cc" * 32, 5, "clerk:c")),
        lambda: cabinet.does(c.NoteExport("a:b", CERTIFICATE, ("host",), 1, 2, "cc" * 32, 5)),
    ):
        with pytest.raises(Refused, match="recordings_erased"):
            forbidden()
    assert cabinet.erase() == [], "an order that stands is not given again"
    assert cabinet.does(c.NoteErased(True, 0)) == [e.RecordingsErased(True, 0)]
    assert cabinet.does(c.NoteErased(True, 0)) == []
    assert not cabinet.state.owes_erasure()


def test_the_same_complaint_and_the_same_file_are_noted_once(cabinet: Cabinet) -> None:
    complaint = c.HoldForComplaint("C-7", "bidder:b1", "投诉")
    stored = c.NoteStored("external-1", "cc" * 32, 5, "clerk:c")
    for command in (complaint, stored):
        assert len(cabinet.does(command)) == 1
        assert cabinet.does(command) == []


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": ""}, {"reason": " "}, {"reason": 5}, {"reason": "x", "more": 1}, {"reason": "a\nb"}],
)
def test_an_act_says_exactly_its_words(cabinet: Cabinet, body: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        cabinet.does(c.PlaceHold(cabinet.act("hold_recordings", **body)), SUPERVISOR)


def test_an_act_of_another_kind_certificate_or_nonce_is_refused(cabinet: Cabinet) -> None:
    with pytest.raises(Malformed):
        cabinet.does(c.PlaceHold(cabinet.act("erase_recordings", reason="x")), SUPERVISOR)
    other = Actor(Role.SUPERVISOR, "s", "某人", "bb" * 32)
    with pytest.raises(Refused, match="wrong_certificate"):
        cabinet.does(c.PlaceHold(cabinet.act("hold_recordings", reason="x")), other)
    act = cabinet.act("hold_recordings", reason="x")
    cabinet.does(c.PlaceHold(act), SUPERVISOR)
    with pytest.raises(Refused, match="nonce_used"):
        cabinet.does(c.PlaceHold(act), SUPERVISOR)


def test_clause_6_1_a_bundle_is_told_each_time_and_the_publics_once_of_each_file(cabinet: Cabinet) -> None:
    own = c.NoteBundle("a:b", CERTIFICATE, "regulator", "cc" * 32, 5)
    assert cabinet.does(own) == cabinet.does(own) != []
    public = c.NoteBundle("public", "", "public", "dd" * 32, 5)
    assert [type(event) for event in cabinet.does(public)] == [e.BundleGiven]
    assert cabinet.does(public) == []


def test_every_event_is_read_back_from_the_journal_as_it_was(cabinet: Cabinet) -> None:
    codec = EventCodec(e.Event)
    events = [
        *cabinet.look("bidder-b1", "host"),
        *cabinet.does(c.NoteExport("a:b", CERTIFICATE, ("host",), 1, 2, "cc" * 32, 5)),
        *cabinet.does(c.NoteKeys("a:b", CERTIFICATE, ("host",))),
        *cabinet.does(c.NoteBundle("a:b", CERTIFICATE, "regulator", "cc" * 32, 5)),
        *cabinet.hold(),
        *cabinet.lift(1, SUPERVISOR),
        *cabinet.does(c.NoteStored("external-1", "cc" * 32, 5, "clerk:c")),
        *cabinet.erase(),
        *cabinet.does(c.NoteErased(False, 3)),
        e.ErasureRefused("a:b", "legal_hold", "cc" * 32),
    ]
    assert {type(event).__name__ for event in events} == set(codec.kinds)
    for event in events:
        assert codec.decode(*codec.encode(event)) == event
