"""What is taken from a bid's PDF to hold it beside the others."""

from __future__ import annotations

import io

from pyhanko.pdf_utils.reader import PdfFileReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from hall.rehearsal.sample_bid import FONT, sample_bid_pdf
from hall.signing.bid_text import to_unicode, tokens
from hall.signing.bid_traces import amounts_in, traces_of


def pdf(*lines: str, author: str = "") -> io.BytesIO:
    pdfmetrics.registerFont(TTFont("Traces", str(FONT)))
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.setAuthor(author)
    for number, line in enumerate(lines):
        canvas.setFont("Helvetica" if line.isascii() else "Traces", 10)
        canvas.drawString(40, 800 - 14 * number, line)
    canvas.save()
    out.seek(0)
    return out


def test_text_in_embedded_fonts_is_found_whatever_else_stands_in_the_file() -> None:
    lines = ["".join(chr(0x4E00 + (7 * row + 31 * at) % 3000) for at in range(30)) for row in range(20)]
    mine, yours = traces_of(pdf("甲公司投标文件", *lines)), traces_of(pdf("乙公司", "另一份封面", *lines))
    assert mine.readable
    same = set(mine.runs) & set(yours.runs)
    assert len(same) > len(mine.runs) * 0.8, (
        "equal runs keep equal hashes, though the subsets of the fonts differ"
    )


def test_papers_and_prices_that_the_text_names_are_told() -> None:
    found = traces_of(
        pdf("附件：共同投标协议", "企业法人营业执照副本", "投标总价（小写）：￥", "1,234,567.8", "。" * 60)
    )
    assert set(found.papers) == {"consortium_agreement", "business_licence"}
    assert found.amounts == ("1234567.80",)


def test_an_amount_counts_only_right_behind_the_words_for_the_bids_price() -> None:
    assert amounts_in("投标报价：98.5万元") == {"985000.00"}
    assert amounts_in("投标报价不得超过最高投标限价1500000元，投标保证金20000元") == set()


def test_no_name_of_an_author_is_kept() -> None:
    found = traces_of(pdf("正文" * 40, author="王小明"))
    assert len(found.author) == 64
    assert "王小明" not in repr(found)


def test_a_picture_has_no_text_and_says_so() -> None:
    assert not traces_of(pdf()).readable


def test_the_sample_bid_is_readable() -> None:
    given = {"tender": "T", "tender_name": "项目", "lot": "1", "bidder": "甲公司", "price": "980000.00"}
    more = {"period": "90 天", "quality": "合格", "manager": "张工", "security": "20000"}
    assert traces_of(io.BytesIO(sample_bid_pdf(**given, **more))).readable


def test_strings_are_read_with_their_escapes_and_pictures_inside_are_passed_over() -> None:
    found = list(tokens(rb"/F1 9 Tf (a\(b\)\101\n(c)) Tj BI /W 1 ID (junk EI <4142> Tj"))
    assert [value for kind, value in found if kind == "string"] == [b"a(b)A\n(c)", b"AB"]


def test_a_map_of_characters_is_read_in_both_of_its_forms() -> None:
    cmap = b"1 beginbfchar <01> <4F60> endbfchar 2 beginbfrange <02> <03> <0041> <04> <05> [<0061> <0062>] endbfrange"
    assert to_unicode(cmap) == {1: "你", 2: "A", 3: "B", 4: "a", 5: "b"}


def test_a_page_that_breaks_the_reader_does_not_hide_the_others() -> None:
    broken = pdf("正文" * 60).getvalue().replace(b"/Contents", b"/Contentz")
    assert not traces_of(io.BytesIO(broken)).readable
    assert PdfFileReader(io.BytesIO(broken)) is not None
