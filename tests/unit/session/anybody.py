"""What anybody could send to an opening: a body for each act, and a note for each of the hall's own findings.

Bodies are plausible more often than not, so that the machine gets somewhere, and wrong often enough to be refused.
`BODIES` has every act type; a test compares it with the protocol's table.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final

from hall.procurement import canonical
from hall.procurement.bid_report import BidReport
from hall.procurement.parties import Actor, Role
from hall.procurement.tender import DAY, HOUR, MINUTE, start_of_day
from hall.session import commands as c
from hall.session import custody
from hall.session import duties as d
from hall.session import events as e
from hall.session.lot import LotState
from hall.session.register import register_digest, unexplained
from hall.session.standstill import CHECKS
from hall.session.state import OpeningState
from tests.playbook import certificate_of, inner_of, key_of, tag_of

NAMES: Final = ("jia", "yi", "bing", "ding")
DEPUTY: Final = Actor(Role.HOST, "deputy", "deputy person", certificate_of("deputy"))
SUCCESSOR: Final = Actor(Role.SUPERVISOR, "successor", "successor person", certificate_of("successor"))
Body = Callable[[Random, OpeningState, LotState, Actor, int], dict[str, Any]]

_PERSON: Final = {
    "representative": "王小明",
    "identity": "1403**********1234",
    "phones": ["13800000000"],
    "acts_for_bidder": True,
    "salt": "ab" * 16,
}


def _plain(**body: Any) -> Body:
    return lambda r, state, lot, actor, now: dict(body)


def _one(r: Random, items: Sequence[Any], otherwise: Any) -> Any:
    return r.choice(items) if items else otherwise


def _later(r: Random, at: int) -> int:
    """A moment to come, now and then one that is gone."""
    return max(1, at + r.choice((-MINUTE, MINUTE, 30 * MINUTE, 2 * HOUR, DAY, 3 * DAY)))


def _release(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    deposit = state.deposit(lot.lot, actor.party)
    if state.custodians and r.random() < 0.95:
        return _entrusting(r, state, actor, deposit.sha256 if deposit else "00" * 32)
    key = key_of(actor.party if r.random() < 0.9 else "nobody")
    sha256 = deposit.sha256 if deposit else "00" * 32
    return {"sha256": sha256, "custody": "hall", "content_key": base64.b64encode(key).decode()}


def _entrusting(r: Random, state: OpeningState, actor: Actor, sha256: str) -> dict[str, Any]:
    inner = hashlib.sha256(inner_of(actor.party)).hexdigest() if len(state.custodians) == 2 else ""
    return {
        "sha256": sha256,
        "custody": "custodians",
        "tag": tag_of(actor.party if r.random() < 0.95 else "nobody").hex(),
        "envelope": base64.b64encode(b"outer envelope").decode(),
        "inner": inner,
        "custodians": list(state.custodians),
    }


def _entrusted(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    parts = []
    for bidder, kept in custody.mine(lot, actor.certificate).items():
        content = inner_of(bidder) if kept.inner else key_of(bidder if r.random() < 0.97 else "nobody")
        code = "envelope_damaged" if r.random() < 0.1 else ""
        parts.append(
            {
                "bidder": bidder,
                "content": "" if code else base64.b64encode(content).decode(),
                "code": code,
            }
        )
    return {"keys": parts if r.random() < 0.95 else parts[1:]}


def _cause(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    faults = [i.incident for i in state.incidents if i.clause]
    return {
        "bidder": _one(r, lot.undecided or lot.not_signed_in, r.choice(NAMES)),
        "cause": r.choice(list(e.Cause)).value,
        "incident": _one(r, faults, 0) if r.random() < 0.9 else 0,
        "reason": "依据",
    }


def _price(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    bid = lot.disclosed.get(actor.party)
    answer = r.choice(("confirmed", "objects"))
    return {"answer": answer, "price": bid.price if bid and r.random() < 0.9 else "1.00"}


def _deadline(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    moment = _later(r, state.scheduled.bid_deadline)
    return {"deadline": r.choice((moment, moment, start_of_day(moment))), "reason": "顺延"}


def _consult(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    stance = r.choice(("agrees", "disagrees"))
    asked = [x.opened.consultation for x in state.consultations if actor.role.value not in x.answers]
    return {"consultation": _one(r, asked, 1), "stance": stance, "reason": r.choice(("", "意见"))}


def _suspend(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    kinds = (
        ("order",) if actor.role is Role.REGULATOR else ("system", "network", "dispute", "person", "order")
    )
    return {"kind": r.choice(kinds), "clause": r.choice(("", "a", "f")), "reason": "故障"}


def _reason(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    pause = state.suspension
    back = (0, pause.began.last_good, pause.since, pause.since - MINUTE) if pause else (0,)
    return {"reason": "属实", "since": max(0, r.choice(back))}


def _split(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    opens, continues = r.choice(((1, 0), (0, 1), (1, 1)))
    first = _later(r, now)
    return {"opens_at": opens * first, "continues_at": continues * (first + r.choice((MINUTE, HOUR, DAY)))}


def _incident(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    return {
        "kind": r.choice(("dispute", "other", "unheard_of")),
        "clause": r.choice(("", "a", "f")),
        "subject": r.choice(("", f"bidder-{r.choice(NAMES)}", "host")),
        "scope": r.sample(NAMES, r.randint(0, 2)),
        "text": "情况",
        "corrects": r.choice((0, 0, 1, 9)),
        "start": r.choice((0, now - 10 * MINUTE, now + 1)),
    }


def _register(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    digest = register_digest(state) if r.random() < 0.9 else "00" * 32
    return {"entries": len(state.incidents), "digest": digest}


def _substitute(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    role = r.choice((Role.HOST, Role.NOTARY, Role.CLERK))
    # Whoever is appointed acts with the certificate that the machine's people have.
    party = DEPUTY if role is Role.HOST else None
    name = party.party if party else role.value
    return {
        "role": role.value,
        "party": name,
        "name": f"{name} person",
        "unit": "单位",
        "certificate": certificate_of(name),
        "reason": "联系不上",
    }


def _quote(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    number = lot.rounds[-1].round if lot.rounds else 1
    return {"round": number, "price": r.choice(("99000.00", "98000.50", "9000000.00", "x")), "salt": "s"}


def _secret(actor: Actor, draw: int) -> bytes:
    return hashlib.sha256(f"{actor.key} {draw}".encode()).digest()


def _commit(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    number = lot.draws[-1].draw if lot.draws else 1
    return {"draw": number, "commitment": hashlib.sha256(_secret(actor, number)).hexdigest()}


def _reveal(r: Random, state: OpeningState, lot: LotState, actor: Actor, now: int) -> dict[str, Any]:
    number = lot.draws[-1].draw if lot.draws else 1
    return {"draw": number, "secret": _secret(actor, number if r.random() < 0.9 else 0).hex()}


BODIES: Final[Mapping[str, Body]] = {
    "sign_in": _plain(**_PERSON),
    "announce_bidders": _plain(),
    "fail_tender": _plain(reason="不足三家"),
    "go_on_with_fewer": _plain(reason="经批准", approval="ab" * 32),
    "answer_sealing": lambda r, s, lot, a, now: {
        "answer": r.choice(("intact", "intact", "intact", "objects")),
        "sha256": "00" * 32,
    },
    "declare_sealing": _plain(),
    "command_decryption": lambda r, s, lot, a, now: {"minutes": r.choice((60, 60, 60, 59))},
    "release": _release,
    "decline_release": _plain(),
    "claim_remedy": _plain(kind="recovery_file", reason="UKey损坏"),
    "answer_remedy": lambda r, s, lot, a, now: {
        "bidder": _one(r, list(lot.remedies), "jia"),
        "accepted": r.random() < 0.7,
        "reason": "已核对",
    },
    "answer_results": lambda r, s, lot, a, now: {
        "answer": r.choice(("intact", "objects")),
        "summary": lot.opened.get(a.party, "00" * 32),
    },
    "declare_results": _plain(),
    "open_entrusted": _entrusted,
    "name_custodians": lambda r, s, lot, a, now: {
        "custodians": list(custody.successors(s)) or ["ab" * 32],
        "reason": "联系不上",
    },
    "decide_cause": _cause,
    "read_out": lambda r, s, lot, a, now: {
        "bidder": _one(r, [b for b in lot.disclosed if b not in lot.read_out], "jia")
    },
    "confirm_price": _price,
    "open_objections": _plain(),
    "raise_objection": _plain(text="异议"),
    "answer_objection": lambda r, s, lot, a, now: {
        "objection": _one(r, [o.objection for o in lot.objections if o.outcome is None], 1),
        "outcome": r.choice(list(e.Outcome)).value,
        "text": "答复",
    },
    "close_objections": _plain(),
    "close_opening": lambda r, s, lot, a, now: {"record_later": r.random() < 0.5},
    "refuse_signature": _plain(reason="不同意"),
    "note_unsigned": lambda r, s, lot, a, now: {
        "role": r.choice(("scrutineer", "clerk", "procuring_entity")),
        "reason": "拒签",
    },
    "advance_clock": _plain(by_ms=MINUTE),
    "move_deadline": _deadline,
    "confirm_deadline": _plain(reason="不影响"),
    "suspend": _suspend,
    "reason_suspension": _reason,
    "consult": _consult,
    "request_test": _plain(),
    "resume": lambda r, s, lot, a, now: {"minutes": r.choice((0, 5, 5, 5, 30, 61))},
    "declare_split": _split,
    "adjourn": lambda r, s, lot, a, now: {"resumes_at": _later(r, now), "reason": "改日继续"},
    "read_text": _plain(key="opening"),
    "make_announcement": _plain(text="请各投标人注意"),
    "take_post": _plain(),
    "appoint_substitute": _substitute,
    "mark_notary_absent": _plain(reason="联系不上"),
    "request_rehash": lambda r, s, lot, a, now: {"bidder": r.choice(NAMES)},
    "log_call": lambda r, s, lot, a, now: {
        "callee": r.choice(("notary", "host", "bidder-jia", "nobody")),
        "outcome": r.choice(list(e.Call)).value,
        "text": "",
    },
    "make_remark": lambda r, s, lot, a, now: {
        "stance": r.choice(list(e.Remark)).value,
        "about": "declare_sealing",
        "text": r.choice(("", "意见")),
    },
    "add_paper": lambda r, s, lot, a, now: {
        "title": "现场照片",
        "mime": r.choice(("image/jpeg", "image/jpeg", "text/html")),
        "sha256": f"{r.randrange(4):064x}",
        "size": r.choice((0, 1000, 1000)),
    },
    "check_identity": lambda r, s, lot, a, now: {
        "bidder": r.choice(NAMES),
        "result": r.choice(list(e.Check)).value,
        "text": "",
    },
    "replace_representative": _plain(**_PERSON, letter="cd" * 32),
    "take_over": lambda r, s, lot, a, now: {"fence": r.randint(0, 3)},
    "say": lambda r, s, lot, a, now: {"channel": r.choice(list(e.Channel)).value, "text": "请问"},
    "state_base_price": _plain(price="1000000.00"),
    "mute": _plain(participant="host", muted=True),
    "mute_all": lambda r, s, lot, a, now: {"muted": r.random() < 0.7},
    "raise_hand": _plain(),
    "lower_hand": _plain(),
    "give_floor": lambda r, s, lot, a, now: {
        "participant": r.choice((*s.media.hands, "", "clerk", f"bidder-{r.choice(NAMES)}"))
    },
    "name_recording": _plain(name="会场摄像机", place="档案室", reason="录像中断"),
    "attach_recording": lambda r, s, lot, a, now: {
        "recording": r.choice(("external-1", "call-1", "external-9")),
        "sha256": f"{r.randrange(4):064x}",
        "size": r.choice((0, 1000, 1000)),
        "mime": "video/mp4",
        "from": max(0, now - r.choice((MINUTE, HOUR))),
        "to": now + r.choice((0, 0, 0, 1)),
    },
    "hide_message": _plain(message=1, reason="涉及评审"),
    "report_fault": _plain(text="页面无响应"),
    "self_check": _plain(results=["browser green", "camera red no_device"]),
    "show_certificate": lambda r, s, lot, a, now: {
        "previous": certificate_of(r.choice(NAMES)),
        "consent": "",
    },
    "decide_certificate": _plain(
        bidder="jia", previous="12" * 32, certificate="13" * 32, accepted=True, reason="同一密钥续期"
    ),
    "record_incident": _incident,
    "explain_incidents": lambda r, s, lot, a, now: {
        "incidents": list(unexplained(s)) or [1],
        "text": "原因不明",
    },
    "sign_register": _register,
    "open_quotes": lambda r, s, lot, a, now: {"minutes": r.choice((0, 5, 30))},
    "offer_quote": _quote,
    "open_draw": _plain(purpose="抽取系数", values=["0.95", "0.96", "0.97"]),
    "commit_draw": _commit,
    "reveal_draw": _reveal,
}
"""Act type → its body. Those of clause 4.8 name moments to come."""


def performed(
    r: Random, duty: d.Duty, state: OpeningState, bodies: Mapping[str, str], *, fails: bool
) -> c.Note | None:
    """The note with which the hall's performer answers a duty; None where it answers with none."""
    match duty:
        case d.RecheckSealing(lot, deposits):
            return c.NoteRecheck(lot, _hashed(r, deposits, fails=fails))
        case d.OpenBid(lot, bidder):
            if not fails:
                return c.NoteBidOpened(lot, bidder, "11" * 32)
            code = r.choice(("not_the_deposit", "key_lost", "container_malformed"))
            return c.NoteBidFailed(lot, bidder, code, None)
        case d.Disclose(lot, bidders):
            return c.DisclosePrices(lot, tuple(_columns(b) for b in bidders))
        case d.PrepareRecord():
            return c.NoteRecordPrepared("01" * 32, "02" * 32, 40, "03" * 32)
        case d.CompleteRecord():
            return c.NoteRecordCompleted("09" * 32)
        case d.StopRecorder():
            return c.NoteRecordingHeads((), final=True)
        case d.RunTest(suspension, test):
            bad = r.choice(CHECKS) if fails else ""
            checks = tuple(e.CheckResult(name, name != bad, "") for name in CHECKS)
            return c.NoteTest(suspension, test, checks)
        case d.RecheckAdjourned(suspension, returned, deposits):
            lots = tuple(
                e.LotRecheck(lot, _hashed(r, [x for x in deposits if x.lot == lot], fails=fails))
                for lot in state.lots
            )
            return c.NoteAdjournmentRecheck(suspension, returned, lots)
        case d.ShowRehash(lot, bidder, deposit):
            return c.NoteRehash(lot, bidder, "dd" * 32 if fails else deposit.sha256, not fails)
        case d.CheckBidPdf(lot, bidder):
            return c.NoteBidPdf(lot, bidder, BidReport("unreadable" if fails else "unsigned", "44" * 32))
        case d.DiscloseQuotes(lot, number, offers):
            quotes = tuple(e.Quote(b, _offered(bodies[x]), bodies[x]) for b, x in offers)
            return c.NoteQuotes(lot, number, quotes)
        case d.KeepRecording():
            return None


