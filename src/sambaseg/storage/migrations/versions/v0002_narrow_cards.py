"""Cards of the gallery on PostgreSQL become narrow: their words and summaries lie apart.

PostgreSQL moves long values out of a row only where that has more than 2 kB, which most cards have not: a search that
finds much had to read all their words. A value that is long, and nearly nothing when compressed, makes each row long
enough; whatever then is above 512 bytes goes.

Revision ID: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Write all cards anew, those that are there too. SQLite keeps its words in a table of their own anyway."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("ALTER TABLE gallery_cards SET (toast_tuple_target = 512)")
    op.execute("ALTER TABLE gallery_cards ALTER COLUMN document SET STORAGE EXTERNAL")  # read without decompressing
    op.execute("ALTER TABLE gallery_cards ADD COLUMN filler text NOT NULL DEFAULT repeat(' ', 2100)")
    op.execute("ALTER TABLE gallery_cards ALTER COLUMN filler TYPE varchar USING repeat(' ', 2100)")  # writes the rows


def downgrade() -> None:
    """What was made narrow may stay so."""
    raise NotImplementedError
