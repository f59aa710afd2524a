"""The words of letters from matters, Chinese first and English beside it: data, no code.

Like `words.TEXTS`, to which these belong: a placeholder is a fact of the letter (`hall.runtime.matter_letters`) or one
of `words.HEAD`. No text names a bidder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hall.notices.words import Both

MATTER_TEXTS: Final[Mapping[str, Both]] = {}
"""Kind of letter → words."""
