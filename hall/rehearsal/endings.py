"""How each fault must have ended, as the standard says: looked up in the bundle's journal and in the signed record.

Pure: rows and the record in, plain words out. What may not live here: how a fault is made (`plots`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hall.runtime.faults import RECORDER_PATIENCE

Row = Mapping[str, Any]
Body = Mapping[str, Any]
Claims = Iterator[tuple[bool, str]]
"""(whether it is so, what must be so in plain words)."""

PARTIES: Final = {"procuring_entity", "regulator", "trading_centre"}
"""Who is consulted (clause 4.8)."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a bundle tells: the journal's rows in the order of the tree, record.json, and each recording's index.

    lost: participant -> seconds of its picture that its camera sent before the fault, and that are in no file.
    """

    rows: Sequence[Row]
    record: Mapping[str, Any]
    recordings: Sequence[Sequence[Row]] = ()
    lost: Mapping[str, float] = field(default_factory=dict)

    def of(self, kind: str, /, **facts: object) -> list[Body]:
        """Bodies of all events of this kind in which these facts stand."""
        return [self.rows[n]["body"] for n in self._places(kind, facts)]

    def one(self, kind: str, /, **facts: object) -> Body:
        """The first of them; nothing stands in it where there is none."""
        return next(iter(self.of(kind, **facts)), {})

    def first_at(self, kind: str, /, **facts: object) -> int:
        """When the first of them was received, ms UTC; 0 where there is none."""
        return next((int(self.rows[n]["received_at"]) for n in self._places(kind, facts)), 0)

    def follow(self, *steps: tuple[str, Mapping[str, object]]) -> bool:
        """Whether these events happened, each after the one before."""
        place = -1
        for kind, facts in steps:
            later = [n for n in self._places(kind, facts) if n > place]
            if not later:
                return False
            place = later[0]
        return True

    def noted(self, chapter: str, /, **facts: object) -> bool:
        """Whether an entry of this chapter of the record says so."""
        return any(_says(entry, facts) for entry in self.record.get(chapter, []))

    def _places(self, kind: str, facts: Mapping[str, object]) -> list[int]:
        return [
            n
            for n, row in enumerate(self.rows)
            if row["kind"] == kind and _says({**row["body"], **row["body"].get("deposit", {})}, facts)
        ]


def _says(entry: Mapping[str, Any], facts: Mapping[str, object]) -> bool:
    return all(name in entry and entry[name] == value for name, value in facts.items())


def unlike(claims: Callable[[Told], Claims], told: Told) -> list[str]:
    """The claims that do not hold."""
    return [words for right, words in claims(told) if not right]


def _once_each(told: Told) -> bool:
    released = [x["bidder"] for x in told.of("ReleaseReceived")]
    return len(released) == len(set(released))


def _resumed(told: Told) -> Claims:
    """clause 4.8 a: tested, consulted about, resumed by the host, the time of the fault given back to the window."""
    suspended, resumed = told.one("Suspended"), told.one("Resumed")
    asked = told.one("ConsultationOpened", about="suspension").get("consultation")
    answered = {x["role"] for x in told.of("ConsultationAnswered", consultation=asked, stance="agrees")}
    window = [x for x in resumed.get("limits", []) if x["name"] == "decryption"]
    # Nothing of the window is lost to a fault that began before it did.
    since = max(suspended.get("since", 0), told.one("DecryptionCommanded").get("opened_at", 0))
    back = resumed.get("at", 0) - since
    yield answered == PARTIES, "the three parties were consulted about the suspension"
    yield (
        told.follow(("Suspended", {}), ("ReliableTestDone", {"passed": True}), ("Resumed", {})),
        "a reliable test was passed before it went on",
    )
    yield [x["after"] - x["before"] for x in window] == [back], "the window got back the time it stood still"
    yield _once_each(told), "each release was counted once"
    yield (
        told.noted("suspensions", how="resumed", ended_at=resumed.get("at")),
        "the record tells the suspension",
    )


def deadline_outage(told: Told) -> Claims:
    """clause 4.7: held, consulted about, set anew; meanwhile bids and sign-ins are taken again."""
    moved = told.one("DeadlineMoved")
    asked = told.one("ConsultationOpened", about="deadline").get("consultation")
    answered = {x["role"] for x in told.of("ConsultationAnswered", consultation=asked)}
    yield answered == PARTIES, "the three parties were consulted about the deadline"
    yield (
        told.follow(
            ("DeadlineHeld", {}),
            ("DeadlineMoved", {}),
            ("DepositReceived", {"bidder": "b3"}),
            ("BidderSignedIn", {"bidder": "b3"}),
            ("DeadlinePassed", {}),
        ),
        "a bidder deposited and signed in after the deadline was moved",
    )
    yield (
        told.one("DeadlinePassed").get("at") == moved.get("after"),
        "the deadline passed when it was set anew",
    )
    yield (
        told.noted("deadlines", kind="held") and told.noted("deadlines", kind="moved"),
        "the record tells both",
    )
    yield told.noted("incidents", kind="server_restart"), "the record's register tells why"


def server_kill(told: Told) -> Claims:
    """clause 4.8 a: the hall suspends by itself for its own absence."""
    yield told.one("Suspended").get("reason") == "server_restart", "the hall suspended for its own absence"
    yield from _resumed(told)
    yield told.noted("incidents", kind="server_restart"), "the record's register tells why"


def recorder_loss(told: Told) -> Claims:
    """clause 6.1: nothing goes on unrecorded."""
    yield (
        told.one("Suspended").get("reason") == "recorder_silent",
        "the hall suspended for want of a recording",
    )
    yield from _resumed(told)
    checks = {x["name"]: x["passed"] for x in told.one("ReliableTestDone", passed=True).get("checks", [])}
    yield checks.get("recorder") is True, "the recorder proved itself"
    yield told.noted("incidents", kind="recorder_silent"), "the record's register tells why"


def media_worker_kill(told: Told) -> Claims:
    """clauses 5.3.3, 6.1: a second of picture at most, back at once, and no countdown or release notices it."""
    yield from _without_media(told)
    away = _away(told)
    yield 0 < away <= _BACK_WITHIN, f"the worker was back within three seconds; it took {away} ms"


def media_reserve_kill(told: Told) -> Claims:
    """clauses 5.3.3, 6.1: what had come in is kept as ever; the room waits for a new worker, and nothing else does."""
    yield from _without_media(told)
    away = _away(told)
    yield 0 < away < _STANDS_STILL, f"a worker was back before the hall would stand still; it took {away} ms"


def _away(told: Told) -> int:
    """Ms for which there was no media worker."""
    lost = told.first_at("IncidentRecorded", kind="media_worker_lost")
    return told.first_at("IncidentRecorded", kind="media_worker_back") - lost


def _without_media(told: Told) -> Claims:
    """clauses 5.3.3, 6.1: what the death of a media worker may cost, however long another one takes to come."""
    lost = told.first_at("IncidentRecorded", kind="media_worker_lost")
    cut = {lines[0]["participant"] for lines in told.recordings if cut_off(lines)}
    resumed = {lines[0]["participant"] for lines in told.recordings if lines[0]["utc"] > lost and lines[2:]}
    yield bool(cut), "the worker was writing when it was killed"
    yield told.lost.keys() == cut, "it is known of every camera what it had sent until then"
    yield (
        all(seconds <= _LOST_AT_MOST for seconds in told.lost.values()),
        f"at most a second of media is lost; it is {dict(told.lost)}",
    )
    yield resumed >= cut, "everybody is recorded again afterwards"
    yield not told.of("Suspended"), "nothing stood still for it"
    spans = told.record.get("ledger", [])
    yield (
        bool(spans) and all(span["kind"] == "running" for span in spans),
        "no second of the 60 minutes was frozen or given back",
    )
    yield told.one("WindowClosed").get("early") is True, "the window closed because everybody had released"
    yield _once_each(told), "each release was counted once"
    yield told.noted("incidents", kind="media_worker_lost"), "the record's register tells it"


def cut_off(index: Sequence[Row]) -> bool:
    """Whether this recording ended with its media worker."""
    return bool(index) and index[-1].get("cause") == "worker_lost"


_LOST_AT_MOST: Final = 1.0
_BACK_WITHIN: Final = 3_000
_STANDS_STILL: Final = int(RECORDER_PATIENCE * 1000)


def network_cut(told: Told) -> Claims:
    """clause 4.6: presence tells it with its interval, and nothing else follows."""
    away = [x for x in told.of("PresenceChanged", participant="bidder-b2", state="offline") if x["end"]]
    yield bool(away), "the cut line stands in the journal with its beginning and its end"
    yield not told.of("Suspended"), "nothing stood still for one bidder's line"
    yield told.one("SealingAnswered", bidder="b2").get("answer") == "intact", "the bidder answered afterwards"
    times = [x for x in told.record.get("presence", []) if x["participant"] == "bidder-b2"]
    yield any(x["interruptions"] and x["offline_ms"] for x in times), "the record counts the interruption"


def storage_damage(told: Told) -> Claims:
    """clauses 4.7 b, 5.3.4: the hall's own damage; the bid is deemed withdrawn, never revoked, and the others go on."""
    opened = {x["bidder"] for x in told.of("BidOpened")}
    cause = told.one("CauseDecided", bidder="b4").get("cause")
    yield (
        told.one("IncidentRecorded", kind="ciphertext_damaged").get("clause") == "b",
        "it is a fault of the hall",
    )
    yield told.one("SealingDeclared").get("held") == ["b4"], "the damaged bid was held"
    yield (
        told.one("ConsultationOpened", about="bid").get("bidder") == "b4",
        "the three parties were asked about it",
    )
    yield cause == "deemed_withdrawn", "it is deemed withdrawn: the bidder is not to blame"
    yield opened == {"b1", "b2", "b3"}, "all others were opened"
    yield told.noted("causes", bidder="b4", cause="deemed_withdrawn"), "the record tells the cause"
    yield told.noted("incidents", kind="ciphertext_damaged", clause="b"), "the record's register tells why"