def _hashed(r: Random, deposits: Sequence[Any], *, fails: bool) -> tuple[e.Rechecked, ...]:
    bad = r.randrange(len(deposits)) if fails and deposits else -1
    return tuple(
        e.Rechecked(x.bidder, x.sha256 if i != bad else "dd" * 32, i != bad) for i, x in enumerate(deposits)
    )


def _columns(bidder: str) -> e.DisclosedBid:
    return e.DisclosedBid(bidder, "123456.78", "180 日", "合格", "李四", "20000.00", "22" * 32)


def _offered(body: str) -> str:
    read = canonical.loads(body)
    assert isinstance(read, dict)
    return str(read["price"])


def finding(r: Random, state: OpeningState, now: int) -> c.Note:
    """Something the hall itself finds: a fault that began a while ago, one that is over, a gap, an entry."""
    match r.randrange(8):
        case 0:
            lasting = [i.incident for i in state.incidents if i.end is None] or [1]
            return c.NoteFaultEnded(r.choice(lasting), now)
        case 1:
            return c.NoteIncident("recorder_gap", r.choice(("", "a", "f")), r.choice(("", "bidder-jia")), "")
        case 2 if r.random() < 0.5:
            if r.random() < 0.5:
                return c.NoteFace(r.choice(NAMES), "price", r.randint(-1, 11), r.choice(list(e.Likeness)))
            kind = r.choice(("media_gap", "recording_gap"))
            return c.NoteGap(kind, f"bidder-{r.choice(NAMES)}", "", now - MINUTE)
        case 2:
            participant = f"bidder-{r.choice(NAMES)}"
            return c.NotePresence(participant, 1, "offline", now - MINUTE, None, 0, "network", "high")
        case 3:
            name, lot = r.choice(NAMES), r.choice(tuple(state.lots) or ("1",))
            if r.random() < 0.5:
                return c.NoteOperator(
                    f"bidder-{name}", r.choice(("aa" * 32, "bb" * 32)), certificate_of(name)
                )
            return c.NoteAttempt(lot, name, "release", r.choice(("wrong_password", "cancelled")))
        case _:
            start = now - r.choice((0, 1, 5_000, MINUTE, 20 * MINUTE, 2 * HOUR))
            return c.NoteFault(
                kind=r.choice(("server_fault", "node_network", "database_fault")),
                clause=r.choice("abcde"),
                detail="",
                scope=() if r.random() < 0.8 else (r.choice(NAMES),),
                start=start,
                end=r.choice((None, None, now)),
                suspends=r.random() < 0.7,
                last_good=r.choice((0, start, start - MINUTE)),
            )
