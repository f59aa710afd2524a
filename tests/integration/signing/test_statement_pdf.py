"""A statement as a page: what it says, what is attached, and the hall's seal on it."""

from __future__ import annotations

import hashlib
import subprocess

import pytest

from hall.procurement import canonical
from hall.procurement.statement import Statement, Table
from hall.signing import statement_pdf
from hall.signing.pdf_check import attachment, check_record
from hall.signing.record_unsigned import Unsigned, UnsignedPage, render_unsigned
from tests.demo_world import AT, holder
from tests.integration.signing.conftest import SERIF, SERIF_BOLD, SIGNED_AT, Desk

CONTENT = canonical.dumps({"v": 1, "kind": "refusal", "lot": "1"})


@pytest.fixture(scope="module")
def statement() -> Statement:
    """A refusal with a table."""
    return Statement(
        title="递交拒收回执",
        subtitle="演示市道路工程",
        mode="rehearsal",
        tender="YQ-2026-001",
        opening="opening-1",
        rows=(("投标人", "演示甲建设有限公司"), ("标段", "1")),
        content=CONTENT,
        made_at=AT,
        text="下列文件未被接收。",
        tables=(Table("经过", ("时间", "事项"), (("09:00", "上传"),), (60, 114)),),
    )


def test_a_statement_carries_its_json_and_the_seal_of_the_hall(statement: Statement, desk: Desk) -> None:
    drawn = statement_pdf.statement_pdf(statement, SERIF, SERIF_BOLD)
    assert drawn == statement_pdf.statement_pdf(statement, SERIF, SERIF_BOLD)
    by = holder("clerk")
    seal = statement_pdf.Seal(by.certificate, by.key, (desk.issuing,))
    sealed = statement_pdf.seal(drawn, seal, desk.time_source, SIGNED_AT, SERIF, SERIF_BOLD)
    (report,) = check_record(sealed, [desk.root], crls=desk.crls)
    assert (report.field, report.valid, report.signer_fingerprint) == ("hall", True, by.certificate.sha256)
    assert attachment(sealed, statement_pdf.ATTACHMENT) == CONTENT


def test_a_statement_says_on_its_page_what_it_was_given(statement: Statement) -> None:
    drawn = statement_pdf.statement_pdf(statement, SERIF, sealed=False)
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=drawn, capture_output=True, check=True)
    text = "".join(done.stdout.decode().split())
    digest = hashlib.sha256(CONTENT).hexdigest()
    for shown in ("演示甲建设有限公司", "下列文件未被接收", "上传", "演练·不具法律效力", digest[:8]):
        assert shown in text, shown
    assert "大厅电子签章" not in text


def test_clause_5_5_3_the_page_about_missing_signatures_carries_the_acts_that_say_so() -> None:
    line = Unsigned("clerk", "王记录", False, "突发疾病离场", "procuring_entity 张三丰", AT, ())
    acts = canonical.dumps({"v": 1, "acts": []})
    page = UnsignedPage("production", "YQ-1", "演示市道路工程", "YQ-1-1", "ab" * 32, (line,), acts)
    drawn = render_unsigned(page, SERIF, SERIF_BOLD)
    assert attachment(drawn, "acts.json") == acts
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=drawn, capture_output=True, check=True)
    text = "".join(done.stdout.decode().split())
    for shown in ("未签字说明", "突发疾病离场", "招标人代表张三丰", hashlib.sha256(acts).hexdigest()[:8]):
        assert shown in text, shown
