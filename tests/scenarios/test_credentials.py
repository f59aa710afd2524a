"""Certificates before they are needed: self-checks, and one certificate that stands for another (4.9, 5.2.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.errors import Malformed
from hall.procurement.acts import SignedAct
from hall.procurement.tender import HOUR, MINUTE
from hall.session import credentials as rules
from hall.session import events as e
from hall.session.sheet import sheet, subjects
from hall.session.views import Beside, timeline, view
from tests.playbook import DEADLINE, HOST, MIDNIGHT, OWNER, SUPERVISOR, Playbook, bidder, replayed
from tests.scenarios.faultbook import THREE, FaultBook

FOUR = (*THREE, "ding")
A, B, C = "aa" * 32, "bb" * 32, "cc" * 32
RESULTS = ["browser green", "camera red missing", "network green 35"]


def test_clause_4_9_a_self_check_is_kept_and_nobody_else_learns_of_it() -> None:
    play = Playbook()
    (checked,) = play.says(bidder("jia"), "self_check", results=RESULTS)
    assert isinstance(checked, e.SelfChecked)
    assert (checked.participant, checked.results) == ("bidder-jia", tuple(RESULTS))
    entries = [(at, "bidder:jia", event) for at, event in zip(play.times, play.events, strict=True)]
    told = [t.kind for t in timeline(entries, bidder("jia"))]
    assert "SelfChecked" in told
    for other in (HOST, OWNER, SUPERVISOR, bidder("yi")):
        assert "SelfChecked" not in [t.kind for t in timeline(entries, other)]
    assert replayed(play) == play.state


@pytest.mark.parametrize(
    "results",
    [[], ["camera"], ["camera blue"], ["toaster green"], ["camera red 有"], ["camera  red"]],
)
def test_clause_4_9_a_self_check_says_what_it_may_and_nothing_else(results: list[str]) -> None:
    with pytest.raises(Malformed, match="malformed_act"):
        Playbook().says(bidder("jia"), "self_check", results=results)


def test_clause_4_9_self_checks_end_with_the_deadline_and_have_a_limit() -> None:
    play = Playbook()
    for n in range(rules.MOST_CHECKS):
        play.says(bidder("jia"), "self_check", results=[f"network green {n}"])
    assert play.refuses(bidder("jia"), "self_check", results=RESULTS) == "too_many_checks"
    play.says(bidder("yi"), "self_check", results=RESULTS)
    play.at(DEADLINE)
    assert play.refuses(bidder("yi"), "self_check", results=RESULTS) == "not_now"


def test_clause_4_9_the_evidence_sheet_shows_the_bidders_self_checks_and_proposes_nothing_by_them() -> None:
    before, after = FaultBook(), FaultBook()
    after.at(MIDNIGHT - 30 * MINUTE)
    after.says(bidder("ding"), "self_check", results=RESULTS)
    after.says(bidder("yi"), "self_check", results=["browser green"])
    found = []
    for play in (before, after):
        play.commanded(*FOUR)
        play.opens(*THREE)
        play.at((play.lot.closes_at or 0) + 1)
        play.until_results(*FOUR)
        assert subjects(play.lot) == ("ding",)
        found.append(sheet(play.state, play.lot, "ding"))
    assert [c.results for c in found[1].checks] == [tuple(RESULTS)]
    assert (found[0].proposal, found[0].reason) == (found[1].proposal, found[1].reason)
    (shown,) = view(after.state, OWNER, Beside()).sheets
    assert [c.results for c in shown.checks] == [RESULTS]
    assert view(after.state, bidder("ding"), Beside()).sheets == []


def test_clause_5_2_3_a_certificate_shown_in_time_counts_for_the_same_key_alone() -> None:
    early = shown(same_key=True, now=DEADLINE - HOUR)
    assert rules.opens(early, "jia", A, B) and rules.may_supersede(early, "jia", A, B)
    other = shown(same_key=False, now=DEADLINE - HOUR)
    assert not rules.opens(other, "jia", A, B) and rules.may_supersede(other, "jia", A, B)
    assert not rules.opens(early, "yi", A, B) and not rules.opens(early, "jia", A, C)
    assert rules.opens(rules.CredentialState(), "jia", A, A)


def test_clause_5_2_3_after_the_deadline_the_project_owner_decides() -> None:
    late = shown(same_key=True, now=DEADLINE)
    assert not rules.opens(late, "jia", A, B)
    assert [one.shown.bidder for one in rules.waiting(late)] == ["jia"]
    for accepted in (True, False):
        decided = e.CertificateDecided("jia", A, B, accepted, "同一密钥", an_act(B))
        after = rules.evolve_credentials(late, decided, DEADLINE + 1)
        assert rules.opens(after, "jia", A, B) is accepted
        assert rules.waiting(after) == ()


def shown(*, same_key: bool, now: int) -> rules.CredentialState:
    """The state after jia has shown that `bb` follows `aa`."""
    counts = same_key and now < DEADLINE
    event = e.CertificateShown("jia", A, same_key, counts, an_act(B))
    return rules.evolve_credentials(rules.CredentialState(), event, now)


def an_act(certificate: str) -> SignedAct:
    act = Playbook().command(bidder("jia"), "self_check", results=RESULTS).act
    return replace(act, certificate=certificate)
