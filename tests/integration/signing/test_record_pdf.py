"""The record as pages: read back by poppler, equal for equal input, whole with the longest texts."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from hall.errors import Unavailable
from hall.signing import record_font, record_stamp
from hall.signing import record_words as words
from hall.signing.pdf_check import attachment
from hall.signing.record_model import SIGNATORIES
from hall.signing.record_pdf import render
from tests.integration.signing.conftest import SERIF, SERIF_BOLD
from tests.unit.signing.record_examples import opening_record, with_long_texts

DROID = Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")


def text_of(pdf: bytes) -> str:
    """What a reader can copy out of the pages, without white space."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return "".join(done.stdout.decode().split())


def test_equal_records_are_drawn_as_equal_bytes(drawn: bytes) -> None:
    assert render(opening_record(), SERIF, SERIF_BOLD) == drawn


def test_a_record_drawn_after_another_has_all_its_characters(drawn: bytes) -> None:
    render(with_long_texts(opening_record("rehearsal")), SERIF, SERIF_BOLD)
    assert render(opening_record(), SERIF, SERIF_BOLD) == drawn


def test_clause_5_5_2_names_prices_in_both_forms_and_objections_stand_on_the_pages(drawn: bytes) -> None:
    record, text = opening_record(), text_of(drawn)
    for line in record.read_out:
        assert words_without_spaces(line.name)[:6] in text
    for shown in (
        "12,345,678.90",
        "壹仟贰佰叁拾肆万伍仟陆佰柒",
        "开标记录",
        "YQ-2026-001",
        "第1页共",
        "异议不成立",
        "音视频服务中断",
        record.manifest_code.replace(" ", ""),
    ):
        assert shown in text, shown
    assert words.MISSING_GLYPH not in text


def test_the_structured_record_is_attached_and_its_digest_printed(drawn: bytes) -> None:
    content = attachment(drawn, "record.json")
    assert content == opening_record().to_json()
    digest = hashlib.sha256(content).hexdigest()
    text = text_of(drawn)
    assert all(digest[at : at + 8] in text for at in range(0, 64, 8))
    assert json.loads(content)["mode"] == "production"


def test_a_rehearsal_says_on_each_page_that_it_has_no_legal_effect(drawn: bytes) -> None:
    rehearsal = render(opening_record("rehearsal"), SERIF, SERIF_BOLD)
    pages = int(PdfFileReader(io.BytesIO(rehearsal)).root["/Pages"]["/Count"])
    for page in range(1, pages + 1):
        done = subprocess.run(
            ["pdftotext", "-f", str(page), "-l", str(page), "-", "-"],
            input=rehearsal,
            capture_output=True,
            check=True,
        )
        assert "演练 · 不具法律效力" in done.stdout.decode()
    assert "演练" not in text_of(drawn)


def test_every_font_is_embedded(drawn: bytes, tmp_path: Path) -> None:
    path = tmp_path / "record.pdf"
    path.write_bytes(drawn)
    done = subprocess.run(["pdffonts", path], capture_output=True, check=True, text=True)
    fonts = done.stdout.splitlines()[2:]
    assert fonts
    for line in fonts:
        assert line.split()[-5:-2] == ["yes", "yes", "yes"], line


def test_the_file_names_pdf_a_3_an_output_intent_and_an_associated_file(drawn: bytes) -> None:
    root = PdfFileReader(io.BytesIO(drawn)).root
    assert b"<pdfaid:part>3</pdfaid:part>" in root["/Metadata"].data
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/AF"][0]["/AFRelationship"] == "/Source"


def test_all_signature_fields_exist_and_are_empty_before_anyone_signs(drawn: bytes) -> None:
    fields = list(enumerate_sig_fields(PdfFileReader(io.BytesIO(drawn))))
    bidders = {line.bidder for line in opening_record().bidders if line.signed_in_at is not None}
    names = [name for name, _value, _ref in fields]
    assert names[:3] == list(SIGNATORIES)
    # clause 5.5.3: those whom the record does not wait for have their fields as well
    assert set(names[3:]) - {"announcer", "supervisor", "notary"} == {f"bidder-{one}" for one in bidders}
    assert all(value is None for _name, value, _ref in fields)


def test_texts_longer_than_a_page_are_broken_and_not_cut() -> None:
    text = text_of(render(with_long_texts(opening_record()), SERIF, SERIF_BOLD))
    assert text.count("第一条") == 400
    assert "\u202e" not in text and "\x00" not in text


def test_a_truetype_font_without_a_bold_face_will_do() -> None:
    text = text_of(render(opening_record(), DROID))
    assert "阳泉市住房和城乡建设局" in text


def test_a_missing_font_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as missing:
        render(opening_record(), tmp_path / "none.ttf")
    assert missing.value.code == "record_font_missing"


def test_a_font_is_cut_down_to_its_text_and_the_same_each_time() -> None:
    small = record_font.subset(SERIF, "开标记录")
    assert small == record_font.subset(SERIF, "开标记录")
    assert small.startswith(b"\0\1\0\0") and len(small) < 10_000


def test_a_signature_shows_name_time_and_certificate() -> None:
    stamp = record_stamp.draw("欧阳\u202e明\x07", 1_795_309_200_123, "ab" * 32, SERIF, SERIF_BOLD)
    text = text_of(stamp)
    for shown in ("欧阳明", "已电子签名", "09:00:00.123", "abababababababab"):
        assert shown in text


def words_without_spaces(text: str) -> str:
    """Text as `text_of` gives it."""
    return "".join(text.split())


def test_a_decoder_reads_the_digest_from_the_last_page(drawn: bytes, tmp_path: Path) -> None:
    pages = int(PdfFileReader(io.BytesIO(drawn)).root["/Pages"]["/Count"])
    (tmp_path / "record.pdf").write_bytes(drawn)
    only = ["-f", str(pages), "-l", str(pages), "-r", "100", "-gray", "-png", "-singlefile"]
    subprocess.run(["pdftoppm", *only, tmp_path / "record.pdf", tmp_path / "page"], check=True)
    (code,) = zxingcpp.read_barcodes(Image.open(tmp_path / "page.png"))
    content = attachment(drawn, "record.json")
    assert content is not None
    assert code.text == f"sha256:{hashlib.sha256(content).hexdigest()}"
