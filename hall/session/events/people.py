"""Who holds which post, what they declare, and what is said in the room (clauses 4.2 to 4.6, 5.3.1, 5.3.7, 5.5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hall.procurement.acts import SignedAct
from hall.procurement.parties import Appointment
from hall.session.events.course import RecorderProof, SealingAnswer


class Check(StrEnum):
    """Result of looking at a representative (clause 5.3.7). None of them costs a sign-in or a release."""

    SAME_PERSON = "same_person"
    NOT_THE_SAME = "not_the_same"
    NO_CAMERA = "no_camera"


class Remark(StrEnum):
    """What a supervisor, regulator or notary records; they decide nothing (clause 4.4)."""

    SEEN = "seen"
    OBJECTS = "objects"


class Call(StrEnum):
    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"


class Channel(StrEnum):
    """How a message in the room is meant: plain speech, a question, a clarification to all (澄清, clause 3.1)."""

    SPEECH = "speech"
    QUESTION = "question"
    CLARIFICATION = "clarification"


@dataclass(frozen=True, slots=True)
class TextRead:
    """The host read a prepared text: opening, staff, discipline … (clause 5.3.1)."""

    key: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class AnnouncementMade:
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class PostTaken:
    """A deputy named at scheduling relieves the holder of a post; `before` is the holder's certificate."""

    post: Appointment
    before: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SubstituteAppointed:
    """The project owner appoints somebody else to a post; `before` is "" for a post that was vacant."""

    post: Appointment
    before: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class NotaryMarkedAbsent:
    """By the project owner after the limit, calls logged: the bidders' own check takes the notary's place."""

    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RehashRequested:
    """The notary asks to see a ciphertext's digest again, now."""

    lot: str
    bidder: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RehashShown:
    lot: str
    bidder: str
    sha256: str
    intact: bool


@dataclass(frozen=True, slots=True)
class Fresh:
    """`digest`: SHA-256 of the 16 bytes of the challenge, then the stored ciphertext; "" where it is gone."""

    bidder: str
    digest: str


@dataclass(frozen=True, slots=True)
class FreshnessProved:
    """Beside a look at ciphertexts: a digest that nobody could have reckoned before the challenge was chosen (clause
    4.2). `challenge`: the client nonce of the last act signed before it, by somebody's own program."""

    lot: str
    challenge: str
    items: tuple[Fresh, ...]


@dataclass(frozen=True, slots=True)
class ResultsShown:
    """Decryption is over and every released bid opened or failed: its results can be declared (clause 4.2 ii).

    `answer_by`: until when bidders check theirs where no notary declares; None with a notary."""

    lot: str
    answer_by: int | None


@dataclass(frozen=True, slots=True)
class ResultsAnswered:
    lot: str
    bidder: str
    answer: SealingAnswer
    act: SignedAct | None


@dataclass(frozen=True, slots=True)
class ResultsDeclared:
    """`role`: notary, or host where the bidders' own check took its place. The two lists make up the listed."""

    lot: str
    role: str
    decrypted: tuple[str, ...]
    undecrypted: tuple[str, ...]
    proof: RecorderProof
    act: SignedAct


@dataclass(frozen=True, slots=True)
class CallLogged:
    """A call by telephone; `callee`: participant or role. The number stands in the sign-in, not here."""

    callee: str
    outcome: Call
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class RemarkMade:
    """`about`: what it concerns, in the words of the agenda (an act type, with its lot where it has one)."""

    remark: int
    role: str
    stance: Remark
    about: str
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class IdentityChecked:
    """`moment`: the mid-session look that it answers (decryption, price, objection), "" for any other."""

    bidder: str
    result: Check
    text: str
    act: SignedAct
    moment: str = ""


@dataclass(frozen=True, slots=True)
class RepresentativeReplaced:
    """On a new letter of authorisation; `act` without its body, `photo` and `compares` as with the sign-in. People
    decide what follows."""

    bidder: str
    act: SignedAct
    photo: str = ""
    compares: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionTaken:
    """Another device of the same party took over; `fence`: the number of the connection that it closes."""

    participant: str
    fence: int
    act: SignedAct


@dataclass(frozen=True, slots=True)
class Said:
    message: int
    speaker: str
    channel: Channel
    text: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MicrophoneMuted:
    """Nobody in the room hears the participant any more, or does again; the recording goes on with its sound (4.4)."""

    participant: str
    muted: bool
    act: SignedAct


@dataclass(frozen=True, slots=True)
class MessageHidden:
    """Hidden from the room, kept in the transcript (clause 4.4)."""

    message: int
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SignatureRefused:
    """A signer of the record refuses: a page of the record, and no obstacle (clause 5.5.3)."""

    role: str
    reason: str
    act: SignedAct


@dataclass(frozen=True, slots=True)
class SignatureMissing:
    """The project owner states why a signer did not sign, with the calls that were made."""

    role: str
    reason: str
    calls: int
    act: SignedAct


PeopleEvent = (
    TextRead
    | AnnouncementMade
    | PostTaken
    | SubstituteAppointed
    | NotaryMarkedAbsent
    | RehashRequested
    | RehashShown
    | FreshnessProved
    | ResultsShown
    | ResultsAnswered
    | ResultsDeclared
    | CallLogged
    | RemarkMade
    | IdentityChecked
    | RepresentativeReplaced
    | ConnectionTaken
    | Said
    | MicrophoneMuted
    | MessageHidden
    | SignatureRefused
    | SignatureMissing
)
