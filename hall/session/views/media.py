"""Picture and sound as a viewer may know them: who sees and hears whom, and what is still to be looked at."""

from __future__ import annotations

from collections.abc import Iterable

from hall import wire as w
from hall.procurement.parties import SEES_ALL_MEDIA, Actor, Role, participant_of
from hall.session import events as e
from hall.session import faces
from hall.session.broadcast import camera_name, may_broadcast, sources
from hall.session.external import call_name
from hall.session.roster import holds_post, may_be_known
from hall.session.rules import Stage
from hall.session.state import OpeningState

SEES_REFERENCE = frozenset({Role.SUPERVISOR, Role.HOST, Role.NOTARY, Role.REGULATOR})
"""Who compares a representative with the picture that it consented to (clause 5.3.7)."""

_CHECKS = frozenset({Role.SUPERVISOR, Role.HOST})


def may_watch(state: OpeningState, viewer: Actor, participant: str) -> bool:
    """Who sees whom: the hall itself and whoever has the floor are seen by all but the evaluators (clause 5.4.2), the
    others by host, supervisor, notary and regulator after the announcement of a lot of their own."""
    if viewer.role is Role.EVALUATOR:
        return False
    if participant in sources(state):
        return True
    if not may_be_known(state, participant):
        return False
    return viewer.role in SEES_ALL_MEDIA or participant == state.media.floor


def may_publish(state: OpeningState, viewer: Actor) -> bool:
    """Who is on audio and video: bidders that signed in, the host, and of the other staff whoever has the floor."""
    if state.stage in (Stage.NEW, Stage.CLOSED) or away(state):
        return False
    if viewer.role is Role.BIDDER:
        return viewer.party in state.signed_in
    shown = viewer.role is Role.HOST or participant_of(viewer) == state.media.floor
    return shown and holds_post(state, viewer)


def may_see_reference(state: OpeningState, viewer: Actor, bidder: str) -> bool:
    """Whether a viewer may see a representative's reference picture."""
    return viewer.role in SEES_REFERENCE and state.announced and may_be_known(state, f"bidder-{bidder}")


def away(state: OpeningState) -> bool:
    """Whether the room waits for another day, empty and unrecorded: not open yet, postponed, or adjourned."""
    return state.stage is Stage.SCHEDULED or (state.suspension is not None and state.suspension.away)


def watched(state: OpeningState, viewer: Actor, sending: Iterable[str]) -> list[str]:
    """Those of `sending` whom the viewer may watch."""
    return sorted(p for p in sending if may_watch(state, viewer, p))


def on_air_views(state: OpeningState, sending: Iterable[str]) -> list[str]:
    """Those of `sending` that the public may see."""
    return sorted(p for p in sending if may_broadcast(state, p))


def camera_views(state: OpeningState) -> list[w.Camera]:
    return [w.Camera(camera_name(x.camera), x.name) for x in state.scheduled.cameras]


def external_views(state: OpeningState, viewer: Actor) -> list[w.ExternalRecording]:
    """Recordings made elsewhere, and of calls those that are attached; for staff."""
    if viewer.role in (Role.BIDDER, Role.EVALUATOR):
        return []
    media = state.media
    named = [
        w.ExternalRecording(
            x.named.recording,
            x.named.name,
            x.named.place,
            x.named.reason,
            x.at,
            x.named.recording == media.standing,
            _files(media.attached.get(x.named.recording, ())),
        )
        for x in media.externals
    ]
    calls = [
        w.ExternalRecording(name, call.callee, "", call.text, None, False, _files(files))
        for number, call in enumerate(state.calls, start=1)
        if (files := media.attached.get(name := call_name(number)))
    ]
    return [*named, *calls]


def _files(files: Iterable[e.RecordingAttached]) -> list[w.RecordingFile]:
    return [w.RecordingFile(x.sha256, x.size, x.mime, x.start, x.end) for x in files]


def look_views(state: OpeningState, viewer: Actor) -> list[w.LookView]:
    """Looks that are due, for who can do them."""
    if viewer.role not in _CHECKS:
        return []
    due = ((f"bidder-{bidder}", moment) for bidder, moment in faces.due(state))
    return [w.LookView(who, moment) for who, moment in due if may_be_known(state, who)]


def flag_views(state: OpeningState, viewer: Actor) -> list[w.FlagView]:
    if viewer.role not in _CHECKS:
        return []
    return [
        w.FlagView(
            f"bidder-{x.flagged.bidder}", x.flagged.moment, x.flagged.score, x.flagged.flag.value, x.at
        )
        for x in state.media.flags
        if may_be_known(state, f"bidder-{x.flagged.bidder}")
    ]
