"""`hall seal`: what it writes opens as a bid; what it refuses it refuses in words, leaving nothing behind."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from hall.client.keys import from_pem
from hall.rehearsal.sample_bid import sample_bid_pdf
from hall.signing import cms, sealed_bid
from hall.signing.bid_container import parse_summary, read_container
from tests.unit.client.people import pems

COLUMNS = {
    "price": "9876543.21",
    "period": "180天",
    "quality": "合格",
    "manager": "陈建国",
    "security": "保函",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    certificate, key = pems("bidder")
    (tmp_path / "cert.pem").write_bytes(certificate)
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "other.pem").write_bytes(pems("host")[1])
    (tmp_path / "summary.json").write_text(json.dumps(COLUMNS), encoding="utf-8")
    pdf = sample_bid_pdf(tender="T-1", tender_name="工程", lot="1", bidder="甲", **COLUMNS)
    (tmp_path / "bid.pdf").write_bytes(pdf)
    (tmp_path / "photo.jpg").write_bytes(bytes(range(256)) * 5_000)
    return tmp_path


def hall_seal(folder: Path, *options: str, source: str = "bid.pdf") -> subprocess.CompletedProcess[str]:
    ids = ("--certificate", "cert.pem", "--tender", "T-1", "--bidder", "b1", "--out", "out.bid")
    return subprocess.run(
        [sys.executable, "-m", "hall", "seal", *ids, *options, source],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def opened(folder: Path) -> tuple[sealed_bid.SealedHeader, bytes]:
    """Open the sealed file as its owner."""
    identity = from_pem(*pems("bidder"))
    plain = io.BytesIO()
    with (folder / "out.bid").open("rb") as file:
        key = sealed_bid.unwrap(sealed_bid.read_header(file), identity.key, identity.certificate)
        file.seek(0)
        return sealed_bid.decrypt_file(file, key, plain.write), plain.getvalue()


def test_a_bid_is_sealed_with_both_signatures_inside(folder: Path) -> None:
    done = hall_seal(folder, "--summary", "summary.json", "--key", "key.pem")
    assert (done.returncode, done.stderr) == (0, "")
    assert hashlib.sha256((folder / "out.bid").read_bytes()).hexdigest() in done.stdout
    header, plain = opened(folder)
    assert (header.tender, header.lot, header.bidder) == ("T-1", "1", "b1")
    container = read_container(io.BytesIO(plain))
    summary = parse_summary(container.summary)
    assert (summary.price, summary.bid_sha256) == (COLUMNS["price"], container.pdf_sha256)
    cms.verify_detached(container.signature, container.summary, from_pem(*pems("bidder")).certificate.sha256)
    signed = plain[container.pdf_offset : container.pdf_offset + container.pdf_size]
    assert signed.startswith((folder / "bid.pdf").read_bytes())
    (folder / "signed.pdf").write_bytes(signed)
    said = subprocess.run(
        ["pdfsig", "signed.pdf"], cwd=folder, capture_output=True, check=True, text=True
    ).stdout
    assert "Signature is Valid." in said and "Total document signed" in said


def test_any_file_is_sealed_raw_byte_for_byte_and_without_a_key(folder: Path) -> None:
    assert hall_seal(folder, "--raw", "--lot", "2", source="photo.jpg").returncode == 0
    header, plain = opened(folder)
    assert plain == (folder / "photo.jpg").read_bytes()
    assert header.lot == "2"


@pytest.mark.parametrize(
    ("options", "source", "code", "words"),
    [
        ((), "bid.pdf", 2, "--p12 FILE"),
        (("--key", "key.pem"), "bid.pdf", 2, "--summary FILE"),
        (("--raw", "--key", "key.pem"), "bid.pdf", 2, "不用 --key"),
        (("--summary", "summary.json", "--key", "other.pem"), "bid.pdf", 1, "不是一对"),
        (("--summary", "summary.json", "--key", "cert.pem"), "bid.pdf", 1, "读不懂私钥"),
        (("--summary", "bid.pdf", "--key", "key.pem"), "bid.pdf", 1, "必须恰好有"),
        (("--summary", "summary.json", "--key", "key.pem"), "photo.jpg", 1, "不是 PDF"),
        (("--raw",), "missing.pdf", 1, "No such file"),
        (("--raw", "--tender", ""), "bid.pdf", 1, "编号为空"),
        (("--raw", "--certificate", "key.pem"), "bid.pdf", 1, "读不懂证书"),
    ],
)
def test_what_can_not_be_sealed_is_refused_in_words(
    folder: Path, options: tuple[str, ...], source: str, code: int, words: str
) -> None:
    before = {path.name for path in folder.iterdir()}
    done = hall_seal(folder, *options, source=source)
    assert done.returncode == code
    assert words in done.stderr and "Traceback" not in done.stderr
    assert {path.name for path in folder.iterdir()} == before


def test_a_price_that_is_no_amount_is_refused(folder: Path) -> None:
    (folder / "summary.json").write_text(json.dumps(COLUMNS | {"price": "1,000"}), encoding="utf-8")
    done = hall_seal(folder, "--summary", "summary.json", "--key", "key.pem")
    assert (done.returncode, "报价不是金额" in done.stderr) == (1, True)
