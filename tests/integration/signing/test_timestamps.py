"""The hall's own time-stamp authority, judged by openssl; and an outside one that does not answer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asn1crypto import tsp

from hall.clock import ManualClock
from hall.errors import Unavailable
from hall.signing import pdf_signer
from hall.signing.timestamps import EXTERNAL, INTERNAL, InternalTimeStamps, OutsideTimeStamps
from tests.demo_world import holder, world
from tests.integration.signing.conftest import SIGNED_AT, Desk


def openssl(directory: Path, *arguments: str | Path) -> str:
    """Run openssl and give all it said."""
    done = subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("digest", ["-sha256", "-sha384", "-sha512"])
def test_openssl_accepts_the_internal_stamps(desk: Desk, tmp_path: Path, digest: str) -> None:
    (tmp_path / "data").write_text("a checkpoint")
    openssl(tmp_path, "ts", "-query", "-data", "data", digest, "-cert", "-out", "query")
    (tmp_path / "reply").write_bytes(desk.time_source.respond((tmp_path / "query").read_bytes()))
    pki = world()
    for name, der in (("root.pem", pki.root), ("issuing.pem", pki.issuing)):
        openssl(tmp_path, "x509", "-inform", "DER", "-in", der, "-out", name)
    said = openssl(
        tmp_path, "ts", "-verify", "-in", "reply", "-queryfile", "query", "-CAfile", "root.pem",
        "-untrusted", "issuing.pem", "-attime", str(SIGNED_AT // 1000), "-ignore_critical",
    )  # fmt: skip
    assert "Verification: OK" in said, said


def test_a_stamp_says_hall_time_and_repeats_the_nonce(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    openssl(tmp_path, "ts", "-query", "-data", "data", "-sha256", "-out", "query")
    query = (tmp_path / "query").read_bytes()
    reply = tsp.TimeStampResp.load(desk.time_source.respond(query))
    token = reply["time_stamp_token"]["content"]
    info = token["encap_content_info"]["content"].parsed
    assert int(info["gen_time"].native.timestamp()) * 1000 == SIGNED_AT
    assert info["nonce"].native == tsp.TimeStampReq.load(query)["nonce"].native
    assert len(token["certificates"]) == 0  # openssl did not ask for them
    again = tsp.TimeStampResp.load(desk.time_source.respond(query))["time_stamp_token"]["content"]
    assert (
        again["encap_content_info"]["content"].parsed["serial_number"].native != info["serial_number"].native
    )


def test_a_weak_or_cut_digest_is_rejected(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    openssl(tmp_path, "ts", "-query", "-data", "data", "-sha1", "-out", "query")
    (tmp_path / "reply").write_bytes(desk.time_source.respond((tmp_path / "query").read_bytes()))
    said = openssl(tmp_path, "ts", "-reply", "-in", "reply", "-text")
    assert "Status: Rejected." in said
    assert "unrecognized or unsupported algorithm identifier" in said


def test_an_rsa_key_stamps_as_well(desk: Desk, tmp_path: Path) -> None:
    signer = holder("b1")
    source = InternalTimeStamps(signer.certificate.der, signer.key, ManualClock(SIGNED_AT), [desk.issuing])
    (tmp_path / "data").write_text("x")
    openssl(tmp_path, "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query")
    reply = tsp.TimeStampResp.load(source.respond((tmp_path / "query").read_bytes()))
    assert reply["status"]["status"].native == "granted"


def test_an_outside_authority_that_does_not_answer_leaves_the_record_unsigned(
    desk: Desk, drawn: bytes
) -> None:
    prepared = desk.prepare(drawn, "clerk", "clerk")
    signature = holder("clerk").sign(prepared.signed_attributes)
    with pytest.raises(Unavailable) as away:
        pdf_signer.finish(prepared.state, signature, OutsideTimeStamps("http://127.0.0.1:9/tsa", timeout_s=2))
    assert away.value.code == "time_stamps_unavailable"


def test_sources_are_labelled(desk: Desk) -> None:
    assert desk.time_source.label == INTERNAL
    assert OutsideTimeStamps("http://127.0.0.1:9/tsa").label == EXTERNAL
