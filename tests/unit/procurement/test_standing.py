"""The numbers by which parties are known: what checks, and what is only nearly right."""

from __future__ import annotations

import pytest

from hall.procurement.standing import (
    Paper,
    check_character,
    credit_code_holds,
    identity_number_holds,
    masked,
    shows_identity_number,
)

REAL = ("91350100M000100Y43", "91110000802100433B", "91440300708461136T", "9144030071526726XG")
"""The example of GB 32100, and three that stand in public registers."""
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CARD = "11010519491231002X"


@pytest.mark.parametrize("code", REAL)
def test_clause_3_2_a_unified_social_credit_code_checks(code: str) -> None:
    assert credit_code_holds(code) and check_character(code[:17]) == code[17]


@pytest.mark.parametrize("code", REAL)
def test_no_single_mistake_in_a_credit_code_goes_unseen(code: str) -> None:
    for place in range(18):
        for other in set(ALPHABET) - {code[place]}:
            assert not credit_code_holds(code[:place] + other + code[place + 1 :])


def test_two_exchanged_characters_are_seen() -> None:
    code = REAL[0]
    for place in range(16):
        if code[place] != code[place + 1]:
            assert not credit_code_holds(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


@pytest.mark.parametrize(
    "code", ["", REAL[0][:17], REAL[0] + "3", REAL[0].lower(), "91350100M0001O0Y43", " " + REAL[0]]
)
def test_what_has_another_length_or_a_letter_that_is_left_out_is_none(code: str) -> None:
    assert not credit_code_holds(code)


def test_the_number_of_an_identity_card_has_a_date_and_a_check_and_other_papers_have_neither() -> None:
    assert identity_number_holds(Paper.IDENTITY_CARD, CARD)
    for wrong in ("110105194912310021", "11010519491331002X", CARD.lower(), CARD[:15], "E12345678"):
        assert not identity_number_holds(Paper.IDENTITY_CARD, wrong)
    assert identity_number_holds(Paper.PASSPORT, "E12345678") and identity_number_holds(
        Paper.PERMIT, "810000199408230021"
    )
    assert not identity_number_holds(Paper.PASSPORT, "E 1")


def test_a_number_in_clear_is_found_wherever_it_stands_and_a_credit_code_is_none() -> None:
    assert shows_identity_number(f"CN=041@{CARD}@1") and shows_identity_number(f"0{CARD.lower()}0")
    assert not shows_identity_number("CN=110105194912310021") and not any(map(shows_identity_number, REAL))


def test_a_masked_number_shows_four_characters() -> None:
    assert masked(CARD) == "*" * 14 + "002X" and masked("E123") == "E123"[-4:]
