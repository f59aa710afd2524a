"""Well-formed lies about an opening with faults, a notary, quotes and a draw: each is refused under the clause that it
breaks. How the forger works: `test_forged_bundles`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hall.evidence.verdicts import Status
from hall.evidence.verify import verify
from hall.procurement import canonical
from hall.signing import record_words as words
from tests.demo_world import holder
from tests.forger import Forger
from tests.integration.evidence.conftest import Honest
from tests.interop.third_verifier import faults

pytestmark = pytest.mark.timeout(300)

MINUTE = 60_000


@pytest.fixture
def forger(troubled: Honest) -> Forger:
    return troubled.forger()


@pytest.fixture
def judged(troubled: Honest, tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Write the forgery, with a record that tells the same, and judge it by the published anchors."""

    def judge(forger: Forger, *, record: bool = False) -> dict[str, str]:
        result = verify(forger.write(tmp_path / "forged.zip", record=record), troubled.anchors)
        return {v.clause: "; ".join(v.faults) for v in result.verdicts if v.status is Status.FAILED}

    return judge


Judged = Callable[..., dict[str, str]]


def breaks(clause: str, fault: str, found: dict[str, str]) -> None:
    """The clause is refused with this fault; the record, which was not made anew, may contradict the rows too."""
    assert fault in found.get(clause, ""), found


def test_the_whole_troubled_opening_is_accepted_and_spoken_of(troubled: Honest) -> None:
    result = verify(troubled.bundle, troubled.anchors)
    assert {v.clause: v.faults for v in result.verdicts if v.status is Status.FAILED} == {}
    covered = {v.clause for v in result.verdicts if v.status is not Status.NOT_COVERED}
    assert {
        "4.1",
        "4.2",
        "4.3",
        "4.4",
        "4.7",
        "4.8",
        "5.3.1",
        "5.3.3",
        "5.3.4",
        "5.5.1",
        "5.5.2",
        "5.5.3",
    } <= covered


def test_clause_5_2_3_a_third_verifier_knows_a_renewed_key_by_its_sheet(
    troubled: Honest, tmp_path: Path
) -> None:
    assert faults(troubled.bundle, json.loads(troubled.trust.read_text())) == []
    forger = troubled.forger()
    forger.remove(forger.row("CertificateShown", bidder="b2"))
    assert any("release of b2" in fault for fault in faults(forger.write(tmp_path / "forged.zip")))


def _owed_nothing(forger: Forger, notice: dict[str, Any]) -> None:
    for kind in ("NoticeOwed", "NoticeSent"):
        forger.remove(forger.row(kind, notice=notice["body"]["notice"]))


def _never_sent(forger: Forger, notice: dict[str, Any]) -> None:
    forger.remove(forger.row("NoticeSent", notice=notice["body"]["notice"]))


def _other_words(forger: Forger, notice: dict[str, Any]) -> None:
    forger.row("NoticeSent", notice=notice["body"]["notice"])["body"]["sha256"] = "00" * 32


def _never_owed(forger: Forger, notice: dict[str, Any]) -> None:
    forger.row("NoticeSent", notice=notice["body"]["notice"])["body"]["notice"] = "77" * 16


@pytest.mark.parametrize(
    ("about", "lie", "clause", "fault"),
    [
        ("deadline_moved", _never_sent, "4.1", "never tried by inbox"),
        ("deadline_moved", _other_words, "4.1", "in other words than were owed"),
        ("deadline_moved", _never_owed, "4.1", "about a notice that nobody was owed"),
        ("resume_at", _owed_nothing, "4.8", "b1 was owed no notice of it"),
        ("suspended", _owed_nothing, "4.8", "b1 was owed no notice of it"),
    ],
)
def test_4_1_and_4_8_a_notice_that_nobody_got(
    forger: Forger, judged: Judged, about: str, lie: Callable[..., None], clause: str, fault: str
) -> None:
    lie(forger, forger.row("NoticeOwed", kind=about, party="b1"))
    breaks(clause, fault, judged(forger))


def test_clause_5_5_3_a_refused_signature_is_a_page_of_its_own(troubled: Honest) -> None:
    with zipfile.ZipFile(troubled.bundle) as bundle:
        page = bundle.read("record/unsigned.pdf")
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=page, capture_output=True, check=True)
    text = "".join(done.stdout.decode().split())
    for said in ("未签字说明", "监标人", "孙强", "本人拒绝签字", "对二次报价的时限有不同意见"):
        assert said in text, said


