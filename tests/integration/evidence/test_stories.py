"""Openings that went other ways than the ordinary one: each whole bundle is accepted, its record tells what happened,
and well-formed lies about just that are refused under their clause. How the forger works: `test_forged_bundles`.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hall.evidence.verdicts import Status
from hall.evidence.verify import verify
from tests.demo_world import holder
from tests.forger import Forger
from tests.integration.evidence.conftest import Honest
from tests.interop.third_verifier import faults

pytestmark = pytest.mark.timeout(300)

MINUTE = 60_000
Played = Callable[[str], Honest]
Record = dict[str, Any]

SPEAKS = {
    "postponed": {"4.1", "5.3.3", "5.3.4"},
    "confirmed_after_an_outage": {"4.1", "4.3", "4.7", "5.3.3", "5.5.3", "5.5.4"},
    "moved_after_an_outage": {"4.1", "4.7", "4.8", "5.2.2"},
    "split": {"4.8", "5.3.3", "5.3.4"},
    "adjourned": {"4.8", "4.11", "5.3.3"},
    "three_lots": {"4.2", "5.3.2", "5.3.4"},
    "brought_again": {"4.2", "4.7", "5.2.2", "5.3.4"},
    "drawn_again": {"5.5.1"},
    "alternatives": {"5.2.2", "5.3.2", "5.3.4"},
    "recorded_elsewhere": {"4.4", "5.3.7"},
}
"""Clauses that each story's bundle must have something to say about, besides the record."""

PAGES = {
    "postponed": ("投标截止时间的调整", "应招标人要求延期一日", "延期后未再签到"),
    "confirmed_after_an_outage": ("故障前均已递交", "大厅故障期间无法签到", "单独解密时段"),
    "moved_after_an_outage": ("平台故障，截止时间顺延", "现场争执", "因中止获益"),
    "split": ("超过三小时分组", "届时可靠测试未通过，本安排失效"),
    "adjourned": ("连日暴雨，改日继续", "演示短期建设有限公司"),
    "three_lots": ("投标人不足三家", "经批准继续开标", "对一标段工期有异议"),
    "alternatives": ("备选方案1", "无投标人递交备选方案"),
    "brought_again": ("平台存储损坏，投标人已恢复", "单独解密时段"),
    "drawn_again": ("二次报价", "抽取评标基准系数", "前次报价有效"),
    "recorded_elsewhere": ("会场摄像机", "开标室全景", "备用摄像机", "档案室硬盘7号", "（解密时）", "call-1"),
}
"""Words that stand on the pages of each record."""


def record(honest: Honest) -> Record:
    with zipfile.ZipFile(honest.bundle) as bundle:
        told: Record = json.loads(bundle.read("record/record.json"))
    return told


def failed(honest: Honest, bundle: Path) -> dict[str, str]:
    result = verify(bundle, honest.anchors)
    return {v.clause: "; ".join(v.faults) for v in result.verdicts if v.status is Status.FAILED}


@pytest.mark.parametrize("name", SPEAKS)
def test_a_whole_story_is_accepted_and_spoken_of(played: Played, name: str) -> None:
    result = verify(played(name).bundle, played(name).anchors)
    assert {v.clause: v.faults for v in result.verdicts if v.status is Status.FAILED} == {}
    covered = {v.clause for v in result.verdicts if v.status is not Status.NOT_COVERED}
    assert SPEAKS[name] | {"integrity", "identity", "5.5.2", "5.5.3", "6.1"} <= covered
    assert faults(played(name).bundle, json.loads(played(name).trust.read_text())) == []


def test_clause_4_11_a_third_verifier_knows_a_release_by_a_recovery_file(
    played: Played, tmp_path: Path
) -> None:
    """Under a certificate of its own, as the document's table has it, and only where the rules have the remedy."""
    forger, other = played("brought_again").forger(), holder("b2+other").certificate
    forger.members[f"certificates/{other.sha256}.der"] = other.der
    release, claim = forger.row("ReleaseReceived", bidder="b4"), forger.row("RemedyClaimed", bidder="b4")
    forger.resign(release, by="b2+other")
    forger.resign(claim, by="b2+other")
    assert told(forger, tmp_path) == ({"release of b4: by nobody's key"}, {"self_decryption"})
    # The certificate is b2's: as b2's release it rests on the claim, and on the rules.
    own = forger.row("ReleaseReceived", bidder="b2")
    forger.resign(own, by="b2+other")
    forger.resign(release, by="b4")
    assert told(forger, tmp_path) == ({"release of b2: by nobody's key"}, {"self_decryption"})
    claim["body"]["bidder"] = "b2"
    forger.move(claim, forger.at(own))
    assert told(forger, tmp_path) == (set(), set())
    forger.row("OpeningScheduled")["body"]["rules"]["remedy"] = "none"
    assert told(forger, tmp_path) == ({"release of b2: by nobody's key"}, {"self_decryption"})


