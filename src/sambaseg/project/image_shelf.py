"""The images of an open project: what is known of each, its tiles, made when they are asked for, and its file."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from sambaseg import errors
from sambaseg.errors import (
    BrokenImageError,
    CancelledError,
    ImageFileChangedError,
    ImageNotReadyError,
    InputFileError,
    MissingFileError,
    NotFoundError,
    ParameterError,
    SambasegError,
    StorageError,
)
from sambaseg.images.micrograph import Micrograph, ReadLimits
from sambaseg.images.pixels import Pixels
from sambaseg.images.pyramid import TILE_PX, TileLayer, level_shapes
from sambaseg.project.builds import Build, Building, BuildQueue
from sambaseg.project.description import ImageDescription, ImageState, tile_dtype
from sambaseg.project.image_rows import ImageRows
from sambaseg.project.layer_cache import LayerCache
from sambaseg.project.linked_file import LinkedFile, another_file, another_size, changed, missing
from sambaseg.project.new_image import finished, tiles_folder
from sambaseg.project.stored_image import StoredImage
from sambaseg.project.thumbnail import read_thumbnail, remove_thumbnail, write_thumbnail
from sambaseg.project.troubles import Look, Troubles

if TYPE_CHECKING:
    from sambaseg.images.building import BuiltImage

TILE_SECONDS = 60.0
"""How long reading a tile waits for it to be made."""


@dataclass(frozen=True)
class BuildSettings:
    """What making tiles may take: see `PyramidBuild`."""

    limits: ReadLimits = field(default_factory=ReadLimits)
    seconds: float | None = None
    memory_mb: int = 4096
    threads: int = field(default_factory=lambda: min(4, os.cpu_count() or 1))


class ImageShelf:
    """All images of one project. All methods may be called from any thread."""

    def __init__(
        self, folder: Path, rows: ImageRows, cache: LayerCache, builds: BuildQueue, settings: BuildSettings
    ) -> None:
        self.folder = folder
        self._rows = rows
        self._cache = cache
        self._builds = builds
        self._settings = settings
        self._troubles = Troubles()
        self._seen_changed: dict[int, LinkedFile] = {}  # so that a changed file is not read again and again
        self._told: dict[int, tuple[tuple[StoredImage, ImageState | None, str], ImageDescription]] = {}
        self._callbacks: list[Callable[[int], None]] = []
        self._closed = False

    # what is known

    def describe(self, image: int) -> ImageDescription:
        """Return what is told of an image. Raises NotFoundError."""
        stored = self._rows.get(image)
        facts = stored, *self._state(stored)
        told = self._told.get(image)
        if told is None or told[0] != facts:
            told = self._told[image] = facts, stored.describe(*facts[1:])
        return told[1]

    def on_change(self, callback: Callable[[int], None]) -> None:
        """Have `callback` called, from any thread, with each image whose state changed."""
        self._callbacks.append(callback)

    # pixels

    def read_tile(self, image: int, level: int, ty: int, tx: int) -> NDArray[Any]:
        """Return a tile (C, h, w) in the tile dtype, made first where it is not there yet.

        Raises NotFoundError, ParameterError where there is no such tile, ImageNotReadyError where it takes longer than
        a minute, and what keeps the image from being read.
        """
        stored = self._rows.get(image)
        _check_tile(stored, level, ty, tx)
        if stored.state != "ready":
            build = self._request(stored)
            if build is not None and not build.wait_for_tile(level, ty, tx, TILE_SECONDS):
                raise ImageNotReadyError(f"{stored.name} is still being prepared.", hint="Try again in a moment.")
        tile_cyx = self._layer(self._rows.get(image)).read_tile(level, ty, tx)
        with np.errstate(over="ignore"):  # float64 beyond float32 is shown as infinite
            return tile_cyx.astype(tile_dtype(stored.info.dtype), copy=False)

    def micrograph(self, image: int, stop: Callable[[], bool] | None = None) -> Micrograph:
        """Return an image as it is in its file, its pixels read when they are asked for; see `ensure`."""
        self.ensure(image, wait=True, stop=stop)
        stored = self._rows.get(image)
        return Micrograph(self._layer(stored).pixels(0), stored.info)

    def ensure(self, image: int, *, wait: bool, stop: Callable[[], bool] | None = None) -> None:
        """Have the tiles of an image made where they are not; `wait` for the end, or until `stop` returns True.

        Raises NotFoundError, CancelledError when stopped, and what keeps the image from being read.
        """
        stored = self._rows.get(image)
        if stored.state == "ready":
            self.check_file(image)
            return
        self._troubles.try_again(image)
        build = self._request(stored)
        if build is not None and wait:
            if not build.wait(stop=stop):
                raise CancelledError("Preparing the image was cancelled.")
            build.raise_if_failed()

    def progress(self, image: int) -> float:
        """Return which share of the tiles of an image is made, 0 to 1. Raises NotFoundError."""
        stored = self._rows.get(image)
        build = self._builds.find(self._key(image))
        return 1.0 if stored.state == "ready" else build.progress if build is not None else 0.0

    def thumbnail(self, image: int) -> bytes:
        """Return a PNG of an image, at most 256 px a side. Raises as `read_tile` does."""
        made = read_thumbnail(self.folder, image)
        if made is None:
            self.ensure(image, wait=True)
            stored = self._rows.get(image)
            self._write_thumbnail(stored)
            made = read_thumbnail(self.folder, image)
        if made is None:
            raise StorageError("The small picture of the image could not be saved.")
        return made

    # files

    def original_file(self, image: int) -> Path:
        """Return the file of an image. Raises NotFoundError."""
        return self._path(self._rows.get(image))

    def check_file(self, image: int) -> None:
        """Make sure that a linked file, as far as its pixels are needed, is what it was when it was linked.

        Raises NotFoundError, MissingFileError and ImageFileChangedError.
        """
        look = self._troubles.look(image)  # first, so that a look that counts is at the file that is linked now
        stored = self._rows.get(image)
        linked = stored.original
        if not isinstance(linked, LinkedFile) or (stored.state == "ready" and stored.finest_stored):
            return
        try:
            found = LinkedFile.now(linked.path)
        except MissingFileError:
            self._fail(look, missing(stored.name, linked))
        if (found.size, found.mtime_ns) == (linked.size, linked.mtime_ns):
            self._forgive(look)
            return
        if self._seen_changed.get(image) == found or (stored.sha256 and found.hash() != stored.sha256):
            self._seen_changed[image] = found
            self._fail(look, changed(stored.name, linked))
        with self._rows.lock:
            now = self._rows.get(image)
            if now.original == linked:  # not linked anew meanwhile
                self._rows.put(replace(now, original=found))
        self._forgive(look)

    def check_files(self) -> None:
        """Look at all linked files, so that those that are missing or changed are known before they are needed."""
        for image in self._rows.linked():
            if self._closed:
                return
            with contextlib.suppress(SambasegError):
                self.check_file(image)

    def check_files_soon(self) -> None:
        """Look at all linked files in the background; a slow disk holds nobody up."""
        if self._rows.linked():
            threading.Thread(target=self.check_files, name="linked files", daemon=True).start()

    def relink(self, image: int, path: Path) -> None:
        """Say where the file of a linked image is now.

        Raises NotFoundError, ParameterError for an image whose file is in the project, MissingFileError, and
        ImageFileChangedError where the file there is another one.
        """
        stored = self._rows.get(image)
        if not isinstance(stored.original, LinkedFile):
            raise ParameterError(f"The file of {stored.name} is kept in the project.")
        found = LinkedFile.now(path)
        if stored.sha256 and found.hash() != stored.sha256:
            raise another_file(stored.name, found)
        self._cache.forget(tiles_folder(self.folder, image))
        state = "new" if stored.state == "failed" else stored.state
        self._rows.put(replace(stored, original=found, state=state, error="", message="", hint=""))
        self._troubles.found_well(self._troubles.look(image))
        self._tell(image)

    # changes

    def remove(self, image: int) -> None:
        """Forget an image that is stored no more, and remove its files."""
        with self._rows.lock:
            stored = self._rows.get(image)
            self._rows.forget(image)
            self._troubles.forget(image)
            self._told.pop(image, None)
        self._builds.cancel(lambda key: key == self._key(image))
        tiles = tiles_folder(self.folder, image)
        self._cache.forget(tiles)
        shutil.rmtree(tiles, ignore_errors=True)
        remove_thumbnail(self.folder, image)
        if isinstance(stored.original, str):
            self._remove_original(stored.original)

    def close(self) -> None:
        """End what is being made."""
        self._closed = True
        self._builds.cancel(lambda key: isinstance(key, tuple) and key[0] == self.folder)
        self._cache.clear()

    # within

    def _key(self, image: int) -> tuple[Path, int]:
        return self.folder, image

    def _state(self, stored: StoredImage) -> tuple[ImageState | None, str]:
        error = self._troubles.get(stored.id)
        if isinstance(error, MissingFileError):
            return "missing", error.message
        if isinstance(error, ImageFileChangedError):
            return "changed", error.message
        if error is not None:
            return "failed", error.message
        if stored.state == "new" and self._builds.find(self._key(stored.id)) is not None:
            return "building", ""
        return None, ""

    def _layer(self, stored: StoredImage) -> TileLayer:
        if stored.state == "ready":
            self.check_file(stored.id)
        return self._cache.get(tiles_folder(self.folder, stored.id), lambda folder: self._open(stored, folder))

    def _open(self, stored: StoredImage, folder: Path) -> TileLayer:
        if stored.finest_stored and stored.state == "ready":
            return TileLayer.open(folder)
        finest = self._finest(stored)
        return TileLayer.open(folder, finest=finest)

    def _finest(self, stored: StoredImage) -> Pixels | None:
        """Return the finest level of a linked file that can be read by parts, else None."""
        from sambaseg.images.region_source import open_pixels

        if not isinstance(stored.original, LinkedFile):
            return None
        return open_pixels(stored.original.path, page=stored.info.page, limits=self._settings.limits)

    def _request(self, stored: StoredImage) -> Build | None:
        """Have the tiles of an image made; None where they are ready by now. Raises what keeps it from being read."""
        if stored.state == "failed":
            kind = getattr(errors, stored.error, BrokenImageError)
            raise kind(stored.message, hint=stored.hint)
        failed = self._troubles.get(stored.id)
        if failed is not None and self._troubles.of_file(stored.id) is None:
            raise type(failed)(failed.message, hint=failed.hint)
        self.check_file(stored.id)
        with self._rows.lock:
            if self._closed:
                raise NotFoundError("The project was closed or deleted meanwhile.")
            if self._rows.get(stored.id).state == "ready":
                return None
            known = self._builds.find(self._key(stored.id)) is not None
            build = self._builds.request(
                self._key(stored.id),
                lambda: self._make(stored.id),
                lambda outcome: self._take(stored.id, outcome),
            )
        if not known:
            self._tell(stored.id)
        return build

    def _make(self, image: int) -> Building:
        from sambaseg.images.building import PyramidBuild

        stored = self._rows.get(image)
        tiles = tiles_folder(self.folder, image)
        shutil.rmtree(tiles, ignore_errors=True)
        self._cache.forget(tiles)
        return PyramidBuild(
            self._path(stored),
            tiles,
            page=stored.info.page,
            keep_finest=self._finest(stored) is None,
            file_name=stored.info.file_name,
            limits=self._settings.limits,
            seconds=self._settings.seconds,
            memory_mb=self._settings.memory_mb,
            threads=self._settings.threads,
        )

    def _take(self, image: int, outcome: BuiltImage | SambasegError) -> None:
        """Store how making the tiles of an image has ended. Raises what makes of a good end a bad one."""
        self._cache.forget(tiles_folder(self.folder, image))
        stored = self._rows.get(image)
        try:
            if isinstance(outcome, SambasegError):
                raise outcome
            self._accept(stored, outcome)
        except SambasegError as error:
            self._take_failure(stored, error)
            raise
        finally:
            self._tell(image)

    def _accept(self, stored: StoredImage, built: BuiltImage) -> None:
        if (built.info.height, built.info.width) != stored.shape_yx:
            raise another_size(stored.name, stored.shape_yx)
        if stored.sha256 and built.sha256 != stored.sha256:
            raise changed(stored.name, stored.original)
        ready = finished(stored, built, self.folder)
        self._write_thumbnail(ready)
        self._rows.put(ready)

    def _take_failure(self, stored: StoredImage, error: SambasegError) -> None:
        if isinstance(error, CancelledError):
            return
        if isinstance(error, MissingFileError) or not isinstance(error, InputFileError):  # may go away
            self._troubles.put(stored.id, error)
            return
        self._rows.put(
            replace(stored, state="failed", error=type(error).__name__, message=error.message, hint=error.hint)
        )

    def _write_thumbnail(self, stored: StoredImage) -> None:
        layer = self._open(stored, tiles_folder(self.folder, stored.id))
        write_thumbnail(self.folder, stored.id, layer, stored.describe().contrast, is_rgb=stored.info.is_rgb)

    def _path(self, stored: StoredImage) -> Path:
        original = stored.original
        return original.path if isinstance(original, LinkedFile) else self.folder / "original" / original

    def _fail(self, look: Look, error: MissingFileError | ImageFileChangedError) -> NoReturn:
        """Remember what a look at the file of an image found wrong, tell it where that is news, and raise it."""
        self._cache.forget(tiles_folder(self.folder, look.image))
        if self._troubles.found(look, error):
            self._tell(look.image)
        raise error

    def _forgive(self, look: Look) -> None:
        if self._troubles.found_well(look):
            self._tell(look.image)

    def _tell(self, image: int) -> None:
        for callback in self._callbacks:
            callback(image)

    def _remove_original(self, name: str) -> None:
        with self._rows.lock:
            used = {self._rows.get(image).original for image in self._rows.ids}
        if name not in used:
            path = self.folder / "original" / name
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _check_tile(stored: StoredImage, level: int, ty: int, tx: int) -> None:
    """Raise ParameterError where an image has no such tile."""
    shapes = level_shapes((1, *stored.shape_yx))
    if not 0 <= level < len(shapes):
        raise ParameterError(f"The image has levels 0 to {len(shapes) - 1}, not {level}.")
    _, height, width = shapes[level]
    if not (0 <= ty * TILE_PX < height and 0 <= tx * TILE_PX < width):
        raise ParameterError(f"A level of {height} by {width} pixels has no tile ({ty}, {tx}).")
