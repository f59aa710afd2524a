"""The demo CA of the suite GM: SM2 certificates in pairs, made anew each time, as `demo_ca` makes the others.

What lives here: a root with the critical demo mark, an issuing CA, its revocation list, and bidders whose pairs lie in
one PEM file each. `cryptography` signs no SM2 certificates, so they are built with asn1crypto. Nothing of it is ever
committed, and production refuses it.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from asn1crypto import crl, keys, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.x509.oid import NameOID

from hall.rehearsal.demo_ca import PASSWORD, bidder_name, credit_code
from hall.signing import gm, gm_keys
from hall.signing.certificates import DEMO_MARK, fingerprint
from hall.signing.gm_certificates import SM2_WITH_SM3

_ALGORITHM: Final = {"algorithm": SM2_WITH_SM3.dotted_string}
_CA: Final = {"key_cert_sign", "crl_sign"}
_SIGNING: Final = {"digital_signature", "non_repudiation"}
_ENCRYPTION: Final = {"key_encipherment", "data_encipherment", "key_agreement"}
_ROUNDS: Final = 20_000  # as the PKCS#12 files of the demo


@dataclass(frozen=True, slots=True)
class GmIdentity:
    """A pair. `sha256`: of the signing certificate, hex; both certificates are DER, `file` holds all of it."""

    id: str
    role: str
    name: str
    organisation: str
    sha256: str
    certificate: Path
    encryption: Path
    file: Path


@dataclass(frozen=True, slots=True)
class GmPki:
    """All that `issue_gm` made."""

    directory: Path
    root: Path
    issuing: Path
    crls: tuple[Path, ...]
    bidders: tuple[GmIdentity, ...]
    revoked: GmIdentity


@dataclass(frozen=True, slots=True)
class _Authority:
    der: bytes
    key: gm.PrivateKey
    subject: Any
    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Validity:
    start: datetime
    end: datetime


def issue_gm(directory: Path, *, bidders: int, now_ms: int) -> GmPki:
    """Make the world in `directory` (created), valid from a day before `now_ms` for two years."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    wide = _Validity(now - timedelta(days=1), now + timedelta(days=730))
    root = _authority("招投标演示国密根CA", None, wide)
    issuing = _authority("招投标演示国密签发CA", root, wide)
    made = [
        _pair(directory, f"gm-b{n + 1}", bidder_name(n), credit_code(bidder_name(n)), issuing, wide)
        for n in range(bidders)
    ]
    gone = "演示国密吊销建设有限公司"
    revoked = _pair(directory, "gm-revoked", gone, credit_code(gone), issuing, wide)
    lists = {
        "gm-root.crl": _revocations(root, [], wide),
        "gm-issuing.crl": _revocations(issuing, [revoked], wide),
    }
    for name, data in {"gm-root.der": root.der, "gm-issuing.der": issuing.der, **lists}.items():
        (directory / name).write_bytes(data)
    return GmPki(
        directory=directory,
        root=directory / "gm-root.der",
        issuing=directory / "gm-issuing.der",
        crls=tuple(directory / name for name in lists),
        bidders=tuple(made),
        revoked=revoked,
    )


def _authority(common: str, issuer: _Authority | None, validity: _Validity) -> _Authority:
    key, subject = gm.generate(), _name("招投标演示CA", common, None)
    signer = issuer or _Authority(b"", key, subject, ())
    length = 1 if issuer is None else 0
    der = _certificate(subject, key.public, signer, validity, _CA, path_length=length, demo=issuer is None)
    return _Authority(der, key, subject, (der, *signer.chain))


