"""A copy of one project as it is at a moment, taken from outside while a server goes on using it.

What the log tells is true of the files: what it names is whole before it is named, and is removed only after it is not
named any more. So whatever is named by two copies of the log, taken one after the other, was whole all the time between
them. Files are never changed in place, so that a second name (a hard link) keeps their content, whatever comes.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import apsw

from sambaseg.errors import DamagedProjectError, ProjectBusyError
from sambaseg.project.cleaned import folder_of_cleaned
from sambaseg.project.description import FILE_NAME, read_description_file
from sambaseg.project.folder_lock import FolderLock
from sambaseg.project.linked_file import LinkedFile
from sambaseg.project.log_copy import copy_log, wal_of
from sambaseg.project.new_image import tiles_folder
from sambaseg.project.schema import APPLICATION_ID, FORMAT
from sambaseg.project.stored_image import StoredImage
from sambaseg.project.tables import ImageRow
from sambaseg.project.upgrade import LOG_NAME

PARTS = ("original", "images", "thumbnails", "results", "classifiers")
"""Folders that each project has, empty or not."""
_TRIES = 8
T = TypeVar("T")


@dataclass(frozen=True)
class CopiedProject:
    """What a copy holds. `linked` are files outside the project, which are not part of it."""

    id: str
    name: str
    revision: int
    images: int
    linked: tuple[str, ...]


@dataclass(frozen=True)
class _Named:
    """What a log names: paths of files and folders in the project, those of results, which can be done without, and
    facts.
    """

    needed: frozenset[str]
    results: dict[str, tuple[str, ...]]
    revision: int
    images: int
    linked: tuple[str, ...]

    @property
    def paths_of_results(self) -> frozenset[str]:
        """The paths of all results."""
        return frozenset(path for paths in self.results.values() for path in paths)


def copy_project(folder: Path, target: Path) -> CopiedProject:
    """Put a copy of the project in `folder` into the empty folder `target`, by hard links where the disk has them.

    It holds all steps that were acknowledged before, the images, the complete results and the classifier; tiles that
    are not ready and results that are being computed are left out and are made anew when they are wanted.
    Raises NotFoundError or FileNotFoundError where the project is deleted meanwhile, DamagedProjectError where it is
    not whole, and ProjectBusyError where too much happens in it.
    """
    for part in PARTS:
        (target / part).mkdir(exist_ok=True)
    if read_description_file(folder)["format"] == 1:
        return _copy_format_1(folder, target)
    there: set[str] = set()
    for attempt in range(_TRIES):
        state = copy_log(folder / LOG_NAME, target / LOG_NAME)
        named = _read_log(target / LOG_NAME)
        wanted = named.needed | named.paths_of_results
        for gone in there - wanted:
            _remove(target / gone)
        proven = there & wanted
        if proven == wanted:
            break
        linked = {path for path in wanted - proven if _link_all(folder / path, target / path)}
        missing = wanted - proven - linked
        if state.is_still(folder / LOG_NAME):
            if missing:
                raise DamagedProjectError(f"The project lacks {min(missing)}.")
            break
        there = proven | linked
        time.sleep(0.05 * attempt)
    else:  # a single file is linked whole or not at all, a folder may have been on its way out
        proven |= {path for path in linked if (target / path).is_file()}
        if not named.needed <= proven:
            raise ProjectBusyError(
                "So much happens in the project that it could not be copied.", hint="Try again at a quieter time."
            )
        lost = {key: paths for key, paths in named.results.items() if not proven.issuperset(paths)}
        _forget_results(target / LOG_NAME, lost)
        for paths in lost.values():
            _remove(target / paths[0])
    _link_all(folder / "thumbnails", target / "thumbnails")
    _link_all(folder / FILE_NAME, target / FILE_NAME)
    name = read_description_file(target)["name"]
    return CopiedProject(folder.name, name, named.revision, named.images, named.linked)


def _read_log(path: Path) -> _Named:
    """Make one sound file of a copied log, without what was being computed, and return what it names."""

    def read(connection: apsw.Connection) -> _Named:
        kind = connection.pragma("application_id"), connection.pragma("user_version")
        if kind != (APPLICATION_ID, FORMAT):
            raise DamagedProjectError(f"{path.name} must be an operation log of format {FORMAT}, not {kind[1]}.")
        connection.execute("DELETE FROM results WHERE state != 'complete'")
        return _named(connection)

    return _seal(path, read)


def _last_revision(connection: apsw.Connection) -> int:
    return int(str(connection.execute("SELECT max(revision) FROM operations").fetchall()[0][0]))


def _seal(path: Path, read: Callable[[apsw.Connection], T]) -> T:
    """Make one sound file of a copied log and its WAL, and return what `read` does. Raises DamagedProjectError."""
    newest = max(part.stat().st_mtime_ns for part in (path, wal_of(path)) if part.exists())
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
            complaints = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            if complaints != ["ok"]:
                raise DamagedProjectError(f"{path.name} is damaged: {complaints[0]}.")
            found = read(connection)
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        finally:
            connection.close()
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise DamagedProjectError(f"{path.name} is damaged: {error}.") from error
    finally:
        wal_of(path).unlink(missing_ok=True)
    os.utime(path, ns=(newest, newest))
    return found


def _named(connection: apsw.Connection) -> _Named:
    needed, linked = set[str](), list[str]()
    rows = connection.execute("SELECT id, height, width, content, linked FROM images WHERE position IS NOT NULL")
    images = [StoredImage.from_row(_image_row(row)) for row in rows]
    for image in images:
        if isinstance(image.original, LinkedFile):
            linked.append(str(image.original.path))
        else:
            needed.add(f"original/{image.original}")
        if image.state == "ready":
            needed.add(tiles_folder(Path(), image.id).as_posix())
    for (value,) in connection.execute("SELECT value FROM facts WHERE key = 'classifier'"):
        needed.add(f"classifiers/{json.loads(str(value))['file']}")
    results = {
        str(result_id): _paths_of_result(str(result_id), image, cleaned)
        for result_id, image, cleaned in connection.execute(
            "SELECT id, image, json_extract(content, '$.cleaned.id') FROM results"
        )
    }
    return _Named(frozenset(needed), results, _last_revision(connection), len(images), tuple(sorted(set(linked))))


def _paths_of_result(result_id: str, image: Any, cleaned_id: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the folder of a result, and that of its cleaned classes, which come and go beside it."""
    folder = f"results/{image}/{result_id}"
    return (folder,) if cleaned_id is None else (folder, f"{folder}/{folder_of_cleaned(str(cleaned_id))}")


