"""What an opening answers to a command: the events that follow, or a refusal after which nothing has happened.

Pure: no socket, no clock, no database. `now` is the receipt stamp of the command in ms UTC. A command that was done
already gives no events.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from hall.errors import NotPermitted, Refused
from hall.procurement.acts import ZERO_DIGEST, SignedAct
from hall.procurement.money import parse
from hall.procurement.parties import REQUIRED, Actor, Role
from hall.procurement.tender import Mode, start_of_day
from hall.session import (
    alternatives,
    causes,
    consultation,
    credentials,
    custody,
    external,
    floor,
    meeting,
    notary,
    papers,
    remedies,
    rounds,
    standstill,
)
from hall.session import commands as c
from hall.session import events as e
from hall.session.gaps import check_complete
from hall.session.lot import LotState
from hall.session.notes import note
from hall.session.rules import (
    CONTINUED,
    CONTINUED_STAGES,
    MAX_OBJECTIONS,
    RIGHTS,
    WEIGHTY,
    During,
    LotStage,
    Right,
    Stage,
)
from hall.session.state import OpeningState

MAX_WINDOW_MINUTES = 60
Proved = (
    c.AnnounceBidders
    | c.DeclareSealing
    | c.CommandDecryption
    | c.DeclareResults
    | c.OpenObjections
    | c.CloseOpening
)
"""Acts of the agenda (`RECORDED`), which carry what proves that the opening is recorded."""


def decide(state: OpeningState, command: c.Command, *, actor: Actor | None, now: int) -> list[e.Event]:
    """The events that `command` causes at `now`. actor: None for the hall itself.

    Raises Refused or NotPermitted; then the state is as it was and nothing may be appended but the refusal itself.
    """
    if isinstance(command, c.Note):
        if actor is not None:
            raise NotPermitted("not_permitted", act=type(command).__name__)
        return note(state, command, now)
    if actor is None:
        raise NotPermitted("not_permitted", act=type(command).__name__)
    try:
        if _done(state, command, actor):
            return []
        _check_right(state, command, actor)
        return _act(state, _recorded(state, command, now), actor, now)
    except Refused as refusal:
        weighty = command.act.type in WEIGHTY and refusal.code not in rounds.TELLING
        refusal.weighty = refusal.weighty or weighty
        raise


def _done(state: OpeningState, command: c.Act, actor: Actor) -> bool:
    """Whether this was done already by the same party: then a repetition is answered as the first time was."""
    lot = state.lots.get(command.act.lot)
    match command:
        case c.SignIn():
            return (
                actor.party in state.signed_in
                and state.signed_in[actor.party].certificate == actor.certificate
            )
        case c.Release():
            if lot is None or actor.role is not Role.BIDDER or actor.party not in lot.released:
                return False
            return not (lot.own_runs(actor.party) and actor.party in lot.failed)
        case c.AnswerSealing(_, answer):
            return lot is not None and lot.answers.get(actor.party) is answer
        case c.ConfirmPrice(_, answer):
            return lot is not None and lot.price_answers.get(actor.party) is answer
        case c.ReadOut(_, bidder):
            return lot is not None and actor.role is Role.ANNOUNCER and bidder in lot.read_out
        case _:
            return False


def _check_right(state: OpeningState, command: c.Act, actor: Actor) -> None:
    act = command.act
    if state.plan is None:
        raise NotPermitted("no_such_opening")
    right = RIGHTS[act.type]
    if actor.role not in right.roles:
        raise NotPermitted("not_permitted", act=act.type, role=actor.role.value)
    if actor.role is not Role.BIDDER and not _holds_post(state, act.type, actor):
        raise NotPermitted("not_appointed", role=actor.role.value)
    _check_binding(state, act, actor, right)
    if state.stage not in right.stages:
        raise Refused(_wrong_stage(state, act.type), stage=state.stage.value)
    if right.lot_stages:
        lot = state.lots.get(act.lot)
        if lot is None:
            raise Refused("no_such_lot", lot=act.lot)
        if lot.stage not in right.lot_stages:
            raise Refused(_wrong_lot_stage(lot, act.type), stage=lot.stage.value)
    if state.suspension is not None and right.during is During.RUNNING:
        # clause 4.8: a release that arrives now is not counted as an attempt; its sender keeps it and sends it again
        raise Refused("suspended", suspension=state.suspension.number)
    if state.suspension is None and right.during is During.SUSPENDED:
        raise Refused("not_suspended")
    if right.lot_stages and state.continues_at is not None and act.type in CONTINUED:
        if state.lots[act.lot].stage in CONTINUED_STAGES:
            raise Refused("continues_later", at=state.continues_at)  # clause 4.8 b


def _holds_post(state: OpeningState, act: str, actor: Actor) -> bool:
    """Whether the actor holds its post now; a deputy may do one thing, take it (clause 5.3.1)."""
    if act == "take_post":
        mine = (actor.role, actor.certificate)
        return any((a.role, a.certificate) == mine for a in state.scheduled.deputies)
    if act == "open_entrusted":
        return custody.role_of(state, actor.certificate) is not None
    post = state.posts.get(actor.role)
    return post is not None and post.certificate == actor.certificate


def _check_binding(state: OpeningState, act: SignedAct, actor: Actor, right: Right) -> None:
    """An act counts only for the opening, deadline and history that its signer saw."""
    plan = state.scheduled
    if act.certificate != actor.certificate:
        raise Refused("wrong_certificate", needed=actor.certificate)
    if (act.origin, act.tender, act.opening) != (plan.origin, plan.tender, plan.opening):
        raise Refused("act_for_another_opening")
    if act.deadline != plan.bid_deadline:
        raise Refused("act_for_another_deadline", deadline=plan.bid_deadline)
    if act.epoch > state.epoch:
        raise Refused("act_for_another_history")  # an act counts in its epoch or a later one
    if act.manifest not in (ZERO_DIGEST, state.manifest):
        raise Refused("act_for_another_history")
    if right.manifest and state.announced and act.manifest == ZERO_DIGEST:
        raise Refused("act_for_another_history")
    if act.server_nonce in state.nonces:
        raise Refused("nonce_used")


def _wrong_stage(state: OpeningState, act: str) -> str:
    if act == "sign_in":
        # clause 5.3.3: the window is [0:00 of the opening day, deadline)
        if state.stage is Stage.HELD:
            return "deadline_held"
        return "sign_in_not_open" if state.stage is Stage.SCHEDULED else "sign_in_closed"
    if act == "release":
        return (
            "too_early"
            if state.stage in (Stage.SCHEDULED, Stage.SIGN_IN, Stage.HELD, Stage.DEADLINE)
            else "window_closed"
        )
    if state.stage in (Stage.LEAVING, Stage.CLOSED):
        return "opening_closed"
    return "not_now"


def _wrong_lot_stage(lot: LotState, act: str) -> str:
    if act in ("release", "decline_release"):
        early = lot.stage in (LotStage.SEALED, LotStage.CHECK, LotStage.CHECKED)
        return "lot_locked" if lot.stage is LotStage.LOCKED else "too_early" if early else "window_closed"
    return "lot_locked" if lot.stage is LotStage.LOCKED else "not_now"


def _recorded(state: OpeningState, command: c.Act, now: int) -> c.Act:
    """The command with what proves that the opening is recorded now."""
    if not isinstance(command, Proved):
        return command
    proof = external.proof(state, command.proof, now)
    if proof is None:
        # clause 6.1: the agenda does not go on unless the recorder proves that it writes
        last = command.proof
        raise Refused("recorder_not_proved", age_ms=None if last is None else now - last.at)
    return replace(command, proof=proof)


def _proved(proof: e.RecorderProof | None) -> e.RecorderProof:
    if proof is None:
        raise Refused("recorder_not_proved", age_ms=None)
    return proof


def _act(state: OpeningState, command: c.Act, actor: Actor, now: int) -> list[e.Event]:
    if isinstance(command, c.OpenEntrusted):
        return custody.hand_over(state, command, actor)
    if isinstance(command, c.NameCustodians):
        return custody.name(state, command)
    if isinstance(command, c.CredentialAct):
        return credentials.act(state.credentials, command, actor, now, state.scheduled.bid_deadline)
    if isinstance(command, c.FaultAct):
        return standstill.act(state, command, actor, now)
    if isinstance(command, c.MediaAct):
        return floor.act(state, command, actor, now)
    if isinstance(command, c.PaperAct):
        return papers.add(state, command, actor)
    if isinstance(command, c.PeopleAct):
        return meeting.act(state, command, actor, now)
    if isinstance(command, c.RoundAct):
        return rounds.act(state, command, actor, now)
    if isinstance(command, c.RemedyAct):
        if isinstance(command, c.ClaimRemedy):
            _check_releases(state.lots[command.lot], actor, now)
        return [*remedies.act(state, command, actor)]
    return _course(state, command, actor, now)


def _course(state: OpeningState, command: c.CourseAct, actor: Actor, now: int) -> list[e.Event]:
    plan = state.scheduled
    match command:
        case c.SignIn():
            return _sign_in(state, command, actor, now)
        case c.AnnounceBidders():
            return _announce(state, command)
        case c.FailTender(lot, reason, act):
            causes.check_may_fail(state, state.lots[lot])
            # Nobody can answer in a lot that has failed, and what was objected is answered before the close.
            _check_answered(state.lots[lot])
            failed = e.TenderFailed(lot, reason, act)
            return [failed, *alternatives.failing(state, lot, failed)]
        case c.GoOnWithFewer():
            return causes.go_on(state, command)
        case c.AnswerSealing(lot, answer, act):
            return _answer_sealing(state.lots[lot], answer, act, actor)
        case c.DeclareSealing():
            return _declare(state, command, actor, now)
        case c.CommandDecryption():
            return _command(state, command, now)
        case c.Release():
            return _release(state, command, actor, now)
        case c.DeclineRelease(lot, act):
            return _decline(state.lots[lot], act, actor, now)
        case c.DecideCause():
            return causes.decide(state, command, now)
        case c.StateBasePrice(lot, price, act):
            # Regulations 50: announced at the read-out; a second, other one would be a correction for the register
            if state.lots[lot].base_price not in (None, price):
                raise Refused("base_price_stated", price=state.lots[lot].base_price or "")
            parse(price)
            return [] if state.lots[lot].base_price else [e.BasePriceStated(lot, price, act)]
        case c.ReadOut(lot, bidder, act):
            if bidder not in state.lots[lot].disclosed:
                raise Refused("no_such_bidder", bidder=bidder)
            return [e.BidReadOut(lot, bidder, act)]
        case c.ConfirmPrice():
            return _confirm(state.lots[command.lot], command, actor)
        case c.OpenObjections():
            return _open_objections(state, command, now)
        case c.RaiseObjection(lot, text, act):
            if actor.party not in state.lots[lot].bidders and state.deposit(lot, actor.party) is None:
                raise NotPermitted("not_a_depositor")
            if sum(o.bidder == actor.party for o in state.lots[lot].objections) >= MAX_OBJECTIONS:
                raise Refused("too_many_objections", most=MAX_OBJECTIONS)
            number = sum(len(x.objections) for x in state.lots.values()) + 1
            return [e.ObjectionRaised(lot, number, actor.party, text, act)]
        case c.AnswerObjection(lot, number, outcome, text, act):
            objection = next((o for o in state.lots[lot].objections if o.objection == number), None)
            if objection is None:
                raise Refused("no_such_objection", objection=number)
            if objection.outcome is not None:
                raise Refused("objection_answered", objection=number)
            return [e.ObjectionAnswered(lot, number, outcome, text, act)]
        case c.CloseObjections(lot, act):
            return _close_objections(state.lots[lot], act, now)
        case c.CloseOpening():
            return _close(state, command, now)
        case c.AdvanceClock(by_ms, act):
            if plan.mode is not Mode.REHEARSAL:
                raise NotPermitted("clock_is_not_movable")
            if not 0 < by_ms <= 24 * 3600 * 1000:
                raise Refused("bad_clock_step", by_ms=by_ms)
            return [e.ClockAdvanced(by_ms, act)]
        case _:
            assert_never(command)


def _sign_in(state: OpeningState, command: c.SignIn, actor: Actor, now: int) -> list[e.Event]:
    plan = state.scheduled
    # clause 5.3.3: half-open, decided on the receipt stamp and not on when the tick came
    if not plan.sign_in_from <= now < plan.bid_deadline:
        raise Refused("sign_in_not_open" if now < plan.sign_in_from else "sign_in_closed")
    if actor.party in state.signed_in:
        raise Refused("signed_in_with_another_certificate")
    return [e.BidderSignedIn(actor.party, actor.name, command.act, command.photo, command.compares)]


def _announce(state: OpeningState, command: c.AnnounceBidders) -> list[e.Event]:
    if state.manifest is None:
        raise Refused("deposits_not_closed")
    lot, proof = command.lot, _proved(command.proof)
    if not alternatives.may_be_announced(state, lot):
        raise Refused("main_lot_first", lot=lot)
    # clause 5.3.2: generated from deposits and sign-ins, never typed
    deposited = tuple(d.bidder for d in state.deposits if d.lot == lot and not d.superseded)
    listed = tuple(b for b in deposited if b in state.signed_in)
    absent = tuple(b for b in deposited if b not in state.signed_in)
    anywhere = {d.bidder for d in state.deposits if not d.superseded}
    without = tuple(b for b in state.signed_in if b not in anywhere)
    main = alternatives.main_of(state, lot)
    if main is not None and not deposited:
        return [e.NoAlternatives(lot, proof, command.act)]
    minimum = alternatives.least(state, state.lots[lot])
    if len(listed) < minimum or (main is not None and main.stage is LotStage.LOCKED):
        return [e.LotLocked(lot, listed, absent, without, minimum, proof, command.act)]
    return [e.BiddersAnnounced(lot, listed, absent, without, proof, command.act)]


def _answer_sealing(lot: LotState, answer: e.SealingAnswer, act: SignedAct, actor: Actor) -> list[e.Event]:
    _check_listed(lot, actor)
    if not lot.rechecked:
        raise Refused("recheck_not_done")  # there is no fresh hash to look at
    if actor.party in lot.answers:
        raise Refused("answered_already")
    return [e.SealingAnswered(lot.lot, actor.party, answer, act)]


def _declare(state: OpeningState, command: c.DeclareSealing, actor: Actor, now: int) -> list[e.Event]:
    # clause 4.2: on freshly hashed ciphertexts; without a notary after each bidder answered or let the limit pass
    lot = state.lots[command.lot]
    if not lot.rechecked:
        raise Refused("recheck_not_done")
    notary.check_declarer(lot, actor)
    if notary.bidders_check(lot) and (silent := notary.silent(lot)):
        raise Refused("sealing_answers_missing", waiting=len(silent))
    held = notary.held_bids(lot)
    declared = e.SealingDeclared(lot.lot, actor.role.value, held, _proved(command.proof), command.act)
    # A failed check holds that one bid: the three parties consult about it, the others go on.
    asked = [
        consultation.opened(state, e.About.BID, now, lot=lot.lot, bidder=bidder, ahead=n)
        for n, bidder in enumerate(held)
    ]
    return [declared, *asked]


def _command(state: OpeningState, command: c.CommandDecryption, now: int) -> list[e.Event]:
    # clause 5.3.3: 60 minutes, one absolute end for all; a shorter window is refused
    window = state.scheduled.rules.decryption_window
    if command.minutes * 60_000 != window:
        raise Refused("wrong_window", minutes=window // 60_000)
    return [
        e.DecryptionCommanded(
            command.lot, now, now + window, state.epoch, _proved(command.proof), command.act
        )
    ]


def _release(state: OpeningState, command: c.Release, actor: Actor, now: int) -> list[e.Event]:
    lot = state.lots[command.lot]
    _check_releases(lot, actor, now)
    deposit = state.deposit(lot.lot, actor.party)
    if deposit is None or command.sha256 != deposit.sha256:
        raise Refused("not_the_deposit")
    renewed = credentials.opens(state.credentials, actor.party, deposit.recipient, actor.certificate)
    if actor.recipient != deposit.recipient and not renewed and not remedies.stands(lot, actor.party):
        raise Refused("wrong_certificate", needed=deposit.recipient)
    custody.check_release(state, deposit, command)
    received = e.ReleaseReceived(lot.lot, actor.party, command.act.body_digest, command.act)
    return [received]


def _check_releases(lot: LotState, actor: Actor, now: int) -> None:
    """Whether a bidder may release now, or say by what it will."""
    _check_listed(lot, actor)
    if not _window_open(lot, actor.party, now):
        raise Refused("window_closed")
    if actor.party in lot.held and not lot.own_runs(actor.party):
        raise Refused("bid_held")


def _window_open(lot: LotState, bidder: str, now: int) -> bool:
    """Whether a release counts now: in the common window or the bidder's own; 60:00.000 still counts (clause 5.3.3)."""
    if lot.own_runs(bidder):
        return now <= lot.own[bidder].closes_at
    return lot.stage is LotStage.DECRYPTION and lot.closes_at is not None and now <= lot.closes_at


