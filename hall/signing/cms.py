"""CMS (RFC 5652): the envelope around a content key, and the detached signature over a summary.

What lives here: the two CMS structures the hall uses, built with `asn1crypto` and read strictly, so that one file has
one meaning. What may not: what the content means (`sealed_bid`, `bid_container`), trust in certificates.

The envelope is an EnvelopedData with exactly one recipient: RSA-OAEP with SHA-256 (RFC 4055), or ECDH on P-256 with
dhSinglePass-stdDH-sha256kdf-scheme and AES-256 key wrap (RFC 5753); content AES-256-CBC. `openssl cms` reads both. For
SM2 keys the structures are those of `gm_cms`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.padding import PKCS7

from hall.errors import Malformed, Refused
from hall.signing import gm, gm_cms, suite
from hall.signing.certificates import Certificate, fingerprint, load_certificate, verify_signature

MAX_CMS: Final = 64 * 1024
"""Most bytes of an envelope or a signature that are looked at."""

_RSA_OAEP: Final = "1.2.840.113549.1.1.7"
_ECDH_SHA256: Final = "1.3.132.1.11.1"
_AES256_WRAP: Final = "2.16.840.1.101.3.4.1.45"
_KEY_BYTES: Final = 32
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)

SignRaw = Callable[[bytes], bytes]
"""Signs bytes as WebCrypto does (see `suite.sign`)."""


class Unwraps(Protocol):
    """A private key that opens envelopes and stays where it is, as in a token. All raise ValueError when it can't."""

    def decrypt_oaep(self, encrypted_key: bytes) -> bytes:
        """Undo RSA-OAEP with SHA-256 and MGF1-SHA256."""

    def agree(self, point: bytes) -> bytes:
        """Give the ECDH secret on P-256 (the x coordinate, 32 bytes) with an uncompressed point."""

    def decrypt_sm2(self, cipher: bytes) -> bytes:
        """Undo SM2 encryption, given as the DER of SM2Cipher."""


@dataclass(frozen=True, slots=True)
class _Profile:
    """How a suite writes its signatures."""

    data: str
    digest: str
    algorithm: str
    sum: Callable[[bytes], bytes]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


_RSA_PROFILE: Final = _Profile("data", "sha256", "sha256_rsa", _sha256)
_P256_PROFILE: Final = _Profile("data", "sha256", "sha256_ecdsa", _sha256)
_SM2_PROFILE: Final = _Profile(gm_cms.DATA, gm_cms.SM3, gm_cms.SM2_SIGNATURE, gm.sm3)
_PROFILES: Final = {
    suite.KeyKind.RSA: _RSA_PROFILE,
    suite.KeyKind.P256: _P256_PROFILE,
    suite.KeyKind.SM2: _SM2_PROFILE,
}


