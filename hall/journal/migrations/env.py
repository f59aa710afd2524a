"""Alembic's entry: runs the steps on the connection that the journal hands over. There is no alembic.ini."""

from __future__ import annotations

from alembic import context

from hall.journal.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite can't alter most things in place
)
with context.begin_transaction():
    context.run_migrations()
