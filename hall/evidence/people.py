"""Posts, the register of incidents, and who may do what: predicates as in `conduct` (clauses 4.3, 4.4, 4.5, 5.3.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from hall.evidence.case import Case, Party, said, said_in_private
from hall.evidence.history import Fact
from hall.evidence.retold_matters import explanations
from hall.procurement import canonical

OWNER: Final = ("procuring_entity",)
STAFF: Final = (
    *("host", "procuring_entity", "supervisor", "announcer", "scrutineer", "clerk"),
    *("notary", "regulator", "trading_centre", "evaluator"),
)

_ACTS: Final[dict[str, tuple[str, tuple[str, ...], dict[str, str]]]] = {
    "TestRequested": ("request_test", ("host",), {}),
    "FewerApproved": ("go_on_with_fewer", OWNER, {"reason": "reason", "approval": "approval"}),
    "TextRead": ("read_text", ("host",), {"key": "key"}),
    "AnnouncementMade": ("make_announcement", ("host",), {"text": "text"}),
    "NotaryMarkedAbsent": ("mark_notary_absent", OWNER, {"reason": "reason"}),
    "RehashRequested": ("request_rehash", ("notary",), {"bidder": "bidder"}),
    "CallLogged": (
        "log_call",
        ("host", "clerk", "procuring_entity"),
        {"callee": "callee", "outcome": "outcome", "text": "text"},
    ),
    "RemarkMade": (
        "make_remark",
        ("supervisor", "regulator", "notary"),
        {"stance": "stance", "about": "about", "text": "text"},
    ),
    "PaperAdded": (
        "add_paper",
        ("notary",),
        {"title": "title", "mime": "mime", "sha256": "sha256", "size": "size"},
    ),
    "IdentityChecked": (
        "check_identity",
        ("supervisor", "host"),
        {"bidder": "bidder", "result": "result", "text": "text"},
    ),
    "Said": ("say", ("bidder", *STAFF), {"channel": "channel", "text": "text"}),
    "BasePriceStated": ("state_base_price", OWNER, {"price": "price"}),
    "MicrophoneMuted": ("mute", ("host", "supervisor"), {"participant": "participant", "muted": "muted"}),
    "RoomMuted": ("mute_all", ("host", "supervisor"), {"muted": "muted"}),
    "HandRaised": ("raise_hand", ("bidder", *STAFF), {}),
    "HandLowered": ("lower_hand", ("bidder", *STAFF), {}),
    "RecordingNamed": ("name_recording", OWNER, {"name": "name", "place": "place", "reason": "reason"}),
    "RecordingAttached": (
        "attach_recording",
        ("clerk", "procuring_entity"),
        {"recording": "recording", "sha256": "sha256", "size": "size", "mime": "mime"}
        | {"start": "from", "end": "to"},
    ),
    "MessageHidden": ("hide_message", ("host", "supervisor"), {"message": "message", "reason": "reason"}),
    "ConnectionTaken": ("take_over", ("bidder", *STAFF), {"fence": "fence"}),
    "IncidentsExplained": (
        "explain_incidents",
        ("clerk", "procuring_entity"),
        {"incidents": "incidents", "text": "text"},
    ),
    "SignatureRefused": ("refuse_signature", ("scrutineer", "clerk"), {"reason": "reason"}),
    "SignatureMissing": ("note_unsigned", OWNER, {"role": "role", "reason": "reason"}),
    "QuoteRoundOpened": ("open_quotes", ("evaluator", "procuring_entity"), {}),
    "DrawCommitted": ("commit_draw", ("bidder", "host"), {"draw": "draw", "commitment": "commitment"}),
    "DrawRevealed": ("reveal_draw", ("bidder", "host"), {"draw": "draw", "secret": "secret"}),
}
"""Row → (act, who may send it, names in the row → names in the signed words). Other rows have judges of their own."""


def rights(case: Case) -> list[str]:
    """4.4: each act was signed by somebody who may send it and held the post then, and the row says what was signed."""
    faults: list[str] = []
    for fact in case.history.facts:
        if fact.kind == "RepresentativeReplaced":
            faults += said_in_private(case, fact, "replace_representative", case.bidder(fact.body["bidder"]))
        if fact.kind not in _ACTS:
            continue
        act_type, roles, names = _ACTS[fact.kind]
        if fact.act is None and fact.kind == "DrawOpened":
            continue
        if fact.actor.partition(":")[0] not in roles:
            faults.append(f"{fact}: done by somebody who may not ({act_type})")
        words = {signed: fact.body[name] for name, signed in names.items()}
        lot = fact.body.get("lot", "")
        # What goes on with a locked lot goes on by the act for that one (clause 5.2.2).
        about = case.main_of(lot) or lot if fact.kind == "FewerApproved" else lot
        faults += said(case, fact, act_type, case.party(fact), lot=about, **words)
    return faults


def posts(case: Case) -> list[str]:
    """5.3.1: every change of a post is a deputy's own act or a signed appointment; announcer and scrutineer are two."""
    faults: list[str] = []
    for fact in case.history.of("PostTaken"):
        post = fact.body["post"]
        party = Party(f"{post['role']}:{post['party']}", frozenset({str(post["certificate"])}))
        faults += said(case, fact, "take_post", party)
        if post not in case.plan["deputies"]:
            faults.append(f"{fact}: taken by somebody who was not named as a deputy")
    for fact in case.history.of("SubstituteAppointed"):
        post, reason = fact.body["post"], fact.body["reason"]
        owner = case.post("procuring_entity", fact)
        faults += said(case, fact, "appoint_substitute", owner, **post, reason=reason)
    for fact in case.history.of("PostTaken", "SubstituteAppointed"):
        before = case.appointed(fact.body["post"]["role"], fact.index)
        if fact.body["before"] != (before["certificate"] if before else ""):
            faults.append(f"{fact}: relieves somebody who did not hold the post")
    marks = [0, *(f.index + 1 for f in case.history.of("PostTaken", "SubstituteAppointed"))]
    for index in marks:
        announcer, scrutineer = (case.appointed(role, index) for role in ("announcer", "scrutineer"))
        if announcer and scrutineer and announcer["certificate"] == scrutineer["certificate"]:
            faults.append("one person was both announcer and scrutineer")
    return faults


