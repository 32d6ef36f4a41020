"""The databases of the tests of accounts: SQLite, and PostgreSQL where it is installed."""

from __future__ import annotations

from databases import database, postgres_server

__all__ = ["database", "postgres_server"]
