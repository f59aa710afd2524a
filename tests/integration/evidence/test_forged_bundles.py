"""Well-formed lies: the journal is hashed and signed anew by the hall, acts by whoever holds a key. Each is refused
under the very clause it breaks, and under no other.

Where a test says `record=True`, the opening record tells the same lie and its three signers have signed it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hall.evidence.verdicts import Status
from hall.evidence.verify import Result, verify
from hall.procurement import canonical
from hall.recording.manifest import Epoch, IndexWriter, parse_line
from tests.demo_world import holder
from tests.forger import Forger
from tests.integration.evidence.conftest import Honest
from tests.own_hall import LOT

pytestmark = pytest.mark.timeout(300)

HOUR = 3_600_000
"""The decryption window, ms."""


def failed(result: Result) -> dict[str, str]:
    """The clauses that are refused, with their faults."""
    return {v.clause: "; ".join(v.faults) for v in result.verdicts if v.status is Status.FAILED}


@pytest.fixture
def judged(honest: Honest, tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Write the forgery and judge it by the published anchors."""

    def judge(forger: Forger, *, record: bool = True, people_sign: bool = True) -> dict[str, str]:
        path = forger.write(tmp_path / "forged.zip", record=record, people_sign=people_sign)
        return failed(verify(path, honest.anchors))

    return judge


Judged = Callable[..., dict[str, str]]


def test_an_untouched_bundle_is_accepted_after_the_forgers_press(forger: Forger, judged: Judged) -> None:
    assert judged(forger, record=False) == {}
    assert judged(forger, record=True) == {}


def only(clause: str, fault: str, found: dict[str, str], *also: str) -> None:
    assert found.keys() == {clause, *also}, found
    assert fault in found[clause], found


# 4.1 one clock


def test_4_1_a_row_received_before_its_predecessor(forger: Forger, judged: Judged) -> None:
    forger.row("SealingRechecked")["received_at"] = forger.row("BiddersAnnounced")["received_at"] - 1
    only("4.1", "received before its predecessor", judged(forger))


def test_4_1_deposits_may_overtake_each_other_while_they_are_hashed(forger: Forger, judged: Judged) -> None:
    before = forger.deposit("b1")["received_at"] - 1
    forger.deposit("b2")["received_at"] = before
    _redeposit(forger, "b2", received_at=before)
    assert judged(forger) == {}


# 4.2 the check of sealing


def test_4_2_the_decrypt_command_before_the_check_was_declared(forger: Forger, judged: Judged) -> None:
    declared, command = forger.row("SealingDeclared"), forger.row("DecryptionCommanded")
    place = forger.at(declared)
    command["received_at"] = command["body"]["opened_at"] = declared["received_at"]
    command["body"]["closes_at"] = command["received_at"] + HOUR
    forger.row("WindowClosed")["body"]["at"] = command["body"]["closes_at"]
    command["body"]["proof"] = declared["body"]["proof"]
    forger.move(command, place)
    only("4.2", "no check of sealing was declared before it", judged(forger))


def test_4_2_an_objection_to_the_sealing_left_out_of_the_result(forger: Forger, judged: Judged) -> None:
    answer = forger.row("SealingAnswered", bidder="b4")
    answer["body"]["answer"] = "objects"
    forger.resign(answer, body={"answer": "objects"})
    only("4.2", "are not those that were damaged or objected to", judged(forger))


def test_4_2_an_answer_turned_round_by_the_hall(forger: Forger, judged: Judged) -> None:
    answer = forger.row("SealingAnswered", bidder="b4")
    forger.resign(answer, body={"answer": "objects"})
    only("4.2", "its signer said something else (answer)", judged(forger))


# 4.11 own decryption


def test_4_11_a_release_signed_by_another_bidder(forger: Forger, judged: Judged) -> None:
    forger.resign(forger.row("ReleaseReceived", bidder="b1"), by="b2")
    only("4.11", "not signed by the one who may", judged(forger), "identity")


def test_4_11_a_release_that_nobody_signed(forger: Forger, judged: Judged) -> None:
    """The hall holds its log key but no bidder's: it copies b1's signature under a release of b4's."""
    own = forger.repeat(forger.row("ReleaseReceived", bidder="b3"))
    own["body"]["bidder"], own["actor"] = "b4", "bidder:b4"
    own["body"]["act"]["certificate"] = forger.deposit("b4")["body"]["deposit"]["recipient"]
    own["body"]["act"]["server_nonce"] = own["body"]["act"]["client_nonce"] = own["nonce"] = "ab" * 16
    forger.row("WindowClosed")["body"]["undecrypted"] = []
    found = judged(forger, people_sign=False, record=False)
    assert "not signed by the one who may" in found["4.11"]
    assert "the signature does not hold" in found["integrity"]


