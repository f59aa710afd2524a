"""Query tables: the public list of tenders, and the words it is searched by. Rebuilt at will, never decided from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PHASE = (
    "CASE WHEN failed_lots > 0 AND failed_lots >= lots THEN 'failed' "
    "WHEN awarded_lots > 0 AND awarded_lots + failed_lots >= lots THEN 'awarded' "
    "WHEN public_until > 0 THEN 'publicity' "
    "WHEN stage = 'closed' THEN 'opened' "
    "WHEN stage IN ('deadline', 'opening', 'record', 'leaving') THEN 'opening' "
    "ELSE 'bidding' END"
)
_TEXTS = ("name", "number", "entity", "method", "law", "opening", "place", "mode", "stage")
_NUMBERS = (
    "lots",
    "published_at",
    "bid_deadline",
    "sign_in_from",
    "closed_at",
    "public_until",
    "awarded_lots",
    "failed_lots",
    "changed_at",
)
_SORTS = ("published_at", "bid_deadline", "closed_at", "number", "name")


def upgrade() -> None:
    """Make the tables, empty: the next start fills them from the rows."""
    op.create_table(
        "tenders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tender", sa.String, nullable=False, unique=True),
        *(sa.Column(name, sa.String, nullable=False, server_default="") for name in _TEXTS),
        *(sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in _NUMBERS),
        sa.Column("phase", sa.String, sa.Computed(PHASE, persisted=True)),
    )
    for name in _SORTS:
        op.create_index(f"tenders_by_{name}", "tenders", [name, "id"])
        op.create_index(f"tenders_by_phase_{name}", "tenders", ["phase", name, "id"])
    op.execute("CREATE VIRTUAL TABLE tender_words USING fts5(words, detail=full)")
    op.create_table(
        "projections",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
