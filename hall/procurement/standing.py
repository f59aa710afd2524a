"""What kind of party somebody is before the law, and the numbers by which each kind is known (clauses 3.2, 3.3).

Who invites bids is a legal person or another organisation (Bidding Law art. 8); so is who bids (art. 25), but for a
research project whose documents let individuals bid. Organisations are known by their unified social credit code
(GB 32100), an individual by the number of its identity document, which is personal and stands in no row.

Pure arithmetic and words. What may not live here: who is registered (`hall.tendering.directory`), certificates.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class Standing(StrEnum):
    LEGAL_PERSON = "legal_person"
    """法人"""

    ORGANISATION = "organisation"
    """其他组织: no legal person of its own, such as a partnership or a branch with a licence."""

    NATURAL_PERSON = "natural_person"
    """自然人"""


class Paper(StrEnum):
    """The document that an individual's number is taken from."""

    IDENTITY_CARD = "identity_card"
    PASSPORT = "passport"
    PERMIT = "permit"
    """A residence or travel permit."""


_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: I, O, S, V and Z are left out, for they are misread."""

_CODE: Final = re.compile(rf"[1-9A-HJ-NP-RTUWXY][1-9][0-9]{{6}}[{_ALPHABET}]{{10}}")
"""Who registered it, what it is, the administrative division, nine characters of the body's own code, the check."""

_CARD: Final = re.compile(
    r"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]"
)
_OTHER: Final = re.compile(r"[0-9A-Z]{5,20}")
_CARD_CHECK: Final = "10X98765432"
_SHOWN: Final = 4


def check_character(seventeen: str) -> str:
    """The 18th character of a unified social credit code: 31 − Σ value·3^i mod 31, i from 0 (GB 32100-2015, 4.2.6).
    Raises ValueError for a character that is none of the code's."""
    total = sum(_ALPHABET.index(one) * pow(3, i, 31) for i, one in enumerate(seventeen))
    return _ALPHABET[-total % 31]


def credit_code_holds(code: str) -> bool:
    """Whether this can be a unified social credit code: 18 characters of its alphabet, the last of which fits."""
    return bool(_CODE.fullmatch(code)) and check_character(code[:17]) == code[17]


def identity_number_holds(paper: Paper, number: str) -> bool:
    """Whether this can be the number of such a document: of an identity card with its date and its check character
    (GB 11643-1999, ISO 7064 MOD 11-2), of another one five to twenty digits and capital letters."""
    if paper is not Paper.IDENTITY_CARD:
        return bool(_OTHER.fullmatch(number))
    return bool(_CARD.fullmatch(number)) and _card_check(number[:17]) == number[17]


def shows_identity_number(text: str) -> bool:
    """Whether the number of an identity card stands in a text in clear: such a text may not become public."""
    runs = re.findall(rf"(?={_CARD.pattern})(.{{18}})", text.upper())
    return any(_card_check(run[:17]) == run[17] and not credit_code_holds(run) for run in runs)


def masked(number: str) -> str:
    """A number of which the last four characters are shown."""
    return "*" * max(len(number) - _SHOWN, 0) + number[-_SHOWN:]


def _card_check(seventeen: str) -> str:
    return _CARD_CHECK[sum(int(one) * pow(2, 17 - i, 11) for i, one in enumerate(seventeen)) % 11]
