"""The operation log: every step ever taken, its changes of tiles, snapshots, and some facts, in one database."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import apsw

from sambaseg.errors import StorageError
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.delta import Delta, TileDelta
from sambaseg.project.database import Database, Synchronous
from sambaseg.project.operations import LAYERS, EntryKind, LayerKey, LayerName, LayerTile
from sambaseg.project.tables import ImageRow, forget_facts, insert_images

_UNKNOWN_TO_SENDER = "NOT (o.client_id = :client AND o.kind IN ('paint', 'erase', 'clear'))"
_STILL_THERE = (
    "NOT EXISTS (SELECT 1 FROM operations r WHERE r.kind = 'remove' AND r.image = c.image AND r.revision < o.revision)"
)
"""A step on the class list may be taken back when one of the images that it changed is gone."""


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
    image: int | None = None


@dataclass(frozen=True)
class StoredChange:
    """What one tile went through: taken back where ``reverted``."""

    image: int
    layer: LayerName
    delta: TileDelta
    reverted: bool


class OperationLog:
    """The log of one project. All methods may be called from any thread.

    Methods raise StorageError where the disk is full or fails; nothing of what they should have written counts then.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.path = database.path

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        images: Sequence[ImageRow],
        classes: tuple[LabelClass, ...],
        facts: Mapping[str, Any] | None = None,
        vfs: str | None = None,
        synchronous: Synchronous = "FULL",
    ) -> Self:
        """Make a new log at `path` whose revision 0 has the class list `classes`; `facts` are JSON values by name."""
        birth = LogEntry(revision=0, client_id="", client_seq=0, base_revision=0, kind="begin", classes=classes)

        def fill(connection: apsw.Connection) -> None:
            insert_images(connection, images)
            _insert_facts(connection, facts or {})
            _insert_entry(connection, birth)

        return cls(Database.create(path, fill, vfs=vfs, synchronous=synchronous))

    @classmethod
    def open(cls, path: Path, *, vfs: str | None = None, synchronous: Synchronous = "FULL") -> Self:
        """Open an existing log. Raises DamagedProjectError where it is none, ProjectBusyError where it is in use."""
        return cls(Database.open(path, vfs=vfs, synchronous=synchronous))

    def close(self) -> None:
        """Close the file; the log cannot be used afterwards."""
        self.database.close()

    def append(self, entry: LogEntry, deltas: Mapping[LayerKey, Delta], facts: Mapping[str, Any] | None = None) -> None:
        """Write an operation with its changes of tiles, and perhaps some facts, and bring all to the disk."""
        rows = (
            (entry.revision, image, LAYERS.index(layer), *tile.key, tile.to_bytes())
            for (image, layer), delta in deltas.items()
            for tile in delta.tiles
        )
        with self.database.writing() as connection:
            _insert_entry(connection, entry)
            connection.executemany("INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)", rows)
            _insert_facts(connection, facts or {})

    def append_removal(self, entry: LogEntry) -> None:
        """Write that an image was removed; its steps stay in the log, what is known of it and its results go."""
        with self.database.writing() as connection:
            _insert_entry(connection, entry)
            connection.execute("UPDATE images SET position = NULL, content = '{}' WHERE id = ?", (entry.image,))
            connection.execute("DELETE FROM results WHERE image = ?", (entry.image,))
            forget_facts(connection, entry.image)

    def write_facts(self, facts: Mapping[str, Any]) -> None:
        """Write facts, JSON values by name, and bring them to the disk."""
        with self.database.writing() as connection:
            _insert_facts(connection, facts)

    def read_fact(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return a fact, a JSON value; None where it was never written."""
        rows = self.database.read("SELECT value FROM facts WHERE key = ?", (name,))
        return json.loads(rows[0][0]) if rows else None

    def image_shapes(self) -> dict[int, tuple[int, int]]:
        """Return the size (H, W) of each image that there is or was."""
        return {row[0]: (row[1], row[2]) for row in self.database.read("SELECT id, height, width FROM images")}

    def removed_images(self, revision: int) -> set[int]:
        """Return the images that were removed up to a revision."""
        query = "SELECT image FROM operations WHERE kind = 'remove' AND revision <= ?"
        return {row[0] for row in self.database.read(query, (revision,))}

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
        return int(self.database.read("SELECT max(revision) FROM operations")[0][0])

    def last_seq(self, client_id: str) -> int:
        """Return the highest sequence number of a client, 0 where it has none."""
        rows = self.database.read("SELECT max(client_seq) FROM operations WHERE client_id = ?", (client_id,))
        return int(rows[0][0] or 0)

    def classes_at(self, revision: int) -> tuple[LabelClass, ...]:
        """Return the class list as it was after a revision."""
        rows = self.database.read(
            "SELECT classes FROM operations WHERE classes IS NOT NULL AND revision <= ? ORDER BY revision DESC LIMIT 1",
            (revision,),
        )
        return _classes_from_json(rows[0][0])

    def deltas_of(self, revision: int) -> dict[LayerKey, Delta]:
        """Return what the step `revision` changed, by image and layer."""
        rows = self.database.read(
            "SELECT image, layer, ty, tx, delta FROM changes WHERE revision = ? ORDER BY image, layer, ty, tx",
            (revision,),
        )
        found: dict[LayerKey, list[TileDelta]] = {}
        for image, layer, ty, tx, data in rows:
            found.setdefault((image, LAYERS[layer]), []).append(TileDelta.from_bytes((ty, tx), data))
        return {key: Delta(tuple(tiles)) for key, tiles in found.items()}

    def changes_between(self, after: int, last: int) -> Iterator[StoredChange]:
        """Return the changes of tiles of revisions `after` + 1 to `last`, in order."""
        rows = self.database.read(
            "SELECT o.kind, c.image, c.layer, c.ty, c.tx, c.delta FROM operations o"
            " JOIN changes c ON c.revision = coalesce(o.target, o.revision)"
            f" WHERE o.revision > ? AND o.revision <= ? AND {_STILL_THERE}"
            " ORDER BY o.revision, c.image, c.layer, c.ty, c.tx",
            (after, last),
        )
        for kind, image, layer, ty, tx, data in rows:
            yield StoredChange(image, LAYERS[layer], TileDelta.from_bytes((ty, tx), data), kind == "undo")

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
        rows = self.database.read(
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
        tiles: Iterable[tuple[LayerKey, TileDelta]],
    ) -> None:
        """Write the tiles that changed since the snapshot `previous`, as deltas from empty ones, and read them back.

        Snapshots after `previous` were found damaged and are removed. `counts` are the pixels of each class in each
        layer, over all images, by which a reader verifies that it has all tiles. Raises StorageError where what was
        read back differs.
        """
        written: dict[tuple[int, ...], bytes] = {}

        def rows() -> Iterator[tuple[Any, ...]]:
            for (image, layer), tile in tiles:
                key, data = (image, LAYERS.index(layer), *tile.key), tile.to_bytes()
                written[key] = hashlib.sha256(data).digest()
                yield (*key, revision, data)

        with self.database.writing() as connection:
            connection.execute("DELETE FROM snapshot_tiles WHERE revision > ?", (previous,))
            connection.execute("DELETE FROM snapshots WHERE revision > ?", (previous,))
            connection.execute("INSERT INTO snapshots VALUES (?, ?)", (revision, json.dumps(counts)))
            connection.executemany("INSERT INTO snapshot_tiles VALUES (?, ?, ?, ?, ?, ?)", rows())
            query = "SELECT image, layer, ty, tx, delta FROM snapshot_tiles WHERE revision = ?"
            stored = connection.execute(query, (revision,))
            if {tuple(key): hashlib.sha256(data).digest() for *key, data in stored} != written:
                raise StorageError(f"The snapshot of revision {revision} in {self.path.name} could not be verified.")

    def snapshot_revisions(self, last: int) -> list[int]:
        """Return the revisions up to `last` that have a snapshot, newest first."""
        query = "SELECT revision FROM snapshots WHERE revision <= ? ORDER BY revision DESC"
        return [int(row[0]) for row in self.database.read(query, (last,))]

    def read_snapshot(
        self, revision: int
    ) -> tuple[dict[LayerName, dict[int, int]], Iterator[tuple[LayerKey, TileDelta]]]:
        """Return the counts and the tiles of a snapshot; a snapshot holds only what changed since the one before it.

        The tiles come in order of image and layer and are decoded one by one. Those of images that were removed before
        the snapshot count no more, but are among them.
        """
        stored = json.loads(self.database.read("SELECT counts FROM snapshots WHERE revision = ?", (revision,))[0][0])
        counts = {layer: {int(key): int(count) for key, count in stored[layer].items()} for layer in LAYERS}
        rows = self.database.read(  # beside max(), SQLite takes the other columns from the row that has the maximum
            "SELECT image, layer, ty, tx, max(revision), delta FROM snapshot_tiles WHERE revision <= ?"
            " GROUP BY image, layer, ty, tx ORDER BY image, layer",
            (revision,),
        )
        tiles = (
            ((image, LAYERS[layer]), TileDelta.from_bytes((ty, tx), data)) for image, layer, ty, tx, _, data in rows
        )
        return counts, tiles

    def _entries(self, where: str, values: tuple[Any, ...]) -> list[LogEntry]:
        rows = self.database.read(
            "SELECT revision, client_id, client_seq, base_revision, kind, name, is_step, changes_labels, target,"
            f" classes, digest, image FROM operations WHERE {where} ORDER BY revision",
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
                image=row[11],
            )
            for row in rows
        ]

    def _tiles(self, where: str, values: dict[str, Any]) -> set[LayerTile]:
        rows = self.database.read(
            "SELECT DISTINCT c.layer, c.ty, c.tx, c.image FROM operations o"
            f" JOIN changes c ON c.revision = coalesce(o.target, o.revision) WHERE {where} AND {_STILL_THERE}",
            values,
        )
        return {LayerTile(LAYERS[layer], ty, tx, image) for layer, ty, tx, image in rows}


def _insert_entry(connection: apsw.Connection, entry: LogEntry) -> None:
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
        entry.image,
    )
    connection.execute("INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def _insert_facts(connection: apsw.Connection, facts: Mapping[str, Any]) -> None:
    rows = [(key, json.dumps(value)) for key, value in facts.items()]
    connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)


def _classes_from_json(text: str) -> tuple[LabelClass, ...]:
    return tuple(LabelClass(**values) for values in json.loads(text))
