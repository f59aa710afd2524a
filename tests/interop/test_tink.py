"""Google Tink as the oracle of the payload: its streaming decrypter opens what the hall seals, and the reverse."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import tink
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from hall.signing import payload
from hall.signing.sealed_bid import read_header, seal, unwrap
from tests.demo_world import holder

FIRST = payload.SEGMENT - payload.PREAMBLE - payload.TAG
SIZES = [
    1,
    FIRST - 1,
    FIRST,
    FIRST + 1,
    FIRST + payload.SEGMENT - 16,
    FIRST + payload.SEGMENT - 15,
    3_333_333,
]


def primitive(cek: bytes) -> streaming_aead.StreamingAead:
    """Make Tink's primitive of type AES256_GCM_HKDF_1MB from a content key."""
    streaming_aead.register()
    parameters = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=payload.SEGMENT,
        derived_key_size=32,
        hkdf_hash_type=common_pb2.HashType.SHA256,
    )
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(version=0, params=parameters, key_value=cek)
    data = tink_pb2.KeyData(
        type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
        value=key.SerializeToString(),
        key_material_type=tink_pb2.KeyData.SYMMETRIC,
    )
    keyset = tink_pb2.Keyset(primary_key_id=1)
    keyset.key.add(
        key_data=data,
        status=tink_pb2.KeyStatusType.ENABLED,
        key_id=1,
        output_prefix_type=tink_pb2.OutputPrefixType.RAW,
    )
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


@pytest.mark.parametrize("size", SIZES)
def test_tink_opens_the_payload_of_a_sealed_bid(tmp_path: Path, size: int) -> None:
    who = holder("b2")
    plaintext = bytes(number % 251 for number in range(size))
    (tmp_path / "bid").write_bytes(plaintext)
    seal(
        tmp_path / "bid",
        tmp_path / "o",
        tender="T1",
        lot="1",
        bidder="b2",
        name="n",
        certificate=who.certificate,
    )
    with (tmp_path / "o").open("rb") as file:
        header = read_header(file)
        cek = unwrap(header, who.key, who.certificate)
        with primitive(cek).new_decrypting_stream(file, header.aad) as stream:
            assert stream.read() == plaintext


@pytest.mark.parametrize("size", SIZES)
def test_the_hall_opens_a_payload_that_tink_made(size: int) -> None:
    cek, aad = bytes(range(32)), bytes(32)
    plaintext = bytes(number % 251 for number in range(size))
    sealed = _Kept()
    with primitive(cek).new_encrypting_stream(sealed, aad) as stream:
        stream.write(plaintext)
    data = sealed.kept
    assert len(data) == payload.length(size)
    found = bytearray()
    payload.decrypt(io.BytesIO(data), size, found.extend, cek=cek, salt=data[1:33], aad=aad)
    assert bytes(found) == plaintext


class _Kept(io.BytesIO):
    """Keeps what was written although Tink closes it."""

    kept = b""

    def close(self) -> None:
        if not self.closed:
            self.kept = self.getvalue()
        super().close()
