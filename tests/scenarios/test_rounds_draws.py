"""A verifiable draw by commitment and reveal, where the tender documents ask for one."""

from __future__ import annotations

import hashlib

import pytest

from hall import wire as w
from hall.errors import Refused
from hall.procurement.parties import Actor
from hall.procurement.tender import MINUTE
from hall.session import events as e
from hall.session import views
from hall.session.agenda import may, waiting
from hall.session.drawing import draw_result
from hall.session.gaps import Gap, gaps
from tests.playbook import HOST, Playbook, bidder, replayed, with_rules

THREE = ("jia", "yi", "bing")
PARTIES = (*THREE, "host")
VALUES = ["0.95", "0.96", "0.97", "0.98", "0.99"]


def secret(party: str, draw: int = 1) -> str:
    return hashlib.sha256(f"{party} {draw}".encode()).hexdigest()


def commitment(party: str, draw: int = 1) -> str:
    return hashlib.sha256(bytes.fromhex(secret(party, draw))).hexdigest()


def actor(party: str) -> Actor:
    return HOST if party == "host" else bidder(party)


def opened() -> Playbook:
    play = Playbook(with_rules(draw_allowed=True)).until_announced(*THREE)
    play.says(HOST, "open_draw", purpose="下浮系数", values=VALUES)
    return play


def commit(play: Playbook, *parties: str, draw: int = 1) -> None:
    for party in parties:
        play.says(actor(party), "commit_draw", draw=draw, commitment=commitment(party, draw))
    play.at(play.now)


def reveal(play: Playbook, *parties: str, draw: int = 1) -> None:
    for party in parties:
        play.says(actor(party), "reveal_draw", draw=draw, secret=secret(party, draw))
    play.at(play.now)


def shown(play: Playbook) -> list[w.DrawView]:
    """The draws as a bidder's screen has them."""
    return views.view(play.state, bidder("jia"), views.Beside()).lots[0].draws


def test_a_draw_is_committed_revealed_and_anybody_can_redo_it() -> None:
    play = opened()
    draw = play.state.lots["1"].draws[0]
    assert draw.parties == PARTIES
    assert waiting(play.state).act == "commit_draw"
    assert Gap("draw_running", "1", "") in gaps(play.state)
    assert "commit_draw:1" in may(play.state, bidder("jia"))
    assert "reveal_draw:1" not in may(play.state, bidder("jia"))
    play.says(bidder("jia"), "commit_draw", draw=1, commitment=commitment("jia"))
    assert play.says(bidder("jia"), "commit_draw", draw=1, commitment=commitment("jia")) == []
    again = {"draw": 1, "commitment": "00" * 32}
    assert play.refuses(bidder("jia"), "commit_draw", **again) == "committed_already"
    assert play.refuses(bidder("yi"), "commit_draw", draw=1, commitment=commitment("jia")) == (
        "commitment_taken"
    )
    # Nobody shows its part before every commitment is in.
    assert play.refuses(bidder("jia"), "reveal_draw", draw=1, secret=secret("jia")) == "draw_commits_open"
    commit(play, "yi", "bing")
    # The host is a party too: where its part alone is missing, every screen names it, and its own one asks for it.
    assert (waiting(play.state).role, waiting(play.state).act) == ("host", "commit_draw")
    commit(play, "host")  # early, when all are in
    assert (waiting(play.state).role, waiting(play.state).act) == ("bidder", "reveal_draw")
    assert play.refuses(bidder("yi"), "commit_draw", **again) == "draw_commits_closed"
    assert play.refuses(bidder("yi"), "reveal_draw", draw=1, secret=secret("jia")) == "secret_mismatch"
    reveal(play, *THREE)
    assert (waiting(play.state).role, waiting(play.state).act) == ("host", "reveal_draw")
    assert not shown(play)[0].over
    reveal(play, "host")
    done = play.state.lots["1"].draws[0].done
    assert done is not None
    assert done.missing == ()
    assert shown(play)[0].over
    secrets = {party: secret(party) for party in PARTIES}
    assert (done.seed, done.chosen) == draw_result("O-1", "1", 1, PARTIES, secrets, VALUES)
    assert done.chosen in VALUES
    assert not any(gap.code == "draw_running" for gap in gaps(play.state))
    assert replayed(play) == play.state


