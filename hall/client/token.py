"""A key holder whose private key lies in a token (UKey, smart card, HSM) behind PKCS#11, and never leaves it.

What lives here: finding certificates in a token, logging in to it, signing, and the two ways of unwrapping. What may
not: deciding what to sign or to unwrap; who asks has made the checks and has the person's consent.

Which wrap: an RSA token undoes OAEP with SHA-256 itself where its mechanism can. Many can do OAEP with SHA-1 only
(SoftHSM 2.6 among them); there the token does the raw RSA operation and `unpad_oaep` takes the padding off here, so
that the private key stays in the token all the same. A P-256 token derives the ECDH secret, and the rest (KDF, key
unwrap) is done here. Blocking: who runs a loop calls it in a thread, one at a time.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import KDF, MGF, Attribute, Mechanism, ObjectClass, TokenFlag
from pkcs11 import exceptions as p11

from hall.client.keys import Context, sign_act
from hall.errors import HallError, Refused, Unavailable
from hall.procurement.acts import SignedAct
from hall.signing import entrusted, sealed_bid, suite
from hall.signing.certificates import Certificate, load_certificate

_SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""DigestInfo of SHA-256 (RFC 8017, 9.2): what stands before the digest where a token signs PKCS#1 v1.5 blocks only."""


@dataclass(frozen=True, slots=True)
class Found:
    """A certificate in a token whose private key lies there too, and the issuers beside it (DER)."""

    token: str
    certificate: Certificate
    chain: tuple[bytes, ...]


class Tokens:
    """The tokens that one PKCS#11 library reaches."""

    def __init__(self, library: Path) -> None:
        """Raises Unavailable("token_library") when the library can't be loaded."""
        try:
            self._library = pkcs11.lib(str(library))
        except (p11.PKCS11Error, RuntimeError, OSError) as error:
            raise Unavailable("token_library", detail=str(error)) from None

    def certificates(self) -> list[Found]:
        """Give what can be used here. Raises Unavailable("token_absent") without any token in a slot."""
        with _plainly():
            tokens = list(self._library.get_tokens(token_flags=TokenFlag.TOKEN_INITIALIZED))
            if not tokens:
                raise Unavailable("token_absent")
            return [found for token in tokens for found in _certificates(token)]

    def locate(self, fingerprint: str) -> tuple[Found, str]:
        """Find the token with this certificate (SHA-256 of its DER, hex), and how many tries at its PIN are left:
        "some", "few", "one", "none".

        Raises Unavailable("token_absent"), Refused("token_certificate_absent", needed=...), Refused("token_has_sm2")
        for a key that PKCS#11 has no mechanisms for, before anybody is asked for a PIN.
        """
        found = next((f for f in self.certificates() if f.certificate.sha256 == fingerprint), None)
        if found is None:
            raise Refused("token_certificate_absent", needed=fingerprint)
        if found.certificate.kind is suite.KeyKind.SM2:
            raise Refused("token_has_sm2")
        with _plainly():
            return found, _tries(self._library.get_token(token_label=found.token))

    def open(self, fingerprint: str, pin: str) -> TokenKeys:
        """Log in to the token that has this certificate; the PIN is kept nowhere.

        Raises what `locate` raises, Refused("pin_wrong", tries=...) and Refused("pin_locked").
        """
        found, _ = self.locate(fingerprint)
        with _plainly():
            token = self._library.get_token(token_label=found.token)
            try:
                session = token.open(user_pin=pin)
            except (p11.PinIncorrect, p11.PinLenRange, p11.PinInvalid):
                left = _tries(self._library.get_token(token_label=found.token))
                raise Refused("pin_locked" if left == "none" else "pin_wrong", tries=left) from None
            except p11.PinLocked:
                raise Refused("pin_locked", tries="none") from None
            return TokenKeys(session, found)


