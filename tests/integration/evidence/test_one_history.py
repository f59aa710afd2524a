"""One history for all: co-signatures, stamped roots and kept checkpoints are judged, and forged ones are refused."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hall.client import witness as w
from hall.clock import ManualClock
from hall.evidence.one_history import COSIGNATURES, HANDED_IN
from hall.evidence.stamps import STAMPS
from hall.evidence.verdicts import Status, Verdict
from hall.evidence.verify import verify
from hall.journal import cosignature
from hall.journal.checkpoint import SignedRoot, body_of, read, sign, verifier_key
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.signing import timestamps
from hall.signing.certificates import load_certificate
from hall.signing.suite import load_private_key
from hall.signing.timestamps import InternalTimeStamps
from tests.demo_world import AT, holder, world
from tests.forger import Forger
from tests.integration.evidence.conftest import Honest


@dataclass
class Proved:
    """A bundle with proofs beside its checkpoints, to be spoiled."""

    honest: Honest
    forger: Forger
    place: Path
    lines: list[dict[str, Any]] = field(default_factory=list)
    authority: tuple[ec.EllipticCurvePrivateKey, bytes] | None = None

    @property
    def notes(self) -> list[str]:
        return [str(mark["note"]) for mark in self.forger.checkpoints]

    def cosign(
        self, who: str, role: str, note: str | None = None, key_of: str = "", late: int = 0, number: int = -1
    ) -> None:
        """late: ms after the checkpoint `number`."""
        at = (int(self.forger.checkpoints[number]["at"]) + late) // 1000
        note = note or self.notes[number]
        one, hand = holder(who).certificate, holder(key_of or who)
        covered = cosignature.signed_bytes(note, at)
        line = cosignature.write(cosignature.Cosignature(one.sha256, at, hand.sign(covered)))
        digest = hashlib.sha256(body_of(note).encode()).hexdigest()
        told = {"checkpoint": digest, "certificate": one.sha256, "role": role, "at": 1, "line": line}
        self.lines.append(told)

    def stamp(self, data: bytes, at: int) -> bytes:
        pki = world()
        der = load_certificate(pki.tsa.certificate.read_bytes()).der
        key = load_private_key(pki.tsa.key.read_bytes())
        if self.authority is not None:
            key, der = self.authority
        source = InternalTimeStamps(der, key, ManualClock(at), [pki.issuing.read_bytes()])
        digest = hashlib.sha256(data).digest()
        return bytes(asyncio.run(source.stamper.async_timestamp(digest, "sha256")).dump())

    def stamp_root(self, number: int, late: int = 0) -> str:
        """Have a checkpoint stamped and named by one more at the end; give the token's digest."""
        mark = self.forger.checkpoints[number]
        token = self.stamp(body_of(mark["note"]).encode(), mark["at"] + late)
        digest = hashlib.sha256(token).hexdigest()
        self.forger.members[f"{STAMPS}/{digest}.tst"] = token
        self.name_token(digest)
        return digest

    def name_token(self, digest: str) -> None:
        last = self.forger.checkpoints[-1]
        root = read(last["note"])
        named = SignedRoot(root.origin, root.size, root.root, (f"at {last['at']}", f"stamp sha256:{digest}"))
        self.forger.checkpoints.append({"at": last["at"], "note": sign(named, self.honest.log_key)})

    def judged(self, *kept: dict[str, Any]) -> tuple[Verdict, str]:
        """The verdict on the history, and all notes in one text."""
        if self.lines:
            text = b"".join(canonical.dumps(line) + b"\n" for line in self.lines)
            self.forger.members[COSIGNATURES] = text
        result = verify(self.forger.write(self.place), self.honest.anchors, kept=kept)
        (found,) = [v for v in result.verdicts if v.clause == "history"]
        return found, "\n".join(result.notes)


@pytest.fixture
def proved(honest: Honest, tmp_path: Path) -> Proved:
    return Proved(honest, honest.forger(), tmp_path / "bundle.zip")


