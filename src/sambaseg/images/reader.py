"""Reading any micrograph: the content decides the format, the header is checked before anything is decoded."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from sambaseg.errors import MissingFileError
from sambaseg.images.formats import HEAD_BYTES, identify
from sambaseg.images.micrograph import ImageInfo, Micrograph, ReadLimits, count_not_finite
from sambaseg.images.source import ImageSource

DEFAULT_LIMITS = ReadLimits()


def read_image(
    path: Path, *, page: int = 0, limits: ReadLimits = DEFAULT_LIMITS, file_name: str | None = None
) -> Micrograph:
    """Return one page, counted from 0, of an image file.

    Pixels keep the file's own values and type: (C, H, W), C-contiguous, native byte order. What differs from the file
    (alpha left out, palette put in, polarity, orientation, CMYK) is said in ``info.notes``. `file_name` is the name
    used in messages, where it differs from that of `path`.
    Raises MissingFileError, NotAnImageError, BrokenImageError, UnsupportedImageError, ImageTooLargeError,
    TooManyPagesError, or UsageError for a page that the file does not have.
    """
    with open_source(path, limits, file_name) as source:
        info = source.info(page)
        pixels = source.picture(page)
    nan_count, inf_count = count_not_finite(pixels)
    return Micrograph(pixels, replace(info, nan_count=nan_count, inf_count=inf_count))


def describe_image(
    path: Path, *, page: int = 0, limits: ReadLimits = DEFAULT_LIMITS, file_name: str | None = None
) -> ImageInfo:
    """Return what the header says about a page without decoding it. Raises as `read_image` does."""
    with open_source(path, limits, file_name) as source:
        return source.info(page)


class _OpenSource(ImageSource, AbstractContextManager[ImageSource]):
    """A source that closes its file when its ``with`` block ends."""


def is_zarr(path: Path) -> bool:
    """Return whether a folder is an OME-Zarr image or a Zarr array, of format 2 or 3."""
    return any((path / name).is_file() for name in ("zarr.json", ".zattrs", ".zgroup", ".zarray"))


def open_source(path: Path, limits: ReadLimits, file_name: str | None = None) -> AbstractContextManager[ImageSource]:
    """Return the opened file in whatever format its content is. Raises as `read_image` does."""
    name = file_name or path.name
    if path.is_dir() and is_zarr(path):
        from sambaseg.images.zarr_source import ZarrSource

        return ZarrSource(path, name, limits)
    try:
        with path.open("rb") as file:
            kind = identify(file.read(HEAD_BYTES), name)
    except OSError as error:
        raise MissingFileError(
            f"{name} cannot be read: {error.strerror or error}.", hint="Check the path and that the file may be read."
        ) from error
    if kind == "TIFF":
        from sambaseg.images.tiff import TiffSource

        return TiffSource(path, name, limits)
    if kind == "PNM":
        from sambaseg.images.pnm import PnmSource

        return PnmSource(path, name, limits)
    from sambaseg.images.raster import RasterSource

    return RasterSource(path, name, limits, kind)