def told(forger: Forger, place: Path) -> tuple[set[str], set[str]]:
    """What the third verifier finds, and the questions of every bundle that fail."""
    path = forger.write(place / "forged.zip")
    checks = verify(path, None).checks
    return set(faults(path)), {
        c.check for c in checks if c.status is Status.FAILED and c.check == "self_decryption"
    }


@pytest.mark.parametrize("name", SPEAKS)
def test_clause_5_5_2_the_pages_of_the_record_tell_the_story(played: Played, name: str) -> None:
    with zipfile.ZipFile(played(name).bundle) as bundle:
        page = bundle.read("record/record.pdf")
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=page, capture_output=True, check=True)
    text = "".join(done.stdout.decode().split())
    assert [said for said in PAGES[name] if said not in text] == []


# what the records say


def test_clause_5_3_3_a_postponement_takes_the_sign_ins_back_and_leaves_the_deposits(played: Played) -> None:
    told = record(played("postponed"))
    (moved,) = told["deadlines"]
    assert (moved["kind"], moved["after"]) == ("postponed", told["bid_deadline"])
    lines = {line["bidder"]: line for line in told["bidders"]}
    assert lines["b4"]["status"] == "not_signed_in"
    assert lines["b4"]["signed_in_at"] is None
    assert lines["b1"]["signed_in_at"] > moved["before"], (
        "it signed in on both days, and the second one counts"
    )
    assert lines["b1"]["deposited_at"] < moved["before"] < lines["b2"]["deposited_at"] + 24 * 60 * MINUTE
    assert [(c["bidder"], c["cause"]) for c in told["causes"]] == [("b4", "deemed_withdrawn")]


def test_clause_4_7_who_could_not_sign_in_is_told_as_absent_and_opened_late(played: Played) -> None:
    told = record(played("confirmed_after_an_outage"))
    assert [d["kind"] for d in told["deadlines"]] == ["held", "confirmed"]
    line = next(line for line in told["bidders"] if line["bidder"] == "b4")
    assert (line["status"], line["signed_in_at"]) == ("opened_late", None)
    assert line["opened_at"] is not None
    (own,) = told["own_windows"]
    assert (own["bidder"], own["closes_at"] - own["opened_at"], own["released"]) == ("b4", 60 * MINUTE, True)
    assert "b4" in {bid["bidder"] for bid in told["read_out"]}


def test_clause_5_5_3_a_record_completed_later_has_a_page_for_each_who_did_not_sign(played: Played) -> None:
    with zipfile.ZipFile(played("confirmed_after_an_outage").bundle) as bundle:
        page = bundle.read("record/unsigned.pdf")
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=page, capture_output=True, check=True)
    text = "".join(done.stdout.decode().split())
    for said in ("监标人", "孙强", "对截止时间的认定有不同意见", "记录人", "周静", "突发急病", "无人接听"):
        assert said in text, said


def test_clause_4_8_a_suspension_lifted_by_itself_names_who_gained(played: Played) -> None:
    (pause,) = record(played("moved_after_an_outage"))["suspensions"]
    assert (pause["how"], pause["gained"]) == ("lifted", ["1/b2", "1/b3"])
    assert pause["ended_at"] == pause["at"] + 5 * MINUTE + 1


def test_clause_4_8_b_the_record_tells_the_split_that_lapsed_and_the_one_that_held(played: Played) -> None:
    told = record(played("split"))
    (pause,) = told["suspensions"]
    first, second = pause["splits"]
    assert (first["lapsed_at"], second["lapsed_at"]) == (first["opens_at"], None)
    assert (second["decrypted"], second["undecrypted"]) == (["1/b1"], ["1/b2", "1/b3"])
    assert pause["ended_at"] == second["opens_at"]
    (window,) = told["windows"]
    assert window["closed_at"] <= second["closes_at"] <= second["continues_at"]


def test_clause_4_8_over_days_a_certificate_that_ran_out_meanwhile_still_releases(played: Played) -> None:
    told = record(played("adjourned"))
    (pause,) = told["suspensions"]
    (away,) = pause["adjournments"]
    assert away["returned_at"] >= away["resumes_at"]
    assert away["damaged"] == []
    line = next(line for line in told["bidders"] if line["bidder"] == "brief")
    assert line["status"] == "opened"
    assert line["released_at"] > away["returned_at"] > line["signed_in_at"] + 24 * 60 * MINUTE


