"""The questions that every bundle is asked, whoever it was made for. docs/bundle-format.md states each rule; the
static page (`web/verify`) asks the same, and a test holds the two answers against each other.

Each predicate gives its faults, or None where the bundle holds nothing that speaks about the question. It reads whole
bundles and such with withheld rows: what is not there is not judged. `verify` asks more, of whole bundles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

from hall.evidence.core_record import is_edition, record, signed
from hall.evidence.core_recordings import recordings
from hall.evidence.story import Story, Told
from hall.evidence.verdicts import Check, Status
from hall.procurement import canonical
from hall.signing.certificates import load_certificate, same_subject
from hall.signing.gm_pairs import paired

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
OFFSET: Final = 8 * HOUR
"""Asia/Shanghai."""

STATED: Final = ("size", "sha256", "commit", "tag_commit", "salt", "recipient")
Found = list[str] | None


def sign_in_window(story: Story) -> Found:
    """Signed in by the bidder's own act in [0:00 of the opening's day, deadline)."""
    rows = story.of("BidderSignedIn")
    if not rows:
        return None
    faults = []
    for row in rows:
        deadline = _deadline(story, row.index, "DeadlineMoved", "OpeningPostponed")
        midnight = (deadline + OFFSET) // DAY * DAY - OFFSET
        if not midnight <= row.at < deadline:
            faults.append(f"{row}: signed in outside the window")
        faults += _act(story, row, "sign_in", deadline=deadline)
        sealed_to = [given["recipient"] for given in _kept(story) if given["bidder"] == row.body["bidder"]]
        signer = row.act.certificate if row.act is not None else ""
        if signer in story.certificates and not all(_same_name(story, signer, one) for one in sealed_to):
            faults.append(f"{row}: signed in by somebody else than the bid is sealed to")
    return faults


def deposit_before_deadline(story: Story) -> Found:
    """Each deposit came before the deadline, as its bidder stated it, and the sealed bids are those very bytes."""
    rows = story.of("DepositReceived")
    if not rows:
        return None
    faults = []
    for row in rows:
        given = row.body["deposit"]
        deadline = _deadline(story, row.index, "DepositDeadlineMoved")
        if row.at >= deadline or given["received_at"] != row.at:
            faults.append(f"{row}: not received before the deadline")
        faults += _act(story, row, "deposit", lot=given["lot"], deadline=deadline)
        said = _said(row)
        if row.act is None or not _one_holder(story, row.act.certificate, given["recipient"]):
            faults.append(f"{row}: sealed to another certificate than it was signed with")
        if any(said.get(key) != given[key] for key in STATED):
            faults.append(f"{row}: its bidder stated another deposit")
    return (
        faults + [fault for given in _kept(story) for fault in _sealed(story, given)] + list(_closed(story))
    )


def _one_holder(story: Story, signer: str, recipient: str) -> bool:
    """One certificate for both; in the suite GM the pair that one CA gave to one subject (docs/gm.md)."""
    one, other = story.certificates.get(signer), story.certificates.get(recipient)
    if signer == recipient or one is None or other is None:
        return signer == recipient
    return paired(load_certificate(one), load_certificate(other))


def _opens(story: Story, row: Told, bidder: str, recipient: str) -> bool:
    """Whether a release counts for what is sealed to `recipient`: its own certificate's, or one's that renewed the same
    key, by a sheet that counts (clause 5.2.3)."""
    if row.act is None:
        return False
    signer = row.act.certificate
    if _one_holder(story, signer, recipient):
        return True
    one, other = story.certificates.get(signer), story.certificates.get(recipient)
    if one is None or other is None or load_certificate(one).spki != load_certificate(other).spki:
        return False
    accepted = story.of(
        "CertificateDecided", bidder=bidder, previous=recipient, certificate=signer, accepted=True
    )
    return any(
        sheet.act is not None
        and sheet.act.certificate == signer
        and sheet.index < row.index
        and (sheet.body["counts"] or any(sheet.index < x.index < row.index for x in accepted))
        for sheet in story.of("CertificateShown", bidder=bidder, previous=recipient)
    )


def sixty_minutes(story: Story) -> Found:
    """Each window ran for the published minutes without the standstills, and each release came inside."""
    rows = story.of("DecryptionCommanded")
    if not rows:
        return None
    window = story.plan["rules"]["decryption_window"]
    faults = [] if window >= HOUR else ["the published window is shorter than 60 minutes"]
    for command in rows:
        lot, start = command.body["lot"], command.body["opened_at"]
        if start != command.at or command.body["closes_at"] != start + window:
            faults.append(f"{command}: not the published window from the command on")
        faults += _act(story, command, "command_decryption", lot=lot)
        if _said(command).get("minutes") != window // 60_000:
            faults.append(f"{command}: other minutes were commanded")
        closed = story.first("WindowClosed", lot=lot)
        if closed is None:
            faults.append(f"lot {lot}: the window was never closed")
        else:
            faults += _end(story, closed, start, window)
        for release in story.of("ReleaseReceived", lot=lot):
            faults += _inside(story, release, command, closed)
    return faults


def self_decryption(story: Story) -> Found:
    """Each bid was released by the certificate it is sealed to, and none was opened before that."""
    rows = story.of("ReleaseReceived")
    if not rows:
        return None
    faults: list[str] = []
    for row in rows:
        lot, bidder = row.body["lot"], row.body["bidder"]
        faults += _act(story, row, "release", lot=lot)
        sealed_to = [g["recipient"] for g in _kept(story) if (g["lot"], g["bidder"]) == (lot, bidder)]
        by_file = len(sealed_to) == 1 and _remedied(story, row, bidder, sealed_to[0])
        if [_opens(story, row, bidder, one) for one in sealed_to] != [True] and not by_file:
            faults.append(f"{row}: not signed by the certificate that the bid is sealed to")
        # Under custody of the hall the signed body holds the content key, and is withheld from the journal.
        secret = story.plan["rules"].get("custody", "hall") == "hall"
        if row.act is not None and (
            (secret and row.act.body is not None) or row.act.body_digest != row.body["release"]
        ):
            faults.append(f"{row}: not the release that was signed")
    for row in story.of("BidOpened", "BidOpenFailed"):
        own = story.first("ReleaseReceived", lot=row.body["lot"], bidder=row.body["bidder"])
        readable = story.whole or row.body["bidder"] == story.holder
        if readable and (own is None or own.index > row.index):
            faults.append(f"{row}: opened without its bidder's release")
    return faults


def _same_name(story: Story, signer: str, recipient: str) -> bool:
    """Whether both certificates name one holder."""
    one, other = story.certificates.get(signer), story.certificates.get(recipient)
    if signer == recipient or one is None or other is None:
        return signer == recipient
    return same_subject(load_certificate(one), load_certificate(other))


def _remedied(story: Story, row: Told, bidder: str, recipient: str) -> bool:
    """Whether a release rests on a recovery file: where the rules have it, claimed before by the bidder's own act,
    under a certificate that names the same holder as the one the bid is sealed to."""
    if row.act is None or not _same_name(story, row.act.certificate, recipient):
        return False
    signer, key = row.act.certificate, {"lot": row.body["lot"], "bidder": bidder}
    same = any(
        one.act is not None and one.act.certificate == signer and one.holds is not False
        for one in story.of("RemedyClaimed", **key)
        if one.index < row.index
    )
    return story.plan["rules"].get("remedy", "none") == "recovery_file" and same


def disclosure_after_all(story: Story) -> Found:
    """No price before every window was closed, every released bid opened, and every other bid's cause decided."""
    rows = story.of("PricesDisclosed")
    return [fault for row in rows for fault in _disclosed(story, row)] if rows else None


