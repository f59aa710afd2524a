"""Picture and sound in the state of an opening: floor, hands, mutes, recordings made elsewhere, looks that are due.

As `state`: nothing here refuses, and nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hall.procurement.acts import SignedAct
from hall.session import events as e
from hall.session.lot import put

SILENT: Final = "recorder_silent"
"""The detectors' entry about recorders of which none proves any more that it writes (clause 6.1)."""


@dataclass(frozen=True, slots=True)
class NamedRecording:
    """A recording made elsewhere that the project owner named at `at` (clause 6.1)."""

    named: e.RecordingNamed
    at: int


@dataclass(frozen=True, slots=True)
class Flag:
    """What a comparison of faces said at `at`."""

    flagged: e.FaceFlagged
    at: int


@dataclass(frozen=True, slots=True)
class MediaState:
    """`floor`: the participant that all see and hear, "" for nobody; `hands`: who asks for it, in order."""

    floor: str = ""
    floor_at: int = 0
    hands: tuple[str, ...] = ()
    muted: frozenset[str] = frozenset()
    """Participants whom nobody in the room hears; their recording goes on with its sound."""
    once_muted: frozenset[str] = frozenset()
    """Who was muted at any time: its recording holds what the room did not hear."""
    hushed: bool = False
    """Whether who has the floor was muted before, and will be again after it."""
    externals: tuple[NamedRecording, ...] = ()
    standing: str = ""
    """The recording made elsewhere on which the agenda goes on now: until a recorder proves itself again."""
    attached: Mapping[str, tuple[e.RecordingAttached, ...]] = field(default_factory=dict)
    looks: tuple[tuple[str, str], ...] = ()
    """(bidder, moment) of every mid-session look at a representative that is due (clause 5.3.7)."""
    flags: tuple[Flag, ...] = ()
    closed_at: int = 0


def evolve_media(
    media: MediaState, event: e.Event, at: int, incidents: tuple[e.IncidentRecorded, ...]
) -> MediaState:
    """What an event changes here; most change nothing. incidents: the register before it."""
    match event:
        case e.HandRaised(participant):
            return replace(media, hands=(*(x for x in media.hands if x != participant), participant))
        case e.HandLowered(participant):
            return replace(media, hands=tuple(x for x in media.hands if x != participant))
        case e.FloorGiven(participant):
            return _given(media, participant, at)
        case e.MicrophoneMuted(participant, muted):
            return _muted(media, (participant,), muted=muted)
        case e.RoomMuted(participants, muted):
            return _muted(media, participants, muted=muted)
        case e.Suspended():
            return _given(media, "", at)  # clause 4.8: while nothing goes on nobody has the floor
        case e.OpeningClosed():
            return replace(_given(media, "", at), hands=(), closed_at=at)
        case e.RecordingNamed(recording):
            return replace(media, externals=(*media.externals, NamedRecording(event, at)), standing=recording)
        case e.RecordingAttached(recording):
            files = (*media.attached.get(recording, ()), event)
            return replace(media, attached=put(media.attached, recording, files))
        case e.FaultEnded(number) if media.standing:
            back = any(i.incident == number and i.kind == SILENT for i in incidents)
            return replace(media, standing="") if back else media
        case e.IncidentRecorded(kind=kind) if kind == SILENT:
            return replace(media, standing="")  # it wrote meanwhile, and what was named before that is over
        case e.FaceFlagged():
            return replace(media, flags=(*media.flags, Flag(event, at)))
        case e.IdentityChecked(bidder, moment=moment):
            return replace(media, looks=tuple(x for x in media.looks if x != (bidder, moment)))
        case e.ReleaseReceived(_, bidder):
            return _look(media, bidder, e.Moment.DECRYPTION)
        case e.PriceAnswered(_, bidder, act=SignedAct()):
            return _look(media, bidder, e.Moment.PRICE)
        case e.ObjectionRaised(_, _, bidder):
            return _look(media, bidder, e.Moment.OBJECTION)
        case _:
            proof = getattr(event, "proof", None)
            proved = isinstance(proof, e.RecorderProof) and proof.file
            return replace(media, standing="") if media.standing and proved else media


def _given(media: MediaState, participant: str, at: int) -> MediaState:
    """Who gets the floor is heard; who had it is muted again where it was before."""
    if participant == media.floor:
        return media
    muted = media.muted | {media.floor} if media.hushed else media.muted
    return replace(
        media,
        floor=participant,
        floor_at=at,
        hands=tuple(x for x in media.hands if x != participant),
        muted=muted - {participant},
        hushed=participant in muted,
    )


def _muted(media: MediaState, participants: tuple[str, ...], *, muted: bool) -> MediaState:
    changed = frozenset(participants)
    hushed = media.hushed and (muted or media.floor not in changed)
    if not muted:
        return replace(media, muted=media.muted - changed, hushed=hushed)
    return replace(media, muted=media.muted | changed, once_muted=media.once_muted | changed, hushed=hushed)


def _look(media: MediaState, bidder: str, moment: e.Moment) -> MediaState:
    look = (bidder, moment.value)
    return media if look in media.looks else replace(media, looks=(*media.looks, look))
