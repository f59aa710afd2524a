"""An index that holds what every start reads of each row: its place and its leaf, without the body."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index; on a long journal this takes a while, once."""
    op.create_index("rows_spine", "rows", ["tender", "tree_index", "stream", "seq", "leaf"])
