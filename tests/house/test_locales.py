"""Every text of the web client exists in both languages, and every refusal has words."""

from __future__ import annotations

import pytest

from tests.house.codes import raised
from tests.house.locales import texts, words


def test_both_languages_have_the_same_texts() -> None:
    assert dict(texts(words("en"))).keys() ^ dict(texts(words("zh-CN"))).keys() == set()


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_no_text_is_empty(locale: str) -> None:
    assert [name for name, text in texts(words(locale)) if not text.strip()] == []


def test_every_refusal_of_the_server_has_words_of_its_own() -> None:
    spoken = words("zh-CN")["codes"]
    assert {code: file for code, file in raised().items() if code not in spoken} == {}