def presence(story: Story) -> Found:
    """Intervals of presence are told when they were, and no participant is in two at a time."""
    rows = story.of("PresenceChanged")
    if not rows:
        return None
    faults: list[str] = []
    last: dict[tuple[str, int, int], Told] = {}
    for row in rows:
        body = row.body
        start, end = body["start"], body["end"]
        if start > row.at or (end is not None and not start <= end <= row.at):
            faults.append(f"{row}: told before it happened")
        if body["state"] not in ("online", "suspect", "offline"):
            faults.append(f"{row}: nobody can be {body['state']}")
        last[body["participant"], body["connection"], start] = row
    for one in {key[0] for key in last}:
        spans = sorted(
            (row.body["start"], row.body["end"])
            for key, row in last.items()
            if key[0] == one and row.body["end"] is not None
        )
        if any(after[0] < before[1] for before, after in pairwise(spans)):
            faults.append(f"{one}: in two intervals of presence at a time")
    return faults


_ASKED: Final[tuple[tuple[str, str, Status, str, Callable[[Story], Found]], ...]] = (
    (
        "integrity",
        "integrity",
        Status.PROVED,
        "what can be read is chained, signed by the hall, and unaltered",
        lambda story: story.faults,
    ),
    ("sign_in_window", "5.3.3", Status.ASSERTED, "signed in on the day, before the deadline", sign_in_window),
    (
        "deposit_before_deadline",
        "5.2.2",
        Status.ASSERTED,
        "deposited before the deadline, and unchanged since",
        deposit_before_deadline,
    ),
    (
        "sixty_minutes",
        "5.3.3",
        Status.ASSERTED,
        "the window ran its 60 minutes, standstills left out",
        sixty_minutes,
    ),
    ("self_decryption", "4.11", Status.PROVED, "each bid was released by its own bidder", self_decryption),
    (
        "disclosure_after_all",
        "5.3.4",
        Status.ASSERTED,
        "prices were disclosed after every window and cause",
        disclosure_after_all,
    ),
    (
        "record_equals_journal",
        "5.5.2",
        Status.PROVED,
        "the record is the journalled one, and says the same",
        record,
    ),
    (
        "signatures",
        "5.5.3",
        Status.PROVED,
        "every act, and the record, is signed by a certified key",
        signed,
    ),
    ("recordings", "6.1", Status.PROVED, "recordings are whole under their journalled heads", recordings),
    ("presence", "4.6", Status.ASSERTED, "presence is told without contradiction", presence),
)
"""Question, clause, the best answer, what it says, who answers. Where a time decides, the hall's clock is the witness:
asserted, not proved."""


