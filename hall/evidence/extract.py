"""Bundles for those who may not have everything: the same proof, with fewer rows and files (clauses 5.5.3, 6.1).

The regulator's bundle holds everything. A bidder's and the public's are made from it, and from nothing else: each row
that they may not read stands there as its leaf hash, so the tree, its checkpoints and every place in it are the same.
A leaf is salted, so a withheld row can't be guessed. What a kind of row is to whom stands in `ROWS`; a kind that is not
named there is withheld. What may not live here: who asks (`hall.adapters.archive`), and any judgement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.x509 import ocsp

from hall.evidence.bundle import CHECKPOINTS, HEAD, JOURNAL, Bundle, BundleWriter
from hall.evidence.entitlement import Entitlement
from hall.journal.tree import leaf_hash
from hall.procurement import canonical

_PUBLIC: Final = frozenset(
    "TenderPublished DepositDeadlineMoved OpeningScheduled SignInOpened DeadlinePassed DeadlineHeld "
    "DeadlineMoved DeadlineConfirmed OpeningPostponed BiddersAnnounced LotLocked FewerApproved "
    "TenderFailed SealingDeclared DecryptionCommanded WindowClosed OwnWindowOpened OwnWindowClosed "
    "BidOpened BidOpenFailed CauseDecided ResultsShown ResultsDeclared PricesDisclosed BasePriceStated "
    "BidReadOut ObjectionsOpened ObjectionsClosed RecordPrepared RecordSigned RecordCompleted "
    "SignatureRefused SignatureMissing OpeningClosed RoomEmptied RecordingStarted RecordingHeads "
    "Suspended SuspensionExtended SuspensionReasoned SuspensionLifted TestRequested ReliableTestDone "
    "ResumptionAnnounced Resumed SplitDeclared SplitLapsed ContinuationBegan Adjourned AdjournmentEnded "
    "ClockAdvanced PostTaken SubstituteAppointed NotaryMarkedAbsent RegisterSigned QuoteRoundOpened "
    "QuoteRoundClosed QuotesDisclosed DrawOpened DrawCommitsClosed DrawDone RecordingNamed "
    "RecordingsErased NoAlternatives RemedyAnswered "
    "NoticePublished AddendumIssued TenderCancelled OpeningArranged DeadlineNoted CandidatesPublished "
    "PublicityExtended PublicityEnded AwardSuspended AwardResumed AwardDecided AwardVoided LotFailed "
    "RetenderOrdered PublicQuestionAnswered".split()
)
"""What was told to everybody in the room, or is published: nobody's letters, words, presence or network."""

_BIDDERS: Final = frozenset(
    "DepositsClosed DepositsHandedOver HandedOver SealingRechecked AdjournmentRechecked RehashShown FreshnessProved "
    "FaultEnded "
    "TextRead AnnouncementMade ConsultationOpened DrawCommitted DrawRevealed ObjectionRaised ObjectionAnswered "
    "PaperAdded DocumentsTaken QuestionAnswered".split()
)
"""What every bidder in the room was shown besides: digests of all deposits, texts, objections with their answers."""

_OWN: Final = frozenset(
    "DepositReceived DepositWithdrawn DepositRefused BidderSignedIn SealingAnswered ReleaseReceived ReleaseDeclined "
    "ResultsAnswered PriceAnswered PresenceChanged ActRefused AttemptNoted OperatorSeen IncidentRecorded CallLogged "
    "IdentityChecked RepresentativeReplaced ConnectionTaken QuoteOffered Said HandRaised HandLowered FaceFlagged "
    "MicrophoneMuted NoticeOwed NoticeSent NoticeFailed NoticeRead RehashRequested BidPdfChecked "
    "BidRestored RemedyClaimed CertificateShown CertificateDecided SelfChecked DepositConfirmed DocumentDelivered "
    "Registered DocumentsAcknowledged QuestionAsked CaseFiled CaseWithdrawn CandidateGaveUp".split()
)
"""What a bidder reads of itself and of nobody else."""

ROWS: Final = {
    Entitlement.PUBLIC: _PUBLIC,
    Entitlement.BIDDER: _PUBLIC | _BIDDERS,
}
"""Entitlement -> kinds of which it reads every row."""

_NAMES: Final = ("bidder", "participant", "party", "subject", "callee", "speaker")
"""Where a row names whom it is about."""


def extract(
    whole: Path,
    out: Path,
    entitlement: Entitlement,
    holder: str = "",
    sees: Callable[[str], bool] = lambda participant: False,
    more: Mapping[str, bytes] | None = None,
) -> bool:
    """Write what `entitlement` may have of the bundle `whole` to `out`; False, and nothing written, for a bidder of
    whom no row tells. sees: whether the holder may see a participant's recordings; more: members that were made for
    this part alone, by name."""
    bundle = Bundle(whole)
    try:
        rows = [json.loads(line) for line in bundle.lines(JOURNAL)]
        shown = list(_shown(rows, entitlement, holder))
        if entitlement is Entitlement.BIDDER and not any(
            _actor(line) == f"bidder:{holder}" for line in shown
        ):
            return False
        _write(bundle, rows, shown, out, entitlement, holder, sees, more or {})
    finally:
        bundle.close()
    return True


