"""What a project knows of its images and results, as rows beside the operation log: changed in its transactions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import apsw

from sambaseg.project.database import Database

ResultState = Literal["running", "paused", "complete"]


@dataclass(frozen=True)
class ImageRow:
    """An image of the project: its id and size, whether its file is ``linked``, and as JSON all else.

    The JSON is read only when it is asked for.
    """

    id: int
    shape_yx: tuple[int, int]
    content: str = "{}"
    linked: bool = False


class ImageTable:
    """The images of a project, in order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self) -> list[ImageRow]:
        """Return the images that were not removed, in order."""
        query = "SELECT id, height, width, content, linked FROM images WHERE position IS NOT NULL ORDER BY position"
        return [ImageRow(row[0], (row[1], row[2]), row[3], bool(row[4])) for row in self._database.read(query)]

    def next_id(self) -> int:
        """Return an id that no image ever had."""
        return int(self._database.read("SELECT coalesce(max(id), -1) + 1 FROM images")[0][0])

    def add(self, rows: Iterable[ImageRow]) -> None:
        """Add images behind the others. Raises StorageError."""
        with self._database.writing() as connection:
            insert_images(connection, rows)

    def write(self, rows: Iterable[ImageRow]) -> None:
        """Store anew what is known of images. Raises StorageError."""
        with self._database.writing() as connection:
            values = [(row.content, row.id) for row in rows]
            connection.executemany("UPDATE images SET content = ? WHERE id = ? AND position IS NOT NULL", values)

    def reorder(self, ids: Sequence[int]) -> None:
        """Put the images into another order; `ids` names each of them once. Raises StorageError."""
        with self._database.writing() as connection:
            connection.executemany("UPDATE images SET position = ? WHERE id = ?", list(enumerate(ids)))


def insert_images(connection: apsw.Connection, rows: Iterable[ImageRow]) -> None:
    """Add images behind the others, within a transaction that is open."""
    first = connection.execute("SELECT coalesce(max(position), -1) + 1 FROM images").fetchall()[0][0]
    if not isinstance(first, int):
        raise TypeError(f"positions of images must be whole numbers, not {first!r}")
    connection.executemany(
        "INSERT INTO images VALUES (?, ?, ?, ?, ?, ?)",
        [(row.id, *row.shape_yx, first + place, int(row.linked), row.content) for place, row in enumerate(rows)],
    )


@dataclass(frozen=True)
class ResultRow:
    """A result of an image; ``content`` is JSON, which is read only when it is asked for."""

    id: str
    image: int
    state: ResultState
    labels_state: int
    content: str


class ResultTable:
    """The results of a project: complete ones, paused ones, and those that were running when it was closed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self) -> list[ResultRow]:
        """Return all results."""
        query = "SELECT id, image, state, labels_state, content FROM results"
        return [ResultRow(*row) for row in self._database.read(query)]

    def write(self, row: ResultRow, *, instead_of: Iterable[str] = ()) -> None:
        """Store a result, and forget others, at once. Raises StorageError."""
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM results WHERE id = ?", [(other,) for other in instead_of])
            insert_results(connection, [row])

    def write_all(self, rows: Iterable[ResultRow]) -> None:
        """Store results at once. Raises StorageError."""
        with self._database.writing() as connection:
            insert_results(connection, rows)

    def forget(self, result_id: str) -> None:
        """Remove a result. Raises StorageError."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM results WHERE id = ?", (result_id,))


def insert_results(connection: apsw.Connection, rows: Iterable[ResultRow]) -> None:
    """Store results, each in place of a row of its id, within a transaction that is open."""
    connection.executemany(
        "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)",
        [(row.id, row.image, row.state, row.labels_state, row.content) for row in rows],
    )


class ImageFacts:
    """A JSON value of each image under one `name`, among the facts of the project; it goes with its image."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def read(self, image: int) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value of an image; None where it has none."""
        rows = self._database.read("SELECT value FROM facts WHERE key = ?", (_key(image, self._name),))
        return json.loads(rows[0][0]) if rows else None

    def change(self, image: int, change: Callable[[Any], Any]) -> bool:
        """Put what `change` makes of the value in its place, in one transaction; None removes it.

        Returns False, and changes nothing, where the project has no such image. Raises StorageError, and what `change`
        raises.
        """
        key = _key(image, self._name)
        with self._database.writing() as connection:
            if not connection.execute(
                "SELECT 1 FROM images WHERE id = ? AND position IS NOT NULL", (image,)
            ).fetchall():
                return False
            rows = connection.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchall()
            value = change(json.loads(str(rows[0][0])) if rows else None)
            if value is None:
                connection.execute("DELETE FROM facts WHERE key = ?", (key,))
            else:
                connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (key, json.dumps(value)))
        return True


def forget_facts(connection: apsw.Connection, image: int | None) -> None:
    """Remove the facts of one image, within a transaction that is open."""
    connection.execute("DELETE FROM facts WHERE key GLOB ?", (_key(image, "*"),))


def _key(image: int | None, name: str) -> str:
    return f"image:{image}:{name}"
