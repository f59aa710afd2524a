"""Working days in Shanghai: limits that the law counts in them, exact to the day.

Pure: which days are holidays, and which weekends are worked, is given (the State Council says so year by year; the
trading centre keeps it). Moments are ms UTC, days ISO text (`2026-10-01`) of Asia/Shanghai, which knows no summer time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from hall.errors import Malformed

DAY: Final = 24 * 3600 * 1000
_AHEAD: Final = 8 * 3600 * 1000  # Shanghai is eight hours ahead of UTC, all the year
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A calendar. holidays: weekdays and weekend days off; extra: weekend days that are worked for a bridge day (调休).

    A day is neither in both nor spelled in two ways. By default: Monday to Friday, and no holidays.
    """

    holidays: frozenset[str] = frozenset()
    extra: frozenset[str] = frozenset()

    def works(self, day: str) -> bool:
        """Whether this day is a working day. Raises Malformed("day_malformed")."""
        return self._works(day_of_text(day))

    def after(self, moment: int, days: int) -> int:
        """When the n-th working day after the day of `moment` has ended (24:00 in Shanghai): ms UTC.

        The day of `moment` itself is not counted (Civil Code art. 201). With no days: the end of that day. The limit
        holds before this moment; at it, it has passed.
        """
        day, left = _day(moment), days
        while left > 0:
            day += timedelta(days=1)
            left -= self._works(day)
        return _end(day)

    def after_calendar_days(self, moment: int, days: int) -> int:
        """When the n-th calendar day after the day of `moment` has ended; if that is no working day, when the next one
        has (Civil Code art. 203): ms UTC."""
        day = _day(moment) + timedelta(days=days)
        while not self._works(day):
            day += timedelta(days=1)
        return _end(day)

    def carried(self, moment: int) -> int:
        """A limit that would end at `moment`: there, or where its last day is no working day, when the next one has
        ended (Civil Code art. 203). ms UTC; midnight belongs to the day that it ends."""
        day = _day(moment - 1)
        return moment if self._works(day) else self.after(moment - 1, 1)

    def between(self, begin: int, end: int) -> int:
        """How many working days lie after the day of `begin`, up to and with the day of `end`; 0 if it is not later."""
        first, last = _day(begin), _day(end)
        days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
        return sum(map(self._works, days))

    def _works(self, day: date) -> bool:
        text = day.isoformat()
        return text in self.extra or (day.weekday() < 5 and text not in self.holidays)


def ends_a_day(moment: int) -> bool:
    """Whether a limit that ends at `moment` ends with a day: people then read 24:00 of that day, which is how the law
    says it (Civil Code art. 203), and not 0:00 of the next."""
    return (moment + _AHEAD) % DAY == 0


def shanghai_day(moment: int) -> str:
    """The day on which a moment falls in Shanghai."""
    return _day(moment).isoformat()


def day_of_text(text: str) -> date:
    """Read a day in its one spelling. Raises Malformed("day_malformed")."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Malformed("day_malformed", day=text[:20]) from None
    if day.isoformat() != text:
        raise Malformed("day_malformed", day=text[:20])
    return day


def _day(moment: int) -> date:
    return _EPOCH + timedelta(days=(moment + _AHEAD) // DAY)


def _end(day: date) -> int:
    """24:00 of a day: the first moment of the next."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return int(midnight.timestamp()) * 1000 - _AHEAD