def _image_row(row: tuple[Any, ...]) -> ImageRow:
    return ImageRow(row[0], (row[1], row[2]), row[3], bool(row[4]))


def _forget_results(path: Path, ids: Iterable[str]) -> None:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.executemany("DELETE FROM results WHERE id = ?", [(result_id,) for result_id in ids])
    finally:
        connection.close()


def _copy_format_1(folder: Path, target: Path) -> CopiedProject:
    """Copy a project that no version since format 2 has opened; to open it would change it, so it is locked."""
    lock = FolderLock(folder)
    try:
        copy_log(folder / LOG_NAME, target / LOG_NAME)
        for path in folder.iterdir():
            if path.name not in (LOG_NAME, wal_of(folder / LOG_NAME).name, "lock"):
                _link_all(path, target / path.name)
    finally:
        lock.release()
    values = read_description_file(target)
    return CopiedProject(folder.name, values["name"], _seal(target / LOG_NAME, _last_revision), 1, ())


def _link_all(source: Path, target: Path) -> bool:
    """Give a file, or all files of a folder, another name in `target`; return False where it goes away meanwhile."""
    try:
        if not source.is_dir():
            if target.is_dir():  # a folder of which a part was linked before it went
                return False
            _link(source, target)
            return True
        for place, _, names in os.walk(source, onerror=_raise):
            beside = target / Path(place).relative_to(source)
            beside.mkdir(parents=True, exist_ok=True)
            for name in names:
                if not name.endswith(".part"):  # being written; its former content is there under its own name
                    _link(Path(place, name), beside / name)
    except FileNotFoundError:
        return False
    return True


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # a disk without links; or a file was replaced after it was found, and is read instead
        shutil.copyfile(source, target)


def _raise(error: OSError) -> None:
    raise error


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
