"""The first tables: rows that never change, and what is written in the same transactions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_UNCHANGING = ("rows", "checkpoints")


def upgrade() -> None:
    """Make everything."""
    op.create_table(
        "rows",
        sa.Column("stream", sa.String, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("tender", sa.String, nullable=False),
        sa.Column("tree_index", sa.Integer, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("nonce", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("prev", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("leaf", sa.String, nullable=False),
        sa.UniqueConstraint("tender", "tree_index"),
    )
    op.create_table(
        "answers",
        sa.Column("stream", sa.String, primary_key=True),
        sa.Column("actor", sa.String, primary_key=True),
        sa.Column("nonce", sa.String, primary_key=True),
        sa.Column("first_seq", sa.Integer, nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["stream", "first_seq"], ["rows.stream", "rows.seq"]),
        sa.ForeignKeyConstraint(["stream", "last_seq"], ["rows.stream", "rows.seq"]),
    )
    op.create_table(
        "checkpoints",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tender", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("root", sa.String, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("checkpoints_by_tender", "checkpoints", ["tender", "id"])
    op.create_table(
        "released_keys",
        sa.Column("stream", sa.String, primary_key=True),
        sa.Column("lot", sa.String, primary_key=True),
        sa.Column("bidder", sa.String, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "personal_items",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("tender", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "prepared",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("opening", sa.String, nullable=False),
        sa.Column("revision", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    for table in _UNCHANGING:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are only ever added to'); END"
            )
