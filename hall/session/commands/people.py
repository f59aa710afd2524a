"""Commands of `hall.session.events.people` and of the register."""

from __future__ import annotations

from dataclasses import dataclass

from hall.procurement.acts import SignedAct
from hall.procurement.parties import Appointment, Role
from hall.session.events.course import RecorderProof, SealingAnswer
from hall.session.events.people import Call, Channel, Check, FreshnessProved, Remark


@dataclass(frozen=True, slots=True)
class ReadText:
    key: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MakeAnnouncement:
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class TakePost:
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AppointSubstitute:
    post: Appointment
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MarkNotaryAbsent:
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RequestRehash:
    lot: str
    bidder: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AnswerResults:
    lot: str
    answer: SealingAnswer
    act: SignedAct


@dataclass(frozen=True, slots=True)
class DeclareResults:
    lot: str
    act: SignedAct
    proof: RecorderProof | None


@dataclass(frozen=True, slots=True)
class LogCall:
    callee: str
    outcome: Call
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MakeRemark:
    stance: Remark
    about: str
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CheckIdentity:
    bidder: str
    result: Check
    text: str
    act: SignedAct
    moment: str = ""


@dataclass(frozen=True, slots=True)
class ReplaceRepresentative:
    """`act` has its body, a personal item, withheld already; `photo` and `compares` as in `SignIn`."""

    act: SignedAct
    photo: str = ""
    compares: bool = False


@dataclass(frozen=True, slots=True)
class TakeOver:
    fence: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Say:
    channel: Channel
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Mute:
    participant: str
    muted: bool
    act: SignedAct


@dataclass(frozen=True, slots=True)
class HideMessage:
    message: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RefuseSignature:
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteUnsigned:
    """The project owner's statement about a signer who does not sign."""

    role: Role
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ReportFault:
    """One click of a bidder; `text` is kept unedited and may be empty."""

    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RecordIncident:
    kind: str
    clause: str
    subject: str
    scope: tuple[str, ...]
    text: str
    corrects: int
    start: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class ExplainIncidents:
    incidents: tuple[int, ...]
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SignRegister:
    """`digest`: what the signer was shown; another one is refused as stale."""

    entries: int
    digest: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NoteRehash:
    lot: str
    bidder: str
    sha256: str
    intact: bool
    fresh: FreshnessProved | None = None


PeopleAct = (
    ReadText
    | MakeAnnouncement
    | TakePost
    | AppointSubstitute
    | MarkNotaryAbsent
    | RequestRehash
    | AnswerResults
    | DeclareResults
    | LogCall
    | MakeRemark
    | CheckIdentity
    | ReplaceRepresentative
    | TakeOver
    | Say
    | Mute
    | HideMessage
    | RefuseSignature
    | NoteUnsigned
    | ReportFault
    | RecordIncident
    | ExplainIncidents
    | SignRegister
)
PeopleNote = NoteRehash