def _pair(
    directory: Path, one: str, organisation: str, code: str, issuer: _Authority, validity: _Validity
) -> GmIdentity:
    subject = _name(organisation, organisation, code)
    blocks = list[bytes]()
    ders = list[bytes]()
    for usages in (_SIGNING, _ENCRYPTION):
        # In life the CA's key management centre makes the second key, and keeps a copy.
        key = gm.generate()
        der = _certificate(subject, key.public, issuer, validity, usages)
        ders.append(der)
        blocks += [pem.armor("CERTIFICATE", der), gm_keys.write(key, PASSWORD, rounds=_ROUNDS)]
    blocks += [pem.armor("CERTIFICATE", der) for der in issuer.chain]
    paths = [directory / f"{one}.{kind}.der" for kind in ("sign", "encrypt")]
    for path, der in zip(paths, ders, strict=True):
        path.write_bytes(der)
    handle = os.open(directory / f"{one}.pem", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(b"".join(blocks))
    return GmIdentity(
        id=one,
        role="bidder",
        name=organisation,
        organisation=organisation,
        sha256=fingerprint(ders[0]),
        certificate=paths[0],
        encryption=paths[1],
        file=directory / f"{one}.pem",
    )


def _certificate(
    subject: Any,
    public: gm.PublicKey,
    issuer: _Authority,
    validity: _Validity,
    usages: set[str],
    *,
    path_length: int | None = None,
    demo: bool = False,
) -> bytes:
    extensions: list[dict[str, Any]] = [
        {
            "extn_id": "basic_constraints",
            "critical": True,
            "extn_value": {"ca": "key_cert_sign" in usages, "path_len_constraint": path_length},
        },
        {"extn_id": "key_usage", "critical": True, "extn_value": usages},
        {"extn_id": "key_identifier", "critical": False, "extn_value": gm.sm3(public.spki)[:20]},
        {
            "extn_id": "authority_key_identifier",
            "critical": False,
            "extn_value": {"key_identifier": gm.sm3(issuer.key.public.spki)[:20]},
        },
    ]
    if demo:
        extensions.append({"extn_id": DEMO_MARK.dotted_string, "critical": True, "extn_value": b"\x05\x00"})
    tbs = asn1_x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": secrets.randbits(120) + 1,
            "signature": _ALGORITHM,
            "issuer": issuer.subject,
            "validity": {
                "not_before": asn1_x509.Time({"utc_time": validity.start}),
                "not_after": asn1_x509.Time({"utc_time": validity.end}),
            },
            "subject": subject,
            "subject_public_key_info": keys.PublicKeyInfo.load(public.spki),
            "extensions": extensions,
        }
    )
    signature = gm.der_from_raw(gm.sign(issuer.key, tbs.dump()))
    made = asn1_x509.Certificate(
        {"tbs_certificate": tbs, "signature_algorithm": _ALGORITHM, "signature_value": signature}
    )
    return bytes(made.dump())


def _revocations(issuer: _Authority, revoked: list[GmIdentity], validity: _Validity) -> bytes:
    entries = [
        {
            "user_certificate": asn1_x509.Certificate.load(path.read_bytes()).serial_number,
            "revocation_date": asn1_x509.Time({"utc_time": validity.start}),
        }
        for one in revoked
        for path in (one.certificate, one.encryption)
    ]
    tbs = crl.TbsCertList(
        {
            "version": "v2",
            "signature": _ALGORITHM,
            "issuer": issuer.subject,
            "this_update": asn1_x509.Time({"utc_time": validity.start}),
            "next_update": asn1_x509.Time({"utc_time": validity.end}),
            **({"revoked_certificates": entries} if entries else {}),
            "crl_extensions": [{"extn_id": "crl_number", "critical": False, "extn_value": 1}],
        }
    )
    signature = gm.der_from_raw(gm.sign(issuer.key, tbs.dump()))
    made = crl.CertificateList(
        {"tbs_cert_list": tbs, "signature_algorithm": _ALGORITHM, "signature": signature}
    )
    return bytes(made.dump())


def _name(organisation: str, common: str, code: str | None) -> Any:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ]
    if code is not None:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, code))
    return asn1_x509.Name.load(x509.Name(parts).public_bytes())
