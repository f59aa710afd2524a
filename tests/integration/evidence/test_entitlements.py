"""Three bundles of one opening: each holds what its reader may have, stands the test alone, and gives nothing away."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from cryptography.x509 import ocsp

from hall.adapters import machine_checks
from hall.errors import Malformed, NotPermitted
from hall.evidence.bundle import NotABundle
from hall.evidence.entitlement import Entitlement
from hall.evidence.extract import ROWS, extract
from hall.evidence.history import SHAPES
from hall.evidence.verdicts import Status
from hall.evidence.verify import Result, verify
from hall.procurement import canonical
from hall.procurement.parties import Actor, Role
from hall.runtime.health import Health
from hall.signing.ocsp import question
from tests.demo_world import holder as of_demo
from tests.demo_world import world
from tests.forger import Forger, with_member
from tests.integration.adapters.ocsp_responder import Responder
from tests.integration.evidence.conftest import Honest
from tests.interop.third_verifier import faults
from tests.own_hall import BIDDERS, OPENING, PRICES, OwnHall, own_hall, play

pytestmark = pytest.mark.timeout(300)

PHONE = b"13800000000"


def own(whole: Path, out: Path, holder: str = "b1") -> Path:
    assert extract(whole, out, Entitlement.BIDDER, holder, lambda one: one in ("host", f"bidder-{holder}"))
    return out


def public(whole: Path, out: Path) -> Path:
    assert extract(whole, out, Entitlement.PUBLIC)
    return out


def contents(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def rows(bundle: Path) -> list[dict[str, object]]:
    found = [json.loads(line) for line in contents(bundle)["journal.jsonl"].splitlines()]
    return [line["row"] for line in found if "row" in line]


def refused(result: Result) -> set[str]:
    return {c.check for c in result.checks if c.status is Status.FAILED} | {
        v.clause for v in result.verdicts if v.status is Status.FAILED
    }


@pytest.mark.parametrize("holder", BIDDERS)
def test_a_bidders_bundle_proves_its_own_part_to_all_verifiers(
    honest: Honest, tmp_path: Path, holder: str
) -> None:
    bundle = own(honest.bundle, tmp_path / "own.zip", holder)
    result = verify(bundle, honest.anchors)
    assert refused(result) == set()
    assert (result.entitlement, result.holder) == ("bidder", holder)
    assert faults(bundle, json.loads(honest.trust.read_text())) == []


def test_the_publics_bundle_proves_list_and_prices_to_all_verifiers(honest: Honest, tmp_path: Path) -> None:
    bundle = public(honest.bundle, tmp_path / "public.zip")
    result = verify(bundle, honest.anchors)
    said = {check.check: check.status for check in result.checks}
    assert refused(result) == set()
    assert said["disclosure_after_all"] is said["sixty_minutes"] is Status.ASSERTED
    assert said["integrity"] is said["signatures"] is Status.PROVED
    assert said["deposit_before_deadline"] is said["sign_in_window"] is Status.NOT_COVERED
    assert {"BiddersAnnounced", "PricesDisclosed", "RecordCompleted"} <= {
        str(r["kind"]) for r in rows(bundle)
    }
    assert faults(bundle, json.loads(honest.trust.read_text())) == []


def test_clause_5_5_2_everybody_reads_an_edition_of_the_record_that_the_rows_bear_out(
    honest: Honest, tmp_path: Path
) -> None:
    bundle = honest.public(tmp_path / "public.zip")
    (check,) = [one for one in verify(bundle, honest.anchors).checks if one.check == "record_equals_journal"]
    assert (check.status, check.faults) == (Status.ASSERTED, ())
    assert faults(bundle, json.loads(honest.trust.read_text())) == []
    record = json.loads(contents(honest.bundle)["record/record.json"])
    told = json.loads(contents(bundle)["record/public.json"])
    assert [one["price"] for one in told["read_out"]] == [one["price"] for one in record["read_out"]]
    assert {"objections", "presence", "spoken", "calls", "incidents"} <= set(told["left_out"])
    assert "representative" not in json.dumps(told)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"place": "elsewhere"}, "not signed by the hall's log key"),
        ({"causes": []}, "causes differs from the journal"),
        ({"content": "00" * 32}, "of another record than was journalled"),
        ({"signature": "A" * 86 + "=="}, "not signed by the hall's log key"),
    ],
)
def test_5_5_2_a_public_edition_that_says_something_else_is_found(
    honest: Honest, tmp_path: Path, change: dict[str, object], says: str
) -> None:
    bundle = honest.public(tmp_path / "public.zip")
    told = json.loads(contents(bundle)["record/public.json"])
    forged = canonical.dumps(told | change)
    altered = with_member(bundle, "record/public.json", forged, tmp_path / "a.zip", head_too=True)
    (verdict,) = [one for one in verify(altered, honest.anchors).verdicts if one.clause == "5.5.2"]
    assert any(says in fault for fault in verdict.faults)
    assert any("does not carry" in fault for fault in verdict.faults)


def test_an_answer_about_a_hidden_certificate_is_hidden_too(honest: Honest, tmp_path: Path) -> None:
    """An OCSP answer names its certificate by the serial number: who knows the certificates would know who it is."""
    issuing, whole = world().issuing.read_bytes(), honest.bundle
    names = {who: f"revocation/{who}.ocsp" for who in ("b1", "b2", "clerk")}
    for who, name in names.items():
        asked = ocsp.load_der_ocsp_request(question(of_demo(who).certificate.der, issuing))
        whole = with_member(whole, name, Responder().signed(asked), tmp_path / f"{who}.zip", head_too=False)
    whole = with_member(whole, "revocation/broken.ocsp", b"no answer", tmp_path / "whole.zip", head_too=False)
    told = {name for name in contents(public(whole, tmp_path / "public.zip")) if name.endswith(".ocsp")}
    assert told == {names["clerk"]}
    told = {name for name in contents(own(whole, tmp_path / "own.zip", "b1")) if name.endswith(".ocsp")}
    assert told == {names["clerk"], names["b1"]}


def test_without_a_trust_file_nothing_is_proved(honest: Honest, tmp_path: Path) -> None:
    for bundle in (own(honest.bundle, tmp_path / "own.zip"), public(honest.bundle, tmp_path / "public.zip")):
        result = verify(bundle, None)
        assert not {Status.PROVED} & {one.status for one in (*result.checks, *result.verdicts)}
        assert any("origin not proven" in note for note in result.notes)


async def _noted(hall: OwnHall, actor: Actor, own: Path, public: Path) -> int:
    """Each bundle was noted before it left, and none was made anew for that; gives the rows that told so. Who has no
    login gets the public's, told once of each file (clause 6.1)."""
    archive = hall.core.archive
    assert await archive.public(OPENING) == await archive.public(OPENING) == public
    told = [event for _, event in await hall.core.journal.load(f"keeping/{OPENING}")]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (own, public, public)]
    assert [(one.by, one.entitlement, one.sha256) for one in told[-3:]] == [
        (actor.key, "bidder", digests[0]),
        (actor.key, "public", digests[1]),
        ("public", "public", digests[2]),
    ]
    return len(told)