def test_clause_5_5_2_the_records_pages_tell_the_troubles(troubled: Honest) -> None:
    with zipfile.ZipFile(troubled.bundle) as bundle:
        page = bundle.read("record/record.pdf")
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=page, capture_output=True, check=True)
    text = "".join(done.stdout.decode().split())
    for said in (
        *(
            "投标截止时间的调整",
            "补充答疑",
            "公证人员郑岩",
            "公证人员检查并宣布",
            "单独解密时段",
            "60:00.000",
        ),
        *("第1次中止", "存储空间不足", "不同意", "建议改日", "各方免责（4.7b）", "各方免责（4.7a）"),
        *(
            "登记簿共4条",
            "已见证",
            "同一人",
            "无人接听",
            "二次报价",
            "前次报价有效",
            "抽取评标基准系数",
            "指定接任",
        ),
    ):
        assert said in text, said
    assert words.MISSING_GLYPH not in text


# 4.1 the deadline


def test_4_1_a_deadline_moved_to_an_earlier_moment(forger: Forger, judged: Judged) -> None:
    moved = forger.row("DeadlineMoved")
    before = moved["body"]["before"]
    moved["body"]["after"] = before - 1
    forger.resign(moved, body={"deadline": before - 1})
    breaks("4.1", "not later than the old one", judged(forger))


def test_4_1_a_deadline_that_the_host_moved(forger: Forger, judged: Judged) -> None:
    forger.resign(forger.row("DeadlineMoved"), by="host")
    breaks("4.1", "not signed by the one who may", judged(forger))


def test_4_1_a_deadline_moved_after_it_had_passed(forger: Forger, judged: Judged) -> None:
    moved = forger.row("DeadlineMoved")
    moved["received_at"] = moved["body"]["before"]
    breaks("4.1", "moved after the deadline had passed", judged(forger))


# 4.2 the two declarations


def test_4_2_the_host_declares_in_the_notarys_place(forger: Forger, judged: Judged) -> None:
    declared = forger.row("ResultsDeclared")
    declared["body"]["role"], declared["actor"] = "host", "host:host"
    forger.resign(declared, by="host")
    breaks("4.2", "declared by somebody who may not", judged(forger))


def test_4_2_prices_before_the_results_were_declared(forger: Forger, judged: Judged) -> None:
    declared, told = forger.row("ResultsDeclared"), forger.row("PricesDisclosed")
    declared["received_at"] = told["received_at"]
    forger.move(declared, forger.at(told))
    breaks("4.2", "disclosed before the results of the decryption were declared", judged(forger))


def test_4_2_a_digest_shown_again_that_was_not_the_files(forger: Forger, judged: Judged) -> None:
    forger.row("RehashShown")["body"]["sha256"] = "ab" * 32
    breaks("4.2", "not honestly hashed", judged(forger))


# 4.3 the register


def test_4_3_an_entry_changed_after_the_register_was_signed(forger: Forger, judged: Judged) -> None:
    forger.row("IncidentRecorded", kind="disk_full")["body"]["detail"] = "短暂停顿"
    breaks("4.3", "the register that was signed is another one", judged(forger))


def test_4_3_a_report_of_a_bidder_edited(forger: Forger, judged: Judged) -> None:
    entry = next(
        line["row"]
        for line in forger.lines
        if line["row"]["kind"] == "IncidentRecorded" and line["row"]["actor"] == "bidder:b4"
    )
    entry["body"]["detail"] = "投标人操作不当"
    breaks("4.3", "its signer said something else (text)", judged(forger))


def test_4_3_a_register_that_somebody_else_signed(forger: Forger, judged: Judged) -> None:
    forger.resign(forger.row("RegisterSigned"), by="host")
    breaks("4.3", "not signed by the one who may", judged(forger))


# 4.4 and 5.3.1 who may do what


def test_4_4_a_remark_that_the_announcer_made_for_the_supervisor(forger: Forger, judged: Judged) -> None:
    forger.resign(forger.row("RemarkMade"), by="announcer")
    breaks("4.4", "not signed by the one who may (make_remark)", judged(forger))


def test_4_4_words_put_into_a_bidders_mouth(forger: Forger, judged: Judged) -> None:
    forger.row("Said", speaker="bidder-b1")["body"]["text"] = "我方无异议"
    breaks("4.4", "its signer said something else (text)", judged(forger))


def test_5_3_1_a_former_clerk_signs_on(forger: Forger, judged: Judged) -> None:
    """After the substitute was appointed the first clerk explains the register once more."""
    explained = forger.row("IncidentsExplained")
    explained["actor"] = "clerk:clerk"
    forger.resign(explained, by="clerk")
    breaks("4.4", "(IncidentsExplained): not signed by the one who may", judged(forger))


def test_5_3_1_a_substitute_that_the_owner_did_not_name(forger: Forger, judged: Judged) -> None:
    forger.row("SubstituteAppointed")["body"]["post"]["certificate"] = holder("clerk").certificate.sha256
    breaks("5.3.1", "its signer said something else (certificate)", judged(forger))


# 4.7 platform faults