def test_clause_5_5_2_each_lot_has_its_own_blocks(played: Played) -> None:
    told = record(played("three_lots"))
    assert [line["lot"] for line in told["bidders"]] == [*"1111", *"22", *"33"]
    assert {w["lot"]: w["reason"] for w in told["windows"]} == {"1": "time_over", "3": "all_released"}
    assert [(x["lot"], x["kind"]) for x in told["endings"]] == [("3", "fewer"), ("2", "failed")]
    assert {x["lot"] for x in told["ledger"]} == {"1", "3"}
    assert [x["lot"] for x in told["read_out"]] == [*"111", *"33"]


def test_clause_5_5_1_a_repeated_draw_stands_beside_the_one_that_failed(played: Played) -> None:
    told = record(played("drawn_again"))
    first, second = told["draws"]
    assert (first["missing"], first["chosen"]) == (["b3"], "")
    assert [part["party"] for part in second["parts"]] == ["b1", "b2", "host"]
    assert second["chosen"] in second["values"]
    (round_,) = told["quotes"]
    assert round_["silent"] == ["b3"]


# lies about them


def _told_as_a_mere_move(forger: Forger) -> None:
    row = forger.row("OpeningPostponed")
    row["kind"] = "DeadlineMoved"
    del row["body"]["sign_in_from"]


def _listed_by_the_first_days_sign_in(forger: Forger) -> None:
    told = forger.row("BiddersAnnounced")["body"]
    told["bidders"], told["not_signed_in"] = [*told["bidders"], "b4"], []


def _signed_in_before_midnight(forger: Forger) -> None:
    opened, row = forger.row("SignInOpened", 1), forger.row("BidderSignedIn", 1, bidder="b1")
    row["received_at"] = opened["body"]["at"] - 1
    forger.move(row, forger.at(opened))


def _absent_without_a_cause(forger: Forger) -> None:
    forger.remove(forger.row("CauseDecided", bidder="b4"))


def _blamed_before_the_three_were_heard(forger: Forger) -> None:
    forger.remove(forger.row("ConsultationAnswered", role="trading_centre"))


def _freed_by_the_host(forger: Forger) -> None:
    row = forger.row("IncidentRecorded", kind="other")
    row["actor"] = "host:host"
    forger.resign(row, by="host")


def _fired_out_of_the_hold(forger: Forger) -> None:
    forger.remove(forger.row("DeadlineConfirmed"))


def _confirmed_by_the_host(forger: Forger) -> None:
    forger.resign(forger.row("DeadlineConfirmed"), by="host")


def _regulator_not_heard(forger: Forger) -> None:
    forger.remove(forger.row("ConsultationAnswered", role="regulator"))


def _absent_for_a_later_fault(forger: Forger) -> None:
    """The entry on which b4 came back tells of a fault that began when nobody could sign in any more."""
    entry = forger.row("IncidentRecorded", kind="server_restart")["body"]
    entry["start"] = forger.row("DeadlinePassed")["body"]["at"]


def _absent_bid_not_hashed(forger: Forger) -> None:
    items = forger.row("SealingRechecked")["body"]["items"]
    items[:] = [item for item in items if item["bidder"] != "b4"]


def _missing_without_a_call(forger: Forger) -> None:
    forger.row("SignatureMissing")["body"]["calls"] = 0


def _completed_too_late(forger: Forger) -> None:
    closed = forger.row("OpeningClosed")["body"]
    forger.row("RecordCompleted")["received_at"] = closed["record_by"] + 1


def _deposited_while_held(forger: Forger) -> None:
    moved, row = forger.row("DepositDeadlineMoved"), forger.deposit("b3")
    row["received_at"] = row["body"]["deposit"]["received_at"] = moved["received_at"]
    forger.move(row, forger.at(moved))


def _deposits_open_longer(forger: Forger) -> None:
    forger.row("DepositDeadlineMoved")["body"]["after"] += 1


def _moved_in_silence(forger: Forger) -> None:
    owed = forger.row("NoticeOwed", kind="deadline_moved", party="b1")["body"]["notice"]
    for kind in ("NoticeOwed", "NoticeSent"):
        forger.remove(forger.row(kind, notice=owed))


def _lifted_a_millisecond_early(forger: Forger) -> None:
    forger.row("SuspensionLifted")["body"]["at"] -= 1


