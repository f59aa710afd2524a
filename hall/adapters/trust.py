"""Whom this hall trusts: the CA roots, issuing CAs and revocation lists of the settings, read from disk.

What may not live here: the network. Lists are put in place by the operator and read again every few minutes; what is
fetched besides comes from `RevocationSources`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hall.adapters.credentials import Credentials
from hall.adapters.revocation_sources import RevocationSources, Source
from hall.config import BadConfig, SigningSection
from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.runtime.ports import CertificateStatus
from hall.signing.certificates import is_demo_root

log = logging.getLogger("hall.trust")

_FRESH_MS: Final = 10 * 60 * 1000


class Trust:
    """The hall's `Certificates`. Raises BadConfig for a file that can't be read."""

    def __init__(self, signing: SigningSection) -> None:
        self.roots = tuple(_certificate(path, "signing.ca_roots") for path in signing.ca_roots)
        self.tsa_roots = tuple(_certificate(path, "signing.tsa_roots") for path in signing.tsa_roots)
        self.intermediates = tuple(
            _certificate(path, "signing.ca_intermediates") for path in signing.ca_intermediates
        )
        self.sources = tuple(
            Source(_certificate(one.issuer, f"signing.revocation[{n}].issuer"), one.crl, one.ocsp)
            for n, one in enumerate(signing.revocation)
        )
        self.heard: RevocationSources | None = None
        """What the sources said; None in a hall that does not ask."""
        self._crl_files = signing.crls
        self._known = _read_again(signing.crls, {})
        self._read_at: int | None = None

    @property
    def digest(self) -> str:
        """What tenders and receipts promise of the roots: SHA-256 of the canonical JSON of their sorted base64 DER."""
        return hashlib.sha256(canonical.dumps(sorted(encoded(self.roots)))).hexdigest()

    @property
    def crls(self) -> tuple[bytes, ...]:
        """All revocation lists at hand, DER."""
        heard = () if self.heard is None else self.heard.crls
        return (*self._known.values(), *heard)

    def answers(self, certificates: Iterable[bytes]) -> tuple[bytes, ...]:
        """The newest OCSP answers about these certificates and the issuing CAs, as they were signed."""
        return () if self.heard is None else self.heard.answers((*certificates, *self.intermediates))

    @property
    def is_demo(self) -> bool:
        """Whether a demo CA is among the roots."""
        return any(is_demo_root(root) for root in self.roots)

    def verify_act(self, act: SignedAct, certificate: bytes) -> None:
        """Raises Refused("wrong_certificate") or Refused("bad_signature")."""
        self._credentials().verify_act(act, certificate)

    def check_sealed_for(self, header: bytes, certificate: bytes, recipient: bytes | None, now: int) -> None:
        """See `ports.Certificates`."""
        self._credentials().check_sealed_for(header, certificate, recipient, now)

    def check_entrusted_to(self, envelope: bytes, certificate: bytes) -> None:
        """See `ports.Certificates`."""
        self._credentials().check_entrusted_to(envelope, certificate)

    async def status(self, certificate: bytes, now: int) -> CertificateStatus:
        """Chain, validity and revocation at hall time `now`. Raises Malformed("malformed_certificate")."""
        if self._read_at is None or now - self._read_at >= _FRESH_MS:
            self._read_at = now
            self._known = await asyncio.to_thread(_read_again, self._crl_files, self._known)
        return await self._credentials().status(certificate, now, self.answers((certificate,)))

    def same_holder(self, certificate: bytes, known: Iterable[bytes]) -> bytes | None:
        """Which of `known` this certificate renews: the same key, the same subject."""
        return self._credentials().same_holder(certificate, known)

    async def succession(self, previous: bytes, present: bytes, consent: SignedAct | None, now: int) -> bool:
        """See `Certificates.succession`."""
        said = self.answers((previous, present))
        return await self._credentials().succession(previous, present, consent, now, said)

    def _credentials(self) -> Credentials:
        return Credentials(self.roots, self.intermediates, self.crls)


def encoded(ders: Iterable[bytes]) -> list[str]:
    """DER as base64 texts."""
    return [base64.b64encode(der).decode("ascii") for der in ders]


def _certificate(path: Path, setting: str) -> bytes:
    data = _bytes(path, setting)
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
        return x509.load_der_x509_certificate(data).public_bytes(Encoding.DER)
    except ValueError:
        raise BadConfig(f"{setting}: {path} holds no certificate (PEM or DER)") from None


def _read_again(paths: Iterable[Path], known: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """The lists as they lie on disk now. One that can't be read is no reason to let nobody in (clause 4.9): what was
    read of it before holds on, and without that its issuer's word is unknown."""
    found = dict(known)
    for path in paths:
        try:
            found[path] = _list(path)
        except BadConfig as error:
            log.error("a revocation list is left as it was: %s", error)
    return found


def _list(path: Path) -> bytes:
    data = _bytes(path, "signing.crls")
    try:
        pem = b"-----BEGIN" in data
        read = x509.load_pem_x509_crl(data) if pem else x509.load_der_x509_crl(data)
    except ValueError:
        raise BadConfig(f"signing.crls: {path} holds no revocation list (PEM or DER)") from None
    return read.public_bytes(Encoding.DER)


def _bytes(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadConfig(f"{setting}: {path}: {error.strerror}") from None