def test_4_11_a_bid_opened_before_its_release(forger: Forger, judged: Judged) -> None:
    opened, release = forger.row("BidOpened", bidder="b1"), forger.row("ReleaseReceived", bidder="b1")
    opened["received_at"] = release["received_at"]
    forger.move(opened, forger.at(release))
    only("4.11", "opened without its bidder's release", judged(forger))


# 5.2.2 deposits


def test_5_2_2_a_deposit_after_the_deadline(forger: Forger, judged: Judged) -> None:
    """Received at the very deadline, and everywhere told as if that were in time."""
    late = forger.deposit("b4")
    deadline = forger.row("OpeningScheduled")["body"]["bid_deadline"]
    late["received_at"] = deadline
    _redeposit(forger, "b4", received_at=deadline)
    only("5.2.2", "was not received before the deadline", judged(forger))


def test_5_2_2_a_deposit_that_its_bidder_never_stated(forger: Forger, judged: Judged) -> None:
    """The hall swaps b4's file for another one that is sealed to b4: anybody can seal to a certificate."""
    other = forger.members[f"sealed/{LOT}/b4.bid"][:-1] + b"\x00"
    forger.members[f"sealed/{LOT}/b4.bid"] = other
    digest = hashlib.sha256(other).hexdigest()
    _redeposit(forger, "b4", sha256=digest)
    for item in forger.row("SealingRechecked")["body"]["items"]:
        if item["bidder"] == "b4":
            item["sha256"] = digest
    proof = forger.row("FreshnessProved")["body"]
    for item in proof["items"]:
        if item["bidder"] == "b4":
            item["digest"] = hashlib.sha256(bytes.fromhex(proof["challenge"]) + other).hexdigest()
    forger.resign(forger.row("SealingAnswered", bidder="b4"), body={"sha256": digest})
    only("5.2.2", "its signer said something else (sha256)", judged(forger))


def test_5_2_2_a_deposit_left_out_of_the_closed_list(forger: Forger, judged: Judged) -> None:
    """b2's first deposit, which its second superseded, is forgotten."""
    for kind in ("DepositsClosed", "DepositsHandedOver"):
        body = forger.row(kind)["body"]
        body["deposits"] = [d for d in body["deposits"] if not d["superseded"]]
    _remanifest(forger)
    only("5.2.2", "not what was deposited", judged(forger))


def test_5_2_2_a_withdrawal_that_nobody_asked_for(forger: Forger, judged: Judged) -> None:
    received = forger.deposit("b4")
    withdrawn = forger.repeat(received, kind="DepositWithdrawn", nonce="cd" * 16)
    act = withdrawn["body"]["act"] | {
        "type": "withdraw",
        "server_nonce": "cd" * 16,
        "client_nonce": "cd" * 16,
    }
    withdrawn["body"] = {"lot": LOT, "bidder": "b4", "act": act, "before": ""}
    found = judged(forger, people_sign=False, record=False)
    assert "(DepositWithdrawn): not signed by the one who may" in found["5.2.2"]


# 5.3.2 the list


def test_5_3_2_a_list_with_one_too_many(forger: Forger, judged: Judged) -> None:
    """b4 never signed in, and is announced all the same."""
    forger.remove(forger.row("BidderSignedIn", bidder="b4"))
    only("5.3.2", "not deposits ∩ sign-ins", judged(forger))


def test_5_3_2_an_announcement_that_the_host_did_not_sign(forger: Forger, judged: Judged) -> None:
    forger.resign(forger.row("BiddersAnnounced"), by="clerk")
    only("5.3.2", "not signed by the one who may", judged(forger))


# 5.3.3 windows


def test_5_3_3_a_release_at_60_minutes_and_one_millisecond(forger: Forger, judged: Judged) -> None:
    release, closed = forger.row("ReleaseReceived", bidder="b3"), forger.row("WindowClosed")
    release["received_at"] = closed["body"]["at"] + 1
    opened = forger.row("BidOpened", bidder="b3")
    opened["received_at"] = closed["received_at"]
    _behind(forger, release, opened, before=closed)
    only("5.3.3", "b3's release counted at 60:00.001", judged(forger))


