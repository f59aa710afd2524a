"""The journal's tables as SQLAlchemy sees them. Migrations make them; a test holds the two together.

`rows` is the journal: written once, never changed (triggers refuse it). All else stands beside it, written
in the same transactions. Digests are lowercase hex, times ms UTC, `sealed` columns lie under the vault key.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()

SORTS: Final = ("published_at", "bid_deadline", "closed_at", "number", "name")
"""By what the list of tenders may be sorted."""

PHASE: Final = (
    "CASE WHEN failed_lots > 0 AND failed_lots >= lots THEN 'failed' "
    "WHEN awarded_lots > 0 AND awarded_lots + failed_lots >= lots THEN 'awarded' "
    "WHEN public_until > 0 THEN 'publicity' "
    "WHEN stage = 'closed' THEN 'opened' "
    "WHEN stage IN ('deadline', 'opening', 'record', 'leaving') THEN 'opening' "
    "ELSE 'bidding' END"
)
"""Where a tender stands, for who looks at a list; reckoned by the database from the other columns."""

rows: Final = Table(
    "rows",
    metadata,
    Column("stream", String, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("tender", String, nullable=False),
    Column("tree_index", Integer, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("nonce", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("prev", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("leaf", String, nullable=False),
    UniqueConstraint("tender", "tree_index"),
    # All that a start reads of every row, beside the table, so that the bodies need not be read for it.
    Index("rows_spine", "tender", "tree_index", "stream", "seq", "leaf"),
)

answers: Final = Table(
    "answers",
    metadata,
    Column("stream", String, primary_key=True),
    Column("actor", String, primary_key=True),
    Column("nonce", String, primary_key=True),
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    ForeignKeyConstraint(["stream", "first_seq"], ["rows.stream", "rows.seq"]),
    ForeignKeyConstraint(["stream", "last_seq"], ["rows.stream", "rows.seq"]),
)

checkpoints: Final = Table(
    "checkpoints",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tender", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("root", String, nullable=False),
    Column("note", Text, nullable=False),
    Index("checkpoints_by_tender", "tender", "id"),
)

cosignatures: Final = Table(
    "cosignatures",
    metadata,
    Column("tender", String, primary_key=True),
    Column("checkpoint", String, primary_key=True),
    Column("certificate", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
)

root_stamps: Final = Table(
    "root_stamps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tender", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("root", String, nullable=False),
    Column("source", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Index("root_stamps_by_tender", "tender", "id"),
)

handed_in: Final = Table(
    "handed_in",
    metadata,
    Column("tender", String, primary_key=True),
    Column("sha256", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

released_keys: Final = Table(
    "released_keys",
    metadata,
    Column("stream", String, primary_key=True),
    Column("lot", String, primary_key=True),
    Column("bidder", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

personal_items: Final = Table(
    "personal_items",
    metadata,
    Column("digest", String, primary_key=True),
    Column("tender", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

room_states: Final = Table(
    "room_states",
    metadata,
    Column("stream", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("leaf", String, nullable=False),
    Column("code", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

prepared: Final = Table(
    "prepared",
    metadata,
    Column("id", String, primary_key=True),
    Column("opening", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("role", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

tenders: Final = Table(
    "tenders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tender", String, nullable=False, unique=True),
    Column("name", String, nullable=False, server_default=""),
    Column("number", String, nullable=False, server_default=""),
    Column("entity", String, nullable=False, server_default=""),
    Column("method", String, nullable=False, server_default=""),
    Column("law", String, nullable=False, server_default=""),
    Column("opening", String, nullable=False, server_default=""),
    Column("place", String, nullable=False, server_default=""),
    Column("mode", String, nullable=False, server_default=""),
    Column("stage", String, nullable=False, server_default=""),
    Column("lots", BigInteger, nullable=False, server_default="0"),
    Column("published_at", BigInteger, nullable=False, server_default="0"),
    Column("bid_deadline", BigInteger, nullable=False, server_default="0"),
    Column("sign_in_from", BigInteger, nullable=False, server_default="0"),
    Column("closed_at", BigInteger, nullable=False, server_default="0"),
    Column("public_until", BigInteger, nullable=False, server_default="0"),
    Column("awarded_lots", BigInteger, nullable=False, server_default="0"),
    Column("failed_lots", BigInteger, nullable=False, server_default="0"),
    Column("changed_at", BigInteger, nullable=False, server_default="0"),
    Column("phase", String, Computed(PHASE, persisted=True)),
    *(Index(f"tenders_by_{name}", name, "id") for name in SORTS),
    *(Index(f"tenders_by_phase_{name}", "phase", name, "id") for name in SORTS),
)
"""What anybody may know of each tender, for lists. The words it is searched by stand in the FTS5 table `tender_words`,
which SQLAlchemy does not know."""

projections: Final = Table(
    "projections",
    metadata,
    Column("name", String, primary_key=True),
    Column("version", Integer, nullable=False),
)
