"""The events of an opening as a viewer may see them, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import get_args

from hall import wire as w
from hall.procurement.parties import Actor, Role, participant_of
from hall.session import events as e

Entry = tuple[int, str, e.Event]
"""(received_at ms, actor key, event) of one journal row of the opening."""

_TEACHING = (e.OpeningScheduled, e.BiddersAnnounced, e.LotLocked, e.IncidentRecorded)
_SPEECH = frozenset({e.Said, e.MessageHidden, e.AnnouncementMade})
_FOR_ALL_KINDS = (
    e.SignInOpened,
    e.DeadlinePassed,
    e.BiddersAnnounced,
    e.LotLocked,
    e.NoAlternatives,
    e.TenderFailed,
    e.SealingRechecked,
    e.SealingAnswered,
    e.SealingDeclared,
    e.DecryptionCommanded,
    e.RemedyClaimed,
    e.RemedyAnswered,
    e.ReleaseReceived,
    e.ReleaseDeclined,
    e.EntrustedOpened,
    e.CustodiansNamed,
    e.BidOpened,
    e.BidRestored,
    e.BidOpenFailed,
    e.WindowClosed,
    e.CauseDecided,
    e.PricesDisclosed,
    e.BasePriceStated,
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
    e.BidPdfChecked,
    e.PaperAdded,
    e.Said,
    e.MessageHidden,
    e.MicrophoneMuted,
    e.RoomMuted,
    e.HandRaised,
    e.HandLowered,
    e.FloorGiven,
    e.RecordingNamed,
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
_FOR_ALL = frozenset(_FOR_ALL_KINDS)
_CONCERNED = frozenset({Role.PROCURING_ENTITY, Role.SUPERVISOR, Role.HOST})
_LOOKS = frozenset({Role.SUPERVISOR, Role.HOST})


class _Known:
    """What was no secret any more when a row was journalled. Of what came earlier nothing is shown afterwards: a
    timeline never grows in its middle."""

    def __init__(self) -> None:
        self.announced = False
        self.withheld: set[int] = set()  # numbers of incidents that no member of the staff was shown
        self._sealed: set[str] = set()
        self._named: set[str] = set()

    def learn(self, event: e.Event) -> None:
        match event:
            case e.OpeningScheduled(lots=lots):
                self._sealed = {x.lot for x in lots}
            case e.BiddersAnnounced() | e.LotLocked():
                self.announced = True
                self._sealed.discard(event.lot)
                self._named.update(event.bidders, event.not_signed_in, event.without_deposit)
            case e.NoAlternatives(lot=lot) | e.TenderFailed(lot=lot):
                self._sealed.discard(lot)
            case e.IncidentRecorded() if not tellable(event, self.participant, all_announced=self.everybody):
                self.withheld.add(event.incident)

    @property
    def everybody(self) -> bool:
        return self.announced and not self._sealed

    def participant(self, participant: str) -> bool:
        """As `roster.may_be_known`, at the row that was learned last."""
        named = participant.removeprefix("bidder-")
        return self.announced and (self.everybody or named == participant or named in self._named)


def tellable(incident: e.IncidentRecorded, known: Callable[[str], bool], *, all_announced: bool) -> bool:
    """Whether an entry betrays no bidder of a lot that is still sealed: neither whom it is about, nor how many."""
    return (not incident.subject or known(incident.subject)) and (
        all_announced or incident.kind != "mass_drop"
    )


def may_see_incident(
    incident: e.IncidentRecorded,
    viewer: Actor,
    known: Callable[[str], bool],
    *,
    announced: bool,
    everybody: bool,
) -> bool:
    """Before the announcement a bidder sees what it reported itself, nobody sees more; afterwards staff see what
    betrays nobody, and a bidder what concerns it: 4.7 entries free the parties in their scope, who get a copy.

    known: whether a participant is no secret; announced: any lot is announced; everybody: all lots are.
    """
    mine = incident.subject == participant_of(viewer)
    if not announced:
        return mine and incident.act is not None
    if mine:
        return True
    if not tellable(incident, known, all_announced=everybody):
        return False
    if viewer.role is not Role.BIDDER:
        return True
    return incident.clause != "" and (not incident.scope or viewer.party in incident.scope)


class Timeline:
    """One viewer's timeline, told piece by piece. `length`: how many entries it has so far."""

    def __init__(self, viewer: Actor) -> None:
        self.length = 0
        self._viewer = viewer
        self._rows = 0
        self._known = _Known()

    def more(self, entries: Sequence[Entry]) -> list[w.TimelineEntry]:
        """What the rows that came since the last call add. `entries`: all rows so far."""
        shown: list[w.TimelineEntry] = []
        for at, actor, event in islice(entries, self._rows, None):
            if isinstance(event, _TEACHING):
                self._known.learn(event)
            if _visible(event, actor, self._viewer, self._known):
                lot, subject, detail = _facts(event)
                number = self.length + len(shown)
                shown.append(w.TimelineEntry(number, at, type(event).__name__, lot, subject, detail))
        self._rows = len(entries)
        self.length += len(shown)
        return shown