def _decline(lot: LotState, act: SignedAct, actor: Actor, now: int) -> list[e.Event]:
    _check_listed(lot, actor)
    if not _window_open(lot, actor.party, now):
        raise Refused("window_closed")
    if actor.party in lot.released:
        raise Refused("released_already")
    return [] if actor.party in lot.declined else [e.ReleaseDeclined(lot.lot, actor.party, act)]


def _check_listed(lot: LotState, actor: Actor) -> None:
    if actor.party not in lot.taking_part:
        # clause 5.3.4: who did not sign in takes no part unless readmitted; a depositor may look on and object
        raise Refused("not_signed_in" if actor.party in lot.not_signed_in else "not_listed")


def _confirm(lot: LotState, command: c.ConfirmPrice, actor: Actor) -> list[e.Event]:
    bid = lot.disclosed.get(actor.party)
    if bid is None:
        raise Refused("no_price_to_confirm")
    if actor.party in lot.price_answers and lot.price_answers[actor.party] is not e.PriceAnswer.NO_ANSWER:
        raise Refused("answered_already")
    if command.price != bid.price:
        raise Refused("price_mismatch", price=bid.price)
    return [e.PriceAnswered(lot.lot, actor.party, command.answer, command.act)]


def _open_objections(state: OpeningState, command: c.OpenObjections, now: int) -> list[e.Event]:
    lot = state.lots[command.lot]
    unread = [b for b in lot.disclosed if b not in lot.read_out]
    if unread:
        raise Refused("not_all_read_out", missing=len(unread))
    silent = [b for b in lot.disclosed if b not in lot.price_answers]
    if silent:
        raise Refused("prices_unanswered", missing=len(silent))
    # A rehearsal may be short; in production the period is the rule set's (clause 5.5.2: at least 5 minutes).
    period = 0 if state.scheduled.mode is Mode.REHEARSAL else state.scheduled.rules.objection_period
    return [e.ObjectionsOpened(lot.lot, now + period, _proved(command.proof), command.act)]