def test_4_7_a_cause_that_rests_on_an_entry_about_others(forger: Forger, judged: Judged) -> None:
    forger.row("IncidentRecorded", kind="node_network")["body"]["scope"] = ["b1"]
    breaks("4.7", "does not cover b4", judged(forger))


def test_4_7_a_cause_that_rests_on_no_clause(forger: Forger, judged: Judged) -> None:
    forger.row("IncidentRecorded", kind="node_network")["body"]["clause"] = ""
    breaks("4.7", "rests on no incident of clause 4.7", judged(forger))


def test_4_7_a_deadline_that_fired_through_a_fault(forger: Forger, judged: Judged) -> None:
    """The detectors had found a fault that lasted through the deadline, and it fired all the same."""
    passed, fault = forger.row("DeadlinePassed"), forger.row("IncidentRecorded", kind="disk_full")
    fault["received_at"] = passed["received_at"]
    fault["body"]["start"] = passed["body"]["at"] - MINUTE
    forger.move(fault, forger.at(passed))
    breaks("4.7", "fired through a fault of the platform", judged(forger))


# 4.8 standstills


def test_4_8_a_countdown_that_a_standstill_shortened(forger: Forger, judged: Judged) -> None:
    limit = _decryption(forger.row("Resumed"))
    limit["after"] = limit["before"] - 1
    breaks("4.8", "decryption of lot 1 was shortened", judged(forger))


def test_4_8_a_countdown_stretched_beyond_the_standstill(forger: Forger, judged: Judged) -> None:
    resumed, suspended = forger.row("Resumed"), forger.row("Suspended")
    limit = _decryption(resumed)
    limit["after"] = limit["before"] + resumed["body"]["at"] - suspended["body"]["since"] + 1
    breaks("4.8", "was stretched beyond the standstill", judged(forger))


def test_4_8_a_fault_dated_back(forger: Forger, judged: Judged) -> None:
    suspended = forger.row("Suspended")
    suspended["body"]["since"] -= MINUTE
    breaks("4.8", "its start is not that of the fault", judged(forger))


def test_4_8_a_test_that_was_not_passed(forger: Forger, judged: Judged) -> None:
    forger.row("ReliableTestDone")["body"]["checks"][0]["passed"] = False
    breaks("4.8", "no reliable test was passed", judged(forger))


def test_4_8_an_opening_resumed_by_nobody(forger: Forger, judged: Judged) -> None:
    forger.remove(forger.row("ResumptionAnnounced"))
    breaks("4.8", "nobody said that the opening goes on then", judged(forger))


def test_4_8_an_opening_resumed_after_three_hours(forger: Forger, judged: Judged) -> None:
    fault = forger.row("IncidentRecorded", kind="disk_full")
    suspended = forger.row("Suspended")
    early = forger.row("ResumptionAnnounced")["received_at"] - 180 * MINUTE - 1
    fault["body"]["start"] = suspended["body"]["since"] = suspended["body"]["last_good"] = early
    breaks("4.8", "went on after three hours without a split", judged(forger))


def test_4_8_a_party_that_was_not_heard(forger: Forger, judged: Judged) -> None:
    forger.remove(forger.row("ConsultationAnswered", role="regulator"))
    breaks("4.8", "came before the regulator was heard", judged(forger))


def test_4_8_a_stance_turned_round(forger: Forger, judged: Judged) -> None:
    forger.row("ConsultationAnswered", role="trading_centre")["body"]["stance"] = "agrees"
    breaks("4.8", "its signer said something else (stance)", judged(forger))


def test_4_8_a_release_while_everything_stood_still(forger: Forger, judged: Judged) -> None:
    release, done = forger.row("ReleaseReceived", bidder="b3"), forger.row("ReliableTestDone")
    release["received_at"] = done["received_at"]
    forger.move(release, forger.at(done))
    found = judged(forger)
    breaks("4.8", "happened while the opening stood still", found)
    breaks("5.3.3", "counted while the opening stood still", found)


# 5.3.3 and 5.3.4 the 60 minutes


def test_5_3_3_a_release_one_millisecond_after_the_running_time(forger: Forger, judged: Judged) -> None:
    """60:00.000 of running time still count, however long the standstill was; 60:00.001 do not."""
    closed, release = forger.row("WindowClosed"), forger.row("ReleaseReceived", bidder="b3")
    opened = forger.row("BidOpened", bidder="b3")
    for row in (release, opened):
        row["received_at"] = closed["body"]["at"]
        forger.move(row, forger.at(closed) - 1)
    assert "5.3.3" not in judged(forger)
    release["received_at"] = opened["received_at"] = closed["body"]["at"] + 1
    breaks("5.3.3", "b3's release counted at", judged(forger))


