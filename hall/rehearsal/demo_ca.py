"""The demo CA: a whole certificate world for demonstrations, rehearsals and tests, made anew each time.

What lives here: a root, an issuing CA, its revocation lists, a time-stamp certificate, bidders and staff
with PKCS#12 files, and the odd ones that must be refused (expired, revoked, of a foreign CA). Everything is
written into one directory with an index. Nothing of it is ever committed, and production refuses it: the
root carries a critical private extension that other software does not know and that the hall looks for
(`hall.signing.certificates.is_demo_root`).
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hall.procurement.standing import check_character
from hall.signing.certificates import DEMO_MARK

PASSWORD: Final = "demo1234"
"""Password of every PKCS#12 file of the demo."""

INDEX: Final = "demo_pki.json"

STAFF: Final = {
    "host": ("演示市招标代理有限公司", "张晓"),
    "procuring_entity": ("演示市城乡建设中心", "李明"),
    "supervisor": ("演示市公共资源交易监督局", "王芳"),
    "announcer": ("演示市招标代理有限公司", "赵敏"),
    "scrutineer": ("演示市公共资源交易中心", "孙强"),
    "clerk": ("演示市招标代理有限公司", "周静"),
}
"""Role -> organisation and person. Invented."""

ON_CALL: Final = {
    "notary": ("notary", "演示市公证处", "郑岩"),
    "regulator": ("regulator", "演示市行政审批服务管理局", "吴悦"),
    "trading_centre": ("trading_centre", "演示市公共资源交易中心", "钱江"),
    "deputy_host": ("host", "演示市招标代理有限公司", "冯磊"),
    "substitute_clerk": ("clerk", "演示市招标代理有限公司", "何洁"),
    "agency": ("procuring_entity", "演示市招标代理有限公司", "陈静"),
}
"""Id -> role, organisation and person: who has a certificate and holds no post unless an opening names them."""

EXPERTS: Final = ("韩松", "蒋兰", "沈毅", "许静", "何川", "吕梅", "施诚", "孔宁", "曹雨")
"""Experts of the demo, who may be drawn into an evaluation committee. Invented."""

_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES: Final = "子丑寅卯辰巳午未申酉戌亥"
_SIGNING: Final = ("digital_signature", "content_commitment")
_CA: Final = ("key_cert_sign", "crl_sign")
_PERSON: Final = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION)
_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class DemoIdentity:
    """One certificate with its key. `id` is a name for files and participants, `name` what people read."""

    id: str
    role: str
    name: str
    organisation: str
    sha256: str
    certificate: Path
    """DER."""
    certificate_pem: Path
    key: Path
    """PKCS#8 PEM without password."""
    p12: Path


@dataclass(frozen=True, slots=True)
class DemoPki:
    """All that `issue_demo` made. Paths are absolute; certificates and CRLs are DER."""

    directory: Path
    root: Path
    issuing: Path
    crls: tuple[Path, ...]
    tsa: DemoIdentity
    seal: DemoIdentity
    bidders: tuple[DemoIdentity, ...]
    staff: tuple[DemoIdentity, ...]
    on_call: tuple[DemoIdentity, ...]
    experts: tuple[DemoIdentity, ...]
    expired: DemoIdentity
    revoked: DemoIdentity
    foreign: DemoIdentity
    foreign_root: Path

    def by_role(self, role: str) -> DemoIdentity:
        """Give the member of staff with this role."""
        return next(one for one in self.staff if one.role == role)


@dataclass(frozen=True, slots=True)
class _Issuer:
    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class _Validity:
    start: datetime
    end: datetime


