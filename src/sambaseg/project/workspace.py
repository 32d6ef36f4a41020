"""All projects of one data folder. A project appears there whole, under an id made here, and goes as a whole."""

from __future__ import annotations

import re
import secrets
import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from sambaseg.durable import sync_folder, sync_tree
from sambaseg.errors import DamagedProjectError, NotFoundError, ProjectBusyError, StorageError
from sambaseg.project.builds import BuildQueue
from sambaseg.project.crop import Rectangle, crop_into
from sambaseg.project.description import ProjectKind, StoredDescription, modified
from sambaseg.project.folder_lock import FolderLock
from sambaseg.project.image_shelf import BuildSettings
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore
from sambaseg.project.thumbnail import read_thumbnail

_ID = re.compile(r"[0-9a-f]{32}")
_MAKING = "making"


@dataclass(frozen=True)
class ProjectSummary:
    """A project in a list; times are ISO 8601 in UTC, ``width`` and ``height`` those of its first image."""

    id: str
    name: str
    created: str
    modified: str
    width: int
    height: int
    kind: ProjectKind
    images: int


class Workspace:
    """The projects under ``data_dir``. All methods may be called from any thread."""

    def __init__(self, data_dir: Path, *, building: BuildSettings | None = None) -> None:
        """Make the folders where they are missing, and remove what was left half made or half deleted.

        `building` says what making the tiles of an image may take. Raises StorageError where the folder cannot be
        written.
        """
        self._projects = data_dir / "projects"
        self._unfinished = data_dir / "unfinished"
        self._trash = data_dir / "trash"
        self._access = threading.RLock()
        self._open: dict[str, ProjectStore] = {}
        self._opening: dict[str, threading.Lock] = {}  # one each: an old project may take long to be brought up to date
        self._building = building or BuildSettings()
        self._builds = BuildQueue()
        self._callbacks: list[Callable[[str, int], None]] = []
        try:
            for folder in (self._projects, self._unfinished, self._trash):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The folder for projects, {data_dir}, cannot be made: {error.strerror}.",
                hint="Choose another one with SAMBASEG_DATA_DIR.",
            ) from error
        self._clean()

    def close(self) -> None:
        """Close all projects."""
        with self._access:
            while self._open:
                self._open.popitem()[1].close()

    def list_projects(self, only: Collection[str] | None = None) -> list[ProjectSummary]:
        """Return all projects, the last changed first, without opening them; damaged ones are left out.

        With `only`, those ids are looked at alone, so that it does not matter how many others there are.
        """
        return sorted(self._summaries(only), key=lambda summary: (summary.modified, summary.id), reverse=True)

    def on_image_change(self, callback: Callable[[str, int], None]) -> None:
        """Have `callback` called, from any thread, with project and image where the state of an image changed.

        It counts for projects that are opened afterwards.
        """
        self._callbacks.append(callback)

    def create_project(self, images: Sequence[NewImage], *, name: str, kind: ProjectKind | None = None) -> ProjectStore:
        """Make a project of images, in this order, and open it; see `ProjectStore.create`.

        Raises ParameterError for a bad name, MissingFileError and StorageError; nothing is left behind then.
        """
        with _Unfinished(self._unfinished) as unfinished:
            ProjectStore.create(unfinished.folder, images, name=name, kind=kind)
            return self.open_project(unfinished.move_into(self._projects))

    def crop_project(
        self, project_id: str, rectangle: Rectangle, *, name: str | None = None, image: int = 0
    ) -> ProjectStore:
        """Make a project of a part of an image: its pixels and labels there, classes, settings and classifier.

        Raises NotFoundError, ParameterError for a rectangle that is empty or leaves the image, and StorageError.
        """
        source = self.open_project(project_id)
        with _Unfinished(self._unfinished) as unfinished:
            crop_into(unfinished.folder, source, rectangle, name=name, image=image)
            return self.open_project(unfinished.move_into(self._projects))

    def open_project(self, project_id: str) -> ProjectStore:
        """Return the project, which stays open. Raises NotFoundError, ProjectBusyError and DamagedProjectError."""
        store = self._open.get(project_id)
        if store is not None:
            return store
        folder = self._folder(project_id)
        with self._access:
            opening = self._opening.setdefault(project_id, threading.Lock())
        with opening:
            store = self._open.get(project_id)
            if store is None:
                store = ProjectStore.open(folder, builds=self._builds, building=self._building)
                for callback in self._callbacks:
                    store.on_image_change(partial(callback, project_id))
                with self._access:
                    self._open[project_id] = store
            return store

    def find_open(self, project_id: str) -> ProjectStore | None:
        """Return the project where it is open."""
        return self._open.get(project_id)

    def thumbnail(self, project_id: str, image: int | None = None) -> bytes:
        """Return the PNG of an image, of the first where it is left out; a project is opened only to make it.

        Raises NotFoundError, and what keeps the image from being read.
        """
        folder = self._folder(project_id)
        made = read_thumbnail(folder, StoredDescription.read(folder).first if image is None else image)
        return self.open_project(project_id).thumbnail(image) if made is None else made

    def delete_project(self, project_id: str) -> None:
        """Remove a project, whose jobs must have ended. Raises NotFoundError, ProjectBusyError and StorageError."""
        with self._access:
            folder = self._folder(project_id)
            store = self._open.pop(project_id, None)
            self._opening.pop(project_id, None)
            if store is not None:
                store.close()
            else:
                FolderLock(folder).release()
            grave = self._trash / f"{project_id}-{secrets.token_hex(8)}"
            try:
                folder.rename(grave)
                sync_folder(self._projects)
            except OSError as error:
                raise StorageError(f"The project could not be deleted: {error.strerror}.") from error
        shutil.rmtree(grave, ignore_errors=True)

    def _folder(self, project_id: str) -> Path:
        folder = self._projects / project_id if _ID.fullmatch(project_id) else None
        if folder is None or not folder.is_dir():
            raise NotFoundError("There is no such project.", hint="It may have been deleted.")
        return folder

    def _summaries(self, only: Collection[str] | None) -> Iterator[ProjectSummary]:
        for folder in self._projects.iterdir() if only is None else map(self._projects.joinpath, only):
            if not _ID.fullmatch(folder.name):
                continue
            try:
                stored = StoredDescription.read(folder)
            except DamagedProjectError:
                continue
            yield ProjectSummary(
                folder.name,
                stored.name,
                stored.created,
                modified(folder),
                stored.width,
                stored.height,
                stored.kind,
                stored.images,
            )

    def _clean(self) -> None:
        """Remove what nobody works on any more: a process that makes a project holds its lock."""
        for folder in self._unfinished.iterdir():
            try:
                FolderLock(folder, _MAKING).release()
            except (ProjectBusyError, DamagedProjectError):
                continue
            shutil.rmtree(folder, ignore_errors=True)
        for folder in self._trash.iterdir():
            shutil.rmtree(folder, ignore_errors=True)


class _Unfinished:
    """A new folder for a project that is being made; removed in the end unless it was moved to its place."""

    def __init__(self, parent: Path) -> None:
        self.folder = parent / secrets.token_hex(16)

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir()
        except OSError as error:
            raise StorageError(f"The project could not be saved: {error.strerror}.") from error
        self._lock = FolderLock(self.folder, _MAKING)
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def move_into(self, projects: Path) -> str:
        """Give the project, which is whole now, its place and return its id. Raises StorageError."""
        project_id = secrets.token_hex(16)
        self._lock.release()
        try:
            (self.folder / _MAKING).unlink()
            sync_tree(self.folder)
            self.folder.rename(projects / project_id)
            sync_folder(projects)
        except OSError as error:
            raise StorageError(f"The project could not be saved: {error.strerror}.") from error
        return project_id