def _shown(rows: list[dict[str, Any]], entitlement: Entitlement, holder: str) -> Iterator[dict[str, Any]]:
    own_notices: set[str] = set()
    for line in rows:
        row = line["row"]
        own = entitlement is Entitlement.BIDDER and _is_own(row, holder, own_notices)
        if row["kind"] in ROWS[entitlement] or own:
            yield line
        else:
            leaf = leaf_hash(bytes.fromhex(line["salt"]), canonical.dumps(row))
            yield {"leaf": leaf.hex()}


def _is_own(row: dict[str, Any], holder: str, notices: set[str]) -> bool:
    """Whether a row is about this bidder alone."""
    kind, body = row["kind"], row["body"]
    if kind not in _OWN:
        return False
    if kind == "NoticeOwed" and (body["role"], body["party"]) == ("bidder", holder):
        notices.add(body["notice"])
    if row["stream"].startswith(("notices/", "letters/")):
        return body["notice"] in notices
    if kind == "IncidentRecorded" and body["scope"] not in ([], [holder]):
        return False
    named = body.get("deposit", body)
    about = [str(named[name]) for name in _NAMES if name in named]
    # Where a row names somebody, that counts and not who sent it: a host's call to a bidder is the bidder's.
    if about:
        return about[0] in (holder, f"bidder-{holder}", f"bidder:{holder}")
    return bool(row["actor"] == f"bidder:{holder}")


def _actor(line: dict[str, Any]) -> str:
    return str(line["row"]["actor"]) if "row" in line else ""


def _write(
    bundle: Bundle,
    rows: list[dict[str, Any]],
    shown: list[dict[str, Any]],
    out: Path,
    entitlement: Entitlement,
    holder: str,
    sees: Callable[[str], bool],
    more: Mapping[str, bytes],
) -> None:
    writer = BundleWriter(out)
    writer.add(JOURNAL, b"".join(canonical.dumps(line) + b"\n" for line in shown))
    writer.add(CHECKPOINTS, bundle.read(CHECKPOINTS))
    others = _hidden_certificates(rows, holder if entitlement is Entitlement.BIDDER else "")
    serials = {_serial(bundle.read(f"certificates/{sha256}.der")) for sha256 in others}
    for name in sorted(bundle.names - {HEAD, JOURNAL, CHECKPOINTS}):
        if name.endswith(".ocsp") and _answers_about(bundle.read(name), serials):
            continue
        if _may_have(name, entitlement, holder, others, sees):
            read, size = bundle.part(name), bundle.size(name)
            writer.add_pieces(name, (read(at, 1 << 20) for at in range(0, size, 1 << 20)))
    for name, data in more.items():
        writer.add(name, data)
    head = {key: value for key, value in bundle.head.items() if key != "members"}
    head["entitlement"] = entitlement.value
    if entitlement is Entitlement.BIDDER:
        head["holder"] = holder
    writer.close(head)


def _hidden_certificates(rows: list[dict[str, Any]], holder: str) -> set[str]:
    """Certificates that bidders signed with, but the holder's: they name people and their organisations. So do those of
    the evaluators, whom nobody may learn of here (clause 5.4.2)."""
    found: set[str] = set()
    for line in rows:
        row = line["row"]
        act, deposit = row["body"].get("act"), row["body"].get("deposit")
        role, _, party = row["actor"].partition(":")
        hidden = role == "evaluator" or (role == "bidder" and party != holder)
        if hidden and isinstance(act, dict):
            found.add(str(act["certificate"]))
        if isinstance(deposit, dict) and deposit["bidder"] != holder:
            found.add(str(deposit["recipient"]))
    return found


def _serial(der: bytes) -> int | None:
    try:
        return x509.load_der_x509_certificate(der).serial_number
    except ValueError:  # it is not in the bundle, or no certificate
        return None


def _answers_about(der: bytes, serials: set[int | None]) -> bool:
    """Whether an OCSP answer tells of one of these certificates, by its serial number: who has the certificates of a
    party finds it again. One that can't be read may tell of any."""
    try:
        return any(one.serial_number in serials for one in ocsp.load_der_ocsp_response(der).responses)
    except ValueError:
        return True


def _may_have(
    name: str, entitlement: Entitlement, holder: str, others: set[str], sees: Callable[[str], bool]
) -> bool:
    folder, _, rest = name.partition("/")
    match folder:
        case "certificates":
            return rest.removesuffix(".der") not in others
        case "revocation":
            return True
        case "proof":
            # Co-signatures and stamps are everybody's; a message that somebody handed in names its bidder.
            return not rest.startswith("handed_in/")
        case "sealed":
            return entitlement is Entitlement.BIDDER and rest.endswith(f"/{holder}.bid")
        case "record" | "papers":
            # The record names every bidder's representative: it is a bidder's to read, and not the public's, which has
            # an edition of its own. So are the notary's papers, which the room was shown (clause 4.5).
            return entitlement is Entitlement.BIDDER
        case "recordings":
            return entitlement is Entitlement.BIDDER and sees(rest.partition("/")[0])
        case _:
            return False