def _lifted_though_nobody_was_asked_for_a_reason(forger: Forger) -> None:
    forger.row("Suspended")["body"]["reason_by"] = None


def _split_within_three_hours(forger: Forger) -> None:
    row = forger.row("SplitDeclared")
    answered = forger.rows("ConsultationAnswered")[-1]
    row["received_at"] = answered["received_at"]
    forger.move(row, forger.at(answered) + 1)


def _decrypted_before_the_others(forger: Forger) -> None:
    row = forger.row("SplitDeclared", 1)
    at = row["body"]["closes_at"] - 1
    row["body"]["continues_at"] = at
    forger.resign(row, body={"continues_at": at})


def _went_on_too_early(forger: Forger) -> None:
    forger.row("ContinuationBegan")["body"]["at"] = forger.row("SplitDeclared", 1)["body"]["continues_at"] - 1


def _opened_without_a_test(forger: Forger) -> None:
    done = forger.row("ReliableTestDone")["body"]
    done["passed"] = done["checks"][0]["passed"] = False


def _second_window_too_long(forger: Forger) -> None:
    closed = forger.row("WindowClosed")["body"]
    closed["early"], closed["at"] = False, closed["at"] + 60 * MINUTE


def _came_back_early(forger: Forger) -> None:
    forger.row("Adjourned")["body"]["resumes_at"] += MINUTE
    forger.resign(forger.row("Adjourned"), body={"resumes_at": forger.row("Adjourned")["body"]["resumes_at"]})


def _came_back_with_another_file(forger: Forger) -> None:
    forger.row("AdjournmentRechecked", 1)["body"]["lots"][0]["items"][0]["sha256"] = "ab" * 32


def _adjourned_by_the_host(forger: Forger) -> None:
    forger.resign(forger.row("Adjourned"), by="host")


def _went_on_without_an_approval(forger: Forger) -> None:
    forger.remove(forger.row("FewerApproved"))


def _approval_of_another_lot(forger: Forger) -> None:
    forger.row("FewerApproved")["body"]["lot"] = "2"


def _disclosed_before_the_other_lots_window(forger: Forger) -> None:
    told, closed = forger.row("PricesDisclosed", lot="3"), forger.row("WindowClosed", lot="1")
    told["received_at"] = closed["received_at"]
    forger.move(told, forger.at(closed))


def _failed_by_the_host(forger: Forger) -> None:
    forger.resign(forger.row("TenderFailed"), by="host")


def _draw_repeated_too_soon(forger: Forger) -> None:
    forger.row("DrawCommitsClosed")["received_at"] += MINUTE


def _drawn_again_from_other_values(forger: Forger) -> None:
    forger.row("DrawOpened", 1)["body"]["values"] = ["0.95", "0.96"]


def _drawn_again_without_another(forger: Forger) -> None:
    forger.row("DrawOpened", 1)["body"]["parties"] = ["b1", "host"]


def _result_thrown_away(forger: Forger) -> None:
    done = forger.row("DrawDone", 1)["body"]
    done["seed"] = done["chosen"] = ""


def _kept_from_quoting(forger: Forger) -> None:
    opened, closed = forger.row("QuoteRoundOpened")["body"], forger.row("QuoteRoundClosed")["body"]
    opened["bidders"], closed["silent"] = ["b1", "b2"], []


def _brought_another_file(forger: Forger) -> None:
    forger.row("BidRestored")["body"]["sha256"] = "ab" * 32


def _brought_though_nothing_was_damaged(forger: Forger) -> None:
    row = forger.row("BidRestored")["body"]
    row |= {"bidder": "b1", "sha256": forger.row("DepositReceived")["body"]["deposit"]["sha256"]}


def _remedy_not_in_the_rules(forger: Forger) -> None:
    forger.row("OpeningScheduled")["body"]["rules"]["remedy"] = "none"


def _remedy_confirmed_by_the_host(forger: Forger) -> None:
    forger.resign(forger.row("RemedyAnswered", role="scrutineer"), by="host")


def _opened_before_both_confirmed(forger: Forger) -> None:
    opened, answer = forger.row("BidOpened", bidder="b4"), forger.rows("RemedyAnswered", bidder="b4")[-1]
    forger.move(opened, forger.at(answer))
    opened["received_at"] = answer["received_at"]