async def test_a_bidders_bundle_holds_no_byte_of_another_bidder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither keys nor sealed or opened bids, neither certificates, telephones, addresses, letters nor recordings."""
    # On a busy machine the hall finds itself unwell, and suspends what is to be an ordinary opening here.
    monkeypatch.setattr(Health, "_publish", lambda self, trouble: None)
    # Its checks of opened bids come whenever they are done, and a new row makes new bundles.
    monkeypatch.setattr(machine_checks, "_due", lambda states: None)
    async with own_hall(tmp_path) as hall:
        await play(hall)
        archive, actor = hall.core.archive, hall.actor("b1")
        bundle = await archive.bundle(OPENING, actor)
        shown = await archive.bundle(OPENING, actor, "public")
        given = await _noted(hall, actor, bundle, shown)
        keys = await archive.keys(OPENING, actor)
        for somebody in ("host", "procuring_entity", "scrutineer"):
            with pytest.raises(NotPermitted):
                await archive.keys(OPENING, hall.actor(somebody))
        await archive.keys(OPENING, hall.actor("clerk"))
        noted = (await hall.core.journal.load(f"keeping/{OPENING}"))[given:]
        assert [(type(event).__name__, event.by) for _, event in noted] == [
            ("RecordingKeysGiven", actor.key),
            ("RecordingKeysGiven", hall.actor("clerk").key),
        ]
        assert "bidder-b2" not in noted[0][1].participants
        assert "bidder-b2" in noted[1][1].participants
        whole = contents(await archive.bundle(OPENING, hall.actor("clerk")))
        others = [hall.content_keys[who] for who in BIDDERS if who != "b1"]
        certificates = {who: hall.actor(who).certificate for who in BIDDERS}
        with pytest.raises(NotPermitted):
            await archive.bundle(OPENING, actor, "regulator")
        with pytest.raises(Malformed):
            await archive.bundle(OPENING, actor, "everything")
        # Of a stranger no row tells, and evaluators learn nothing of the room (clause 5.4.2).
        for role, party in ((Role.BIDDER, "b9"), (Role.EVALUATOR, "evaluator")):
            assert await archive.bundle(OPENING, Actor(role, party, "甲", "00" * 32)) == shown
    found, told = contents(bundle), contents(shown)
    everything = b"".join(found.values()) + b"".join(told.values()) + keys
    for who, digest in certificates.items():
        assert (f"certificates/{digest}.der" in found) is (who == "b1")
        assert f"certificates/{digest}.der" not in told
        assert (f"sealed/1/{who}.bid" in found) is (who == "b1")
        if who != "b1":
            assert whole[f"certificates/{digest}.der"] not in everything
            assert whole[f"sealed/1/{who}.bid"][-256:] not in everything
            assert whole[f"recordings/bidder-{who}/001.mp4"] not in everything
    for key in others:
        assert key not in everything
        assert key.hex().encode() not in everything
    # What nobody disclosed: the price that b2 superseded, and the one that b4 never released.
    assert b"9999999.99" not in everything
    assert PRICES["b4"].encode() not in everything
    assert PHONE not in everything
    opens = {file["participant"] for file in json.loads(keys)["keys"]}
    assert opens <= {"host", "bidder-b1"}
    about_others = [
        row
        for row in rows(bundle)
        if str(row["actor"]) in [f"bidder:{who}" for who in BIDDERS if who != "b1"]
    ]
    assert {str(row["kind"]) for row in about_others} <= ROWS[Entitlement.BIDDER]
    assert not {"BidderSignedIn", "DepositReceived", "ReleaseReceived"} & {
        str(r["kind"]) for r in about_others
    }
    assert not [row for row in rows(shown) if str(row["actor"]).startswith("bidder:")]
    # What everybody reads of the record: organisations and prices, and no representative.
    (tmp_path / "public.pdf").write_bytes(told["record/public.pdf"])
    command = ["pdftotext", str(tmp_path / "public.pdf"), "-"]
    printed = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
    for data in (printed.stdout, told["record/public.json"]):
        assert "王小明" not in data.decode()  # who represents them
    assert "开标记录（公开版）" in printed.stdout.decode()
    assert (await asyncio.to_thread(verify, shown, None)).ok


def test_every_kind_that_is_told_to_all_exists() -> None:
    kinds = {kind for codec in SHAPES.values() for kind in codec.kinds}
    assert ROWS[Entitlement.PUBLIC] <= ROWS[Entitlement.BIDDER] <= kinds


# lies in bundles with withheld rows


def test_a_row_that_was_changed_before_it_was_handed_out_is_found(
    honest: Honest, forger: Forger, tmp_path: Path
) -> None:
    """Whoever changes a row must change its leaf, and then no checkpoint fits."""
    bundle = own(honest.bundle, tmp_path / "own.zip")
    lines = contents(bundle)["journal.jsonl"].splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if b'"kind":"PricesDisclosed"' in line)
    lines[place] = lines[place].replace(PRICES["b2"].encode(), b"1000000.00")
    altered = with_member(bundle, "journal.jsonl", b"".join(lines), tmp_path / "a.zip", head_too=True)
    assert {"integrity", "disclosure_after_all"} <= refused(verify(altered, honest.anchors))
    assert faults(altered, json.loads(honest.trust.read_text()))


def test_a_row_left_out_or_moved_is_found(honest: Honest, tmp_path: Path) -> None:
    bundle = public(honest.bundle, tmp_path / "public.zip")
    lines = contents(bundle)["journal.jsonl"].splitlines(keepends=True)
    for altered in (lines[:5] + lines[6:], [*lines[:5], lines[6], lines[5], *lines[7:]]):
        path = with_member(bundle, "journal.jsonl", b"".join(altered), tmp_path / "a.zip", head_too=True)
        assert "integrity" in refused(verify(path, honest.anchors))


def test_a_bundle_can_not_pass_for_another_ones(honest: Honest, tmp_path: Path) -> None:
    bundle = own(honest.bundle, tmp_path / "own.zip")
    head = json.loads(contents(bundle)["bundle.json"])
    for change in ({"holder": "b2"}, {"tender": "T2"}, {"log_key": "A" * 43 + "="}):
        forged = canonical.dumps(head | change)
        path = with_member(bundle, "bundle.json", forged, tmp_path / "a.zip", head_too=False)
        assert refused(verify(path, honest.anchors)), change
    whole = {k: v for k, v in head.items() if k not in ("entitlement", "holder")}
    path = with_member(bundle, "bundle.json", canonical.dumps(whole), tmp_path / "b.zip", head_too=False)
    assert "integrity" in refused(verify(path, honest.anchors))
    for change in ({"entitlement": "court"}, {"surprise": 1}, {"holder": ""}, {"opening": "O2"}):
        forged = canonical.dumps(head | change)
        path = with_member(bundle, "bundle.json", forged, tmp_path / "c.zip", head_too=False)
        with pytest.raises(NotABundle):
            verify(path, honest.anchors)


def test_5_3_3_a_sign_in_in_a_bidders_name_by_another_is_found_in_its_own_bundle(
    honest: Honest, tmp_path: Path
) -> None:
    """The operator brings an accomplice with a certificate of its own; the bidder's bundle alone shows it."""
    forger = honest.forger()
    forger.resign(forger.row("BidderSignedIn", bidder="b1"), by="host")
    result = verify(own(forger.write(tmp_path / "whole.zip"), tmp_path / "own.zip"), honest.anchors)
    (check,) = [check for check in result.checks if check.check == "sign_in_window"]
    assert "by somebody else than the bid is sealed to" in "; ".join(check.faults)
