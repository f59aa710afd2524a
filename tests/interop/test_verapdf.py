"""veraPDF, the reference validator, judges what the hall calls PDF/A-3: records in all their states, and statements.

It comes from Maven Central and wants Java, so these tests run among the long ones, where both are to be had.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hall.signing.record_pdf import render
from tests.integration.signing.conftest import SERIF, SERIF_BOLD, closed, desk, drawn, signed
from tests.unit.signing.record_examples import opening_record, with_long_texts

__all__ = ["closed", "desk", "drawn", "signed"]

HERE = Path(__file__).parent / "verapdf"
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with veraPDF's libraries."""
    library = tmp_path_factory.mktemp("verapdf")
    ask = [
        "mvn",
        "-q",
        "-B",
        "-f",
        HERE / "pom.xml",
        "dependency:copy-dependencies",
        f"-DoutputDirectory={library}",
    ]
    subprocess.run(ask, check=True, capture_output=True)
    return library


def verdict(validator: Path, *files: Path) -> str:
    """What veraPDF says of these files, held against PDF/A-3b and 3u."""
    said = ""
    for flavour in ("3b", "3u"):
        run: list[str | Path] = ["java", "-cp", f"{validator}/*", HERE / "Check.java", flavour, *files]
        said += subprocess.run(run, check=False, capture_output=True, text=True).stdout
    return said


def test_records_unsigned_signed_and_closed_are_pdf_a_3(
    validator: Path, drawn: bytes, signed: bytes, closed: bytes, tmp_path: Path
) -> None:
    long_texts = render(with_long_texts(opening_record("rehearsal")), SERIF, SERIF_BOLD)
    files = []
    for name, pdf in {"drawn": drawn, "signed": signed, "closed": closed, "long": long_texts}.items():
        files.append(tmp_path / f"{name}.pdf")
        files[-1].write_bytes(pdf)
    said = verdict(validator, *files)
    assert (said.count(" compliant"), said.count("NOT compliant")) == (2 * len(files), 0), said


def test_the_validator_finds_what_is_wrong(validator: Path, drawn: bytes, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(drawn.replace(b"/OutputIntents", b"/OutputIntentz"))
    assert verdict(validator, broken).count("NOT compliant") == 2