def absence(case: Case) -> list[str]:
    """4.5: a notary was marked absent only after its time was over and a call was made."""
    faults: list[str] = []
    for fact in case.history.of("NotaryMarkedAbsent"):
        calls = [f for f in case.history.of("CallLogged", callee="notary") if f.index < fact.index]
        if not calls:
            faults.append(f"{fact}: nobody had called the notary")
        asked = [f for f in case.history.of("SealingRechecked", "ResultsShown") if f.index < fact.index]
        if not asked or fact.at - min(f.at for f in asked) < case.plan["rules"]["notary_limit"]:
            faults.append(f"{fact}: the notary still had time")
    return faults


def register(case: Case) -> list[str]:
    """4.3: entries are counted as they came and never changed; each that the hall wrote is explained; the procuring
    entity signed this very state."""
    faults: list[str] = []
    for number, fact in enumerate(case.history.of("IncidentRecorded"), start=1):
        body = fact.body
        if body["incident"] != number or body["corrects"] >= number:
            faults.append(f"{fact}: entries are not counted as they came")
        if fact.act is not None:
            faults += _entered(case, fact)
    seen: set[int] = set()
    for fact in case.history.of("IncidentsExplained"):
        entries = {f.body["incident"] for f in case.history.of("IncidentRecorded") if f.index < fact.index}
        numbers = set(fact.body["incidents"])
        if not numbers or numbers - entries or numbers & seen:
            faults.append(f"{fact}: explains what is no entry, or was explained already")
        seen |= numbers
    signed = case.history.of("RegisterSigned")
    for fact in signed:
        faults += _signed(case, fact)
    if not signed and case.history.first("RecordPrepared") is not None:
        faults.append("the register of incidents was never signed")
    return faults


def _entered(case: Case, fact: Fact) -> Iterator[str]:
    """By a bidder in one click and unedited, or by one of the staff."""
    body = fact.body
    if fact.actor.startswith("bidder:"):
        party = case.party(fact)
        yield from said(case, fact, "report_fault", party, text=body["detail"])
        if body["subject"] != f"bidder-{fact.actor.partition(':')[2]}":
            yield f"{fact}: reported under another name"
    else:
        words = {"kind": "kind", "clause": "clause", "subject": "subject", "scope": "scope", "text": "detail"}
        told: dict[str, Any] = {signed: body[name] for signed, name in words.items()}
        told |= {"corrects": body["corrects"], "start": body["start"] or 0}
        yield from said(case, fact, "record_incident", case.party(fact), **told)
        if body["clause"] and fact.actor.partition(":")[0] not in ("clerk", *OWNER):
            yield f"{fact}: what frees the parties was stated by somebody who may not"


def _signed(case: Case, fact: Fact) -> Iterator[str]:
    words = {name: fact.body[name] for name in ("entries", "digest")}
    yield from said(case, fact, "sign_register", case.post("procuring_entity", fact), **words)
    then = case.upto(fact.index)
    # What came in while it was signed is no part of the signed state.
    told, entries = explanations(then), then.history.of("IncidentRecorded")[: fact.body["entries"]]
    ends = {f.body["incident"]: f.body["at"] for f in then.history.of("FaultEnded")}
    state = [
        {
            **{
                name: f.body[name]
                for name in ("incident", "kind", "clause", "subject", "detail", "scope", "start")
            },
            "end": ends.get(f.body["incident"], f.body["end"]),
            "corrects": f.body["corrects"],
            "explanation": told.get(f.body["incident"], ""),
        }
        for f in entries
    ]
    if fact.body["entries"] != len(state):
        yield f"{fact}: signed for {fact.body['entries']} entries where there were {len(state)}"
    if fact.body["digest"] != hashlib.sha256(canonical.dumps(state)).hexdigest():
        yield f"{fact}: the register that was signed is another one"
    silent = [
        f.body["incident"]
        for f in entries
        if f.act is None and f.body["kind"] != "media_gap" and f.body["incident"] not in told
    ]
    if silent:
        yield f"{fact}: signed while incident {silent[0]} was unexplained"
    settled = {f.body["lot"] for f in then.history.of("ObjectionsClosed", "TenderFailed", "NoAlternatives")}
    if settled != set(case.lots()):
        yield f"{fact}: signed before every lot was settled"
