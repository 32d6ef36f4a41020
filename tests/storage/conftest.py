"""Databases and stores for the tests of storage."""

from __future__ import annotations

from databases import database, empty_database, postgres_server
from object_stores import object_server

__all__ = ["database", "empty_database", "object_server", "postgres_server"]
