"""From a file to a sealed bid and back: sealing, unwrapping, opening, and every way in which that must fail."""

from __future__ import annotations

import hashlib
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from hall.errors import HallError, Malformed, Refused
from hall.signing import payload, sealed_bid
from hall.signing.opener import open_bid
from hall.signing.sealed_bid import SealedHeader, SealReceipt, read_header, seal, self_test, unwrap
from tests.demo_world import PDF, Holder, a_container, a_summary, holder


def sealed(directory: Path, plaintext: bytes, who: Holder, **changes: str) -> tuple[Path, SealReceipt]:
    source, out = directory / "plain", directory / "sealed.bid"
    source.write_bytes(plaintext)
    context = {"tender": "T1", "lot": "1", "bidder": who.identity.id, "name": "bid.zip"} | changes
    return out, seal(source, out, **context, certificate=who.certificate)


def header_of(path: Path) -> SealedHeader:
    with path.open("rb") as file:
        return read_header(file)


def key_of(path: Path, who: Holder) -> bytes:
    return unwrap(header_of(path), who.key, who.certificate)


def refused(path: Path, cek: bytes, receipt: SealReceipt, out: Path) -> HallError:
    with pytest.raises(Refused) as caught:
        open_bid(path, cek, receipt.sha256, out)
    assert not out.exists(), "a bid that could not be opened leaves no plaintext"
    return caught.value


@pytest.mark.parametrize("one", ["b1", "b2"])
def test_a_bid_is_opened_by_its_own_key_only(tmp_path: Path, one: str) -> None:
    who = holder(one)
    path, receipt = sealed(tmp_path, a_container(who), who)
    assert receipt.size == path.stat().st_size
    assert receipt.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    opened = open_bid(path, key_of(path, who), receipt.sha256, tmp_path / "out.zip")
    assert opened.summary == a_summary(one)
    assert opened.summary_digest == hashlib.sha256(opened.summary.to_bytes()).hexdigest()
    assert opened.signer == who.certificate.sha256
    plain = (tmp_path / "out.zip").read_bytes()
    assert plain[opened.bid_pdf_offset :][: opened.bid_pdf_size] == PDF
    assert (tmp_path / "out.zip").stat().st_mode & 0o777 == 0o600


def test_opening_runs_in_another_process_and_its_refusals_come_back(tmp_path: Path) -> None:
    who = holder("b2")
    path, receipt = sealed(tmp_path, a_container(who), who)
    cek = key_of(path, who)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        opened = pool.submit(open_bid, path, cek, receipt.sha256, tmp_path / "out.zip").result()
        assert opened.summary == a_summary("b2")
        error = pool.submit(open_bid, path, bytes(32), receipt.sha256, tmp_path / "no.zip").exception()
    assert isinstance(error, Refused)
    assert error.code == "commit_mismatch"


def test_another_certificate_is_named_before_anything_is_unwrapped(tmp_path: Path) -> None:
    path, _ = sealed(tmp_path, b"x", holder("b2"))
    with pytest.raises(Refused) as caught:
        unwrap(header_of(path), holder("b3").key, holder("b3").certificate)
    assert caught.value.code == "wrong_certificate"
    assert caught.value.facts == {"needed": holder("b2").certificate.sha256}


@pytest.mark.parametrize("one", ["b1", "b2"])
@pytest.mark.parametrize("stranger", ["b3", "b1", "b2"])
def test_a_certificate_with_another_key_opens_nothing(tmp_path: Path, one: str, stranger: str) -> None:
    if one == stranger:
        return
    path, _ = sealed(tmp_path, b"x", holder(one))
    with pytest.raises(Refused) as caught:
        unwrap(header_of(path), holder(stranger).key, holder(one).certificate)
    assert caught.value.code == "envelope_damaged"


@pytest.mark.parametrize("field", ["tender", "lot", "bidder"])
def test_an_envelope_lifted_into_another_header_is_no_key(tmp_path: Path, field: str) -> None:
    who = holder("b2")
    path, _ = sealed(tmp_path, b"x", who)
    raw = path.read_bytes()
    marks = {"tender": (b'"tender":"T1"', b'"tender":"T2"'), "lot": (b'"lot":"1"', b'"lot":"2"')}
    old, new = marks.get(field, (b'"bidder":"b2"', b'"bidder":"b3"'))
    assert raw.count(old) == 1
    path.write_bytes(raw.replace(old, new))
    with pytest.raises(Refused) as caught:
        unwrap(header_of(path), who.key, who.certificate)
    assert caught.value.code == "wrong_context"


FIRST = payload.SEGMENT - payload.PREAMBLE - payload.TAG


@pytest.mark.parametrize("size", [1, 2, FIRST - 1, FIRST, FIRST + 1, FIRST + payload.SEGMENT - 16, 3_000_000])
def test_any_file_is_sealed_as_it_is_and_comes_back_byte_for_byte(tmp_path: Path, size: int) -> None:
    who = holder("b2")
    plaintext = hashlib.shake_128(b"some bytes").digest(size)
    path, receipt = sealed(tmp_path, plaintext, who)
    assert receipt.size == path.stat().st_size == header_of(path).file_length
    found = bytearray()
    with path.open("rb") as file:
        sealed_bid.decrypt_file(file, key_of(path, who), found.extend)
    assert bytes(found) == plaintext


def test_two_seals_of_one_file_share_nothing(tmp_path: Path) -> None:
    who = holder("b2")
    path, one = sealed(tmp_path, b"same", who)
    first = path.read_bytes()
    path, other = sealed(tmp_path, b"same", who)
    assert one.commit != other.commit
    assert header_of(path).salt != sealed_bid.parse_header(first).salt