def timeline(entries: Sequence[Entry], viewer: Actor) -> list[w.TimelineEntry]:
    """The events that `viewer` may see, in order. Grows only at its end, so a client's count of it is a cursor."""
    return Timeline(viewer).more(entries)


def _visible(event: e.Event, actor: str, viewer: Actor, known: _Known) -> bool:
    if type(event) in _FOR_ALL:
        # clauses 4.4, 5.4.2: no word of the room reaches an evaluator
        return viewer.role is not Role.EVALUATOR or type(event) not in _SPEECH
    staff = viewer.role is not Role.BIDDER
    match event:
        case e.PresenceChanged():
            return staff and known.participant(event.participant)
        case e.SelfChecked(participant):
            return participant == participant_of(viewer)
        case e.CertificateShown(bidder) | e.CertificateDecided(bidder):
            own = not staff and bidder == viewer.party
            return own or (viewer.role in _CONCERNED and known.participant(f"bidder-{bidder}"))
        case e.BidderSignedIn(bidder):
            return not staff and bidder == viewer.party
        case e.IncidentRecorded():
            return may_see_incident(
                event, viewer, known.participant, announced=known.announced, everybody=known.everybody
            )
        case e.QuoteOffered(_, _, bidder):
            # who has quoted stays secret while the round runs, and a timeline never grows in its middle
            return not staff and bidder == viewer.party
        case e.CallLogged() | e.RecordingAttached():
            return staff
        case e.FaceFlagged(bidder):
            return viewer.role in _LOOKS and known.participant(f"bidder-{bidder}")
        case e.IdentityChecked(bidder) | e.RepresentativeReplaced(bidder):
            own = not staff and bidder == viewer.party
            return own or (staff and known.participant(f"bidder-{bidder}"))
        case e.ConnectionTaken(participant):
            return participant == participant_of(viewer) or (staff and known.participant(participant))
        case e.FaultEnded(number):
            return known.announced and staff and number not in known.withheld
        case e.IncidentsExplained() | e.RegisterSigned():
            return known.announced and staff
        case e.AttemptNoted(_, bidder):
            own = not staff and bidder == viewer.party
            return own or (viewer.role is Role.SUPERVISOR and known.participant(f"bidder-{bidder}"))
        case e.OperatorSeen(participant, changed=changed):
            told = viewer.role is Role.SUPERVISOR and known.participant(participant)
            return changed and (participant == participant_of(viewer) or told)  # clause 5.3.6
        case e.ActRefused():
            sender = f"bidder-{party}" if (party := actor.removeprefix("bidder:")) != actor else ""
            told = known.participant(sender) if sender else known.announced
            return actor == viewer.key or (told and viewer.role is Role.SUPERVISOR)
        case _:
            return False


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
        case e.BidOpenFailed(code=code) | e.ActRefused(code=code) | e.AttemptNoted(code=code):
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
            | e.EntrustedOpened(role=role)
            | e.RemedyAnswered(role=role)
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
        case e.BidPdfChecked(outcome=outcome_):
            detail = outcome_
        case e.PaperAdded(title=title):
            detail = title
        case e.TextRead(key):
            detail = key
        case e.AnnouncementMade(text):
            detail = text
        case e.MicrophoneMuted(muted=muted) | e.RoomMuted(muted=muted):
            detail = "muted" if muted else "heard"
        case e.Said(message=number) | e.MessageHidden(message=number):
            detail = str(number)
        case e.CallLogged(callee, outcome):
            detail = f"{callee}:{outcome.value}"
        case e.IdentityChecked(result=result):
            detail = result.value
        case e.FaceFlagged(flag=flag):
            detail = flag.value
        case e.FloorGiven(participant, before, cause):
            subject = participant or before
            detail = "given" if participant else cause or "taken"
        case e.RecordingNamed(recording) | e.RecordingAttached(recording):
            detail = recording
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