class _SharedInfo(core.Sequence):  # type: ignore[misc]  # asn1crypto ships no types
    """ECC-CMS-SharedInfo of RFC 5753, 7.2."""

    _fields = [  # noqa: RUF012  # the library reads this attribute of the class
        ("key_info", core.Any),
        ("supp_pub_info", core.OctetString, {"explicit": 2}),
    ]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed envelope with its one recipient. Bytes as they stand in it; `ephemeral` is b"" for RSA and SM2."""

    issuer_and_serial: bytes
    kind: suite.KeyKind
    encrypted_key: bytes
    ephemeral: bytes
    shared_info: bytes
    iv: bytes
    ciphertext: bytes

    def names(self, certificate: Certificate) -> bool:
        """Say whether the one recipient is this certificate."""
        return self.issuer_and_serial == _der(_issuer_and_serial(certificate))

    def open(self, key: suite.PrivateKey | Unwraps) -> bytes:
        """Give the content. Raises Refused("envelope_damaged") when this key does not open it."""
        try:
            content_key = self._content_key(key)
            if self.kind is suite.KeyKind.SM2:
                return gm.sm4_cbc_decrypt(content_key, self.iv, self.ciphertext)
            cipher = Cipher(algorithms.AES256(content_key), modes.CBC(self.iv)).decryptor()
            padded = cipher.update(self.ciphertext) + cipher.finalize()
            unpadder = PKCS7(128).unpadder()
            return unpadder.update(padded) + unpadder.finalize()
        except (ValueError, InvalidUnwrap):
            raise Refused("envelope_damaged") from None

    def _content_key(self, key: suite.PrivateKey | Unwraps) -> bytes:
        if isinstance(key, suite.PrivateKey):
            key = _Held(key)
        if self.kind is suite.KeyKind.SM2:
            return key.decrypt_sm2(self.encrypted_key)
        if self.kind is suite.KeyKind.RSA:
            return key.decrypt_oaep(self.encrypted_key)
        shared = key.agree(self.ephemeral)
        return aes_key_unwrap(_wrapping_key(shared, self.shared_info), self.encrypted_key)


@dataclass(frozen=True, slots=True)
class _Held:
    """A private key in this process, as `Unwraps`."""

    key: suite.PrivateKey

    def decrypt_oaep(self, encrypted_key: bytes) -> bytes:
        if not isinstance(self.key, rsa.RSAPrivateKey):
            raise ValueError("the envelope is for an RSA key")
        return self.key.decrypt(encrypted_key, _OAEP)

    def agree(self, point: bytes) -> bytes:
        if not isinstance(self.key, ec.EllipticCurvePrivateKey):
            raise ValueError("the envelope is for a P-256 key")
        return self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        )

    def decrypt_sm2(self, cipher: bytes) -> bytes:
        if not isinstance(self.key, gm.PrivateKey):
            raise ValueError("the envelope is for an SM2 key")
        return gm.decrypt(self.key, cipher)


def build_envelope(content: bytes, certificate: Certificate) -> bytes:
    """Encrypt `content` to one certificate; give the DER of the ContentInfo."""
    if isinstance(certificate.public_key, gm.PublicKey):
        return gm_cms.seal(content, certificate.public_key, _der(_issuer_and_serial(certificate)))
    content_key, iv = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(16)
    padder = PKCS7(128).padder()
    padded = padder.update(content) + padder.finalize()
    cipher = Cipher(algorithms.AES256(content_key), modes.CBC(iv)).encryptor()
    recipient, version = _recipient(content_key, certificate)
    enveloped = cms.EnvelopedData(
        {
            "version": version,
            "recipient_infos": [recipient],
            "encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": {"algorithm": "aes256_cbc", "parameters": iv},
                "encrypted_content": cipher.update(padded) + cipher.finalize(),
            },
        }
    )
    return _der(cms.ContentInfo({"content_type": "enveloped_data", "content": enveloped}))


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope strictly: one recipient, known algorithms, nothing beside.

    Raises Malformed("malformed_cms").
    """
    with _strictly():
        _demand(len(data) <= MAX_CMS)
        if gm_cms.content_type(data) == gm_cms.ENVELOPED:
            return _read_sm2(gm_cms.parse(data))
        enveloped = _content(data, "enveloped_data")
        _demand(len(enveloped["recipient_infos"]) == 1)
        _demand(_absent(enveloped["originator_info"]) and _absent(enveloped["unprotected_attrs"]))
        info = enveloped["encrypted_content_info"]
        algorithm = info["content_encryption_algorithm"]
        _demand(info["content_type"].native == "data" and algorithm["algorithm"].native == "aes256_cbc")
        iv, ciphertext = algorithm["parameters"].native, info["encrypted_content"].native
        _demand(isinstance(iv, bytes) and len(iv) == 16)
        _demand(isinstance(ciphertext, bytes) and len(ciphertext) > 0 and len(ciphertext) % 16 == 0)
        recipient = enveloped["recipient_infos"][0]
        if recipient.name == "ktri":
            return _read_rsa(recipient.chosen, iv, ciphertext)
        _demand(recipient.name == "kari")
        return _read_ecdh(recipient.chosen, iv, ciphertext)


def sign_detached(content: bytes, certificate: Certificate, sign: SignRaw, *, signed_at: int) -> bytes:
    """Sign `content` detached, with the certificate inside; `signed_at` (ms) is the signer's own statement. DER."""
    profile = _PROFILES[certificate.kind]
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": [profile.data]},
            {
                "type": "signing_time",
                "values": [cms.Time({"utc_time": datetime.fromtimestamp(signed_at // 1000, UTC)})],
            },
            {"type": "message_digest", "values": [profile.sum(content)]},
        ]
    )
    signature = sign(attributes.dump())
    if certificate.kind is not suite.KeyKind.RSA:
        signature = suite.der_from_raw(signature)
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": profile.digest}],
            "encap_content_info": {"content_type": profile.data},
            "certificates": [asn1_x509.Certificate.load(certificate.der)],
            "signer_infos": [
                {
                    "version": "v1",
                    "sid": cms.SignerIdentifier(
                        {"issuer_and_serial_number": _issuer_and_serial(certificate)}
                    ),
                    "digest_algorithm": {"algorithm": profile.digest},
                    "signed_attrs": attributes,
                    "signature_algorithm": {"algorithm": profile.algorithm},
                    "signature": signature,
                }
            ],
        }
    )
    if certificate.kind is suite.KeyKind.SM2:
        return gm_cms.content_info(signed)
    return _der(cms.ContentInfo({"content_type": "signed_data", "content": signed}))


