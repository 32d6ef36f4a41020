"""The file of a shared image: without what it tells besides its pixels, or as it came. See decision 051."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sambaseg.images.cleaning import write_cleaned
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.pyramid import TILE_PX
from sambaseg.images.tiff_description import described
from sambaseg.images.told import Told, told_by
from sambaseg.project.store import ProjectStore

OriginalForm = Literal["cleaned", "as_it_is"]
"""How the file of an image is shared: a copy of its pixels with their size, or the file byte for byte."""

_MEDIA_TYPES = {
    "TIFF": "image/tiff",
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "BMP": "image/bmp",
    "WebP": "image/webp",
}


@dataclass(frozen=True)
class TakenOriginal:
    """A file that is shared, as it lies on the disk, with its name outside."""

    path: Path
    name: str
    media_type: str


def take_original(store: ProjectStore, image: int, folder: Path, form: OriginalForm) -> TakenOriginal:
    """Return the file of an image in the form that is asked for; what has to be written goes into `folder`.

    A cleaned JPEG or PNG holds the same compressed pixels; all other formats become a TIFF with the same pixels. Of a
    file with several images only the one that is meant is taken, whatever the form: the others were not asked for.
    """
    source, information = store.original_file(image), store.micrograph(image).info
    file_name = store.image(image).file_name
    is_single = is_one_file(store, image)
    media_type = _MEDIA_TYPES.get(information.format, "application/octet-stream")
    if is_single and form == "as_it_is":
        return TakenOriginal(source, file_name, media_type)
    if is_single and write_cleaned(source, folder / "cleaned", file_name):
        return TakenOriginal(folder / "cleaned", file_name, media_type)
    _write_page(folder / "page.tif", store.micrograph(image))
    stem = Path(file_name if is_single else store.image(image).name).stem
    return TakenOriginal(folder / "page.tif", f"{stem}.tif", "image/tiff")


def is_one_file(store: ProjectStore, image: int) -> bool:
    """Return whether an image is the only one of a file, so that the file can be shared as it is."""
    return store.original_file(image).is_file() and store.micrograph(image).info.pages == 1


def told_by_original(store: ProjectStore, image: int) -> tuple[Told, ...]:
    """Return what the file of an image tells besides its pixels; nothing of a folder."""
    source = store.original_file(image)
    return told_by(source, store.image(image).file_name) if source.is_file() else ()


def _write_page(path: Path, micrograph: Micrograph) -> None:
    """Save the pixels of one page as a TIFF that reads as this image, a tile at a time."""
    import tifffile

    pixels_cyx, info = micrograph.pixels_cyx, micrograph.info
    channels, height, width = pixels_cyx.shape

    def tiles() -> Iterator[NDArray[Any]]:
        for channel in range(channels):
            for top in range(0, height, TILE_PX):
                for left in range(0, width, TILE_PX):
                    yield np.asarray(pixels_cyx[channel, top : top + TILE_PX, left : left + TILE_PX])

    size = info.pixel_size_um
    if size is not None and 10_000 / min(size) > 2**32 - 1:  # more than the tags can hold
        size = None
    pixel_bytes = channels * height * width * pixels_cyx.dtype.itemsize
    with tifffile.TiffWriter(path, bigtiff=pixel_bytes > 2**31) as writer:
        writer.write(
            tiles(),
            shape=(channels, height, width) if channels > 1 else (height, width),
            dtype=pixels_cyx.dtype,
            tile=(TILE_PX, TILE_PX),
            photometric="rgb" if info.is_rgb else "minisblack",
            planarconfig="separate" if channels > 1 else None,
            extrasamples=["unspecified"] * (channels - (3 if info.is_rgb else 1)),
            compression="adobe_deflate",
            metadata=None,
            description=described({}, info.pixel_size_um),
            resolution=None if size is None else (10_000 / size[1], 10_000 / size[0]),
            resolutionunit=None if size is None else "centimeter",
        )
