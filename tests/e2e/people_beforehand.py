"""Accounts of a site that are there before its server starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from e2e.server_process import ServerProcess
from sambaseg.accounts.accounts import Accounts
from sambaseg.accounts.people import People
from sambaseg.settings import Settings
from sambaseg.storage.database import Database


@contextmanager
def people_of(server: ServerProcess) -> Iterator[People]:
    """Make the folder of a public site that has not begun yet, and yield its people."""
    server.data_dir.mkdir()
    settings = Settings(data_dir=server.data_dir, mode="public")
    database = Database(settings.database_address)
    yield Accounts(database, settings).people
    database.close()
