from __future__ import annotations

import json
from pathlib import Path

import pytest

from hall.cli import main
from hall.rehearsal.sample_bid import sample_bid_pdf
from hall.signing import sealed_bid
from tests.softhsm import LIBRARY, PIN, SoftToken

PLACE = {"tender": "T-1", "lot": "1", "bidder": "b1"}
COLUMNS = {"price": "100.00", "period": "180", "quality": "good", "manager": "Zhang", "security": ""}


def seal(folder: Path, token: SoftToken, pin: str) -> int:
    (folder / "bid.pdf").write_bytes(sample_bid_pdf(**PLACE, tender_name="T", **COLUMNS))
    (folder / "summary.json").write_text(json.dumps(COLUMNS))
    (folder / "pin").write_text(f"{pin}\n")
    (folder / "certificate.der").write_bytes(token.certificate.der)
    given = {
        "pkcs11": LIBRARY,
        "certificate": folder / "certificate.der",
        "password-file": folder / "pin",
        "summary": folder / "summary.json",
        "out": folder / "sealed",
        **PLACE,
    }
    options = [word for name, value in given.items() for word in (f"--{name}", str(value))]
    return main(["seal", *options, str(folder / "bid.pdf")])


def test_a_bid_is_sealed_on_the_command_line_with_a_token(
    tokens: dict[str, SoftToken], token: SoftToken, tmp_path: Path
) -> None:
    assert seal(tmp_path, token, PIN) == 0
    with (tmp_path / "sealed").open("rb") as file:
        header = sealed_bid.read_header(file)
    assert token.identity.unwrap(header)


def test_a_wrong_pin_seals_nothing_and_is_said(
    tokens: dict[str, SoftToken],
    token: SoftToken,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert seal(tmp_path, token, "999999") == 1
    assert not (tmp_path / "sealed").exists()
    assert "UKey 口令不正确" in capsys.readouterr().err
