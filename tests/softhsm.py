"""Real tokens for the tests: SoftHSM2, with keys and certificates of the tests' own making."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pkcs11 import Attribute, CertificateType, ObjectClass

from hall.client.keys import Identity, from_pem
from hall.signing import suite
from hall.signing.certificates import Certificate
from tests.unit.client.people import BORN, DIES

LIBRARY: Final = next(
    (
        path
        for path in map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"))
        if path.exists()
    ),
    Path("/usr/lib/softhsm/libsofthsm2.so"),
)
PIN: Final = "123456"


@dataclass(frozen=True)
class SoftToken:
    """One token: its label, and the same key as a file, for comparing."""

    label: str
    identity: Identity

    @property
    def certificate(self) -> Certificate:
        return self.identity.certificate


def make(folder: Path, identities: dict[str, Identity]) -> dict[str, SoftToken]:
    """Make one token for each identity; SOFTHSM2_CONF names them from here on, for this process and its children.

    All tokens of a process are made at once: SoftHSM reads its directory when the library is first used.
    """
    tokens = folder / "tokens"
    tokens.mkdir(parents=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(conf)
    for label, identity in identities.items():
        _util("--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "12345678")
        pem = folder / f"{label}.pem"
        pem.write_bytes(
            identity.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        _util("--import", str(pem), "--token", label, "--label", label, "--id", "01", "--pin", PIN)
        pem.unlink()
    library = pkcs11.lib(str(LIBRARY))
    library.reinitialize()  # other tests of this process may have used it with tokens of their own
    for label, identity in identities.items():
        with library.get_token(token_label=label).open(rw=True, user_pin=PIN) as session:
            if identity.certificate.kind is suite.KeyKind.P256:
                # As a token made for sealing has it; the import leaves it out.
                session.get_key(object_class=ObjectClass.PRIVATE_KEY)[Attribute.DERIVE] = True
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                    Attribute.TOKEN: True,
                    Attribute.PRIVATE: False,
                    Attribute.ID: b"\x01",
                    Attribute.LABEL: label,
                    Attribute.SUBJECT: identity.certificate.parsed.subject.public_bytes(),
                    Attribute.VALUE: identity.certificate.der,
                }
            )
    return {label: SoftToken(label, identity) for label, identity in identities.items()}


def person(name: str, kind: suite.KeyKind) -> Identity:
    """Somebody with a key of this kind and a certificate of its own making."""
    key: suite.PrivateKey
    if kind is suite.KeyKind.RSA:
        key = rsa.generate_private_key(65537, 2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    return certified(name, key)


def certified(name: str, key: suite.PrivateKey) -> Identity:
    """Somebody with this key, under one more certificate of its own making."""
    assert isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey))
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "甲建设有限公司"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BORN)
        .not_valid_after(DIES)
        .sign(key, hashes.SHA256())
    )
    return from_pem(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def _util(*arguments: str) -> None:
    subprocess.run(("softhsm2-util", *arguments), check=True, capture_output=True, timeout=50)
