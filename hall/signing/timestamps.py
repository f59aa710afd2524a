"""Time stamps (RFC 3161): the hall's own small authority, and the port through which an outside one is named.

A `TimeSource` is what signers of PDFs are handed. `InternalTimeStamps` answers from the hall's own clock and
key, so it proves order to the hall's users and nothing to strangers: it is labelled *internal* and verdicts
that rest on it say so. Production names an outside authority by its address. Nothing here reads a clock; hall
time is injected.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper

from hall.clock import Clock
from hall.errors import Unavailable
from hall.signing import suite
from hall.signing.certificates import load_certificate

INTERNAL = "internal"
EXTERNAL = "external"

POLICY = "2.25.302017339"
"""Policy under which the internal authority stamps: hall time of this machine, no outside audit."""

_DIGESTS = {"sha256": 32, "sha384": 48, "sha512": 64}
_SERIAL_BITS = 127


class TimeSource(Protocol):
    """Where time stamps come from."""

    @property
    def label(self) -> str:
        """`internal` or `external`."""
        ...

    @property
    def stamper(self) -> Any:
        """The library's TimeStamper (untyped there); asking it may raise `Unavailable`."""
        ...


class OutsideTimeStamps:
    """A time-stamp authority at an address from the configuration; never from a document or a certificate."""

    label = EXTERNAL

    def __init__(self, url: str, timeout_s: int = 10) -> None:
        self.stamper = _Outside(url, timeout=timeout_s)


class InternalTimeStamps:
    """The hall's own authority."""

    label = INTERNAL

    def __init__(
        self, certificate_der: bytes, key: suite.PrivateKey, clock: Clock, chain: Sequence[bytes] = ()
    ) -> None:
        """chain: DER of the issuing certificates, sent along with each token."""
        self._certificate = asn1_x509.Certificate.load(certificate_der)
        self._kind = load_certificate(certificate_der).kind
        self._key = key
        self._clock = clock
        self._chain = [asn1_x509.Certificate.load(der) for der in chain]
        self.stamper = _Internal(self)

    def respond(self, request_der: bytes) -> bytes:
        """Answer a DER TimeStampReq with a DER TimeStampResp; an unknown digest or bad length is rejected as
        RFC 3161 says."""
        return bytes(self.answer(tsp.TimeStampReq.load(request_der)).dump())

    def answer(self, request: Any) -> Any:
        """The same on parsed objects."""
        imprint = request["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        if len(imprint["hashed_message"].native) != _DIGESTS.get(algorithm):
            status = {"status": "rejection", "fail_info": tsp.PKIFailureInfo({"bad_alg"})}
            return _Rejection({"status": tsp.PKIStatusInfo(status)})
        now = self._clock.now()
        info: dict[str, object] = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(_SERIAL_BITS) | 1 << (_SERIAL_BITS - 1),
            "gen_time": datetime.fromtimestamp(now // 1000, tz=UTC),
            # The time is cut to the second, and says so.
            "accuracy": tsp.Accuracy({"seconds": 1}),
        }
        if request["nonce"].native is not None:
            info["nonce"] = request["nonce"]
        token = self._token(tsp.TSTInfo(info).dump(), with_certificates=bool(request["cert_req"].native))
        return tsp.TimeStampResp(
            {"status": tsp.PKIStatusInfo({"status": "granted"}), "time_stamp_token": token}
        )

    def _token(self, info: bytes, *, with_certificates: bool) -> Any:
        own = self._certificate
        named = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(own.dump()).digest()})
        attributes = cms.CMSAttributes(
            [
                _attribute("content_type", "tst_info"),
                _attribute("message_digest", hashlib.sha256(info).digest()),
                _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [named]})),
            ]
        )
        signature = suite.sign(self._key, attributes.dump())
        ecdsa = self._kind is suite.KeyKind.P256
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    {
                        "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                            {"issuer": own.issuer, "serial_number": own.serial_number}
                        )
                    }
                ),
                "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                "signature_algorithm": algos.SignedDigestAlgorithm(
                    {"algorithm": "sha256_ecdsa" if ecdsa else "sha256_rsa"}
                ),
                "signed_attrs": attributes,
                "signature": suite.der_from_raw(signature) if ecdsa else signature,
            }
        )
        content = {"content_type": "tst_info", "content": core.ParsableOctetString(info)}
        signed: dict[str, object] = {
            "version": "v3",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
            "encap_content_info": cms.EncapsulatedContentInfo(content),
            "signer_infos": [signer],
        }
        if with_certificates:
            signed["certificates"] = [own, *self._chain]
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


class _Rejection(core.Sequence):  # type: ignore[misc]  # asn1crypto ships no types
    """A TimeStampResp without a token, which asn1crypto's own class can't write though RFC 3161 allows it."""

    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012  # the library's way


class _Internal(TimeStamper):
    def __init__(self, authority: InternalTimeStamps) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # missing in the library's types
        self._authority = authority

    async def async_request_tsa_response(self, req: Any) -> Any:
        return self._authority.answer(req)


class _Outside(HTTPTimeStamper):
    async def async_request_tsa_response(self, req: Any) -> Any:
        try:
            return await super().async_request_tsa_response(req)
        except (OSError, TimeoutError, ValueError) as error:
            raise Unavailable("time_stamps_unavailable", url=self.url) from error


def _attribute(kind: str, value: object) -> Any:
    return cms.CMSAttribute({"type": kind, "values": [value]})