def over_3h(told: Told) -> Claims:
    """clause 4.8 b: the undecrypted first, after a passed test; then those who had released."""
    split = told.one("SplitDeclared")
    groups = [{x["bidder"] for x in split.get(name, [])} for name in ("undecrypted", "decrypted")]
    yield (
        "b2" in groups[0] and bool(groups[1]),
        "the groups are those who had released, and those who had not",
    )
    yield (
        told.follow(
            ("Suspended", {}),
            ("SuspensionReasoned", {}),
            ("SplitDeclared", {}),
            ("ReliableTestDone", {"passed": True}),
            ("Resumed", {}),
            ("ReleaseReceived", {"bidder": "b2"}),
            ("WindowClosed", {}),
            ("ContinuationBegan", {}),
            ("PricesDisclosed", {}),
        ),
        "the undecrypted came first, the others after them",
    )
    yield (
        split.get("opens_at") == told.one("Resumed").get("at"),
        "the second window opened when all were told",
    )
    yield _once_each(told), "each release was counted once"
    yield any(x["splits"] for x in told.record.get("suspensions", [])), "the record tells the split"


def late_release(told: Told) -> Claims:
    """clauses 5.3.3, 5.3.4: refused, and put down; the bid counts as revoked."""
    refused = told.one("ActRefused", act_type="release", actor="bidder:b3")
    yield refused.get("code") == "window_closed", "the late release was refused and put down"
    yield not told.of("ReleaseReceived", bidder="b3"), "no late release counts"
    yield told.one("CauseDecided", bidder="b3").get("cause") == "deemed_revoked", "its cause was decided"
    yield len(told.one("PricesDisclosed").get("bids", [])) == 3, "the others were disclosed"
    yield told.noted("bidders", bidder="b3", status="not_released"), "the record tells who did not release"
    yield told.noted("causes", bidder="b3", cause="deemed_revoked"), "the record tells the cause"


