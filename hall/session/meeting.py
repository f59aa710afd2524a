"""The meeting itself: each of its acts, and where its rules stand: posts, notary, register, and what is said, called,
remarked and checked (clauses 4.2 to 4.6, 5.3.1, 5.3.7, 5.5.3).

Pure, as `decide` is. Nothing of this is due while the opening is suspended.
"""

from __future__ import annotations

from typing import assert_never

from hall.errors import Refused
from hall.procurement.parties import Actor, Role, participant_of
from hall.session import commands as c
from hall.session import events as e
from hall.session import notary, posts, register, signatures
from hall.session.lot import LotState
from hall.session.roster import check_named, check_participant, named_bidders
from hall.session.state import OpeningState


def act(state: OpeningState, command: c.PeopleAct, actor: Actor, now: int) -> list[e.Event]:
    """The events that a party's act causes at `now` (ms UTC). Raises Refused."""
    match command:
        case c.AnswerResults():
            return notary.answer_results(state.lots[command.lot], command, actor)
        case c.DeclareResults():
            return notary.declare_results(state.lots[command.lot], command, actor)
        case c.MarkNotaryAbsent():
            return notary.mark_absent(state, command, now)
        case c.RequestRehash():
            return notary.request_rehash(state, command)
        case c.TakePost():
            return posts.take(state, command, actor, now)
        case c.AppointSubstitute():
            return posts.appoint(state, command)
        case c.ReportFault():
            return register.report(state, command, actor)
        case c.RecordIncident():
            return register.record(state, command, actor, now)
        case c.ExplainIncidents():
            return register.explain(state, command)
        case c.SignRegister():
            return register.sign(state, command)
        case c.RefuseSignature():
            return signatures.refuse(state, command, actor)
        case c.NoteUnsigned():
            return signatures.note_unsigned(state, command)
        case c.TakeOver(fence, act):
            return [e.ConnectionTaken(participant_of(actor), fence, act)]
        case _:
            return _spoken(state, command, actor)


Spoken = (
    c.ReadText
    | c.MakeAnnouncement
    | c.LogCall
    | c.MakeRemark
    | c.CheckIdentity
    | c.ReplaceRepresentative
    | c.Say
    | c.Mute
    | c.HideMessage
)


def _spoken(state: OpeningState, command: Spoken, actor: Actor) -> list[e.Event]:
    match command:
        case c.ReadText(key, act):
            if key not in readable(state):
                raise Refused("no_such_text", key=key)
            return [] if key in state.read else [e.TextRead(key, act)]
        case c.MakeAnnouncement(text, act):
            return [e.AnnouncementMade(text, act)]
        case c.LogCall(callee, outcome, text, act):
            check_participant(state, callee)
            return [e.CallLogged(callee, outcome, text, act)]
        case c.MakeRemark(stance, about, text, act):
            # clause 4.4: they record and decide nothing; an objection needs its reason, and stops nothing
            if stance is e.Remark.OBJECTS and not text:
                raise Refused("reason_missing")
            number = len(state.remarks) + 1
            return [e.RemarkMade(number, actor.role.value, stance, about, text, act)]
        case c.CheckIdentity():
            return _check_identity(state, command)
        case c.ReplaceRepresentative(act, photo, compares):
            if actor.party not in state.signed_in:
                raise Refused("not_signed_in")
            return [e.RepresentativeReplaced(actor.party, act, photo, compares)]
        case c.Say(channel, text, act):
            return _say(state, channel, text, command, actor)
        case c.Mute(participant, muted, act):
            check_participant(state, participant)
            same = (participant in state.muted) is muted
            return [] if same else [e.MicrophoneMuted(participant, muted, act)]
        case c.HideMessage(number, reason, act):
            if not 0 < number <= len(state.messages):
                raise Refused("no_such_message", message=number)
            hidden = state.messages[number - 1].hidden
            return [] if hidden else [e.MessageHidden(number, reason, act)]
        case _:
            assert_never(command)


def readable(state: OpeningState) -> tuple[str, ...]:
    """Keys of what the host reads out: the prepared texts, and each disagreement of a consultation (clause 4.8)."""
    return (*(text.key for text in state.scheduled.texts), *disagreements(state))


