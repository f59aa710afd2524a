"""The log of a process of the hall: JSON objects on standard error, one a line.

It is for operators. What the law needs stands in the journal.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


def as_json() -> None:
    """Send the log to standard error, a JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # What reaches this one is HTTP that nobody could read; everything else passes the gateway's own hands.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    for noisy in ("aiosqlite", "alembic", "aioice", "sqlalchemy", "pyhanko", "fontTools"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _JsonLines(logging.Formatter):
    """`facts` in a record's extra become members of the line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
