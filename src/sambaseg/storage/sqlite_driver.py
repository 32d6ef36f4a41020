"""The SQLite that APSW brings, with the interface by which SQLAlchemy speaks to databases (PEP 249).

Python's own `sqlite3` uses the machine's SQLite, and versions before 3.51.3 can damage a WAL that two connections
write. Transactions are begun by whoever uses a connection, never by the driver. Rows are fetched at once, so that no
statement stays open behind a transaction.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any, NoReturn

import apsw
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.url import URL

OLDEST_SQLITE = (3, 51, 3)

apilevel = "2.0"
threadsafety = 2
paramstyle = "qmark"
sqlite_version = apsw.sqlite_lib_version()
sqlite_version_info = tuple(int(part) for part in sqlite_version.split("."))


class Warning(Exception):  # noqa: A001, N818 - the name that PEP 249 demands
    """Never raised."""


class Error(Exception):
    """Base of what the driver raises; `apsw_error` is what it was."""

    apsw_error: Exception | None = None


class InterfaceError(Error):
    """The driver is used wrongly."""


class DatabaseError(Error):
    """The database refused or failed."""


class DataError(DatabaseError):
    """A value that cannot be stored."""


class OperationalError(DatabaseError):
    """Disk full, file locked, file damaged: not the statement's fault."""


class IntegrityError(DatabaseError):
    """A constraint that would be broken."""


class InternalError(DatabaseError):
    """SQLite is in a state that it should not be in."""


class ProgrammingError(DatabaseError):
    """A statement that makes no sense."""


class NotSupportedError(DatabaseError):
    """Something that SQLite does not do."""


_NAMES: dict[type[Exception], type[Error]] = {
    apsw.ConstraintError: IntegrityError,
    apsw.MismatchError: IntegrityError,
    apsw.SQLError: OperationalError,
    apsw.TooBigError: DataError,
    apsw.BindingsError: ProgrammingError,
    apsw.MisuseError: ProgrammingError,
    apsw.ThreadingViolationError: ProgrammingError,
    apsw.ConnectionClosedError: ProgrammingError,
    apsw.CursorClosedError: ProgrammingError,
    apsw.InternalError: InternalError,
}


def _raise(error: apsw.Error) -> NoReturn:
    named = _NAMES.get(type(error), OperationalError)(str(error))
    named.apsw_error = error
    raise named from error


class Cursor:
    """Runs statements, and holds the rows of the last one."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.description: Sequence[tuple[Any, ...]] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[tuple[Any, ...]] = []
        self._next = 0

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run one statement."""
        raw = self._begin()
        try:
            self._rows = list(raw.execute(statement, tuple(parameters)))
        except apsw.Error as error:
            _raise(error)
        self._end()
        return self

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> Cursor:
        """Run one statement once with each of `rows`."""
        raw, before = self._begin(), self.connection.apsw.total_changes()
        try:
            self._rows = list(raw.executemany(statement, (tuple(row) for row in rows)))
        except apsw.Error as error:
            _raise(error)
        self._end()
        self.rowcount = self.connection.apsw.total_changes() - before
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row."""
        return next(iter(self.fetchmany(1)), None)

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """Return the next rows."""
        first, self._next = self._next, min(self._next + (size or self.arraysize), len(self._rows))
        return self._rows[first : self._next]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""
        return self.fetchmany(len(self._rows) + 1)

    def close(self) -> None:
        """Let go of the rows."""
        self._rows = []

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Do nothing, as PEP 249 allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Do nothing, as PEP 249 allows."""

    def _begin(self) -> apsw.Cursor:
        self.description, self._rows, self._next, self.rowcount = None, [], 0, -1
        raw = self.connection.apsw.cursor()
        raw.exec_trace = self._describe
        return raw

    def _describe(self, raw: apsw.Cursor, _statement: str, _parameters: object) -> bool:
        """Note the columns, which a statement without a row tells only before its first step."""
        columns = raw.get_description()
        self.description = [(name, None, None, None, None, None, None) for name, _ in columns] or None
        self._changes = not raw.is_readonly
        return True

    def _end(self) -> None:
        if self._changes:
            self.rowcount = self.connection.apsw.changes()
            self.lastrowid = self.connection.apsw.last_insert_rowid()

    _changes = False


class Connection:
    """A connection to a file; `apsw` is APSW's own, for what PEP 249 does not know."""

    def __init__(self, path: str, *, busy_ms: int) -> None:
        try:
            self.apsw = apsw.Connection(path)
            self.apsw.set_busy_timeout(busy_ms)
        except apsw.Error as error:
            _raise(error)

    isolation_level: str | None = ""

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        return Cursor(self)

    def commit(self) -> None:
        """Bring the transaction to the disk, where there is one."""
        self._finish("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, where there is one."""
        self._finish("ROLLBACK")

    def close(self) -> None:
        """Close the connection; an open transaction is undone."""
        try:
            self.apsw.close()
        except apsw.Error as error:
            _raise(error)

    def _finish(self, statement: str) -> None:
        if self.apsw.in_transaction:
            try:
                self.apsw.execute(statement)
            except apsw.Error as error:
                _raise(error)


def connect(path: str, *, busy_ms: int = 15_000) -> Connection:
    """Open the file at `path`; one that is locked is waited for up to `busy_ms`."""
    return Connection(path, busy_ms=busy_ms)


class ApswDialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's SQLite, by this driver: addresses that begin with ``sqlite+apsw``."""

    driver = "apsw"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Return this module."""
        return sys.modules[__name__]

    def create_connect_args(self, url: URL) -> tuple[list[str], dict[str, Any]]:
        """Return the arguments of `connect`."""
        return [url.database or ":memory:"], {}

    def on_connect(self) -> Callable[[Any], None]:
        """Return what is done with a new connection: a disk's writes are waited for, references are checked."""

        def prepare(connection: Connection) -> None:
            for pragma in (
                "journal_mode = WAL",
                "synchronous = FULL",
                "fullfsync = ON",
                "checkpoint_fullfsync = ON",
                "foreign_keys = ON",
                "temp_store = MEMORY",
                "mmap_size = 268435456",
                "cache_size = -16384",
            ):
                try:
                    connection.apsw.execute(f"PRAGMA {pragma}").fetchall()
                except apsw.Error as error:
                    _raise(error)

        return prepare