def takeover(told: Told) -> Claims:
    """clause 5.3.7: the new line takes the old one's place by a signed act, and the bidder goes on with it."""
    gone = told.one("PresenceChanged", participant="bidder-b2", cause="takeover")
    yield (
        bool(told.of("ConnectionTaken", participant="bidder-b2")),
        "the takeover is a signed act in the journal",
    )
    yield any(x.startswith("takeover:") for x in gone.get("proofs", [])), "the first line ended by that act"
    yield (
        told.follow(("ConnectionTaken", {}), ("ReleaseReceived", {"bidder": "b2"})),
        "the bidder released from its second device",
    )
    yield (
        told.noted("presence", participant="bidder-b2", interruptions=0),
        "the record counts no interruption",
    )


def wrong_certificate(told: Told) -> Claims:
    """clauses 4.3, 5.3.3: named before anything is unwrapped, and reported; the right one is in time."""
    reported = {"kind": "fault_reported", "subject": "bidder-b2"}
    yield (
        told.follow(
            ("DecryptionCommanded", {}),
            ("IncidentRecorded", reported),
            ("ReleaseReceived", {"bidder": "b2"}),
            ("WindowClosed", {}),
        ),
        "the bidder reported it, and released with the right one in time",
    )
    said = [x["text"] for x in told.record.get("incidents", []) if _says(x, reported)]
    yield (
        any("wrong_certificate" in text for text in said),
        "the record's register has the bidder's own words",
    )
