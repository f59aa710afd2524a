"""The states of rooms that rest: thrown away whenever they do not fit their rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "room_states",
        sa.Column("stream", sa.String, primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("leaf", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