def test_without_others_the_history_is_the_halls_own_word(proved: Proved) -> None:
    found, _ = proved.judged()
    assert (found.status, found.faults) == (Status.ASSERTED, ())


def test_who_cosigned_proves_one_history(proved: Proved) -> None:
    proved.cosign("supervisor", "supervisor")
    found, notes = proved.judged()
    assert (found.status, found.says) == (Status.PROVED, "one history, co-signed by the supervisor")
    assert "the supervisor co-signed the history up to row" in notes


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda p: p.cosign("supervisor", "notary"), "was not the notary then"),
        (lambda p: p.cosign("host", "supervisor"), "was not the supervisor then"),
        (lambda p: p.cosign("supervisor", "host"), "was not the host then"),
        (lambda p: p.cosign("supervisor", "supervisor", late=-61_000), "signed before its checkpoint"),
        (lambda p: p.cosign("supervisor", "supervisor", key_of="host"), "its signature does not hold"),
        (lambda p: p.cosign("supervisor", "supervisor", another(p)), "does not hold"),
    ],
)
def test_a_forged_cosignature_is_refused(proved: Proved, spoil: Callable[[Proved], None], says: str) -> None:
    spoil(proved)
    found, _ = proved.judged()
    assert found.status is Status.FAILED
    assert says in found.faults[0]


def test_a_supervisor_who_had_left_the_post_co_signs_nothing(proved: Proved) -> None:
    proved.cosign("supervisor", "supervisor")
    taken = proved.forger.repeat(proved.forger.row("BiddersAnnounced"))
    post = next(
        one for one in proved.forger.row("OpeningScheduled")["body"]["staff"] if one["role"] == "host"
    )
    post = {**post, "role": "supervisor"}
    act = taken["body"]["act"]
    taken.update(kind="PostTaken", body={"post": post, "relieved": "supervisor", "act": act})
    proved.lines.clear()
    with zipfile.ZipFile(proved.forger.write(proved.place)) as told:
        note = json.loads(told.read("checkpoints.jsonl").splitlines()[-1])["note"]
    proved.cosign("supervisor", "supervisor", note)
    found, _ = proved.judged()
    assert "was not the supervisor then" in found.faults[0]
    proved.lines.clear()
    proved.cosign("host", "supervisor", note)
    assert proved.judged()[0].faults == ()


def another(proved: Proved, size: int = 0) -> str:
    """A checkpoint of another history, by the hall's own key."""
    root = read(proved.notes[-1])
    return sign(SignedRoot(root.origin, size or root.size, "ab" * 32, root.extensions), proved.honest.log_key)


def test_roots_are_stamped_and_the_next_checkpoint_names_the_token(proved: Proved) -> None:
    proved.stamp_root(0)
    found, notes = proved.judged()
    assert found.faults == ()
    assert "1 roots bear the hall’s own authority’s time; 5 of 5 deposits lie before one" in notes


OUTSIDE = "1.3.6.1.4.1.55555.1"
"""A policy that is not the hall's own authority's."""


def outside_before_the_deadline(
    proved: Proved, monkeypatch: pytest.MonkeyPatch, before: int, *, own: bool = False
) -> None:
    """An outside authority stamped a root over all deposits, so many ms before the deadline. own: it is one under the
    hall's CA that only names another policy."""
    monkeypatch.setattr(timestamps, "POLICY", OUTSIDE)
    if not own:
        proved.authority = authority()
        roots = (proved.authority[1], *proved.honest.anchors.tsa_roots)
        proved.honest = replace(proved.honest, anchors=replace(proved.honest.anchors, tsa_roots=roots))
        proved.forger.head["tsa_roots"] = [base64.b64encode(root).decode() for root in roots]
    size = 1 + max(proved.forger.at(row) for row in proved.forger.rows("DepositReceived"))
    at = proved.forger.row("OpeningScheduled")["body"]["bid_deadline"] - before
    said = (f"at {at}", "stamps every 10 min")
    root = proved.forger._chain(True).root(size).hex()
    note = sign(SignedRoot(read(proved.notes[0]).origin, size, root, said), proved.honest.log_key)
    proved.forger.checkpoints.insert(0, {"at": at, "note": note})
    proved.stamp_root(0)


