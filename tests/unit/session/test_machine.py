"""Whatever is thrown at an opening: a refused command changes nothing, and the journal alone gives the live state."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hall.errors import HallError
from hall.procurement.parties import Actor
from hall.procurement.tender import HOUR, MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may, waiting
from hall.session.duties import duties
from hall.session.rules import RIGHTS, LotStage, Stage
from hall.session.views import Beside, view
from tests.playbook import ANNOUNCER, CLERK, DEADLINE, HOST, OWNER, SCRUTINEER, Playbook, bidder, replayed

NAMES = ("jia", "yi", "bing", "ding")
PEOPLE = (HOST, OWNER, ANNOUNCER, SCRUTINEER, CLERK, *(bidder(n) for n in NAMES))
BODIES = {
    "announce_bidders": {},
    "fail_tender": {"reason": "不足三家"},
    "answer_sealing": {"answer": "intact", "sha256": "00" * 32},
    "declare_sealing": {},
    "command_decryption": {"minutes": 60},
    "decline_release": {},
    "decide_cause": {"bidder": "ding", "cause": "deemed_revoked", "reason": "自身原因"},
    "confirm_price": {"answer": "confirmed", "price": "123456.78"},
    "open_objections": {},
    "raise_objection": {"text": "异议"},
    "answer_objection": {"objection": 1, "outcome": "rejected", "text": "答复"},
    "close_objections": {},
    "close_opening": {},
}


class AnyOpening(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.play = Playbook(now=DEADLINE - HOUR)
        self.play.at(DEADLINE - HOUR)

    def attempt(self, actor: Actor | None, command: c.Command) -> None:
        from hall.session.decide import decide

        before = self.play.state
        try:
            events = decide(self.play.state, command, actor=actor, now=self.play.now)
        except HallError:
            assert self.play.state == before
        else:
            self.play._take(events)

    @rule(ms=st.sampled_from([1, 999, MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR]))
    def time_passes(self, ms: int) -> None:
        self.play.after(ms)

    @rule(name=st.sampled_from(NAMES))
    def signs_in(self, name: str) -> None:
        person = {"representative": "王小明", "identity": "14**********34", "phones": ["13800000000"]}
        act = self.play.command(bidder(name), "sign_in", **person, acts_for_bidder=True, salt="ab" * 16)
        self.attempt(bidder(name), act)

    @precondition(lambda self: self.play.state.stage is Stage.DEADLINE)
    @rule()
    def deposits_arrive(self) -> None:
        self.attempt(None, c.HandOverDeposits("ef" * 32, self.play.deposits(*NAMES)))

    @rule(actor=st.sampled_from(PEOPLE), act=st.sampled_from(sorted(BODIES)), repeat=st.booleans())
    def somebody_acts(self, actor: Actor, act: str, repeat: bool) -> None:
        command = self.play.command(actor, act, **BODIES[act])
        self.attempt(actor, command)
        if repeat:
            self.attempt(actor, command)

    @precondition(lambda self: self.play.state.lots["1"].stage is LotStage.DECRYPTION)
    @rule(name=st.sampled_from(NAMES))
    def releases(self, name: str) -> None:
        if self.play.state.deposit("1", name) is None:
            return
        self.attempt(bidder(name), self.play.command(bidder(name), "release", **self.play.release_body(name)))

    @precondition(lambda self: self.play.state.lots["1"].stage is LotStage.READ_OUT)
    @rule(name=st.sampled_from(NAMES))
    def reads_out(self, name: str) -> None:
        self.attempt(ANNOUNCER, self.play.command(ANNOUNCER, "read_out", bidder=name))

    @rule()
    def it_goes_on(self) -> None:
        """Whoever must act does what is asked, so that late stages are met as often as early ones."""
        awaited = waiting(self.play.state)
        if awaited is None or awaited.role == "hall":
            return
        if awaited.act == "sign_in":
            for name in NAMES:
                self.signs_in(name)
            self.play.at(DEADLINE)
            self.attempt(None, c.HandOverDeposits("ef" * 32, self.play.deposits(*NAMES)))
        elif awaited.act == "release":
            for name in NAMES:
                self.releases(name)
        elif awaited.act == "read_out":
            for name in NAMES:
                self.attempt(ANNOUNCER, self.play.command(ANNOUNCER, "read_out", bidder=name))
        elif awaited.act in BODIES:
            if awaited.until is not None and awaited.role == "host":
                self.play.at(awaited.until)
            for actor in PEOPLE:
                if actor.role.value == awaited.role:
                    self.attempt(actor, self.play.command(actor, awaited.act, **BODIES[awaited.act]))

    @rule(fails=st.sampled_from([False, False, False, True]))
    def the_hall_performs(self, fails: bool) -> None:
        lot = self.play.state.lots["1"]
        for duty in sorted(duties(self.play.state), key=repr):
            kind = type(duty).__name__
            if kind == "RecheckSealing":
                items = tuple(e.Rechecked(d.bidder, d.sha256, not fails) for d in duty.deposits)
                self.attempt(None, c.NoteRecheck("1", items))
            elif kind == "OpenBid":
                name = duty.bidder
                note = (
                    c.NoteBidFailed("1", name, "ciphertext_damaged", 0)
                    if fails
                    else c.NoteBidOpened("1", name, "11" * 32)
                )
                self.attempt(None, note)
            elif kind == "Disclose":
                self.attempt(None, c.DisclosePrices("1", tuple(self.play.bid(b) for b in duty.bidders)))
            elif kind == "PrepareRecord":
                self.attempt(None, c.NoteRecordPrepared("01" * 32, "02" * 32, 40, "03" * 32))
        assert lot.stage is not LotStage.SEALED or not self.play.state.lots["1"].disclosed

    @invariant()
    def the_journal_alone_gives_the_state(self) -> None:
        assert replayed(self.play) == self.play.state

    @invariant()
    def no_price_before_the_window_is_closed_and_every_cause_decided(self) -> None:
        lot = self.play.state.lots["1"]
        if lot.disclosed:
            assert lot.closed is not None
            assert not lot.undecided
            assert lot.disclosed.keys() <= lot.released.keys()

    @invariant()
    def before_the_announcement_a_view_knows_nobody_else(self) -> None:
        if self.play.state.announced:
            return
        for viewer in PEOPLE:
            shown = repr(view(self.play.state, viewer, Beside()))
            assert not any(f"'{n}'" in shown for n in NAMES if n != viewer.party)

    @invariant()
    def what_one_may_do_is_in_the_table_of_rights(self) -> None:
        for viewer in PEOPLE:
            for allowed in may(self.play.state, viewer):
                assert viewer.role in RIGHTS[allowed.partition(":")[0]].roles
        waiting(self.play.state)


AnyOpening.TestCase.settings = settings(max_examples=60, stateful_step_count=120, deadline=None)
TestAnyOpening = AnyOpening.TestCase