def test_who_gives_no_commitment_takes_no_part() -> None:
    play = opened()
    commit(play, "jia", "host")
    play.after(5 * MINUTE)
    assert play.state.lots["1"].draws[0].reveal_by is None
    play.says(bidder("yi"), "commit_draw", draw=1, commitment=commitment("yi"))  # the last millisecond
    play.after(1)
    draw = play.state.lots["1"].draws[0]
    assert draw.reveal_by == play.now + 5 * MINUTE
    assert play.refuses(bidder("bing"), "reveal_draw", draw=1, secret=secret("bing")) == "nothing_committed"
    reveal(play, "host", "jia", "yi")
    done = play.state.lots["1"].draws[0].done
    assert done is not None
    secrets = {party: secret(party) for party in ("jia", "yi", "host")}
    assert done.seed == draw_result("O-1", "1", 1, ("jia", "yi", "host"), secrets, VALUES)[0]


def test_who_does_not_reveal_is_left_out_and_the_draw_is_repeated_without_it() -> None:
    play = opened()
    commit(play, *PARTIES)
    reveal(play, "jia", "bing", "host")
    play.after(5 * MINUTE)
    assert play.state.lots["1"].draws[0].done is None
    play.after(1)
    first, second = play.state.lots["1"].draws
    assert first.done is not None
    assert (first.done.chosen, first.done.seed, first.done.missing) == ("", "", ("yi",))
    assert (second.draw, second.parties, second.values) == (2, ("jia", "bing", "host"), tuple(VALUES))
    (_, repeated) = [event for event in play.events if isinstance(event, e.DrawOpened)]
    assert (repeated.repeats, repeated.act) == (1, None)  # by the hall itself: nobody can leave it at that
    assert play.refuses(bidder("yi"), "commit_draw", draw=2, commitment=commitment("yi", 2)) == (
        "not_in_this_draw"
    )
    assert play.refuses(bidder("jia"), "commit_draw", draw=1, commitment="00" * 32) == "no_such_draw"
    # What the first draw has revealed binds nobody in the second.
    assert play.refuses(bidder("jia"), "commit_draw", draw=2, commitment=commitment("jia", 1)) == (
        "commitment_taken"
    )
    commit(play, "jia", "bing", "host", draw=2)
    reveal(play, "jia", "bing", "host", draw=2)
    done = play.state.lots["1"].draws[1].done
    assert done is not None
    assert done.chosen in VALUES
    assert replayed(play) == play.state


def test_one_party_alone_draws_nothing() -> None:
    play = opened()
    commit(play, "host")
    play.after(5 * MINUTE + 1)
    (draw,) = play.state.lots["1"].draws
    assert draw.done is not None
    assert (draw.done.chosen, draw.done.missing) == ("", ())
    assert shown(play)[0].over, "a screen must not count down for a draw that has ended with nothing"
    # Nor is a draw repeated for one who is left.
    play = opened()
    commit(play, "jia", "host")
    play.after(5 * MINUTE + 1)
    reveal(play, "host")
    play.after(5 * MINUTE + 1)
    (draw,) = play.state.lots["1"].draws
    assert draw.done is not None
    assert draw.done.missing == ("jia",)
    hints = [gap for gap in gaps(play.state) if gap.code == "draw_without_result"]
    assert [(gap.subject, gap.blocking) for gap in hints] == [("1", False)]
    play.says(HOST, "open_draw", purpose="下浮系数", values=VALUES)  # the host may open another
    assert play.state.lots["1"].draws[1].draw == 2
    assert [one.over for one in shown(play)] == [True, False]


def test_a_draw_exists_only_where_the_documents_ask_for_one() -> None:
    play = Playbook().until_announced(*THREE)
    assert play.refuses(HOST, "open_draw", purpose="x", values=VALUES) == "draw_not_allowed"
    assert "open_draw:1" not in may(play.state, HOST)
    play = Playbook(with_rules(draw_allowed=True)).until_announced(*THREE)
    assert play.refuses(HOST, "open_draw", purpose="x", values=["1"]) == "nothing_to_draw"
    with pytest.raises(Refused, match="no_such_draw"):
        play.says(bidder("jia"), "commit_draw", draw=1, commitment="00" * 32)
    play.says(HOST, "open_draw", purpose="x", values=VALUES)
    assert play.refuses(HOST, "open_draw", purpose="x", values=VALUES) == "draw_running"
