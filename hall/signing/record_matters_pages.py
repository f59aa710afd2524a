"""The opening record's pages about the other matters (clause 5.5.2 e): causes, standstills, the register, remarks, what
was said, presence, recordings, settings.

Layout only, as in `record_pdf`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from hall.signing import record_codes as k
from hall.signing import record_papers_pages as papers
from hall.signing import record_words as w
from hall.signing.record_course_pages import Section, named
from hall.signing.record_layout import Typesetter
from hall.signing.record_matters import Absence, Consultation, FailedAct, Incident, Spoken, Suspension, Test
from hall.signing.record_media_pages import picture_and_sound
from hall.signing.record_model import OpeningRecord


def sections(t: Typesetter, record: OpeningRecord) -> Iterator[Section]:
    """Headings with what stands under them."""
    yield w.CAUSES, _causes(t, record)
    yield w.SUSPENSIONS, _suspensions(t, record)
    yield w.INCIDENTS, _incidents(t, record)
    if record.bid_pdfs:
        yield w.BID_PDFS, papers.bid_pdfs(t, record)
    yield w.REMARKS, _remarks(t, record)
    if record.notary_acts:
        yield w.NOTARY, papers.notary(t, record)
    if record.spoken:
        yield w.TRANSCRIPT, [_spoken(t, record)]
    yield w.CONDUCT, _conduct(t, record)
    yield w.SETTINGS, _settings(t, record)


def _causes(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    heads = (w.LOT, w.BIDDER, w.CAUSE_HEAD, w.REASON, w.DECIDED)
    rows = [
        [
            line.lot,
            line.name,
            k.CAUSE.get(line.cause, line.cause)
            + (f"\n{w.ENTRY} {line.incident}（4.7 {line.clause}）" if line.incident else ""),
            line.reason,
            f"{w.person(line.decided_by)}\n{w.moment(line.decided_at)}",
        ]
        for line in record.causes
    ]
    if not rows:
        return [t.text(w.NONE)]
    return [t.table(heads, rows, (14, 36, 36, 48, 40)), *_sheets(t, record)]


def _sheets(t: Typesetter, record: OpeningRecord) -> Iterator[Flowable]:
    """What lay before the project owner at each decision (clause 5.3.5)."""
    for line in record.sheets:
        yield t.lot_note(f"{w.EVIDENCE}　{w.LOT} {line.lot}　{line.name}")
        cause = k.CAUSE.get(line.proposal, line.proposal) or w.NOTHING
        yield t.facts(
            [
                (w.FROM, f"{w.moment(line.since)} {w.TO_SIGN} {w.moment(line.until)}"),
                (
                    w.FAILED_ACTS,
                    "\n".join(_failed(record, act) for act in line.attempts[:_MOST]) or w.NOTHING,
                ),
                (w.ONLINE, "\n".join(_away(one) for one in line.presence[:_MOST]) or w.NOTHING),
                (w.ENTRY, "、".join(str(number) for number in line.faults) or w.NOTHING),
                (w.PROPOSED, f"{cause}（{k.PROPOSAL.get(line.reason, line.reason)}）"),
            ]
        )


def _failed(record: OpeningRecord, act: FailedAct) -> str:
    said = f"{w.moment(act.at)} {called(record, act.by)}　{k.ATTEMPT.get(act.act) or k.ACT.get(act.act, act.act)}："
    return said + k.ATTEMPT.get(act.code, act.code) + (w.BY_PAGE if act.told else "")


def _away(one: Absence) -> str:
    span = f"{w.moment(one.start)} {w.TO_SIGN} {w.moment(one.end)}"
    return f"{span} {k.PRESENCE.get(one.state, one.state)} {one.cause} {one.confidence}".rstrip()


def _suspensions(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    body: list[Flowable] = []
    for pause in record.suspensions:
        body += _suspension(t, record, pause)
    asked = [_consultation(record, line) for line in record.consultations]
    if asked:
        heads = (w.AT, w.ASKED, *(k.ROLE[role] for role in _CONSULTED))
        body += [Spacer(1, 2 * mm), t.table(heads, asked, (23, 37, 38, 38, 38))]
    return body or [t.text(w.NONE)]


_MOST = 40
"""Lines of one cell; record.json has all."""

_CONSULTED = ("procuring_entity", "regulator", "trading_centre")


def _consultation(record: OpeningRecord, line: Consultation) -> list[str]:
    about = k.ABOUT.get(line.about, line.about)
    if line.suspension:
        about += f"\n{w.SUSPENSION_NUMBER.format(line.suspension)}"
    if line.bidder:
        about += f"\n{line.lot} {named(record, (line.bidder,))}"
    row = [w.stacked(line.at), about]
    for role in _CONSULTED:
        given = next((answer for answer in line.answers if answer.role == role), None)
        said = w.NOTHING if given is None else k.STANCE.get(given.stance, given.stance)
        if given is not None and given.reason:
            said += f"\n{given.reason}"
        row.append(said + (f"\n{w.moment(given.at)[11:19]}" if given is not None else ""))
    return row


def _suspension(t: Typesetter, record: OpeningRecord, pause: Suspension) -> Iterator[Flowable]:
    kind = k.SUSPENSION.get(pause.kind, pause.kind) + (f"（4.7 {pause.clause}）" if pause.clause else "")
    yield t.lot_note(f"{w.SUSPENSION_NUMBER.format(pause.number)}　{kind}")
    facts = [
        (w.FAULT_SINCE, w.moment(pause.since)),
        (w.STOPPED_AT, w.moment(pause.at)),
        (w.RESUMED_AT, w.moment(pause.ended_at)),
        (w.ENDED_BY, k.SUSPENSION_END.get(pause.how, pause.how)),
        (w.SIGNER, w.person(pause.by)),
        (w.ENTRY, "、".join(str(number) for number in pause.incidents) or w.NOTHING),
        (w.STATED, _stated(pause)),
    ]
    facts += [(f"{w.TEST} {test.test}", _test(test)) for test in pause.tests]
    for split in pause.splits:
        groups = f"{w.DECRYPTED} {_bids(record, split.decrypted)}；{w.UNDECRYPTED} {_bids(record, split.undecrypted)}"
        window = f"{w.OWN_WINDOW} {w.moment(split.opens_at)} {w.TO_SIGN} {w.moment(split.closes_at)}"
        onward = f"{w.DECRYPTED}{w.RESUMED_AT} {w.moment(split.continues_at)}"
        told = [groups, window, onward, f"{w.person(split.by)}，{w.moment(split.at)}"]
        if split.lapsed_at is not None:
            told.append(f"{w.LAPSED} {w.moment(split.lapsed_at)}")
        facts.append((w.SPLIT, "\n".join(told)))
    for away in pause.adjournments:
        left = f"{away.reason}\n{w.RETURNED} {w.moment(away.resumes_at)}（{w.moment(away.returned_at)}）"
        left += f"\n{w.DAMAGED}：{_bids(record, away.damaged)}" if away.damaged else ""
        facts.append((w.ADJOURNED, f"{left}\n{w.person(away.by)}，{w.moment(away.at)}"))
    if pause.gained:
        facts.append((w.GAINED, _bids(record, pause.gained)))
    yield t.facts(facts)
    if pause.limits:
        rows = [
            [
                line.lot,
                k.LIMIT.get(line.name, line.name)
                + (f"\n{named(record, (line.bidder,))}" if line.bidder else ""),
                w.moment(line.before),
                w.moment(line.after),
                w.span(line.before, line.after),
            ]
            for line in pause.limits
        ]
        yield Spacer(1, 1.5 * mm)
        yield t.table((w.LOT, w.MOVED_LIMITS, w.BEFORE, w.AFTER, w.LENGTH), rows, (14, 50, 44, 44, 22))


def _stated(pause: Suspension) -> str:
    who = f"\n{w.person(pause.reasoned_by)}，{w.moment(pause.reasoned_at)}" if pause.reasoned_by else ""
    return (k.INCIDENT.get(pause.reason, pause.reason) or w.NOTHING) + who


def _test(test: Test) -> str:
    checks = "；".join(
        f"{k.CHECK.get(check.name, check.name)} {w.PASSED if check.passed else w.NOT_PASSED}"
        + (f"（{check.detail}）" if check.detail and not check.passed else "")
        for check in test.checks
    )
    return f"{w.PASSED if test.passed else w.NOT_PASSED}，{w.moment(test.at)}\n{checks}"


def _bids(record: OpeningRecord, bids: tuple[str, ...]) -> str:
    """ "lot/bidder" in words."""
    said = [f"{lot} {named(record, (bidder,))}" for lot, _, bidder in (bid.partition("/") for bid in bids)]
    return "、".join(said) or w.NOTHING


def _incidents(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    if record.incidents:
        heads = (w.ENTRY, w.AT, w.KIND, w.SUBJECT_HEAD, w.TEXT, w.EXPLANATION)
        rows = [
            [
                str(line.incident),
                _interval(line),
                k.INCIDENT.get(line.kind, line.kind) + (f"\n{_free(line)}" if line.clause else ""),
                _subject(record, line),
                line.text
                + (f"\n{w.CORRECTS.format(line.corrects)}" if line.corrects else "")
                + f"\n{w.ENTERED}：{w.person(line.by)}",
                line.explanation or w.NOTHING,
            ]
            for line in record.incidents
        ]
        body: list[Flowable] = [t.table(heads, rows, (12, 27, 30, 28, 43, 34))]
    else:
        body = [t.text(w.NONE)]
    if record.failed_acts:
        rows = [[_failed(record, act)] for act in record.failed_acts]
        body += [Spacer(1, 2 * mm), t.table((w.FAILED_ACTS,), rows, (174,))]
    if record.absences:
        rows = [[called(record, one.participant), _away(one)] for one in record.absences]
        body += [Spacer(1, 2 * mm), t.table((w.ABSENCES, w.TEXT), rows, (54, 120))]
    signed = record.register
    if signed is None:
        return [*body, t.text(w.REGISTER_UNSIGNED)]
    about = (signed.entries, w.person(signed.by), w.moment(signed.at), w.digest_groups(signed.digest))
    return [*body, t.text(w.REGISTER_SIGNED.format(*about))]


def _free(line: Incident) -> str:
    """Clause 4.7: what the parties do not answer for."""
    return f"{w.NO_LIABILITY}（4.7 {line.clause}）"


def _interval(line: Incident) -> str:
    if line.start is None:
        return w.stacked(line.at)
    end = f"\n{w.TO_SIGN} {w.moment(line.end)[11:]}" if line.end is not None else ""
    return w.stacked(line.start) + end


def _subject(record: OpeningRecord, line: Incident) -> str:
    subject = called(record, line.subject) if line.subject else w.NOTHING
    if line.clause:
        subject += f"\n{w.SCOPE}：{named(record, line.scope) if line.scope else w.ALL}"
    return subject


def _remarks(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    body: list[Flowable] = []
    if record.remarks:
        rows = [
            [
                w.stacked(line.at),
                w.person(line.by),
                k.REMARK.get(line.stance, line.stance),
                _about(line.about),
                line.text or w.NOTHING,
            ]
            for line in record.remarks
        ]
        heads = (w.AT, w.SIGNER, w.REMARK_HEAD, w.SUBJECT_HEAD, w.REASON)
        body += [t.table(heads, rows, (23, 34, 20, 40, 57)), Spacer(1, 2 * mm)]
    if record.identity_checks:
        rows = [
            [
                w.stacked(line.at),
                line.name,
                k.IDENTITY.get(line.result, line.result)
                + (f"\n{k.MOMENT.get(line.moment, line.moment)}" if line.moment else ""),
                line.text or w.NOTHING,
                w.person(line.by),
            ]
            for line in record.identity_checks
        ]
        heads = (w.AT, w.BIDDER, w.IDENTITY_HEAD, w.TEXT, w.SIGNER)
        body += [t.table(heads, rows, (23, 44, 30, 43, 34)), Spacer(1, 2 * mm)]
    if record.calls:
        rows = [
            [
                w.stacked(line.at),
                called(record, line.callee),
                k.CALL.get(line.outcome, line.outcome),
                line.text or w.NOTHING,
                w.person(line.by),
            ]
            for line in record.calls
        ]
        heads = (w.AT, w.CALLEE, w.CALLS, w.TEXT, w.SIGNER)
        body += [t.table(heads, rows, (23, 44, 24, 49, 34)), Spacer(1, 2 * mm)]
    return body or [t.text(w.NONE)]


def _about(about: str) -> str:
    """A step of the agenda, "act" or "act:lot", in words."""
    act, _, lot = about.partition(":")
    return k.ACT.get(act, act) + (f"\n{w.LOT} {lot}" if lot else "")


def _said(line: Spoken) -> str:
    """What was said; a disagreement of the three parties is read out under a key of its own (clause 4.8)."""
    key, _, rest = line.text.partition("-")
    if line.channel != "text" or key != "disagreement":
        return line.text
    number, _, role = rest.partition("-")
    return w.DISAGREEMENT.format(number, k.ROLE.get(role, role))


def _spoken(t: Typesetter, record: OpeningRecord) -> Flowable:
    rows = [
        [
            w.stacked(line.at),
            w.person(line.by),
            k.CHANNEL.get(line.channel, line.channel),
            _said(line) + (f"\n{w.HIDDEN.format(line.hidden)}" if line.hidden else ""),
        ]
        for line in record.spoken
    ]
    return t.table((w.AT, w.SPEAKER, w.KIND, w.TEXT), rows, (23, 40, 16, 95))


def _conduct(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    body: list[Flowable] = []
    if record.presence:
        columns = (w.PARTICIPANT, w.ONLINE, w.OFFLINE, w.INTERRUPTIONS, w.BY_PLATFORM)
        rows = [
            [
                line.name or line.participant,
                w.duration(line.online_ms),
                w.duration(line.offline_ms),
                str(line.interruptions),
                w.duration(line.platform_ms),
            ]
            for line in record.presence
        ]
        body += [t.table(columns, rows, (60, 32, 32, 20, 30)), Spacer(1, 2 * mm)]
    if record.recordings:
        heads = (w.PARTICIPANT, w.FILE, w.FRAGMENTS, w.CHAIN)
        rows = [
            [called(record, line.participant), line.file, str(line.fragments), w.digest_groups(line.chain)]
            for line in record.recordings
        ]
        body += [t.table(heads, rows, (36, 46, 18, 74)), Spacer(1, 2 * mm)]
    body += picture_and_sound(t, record, partial(called, record))
    return body or [t.text(w.NONE)]


def called(record: OpeningRecord, participant: str) -> str:
    """What a participant id is called in words: a bidder's name, a role, or the id itself."""
    names = {line.bidder: line.name for line in record.bidders}
    return names.get(participant.removeprefix("bidder-")) or k.ROLE.get(
        participant.replace("-", "_"), participant
    )


def _settings(t: Typesetter, record: OpeningRecord) -> list[Flowable]:
    rows = [
        [k.SETTING_NAME.get(line.name, line.name), w.setting(line.name, line.value)]
        for line in record.settings
    ]
    return [t.table((w.SETTING, w.VALUE), rows, (62, 112))] if rows else [t.text(w.NONE)]
