"""Envelope and signature of the suite GM: CMS with the object identifiers of GM/T 0010.

What lives here: the two structures in their one encoding, so that a reader compares them byte for byte. What may not:
who may open or sign. The envelope has one recipient, named by issuer and serial number; its key is SM2Cipher (GB/T
35276) under 1.2.156.10197.1.301.3, its content SM4-CBC. The signature has the signed attributes of RFC 5652 with SM3.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms, core

from hall.signing import gm

DATA: Final = "1.2.156.10197.6.1.4.2.1"
SIGNED: Final = "1.2.156.10197.6.1.4.2.2"
ENVELOPED: Final = "1.2.156.10197.6.1.4.2.3"
SM3: Final = "1.2.156.10197.1.401"
SM2_SIGNATURE: Final = "1.2.156.10197.1.301.1"

_SM2_ENCRYPTION: Final = "1.2.156.10197.1.301.3"
_SM4_CBC: Final = "1.2.156.10197.1.104.2"
_BLOCK: Final = 16


class _Algorithm(core.Sequence):  # type: ignore[misc]  # asn1crypto ships no types
    _fields = [  # noqa: RUF012  # the library reads this attribute of the class
        ("algorithm", core.ObjectIdentifier),
        ("parameters", core.OctetString, {"optional": True}),
    ]


class _Content(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [  # noqa: RUF012  # as above
        ("content_type", core.ObjectIdentifier),
        ("algorithm", _Algorithm),
        ("content", core.OctetString, {"implicit": 0}),
    ]


class _Recipient(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [  # noqa: RUF012  # as above
        ("version", core.Integer),
        ("rid", cms.IssuerAndSerialNumber),
        ("algorithm", _Algorithm),
        ("encrypted_key", core.OctetString),
    ]


class _Recipients(core.SetOf):  # type: ignore[misc]  # as above
    _child_spec = _Recipient


class _Enveloped(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [  # noqa: RUF012  # as above
        ("version", core.Integer),
        ("recipients", _Recipients),
        ("encrypted", _Content),
    ]


class _Head(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [  # noqa: RUF012  # as above
        ("content_type", core.ObjectIdentifier),
        ("content", core.Any),
    ]


class _EnvelopedInfo(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [  # noqa: RUF012  # as above
        ("content_type", core.ObjectIdentifier),
        ("content", _Enveloped, {"explicit": 0}),
    ]


class _SignedInfo(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [  # noqa: RUF012  # as above
        ("content_type", core.ObjectIdentifier),
        ("content", cms.SignedData, {"explicit": 0}),
    ]


@dataclass(frozen=True, slots=True)
class Parts:
    """What an envelope holds: DER of issuer and serial number, SM2Cipher, and the content as it is encrypted."""

    issuer_and_serial: bytes
    encrypted_key: bytes
    iv: bytes
    ciphertext: bytes


def content_type(data: bytes) -> str:
    """Give the object identifier at the head of a ContentInfo. Raises what asn1crypto raises."""
    return str(_Head.load(data)["content_type"].native)


def seal(content: bytes, key: gm.PublicKey, issuer_and_serial: bytes) -> bytes:
    """Give the DER of an envelope for one recipient."""
    content_key, iv = secrets.token_bytes(gm.SM4_KEY), secrets.token_bytes(_BLOCK)
    sealed = gm.sm4_cbc_encrypt(content_key, iv, content)
    return _encoded(Parts(issuer_and_serial, gm.encrypt(key, content_key), iv, sealed))


def parse(data: bytes) -> Parts:
    """Read an envelope that stands in the one encoding. Raises ValueError and what asn1crypto raises."""
    enveloped = _EnvelopedInfo.load(data, strict=True)["content"]
    recipient, encrypted = enveloped["recipients"][0], enveloped["encrypted"]
    iv, ciphertext = encrypted["algorithm"]["parameters"].native, encrypted["content"].native
    parts = Parts(recipient["rid"].dump(), recipient["encrypted_key"].native, iv, ciphertext)
    # Object identifiers, versions, one recipient, nothing beside: all of it stands in the comparison.
    if len(iv) != _BLOCK or not ciphertext or len(ciphertext) % _BLOCK or _encoded(parts) != data:
        raise ValueError("not the envelope that the hall reads")
    return parts


def content_info(signed: Any) -> bytes:
    """Give the DER of a ContentInfo around a SignedData."""
    return bytes(_SignedInfo({"content_type": SIGNED, "content": signed}).dump())


def signed_data(data: bytes) -> Any:
    """Give the SignedData inside. Raises ValueError and what asn1crypto raises."""
    info = _SignedInfo.load(data, strict=True)
    if info["content_type"].native != SIGNED:
        raise ValueError("no signature of this suite")
    return info["content"]


def _encoded(parts: Parts) -> bytes:
    enveloped = _Enveloped(
        {
            "version": 1,
            "recipients": [
                {
                    "version": 1,
                    "rid": cms.IssuerAndSerialNumber.load(parts.issuer_and_serial),
                    "algorithm": {"algorithm": _SM2_ENCRYPTION},
                    "encrypted_key": parts.encrypted_key,
                }
            ],
            "encrypted": {
                "content_type": DATA,
                "algorithm": {"algorithm": _SM4_CBC, "parameters": parts.iv},
                "content": parts.ciphertext,
            },
        }
    )
    return bytes(_EnvelopedInfo({"content_type": ENVELOPED, "content": enveloped}).dump())
