"""A view: a rectangle of one level of a project's image, and what is known of its pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import NotFoundError, ParameterError, ResultRunningError
from sambaseg.images.pyramid import TILE_PX, level_shapes
from sambaseg.images.reduction import halve

if TYPE_CHECKING:
    from sambaseg.project.description import ImageDescription
    from sambaseg.project.operations import LayerName
    from sambaseg.project.store import ProjectStore
    from sambaseg.smart.suggester import Knowledge
    from sambaseg.smart.view_image import ViewImage

MAX_VIEW_PX = 2_000_000
WHOLE_PX = 1_400_000
"""A page takes a level of at most so many pixels whole."""
ReadTile = Callable[[int, int], NDArray[Any]]
"""Reads tile (ty, tx) of one level as (..., h, w)."""


@dataclass(frozen=True)
class View:
    """Rows `top` to `bottom` - 1 and columns `left` to `right` - 1 of a level, in pixels of that level."""

    level: int
    top: int
    left: int
    bottom: int
    right: int

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.bottom - self.top, self.right - self.left

    def check_fits(self, image: ImageDescription) -> None:
        """Raise ParameterError unless this is a part of the image of at most `MAX_VIEW_PX` pixels."""
        shapes = level_shapes((1, image.height, image.width))
        if not 0 <= self.level < len(shapes):
            raise ParameterError(f"The image has levels 0 to {len(shapes) - 1}, not {self.level}.")
        _, height, width = shapes[self.level]
        inside = 0 <= self.top < self.bottom <= height and 0 <= self.left < self.right <= width
        if not inside:
            raise ParameterError(
                f"A view must hold pixels of level {self.level}, which has {height} rows and {width} columns, not top "
                f"{self.top}, bottom {self.bottom}, left {self.left}, right {self.right}.",
                hint="Cut the view at the borders of the level.",
            )
        rows, columns = self.shape_yx
        if rows * columns > MAX_VIEW_PX:
            raise ParameterError(
                f"A view has at most {MAX_VIEW_PX:,} pixels, not {columns:,} by {rows:,}.",
                hint="Ask for a smaller part, or for a coarser level.",
            )


def whole_image_view(image: ImageDescription) -> View:
    """Return the view that a page asks for first: the whole image at the finest level where it is small enough."""
    shapes = level_shapes((1, image.height, image.width))
    level = next((k for k, (_, height, width) in enumerate(shapes) if height * width <= WHOLE_PX), len(shapes) - 1)
    _, height, width = shapes[level]
    return View(level, 0, 0, height, width)


def read_view(store: ProjectStore, view: View, image: int) -> ViewImage:
    """Return the pixels of a view, shown by its image's own window, so that a pixel looks alike in every view.

    Colours share the widest window of theirs, so that they keep their hue.
    """
    from sambaseg.smart.view_image import ViewImage

    described = store.image(image)
    windows = [(window.low, window.high) for window in described.contrast]
    if described.is_rgb:
        widest = min(low for low, _ in windows[:3]), max(high for _, high in windows[:3])
        windows[:3] = [widest] * len(windows[:3])
    pixels_cyx = read_rectangle(view, lambda ty, tx: store.read_image_tile(view.level, ty, tx, image=image))
    return ViewImage.from_pixels(pixels_cyx, is_rgb=described.is_rgb, windows=windows)


def read_knowledge(store: ProjectStore, result_id: str, view: View, image: int) -> Knowledge:
    """Return what a complete result says of a view of its image. Raises as `check_result` does."""
    from sambaseg.smart.suggester import Knowledge

    check_result(store, result_id, image)
    level = view.level
    return Knowledge(
        read_rectangle(view, lambda ty, tx: store.read_result_tile(result_id, "segmentation", level, ty, tx)),
        read_rectangle(view, lambda ty, tx: store.read_result_tile(result_id, "uncertainty", level, ty, tx)),
    )


def read_labels(store: ProjectStore, view: View, layer: LayerName, image: int) -> NDArray[np.uint8]:
    """Return the labels or edits of a view of an image (h, w), uint8.

    Of the pixels under one of a coarser level the most frequent counts. Only tiles that hold anything are looked at.
    """
    labels, scale = store.labels().of(image)[layer], 2**view.level
    halvings = min(view.level, TILE_PX.bit_length() - 1)
    found_yx = np.zeros(view.shape_yx, np.uint8)
    for ty, tx in labels.keys:
        top, left = ty * TILE_PX // scale - view.top, tx * TILE_PX // scale - view.left
        if top >= found_yx.shape[0] or left >= found_yx.shape[1]:
            continue
        tile_yx = labels.tile((ty, tx))
        for _ in range(halvings):
            tile_yx = halve(tile_yx[np.newaxis], "label")[0]
        rows, columns = (
            _overlap(top, tile_yx.shape[0], found_yx.shape[0]),
            _overlap(left, tile_yx.shape[1], found_yx.shape[1]),
        )
        part_yx = tile_yx[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        np.copyto(found_yx[rows, columns], part_yx, where=part_yx != 0)
    return found_yx


def _overlap(start: int, length: int, size: int) -> slice:
    """Return what of `length` places from `start` lies in 0 to `size`."""
    first = min(max(start, 0), size)
    return slice(first, max(first, min(start + length, size)))


def check_result(store: ProjectStore, result_id: str, image: int) -> None:
    """Raise NotFoundError where an image has no such result (any more), ResultRunningError for one under way."""
    store.read_result_tile(result_id, "segmentation", 0, 0, 0)
    newest, complete = store.result(image), store.complete_result(image)
    if not any(result_id in (known.id, known.predicted_id) for known in (newest, complete) if known is not None):
        raise NotFoundError("This result is of another image.", hint="Leave it out, or name the image it belongs to.")
    if newest is not None and newest.predicted_id == result_id and newest.state != "complete":
        raise ResultRunningError("This result is still being computed.", hint="Wait for its end, or leave it out.")


def read_rectangle(view: View, read_tile: ReadTile) -> NDArray[Any]:
    """Return the pixels (..., h, w) of a view, put together from the tiles that it touches."""
    rows = range(view.top // TILE_PX, (view.bottom - 1) // TILE_PX + 1)
    columns = range(view.left // TILE_PX, (view.right - 1) // TILE_PX + 1)
    bands = [np.concatenate([read_tile(ty, tx) for tx in columns], axis=-1) for ty in rows]
    whole = np.concatenate(bands, axis=-2)
    top, left = view.top - rows.start * TILE_PX, view.left - columns.start * TILE_PX
    height, width = view.shape_yx
    return np.ascontiguousarray(whole[..., top : top + height, left : left + width])
