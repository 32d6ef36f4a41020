"""Images on their way into a project: what is known of each, and how it takes its place in the folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import sync_tree
from sambaseg.errors import StorageError
from sambaseg.images.contrast import display_window
from sambaseg.images.hashing import hash_source
from sambaseg.images.micrograph import ImageInfo, Micrograph
from sambaseg.images.pyramid import TileLayer
from sambaseg.images.zarr_metadata import read_metadata
from sambaseg.project.description import MAX_NAME_LENGTH, ProjectKind, Window, checked_name
from sambaseg.project.linked_file import LinkedFile
from sambaseg.project.original import Originals
from sambaseg.project.stored_image import StoredImage
from sambaseg.project.thumbnail import write_thumbnail

if TYPE_CHECKING:
    from sambaseg.images.building import BuiltImage

Ranges = Sequence[tuple[float, float]]
"""Two grey values a channel."""


@dataclass(frozen=True)
class NewImage:
    """An image to be added: page ``page`` of ``source_file``, shown under ``name``.

    Where its tiles come from: ``micrograph`` is the image decoded, for small ones; ``built`` and ``built_folder`` are
    what a `PyramidBuild` made, and the folder is moved into the project; without either the tiles are made when they
    are asked for. A file that is to ``link`` stays where it is and must stay the same; one that is ``owned`` by the
    caller will not be changed by anybody. ``sha256`` is that of the file, see `hash_source`, where it is known.
    """

    source_file: Path
    page: int
    name: str
    info: ImageInfo
    contrast: Ranges | None = None
    value_range: Ranges | None = None
    link: bool = False
    built: BuiltImage | None = None
    built_folder: Path | None = None
    micrograph: Micrograph | None = None
    owned: bool = False
    sha256: str = ""

    @classmethod
    def of(
        cls,
        micrograph: Micrograph,
        source_file: Path,
        *,
        name: str | None = None,
        link: bool = False,
        owned: bool = False,
    ) -> Self:
        """Return an image that was decoded already, named after its file where `name` is left out."""
        info = micrograph.info
        shown = name or info.file_name[-MAX_NAME_LENGTH:].strip() or "Image"
        return cls(source_file, info.page, shown, info, link=link, micrograph=micrograph, owned=owned)


def kind_of(images: Sequence[ImageInfo], asked: ProjectKind | None = None) -> ProjectKind:
    """Return what kind of project these images make: a stack where all have the same size, channels and dtype."""
    if len(images) == 1:
        return "single"
    alike = len({(info.height, info.width, info.channels, info.dtype) for info in images}) == 1
    return "set" if not alike or asked == "set" else "stack"


def take_in(new: NewImage, image_id: int, folder: Path, originals: Originals) -> StoredImage:
    """Put a new image into the project in `folder` under an id that is free, and return what is to be stored of it.

    Raises ParameterError for a bad name, MissingFileError for a file to link that is not there, and StorageError.
    """
    name = checked_name(new.name, "An image's name")
    original, sha256 = _keep_file(new, originals)
    tiles = tiles_folder(folder, image_id)
    shutil.rmtree(tiles, ignore_errors=True)  # left by an image whose adding was cut off
    stored = StoredImage(
        id=image_id,
        name=name,
        info=new.info,
        original=original,
        sha256=sha256,
        contrast=_windows(new.contrast),
        value_range=_windows(new.value_range),
    )
    if new.micrograph is not None:
        return _write_tiles(stored, new.micrograph, folder)
    if new.built is not None and new.built_folder is not None:
        try:
            shutil.move(new.built_folder, tiles)
        except OSError as error:
            raise StorageError(f"The image could not be saved: {error.strerror or error}.") from error
        return finished(stored, new.built, folder)
    return stored


def finished(stored: StoredImage, built: BuiltImage, folder: Path) -> StoredImage:
    """Return `stored` as it is once its tiles are made; they are brought to the disk. Raises StorageError."""
    tiles = tiles_folder(folder, stored.id)
    try:
        sync_tree(tiles)
        finest_stored = bool(read_metadata(tiles)["attributes"]["sambaseg"]["finest_stored"])
    except (OSError, KeyError, ValueError) as error:
        raise StorageError(f"The tiles of the image could not be saved: {error}.") from error
    return replace(
        stored,
        info=replace(built.info, pixel_size_um=stored.info.pixel_size_um, file_name=stored.info.file_name),
        sha256=stored.sha256 or built.sha256,
        state="ready",
        error="",
        message="",
        hint="",
        finest_stored=finest_stored,
        contrast=_windows(built.contrast),
        value_range=_windows(built.value_range),
    )


def tiles_folder(folder: Path, image_id: int) -> Path:
    """Return where the tiles of an image of the project in `folder` lie."""
    return folder / "images" / str(image_id)


def _keep_file(new: NewImage, originals: Originals) -> tuple[str | LinkedFile, str]:
    if not new.link:
        return originals.keep(new.source_file, new.info.file_name, owned=new.owned, sha256=new.sha256)
    linked = LinkedFile.now(new.source_file)
    known = new.sha256 or (new.built.sha256 if new.built is not None else "")
    return linked, hash_source(linked.path) if new.micrograph is not None and not known else known


def _write_tiles(stored: StoredImage, micrograph: Micrograph, folder: Path) -> StoredImage:
    pixels_cyx = micrograph.array()
    layer = TileLayer.create(
        tiles_folder(folder, stored.id),
        pixels_cyx.shape,
        pixels_cyx.dtype,
        pixel_size_um=micrograph.info.pixel_size_um,
    )
    layer.write_array(pixels_cyx)
    try:
        sync_tree(layer.folder)
    except OSError as error:
        raise StorageError(f"The image could not be saved: {error.strerror}.") from error
    ready = replace(
        stored,
        state="ready",
        contrast=tuple(Window(*display_window(channel)) for channel in pixels_cyx),
        value_range=tuple(_value_range(channel) for channel in pixels_cyx),
    )
    write_thumbnail(folder, stored.id, layer, ready.contrast, is_rgb=stored.info.is_rgb)
    return ready


def _windows(ranges: Ranges | None) -> tuple[Window, ...]:
    return tuple(Window(float(low), float(high)) for low, high in ranges or ())


def _value_range(pixels_yx: NDArray[Any]) -> Window:
    finite = pixels_yx[np.isfinite(pixels_yx)] if pixels_yx.dtype.kind == "f" else pixels_yx
    return Window(float(finite.min()), float(finite.max())) if finite.size else Window(0.0, 1.0)