def authority() -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """A key and the self-signed certificate (DER) of a time-stamp authority that nobody else knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Outside TSA")])
    begin = datetime.fromtimestamp(AT / 1000, tz=UTC) - timedelta(days=30)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, begin, begin + timedelta(days=90))
    made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = made.sign(key, hashes.SHA256())
    return key, signed.public_bytes(serialization.Encoding.DER)


def answers(proved: Proved) -> tuple[dict[str, str], str]:
    """The answers about 5.2.2, and all notes."""
    result = verify(proved.forger.write(proved.place), proved.honest.anchors)
    assert result.ok
    found = {one.clause: one.status.value for one in result.verdicts}
    check = next(one for one in result.checks if one.check == "deposit_before_deadline")
    return {"verdict": found["5.2.2"], "check": check.status.value}, "\n".join(result.notes)


def test_clause_5_2_2_an_outside_stamp_between_each_deposit_and_the_deadline_proves_the_time(
    proved: Proved, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside_before_the_deadline(proved, monkeypatch, 60_000)
    told, notes = answers(proved)
    assert told == {"verdict": "proved", "check": "proved"}
    assert "5 of 5 deposits lie before one, 5 before one of before the deadline" in notes


def test_clause_5_2_2_an_authority_under_the_halls_own_ca_proves_nothing_by_calling_itself_another(
    proved: Proved, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside_before_the_deadline(proved, monkeypatch, 60_000, own=True)
    assert answers(proved)[0] == {"verdict": "asserted", "check": "asserted"}


def test_clause_5_2_2_a_stamp_of_after_the_deadline_leaves_it_the_halls_word(
    proved: Proved, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside_before_the_deadline(proved, monkeypatch, -1_000)
    assert answers(proved)[0] == {"verdict": "asserted", "check": "asserted"}


def test_fixed_minutes_without_a_stamp_are_named(proved: Proved) -> None:
    """By the hall's own authority; the checkpoint says how often stamps are due."""
    last = proved.forger.checkpoints[-1]
    root = read(last["note"])
    said = (f"at {last['at']}", "stamps every 30 min")
    note = sign(SignedRoot(root.origin, root.size, root.root, said), proved.honest.log_key)
    proved.forger.checkpoints.append({"at": last["at"], "note": note})
    proved.stamp_root(0)
    found, notes = proved.judged()
    assert found.faults == ()
    told = [line for line in notes.splitlines() if "of the fixed minutes" in line]
    assert told == [
        "5 of the fixed minutes from 00:00 on bear no stamp: 00:00, 00:30, 01:00, 01:30, 02:30 (UTC)"
    ]


def test_a_token_that_is_missing_is_missed(proved: Proved) -> None:
    digest = proved.stamp_root(0)
    del proved.forger.members[f"{STAMPS}/{digest}.tst"]
    found, _ = proved.judged()
    assert "names a token that is missing" in found.faults[0]


def test_a_token_that_no_checkpoint_names_is_refused(proved: Proved) -> None:
    proved.stamp_root(0)
    proved.forger.checkpoints.pop()
    found, _ = proved.judged()
    assert "no later checkpoint names it" in found.faults[0]


def test_a_token_over_something_else_is_refused(proved: Proved) -> None:
    token = proved.stamp(b"something else", proved.forger.checkpoints[0]["at"])
    digest = hashlib.sha256(token).hexdigest()
    proved.forger.members[f"{STAMPS}/{digest}.tst"] = token
    proved.name_token(digest)
    found, _ = proved.judged()
    assert "stamps no checkpoint of the bundle" in found.faults[0]


