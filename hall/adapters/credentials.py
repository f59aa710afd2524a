"""Certificates and signatures against the hall's configured trust roots and revocation lists."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from hall.errors import Refused
from hall.procurement.acts import SignedAct
from hall.runtime.ports import CertificateStatus
from hall.signing import certificates, entrusted, gm_pairs, sealed_bid


class Credentials:
    """roots, intermediates, crls: lists of DER. Nothing that a presented certificate names is ever fetched."""

    def __init__(self, roots: Sequence[bytes], intermediates: Sequence[bytes], crls: Sequence[bytes]) -> None:
        self._roots = tuple(roots)
        self._intermediates = tuple(intermediates)
        self._crls = tuple(crls)

    def verify_act(self, act: SignedAct, certificate: bytes) -> None:
        """Raises Refused("wrong_certificate") or Refused("bad_signature")."""
        certificates.verify_act(act, certificate)

    async def status(self, certificate: bytes, now: int, answers: Sequence[bytes] = ()) -> CertificateStatus:
        """Chain, validity and revocation at `now`, ms UTC; `answers`: those of OCSP responders that are at hand.

        Raises Malformed("malformed_certificate").
        """
        loaded = certificates.load_certificate(certificate)
        found = await asyncio.to_thread(
            certificates.check_chain, loaded, now, self._roots, self._intermediates, self._crls, answers
        )
        return CertificateStatus(found.code, found.revocation, loaded.issuer)

    def same_holder(self, certificate: bytes, known: Iterable[bytes]) -> bytes | None:
        """See `Certificates.same_holder`."""
        loaded = certificates.load_certificate(certificate)
        same = (der for der in known if certificates.renews(loaded, certificates.load_certificate(der)))
        return next(same, None)

    async def succession(
        self,
        previous: bytes,
        present: bytes,
        consent: SignedAct | None,
        now: int,
        answers: Sequence[bytes] = (),
    ) -> bool:
        """See `Certificates.succession`."""
        old, new = certificates.load_certificate(previous), certificates.load_certificate(present)
        if not certificates.same_subject(old, new):
            raise Refused("another_holder")
        for der, loaded, at in ((previous, old, min(now, old.not_after)), (present, new, now)):
            status = await self.status(der, at, answers)
            if status.code:
                raise Refused(status.code, certificate=loaded.sha256)
        if old.spki == new.spki:
            return True
        if consent is None:
            raise Refused("consent_missing", needed=old.sha256)
        certificates.verify_act(consent, previous)
        if consent.type != "hand_over_certificate" or consent.body_json() != {"present": new.sha256}:
            raise Refused("consent_missing", needed=old.sha256)
        return False

    def check_sealed_for(self, header: bytes, certificate: bytes, recipient: bytes | None, now: int) -> None:
        """See `ports.Certificates`."""
        parsed = sealed_bid.parse_header(header)
        signer = certificates.load_certificate(certificate)
        other = certificates.load_certificate(recipient) if recipient is not None else signer
        if recipient is not None:
            gm_pairs.check_recipient(other, now, self._roots, self._intermediates, self._crls)
        sealed_bid.check_deposit(
            parsed,
            tender=parsed.tender,
            lot=parsed.lot,
            bidder=parsed.bidder,
            certificate=other,
            signer=signer,
        )

    def check_entrusted_to(self, envelope: bytes, certificate: bytes) -> None:
        """A key's envelope has this one recipient. Raises Malformed("malformed_cms"), Refused("wrong_custodians")."""
        entrusted.check_for(envelope, certificates.load_certificate(certificate))
