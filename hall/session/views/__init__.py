"""What a viewer may see: the secrecy boundary of an opening.

Live messages, replay after a reconnect and HTTP reads all pass through `view` and `timeline`. Until the bidders are
announced, nothing here depends on what any other bidder did (Bidding Law 22).
"""

from __future__ import annotations

from hall import wire as w
from hall.procurement.parties import Actor, Role, participant_of
from hall.session import events as e
from hall.session.agenda import may, waiting
from hall.session.broadcast import may_broadcast, may_replay, on_air
from hall.session.external import call_name
from hall.session.gaps import gaps
from hall.session.presence import COUNTED
from hall.session.register import register_digest, unexplained
from hall.session.roster import all_announced, may_be_known
from hall.session.rules import Stage
from hall.session.state import OpeningState
from hall.session.views.beside import Beside, Operator, Person
from hall.session.views.credentials import renewal_views
from hall.session.views.custody import custody_view, entrusted_views
from hall.session.views.lots import lot_view
from hall.session.views.media import (
    away,
    camera_views,
    external_views,
    flag_views,
    look_views,
    may_publish,
    may_see_reference,
    may_watch,
    on_air_views,
    watched,
)
from hall.session.views.papers import paper_views, report_views
from hall.session.views.pauses import consultation_views, suspension_view
from hall.session.views.sheet import absence_views, attempt_views, operator_views, sheet_views
from hall.session.views.timeline import Entry, Timeline, may_see_incident, timeline

__all__ = [
    "Beside",
    "Entry",
    "Operator",
    "Person",
    "Timeline",
    "away",
    "entrusted_views",
    "manifest",
    "may_broadcast",
    "may_publish",
    "may_replay",
    "may_see_reference",
    "may_watch",
    "on_air",
    "timeline",
    "view",
]


def view(state: OpeningState, viewer: Actor, beside: Beside) -> w.View:
    """The opening as `viewer` may see it now."""
    plan = state.scheduled
    me = participant_of(viewer)
    announced = state.announced
    return w.View(
        opening=plan.opening,
        origin=plan.origin,
        tender=plan.tender,
        tender_name=plan.tender_name,
        tender_number=plan.tender_number,
        place=plan.place,
        mode=plan.mode.value,
        clock_advanced=state.clock_advanced,
        stage=state.stage.value,
        bid_deadline=plan.bid_deadline,
        sign_in_from=plan.sign_in_from,
        you=w.You(viewer.role.value, viewer.party, viewer.name, viewer.certificate, me),
        signed_in=viewer.role is Role.BIDDER and viewer.party in state.signed_in,
        staff=[w.StaffView(a.role.value, a.name, a.unit, a.certificate) for a in state.posts.values()],
        lots=[lot_view(state, state.lots[x.lot], x, viewer, beside) for x in plan.lots],
        manifest=manifest(state.manifest) if announced and state.manifest else None,
        # before all lots are announced no size, root or checkpoint leaves the server: they betray how many bid
        checkpoint=beside.checkpoint if all_announced(state) else None,
        may=may(state, viewer),
        waiting=waiting(state),
        record=_record(state),
        leave_by=state.leave_by,
        presence=_presence(state, viewer),
        media=watched(state, viewer, beside.publishing),
        publish=may_publish(state, viewer),
        sending=me in beside.publishing,
        recording=state.recording and not state.recorder_stopped and not away(state),
        incidents=_incidents(state, viewer),
        epoch=state.epoch,
        held=state.stage is Stage.HELD,
        deadlines=[w.DeadlineChange(d.before, d.after, d.reason) for d in state.deadlines],
        suspension=suspension_view(state, state.suspension, viewer) if state.suspension else None,
        suspensions=[suspension_view(state, x, viewer) for x in state.suspensions],
        continues_at=state.continues_at,
        consultations=consultation_views(state, viewer),
        notary="declares" if state.notary else "absent" if state.notary_absent else "none",
        deputies=[w.StaffView(a.role.value, a.name, a.unit, a.certificate) for a in plan.deputies],
        texts=[w.TextView(t.key, t.title, t.text, t.key in state.read) for t in plan.texts],
        messages=_messages(state, viewer),
        remarks=_remarks(state),
        papers=paper_views(state),
        bid_reports=report_views(state, viewer),
        muted=_muted(state, viewer),
        calls=_calls(state, viewer),
        register=_register(state, viewer),
        gaps=_gaps(state, viewer),
        observer=_observes(state, viewer),
        sheets=sheet_views(state, viewer),
        attempts=attempt_views(state, viewer),
        absences=absence_views(state, viewer),
        operators=operator_views(state, viewer, beside),
        floor=state.media.floor,
        hands=list(state.media.hands),
        cameras=camera_views(state),
        stills=watched(state, viewer, beside.stills),
        broadcast=on_air_views(state, beside.publishing),
        external=external_views(state, viewer),
        checks_due=look_views(state, viewer),
        flags=flag_views(state, viewer),
        custody=custody_view(state, viewer),
        renewals=renewal_views(state, viewer),
    )


