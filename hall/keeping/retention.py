"""For how long recordings have to be kept (clause 6.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_SHANGHAI: Final = timedelta(hours=8)


def kept_until(closed_at: int, years: int) -> int:
    """The end of the same day of the year in Shanghai, `years` later; of 29 February, of 1 March. Times ms UTC."""
    day = (datetime.fromtimestamp(closed_at / 1000, UTC) + _SHANGHAI).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    try:
        last = day.replace(year=day.year + years)
    except ValueError:
        last = day.replace(year=day.year + years, month=3, day=1)
    return int((last + timedelta(days=1) - _SHANGHAI).timestamp() * 1000)