def test_a_history_that_is_told_to_be_younger_than_its_stamp_is_refused(proved: Proved) -> None:
    proved.stamp_root(-1, late=-3_600_000)
    found, _ = proved.judged()
    assert any("s apart at row" in fault for fault in found.faults)
    assert any("came after a stamp that already covers it" in fault for fault in found.faults)


def kept(proved: Proved, note: str) -> dict[str, Any]:
    """What a client that was shown this checkpoint has in its file."""
    root = read(note)
    public = proved.honest.anchors.log_key
    witness = w.Witness(verifier_key(root.origin, public), w.Kept(root.size, root.root, note, 1))
    return json.loads(json.dumps(w.to_json(witness)))  # type: ignore[no-any-return]


def test_kept_checkpoints_that_agree_prove_one_history(proved: Proved) -> None:
    found, notes = proved.judged(kept(proved, proved.notes[0]), kept(proved, proved.notes[-1]))
    assert (found.status, found.faults) == (Status.PROVED, ())
    assert "2 files that clients kept were held against the journal" in notes


def test_a_client_that_was_shown_another_history_convicts_the_hall(proved: Proved) -> None:
    found, _ = proved.judged(kept(proved, proved.notes[-1]), kept(proved, another(proved)))
    assert found.status is Status.FAILED
    assert "kept file 2: the hall had signed another history" in found.faults[0]


def test_rows_that_were_cut_off_are_missed(proved: Proved) -> None:
    more = another(proved, read(proved.notes[-1]).size + 1)
    found, _ = proved.judged(kept(proved, more))
    assert "the bundle holds" in found.faults[0]


def test_an_alarm_is_judged_by_what_is_in_it(proved: Proved) -> None:
    note, key = proved.notes[-1], verifier_key(read(proved.notes[-1]).origin, proved.honest.anchors.log_key)
    alarm = {"kind": "contradiction", "log_key": key, "kept": note, "seen": another(proved), "path": []}
    found, _ = proved.judged(alarm)
    assert any("signed two histories of" in fault for fault in found.faults)


def test_a_broken_promise_is_judged_by_its_signature(proved: Proved) -> None:
    body = {"v": 1, "leaf": "cd" * 32, "received_at": 1}
    message = b"bidhall/1 receipt\0" + canonical.dumps(body)
    promise = {**body, "signature": base64.b64encode(proved.honest.log_key.sign(message)).decode()}
    found, _ = proved.judged({"kind": "contradiction", "promise": promise})
    assert "the bundle has no such row" in found.faults[0]
    other = Ed25519PrivateKey.generate().sign(message)
    invented = {**body, "signature": base64.b64encode(other).decode()}
    assert proved.judged({"kind": "contradiction", "promise": invented})[0].faults == ()


def test_a_message_in_time_without_an_answer_has_to_stand_in_the_register(proved: Proved) -> None:
    one, released = holder("b4"), proved.forger.row("ReleaseReceived")["body"]["act"]
    changed = {"certificate": one.certificate.sha256, "client_nonce": "77" * 16, "signature": ""}
    lost = SignedAct(**(released | changed))
    lost = lost.with_signature(one.sign(lost.signed_bytes())).without_body()
    at = proved.forger.row("DecryptionCommanded")["received_at"] + 60_000
    token = proved.stamp(lost.signed_bytes() + lost.signature_bytes(), at)
    body = canonical.dumps(
        {"v": 1, "kind": "unanswered", "act": lost.to_json(), "token": base64.b64encode(token).decode()}
    )
    proved.forger.members[f"{HANDED_IN}/{hashlib.sha256(body).hexdigest()}.json"] = body
    found, _ = proved.judged()
    assert "signed in time and not answered, and no entry of the register says so" in found.faults[0]
    entry = proved.forger.repeat(proved.forger.row("BiddersAnnounced"))
    entry.update(kind="IncidentRecorded", body={"detail": f"补交 {hashlib.sha256(body).hexdigest()}"})
    found, _ = proved.judged()
    assert found.faults == ()