def issue_demo(directory: Path, *, bidders: int, now_ms: int) -> DemoPki:
    """Make the demo world in `directory` (created), valid from a day before `now_ms` for two years; read it
    again with `load_demo`. The first bidder has an RSA-3072 key, all others P-256."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    wide = _Validity(now - timedelta(days=1), now + timedelta(days=730))
    root = _authority(directory, "root", "招投标演示根CA", None, wide, demo=True)
    issuing = _authority(directory, "issuing", "招投标演示签发CA", root, wide)
    foreign_root = _authority(directory, "foreign_root", "外来根CA", None, wide)

    def person(
        one: str,
        role: str,
        organisation: str,
        name: str,
        issuer: _Issuer = issuing,
        validity: _Validity = wide,
    ) -> DemoIdentity:
        return _identity(
            directory, one, role, organisation, name, issuer, validity, code=credit_code(organisation)
        )

    made = [person(f"b{n + 1}", "bidder", bidder_name(n), bidder_name(n)) for n in range(bidders)]
    staff = [person(role, role, organisation, name) for role, (organisation, name) in STAFF.items()]
    on_call = [person(one, *about) for one, about in ON_CALL.items()]
    experts = [
        person(f"expert{n}", "evaluator", f"演示专家工作单位{n}", name) for n, name in enumerate(EXPERTS, 1)
    ]
    past = _Validity(now - timedelta(days=400), now - timedelta(days=2))
    expired = person("expired", "bidder", "演示过期建设有限公司", "演示过期建设有限公司", validity=past)
    revoked = person("revoked", "bidder", "演示吊销建设有限公司", "演示吊销建设有限公司")
    foreign = person("foreign", "bidder", "演示外来建设有限公司", "演示外来建设有限公司", issuer=foreign_root)
    tsa = _identity(
        directory, "tsa", "tsa", "演示市公共资源交易中心", "演示时间戳服务(内部)", issuing, wide, code=None
    )
    seal = person("seal", "seal", "演示市公共资源交易中心", "演示开标大厅电子签章")
    crls = (
        _revocation_list(directory / "root.crl", root, [], wide),
        _revocation_list(directory / "issuing.crl", issuing, [revoked], wide),
    )
    pki = DemoPki(
        directory=directory,
        root=directory / "root.der",
        issuing=directory / "issuing.der",
        crls=crls,
        tsa=tsa,
        seal=seal,
        bidders=tuple(made),
        staff=tuple(staff),
        on_call=tuple(on_call),
        experts=tuple(experts),
        expired=expired,
        revoked=revoked,
        foreign=foreign,
        foreign_root=directory / "foreign_root.der",
    )
    index = json.dumps(asdict(pki), ensure_ascii=False, indent=1, default=lambda path: Path(path).name)
    (directory / INDEX).write_text(index + "\n", encoding="utf-8")
    return pki


def load_demo(directory: Path) -> DemoPki:
    """Read the index that `issue_demo` wrote."""
    directory = directory.resolve()
    index = json.loads((directory / INDEX).read_text(encoding="utf-8"))

    def identity(shown: dict[str, str]) -> DemoIdentity:
        return DemoIdentity(
            id=shown["id"],
            role=shown["role"],
            name=shown["name"],
            organisation=shown["organisation"],
            sha256=shown["sha256"],
            certificate=directory / shown["certificate"],
            certificate_pem=directory / shown["certificate_pem"],
            key=directory / shown["key"],
            p12=directory / shown["p12"],
        )

    return DemoPki(
        directory=directory,
        root=directory / index["root"],
        issuing=directory / index["issuing"],
        crls=tuple(directory / name for name in index["crls"]),
        tsa=identity(index["tsa"]),
        seal=identity(index["seal"]),
        bidders=tuple(identity(one) for one in index["bidders"]),
        staff=tuple(identity(one) for one in index["staff"]),
        on_call=tuple(identity(one) for one in index["on_call"]),
        experts=tuple(identity(one) for one in index["experts"]),
        expired=identity(index["expired"]),
        revoked=identity(index["revoked"]),
        foreign=identity(index["foreign"]),
        foreign_root=directory / index["foreign_root"],
    )


def bidder_name(n: int) -> str:
    """Give the n-th (from 0) invented company: 甲建设有限公司, … 癸建设有限公司, then 甲亥, 乙子 and so on."""
    stem = _STEMS[n % 10]
    cycle = _BRANCHES[n % 12] if n >= 10 else ""
    number = str(n // 60) if n >= 60 else ""
    return f"演示{stem}{cycle}{number}建设有限公司"


def credit_code(organisation: str) -> str:
    """Invent a unified credit code; division 000000 exists nowhere, so it is nobody's."""
    digits = int.from_bytes(hashlib.sha256(organisation.encode()).digest()[:4], "big") % 10**8
    seventeen = f"91000000MA{digits % 10**7:07d}"
    return seventeen + check_character(seventeen)


