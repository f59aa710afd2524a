"""A bidder whose certificate's key opens nothing any more releases by its recovery file (clauses 4.11, 5.3.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.procurement.parties import Actor, Role
from hall.procurement.tender import MINUTE, Remedy
from hall.session import commands as c
from hall.session import events as e
from hall.session.agenda import may, waiting
from hall.session.causes import open_causes
from hall.session.duties import Disclose, OpenBid, duties
from tests.playbook import OWNER, bidder, certificate_of, replayed, staff
from tests.scenarios.faultbook import THREE, FaultBook, with_all_parties

SCRUTINEER = staff(Role.SCRUTINEER)
ANOTHER = replace(bidder("jia"), certificate=certificate_of("another one of jia"))
"""The bidder's other certificate: what it logs in with, now that the key of the first is gone."""


def commanded(remedy: Remedy = Remedy.RECOVERY_FILE) -> FaultBook:
    return FaultBook(with_all_parties(remedy=remedy)).commanded(*THREE)


def claims(play: FaultBook, who: Actor = ANOTHER) -> list[e.Event]:
    return play.says(who, "claim_remedy", kind="recovery_file", reason="UKey损坏")


def releases(play: FaultBook, who: Actor = ANOTHER) -> list[e.Event]:
    deposit = play.state.deposit("1", who.party)
    assert deposit is not None
    return play.says(who, "release", **{**play.release_body(who.party), "sha256": deposit.sha256})


def answers(play: FaultBook, who: Actor, *, accepted: bool = True) -> list[e.Event]:
    return play.says(who, "answer_remedy", bidder="jia", accepted=accepted, reason="已核对身份")


def owed(play: FaultBook) -> set[str]:
    return {duty.bidder for duty in duties(play.state) if isinstance(duty, OpenBid)}


def test_clause_5_3_4_a_release_by_the_recovery_file_counts_from_its_receipt_and_opens_when_both_confirm() -> (
    None
):
    play = commanded()
    assert "claim_remedy:1" in may(play.state, bidder("jia"))
    deposit = play.state.deposit("1", "jia")
    assert deposit is not None
    body = {**play.release_body("jia"), "sha256": deposit.sha256}
    assert play.refuses(ANOTHER, "release", **body) == "wrong_certificate"

    claims(play)
    play.after(59 * MINUTE)
    releases(play)
    play.opens("yi", "bing").after(0)
    assert play.lot.closed is not None and play.lot.closed.undecrypted == ()
    assert owed(play) == set()
    play.after(5 * MINUTE)
    first = waiting(play.state)
    assert first is not None and (first.role, first.act) == ("procuring_entity", "answer_remedy")

    answers(play, OWNER)
    assert owed(play) == set(), "one confirmation opens nothing"
    answers(play, SCRUTINEER)

    assert owed(play) == {"jia"}
    play.hall(c.NoteBidOpened("1", "jia", "11" * 32))
    play.until_results(*THREE)
    assert any(isinstance(duty, Disclose) for duty in duties(play.state))
    assert replayed(play) == play.state


def test_clause_5_3_4_a_remedy_that_one_refuses_was_no_release_and_its_cause_is_decided() -> None:
    play = commanded()
    claims(play)
    releases(play)
    play.opens("yi", "bing")
    answers(play, OWNER)
    answers(play, SCRUTINEER, accepted=False)

    assert "jia" not in play.lot.released and owed(play) == set()
    assert play.refuses(ANOTHER, "claim_remedy", kind="recovery_file", reason="再次") == "remedy_refused"
    play.at(play.now + 60 * MINUTE + 1)
    play.until_results(*THREE)
    assert "jia" in open_causes(play.lot)
    assert replayed(play) == play.state


def test_clause_4_11_no_remedy_opens_a_bid_where_the_documents_have_none_or_without_its_bidder() -> None:
    play = commanded(Remedy.NONE)
    assert "claim_remedy:1" not in may(play.state, bidder("jia"))
    words = {"kind": "recovery_file", "reason": "UKey损坏"}
    assert play.refuses(ANOTHER, "claim_remedy", **words) == "remedy_not_allowed"

    play = commanded()
    claims(play)
    answers(play, OWNER)
    answers(play, SCRUTINEER)
    assert owed(play) == set(), "what was confirmed still has to be released by its bidder"
    assert play.refuses(OWNER, "claim_remedy", **words) == "not_permitted"


@pytest.mark.parametrize("role", [Role.HOST, Role.SUPERVISOR, Role.BIDDER])
def test_clause_5_3_4_only_project_owner_and_scrutineer_confirm_each_once(role: Role) -> None:
    play = commanded()
    body = {"bidder": "jia", "accepted": True, "reason": "已核对"}
    assert play.refuses(OWNER, "answer_remedy", **body) == "no_remedy_claimed"
    claims(play)
    stranger = bidder("yi") if role is Role.BIDDER else staff(role)
    assert play.refuses(stranger, "answer_remedy", **body) == "not_permitted"
    answers(play, OWNER)
    assert answers(play, OWNER) == []
    assert play.refuses(OWNER, "answer_remedy", **{**body, "accepted": False}) == "answered_already"


def test_clause_5_3_3_a_remedy_gives_no_more_time_than_the_window() -> None:
    play = commanded()
    claims(play)
    play.opens("yi", "bing")
    play.at(play.now + 60 * MINUTE + 1)
    deposit = play.state.deposit("1", "jia")
    assert deposit is not None
    body = {**play.release_body("jia"), "sha256": deposit.sha256}
    assert play.refuses(ANOTHER, "release", **body) == "window_closed"
