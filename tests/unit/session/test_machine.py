"""Whatever is thrown at an opening, in whatever order, faults and suspensions included, its promises hold.

The machine starts from openings that have come some way, and then anybody sends anything: acts with plausible and wrong
bodies, findings of the hall, results of its duties, and time.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise, product
from random import Random
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from hall.errors import HallError, NotPermitted, Refused
from hall.procurement import canonical
from hall.procurement.parties import STAFF, Actor, Role
from hall.procurement.tender import DAY, HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may
from hall.session.bodies import BODIES as PROTOCOL
from hall.session.broadcast import on_air_now, sources
from hall.session.countdowns import limits
from hall.session.decide import decide
from hall.session.duties import duties
from hall.session.floor import may_take
from hall.session.ledger import ledger_of, running
from hall.session.notes import next_deadline
from hall.session.rules import RIGHTS, LotStage, Stage
from hall.session.state import OpeningState
from hall.session.views import Beside, view
from hall.session.waits import waits
from tests.playbook import bidder, replayed, staff
from tests.scenarios.faultbook import FaultBook
from tests.unit.session.anybody import BODIES, DEPUTY, NAMES, SUCCESSOR, finding, performed
from tests.unit.session.beginnings import BEGINNINGS, begun

PEOPLE = (*(staff(role) for role in STAFF), DEPUTY, SUCCESSOR, *(bidder(name) for name in NAMES))
ACTS = sorted(BODIES)
SEEDS = st.integers(0, 2**20)
STEPS = (1, 999, MINUTE, 5 * MINUTE, 15 * MINUTE + 1, 30 * MINUTE, HOUR, HOUR + 1, 3 * HOUR, DAY)
ASIDE = frozenset(
    "take_over say make_announcement report_fault check_identity replace_representative log_call make_remark add_paper "
    "hide_message read_text appoint_substitute record_incident adjourn suspend advance_clock".split()
)
"""What may be done at almost any time: chosen seldom, so that the machine gets on."""
RARE = frozenset(
    "take_post mark_notary_absent go_on_with_fewer decline_release close_opening note_unsigned "
    "open_entrusted name_custodians answer_remedy".split()
)
"""What few may do and seldom: chosen gladly, so that the machine gets there at all."""
IN_A_RUN = 8
WINDOW = HOUR


def test_every_act_of_the_protocol_has_a_body_here_and_a_right() -> None:
    assert BODIES.keys() == PROTOCOL.keys()
    assert BODIES.keys() | {"sign_record"} == RIGHTS.keys()


class AnyOpening(RuleBasedStateMachine):
    """`bodies`: digest → body of each act that was sent, as the side store keeps those of quotes."""

    beginning: ClassVar[str] = "scheduled"
    salt: ClassVar[int] = 0
    play: FaultBook
    bodies: dict[str, str]
    accepted: ClassVar[Counter[str]] = Counter()
    """How often an act of each type led to something, in all the examples."""

    @initialize()
    def some_way_has_been_come(self) -> None:
        self.play = begun(self.beginning)
        self.bodies = {}

    def dice(self, seed: int) -> Random:
        """Hypothesis likes small numbers and what it has tried already; mixed with the run's salt and what happened so
        far they give different dice each time."""
        return Random((self.salt * 1_000_003 + seed) * 8191 + len(self.play.events))

    @rule(seed=SEEDS)
    def anybody_sends_anything(self, seed: int) -> None:
        r = self.dice(seed)
        for _ in range(4):
            wild = r.random() < 0.2
            stage = self.play.state.stage
            act = r.choice(ACTS if wild else [x for x in ACTS if stage in RIGHTS[x].stages] or ACTS)
            whose = PEOPLE if wild else [x for x in PEOPLE if x.role in RIGHTS[act].roles]
            self.sends(r, r.choice(whose), act, repeats=r.random() < 0.2)

    @rule(seed=SEEDS)
    def somebody_does_what_it_may(self, seed: int) -> None:
        """What the agenda offers is in the table of rights, and is never refused as not permitted."""
        r = self.dice(seed)
        # The project owner has most of the seldom ways on.
        first = [staff(Role.PROCURING_ENTITY)] if r.random() < 0.5 else []
        for actor in (*first, *r.sample(PEOPLE, len(PEOPLE))):
            offered = may(self.play.state, actor)
            for act in offered:
                assert actor.role in RIGHTS[act.partition(":")[0]].roles
            chosen = [x for x in offered if x != "sign_record" and (x not in ASIDE or r.random() < 0.1)]
            rare = [x for x in chosen if x.partition(":")[0] in RARE]
            if rare and r.random() < 0.8:
                chosen = rare
            if chosen:
                act, _, lot = r.choice(chosen).partition(":")
                refused = self.sends(r, actor, act, lot or None)
                assert not isinstance(refused, NotPermitted), (act, refused)
                return

    @rule(seed=SEEDS)
    def things_take_their_course(self, seed: int) -> None:
        """The hall does what it owes, whoever is waited for acts, and a little time passes."""
        r = self.dice(seed)
        for _ in range(r.randint(1, 4)):
            self.the_hall_does_what_it_owes(r.randrange(2**20))
            for awaited in waits(self.play.state):
                for actor in PEOPLE:
                    if actor.role.value == awaited.role and awaited.act in BODIES and r.random() < 0.8:
                        self.sends(r, actor, awaited.act, awaited.lot or None)
            self.time_passes(r.choice((0, 0, 999, MINUTE)))

    @rule(seed=SEEDS)
    def it_goes_on_again(self, seed: int) -> None:
        """A standstill seldom lasts: consulted about, tested, and resumed, declared or waited for."""
        r = self.dice(seed)
        if self.play.state.suspension is None:
            return
        self.time_passes(r.choice((MINUTE, 16 * MINUTE, 3 * HOUR)))
        self.sends(r, staff(Role.HOST), "request_test")
        self.the_hall_does_what_it_owes(r.randrange(2**20))
        if not isinstance(self.sends(r, staff(Role.HOST), "resume"), Refused):
            self.time_passes(5 * MINUTE)
        elif r.random() < 0.5:
            self.sends(r, staff(Role.PROCURING_ENTITY), "declare_split")
            self.time_passes_until_something_is_due()

    @rule(seed=SEEDS)
    def the_hall_finds_something(self, seed: int) -> None:
        r = self.dice(seed)
        if r.random() < 0.2:
            self.takes(None, finding(r, self.play.state, self.play.now))

    @rule(seed=SEEDS)
    def the_hall_does_what_it_owes(self, seed: int) -> None:
        r = self.dice(seed)
        for duty in sorted(duties(self.play.state), key=repr):
            note = performed(r, duty, self.play.state, self.bodies, fails=r.random() < 0.1)
            if note is not None:
                self.takes(None, note)
        if self.play.state.stage is Stage.DEADLINE and self.play.state.manifest is None:
            lots = self.play.state.lots
            deposits = tuple(x for lot in lots for x in self.play.deposits(*NAMES, lot=lot))
            self.takes(None, c.HandOverDeposits("ef" * 32, deposits))
        if self.play.state.stage is Stage.LEAVING:
            self.takes(None, c.NoteRoomEmpty())

    @rule(role=st.sampled_from(("scrutineer", "clerk", "procuring_entity")))
    def somebody_signs_the_record(self, role: str) -> None:
        record = self.play.state.record
        if record is not None:
            self.takes(None, c.NoteRecordSigned(record.sha256, role, role, "00" * 32, "08" * 32))

    @rule(ms=st.sampled_from(STEPS))
    def time_passes(self, ms: int) -> None:
        """Everything happens when it is due, and what seems due is: the room never spins."""
        until = self.play.now + ms
        for _ in range(100):
            due = next_deadline(self.play.state)
            if due is None or due > until:
                break
            self.play.now = max(self.play.now, due)
            assert self.takes(None, c.Tick()), "something seemed due and was not"
        else:
            raise AssertionError("time stands still")
        self.play.now = until

    @rule()
    def time_passes_until_something_is_due(self) -> None:
        due = next_deadline(self.play.state)
        self.time_passes(0 if due is None else max(0, due - self.play.now))

    @rule(seed=SEEDS, ms=st.sampled_from(STEPS))
    def the_hall_is_down(self, seed: int, ms: int) -> None:
        """After a restart the first word is the note of the downtime: nothing has happened through it."""
        if self.dice(seed).random() < 0.85:
            return
        died = self.play.now
        before = self.play.state
        self.play.now += ms
        self.takes(None, c.NoteFault("hall_down", "e", "", (), died, self.play.now, True, died))
        if before.stage is Stage.SIGN_IN:
            self.time_passes(0)
            assert self.play.state.stage in (Stage.SIGN_IN, Stage.HELD)

    # what holds for each of them

    def sends(
        self, r: Random, actor: Actor, act: str, lot: str | None = None, *, repeats: bool = False
    ) -> HallError | None:
        play, state = self.play, self.play.state
        name = lot or r.choice(sorted(state.lots))
        body = BODIES[act](r, state, state.lots[name], actor, play.now)
        play.last_good = r.choice((0, play.now, play.now - MINUTE))
        play.recorder_writes = act != "name_recording"  # which nobody needs while it writes
        try:
            command = play.command(actor, act, lot=name, **body)
        except HallError as malformed:
            return malformed
        if command.act.type == "offer_quote":
            self.bodies[command.act.body_digest] = canonical.dumps(body).decode()
        refused = self.takes(actor, command, refused=True)
        if repeats:
            self.takes(actor, command)
        return refused if isinstance(refused, HallError) else None

    def takes(
        self, actor: Actor | None, command: c.Command, *, refused: bool = False
    ) -> HallError | list[e.Event] | None:
        before = self.play.state
        try:
            events = decide(before, command, actor=actor, now=self.play.now)
        except HallError as error:
            assert self.play.state is before
            return error if refused else None
        if isinstance(command, c.Act) and events:
            self.accepted[command.act.type] += 1
        for event in events:
            old = self.play.state
            self.play._take([event])
            self.check(old, event, self.play.state)
        return None if refused else events

    def check(self, before: OpeningState, event: e.Event, after: OpeningState) -> None:
        match event:
            case e.PricesDisclosed(lot):
                no_price_is_early(before, lot)
                assert not before.lots[lot].entrusted
            case e.EntrustedOpened(lot):
                no_price_is_early(before, lot)
            case e.BidOpened(lot, name) if before.custodians:
                self.was_handed_over(lot, name)
            case e.Resumed(_, at, moved) | e.SuspensionLifted(_, at, moved):
                pause = before.suspension
                assert pause is not None
                nothing_is_stretched(moved, at - pause.since)
                nothing_is_lost_or_gained(after, moved, at)
                assert at >= pause.at
            case e.Suspended(since=since) | e.SuspensionExtended(since=since):
                # No millisecond is given back twice.
                assert all(since >= pause.ended for pause in before.suspensions if pause.ended is not None)
            case e.ReleaseReceived() | e.WindowClosed() | e.DeadlinePassed():
                assert before.suspension is None
            case _:
                pass
        no_deadline_is_shortened(before, after)
        the_floor_is_somebodys_who_was_announced(after)

    def was_handed_over(self, lot: str, name: str) -> None:
        """clause 4.11: after its last release, by a custodian, and never without one."""
        events = self.play.events
        handed = [
            n
            for n, event in enumerate(events)
            if isinstance(event, e.EntrustedOpened) and event.lot == lot
            if any(bid.bidder == name and not bid.code for bid in event.bids)
        ]
        released = [
            n
            for n, event in enumerate(events)
            if isinstance(event, e.ReleaseReceived) and (event.lot, event.bidder) == (lot, name)
        ]
        assert handed and released and handed[-1] > released[-1]

    def teardown(self) -> None:
        if not hasattr(self, "play"):
            return
        play = self.play
        assert replayed(play) == play.state  # the journal alone gives the state
        for lot in play.state.lots:
            every_second_is_accounted_for(play.state, lot, play.now)
        if not play.state.announced:
            a_view_knows_nobody_else(play.state)


def the_floor_is_somebodys_who_was_announced(state: OpeningState) -> None:
    """Nobody asks or speaks before the announcement, and nobody has the floor while nothing goes on; what the public
    may see is the hall, and beside it whoever has the floor and is not muted."""
    asking = (*state.media.hands, *([state.media.floor] if state.media.floor else []))
    if state.plan is not None:
        assert all(may_take(state, participant) for participant in asking), asking
        shown = set(on_air_now(state))
        assert shown <= {*sources(state), state.media.floor} and shown.isdisjoint(state.muted)
    assert not asking or state.announced
    assert not state.media.floor or (
        state.suspension is None and state.stage in (Stage.OPENING, Stage.RECORD)
    )


def no_price_is_early(state: OpeningState, name: str) -> None:
    lot = state.lots[name]
    assert state.suspension is None
    assert state.continues_at is None
    for other in state.lots.values():
        assert other.closed is not None or other.stage in (LotStage.SEALED, LotStage.LOCKED, LotStage.FAILED)
        assert not other.own_running
    assert not lot.undecided
    assert not lot.opening


def nothing_is_stretched(moved: tuple[e.Limit, ...], pause: int) -> None:
    for limit in moved:
        assert 0 <= limit.after - limit.before <= pause, limit


def nothing_is_lost_or_gained(state: OpeningState, moved: tuple[e.Limit, ...], at: int) -> None:
    """What ran and what is left of a window are the 60 minutes together."""
    for limit in moved:
        if limit.name in (e.LimitName.DECRYPTION, e.LimitName.OWN_WINDOW):
            account = [x for x in ledger_of(state, limit.lot, at) if x.bidder == limit.bidder]
            assert running(account) + limit.after - at == WINDOW, (limit, account)


def no_deadline_is_shortened(before: OpeningState, after: OpeningState) -> None:
    if before.plan is None or before is after:
        return
    assert after.scheduled.bid_deadline >= before.plan.bid_deadline
    old = {(x.lot, x.name, x.bidder): x.ends_at for x in limits(before)}
    if not old:
        return
    rounds = {name: (len(lot.rounds), len(lot.draws)) for name, lot in before.lots.items()}
    for x in limits(after):
        if rounds[x.lot] == (len(after.lots[x.lot].rounds), len(after.lots[x.lot].draws)):
            assert x.ends_at >= old.get((x.lot, x.name, x.bidder), 0), x


def every_second_is_accounted_for(state: OpeningState, lot: str, now: int) -> None:
    """No account runs for more than the 60 minutes, and the spans of a window leave no gap."""
    spans = ledger_of(state, lot, now)
    for account in {span.bidder for span in spans}:
        mine = [span for span in spans if span.bidder == account]
        ran = running(mine)
        assert ran <= WINDOW, (account, mine)
        closed = state.lots[lot].closed
        if account == "" and closed is not None and not closed.early:
            assert ran == WINDOW, mine
        assert all(span.length > 0 for span in mine)
        if account == "":
            assert all(a.end == b.start for a, b in pairwise(mine))


def a_view_knows_nobody_else(state: OpeningState) -> None:
    for viewer in PEOPLE:
        shown = repr(view(state, viewer, Beside()))
        assert not any(f"'{n}'" in shown for n in NAMES if n != viewer.party)


def thrown(examples: int, *, derandomize: bool) -> None:
    """As many openings from each beginning, a few in a run: the failing one's name says beginning and salt."""
    runs = math.ceil(examples / len(BEGINNINGS) / IN_A_RUN)
    salts = range(runs) if derandomize else [Random().randrange(2**30) for _ in range(runs)]
    AnyOpening.accepted.clear()
    steps = settings(
        max_examples=IN_A_RUN,
        stateful_step_count=40,
        deadline=None,
        derandomize=derandomize,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    for salt, name in product(salts, sorted(BEGINNINGS)):
        machine = type(f"{name}_{salt}", (AnyOpening,), {"beginning": name, "salt": salt})
        run_state_machine_as_test(machine, settings=steps)


@pytest.mark.timeout(240)
def test_anything_can_be_thrown_at_an_opening() -> None:
    """A thousand openings of up to forty steps, the same ones each time; every act must have led to something."""
    thrown(1000, derandomize=True)
    assert AnyOpening.accepted.keys() == BODIES.keys(), BODIES.keys() - AnyOpening.accepted.keys()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_anything_can_be_thrown_at_an_opening_ever_anew() -> None:
    """Other openings at each run."""
    thrown(20_000, derandomize=False)
