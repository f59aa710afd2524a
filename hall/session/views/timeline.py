"""The events of an opening as a viewer may see them, in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from hall import wire as w
from hall.procurement.parties import Actor, Role, participant_of
from hall.session import events as e

Entry = tuple[int, str, e.Event]
"""(received_at ms, actor key, event) of one journal row of the opening."""

_FOR_ALL = (
    e.SignInOpened,
    e.DeadlinePassed,
    e.BiddersAnnounced,
    e.LotLocked,
    e.TenderFailed,
    e.SealingRechecked,
    e.SealingAnswered,
    e.SealingDeclared,
    e.DecryptionCommanded,
    e.ReleaseReceived,
    e.ReleaseDeclined,
    e.BidOpened,
    e.BidOpenFailed,
    e.WindowClosed,
    e.CauseDecided,
    e.PricesDisclosed,
    e.BidReadOut,
    e.PriceAnswered,
    e.ObjectionsOpened,
    e.ObjectionRaised,
    e.ObjectionAnswered,
    e.ObjectionsClosed,
    e.RecordPrepared,
    e.RecordSigned,
    e.RecordCompleted,
    e.OpeningClosed,
    e.RoomEmptied,
    e.ClockAdvanced,
    e.FewerApproved,
    *get_args(e.FaultEvent),
    e.TextRead,
    e.AnnouncementMade,
    e.PostTaken,
    e.SubstituteAppointed,
    e.NotaryMarkedAbsent,
    e.RehashRequested,
    e.RehashShown,
    e.ResultsShown,
    e.ResultsAnswered,
    e.ResultsDeclared,
    e.RemarkMade,
    e.Said,
    e.MessageHidden,
    e.SignatureRefused,
    e.SignatureMissing,
    e.QuoteRoundOpened,
    e.QuoteRoundClosed,
    e.QuotesDisclosed,
    e.DrawOpened,
    e.DrawCommitted,
    e.DrawCommitsClosed,
    e.DrawRevealed,
    e.DrawDone,
)


def may_see_incident(incident: e.IncidentRecorded, viewer: Actor, *, announced: bool) -> bool:
    """Before the announcement a bidder sees what it reported itself, nobody sees more; afterwards staff see all, and
    a bidder what concerns it: 4.7 entries free the parties in their scope, who get a copy."""
    mine = incident.subject == participant_of(viewer)
    if not announced:
        return mine and incident.act is not None
    if viewer.role is not Role.BIDDER or mine:
        return True
    return incident.clause != "" and (not incident.scope or viewer.party in incident.scope)


def timeline(entries: Iterable[Entry], viewer: Actor) -> list[w.TimelineEntry]:
    """The events that `viewer` may see, in order. Grows only at its end, so a client's count of it is a cursor."""
    shown: list[w.TimelineEntry] = []
    announced = False
    for at, actor, event in entries:
        announced = announced or isinstance(event, e.BiddersAnnounced | e.LotLocked)
        if _visible(event, actor, viewer, announced=announced):
            lot, subject, detail = _facts(event)
            shown.append(w.TimelineEntry(len(shown), at, type(event).__name__, lot, subject, detail))
    return shown


def _visible(event: e.Event, actor: str, viewer: Actor, *, announced: bool) -> bool:
    mine = participant_of(viewer)
    match event:
        case e.BidderSignedIn(bidder):
            return viewer.role is Role.BIDDER and bidder == viewer.party
        case e.PresenceChanged():
            return announced and viewer.role is not Role.BIDDER
        case e.IncidentRecorded():
            return may_see_incident(event, viewer, announced=announced)
        case e.QuoteOffered(_, _, bidder):
            # who has quoted stays secret while the round runs, and a timeline never grows in its middle
            return viewer.role is Role.BIDDER and bidder == viewer.party
        case e.CallLogged():
            return viewer.role is not Role.BIDDER
        case e.IdentityChecked(bidder) | e.RepresentativeReplaced(bidder):
            own = viewer.role is Role.BIDDER and bidder == viewer.party
            return own or (announced and viewer.role is not Role.BIDDER)
        case e.ConnectionTaken(participant):
            return participant == mine or (announced and viewer.role is not Role.BIDDER)
        case e.FaultEnded() | e.IncidentsExplained() | e.RegisterSigned():
            return announced and viewer.role is not Role.BIDDER
        case e.ActRefused():
            return actor == viewer.key or (announced and viewer.role is Role.SUPERVISOR)
        case _:
            return isinstance(event, _FOR_ALL)


def _facts(event: e.Event) -> tuple[str, str, str]:
    lot = getattr(event, "lot", "")
    subject = (
        getattr(event, "bidder", "") or getattr(event, "subject", "") or getattr(event, "participant", "")
    )
    match event:
        case (
            e.SealingAnswered(answer=answer)
            | e.PriceAnswered(answer=answer)
            | e.ResultsAnswered(answer=answer)
        ):
            detail = answer.value
        case e.BidOpenFailed(code=code) | e.ActRefused(code=code):
            detail = code
        case e.CauseDecided(cause=cause):
            detail = cause.value
        case e.ObjectionRaised(text=text):
            detail = text
        case e.ObjectionAnswered(outcome=outcome):
            detail = outcome.value
        case (
            e.RecordSigned(role=role)
            | e.SealingDeclared(role=role)
            | e.ResultsDeclared(role=role)
            | e.SignatureRefused(role=role)
            | e.SignatureMissing(role=role)
        ):
            detail = role
        case e.PostTaken(post) | e.SubstituteAppointed(post):
            detail = post.role.value
        case e.DeadlineMoved(after=after) | e.OpeningPostponed(after=after):
            detail = str(after)
        case e.Suspended(kind=kind_):
            detail = kind_.value
        case e.ResumptionAnnounced(resumes_at=moment) | e.Adjourned(resumes_at=moment):
            detail = str(moment)
        case e.ReliableTestDone(passed=passed):
            detail = "passed" if passed else "failed"
        case e.ConsultationAnswered(role=role, stance=stance):
            detail = f"{role}:{stance.value}"
        case e.RemarkMade(role=role, stance=stance_):
            detail = f"{role}:{stance_.value}"
        case e.TextRead(key):
            detail = key
        case e.AnnouncementMade(text):
            detail = text
        case e.Said(message=number) | e.MessageHidden(message=number):
            detail = str(number)
        case e.CallLogged(callee, outcome):
            detail = f"{callee}:{outcome.value}"
        case e.IdentityChecked(result=result):
            detail = result.value
        case e.DrawDone(chosen=chosen):
            detail = chosen
        case e.PresenceChanged(state=presence):
            detail = presence
        case e.IncidentRecorded(kind=kind):
            detail = kind
        case e.ClockAdvanced(by_ms=by_ms):
            detail = str(by_ms)
        case _:
            detail = ""
    return lot, subject, detail
