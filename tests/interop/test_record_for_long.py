"""The closed record before strangers: pyHanko's AdES-LTA, offline, with the trust root alone; poppler's
pdfsig; and an outside RFC 3161 authority of another CA, built on `openssl ts`."""

from __future__ import annotations

import asyncio
import io
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from hall.signing import pdf_signer
from hall.signing.pdf_check import check_closing_stamp, check_record
from hall.signing.timestamps import OutsideTimeStamps
from tests.demo_world import holder
from tests.integration.signing.conftest import SIGNERS, Desk, closed, desk, drawn, signed

__all__ = ["closed", "desk", "drawn", "signed"]

_SETTINGS = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Another authority
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[stamp]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = one
[one]
dir = .
serial = serial
crypto_device = builtin
signer_cert = stamp.pem
certs = ca.pem
signer_key = stamp.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def openssl(directory: Path, *arguments: str) -> None:
    """Run openssl there."""
    done = subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An outside authority: its address, and the directory with its CA (`ca.der`)."""
    directory = tmp_path_factory.mktemp("tsa")
    (directory / "settings").write_text(_SETTINGS)
    (directory / "serial").write_text("01\n")
    new = ("req", "-config", "settings", "-newkey", "rsa:2048", "-nodes", "-days", "400")
    openssl(directory, *new, "-x509", "-extensions", "ca", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(directory, *new, "-subj", "/CN=A stamp", "-keyout", "stamp.key", "-out", "stamp.csr")
    issue = ("x509", "-req", "-in", "stamp.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "400")
    openssl(directory, *issue, "-extfile", "settings", "-extensions", "stamp", "-out", "stamp.pem")
    openssl(directory, "x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der")

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            (directory / "query").write_bytes(query)
            reply = ("ts", "-reply", "-config", "settings", "-section", "one")
            openssl(directory, *reply, "-queryfile", "query", "-out", "reply")
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((directory / "reply").read_bytes())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa", directory
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def long_after(pdf: bytes, roots: list[bytes]) -> list[Any]:
    """What AdES-LTA says of each signature with nothing but the roots, offline."""
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build([x509.Certificate.load(one) for one in roots]),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
        time_tolerance=timedelta(seconds=10),
    )
    local = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(cert_validation_policy=policy, revinfo_gathering_policy=local)
    )
    found = [
        one for one in PdfFileReader(io.BytesIO(pdf)).embedded_signatures if one.sig_object_type == "/Sig"
    ]
    return [asyncio.run(ades_lta_validation(one, spec)).ades_subindic for one in found]


def test_clause_5_5_3_the_record_validates_for_long_with_the_trust_root_alone(
    closed: bytes, signed: bytes, desk: Desk
) -> None:
    assert long_after(closed, [desk.root]) == [AdESPassed.OK] * len(SIGNERS)
    # Without what closes it nothing proves that the certificates were good then.
    assert AdESPassed.OK not in long_after(signed, [desk.root])


def test_clause_5_5_3_an_outside_authority_of_another_ca_stamps_the_record(
    desk: Desk, drawn: bytes, authority: tuple[str, Path], tmp_path: Path
) -> None:
    address, directory = authority
    outside, other = OutsideTimeStamps(address), (directory / "ca.der").read_bytes()
    pdf = drawn
    for field, who in SIGNERS.items():
        prepared = desk.prepare(pdf, field, who)
        pdf = pdf_signer.finish(prepared.state, holder(who).sign(prepared.signed_attributes), outside)
    pdf = pdf_signer.seal_for_long_term(pdf, [desk.root, desk.issuing, other], desk.crls, outside)
    reports, stamp = check_record(pdf, [desk.root], [other], desk.crls), check_closing_stamp(pdf, [other])
    assert all(one.timestamp is not None and one.intact and one.covered for one in reports)
    assert stamp is not None and stamp.intact and stamp.trusted and stamp.last
    # The hall's own root vouches for none of these stamps.
    assert all(one.timestamp is None for one in check_record(pdf, [desk.root], [desk.root], desk.crls))
    (tmp_path / "record.pdf").write_bytes(pdf)
    said = subprocess.run(
        ["pdfsig", tmp_path / "record.pdf"], capture_output=True, text=True, check=False
    ).stdout
    assert said.count("Signature is Valid.") == len(SIGNERS)
