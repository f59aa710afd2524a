"""Certificates and signatures against the hall's configured trust roots and revocation lists."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

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
