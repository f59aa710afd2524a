"""The earlier certificate of a key that was renewed: what was sealed to it is opened under it (clause 5.2.3).

What may not live here: trust in who sends it. Whatever certificate the hall gives, it has to hold this very key,
and the bidder's own deposit statement has to name it and to be signed by it.
"""

from __future__ import annotations

from dataclasses import replace

from hall.client.keys import Identity, KeyHolder
from hall.errors import Refused
from hall.signing.certificates import load_certificate, renews


def formerly(holder: KeyHolder, earlier: bytes) -> KeyHolder:
    """The same key under its earlier certificate (DER). Raises Refused("wrong_certificate") where that holds another
    key or names another holder, and where the key lies in a token, whose program knows its own certificate alone."""
    before = load_certificate(earlier)
    if not isinstance(holder, Identity) or not renews(holder.certificate, before):
        raise Refused("wrong_certificate", needed=before.sha256)
    return replace(holder, certificate=before)