def _close_objections(lot: LotState, act: SignedAct, now: int) -> list[e.Event]:
    _check_answered(lot)
    if lot.objections_not_before is not None and now < lot.objections_not_before:
        raise Refused("objection_period_running", until=lot.objections_not_before)
    rounds.check_finished(lot)
    return [e.ObjectionsClosed(lot.lot, act)]


def _check_answered(lot: LotState) -> None:
    unanswered = [o.objection for o in lot.objections if o.outcome is None]
    if unanswered:
        raise Refused("objections_unanswered", objection=unanswered[0])


def _close(state: OpeningState, command: c.CloseOpening, now: int) -> list[e.Event]:
    rules = state.scheduled.rules
    if state.record is None or not (state.record.completed or command.record_later):
        raise Refused("record_not_complete")
    check_complete(state, record_later=command.record_later)
    # clause 5.5.3: the record may be completed within 3 days without keeping bidders in the hall
    record_by = None if state.record.completed else now + rules.record_limit
    return [e.OpeningClosed(now + rules.leaving_grace, record_by, _proved(command.proof), command.act)]


def check_plan(plan: e.OpeningScheduled) -> None:
    """What scheduling refuses. Raises Refused."""
    if plan.bid_deadline == start_of_day(plan.bid_deadline):
        raise Refused("deadline_at_midnight")  # clause 5.3.3: the sign-in window would be empty
    if plan.sign_in_from != start_of_day(plan.bid_deadline):
        raise Refused("wrong_sign_in_window", sign_in_from=start_of_day(plan.bid_deadline))
    if plan.rules.decryption_window < MAX_WINDOW_MINUTES * 60_000:
        raise Refused("window_too_short", minutes=MAX_WINDOW_MINUTES)
    if plan.rules.minimum_bidders < 3:
        raise Refused("minimum_too_low", minimum=3)
    posts = {a.role: a for a in plan.staff}
    missing = [r for r in REQUIRED if r not in posts]
    if missing:
        raise Refused("post_vacant", role=missing[0].value)
    if posts[Role.ANNOUNCER].party == posts[Role.SCRUTINEER].party:
        raise Refused("announcer_is_scrutineer")  # clause 5.3.1
    if not plan.lots:
        raise Refused("no_lots")
