"""The database: one address for SQLite or PostgreSQL, transactions, and the migrations that bring it up to date.

`session` is a transaction that may write, `reading` one that only reads and sees one state of everything. The schema
is brought up to date at the first use, under a lock, by Alembic; nothing is touched before that.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from sambaseg.errors import (
    DatabaseUnavailableError,
    MissingExtraError,
    ParameterError,
    StorageError,
)
from sambaseg.storage.migrations import HEAD

FILE_NAME = "sambaseg.db"
WAIT_SECONDS = 30.0
MIGRATION_LOCK = 0x73616D62
"""The number of PostgreSQL's advisory lock that migrations hold."""

registry.register("sqlite.apsw", "sambaseg.storage.sqlite_driver", "ApswDialect")


def default_url(data_dir: Path) -> str:
    """Return the address of the SQLite file in `data_dir`."""
    return URL.create("sqlite", database=str(data_dir / FILE_NAME)).render_as_string()


class Database:
    """One database. All methods may be called from any thread.

    Raises ParameterError for an address that is none, and MissingExtraError where PostgreSQL's driver is missing.
    """

    def __init__(self, url: str, *, connections: int = 10) -> None:
        self._url = _read_url(url)
        self.kind: Literal["sqlite", "postgresql"] = "sqlite" if self._url.drivername == "sqlite+apsw" else "postgresql"
        self._ready = threading.Lock()
        self._writing = threading.Lock()
        self._is_current = False
        try:
            self.engine = sa.create_engine(
                self._url,
                pool_size=connections,
                max_overflow=connections,
                pool_timeout=WAIT_SECONDS,
                pool_pre_ping=self.kind == "postgresql",
                connect_args={"connect_timeout": 10} if self.kind == "postgresql" else {},
            )
        except ImportError as error:
            raise MissingExtraError(
                "PostgreSQL's driver psycopg is not installed.", hint="pip install 'sambaseg[postgres]'"
            ) from error
        if self.kind == "sqlite":
            sa.event.listen(self.engine, "begin", _begin_sqlite)

    @property
    def address(self) -> str:
        """The address without its password, to be shown."""
        return self._url.set(drivername=self.kind).render_as_string(hide_password=True)

    @property
    def path(self) -> Path | None:
        """SQLite's file; None for PostgreSQL."""
        return Path(self._url.database or "") if self.kind == "sqlite" else None

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Yield a session in one transaction, which is committed where the block ends well and undone where not.

        On SQLite one writes at a time, from the beginning of the block; on PostgreSQL rows that are read in order to
        be changed are locked by whoever reads them (`with_for_update`). Raises StorageError, DatabaseUnavailableError.
        """
        self.prepare()
        with self._turn(), _named_errors(self), Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"sambaseg_write": True})
            yield session
            session.commit()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that reads one state of everything; nothing that is changed in it is kept."""
        self.prepare()
        with _named_errors(self), Session(self.engine, expire_on_commit=False) as session:
            if self.kind == "postgresql":
                session.connection(
                    execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                )
            yield session

    def prepare(self) -> None:
        """Bring the schema up to date, unless it is; the first use of the database does it too.

        Raises DatabaseTooNewError for a schema that this version does not know.
        """
        if not self._is_current:
            with self._ready, _named_errors(self):
                self._prepare()

    def version(self) -> str | None:
        """Return the version of the schema as it is; None for an empty database."""
        with _named_errors(self), self.engine.connect() as connection:
            return _version(connection)

    def is_alive(self) -> bool:
        """Tell whether the database answers."""
        try:
            with self.engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of SQLite's file to `path`, while others go on writing.

        Raises ParameterError for PostgreSQL, whose own tools do it, and StorageError.
        """
        if self.kind != "sqlite":
            raise ParameterError("PostgreSQL is copied by pg_dump.", hint="See the manual's page on backups.")
        import apsw

        self.prepare()
        try:
            with self.engine.connect() as connection:
                source = connection.connection.dbapi_connection.apsw  # type: ignore[union-attr]
                target = apsw.Connection(str(path))
                try:
                    with target.backup("main", source, "main") as backup:
                        while not backup.done:
                            backup.step(1000)
                    target.execute("PRAGMA journal_mode = DELETE").fetchall()
                finally:
                    target.close()
        except apsw.Error as error:
            raise StorageError(f"The database could not be copied to {path}: {error}.") from error

    def close(self) -> None:
        """Close all connections; the database can be used again afterwards."""
        self.engine.dispose()

    def _prepare(self) -> None:
        if self.path is not None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StorageError(f"The folder {self.path.parent} cannot be made: {error.strerror}.") from error
        with self.engine.connect() as connection:
            version = _version(connection)
        if version != HEAD:
            self._migrate()
        self._is_current = True

    def _migrate(self) -> None:
        """Bring the schema to `HEAD` in one transaction, which nobody else's can overtake."""
        from sambaseg.storage.migrations.run import upgrade

        with self.engine.connect().execution_options(sambaseg_write=True) as connection, connection.begin():
            if self.kind == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            version = _version(connection)
            if version != HEAD:
                upgrade(connection, version)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until it is this thread's turn to write, on SQLite; quicker and fairer than asking for the file."""
        if self.kind != "sqlite":
            yield
            return
        if not self._writing.acquire(timeout=WAIT_SECONDS):
            raise DatabaseUnavailableError("The database is busy.", hint="Try again in a moment.")
        try:
            yield
        finally:
            self._writing.release()


def _read_url(text: str) -> URL:
    try:
        url = make_url(text)
    except sa.exc.ArgumentError:
        raise ParameterError(
            "The address of the database is none.", hint="For example postgresql://name:password@host/sambaseg"
        ) from None
    name = url.drivername.partition("+")[0]
    if name == "sqlite" and url.database:
        return url.set(drivername="sqlite+apsw")
    if name in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise ParameterError(
        f"The database must be SQLite in a file or PostgreSQL, not {url.drivername}.",
        hint="For example postgresql://name:password@host/sambaseg",
    )


def _begin_sqlite(connection: sa.Connection) -> None:
    """Begin a transaction; one that writes takes the file's lock at once, since to take it later can only fail."""
    write = connection.get_execution_options().get("sambaseg_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


@contextlib.contextmanager
def _named_errors(database: Database) -> Iterator[None]:
    """Turn errors that are nobody's fault into named ones; a broken constraint stays what it is."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        if database.kind == "sqlite":
            raise _sqlite_error(database, error) from error
        raise DatabaseUnavailableError(
            f"The database {database.address} does not answer.", hint="Try again in a moment."
        ) from error


def _sqlite_error(database: Database, error: Exception) -> Exception:
    import apsw

    original = getattr(getattr(error, "orig", None), "apsw_error", None)
    if isinstance(error, sa.exc.TimeoutError) or isinstance(original, apsw.BusyError | apsw.LockedError):
        return DatabaseUnavailableError("The database is busy.", hint="Try again in a moment.")
    if isinstance(original, apsw.SQLError):  # a statement that is wrong: a defect, to be seen as one
        return error
    return StorageError(
        f"The database {database.path} could not be used: {getattr(error, 'orig', error)}.",
        hint="Check that the folder exists, that it may be written, and that the disk has room.",
    )
