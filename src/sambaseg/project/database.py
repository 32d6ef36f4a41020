"""The SQLite file of a project: how it is opened, written to and read, and which errors that can end in.

What a `Database.writing` block has ended with is on the disk: WAL with synchronous=FULL, and fullfsync where the system
has it. There is one connection, with an exclusive lock on the file, always by the SQLite that APSW brings: versions
before 3.51.3 can damage a WAL, and two builds must never share a file.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, Self

import apsw

from sambaseg.errors import DamagedProjectError, NotFoundError, NotPossibleError, ProjectBusyError, StorageError
from sambaseg.project.schema import APPLICATION_ID, FORMAT, create_tables

OLDEST_SQLITE = (3, 51, 3)
LOG_BYTES = 4_000_000
"""Some 1000 pages, after which SQLite brings the log into the file and begins it anew."""
Synchronous = Literal["FULL", "NORMAL"]
Upgrade = Callable[[apsw.Connection], None]
"""Makes a file of format 1 one of the present format, within a transaction."""


class Database:
    """The file of one project. All methods may be called from any thread; each holds the connection briefly.

    Methods raise StorageError where the disk is full or fails; nothing of what they should have written counts then.
    """

    def __init__(self, path: Path, connection: apsw.Connection, synchronous: Synchronous) -> None:
        self.path = path
        self.connection = connection
        self._access = threading.RLock()
        for pragma in (
            "locking_mode = EXCLUSIVE",
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            "fullfsync = ON",
            "checkpoint_fullfsync = ON",
            "foreign_keys = ON",
            "cell_size_check = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    def _make_room(self) -> None:
        """Let SQLite's write-ahead log have its full size from the beginning, where it is written over and over.

        A commit that makes a file longer waits for the journal of the file system, and so for what everybody else
        writes; one that overwrites does not: with results written beside it, the slowest of 100 commits took 11 ms, not
        32. What fills the log is a transaction that is taken back, larger than the memory that it may use. Where the
        disk has no room, everything works without it.
        """
        pages = self.connection.pragma("cache_size")
        with self._access, contextlib.suppress(apsw.FullError, apsw.IOError):
            self.connection.execute("PRAGMA cache_size = 10")
            try:
                self.connection.execute("BEGIN IMMEDIATE; CREATE TABLE room (content BLOB)")
                self.connection.execute("INSERT INTO room VALUES (zeroblob(?))", (LOG_BYTES,))
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                self.connection.execute(f"PRAGMA cache_size = {int(pages)}")

    @classmethod
    def create(cls, path: Path, fill: Upgrade, *, vfs: str | None = None, synchronous: Synchronous = "FULL") -> Self:
        """Make a new file at `path` whose first rows `fill` writes, in the transaction that makes the tables.

        `synchronous` "NORMAL" may lose acknowledged operations; it exists to show in a test that "FULL" is needed.
        """
        check_sqlite()
        with _storage_errors(path):
            flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_EXCLUSIVE
            database = cls(path, apsw.Connection(str(path), flags=flags, vfs=vfs), synchronous)
        with database.writing() as connection:
            create_tables(connection)
            fill(connection)
        database._make_room()
        return database

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        upgrade: Upgrade | None = None,
        vfs: str | None = None,
        synchronous: Synchronous = "FULL",
    ) -> Self:
        """Open an existing file; one of format 1 is brought up to date by `upgrade` first, in one transaction.

        Raises DamagedProjectError where it is none, or of another format, and ProjectBusyError where it is in use.
        """
        check_sqlite()
        if vfs is None and not path.is_file():
            raise DamagedProjectError(f"The project has no {path.name}.")
        with _storage_errors(path):
            connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
            try:
                database = cls(path, connection, synchronous)
                application, version = connection.pragma("application_id"), connection.pragma("user_version")
                if (application, version) == (APPLICATION_ID, 1) and upgrade is not None:
                    with database.writing():
                        upgrade(connection)
                    version = connection.pragma("user_version")
            except BaseException:
                connection.close()
                raise
            if (application, version) != (APPLICATION_ID, FORMAT):
                connection.close()
                raise DamagedProjectError(
                    f"{path.name} must be an operation log of format {FORMAT}, not {version}.",
                    hint="A newer version of sambaseg made it, or an older one: open its project first.",
                )
            database._make_room()
        return database

    def close(self) -> None:
        """Close the file; it cannot be used afterwards."""
        with self._access, _storage_errors(self.path):
            self.connection.close()

    def read(self, query: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._access, _storage_errors(self.path):
            return self.connection.execute(query, values).fetchall()

    @contextlib.contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """Yield the connection in a transaction, which is on the disk when the block ends well, and else never was."""
        with self._access, _storage_errors(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def find_damage(self) -> list[str]:
        """Return what SQLite's own check of the file complains about; nothing for a sound file."""
        complaints = [str(row[0]) for row in self.read("PRAGMA integrity_check")]
        broken = [f"{row[0]} refers to a missing {row[2]}" for row in self.read("PRAGMA foreign_key_check")]
        return [complaint for complaint in complaints if complaint != "ok"] + broken


def check_sqlite() -> None:
    """Raise NotPossibleError unless SQLite is the one that APSW brings, in a version that keeps a WAL whole."""
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < OLDEST_SQLITE or not apsw.using_amalgamation:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise NotPossibleError(
            f"Projects need SQLite {wanted} or newer as part of APSW, but APSW uses {apsw.sqlite_lib_version()}.",
            hint="Install APSW from its wheel on PyPI: pip install --upgrade --only-binary apsw apsw",
        )


@contextlib.contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the disk and the file into this project's."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise DamagedProjectError(f"{path.name} is damaged: {error}.") from error
    except apsw.ConnectionClosedError as error:
        raise NotFoundError("The project was closed or deleted meanwhile.") from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise ProjectBusyError("The project is open in another program.", hint="Close it there first.") from error
    except (apsw.FullError, apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.NoMemError) as error:
        raise StorageError(
            f"The step could not be saved in {path.name}: {error}.",
            hint="Free some space on the disk; then it can be saved again.",
        ) from error
