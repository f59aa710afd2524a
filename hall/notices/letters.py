"""A notice's facts become its exact words. The same facts give the same words: no clock, no chance, no disk."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hall.notices.matter_words import MATTER_TEXTS
from hall.notices.words import CODES, FRAME, LINES, TEXTS, Both
from hall.notifying.events import Fact
from hall.procurement.calendar import ends_a_day
from hall.procurement.tender import SHANGHAI
from hall.runtime.sending import Letter

FORMATS: Final = ("moment", "end", *CODES)
"""What may stand behind the colon of a placeholder. `end`: when a limit ends."""

NOTHING: Final = "—"
"""Stands for a fact that nobody gave, such as the reason of a watchdog."""

RULE: Final = "\n\n――――――――\n\n"
_LANGUAGES: Final = ("zh", "en")


class Letters:
    """Writes notices for one hall. hall: its name; address: where people open it, such as https://hall.example.cn, ""
    leaves links out; hotline: the telephone number."""

    def __init__(self, hall: str, address: str = "", hotline: str = "") -> None:
        self._hall = hall
        self._address = address.rstrip("/")
        self._hotline = hotline

    def write(self, kind: str, facts: Sequence[Fact], head: Mapping[str, str], path: str) -> Letter:
        """The words of one notice. head: party, tender_name, tender_number, lot (its name or ""); path: the page in the
        hall that it is about. Raises KeyError for a kind or a fact that is missing."""
        values = {fact.name: fact.value or NOTHING for fact in facts} | dict(head) | {"hall": self._hall}
        values["link"] = f"{self._address}{path}" if self._address else ""
        values["hotline"] = self._hotline
        texts = TEXTS.get(kind) or MATTER_TEXTS[kind]
        parts = [self._framed(n, texts, values) for n in range(len(_LANGUAGES))]
        subject = _fill(FRAME.zh.subject, 0, values | {"subject": _fill(texts.zh.subject, 0, values)})
        english = _fill(texts.en.subject, 1, values)
        return Letter(subject, f"{parts[0]}{RULE}{english}\n\n{parts[1]}\n")

    @staticmethod
    def _framed(language: int, texts: Both, values: Mapping[str, str]) -> str:
        one = getattr(texts, _LANGUAGES[language])
        lines = {}
        for name, line in LINES.items():
            shown = values[name.removesuffix("_line")]
            lines[name] = _fill(getattr(line, _LANGUAGES[language]).text, language, values) if shown else ""
        frame = getattr(FRAME, _LANGUAGES[language]).text
        text = _fill(one.text, language, values)
        return _fill(frame, language, {**values, **lines, "text": text})


class _Formatter(string.Formatter):
    """Strict: a placeholder is a name and perhaps a format; a missing value is a KeyError."""

    def __init__(self, language: int) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "moment":
            return _moment(int(value), self._language)
        if format_spec == "end":
            return _end(int(value), self._language)
        if format_spec:
            names = CODES[format_spec].get(value)
            return names[self._language] if names else str(value)
        return str(value)


def _fill(template: str, language: int, values: Mapping[str, str]) -> str:
    return _Formatter(language).vformat(template, (), values)


def _end(at_ms: int, language: int) -> str:
    """When a limit ends, as the screens say it: midnight is 24:00 of the day that it ends (Civil Code art. 203)."""
    if not ends_a_day(at_ms):
        return _moment(at_ms, language)
    return _moment(at_ms - 1, language).replace("23:59:59", "24:00")


def _moment(at_ms: int, language: int) -> str:
    """A moment in Beijing time; milliseconds are cut, never rounded up."""
    local = datetime.fromtimestamp(at_ms // 1000, UTC) + timedelta(milliseconds=SHANGHAI)
    if language == 0:
        return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M:%S}"
    return f"{local:%Y-%m-%d %H:%M:%S} Beijing time"