def _name(organisation: str, common: str, code: str | None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if organisation:  # an individual's certificate names none
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common))
    if code is not None:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, code))
    return x509.Name(parts)


def _certificate(
    subject: x509.Name,
    key: PrivateKey,
    issuer: _Issuer | None,
    validity: _Validity,
    usages: tuple[str, ...],
    *,
    path_length: int | None = None,
    extended: tuple[x509.ObjectIdentifier, ...] = (),
    demo: bool = False,
) -> x509.Certificate:
    signing_key = issuer.key if issuer else key
    authority = "key_cert_sign" in usages
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.start)
        .not_valid_after(validity.end)
        .add_extension(x509.BasicConstraints(authority, path_length), critical=True)
        .add_extension(x509.KeyUsage(**{usage: usage in usages for usage in _USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
        )
    )
    if extended:
        critical = ExtendedKeyUsageOID.TIME_STAMPING in extended  # RFC 3161 2.3
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=critical)
    if demo:
        builder = builder.add_extension(x509.UnrecognizedExtension(DEMO_MARK, b"\x05\x00"), critical=True)
    return builder.sign(signing_key, hashes.SHA256())


def _authority(
    directory: Path, one: str, common: str, issuer: _Issuer | None, validity: _Validity, *, demo: bool = False
) -> _Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    length = 1 if issuer is None else 0
    subject = _name("招投标演示CA" if demo or issuer else "外来CA", common, None)
    made = _certificate(subject, key, issuer, validity, _CA, path_length=length, demo=demo)
    _write_public(directory, one, made)
    _write_key(directory / f"{one}.key.pem", key)
    return _Issuer(made, key, (made, *(issuer.chain if issuer else ())))


def _identity(
    directory: Path,
    one: str,
    role: str,
    organisation: str,
    name: str,
    issuer: _Issuer,
    validity: _Validity,
    *,
    code: str | None,
) -> DemoIdentity:
    key: PrivateKey
    usages: tuple[str, ...]
    if one == "b1":
        key, usages = rsa.generate_private_key(65537, 3072), (*_SIGNING, "key_encipherment")
    else:
        key, usages = ec.generate_private_key(ec.SECP256R1()), (*_SIGNING, "key_agreement")
    extended: tuple[x509.ObjectIdentifier, ...] = _PERSON
    if role == "tsa":
        usages, extended = _SIGNING, (ExtendedKeyUsageOID.TIME_STAMPING,)
    made = _certificate(_name(organisation, name, code), key, issuer, validity, usages, extended=extended)
    _write_public(directory, one, made)
    _write_key(directory / f"{one}.key.pem", key)
    protection = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(20_000)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(PASSWORD.encode())
    )
    p12 = pkcs12.serialize_key_and_certificates(one.encode(), key, made, list(issuer.chain), protection)
    (directory / f"{one}.p12").write_bytes(p12)
    return DemoIdentity(
        id=one,
        role=role,
        name=name,
        organisation=organisation,
        sha256=hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest(),
        certificate=directory / f"{one}.der",
        certificate_pem=directory / f"{one}.pem",
        key=directory / f"{one}.key.pem",
        p12=directory / f"{one}.p12",
    )


def _revocation_list(path: Path, issuer: _Issuer, revoked: list[DemoIdentity], validity: _Validity) -> Path:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(validity.start)
        .next_update(validity.end)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
        )
    )
    for one in revoked:
        serial = x509.load_der_x509_certificate(one.certificate.read_bytes()).serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(validity.start)
        builder = builder.add_revoked_certificate(entry.build())
    path.write_bytes(builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    return path


def _write_public(directory: Path, one: str, certificate: x509.Certificate) -> None:
    (directory / f"{one}.der").write_bytes(certificate.public_bytes(serialization.Encoding.DER))
    (directory / f"{one}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _write_key(path: Path, key: PrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