def test_5_3_3_a_release_at_60_minutes_sharp_counts(forger: Forger, judged: Judged) -> None:
    release, closed = forger.row("ReleaseReceived", bidder="b3"), forger.row("WindowClosed")
    release["received_at"] = closed["body"]["at"]
    opened = forger.row("BidOpened", bidder="b3")
    opened["received_at"] = closed["received_at"]
    _behind(forger, release, opened, before=closed)
    assert judged(forger) == {}


def test_5_3_3_a_window_longer_than_commanded(forger: Forger, judged: Judged) -> None:
    command, closed = forger.row("DecryptionCommanded"), forger.row("WindowClosed")
    command["body"]["closes_at"] += 1
    closed["body"]["at"] += 1
    only("5.3.3", "not the published one", judged(forger))


def test_5_3_3_a_sign_in_at_the_deadline(forger: Forger, judged: Judged) -> None:
    sign_in, passed = forger.row("BidderSignedIn", bidder="b4"), forger.row("DeadlinePassed")
    sign_in["received_at"] = passed["body"]["at"]
    only("5.3.3", "signed in outside the window", judged(forger))


def test_5_3_3_a_bidder_that_declined_for_another(forger: Forger, judged: Judged) -> None:
    """To close the window early the hall has b3 decline for b4."""
    declined = forger.repeat(
        forger.row("ReleaseReceived", bidder="b3"), kind="ReleaseDeclined", nonce="ef" * 16
    )
    act = declined["body"]["act"] | {"type": "decline_release", "body": "{}"}
    act |= {"server_nonce": "ef" * 16, "client_nonce": "ef" * 16, "body_digest": _digest(b"{}")}
    declined["body"] = {"lot": LOT, "bidder": "b4", "act": act}
    declined["actor"] = "bidder:b4"
    forger.resign(declined)
    only("5.3.3", "(ReleaseDeclined): not signed by the one who may", judged(forger), "identity")


# 5.3.4 disclosure


def test_5_3_4_a_disclosure_before_the_windows_end(forger: Forger, judged: Judged) -> None:
    closed = forger.row("WindowClosed")
    told = forger.row("PricesDisclosed")
    told["received_at"] = closed["received_at"]
    forger.move(told, forger.at(closed))
    only("5.3.4", "disclosed before the window", judged(forger), "4.2")


def test_5_3_4_a_disclosure_while_a_cause_is_undecided(forger: Forger, judged: Judged) -> None:
    told, decided = forger.row("PricesDisclosed"), forger.row("CauseDecided")
    told["received_at"] = decided["received_at"]
    forger.move(told, forger.at(decided))
    only("5.3.4", "the cause of b4 was undecided", judged(forger))


def test_5_3_4_a_cause_that_was_decided_otherwise(forger: Forger, judged: Judged) -> None:
    forger.row("CauseDecided")["body"]["cause"] = "deemed_withdrawn"
    only("5.3.4", "its signer said something else (cause)", judged(forger))


def test_5_3_4_another_price_for_a_bidder_that_stayed_silent(forger: Forger, judged: Judged) -> None:
    """b3 did not answer, so no signature holds its price; the digest of what was opened does."""
    bid = next(b for b in forger.row("PricesDisclosed")["body"]["bids"] if b["bidder"] == "b3")
    bid["price"] = "1.00"
    only("5.3.4", "the columns of b3 are not those of the bid that was opened", judged(forger))


# 5.5.2 the record's words


def test_5_5_2_a_record_with_another_price(forger: Forger, judged: Judged) -> None:
    """The attached record says another price than the journal, and all three have signed it."""

    def cheaper(record: dict[str, Any]) -> None:
        record["read_out"][0]["price"] = "1.00"

    forger.record_says(cheaper)
    only("5.5.2", "read_out differs from the journal", judged(forger, record=False))


@pytest.mark.parametrize(
    "key",
    ["bidders", "windows", "sealing", "staff", "incidents", "recordings", "tree_root", "place", "causes"],
)
def test_5_5_2_a_record_that_hides_or_invents(forger: Forger, judged: Judged, key: str) -> None:
    def otherwise(record: dict[str, Any]) -> None:
        record[key] = [*record[key], {}] if isinstance(record[key], list) else "forged"

    forger.record_says(otherwise)
    assert judged(forger, record=False).keys() == {"5.5.2"}


