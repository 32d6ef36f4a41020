"""OME-Zarr images and Zarr arrays in a folder, always read part by part, by zarr-python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import BrokenImageError
from sambaseg.images.micrograph import ImageInfo, ReadLimits, plain_samples
from sambaseg.images.pixels import RegionPixels
from sambaseg.images.samples import SampleLayout
from sambaseg.images.source import check_bytes, checked_page, decoding, info_of, named_errors
from sambaseg.images.zarr_image import ZarrImage, read_zarr_image


class ZarrSource:
    """One image; pages are its planes, all z of the first point in time first."""

    def __init__(self, folder: Path, file_name: str, limits: ReadLimits) -> None:
        self._file_name, self._limits = file_name, limits
        with decoding(file_name):
            self._image = read_zarr_image(folder, file_name)
            import zarr

            array = zarr.open_array(str(self._image.folder), mode="r")
        if not isinstance(array, zarr.Array) or tuple(array.shape) != self._image.shape:
            raise BrokenImageError(f"{file_name} is broken: its array is not as its metadata say.")
        self._array = array

    def __enter__(self) -> ZarrSource:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def info(self, page: int) -> ImageInfo:
        """Return what the metadata say about a page."""
        image, layout = self._image, self._layout(page)
        channels = image.size("c")
        check_bytes(layout, self._file_name, self._limits, planes=channels, streamed=True)
        info = info_of(
            layout,
            file_name=self._file_name,
            format=image.kind,
            pages=image.pages,
            page=page,
            planes=channels,
            channel_names=image.channel_names,
            pixel_size_um=image.pixel_size_um,
        )
        return replace(info, is_rgb=True) if image.is_rgb and channels == 3 else info

    def pixels(self, page: int) -> RegionPixels:
        """Return the channels of a page."""
        layout = self._layout(page)
        check_bytes(layout, self._file_name, self._limits, planes=self._image.size("c"), streamed=True)
        return _ZarrPixels(self._array, self._image, page, layout, self._file_name)

    def picture(self, page: int) -> NDArray[Any]:
        """Return the channels (C, H, W) of a page."""
        check_bytes(self._layout(page), self._file_name, self._limits, planes=self._image.size("c"))
        return self.pixels(page).load()

    def indices(self, page: int) -> NDArray[Any]:
        """Return the stored numbers (S, H, W) of a page."""
        return self.picture(page)

    def description(self) -> str:
        """Return nothing: labels in an OME-Zarr say what they are elsewhere."""
        return ""

    def _layout(self, page: int) -> SampleLayout:
        """Return how one channel of a page is stored."""
        image = self._image
        checked_page(page, image.pages, self._file_name)
        dtype = self._array.dtype
        return SampleLayout(
            height=image.size("y"),
            width=image.size("x"),
            samples=1,
            dtype=dtype,
            bits=1 if dtype == np.bool_ else dtype.itemsize * 8,
            colour="grey",
        )


class _ZarrPixels(RegionPixels):
    def __init__(self, array: Any, image: ZarrImage, page: int, layout: SampleLayout, file_name: str) -> None:  # noqa: ANN401
        super().__init__((image.size("c"), layout.height, layout.width), layout.picture_dtype)
        self.grain = tuple(image.chunks[image.axes.index(axis)] for axis in "yx")  # type: ignore[assignment]
        self._array, self._axes, self._file_name = array, image.axes, file_name
        self._place = {"t": page // image.size("z"), "z": page % image.size("z")}

    def read(self, y0: int, y1: int, x0: int, x1: int) -> NDArray[Any]:
        where: dict[str, int | slice] = {**self._place, "c": slice(None), "y": slice(y0, y1), "x": slice(x0, x1)}
        with named_errors(self._file_name):
            block = np.asarray(self._array[tuple(where[axis] for axis in self._axes)])
        kept = [axis for axis in self._axes if axis in "cyx"]
        if "c" not in kept:
            block, kept = block[np.newaxis], ["c", *kept]
        return plain_samples(block.transpose([kept.index(axis) for axis in "cyx"]))
