"""The sample bid is a PDF that says what it was given, and the same one each time."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hall.rehearsal.sample_bid import sample_bid_pdf


def made(price: str = "12345678.90") -> bytes:
    return sample_bid_pdf(
        tender="T-2026-001",
        tender_name="演示市第一中学教学楼新建工程施工",
        lot="1",
        bidder="演示甲建设有限公司",
        price=price,
        period="360 日历天",
        quality="合格",
        manager="张工",
        security="银行保函 10 万元",
    )


def test_a_person_reads_what_was_given(tmp_path: Path) -> None:
    (tmp_path / "bid.pdf").write_bytes(made())
    command = ["pdftotext", "-layout", str(tmp_path / "bid.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, check=True, timeout=20).stdout.decode()
    for words in ("T-2026-001", "演示甲建设有限公司", "12,345,678.90", "360", "日历天", "张工", "演示文件"):
        assert words in text
    assert "壹仟贰佰叁拾肆万伍仟陆佰柒拾捌元玖角整" in text


def test_equal_bids_are_equal_bytes() -> None:
    assert made() == made()
    assert made() != made("1.00")