def test_5_5_2_an_objection_with_other_words(forger: Forger, judged: Judged) -> None:
    forger.row("ObjectionRaised")["body"]["text"] = "没有异议"
    only("5.5.2", "its signer said something else (text)", judged(forger))


def test_5_5_2_an_answer_to_an_objection_that_nobody_gave(forger: Forger, judged: Judged) -> None:
    forger.row("ObjectionAnswered")["body"]["outcome"] = "upheld"
    only("5.5.2", "its signer said something else (outcome)", judged(forger))


def test_5_5_2_a_confirmation_of_another_price(forger: Forger, judged: Judged) -> None:
    """The disclosed price is changed with the opened digest; b1's own signed answers give it away."""
    told = forger.row("PricesDisclosed")["body"]
    bid = next(b for b in told["bids"] if b["bidder"] == "b1")
    bid["price"] = "1.00"
    summary = {"v": 1, "tender": "T1", "lot": LOT, **bid}
    forger.row("BidOpened", bidder="b1")["body"]["summary"] = _digest(canonical.dumps(summary))
    only("5.5.2", "its signer said something else (price)", judged(forger), "4.2")


def test_5_5_2_a_silence_that_was_none(forger: Forger, judged: Judged) -> None:
    """The hall drops b2's confirmation and says it did not answer, while it still could."""
    answer = forger.row("PriceAnswered", bidder="b2")
    answer["body"] = {"lot": LOT, "bidder": "b2", "answer": "no_answer", "act": None}
    answer["actor"], answer["nonce"] = "system", ""
    only("5.5.2", "still had time to answer", judged(forger))


# 5.5.3 the record's signatures


def test_5_5_3_a_swapped_signer(forger: Forger, judged: Judged) -> None:
    """The announcer signs in the scrutineer's place."""
    forger.record_again(forger.members["record/record.json"], {"scrutineer": "announcer"})
    only("5.5.3", "the scrutineer's field is signed by somebody else", judged(forger, record=False))


def test_5_5_3_a_swapped_signer_told_as_if_appointed(forger: Forger, judged: Judged) -> None:
    forger.record_again(forger.members["record/record.json"], {"scrutineer": "announcer"})
    signed = forger.row("RecordSigned", role="scrutineer")
    signed["body"]["certificate"] = forger.row("RecordSigned", role="clerk")["body"]["certificate"]
    only("5.5.3", "not signed once by the appointed scrutineer", judged(forger, record=False))


def test_5_5_3_revisions_that_are_not_in_the_document(forger: Forger, judged: Judged) -> None:
    forger.row("RecordSigned", role="clerk")["body"]["sha256"] = "ab" * 32
    only("5.5.3", "does not contain that revision", judged(forger, record=False))


# 5.5.4 leaving


def test_5_5_4_the_recorder_stopped_before_the_room_was_empty(forger: Forger, judged: Judged) -> None:
    final, empty = forger.row("RecordingHeads", final=True), forger.row("RoomEmptied")
    final["received_at"] = empty["received_at"]
    forger.move(final, forger.at(empty))
    only("5.5.4", "stopped before the room was empty", judged(forger, record=False))


def test_5_5_4_a_close_that_the_host_did_not_sign(forger: Forger, judged: Judged) -> None:
    forger.resign(forger.row("OpeningClosed"), by="clerk")
    only("5.5.4", "not signed by the one who may", judged(forger, record=False))


# 6.1 recordings


def test_6_1_a_recording_muxed_again(forger: Forger, judged: Judged) -> None:
    """Other pictures under a new and consistent index; the journalled heads are those of the old one."""
    name = "recordings/host/001"
    old = [parse_line(line) for line in forger.members[f"{name}.index.jsonl"].splitlines()]
    epoch = Epoch(**{key: old[0][key] for key in Epoch.__dataclass_fields__})
    writer, media = IndexWriter(epoch), b"another init"
    index = writer.init(media)
    for line in (one for one in old if one["kind"] == "fragment"):
        data = b"another picture" * 8
        media += data
        facts = {key: line[key] for key in ("utc", "duration", "keyframe", "video", "audio")}
        index += writer.fragment(data, **facts)
    forger.members[f"{name}.mp4"], forger.members[f"{name}.index.jsonl"] = media, index + writer.end("closed")
    only("6.1", "does not stand under its journalled head", judged(forger, record=False))