def checks(story: Story) -> list[Check]:
    """The answers, in the order of the document. A predicate that can't make sense of what it reads has found a
    contradiction, too."""
    answers = []
    for name, clause, best, says, ask in _ASKED:
        try:
            found = ask(story)
        except Exception as error:  # A hostile bundle may make any of them stumble; that is never a pass.
            found = [f"the bundle does not say what this needs ({type(error).__name__})"]
        if found is None:
            answers.append(Check(name, clause, Status.NOT_COVERED, "nothing in this bundle speaks about it"))
        else:
            if ask is record and is_edition(story):
                best, says = Status.ASSERTED, "the record’s public edition says what the journal says"
            answers.append(Check(name, clause, Status.FAILED if found else best, says, tuple(found)))
    return answers


def _deadline(story: Story, index: int, *moves: str) -> int:
    """The deadline as it stood right before a row."""
    moved = [row.body["after"] for row in story.of(*moves) if row.index < index]
    return int(moved[-1] if moved else story.plan["bid_deadline"])


def _act(story: Story, row: Told, kind: str, *, lot: str = "", deadline: int | None = None) -> Iterator[str]:
    """The row's act is of this type, for this opening and lot, signed by the row's actor."""
    act, plan = row.act, story.plan
    if act is None or not row.holds or act.type != kind:
        yield f"{row}: not signed ({kind})"
        return
    opening = (plan["opening"], "") if kind == "deposit" else (plan["opening"],)
    if (act.origin, act.tender, act.lot) != (
        plan["origin"],
        plan["tender"],
        lot,
    ) or act.opening not in opening:
        yield f"{row}: signed for another opening or lot"
    if deadline is not None and act.deadline != deadline:
        yield f"{row}: signed for another deadline"


def _said(row: Told) -> dict[str, Any]:
    """What the signer said; nothing where the body is withheld."""
    found = canonical.loads(row.act.body) if row.act is not None and row.act.body is not None else {}
    return found if isinstance(found, dict) else {}


def _kept(story: Story) -> list[dict[str, Any]]:
    """Deposits that count in the end, of those that can be read."""
    kept: dict[tuple[str, str], dict[str, Any]] = {}
    for row in story.of("DepositReceived", "DepositWithdrawn"):
        given = row.body.get("deposit", row.body)
        kept.pop((given["lot"], given["bidder"]), None)
        if row.kind == "DepositReceived":
            kept[given["lot"], given["bidder"]] = given
    return list(kept.values())


def _sealed(story: Story, given: dict[str, Any]) -> Iterator[str]:
    name, place = f"sealed/{given['lot']}/{given['bidder']}.bid", (given["lot"], given["bidder"])
    looks = [(row.body["lot"], item) for row in story.of("SealingRechecked") for item in row.body["items"]]
    looks += [
        (lot["lot"], item)
        for row in story.of("AdjournmentRechecked")
        for lot in row.body["lots"]
        for item in lot["items"]
    ]
    looks += [(row.body["lot"], row.body) for row in story.of("RehashShown")]
    # clause 4.7 b: what the hall itself told that it had damaged contradicts nothing here
    told = any((lot, item["bidder"]) == place and not item["intact"] for lot, item in looks)
    told = told or bool(story.of("BidOpenFailed", lot=place[0], bidder=place[1], code="not_the_deposit"))
    same = (story.bundle.digest(name), story.bundle.size(name)) == (given["sha256"], given["size"])
    if not same and not told:
        yield f"{name}: not the bytes that were deposited"


