"""Tiles of what is shared, for looking at it closely: made when somebody looks, kept as long as there is room.

Each file has a folder under its hash: `layer/` with the tiles, and `known.json`, written last, with how it is shown. A
folder without it was left half made, and is made anew.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import replace_durably
from sambaseg.errors import DamagedFileError, ImageNotReadyError, SambasegError
from sambaseg.images.pixels import Pixels
from sambaseg.images.pyramid import TileLayer
from sambaseg.project.builds import Build, Building, BuildQueue
from sambaseg.project.description import Window, tile_dtype
from sambaseg.project.image_shelf import BuildSettings
from sambaseg.project.layer_cache import LayerCache

if TYPE_CHECKING:
    from sambaseg.images.building import BuiltImage

WAIT_SECONDS = 60.0
IDLE_SECONDS = 120.0
"""Tiles that were looked at within this time are not removed to make room."""
DEFAULT_MAX_MB = 8192


@dataclass(frozen=True)
class SharedFile:
    """An image file in the store of files: its hash, its name outside, and how it is had at a path of the disk.

    `labels_of` is the size (H, W) of an image where the pixels are class ids of it, which are never averaged.
    """

    sha256: str
    file_name: str
    as_file: Callable[[], AbstractContextManager[Path]] = field(compare=False)
    labels_of: tuple[int, int] | None = None


@dataclass(frozen=True)
class ShownImage:
    """What a page needs to know of an image to show its tiles."""

    width: int
    height: int
    channels: int
    is_rgb: bool
    dtype: str
    levels: int
    contrast: tuple[Window, ...]


class EntryTiles:
    """All tiles of shared files. All methods may be called from any thread."""

    def __init__(self, folder: Path, settings: BuildSettings, *, max_mb: int = DEFAULT_MAX_MB) -> None:
        self._folder = folder
        self._settings = settings
        self._max_bytes = max_mb * 2**20
        self._builds = BuildQueue()
        self._layers = LayerCache()
        self._access = threading.Lock()
        self._shown: dict[Path, ShownImage] = {}
        self._used: dict[Path, float] = {}
        self._sources: dict[Path, contextlib.ExitStack] = {}

    def describe(self, file: SharedFile) -> ShownImage:
        """Return how an image is shown; its tiles are made first where they are not.

        Raises ImageNotReadyError where that takes longer than a minute, and what keeps the file from being read.
        """
        folder = self._folder_of(file)
        build = self._request(file, folder)
        if build is not None:
            if not build.wait(WAIT_SECONDS):
                raise _not_ready(file)
            build.raise_if_failed()
        return self._known(folder)

    def read_tile(self, file: SharedFile, level: int, ty: int, tx: int) -> NDArray[Any]:
        """Return a tile (C, h, w), of labels uint8; it is waited for where it is being made. Raises as `describe`.

        Raises ParameterError where there is no such tile.
        """
        folder = self._folder_of(file)
        build = self._request(file, folder)
        if build is not None and not build.wait_for_tile(level, ty, tx, WAIT_SECONDS):
            raise _not_ready(file)
        layer = self._layers.get(folder / "layer")
        tile_cyx = layer.read_tile(level, ty, tx)
        with np.errstate(over="ignore"):
            return tile_cyx.astype(tile_dtype(tile_cyx.dtype.name), copy=False)

    def close(self) -> None:
        """End what is being made."""
        self._builds.cancel(lambda _key: True)
        self._layers.clear()

    def _folder_of(self, file: SharedFile) -> Path:
        folder = self._folder / (f"{file.sha256}-labels" if file.labels_of else file.sha256)
        with self._access:
            self._used[folder] = time.monotonic()
        return folder

    def _request(self, file: SharedFile, folder: Path) -> Build | None:
        """Return the making of the tiles, None where they are there."""
        if (folder / "known.json").exists():
            return None
        return self._builds.request(
            folder.name, lambda: self._make(file, folder), lambda outcome: self._take(folder, outcome)
        )

    def _make(self, file: SharedFile, folder: Path) -> Building:
        from sambaseg.images.building import PyramidBuild

        shutil.rmtree(folder, ignore_errors=True)
        self._layers.forget(folder)
        folder.mkdir(parents=True)
        with self._access:
            held = self._sources[folder] = contextlib.ExitStack()
        source = held.enter_context(file.as_file())
        if file.labels_of is not None:
            return LabelBuild(source, file.labels_of, folder / "layer", self._settings)
        return PyramidBuild(
            source,
            folder / "layer",
            file_name=file.file_name,
            limits=self._settings.limits,
            seconds=self._settings.seconds,
            memory_mb=self._settings.memory_mb,
            threads=self._settings.threads,
        )

    def _take(self, folder: Path, outcome: BuiltImage | SambasegError) -> None:
        self._layers.forget(folder)
        with self._access:
            held = self._sources.pop(folder, None)
        if held is not None:
            held.close()
        if isinstance(outcome, SambasegError):
            shutil.rmtree(folder, ignore_errors=True)
            raise outcome
        info = outcome.info
        known = {
            "width": info.width,
            "height": info.height,
            "channels": info.channels,
            "is_rgb": info.is_rgb,
            "dtype": info.dtype,
            "contrast": [list(pair) for pair in outcome.contrast],
        }
        with replace_durably(folder / "known.json") as temporary:
            temporary.write_text(json.dumps(known), encoding="utf-8")
        self._make_room()

    def _known(self, folder: Path) -> ShownImage:
        with self._access:
            shown = self._shown.get(folder)
        if shown is None:
            known = json.loads((folder / "known.json").read_text(encoding="utf-8"))
            contrast = tuple(Window(low, high) for low, high in known.pop("contrast"))
            levels = self._layers.get(folder / "layer").levels
            shown = ShownImage(**known, levels=levels, contrast=contrast)
            with self._access:
                self._shown[folder] = shown
        return shown

    def _make_room(self) -> None:
        """Remove the tiles that nobody looked at for the longest time, where all take more than they may."""
        sizes = {folder: _size_of(folder) for folder in self._folder.iterdir() if folder.is_dir()}
        too_much = sum(sizes.values()) - self._max_bytes
        with self._access:
            moment = time.monotonic()
            last = {folder: self._used.get(folder, 0.0) for folder in sizes}
        for folder in sorted(sizes, key=lambda folder: last[folder]):
            if too_much <= 0 or (last[folder] and moment - last[folder] < IDLE_SECONDS):
                return
            with self._access:
                self._shown.pop(folder, None)
                self._used.pop(folder, None)
            with contextlib.suppress(OSError):
                (folder / "known.json").unlink(missing_ok=True)
            self._layers.forget(folder)
            shutil.rmtree(folder, ignore_errors=True)
            too_much -= sizes[folder]


class LabelBuild:
    """The tiles of a file of class ids, which this program wrote; it is read part by part."""

    def __init__(self, path: Path, shape_yx: tuple[int, int], folder: Path, settings: BuildSettings) -> None:
        self._path, self._shape_yx, self._folder, self._settings = path, shape_yx, folder, settings
        self._ended = threading.Event()

    @property
    def progress(self) -> float:
        """Share that is done: all or nothing."""
        return float(self._ended.is_set())

    def start(self) -> None:
        """Begin; the work is done by who waits for the result."""

    def wait_for_tile(self, level: int, ty: int, tx: int, seconds: float) -> bool:  # noqa: ARG002
        """Return whether all tiles are on the disk, after at most `seconds`."""
        return self._ended.wait(seconds)

    def result(self) -> BuiltImage:
        """Make the tiles. Raises what keeps the file from being read."""
        from sambaseg.images.building import BuiltImage
        from sambaseg.images.micrograph import Micrograph

        pixels_cyx = self._pixels()
        height, width = self._shape_yx
        layer = TileLayer.create(self._folder, (1, height, width), np.uint8, reduce="label")
        layer.write_array(pixels_cyx)
        layer.flush()
        self._ended.set()
        alike = Micrograph.from_array(np.zeros((1, 1, 1), np.uint8), name=self._path.name)
        info = replace(alike.info, height=height, width=width)
        return BuiltImage(info, ((0.0, 255.0),), ((0.0, 255.0),), "")

    def cancel(self) -> None:
        """Let it end; a file of class ids takes seconds."""

    def _pixels(self) -> Pixels:
        """Return the class ids (1, H, W), read part by part where the file allows it. Raises DamagedFileError."""
        from sambaseg.images.decode_apart import read_labels_apart
        from sambaseg.images.region_source import open_pixels

        limits = self._settings.limits
        pixels_cyx: Pixels | None = open_pixels(self._path, limits=limits)
        if pixels_cyx is None:
            ids_yx = read_labels_apart(self._path, self._shape_yx, limits=limits, memory_mb=self._settings.memory_mb)
            pixels_cyx = ids_yx[np.newaxis].astype(np.min_scalar_type(int(ids_yx.max())))
        if pixels_cyx.dtype != np.uint8 or pixels_cyx.shape != (1, *self._shape_yx):
            raise DamagedFileError("The class ids of this entry are not one plane of 8 bits of its image's size.")
        return pixels_cyx


def _size_of(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _not_ready(file: SharedFile) -> ImageNotReadyError:
    return ImageNotReadyError(f"{file.file_name} is still being prepared.", hint="Try again in a moment.")
