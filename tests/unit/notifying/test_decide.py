"""What becomes of a notice: channels are tried until they are served or give up, and reading is proved."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from hall.errors import HallError, NotPermitted, Refused
from hall.notifying import commands as c
from hall.notifying import events as e
from hall.notifying.decide import PAUSES, Send, decide, duties, next_attempt, next_deadline, tick
from hall.notifying.state import Mail, digest, evolve
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.procurement.parties import Actor, Role

NOW = 1_000_000
JIA = Actor(Role.BIDDER, "jia", "甲公司", "aa" * 32)
YI = Actor(Role.BIDDER, "yi", "乙公司", "bb" * 32)
OWED = e.NoticeOwed(
    notice="n1",
    kind="deadline_moved",
    opening="O-1",
    lot="",
    role="bidder",
    party="jia",
    because="opening/O-1#7",
    facts=(e.Fact("reason", "补遗"),),
    subject="变更",
    text="全文",
    channels=("inbox", "smtp"),
    contact="cc" * 32,
    due_at=NOW,
    until=None,
)
WORDS = digest("变更", "全文")


class Post:
    """The machine by itself, and a clock."""

    def __init__(self, *owed: e.NoticeOwed) -> None:
        self.state, self.now = Mail(), NOW
        self.does(c.Owe(owed))

    def does(self, command: c.Command, actor: Actor | None = None) -> list[e.Event]:
        events = decide(self.state, command, actor=actor, now=self.now)
        for event in events:
            self.state = evolve(self.state, event)
        return events

    def ticks(self, at: int) -> list[e.Event]:
        self.now = at
        events = tick(self.state, at)
        for event in events:
            self.state = evolve(self.state, event)
        return events

    def fails(self, code: str = "mail_server_away", *, final: bool = False) -> e.NoticeFailed:
        (event,) = self.does(c.NoteFailed("n1", "smtp", code, "", final))
        assert isinstance(event, e.NoticeFailed)
        return event

    def read(self, actor: Actor, act: SignedAct | None = None) -> list[e.Event]:
        return self.does(c.Read("n1", act), actor)


def read_act(**changes: object) -> SignedAct:
    body = {"notice": "n1", "sha256": WORDS, **changes}
    return SignedAct(
        type="read_notice",
        origin="hall.example",
        tender="T-1",
        opening="O-1",
        certificate=JIA.certificate,
        server_nonce="01" * 16,
        client_nonce="02" * 16,
        body=canonical.dumps(body).decode(),
        signature=base64.b64encode(bytes(64)).decode(),
    )


def test_an_owed_notice_lies_in_the_inbox_at_once_is_due_on_the_other_channels_and_owed_once() -> None:
    post = Post()
    assert post.does(c.Owe((OWED,))) == [OWED, e.NoticeSent("n1", "inbox", 1, NOW, WORDS, "", "")]
    assert post.does(c.Owe((OWED, replace(OWED, text="other")))) == []
    assert duties(post.state, NOW - 1) == []
    assert duties(post.state, NOW) == [Send("n1", "smtp")]
    assert post.state.considered == {"opening/O-1": 7}


def test_what_a_channel_took_is_not_sent_again() -> None:
    post = Post(OWED)
    (sent,) = post.does(c.NoteSent("n1", "smtp", WORDS, "<id@hall>", "250 queued as 1"))
    assert sent == e.NoticeSent("n1", "smtp", 1, NOW, WORDS, "<id@hall>", "250 queued as 1")
    assert duties(post.state, NOW) == []
    assert post.does(c.NoteSent("n1", "smtp", WORDS, "<id@hall>", "250 again")) == []
    assert post.does(c.NoteFailed("n1", "smtp", "mail_server_away", "", False)) == []


def test_a_failed_attempt_is_followed_by_others_at_growing_pauses_until_none_is_left() -> None:
    post = Post(OWED)
    for attempt, pause in enumerate(PAUSES, start=1):
        failed = post.fails()
        assert (failed.attempt, failed.retry_at) == (attempt, post.now + pause)
        assert Send("n1", "smtp") not in duties(post.state, post.now)
        assert next_attempt(post.state, post.now) == failed.retry_at
        post.now += pause
        assert Send("n1", "smtp") in duties(post.state, post.now)
    last = post.fails()
    assert (last.attempt, last.retry_at) == (len(PAUSES) + 1, None)
    assert duties(post.state, post.now + 10**9) == []


def test_who_is_told_never_is_not_asked_again() -> None:
    post = Post(OWED)
    assert post.fails("mailbox_refused", final=True).retry_at is None
    assert duties(post.state, NOW + 10**9) == []


def test_what_comes_too_late_is_given_up_and_that_is_said() -> None:
    post = Post(replace(OWED, channels=("smtp",), until=NOW + PAUSES[0] + 1))
    assert post.fails().retry_at == NOW + PAUSES[0]
    assert next_deadline(post.state) == NOW + PAUSES[0] + 1
    assert post.ticks(NOW + PAUSES[0]) == []
    assert post.fails().retry_at is None, "the next attempt would come when it is of no use any more"
    assert next_deadline(post.state) is None


def test_a_notice_whose_time_is_over_is_not_sent() -> None:
    post = Post(replace(OWED, channels=("smtp",), until=NOW + 1))
    assert duties(post.state, NOW + 1) == []
    (given_up,) = post.ticks(NOW + 1)
    assert isinstance(given_up, e.NoticeFailed)
    assert (given_up.code, given_up.retry_at) == ("too_late", None)
    assert post.ticks(NOW + 2) == []


def test_only_the_addressee_can_read_and_nobody_else_learns_that_there_is_something() -> None:
    post = Post(OWED)
    for notice in ("n1", "n2"):
        with pytest.raises(NotPermitted) as refused:
            decide(post.state, c.Read(notice, None), actor=YI, now=NOW)
        assert (refused.value.code, refused.value.facts) == ("no_such_notice", {})


def test_reading_counts_from_the_first_time_and_a_signature_may_follow() -> None:
    post = Post(OWED)
    assert post.read(JIA) == [e.NoticeRead("n1", "jia", JIA.certificate, NOW, None)]
    post.now += 1
    assert post.read(JIA) == []
    (signed,) = post.read(JIA, read_act())
    assert isinstance(signed, e.NoticeRead) and signed.act is not None
    assert post.read(JIA) == []
    known = post.state.notices["n1"]
    assert (known.read, known.first_read_at) == (signed, NOW)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (read_act(sha256="00" * 32), "digest_mismatch"),
        (read_act(notice="n2"), "digest_mismatch"),
        (read_act(more="x"), "digest_mismatch"),
        (replace(read_act(), opening="O-2"), "act_for_another_opening"),
        (replace(read_act(), type="login"), "act_for_another_opening"),
        (replace(read_act(), certificate=YI.certificate), "wrong_certificate"),
    ],
)
def test_a_signature_for_anything_else_than_these_very_words_is_refused(act: SignedAct, code: str) -> None:
    post = Post(OWED)
    with pytest.raises(HallError) as refused:
        post.read(JIA, act)
    assert refused.value.code == code
    assert post.state.notices["n1"].read is None


def test_a_nonce_serves_one_reading() -> None:
    post = Post(OWED, replace(OWED, notice="n2"))
    post.read(JIA, read_act())
    with pytest.raises(Refused, match="nonce_used"):
        post.does(c.Read("n2", read_act(notice="n2")), JIA)