def test_6_1_an_agenda_proved_by_a_fragment_that_is_too_old(forger: Forger, judged: Judged) -> None:
    proof = forger.row("BiddersAnnounced")["body"]["proof"]
    forger.row("OpeningClosed")["body"]["proof"] = dict(proof)
    only("6.1", "the recorder was last seen writing", judged(forger, record=False))


def test_6_1_a_recording_left_out(forger: Forger, judged: Judged) -> None:
    for suffix in ("mp4", "index.jsonl"):
        del forger.members[f"recordings/bidder-b3/001.{suffix}"]
    found = judged(forger, record=False)
    assert found.keys() == {"6.1"}
    assert "bidder-b3/001.mp4" in found["6.1"]


# integrity and identity


def test_integrity_a_history_that_its_signers_did_not_see(forger: Forger, judged: Judged) -> None:
    """With the log key alone nothing before the parties' acts can be rewritten: they signed its root."""
    forger.row("DepositsClosed")["received_at"] += 1
    found = judged(forger, record=True, people_sign=False)
    assert found.keys() == {"integrity"}
    assert "its signer saw another history" in found["integrity"]


def test_integrity_an_act_told_twice(forger: Forger, judged: Judged) -> None:
    """A true signature, replayed: b2 objects once and the hall tells it a second time."""
    again = forger.repeat(forger.row("ObjectionRaised"))
    again["body"]["objection"] = 2
    assert "the act in it was used before" in judged(forger)["integrity"]


def test_identity_a_signer_of_a_foreign_ca(forger: Forger, judged: Judged) -> None:
    foreign = holder("foreign").certificate
    forger.members[f"certificates/{foreign.sha256}.der"] = foreign.der
    _redeposit(forger, "b4", recipient=foreign.sha256)
    forger.resign(forger.deposit("b4"), by="foreign")
    found = judged(forger)
    assert "certificate_untrusted" in found["identity"]


def test_identity_a_row_under_a_name_that_signed_nothing(forger: Forger, judged: Judged) -> None:
    forger.row("BidOpened", bidder="b1")["actor"] = "bidder:b1"
    only("identity", "stands under bidder:b1's name without a signature", judged(forger))


def test_identity_another_hall(honest: Honest, forger: Forger, tmp_path: Path) -> None:
    path = forger.write(tmp_path / "forged.zip")
    elsewhere = replace(honest.anchors, origin="another.hall")
    assert "of another hall" in failed(verify(path, elsewhere))["identity"]


def _redeposit(forger: Forger, bidder: str, **changes: object) -> None:
    """Change a bidder's active deposit wherever it is told."""
    forger.deposit(bidder)["body"]["deposit"].update(changes)
    for kind in ("DepositsClosed", "DepositsHandedOver"):
        for deposit in forger.row(kind)["body"]["deposits"]:
            if deposit["bidder"] == bidder and not deposit["superseded"]:
                deposit.update(changes)
    _remanifest(forger)


def _remanifest(forger: Forger) -> None:
    """A new digest of the closed list, signed by everybody who names it."""
    closed = forger.row("DepositsClosed")["body"]
    old, closed["manifest"] = closed["manifest"], _digest(canonical.dumps(closed["deposits"]))
    forger.row("DepositsHandedOver")["body"]["manifest"] = closed["manifest"]
    for line in forger.lines:
        act = line["row"]["body"].get("act")
        if act and act["manifest"] == old:
            forger.resign(line["row"], manifest=closed["manifest"])


def _behind(forger: Forger, *rows: dict[str, object], before: dict[str, object]) -> None:
    for row in rows:
        forger.move(row, forger.at(before) - 1 if forger.at(row) < forger.at(before) else forger.at(before))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_root_that_the_operator_brings_later_is_its_own_word(
    forger: Forger, honest: Honest, tmp_path: Path
) -> None:
    """Bundle and trust file agree on one CA more than the tender promised, and whoever it vouches for."""
    roots = (*honest.anchors.ca_roots, holder("foreign").certificate.der)
    forger.head["ca_roots"] = [base64.b64encode(root).decode() for root in roots]
    result = verify(forger.write(tmp_path / "forged.zip"), replace(honest.anchors, ca_roots=roots))
    assert {v.clause: v.status for v in result.verdicts}["identity"] is Status.ASSERTED
    assert any("others than the tender promised" in note for note in result.notes)
    result = verify(honest.bundle, honest.anchors)
    assert {v.clause: v.status for v in result.verdicts}["identity"] is Status.PROVED
    assert not any("promised" in note for note in result.notes)
