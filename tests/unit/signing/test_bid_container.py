"""The bid's container: one layout, one meaning; a strict summary."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Malformed, Refused
from hall.signing.bid_container import Summary, build_container, parse_summary, read_container

PDF = b"%PDF-1.7 the bid"
SUMMARY = Summary(
    tender="T1",
    lot="1",
    bidder="b1",
    bid_sha256=hashlib.sha256(PDF).hexdigest(),
    price="1234567.80",
    period="180日历天",
    quality="合格",
    manager="张工",
    security="",
)


def a_container() -> bytes:
    return build_container(PDF, SUMMARY, lambda text: b"signature over " + hashlib.sha256(text).digest())


def reason(data: bytes) -> object:
    with pytest.raises(Refused) as caught:
        read_container(io.BytesIO(data))
    assert caught.value.code == "container_malformed"
    return caught.value.facts["reason"]


def test_what_was_built_is_read_back() -> None:
    data = a_container()
    container = read_container(io.BytesIO(data))
    assert data[container.pdf_offset :][: container.pdf_size] == PDF
    assert container.pdf_sha256 == SUMMARY.bid_sha256
    assert parse_summary(container.summary) == SUMMARY
    assert container.signature.startswith(b"signature over ")


def test_an_ordinary_zip_program_sees_the_same_three_entries() -> None:
    with zipfile.ZipFile(io.BytesIO(a_container())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["bid.pdf", "summary.json", "summary.p7s"]
        assert archive.read("bid.pdf") == PDF


def test_equal_bids_give_equal_bytes() -> None:
    assert a_container() == a_container()


@given(st.integers(0, 2000), st.integers(0, 7))
def test_any_changed_bit_is_refused(at: int, bit: int) -> None:
    data = bytearray(a_container())
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(Refused):
        read_container(io.BytesIO(bytes(data)))


@given(st.integers(0, 2000))
def test_any_end_inside_is_refused(at: int) -> None:
    data = a_container()
    with pytest.raises(Refused):
        read_container(io.BytesIO(data[: at % len(data)]))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    reason(data)


def written(
    names: list[str], *, compression: int = zipfile.ZIP_STORED, comment: bytes = b"", extra: bytes = b""
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        archive.comment = comment
        for name in names:
            info = zipfile.ZipInfo(name)
            info.extra = extra
            info.compress_type = compression
            archive.writestr(info, PDF)
    return out.getvalue()


ORDER = ["bid.pdf", "summary.json", "summary.p7s"]


@pytest.mark.parametrize(
    "data",
    [
        written(ORDER, compression=zipfile.ZIP_DEFLATED),
        written(ORDER, extra=b"\x99\x99\x00\x00"),
        written(["bid.pdf", "summary.json"]),
        written(["summary.json", "bid.pdf", "summary.p7s"]),
        written(["bid.pdf", "summary.json", "price.txt"]),
        written([*ORDER, "bid2.pdf"]),
        written(["../bid.pdf", "summary.json", "summary.p7s"]),
        b"MZ" + a_container(),
        a_container() + b"\0",
        a_container()[:-2] + b"\x01\x00!",
        b"%PDF-1.7 no container at all",
        b"",
    ],
)
def test_another_layout_is_refused(data: bytes) -> None:
    reason(data)


def test_a_directory_that_names_another_bid_is_refused() -> None:
    data = a_container()
    hidden = data.rfind(b"bid.pdf")
    assert reason(data[:hidden] + b"BID.pdf" + data[hidden + 7 :]) == "directory"


def test_a_summary_for_another_pdf_cannot_be_built() -> None:
    with pytest.raises(Refused) as caught:
        build_container(b"another", SUMMARY, lambda text: b"")
    assert caught.value.code == "summary_mismatch"


def test_a_summary_larger_than_64_kib_is_refused() -> None:
    with pytest.raises(Malformed):
        parse_summary(b" " * 65537)


@pytest.mark.parametrize("price", ["", "1,000", "-1", "1e6", "01", "1.005", "１", " 1", "NaN"])
def test_a_price_with_two_readings_is_refused(price: str) -> None:
    with pytest.raises(Malformed) as caught:
        replace(SUMMARY, price=price).to_bytes()
    assert caught.value.facts == {"field": "price"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ((b'"v":1', b'"v":2'), "v"),
        ((b'"v":1', b'"v":"1"'), "v"),
        ((b'"v":1', b'"v":true'), "v"),
        ((b'"v":1', b'"v":1.0'), "json"),
        ((b'"v":1', b'"v":1,"v":1'), "json"),
        ((b'"v":1', b'"v": 1'), "json"),
        ((b'"price":"1234567.80"', b'"price":"1.00","price":"1234567.80"'), "json"),
        ((b'"price":"1234567.80"', b'"price":1234567'), "price"),
        ((b'"price":', b'"preis":'), "keys"),
        ((b'"v":1', b'"v":1,"w":1'), "keys"),
        ((b'"period":"', b'"period":"\\n'), "period"),
        ((b'"bid_sha256":"', b'"bid_sha256":"0'), "bid_sha256"),
        ((b"{", b"["), "json"),
        ((b"{", b"\xef\xbb\xbf{"), "json"),
    ],
)
def test_a_summary_with_two_readings_is_refused(change: tuple[bytes, bytes], field: str) -> None:
    data = SUMMARY.to_bytes()
    assert change[0] in data
    with pytest.raises(Malformed) as caught:
        parse_summary(data.replace(*change))
    assert (caught.value.code, caught.value.facts) == ("malformed_summary", {"field": field})
