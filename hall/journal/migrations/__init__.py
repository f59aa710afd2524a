"""The journal's schema, step by step; `hall.journal.store` brings a database up to date when it opens it."""
