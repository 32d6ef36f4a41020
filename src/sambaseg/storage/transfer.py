"""All rows of one database into another, of the same or the other kind, each as it is."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sambaseg.storage.tables import Table

ROWS_AT_ONCE = 500


def copy_rows(source: Session, target: Session) -> int:
    """Copy all rows that `source` sees into the empty tables of `target`, and return how many there were.

    Ids, times and references stay; what a database counts up by itself goes on behind the largest number. The index of
    words, which differs between databases, is no table and is made anew by whoever knows it.
    """
    rows = 0
    for table in Table.metadata.sorted_tables:
        for batch in _batches(source, table):
            target.execute(sa.insert(table), batch)
            rows += len(batch)
        if target.get_bind().dialect.name == "postgresql":
            _go_on_counting(target, table)
    return rows


def has_rows(session: Session) -> bool:
    """Tell whether any table holds anything."""
    return any(session.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() for table in _tables())


def _tables() -> list[sa.Table]:
    return Table.metadata.sorted_tables


def _batches(source: Session, table: sa.Table) -> Iterator[list[dict[str, object]]]:
    found = source.execute(sa.select(table).order_by(*table.primary_key.columns))
    while rows := found.mappings().fetchmany(ROWS_AT_ONCE):
        yield [dict(row) for row in rows]


def _go_on_counting(target: Session, table: sa.Table) -> None:
    """Let PostgreSQL's counter of a table, where it has one, begin behind the rows that are there."""
    column = table.autoincrement_column
    if column is not None:
        target.execute(
            sa.text(
                f"SELECT setval(pg_get_serial_sequence(:name, :column), coalesce(max({column.name}), 0) + 1, false)"
                f" FROM {table.name}"
            ),
            {"name": table.name, "column": column.name},
        )