def test_5_3_3_a_window_closed_without_the_time_of_the_standstill(forger: Forger, judged: Judged) -> None:
    closed, command = forger.row("WindowClosed"), forger.row("DecryptionCommanded")
    closed["body"]["at"] = command["body"]["closes_at"]
    breaks("5.3.3", "the window ran for", judged(forger))


def test_5_3_3_an_own_window_longer_than_what_was_left(forger: Forger, judged: Judged) -> None:
    forger.row("OwnWindowOpened")["body"]["closes_at"] += 1
    breaks("5.3.3", "not the unused rest of the 60 minutes", judged(forger))


def test_5_3_3_an_own_window_for_more_than_the_fault_took(forger: Forger, judged: Judged) -> None:
    own = forger.row("OwnWindowOpened")["body"]
    own["lost_from"] -= MINUTE
    own["closes_at"] += MINUTE
    breaks("5.3.3", "gives back time before the fault began", judged(forger))


def test_5_3_4_a_disclosure_while_somebody_had_a_window_of_its_own(forger: Forger, judged: Judged) -> None:
    told, closed = forger.row("PricesDisclosed"), forger.row("OwnWindowClosed")
    closed["received_at"] = told["received_at"]
    forger.move(closed, forger.at(told))
    breaks("5.3.4", "while b4 had a window of its own", judged(forger))


# 5.5.1 quotes and draws


def test_5_5_1_a_quote_of_another_price(forger: Forger, judged: Judged) -> None:
    quote = next(q for q in forger.row("QuotesDisclosed")["body"]["quotes"] if q["bidder"] == "b1")
    quote["price"] = "1000000.00"
    breaks("5.5.1", "the price of b1 is not the one that it signed", judged(forger))


def test_5_5_1_a_quote_with_a_body_of_its_own(forger: Forger, judged: Judged) -> None:
    quote = next(q for q in forger.row("QuotesDisclosed")["body"]["quotes"] if q["bidder"] == "b1")
    quote["price"] = "1000000.00"
    quote["body"] = canonical.dumps({"round": 1, "price": "1000000.00", "salt": "00"}).decode()
    breaks("5.5.1", "the price of b1 is not the one that it signed", judged(forger))


def test_5_5_1_a_silent_bidders_price_improved(forger: Forger, judged: Judged) -> None:
    quote = next(q for q in forger.row("QuotesDisclosed")["body"]["quotes"] if q["bidder"] == "b4")
    quote["price"] = "1.00"
    breaks("5.5.1", "another price than its last one stands", judged(forger))


def test_5_5_1_quotes_opened_before_the_round_was_closed(forger: Forger, judged: Judged) -> None:
    told, closed = forger.row("QuotesDisclosed"), forger.row("QuoteRoundClosed")
    told["received_at"] = closed["received_at"]
    forger.move(told, forger.at(closed))
    breaks("5.5.1", "disclosed before its round was closed", judged(forger))


def test_5_5_1_another_value_than_was_drawn(forger: Forger, judged: Judged) -> None:
    done, values = forger.row("DrawDone")["body"], forger.row("DrawOpened")["body"]["values"]
    done["chosen"] = next(value for value in values if value != done["chosen"])
    breaks("5.5.1", "what was revealed draws", judged(forger))


def test_5_5_1_a_secret_that_was_not_committed_to(forger: Forger, judged: Judged) -> None:
    """Who reveals last would choose: it signs another secret than it had committed to."""
    revealed = forger.row("DrawRevealed", party="b4")
    other = hashlib.sha256(b"another").hexdigest()
    revealed["body"]["secret"] = other
    forger.resign(revealed, body={"secret": other})
    breaks("5.5.1", "not what b4 had committed to", judged(forger))


# 5.5.2 and 5.5.3 the record


@pytest.mark.parametrize(
    "key",
    [
        *("deadlines", "staff_changes", "suspensions", "consultations", "register", "ledger", "own_windows"),
        *("quotes", "draws", "remarks", "calls", "spoken", "results", "rehashes", "identity_checks"),
    ],
)
def test_5_5_2_a_record_that_says_otherwise(forger: Forger, judged: Judged, key: str) -> None:
    def otherwise(record: dict[str, Any]) -> None:
        record[key] = []

    forger.record_says(otherwise)
    found = judged(forger)
    assert found.keys() == {"5.5.2"} and key in found["5.5.2"], found


def test_5_5_3_a_signature_left_out_without_a_reason(forger: Forger, judged: Judged) -> None:
    forger.remove(forger.row("SignatureRefused"))
    breaks("5.5.3", "not signed once by the appointed scrutineer", judged(forger))


def _decryption(resumed: dict[str, Any]) -> dict[str, Any]:
    limit: dict[str, Any] = next(x for x in resumed["body"]["limits"] if x["name"] == "decryption")
    return limit