def verify_detached(data: bytes, content: bytes, signer: str) -> Certificate:
    """Check a detached signature over `content` by the certificate whose SHA-256 (hex) is `signer`; give that one.

    Raises Malformed("malformed_cms"), Refused("wrong_certificate"), Refused("bad_signature").
    """
    with _strictly():
        _demand(len(data) <= MAX_CMS)
        national = gm_cms.content_type(data) == gm_cms.SIGNED
        signed = gm_cms.signed_data(data) if national else _content(data, "signed_data")
        encapsulated = signed["encap_content_info"]
        _demand(_absent(encapsulated["content"]))
        content_type = encapsulated["content_type"].native
        _demand(len(signed["signer_infos"]) == 1)
        ders = [item.chosen.dump() for item in signed["certificates"] if item.name == "certificate"]
        info = signed["signer_infos"][0]
        digest = info["digest_algorithm"]["algorithm"].native
        attributes = info["signed_attrs"]
        _demand(not _absent(attributes))
        found = _attributes(attributes)
        sid = info["sid"].chosen.dump()
        algorithm = info["signature_algorithm"]["algorithm"].native
        signature = info["signature"].native
        # The signature covers the attributes as a SET, not under the implicit tag they stand in (RFC 5652, 5.4).
        covered = b"\x31" + attributes.dump()[1:]
    der = next((item for item in ders if fingerprint(item) == signer), None)
    if der is None:
        raise Refused("wrong_certificate", needed=signer)
    certificate = load_certificate(der)
    profile = _PROFILES[certificate.kind]
    if national is not (profile is _SM2_PROFILE) or (content_type, digest) != (profile.data, profile.digest):
        raise Malformed("malformed_cms")
    expected = {"content_type": profile.data, "message_digest": profile.sum(content)}
    raw = _raw_signature(certificate.kind, algorithm, signature)
    if (
        any(found.get(name) != value for name, value in expected.items())
        or sid != _issuer_and_serial(certificate).dump()
        or not verify_signature(certificate, covered, raw)
    ):
        raise Refused("bad_signature")
    return certificate


def _attributes(attributes: Any) -> dict[str, object]:
    """Give the values of the signed attributes; each type once, with one value."""
    found: dict[str, object] = {}
    for attribute in attributes:
        name = attribute["type"].native
        _demand(name not in found and len(attribute["values"]) == 1)
        found[name] = attribute["values"][0].native
    return found


def _raw_signature(kind: suite.KeyKind, algorithm: object, signature: bytes) -> bytes:
    if kind is suite.KeyKind.RSA and algorithm in (_RSA_PROFILE.algorithm, "rsassa_pkcs1v15"):
        return signature
    if kind is not suite.KeyKind.RSA and algorithm == _PROFILES[kind].algorithm:
        try:
            return suite.raw_from_der(signature)
        except ValueError:
            raise Refused("bad_signature") from None
    raise Refused("bad_signature")


def _recipient(content_key: bytes, certificate: Certificate) -> tuple[Any, str]:
    """Give the RecipientInfo that wraps the key, and the version of the EnvelopedData that goes with it."""
    names = _issuer_and_serial(certificate)
    key = certificate.public_key
    if isinstance(key, rsa.RSAPublicKey):
        mask = {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}}
        parameters = algos.RSAESOAEPParams(
            {"hash_algorithm": {"algorithm": "sha256"}, "mask_gen_algorithm": mask}
        )
        transport = cms.KeyTransRecipientInfo(
            {
                "version": "v0",
                "rid": cms.RecipientIdentifier({"issuer_and_serial_number": names}),
                "key_encryption_algorithm": {"algorithm": "rsaes_oaep", "parameters": parameters},
                "encrypted_key": key.encrypt(content_key, _OAEP),
            }
        )
        return cms.RecipientInfo({"ktri": transport}), "v0"
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Refused("unsupported_key")
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    wrap = cms.KeyEncryptionAlgorithm({"algorithm": _AES256_WRAP})
    wrapping_key = _wrapping_key(ephemeral.exchange(ec.ECDH(), key), _shared_info(wrap.dump()))
    point = ephemeral.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    agreement = cms.KeyAgreeRecipientInfo(
        {
            "version": "v3",
            "originator": cms.OriginatorIdentifierOrKey(
                {
                    "originator_key": {
                        "algorithm": {"algorithm": "ec", "parameters": {"named": "secp256r1"}},
                        "public_key": point,
                    }
                }
            ),
            "key_encryption_algorithm": {"algorithm": _ECDH_SHA256, "parameters": wrap},
            "recipient_encrypted_keys": [
                {
                    "rid": cms.KeyAgreementRecipientIdentifier({"issuer_and_serial_number": names}),
                    "encrypted_key": aes_key_wrap(wrapping_key, content_key),
                }
            ],
        }
    )
    return cms.RecipientInfo({"kari": agreement}), "v2"


