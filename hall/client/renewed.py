"""The earlier certificate of a key that was renewed: what was sealed to it is opened under it (clause 5.2.3).

What may not live here: trust in who sends it. Whatever certificate the hall gives, it has to hold this very key,
and the bidder's own deposit statement has to name it and to be signed by it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, runtime_checkable

from hall.client.keys import Identity, KeyHolder
from hall.errors import Refused
from hall.signing.certificates import Certificate, load_certificate, renews


@runtime_checkable
class _Renewable(Protocol):
    """A holder of other keys than a file's, such as a token's, that can stand under an earlier certificate."""

    def under(self, earlier: Certificate) -> KeyHolder: ...


def formerly(holder: KeyHolder, earlier: bytes) -> KeyHolder:
    """The same key under its earlier certificate (DER), in a file or in a token. Raises Refused("wrong_certificate")
    where that holds another key or names another holder, and for a pair of keys."""
    before = load_certificate(earlier)
    if renews(holder.certificate, before):
        if isinstance(holder, Identity):
            return replace(holder, certificate=before)
        if isinstance(holder, _Renewable):
            return holder.under(before)
    raise Refused("wrong_certificate", needed=before.sha256)