def manifest(digest: str) -> w.Manifest:
    """The manifest's digest with its spoken code: 8 groups of 4 digits, the digest modulo 10^32."""
    digits = f"{int(digest, 16) % 10**32:032d}"
    return w.Manifest(digest, " ".join(digits[i : i + 4] for i in range(0, 32, 4)))


def _presence(state: OpeningState, viewer: Actor) -> list[w.PresenceView]:
    if not state.announced or viewer.role is Role.BIDDER:
        return []
    last: dict[str, e.PresenceChanged] = {}
    for interval in state.presence:
        if interval.participant not in last or interval.start >= last[interval.participant].start:
            last[interval.participant] = interval
    everybody = all_announced(state)
    return [
        w.PresenceView(
            p, i.state, i.start, i.cause if everybody or i.cause not in COUNTED else "", i.confidence
        )
        for p, i in sorted(last.items())
        if may_be_known(state, p)
    ]


def _incidents(state: OpeningState, viewer: Actor) -> list[w.IncidentView]:
    """Until all lots are announced an entry has the number that it has on this viewer's own list: the register's would
    tell how many others have reported something (Bidding Law 22)."""
    everybody = all_announced(state)

    def known(participant: str) -> bool:
        return may_be_known(state, participant)

    mine = (
        i
        for i in state.incidents
        if may_see_incident(i, viewer, known, announced=state.announced, everybody=everybody)
    )
    return [
        w.IncidentView(
            i.incident if everybody else number,
            i.kind,
            i.clause,
            i.subject,
            i.detail,
            list(i.scope),
            i.start,
            i.end,
            i.corrects,
            i.act is None,
            state.explained.get(i.incident, ""),
        )
        for number, i in enumerate(mine, start=1)
    ]


def _messages(state: OpeningState, viewer: Actor) -> list[w.MessageView]:
    """Nobody can speak before the announcement; a hidden message keeps its place, its text stays with staff. Between
    the room and the evaluators there is no route (clauses 4.4, 5.4.2)."""
    if viewer.role is Role.EVALUATOR:
        return []
    staff = viewer.role is not Role.BIDDER
    return [
        w.MessageView(
            m.said.message,
            m.at,
            m.said.speaker,
            m.said.channel.value,
            m.said.text if staff or not m.hidden else "",
            m.hidden,
        )
        for m in state.messages
    ]


def _muted(state: OpeningState, viewer: Actor) -> list[str]:
    """Staff see who is muted; everybody else whether it is itself."""
    if viewer.role is not Role.BIDDER:
        return sorted(state.muted)
    return [x for x in (participant_of(viewer),) if x in state.muted]


def _remarks(state: OpeningState) -> list[w.RemarkView]:
    """An objection of a supervisor, regulator or notary is shown to all (clause 4.4)."""
    return [w.RemarkView(r.remark, r.role, r.stance.value, r.about, r.text) for r in state.remarks]


def _calls(state: OpeningState, viewer: Actor) -> list[w.CallView]:
    if viewer.role is Role.BIDDER:
        return []
    return [
        w.CallView(x.callee, x.outcome.value, x.text, call_name(n))
        for n, x in enumerate(state.calls, start=1)
    ]


def _register(state: OpeningState, viewer: Actor) -> w.RegisterView | None:
    if viewer.role is Role.BIDDER or not all_announced(state):
        return None
    return w.RegisterView(
        len(state.incidents), register_digest(state), list(unexplained(state)), state.register is not None
    )


def _gaps(state: OpeningState, viewer: Actor) -> list[w.GapView]:
    if viewer.role is Role.BIDDER:
        return []
    everybody = all_announced(state)
    return [
        w.GapView(g.code, g.lot, g.subject, g.blocking)
        for g in gaps(state)
        if everybody or g.code not in _OF_THE_REGISTER
    ]


_OF_THE_REGISTER = frozenset({"incident_unexplained", "report_unexplained"})
"""Gaps that are named by their number in the register, which is a secret until all lots are announced."""


def _observes(state: OpeningState, viewer: Actor) -> bool:
    lots = state.lots.values()
    missed = any(viewer.party in x.not_signed_in and viewer.party not in x.taking_part for x in lots)
    return viewer.role is Role.BIDDER and missed


def _record(state: OpeningState) -> w.RecordView | None:
    if state.record is None:
        return None
    return w.RecordView(
        state.record.sha256,
        state.record.content,
        [s.role for s in state.record.signed],
        state.record.completed,
        [
            w.UnsignedView(role, isinstance(x, e.SignatureRefused), x.reason)
            for role, x in state.record.unsigned.items()
        ],
        state.record_by,
    )
