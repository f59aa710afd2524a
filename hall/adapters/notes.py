"""Signed notes, their co-signatures and their time stamps, for a runtime that knows nothing of their form."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hall.adapters.trust import Trust
from hall.config import Config
from hall.errors import HallError, Malformed, Refused, Unavailable
from hall.journal import cosignature
from hall.journal.checkpoint import body_of, origin_line, verifier_key
from hall.signing import tokens
from hall.signing.certificates import fingerprint, load_certificate, verify_signature
from hall.signing.timestamps import TimeSource


class Notes:
    """See `hall.runtime.proof_ports.Notes`. log_key: 32 raw bytes; roots: DER, of time-stamp authorities."""

    def __init__(
        self,
        origin: str,
        log_key: bytes,
        time_source: TimeSource,
        roots: Sequence[bytes],
        others: Sequence[bytes],
        *,
        rehearsal: bool,
    ) -> None:
        self._origin = origin
        self._log_key = log_key
        self._time = time_source
        self._roots = tuple(roots)
        self._others = tuple(others)
        self._rehearsal = rehearsal

    @classmethod
    def of(cls, config: Config, log_key: bytes, time_source: TimeSource, trust: Trust) -> Notes:
        """As the settings want them; stamps are believed that lead to the authorities' roots, else to the CA's."""
        roots, rehearsal = trust.tsa_roots or trust.roots, not config.production
        return cls(config.hall.origin, log_key, time_source, roots, trust.intermediates, rehearsal=rehearsal)

    def log_key(self, tender: str) -> str:
        """The log key as the note tools read it."""
        return verifier_key(origin_line(self._origin, tender, rehearsal=self._rehearsal), self._log_key)

    def digest(self, note: str) -> str:
        """SHA-256 of the text that a checkpoint's signatures cover, hex."""
        return hashlib.sha256(body_of(note).encode()).hexdigest()

    def cosigned(self, note: str, line: str, certificate: bytes) -> str:
        """Check a co-signature. Raises Malformed("malformed_cosignature"), Refused("wrong_certificate"),
        Refused("bad_signature")."""
        found = cosignature.read(line)
        if found.certificate != fingerprint(certificate):
            raise Refused("wrong_certificate", needed=found.certificate)
        covered = cosignature.signed_bytes(note, found.at)
        if not verify_signature(load_certificate(certificate), covered, found.signature):
            raise Refused("bad_signature")
        return found.certificate

    async def stamp(self, note: str) -> tuple[str, bytes]:
        """Have a checkpoint time-stamped: (internal or external, token). Raises Unavailable."""
        try:
            token = await self._time.stamper.async_timestamp(bytes.fromhex(self.digest(note)), "sha256")
        except HallError:
            raise
        except Exception as error:  # The library raises what it likes where an authority answers nonsense.
            raise Unavailable("time_stamps_unavailable", reason=type(error).__name__) from None
        return self._time.label, bytes(token.dump())

    def stamped_at(self, token: bytes, data: bytes) -> tuple[int, str]:
        """When a trusted authority stamped `data`. Raises Refused("stamp_does_not_fit" | "stamp_untrusted")."""
        try:
            said = tokens.check(token, data, self._roots, self._others)
        except Malformed as error:
            raise Refused("stamp_untrusted", reason=error.code) from None
        return said.at, said.by