class TokenKeys:
    """A `KeyHolder` over one open session. Raises Unavailable("token_absent") once the token was pulled out."""

    def __init__(self, session: Any, found: Found) -> None:
        # Whoever drops the keys without a word is logged out all the same.
        self._logging_out = weakref.finalize(self, _log_out, session)
        self._found = found
        # Whose session it is: it is logged out when these keys are dropped, and not before.
        self._session_of: TokenKeys | None = None
        with _plainly():
            self._key = _private_key(session, found.certificate)
            self._mechanisms = session.token.slot.get_mechanisms()

    @property
    def certificate(self) -> Certificate:
        return self._found.certificate

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Issuers' certificates that lie beside it, DER."""
        return self._found.chain

    def under(self, earlier: Certificate) -> TokenKeys:
        """The same key under a certificate that it had before; who asks has seen that it is this very key's."""
        other = copy.copy(self)
        other._found = replace(self._found, certificate=earlier)
        other._session_of = self
        return other

    def sign(self, data: bytes) -> bytes:
        """Sign as WebCrypto does; see `KeyHolder`."""
        digest = hashlib.sha256(data).digest()
        with _plainly():
            if self.certificate.kind is suite.KeyKind.P256:
                return bytes(self._key.sign(digest, mechanism=Mechanism.ECDSA))
            if Mechanism.SHA256_RSA_PKCS in self._mechanisms:
                return bytes(self._key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
            return bytes(self._key.sign(_SHA256_INFO + digest, mechanism=Mechanism.RSA_PKCS))

    def sign_act(self, kind: str, context: Context, server_nonce: str, body: dict[str, object]) -> SignedAct:
        """Make and sign one act; see `keys.sign_act`."""
        return sign_act(self, kind, context, server_nonce, body)

    def unwrap(self, header: sealed_bid.SealedHeader) -> bytes:
        """Give the content key of a sealed bid; raises what `sealed_bid.unwrap` raises."""
        return sealed_bid.unwrap(header, self, self.certificate)

    def open_entrusted(self, envelope: bytes, inner: str, place: entrusted.Place) -> bytes:
        """Open as a custodian; see `KeyHolder`."""
        return entrusted.open_entrusted(envelope, inner, place, self, self.certificate)

    def decrypt_oaep(self, encrypted_key: bytes) -> bytes:
        """Undo RSA-OAEP with SHA-256: in the token, or raw in the token and unpadded here."""
        with _plainly():
            if not hasattr(self._key, "decrypt"):
                raise Refused("token_cannot_unwrap")  # a key whose attributes allow signatures only
            try:
                parameters = (Mechanism.SHA256, MGF.SHA256, b"")
                return bytes(
                    self._key.decrypt(
                        encrypted_key, mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=parameters
                    )
                )
            except (p11.ArgumentsBad, p11.MechanismParamInvalid, p11.MechanismInvalid):
                if Mechanism.RSA_X_509 not in self._mechanisms:
                    raise Refused("token_cannot_unwrap") from None
            return unpad_oaep(bytes(self._key.decrypt(encrypted_key, mechanism=Mechanism.RSA_X_509)))

    def agree(self, point: bytes) -> bytes:
        """Give the ECDH secret with `point`, which is first seen to lie on the curve."""
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        secret_only = {
            Attribute.TOKEN: False,
            Attribute.SENSITIVE: False,
            Attribute.EXTRACTABLE: True,
        }
        with _plainly():
            if Mechanism.ECDH1_DERIVE not in self._mechanisms or not hasattr(self._key, "derive_key"):
                raise Refused("token_cannot_unwrap")
            secret = self._key.derive_key(
                pkcs11.KeyType.GENERIC_SECRET,
                256,
                mechanism=Mechanism.ECDH1_DERIVE,
                mechanism_param=(KDF.NULL, None, point),
                template=secret_only,
            )
            return bytes(secret[Attribute.VALUE])

    def decrypt_sm2(self, cipher: bytes) -> bytes:
        """SM2 keys lie behind other interfaces than PKCS#11; an envelope for one was made for another key."""
        raise ValueError("the envelope is for an SM2 key")

    def close(self) -> None:
        """Log out; the token wants its PIN again afterwards."""
        self._logging_out()


def _log_out(session: Any) -> None:
    try:
        session.close()
    except p11.PKCS11Error:
        pass  # pulled out: there is nothing left to close


def unpad_oaep(block: bytes) -> bytes:
    """Take the padding of RSA-OAEP (SHA-256, MGF1-SHA256, no label) off a decrypted block (RFC 8017, 7.1.2).

    Every check is made before any is judged, so that one failure looks and lasts like another. ValueError otherwise.
    """
    size = hashlib.sha256().digest_size
    if len(block) < 2 * size + 2:
        raise ValueError("decryption failed")
    seed = _xor(block[1 : 1 + size], _mgf1(block[1 + size :], size))
    data = _xor(block[1 + size :], _mgf1(seed, len(block) - size - 1))
    wrong = block[0] | (not hmac.compare_digest(data[:size], hashlib.sha256(b"").digest()))
    # Zeros, then a one, then the message: look at every byte, whichever of them decides.
    start, ended = 0, 0
    for at in range(size, len(data)):
        one = data[at] == 1
        wrong |= (not ended) & (not one) & (data[at] != 0)
        start |= (at + 1) * ((not ended) & one)
        ended |= one
    if wrong | (not ended):
        raise ValueError("decryption failed")
    return data[start:]


def _mgf1(seed: bytes, length: int) -> bytes:
    blocks = (hashlib.sha256(seed + n.to_bytes(4, "big")).digest() for n in range(-(-length // 32)))
    return b"".join(blocks)[:length]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _certificates(token: Any) -> Iterator[Found]:
    """Certificates that a key goes with are those that are no authority's; a token without a login shows no keys."""
    with token.open() as session:
        ders = [
            bytes(item[Attribute.VALUE])
            for item in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
        ]
    read = []
    for der in ders:
        try:
            read.append(load_certificate(der))
        except HallError:
            continue  # of a kind that the hall doesn't take, such as a CA's with another curve
    issuers = {one.issuer for one in read if one.issuer != one.subject}
    for one in read:
        if one.subject not in issuers:
            yield Found(token.label, one, tuple(der for der in ders if der != one.der))


def _private_key(session: Any, certificate: Certificate) -> Any:
    """The private key with the certificate's CKA_ID. Searches are read to their end: a session has one at a time."""
    certificates = list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
    ids = [one[Attribute.ID] for one in certificates if bytes(one[Attribute.VALUE]) == certificate.der]
    for name in ids:
        keys = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: name}))
        if keys:
            return keys[0]
    raise Refused("token_certificate_absent", needed=certificate.sha256)


def _tries(token: Any) -> str:
    """How many tries at the PIN the token says are left; few tokens say more than this."""
    flags = token.flags
    if flags & TokenFlag.USER_PIN_LOCKED:
        return "none"
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        return "one"
    return "few" if flags & TokenFlag.USER_PIN_COUNT_LOW else "some"


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn what the library raises into the hall's few refusals."""
    try:
        yield
    except HallError:
        raise
    except (p11.DeviceRemoved, p11.TokenNotPresent, p11.NoSuchToken, p11.SessionHandleInvalid):
        raise Unavailable("token_absent") from None
    except (p11.EncryptedDataInvalid, p11.EncryptedDataLenRange):
        raise ValueError("decryption failed") from None
    except p11.PKCS11Error as error:
        raise Unavailable("token_failed", detail=type(error).__name__) from None
