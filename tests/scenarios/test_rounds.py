"""Second quotes in sealed, numbered, time-limited rounds (二次报价), where the procurement method has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hall.errors import HallError, NotPermitted, Refused
from hall.procurement import canonical
from hall.procurement.parties import Appointment, Role
from hall.procurement.tender import MINUTE
from hall.session import commands as c
from hall.session import events as e
from hall.session import views
from hall.session.agenda import may, waiting
from hall.session.decide import decide
from hall.session.duties import DiscloseQuotes, duties
from hall.session.gaps import Gap, gaps
from hall.session.rounds import left, price_of
from hall.session.rules import LotStage
from tests.playbook import ANNOUNCER, HOST, OWNER, Playbook, bidder, replayed, staff, with_rules

THREE = ("jia", "yi", "bing")
EVALUATOR = staff(Role.EVALUATOR)


def negotiated(*, evaluator: bool = False, **rules: Any) -> e.OpeningScheduled:
    scheduled = with_rules(procurement_method="negotiation", quotes_allowed=True, **rules)
    post = Appointment(Role.EVALUATOR, "evaluator", "评委", "评审组", EVALUATOR.certificate)
    return replace(scheduled, staff=(*scheduled.staff, post)) if evaluator else scheduled


def body(price: str, number: int = 1) -> dict[str, Any]:
    return {"round": number, "price": price, "salt": "ab" * 16}


def disclosed(play: Playbook) -> list[e.Event]:
    """The hall reads the sealed bodies from the side store and shows them all at once."""
    (owed,) = [duty for duty in duties(play.state) if isinstance(duty, DiscloseQuotes)]
    quotes = tuple(SIDE_STORE[digest] for _, digest in owed.offers)
    named = tuple(replace(q, bidder=b) for (b, _), q in zip(owed.offers, quotes, strict=True))
    return play.hall(c.NoteQuotes(owed.lot, owed.round, named))


SIDE_STORE: dict[str, e.Quote] = {}


def offer(play: Playbook, name: str, price: str, number: int = 1) -> list[e.Event]:
    act = play.act(bidder(name), "offer_quote", **body(price, number))
    assert act.body is not None
    SIDE_STORE[act.body_digest] = e.Quote(name, price, act.body)
    return play.says(bidder(name), "offer_quote", **body(price, number))


def stands(play: Playbook) -> dict[str, bool]:
    """Of whom the screens say that an earlier price stands after the first round."""
    (round_,) = views.view(play.state, bidder("jia"), views.Beside()).lots[0].rounds
    return {quote.bidder: quote.stands for quote in round_.quotes}


def test_a_round_of_quotes_is_opened_sealed_closed_and_disclosed_at_once() -> None:
    play = Playbook(negotiated()).until_disclosed(*THREE)
    assert "open_quotes:1" in may(play.state, OWNER)
    (opened,) = play.says(OWNER, "open_quotes", minutes=10)
    assert isinstance(opened, e.QuoteRoundOpened)
    assert (opened.round, opened.bidders) == (1, THREE)
    assert waiting(play.state).act == "offer_quote"
    (offered,) = offer(play, "jia", "100000.00")
    assert isinstance(offered, e.QuoteOffered)
    assert offered.act.body is None  # no price in the journal before the round closes
    assert "100000.00" not in repr(play.events)
    assert "offer_quote:1" not in may(play.state, bidder("jia"))

    # One at a time, and nothing is settled while it runs.
    assert play.refuses(OWNER, "open_quotes", minutes=10) == "round_running"
    assert Gap("round_running", "1", "") in gaps(play.state)
    for name in THREE:
        play.says(ANNOUNCER, "read_out", bidder=name)
        play.says(bidder(name), "confirm_price", answer="confirmed", price="123456.78")
    play.says(HOST, "open_objections")
    play.after(5 * MINUTE)
    assert play.refuses(HOST, "close_objections") == "round_running"

    # The last millisecond counts; the one after it does not.
    play.at(opened.quoted_by)
    offer(play, "yi", "99000.50")
    play.after(1)
    (closed,) = [event for event in play.events if isinstance(event, e.QuoteRoundClosed)]
    assert (closed.early, closed.silent, closed.leaves) == (False, ("bing",), False)
    with pytest.raises(Refused, match="round_closed"):
        offer(play, "bing", "98000.00")
    assert play.refuses(HOST, "close_objections") == "round_running"  # closed, but not shown yet
    (shown,) = disclosed(play)
    assert isinstance(shown, e.QuotesDisclosed)
    assert [(q.bidder, q.price) for q in shown.quotes] == [
        ("jia", "100000.00"),
        ("yi", "99000.50"),
        ("bing", "123456.78"),  # no offer in time: the previous price stands
    ]
    assert price_of(play.state.lots["1"], "yi") == "99000.50"
    assert stands(play) == {"jia": False, "yi": False, "bing": True}
    play.says(HOST, "close_objections")
    assert play.state.lots["1"].stage is LotStage.DONE
    assert replayed(play) == play.state


def test_a_round_closes_early_when_each_has_quoted_and_a_quote_is_final() -> None:
    play = Playbook(negotiated()).until_disclosed(*THREE)
    play.says(OWNER, "open_quotes", minutes=10)
    offer(play, "jia", "1.00")
    assert offer(play, "jia", "1.00") == []  # the same one again
    with pytest.raises(Refused, match="quoted_already"):
        offer(play, "jia", "0.90")
    offer(play, "yi", "1.00")
    offer(play, "bing", "1.00")
    play.at(play.now)
    round_ = play.state.lots["1"].rounds[0]
    assert round_.closed is not None
    assert round_.closed.early
    disclosed(play)
    assert disclosed_again(play) == []


def disclosed_again(play: Playbook) -> list[e.Event]:
    return play.hall(c.NoteQuotes("1", 1, play.state.lots["1"].rounds[0].quotes))


def test_who_is_silent_leaves_where_the_documents_say_so_and_has_no_price_any_more() -> None:
    play = Playbook(negotiated(silent_quote="leaves")).until_disclosed(*THREE)
    play.says(OWNER, "open_quotes", minutes=1)
    offer(play, "jia", "5.00")
    offer(play, "yi", "6.00")
    play.after(MINUTE + 1)
    (shown,) = disclosed(play)
    assert isinstance(shown, e.QuotesDisclosed)
    assert [q.bidder for q in shown.quotes] == ["jia", "yi"]
    lot = play.state.lots["1"]
    assert left(lot) == {"bing"}
    assert price_of(lot, "bing") is None
    (second,) = play.says(OWNER, "open_quotes", minutes=1)
    assert isinstance(second, e.QuoteRoundOpened)
    assert (second.round, second.bidders) == (2, ("jia", "yi"))
    with pytest.raises(Refused, match="not_in_this_round"):
        offer(play, "bing", "1.00", 2)
    with pytest.raises(Refused, match="round_closed"):
        offer(play, "jia", "1.00", 1)
    offer(play, "jia", "4.00", 2)
    play.after(MINUTE + 1)
    disclosed(play)
    lot = play.state.lots["1"]
    assert (price_of(lot, "jia"), price_of(lot, "yi")) == ("4.00", None)
    play.says(OWNER, "open_quotes", minutes=1)
    play.after(MINUTE + 1)
    disclosed(play)
    assert play.refuses(OWNER, "open_quotes", minutes=1) == "nobody_to_quote"
    assert "open_quotes:1" not in may(play.state, OWNER)


def test_rounds_exist_only_where_method_and_documents_have_them() -> None:
    for rules in ({"quotes_allowed": True}, {"procurement_method": "negotiation"}):
        play = Playbook(with_rules(**rules)).until_disclosed(*THREE)
        assert play.refuses(OWNER, "open_quotes", minutes=10) == "quotes_not_allowed"
        assert "open_quotes:1" not in may(play.state, OWNER)


def test_the_committees_voice_opens_rounds_where_it_sits_in_the_room() -> None:
    play = Playbook(negotiated(evaluator=True)).until_disclosed(*THREE)
    assert play.refuses(OWNER, "open_quotes", minutes=10) == "evaluator_opens_quotes"
    assert "open_quotes:1" in may(play.state, EVALUATOR)
    for minutes in (0, 24 * 60 + 1):
        assert play.refuses(EVALUATOR, "open_quotes", minutes=minutes) == "bad_round_time"
    play.says(EVALUATOR, "open_quotes", minutes=10)
    with pytest.raises(NotPermitted):
        play.says(HOST, "open_quotes", minutes=10)


def test_clause_5_5_1_a_quote_over_the_ceiling_or_that_is_no_amount_is_refused_at_once() -> None:
    play = Playbook(negotiated()).until_disclosed(*THREE)
    play.says(OWNER, "open_quotes", minutes=10)
    assert play.refuses(bidder("jia"), "offer_quote", **body("1000000.01")) == "price_over_ceiling"
    for nonsense in ("1e3", "-1", "１２", "1,000.00", "1.001"):
        assert play.refuses(bidder("jia"), "offer_quote", **body(nonsense)) == "amount_malformed"
    play.says(bidder("jia"), "offer_quote", **body("1000000.00"))
    with pytest.raises(Refused) as refused:
        play.says(bidder("jia"), "offer_quote", **body("1.00"))
    assert refused.value.weighty


def test_clause_5_5_1_a_refusal_that_tells_of_a_sealed_price_is_told_to_its_sender_and_put_down_nowhere() -> (
    None
):
    play = Playbook(negotiated()).until_disclosed(*THREE)
    play.says(OWNER, "open_quotes", minutes=10)
    with pytest.raises(Refused, match="price_over_ceiling") as refused:
        play.says(bidder("jia"), "offer_quote", **body("1000000.01"))
    assert (
        not refused.value.weighty
    )  # a supervisor reads what is weighty, and would know before the round closes
    assert play.says(bidder("jia"), "offer_quote", **body("999999.00"))


def test_clause_4_7_b_a_round_of_which_the_hall_lost_a_quote_counts_for_nothing_and_may_be_repeated() -> None:
    play = Playbook(negotiated()).until_disclosed(*THREE)
    play.says(OWNER, "open_quotes", minutes=1)
    offer(play, "jia", "5.00")
    offer(play, "yi", "6.00")
    play.after(MINUTE + 1)
    with pytest.raises(Refused, match="quotes_mismatch"):
        play.hall(c.NoteQuotes("1", 1, (), lost=("bing",)))  # it had offered none
    incident, shown = play.hall(c.NoteQuotes("1", 1, (), lost=("jia",)))
    assert isinstance(incident, e.IncidentRecorded)
    assert (incident.kind, incident.clause, incident.scope) == ("quote_lost", "b", ("jia",))
    assert isinstance(shown, e.QuotesDisclosed)
    # What yi had offered is told to nobody: in a repeated round it would be an advantage.
    assert {(q.price, q.body) for q in shown.quotes} == {("123456.78", "")}
    assert "6.00" not in repr(play.events)
    # No screen shows them as quotes of this round.
    assert set(stands(play).values()) == {True}
    assert play.hall(c.NoteQuotes("1", 1, (), lost=("jia",))) == []

    play.says(OWNER, "open_quotes", minutes=1)
    for name, price in (("jia", "5.00"), ("yi", "6.00"), ("bing", "7.00")):
        offer(play, name, price, 2)
    play.at(play.now)
    disclosed(play)
    assert price_of(play.state.lots["1"], "jia") == "5.00"
    assert replayed(play) == play.state


def test_clause_5_5_1_only_the_very_bodies_that_were_signed_are_disclosed() -> None:
    play = Playbook(negotiated()).until_disclosed(*THREE)
    play.says(OWNER, "open_quotes", minutes=1)
    offer(play, "jia", "5.00")
    offer(play, "yi", "6.00")
    play.after(MINUTE + 1)
    offers = play.state.lots["1"].rounds[0].offers
    jia, yi = (SIDE_STORE[offers[name]] for name in ("jia", "yi"))
    cheaper = replace(jia, price="4.00")
    rewritten = replace(jia, price="4.00", body=canonical.dumps(body("4.00")).decode())
    late = e.Quote("bing", "1.00", canonical.dumps(body("1.00")).decode())
    for wrong in ((jia,), (cheaper, yi), (rewritten, yi), (jia, yi, late), (jia, yi, yi)):
        with pytest.raises(Refused, match="quotes_mismatch"):
            play.hall(c.NoteQuotes("1", 1, wrong))
    play.hall(c.NoteQuotes("1", 1, (jia, yi)))
    assert play.state.lots["1"].rounds[0].disclosed


def test_while_the_opening_is_suspended_no_quote_is_taken_and_the_round_does_not_close() -> None:
    play = Playbook(negotiated()).until_disclosed(*THREE)
    (opened,) = play.says(OWNER, "open_quotes", minutes=5)
    assert isinstance(opened, e.QuoteRoundOpened)
    play.after(MINUTE)
    play.says(OWNER, "suspend", kind="dispute", clause="", reason="核实情况")
    command = play.command(bidder("jia"), "offer_quote", **body("5.00"))
    with pytest.raises(HallError, match="suspended"):
        decide(play.state, command, actor=bidder("jia"), now=play.now)
    play.after(30 * MINUTE)
    assert play.state.lots["1"].rounds[0].closed is None
    play.says(HOST, "resume", minutes=5)
    play.after(5 * MINUTE)
    assert play.state.suspension is None
    assert play.state.lots["1"].rounds[0].quoted_by == play.now + 4 * MINUTE
    offer(play, "jia", "5.00")


def test_clause_4_4_the_committees_voice_opens_rounds_and_speaks_to_nobody() -> None:
    play = Playbook(negotiated(evaluator=True)).until_disclosed(*THREE)
    assert may(play.state, EVALUATOR) == ["open_quotes:1", "take_over"]
