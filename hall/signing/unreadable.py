"""What the library raises where a certificate, a list or an answer from elsewhere cannot be read.

Its own errors about certificates are no ValueErrors, and extensions are read only when they are asked for: whoever
looks into one that was handed in catches all of these. Nothing else lives here.
"""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
