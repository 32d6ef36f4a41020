"""Databases for the tests of storage."""

from __future__ import annotations

from databases import database, empty_database, postgres_server

__all__ = ["database", "empty_database", "postgres_server"]
