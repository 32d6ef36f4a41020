"""The operation log: one SQLite file that holds every step ever taken, its changes of tiles, snapshots, and some facts.

What `append` has returned from is on the disk: WAL with synchronous=FULL, and fullfsync where the system has it. There
is one connection, with an exclusive lock on the file, always by the SQLite that APSW brings: versions before 3.51.3 can
damage a WAL, and two builds must never share a file.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import apsw

from sambaseg.errors import DamagedProjectError, NotFoundError, NotPossibleError, ProjectBusyError, StorageError
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.delta import Delta, TileDelta
from sambaseg.project.operations import LAYERS, EntryKind, LayerName, LayerTile

OLDEST_SQLITE = (3, 51, 3)
FORMAT = 1
_APPLICATION_ID = 0x53_4D_42_53  # "SMBS"
_UNKNOWN_TO_SENDER = "NOT (o.client_id = :client AND o.kind IN ('paint', 'erase', 'clear'))"
_SCHEMA = """
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE operations (
    revision INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL,
    client_seq INTEGER NOT NULL,
    base_revision INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,           -- in plain words, for undo and redo
    is_step INTEGER NOT NULL,     -- 1 where it can be undone
    changes_labels INTEGER NOT NULL,
    target INTEGER REFERENCES operations (revision),  -- the step that an undo or redo takes
    classes TEXT,                 -- the class list after it, where it changed
    digest BLOB NOT NULL,
    time REAL NOT NULL,
    UNIQUE (client_id, client_seq)
) STRICT;
CREATE INDEX class_lists ON operations (revision) WHERE classes IS NOT NULL;
CREATE TABLE changes (
    revision INTEGER NOT NULL REFERENCES operations (revision),
    layer INTEGER NOT NULL,
    ty INTEGER NOT NULL,
    tx INTEGER NOT NULL,
    delta BLOB NOT NULL,
    UNIQUE (revision, layer, ty, tx)
) STRICT;
CREATE TABLE snapshots (revision INTEGER PRIMARY KEY, counts TEXT NOT NULL) STRICT;
CREATE TABLE snapshot_tiles (
    layer INTEGER NOT NULL,
    ty INTEGER NOT NULL,
    tx INTEGER NOT NULL,
    revision INTEGER NOT NULL REFERENCES snapshots (revision),
    delta BLOB NOT NULL,          -- from an empty tile
    PRIMARY KEY (layer, ty, tx, revision)
) STRICT;
"""


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """One recorded operation, without its changes of tiles; ``classes`` only where the class list changed."""

    revision: int
    client_id: str
    client_seq: int
    base_revision: int
    kind: EntryKind
    name: str = ""
    is_step: bool = False
    changes_labels: bool = False
    target: int | None = None
    classes: tuple[LabelClass, ...] | None = None
    digest: bytes = b""


@dataclass(frozen=True)
class StoredChange:
    """What one tile went through: taken back where ``reverted``."""

    layer: LayerName
    delta: TileDelta
    reverted: bool


class OperationLog:
    """The log of one project. All methods may be called from any thread; each holds the connection briefly.

    Methods raise StorageError where the disk is full or fails; nothing of what they should have written counts then.
    """

    def __init__(self, path: Path, connection: apsw.Connection, synchronous: Literal["FULL", "NORMAL"]) -> None:
        self.path = path
        self._connection = connection
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

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        facts: Mapping[str, Any],
        classes: tuple[LabelClass, ...],
        vfs: str | None = None,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
    ) -> Self:
        """Make a new log at `path` whose revision 0 has the class list `classes`; `facts` are JSON values by name.

        `synchronous` "NORMAL" may lose acknowledged operations; it exists to show in a test that "FULL" is needed.
        """
        check_sqlite()
        with _storage_errors(path):
            flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_EXCLUSIVE
            log = cls(path, apsw.Connection(str(path), flags=flags, vfs=vfs), synchronous)
            with log._transaction() as connection:
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {FORMAT}")
                connection.execute(_SCHEMA)
                log._insert_facts(facts)
                birth = LogEntry(revision=0, client_id="", client_seq=0, base_revision=0, kind="begin", classes=classes)
                log._insert_entry(birth)
        return log

    @classmethod
    def open(cls, path: Path, *, vfs: str | None = None, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> Self:
        """Open an existing log. Raises DamagedProjectError where it is none, ProjectBusyError where it is in use."""
        check_sqlite()
        if vfs is None and not path.is_file():
            raise DamagedProjectError(f"The project has no {path.name}.")
        with _storage_errors(path):
            connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
            try:
                log = cls(path, connection, synchronous)
                application, version = connection.pragma("application_id"), connection.pragma("user_version")
            except apsw.Error:
                connection.close()
                raise
            if (application, version) != (_APPLICATION_ID, FORMAT):
                connection.close()
                raise DamagedProjectError(
                    f"{path.name} must be an operation log of format {FORMAT}, not {version}.",
                    hint="It may come from a newer version of sambaseg.",
                )
        return log

    def close(self) -> None:
        """Close the file; the log cannot be used afterwards."""
        with self._access, _storage_errors(self.path):
            self._connection.close()

    def append(
        self, entry: LogEntry, deltas: Mapping[LayerName, Delta], facts: Mapping[str, Any] | None = None
    ) -> None:
        """Write an operation with its changes of tiles, and perhaps some facts, and bring all to the disk."""
        rows = [
            (entry.revision, LAYERS.index(layer), *tile.key, tile.to_bytes())
            for layer, delta in deltas.items()
            for tile in delta.tiles
        ]
        with self._access, _storage_errors(self.path), self._transaction() as connection:
            self._insert_entry(entry)
            connection.executemany("INSERT INTO changes VALUES (?, ?, ?, ?, ?)", rows)
            self._insert_facts(facts or {})

    def write_facts(self, facts: Mapping[str, Any]) -> None:
        """Write facts, JSON values by name, and bring them to the disk."""
        with self._access, _storage_errors(self.path), self._transaction():
            self._insert_facts(facts)

    def read_facts(self) -> dict[str, Any]:
        """Return all facts, JSON values by name."""
        return {key: json.loads(value) for key, value in self._read("SELECT key, value FROM facts")}

    def find(self, client_id: str, client_seq: int) -> LogEntry | None:
        """Return the operation that has this name, if the log holds it."""
        found = self._entries("client_id = ? AND client_seq = ?", (client_id, client_seq))
        return found[0] if found else None

    def entry(self, revision: int) -> LogEntry:
        """Return one operation."""
        return self._entries("revision = ?", (revision,))[0]

    def entries(self, last: int | None = None) -> list[LogEntry]:
        """Return the operations in order, up to revision `last` where it is given."""
        return self._entries("revision <= ?", (2**62 if last is None else last,))

    def last_revision(self) -> int:
        """Return the revision of the newest operation."""
        return int(self._read("SELECT max(revision) FROM operations")[0][0])

    def last_seq(self, client_id: str) -> int:
        """Return the highest sequence number of a client, 0 where it has none."""
        rows = self._read("SELECT max(client_seq) FROM operations WHERE client_id = ?", (client_id,))
        return int(rows[0][0] or 0)

    def classes_at(self, revision: int) -> tuple[LabelClass, ...]:
        """Return the class list as it was after a revision."""
        rows = self._read(
            "SELECT classes FROM operations WHERE classes IS NOT NULL AND revision <= ? ORDER BY revision DESC LIMIT 1",
            (revision,),
        )
        return _classes_from_json(rows[0][0])

    def delta_of(self, revision: int, layer: LayerName) -> Delta:
        """Return what the step `revision` changed in a layer."""
        rows = self._read(
            "SELECT ty, tx, delta FROM changes WHERE revision = ? AND layer = ? ORDER BY ty, tx",
            (revision, LAYERS.index(layer)),
        )
        return Delta(tuple(TileDelta.from_bytes((ty, tx), data) for ty, tx, data in rows))

    def changes_between(self, after: int, last: int) -> Iterator[StoredChange]:
        """Return the changes of tiles of revisions `after` + 1 to `last`, in order."""
        rows = self._read(
            "SELECT o.kind, c.layer, c.ty, c.tx, c.delta FROM operations o"
            " JOIN changes c ON c.revision = coalesce(o.target, o.revision)"
            " WHERE o.revision > ? AND o.revision <= ? ORDER BY o.revision, c.layer, c.ty, c.tx",
            (after, last),
        )
        for kind, layer, ty, tx, data in rows:
            yield StoredChange(LAYERS[layer], TileDelta.from_bytes((ty, tx), data), kind == "undo")

    def tiles_unknown_to(self, client_id: str, base_revision: int, revision: int) -> set[LayerTile]:
        """Return tiles that changed between two revisions, both excluded, other than by the client's own strokes."""
        return self._tiles(
            f"o.revision > :base AND o.revision < :revision AND {_UNKNOWN_TO_SENDER}",
            {"base": base_revision, "revision": revision, "client": client_id},
        )

    def tiles_of(self, revision: int) -> set[LayerTile]:
        """Return the tiles that an operation changed."""
        return self._tiles("o.revision = :revision", {"revision": revision})

    def class_list_changed(self, client_id: str, base_revision: int, revision: int) -> bool:
        """Return whether the class list changed in between other than by the client's own class lists."""
        rows = self._read(
            "SELECT 1 FROM operations WHERE classes IS NOT NULL AND revision > ? AND revision < ?"
            " AND NOT (client_id = ? AND kind = 'classes') LIMIT 1",
            (base_revision, revision, client_id),
        )
        return bool(rows)

    def write_snapshot(
        self,
        revision: int,
        *,
        previous: int,
        counts: Mapping[LayerName, Mapping[int, int]],
        tiles: Iterable[tuple[LayerName, TileDelta]],
    ) -> None:
        """Write the tiles that changed since the snapshot `previous`, as deltas from empty ones, and read them back.

        Snapshots after `previous` were found damaged and are removed. `counts` are the pixels of each class in each
        layer, by which a reader verifies that it has all tiles. Raises StorageError where what was read back differs.
        """
        rows = [(LAYERS.index(layer), *tile.key, revision, tile.to_bytes()) for layer, tile in tiles]
        with self._access, _storage_errors(self.path), self._transaction() as connection:
            connection.execute("DELETE FROM snapshot_tiles WHERE revision > ?", (previous,))
            connection.execute("DELETE FROM snapshots WHERE revision > ?", (previous,))
            connection.execute("INSERT INTO snapshots VALUES (?, ?)", (revision, json.dumps(counts)))
            connection.executemany("INSERT INTO snapshot_tiles VALUES (?, ?, ?, ?, ?)", rows)
            query = "SELECT layer, ty, tx, revision, delta FROM snapshot_tiles WHERE revision = ?"
            if sorted(connection.execute(query, (revision,))) != sorted(rows):
                raise StorageError(f"The snapshot of revision {revision} in {self.path.name} could not be verified.")

    def snapshot_revisions(self, last: int) -> list[int]:
        """Return the revisions up to `last` that have a snapshot, newest first."""
        query = "SELECT revision FROM snapshots WHERE revision <= ? ORDER BY revision DESC"
        return [int(row[0]) for row in self._read(query, (last,))]

    def read_snapshot(self, revision: int) -> tuple[dict[LayerName, dict[int, int]], list[tuple[LayerName, TileDelta]]]:
        """Return the counts and the tiles of a snapshot; a snapshot holds only what changed since the one before it."""
        stored = json.loads(self._read("SELECT counts FROM snapshots WHERE revision = ?", (revision,))[0][0])
        counts = {layer: {int(key): int(count) for key, count in stored[layer].items()} for layer in LAYERS}
        rows = self._read(  # beside max(), SQLite takes the other columns from the row that has the maximum
            "SELECT layer, ty, tx, max(revision), delta FROM snapshot_tiles WHERE revision <= ? GROUP BY layer, ty, tx",
            (revision,),
        )
        return counts, [(LAYERS[layer], TileDelta.from_bytes((ty, tx), data)) for layer, ty, tx, _, data in rows]

    def find_damage(self) -> list[str]:
        """Return what SQLite's own check of the file complains about; nothing for a sound file."""
        complaints = [str(row[0]) for row in self._read("PRAGMA integrity_check")]
        broken = [f"{row[0]} refers to a missing {row[2]}" for row in self._read("PRAGMA foreign_key_check")]
        return [complaint for complaint in complaints if complaint != "ok"] + broken

    def _entries(self, where: str, values: tuple[Any, ...]) -> list[LogEntry]:
        rows = self._read(
            "SELECT revision, client_id, client_seq, base_revision, kind, name, is_step, changes_labels, target,"
            f" classes, digest FROM operations WHERE {where} ORDER BY revision",
            values,
        )
        return [
            LogEntry(
                revision=row[0],
                client_id=row[1],
                client_seq=row[2],
                base_revision=row[3],
                kind=row[4],
                name=row[5],
                is_step=bool(row[6]),
                changes_labels=bool(row[7]),
                target=row[8],
                classes=None if row[9] is None else _classes_from_json(row[9]),
                digest=row[10],
            )
            for row in rows
        ]

    def _tiles(self, where: str, values: dict[str, Any]) -> set[LayerTile]:
        rows = self._read(
            "SELECT DISTINCT c.layer, c.ty, c.tx FROM operations o"
            f" JOIN changes c ON c.revision = coalesce(o.target, o.revision) WHERE {where}",
            values,
        )
        return {LayerTile(LAYERS[layer], ty, tx) for layer, ty, tx in rows}

    def _read(self, query: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        with self._access, _storage_errors(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[apsw.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _insert_entry(self, entry: LogEntry) -> None:
        classes = None if entry.classes is None else json.dumps([item.to_json() for item in entry.classes])
        values = (
            entry.revision,
            entry.client_id,
            entry.client_seq,
            entry.base_revision,
            entry.kind,
            entry.name,
            int(entry.is_step),
            int(entry.changes_labels),
            entry.target,
            classes,
            entry.digest,
            time.time(),
        )
        self._connection.execute("INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _insert_facts(self, facts: Mapping[str, Any]) -> None:
        rows = [(key, json.dumps(value)) for key, value in facts.items()]
        self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)


def check_sqlite() -> None:
    """Raise NotPossibleError unless SQLite is the one that APSW brings, in a version that keeps a WAL whole."""
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < OLDEST_SQLITE or not apsw.using_amalgamation:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise NotPossibleError(
            f"Projects need SQLite {wanted} or newer as part of APSW, but APSW uses {apsw.sqlite_lib_version()}.",
            hint="Install APSW from its wheel on PyPI: pip install --upgrade --only-binary apsw apsw",
        )


def _classes_from_json(text: str) -> tuple[LabelClass, ...]:
    return tuple(LabelClass(**values) for values in json.loads(text))


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
