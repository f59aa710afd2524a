"""Fills the record's other matters (clause 5.5.2 e) from the journal's events: posts, deadlines, standstills,
consultations, the register with its signature, causes, remarks, calls, checks and what was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hall.adapters.record_rows import Rows
from hall.runtime.ports import RecordSource
from hall.session import events as e
from hall.session.broadcast import camera_name
from hall.session.external import call_name
from hall.signing import record_matters as m
from hall.signing.record_course import RemedyLine
from hall.signing.record_unsigned import Unsigned


def staff_changes(rows: Rows) -> Iterator[m.StaffChange]:
    """In the order in which they happened."""
    found = []
    for at, by, x in rows.told(e.PostTaken):
        post = x.post
        found.append(
            m.StaffChange(
                at, "deputy", post.role.value, post.name, post.unit, post.certificate, x.before, "", by
            )
        )
    for at, by, s in rows.told(e.SubstituteAppointed):
        post = s.post
        found.append(
            m.StaffChange(
                at,
                "substitute",
                post.role.value,
                post.name,
                post.unit,
                post.certificate,
                s.before,
                s.reason,
                by,
            )
        )
    for at, by, n in rows.told(e.NotaryMarkedAbsent):
        found.append(m.StaffChange(at, "notary_absent", "notary", "", "", "", "", n.reason, by))
    yield from sorted(found, key=lambda change: change.at)


def deadlines(rows: Rows) -> Iterator[m.DeadlineChange]:
    """Moved, postponed, held and confirmed, old and new."""
    found = []
    for at, by, x in rows.told(e.DeadlineMoved):
        found.append(m.DeadlineChange(at, "moved", x.before, x.after, x.reason, (), by))
    for at, by, p in rows.told(e.OpeningPostponed):
        found.append(m.DeadlineChange(at, "postponed", p.before, p.after, p.reason, (), by))
    for at, by, h in rows.told(e.DeadlineHeld):
        found.append(m.DeadlineChange(at, "held", h.deadline, h.deadline, "", h.incidents, by))
    for at, by, c in rows.told(e.DeadlineConfirmed):
        found.append(m.DeadlineChange(at, "confirmed", c.deadline, c.deadline, c.reason, (), by))
    yield from sorted(found, key=lambda change: change.at)


def suspensions(rows: Rows) -> Iterator[m.Suspension]:
    """Each standstill with all that belongs to it."""
    for at, by, began in rows.told(e.Suspended):
        number = began.suspension
        reasoned = next(
            ((w, who, x) for w, who, x in rows.told(e.SuspensionReasoned) if x.suspension == number), None
        )
        extended = [x for _, _, x in rows.told(e.SuspensionExtended) if x.suspension == number]
        ended, how, limits, gained = _ended(rows, number)
        incidents = tuple(i for i in (began.incident, *(x.incident for x in extended)) if i)
        yield m.Suspension(
            number=number,
            kind=began.kind.value,
            clause=began.clause,
            at=at,
            since=min(
                [began.since, *(x.since for x in extended), *([reasoned[2].since] if reasoned else [])]
            ),
            by=by,
            reason=reasoned[2].reason if reasoned else began.reason,
            reasoned_by=reasoned[1] if reasoned else "",
            reasoned_at=reasoned[0] if reasoned else None,
            incidents=incidents,
            tests=tuple(_tests(rows, number)),
            splits=tuple(_splits(rows, number)),
            adjournments=tuple(_adjournments(rows, number)),
            ended_at=ended,
            how=how,
            limits=tuple(m.MovedLimit(x.lot, x.name.value, x.bidder, x.before, x.after) for x in limits),
            gained=gained,
        )


def _ended(rows: Rows, number: int) -> tuple[int | None, str, Sequence[e.Limit], tuple[str, ...]]:
    limits: list[e.Limit] = []
    for _, _, resumed in rows.told(e.Resumed):
        if resumed.suspension == number:
            limits += resumed.limits
            for _, _, later in rows.told(e.ContinuationBegan):
                limits += later.limits if later.suspension == number else ()
            return resumed.at, "resumed", limits, ()
    for _, _, lifted in rows.told(e.SuspensionLifted):
        if lifted.suspension == number:
            return lifted.at, "lifted", lifted.limits, _pairs(lifted.gained)
    return None, "", (), ()


def _tests(rows: Rows, number: int) -> Iterator[m.Test]:
    for at, _, x in rows.told(e.ReliableTestDone):
        if x.suspension == number:
            checks = tuple(m.Check(c.name, c.passed, c.detail) for c in x.checks)
            yield m.Test(x.test, at, x.passed, checks)


def _splits(rows: Rows, number: int) -> Iterator[m.Split]:
    lapsed = {x.at for _, _, x in rows.told(e.SplitLapsed) if x.suspension == number}
    for at, by, x in rows.told(e.SplitDeclared):
        if x.suspension == number:
            groups = _pairs(x.decrypted), _pairs(x.undecrypted)
            moment = x.opens_at or x.continues_at
            times = x.opens_at, x.closes_at, x.continues_at, moment if moment in lapsed else None
            yield m.Split(at, x.reading, *groups, *times, x.venue, by)


def _adjournments(rows: Rows, number: int) -> Iterator[m.Adjournment]:
    away = [(at, by, x) for at, by, x in rows.told(e.Adjourned) if x.suspension == number]
    back = [x.at for _, _, x in rows.told(e.AdjournmentEnded) if x.suspension == number]
    hashed = [x for _, _, x in rows.told(e.AdjournmentRechecked) if x.suspension == number]
    damaged = sorted(
        {f"{lot.lot}/{i.bidder}" for x in hashed for lot in x.lots for i in lot.items if not i.intact}
    )
    for n, (at, by, x) in enumerate(away):
        returned = back[n] if n < len(back) else None
        yield m.Adjournment(at, x.resumes_at, returned, x.reason, tuple(damaged), by)


def _pairs(bids: Sequence[e.LotBidder]) -> tuple[str, ...]:
    return tuple(f"{x.lot}/{x.bidder}" for x in bids)


def consultations(rows: Rows) -> Iterator[m.Consultation]:
    """What was asked of the three parties, and each answer with its reason."""
    for at, _, x in rows.told(e.ConsultationOpened):
        answers = tuple(
            m.Stance(a.role, a.stance.value, a.reason, when)
            for when, _, a in rows.told(e.ConsultationAnswered)
            if a.consultation == x.consultation
        )
        about = (x.about.value, x.suspension, x.lot, x.bidder)
        yield m.Consultation(x.consultation, *about, at, x.answer_by, answers)


def incidents(source: RecordSource, rows: Rows) -> Iterator[m.Incident]:
    """The register as it stands: its entries with their ends and explanations."""
    ends = {x.incident: x.at for _, _, x in rows.told(e.FaultEnded)}
    for at, by, i in rows.told(e.IncidentRecorded):
        yield m.Incident(
            incident=i.incident,
            at=at,
            kind=i.kind,
            clause=i.clause,
            subject=i.subject,
            text=i.detail,
            scope=i.scope,
            start=i.start,
            end=ends.get(i.incident, i.end),
            corrects=i.corrects,
            by=by,
            explanation=source.state.explained.get(i.incident, ""),
        )


def register(rows: Rows) -> m.Register | None:
    """The last signature under the register, or None."""
    signed = [m.Register(x.entries, x.digest, by, at) for at, by, x in rows.told(e.RegisterSigned)]
    return signed[-1] if signed else None


def causes(rows: Rows) -> Iterator[m.CauseDecision]:
    """Every decision; a later one of the same bid follows an own window that was not used."""
    letters = {i.incident: i.clause for _, _, i in rows.told(e.IncidentRecorded)}
    for at, by, x in rows.told(e.CauseDecided):
        yield m.CauseDecision(
            lot=x.lot,
            bidder=x.bidder,
            name=rows.name(x.bidder),
            cause=x.cause.value,
            incident=x.incident,
            clause=letters.get(x.incident, ""),
            reason=x.reason,
            decided_by=by,
            decided_at=at,
        )


def remedies(rows: Rows) -> Iterator[RemedyLine]:
    """Releases by a recovery file: claims, then answers."""
    for at, by, x in rows.told(e.RemedyClaimed):
        yield RemedyLine("claimed", x.lot, x.bidder, rows.name(x.bidder), by, x.act.certificate, at, x.reason)
    for at, by, y in rows.told(e.RemedyAnswered):
        word = "accepted" if y.accepted else "refused"
        yield RemedyLine(word, y.lot, y.bidder, rows.name(y.bidder), by, y.act.certificate, at, y.reason)


def remarks(rows: Rows) -> Iterator[m.Remark]:
    """In the order of their numbers."""
    for at, by, x in rows.told(e.RemarkMade):
        yield m.Remark(x.remark, at, x.stance.value, x.about, x.text, by)


def calls(rows: Rows) -> Iterator[m.Call]:
    """Calls by telephone; the numbers stand in the sign-ins, not here."""
    for at, by, x in rows.told(e.CallLogged):
        yield m.Call(at, x.callee, x.outcome.value, x.text, by)


def unsigned(source: RecordSource, rows: Rows) -> Iterator[Unsigned]:
    """Who did not sign the record, why, and the calls that were made (clause 5.5.3)."""
    holders = {role.value: post.name for role, post in source.state.posts.items()}
    told = list(calls(rows))
    said = [(True, at, by, x.role, x.reason) for at, by, x in rows.told(e.SignatureRefused)]
    said += [(False, at, by, x.role, x.reason) for at, by, x in rows.told(e.SignatureMissing)]
    for refused, at, by, role, reason in said:
        made = tuple(call for call in told if call.callee == role.replace("_", "-"))
        yield Unsigned(role, holders.get(role, ""), refused, reason, by, at, made)


def identity_checks(rows: Rows) -> Iterator[m.IdentityCheck]:
    """Looks at representatives, and representatives replaced on a new letter."""
    found = [
        m.IdentityCheck(at, x.bidder, rows.name(x.bidder), x.result.value, x.text, by, x.moment)
        for at, by, x in rows.told(e.IdentityChecked)
    ]
    for at, by, r in rows.told(e.RepresentativeReplaced):
        found.append(m.IdentityCheck(at, r.bidder, rows.name(r.bidder), "replaced", "", by, ""))
    yield from sorted(found, key=lambda check: check.at)


def cameras(source: RecordSource) -> Iterator[m.Camera]:
    """The cameras of the plan."""
    for camera in source.state.scheduled.cameras:
        yield m.Camera(camera_name(camera.camera), camera.name)


def external_recordings(rows: Rows) -> Iterator[m.ExternalRecording]:
    """Recordings made elsewhere in the order of their naming, then those of calls that were attached (clause 6.1)."""
    files: dict[str, list[m.AttachedFile]] = {}
    for at, by, x in rows.told(e.RecordingAttached):
        file = m.AttachedFile(x.sha256, x.size, x.mime, x.start, x.end, at, by)
        files.setdefault(x.recording, []).append(file)
    for at, by, n in rows.told(e.RecordingNamed):
        mine = tuple(files.get(n.recording, ()))
        yield m.ExternalRecording(n.recording, at, n.name, n.place, n.reason, by, mine)
    for number, (at, by, call) in enumerate(rows.told(e.CallLogged), start=1):
        if call_name(number) in files:
            mine = tuple(files[call_name(number)])
            yield m.ExternalRecording(call_name(number), at, call.callee, "", call.text, by, mine)


def spoken(source: RecordSource, rows: Rows) -> Iterator[m.Spoken]:
    """The transcript: texts read, announcements, and what was said in the room, hidden messages included."""
    titles = {text.key: text.title for text in source.state.scheduled.texts}
    hidden = {x.message: x.reason for _, _, x in rows.told(e.MessageHidden)}
    found = [m.Spoken(at, "text", by, titles.get(x.key, x.key), "") for at, by, x in rows.told(e.TextRead)]
    for at, by, a in rows.told(e.AnnouncementMade):
        found.append(m.Spoken(at, "announcement", by, a.text, ""))
    for at, by, s in rows.told(e.Said):
        found.append(m.Spoken(at, s.channel.value, by, s.text, hidden.get(s.message, "")))
    yield from sorted(found, key=lambda line: line.at)
