"""What people bring along into an opening: a damaged bid's kept file, a renewed certificate, a notary's own paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hall.errors import Refused
from hall.procurement.parties import Appointment, Role
from hall.session import commands as c
from hall.session import events as e
from hall.session.causes import may_be_restored
from hall.session.lot import evolve_lot
from hall.session.rules import LotStage
from tests.playbook import HOST, OWNER, Playbook, bidder, plan, staff
from tests.scenarios.faultbook import FaultBook

THREE = ("jia", "yi", "bing")
NOTARY = staff(Role.NOTARY)


def test_clause_4_7_a_bid_whose_copies_the_hall_damaged_is_brought_again_once_and_only_then() -> None:
    play = FaultBook()
    play.until_announced(*THREE)
    with pytest.raises(Refused, match="not_damaged"):
        play.hall(c.NoteBidRestored("1", "jia"))
    play.checked(*THREE, damaged=("jia",))
    (restored,) = play.hall(c.NoteBidRestored("1", "jia"))
    deposit = play.state.deposit("1", "jia")
    assert deposit is not None
    assert restored == e.BidRestored("1", "jia", deposit.sha256)
    assert play.hall(c.NoteBidRestored("1", "jia")) == [], "its answer was lost, and it asks again"
    with pytest.raises(Refused, match="not_damaged"):
        play.hall(c.NoteBidRestored("1", "yi"))
    assert play.state.lots["1"].held == ("jia",), "who decides about it are people"


def test_clause_4_7_what_is_damaged_a_second_time_is_brought_a_second_time_and_nothing_after_the_prices() -> (
    None
):
    play = FaultBook().commanded(*THREE)
    for name in THREE:
        play.releases(name)
    for name in THREE[1:]:
        play.hall(c.NoteBidOpened("1", name, "11" * 32))
    play.hall(c.NoteBidFailed("1", "jia", "not_the_deposit", None))
    assert may_be_restored(play.lot, "jia")
    play.hall(c.NoteBidRestored("1", "jia"))
    assert not may_be_restored(play.lot, "jia")
    failed = e.BidOpenFailed("1", "jia", "not_the_deposit", None)
    again = evolve_lot(play.lot, failed, play.now)
    assert may_be_restored(again, "jia")
    assert not may_be_restored(replace(again, stage=LotStage.READ_OUT), "jia")


def test_clause_4_2_a_look_carries_a_proof_of_its_freshness_that_changes_nothing_else() -> None:
    play = Playbook().until_announced(*THREE)
    items = tuple(e.Rechecked(d.bidder, d.sha256, True) for d in play.state.deposits)
    fresh = e.FreshnessProved(
        "1", "ab" * 16, tuple(e.Fresh(d.bidder, "cd" * 32) for d in play.state.deposits)
    )
    assert fresh in play.hall(c.NoteRecheck("1", items, fresh))
    assert play.state.lots["1"].rechecked == items


def test_clause_5_2_3_a_certificate_renewed_after_the_deadline_counts_once_the_owner_accepts_it() -> None:
    play = Playbook().until_announced(*THREE)
    renewed = replace(bidder("jia"), certificate="13" * 32)
    sheet = play.command(renewed, "show_certificate", previous=bidder("jia").certificate, consent="")
    assert isinstance(sheet, c.ShowCertificate)
    (shown,) = play.sends(replace(sheet, same_key=True), renewed)
    assert isinstance(shown, e.CertificateShown)
    assert not shown.counts
    said = {"bidder": "jia", "previous": bidder("jia").certificate, "certificate": renewed.certificate}
    (decided,) = play.says(OWNER, "decide_certificate", **said, accepted=True, reason="同一密钥续期")
    assert isinstance(decided, e.CertificateDecided)


def test_clause_4_5_the_notary_adds_papers_of_its_own() -> None:
    scheduled = plan()
    post = Appointment(Role.NOTARY, NOTARY.party, NOTARY.name, "公证处", NOTARY.certificate)
    play = Playbook(replace(scheduled, staff=(*scheduled.staff, post))).until_announced(*THREE)
    paper = {"title": "现场照片", "mime": "image/jpeg", "sha256": "ab" * 32, "size": 1000}
    assert play.refuses(HOST, "add_paper", **paper) == "not_permitted"
    (added,) = play.says(NOTARY, "add_paper", **paper)
    assert isinstance(added, e.PaperAdded)