@pytest.mark.parametrize("segment", [0, 1, 2])
def test_a_damaged_segment_is_named(tmp_path: Path, segment: int) -> None:
    who = holder("b2")
    path, _ = sealed(tmp_path, bytes(3 * payload.SEGMENT - 100), who)
    cek = key_of(path, who)
    data = bytearray(path.read_bytes())
    data[len(header_of(path).raw) + segment * payload.SEGMENT + 50] ^= 1
    path.write_bytes(data)
    with pytest.raises(Refused) as caught:
        self_test(path, cek)
    assert (caught.value.code, caught.value.facts) == ("ciphertext_damaged", {"segment": segment})
    receipt = SealReceipt(len(data), hashlib.sha256(data).hexdigest(), "", "", "")
    error = refused(path, cek, receipt, tmp_path / "out")
    assert (error.code, error.facts) == ("ciphertext_damaged", {"segment": segment})


def test_two_swapped_segments_are_refused(tmp_path: Path) -> None:
    who = holder("b2")
    path, _ = sealed(tmp_path, bytes(3 * payload.SEGMENT - 100), who)
    cek = key_of(path, who)
    data, start = path.read_bytes(), len(header_of(path).raw) + payload.SEGMENT
    one, other = data[start : start + 1000], data[start + payload.SEGMENT : start + payload.SEGMENT + 1000]
    path.write_bytes(
        data[:start]
        + other
        + data[start + 1000 : start + payload.SEGMENT]
        + one
        + data[start + payload.SEGMENT + 1000 :]
    )
    with pytest.raises(Refused, match="ciphertext_damaged"):
        self_test(path, cek)


def test_damage_after_the_receipt_is_the_platforms_whatever_else_is_wrong(tmp_path: Path) -> None:
    who = holder("b2")
    path, receipt = sealed(tmp_path, a_container(who), who)
    data = bytearray(path.read_bytes())
    for at in (0, 20, -1):
        changed = bytearray(data)
        changed[at] ^= 1
        path.write_bytes(changed)
        assert refused(path, bytes(32), receipt, tmp_path / "out").code == "not_the_deposit"


def test_a_wrong_key_is_told_apart_from_damage(tmp_path: Path) -> None:
    who = holder("b2")
    path, receipt = sealed(tmp_path, a_container(who), who)
    assert refused(path, bytes(32), receipt, tmp_path / "out").code == "commit_mismatch"


def test_a_raw_sealed_file_opens_and_is_no_bid(tmp_path: Path) -> None:
    who = holder("b2")
    path, receipt = sealed(tmp_path, b"any single file", who)
    error = refused(path, key_of(path, who), receipt, tmp_path / "out")
    assert (error.code, error.facts["reason"]) == ("container_malformed", "header")


def test_a_summary_signed_by_somebody_else_is_refused(tmp_path: Path) -> None:
    who = holder("b2")
    forged = a_container(Holder(who.identity, holder("b3").certificate, holder("b3").key))
    path, receipt = sealed(tmp_path, forged, who)
    assert refused(path, key_of(path, who), receipt, tmp_path / "out").code == "wrong_certificate"


def test_a_summary_signed_with_another_key_under_the_right_certificate_is_refused(tmp_path: Path) -> None:
    who = holder("b2")
    forged = a_container(Holder(who.identity, who.certificate, holder("b3").key))
    path, receipt = sealed(tmp_path, forged, who)
    assert refused(path, key_of(path, who), receipt, tmp_path / "out").code == "bad_signature"


@pytest.mark.parametrize(("field", "value"), [("tender", "T2"), ("lot", "2"), ("bidder", "b3")])
def test_a_summary_of_another_bid_is_refused(tmp_path: Path, field: str, value: str) -> None:
    who = holder("b2")
    path, receipt = sealed(tmp_path, a_container(who, **{field: value}), who)
    error = refused(path, key_of(path, who), receipt, tmp_path / "out")
    assert (error.code, error.facts) == ("summary_mismatch", {"reason": field})


def test_a_bid_that_cannot_stand_in_a_header_is_not_sealed(tmp_path: Path) -> None:
    with pytest.raises(Malformed) as caught:
        sealed(tmp_path, b"x", holder("b2"), name="a\nb")
    assert caught.value.facts == {"field": "name"}
    assert not (tmp_path / "sealed.bid").exists()


def test_sealing_and_opening_need_memory_for_segments_not_for_files(tmp_path: Path) -> None:
    who = holder("b2")
    (tmp_path / "plain").write_bytes(bytes(40_000_000))
    tracemalloc.start()
    try:
        seal(
            tmp_path / "plain",
            tmp_path / "o",
            tender="T",
            lot="1",
            bidder="b",
            name="n",
            certificate=who.certificate,
        )
        self_test(tmp_path / "o", key_of(tmp_path / "o", who))
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_a_file_that_shrinks_while_it_is_sealed_leaves_no_half_bid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encrypt = payload.encrypt

    def shrinking(source: Any, size: int, sink: payload.Sink, **rest: Any) -> None:
        (tmp_path / "plain").write_bytes(b"x" * (size - 1))
        encrypt(source, size, sink, **rest)

    monkeypatch.setattr(payload, "encrypt", shrinking)
    with pytest.raises(Refused, match="input_changed"):
        sealed(tmp_path, b"x" * 100, holder("b2"))
    assert not (tmp_path / "sealed.bid").exists()