LIES: list[tuple[str, Callable[[Forger], None], str, str]] = [
    ("postponed", _told_as_a_mere_move, "4.1", "another day has a sign-in window of its own"),
    ("postponed", _listed_by_the_first_days_sign_in, "5.3.2", "not deposits ∩ sign-ins"),
    ("postponed", _signed_in_before_midnight, "5.3.3", "b1 signed in outside the window"),
    ("postponed", _absent_without_a_cause, "5.3.4", "disclosed while the cause of b4 was undecided"),
    ("postponed", _blamed_before_the_three_were_heard, "5.3.4", "before the trading_centre was heard"),
    ("postponed", _freed_by_the_host, "4.3", "stated by somebody who may not"),
    ("confirmed_after_an_outage", _fired_out_of_the_hold, "4.7", "out of a hold that nobody ended"),
    ("confirmed_after_an_outage", _confirmed_by_the_host, "4.7", "not signed by the one who may"),
    ("confirmed_after_an_outage", _regulator_not_heard, "4.7", "before the regulator was heard"),
    ("confirmed_after_an_outage", _absent_for_a_later_fault, "5.3.3", "kept nobody from signing in"),
    ("confirmed_after_an_outage", _absent_bid_not_hashed, "4.2", "bid of b4 was not honestly hashed"),
    ("confirmed_after_an_outage", _missing_without_a_call, "5.5.3", "not signed once by the appointed clerk"),
    ("confirmed_after_an_outage", _completed_too_late, "5.5.4", "not completed in its time"),
    ("moved_after_an_outage", _deposited_while_held, "5.2.2", "b3's deposit was not received before"),
    ("moved_after_an_outage", _moved_in_silence, "4.1", "b1 was owed no notice of it"),
    ("moved_after_an_outage", _deposits_open_longer, "4.1", "not the deadline of the opening"),
    ("moved_after_an_outage", _lifted_a_millisecond_early, "4.8", "before its time was over"),
    ("moved_after_an_outage", _lifted_though_nobody_was_asked_for_a_reason, "4.8", "not the published one"),
    ("split", _split_within_three_hours, "4.8", "declared within three hours"),
    ("split", _decrypted_before_the_others, "4.8", "before the others' window was over"),
    ("split", _went_on_too_early, "4.8", "the decrypted went on too early"),
    ("split", _opened_without_a_test, "4.8", "no reliable test was passed"),
    ("split", _second_window_too_long, "5.3.3", "the window ran for"),
    ("adjourned", _came_back_early, "4.8", "nobody said that the opening goes on then"),
    ("adjourned", _came_back_with_another_file, "4.8", "nobody said that the opening goes on then"),
    ("adjourned", _adjourned_by_the_host, "4.8", "not signed by the one who may"),
    ("three_lots", _went_on_without_an_approval, "5.3.2", "locked, and went on all the same"),
    ("three_lots", _approval_of_another_lot, "4.4", "signed for another lot"),
    ("three_lots", _disclosed_before_the_other_lots_window, "5.3.4", "before the window of lot 1 was closed"),
    ("three_lots", _failed_by_the_host, "5.3.2", "not signed by the one who may"),
    ("brought_again", _brought_another_file, "5.3.4", "not the deposit"),
    ("brought_again", _brought_though_nothing_was_damaged, "5.3.4", "nothing was damaged"),
    ("brought_again", _remedy_not_in_the_rules, "4.11", "do not have this remedy"),
    ("brought_again", _remedy_confirmed_by_the_host, "4.11", "not signed by the one who may"),
    ("brought_again", _opened_before_both_confirmed, "5.3.4", "before project owner and scrutineer"),
    ("drawn_again", _draw_repeated_too_soon, "5.5.1", "b3 still had time to reveal"),
    (
        "drawn_again",
        _drawn_again_from_other_values,
        "5.5.1",
        "not the same draw among those who had revealed",
    ),
    ("drawn_again", _drawn_again_without_another, "5.5.1", "not the same draw among those who had revealed"),
    ("drawn_again", _result_thrown_away, "5.5.1", "nothing was drawn though all had revealed"),
    ("drawn_again", _kept_from_quoting, "5.5.1", "who may quote are not those whose prices stand"),
]


@pytest.mark.parametrize(
    ("name", "lie", "clause", "fault"), LIES, ids=[f"{x[0]}-{x[1].__name__.strip('_')}" for x in LIES]
)
def test_a_well_formed_lie_is_refused_under_its_clause(
    played: Played, tmp_path: Path, name: str, lie: Callable[[Forger], None], clause: str, fault: str
) -> None:
    """The record, which was not made anew, may contradict the rows too."""
    forger = played(name).forger()
    lie(forger)
    found = failed(played(name), forger.write(tmp_path / "forged.zip"))
    assert fault in found.get(clause, ""), found