def disagreements(state: OpeningState) -> tuple[str, ...]:
    """`disagreement-<consultation>-<role>` of each disagreement: it is recorded and read out."""
    return tuple(
        f"disagreement-{consultation.opened.consultation}-{role}"
        for consultation in state.consultations
        for role, answer in consultation.answers.items()
        if answer.stance is e.Stance.DISAGREES
    )


def _check_identity(state: OpeningState, command: c.CheckIdentity) -> list[e.Event]:
    # clause 5.3.7: after the announcement only, and it never costs a sign-in or a release
    check_named(state, command.bidder)
    if command.bidder not in state.signed_in:
        raise Refused("nobody_declared", bidder=command.bidder)
    checked = e.IdentityChecked(command.bidder, command.result, command.text, command.act, command.moment)
    if command.result is e.Check.SAME_PERSON:
        return [checked]
    kind = "camera_missing" if command.result is e.Check.NO_CAMERA else "identity_not_confirmed"
    return [checked, register.entry(state, kind, f"bidder-{command.bidder}", command.text)]


def _say(state: OpeningState, channel: e.Channel, text: str, command: c.Say, actor: Actor) -> list[e.Event]:
    if not may_speak(state, actor):
        raise Refused("not_announced_yet")
    if channel is e.Channel.CLARIFICATION and actor.role is Role.BIDDER:
        raise Refused("clarified_by_staff")
    return [e.Said(len(state.messages) + 1, participant_of(actor), channel, text, command.act)]


def may_speak(state: OpeningState, actor: Actor) -> bool:
    """Staff, and bidders that an announcement has named: to speak is to be there, which is secret until then."""
    return actor.role is not Role.BIDDER or actor.party in named_bidders(state)


def note(state: OpeningState, command: c.PeopleNote, now: int) -> list[e.Event]:
    """The events that a note of the hall causes at `now` (ms UTC)."""
    return notary.note_rehash(state, command)


def due(state: OpeningState, now: int) -> list[e.Event]:
    """What has become due by `now`; limits that include their end fire one millisecond after it."""
    return [event for lot in state.lots.values() for event in notary.due(state, lot, now)]


def moments(state: OpeningState) -> list[int]:
    """When `due` will next have something to say, ms UTC; 0 means at once."""
    return [moment for lot in state.lots.values() for moment in notary.moments(lot)]


def open_to(state: OpeningState, lot: LotState | None, viewer: Actor, act: str) -> bool:
    """Whether `viewer` could send one of this chapter's acts now, roles and stages being right already."""
    return _open_in(state, lot, viewer, act) if lot is not None else _open_to(state, viewer, act)


def _open_in(state: OpeningState, lot: LotState, viewer: Actor, act: str) -> bool:
    match act:
        case "answer_results":
            asked = lot.results_shown and viewer.party in lot.bidders
            return asked and lot.result_answers.get(viewer.party, "no_answer") == "no_answer"
        case "declare_results":
            return notary.declares(state, lot, viewer)
        case "request_rehash":
            return state.notary is not None
        case _:
            return False


def _open_to(state: OpeningState, viewer: Actor, act: str) -> bool:
    match act:
        case "take_post":
            return posts.may_take(state, viewer)
        case "mark_notary_absent":
            return notary.awaited_since(state) is not None
        case "explain_incidents":
            return register.explainable(state)
        case "sign_register":
            return register.register_ready(state)
        case "refuse_signature":
            return signatures.may_refuse(state, viewer)
        case "note_unsigned":
            return bool(signatures.missing(state))
        case "read_text":
            return any(key not in state.read for key in readable(state))
        case "replace_representative":
            return viewer.party in state.signed_in
        case "say":
            return may_speak(state, viewer)
        case "mute":
            return True
        case "hide_message":
            return any(not message.hidden for message in state.messages)
        case "check_identity":
            return bool(named_bidders(state) & state.signed_in.keys())
        case _:
            return act in _ALWAYS


_ALWAYS = frozenset(
    {
        "make_announcement",
        "appoint_substitute",
        "log_call",
        "make_remark",
        "add_paper",
        "take_over",
        "report_fault",
    }
    | {"record_incident"}
)