def _closed(story: Story) -> Iterator[str]:
    """The closed list holds every deposit that can be read, and its digest is the manifest that was commanded."""
    closed = story.first("DepositsClosed")
    if closed is None:
        return
    listed = closed.body["deposits"]
    if hashlib.sha256(canonical.dumps(listed)).hexdigest() != closed.body["manifest"]:
        yield f"{closed}: the manifest is not the digest of the list"
    standing = [given for given in listed if not given["superseded"]]
    own = [g for g in standing if story.whole or g["bidder"] == story.holder]
    if own != [g for g in _kept(story) if story.whole or g["bidder"] == story.holder]:
        yield f"{closed}: the closed list is not what was deposited"
    for command in story.of("DecryptionCommanded"):
        if command.act is None or command.act.manifest != closed.body["manifest"]:
            yield f"{command}: commanded for another list of deposits"


def _stops(story: Story) -> list[tuple[int, int, int]]:
    """(since, at, ended) of each standstill: its fault's start, when it was told, when countdowns ran again."""
    last, found = max((row.at for row in story.rows), default=0), []
    for row in story.of("Suspended"):
        number = row.body["suspension"]
        dated = story.of("SuspensionExtended", "SuspensionReasoned", suspension=number)
        ends = story.of("Resumed", "SuspensionLifted", suspension=number)
        since = min([row.body["since"], *(one.body["since"] for one in dated)])
        found.append((since, row.at, ends[0].body["at"] if ends else last))
    return found


def _ran(story: Story, start: int, end: int) -> int:
    """How many milliseconds of [start, end) count."""
    counted, reached = 0, start
    for since, _, ended in sorted(stop for stop in _stops(story) if stop[1] < end):
        counted += max(0, min(since, end) - reached)
        reached = max(reached, min(ended, end))
    return counted + max(0, end - reached)


def _end(story: Story, closed: Told, start: int, window: int) -> Iterator[str]:
    had, at = _ran(story, start, closed.body["at"]), closed.body["at"]
    if closed.body["early"]:
        if had > window or at > closed.at:
            yield f"{closed}: the window was not closed early"
    elif had != window or closed.at <= at:
        yield f"{closed}: the window ran for {had} ms"


def _inside(story: Story, release: Told, command: Told, closed: Told | None) -> Iterator[str]:
    lot, bidder = release.body["lot"], release.body["bidder"]
    start, length = command.body["opened_at"], story.plan["rules"]["decryption_window"]
    over = closed.index if closed is not None else None
    for own in story.of("OwnWindowOpened", lot=lot, bidder=bidder):
        if own.index < release.index:
            start, length = own.body["opened_at"], own.body["closes_at"] - own.body["opened_at"]
            ends = [
                f.index for f in story.of("OwnWindowClosed", lot=lot, bidder=bidder) if f.index > own.index
            ]
            over = ends[0] if ends else None
    late = over is not None and release.index > over
    if late or release.at < start or _ran(story, start, release.at) > length:
        yield f"{release}: came outside its window"
    if any(at <= release.at < ended for _, at, ended in _stops(story)):
        yield f"{release}: counted while the opening stood still"


def _disclosed(story: Story, told: Told) -> Iterator[str]:
    lot = told.body["lot"]
    for command in story.of("DecryptionCommanded"):
        closed = story.first("WindowClosed", lot=command.body["lot"])
        if closed is None or closed.index > told.index or closed.body["at"] > told.at:
            yield f"{told}: disclosed before the window of lot {command.body['lot']} was closed"
    for own in story.of("OwnWindowOpened"):
        key = {"lot": own.body["lot"], "bidder": own.body["bidder"]}
        ends = [row.index for row in story.of("OwnWindowClosed", **key)]
        if own.index < told.index and not any(own.index < end < told.index for end in ends):
            yield f"{told}: disclosed while {own.body['bidder']} had a window of its own"
    opened = {row.body["bidder"]: row.body["summary"] for row in story.of("BidOpened", lot=lot)}
    if sorted(opened) != sorted(bid["bidder"] for bid in told.body["bids"]):
        yield f"{told}: what was disclosed is not what was opened"
    if any(row.index > told.index for row in story.of("BidOpened", lot=lot)):
        yield f"{told}: disclosed before every bid was opened"
    list_ = story.first("BiddersAnnounced", "LotLocked", lot=lot)
    for bidder in (*list_.body["bidders"], *list_.body["not_signed_in"]) if list_ else ():
        causes = [r for r in story.of("CauseDecided", lot=lot, bidder=bidder) if r.index < told.index]
        if bidder not in opened and (not causes or causes[-1].body["cause"] == "platform_fault"):
            yield f"{told}: disclosed while the cause of {bidder} was undecided"
    for bid in told.body["bids"]:
        summary = {"v": 1, "tender": story.plan["tender"], "lot": lot, **bid}
        if hashlib.sha256(canonical.dumps(summary)).hexdigest() != opened.get(bid["bidder"]):
            yield f"{told}: the columns of {bid['bidder']} are not those of the bid that was opened"