def _read_sm2(parts: gm_cms.Parts) -> Envelope:
    return Envelope(
        issuer_and_serial=parts.issuer_and_serial,
        kind=suite.KeyKind.SM2,
        encrypted_key=parts.encrypted_key,
        ephemeral=b"",
        shared_info=b"",
        iv=parts.iv,
        ciphertext=parts.ciphertext,
    )


def _read_rsa(recipient: Any, iv: bytes, ciphertext: bytes) -> Envelope:
    algorithm = recipient["key_encryption_algorithm"]
    _demand(
        algorithm["algorithm"].dotted == _RSA_OAEP and recipient["rid"].name == "issuer_and_serial_number"
    )
    parameters = algorithm["parameters"]
    _demand(parameters["hash_algorithm"]["algorithm"].native == "sha256")
    mask = parameters["mask_gen_algorithm"]
    _demand(mask["algorithm"].native == "mgf1" and mask["parameters"]["algorithm"].native == "sha256")
    source = parameters["p_source_algorithm"]
    _demand(source["algorithm"].native == "p_specified" and source["parameters"].native == b"")
    return Envelope(
        issuer_and_serial=recipient["rid"].chosen.dump(),
        kind=suite.KeyKind.RSA,
        encrypted_key=recipient["encrypted_key"].native,
        ephemeral=b"",
        shared_info=b"",
        iv=iv,
        ciphertext=ciphertext,
    )


def _read_ecdh(recipient: Any, iv: bytes, ciphertext: bytes) -> Envelope:
    algorithm = recipient["key_encryption_algorithm"]
    _demand(algorithm["algorithm"].dotted == _ECDH_SHA256)
    _demand(_absent(recipient["ukm"]) and recipient["originator"].name == "originator_key")
    keys = recipient["recipient_encrypted_keys"]
    _demand(len(keys) == 1 and keys[0]["rid"].name == "issuer_and_serial_number")
    # The wrapping algorithm enters the derivation byte for byte as it stands, with or without its NULL.
    wrap_der = algorithm["parameters"].dump()
    _demand(cms.KeyEncryptionAlgorithm.load(wrap_der)["algorithm"].dotted == _AES256_WRAP)
    public = recipient["originator"].chosen["public_key"]
    return Envelope(
        issuer_and_serial=keys[0]["rid"].chosen.dump(),
        kind=suite.KeyKind.P256,
        encrypted_key=keys[0]["encrypted_key"].native,
        ephemeral=bytes(public),
        shared_info=_shared_info(wrap_der),
        iv=iv,
        ciphertext=ciphertext,
    )


def _shared_info(wrap_der: bytes) -> bytes:
    bits = (8 * _KEY_BYTES).to_bytes(4, "big")
    return _der(_SharedInfo({"key_info": core.Any.load(wrap_der), "supp_pub_info": bits}))


def _wrapping_key(shared: bytes, shared_info: bytes) -> bytes:
    return X963KDF(hashes.SHA256(), _KEY_BYTES, shared_info).derive(shared)


def _issuer_and_serial(certificate: Certificate) -> Any:
    parsed = asn1_x509.Certificate.load(certificate.der)
    return cms.IssuerAndSerialNumber({"issuer": parsed.issuer, "serial_number": parsed.serial_number})


def _content(data: bytes, content_type: str) -> Any:
    _demand(len(data) <= MAX_CMS)
    info = cms.ContentInfo.load(data, strict=True)
    _demand(info["content_type"].native == content_type)
    return info["content"]


def _der(value: Any) -> bytes:
    data: bytes = value.dump()
    return data


def _absent(value: Any) -> bool:
    return isinstance(value, core.Void)


def _demand(held: bool) -> None:
    if not held:
        raise ValueError("not the CMS structure that the hall reads")


@contextmanager
def _strictly() -> Iterator[None]:
    """Turn whatever the lazy parser finds into one refusal."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise Malformed("malformed_cms") from None
