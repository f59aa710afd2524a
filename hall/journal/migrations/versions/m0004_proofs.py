"""What stands beside the signed checkpoints: co-signatures of others, time stamps of roots, and handed-in evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_UNCHANGING = ("cosignatures", "root_stamps", "handed_in")


def upgrade() -> None:
    """Make the tables; like checkpoints they are only ever added to."""
    op.create_table(
        "cosignatures",
        sa.Column("tender", sa.String, primary_key=True),
        sa.Column("checkpoint", sa.String, primary_key=True),
        sa.Column("certificate", sa.String, primary_key=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
    )
    op.create_table(
        "root_stamps",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tender", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("root", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
    )
    op.create_index("root_stamps_by_tender", "root_stamps", ["tender", "id"])
    op.create_table(
        "handed_in",
        sa.Column("tender", sa.String, primary_key=True),
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    for table in _UNCHANGING:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are only ever added to'); END"
            )
