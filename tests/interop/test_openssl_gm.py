"""The national algorithms held against OpenSSL's own, in both directions."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asn1crypto import pem

from hall.signing import gm, gm_keys

_ID = ("-sigopt", f"distid:{gm.SIGNER_ID.decode()}")
_IN = ("-passin", "pass:demo")


@pytest.fixture
def key(tmp_path: Path) -> gm.PrivateKey:
    made = gm.generate()
    (tmp_path / "key.pem").write_bytes(gm_keys.write(made, "demo", rounds=1000))
    openssl(tmp_path, "pkey", "-in", "key.pem", *_IN, "-pubout", "-out", "public.pem")
    (tmp_path / "act").write_bytes("一项行为".encode())
    return made


def openssl(directory: Path, *args: str) -> bytes:
    return subprocess.run(("openssl", *args), cwd=directory, check=True, capture_output=True).stdout


def test_openssl_reads_our_key_file_and_we_read_its_own(tmp_path: Path, key: gm.PrivateKey) -> None:
    _, _, spki = pem.unarmor((tmp_path / "public.pem").read_bytes())
    assert spki == key.public.spki
    openssl(tmp_path, "genpkey", "-algorithm", "SM2", "-out", "plain.pem")
    pbes2 = ("-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256", "-iter", "1000")
    openssl(tmp_path, "pkcs8", *pbes2, "-in", "plain.pem", "-passout", "pass:demo", "-out", "theirs.pem")
    openssl(tmp_path, "pkey", "-in", "plain.pem", "-pubout", "-outform", "DER", "-out", "theirs.pub")
    _, _, der = pem.unarmor((tmp_path / "theirs.pem").read_bytes())
    assert gm_keys.read(der, "demo").public.spki == (tmp_path / "theirs.pub").read_bytes()


def test_openssl_verifies_our_signature_and_we_verify_its_own(tmp_path: Path, key: gm.PrivateKey) -> None:
    act = (tmp_path / "act").read_bytes()
    (tmp_path / "signature").write_bytes(gm.der_from_raw(gm.sign(key, act)))
    said = openssl(tmp_path, "dgst", "-sm3", "-verify", "public.pem", *_ID, "-signature", "signature", "act")
    assert said == b"Verified OK\n"
    openssl(tmp_path, "dgst", "-sm3", "-sign", "key.pem", *_IN, *_ID, "-out", "theirs", "act")
    assert gm.verify(key.public, act, gm.raw_from_der((tmp_path / "theirs").read_bytes()))


def test_openssl_opens_what_we_encrypted_and_we_open_its_own(tmp_path: Path, key: gm.PrivateKey) -> None:
    (tmp_path / "cipher").write_bytes(gm.encrypt(key.public, b"a content key"))
    assert (
        openssl(tmp_path, "pkeyutl", "-decrypt", "-inkey", "key.pem", *_IN, "-in", "cipher")
        == b"a content key"
    )
    openssl(tmp_path, "pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", "-in", "act", "-out", "theirs")
    assert gm.decrypt(key, (tmp_path / "theirs").read_bytes()) == (tmp_path / "act").read_bytes()


def test_openssl_gives_the_same_sm3(tmp_path: Path, key: gm.PrivateKey) -> None:
    digest = openssl(tmp_path, "dgst", "-sm3", "-r", "act").split()[0].decode()
    assert digest == gm.sm3((tmp_path / "act").read_bytes()).hex()
