"""Supervisor and notary may co-sign checkpoints with SM2: the certificate names the algorithm, the line does not."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hall.adapters.notes import Notes
from hall.errors import Refused
from hall.journal import cosignature
from hall.journal.checkpoint import SignedRoot, sign
from tests.gm_world import pair

NOTE = sign(SignedRoot("hall.example/T", 7, "ab" * 32, ()), Ed25519PrivateKey.generate())


def test_a_checkpoint_is_cosigned_with_sm2() -> None:
    who, at = pair("gm-b1"), 1_795_309_200
    signature = who.sign(cosignature.signed_bytes(NOTE, at))
    line = cosignature.write(cosignature.Cosignature(who.certificate.sha256, at, signature))
    notes = object.__new__(Notes)  # what checks a line needs nothing of the stamps beside it
    assert notes.cosigned(NOTE, line, who.certificate.der) == who.certificate.sha256
    later = cosignature.write(cosignature.Cosignature(who.certificate.sha256, at + 1, signature))
    with pytest.raises(Refused, match="bad_signature"):
        notes.cosigned(NOTE, later, who.certificate.der)
